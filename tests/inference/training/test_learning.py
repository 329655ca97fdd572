"""From a snapshot to weights with a measurement; interrupted anywhere, it ends as if it had not been."""

import json
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from inference.checkpoints import load_tensors, open_checkpoint, write_weights
from inference.data.patches import cut_patches
from inference.data.samples import DatasetError
from inference.data.snapshot import SnapshotError, open_snapshot
from inference.jobs import Stopped
from inference.methods.nuclick import recipe as recipes
from inference.methods.nuclick.networks import NETWORKS
from inference.methods.nuclick.successor import SuccessorNetwork
from inference.protocol import TrainRequest
from inference.training.learning import between, learn, recipe_for, split_training
from inference.training.loop import LAST, LOG, TrainingError
from tests.inference.conftest import blobs
from tests.inference.frozen import FrozenSlide, freeze

SHIPPED = "nuclick-nucleus-monuseg"
BASE = "small-base"
SAMPLES = 48


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network of a few thousand weights, steps of eight small crops, and few of the clicks that so poor a model takes."""
    monkeypatch.setattr("inference.evaluation.comparison.CORRECTED_OBJECTS", 2)
    monkeypatch.setitem(NETWORKS, "successor", lambda: SuccessorNetwork(widths=(8, 8, 16, 16), detail=8))
    nucleus = replace(recipes.RECIPES["nucleus"], batch=8, crop_px=48, patch_px=64)
    monkeypatch.setitem(recipes.RECIPES, "nucleus", nucleus)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The folder of snapshots, runs and weights, with small weights to begin with."""
    torch.manual_seed(7)
    manifest = {
        "method": "nuclick", "object_type": "nucleus", "stain": "H&E", "network": "successor", "mpp": 0.25, "patch_px": 64,
        "mirrored": True, "licence": "CC0", "commit": "abc", "recipe": {"crop_px": 48, "shift_px": 3.0, "patch_px": 64},
        "data": [{"name": "old", "licence": "CC0", "train_images": ["a"], "validation_images": ["b"]}],
    }  # fmt: skip
    write_weights(tmp_path / "weights", BASE, NETWORKS["successor"]().state_dict(), manifest)
    return tmp_path


def slides(count: int = 5, *, held_out: int = 2) -> list[FrozenSlide]:
    rng = np.random.default_rng(5)
    return [
        FrozenSlide(*blobs(rng, width=75, height=75), part="held_out" if n < held_out else "training")
        for n in range(count)
    ]


def request_for(snapshot: str, **changes: Any) -> TrainRequest:
    given = {
        "job_id": uuid.UUID(int=1), "attempt": 1, "method": "nuclick", "object_type": "nucleus", "stain": "H&E",
        "snapshot": snapshot, "base": BASE, "rival": BASE, "name": "made", "samples": SAMPLES,
    }  # fmt: skip
    return TrainRequest(**{**given, **changes})


class Listener:
    """Hears all that is told, and stops at the nth word of a stage."""

    def __init__(self, stop_in: str = "", stop_after: int = 0) -> None:
        self.told: list[str] = []
        self.rows: list[Mapping[str, float]] = []
        self.lines: list[str] = []
        self.stop_in, self.stop_after = stop_in, stop_after

    def __call__(self, stage: str, done: int = 0, total: int = 0, *, row: Any = None, line: str | None = None) -> None:
        self.told.append(stage)
        self.rows += [row] if row else []
        self.lines += [line] if line else []

    def should_stop(self) -> bool:
        return bool(self.stop_in) and self.told.count(self.stop_in) >= self.stop_after


def run(home: Path, request: TrainRequest, listener: Listener | None = None) -> Any:
    heard = listener or Listener()
    folders = {name: home / name for name in ("snapshots", "runs", "weights")}
    with torch.backends.mkldnn.flags(enabled=False):  # oneDNN rounds by where in memory a tensor happens to lie
        return learn(request, heard, heard.should_stop, threads=1, **folders)


def test_learn_when_all_is_well_writes_weights_with_their_lineage(home: Path) -> None:
    heard = Listener()
    trained = run(home, request_for(freeze(home, slides())), heard)
    found = open_checkpoint("made", home / "weights")
    assert (trained.name, trained.sha256, trained.manifest) == ("made", found.sha256, found.manifest)
    assert [entry["name"] for entry in found.manifest["data"]] == [f"snapshot {found.manifest['snapshot'][:12]}", "old"]
    assert found.manifest["init"]["name"] == BASE
    assert found.manifest["licence"] == "CC0"
    assert found.manifest["mirrored"] is True
    assert found.manifest["mpp_range"][1] > found.manifest["mpp"]
    assert found.manifest["channels"] == "colour"
    assert found.manifest["recipe"]["learning_rate"] < 1e-3
    assert found.manifest["metrics"]["iou_at_1"] == trained.measurement["scores"]["candidate"]["iou_at_1"]
    assert trained.measurement["rival"] == BASE
    assert trained.measurement["n_slides"] == 2
    assert [row["step"] for row in heard.rows] == [0, 1, 2, 3, 4, 5, 6]
    assert [stage for n, stage in enumerate(heard.told) if stage not in heard.told[:n]] == [
        "cutting", "training", "measuring",
    ]  # fmt: skip
    assert (home / "runs" / str(uuid.UUID(int=1)) / "pictures" / "0.png").is_file()
    held_out = {row["file"] for row in _rows(home, trained) if row["part"] == "held_out"}
    learnt = found.manifest["data"][0]["train_images"] + found.manifest["data"][0]["validation_images"]
    assert not held_out & {f"{name}.png" for name in learnt}


def _rows(home: Path, trained: Any) -> list[dict[str, Any]]:
    folder = home / "snapshots" / trained.manifest["snapshot"]
    rows: list[dict[str, Any]] = json.loads((folder / "patches" / "index.json").read_text())
    return rows


@pytest.mark.parametrize(("stage", "after"), [("cutting", 2), ("training", 5), ("measuring", 2)], ids=str)
def test_learn_when_stopped_anywhere_ends_as_an_unbroken_run(
    home: Path, tmp_path: Path, stage: str, after: int
) -> None:
    sha256 = freeze(home, slides())
    unbroken = run(home, request_for(sha256, job_id=uuid.UUID(int=2)))
    shutil.rmtree(home / "snapshots" / sha256 / "patches")
    with pytest.raises(Stopped):
        run(home, request_for(sha256), Listener(stage, after))
    heard = Listener()
    resumed = run(home, request_for(sha256, attempt=2, patches_sha256=unbroken.patches_sha256), heard)
    one, two = (load_tensors(home / "runs" / str(uuid.UUID(int=n)) / LAST)[0] for n in (1, 2))
    for name, tensor in two.items():
        assert torch.equal(tensor, one[name]), name
    assert resumed.attempt == 2
    assert resumed.measurement["difference"] == unbroken.measurement["difference"]
    assert [row["step"] for row in heard.rows] == [0, 1, 2, 3, 4, 5, 6]  # those of the first attempt once more
    assert [json.loads(line)["step"] for line in _log(home)] == [0, 1, 2, 3, 4, 5, 6]


def _log(home: Path) -> list[str]:
    return (home / "runs" / str(uuid.UUID(int=1)) / LOG).read_text().splitlines()


def test_learn_when_every_step_harms_keeps_the_weights_that_it_began_with(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inference.training.learning.FINE_TUNING_RATE", 0.0)
    heard = Listener()
    request = request_for(freeze(home, slides()))
    monkeypatch.setattr(
        "inference.methods.nuclick.task.Task.validate", lambda self, network: {"iou_at_1": scores.pop(0)}
    )
    scores = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3]
    trained = run(home, request, heard)
    assert "No step was better than small-base" in heard.lines[-1]
    base, made = (open_checkpoint(name, home / "weights").tensors() for name in (BASE, "made"))
    assert all(torch.equal(base[name], made[name]) for name in base)
    assert trained.measurement["difference"]["mean"] == 0


def test_learn_when_masks_were_shuffled_makes_a_worse_candidate_and_says_so(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = replace(recipes.RECIPES["nucleus"], learning_rate=3e-3, ema=0.8)
    monkeypatch.setitem(recipes.RECIPES, "nucleus", quick)
    monkeypatch.setattr("inference.training.learning.FINE_TUNING_RATE", 3e-3)
    frozen = slides(6, held_out=2)
    good = run(home, request_for(freeze(home, frozen), base=None, rival=None, name="good", samples=8 * 60))
    assert good.measurement["scores"]["candidate"]["iou_at_1"] > 0.5
    for slide in frozen:
        if slide.part == "training":
            slide.labels = np.roll(slide.labels, (8, 8), axis=(0, 1))
    sha256 = freeze(home, frozen)
    worse = run(home, request_for(sha256, base="good", rival="good", job_id=uuid.UUID(int=3), samples=8 * 40))
    assert worse.measurement["difference"]["high90"] < 0


def test_between_when_halfway_lies_in_the_middle_and_keeps_counters() -> None:
    before = {"weight": torch.tensor([0.0, 2.0]), "batches": torch.tensor(3)}
    after = {"weight": torch.tensor([1.0, 2.0]), "batches": torch.tensor(7)}
    found = between(before, after, 0.5)
    assert found["weight"].tolist() == [0.5, 2.0]
    assert found["batches"] == 7


def test_learn_when_patches_were_tampered_with_refuses(home: Path) -> None:
    request = request_for(freeze(home, slides()))
    with pytest.raises(Stopped):
        run(home, request, Listener("training", 1))
    path = next((home / "snapshots" / request.snapshot / "patches" / "labels").glob("*.png"))
    Image.fromarray(np.zeros_like(np.asarray(Image.open(path)))).save(path)
    with pytest.raises(SnapshotError, match="was changed"):
        run(home, request)


def test_learn_when_nothing_was_accepted_to_learn_from_says_so(home: Path) -> None:
    with pytest.raises(DatasetError, match="no accepted object on a training slide"):
        run(home, request_for(freeze(home, slides(2))))


def test_learn_when_the_method_cannot_be_trained_says_so(home: Path) -> None:
    with pytest.raises(TrainingError, match="“disk” cannot be trained"):
        run(home, request_for("0" * 64, method="disk"))


def test_learn_when_begun_from_scratch_has_no_beginning_to_beat(home: Path) -> None:
    heard = Listener()
    trained = run(home, request_for(freeze(home, slides()), base=None, rival=None), heard)
    assert heard.rows[0]["step"] == 1
    assert "init" not in trained.manifest
    assert trained.measurement["rival"] is None
    assert trained.manifest["licence"] == "the project's own data"
    assert trained.manifest["mirrored"] is False


def test_split_training_when_there_are_patients_keeps_whole_ones_apart(home: Path) -> None:
    frozen = slides(8, held_out=1)
    for number, slide in enumerate(frozen[1:]):
        slide.group = f"patient:{number // 2}"
    split = split_training(_cut(home, frozen))
    groups = [{row["group"] for row in rows} for rows in (split.training, split.choice)]
    assert len(groups[1]) == 1
    assert not groups[0] & groups[1]
    alone = slides(3, held_out=1)
    for slide in alone[1:]:
        slide.group = "patient:one"
    split = split_training(_cut(home, alone))
    assert (len(split.training), len(split.choice)) == (1, 1)


def _cut(home: Path, frozen: list[FrozenSlide]) -> Any:
    snapshot = open_snapshot(freeze(home, frozen), home / "snapshots")
    return cut_patches(snapshot, progress=lambda done, total: None, should_stop=lambda: False)


def test_recipe_when_begun_from_scratch_shows_the_same_field_at_another_scale(home: Path) -> None:
    snapshot = open_snapshot(freeze(home, slides(), object_type="gland", mpp=1.24), home / "snapshots")
    recipe = recipe_for(request_for(snapshot.sha256, object_type="gland"), snapshot, None, None)
    assert (recipe.patch_px, recipe.mpp, recipe.crop_px) == (256, 1.24, 256)


def test_learn_when_killed_at_any_time_goes_on(home: Path) -> None:
    """SIGKILL, as the memory's end does it, of the command line with shipped weights; again and again until it is through."""
    sha256 = freeze(home, slides(3, held_out=1))
    log = home / "runs" / str(uuid.uuid5(uuid.NAMESPACE_OID, "killed")) / LOG
    command = [
        sys.executable, "-m", "inference", "learn", "--snapshot", sha256, "--name", "killed", "--base", SHIPPED,
        "--samples", "128", "--folder", str(home), "--threads", "1",
    ]  # fmt: skip
    for kill_at in (0, 2, None):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        while process.poll() is None and (kill_at is None or not _has_step(log, kill_at)):
            time.sleep(0.02)
        if kill_at is not None:
            process.send_signal(signal.SIGKILL)
        output = process.communicate()[0]
        assert kill_at is not None or process.returncode == 0, output
    assert [json.loads(line)["step"] for line in log.read_text().splitlines()] == [0, 1, 2, 3, 4]
    assert open_checkpoint("killed", home / "weights").manifest["init"]["name"] == SHIPPED


def _has_step(log: Path, step: int) -> bool:
    return log.is_file() and any(f'"step": {step},' in line for line in log.read_text().splitlines())
