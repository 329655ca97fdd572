"""Which weights answer for an image: chosen as the product chooses, by the object's type and the stain."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inference.checkpoints import CheckpointError, list_checkpoints, open_checkpoint, read_manifest
from inference.data.samples import Dataset

STAINS = {
    "fluorescence": "fluorescence",
    "colour": "H&E",
    "grey_brightfield": "H&E",
    "rapid blood smear": "Romanowsky",
}
"""The stain by what dataset.json calls it; other names stand for themselves."""


@dataclass(frozen=True)
class Choice:
    name: str
    manifest: dict[str, Any]
    reason: str
    """In words."""


def stain_of(dataset: Dataset, image_id: str) -> str:
    """The stain of one image, from dataset.json's `kinds` or `stain`; H&E where neither is stated."""
    stated = dataset.info.get("kinds", {}).get(image_id) or dataset.info.get("stain") or "H&E"
    return STAINS.get(stated, str(stated))


def choose_weights(object_type: str, stain: str, folder: Path) -> Choice:
    """The installed weights of NuClick's successor for this type and stain, else for the type and another stain.

    CheckpointError when there are none for the type.
    """
    manifests = [read_manifest(folder / f"{name}.json") for name in list_checkpoints(folder)]
    fitting = [
        m
        for m in manifests
        if m["method"] == "nuclick" and m["object_type"] == object_type and m.get("network") != "paper"
    ]
    if not fitting:
        raise CheckpointError(
            f"No weights for objects of the type “{object_type}” are installed in {folder}; train and export some, or name "
            "others with --checkpoint."
        )
    best = min(fitting, key=lambda m: (m["stain"] != stain, m["name"]))
    exact = best["stain"] == stain
    reason = f"for {stain}" if exact else f"for {best['stain']}; none for {stain} are installed"
    return Choice(best["name"], best, reason)


def named_weights(name: str, folder: Path) -> Choice:
    """The weights that a person chose; CheckpointError when there are none of this name."""
    return Choice(name, open_checkpoint(name, folder).manifest, "named")
