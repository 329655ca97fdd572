"""How many commands one person may send, counted over all their sockets."""

import time

from django.conf import settings
from redis.exceptions import RedisError

from annotator.core.errors import TooMany
from annotator.core.redis import get_redis


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
