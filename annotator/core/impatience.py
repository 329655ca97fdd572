"""HTTP/1.1 and websockets as uvicorn speaks them, but not with whoever dawdles or floods: a connection that brings no whole
request head in time, does not read what it asked for, or sends nothing but control frames, is cut off. (uvicorn leaves this to
a proxy in front of it; the embedded default has none.)"""

import asyncio
import time
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

HEAD_PATIENCE_S = 15.0
READER_PATIENCE_S = 30.0
LINGER_S = 10.0
"""A connection that was closed waits so long for its reader to take the rest."""
HEAD_LIMIT_BYTES = 64 * 1024
"""Of address and headers; sixteen slides' tile passes and more fit."""
CLOSING_PATIENCE_S = 5.0
"""So long what still comes is taken and thrown away, after a frame that ended a socket."""
SLICE_BYTES = 4096
"""Of what a socket sent, looked at in one go: some hundred of the smallest frames."""
CONTROL_FRAMES_PER_S = 10
CONTROL_FRAMES_AT_ONCE = 100
"""Pings and pongs: browsers send one in twenty seconds."""
FRAGMENTS_LIMIT = 1_000
"""Of one message."""


class _Patience:
    """When a connection's patience ends, whatever is spoken over it."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._reader_timer: asyncio.TimerHandle | None = None
        self._look = loop.call_later(LINGER_S, self._look_whether_it_lingers)

    def reader_stops(self) -> None:
        self._reader_timer = self._loop.call_later(READER_PATIENCE_S, self._transport.abort)

    def reader_goes_on(self) -> None:
        if self._reader_timer is not None:
            self._reader_timer.cancel()
            self._reader_timer = None

    def end(self) -> None:
        self.reader_goes_on()
        self._look.cancel()

    def _look_whether_it_lingers(self) -> None:
        """Closed, it would wait for ever for its reader to take the last bytes."""
        goes_on = self._transport.abort if self._transport.is_closing() else self._look_whether_it_lingers
        self._look = self._loop.call_later(LINGER_S, goes_on)


class ImpatientHttp(HttpToolsProtocol):
    """One connection."""

    _head_timer: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._patience = _Patience(transport, self.loop)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.transport.get_protocol() is not self:  # a websocket now, which has a patience of its own
            self._patience.end()
            return
        cycle = cast("RequestResponseCycle | None", self.cycle)
        is_answering = cycle is not None and not cycle.response_complete
        if not is_answering and self.timeout_keep_alive_task is None and not self.transport.is_closing():
            self._await_head()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_bytes = 0

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._head_came()
        super().on_headers_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._patience.reader_stops()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._patience.reader_goes_on()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_came()
        self._patience.end()
        super().connection_lost(exc)

    def _count(self, size: int) -> None:
        """Raising here is answered with 400 and the end of the connection."""
        self._head_bytes += size
        if self._head_bytes > HEAD_LIMIT_BYTES:
            raise ValueError(f"The head of a request has at most {HEAD_LIMIT_BYTES} bytes.")

    def _await_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_PATIENCE_S, self.transport.abort)

    def _head_came(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


class ImpatientSocket(WebSocketsSansIOProtocol):
    """One websocket. What came is looked at slice by slice, and no further while a message waits for the application: thousands
    of tiny frames in one read would keep everybody else waiting."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._patience = _Patience(cast(asyncio.Transport, transport), self.loop)
        self._unread = bytearray()
        self._is_discarding = False
        self._control_free_at = time.monotonic() - CONTROL_FRAMES_AT_ONCE / CONTROL_FRAMES_PER_S

    def data_received(self, data: bytes) -> None:
        if self._is_discarding:
            return
        self._unread += data
        self._read_on()

    def handle_parser_exception(self) -> None:
        """Says why, and ends its own half only: closed with bytes unread, TCP would reset the connection, and the reset overtakes
        the close frame (RFC 6455, 7.1.1). The sender would see an end without a reason."""
        if self._is_discarding or self.transport.is_closing():
            return
        reason = self.conn.close_sent
        assert reason is not None
        self.queue.put_nowait({"type": "websocket.disconnect", "code": reason.code, "reason": reason.reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = self._is_discarding = True
        self._unread.clear()
        self.close_timer = self.loop.call_later(CLOSING_PATIENCE_S, self.transport.close)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()

    async def receive(self) -> Any:
        message = await super().receive()
        self._read_on()
        return message

    def handle_ping(self) -> None:
        if self._is_control_flood():
            self.transport.abort()
        else:
            super().handle_ping()

    def handle_pong(self, event: Any) -> None:
        if self._is_control_flood():
            self.transport.abort()
        else:
            super().handle_pong(event)

    def handle_cont(self, event: Any) -> None:
        super().handle_cont(event)
        if len(self.frames) > FRAGMENTS_LIMIT:
            self.transport.abort()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._patience.reader_stops()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._patience.reader_goes_on()

    def connection_lost(self, exc: Exception | None) -> None:
        self._patience.end()
        super().connection_lost(exc)

    def _read_on(self) -> None:
        while self._unread and not self.read_paused and not self.transport.is_closing():
            part = bytes(self._unread[:SLICE_BYTES])
            del self._unread[:SLICE_BYTES]
            super().data_received(part)

    def _is_control_flood(self) -> bool:
        now = time.monotonic()
        earliest = now - CONTROL_FRAMES_AT_ONCE / CONTROL_FRAMES_PER_S
        self._control_free_at = max(self._control_free_at, earliest) + 1 / CONTROL_FRAMES_PER_S
        return self._control_free_at > now
