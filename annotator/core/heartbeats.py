"""The heartbeats of workers that live, as they write them into Redis."""

from typing import cast

from annotator.core.redis import get_redis
from inference.protocol import WorkerHeartbeat, heartbeat_key


def list_heartbeats(workers_key: str) -> list[WorkerHeartbeat]:
    """The heartbeats of these workers, at a cost that grows with their number alone. Raises redis.RedisError."""
    client = get_redis()
    ids = sorted(client.smembers(workers_key))
    values = client.mget([heartbeat_key(workers_key, worker_id) for worker_id in ids]) if ids else []
    dead = [worker_id for worker_id, value in zip(ids, values, strict=True) if value is None]
    if dead:
        client.srem(workers_key, *dead)  # one that only fell silent names itself again with its next heartbeat
    return [WorkerHeartbeat.model_validate_json(cast(str, value)) for value in values if value is not None]
