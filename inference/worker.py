"""The model worker: a Celery app that answers SegmentRequests, and a heartbeat. The only file here that imports celery.

celery -A inference.worker worker -Q interactive -P solo
"""

import logging
import os
import socket
import threading
import time
from typing import Any
from uuid import UUID

import redis
from celery import Celery
from celery.signals import worker_init, worker_ready, worker_shutdown

from inference.answers import answer, preload
from inference.checkpoints import WEIGHTS_FOLDER, CheckpointError, list_checkpoints, read_manifest
from inference.protocol import (
    HEARTBEAT_KEY_PREFIX,
    HEARTBEAT_LIFE_S,
    INTERACTIVE_KEY_PREFIX,
    INTERACTIVE_QUEUE,
    REPLIES_QUEUE,
    REPLY_TASK,
    SEGMENT_TASK,
    Reply,
    WorkerHeartbeat,
    broker_url,
)

logger = logging.getLogger(__name__)

REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
THREADS = int(os.environ.get("SQUIGGLE_THREADS") or os.cpu_count() or 1)
HEARTBEAT_EVERY_S = 0.5

_COMMON = {
    "task_serializer": "json",
    "accept_content": ["json"],
    "task_ignore_result": True,
    "result_backend": None,
    "broker_connection_retry_on_startup": True,
}

app = Celery("inference", broker=broker_url(REDIS_URL))
app.conf.update(
    _COMMON,
    task_default_queue=INTERACTIVE_QUEUE,
    task_acks_late=False,  # Postgres is the queue of record; a click that kills its worker must not come back by itself
    worker_prefetch_multiplier=1,
    worker_send_task_events=False,
    worker_hijack_root_logger=False,
    broker_connection_max_retries=None,
    broker_transport_options={"global_keyprefix": INTERACTIVE_KEY_PREFIX},
)

# Replies go to the same Redis without the prefix: another app, whose pool keeps one connection open.
replies = Celery("inference.replies", broker=broker_url(REDIS_URL))
replies.conf.update(_COMMON, broker_pool_limit=1)


class Heartbeat(threading.Thread):
    """Says twice a second that this worker lives, on what, and which request it has in hand since when."""

    def __init__(self, device: str) -> None:
        super().__init__(name="heartbeat", daemon=True)
        self.worker_id = f"{socket.gethostname()}-{os.getpid()}"
        self.device = device
        self.in_hand: tuple[UUID, float] | None = None
        self.stopped = threading.Event()
        self.client = redis.Redis.from_url(REDIS_URL, socket_timeout=1, socket_connect_timeout=1)

    def run(self) -> None:
        while not self.stopped.wait(HEARTBEAT_EVERY_S):
            try:
                self.beat()
            except redis.RedisError as error:
                logger.warning("No heartbeat: %s", error)

    def beat(self) -> None:
        request_id, since = self.in_hand or (None, None)
        message = WorkerHeartbeat(
            worker_id=self.worker_id, pid=os.getpid(), device=self.device, request_id=request_id, busy_since=since
        )
        self.client.set(HEARTBEAT_KEY_PREFIX + self.worker_id, message.model_dump_json(), ex=HEARTBEAT_LIFE_S)

    def stop(self) -> None:
        self.stopped.set()
        try:
            self.client.delete(HEARTBEAT_KEY_PREFIX + self.worker_id)
        except redis.RedisError as error:
            logger.warning("The heartbeat is left to expire: %s", error)


heartbeat: Heartbeat | None = None


@app.task(name=SEGMENT_TASK)
def segment(message: dict[str, Any]) -> None:
    """Answer one SegmentRequest with one Reply."""
    if heartbeat is not None:
        heartbeat.in_hand = _request_in(message)
    try:
        reply = answer(message, threads=THREADS)
        if reply is not None:
            send(reply)
    finally:
        if heartbeat is not None:
            heartbeat.in_hand = None


def send(reply: Reply) -> None:
    """To the web side. If Redis is away for longer than Celery's retries the reply is lost, and the request is sent anew."""
    replies.send_task(REPLY_TASK, args=[reply.model_dump(mode="json")], queue=REPLIES_QUEUE)


def _request_in(message: dict[str, Any]) -> tuple[UUID, float] | None:
    try:
        return UUID(str(message["request_id"])), time.time()
    except (KeyError, TypeError, ValueError):
        return None


@worker_init.connect
def warm_up(**_: Any) -> None:
    """Load all shipped weights before the first heartbeat: who sees it may count on a fast answer."""
    global heartbeat
    manifests = []
    for name in list_checkpoints():
        try:
            manifests.append(read_manifest(WEIGHTS_FOLDER / f"{name}.json"))
        except CheckpointError as error:
            logger.error("%s", error)
    heartbeat = Heartbeat(preload(manifests, threads=THREADS))


@worker_ready.connect
def start_heartbeat(**_: Any) -> None:
    if heartbeat is not None:
        heartbeat.start()


@worker_shutdown.connect
def stop_heartbeat(**_: Any) -> None:
    if heartbeat is not None:
        heartbeat.stop()
