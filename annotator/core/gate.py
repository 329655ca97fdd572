"""The gate before Django: a request takes one of its few places only while Django works on it.

A client sends its body at its own pace before it has a place, and reads the answer at its own pace after it has given it
back; so a hundred clients that dawdle take nothing from anybody else. Both are bounded, in size and in time.
"""

import asyncio
import json
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from typing import Any

from django.conf import settings

from annotator.core.headers import raw_headers

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

BODY_PATIENCE_S = 15.0
SMALL_BODY_BYTES = 16 * 1024
LARGE_BODIES_BYTES = 64 * 2**20
"""Of all bodies larger than a small one that are held at once."""
WAITING_LIMIT = 512
"""Requests that may wait for a place; beyond that people are asked to come back."""
WAITING_OF_ONE = 128
"""… of one address, which may be a hospital's."""
ANSWER_IN_MEMORY_BYTES = 2 * 2**20
"""A larger answer is kept in a file without a name until its client has read it."""
CHUNK_BYTES = 64 * 1024
SEND_PATIENCE_S = 30.0
SLOWEST_BYTES_PER_S = 16 * 1024


class Turned(Exception):
    """The request is not for Django: HTTP status, code and words."""

    def __init__(self, status: HTTPStatus, code: str, words: str) -> None:
        super().__init__(words)
        self.status, self.code, self.words = status, code, words


class ClientGone(Exception):
    """Nobody waits for the answer any more."""


class Gate:
    """An ASGI application around another, which works on at most `places` requests at once.

    body_limit: bytes of one request's body; waiting_limit: requests that may wait for a place.
    """

    def __init__(
        self, application: Application, *, places: int, body_limit: int, waiting_limit: int = WAITING_LIMIT
    ) -> None:
        self.application = application
        self.body_limit = body_limit
        self._places = asyncio.Semaphore(places)
        self.waiting_limit = waiting_limit
        self._waiting: Counter[str] = Counter()
        self._held_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        held = _Held()
        try:
            body = await self._read_body(scope, receive, held)
            answer = await self._work(scope, body, receive)
        except Turned as turned:
            answer = _refusal(turned)
        except ClientGone:
            return
        finally:
            self._held_bytes -= held.size
        await answer.send_to(send)

    async def _read_body(self, scope: Scope, receive: Receive, held: "_Held") -> bytes:
        """Raises Turned, or ClientGone."""
        if _stated_length(scope) > self.body_limit:
            raise self._too_large()
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(BODY_PATIENCE_S):
                more = True
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise ClientGone
                    parts.append(message.get("body", b""))
                    size += len(parts[-1])
                    more = message.get("more_body", False)
                    self._hold(size, held)
        except TimeoutError:
            raise Turned(
                HTTPStatus.REQUEST_TIMEOUT, "too_slow", f"The request did not arrive within {BODY_PATIENCE_S:.0f} s."
            ) from None
        return b"".join(parts)

    def _hold(self, size: int, held: "_Held") -> None:
        """Count a body that has grown to `size`. Raises Turned where it, or all together, are too large."""
        if size > self.body_limit:
            raise self._too_large()
        if size > SMALL_BODY_BYTES:
            self._held_bytes += size - held.size
            held.size = size
            if self._held_bytes > LARGE_BODIES_BYTES:
                raise _busy()

    def _too_large(self) -> Turned:
        return Turned(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", f"A request takes at most {self.body_limit // 1024} KiB."
        )

    async def _work(self, scope: Scope, body: bytes, receive: Receive) -> "_Answer":
        """The application's whole answer. Raises Turned when too many wait, and ClientGone."""
        answer = _Answer()
        async with self._place(scope):
            await self.application(scope, _Replay(body, receive), answer.take)
        if not answer.messages:
            raise ClientGone  # Django gives up in silence when its client does
        return answer

    @asynccontextmanager
    async def _place(self, scope: Scope) -> AsyncIterator[None]:
        address = (scope.get("client") or ("",))[0]
        if self._waiting.total() >= self.waiting_limit or self._waiting[address] >= WAITING_OF_ONE:
            raise _busy()
        self._waiting[address] += 1
        try:
            await self._places.acquire()
        finally:
            self._waiting[address] -= 1
            if not self._waiting[address]:
                del self._waiting[address]
        try:
            yield
        finally:
            self._places.release()


class _Held:
    """What one request's body takes of LARGE_BODIES_BYTES."""

    size = 0


class _Replay:
    """`receive` for the application: the body that was read, and then what the client does."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}


class _Answer:
    """An answer kept whole, so that who made it is done with it, and sent at the pace of its reader."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._body = tempfile.SpooledTemporaryFile(  # noqa: SIM115 (closed by send_to)
            max_size=ANSWER_IN_MEMORY_BYTES,
            dir=str(settings.SQUIGGLE_HOME),  # its room is watched (disk.py); /tmp may be memory
        )

    async def take(self, message: Message) -> None:
        """`send` for the application."""
        if message["type"] != "http.response.body":
            self.messages.append(message)
        elif part := message.get("body"):
            self._body.write(part)

    async def send_to(self, send: Send) -> None:
        """A part waits until the reader has taken those before it. One that stops reading is cut off (impatience.py); one
        that reads too slowly is left here, before its end."""
        with self._body as body, suppress(TimeoutError):
            size = body.tell()
            body.seek(0)
            async with asyncio.timeout(SEND_PATIENCE_S + size / SLOWEST_BYTES_PER_S):
                for message in self.messages:
                    await send(message)
                while True:
                    part = body.read(CHUNK_BYTES)
                    more = body.tell() < size
                    await send({"type": "http.response.body", "body": part, "more_body": more})
                    if not more:
                        return


def _stated_length(scope: Scope) -> int:
    stated = dict(scope["headers"]).get(b"content-length", b"0")
    return int(stated) if stated.isdigit() and len(stated) < 16 else 0  # a wrong one shows while reading


def _busy() -> Turned:
    return Turned(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", "The server is very busy. Try again in a moment.")


def _refusal(turned: Turned) -> _Answer:
    """The shape of every error of REST; the connection ends, as what the client still sends is not read."""
    body = json.dumps({"code": turned.code, "message": turned.words}).encode()
    answer = _Answer()
    answer.messages.append(
        {
            "type": "http.response.start",
            "status": int(turned.status),
            "headers": [
                (b"content-type", b"application/json"),
                (b"content-length", b"%d" % len(body)),
                (b"cache-control", b"no-store"),
                (b"connection", b"close"),
                (b"retry-after", b"1"),
                *raw_headers(),
            ],
        }
    )
    answer._body.write(body)
    return answer
