"""Which model workers and training workers live, read from their heartbeats in Redis."""

from redis.exceptions import RedisError

from annotator.core import heartbeats
from inference.protocol import MODEL_WORKERS_KEY, TRAINING_WORKERS_KEY, WorkerHeartbeat


def list_heartbeats() -> list[WorkerHeartbeat]:
    """The heartbeats of all live model workers. Raises redis.RedisError when Redis is away."""
    return heartbeats.list_heartbeats(MODEL_WORKERS_KEY)


def list_trainers() -> list[WorkerHeartbeat]:
    """The heartbeats of all live training workers; request_id is the job in hand. Raises redis.RedisError."""
    return heartbeats.list_heartbeats(TRAINING_WORKERS_KEY)


def find_trouble() -> str | None:
    """Why a click would not be answered now, in words; None when a worker is there."""
    try:
        if list_heartbeats():
            return None
    except RedisError:
        return "The message queue is being restarted. Your click is saved and will be answered when it is back."
    return "No model worker is running. Your click is saved and will be answered when one is back."
