"""Asking models: what is stored, what is sent, what is sent again, and when it is given up."""

import json
import time
from datetime import timedelta

import pytest
import shapely
from django.utils import timezone

from annotator.annotations import services as annotations
from annotator.annotations.models import Annotation
from annotator.annotations.views import ObjectState
from annotator.core.errors import InvalidInput, NotFound
from annotator.core.redis import get_redis
from annotator.learning import inbox, outbox, services
from annotator.learning.models import ModelVersion, SegmentationRequest
from inference.protocol import MODEL_WORKERS_KEY, Click, SegmentRequest, Squiggle, heartbeat_key
from tests import heartbeats
from tests.annotator.factories import TIMES, accept_ref, answer, next_target, square, target

QUEUE = "interactive:interactive"


@pytest.fixture
def put(people, slide, model):
    """An accepted object of a 20 px square around (x, y), made by these prompts."""

    def put(x, y, *, label=None, prompts=None):
        label = label or slide.project.labels.first()
        targets = [target(at=(x, y), prompts=prompts)]
        [asked] = annotations.ask(user=people.annotator, slide=slide, label=label, model_id=model.pk, targets=targets)
        reply = answer(asked.pk, polygon=square(x - 10, y - 10))
        [proposal] = annotations.record_segmentation(slide=slide, model_id=model.pk, objects=[reply], times=TIMES)
        refs = [accept_ref(proposal)]
        [accepted] = annotations.accept(user=people.annotator, slide=slide, refs=refs, how="key", elapsed_ms=None)
        return accepted

    return put


def sent() -> list[SegmentRequest]:
    """What lies on the interactive queue, oldest first."""
    import base64

    messages = [json.loads(raw) for raw in reversed(get_redis().lrange(QUEUE, 0, -1))]
    return [SegmentRequest.model_validate(json.loads(base64.b64decode(m["body"]))[0][0]) for m in messages]


def beat(request_id=None):
    heartbeats.beat(get_redis(), MODEL_WORKERS_KEY, request_id=request_id)


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


def test_neighbours_are_sent_for_exclusion(ask, put):
    for x in (130.0, 5000.0):
        put(x, 100)
    ask(target(at=(100, 100)))
    assert [(point.x, point.y) for point in sent()[0].others] == [(130, 100)]


def test_what_is_clicked_once_more_is_no_neighbour(ask, put):
    """Told to leave it out, the network would answer with a sliver of it, which covers nothing and is stored beside it."""
    put(100, 100)
    ask(target(at=(106, 104)))
    ask(target(at=(112, 100)))
    assert [len(request.others) for request in sent()] == [0, 2], "beside it: two others"


def test_of_a_mask_over_two_nuclei_the_second_can_be_asked_for(ask, put):
    both = put(100, 100)
    mask = shapely.box(85, 85, 155, 115)
    Annotation.objects.filter(pk=both.pk).update(geometry=shapely.to_wkb(mask), area_px=mask.area)
    ask(target(at=(140, 100)))
    assert [(point.x, point.y) for point in sent()[0].others] == [(100, 100)]


@pytest.mark.parametrize(("x", "told"), [(103, 0), (106, 1)])
def test_two_clicks_without_an_answer_are_one_nucleus_within_two_micrometres(ask, x, told):
    ask(target(at=(100, 100)))
    ask(target(at=(x, 100)))
    assert len(sent()[1].others) == told


def test_a_neighbour_is_told_by_its_first_positive_prompt_or_its_middle(ask, put):
    line = Squiggle(points=((125, 90), (131, 101), (139, 110)))
    put(130, 100, prompts=(Click(x=139, y=91, positive=False), line))
    drawn = put(100, 130)
    Annotation.objects.filter(pk=drawn.pk).update(prompts=[])
    corrected = put(100, 70)
    Annotation.objects.filter(pk=corrected.pk).update(prompts=[Click(x=1, y=1, positive=False).model_dump()])
    ask(target(at=(100, 100)))
    assert {(point.x, point.y) for point in sent()[0].others} == {(131, 101), (100, 130), (100, 70)}


def test_only_objects_of_the_same_type_are_neighbours(ask, put, slide, model):
    """The nuclei inside a gland are part of it."""
    gland = slide.project.labels.get(object_type="gland")
    put(130, 100)
    put(170, 100, label=gland)
    ModelVersion.objects.create(
        name="gland", method="disk", object_type="gland", mpp=0.5, patch_px=512, sha256="0" * 64, licence="CC0",
        active=True,
    )  # fmt: skip
    ask(target(prompts=(Squiggle(points=((80, 100), (120, 100))),)), label_id=gland.pk)
    assert [(point.x, point.y) for point in sent()[0].others] == [(170, 100)]


@pytest.mark.parametrize(("x", "told"), [(1500, True), (1600, False)])
def test_neighbours_are_looked_for_as_far_as_a_long_line_widens_the_patch(ask, put, x, told):
    put(x, 500)  # the patch has 64 slide px; the line adds half its length of 1,000 px
    ask(target(prompts=(Squiggle(points=((0, 500), (1000, 500))),)))
    assert bool(sent()[0].others) == told


def test_neighbours_are_looked_for_around_the_mask_that_is_corrected(ask, put):
    corrected, _ = put(100, 100), put(155, 100)
    Annotation.objects.filter(pk=corrected.pk).update(
        geometry=shapely.to_wkb(shapely.MultiPolygon([shapely.box(90, 90, 150, 110)]))
    )
    corrected.refresh_from_db()
    ask(next_target(corrected, prompts=(Click(x=92, y=92, positive=False),), start="mask"))
    assert [(point.x, point.y) for point in sent()[0].others] == [(155, 100)]


def test_a_correction_is_sent_with_the_mask_it_begins_with(ask, put):
    accepted = put(100, 100)
    prompts = (Click(x=95, y=95, positive=False), Squiggle(points=((100, 105), (104, 105))))
    ask(next_target(accepted, prompts=prompts, start="mask"))
    [request] = sent()
    assert request.targets[0].start == (square(),)
    assert request.targets[0].prompts == prompts
    assert SegmentRequest.model_validate(SegmentationRequest.objects.get().request).targets == request.targets


@pytest.mark.parametrize("points", [((5.0, 5.0),), tuple((float(n % 3), float(n)) for n in range(2000))])
def test_a_squiggle_may_have_one_point_or_many(ask, points):
    ask(target(prompts=(Squiggle(points=points),)))
    assert sent()[0].targets[0].prompts[0].points == points


@pytest.mark.parametrize("points", [((50, 50), (50, -1)), ((9_999, 5), (10_000, 5)), ((50, 8_000),)])
def test_a_squiggle_that_leaves_the_slide_is_refused_in_words(ask, points):
    with pytest.raises(InvalidInput, match="leaves the slide at"):
        ask(target(prompts=(Click(x=50, y=50), Squiggle(points=points))))
    assert not Annotation.objects.exists()


def test_a_click_in_the_last_pixel_is_taken(ask):
    ask(target(at=(9_999.99, 7_999.99)))
    assert len(sent()) == 1


@pytest.mark.parametrize("at", [(-1, 50), (50, -0.5), (10_000, 50), (50, 8_000)])
def test_a_click_outside_the_slide_is_refused_in_words(ask, at):
    with pytest.raises(InvalidInput, match="outside the slide"):
        ask(target(at=at))
    assert not Annotation.objects.exists()


def test_only_negative_clicks_are_refused_in_words(ask):
    with pytest.raises(InvalidInput, match="inside the object"):
        ask(target(prompts=(Click(x=5, y=5, positive=False),)))


def test_a_label_or_model_that_does_not_fit_is_refused(ask, slide):
    with pytest.raises(InvalidInput, match="label"):
        ask(target(), label_id=10**9)
    with pytest.raises(NotFound, match="No model for glands is installed"):
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
    get_redis().delete(heartbeat_key(MODEL_WORKERS_KEY, "w"))
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
