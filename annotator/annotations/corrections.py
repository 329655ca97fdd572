"""What waits behind the correction of an accepted object: all of it that a rejection, or a failure, brings back."""

from typing import Any, cast

from annotator.annotations.models import Annotation
from annotator.annotations.views import ObjectState

MASKS = ("geometry", "start")
"""Bytes in the row; hexadecimal where they wait."""
FIELDS = (
    "label_id", "model_version_id", "prompts", "score", "area_px", "centroid_x", "centroid_y", "place", *MASKS,
)  # fmt: skip


def set_aside(annotation: Annotation) -> None:
    """Keep what is accepted now, before the first question of a correction."""
    annotation.accepted_before = {name: _kept(annotation, name) for name in FIELDS}


def bring_back(annotation: Annotation) -> None:
    """Make the object what it was when it was set aside; only its turn and version go on."""
    kept = cast(dict[str, Any], annotation.accepted_before)
    for name in FIELDS:
        setattr(annotation, name, _unkept(name, kept[name]))
    annotation.state = ObjectState.ACCEPTED
    annotation.accepted_before = None
    annotation.covers = []


def read_settled(annotation: Annotation, *names: str) -> dict[str, Any]:
    """These FIELDS of an accepted object as they were accepted, whether a correction is under way or not."""
    kept = annotation.accepted_before
    return {name: getattr(annotation, name) if kept is None else _unkept(name, kept[name]) for name in names}


def shows_accepted_mask(annotation: Annotation) -> bool:
    """Whether no answer of this correction has brought another mask yet."""
    kept = annotation.accepted_before
    return kept is not None and kept["geometry"] == _kept(annotation, "geometry")


def _kept(annotation: Annotation, name: str) -> Any:
    value = getattr(annotation, name)
    return bytes(value).hex() if name in MASKS and value is not None else value


def _unkept(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in MASKS:
        return bytes.fromhex(value)
    return tuple(value) if name == "place" else value
