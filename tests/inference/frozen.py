"""Small snapshots for tests: labelled images as slides, their objects accepted, the manifest as the web side writes it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference.data.samples import find_objects
from inference.data.snapshot import canonical, hash_of
from inference.geometry import outline

NUMBERS = uuid.UUID("00000000-0000-0000-0000-00000000f00d")


@dataclass
class FrozenSlide:
    pixels: NDArray[np.uint8]
    labels: NDArray[np.uint16]
    part: str = "training"
    group: str = ""
    mpp: float = 0.25
    complete: list[tuple[float, float, float, float]] = field(default_factory=list)


def freeze(
    folder: Path, slides: Sequence[FrozenSlide], *, changes: Mapping[str, Any] | None = None, **entries: Any
) -> str:
    """Write slides and manifest below `folder`; the snapshot's sha256. `changes`: of every object."""
    listed, objects, regions = [], [], []
    (folder / "slides").mkdir(parents=True, exist_ok=True)
    for number, slide in enumerate(slides, start=1):
        path = folder / "slides" / f"{number}.png"
        Image.fromarray(slide.pixels).save(path)
        height, width = slide.labels.shape
        listed.append(
            {
                "id": number,
                "name": path.name,
                "group": slide.group or f"slide:{number}",
                "part": slide.part,
                "version": "1",
                "ref": {"path": str(path), "mpp": slide.mpp, "width": width, "height": height, "style": {"icc": False}},
            }
        )
        objects += [accepted(number, int(label), slide.labels) for label in find_objects(slide.labels).labels]
        regions += [{"slide": number, "box": list(box)} for box in slide.complete]
    manifest = {
        "format": 1,
        "object_type": "nucleus",
        "stain": "H&E",
        "mpp": 0.25,
        "labels": {"1": "Tumour", "2": "Other"},
        "slides": listed,
        "objects": sorted(({**o, **(changes or {})} for o in objects), key=lambda o: o["id"]),
        "rejected": [],
        "complete_regions": regions,
        **entries,
    }
    return write(folder / "snapshots", manifest)


def write(snapshots: Path, manifest: Mapping[str, Any]) -> str:
    sha256 = hash_of(manifest)
    (snapshots / sha256).mkdir(parents=True, exist_ok=True)
    (snapshots / sha256 / "manifest.json").write_bytes(canonical(manifest))
    return sha256


def accepted(slide: int, label: int, labels: NDArray[np.uint16]) -> dict[str, Any]:
    """An object that was clicked at its middle and accepted as it came."""
    polygons = [p.model_dump(mode="json") for p in outline((labels == label).astype(np.float32), 0.5, np.asarray)]
    ys, xs = np.nonzero(labels == label)
    click = {"kind": "click", "x": float(xs.mean()) + 0.5, "y": float(ys.mean()) + 0.5, "positive": True}
    return {
        "id": str(uuid.uuid5(NUMBERS, f"{slide}/{label}")),
        "slide": slide,
        "label": 1 + label % 2,
        "how": "key",
        "version": "some-weights",
        "polygons": polygons,
        "prompts": [click],
        "start": [],
        "turns": [{"prompts": [click], "start": [], "answer": polygons, "version": "some-weights"}],
    }
