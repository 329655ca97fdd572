"""Both workers: Celery apps that answer clicks, and that train and sample. The only file here that imports celery.

celery --app=inference.worker worker --queues=interactive --pool=solo
celery --app=inference.worker:trainer worker --queues=training --pool=solo
"""

import logging
import os
import platform
import socket
import sys
import threading
import time
from typing import Any
from uuid import UUID

import redis
from celery import Celery
from celery.signals import worker_init, worker_ready, worker_shutdown, worker_shutting_down
from celery.worker import state
from kombu.exceptions import OperationalError

from inference.answers import answer, preload
from inference.checkpoints import WEIGHTS_FOLDER, CheckpointError, list_checkpoints, read_manifest
from inference.engines import use_threads
from inference.jobs import ShouldStop, Tell
from inference.protocol import (
    HEARTBEAT_LIFE_S,
    INTERACTIVE_KEY_PREFIX,
    INTERACTIVE_QUEUE,
    MODEL_WORKERS_KEY,
    REPLIES_QUEUE,
    REPLY_TASK,
    SAMPLE_TASK,
    SEGMENT_TASK,
    TRAIN_TASK,
    TRAINING_KEY_PREFIX,
    TRAINING_QUEUE,
    TRAINING_WORKERS_KEY,
    AnyReply,
    Sampled,
    SampleRequest,
    Trained,
    TrainRequest,
    WorkerHeartbeat,
    broker_url,
    heartbeat_key,
)
from inference.work import Do, Request, carry_out

logger = logging.getLogger(__name__)

REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
THREADS = int(os.environ.get("SQUIGGLE_THREADS") or os.cpu_count() or 1)
HEARTBEAT_EVERY_S = 0.5
RENEWAL_LIFE_S = 20
NICENESS = 15
"""Of a trainer: clicks on the same machine come first."""

_COMMON = {
    "task_serializer": "json",
    "accept_content": ["json"],
    "task_ignore_result": True,
    "result_backend": None,
    "broker_connection_retry_on_startup": True,
}

_WORKER = _COMMON | {
    "task_acks_late": False,  # Postgres is the queue of record; what kills its worker must not come back by itself
    "worker_prefetch_multiplier": 1,
    "worker_send_task_events": False,
    "worker_hijack_root_logger": False,
    "broker_connection_max_retries": None,
}


def _app(name: str, queue: str, key_prefix: str) -> Celery:
    made = Celery(name, broker=broker_url(REDIS_URL))
    made.conf.update(_WORKER, task_default_queue=queue, broker_transport_options={"global_keyprefix": key_prefix})
    return made


app = _app("inference", INTERACTIVE_QUEUE, INTERACTIVE_KEY_PREFIX)
trainer = _app("inference.trainer", TRAINING_QUEUE, TRAINING_KEY_PREFIX)

# Replies go to the same Redis without the prefix: another app, whose pool keeps one connection open.
replies = Celery("inference.replies", broker=broker_url(REDIS_URL))
replies.conf.update(_COMMON, broker_pool_limit=1)


def _redis() -> redis.Redis:
    return redis.Redis.from_url(REDIS_URL, socket_timeout=1, socket_connect_timeout=1)


class Heartbeat(threading.Thread):
    """Says twice a second that this worker lives, on what, and which request it has in hand since when."""

    def __init__(self, device: str, workers_key: str = MODEL_WORKERS_KEY) -> None:
        super().__init__(name="heartbeat", daemon=True)
        self.workers_key = workers_key
        self.worker_id = f"{socket.gethostname()}-{os.getpid()}"
        self.device = device
        self.in_hand: tuple[UUID, float] | None = None
        self.stopped = threading.Event()
        self.client = _redis()

    def run(self) -> None:
        while not self.stopped.wait(HEARTBEAT_EVERY_S):
            try:
                self.beat()
            except redis.RedisError as error:
                logger.warning("No heartbeat: %s", error)

    def beat(self, life_s: int = HEARTBEAT_LIFE_S) -> None:
        request_id, since = self.in_hand or (None, None)
        message = WorkerHeartbeat(
            worker_id=self.worker_id, pid=os.getpid(), device=self.device, request_id=request_id, busy_since=since
        )
        pipeline = self.client.pipeline()
        pipeline.set(heartbeat_key(self.workers_key, self.worker_id), message.model_dump_json(), ex=life_s)
        pipeline.sadd(self.workers_key, self.worker_id)
        pipeline.execute()

    def stop(self, *, begins_anew: bool) -> None:
        """begins_anew: the same process is back within seconds, and who looks meanwhile shall not miss it."""
        self.stopped.set()
        try:
            if begins_anew:
                self.beat(life_s=RENEWAL_LIFE_S)
                return
            self.client.delete(heartbeat_key(self.workers_key, self.worker_id))
        except redis.RedisError as error:
            logger.warning("The heartbeat is left to expire: %s", error)


heartbeat: Heartbeat | None = None


stopping = threading.Event()
"""Set when the worker was asked to end."""


@app.task(name=SEGMENT_TASK, shared=False)
def segment(message: dict[str, Any]) -> None:
    """Answer one SegmentRequest with one Reply."""
    if heartbeat is not None:
        heartbeat.in_hand = _request_in(message, "request_id")
    try:
        reply = answer(message, threads=THREADS)
        if reply is not None:
            send(reply)
    finally:
        if heartbeat is not None:
            heartbeat.in_hand = None


def send(reply: AnyReply) -> None:
    """To the web side. If Redis is away for longer than Celery's retries the reply is lost, and the request is sent anew."""
    replies.send_task(REPLY_TASK, args=[reply.model_dump(mode="json")], queue=REPLIES_QUEUE)


def _request_in(message: dict[str, Any], key: str) -> tuple[UUID, float] | None:
    try:
        return UUID(str(message[key])), time.time()
    except (KeyError, TypeError, ValueError):
        return None


# --- jobs of minutes to hours -------------------------------------------------------------------------------------


@trainer.task(name=TRAIN_TASK, shared=False)
def train(message: dict[str, Any]) -> None:
    """Carry out one TrainRequest."""

    def learn(request: TrainRequest, tell: Tell, should_stop: ShouldStop) -> Trained:
        from inference.training.learning import learn  # with it comes torch

        return learn(request, tell, should_stop, threads=THREADS)

    _work(message, TrainRequest, learn)


@trainer.task(name=SAMPLE_TASK, shared=False)
def sample(message: dict[str, Any]) -> None:
    """Carry out one SampleRequest."""

    def look(request: SampleRequest, tell: Tell, should_stop: ShouldStop) -> Sampled:
        from inference.active.sampling import sample

        regions = sample(request, tell, should_stop, threads=THREADS)
        return Sampled(job_id=request.job_id, attempt=request.attempt, regions=regions)

    _work(message, SampleRequest, look)


def _work(message: dict[str, Any], kind: type[Request], do: Do[Request]) -> None:
    """One job; then this process ends, and begins anew as it was: what a training leaves in memory goes with it."""
    global renew
    if heartbeat is not None:
        heartbeat.in_hand = _request_in(message, "job_id")
    try:
        use_threads(THREADS)
        carry_out(message, kind, do, client=_redis(), send=_try_to_send, stopping=stopping)
    finally:
        if heartbeat is not None:
            heartbeat.in_hand = None
        renew, state.should_stop = True, os.EX_OK


def _try_to_send(reply: AnyReply) -> bool:
    try:
        send(reply)
    except OperationalError as error:
        logger.warning("Redis is away: %s", error)
        return False
    return True


# --- the process --------------------------------------------------------------------------------------------------

renew = False
"""Whether this process begins anew when it ends."""


@worker_init.connect
def warm_up(sender: Any, **_: Any) -> None:
    """Load all shipped weights before the first heartbeat: who sees it may count on a fast answer. A trainer loads nothing
    before it is asked to."""
    global heartbeat
    if sender.app is trainer:
        os.nice(NICENESS)
        heartbeat = Heartbeat(platform.processor() or platform.machine(), TRAINING_WORKERS_KEY)
        return
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


@worker_shutting_down.connect
def stop_job(**_: Any) -> None:
    stopping.set()


@worker_shutdown.connect
def stop_heartbeat(**_: Any) -> None:
    """A process that renews itself keeps its id, so who started it sees no death."""
    begins_anew = renew and not stopping.is_set()
    if heartbeat is not None:
        heartbeat.stop(begins_anew=begins_anew)
    if begins_anew:
        os.execv(sys.executable, sys.orig_argv)  # noqa: S606
