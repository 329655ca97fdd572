"""python -m inference: train, export, evaluate and bench end to end on a few blobs; errors in words, exit code 1."""

import json
import shutil
from pathlib import Path

import pytest

from inference.__main__ import main
from inference.checkpoints import open_checkpoint
from inference.evaluation.run import Settings, evaluate_folder
from inference.training.loop import TrainingError
from inference.training.runs import export_run


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
        licence="CC0",
        threads=1,
        mirrored=True,
        weights=tmp_path,
        say=lambda line: None,
    )
    manifest = open_checkpoint("blobs", tmp_path).manifest
    assert manifest == json.loads(json.dumps(shipped.manifest))
    assert manifest["data"][0]["licence"] == "CC0"
    assert manifest["mirrored"] is True
    assert manifest["metrics"]["n_images"] == len(manifest["data"][0]["validation_images"]) == 1
    assert manifest["recipe"]["samples"] == 8
    everything = Settings(images="all")
    report = evaluate_folder(dataset_folder, everything, checkpoint="blobs", threads=1, weights=tmp_path, say=str)
    assert report["n_images"] == 5


def test_export_when_run_has_no_weights(dataset_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="train at least until the first validation"):
        export_run(
            run=tmp_path,
            name="x",
            folder=dataset_folder,
            licence="CC0",
            threads=1,
            weights=tmp_path,
        )


def test_evaluate_when_asked_writes_the_promised_keys(dataset_folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    options = ["--jitter-px", "1", "--jitter-unclipped", "--no-exclusion", "--seed", "4", "--threads", "1"]
    options += ["--smallest-px", "5", "--json", str(target), "--markdown", str(tmp_path / "table.md")]
    assert main(["evaluate", "nuclick", "--data", str(dataset_folder), *options]) == 0
    report = json.loads(target.read_text())
    scores = {"aji", "dice", "sq", "dq", "pq", "hausdorff_px", "dice_obj", "f1", "iou_at_1", "boundary_f1"}
    assert scores | {"n_images", "n_objects", "ms_per_click_p50", "checkpoint", "per_image", "intervals"} <= set(report)
    assert report["n_images"] == 5
    assert report["exclusion"] is report["jitter_clipped"] is False
    assert report["chosen"] == {"nuclick-nucleus-he": "for H&E"}
    assert "**mean of 5 images**" in (tmp_path / "table.md").read_text()


def test_evaluate_when_corrections_are_asked_counts_clicks(dataset_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(dataset_folder, tmp_path / "one")
    for path in list(folder.glob("*/patient[1-4].png")):
        path.unlink()
    options = ["--corrections", "--corrections-objects", "1", "--threads", "1", "--json", str(tmp_path / "report.json")]
    assert main(["evaluate", "nuclick", "--data", str(folder), *options]) == 0
    report = json.loads((tmp_path / "report.json").read_text())
    assert 1 <= report["noc_80"] <= report["noc_90"] <= 20
    assert report["corrections"]["n_objects"] == 1


def test_evaluate_when_settings_contradict_each_other_says_so(
    dataset_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--baseline", "watershed", "--corrections", "--threads", "1"]
    assert main(["evaluate", "nuclick", "--data", str(dataset_folder), *options]) == 1
    assert "knows no corrections" in capsys.readouterr().err


@pytest.mark.parametrize("sigma", ["-1", "nan", "inf", "wide"])
def test_evaluate_when_jitter_is_no_length_says_so(
    dataset_folder: Path, sigma: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["evaluate", "nuclick", "--data", str(dataset_folder), "--jitter-px", sigma])
    assert "--jitter-px" in capsys.readouterr().err


def test_evaluate_when_folder_is_bad_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "nuclick", "--data", str(tmp_path / "none"), "--threads", "1"]) == 1
    assert "is not a folder" in capsys.readouterr().err


def test_evaluate_when_weights_are_unknown_says_so(dataset_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "nuclick", "--data", str(dataset_folder), "--checkpoint", "none", "--threads", "1"]) == 1
    assert "There are no weights called “none”" in capsys.readouterr().err


def test_train_when_there_is_nothing_to_learn_from_says_so(
    dataset_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(dataset_folder, tmp_path / "kinds")
    about = json.loads((folder / "dataset.json").read_text())
    (folder / "dataset.json").write_text(json.dumps(about | {"kinds": {"patient0": "colour"}}))
    out = ["--out", str(tmp_path / "run"), "--threads", "1"]
    assert main(["train", "nuclick", "--data", str(folder), "--kind", "grey", *out]) == 1
    assert "no image of kind" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
