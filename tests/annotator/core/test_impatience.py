"""A real uvicorn on a real socket, with patience of a fraction of a second."""

import asyncio
import contextlib
import socket

import pytest
import uvicorn
import websockets

from annotator.core import impatience
from annotator.core.impatience import CONTROL_FRAMES_AT_ONCE, ImpatientHttp, ImpatientSocket

PATIENCE_S = 1.0
LARGE = b"x" * (64 * 2**20)
REQUEST = b"GET /small HTTP/1.1\r\nHost: x\r\n\r\n"


async def answer(scope, receive, send):
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})
        return
    body = LARGE if scope["path"] == "/large" else b"hello"
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for start in range(0, len(body), 65_536):
        part = body[start : start + 65_536]
        await send({"type": "http.response.body", "body": part, "more_body": start + len(part) < len(body)})


@pytest.fixture
async def connect(monkeypatch):
    monkeypatch.setattr(impatience, "HEAD_PATIENCE_S", PATIENCE_S)
    monkeypatch.setattr(impatience, "READER_PATIENCE_S", PATIENCE_S)
    monkeypatch.setattr(impatience, "LINGER_S", PATIENCE_S)
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(answer, http=ImpatientHttp, ws=ImpatientSocket, lifespan="off", log_level="error")
    )
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started:
        await asyncio.sleep(0.01)
    writers = []

    async def connect():
        reader, writer = await asyncio.open_connection(*listening.getsockname(), limit=1024)
        writers.append(writer)
        return reader, writer

    connect.server, connect.listening = server, listening
    yield connect
    for writer in writers:
        writer.close()
    server.should_exit = True
    await serving


async def read_to_its_end(reader):
    """What came before the server ended the connection."""
    came = b""
    async with asyncio.timeout(10):
        with contextlib.suppress(ConnectionResetError):
            while part := await reader.read(2**20):
                came += part
    return came


@pytest.mark.parametrize("beginning", [b"", b"GET /small HTTP/1.1\r\nHos", REQUEST + b"GET /small HT"])
async def test_a_head_that_does_not_come_ends_the_connection(connect, beginning):
    reader, writer = await connect()
    writer.write(beginning)
    came = await read_to_its_end(reader)
    assert came.endswith(b"hello") if beginning.startswith(REQUEST) else came == b""


async def test_one_connection_may_ask_again_and_again(connect):
    reader, writer = await connect()
    for _ in range(4):
        await asyncio.sleep(PATIENCE_S / 2)
        writer.write(REQUEST)
        assert await reader.readuntil(b"hello")


async def test_a_websocket_may_be_silent_for_longer(connect):
    host, port = connect.listening.getsockname()
    async with websockets.connect(f"ws://{host}:{port}/") as line:
        await asyncio.sleep(2 * PATIENCE_S)
        await line.send("hello")
        assert await asyncio.wait_for(line.recv(), timeout=10) == "hello"


@pytest.fixture
async def line(connect):
    """A websocket whose frames the test writes itself: its reader and writer."""
    reader, writer = await connect()
    writer.write(
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    await reader.readuntil(b"\r\n\r\n")
    return reader, writer


def masked(first_byte, payload=b""):
    """A frame with a mask of zeros, as a client sends it."""
    return bytes([first_byte, 0x80 | len(payload)]) + bytes(4) + payload


PING, TEXT, FRAGMENT, GOES_ON = 0x89, 0x81, 0x01, 0x00


@pytest.mark.parametrize(
    "flood", [masked(PING) * 40_000, masked(0x8A, b"x" * 100) * 4_000, masked(FRAGMENT) + masked(GOES_ON) * 40_000]
)
async def test_a_flood_of_control_frames_or_fragments_ends_its_socket_at_once(line, flood):
    reader, writer = line
    writer.write(flood)
    came = await read_to_its_end(reader)
    assert len(came) < 40 * CONTROL_FRAMES_AT_ONCE, "of 40,000, the few that came before it was cut off"


async def test_a_burst_of_small_messages_is_answered_in_order_and_some_pings_too(line):
    reader, writer = line
    count = 3_000
    writer.write(b"".join(masked(TEXT, b"%04d" % n) + (masked(PING) if n < 20 else b"") for n in range(count)))
    came = b""
    async with asyncio.timeout(30):
        while len(came) < 6 * count + 2 * 20:
            came += await reader.read(2**20)
    assert [came[at + 2 : at + 6] for at in range(len(came) - 6 * 100, len(came), 6)] == [
        b"%04d" % n for n in range(count - 100, count)
    ]


@pytest.mark.parametrize(
    ("odd", "code"),
    [(masked(TEXT, b"\xff\xfe"), 1007), (bytes([TEXT, 0xFF]) + (2**40).to_bytes(8, "big") + bytes(4), 1009)],
)
async def test_who_goes_on_sending_after_a_frame_that_ends_the_socket_still_hears_why(line, odd, code):
    reader, writer = line
    writer.write(odd)
    for _ in range(20):
        writer.write(masked(TEXT, b"x" * 100) * 1_000)
        await writer.drain()
        await asyncio.sleep(0.01)
    came = await read_to_its_end(reader)
    assert came[0] == 0x88
    assert int.from_bytes(came[2:4], "big") == code


async def test_who_sends_for_ever_after_such_a_frame_is_cut_off(connect, line, monkeypatch):
    monkeypatch.setattr(impatience, "CLOSING_PATIENCE_S", PATIENCE_S)
    _, writer = line
    writer.write(masked(TEXT, b"\xff\xfe"))
    async with asyncio.timeout(20):
        while connect.server.server_state.connections:
            writer.write(masked(TEXT, b"x" * 100) * 100)
            await asyncio.sleep(0.01)


async def test_who_does_not_take_the_last_bytes_is_cut_off_as_well(connect):
    _, writer = await connect()
    writer.write(REQUEST * 3_000)
    await asyncio.sleep(0)
    async with asyncio.timeout(20):
        while connect.server.server_state.connections:
            await asyncio.sleep(0.05)


async def test_a_head_without_end_is_refused(connect):
    reader, writer = await connect()
    writer.write(b"GET /small HTTP/1.1\r\n" + b"".join(b"x-%d: %s\r\n" % (n, b"y" * 1000) for n in range(80)))
    assert (await read_to_its_end(reader)).startswith(b"HTTP/1.1 400")


async def test_who_stops_reading_is_cut_off_and_who_reads_slowly_is_not(connect):
    stopped, writer = await connect()
    writer.write(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
    slow, writer = await connect()
    writer.write(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
    came = 0
    for _ in range(8):
        await asyncio.sleep(PATIENCE_S / 2)
        came += len(await slow.readexactly(4 * 2**20))
    async with asyncio.timeout(10):
        while len(connect.server.server_state.connections) > 1:
            await asyncio.sleep(0.01)
    assert len(await read_to_its_end(stopped)) < len(LARGE)
    assert came == 32 * 2**20
    assert (await slow.read(1000)) != b""
