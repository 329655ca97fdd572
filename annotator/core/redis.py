"""The web side's one Redis client: heartbeats, rate limits, one-time links. What it holds may be lost without harm."""

from functools import cache
from typing import Any

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry


@cache
def get_redis() -> Any:  # redis-py's own types mix its blocking and its asynchronous client
    """A thread-safe client with its own small pool; calls fail within two seconds instead of hanging."""
    return redis.Redis.from_url(
        settings.REDIS_URL,
        decode_responses=True,
        socket_timeout=2,
        socket_connect_timeout=1,
        max_connections=32,
        retry=Retry(NoBackoff(), 1),  # the default waits for seconds while Redis is away
    )
