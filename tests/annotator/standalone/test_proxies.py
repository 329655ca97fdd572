"""Whose word counts for where a request comes from: nobody's, but for the proxies that are named."""

import contextlib
import http.client
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from annotator.standalone.options import read_options
from annotator.standalone.services import web
from tests.annotator.standalone.conftest import wait_for
from tests.stack import free_port

REPOSITORY = Path(__file__).resolve().parents[3]
SPOOFED = {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https"}


async def echo(scope, receive, send):
    """An application that tells what the server believes."""
    assert scope["type"] == "http"
    body = json.dumps([scope["client"][0], scope["scheme"]]).encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


@contextlib.contextmanager
def serving(trusted: str, environment: dict[str, str]) -> Iterator[int]:
    """uvicorn with the very words of `make up`, but for the application."""
    port = free_port()
    options = read_options({"SQUIGGLE_PORT": str(port), "SQUIGGLE_TRUSTED_PROXIES": trusted})
    service = web(options, environment)
    command = [word.replace("annotator.config.asgi:application", f"{__name__}:echo") for word in service.command]
    server = subprocess.Popen([*command, "--lifespan=off", "--log-level=error"], env=environment, cwd=REPOSITORY)
    try:
        yield port
    finally:
        server.terminate()
        server.wait(timeout=20)


def ask(port: int) -> list[str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with contextlib.closing(connection):
        connection.request("GET", "/", headers=SPOOFED)
        return json.loads(connection.getresponse().read())


def answers(port: int) -> bool:
    with contextlib.suppress(OSError):
        return bool(ask(port))
    return False


@pytest.mark.parametrize(
    ("trusted", "believed"),
    [
        ("", ["127.0.0.1", "http"]),
        ("10.1.2.3 10.2.0.0/16", ["127.0.0.1", "http"]),
        ("127.0.0.1", ["198.51.100.7", "https"]),
        ("10.1.2.3 127.0.0.0/8", ["198.51.100.7", "https"]),
    ],
)
def test_what_a_stranger_writes_into_the_headers_is_believed_of_named_proxies_alone(trusted, believed):
    environment = {"PYTHONPATH": str(REPOSITORY), "FORWARDED_ALLOW_IPS": "*"}
    with serving(trusted, environment) as port:
        wait_for(lambda: answers(port))
        assert ask(port) == believed
