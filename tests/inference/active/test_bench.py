"""The bench at toy size: played through on blobs, gone on with after a break, and its sums checked by hand."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inference.__main__ import main
from inference.active import annotator, bench
from inference.active.annotator import CLICK_S, CORRECTION_S, MOST_CORRECTIONS, annotate
from inference.active.bench import Bench, Settings, cut, evenly, run_bench
from inference.active.curves import area, as_table, budget, interval, summarise
from inference.active.learner import Plan
from inference.data.samples import DatasetError, LabelledImage, open_dataset
from inference.evaluation import EvaluationError
from inference.evaluation.pointing import Pointing
from inference.methods.disk.segmenter import DiskSegmenter
from inference.training.loop import TrainingError

PLAN = Plan(start=None, samples=4, batch=2, crop_px=32, learning_rate=1e-3)
SETTINGS = Settings(
    strategies=("random", "combined"),
    rounds=2,
    seeds=1,
    annotator="nuclick-nucleus-he",
    plan=PLAN,
    first=1,
    region_px=48,
)


class Disks(DiskSegmenter):
    """As the annotator's click model: disks of about the blobs' size."""

    def __init__(self, checkpoint: str, *, threads: int) -> None:
        super().__init__(checkpoint, threads=threads)


@pytest.fixture(autouse=True)
def no_network_annotates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "NuclickSegmenter", Disks)


def play(folder: Path, run: Path, settings: Settings = SETTINGS) -> dict[str, Any]:
    return run_bench(folder, settings, run=run, threads=1, say=lambda _: None)


def without_times(played: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {k: v for k, v in row.items() if not k.endswith("n_s") and k != "training_s"} for row in played["trainings"]
    ]


def test_bench_when_played_through_trains_each_round_and_reports(dataset_folder: Path, tmp_path: Path) -> None:
    played = play(dataset_folder, tmp_path / "run")
    assert [(row["strategy"], len(row["regions"])) for row in played["trainings"]] == [
        ("first", 1), ("random", 2), ("combined", 2), ("full", played["pool_regions"]),
    ]  # fmt: skip
    assert set(played["pool_images"]).isdisjoint(played["test_images"])
    assert all(row["regions"][:1] == played["trainings"][0]["regions"] for row in played["trainings"][1:3])
    assert all(row["nuclei"] > 0 and row["seconds"] >= row["nuclei"] * CLICK_S for row in played["trainings"])
    assert not list((tmp_path / "run").glob("*.safetensors"))
    report = json.loads(json.dumps(summarise(played)))
    assert "NaN" not in json.dumps(report)
    assert set(report["strategies"]["combined"]["against_random"]) == {
        "aji_at_equal_regions", "area_nuclei", "area_seconds",
    }  # fmt: skip
    table = as_table(report)
    assert "| combined |" in table
    assert "which never saw the pool" in table


def test_bench_when_broken_off_goes_on_where_it_stopped(
    dataset_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unbroken = play(dataset_folder, tmp_path / "unbroken")
    train, calls = bench.train_learner, []

    def breaks(*given: Any, **named: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return train(*given, **named)

    monkeypatch.setattr(bench, "train_learner", breaks)
    with pytest.raises(KeyboardInterrupt):
        play(dataset_folder, tmp_path / "broken")
    gone_on = play(dataset_folder, tmp_path / "broken")
    assert len(calls) == 5  # two before the break, the broken one, and the two that were missing
    assert without_times(gone_on) == without_times(unbroken)
    calls.clear()
    assert without_times(play(dataset_folder, tmp_path / "broken")) == without_times(unbroken)
    assert not calls


def test_bench_when_a_strategy_is_added_later_trains_that_alone(dataset_folder: Path, tmp_path: Path) -> None:
    play(dataset_folder, tmp_path, replace(SETTINGS, strategies=("random",)))
    stamp = (tmp_path / "1-random-1.json").stat().st_mtime_ns
    played = play(dataset_folder, tmp_path, replace(SETTINGS, strategies=("random", "entropy")))
    assert [row["strategy"] for row in played["trainings"]] == ["first", "random", "entropy", "full"]
    assert (tmp_path / "1-random-1.json").stat().st_mtime_ns == stamp


def test_bench_when_the_folder_holds_other_settings_is_refused(dataset_folder: Path, tmp_path: Path) -> None:
    Bench(dataset_folder, SETTINGS, tmp_path, 1, print)
    with pytest.raises(TrainingError, match="another folder"):
        Bench(dataset_folder, replace(SETTINGS, plan=replace(PLAN, samples=8)), tmp_path, 1, print)


def test_bench_when_asked_for_too_much_is_refused_in_words(dataset_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="fewer rounds"):
        play(dataset_folder, tmp_path, replace(SETTINGS, rounds=9))
    with pytest.raises(EvaluationError, match="no strategy “luck”"):
        play(dataset_folder, tmp_path, replace(SETTINGS, strategies=("luck",)))  # type: ignore[arg-type]
    with pytest.raises(EvaluationError, match="two rounds"):
        play(dataset_folder, tmp_path, replace(SETTINGS, rounds=1))


def test_bench_when_the_learner_starts_with_weights_that_saw_the_images_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "monuseg"
    (folder / "images").mkdir(parents=True)
    (folder / "labels").mkdir()
    (folder / "dataset.json").write_text('{"name": "monuseg", "mpp": 0.25}')
    for name in ("TCGA-18-5592-01Z-00-DX1", "TCGA-38-6178-01Z-00-DX1", "TCGA-49-4488-01Z-00-DX1"):
        Image.new("RGB", (64, 64)).save(folder / "images" / f"{name}.png")
        Image.fromarray(np.ones((64, 64), np.uint16)).save(folder / "labels" / f"{name}.png")
    with pytest.raises(DatasetError, match="nothing to learn here"):
        play(folder, tmp_path / "run", replace(SETTINGS, plan=replace(PLAN, start="nuclick-nucleus-monuseg")))


def test_bench_when_called_from_the_command_line_writes_json_and_table(dataset_folder: Path, tmp_path: Path) -> None:
    words = (
        f"al-bench --data {dataset_folder} --strategies random,entropy --rounds 2 --seeds 1 --first 1 --region-px 48"
    )
    words += f" --samples 4 --batch 2 --crop-px 32 --threads 1 --out {tmp_path / 'run'}"
    assert main([*words.split(), "--json", str(tmp_path / "al.json"), "--markdown", str(tmp_path / "al.md")]) == 0
    assert set(json.loads((tmp_path / "al.json").read_text())["strategies"]) == {"random", "entropy"}
    assert (tmp_path / "al.md").read_text().startswith("| strategy |")


def test_annotator_when_a_mask_is_good_pays_one_click_and_else_for_corrections(monkeypatch: pytest.MonkeyPatch) -> None:
    labels = np.zeros((100, 200), np.uint16)
    ys, xs = np.mgrid[:100, :200] + 0.5
    labels[np.hypot(xs - 50, ys - 50) < 16] = 3  # as large as the disks
    labels[np.hypot(xs - 150, ys - 50) < 6] = 7
    image = LabelledImage("a", np.full((100, 200, 3), 200, np.uint8), labels, 0.25)
    monkeypatch.setattr(annotator, "Pointing", lambda **_: Pointing(click="centroid"))  # where disks fit
    made = annotate(DiskSegmenter("disk", threads=1), image, seed=1)
    assert made.seconds[3] == CLICK_S
    assert made.seconds[7] == CLICK_S + MOST_CORRECTIONS * CORRECTION_S
    assert (made.labels == 3).sum() == pytest.approx((labels == 3).sum(), rel=0.1)


def test_annotator_when_asked_again_answers_the_same_and_is_kept(dataset_folder: Path, tmp_path: Path) -> None:
    dataset = open_dataset(dataset_folder)
    image = dataset.read(dataset.ids[0])
    made = annotate(DiskSegmenter("disk", threads=1), image, seed=1)
    made.save(tmp_path / "one.npz")
    kept = annotator.Annotation.load(tmp_path / "one.npz")
    assert (kept.labels == annotate(DiskSegmenter("disk", threads=1), image, seed=1).labels).all()
    assert (kept.seconds == made.seconds).all()


def test_cut_when_an_image_is_larger_or_smaller_gives_whole_squares_in_its_middle() -> None:
    image = LabelledImage("a", np.zeros((110, 230, 3), np.uint8), np.zeros((110, 230), np.uint16))
    assert [(r.x, r.y, r.side) for r in cut(image, 100)] == [(15, 5, 100), (115, 5, 100)]
    assert [(r.x, r.y, r.side) for r in cut(image, 500)] == [(5, 0, 110), (115, 0, 110)]


def test_evenly_when_fewer_are_wanted_spans_all() -> None:
    assert evenly(["a", "b", "c", "d", "e"], 3) == ["a", "c", "e"]
    assert evenly(["a"], 3) == ["a"]
    assert evenly([], 3) == []


def curve(nuclei: list[float], aji: list[float]) -> dict[str, Any]:
    return {"nuclei": np.array(nuclei), "aji": np.array(aji)[:, None]}


def test_area_when_a_curve_is_a_line_over_the_logarithm_is_its_mean_height() -> None:
    line = curve([10, 100, 1000], [0.2, 0.4, 0.6])
    assert area(line, "nuclei", 10, 1000)[0] == pytest.approx(0.4)
    assert area(line, "nuclei", 10, 100)[0] == pytest.approx(0.3)
    assert np.isnan(area(line, "nuclei", 100, 100)[0])


def test_budget_when_the_wanted_aji_lies_between_points_or_beyond() -> None:
    line = curve([10, 100, 1000], [0.2, 0.4, 0.6])
    assert budget(line, "nuclei", 0.5) == pytest.approx(100 * np.sqrt(10))
    assert budget(line, "nuclei", 0.1) == 10
    assert budget(line, "nuclei", 0.7) is None


def test_interval_when_all_pairs_differ_alike_has_no_width() -> None:
    assert interval(np.full((3, 5), 0.02)) == pytest.approx({"mean": 0.02, "low90": 0.02, "high90": 0.02})
    spread = interval(np.random.default_rng(1).normal(0, 1, (3, 20)))
    assert spread is not None
    assert spread["low90"] < spread["mean"] < spread["high90"]
    assert interval(np.full((1, 2), np.nan)) is None
