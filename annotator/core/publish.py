"""Tell the sockets of a group, after the commit. The channel layer is only a doorbell: what is told is already stored."""

import asyncio
import logging
import threading
from concurrent.futures import Future
from typing import Any

from channels.layers import get_channel_layer
from django.db import transaction

logger = logging.getLogger(__name__)

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


def publish_after_commit(*, group: str, message: dict[str, Any]) -> None:
    """Send `message` to the channel group once the running transaction has committed (at once when there is none)."""
    transaction.on_commit(lambda: _ring(group, message), robust=True)


def _ring(group: str, message: dict[str, Any]) -> None:
    future = asyncio.run_coroutine_threadsafe(get_channel_layer().group_send(group, message), _event_loop())
    future.add_done_callback(_log_failure)


def _event_loop() -> asyncio.AbstractEventLoop:
    """One loop thread for each process: a loop and a connection for each message would cost 1–3 ms."""
    global _loop
    with _lock:
        if _loop is None or _loop.is_closed():
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_loop.run_forever, name="publish", daemon=True).start()
        return _loop


def _log_failure(future: Future[None]) -> None:
    """A lost doorbell is noticed by the browsers' heartbeat; it must not undo what is stored."""
    if error := future.exception():
        logger.warning("could not tell the sockets: %s", error)
