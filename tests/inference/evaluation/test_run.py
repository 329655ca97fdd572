"""The evaluation scores what the segmenter answers: disks of known size, at several scales, whole runs and their errors."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from inference.data.samples import Dataset, DatasetError, open_dataset
from inference.evaluation import EvaluationError
from inference.evaluation.pointing import Pointing
from inference.evaluation.report import build_report
from inference.evaluation.run import Settings, evaluate_folder, evaluate_images, is_unseen, stated_type
from inference.methods.disk.segmenter import DiskSegmenter

MakeDisks = Callable[..., Dataset]


def measure(dataset: Dataset, settings: Settings | None = None) -> dict[str, float]:
    """The scores of the one image."""
    segmenter = DiskSegmenter("disk", threads=1)
    measured = evaluate_images(
        dataset, dataset.ids, lambda image: segmenter, "nucleus", settings or Settings(), say=lambda line: None
    )
    return {**measured["a"].scores.scores, "unanswered": measured["a"].scores.n_unanswered}


@pytest.mark.parametrize("mpp", [0.25, 0.2, 0.5, None])
def test_evaluate_when_masks_are_right_scores_nearly_one(disks: MakeDisks, mpp: float | None) -> None:
    scores = measure(disks(mpp))
    least = 0.88 if mpp == 0.5 else 0.93  # there a click is up to half a pixel from the centre of a disk of radius 8
    for name in ("aji", "iou_at_1", "iou_median", "dice_obj", "dice_obj_plain"):
        assert scores[name] > least
    assert scores["dq"] == scores["f1"] == scores["boundary_f1"] == scores["iou_above_80"] == 1
    assert scores["hausdorff_px"] <= 1.5
    assert scores["unanswered"] == 0


@pytest.mark.parametrize("clipped", [True, False])
def test_evaluate_when_clicks_are_displaced_falls_the_same_each_time(disks: MakeDisks, clipped: bool) -> None:
    dataset = disks()
    settings = Settings(pointing=Pointing(jitter_px=8, jitter_clipped=clipped, seed=2))
    jittered = measure(dataset, settings)
    assert jittered["iou_at_1"] < measure(dataset)["iou_at_1"]
    assert jittered == measure(dataset, settings)


def test_evaluate_when_small_masks_are_dropped_counts_them_as_unanswered(disks: MakeDisks) -> None:
    assert measure(disks(), Settings(smallest_px=10_000))["unanswered"] == 3


def test_evaluate_when_corrected_counts_the_clicks(disks: MakeDisks) -> None:
    dataset = disks()
    segmenter = DiskSegmenter("disk", threads=1)
    settings = Settings(pointing=Pointing(jitter_px=9, seed=3), corrections=2)
    measured = evaluate_images(
        dataset, dataset.ids, lambda image: segmenter, "nucleus", settings, say=lambda line: None
    )
    report = build_report(
        scores={i: m.scores for i, m in measured.items()},
        efforts={i: m.effort for i, m in measured.items() if m.effort},
        sources={"a": "disks"},
        times_ms=[1.0],
        seed=1,
    )
    assert report["corrections"]["n_objects"] == 2
    assert report["noc_90"] > 1
    after = report["corrections"]["iou_after"]
    assert len(after) == 20
    assert after[-1] > after[0]


def test_is_unseen_when_a_patient_was_trained_on_is_false_for_all_its_images(dataset_folder: Path) -> None:
    dataset = open_dataset(dataset_folder)
    manifest = {"data": [{"name": "blobs", "train_images": ["patient1"]}, {"name": "x", "train_images": ["patient0"]}]}
    unseen = [i for i in dataset.ids if is_unseen(dataset, i, manifest)]
    assert unseen == ["patient0", "patient2", "patient3", "patient4"]


def test_evaluate_folder_when_a_baseline_is_asked_needs_no_weights(dataset_folder: Path, tmp_path: Path) -> None:
    settings = Settings(baseline="watershed", pointing=Pointing(seed=5))
    said: list[str] = []
    report = evaluate_folder(dataset_folder, settings, threads=1, weights=tmp_path, say=said.append)
    assert report["n_images"] == len(report["per_image"]) == len(said) == 5
    assert report["aji"] > 0.8  # dark disks on a light ground
    low, high = report["intervals"]["aji"]
    assert low < report["aji"] < high
    assert report["pooled"]["aji"] == pytest.approx(report["aji"], abs=0.05)
    assert report["per_source"]["blobs"]["aji"] == report["aji"]
    assert report["baseline"]["name"] == "watershed"
    assert report["checkpoint"] is None
    json.dumps(report, allow_nan=False)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (Settings("gland", pointing=Pointing(jitter_px=3)), "pointed at by a line"),
        (Settings("gland", pointing=Pointing(click="deep")), "pointed at by a line"),
        (Settings(baseline="grabcut", corrections=3), "knows no corrections"),
    ],
)
def test_evaluate_folder_when_settings_contradict_each_other_says_so(
    dataset_folder: Path, settings: Settings, words: str
) -> None:
    with pytest.raises(EvaluationError, match=words):
        evaluate_folder(dataset_folder, settings, threads=1)


def test_stated_type_when_the_data_set_names_its_objects(disks: MakeDisks) -> None:
    dataset = disks()
    assert stated_type(dataset) == "nucleus"
    assert stated_type(replace(dataset, info={"object": "white blood cell"})) == "cell"
    with pytest.raises(DatasetError, match="say with --object"):
        stated_type(replace(dataset, info={"object": "spine"}))
