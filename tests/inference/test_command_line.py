"""python -m inference: train, export, evaluate and bench end to end on a few blobs; errors in words, exit code 1."""

import json
from pathlib import Path

import pytest

from inference.__main__ import main
from inference.checkpoints import open_checkpoint
from inference.training.evaluate import Clicks
from inference.training.loop import TrainingError
from inference.training.runs import evaluate_checkpoint, export_run


@pytest.fixture(scope="module")
def run(dataset_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "blobs"
    options = ["--samples", "8", "--batch", "4", "--check-every", "1", "--threads", "1"]
    assert main(["train", "nuclick", "--data", str(dataset_folder), "--out", str(folder), *options]) == 0
    return folder


def test_export_when_run_is_done_ships_measured_weights(run: Path, dataset_folder: Path, tmp_path: Path) -> None:
    shipped = export_run(
        run=run,
        name="blobs",
        folder=dataset_folder,
        object_type="nucleus",
        stain="H&E",
        licence="CC0",
        threads=1,
        weights=tmp_path,
        say=lambda line: None,
    )
    manifest = open_checkpoint("blobs", tmp_path).manifest
    assert manifest == json.loads(json.dumps(shipped.manifest))
    assert manifest["data"][0]["licence"] == "CC0"
    assert manifest["metrics"]["n_images"] == len(manifest["data"][0]["validation_images"]) == 1
    assert manifest["recipe"]["samples"] == 8
    report = evaluate_checkpoint(
        folder=dataset_folder,
        checkpoint="blobs",
        images="all",
        clicks=Clicks(),
        threads=1,
        weights=tmp_path,
        say=lambda line: None,
    )
    assert report["n_images"] == 5


def test_export_when_run_has_no_weights(dataset_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="train at least until the first validation"):
        export_run(
            run=tmp_path,
            name="x",
            folder=dataset_folder,
            object_type="nucleus",
            stain="H&E",
            licence="CC0",
            threads=1,
            weights=tmp_path,
        )


def test_evaluate_when_asked_writes_the_promised_keys(dataset_folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    options = ["--jitter-px", "1", "--no-exclusion", "--seed", "4", "--threads", "1", "--json", str(target)]
    assert main(["evaluate", "nuclick", "--data", str(dataset_folder), *options]) == 0
    report = json.loads(target.read_text())
    scores = {"aji", "dice", "sq", "dq", "pq", "hausdorff_px", "iou_at_1"}
    assert scores | {"n_images", "n_objects", "ms_per_click_p50", "checkpoint"} <= set(report)
    assert report["n_images"] == 5
    assert report["exclusion"] is False


def test_evaluate_when_folder_is_bad_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "nuclick", "--data", str(tmp_path / "none"), "--threads", "1"]) == 1
    assert "is not a folder" in capsys.readouterr().err


def test_evaluate_when_weights_are_unknown_says_so(dataset_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "nuclick", "--data", str(dataset_folder), "--checkpoint", "none", "--threads", "1"]) == 1
    assert "There are no weights called “none”" in capsys.readouterr().err


def test_train_when_there_is_nothing_to_learn_from_says_so(
    dataset_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = ["--out", str(tmp_path / "run"), "--threads", "1"]
    assert main(["train", "nuclick", "--data", str(dataset_folder), "--kind", "grey", *out]) == 1
    assert "no image of kind" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
