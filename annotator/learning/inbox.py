"""The only receiver of the workers' replies: one branch for each type."""

import logging
import time

from django.db import DataError, IntegrityError, transaction
from django.utils import timezone
from pydantic import ValidationError

from annotator.annotations.ledger import record_event
from annotator.annotations.services import record_segmentation
from annotator.annotations.views import StepTimes
from annotator.core.errors import InvalidInput, SquiggleError, explain
from annotator.learning import jobs
from annotator.learning.models import JobState, SamplingRun, SegmentationRequest, TrainingRun
from annotator.learning.sampling import record_sampled
from annotator.learning.services import fail_request
from annotator.learning.training import record_trained
from inference.protocol import (
    REPLY,
    AnyReply,
    Failed,
    JobFailed,
    JobProgress,
    JobReply,
    JobStopped,
    Sampled,
    Segmented,
    Trained,
)

logger = logging.getLogger(__name__)


def receive(message: dict) -> None:
    """Store a reply. One that answers nothing open (a second run of the same request, an earlier attempt) is ignored."""
    received_at = time.time()
    reply = _read(message)
    if reply is None:
        return
    if isinstance(reply, JobReply):
        _hear_of_job(reply)
    else:
        _store_answer(reply, received_at)


def _read(message: dict) -> AnyReply | None:
    """The reply; of one that cannot be read the failure of what it answers, so that nobody waits for it or asks once more.

    None where it only tells how far a job is, or does not say what it answers.
    """
    try:
        return REPLY.validate_python(message)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])[:200]
    logger.error("a worker's reply cannot be read: %s: %s", where, first["msg"])
    words = f"The worker's answer cannot be read ({where}: {first['msg']}). Do web side and worker differ in version?"
    kind, named = ("failed", ("request_id",)) if "request_id" in message else ("job.failed", ("job_id", "attempt"))
    if message.get("kind") == "job.progress":
        return None
    try:
        told = {name: message.get(name) for name in named}
        return REPLY.validate_python({"kind": kind, "code": "unreadable", "message": words, **told})
    except ValidationError:
        logger.error("and it does not say what it answers")
        return None


def _hear_of_job(reply: JobReply) -> None:
    with transaction.atomic():
        job = jobs.lock_job(reply)
        match reply, job:
            case _, None:
                pass
            case JobProgress(), _:
                jobs.record_progress(job, reply)
            case JobStopped(), _:
                jobs.record_stop(job)
            case JobFailed(), _:
                logger.warning("job %s failed: %s (%s)", job.pk, reply.message, reply.code)
                jobs.end(job, state=JobState.FAILED, failure=reply.message)
            case Trained() | Sampled(), _:
                _finish(job, reply)


def _finish(job: jobs.Job, reply: JobReply) -> None:
    """Close a locked job with what it made; what cannot be used closes it as failed, in words."""
    try:
        with transaction.atomic():
            match reply, job:
                case Trained(), TrainingRun():
                    record_trained(run=job, reply=reply)
                    jobs.end(job, state=JobState.DONE, line=job.reason)
                case Sampled(), SamplingRun():
                    record_sampled(run=job, regions=reply.regions)
                    jobs.end(job, state=JobState.DONE, line=f"{len(reply.regions)} regions found.")
                case _:
                    raise InvalidInput(
                        f"The worker answered with {type(reply).__name__}, which this run did not ask for."
                    )
    except (SquiggleError, DataError, IntegrityError) as error:
        named = explain(error, f"the end of job {job.pk}")
        logger.warning("the end of job %s cannot be used: %s", job.pk, named.message)
        jobs.end(job, state=JobState.FAILED, failure=named.message)


def _store_answer(reply: Segmented | Failed, received_at: float) -> None:
    with transaction.atomic():
        row = (
            SegmentationRequest.objects.select_for_update(of=("self",))
            .select_related("slide")
            .only("model_version_id", "received_at", "slide__number")  # the rest is read where it fails
            .filter(pk=reply.request_id, answered_at=None)
            .first()
        )
        if row is None:
            logger.info("reply to %s ignored: not open", reply.request_id)
            return
        match reply:
            case Segmented():
                _store_masks(row, reply, received_at)
            case Failed():
                logger.warning("request %s failed: %s (%s)", row.pk, reply.message, reply.code)
                fail_request(row=row, failure=reply.message)


def _store_masks(row: SegmentationRequest, reply: Segmented, received_at: float) -> None:
    row.answered_at = timezone.now()
    row.save(update_fields=["answered_at"])
    worker = reply.timings
    worker_ms = worker.queue_ms + worker.read_ms + worker.network_ms + worker.post_ms
    times = StepTimes(
        command_ms=max(0, (worker.sent_at - row.received_at) * 1000 - worker_ms),
        queue_ms=worker.queue_ms,
        read_ms=worker.read_ms,
        network_ms=worker.network_ms,
        post_ms=worker.post_ms,
        reply_ms=(received_at - worker.sent_at) * 1000,
        database_ms=(time.time() - received_at) * 1000,
    )
    changed = record_segmentation(slide=row.slide, model_id=row.model_version_id, objects=reply.objects, times=times)
    if changed:
        times = times.model_copy(update={"database_ms": (time.time() - received_at) * 1000})
        record_event(slide_id=row.slide_id, annotations=changed, times=times)
