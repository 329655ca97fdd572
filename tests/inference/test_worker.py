"""The model worker as a process of its own, on a real Redis: heartbeat, reply, and what it does with nonsense."""

import base64
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import Celery

from inference.protocol import (
    INTERACTIVE_KEY_PREFIX,
    INTERACTIVE_QUEUE,
    MODEL_WORKERS_KEY,
    REPLIES_QUEUE,
    REPLY,
    SEGMENT_TASK,
    Segmented,
    WorkerHeartbeat,
    broker_url,
)

START_TIMEOUT_S = 150
REPLY_TIMEOUT_S = 20


@pytest.fixture(scope="module")
def database(servers: None) -> redis.Redis:
    return redis.Redis.from_url(os.environ["REDIS_URL"])


@pytest.fixture(scope="module")
def worker(database: redis.Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerHeartbeat]:
    """A running worker, as its first heartbeat describes it."""
    environment = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
    log = tmp_path_factory.mktemp("worker") / "log"
    command = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "inference.worker",
        "worker",
        "-Q",
        INTERACTIVE_QUEUE,
        "-P",
        "solo",
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        yield _first_heartbeat(database, process, log)
    finally:
        process.terminate()
        process.wait(timeout=20)
    assert not database.exists(*database.keys(f"{MODEL_WORKERS_KEY}:*") or ["none"]), (
        "the heartbeat outlives the worker"
    )


def _first_heartbeat(database: redis.Redis, process: subprocess.Popen[bytes], log: Path) -> WorkerHeartbeat:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        for key in database.keys(f"{MODEL_WORKERS_KEY}:*"):
            if (value := database.get(key)) is not None:
                return WorkerHeartbeat.model_validate_json(value)
        time.sleep(0.05)
    raise AssertionError(log.read_text())


@pytest.fixture(scope="module")
def sender() -> Celery:
    app = Celery("test", broker=broker_url(os.environ["REDIS_URL"]))
    app.conf.update(broker_transport_options={"global_keyprefix": INTERACTIVE_KEY_PREFIX})
    return app


def ask(sender: Celery, database: redis.Redis, message: dict[str, Any]) -> Any:
    """Send one message and take its reply off the replies queue."""
    sender.send_task(SEGMENT_TASK, args=[message], queue=INTERACTIVE_QUEUE)
    taken = database.blpop([REPLIES_QUEUE], timeout=REPLY_TIMEOUT_S)
    assert taken is not None, "no reply"
    return REPLY.validate_python(json.loads(base64.b64decode(json.loads(taken[1])["body"]))[0][0])


def test_worker_answers_when_asked_over_redis(
    worker: WorkerHeartbeat, sender: Celery, database: redis.Redis, request_message: dict[str, Any]
) -> None:
    reply = ask(sender, database, request_message)
    assert isinstance(reply, Segmented)
    assert str(reply.request_id) == request_message["request_id"]
    assert reply.objects[0].polygons
    assert reply.timings.network_ms > 0


def test_worker_lives_on_when_messages_are_nonsense(
    worker: WorkerHeartbeat, sender: Celery, database: redis.Redis, request_message: dict[str, Any]
) -> None:
    sender.send_task(SEGMENT_TASK, args=[{"no": "request"}], queue=INTERACTIVE_QUEUE)
    sender.send_task("inference.unknown", args=[], queue=INTERACTIVE_QUEUE)
    refused = ask(sender, database, {**request_message, "targets": []})
    assert refused.kind == "failed"
    assert refused.code == "bad_request"
    again = ask(sender, database, {**request_message, "request_id": str(uuid.uuid4())})
    assert again.kind == "segmented"


def test_heartbeat_names_device_and_process(worker: WorkerHeartbeat) -> None:
    assert worker.pid > 0
    assert worker.device
    assert worker.request_id is None
