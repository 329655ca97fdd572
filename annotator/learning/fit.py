"""Whether a slide is what a model was made for, by what the model's manifest names: stain, scale and channels.

The one place that judges it: pages show these words. What a manifest does not name is not judged.
"""

from collections.abc import Sequence
from typing import Any

from annotator.slides.models import Slide
from annotator.slides.stains import Stain
from inference.protocol import count_channels

SAME_SCALE = 0.02
"""Relative: 0.2527 µm/px is what 0.25 was meant to be."""
CHANNELS = {"colour": "colours", "one": "a single grey channel", "several": "several channels in one picture"}


def warn(model: Any, slide: Slide) -> str:
    """In words what the model was made for and what this slide is, where these differ; else empty.

    model: a row of `list_models`, with what its manifest names.
    """
    stain = _stain(model, slide)
    # Another stain has other channels: that need not be said as well.
    parts = [part for part in (stain, _scale(model, slide), None if stain else _channels(model, slide)) if part]
    if not parts:
        return ""
    made_for, found = zip(*parts, strict=True)
    return f"Made for {', '.join(made_for)}; this slide {' and '.join(found)}."


def find_fitting(models: Sequence[Any], *, object_type: str, slide: Slide, first: int | None) -> int | None:
    """The id of a model for the type that was made for such slides, `first` before all others; None where there is none."""
    fitting = [model.pk for model in models if model.object_type == object_type and not warn(model, slide)]
    return first if first in fitting else next(iter(fitting), None)


def _stain(model: Any, slide: Slide) -> tuple[str, str] | None:
    if model.stain in {slide.stain, ""}:
        return None
    made_for = "other stains" if model.stain == Stain.OTHER else model.stain
    return made_for, "is of another stain" if slide.stain == Stain.OTHER else f"is {slide.stain}"


def _scale(model: Any, slide: Slide) -> tuple[str, str] | None:
    if not model.mpp_range:
        return None
    finest, coarsest = model.mpp_range
    if finest * (1 - SAME_SCALE) <= slide.mpp <= coarsest * (1 + SAME_SCALE):
        return None
    return f"{finest:g} to {coarsest:g} µm/px", f"has {slide.mpp:.3g} µm/px"


def _channels(model: Any, slide: Slide) -> tuple[str, str] | None:
    count = count_channels(slide.style)
    if count == 0 and slide.stain == Stain.FLUORESCENCE:
        return None  # stored as colours, it may be anything
    found = "colour" if count == 0 else "one" if count == 1 else "several"
    if not model.channels or model.channels == found:
        return None
    return CHANNELS[model.channels], f"shows {f'{count} channels in one picture' if count > 1 else CHANNELS[found]}"
