"""The bench's learner: NuClick's successor, trained for a fixed number of steps on the annotated regions alone."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from inference.checkpoints import Checkpoint, load_tensors, open_checkpoint
from inference.data.samples import LabelledImage
from inference.engines.torch import TorchEngine
from inference.methods.nuclick.networks import NETWORKS
from inference.methods.nuclick.recipe import RECIPES, Recipe
from inference.methods.nuclick.segmenter import NuclickSegmenter
from inference.methods.nuclick.task import Task
from inference.metrics.overlap import aji, dice, overlaps
from inference.training.loop import LAST, train
from inference.training.reliability import click_everything


@dataclass(frozen=True)
class Plan:
    """What every training of the bench has in common."""

    start: str | None
    """Weights that each training begins with; None: random ones."""
    samples: int
    batch: int
    crop_px: int
    """What the learner is shown, in training and when it is asked."""
    learning_rate: float

    def recipe(self, seed: int) -> Recipe:
        """Short: no corrections, for one click is measured, and an average over the last steps alone."""
        steps = -(-self.samples // self.batch)
        return replace(
            RECIPES["nucleus"],
            samples=self.samples,
            batch=self.batch,
            crop_px=self.crop_px,
            patch_px=self.crop_px,
            learning_rate=self.learning_rate,
            warmup_steps=max(1, steps // 10),
            ema=0.95,
            corrected_steps=0.0,
            corrupted_start=0.0,
            seed=seed,
        )


class Learner(NuclickSegmenter):
    """A network as a training leaves it, without weights on disk."""

    def __init__(self, network: torch.nn.Module, recipe: Recipe, *, threads: int) -> None:
        about: dict[str, Any] = {
            key: getattr(recipe, key) for key in ("object_type", "network", "mpp", "patch_px", "stain")
        }
        self.configure({"name": "learner", "method": "nuclick", **about})
        self.engine = TorchEngine(network, threads=threads)
        self.device = self.engine.device


def train_learner(plan: Plan, images: Sequence[LabelledImage], seed: int) -> dict[str, torch.Tensor]:
    """The averaged weights after the plan's last step; the same images and seed give the same."""
    recipe = plan.recipe(seed)
    start = start_of(plan)
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder)
        train(
            Task(recipe, images, ()), run, about={}, start=start.path if start else None, check_every=recipe.steps,
            say=lambda _: None,
        )  # fmt: skip
        tensors, _ = load_tensors(run / LAST)
    return {k.removeprefix("average."): v for k, v in tensors.items() if k.startswith("average.")}


def start_of(plan: Plan) -> Checkpoint | None:
    return open_checkpoint(plan.start) if plan.start else None


def open_learner(plan: Plan, tensors: dict[str, torch.Tensor], *, threads: int) -> Learner:
    recipe = plan.recipe(seed=1)
    network = NETWORKS[recipe.network]()
    network.load_state_dict(tensors)
    return Learner(network, recipe, threads=threads)


def measure(learner: Learner, images: Sequence[LabelledImage]) -> dict[str, dict[str, float]]:
    """AJI and Dice of each image by one click at each nucleus's centroid."""
    scores = {}
    for image in images:
        predicted = click_everything(learner, image)
        scores[image.id] = {
            "aji": aji(overlaps(image.labels, predicted)),
            "dice": dice(image.labels > 0, predicted > 0),
        }
    return scores


def mean_of(scores: dict[str, dict[str, float]], name: str) -> float:
    return float(np.mean([row[name] for row in scores.values()]))
