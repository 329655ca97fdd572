"""What weights are made for, as their manifest names it beside the stain: the scale and the channels that they learnt from.

`mpp_range`: [finest, coarsest] µm/px of the slides; None where the data do not state their scale. `channels`: see
inference.protocol.Channels; None where they are mixed or not known.
"""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from inference.checkpoints import Checkpoint
from inference.methods.nuclick.recipe import Recipe
from inference.protocol import Channels, SlideRef, count_channels

FINEST_MPP = 0.05
"""A finer slide is reduced to the network's scale before it is looked at, which loses nothing: down to what a light
microscope shows."""
COLOUR, ONE, SEVERAL = get_args(Channels)
FLUORESCENCE = "fluorescence"


def scope_of_slides(slides: Sequence[SlideRef], recipe: Recipe, base: Checkpoint | None) -> dict[str, Any]:
    """Of weights that learnt from these slides of one stain; what they began with they still know."""
    before = base.manifest if base else {}
    kinds = {_channels_of(slide, recipe.stain) for slide in slides}
    known = [float(mpp) for mpp in before.get("mpp_range") or ()]
    return {
        "mpp_range": _range([slide.mpp for slide in slides], recipe.scale, known),
        "channels": kinds.pop() if len(kinds) == 1 else before.get("channels"),
    }


def scope_of_images(data: Sequence[Mapping[str, Any]], recipe: Mapping[str, Any]) -> dict[str, Any]:
    """Of weights that learnt from these data sets, by their entries in the manifest and its recipe."""
    stated = [entry.get("mpp") for entry in data if entry["train_images"]]
    learnt_from = [float(mpp) for mpp in stated if mpp]
    return {
        "mpp_range": _range(learnt_from, recipe.get("scale", 1)) if all(stated) else None,
        "channels": ONE if recipe["stain"] == FLUORESCENCE else COLOUR,
    }


def _range(learnt_from: Sequence[float], scale: float, known: Sequence[float] = ()) -> list[float] | None:
    """Each object was also shown larger than it is, by up to the recipe's factor `scale`: as blurred as on a slide that
    much coarser."""
    if not learnt_from and not known:
        return None
    finest = min([FINEST_MPP, *learnt_from, *known])
    return [round(finest, 4), round(max([*(scale * each for each in learnt_from), *known]), 4)]


def _channels_of(slide: SlideRef, stain: str) -> str | None:
    """Fluorescence that is stored as colours may be anything."""
    count = count_channels(slide.style)
    if count == 0:
        return None if stain == FLUORESCENCE else COLOUR
    return ONE if count == 1 else SEVERAL
