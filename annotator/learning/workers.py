"""Which model workers and training workers live, read from their heartbeats in Redis."""

from redis.exceptions import RedisError

from annotator.core.redis import get_redis
from inference.protocol import HEARTBEAT_KEY_PREFIX, TRAINER_KEY_PREFIX, WorkerHeartbeat


def list_heartbeats() -> list[WorkerHeartbeat]:
    """The heartbeats of all live model workers. Raises redis.RedisError when Redis is away."""
    return _list(HEARTBEAT_KEY_PREFIX)


def list_trainers() -> list[WorkerHeartbeat]:
    """The heartbeats of all live training workers; request_id is the job in hand. Raises redis.RedisError."""
    return _list(TRAINER_KEY_PREFIX)


def _list(prefix: str) -> list[WorkerHeartbeat]:
    client = get_redis()
    keys = list(client.scan_iter(match=f"{prefix}*", count=1000))
    values = client.mget(keys) if keys else []
    return [WorkerHeartbeat.model_validate_json(value) for value in values if value]


def find_trouble() -> str | None:
    """Why a click would not be answered now, in words; None when a worker is there."""
    try:
        if list_heartbeats():
            return None
    except RedisError:
        return "The message queue is being restarted. Your click is saved and will be answered when it is back."
    return "No model worker is running. Your click is saved and will be answered when one is back."
