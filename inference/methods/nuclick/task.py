"""NuClick as the training loop sees it: a network, the loss of a step, and the score on the validation images."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from inference.data.mosaic import mosaic
from inference.data.samples import LabelledImage, find_objects
from inference.methods.nuclick.losses import paper_loss, successor_loss, targets
from inference.methods.nuclick.networks import NETWORKS
from inference.methods.nuclick.recipe import Recipe
from inference.methods.nuclick.sampling import Batch, Sampler, autocast, correct_batch, held_out_batch

VALIDATED_PIXELS = 50 * 128 * 128
"""In one pass of the network: memory stays small."""


class Task:
    def __init__(
        self,
        recipe: Recipe,
        training: Sequence[LabelledImage],
        validation: Sequence[LabelledImage],
        objects_per_image: int = 60,
    ) -> None:
        self.recipe = recipe
        rng = np.random.default_rng([recipe.seed, 2])
        together = [mosaic(training, rng) for _ in range(recipe.mosaics)]
        self.sampler = Sampler([*training, *together], recipe)
        pointed = [image for image in validation if len(find_objects(image.labels).rows_of(image))]
        self.held_out = [held_out_batch(image, recipe, objects_per_image) for image in pointed]

    def network(self) -> nn.Module:
        return NETWORKS[self.recipe.network]()

    def step_loss(self, network: nn.Module, step: int) -> Tensor:
        batch = self.sampler.batch(step)
        correct_batch(network, batch, step, self.recipe)
        with autocast():
            output = network(batch.inputs())
        return paper_loss(output, batch) if self.recipe.network == "paper" else successor_loss(output, targets(batch))

    def validate(self, network: nn.Module) -> dict[str, float]:
        """Mean IoU after the first click or line, exclusion on: over the objects of each image, then over images."""
        scores = [iou_at_1(network, batch) for batch in self.held_out]
        return {"iou_at_1": float(np.mean(scores))} if scores else {}


def iou_at_1(network: nn.Module, batch: Batch) -> float:
    part = max(1, VALIDATED_PIXELS // batch.truth[0].size)
    with torch.inference_mode(), autocast():
        predicted = torch.cat([network(rows)[:, 0] > 0 for rows in batch.inputs().split(part)]).numpy()
    if batch.known is not None:
        predicted &= batch.known
    overlap = (predicted & batch.truth).sum((1, 2))
    return float((overlap / (predicted | batch.truth).sum((1, 2))).mean())
