"""Folders of labelled images: reading and checking them, splitting by patient, and finding the objects in them.

A folder holds `dataset.json`, `images/<id>.png|jpg` and `labels/<id>.png` (one integer per object, 0 = background).
"""

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from scipy import ndimage

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")

# Which part of an image's id names the patient; other data sets are grouped by their own "groups" entry, or by image.
PATIENT = {"monuseg": re.compile(r".{12}"), "glands": re.compile(r"ebhi_GT[A-Za-z]*\d+")}


Corner = tuple[int, int]
Shape = tuple[tuple[NDArray[np.float64], ...], ...]
"""Polygons: of each the exterior ring and its holes, as (N, 2) x, y in pixels of the image."""


class DatasetError(Exception):
    """A folder is not a data set; the message says what is missing and what to do."""


@dataclass(frozen=True)
class Turn:
    """What a person had said of an object when it was asked for, in pixels of the image."""

    strokes: tuple[NDArray[np.float64], ...]
    """Drawn lines as (N, 2) x, y; a click is a line of one point."""
    positive: NDArray[np.bool_]
    """One for each stroke."""
    before: Shape = ()
    """The mask that the last strokes corrected; empty: they said it all."""


@dataclass(frozen=True)
class LabelledImage:
    id: str
    pixels: NDArray[np.uint8]
    """(H, W, 3) RGB."""
    labels: NDArray[np.uint16]
    """(H, W), 0 = background."""
    mpp: float | None = None
    """µm per pixel, where it is known."""
    known: NDArray[np.bool_] | None = None
    """(H, W) where background is known to be background; None: everywhere."""
    pointed: tuple[int, ...] | None = None
    """The labels of the objects that may be pointed at; the others are neighbours only. None: all."""
    turns: Mapping[int, tuple[Turn, ...]] = field(default_factory=dict)
    """By label: what people really said, the first turn first."""
    rejected: Mapping[int, tuple[Shape, ...]] = field(default_factory=dict)
    """By label: masks that were proposed there and turned down."""


@dataclass(frozen=True)
class Objects:
    """The objects of one label image, one row each, in order of their label."""

    labels: NDArray[np.int64]
    centroids: NDArray[np.float64]
    """(N, 2) x, y in pixels; a pixel's centre lies at + 0.5."""
    inner_points: NDArray[np.float64]
    """(N, 2) the pixel nearest to the centroid that belongs to the object."""
    areas: NDArray[np.int64]
    boxes: tuple[tuple[slice, slice], ...]
    """(rows, columns) that the object spans."""

    def rows_of(self, image: LabelledImage) -> NDArray[np.int64]:
        """The rows that may be pointed at."""
        return np.flatnonzero(np.isin(self.labels, image.pointed) if image.pointed is not None else self.labels > 0)

    def mask(self, labels: NDArray[np.uint16], index: int, *, margin_px: int = 0) -> tuple[NDArray[np.bool_], Corner]:
        """Object `index` of `labels` in its own box, widened by `margin_px` (cut at the image's rim), and the box's
        upper left corner (x, y) in the image."""
        rows, columns = (slice(max(s.start - margin_px, 0), s.stop + margin_px) for s in self.boxes[index])
        return labels[rows, columns] == self.labels[index], (columns.start, rows.start)


@dataclass(frozen=True)
class Dataset:
    folder: Path
    info: dict[str, Any]
    ids: tuple[str, ...]

    @property
    def name(self) -> str:
        return str(self.info["name"])

    @property
    def mpp(self) -> float | None:
        value = self.info.get("mpp")
        return None if value is None else float(value)

    def of_kind(self, kind: str) -> tuple[str, ...]:
        """The ids of one kind, as dataset.json's `kinds` names them; DatasetError when there is none."""
        kinds = self.info.get("kinds", {})
        ids = tuple(i for i in self.ids if kinds.get(i) == kind)
        if not ids:
            known = ", ".join(sorted(set(kinds.values()))) or "none"
            raise DatasetError(f"{self.folder} has no image of kind “{kind}”; dataset.json names: {known}.")
        return ids

    def group_of(self, image_id: str) -> str:
        """Images of one group (patient) never stand on both sides of a split."""
        groups = self.info.get("groups")
        if isinstance(groups, dict) and image_id in groups:
            return str(groups[image_id])
        patient = PATIENT[self.name].match(image_id) if self.name in PATIENT else None
        return patient[0] if patient else image_id

    def source_of(self, image_id: str) -> str:
        """Where an image and its labels come from: its kind in dataset.json, else its id's part before an underscore, else
        the data set."""
        prefix, underscore, _ = image_id.partition("_")
        return str(self.info.get("kinds", {}).get(image_id) or (prefix if underscore else self.name))

    def read(self, image_id: str) -> LabelledImage:
        """One image and its labels; DatasetError when a file is missing, unreadable, or the sizes differ."""
        pixels = read_array(_image_path(self.folder, image_id), mode="RGB")
        labels = read_array(self.folder / "labels" / f"{image_id}.png", mode=None)
        if labels.ndim != 2:
            raise DatasetError(
                f"The label image of {image_id} in {self.folder} has colours; it needs one integer a pixel."
            )
        if labels.shape != pixels.shape[:2]:
            raise DatasetError(
                f"Image and labels of {image_id} in {self.folder} differ in size: {pixels.shape[:2]} and {labels.shape}."
            )
        return LabelledImage(image_id, pixels, labels.astype(np.uint16), self.mpp)


def open_dataset(folder: Path) -> Dataset:
    """Read `dataset.json` and list the images that have labels; DatasetError in words when that cannot be."""
    path = folder / "dataset.json"
    if not folder.is_dir():
        raise DatasetError(f"{folder} is not a folder.")
    try:
        info = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DatasetError(f"{folder} has no dataset.json; a data set needs one, with at least a name.") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path} is not valid JSON: {error}.") from None
    if not isinstance(info, dict) or not isinstance(info.get("name"), str):
        raise DatasetError(f"{path} needs an entry “name”.")
    if info.get("task", "instance") != "instance":
        raise DatasetError(f"{folder} holds labels for the task “{info['task']}”; one integer per object is needed.")
    _check_mpp(path, info.get("mpp"))
    ids = tuple(sorted(p.stem for p in (folder / "images").glob("*") if p.suffix.lower() in IMAGE_SUFFIXES))
    if not ids:
        raise DatasetError(f"{folder / 'images'} holds no image ({', '.join(IMAGE_SUFFIXES)}).")
    missing = [i for i in ids if not (folder / "labels" / f"{i}.png").is_file()]
    if missing:
        raise DatasetError(f"{len(missing)} images in {folder} have no labels/<id>.png, the first is {missing[0]}.")
    return Dataset(folder=folder, info=info, ids=ids)


def split_by_group(dataset: Dataset, ids: Sequence[str], *, validation_fraction: float) -> tuple[list[str], list[str]]:
    """(training, validation) ids: of each source whole groups, chosen by the hash of their name, the same on every machine."""
    chosen = set[str]()
    for source in {dataset.source_of(i) for i in ids}:
        groups = {dataset.group_of(i) for i in ids if dataset.source_of(i) == source}
        count = min(len(groups) - 1, math.ceil(validation_fraction * len(groups))) if len(groups) > 1 else 0
        chosen.update(sorted(groups, key=lambda g: _hash(f"{dataset.name}/{g}"))[:count])
    validation = [i for i in ids if dataset.group_of(i) in chosen]
    return [i for i in ids if dataset.group_of(i) not in chosen], validation


def find_objects(labels: NDArray[np.uint16]) -> Objects:
    """Centroid, inner point and area of each object of a label image."""
    found = ndimage.find_objects(labels)
    boxes = []
    rows: list[tuple[int, tuple[float, float], tuple[float, float], int]] = []
    for index, box in enumerate(found):
        if box is None:
            continue
        boxes.append(box)
        ys, xs = np.nonzero(labels[box] == index + 1)
        ys, xs = ys + box[0].start, xs + box[1].start
        cy, cx = ys.mean(), xs.mean()
        nearest = int(np.argmin((ys - cy) ** 2 + (xs - cx) ** 2))
        rows.append((index + 1, (cx + 0.5, cy + 0.5), (xs[nearest] + 0.5, ys[nearest] + 0.5), ys.size))
    return Objects(
        labels=np.array([r[0] for r in rows], dtype=np.int64),
        centroids=np.array([r[1] for r in rows], dtype=np.float64).reshape(-1, 2),
        inner_points=np.array([r[2] for r in rows], dtype=np.float64).reshape(-1, 2),
        areas=np.array([r[3] for r in rows], dtype=np.int64),
        boxes=tuple(boxes),
    )


def _image_path(folder: Path, image_id: str) -> Path:
    for suffix in IMAGE_SUFFIXES:
        path = folder / "images" / f"{image_id}{suffix}"
        if path.is_file():
            return path
    raise DatasetError(f"{folder / 'images'} holds no image named {image_id}.")


def read_array(path: Path, mode: str | None) -> NDArray[Any]:
    """The pixels of an image file, in another mode if one is named; DatasetError when it is missing or unreadable."""
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert(mode) if mode else image)
    except FileNotFoundError:
        raise DatasetError(f"{path} is missing.") from None
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise DatasetError(f"{path} cannot be read as an image: {error}.") from None


def _check_mpp(path: Path, value: object) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value <= 0:
        raise DatasetError(f"{path}: “mpp” must be a positive number or null, not {value!r}.")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
