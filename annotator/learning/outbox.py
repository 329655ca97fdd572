"""The only sender to the model workers' queues."""

import time
from functools import cache

from celery import Celery
from django.conf import settings
from kombu.exceptions import OperationalError

from annotator.core.errors import Unavailable
from annotator.core.redis import get_redis
from inference.protocol import (
    INTERACTIVE_KEY_PREFIX,
    INTERACTIVE_QUEUE,
    SEGMENT_TASK,
    SegmentRequest,
)


@cache
def _sender() -> Celery:
    """A Celery app that only sends; its connections are pooled and stay open."""
    app = Celery("outbox", broker=settings.CELERY_BROKER_URL)
    app.conf.update(
        broker_transport_options={
            **settings.INTERACTIVE_TRANSPORT_OPTIONS, "socket_timeout": 2, "socket_connect_timeout": 1,
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
        _sender().send_task(SEGMENT_TASK, args=[stamped.model_dump(mode="json")], queue=INTERACTIVE_QUEUE, retry=False)
    except (OperationalError, OSError) as error:
        raise Unavailable(
            f"The queue cannot be reached ({error}). The click is stored and will be sent again."
        ) from error


def count_queued() -> int:
    """Requests that lie on the interactive queue and that no worker has taken yet."""
    return get_redis().llen(INTERACTIVE_KEY_PREFIX + INTERACTIVE_QUEUE)
