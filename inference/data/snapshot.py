"""Frozen accepted work as the web side writes it: a manifest that its sha256 names. Opened, checked, never changed."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from inference.data.samples import DatasetError
from inference.folders import SNAPSHOTS
from inference.protocol import Polygon, Prompt, SlideRef

MANIFEST = "manifest.json"
_SHA256 = re.compile(r"[0-9a-f]{64}")

Part = Literal["training", "held_out"]


class SnapshotError(DatasetError):
    """A snapshot is missing, altered or cannot be cut; the message says which and what to do."""


class Entry(BaseModel):
    """Frozen; an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SnapshotSlide(Entry):
    id: int
    name: str
    group: str
    """Slides of one group (patient) never stand on both sides of the split."""
    part: Part
    version: str
    ref: SlideRef


class AnsweredTurn(Entry):
    """One question and its answer, on the way to the accepted mask."""

    prompts: tuple[Prompt, ...]
    start: tuple[Polygon, ...] = ()
    answer: tuple[Polygon, ...] = ()
    version: str | None = None
    """The weights that answered."""


class AcceptedObject(Entry):
    id: UUID
    slide: int
    label: int
    how: str | None = None
    """How it was accepted."""
    version: str | None = None
    """The weights that made its mask; None: drawn or imported."""
    polygons: tuple[Polygon, ...] = Field(min_length=1)
    prompts: tuple[Prompt, ...] = ()
    start: tuple[Polygon, ...] = ()
    turns: tuple[AnsweredTurn, ...] = ()


class RejectedProposal(Entry):
    slide: int
    label: int
    prompts: tuple[Prompt, ...] = ()
    polygons: tuple[Polygon, ...] = ()


class CompleteRegion(Entry):
    """Whatever is no object in here is background."""

    slide: int
    box: tuple[float, float, float, float]
    """x, y, width, height in level-0 px."""


class Manifest(Entry):
    format: Literal[1]
    object_type: str
    stain: str
    mpp: float = Field(gt=0)
    """Of the model to train."""
    labels: dict[int, str]
    slides: tuple[SnapshotSlide, ...]
    objects: tuple[AcceptedObject, ...]
    rejected: tuple[RejectedProposal, ...] = ()
    complete_regions: tuple[CompleteRegion, ...] = ()


class Snapshot:
    """A manifest, and the folder that it lies in."""

    def __init__(self, sha256: str, folder: Path, manifest: Manifest) -> None:
        self.sha256, self.folder, self.manifest = sha256, folder, manifest
        self.slides = {slide.id: slide for slide in manifest.slides}

    @property
    def name(self) -> str:
        return f"snapshot {self.sha256[:12]}"


def open_snapshot(sha256: str, snapshots: Path = SNAPSHOTS) -> Snapshot:
    """The snapshot of this name; SnapshotError when it is missing, altered, or leaks from one side of its split to the
    other."""
    if not _SHA256.fullmatch(sha256):  # it becomes a folder's name
        raise SnapshotError(f"“{sha256[:80]}” is no snapshot's name: 64 hexadecimal digits.")
    folder = snapshots / sha256
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SnapshotError(
            f"There is no snapshot {sha256[:12]} in {snapshots}. Do web side and training worker share this folder "
            "(SQUIGGLE_LEARNING)?"
        ) from None
    except (OSError, ValueError) as error:
        raise SnapshotError(f"{path} cannot be read: {error}. Freeze the work again.") from None
    if hash_of(content) != sha256:
        raise SnapshotError(
            f"{path} was changed: its content does not have the sha256 that names it. Freeze the work again."
        )
    try:
        manifest = Manifest.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SnapshotError(
            f"{path} is no manifest that this worker understands ({where}: {first['msg']}). Do web side and worker differ "
            "in version?"
        ) from None
    check_split(manifest)
    return Snapshot(sha256, folder, manifest)


def check_split(manifest: Manifest) -> None:
    """SnapshotError where a group stands on both sides, or something lies on a slide that is not listed."""
    parts: dict[str, str] = {}
    for slide in manifest.slides:
        if parts.setdefault(slide.group, slide.part) != slide.part:
            raise SnapshotError(
                f"The split leaks: slides of the group “{slide.group}” stand on both sides. A model would be measured on "
                "what it was trained on."
            )
    known = {slide.id for slide in manifest.slides}
    placed = [e.slide for entries in (manifest.objects, manifest.rejected, manifest.complete_regions) for e in entries]
    strange = set(placed) - known
    if strange:
        raise SnapshotError(f"The snapshot's manifest names slides that it does not list: {sorted(strange)[:5]}.")


def canonical(content: Any) -> bytes:
    """The one spelling of some JSON that is hashed."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def hash_of(content: Any) -> str:
    return hashlib.sha256(canonical(content)).hexdigest()
