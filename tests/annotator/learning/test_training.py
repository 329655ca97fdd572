"""A training from the question to the verdict: what is frozen and sent, what is refused, and what takes over."""

import re
import time
from uuid import uuid4

import pytest

from annotator.annotations.models import Annotation, Revision
from annotator.core.redis import get_redis
from annotator.learning import inbox, services
from annotator.learning.kinds import Kind
from annotator.learning.models import (
    Activation,
    JobLine,
    JobState,
    LearningSettings,
    ModelVersion,
    SegmentationRequest,
    Trigger,
    Verdict,
)
from annotator.learning.promotion import activate
from annotator.learning.selectors import choose_model
from annotator.learning.training import NotReady, request_training
from inference.protocol import Sampled, SegmentRequest
from tests.annotator.factories import answer, target
from tests.annotator.learning.conftest import MEASURED, NUCLEI, draw, sent_jobs


def answering(project):
    return choose_model(project=project, object_type="nucleus", stain="H&E").model


# --- asking -------------------------------------------------------------------------------------------------------


def test_a_training_is_sent_with_all_that_it_needs(train, project, model, people):
    run = train()
    [request] = sent_jobs()
    assert (request.method, request.object_type, request.stain) == ("disk", "nucleus", "H&E")
    assert (request.base, request.rival, request.samples) == (model.name, model.name, 8_000)
    assert request.name == f"disk-nucleus-p{project.pk}-{run.pk.hex[:12]}"
    assert request.snapshot == run.snapshot.sha256
    assert (run.by, run.trigger, run.base, run.rival) == (people.admin, Trigger.HAND, model, model)


def test_a_training_may_begin_with_random_weights(train, model):
    run = train(start="scratch")
    assert (run.base, run.rival) == (None, model)
    assert sent_jobs()[0].base is None


def test_what_is_missing_is_said_before_anything_is_frozen(project, people, model):
    with pytest.raises(NotReady, match=r"No training worker is running.*No nuclei are accepted yet"):
        request_training(project=project, kind=NUCLEI, start="active", trigger=Trigger.HAND, by=people.admin)
    assert not project.snapshots.exists()
    assert sent_jobs() == []


def test_without_any_model_for_the_type_nothing_is_trained(project, people, work, trainer):
    kind = Kind("gland", "H&E")
    with pytest.raises(NotReady):
        request_training(project=project, kind=kind, start="scratch", trigger=Trigger.HAND, by=people.admin)


def test_one_training_of_a_kind_at_a_time(train, monkeypatch):
    train()
    with pytest.raises(NotReady, match="is under way"):
        train()
    monkeypatch.setattr("annotator.learning.training.check_ready", lambda **_: [])  # as when both asked at once
    with pytest.raises(NotReady, match="under way already"):
        train()
    assert len(sent_jobs()) == 1


def test_only_a_person_trains_twice_on_the_same_work(train, finish):
    finish(train())
    with pytest.raises(NotReady, match="since the last training"):
        train(trigger=Trigger.SCHEDULE, by=None)
    assert train().snapshot.runs.count() == 2


# --- the answer ---------------------------------------------------------------------------------------------------


def test_better_weights_take_over(start_run, finish, project, model):
    run = start_run()
    finish(run)
    assert (run.state, run.verdict, run.measurement) == (JobState.DONE, Verdict.PROMOTED, MEASURED)
    version = run.version
    assert (version.project, version.parent, version.stain, version.licence) == (project, model, "H&E", "project data")
    assert answering(project) == version
    row = Activation.objects.get()
    assert (row.version, row.before, row.by, row.reason) == (version, model, None, Activation.Reason.MEASURED)
    assert row.note == run.reason
    assert JobLine.objects.filter(job_id=run.pk).last().text == run.reason
    assert run.snapshot.patches_sha256 == "c" * 64


@pytest.mark.parametrize(
    ("difference", "promotes", "verdict"),
    [
        ({"mean": -0.2, "low90": -0.3}, True, Verdict.REFUSED),
        ({}, False, Verdict.ADMIN),
        ({"mean": float("nan")}, True, ""),
    ],
)
def test_other_weights_are_kept_and_do_not_answer(start_run, finish, project, model, difference, promotes, verdict):
    LearningSettings.objects.create(project=project, object_type="nucleus", stain="H&E", promotes=promotes)
    run = start_run()
    finish(run, measurement={**MEASURED, "difference": {**MEASURED["difference"], **difference}})
    assert run.verdict == verdict
    assert answering(project) == model
    assert not Activation.objects.exists()
    assert ModelVersion.objects.filter(run=run).exists() == bool(verdict)


def test_a_candidate_that_was_not_measured_against_what_answers_now_waits_for_an_admin(
    start_run, finish, project, people, install
):
    run = start_run()
    newer = install("newer", active=False, project=project)
    activate(project=project, kind=NUCLEI, version=newer, reason=Activation.Reason.PROMOTED, by=people.admin)
    finish(run)
    assert (run.verdict, answering(project)) == (Verdict.ADMIN, newer)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"write": False}, "cannot be read on the server"),
        ({"sha256": "e" * 64}, "says sha256"),
        ({"name": "../../etc/passwd"}, "was asked for"),
        ({"manifest": {}}, "lacks the field"),
        ({"measurement": {"n_slides": "many"}}, "measurement of .* cannot be read: n_slides"),
    ],
)
def test_an_answer_that_cannot_be_used_fails_the_run_in_words(start_run, finish, project, model, changes, words):
    run = start_run()
    finish(run, **changes)
    assert run.state == JobState.FAILED
    assert re.search(words, run.failure), run.failure
    assert answering(project) == model
    assert not ModelVersion.objects.filter(run=run).exists()


def test_patches_that_differ_from_those_cut_first_are_refused(start_run, finish):
    run = start_run()
    run.snapshot.patches_sha256 = "d" * 64
    run.snapshot.save()
    finish(run)
    assert run.state == JobState.FAILED
    assert "patches" in run.failure


def test_an_answer_to_another_question_fails_the_run(start_run, say):
    run = start_run()
    say(Sampled(job_id=run.pk, attempt=1, regions=()))
    run.refresh_from_db()
    assert (run.state, run.failure) == (
        JobState.FAILED, "The worker answered with Sampled, which this run did not ask for.",
    )  # fmt: skip


def test_an_answer_is_stored_once(start_run, finish):
    run = start_run()
    finish(run)
    finish(run)
    assert ModelVersion.objects.filter(run=run).count() == Activation.objects.count() == 1


# --- in the middle of clicking ------------------------------------------------------------------------------------


def test_clicks_under_way_end_on_the_old_version_and_the_next_goes_to_the_new(
    start_run, finish, project, people, slide, model, django_capture_on_commit_callbacks
):
    def click(x):
        object_id = uuid4()
        with django_capture_on_commit_callbacks(execute=True):
            services.request_segmentation(
                user=people.annotator, slide=slide, command_id=uuid4(), label_id=project.labels.first().pk,
                model_id=None, targets=[target(object_id=object_id, at=(x, 100))], received_at=time.time(),
            )  # fmt: skip
        return SegmentationRequest.objects.get(request__targets__0__object_id=str(object_id))

    def reply(row):
        request = SegmentRequest.model_validate(row.request)
        objects = [answer(t.object_id, turn=t.turn).model_dump(mode="json") for t in request.targets]
        timings = {"queue_ms": 1, "read_ms": 1, "network_ms": 1, "post_ms": 1, "sent_at": time.time()}
        inbox.receive(
            {
                "kind": "segmented", "request_id": str(row.pk), "checkpoint": request.checkpoint, "objects": objects,
                "timings": timings,
            }
        )  # fmt: skip
        return Annotation.objects.get(pk=request.targets[0].object_id)

    run = start_run()
    under_way = click(100)
    finish(run)
    after = click(200)
    assert under_way.request["checkpoint"] == model.name
    assert after.request["checkpoint"] == run.version.name
    masks = {row: reply(row) for row in (after, under_way)}
    assert masks[under_way].model_version == model
    assert masks[after].model_version == run.version
    answered = Revision.objects.filter(action="answered").order_by("pk").values_list("model_version__sha256", flat=True)
    assert list(answered) == [run.version.sha256, model.sha256]


def test_more_work_makes_another_snapshot(train, finish, work):
    first = train()
    finish(first)
    draw(work[0], 5, y=300)
    get_redis().delete("training:training")
    second = train(trigger=Trigger.SCHEDULE, by=None)
    assert second.snapshot != first.snapshot
    assert (second.base, second.rival) == (first.version, first.version)
