"""From a frozen snapshot to measured weights: cut, train, measure, store. The same for the worker and the command line.

The held-out slides decide whether the new weights take over, so nothing here learns from them: which step was the best is
decided on a share of the training patients, kept apart for that.
"""

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from torch import Tensor

from inference.checkpoints import WEIGHTS_FOLDER, Checkpoint, load_tensors, open_checkpoint, write_weights
from inference.data.patches import Patches, Row, cut_patches
from inference.data.samples import DatasetError
from inference.data.snapshot import Snapshot, open_snapshot
from inference.evaluation.comparison import compare
from inference.evaluation.corrections import evenly
from inference.folders import RUNS, SNAPSHOTS, WEIGHTS
from inference.jobs import ShouldStop, Tell, alone_in, check
from inference.methods.nuclick.recipe import RECIPES, Recipe, as_published
from inference.methods.nuclick.segmenter import DEFAULT_THRESHOLD, NuclickSegmenter
from inference.methods.nuclick.task import Task
from inference.protocol import Trained, TrainRequest
from inference.training.loop import BEST, LOG, TrainingError, train
from inference.training.runs import current_commit, with_start
from inference.training.scope import scope_of_slides

METHODS = ("nuclick",)
CHOICE_SHARE = 0.15
"""Of the training patients (of one alone: of the patches), by which the best step is chosen."""
CHOICE_OBJECTS = 400
TRAINED_PATCHES = 1_000
"""So many are held in memory, about 2.5 MB each; evenly picked of more."""
CHECK_EVERY = 50
FINE_TUNING_RATE = 3e-4
"""Of learning, where the weights know the objects already: the more they may change, the more they forget."""
LEARNT_SHARE = 0.35
"""How far fine-tuned weights go from those they began with, against forgetting (WiSE-FT: Wortsman et al., CVPR 2022, who
propose a half). On training images, after 369 nuclei of another data set, 25, 35, 50 and 70 % of the way cost .002, .005,
.010 and .019 of the old one's IoU and gained .036, .045, .054 and .061 of the new one's."""
STRIDE_PX = 16
OWN_DATA = "the project's own data"


@dataclass(frozen=True)
class Split:
    """The training slides' patches."""

    training: tuple[Row, ...]
    choice: tuple[Row, ...]


def learn(
    request: TrainRequest,
    tell: Tell,
    should_stop: ShouldStop,
    *,
    threads: int,
    snapshots: Path = SNAPSHOTS,
    runs: Path = RUNS,
    weights: Path = WEIGHTS,
) -> Trained:
    """Make the weights that are asked for and measure them beside the rival. Told to stop, Stopped; asked for again, it goes
    on from the last checkpoint.

    DatasetError (also of the snapshot), CheckpointError, TrainingError and EvaluationError in words.
    """
    if request.method not in METHODS:
        raise TrainingError(f"“{request.method}” cannot be trained here; these can: {', '.join(METHODS)}.")
    snapshot = open_snapshot(request.snapshot, snapshots)
    if (snapshot.manifest.object_type, snapshot.manifest.stain) != (request.object_type, request.stain):
        raise TrainingError(
            f"The training is for {request.object_type} in {request.stain}, but its snapshot holds "
            f"{snapshot.manifest.object_type} in {snapshot.manifest.stain}."
        )
    patches = cut_patches(
        snapshot,
        expected_sha256=request.patches_sha256,
        progress=lambda done, total: tell("cutting", done, total),
        should_stop=should_stop,
    )
    base, rival = (find_weights(name, weights) if name else None for name in (request.base, request.rival))
    run = runs / str(request.job_id)
    with alone_in(run, should_stop):
        check(should_stop)
        about = train_on(patches, request, base, rival, run, tell, should_stop)
        made = draft(run, request, snapshot, about, base)
        measurement = compare(
            NuclickSegmenter(request.name, threads=threads, folder=made.path.parent),
            NuclickSegmenter(rival.name, threads=threads, folder=rival.path.parent) if rival else None,
            patches,
            names=(request.name, request.rival),
            pictures=run / "pictures",
            progress=lambda done, total: tell("measuring", done, total),
            should_stop=should_stop,
        )
        metrics = {**measurement["scores"]["candidate"], "command": measurement["command"]}
        found = write_weights(weights, request.name, made.tensors(), {**made.manifest, "metrics": metrics})
    return Trained(
        job_id=request.job_id,
        attempt=request.attempt,
        name=found.name,
        sha256=found.sha256,
        manifest=found.manifest,
        patches_sha256=patches.sha256,
        measurement=measurement,
    )


def find_weights(name: str, trained: Path) -> Checkpoint:
    """Those that trainings made, else those that are shipped; CheckpointError when there are none."""
    return open_checkpoint(name, trained if (trained / f"{name}.json").is_file() else WEIGHTS_FOLDER)


def train_on(
    patches: Patches,
    request: TrainRequest,
    base: Checkpoint | None,
    rival: Checkpoint | None,
    run: Path,
    tell: Tell,
    should_stop: ShouldStop,
) -> dict[str, Any]:
    """Train in the folder `run`; what its weights' manifest says of data and beginning, and the recipe."""
    split = split_training(patches)
    recipe = recipe_for(request, patches.snapshot, base, rival)
    data = [describe(patches.snapshot, split)]
    about: dict[str, Any] = {"data": data}
    if base:
        about["init"] = {"name": base.name, "sha256": base.sha256, "commit": base.manifest.get("commit")}
        about["data"] = with_start(data, base.manifest["data"])
    for line in describe_split(patches, split):
        tell("training", 0, recipe.steps, line=line)
    training = [patches.read(row) for row in pick(split.training, TRAINED_PATCHES)]
    most = max(1, CHOICE_OBJECTS // max(1, len(split.choice)))
    choice = [patches.read(row) for row in pick(split.choice, CHOICE_OBJECTS)]
    if (run / LOG).is_file():
        for line in (run / LOG).read_text(encoding="utf-8").splitlines():
            tell_row(tell, recipe, line)
    train(
        Task(recipe, training, choice, most),
        run,
        about=about,
        start=base.path if base else None,
        start_counts=base is not None,
        check_every=min(CHECK_EVERY, max(1, recipe.steps // 4)),
        should_stop=should_stop,
        watcher=Watcher(tell),
        say=lambda _: None,
    )
    if base and load_tensors(run / BEST)[1]["step"] == "0":
        tell(
            "training",
            recipe.steps,
            recipe.steps,
            line=f"No step was better than {base.name}, with which the training began, on the objects kept apart to choose by: "
            "the candidate is these weights as they were.",
        )
    return about | {"recipe": recipe}


class Watcher:
    """Hands the loop's steps and rows on."""

    def __init__(self, tell: Tell) -> None:
        self.tell, self.last = tell, (0, 0)

    def step(self, done: int, total: int) -> None:
        self.last = (done, total)
        self.tell("training", done, total)

    def row(self, row: Mapping[str, float]) -> None:
        self.tell("training", *self.last, row=row)


def tell_row(tell: Tell, recipe: Recipe, line: str) -> None:
    """A row of an earlier attempt, in case it was not heard."""
    try:
        row = json.loads(line)
    except ValueError:  # half a line; the loop leaves it out
        return
    tell("training", int(row["step"]), recipe.steps, row=row)


def split_training(patches: Patches) -> Split:
    """A share of the patients by which the best step is chosen, the same each time; DatasetError without any object."""
    rows = patches.of_part("training")
    if not rows:
        raise DatasetError("There is no accepted object on a training slide; accept some work there first.")
    groups = {row["group"] for row in rows}
    key: Callable[[Row], str] = (lambda row: row["group"]) if len(groups) > 1 else (lambda row: row["file"])
    keys = sorted({key(row) for row in rows}, key=lambda k: hashlib.sha256(k.encode()).hexdigest())
    chosen = set(keys[: min(len(keys) - 1, math.ceil(CHOICE_SHARE * len(keys)))])
    return Split(
        training=tuple(row for row in rows if key(row) not in chosen),
        choice=tuple(row for row in rows if key(row) in chosen),
    )


def pick(rows: Sequence[Row], most: int) -> list[Row]:
    return [rows[i] for i in evenly(len(rows), most)] if rows else []


def recipe_for(request: TrainRequest, snapshot: Snapshot, base: Checkpoint | None, rival: Checkpoint | None) -> Recipe:
    """The object type's recipe, with network and patch of the weights to begin with, else of those that answer now."""
    recipe, mpp = RECIPES[request.object_type], snapshot.manifest.mpp
    like = base or rival
    if like is not None:
        if like.manifest["method"] != request.method:
            raise TrainingError(f"“{like.name}” are weights of {like.manifest['method']}, not of {request.method}.")
        if like.manifest["network"] == "paper":
            recipe = as_published(recipe)
        shown = {k: v for k, v in like.manifest.get("recipe", {}).items() if k in ("crop_px", "shift_px")}
        recipe = replace(recipe, network=like.manifest["network"], patch_px=like.manifest["patch_px"], **shown)
    else:
        shown_um = recipe.patch_px * recipe.mpp
        side = max(STRIDE_PX, round(shown_um / mpp / STRIDE_PX) * STRIDE_PX)
        recipe = replace(recipe, patch_px=side, crop_px=min(recipe.crop_px, side))
    recipe = replace(recipe, stain=request.stain, mpp=mpp, samples=request.samples, seed=request.seed, mosaics=0)
    if base:
        recipe = replace(recipe, learning_rate=min(FINE_TUNING_RATE, recipe.learning_rate))
    return replace(recipe, warmup_steps=min(recipe.warmup_steps, recipe.steps // 10))


def describe(snapshot: Snapshot, split: Split) -> dict[str, Any]:
    """What the manifest says of the snapshot, as of any data set."""
    return {
        "name": snapshot.name,
        "title": "Accepted work of a project, frozen",
        "licence": OWN_DATA,
        "citation": "not stated",
        "train_images": [row["file"].removesuffix(".png") for row in split.training],
        "validation_images": [row["file"].removesuffix(".png") for row in split.choice],
    }


def describe_split(patches: Patches, split: Split) -> list[str]:
    parts = (split.training, split.choice, patches.of_part("held_out"))
    learnt, chosen, held_out = (sum(len(row["pointed"]) for row in rows) for rows in parts)
    lines = [f"{learnt} objects to learn from, {chosen} to choose the best step by, {held_out} held out to measure on."]
    pointed = learnt + chosen + held_out
    if left_out := len(patches.snapshot.manifest.objects) - pointed:
        lines.append(
            f"{left_out} accepted objects are not asked for: larger than a patch, or mostly hidden under others."
        )
    if len(split.training) > TRAINED_PATCHES:
        lines.append(
            f"Of {len(split.training)} patches {TRAINED_PATCHES} are used, evenly picked: more do not fit in memory."
        )
    return lines


def draft(
    run: Path, request: TrainRequest, snapshot: Snapshot, about: Mapping[str, Any], base: Checkpoint | None
) -> Checkpoint:
    """The weights that the run leads to, with all of the manifest but what is still to be measured."""
    tensors, metadata = load_tensors(run / BEST)
    if base:
        tensors = between(base.tensors(), tensors, LEARNT_SHARE)
    recipe: Recipe = about["recipe"]
    manifest = {
        "method": request.method,
        "object_type": recipe.object_type,
        "stain": recipe.stain,
        "network": recipe.network,
        "mpp": recipe.mpp,
        **scope_of_slides([s.ref for s in snapshot.manifest.slides if s.part == "training"], recipe, base),
        "patch_px": recipe.patch_px,
        "threshold": base.manifest.get("threshold", DEFAULT_THRESHOLD) if base else DEFAULT_THRESHOLD,
        "mirrored": bool(base and base.manifest.get("mirrored")),
        "licence": base.manifest["licence"] if base else OWN_DATA,
        "data": about["data"],
        **({"init": about["init"]} if base else {}),
        "snapshot": snapshot.sha256,
        "run": str(request.job_id),
        "recipe": vars(recipe)
        | {"samples_seen": int(metadata["step"]) * recipe.batch}
        | ({"learnt_share": LEARNT_SHARE} if base else {}),
        "commit": current_commit(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return write_weights(run / "draft", request.name, tensors, manifest)


def between(before: Mapping[str, Tensor], after: Mapping[str, Tensor], share: float) -> dict[str, Tensor]:
    """`before` + share · (`after` − `before`), batch-norm statistics included; counters as they are after."""
    return {
        name: before[name].lerp(value, share) if value.dtype.is_floating_point else value
        for name, value in after.items()
    }
