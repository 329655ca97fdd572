"""How much one socket is listened to, and how many commands one person may send over all their sockets."""

import asyncio
import time

from django.conf import settings
from redis.exceptions import RedisError

from annotator.core.errors import TooMany
from annotator.core.redis import get_redis

FRAMES_PER_S = 50
BYTES_PER_S = 512 * 1024
BURST_S = 5


class Pace:
    """A socket that sends more than this is read more slowly: its own frames wait on the wire, and nobody else.

    All frames count, read or not. Long before a person who works is slowed down, count_command asks them to wait.
    """

    def __init__(self) -> None:
        self._free_at = time.monotonic() - BURST_S

    async def take(self, size: int) -> None:
        """Wait until a frame of this many bytes may be looked at."""
        cost_s = max(1 / FRAMES_PER_S, size / BYTES_PER_S)
        now = time.monotonic()
        self._free_at = max(self._free_at, now - BURST_S) + cost_s
        if self._free_at > now:
            await asyncio.sleep(self._free_at - now)


def count_command(user_id: int) -> None:
    """Raises TooMany above the limit. While Redis is away nothing is counted: no click is lost for want of a counter."""
    window = int(time.time() / settings.COMMAND_BURST_SECONDS)
    key = f"squiggle:commands:{user_id}:{window}"
    try:
        pipeline = get_redis().pipeline()
        pipeline.incr(key)
        pipeline.expire(key, 2 * settings.COMMAND_BURST_SECONDS)
        count = pipeline.execute()[0]
    except RedisError:
        return
    if count > settings.COMMANDS_PER_SECOND * settings.COMMAND_BURST_SECONDS:
        raise TooMany("Too many commands in a short time. They wait in your browser and are sent a little later.")
