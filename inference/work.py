"""Carries out one job under its lease, from the first sign of life to the reply. Knows no queue."""

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

import redis
from pydantic import ValidationError

from inference.answers import RequestError
from inference.checkpoints import CheckpointError
from inference.data.samples import DatasetError
from inference.evaluation import EvaluationError
from inference.jobs import JobError, ShouldStop, Stopped, Tell
from inference.lease import Lease, Reporter
from inference.protocol import AnyReply, JobFailed, JobStopped, SampleRequest, TrainRequest
from inference.slide import SlideReadError

logger = logging.getLogger(__name__)

Request = TypeVar("Request", TrainRequest, SampleRequest)
Do = Callable[[Request, Tell, ShouldStop], AnyReply]
Send = Callable[[AnyReply], bool]
"""Whether the reply could be sent."""

IN_WORDS = (JobError, CheckpointError, DatasetError, EvaluationError, RequestError, SlideReadError)
SEND_AGAIN_S = 2.0


def carry_out(
    message: Mapping[str, Any],
    kind: type[Request],
    do: Do[Request],
    *,
    client: redis.Redis,
    send: Send,
    stopping: threading.Event,
) -> None:
    """Do what a message from the queue asks for, and say how it ended: every failure is a reply in words. It stops within a
    step where its lease is gone, or the worker is asked to end."""
    try:
        request = kind.model_validate(message)
    except ValidationError as error:
        if refusal := refuse(message, error):
            send(refusal)
        return
    lease = Lease(client, request.job_id, request.attempt)

    def should_stop() -> bool:
        return stopping.is_set() or lease.is_lost()

    if should_stop():  # cancelled while it was queued, or given to another
        logger.info("Job %s is not begun: its lease is not attempt %d", request.job_id, request.attempt)
        send(JobStopped(job_id=request.job_id, attempt=request.attempt))
        return
    reporter = Reporter(send, request.job_id, request.attempt)
    reporter.start()
    try:
        reply = outcome(request, do, reporter.tell, should_stop)
    finally:
        reporter.end()
    while not send(reply) and not should_stop():  # an hour's work is worth waiting for Redis
        stopping.wait(SEND_AGAIN_S)


def outcome(request: Request, do: Do[Request], tell: Tell, should_stop: ShouldStop) -> AnyReply:
    job_id, attempt = request.job_id, request.attempt
    try:
        return do(request, tell, should_stop)
    except Stopped:
        logger.info("Job %s stopped", job_id)
        return JobStopped(job_id=job_id, attempt=attempt)
    except IN_WORDS as error:
        return JobFailed(job_id=job_id, attempt=attempt, code=type(error).__name__, message=str(error))
    except OSError as error:
        logger.exception("Job %s failed", job_id)
        text = (
            f"The training worker could not read or write a file: {error}. Is its disk full, or a folder not its own?"
        )
        return JobFailed(job_id=job_id, attempt=attempt, code="disk", message=text)
    except MemoryError:
        logger.exception("Job %s failed", job_id)
        text = "The training worker's memory was too small for this job. Give it more, or begin from a smaller model."
        return JobFailed(job_id=job_id, attempt=attempt, code="memory", message=text)
    except Exception:
        logger.exception("Job %s failed", job_id)
        text = "The training worker met an error that it does not know; its log says more. Tell the administrator."
        return JobFailed(job_id=job_id, attempt=attempt, code="internal", message=text)


def refuse(message: Mapping[str, Any], error: ValidationError) -> JobFailed | None:
    """For a message that is no request, if it at least carries its job and attempt."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    logger.error("A message is no request: %s: %s (%d errors)", where, first["msg"], error.error_count())
    text = (
        f"The training worker does not understand the request ({where}: {first['msg']}). Web side and worker differ in "
        "version?"
    )
    try:
        return JobFailed(
            job_id=UUID(str(message["job_id"])), attempt=int(message["attempt"]), code="bad_request", message=text
        )
    except (KeyError, TypeError, ValueError):
        return None
