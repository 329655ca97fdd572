"""One request in, one reply out: outlines in level-0 pixels, each failure in words, exclusion within a batch."""

import shutil
import time
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from inference.answers import answer, open_segmenter, other_points, prepare_all
from inference.protocol import Failed, Segmented, SegmentRequest
from tests.inference.conftest import BLOB, BLOB_RADIUS_PX, SLIDE_PX, target

NUCLICK = {"method": "nuclick", "checkpoint": "nuclick-nucleus-he"}


def ask(message: dict[str, Any]) -> Segmented:
    reply = answer(message, threads=1)
    assert isinstance(reply, Segmented), reply
    return reply


def refused(message: dict[str, Any]) -> Failed:
    reply = answer(message, threads=1)
    assert isinstance(reply, Failed), reply
    return reply


def outline(reply: Segmented, index: int = 0) -> shapely.Polygon:
    polygon = reply.objects[index].polygons[0]
    return shapely.Polygon(polygon.exterior, polygon.holes)


def test_answer_when_nucleus_is_clicked_outlines_it_on_the_slide(request_message: dict[str, Any]) -> None:
    reply = ask({**request_message, **NUCLICK})
    truth = shapely.Point(BLOB).buffer(BLOB_RADIUS_PX)
    found = outline(reply)
    assert found.intersection(truth).area / found.union(truth).area > 0.6
    assert str(reply.request_id) == request_message["request_id"]
    assert reply.objects[0].turn == 1
    assert 0.5 < (reply.objects[0].score or 0) <= 1


@pytest.mark.parametrize("mpp", [0.125, 0.25, 0.5])
def test_answer_when_slide_has_another_resolution_keeps_the_size_in_um(
    request_message: dict[str, Any], mpp: float
) -> None:
    slide = {**request_message["slide"], "mpp": mpp}
    found = outline(ask({**request_message, "slide": slide}))
    assert found.area * mpp**2 == pytest.approx(np.pi * 4.0**2, rel=0.03)
    assert (found.centroid.x, found.centroid.y) == pytest.approx(BLOB, abs=0.7 / mpp * 0.25)


def test_answer_when_click_is_in_a_corner_stays_on_the_slide(request_message: dict[str, Any]) -> None:
    corner = SLIDE_PX - 1.0
    found = outline(ask({**request_message, "targets": [target(corner, corner)]}))
    assert found.bounds[2] <= SLIDE_PX
    assert found.bounds[3] <= SLIDE_PX
    assert found.bounds[2] == pytest.approx(SLIDE_PX, abs=0.6)


def test_answer_when_one_target_fails_serves_the_others(request_message: dict[str, Any]) -> None:
    outside = target(SLIDE_PX + 5.0, 10)
    never_inside = target(50, 50)
    never_inside["prompts"][0]["positive"] = False
    reply = ask({**request_message, "targets": [outside, never_inside, target(*BLOB, turn=4)]})
    assert reply.objects[0].failure == "The click lies outside the slide."
    assert "Point at the inside of the object first" in (reply.objects[1].failure or "")
    assert reply.objects[2].polygons
    assert reply.objects[2].turn == 4


def test_answer_when_glass_is_clicked_says_so(request_message: dict[str, Any]) -> None:
    reply = ask({**request_message, **NUCLICK, "targets": [target(30, 200)]})
    assert reply.objects[0].failure == "There is only glass here."
    assert reply.objects[0].polygons == ()


def test_answer_when_slide_is_missing_or_replaced(request_message: dict[str, Any], tmp_path: Path) -> None:
    gone = {**request_message["slide"], "path": str(tmp_path / "gone.png")}
    assert refused({**request_message, "slide": gone}).code == "slide_unreadable"
    copy = tmp_path / "copy.png"
    shutil.copy(request_message["slide"]["path"], copy)
    larger = {**request_message["slide"], "path": str(copy), "width": 500}
    assert "Import it again" in refused({**request_message, "slide": larger}).message


def test_answer_when_method_or_weights_are_unknown(request_message: dict[str, Any]) -> None:
    assert refused({**request_message, "method": "magic"}).code == "unknown_method"
    reply = refused({**request_message, "method": "nuclick", "checkpoint": "none-such"})
    assert reply.code == "no_weights"
    assert "nuclick-nucleus-he" in reply.message


@pytest.mark.parametrize("x", [float("nan"), float("inf"), 1e300, "left", None])
def test_answer_when_coordinate_is_no_number_refuses_in_words(request_message: dict[str, Any], x: object) -> None:
    bad = {**request_message, "targets": [{**target(0, 0), "prompts": [{"kind": "click", "x": x, "y": 1}]}]}
    reply = refused(bad)
    assert reply.code == "bad_request"
    assert str(reply.request_id) == request_message["request_id"]


def test_answer_when_message_names_no_request_is_silent() -> None:
    assert answer({"kind": "segment"}, threads=1) is None
    assert answer({"request_id": "no uuid"}, threads=1) is None


def test_prepare_when_several_targets_exclude_each_other_and_the_others(request_message: dict[str, Any]) -> None:
    moved = target(100, 100, more=({"kind": "click", "x": 140, "y": 100, "positive": False},))
    far = {"x": 390.0, "y": 390.0}
    request = SegmentRequest.model_validate(
        {**request_message, "targets": [moved, target(120, 100)], "others": [{"x": 90.0, "y": 110.0}, far]}
    )
    assert other_points(request, request.targets[0]).tolist() == [[90, 110], [390, 390], [120, 100]]
    first, second = prepare_all(request, open_segmenter("disk", "disk", 1))
    assert first.prompts.exclusion.tolist() == [[54, 74], [84, 64]]  # the far one lies beyond the patch
    assert first.prompts.positive.tolist() == [True, False]
    assert second.prompts.exclusion.tolist() == [[34, 74], [44, 64]]


def test_answer_when_sent_earlier_tells_the_queue_time(request_message: dict[str, Any]) -> None:
    reply = ask({**request_message, "request_id": str(uuid.uuid4()), "sent_at": time.time() - 2})
    assert 1900 < reply.timings.queue_ms < 10_000


def squiggle(points: list[tuple[float, float]], *, positive: bool = True, **more: Any) -> dict[str, Any]:
    prompt = {"kind": "squiggle", "points": points, "positive": positive}
    return {"object_id": str(uuid.uuid4()), "turn": 1, "prompts": [prompt], **more}


@pytest.mark.parametrize("count", [1, 2, 2000])
def test_answer_when_squiggle_is_drawn_covers_it(request_message: dict[str, Any], count: int) -> None:
    line = [(190 + 20 * i / count, 180.0) for i in range(count)]
    found = outline(ask({**request_message, "targets": [squiggle(line)]}))
    assert all(found.buffer(1).contains(shapely.Point(p)) for p in line)


def test_answer_when_squiggle_has_too_many_points_refuses(request_message: dict[str, Any]) -> None:
    reply = refused({**request_message, "targets": [squiggle([(200.0, 180.0)] * 10_000)]})
    assert reply.code == "bad_request"


def test_answer_when_squiggle_leaves_the_slide_says_so(request_message: dict[str, Any]) -> None:
    reply = ask({**request_message, "targets": [squiggle([(390.0, 180.0), (410.0, 180.0)])]})
    assert reply.objects[0].failure == "The squiggle lies outside the slide."


def test_answer_when_squiggle_is_longer_than_the_patch_shows_it_coarser(request_message: dict[str, Any]) -> None:
    line = [(110.0, 100.0), (390.0, 300.0)]
    request = SegmentRequest.model_validate({**request_message, "targets": [squiggle(line)]})
    (prepared,) = prepare_all(request, open_segmenter("disk", "disk", 1))
    assert prepared.patch.scale == pytest.approx(280 * 1.4 / 128)
    ends = prepared.prompts.strokes[0]
    assert ((ends > 0) & (ends < 128)).all()


def test_answer_when_mask_is_the_start_corrects_it(request_message: dict[str, Any]) -> None:
    square = [(180.0, 160.0), (220.0, 160.0), (220.0, 200.0), (180.0, 200.0)]
    start = [{"exterior": square, "holes": []}]
    wrong = squiggle([(215.0, 180.0)], positive=False, start=start)
    found = outline(ask({**request_message, "targets": [wrong]}))
    assert found.contains(shapely.Point(188, 180))
    assert not found.contains(shapely.Point(215, 180))
