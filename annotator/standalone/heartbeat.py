"""Finds a model worker that hangs: too long on one request, or without a heartbeat."""

import time
from typing import cast

import redis
from pydantic import ValidationError

from annotator.standalone.redis import NO_RETRY
from inference.protocol import MODEL_WORKERS_KEY, WorkerHeartbeat, heartbeat_key

LIMIT_S = 20.0


class HeartbeatWatch:
    """Reads what the workers say of themselves; a Redis that is away says nothing about them."""

    def __init__(self, redis_url: str) -> None:
        self._redis = redis.Redis.from_url(redis_url, socket_timeout=1, socket_connect_timeout=1, retry=NO_RETRY)
        self._last_seen: dict[int, float] = {}

    def complaint(self, pid: int, *, now: float | None = None) -> str | None:
        """Why the worker with this process id should be killed, in words; None while all is well."""
        now = time.time() if now is None else now
        try:
            heartbeats = self._read()
        except redis.RedisError:
            self._last_seen.clear()
            return None
        heartbeat = heartbeats.get(pid)
        if heartbeat is None:
            silent_s = now - self._last_seen.get(pid, now)
            return f"gave no sign of life for {silent_s:.0f} s" if silent_s > LIMIT_S else None
        self._last_seen = {pid: now}
        if heartbeat.busy_since is not None and now - heartbeat.busy_since > LIMIT_S:
            return f"has been busy with request {heartbeat.request_id} for {now - heartbeat.busy_since:.0f} s"
        return None

    def _read(self) -> dict[int, WorkerHeartbeat]:
        ids = cast("set[bytes]", self._redis.smembers(MODEL_WORKERS_KEY))
        keys = [heartbeat_key(MODEL_WORKERS_KEY, worker_id.decode()) for worker_id in ids]
        found = {}
        for value in cast("list[bytes | None]", self._redis.mget(keys)) if keys else []:
            try:
                heartbeat = WorkerHeartbeat.model_validate_json(value or b"")
            except ValidationError:  # its worker is dead
                continue
            found[heartbeat.pid] = heartbeat
        return found
