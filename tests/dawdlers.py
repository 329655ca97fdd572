"""Clients that send, or read, as slowly as they can: what one careless script, or one attacker, does to a server."""

import re
import socket
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

DRIP_S = 1.0


@contextmanager
def dawdlers(base_url: str, *, writers: int, readers: int) -> Iterator[None]:
    """So many connections, open until the end: half of the writers stay in the head of their request, half in its body;
    the readers ask for the largest file of the page and take nothing of it."""
    large = _largest_asset(base_url)
    host = urlsplit(base_url).netloc
    half_a_head = f"POST /api/session HTTP/1.1\r\nHost: {host}\r\nX-".encode()
    half_a_body = f"POST /api/session HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1000\r\n\r\n{{".encode()
    download = f"GET {large} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode() * 4
    with ExitStack() as stack:
        slow = [stack.enter_context(_connect(base_url)) for _ in range(writers)]
        for number, connection in enumerate(slow):
            connection.sendall(half_a_body if number % 2 else half_a_head)
        for _ in range(readers):
            stack.enter_context(_connect(base_url)).sendall(download)
        ended = threading.Event()
        dripping = threading.Thread(target=_drip, args=(slow, ended))
        dripping.start()
        try:
            yield
        finally:
            ended.set()
            dripping.join()


def _drip(connections: list[socket.socket], ended: threading.Event) -> None:
    while not ended.wait(DRIP_S):
        for connection in connections:
            try:
                connection.sendall(b" ")
            except OSError:  # the server had enough of it
                continue


def _connect(base_url: str) -> socket.socket:
    address = urlsplit(base_url)
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect((address.hostname, address.port))
    return connection


def _largest_asset(base_url: str) -> str:
    def read(path: str) -> bytes:
        with urllib.request.urlopen(base_url + path, timeout=30) as answer:
            return answer.read()

    assets = sorted(set(re.findall(r'"(/assets/[^"]+)"', read("/").decode())))
    return max(assets, key=lambda path: len(read(path)))
