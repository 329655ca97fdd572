"""The trainer as a process of its own, on a real Redis: it does a job, renews itself, and stops when it should."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import redis
from celery import Celery

from inference.protocol import (
    LEASE_KEY_PREFIX,
    REPLIES_QUEUE,
    REPLY,
    TRAIN_TASK,
    TRAINING_KEY_PREFIX,
    TRAINING_QUEUE,
    TRAINING_WORKERS_KEY,
    WorkerHeartbeat,
    broker_url,
)
from tests.inference.conftest import blobs
from tests.inference.frozen import FrozenSlide, freeze

START_TIMEOUT_S, REPLY_TIMEOUT_S = 90, 120
BASE = "nuclick-nucleus-monuseg"


@pytest.fixture(scope="module")
def database(servers: None) -> redis.Redis:
    return redis.Redis.from_url(os.environ["REDIS_URL"])


@pytest.fixture(scope="module")
def learning(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("learning")


@pytest.fixture(scope="module")
def process(database: redis.Redis, learning: Path) -> Iterator[subprocess.Popen[bytes]]:
    kept = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
    environment = {**kept, "SQUIGGLE_LEARNING": str(learning), "SQUIGGLE_THREADS": "1"}
    command = [
        sys.executable, "-m", "celery", "--app=inference.worker:trainer", "worker", f"--queues={TRAINING_QUEUE}",
        "--pool=solo",
    ]  # fmt: skip
    log = learning / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        wait_heartbeat(database, process, log)
        yield process
    finally:
        process.kill()
        process.wait()


def wait_heartbeat(database: redis.Redis, process: subprocess.Popen[bytes], log: Path) -> WorkerHeartbeat:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        for key in database.keys(f"{TRAINING_WORKERS_KEY}:*"):
            if (value := database.get(key)) is not None:
                return WorkerHeartbeat.model_validate_json(value)
        time.sleep(0.05)
    raise AssertionError(log.read_text())


@pytest.fixture(scope="module")
def snapshot(learning: Path) -> str:
    rng = np.random.default_rng(1)
    parts = ["training", "training", "held_out"]
    return freeze(learning, [FrozenSlide(*blobs(rng, width=75, height=75), part=part) for part in parts])


def send(database: redis.Redis, snapshot: str, *, lease: bool = True, **changes: Any) -> uuid.UUID:
    job_id = uuid.uuid4()
    if lease:
        database.set(LEASE_KEY_PREFIX + str(job_id), 1)
    sender = Celery("test", broker=broker_url(os.environ["REDIS_URL"]))
    sender.conf.update(broker_transport_options={"global_keyprefix": TRAINING_KEY_PREFIX})
    message = {
        "kind": "train", "job_id": str(job_id), "attempt": 1, "method": "nuclick", "object_type": "nucleus", "stain": "H&E",
        "snapshot": snapshot, "base": BASE, "rival": BASE, "name": f"made-{job_id.hex[:8]}", "samples": 100_000, **changes,
    }  # fmt: skip
    sender.send_task(TRAIN_TASK, args=[message], queue=TRAINING_QUEUE)
    return job_id


def hear(database: redis.Redis, job_id: uuid.UUID) -> Iterator[Any]:
    while True:
        taken = database.blpop([REPLIES_QUEUE], timeout=REPLY_TIMEOUT_S)
        assert taken is not None, "no reply"
        reply = REPLY.validate_python(json.loads(base64.b64decode(json.loads(taken[1])["body"]))[0][0])
        if reply.job_id == job_id:  # type: ignore[union-attr]
            yield reply


def test_trainer_when_a_job_cannot_be_done_says_so_and_renews_itself(
    process: subprocess.Popen[bytes], database: redis.Redis, learning: Path
) -> None:
    for _ in range(2):
        job_id = send(database, "0" * 64)
        reply = next(r for r in hear(database, job_id) if r.kind != "job.progress")
        assert reply.kind == "job.failed"
        assert "no snapshot" in reply.message
    wait_heartbeat(database, process, learning / "log")
    assert os.getpriority(os.PRIO_PROCESS, process.pid) >= 15


def test_trainer_when_the_lease_goes_stops_within_a_step(
    process: subprocess.Popen[bytes], database: redis.Redis, snapshot: str, learning: Path
) -> None:
    job_id = send(database, snapshot)
    heard = hear(database, job_id)
    assert next(r for r in heard if r.kind != "job.progress" or r.stage == "training").kind == "job.progress"
    assert wait_heartbeat(database, process, learning / "log").request_id == job_id
    database.delete(LEASE_KEY_PREFIX + str(job_id))
    assert next(r for r in heard if r.kind != "job.progress").kind == "job.stopped"


def test_trainer_when_asked_to_end_stops_the_job_and_ends(
    process: subprocess.Popen[bytes], database: redis.Redis, snapshot: str
) -> None:
    job_id = send(database, snapshot)
    heard = hear(database, job_id)
    assert next(r for r in heard if r.kind != "job.progress" or r.stage == "training").kind == "job.progress"
    process.send_signal(signal.SIGTERM)
    assert next(r for r in heard if r.kind != "job.progress").kind == "job.stopped"
    assert process.wait(timeout=60) == 0
    assert not database.keys(f"{TRAINING_WORKERS_KEY}:*")
