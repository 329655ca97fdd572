"""Hyperparameters of every training: for each kind of object, and for the network as published."""

from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True)
class Recipe:
    """Everything that shapes a training run; stored in its folder and in the manifest of the weights.

    The values here are those of H&E nuclei. Clicks and exclusion follow NuClick, iterated clicks RITM (Sofiiuk et al. 2021).
    """

    object_type: Literal["nucleus", "cell", "gland"] = "nucleus"
    stain: str = "H&E"
    network: Literal["successor", "gland", "paper"] = "successor"
    samples: int = 100_000
    batch: int = 32
    optimiser: Literal["AdamW", "Adam"] = "AdamW"
    schedule: Literal["cosine", "constant"] = "cosine"
    learning_rate: float = 1e-3
    weight_decay: float = 0.02
    warmup_steps: int = 200
    gradient_clip: float = 1.0
    ema: float = 0.998
    patch_px: int = 128
    """What the product gives the network."""
    crop_px: int = 96
    """What a training step shows of it: nuclei are far smaller, and it costs half the time."""
    mpp: float = 0.25
    scale: float = 1.25
    """Objects are shown at up to this factor larger or smaller …"""
    scale_unknown: float = 1.6
    """… or this one, where the data set does not state its resolution."""
    shift_px: float = 3.0
    """Of what was pointed at from the middle of the patch, to each side."""
    exclusion: Literal["sometimes", "always"] = "sometimes"
    exclusion_none: float = 0.35
    exclusion_some: float = 0.30
    exclusion_anywhere: float = 0.40
    """Share of samples whose neighbours were clicked anywhere inside, not near their middle."""
    corrected_steps: float = 0.30
    """Share of steps with one or two corrections, each clicked on the network's own errors."""
    previous_dropped: float = 0.20
    corrupted_start: float = 0.12
    """Share of samples that start from a spoilt mask, as when an existing outline is corrected."""
    replayed: float = 0.5
    """Of the objects about which real people said something, so often they are shown with that."""
    mosaics: int = 0
    """Images put together from random ones, where the images hold one object each."""
    seed: int = 1

    @property
    def steps(self) -> int:
        return -(-self.samples // self.batch)


RECIPES = {
    "nucleus": Recipe(),
    "cell": Recipe(
        object_type="cell", stain="Romanowsky", patch_px=256, crop_px=160, batch=16, samples=10_000,
        scale_unknown=1.4, shift_px=6, mosaics=150,
    ),
    "gland": Recipe(
        object_type="gland", network="gland", patch_px=512, crop_px=512, mpp=0.62, batch=8, samples=10_000,
        scale=1.5, shift_px=24, exclusion_none=0.5, corrected_steps=0.25,
    ),
}  # fmt: skip


def as_published(recipe: Recipe) -> Recipe:
    """The paper's network and training on the same objects: one-pixel maps, exclusion always, no corrections, Adam at a
    constant 3e-3 with decay 5e-5, batches of 256, 64 and 16 (NuClick 4.2)."""
    return replace(
        recipe,
        network="paper",
        optimiser="Adam",
        schedule="constant",
        learning_rate=3e-3,
        weight_decay=5e-5,
        warmup_steps=0,
        ema=0.0,
        batch={"nucleus": 256, "cell": 64, "gland": 16}[recipe.object_type],
        crop_px=recipe.patch_px,
        exclusion="always",
        corrected_steps=0.0,
        corrupted_start=0.0,
    )
