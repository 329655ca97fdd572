import json
import struct

import pytest
from django.db import transaction

from annotator.annotations import services
from annotator.annotations.selectors import get_packed_objects
from tests.annotator.factories import TIMES, accept_ref, answer, make_slide, square, target


def put(slide, user, model, *, x, y, accept=True, side=20):
    label = slide.project.labels.first()
    [asked] = services.ask(user=user, slide=slide, label=label, model_id=model.pk, targets=[target(at=(x, y))])
    reply = answer(asked.pk, polygon=square(x - side / 2, y - side / 2, side))
    [proposal] = services.record_segmentation(slide=slide, model_id=model.pk, objects=[reply], times=TIMES)
    if accept:
        services.accept(user=user, slide=slide, refs=[accept_ref(proposal)], how="key", elapsed_ms=None)
    return proposal


def header_of(slide, box, limit=100):
    packed = get_packed_objects(slide=slide, box=box, limit=limit)
    (size,) = struct.unpack_from("<I", packed)
    return json.loads(packed[4 : 4 + size])


def test_a_viewport_holds_its_own_slide_only(people, slide, model):
    inside = put(slide, people.annotator, model, x=100, y=100)
    put(slide, people.annotator, model, x=5000, y=100)
    put(make_slide(slide.project, number=2), people.annotator, model, x=100, y=100)
    header = header_of(slide, (0, 0, 200, 200))
    assert header["settled"]["ids"] == [str(inside.pk)]
    assert header["settled"]["changed"] == [int(inside.changed_at.timestamp())]
    assert (header["total"], header["shown"], header["seq"]) == (1, 1, 0)
    assert list(header["counts"].values()) == [2]


def test_a_crowded_viewport_shows_the_largest_and_says_so(people, slide, model):
    put(slide, people.annotator, model, x=100, y=100, side=10)
    large = put(slide, people.annotator, model, x=150, y=150, side=40)
    put(slide, people.annotator, model, x=200, y=200, side=20)
    header = header_of(slide, (0, 0, 300, 300), limit=1)
    assert header["settled"]["ids"] == [str(large.pk)]
    assert (header["total"], header["shown"]) == (3, 1)


def test_live_objects_come_whole(people, slide, model):
    proposal = put(slide, people.annotator, model, x=100, y=100, accept=False)
    header = header_of(slide, (9000, 0, 9100, 100))
    assert header["live"][0]["object_id"] == str(proposal.pk)
    assert header["live"][0]["prompts"][0]["x"] == 100


@pytest.mark.django_db(transaction=True)
def test_a_snapshot_outside_a_transaction_reads_one_moment(people, slide, model):
    with transaction.atomic():
        put(slide, people.annotator, model, x=100, y=100)
    assert header_of(slide, (0, 0, 200, 200))["total"] == 1
