"""Which of two models is better, told on held-out slides; the models here answer from the labels, more or less well."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from inference.data.patches import Patches, cut_patches
from inference.data.snapshot import open_snapshot
from inference.evaluation import EvaluationError
from inference.evaluation.comparison import compare
from inference.evaluation.pictures import OF_EACH_KIND
from inference.jobs import Stopped
from inference.methods.base import ObjectMask, ObjectPrompts, Segmenter
from inference.metrics.bootstrap import clustered_interval
from tests.inference.frozen import FrozenSlide, accepted, freeze

RADIUS_PX = 12


class Disk(Segmenter):
    """Answers a click with a disk; the slides' objects are disks of RADIUS_PX."""

    def __init__(self, radius_px: float) -> None:
        self.object_type, self.patch_px, self.mpp, self.device, self.radius_px = "nucleus", 64, 0.25, "test", radius_px

    def probabilities(
        self, patches: Sequence[NDArray[np.uint8]], prompts: Sequence[ObjectPrompts]
    ) -> NDArray[np.float32]:
        ys, xs = np.mgrid[:64, :64] + 0.5
        middles = [p.inside[0][0] for p in prompts]
        return np.stack([np.hypot(xs - x, ys - y) < self.radius_px for x, y in middles]).astype(np.float32)

    def mask(self, pixels: NDArray[np.uint8], probability: NDArray[np.float32], prompts: ObjectPrompts) -> ObjectMask:
        return ObjectMask(probability, 0.5, probability > 0.5)


def disks(part: str) -> FrozenSlide:
    labels = np.zeros((220, 220), np.uint16)
    ys, xs = np.mgrid[:220, :220] + 0.5
    for number, (x, y) in enumerate([(60, 60), (140, 70), (90, 150)], start=1):
        labels[np.hypot(xs - x, ys - y) < RADIUS_PX] = number
    return FrozenSlide(np.where(labels[..., None] > 0, 90, 220).astype(np.uint8).repeat(3, axis=2), labels, part)


def cut(folder: Path, slides: Sequence[FrozenSlide], **entries: object) -> Patches:
    snapshot = open_snapshot(freeze(folder, slides, **entries), folder / "snapshots")
    return cut_patches(snapshot, progress=lambda done, total: None, should_stop=lambda: False)


def run(patches: Patches, candidate: Segmenter, rival: Segmenter | None, folder: Path, **options: object) -> dict:
    given = {"should_stop": lambda: False, "progress": lambda done, total: None, **options}
    names = ("new", "old" if rival else None)
    return compare(candidate, rival, patches, names=names, pictures=folder / "pictures", **given)  # type: ignore[arg-type]


@pytest.fixture
def patches(tmp_path: Path) -> Patches:
    return cut(tmp_path, [disks("training"), disks("held_out"), disks("held_out"), disks("held_out")])


def test_compare_when_candidate_is_better_says_by_how_much(patches: Patches, tmp_path: Path) -> None:
    measured = run(patches, Disk(RADIUS_PX), Disk(RADIUS_PX - 3), tmp_path)
    assert json.loads(json.dumps(measured)) == measured
    assert (measured["n_slides"], measured["n_groups"], measured["n_objects"]) == (3, 3, 9)
    scores = measured["scores"]
    assert scores["candidate"]["iou_at_1"] > 0.92  # a click hits a pixel, not the middle itself
    assert scores["rival"]["iou_at_1"] == pytest.approx(9**2 / 12**2, abs=0.03)
    assert scores["candidate"]["noc_90"] < scores["rival"]["noc_90"]
    assert set(scores["candidate"]) == {
        "aji", "dice", "pq", "iou_at_1", "noc_80", "noc_85", "noc_90", "ms_per_click_p50",
    }  # fmt: skip
    difference = measured["difference"]
    assert difference["clustered_by"] == "slide"
    assert 0.3 < difference["low90"] <= difference["mean"] + 1e-9 <= difference["high90"] + 2e-9 < 0.5
    assert [row["label"] for row in measured["per_label"]] == ["Tumour", "Other"]
    assert [row["slide_id"] for row in measured["per_slide"]] == [2, 3, 4]
    assert all(row["difference"] > 0.3 and row["n_objects"] == 3 for row in measured["per_slide"])
    assert measured["real_prompts"]["n_objects"] == 9
    assert measured["real_prompts"]["difference"] > 0.3
    assert "9 held-out objects on 3 slides" in measured["command"]


def test_compare_when_candidate_is_worse_the_interval_lies_below_zero(patches: Patches, tmp_path: Path) -> None:
    measured = run(patches, Disk(RADIUS_PX + 4), Disk(RADIUS_PX), tmp_path)
    assert measured["difference"]["high90"] < -0.2
    pictures = [Image.open(tmp_path / "pictures" / p["file"]) for p in measured["pictures"]]
    assert OF_EACH_KIND < len(pictures) <= 3 * OF_EACH_KIND
    assert all(p.width > 1.9 * p.height for p in pictures)
    assert measured["pictures"][0]["candidate"] < measured["pictures"][0]["rival"]


def test_compare_when_there_is_no_rival_gives_scores_alone(patches: Patches, tmp_path: Path) -> None:
    measured = run(patches, Disk(RADIUS_PX), None, tmp_path)
    assert measured["rival"] is measured["scores"]["rival"] is measured["difference"] is None
    assert measured["per_label"][0]["rival"] is None
    assert Image.open(tmp_path / "pictures" / "0.png").width == Image.open(tmp_path / "pictures" / "0.png").height


def test_compare_when_one_slide_is_held_out_says_what_the_interval_means(tmp_path: Path) -> None:
    measured = run(cut(tmp_path, [disks("held_out")]), Disk(RADIUS_PX), Disk(9), tmp_path)
    assert measured["difference"]["clustered_by"] == "object"
    assert "one slide only" in measured["command"]


def test_compare_when_nothing_is_held_out_refuses(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="No held-out slide"):
        run(cut(tmp_path, [disks("training")]), Disk(RADIUS_PX), None, tmp_path)


def test_compare_when_told_to_stop_stops(patches: Patches, tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        run(patches, Disk(RADIUS_PX), None, tmp_path, should_stop=lambda: True)


def test_compare_when_proposals_were_turned_down_asks_for_them_again(tmp_path: Path) -> None:
    slide = disks("held_out")
    object_there = accepted(1, 1, slide.labels)
    click = {"kind": "click", "x": 180.0, "y": 180.0, "positive": True}
    there = [{"exterior": [[168, 168], [192, 168], [192, 192], [168, 192]], "holes": []}]
    rejected = [{"slide": 1, "label": 1, "prompts": [click], "polygons": there}]
    patches = cut(tmp_path, [slide], objects=[object_there], rejected=rejected)
    real = run(patches, Disk(4), Disk(RADIUS_PX), tmp_path)["real_prompts"]
    assert real["n_rejected"] == 1
    assert real["candidate_rejected_iou"] == pytest.approx(np.pi * 16 / 576, abs=0.02)
    assert real["rival_rejected_iou"] == pytest.approx(np.pi / 4, abs=0.03)


def test_compare_when_masks_are_the_rivals_own_says_so(tmp_path: Path) -> None:
    patches = cut(tmp_path, [disks("held_out"), disks("held_out")], changes={"version": "old"})
    assert "6 of the accepted masks are old's own" in run(patches, Disk(12), Disk(12), tmp_path)["command"]


def test_clustered_interval_when_objects_of_a_slide_agree_is_as_wide_as_the_slides_say() -> None:
    rng = np.random.default_rng(1)
    slides = np.repeat(np.arange(6), 50)
    values = rng.normal(size=6)[slides] + rng.normal(0, 0.01, 300)
    low, high = clustered_interval(values, slides, seed=1)
    narrow_low, narrow_high = clustered_interval(values, np.arange(300), seed=1)
    assert low < narrow_low < values.mean() < narrow_high < high
    assert high - low > 4 * (narrow_high - narrow_low)
