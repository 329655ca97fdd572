"""A snapshot's patches: cut from its slides into PNG files, each described and hashed in patches/index.json.

Every slide has a fixed grid of cells. A cell that holds an object's centroid, or meets a complete region, becomes one patch:
the cell and a margin, so that each object stands in one patch with all that the network is shown around it.
"""

import json
import os
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from math import floor
from pathlib import Path
from typing import Any
from uuid import UUID

import cv2
import numpy as np
import shapely
from numpy.typing import NDArray
from PIL import Image

from inference.checkpoints import content_hash
from inference.data.samples import LabelledImage, Shape, Turn, read_array
from inference.data.snapshot import (
    AcceptedObject,
    AnsweredTurn,
    Snapshot,
    SnapshotError,
    SnapshotSlide,
    canonical,
    hash_of,
)
from inference.geometry import pixels_inside
from inference.jobs import ShouldStop, alone_in, check
from inference.protocol import Polygon, Prompt, points_of
from inference.slide import SAME_SCALE, Patch, SlideReadError, read_patch

PATCHES, INDEX, DRAFT = "patches", "index.json", "cut.jsonl"
LAYERS = ("images", "labels", "known")
CELL_PX = 512
MARGIN_PX = {"nucleus": 64, "cell": 128, "gland": 256}
"""Half the patch that a network is shown; for glands, twice that."""
AROUND_UM = 2.5
"""So far around a labelled object it is known what is there; beyond, there may be objects that nobody has labelled."""
MOST_HIDDEN = 0.5
"""An object more of which lies under others is not pointed at: its label would not be its mask."""
SAME_OBJECT = 0.3
"""A proposal that shares so much of itself with an object was an attempt at this object."""
PNG_LEVEL = 3

Progress = Callable[[int, int], None]
Cell = tuple[int, int]
"""Column and row in the slide's grid."""
Row = Mapping[str, Any]
"""A patch as index.json describes it."""


class Patches:
    """All patches of a snapshot, cut and verified."""

    def __init__(self, snapshot: Snapshot, rows: Sequence[Row]) -> None:
        self.snapshot, self.rows, self.sha256 = snapshot, tuple(rows), hash_of(rows)
        self.folder = snapshot.folder / PATCHES

    def of_part(self, part: str) -> tuple[Row, ...]:
        """Those with an object to point at."""
        return tuple(row for row in self.rows if row["part"] == part and row["pointed"])

    def read(self, row: Row) -> LabelledImage:
        """A patch with what people said of its objects; DatasetError when a file is missing."""
        pixels, labels, known = (read_array(self.folder / layer / row["file"], None) for layer in LAYERS)
        labels = labels.astype(np.uint16)
        accepted = self.objects_in(row)
        return LabelledImage(
            id=row["file"].removesuffix(".png"),
            pixels=pixels,
            labels=labels,
            mpp=row["mpp"],
            known=known > 0,
            pointed=tuple(row["pointed"]),
            turns={label: turns_of(accepted[label], row) for label in row["pointed"]},
            rejected=attempts(labels, row["pointed"], [shape for _, shape in self.rejected_in(row)]),
        )

    def objects_in(self, row: Row) -> dict[int, AcceptedObject]:
        """By label."""
        return {int(label): self._objects[UUID(name)] for label, name in row["objects"].items()}

    def rejected_in(self, row: Row) -> list[tuple[Turn, Shape]]:
        """What was said, and the proposal that was turned down."""
        return self._rejected.get((row["slide"], *row["cell"]), [])

    @cached_property
    def _objects(self) -> dict[UUID, AcceptedObject]:
        return {accepted.id: accepted for accepted in self.snapshot.manifest.objects}

    @cached_property
    def _rejected(self) -> dict[tuple[int, int, int], list[tuple[Turn, Shape]]]:
        rows = {(row["slide"], *row["cell"]): row for row in self.rows}
        found = defaultdict(list)
        for proposal in self.snapshot.manifest.rejected:
            if proposal.polygons and proposal.prompts:
                slide = self.snapshot.slides[proposal.slide]
                place = (slide.id, *cell_of(outline_of(proposal.polygons), cell_px(slide, self.snapshot)))
                if row := rows.get(place):
                    said = turn_of(AnsweredTurn(prompts=proposal.prompts), (), row)
                    found[place].append((said, shape_of(proposal.polygons, row)))
        return dict(found)


# --- cutting ------------------------------------------------------------------------------------------------------


def cut_patches(
    snapshot: Snapshot, *, expected_sha256: str = "", progress: Progress, should_stop: ShouldStop
) -> Patches:
    """Cut what is not cut yet, verify every file, and describe all in index.json; told to stop, the next call goes on.

    SnapshotError when a slide is gone or another, a file was changed, or the patches are not the `expected` ones.
    """
    folder = snapshot.folder / PATCHES
    with alone_in(folder, should_stop):
        if not (folder / INDEX).is_file():
            cut_all(snapshot, folder, progress, should_stop)
    patches = Patches(snapshot, read_index(folder))
    if expected_sha256 and patches.sha256 != expected_sha256:
        raise SnapshotError(
            f"The patches of {snapshot.name} are not those that were cut first: a slide was replaced, or {folder / INDEX} was "
            "changed. Freeze the work again."
        )
    for row in patches.rows:
        check(should_stop)
        if not is_intact(folder, row):
            raise SnapshotError(
                f"The patch {row['file']} of {snapshot.name} is missing or was changed since it was cut. Delete {folder}: the "
                "next training cuts all of them again."
            )
    return patches


def cut_all(snapshot: Snapshot, folder: Path, progress: Progress, should_stop: ShouldStop) -> None:
    """Each patch is written whole, then noted; what is noted and intact is not cut again."""
    for layer in LAYERS:
        (folder / layer).mkdir(exist_ok=True)
    noted = {row["file"]: row for row in read_draft(folder / DRAFT) if is_intact(folder, row)}
    plan = [(slide, cell) for slide in snapshot.manifest.slides for cell in list_cells(slide, snapshot)]
    drawer = None
    rows = []
    with (folder / DRAFT).open("a", encoding="utf-8") as draft:
        for number, (slide, cell) in enumerate(plan):
            check(should_stop)
            progress(number, len(plan))
            row = noted.get(file_name(slide, cell))
            if row is None:
                if drawer is None or drawer.slide is not slide:
                    drawer = Drawer(slide, snapshot)
                row = write_patch(folder, drawer, cell)
                draft.write(json.dumps(row) + "\n")
                draft.flush()
            rows.append(row)
    progress(len(plan), len(plan))
    write_whole(folder / INDEX, lambda path: path.write_bytes(canonical(rows)))
    (folder / DRAFT).unlink()


def list_cells(slide: SnapshotSlide, snapshot: Snapshot) -> list[Cell]:
    """The cells with an object's centroid or a part of a complete region, row by row."""
    side, manifest = cell_px(slide, snapshot), snapshot.manifest
    cells = {cell_of(outline_of(o.polygons), side) for o in manifest.objects if o.slide == slide.id}
    for region in manifest.complete_regions:
        if region.slide == slide.id:
            x, y, width, height = region.box
            right, bottom = min(x + width, slide.ref.width), min(y + height, slide.ref.height)
            columns, rows = (range(floor(max(a, 0) / side), -floor(-b / side)) for a, b in ((x, right), (y, bottom)))
            cells |= {(column, row) for row in rows for column in columns}
    return sorted(cells, key=lambda cell: (cell[1], cell[0]))


class Drawer:
    """One slide's pixels and labels, patch by patch."""

    def __init__(self, slide: SnapshotSlide, snapshot: Snapshot) -> None:
        self.slide, self.manifest, self.side = slide, snapshot.manifest, cell_px(slide, snapshot)
        self.margin_px = MARGIN_PX[self.manifest.object_type]
        self.objects = [o for o in self.manifest.objects if o.slide == slide.id]
        self.outlines = [outline_of(o.polygons) for o in self.objects]
        self.cells = [cell_of(outline, self.side) for outline in self.outlines]
        self.tree = shapely.STRtree(self.outlines)
        self.complete = [r.box for r in self.manifest.complete_regions if r.slide == slide.id]

    def patch(self, cell: Cell) -> Patch:
        """SnapshotError when the slide cannot be read."""
        column, row = cell
        centre = ((column + 0.5) * self.side, (row + 0.5) * self.side)
        try:
            return read_patch(
                self.slide.ref, centre=centre, size_px=CELL_PX + 2 * self.margin_px, mpp=self.manifest.mpp
            )
        except SlideReadError as error:
            raise SnapshotError(
                f"The slide “{self.slide.name}” cannot be cut: {error} Bring the file back, or freeze the work without it."
            ) from error

    def draw(self, patch: Patch, cell: Cell) -> tuple[NDArray[np.uint16], dict[int, AcceptedObject], list[int]]:
        """(label image, objects by label, labels to point at). Smaller objects lie on top of larger ones; what the patch or
        other objects cut is a neighbour only."""
        size = len(patch.pixels)
        low, high = patch.to_level0(np.array([(0, 0), (size, size)]))
        view = shapely.box(*low, *high)
        met = [i for i in self.tree.query(view) if self.outlines[i].area > 0]
        met.sort(key=lambda i: (-self.outlines[i].area, self.objects[i].id))
        labels, drawn, whole = np.zeros((size, size), np.uint16), dict[int, AcceptedObject](), dict[int, int]()
        for index in met:
            mask, box = pixels_inside(to_image(self.objects[index].polygons, patch.to_patch), size, size)
            if mask.any():
                label = len(drawn) + 1
                labels[box][mask] = label
                drawn[label] = self.objects[index]
                if self.cells[index] == cell and shapely.covers(view, self.outlines[index]):
                    whole[label] = int(mask.sum())
        visible = np.bincount(labels.ravel(), minlength=len(drawn) + 1)
        pointed = [label for label, area in whole.items() if visible[label] > MOST_HIDDEN * area]
        return labels, {label: o for label, o in drawn.items() if visible[label]}, pointed

    def known(self, patch: Patch, labels: NDArray[np.uint16], mpp: float) -> NDArray[np.bool_]:
        distance = cv2.distanceTransform((labels == 0).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        known: NDArray[np.bool_] = distance <= AROUND_UM / mpp if labels.any() else labels > 0
        for x, y, width, height in self.complete:
            corners = np.array([(x, y), (x + width, y), (x + width, y + height), (x, y + height)])
            mask, box = pixels_inside([[patch.to_patch(corners)]], *labels.shape)
            known[box] |= mask
        return known


def write_patch(folder: Path, drawer: Drawer, cell: Cell) -> dict[str, Any]:
    """The three files of a patch, each whole or not at all, and its row."""
    patch, slide = drawer.patch(cell), drawer.slide
    mpp = slide.ref.mpp * patch.scale
    labels, objects, pointed = drawer.draw(patch, cell)
    known = drawer.known(patch, labels, mpp)
    name = file_name(slide, cell)
    layers: tuple[NDArray[Any], ...] = (patch.pixels, labels, known.astype(np.uint8) * 255)
    for layer, pixels in zip(LAYERS, layers, strict=True):
        save = partial(Image.fromarray(pixels).save, format="PNG", compress_level=PNG_LEVEL)
        write_whole(folder / layer / name, save)
    return {
        "file": name,
        "slide": slide.id,
        "part": slide.part,
        "group": slide.group,
        "cell": list(cell),
        "corner": list(patch.origin),
        "scale": patch.scale,
        "mpp": mpp,
        "objects": {str(label): str(accepted.id) for label, accepted in objects.items()},
        "pointed": pointed,
        "sha256": {layer: content_hash(folder / layer / name) for layer in LAYERS},
    }


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    draft = path.with_suffix(".draft")
    write(draft)
    os.replace(draft, path)


def read_index(folder: Path) -> list[Row]:
    try:
        rows: list[Row] = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SnapshotError(
            f"{folder / INDEX} cannot be read: {error}. Delete {folder}: the next training cuts all patches again."
        ) from None
    return rows


def read_draft(path: Path) -> list[Row]:
    """The rows that an interrupted cutting noted; its last line may be half a line."""
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        try:
            rows.append(json.loads(line))
        except ValueError:
            continue
    return rows


def is_intact(folder: Path, row: Row) -> bool:
    files = [(folder / layer / row["file"], row["sha256"][layer]) for layer in LAYERS]
    return all(path.is_file() and content_hash(path) == expected for path, expected in files)


def file_name(slide: SnapshotSlide, cell: Cell) -> str:
    return f"{slide.id}_{cell[0]}_{cell[1]}.png"


# --- places -------------------------------------------------------------------------------------------------------


def cell_px(slide: SnapshotSlide, snapshot: Snapshot) -> float:
    """A cell's side in level-0 px."""
    scale = snapshot.manifest.mpp / slide.ref.mpp
    return CELL_PX * (1.0 if abs(scale - 1) < SAME_SCALE else scale)


def cell_of(outline: Any, side: float) -> Cell:
    centroid = outline.centroid
    return floor(centroid.x / side), floor(centroid.y / side)


def outline_of(polygons: Sequence[Polygon]) -> Any:
    return shapely.MultiPolygon([(p.exterior, p.holes) for p in polygons])


def to_image(polygons: Sequence[Polygon], to_patch: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Shape:
    return tuple(tuple(to_patch(np.array(r, np.float64)) for r in (p.exterior, *p.holes)) for p in polygons)


def shape_of(polygons: Sequence[Polygon], row: Row) -> Shape:
    return to_image(polygons, lambda points: (points - row["corner"]) / row["scale"])


# --- what people said ---------------------------------------------------------------------------------------------


def turns_of(accepted: AcceptedObject, row: Row) -> tuple[Turn, ...]:
    """The turns that led to an object's mask; each that goes on where another ended corrects its answer."""
    asked = accepted.turns or (AnsweredTurn(prompts=accepted.prompts, start=accepted.start),)
    found = []
    for number, turn in enumerate(asked):
        last = asked[number - 1] if number else None
        goes_on = last is not None and last.answer and last.start == turn.start and follows(turn.prompts, last.prompts)
        before = last.answer if last and goes_on else turn.start
        if before or any(prompt.positive for prompt in turn.prompts):
            found.append(turn_of(turn, before, row))
    return tuple(t for t in found if t.strokes)


def follows(prompts: Sequence[Prompt], earlier: Sequence[Prompt]) -> bool:
    return len(prompts) > len(earlier) and tuple(prompts[: len(earlier)]) == tuple(earlier)


def turn_of(turn: AnsweredTurn, before: Sequence[Polygon], row: Row) -> Turn:
    strokes = [(np.array(points_of(prompt), np.float64) - row["corner"]) / row["scale"] for prompt in turn.prompts]
    return Turn(tuple(strokes), np.array([prompt.positive for prompt in turn.prompts], bool), shape_of(before, row))


def attempts(
    labels: NDArray[np.uint16], pointed: Sequence[int], rejected: Sequence[Shape]
) -> dict[int, tuple[Shape, ...]]:
    """The proposals that were turned down, by the object that they were attempts at."""
    found = defaultdict[int, list[Shape]](list)
    for shape in rejected:
        mask, box = pixels_inside(shape, *labels.shape)
        shared = np.bincount(labels[box][mask], minlength=1)
        shared[0] = 0
        label = int(shared.argmax())
        if label in pointed and shared[label] > SAME_OBJECT * mask.sum():
            found[label].append(shape)
    return {label: tuple(shapes) for label, shapes in found.items()}
