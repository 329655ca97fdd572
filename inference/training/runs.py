"""From folders of labelled images to a training run, and from a run to shipped weights."""

import json
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inference.checkpoints import WEIGHTS_FOLDER, Checkpoint, load_tensors, open_checkpoint, write_weights
from inference.data.samples import Dataset, DatasetError, LabelledImage, open_dataset, split_by_group
from inference.evaluation.run import Settings, evaluate_folder
from inference.methods.nuclick.recipe import RECIPES, as_published
from inference.methods.nuclick.segmenter import DEFAULT_THRESHOLD
from inference.methods.nuclick.task import Task
from inference.training.loop import BEST, SETTINGS, TrainingError, train
from inference.training.scope import scope_of_images

VALIDATION_FRACTION = 0.2


def train_nuclick(
    *,
    folders: Sequence[Path],
    run: Path,
    object_type: str,
    changes: dict[str, Any],
    published: bool = False,
    kind: str | None = None,
    init: str | None = None,
    check_every: int = 250,
    say: Callable[[str], None] = print,
) -> None:
    """Train NuClick on the training share of each folder; `changes` replace entries of the object type's recipe.

    published: the paper's network and training instead of the successor's. kind: only these images of the data sets that
    name kinds. init: shipped weights to start from; their training and validation images stay what they were.

    DatasetError for a folder that cannot be used, TrainingError for a run folder that holds something else.
    """
    recipe = RECIPES[object_type]
    recipe = replace(as_published(recipe) if published else recipe, **changes)
    data, training, validation = [], list[LabelledImage](), list[LabelledImage]()
    for dataset in map(open_dataset, folders):
        ids = dataset.of_kind(kind) if kind and "kinds" in dataset.info else dataset.ids
        train_ids, validation_ids = split_by_group(dataset, ids, validation_fraction=VALIDATION_FRACTION)
        training += [dataset.read(i) for i in train_ids]
        validation += [dataset.read(i) for i in validation_ids]
        data.append(describe(dataset, train_ids, validation_ids))
        say(f"{dataset.name}: {len(train_ids)} images to train on, {len(validation_ids)} to validate on")
    if not any(image.labels.any() for image in training):
        raise DatasetError("There is no labelled object to train on, once every fifth patient is kept for validation.")
    about: dict[str, Any] = {"data": data}
    start = None
    if init:
        found = open_checkpoint(init)
        start, about["init"] = found.path, {"name": init, "sha256": found.sha256, "commit": found.manifest["commit"]}
        about["data"] = with_start(data, found.manifest["data"])
    train(Task(recipe, training, validation), run, about=about, start=start, check_every=check_every, say=say)


def describe(dataset: Dataset, train_ids: list[str], validation_ids: list[str]) -> dict[str, Any]:
    """What a manifest says of one data set."""
    return {
        "name": dataset.name,
        "title": dataset.info.get("title", dataset.name),
        "licence": dataset.info.get("licence", "not stated"),
        "citation": dataset.info.get("cite", "not stated"),
        "mpp": dataset.mpp,
        "train_images": train_ids,
        "validation_images": validation_ids,
    }


def with_start(data: Sequence[dict[str, Any]], started: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What weights have seen that began with others: the images of both, so that none is taken for unseen later."""
    entries = {entry["name"]: entry for entry in data}
    for before in started:
        entry = entries.get(before["name"], before | {"train_images": [], "validation_images": []})
        seen = {*entry["train_images"], *before["train_images"]}
        known = {*entry["validation_images"], *before["validation_images"]} - seen
        entries[before["name"]] = entry | {"train_images": sorted(seen), "validation_images": sorted(known)}
    return list(entries.values())


def export_run(
    *,
    run: Path,
    name: str,
    folder: Path,
    licence: str,
    threads: int,
    kind: str | None = None,
    mirrored: bool = False,
    weights: Path = WEIGHTS_FOLDER,
    say: Callable[[str], None] = print,
) -> Checkpoint:
    """Ship a run's best averaged weights: measured on `folder`'s validation images (of one kind) first, then written with
    a manifest. mirrored: they are asked about each patch and its mirror image."""
    if not (run / BEST).is_file():
        raise TrainingError(f"{run} holds no {BEST}: train at least until the first validation.")
    settings = json.loads((run / SETTINGS).read_text(encoding="utf-8"))
    tensors, metadata = load_tensors(run / BEST)
    manifest = {
        "method": "nuclick",
        **{key: settings["recipe"][key] for key in ("object_type", "stain", "network", "mpp", "patch_px")},
        **scope_of_images(settings["data"], settings["recipe"]),
        "threshold": DEFAULT_THRESHOLD,
        "mirrored": mirrored,
        "licence": licence,
        "data": settings["data"],
        **({"init": settings["init"]} if "init" in settings else {}),
        "recipe": settings["recipe"] | {"samples_seen": int(metadata["step"]) * settings["recipe"]["batch"]},
        "commit": current_commit(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    with tempfile.TemporaryDirectory() as draft:
        write_weights(Path(draft), name, tensors, manifest)
        measured = Settings(object_type=manifest["object_type"], kind=kind)
        report = evaluate_folder(folder, measured, checkpoint=name, threads=threads, weights=Path(draft), say=say)
    report.pop("per_image")
    of_kind = f" --kind {kind}" if kind else ""
    command = f"python -m inference evaluate nuclick --data {folder.name}{of_kind} --checkpoint {name}"
    return write_weights(weights, name, tensors, {**manifest, "metrics": {**report, "command": command}})


def current_commit() -> str:
    """The code's commit, or "unknown" outside a checkout."""
    answer = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True, check=False
    )
    return answer.stdout.strip() or "unknown"
