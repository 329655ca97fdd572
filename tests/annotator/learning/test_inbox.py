"""Replies that no sound worker sends: each ends what it answers, in words, and nothing is asked again for ever."""

import pytest

from annotator.annotations.models import Annotation
from annotator.annotations.views import ObjectState
from annotator.learning import inbox
from annotator.learning.models import JobState, SegmentationRequest
from inference.protocol import Failed
from tests.annotator.factories import target
from tests.annotator.learning.test_services import reply_to

TIMES = {"queue_ms": 1, "read_ms": 2, "network_ms": 3, "post_ms": 4, "sent_at": 1}
RING = [[0, 0], [9, 0], [9, 9]]


@pytest.mark.parametrize(
    "fault",
    [
        {"score": 7}, {"score": float("nan")}, {"turn": 2**31}, {"turn": 0}, {"object_id": "x"},
        {"polygons": [{"exterior": [[float("nan"), 0], *RING]}]}, {"polygons": [{"exterior": [[1e300, 0], *RING]}]},
        {"polygons": [{"exterior": RING}] * (2**16 + 1)},
    ],
)  # fmt: skip
def test_an_answer_beyond_all_bounds_fails_its_objects(ask, fault):
    ask(target())
    reply = reply_to(SegmentationRequest.objects.get())
    reply["objects"][0].update(fault)
    inbox.receive(reply)
    annotation = Annotation.objects.get()
    assert annotation.state == ObjectState.FAILED
    assert "cannot be read" in annotation.failure
    assert SegmentationRequest.objects.get().answered_at is not None


@pytest.mark.parametrize("times", [{"queue_ms": 1e300}, {"sent_at": float("inf")}, {"read_ms": -1}, {"post_ms": "x"}])
def test_so_do_times_that_are_none(ask, times):
    ask(target())
    inbox.receive(reply_to(SegmentationRequest.objects.get(), timings=TIMES | times))
    assert Annotation.objects.get().state == ObjectState.FAILED


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "job.sampled", "regions": [{"slide_id": 2**70, "x": 0, "y": 0, "width": 1, "height": 1}]},
        {"kind": "job.trained", "name": "x" * 500, "sha256": "0" * 64, "manifest": {}, "patches_sha256": "", "measurement": {}},
        {"kind": "job.failed", "code": "x"}, {"kind": "job.unknown"},
    ],
)  # fmt: skip
def test_the_end_of_a_job_that_cannot_be_read_is_its_failure(start_run, fields):
    run = start_run()
    inbox.receive({"job_id": str(run.pk), "attempt": run.attempt, **fields})
    run.refresh_from_db()
    assert run.state == JobState.FAILED
    assert "cannot be read" in run.failure


def test_news_of_a_job_that_cannot_be_read_are_passed_over(start_run):
    run = start_run()
    news = {"kind": "job.progress", "job_id": str(run.pk), "attempt": run.attempt, "stage": "training", "done": 2**31}
    inbox.receive(news)
    run.refresh_from_db()
    assert run.state == JobState.QUEUED


@pytest.mark.parametrize(
    "message", [{}, {"kind": "segmented"}, {"request_id": 5}, {"job_id": None, "kind": "job.trained"}]
)
def test_what_does_not_say_what_it_answers_is_passed_over(db, message):
    inbox.receive(message)


def test_words_are_made_printable_instead_of_refused():
    told = Failed(
        request_id="00000000-0000-4000-8000-000000000001", code="slide", message="caf\udce9\0.tif" + "x" * 9_000
    )
    assert told.message.startswith("caf?�.tif")
    assert len(told.message) == 4_000
