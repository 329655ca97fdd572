"""Model versions and their files: making rows of manifests, finding weights, packing them for export."""

import hashlib
import json
import zipfile
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, get_args

from django.conf import settings
from django.db import transaction

from annotator.core.errors import InvalidInput, SquiggleError
from annotator.learning.models import ModelVersion, TrainingRun
from inference.protocol import Channels

MAX_WEIGHTS_BYTES = 2**30
"""Larger files are no weights of ours: nothing reads or sends them."""
COARSEST_MPP = 100


class WeightsTrouble(SquiggleError):
    """The weights of a version are missing or not what its row says."""

    code = "weights"
    status = 409


# --- what is shipped ----------------------------------------------------------------------------------------------


def register_models(folder: Path = settings.WEIGHTS_FOLDER) -> list[ModelVersion]:
    """Make a ModelVersion of each manifest in the folder of shipped weights; the first of its kind becomes active.

    Other weights under a known name are a new version, which takes the old one's place. Raises InvalidInput for a
    manifest that lacks a field, or bears the name of a project's own version.
    """
    return [_register_model(path) for path in sorted(folder.glob("*.json"))]


@transaction.atomic
def _register_model(path: Path) -> ModelVersion:
    manifest = json.loads(path.read_text())
    fields = _read_fields(manifest, path.name)
    name, sha256 = fields.pop("name"), fields.pop("sha256")
    namesakes = ModelVersion.objects.select_for_update().filter(name=name)
    if namesakes.exclude(project=None).exists():
        raise InvalidInput(f"A project's own version is called {name} already: give the shipped weights another name.")
    others = namesakes.exclude(sha256=sha256)
    kind = {"object_type": fields["object_type"], "stain": fields["stain"], "project": None}
    inherited = {"active": True} if others.filter(active=True).exists() else {}
    first = not ModelVersion.objects.filter(**kind, active=True).exists()
    others.update(replaced=True, active=False)
    model, _ = ModelVersion.objects.update_or_create(
        name=name,
        sha256=sha256,
        defaults={**fields, **inherited, "replaced": False},
        create_defaults={**fields, "name": name, "sha256": sha256, "active": first, **inherited},
    )
    return model


def _read_fields(manifest: dict[str, Any], where: str) -> dict[str, Any]:
    try:
        needed = ("name", "method", "object_type", "patch_px", "sha256", "licence")
        fields = {key: manifest[key] for key in needed}
    except KeyError as error:
        raise InvalidInput(f"The manifest {where} lacks the field {error}: export the weights again.") from None
    _check_scope(manifest, where)
    return fields | {
        "stain": manifest.get("stain") or "",
        "mpp": manifest.get("mpp"),
        "metrics": manifest.get("metrics", {}),
        "manifest": manifest,
    }


def _check_scope(manifest: dict[str, Any], where: str) -> None:
    """What the weights are made for; manifests of before these fields name neither."""
    scale, channels = manifest.get("mpp_range"), manifest.get("channels")
    if scale is not None and not _is_scale(scale):
        raise InvalidInput(
            f"The manifest {where} gives mpp_range as {str(scale)[:80]}: it takes the finest and the coarsest µm/px of the "
            f"slides that the weights are made for, above 0 and up to {COARSEST_MPP}; or null."
        )
    if channels is not None and channels not in get_args(Channels):
        known = ", ".join(get_args(Channels))
        raise InvalidInput(f"The manifest {where} gives channels as {str(channels)[:80]}: it takes {known}, or null.")


def _is_scale(scale: Any) -> bool:
    if not isinstance(scale, list) or len(scale) != 2 or any(type(mpp) not in (int, float) for mpp in scale):
        return False
    return 0 < scale[0] <= scale[1] <= COARSEST_MPP


# --- what was trained ---------------------------------------------------------------------------------------------


def add_trained_version(*, run: TrainingRun, manifest: dict[str, Any], name: str, sha256: str) -> ModelVersion:
    """Make a ModelVersion of a run's weights, once the file is there and is the one that the run tells of.

    Raises WeightsTrouble, or InvalidInput for a manifest that lacks a field or tells of something else.
    """
    fields = _read_fields(manifest, f"of {name}")
    told = {"name": name, "sha256": sha256, "object_type": run.object_type, "stain": run.stain, "method": run.method}
    for key, expected in told.items():
        if fields[key] != expected:
            raise InvalidInput(f"The manifest of {name} says {key} {fields[key]!r}, and the run {expected!r}.")
    version = ModelVersion(**fields, project=run.project, parent=run.base, run=run)
    check_weights(version)
    version.save()
    return version


# --- files --------------------------------------------------------------------------------------------------------


def weights_path(version: ModelVersion) -> Path:
    """Where its safetensors file lies: shipped weights and a project's own have a folder each."""
    folder = settings.WEIGHTS_FOLDER if version.project_id is None else settings.LEARNING_FOLDER / "weights"
    return folder / f"{version.name}.safetensors"


def check_weights(version: ModelVersion) -> Path:
    """The weights' file, read through and found to be what its row says. Raises WeightsTrouble in words."""
    if version.replaced:
        raise WeightsTrouble(f"Other weights called {version.name} were installed since: these are gone.")
    path = weights_path(version)
    try:
        if path.stat().st_size > MAX_WEIGHTS_BYTES:
            raise WeightsTrouble(f"The file of {version.name} is larger than {MAX_WEIGHTS_BYTES / 2**30:.0f} GiB.")
        with path.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise WeightsTrouble(
            f"The weights {version.name} cannot be read on the server ({error.strerror}): restore the file, or train anew."
        ) from None
    if found != version.sha256:
        raise WeightsTrouble(
            f"The file of {version.name} was altered or cut short: its sha256 is not the one that it was registered "
            "with. Restore the file, or train anew."
        )
    return path


def pack_version(version: ModelVersion) -> IO[bytes]:
    """A zip of the weights and their manifest, in a temporary file that is gone once closed. Raises WeightsTrouble."""
    path = check_weights(version)
    packed = TemporaryFile()  # noqa: SIM115 (the response closes it)
    with zipfile.ZipFile(packed, "w", compression=zipfile.ZIP_STORED) as archive:
        archive.write(path, f"{version.name}.safetensors")
        archive.writestr("manifest.json", json.dumps(version.manifest, indent=1, ensure_ascii=False) + "\n")
    packed.seek(0)
    return packed
