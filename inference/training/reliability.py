"""Are our masks as good to learn from as hand-drawn ones? (NuClick 5.3) The same U-Net is trained on both, and measured on
images whose truth it never saw.

Both see the same images: those that the click model was not trained on. They are tested on some that it was trained on, which
tells nothing of the U-Net.
"""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from inference.checkpoints import WEIGHTS_FOLDER, load_tensors, open_checkpoint
from inference.data.augment import (
    Warp,
    blur_sharpen_or_compress,
    random_affine,
    recolour,
    warp_labels,
    warp_pixels,
)
from inference.data.samples import DatasetError, LabelledImage, find_objects, open_dataset
from inference.data.simulate import signed_distance
from inference.evaluation.pointing import Pointing, point_at_all
from inference.evaluation.run import is_unseen
from inference.evaluation.scenes import Scene, ask
from inference.methods.base import Segmenter
from inference.methods.nuclick.segmenter import NuclickSegmenter
from inference.metrics.overlap import aji, dice, overlaps, panoptic
from inference.training.loop import LAST, train
from inference.training.unet import UNet, scale, segment

SOURCES = ("truth", "clicks")
SCORES = ("dice", "sq", "aji")


@dataclass(frozen=True)
class Recipe:
    samples: int = 8_000
    batch: int = 16
    optimiser: str = "AdamW"
    schedule: str = "cosine"
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    warmup_steps: int = 50
    gradient_clip: float = 1.0
    ema: float = 0.99
    crop_px: int = 128
    seed: int = 1

    @property
    def steps(self) -> int:
        return -(-self.samples // self.batch)


class Task:
    """The U-Net as the training loop sees it; the batches depend on the seed and the step alone, not on the labels."""

    def __init__(self, recipe: Recipe, images: Sequence[LabelledImage]) -> None:
        self.recipe, self.images = recipe, images

    def network(self) -> UNet:
        return UNet()

    def step_loss(self, network: UNet, step: int) -> Tensor:
        rng = np.random.default_rng([self.recipe.seed, step])
        crops = [self._crop(rng) for _ in range(self.recipe.batch)]
        pixels = recolour(np.stack([pixels for pixels, _ in crops]), rng)
        truth = torch.from_numpy(np.stack([targets(labels) for _, labels in crops]))
        logits = network(torch.from_numpy(scale(pixels)).permute(0, 3, 1, 2))
        inside = logits[:, 0].sigmoid()
        overlap = 2 * (inside * truth[:, 0]).sum() + 1
        return F.binary_cross_entropy_with_logits(logits, truth) + 1 - overlap / (inside.sum() + truth[:, 0].sum() + 1)

    def validate(self, network: UNet) -> dict[str, float]:
        """No choice of the best step is made: both trainings end at their last."""
        return {}

    def _crop(self, rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
        image, size = self.images[int(rng.integers(len(self.images)))], self.recipe.crop_px
        height, width = image.labels.shape
        centre = (rng.uniform(0, width), rng.uniform(0, height))
        affine = random_affine(centre, size, Warp((0.8, 1.25), 0), rng)
        pixels = blur_sharpen_or_compress(warp_pixels(image.pixels, affine, size), rng)
        return pixels, warp_labels(image.labels, affine, size)


def targets(labels: NDArray[np.uint16]) -> NDArray[np.float32]:
    """(2, H, W): inside of an object; within 1.5 px of where an object meets something else."""
    padded = np.pad(labels, 1, mode="edge").astype(np.int32)
    differs = np.zeros(labels.shape, bool)
    for dy, dx in ((0, 1), (2, 1), (1, 0), (1, 2)):
        differs |= padded[dy : dy + labels.shape[0], dx : dx + labels.shape[1]] != labels
    near = np.abs(signed_distance(differs)) < 1.5
    return np.stack([labels > 0, near & (labels > 0)]).astype(np.float32)


def measure_reliability(
    folder: Path,
    checkpoint: str,
    *,
    tested: int,
    changes: dict[str, Any],
    threads: int,
    weights: Path = WEIGHTS_FOLDER,
    say: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Scores of the U-Net by the source of its labels, and what clicks cost; DatasetError where images are too few."""
    dataset, manifest = open_dataset(folder), open_checkpoint(checkpoint, weights).manifest
    unseen = [i for i in dataset.ids if is_unseen(dataset, i, manifest)]
    seen = [i for i in dataset.ids if i not in unseen][:tested]
    if not unseen or not seen:
        raise DatasetError(
            f"“{checkpoint}” was trained on {'no' if not seen else 'every'} image of {folder}: some must be seen, to test on, "
            "and some unseen, to make masks of."
        )
    segmenter = NuclickSegmenter(checkpoint, threads=threads, folder=weights)
    true = [dataset.read(i) for i in unseen]
    clicked = [replace(image, labels=click_everything(segmenter, image)) for image in true]
    recipe = replace(Recipe(), **changes)
    test = [dataset.read(i) for i in seen]
    rows = {}
    for source, images in zip(SOURCES, (true, clicked), strict=True):
        rows[source] = score(trained(recipe, images, say), test)
        say(
            f"trained on {source}: "
            + ", ".join(f"{s} {np.mean([r[s] for r in rows[source].values()]):.3f}" for s in SCORES)
        )
    means = {source: {s: float(np.mean([r[s] for r in rows[source].values()])) for s in SCORES} for source in SOURCES}
    return {
        "dataset": dataset.name,
        "checkpoint": checkpoint,
        "images_to_learn_from": unseen,
        "images_tested": seen,
        "recipe": vars(recipe),
        "scores": means,
        "loss": {s: means["truth"][s] - means["clicks"][s] for s in SCORES},
        "per_image": rows,
    }


def click_everything(segmenter: Segmenter, image: LabelledImage) -> NDArray[np.uint16]:
    """The label image that one click at each object's centroid gives; where masks overlap, the stronger one has the pixel."""
    scene = Scene(image, mpp=image.mpp or segmenter.mpp)
    said = point_at_all(image, find_objects(image.labels), "nucleus", Pointing())
    points = np.array([each.point for each in said])
    labels, strongest = np.zeros(image.labels.shape, np.uint16), np.zeros(image.labels.shape, np.float32)
    for number, found in enumerate(ask(segmenter, scene, said, range(len(said)), points), start=1):
        won = found.inside & (found.probability > strongest[found.box])
        labels[found.box][won] = number
        strongest[found.box][won] = found.probability[won]
    return labels


def trained(recipe: Recipe, images: Sequence[LabelledImage], say: Callable[[str], None]) -> UNet:
    with tempfile.TemporaryDirectory() as folder:
        train(Task(recipe, images), Path(folder), about={}, check_every=100, say=say)
        tensors, _ = load_tensors(Path(folder) / LAST)
    network = UNet().eval()
    network.load_state_dict({k.removeprefix("average."): v for k, v in tensors.items() if k.startswith("average.")})
    return network


def score(network: UNet, images: Sequence[LabelledImage]) -> dict[str, dict[str, float]]:
    rows = {}
    for image in images:
        predicted = segment(network, image.pixels)
        pairs = overlaps(image.labels, predicted)
        foreground = dice(image.labels > 0, predicted > 0)
        rows[image.id] = {"dice": foreground, "sq": panoptic(pairs)[0], "aji": aji(pairs)}
    return rows


def as_table(report: dict[str, Any]) -> str:
    lines = [f"| U-Net trained on | {' | '.join(SCORES)} |", f"|---|{'---|' * len(SCORES)}"]
    lines += [
        f"| {source} | " + " | ".join(f"{report['scores'][source][s]:.3f}" for s in SCORES) + " |" for source in SOURCES
    ]
    lines.append("| lost by clicks | " + " | ".join(f"{report['loss'][s]:+.3f}" for s in SCORES) + " |")
    return "\n".join(lines)
