"""Asking models: what is stored, what is sent, what is sent again, and when it is given up."""

import json
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from annotator.annotations import services as annotations
from annotator.annotations.models import Annotation
from annotator.annotations.views import ObjectState
from annotator.core.errors import InvalidInput, NotFound, Unavailable
from annotator.core.redis import get_redis
from annotator.learning import inbox, outbox, services
from annotator.learning.models import ModelVersion, SegmentationRequest
from inference.protocol import HEARTBEAT_KEY_PREFIX, Click, SegmentRequest, WorkerHeartbeat
from tests.annotator.factories import TIMES, accept_ref, answer, square, target

QUEUE = "interactive:interactive"


@pytest.fixture
def ask(people, slide, model, django_capture_on_commit_callbacks):
    def ask(*targets, **fields):
        with django_capture_on_commit_callbacks(execute=True):
            return services.request_segmentation(
                **{
                    "user": people.annotator, "slide": slide, "command_id": uuid4(),
                    "label_id": slide.project.labels.first().pk, "model_id": None, "targets": targets,
                    "received_at": time.time(), **fields,
                }
            )  # fmt: skip

    return ask


def sent() -> list[SegmentRequest]:
    """What lies on the interactive queue, oldest first."""
    import base64

    messages = [json.loads(raw) for raw in reversed(get_redis().lrange(QUEUE, 0, -1))]
    return [SegmentRequest.model_validate(json.loads(base64.b64decode(m["body"]))[0][0]) for m in messages]


def beat(request_id=None):
    heartbeat = WorkerHeartbeat(worker_id="w", pid=1, device="CPU", request_id=request_id)
    get_redis().set(f"{HEARTBEAT_KEY_PREFIX}w", heartbeat.model_dump_json())


def grow_old():
    SegmentationRequest.objects.update(sent_at=timezone.now() - timedelta(seconds=10))


def test_a_request_is_stored_and_sent_complete(ask, slide, model):
    first, second = target(at=(100, 100)), target(at=(140, 100))
    ask(first, second)
    [request] = sent()
    row = SegmentationRequest.objects.get()
    assert request.request_id == row.pk
    assert (request.checkpoint, request.method, request.slide.path) == (model.name, "disk", slide.path)
    assert [t.object_id for t in request.targets] == [first.object_id, second.object_id]


def test_neighbours_are_sent_for_exclusion(ask, people, slide, model):
    label = slide.project.labels.first()
    for x in (130.0, 5000.0):
        [asked] = annotations.ask(
            user=people.annotator, slide=slide, label=label, model_id=model.pk, targets=[target(at=(x, 100))]
        )
        reply = answer(asked.pk, polygon=square(x - 10, 90))
        [proposal] = annotations.record_segmentation(slide=slide, model_id=model.pk, objects=[reply], times=TIMES)
        annotations.accept(user=people.annotator, slide=slide, refs=[accept_ref(proposal)], how="key", elapsed_ms=None)
    ask(target(at=(100, 100)))
    assert [(point.x, point.y) for point in sent()[0].others] == [(130, 100)]


@pytest.mark.parametrize("at", [(-1, 50), (50, -0.5), (10_000, 50), (50, 8_000)])
def test_a_click_outside_the_slide_is_refused_in_words(ask, at):
    with pytest.raises(InvalidInput, match="outside the slide"):
        ask(target(at=at))
    assert not Annotation.objects.exists()


def test_only_negative_clicks_are_refused_in_words(ask):
    with pytest.raises(InvalidInput, match="inside the object"):
        ask(target(clicks=(Click(x=5, y=5, positive=False),)))


def test_a_label_or_model_that_does_not_fit_is_refused(ask, slide):
    with pytest.raises(InvalidInput, match="label"):
        ask(target(), label_id=10**9)
    with pytest.raises(Unavailable, match="No model is active"):
        ask(target(), label_id=slide.project.labels.get(object_type="gland").pk)
    with pytest.raises(NotFound, match="no such model"):
        ask(target(), model_id=10**9)


def test_a_lost_request_is_sent_again_three_times_then_given_up(ask):
    ask(target())
    for attempt in (2, 3):
        get_redis().delete(QUEUE)
        grow_old()
        beat()
        assert services.resend_lost_requests() == 1
        assert SegmentationRequest.objects.get().attempts == attempt
        assert len(sent()) == 1
    get_redis().delete(QUEUE)
    grow_old()
    assert services.resend_lost_requests() == 0
    stored = Annotation.objects.get()
    assert stored.state == ObjectState.FAILED
    assert "three times" in stored.failure


def test_nothing_is_sent_again_while_it_waits_or_runs(ask):
    ask(target())
    grow_old()
    beat()
    assert services.resend_lost_requests() == 0, "it still lies on the queue"
    get_redis().delete(QUEUE)
    beat(request_id=SegmentationRequest.objects.get().pk)
    assert services.resend_lost_requests() == 0, "a worker has it in hand"
    get_redis().delete(f"{HEARTBEAT_KEY_PREFIX}w")
    assert services.resend_lost_requests() == 0, "no worker lives: its absence is waited out"
    assert SegmentationRequest.objects.get().attempts == 1


def test_a_request_that_could_not_be_sent_is_stored_all_the_same(ask, monkeypatch, settings):
    outbox._sender.cache_clear()
    settings.CELERY_BROKER_URL = "redis+socket:///nowhere/redis.sock"
    ask(target())
    assert SegmentationRequest.objects.get().answered_at is None
    outbox._sender.cache_clear()


def reply_to(row, **fields):
    request = SegmentRequest.model_validate(row.request)
    objects = [answer(t.object_id, turn=t.turn).model_dump(mode="json") for t in request.targets]
    timings = {"queue_ms": 1, "read_ms": 2, "network_ms": 3, "post_ms": 4, "sent_at": time.time()}
    return {
        "kind": "segmented", "request_id": str(row.pk), "checkpoint": request.checkpoint, "objects": objects,
        "timings": timings, **fields,
    }  # fmt: skip


def test_a_reply_is_stored_once(ask):
    ask(target())
    row = SegmentationRequest.objects.get()
    inbox.receive(reply_to(row))
    inbox.receive(reply_to(row))
    annotation = Annotation.objects.get()
    assert annotation.state == ObjectState.PROPOSED
    assert [revision.action for revision in annotation.revisions.all()] == ["asked", "answered"]


def test_a_failed_reply_is_said_on_every_object(ask):
    ask(target(), target())
    row = SegmentationRequest.objects.get()
    inbox.receive({"kind": "failed", "request_id": str(row.pk), "code": "slide", "message": "The slide is gone."})
    assert {a.failure for a in Annotation.objects.all()} == {"The slide is gone."}


def test_register_models_reads_the_manifests(db, tmp_path):
    manifest = {
        "name": "nuclick-a", "method": "nuclick", "object_type": "nucleus", "stain": "H&E", "mpp": 0.25, "patch_px": 128,
        "sha256": "a" * 64, "licence": "CC0", "metrics": {"aji": 0.7},
    }  # fmt: skip
    (tmp_path / "a.json").write_text(json.dumps(manifest))
    (tmp_path / "b.json").write_text(json.dumps({**manifest, "name": "nuclick-b"}))
    services.register_models(tmp_path)
    services.register_models(tmp_path)
    assert list(ModelVersion.objects.order_by("name").values_list("name", "active")) == [
        ("nuclick-a", True), ("nuclick-b", False),
    ]  # fmt: skip
    (tmp_path / "c.json").write_text('{"name": "c"}')
    with pytest.raises(InvalidInput, match=r"c\.json lacks the field"):
        services.register_models(tmp_path)
