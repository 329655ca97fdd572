"""Twenty steps on small blobs: the loss falls, and an interrupted run ends exactly where an unbroken one does."""

import dataclasses
import itertools
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from inference.checkpoints import load_tensors
from inference.data.samples import open_dataset
from inference.methods.nuclick.recipe import Recipe
from inference.methods.nuclick.successor import SuccessorNetwork
from inference.methods.nuclick.task import Task
from inference.training.loop import BEST, LAST, LOG, TrainingError, schedule, train

TINY = Recipe(samples=80, batch=4, patch_px=64, crop_px=48, warmup_steps=4, ema=0.8, learning_rate=3e-3)


class SmallTask(Task):
    def network(self) -> SuccessorNetwork:
        return SuccessorNetwork(widths=(8, 8, 16, 16), detail=8)


@pytest.fixture(scope="module")
def task(dataset_folder: Path) -> SmallTask:
    dataset = open_dataset(dataset_folder)
    images = [dataset.read(i) for i in dataset.ids]
    return SmallTask(TINY, images[:4], images[4:], objects_per_image=6)


def run(task: Task, folder: Path, **options: Any) -> list[dict[str, float]]:
    train(task, folder, about={"data": []}, check_every=5, say=lambda line: None, **options)
    return [json.loads(line) for line in (folder / LOG).read_text().splitlines()]


def test_train_when_interrupted_ends_as_an_unbroken_run(task: SmallTask, tmp_path: Path) -> None:
    with torch.backends.mkldnn.flags(enabled=False):  # oneDNN rounds by where in memory a tensor happens to lie
        log = run(task, tmp_path / "unbroken")
        run(task, tmp_path / "broken", stop_after=10)
        resumed = run(task, tmp_path / "broken")
    assert [row["step"] for row in resumed] == [5, 10, 15, 20]
    assert log[-1]["loss"] < log[0]["loss"]
    unbroken, broken = (load_tensors(tmp_path / name / LAST) for name in ("unbroken", "broken"))
    assert broken[1] == unbroken[1]
    for name, tensor in unbroken[0].items():
        assert torch.equal(tensor, broken[0][name]), name
    assert (tmp_path / "broken" / BEST).exists()


def test_train_when_folder_holds_another_recipe_is_refused(task: SmallTask, tmp_path: Path) -> None:
    run(task, tmp_path, stop_after=5)
    other = SmallTask(dataclasses.replace(TINY, seed=2), [task.sampler.images[0][0]], [])
    with pytest.raises(TrainingError, match="another recipe"):
        run(other, tmp_path)


def test_schedule_when_run_through_rises_then_falls_to_one_percent() -> None:
    rates = [schedule(step, TINY) for step in range(TINY.steps + 1)]
    assert rates[0] == pytest.approx(0.25)
    assert rates[4] == pytest.approx(1)
    assert rates[-1] == pytest.approx(0.01)
    assert all(a >= b for a, b in itertools.pairwise(rates[4:]))


def test_schedule_when_constant_does_not_fall() -> None:
    recipe = dataclasses.replace(TINY, schedule="constant", warmup_steps=0)
    assert {schedule(step, recipe) for step in range(TINY.steps)} == {1.0}


def test_train_when_started_from_weights_begins_with_them(task: SmallTask, tmp_path: Path) -> None:
    first = run(task, tmp_path / "first")
    second = run(task, tmp_path / "second", start=tmp_path / "first" / BEST, stop_after=5)
    assert second[0]["loss"] < first[0]["loss"]
    with pytest.raises(TrainingError, match="does not fit"):
        run(Task(TINY, [task.sampler.images[0][0]], []), tmp_path / "third", start=tmp_path / "first" / BEST)
