"""Sends one socket the events that it missed: one reading at a time, however often it asks."""

import asyncio
from collections.abc import Awaitable, Callable

PAUSE_S = 0.5

SendSince = Callable[[int], Awaitable[int | None]]
"""Send all events after this number; returns the last number sent, or None when there is none to go on from."""


class CatchUp:
    """What is asked while a reading runs, or shortly after it, waits for the next one, which begins where that one ended:
    what was sent over a socket has arrived before whatever comes after it."""

    def __init__(self, send_since: SendSince) -> None:
        self._send_since = send_since
        self._wanted: int | None = None
        self._task: asyncio.Task[None] | None = None

    def ask(self, since: int) -> None:
        self._wanted = since
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        sent = 0
        while self._wanted is not None:
            since, self._wanted = self._wanted, None
            sent = await self._send_since(max(since, sent)) or 0
            await asyncio.sleep(PAUSE_S)
