"""A snapshot's manifest on disk: canonical JSON in a folder named by its sha256, written whole or not at all."""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

from django.conf import settings

from annotator.core.errors import SquiggleError, Unavailable

NAME = "manifest.json"
DRAFT_PREFIX = ".draft-"
DRAFT_LIFE_S = 24 * 3600
"""A draft this old belongs to a process that was killed."""


class ManifestDamaged(SquiggleError):
    """What lies in the snapshot's folder is not what was frozen."""

    code = "manifest_damaged"
    status = 409


def write_manifest(fields: Mapping[str, Any]) -> str:
    """Store the manifest and return its sha256. Iterators among the fields become lists, an item at a time.

    The same content always makes the same bytes, so writing it again changes nothing. Raises Unavailable where the disk
    refuses.
    """
    folder = _folder()
    draft = folder / f"{DRAFT_PREFIX}{uuid4().hex}"
    try:
        draft.mkdir(parents=True)
        _forget_old_drafts(folder)
        with (draft / NAME).open("wb") as file:
            sha256 = _write_canonical(file, fields)
            file.flush()
            os.fsync(file.fileno())
        (draft / NAME).chmod((draft / NAME).stat().st_mode & ~0o222)  # read-only, for whom the umask lets read
        _put_in_place(draft, folder / sha256)
    except OSError as error:
        raise Unavailable(
            f"The snapshot cannot be stored in {folder} ({error.strerror}): see to the disk, then try again."
        ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return sha256


def read_manifest(sha256: str) -> dict[str, Any]:
    """The manifest of this name. Raises ManifestDamaged where it is missing or says something else than it did."""
    path = _folder() / sha256 / NAME
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ManifestDamaged(
            f"The manifest of the snapshot {sha256[:12]} cannot be read ({error.strerror}): restore {path} from a backup."
        ) from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ManifestDamaged(
            f"The manifest of the snapshot {sha256[:12]} was altered after it was frozen, and is not used: restore {path} "
            "from a backup."
        )
    return json.loads(content)


def _folder() -> Path:
    return Path(settings.LEARNING_FOLDER) / "snapshots"


def _put_in_place(draft: Path, target: Path) -> None:
    """The folder under its name; where it is there already, only the same manifest once more, whole in any case."""
    try:
        os.replace(draft, target)
    except OSError:
        if not target.is_dir():
            raise
        os.replace(draft / NAME, target / NAME)
        _sync(target)
    _sync(target.parent)


def _sync(folder: Path) -> None:
    """A new name outlives a power cut only once its folder is on disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _forget_old_drafts(folder: Path) -> None:
    for draft in folder.glob(f"{DRAFT_PREFIX}*"):
        with suppress(FileNotFoundError):  # another process was quicker
            if draft.stat().st_mtime < time.time() - DRAFT_LIFE_S:
                shutil.rmtree(draft, ignore_errors=True)


def _write_canonical(file: BinaryIO, fields: Mapping[str, Any]) -> str:
    """Sorted keys, no spaces, UTF-8; never more than one item of an iterator in memory. Returns the sha256."""
    digest = hashlib.sha256()

    def put(text: str) -> None:
        content = text.encode()
        digest.update(content)
        file.write(content)

    for index, name in enumerate(sorted(fields)):
        put(f"{',' if index else '{'}{_dump(name)}:")
        value = fields[name]
        if isinstance(value, Iterator):
            put("[")
            for number, item in enumerate(value):
                put(("," if number else "") + _dump(item))
            put("]")
        else:
            put(_dump(value))
    put("}")
    return digest.hexdigest()


def _dump(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
