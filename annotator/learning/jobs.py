"""Long jobs: handing them to a training worker under a lease, hearing how they go, cancelling, finding those that are lost."""

import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated, Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from pydantic import Field, TypeAdapter
from redis.exceptions import RedisError

from annotator.core.errors import InvalidInput, Unavailable
from annotator.core.redis import get_redis
from annotator.learning import outbox, workers
from annotator.learning.models import JobLine, JobState, SamplingRun, TrainingRun
from annotator.learning.models.job import OPEN_STATES
from annotator.learning.numbers import without_nan
from inference.protocol import LEASE_KEY_PREFIX, JobProgress, JobReply, SampleRequest, TrainRequest

logger = logging.getLogger(__name__)

Job = TrainingRun | SamplingRun
Row = dict[str, float | None]
KINDS: tuple[type[Job], ...] = (TrainingRun, SamplingRun)
REQUEST: TypeAdapter[TrainRequest | SampleRequest] = TypeAdapter(
    Annotated[TrainRequest | SampleRequest, Field(discriminator="kind")]
)

SILENT_AFTER = timedelta(seconds=30)
"""A running job without a heartbeat for this long is lost; so is one sent this long ago that nobody has."""
MAX_LOSSES = 5


# --- handing out --------------------------------------------------------------------------------------------------


def start(job: Job) -> None:
    """Give the job to the training workers after the commit, as its next attempt. Call inside a transaction."""
    job.attempt += 1
    job.state = JobState.QUEUED
    job.sent_at = timezone.now()
    job.save(update_fields=["attempt", "state", "sent_at"])
    request = _read_request(job)
    transaction.on_commit(lambda: _send(request))


def _read_request(job: Job) -> TrainRequest | SampleRequest:
    fields = {**job.request, "attempt": job.attempt}
    if isinstance(job, TrainingRun):  # they may have been cut since the run was asked for
        fields["patches_sha256"] = job.snapshot.patches_sha256
    return REQUEST.validate_python(fields)


def _send(request: TrainRequest | SampleRequest) -> None:
    """What cannot be sent now is sent by a later find_lost_jobs."""
    try:
        get_redis().set(f"{LEASE_KEY_PREFIX}{request.job_id}", request.attempt)
        outbox.send_job(request)
    except (RedisError, Unavailable) as error:
        logger.warning("job %s not sent: %s", request.job_id, error)


# --- ending -------------------------------------------------------------------------------------------------------


def end(job: Job, *, state: JobState, failure: str = "", line: str = "") -> None:
    """Close a locked job for good and take its lease away after the commit: a worker that is still on it stops."""
    job.state = state
    job.failure = failure
    job.ended_at = timezone.now()
    job.save(update_fields=["state", "failure", "ended_at"])
    add_lines(job, [line or failure])
    transaction.on_commit(lambda: _withdraw_lease(job))


def cancel(*, job: Job, by: Any) -> Job:
    """Stop the job within a step; its checkpoint stays. Raises InvalidInput for one that has ended."""
    with transaction.atomic():
        locked = type(job).objects.select_for_update(of=("self",)).get(pk=job.pk)
        if locked.state not in OPEN_STATES:
            raise InvalidInput(f"This run has ended already: it is {locked.get_state_display().lower()}.")
        end(locked, state=JobState.CANCELLED, line=f"Cancelled by {by.get_username()}.")
    return locked


def _withdraw_lease(job: Job) -> None:
    try:
        get_redis().delete(f"{LEASE_KEY_PREFIX}{job.pk}")
    except RedisError as error:
        logger.warning("the lease of job %s is taken away at its next reply: %s", job.pk, error)


# --- hearing ------------------------------------------------------------------------------------------------------


def lock_job(reply: JobReply) -> Job | None:
    """The open job that the reply speaks of, locked; None where another attempt speaks, or the job has ended."""
    for kind in KINDS:
        job: Job | None = kind.objects.select_for_update(of=("self",)).filter(pk=reply.job_id).first()
        if job is None:
            continue
        if job.state not in OPEN_STATES:
            _withdraw_lease(job)
        elif job.attempt == reply.attempt:
            return job
        break
    logger.info("reply of attempt %s at job %s ignored", reply.attempt, reply.job_id)
    return None


def record_progress(job: Job, reply: JobProgress) -> None:
    """The heartbeat of a locked job, and how far it is."""
    now = timezone.now()
    if job.state == JobState.LOST:  # it was only silent
        job.losses = max(0, job.losses - 1)
    if job.started_at is None:
        job.started_at = now
    job.state = JobState.RUNNING
    job.heartbeat_at = now
    job.stage, job.done, job.total = reply.stage, reply.done, reply.total
    fields = ["state", "losses", "heartbeat_at", "started_at", "stage", "done", "total"]
    if reply.curve and isinstance(job, TrainingRun):
        job.curve = _join_curves(job.curve, reply.curve)
        fields.append("curve")
    job.save(update_fields=fields)
    add_lines(job, reply.lines)


def _join_curves(known: list[Row], new: tuple[Row, ...]) -> list[Row]:
    """A later attempt goes on from a checkpoint, and tells the steps since then once more."""
    first = new[0].get("step") or 0
    return [row for row in known if (row.get("step") or 0) < first] + without_nan(new)


def record_stop(job: Job) -> None:
    """The worker was asked to end, or found no lease: another one goes on from the checkpoint."""
    job.state = JobState.LOST
    job.save(update_fields=["state"])
    add_lines(job, ["The training worker stopped in the middle; the next one goes on from the last checkpoint."])


def add_lines(job: Job, lines: Iterable[str]) -> None:
    """Lines of the job's log, for people."""
    JobLine.objects.bulk_create(JobLine(job_id=job.pk, text=text) for text in lines if text)


# --- what was lost ------------------------------------------------------------------------------------------------


def find_lost_jobs() -> None:
    """Called every few seconds. A job that fell silent is first marked lost; unless it is heard again it is sent once more
    at the next call, and given up after MAX_LOSSES workers. Raises redis.RedisError when Redis is away."""
    nobody_has = _is_queue_idle()
    for kind in KINDS:
        with transaction.atomic():
            for job in _lock(kind.objects.filter(state=JobState.LOST)):
                _send_again(job)
        with transaction.atomic():
            before = timezone.now() - SILENT_AFTER
            for job in _lock(kind.objects.filter(state=JobState.RUNNING, heartbeat_at__lt=before)):
                _mark_lost(job, "The training worker gave no sign of life for 30 s.")
            if nobody_has:
                for job in _lock(kind.objects.filter(state=JobState.QUEUED, sent_at__lt=before)):
                    _mark_lost(job, "No training worker has this run, and it is not in the queue.")


def _lock(jobs: QuerySet[Any]) -> list[Job]:
    return list(jobs.select_for_update(skip_locked=True, of=("self",)).order_by("created_at"))


def _is_queue_idle() -> bool:
    """Whether a queued job should have been taken: a trainer waits, and the queue is empty. While none waits, a job may lie
    in the hand of a busy one, behind its present job; while none lives, their absence is waited out."""
    return any(trainer.request_id is None for trainer in workers.list_trainers()) and outbox.count_queued_jobs() == 0


def _mark_lost(job: Job, why: str) -> None:
    logger.warning("job %s lost at attempt %s: %s", job.pk, job.attempt, why)
    job.state = JobState.LOST
    job.losses += 1
    job.save(update_fields=["state", "losses"])
    add_lines(job, [why])


def _send_again(job: Job) -> None:
    if job.losses >= MAX_LOSSES:
        failure = (
            f"{MAX_LOSSES} training workers went away in the middle of this run, without a word. Look into the training "
            "worker's log for the reason (too little memory is the usual one), then start it again."
        )
        end(job, state=JobState.FAILED, failure=failure)
        return
    start(job)
    add_lines(job, [f"Sent to the training workers again, attempt {job.attempt}."])
