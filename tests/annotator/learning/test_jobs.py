"""The lease of a long job: one attempt at a time is heard, and what falls silent is found and goes on."""

from datetime import timedelta

import pytest
from django.utils import timezone

from annotator.core.errors import InvalidInput
from annotator.core.redis import get_redis
from annotator.learning import jobs, outbox
from annotator.learning.models import JobLine, JobState, TrainingRun
from inference.protocol import LEASE_KEY_PREFIX, JobFailed, JobProgress, JobStopped
from tests.annotator.learning.conftest import sent_jobs

QUEUE = "training:training"


@pytest.fixture
def run(start_run) -> TrainingRun:
    return start_run()


@pytest.fixture
def sweep_all(django_capture_on_commit_callbacks):
    def sweep() -> None:
        with django_capture_on_commit_callbacks(execute=True):
            jobs.find_lost_jobs()

    return sweep


@pytest.fixture
def sweep(sweep_all, run):
    def sweep() -> str:
        sweep_all()
        run.refresh_from_db()
        return run.state

    return sweep


@pytest.fixture
def progress(say, run):
    def progress(**fields) -> None:
        say(JobProgress(**{"job_id": run.pk, "attempt": run.attempt, "stage": "training", **fields}))
        run.refresh_from_db()

    return progress


def lease(run) -> str | None:
    return get_redis().get(f"{LEASE_KEY_PREFIX}{run.pk}")


def lines(run) -> list[str]:
    return list(JobLine.objects.filter(job_id=run.pk).values_list("text", flat=True))


def grow_silent(run, seconds=31) -> None:
    then = timezone.now() - timedelta(seconds=seconds)
    TrainingRun.objects.filter(pk=run.pk).update(sent_at=then)
    TrainingRun.objects.filter(pk=run.pk, heartbeat_at__isnull=False).update(heartbeat_at=then)


def test_a_job_is_sent_with_its_lease(run):
    [request] = sent_jobs()
    assert (request.job_id, request.attempt, request.snapshot) == (run.pk, 1, run.snapshot.sha256)
    assert lease(run) == "1"
    assert run.state == JobState.QUEUED


def test_progress_is_the_heartbeat(run, progress):
    progress(
        done=3, total=9, lines=("Cut 3 slides.",), curve=({"step": 1, "loss": 0.5}, {"step": 2, "loss": float("nan")})
    )
    assert (run.state, run.stage, run.done, run.total) == (JobState.RUNNING, "training", 3, 9)
    assert run.heartbeat_at is not None
    assert run.curve == [{"step": 1, "loss": 0.5}, {"step": 2, "loss": None}]
    assert lines(run) == ["Cut 3 slides."]


def test_steps_that_a_later_attempt_does_again_are_told_once(run, progress):
    progress(curve=({"step": 1, "loss": 5.0}, {"step": 2, "loss": 4.0}, {"step": 3, "loss": 3.0}))
    progress(curve=({"step": 2, "loss": 4.5}, {"step": 3, "loss": 3.5}))
    assert [row["loss"] for row in run.curve] == [5.0, 4.5, 3.5]


def test_another_attempts_replies_are_ignored(run, say, progress):
    progress()
    grow_silent(run)
    jobs.find_lost_jobs()
    jobs.find_lost_jobs()
    run.refresh_from_db()
    assert run.attempt == 2
    say(JobProgress(job_id=run.pk, attempt=1, stage="training", done=99))
    say(JobFailed(job_id=run.pk, attempt=1, code="x", message="The old worker failed."))
    run.refresh_from_db()
    assert (run.state, run.failure) == (JobState.QUEUED, "")
    progress(done=5)
    assert (run.state, run.done) == (JobState.RUNNING, 5)


def test_an_ended_jobs_worker_loses_the_lease_when_it_speaks(run, say):
    jobs.cancel(job=run, by=run.by)
    get_redis().set(f"{LEASE_KEY_PREFIX}{run.pk}", 1)  # as when Redis was away while it was cancelled
    say(JobProgress(job_id=run.pk, attempt=1, stage="training"))
    assert lease(run) is None
    run.refresh_from_db()
    assert run.state == JobState.CANCELLED


def test_a_silent_job_is_lost_then_sent_again(run, progress, sweep):
    progress()
    assert sweep() == JobState.RUNNING
    grow_silent(run)
    assert sweep() == JobState.LOST
    get_redis().delete(QUEUE)
    assert sweep() == JobState.QUEUED
    assert (run.attempt, lease(run)) == (2, "2")
    assert [request.attempt for request in sent_jobs()] == [2]
    assert lines(run) == [
        "The training worker gave no sign of life for 30 s.", "Sent to the training workers again, attempt 2.",
    ]  # fmt: skip


def test_a_job_that_was_only_silent_goes_on(run, progress, sweep):
    progress()
    grow_silent(run)
    assert sweep() == JobState.LOST
    progress()
    assert sweep() == JobState.RUNNING
    assert (run.attempt, run.losses) == (1, 0)


def test_a_job_is_given_up_after_five_losses(run, progress, sweep):
    for _ in range(5):
        progress()
        grow_silent(run)
        sweep()
        sweep()
    assert run.state == JobState.FAILED
    assert "training workers went away" in run.failure
    assert lease(run) is None


def test_a_queued_job_that_nobody_has_is_sent_again(run, sweep, trainer):
    get_redis().delete(QUEUE)
    assert sweep() == JobState.QUEUED, "it was sent just now"
    grow_silent(run)
    assert sweep() == JobState.LOST
    assert sweep() == JobState.QUEUED
    assert len(sent_jobs()) == 1


def test_a_queued_job_waits_while_it_lies_in_the_queue_or_all_workers_are_busy_or_away(run, sweep, trainer):
    grow_silent(run)
    assert sweep() == JobState.QUEUED, "it lies in the queue"
    get_redis().delete(QUEUE)
    trainer(run)
    assert sweep() == JobState.QUEUED, "a worker has it"
    get_redis().flushdb()
    assert sweep() == JobState.QUEUED, "no worker lives"


def test_a_job_whose_worker_was_stopped_is_sent_again_and_that_is_no_loss(run, progress, say, sweep):
    for _ in range(7):
        progress()
        say(JobStopped(job_id=run.pk, attempt=run.attempt))
        assert sweep() == JobState.QUEUED
    assert (run.attempt, run.losses) == (8, 0)


def test_a_failure_ends_the_job_in_words(run, say):
    say(JobFailed(job_id=run.pk, attempt=1, code="slide", message="The slide a.svs is gone."))
    run.refresh_from_db()
    assert (run.state, run.failure) == (JobState.FAILED, "The slide a.svs is gone.")
    assert run.ended_at is not None
    assert lease(run) is None


def test_cancelling_takes_the_lease_away(run, people, progress, sweep, django_capture_on_commit_callbacks):
    progress()
    with django_capture_on_commit_callbacks(execute=True):
        jobs.cancel(job=run, by=people.admin)
    assert lease(run) is None
    grow_silent(run)
    assert sweep() == JobState.CANCELLED
    assert lines(run) == ["Cancelled by admin."]
    with pytest.raises(InvalidInput, match="has ended already: it is cancelled"):
        jobs.cancel(job=run, by=people.admin)


def test_a_job_that_could_not_be_sent_is_stored_and_sent_later(start_run, settings, trainer, sweep_all):
    outbox._sender.cache_clear()
    address, settings.CELERY_BROKER_URL = settings.CELERY_BROKER_URL, "redis+socket:///nowhere/redis.sock"
    run = start_run()
    assert sent_jobs() == []
    outbox._sender.cache_clear()
    settings.CELERY_BROKER_URL = address
    grow_silent(run)
    sweep_all()
    sweep_all()
    assert [request.attempt for request in sent_jobs()] == [2]


def test_the_patches_hash_goes_along_once_it_is_known(run, sweep, progress):
    assert sent_jobs()[0].patches_sha256 == ""
    run.snapshot.patches_sha256 = "d" * 64
    run.snapshot.save()
    get_redis().delete(QUEUE)
    progress()
    grow_silent(run)
    sweep()
    sweep()
    assert sent_jobs()[0].patches_sha256 == "d" * 64
