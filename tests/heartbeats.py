"""Workers that are said to live, without a process behind them."""

from typing import Any

from inference.protocol import WorkerHeartbeat, heartbeat_key


def beat(client: Any, workers_key: str, worker_id: str = "w", **fields: Any) -> None:
    """One heartbeat that never ends, as the worker would write it."""
    heartbeat = WorkerHeartbeat(**{"worker_id": worker_id, "pid": 1, "device": "CPU", **fields})
    client.set(heartbeat_key(workers_key, worker_id), heartbeat.model_dump_json())
    client.sadd(workers_key, worker_id)
