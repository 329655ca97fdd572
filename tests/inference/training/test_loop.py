"""Twenty steps on small blobs: the loss falls, and an interrupted run ends exactly where an unbroken one does."""

import dataclasses
import itertools
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from inference.checkpoints import load_tensors
from inference.data.samples import open_dataset
from inference.methods.nuclick.network import SuccessorNetwork
from inference.methods.nuclick.recipe import Recipe, Sampler, Task, corrupt, targets
from inference.training.loop import BEST, LAST, LOG, TrainingError, schedule, train

TINY = Recipe(samples=80, batch=4, patch_px=64, warmup_steps=4, ema=0.8, learning_rate=3e-3)


class SmallTask(Task):
    def network(self) -> SuccessorNetwork:
        return SuccessorNetwork(widths=(8, 8, 16, 16), detail=8)


@pytest.fixture(scope="module")
def task(dataset_folder: Path) -> SmallTask:
    dataset = open_dataset(dataset_folder)
    images = [dataset.read(i) for i in dataset.ids]
    return SmallTask(TINY, images[:4], images[4:], objects_per_image=6)


def run(task: Task, folder: Path, **options: int) -> list[dict[str, float]]:
    train(task, folder, about={"data": []}, check_every=5, say=lambda line: None, **options)
    return [json.loads(line) for line in (folder / LOG).read_text().splitlines()]


def test_train_when_interrupted_ends_as_an_unbroken_run(task: SmallTask, tmp_path: Path) -> None:
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


def test_batch_when_drawn_twice_is_the_same_and_differs_between_steps(task: SmallTask) -> None:
    sampler = Sampler([pair[0] for pair in task.sampler.images], TINY)
    first, again, other = sampler.batch(3), sampler.batch(3), sampler.batch(4)
    assert torch.equal(first.inputs(), again.inputs())
    assert not torch.equal(first.inputs(), other.inputs())
    assert first.truth.any(axis=(1, 2)).all()
    assert not (first.truth & first.others).any()
    for told, truth in zip(first.guidance, first.truth, strict=True):
        columns, rows = np.floor(told.exclusion).astype(int).T
        assert not truth[rows, columns].any()


def test_targets_when_made_have_weights_of_mean_one_and_bounded_distances(task: SmallTask) -> None:
    truth = targets(task.sampler.batch(1))
    assert truth.weight.mean(dim=(1, 2)).numpy() == pytest.approx(1, abs=1e-4)
    assert truth.distance.abs().max() <= 1
    assert ((truth.distance > 0) == (truth.mask > 0)).all()


def test_corrupt_when_drawn_often_spoils_but_keeps_the_object_in_sight() -> None:
    truth, others = np.zeros((40, 40), bool), np.zeros((40, 40), bool)
    truth[10:25, 10:25] = True
    others[10:25, 26:35] = True
    rng = np.random.default_rng(1)
    spoilt = [corrupt(truth, others, rng) for _ in range(40)]
    assert sum((s != truth).any() for s in spoilt) > 30
    assert any((s & others).any() for s in spoilt)
    assert all((s & truth).any() for s in spoilt)
