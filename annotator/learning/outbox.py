"""The only sender to the queues of model workers and training workers."""

import time
from functools import cache
from typing import Any

from celery import Celery
from django.conf import settings
from kombu.exceptions import OperationalError

from annotator.core.errors import Unavailable
from annotator.core.redis import get_redis
from inference.protocol import (
    INTERACTIVE_KEY_PREFIX,
    INTERACTIVE_QUEUE,
    SAMPLE_TASK,
    SEGMENT_TASK,
    TRAIN_TASK,
    TRAINING_KEY_PREFIX,
    TRAINING_QUEUE,
    Message,
    SampleRequest,
    SegmentRequest,
    TrainRequest,
)


@cache
def _sender(key_prefix: str) -> Celery:
    """A Celery app that only sends; its connections are pooled and stay open."""
    app = Celery("outbox", broker=settings.CELERY_BROKER_URL, set_as_current=False)
    app.conf.update(
        broker_transport_options={
            "global_keyprefix": key_prefix, "socket_timeout": 2, "socket_connect_timeout": 1,
        },
        task_ignore_result=True,
        broker_connection_timeout=1,
    )  # fmt: skip
    return app


def send_segmentation(request: SegmentRequest) -> None:
    """Put the request on the interactive queue, stamped with the time of sending.

    Raises Unavailable when the broker cannot be reached.
    """
    stamped = request.model_copy(update={"sent_at": time.time()})
    try:
        _send(INTERACTIVE_KEY_PREFIX, INTERACTIVE_QUEUE, SEGMENT_TASK, stamped)
    except (OperationalError, OSError) as error:
        raise Unavailable(
            f"The queue cannot be reached ({error}). The click is stored and will be sent again."
        ) from error


def send_job(request: TrainRequest | SampleRequest) -> None:
    """Put the job on the training queue. Raises Unavailable when the broker cannot be reached."""
    task = TRAIN_TASK if isinstance(request, TrainRequest) else SAMPLE_TASK
    try:
        _send(TRAINING_KEY_PREFIX, TRAINING_QUEUE, task, request)
    except (OperationalError, OSError) as error:
        raise Unavailable(
            f"The queue cannot be reached ({error}). The job is stored and will be sent again."
        ) from error


def _send(key_prefix: str, queue: str, task: str, message: Message) -> Any:
    return _sender(key_prefix).send_task(task, args=[message.model_dump(mode="json")], queue=queue, retry=False)


def count_queued() -> int:
    """Requests that lie on the interactive queue and that no worker has taken yet."""
    return get_redis().llen(INTERACTIVE_KEY_PREFIX + INTERACTIVE_QUEUE)


def count_queued_jobs() -> int:
    """Jobs that lie on the training queue and that no worker has taken yet."""
    return get_redis().llen(TRAINING_KEY_PREFIX + TRAINING_QUEUE)
