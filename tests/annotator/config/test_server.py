"""Whose word counts for where a request comes from: nobody's, but for the proxies that are named."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn

from annotator.config.server import configure

SPOOFED = {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https"}


async def echo(scope, receive, send):
    """An application that tells what the server believes."""
    if scope["type"] == "lifespan":
        return
    body = json.dumps([scope["client"][0], scope["scheme"]]).encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def serving() -> AsyncIterator[str]:
    listening = socket.create_server(("127.0.0.1", 0))
    host, port = listening.getsockname()
    server = uvicorn.Server(configure(echo, host=host, port=port))
    running = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started:
        await asyncio.sleep(0.01)
    yield f"http://{host}:{port}"
    server.should_exit = True
    await running


@pytest.mark.parametrize(
    ("trusted", "believed"),
    [
        ([], ["127.0.0.1", "http"]),
        (["10.1.2.3", "10.2.0.0/16"], ["127.0.0.1", "http"]),
        (["127.0.0.1"], ["198.51.100.7", "https"]),
        (["10.1.2.3", "127.0.0.0/8"], ["198.51.100.7", "https"]),
    ],
)
async def test_what_a_stranger_writes_into_the_headers_is_believed_of_named_proxies_alone(
    settings, monkeypatch, trusted, believed
):
    settings.TRUSTED_PROXIES = trusted
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    async with serving() as address, httpx.AsyncClient() as client:
        assert (await client.get(address, headers=SPOOFED)).json() == believed
