"""Weights on disk: safetensors with a JSON manifest beside them, named by content, never a pickle."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError, safe_open

from inference.folders import WEIGHTS as TRAINED_WEIGHTS

if TYPE_CHECKING:
    import torch

WEIGHTS_FOLDER = Path(os.environ.get("SQUIGGLE_WEIGHTS") or Path(__file__).parent / "weights")
"""The web side reads the manifests of the same folder."""
MANIFEST_KEYS = ("name", "method", "object_type", "stain", "mpp", "patch_px", "sha256", "data", "licence")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")


class CheckpointError(Exception):
    """Weights are missing, altered or do not fit; the message says which and what to do."""


@dataclass(frozen=True)
class Checkpoint:
    """One shipped set of weights, verified against its manifest."""

    name: str
    path: Path
    manifest: dict[str, Any]

    @property
    def sha256(self) -> str:
        return str(self.manifest["sha256"])

    def tensors(self) -> dict[str, torch.Tensor]:
        return load_tensors(self.path)[0]


def list_checkpoints(folder: Path = WEIGHTS_FOLDER) -> list[str]:
    return sorted(p.stem for p in folder.glob("*.json"))


def open_checkpoint(name: str, folder: Path | None = None) -> Checkpoint:
    """The weights called `name`, with their content checked against the manifest's sha256; without a folder the shipped
    ones, else those that a project's own training made.

    CheckpointError when the name is unknown, a file is missing, or the weights are not the ones described.
    """
    if not _NAME.fullmatch(name):
        raise CheckpointError(f"“{name[:100]}” is not a name for weights.")
    if folder is None:
        shipped = (WEIGHTS_FOLDER / f"{name}.json").is_file()
        folder = WEIGHTS_FOLDER if shipped or not (TRAINED_WEIGHTS / f"{name}.json").is_file() else TRAINED_WEIGHTS
    path, manifest_path = folder / f"{name}.safetensors", folder / f"{name}.json"
    if not manifest_path.is_file() or not path.is_file():
        known = ", ".join(list_checkpoints(folder)) or "none"
        raise CheckpointError(f"There are no weights called “{name}”; installed are: {known}.")
    manifest = read_manifest(manifest_path)
    if content_hash(path) != manifest["sha256"]:
        raise CheckpointError(
            f"{path.name} is altered or cut short: its content does not have the sha256 that {manifest_path.name} "
            "states. Restore the file from the repository."
        )
    return Checkpoint(name, path, manifest)


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest beside a weights file; CheckpointError when it is not JSON or lacks an entry."""
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise CheckpointError(f"The manifest {path.name} cannot be read: {error}.") from None
    missing = [key for key in MANIFEST_KEYS if key not in manifest]
    if missing:
        raise CheckpointError(f"The manifest {path.name} lacks: {', '.join(missing)}.")
    return manifest


def content_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def save_tensors(path: Path, tensors: Mapping[str, torch.Tensor], metadata: Mapping[str, str] | None = None) -> None:
    """Write all or nothing: a run that is killed here keeps its former file."""
    from safetensors.torch import save

    draft = path.with_suffix(".draft")
    # Not by save_file, which writes for its owner alone: who may read is the umask's to say.
    draft.write_bytes(save({k: v.detach().contiguous() for k, v in tensors.items()}, metadata=dict(metadata or {})))
    os.replace(draft, path)


def load_tensors(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """(tensors, metadata); CheckpointError when the file is cut short or not safetensors."""
    from safetensors.torch import load_file

    try:
        with safe_open(path, framework="pt") as file:
            metadata = dict(file.metadata() or {})
        return load_file(path), metadata
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path} cannot be read as safetensors: {error}.") from None


def write_weights(
    folder: Path, name: str, tensors: Mapping[str, torch.Tensor], manifest: Mapping[str, Any]
) -> Checkpoint:
    """Write `<name>.safetensors` and its manifest, whose sha256 is filled in."""
    if not _NAME.fullmatch(name):
        raise CheckpointError(f"“{name}” is not a name for weights: small letters, digits, points and hyphens.")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.safetensors"
    save_tensors(path, tensors)
    complete = {"name": name, **manifest, "sha256": content_hash(path)}
    write_json(folder / f"{name}.json", complete)
    return Checkpoint(name, path, complete)


def write_json(path: Path, content: object) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(draft, path)
