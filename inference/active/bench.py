"""Does choosing regions pay? Annotation and training are played through, round by round, for each policy and seed.

A run is a folder: each training's result is kept, and the command goes on where it stopped.
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.active.annotator import Annotation, annotate
from inference.active.learner import Learner, Plan, mean_of, measure, open_learner, start_of, train_learner
from inference.active.looks import Look, look, margin_px
from inference.active.policies import STRATEGIES, Indices, Strategy, candidates, choose, pick_random
from inference.active.tissue import is_dark_ground
from inference.checkpoints import load_tensors, open_checkpoint, save_tensors, write_json
from inference.data.samples import Dataset, DatasetError, LabelledImage, open_dataset, split_by_group
from inference.evaluation import EvaluationError
from inference.evaluation.run import is_unseen
from inference.evaluation.scenes import Scene
from inference.methods.base import Frame, Segmenter
from inference.methods.nuclick.segmenter import NuclickSegmenter
from inference.training.loop import claim_folder
from inference.training.runs import VALIDATION_FRACTION

Say = Callable[[str], None]
FIRST, FULL = "first", "full"
"""The trainings that all strategies of a seed share: on the first regions, and on the whole pool."""


@dataclass(frozen=True)
class Settings:
    """What is played through."""

    strategies: tuple[Strategy, ...]
    rounds: int
    """Points of each curve; each round has twice the regions of the one before."""
    seeds: int
    annotator: str
    """Weights of the click model that makes the masks."""
    plan: Plan
    kind: str | None = None
    first: int = 4
    """Regions of the first round, stratified random for all strategies."""
    region_px: int = 256
    test_images: int | None = None
    """Of the validation images, evenly picked; None: all."""


@dataclass(frozen=True)
class Region:
    image: str
    x: int
    y: int
    side: int

    @property
    def box(self) -> tuple[slice, slice]:
        return slice(self.y, self.y + self.side), slice(self.x, self.x + self.side)


def run_bench(folder: Path, settings: Settings, *, run: Path, threads: int, say: Say = print) -> dict[str, Any]:
    """All trainings that are not in `run` yet, and what there is to say about them (`curves.summarise` makes the report).

    DatasetError, CheckpointError and TrainingError in words.
    """
    bench = Bench(folder, settings, run, threads, say)
    trainings = [bench.untrained()] if settings.plan.start else []
    for seed in range(1, settings.seeds + 1):
        first = bench.trained(seed, FIRST, 0, bench.first_regions(seed))
        trainings.append(first)
        for strategy in settings.strategies:
            result = first
            for number in range(1, settings.rounds):
                result = bench.next_round(seed, strategy, number, result)
                trainings.append(result)
        trainings.append(bench.trained(seed, FULL, 0, range(len(bench.regions))))
        bench.forget_weights(seed)
    return {
        "dataset": bench.dataset.name,
        "settings": json.loads(json.dumps(asdict(settings))),
        "annotator_saw": bench.annotator_saw,
        "pool_images": bench.pool_ids,
        "pool_regions": len(bench.regions),
        "test_images": bench.test_ids,
        "trainings": trainings,
    }


class Bench:
    """The images, the annotator and the folder of one run."""

    def __init__(self, folder: Path, settings: Settings, run: Path, threads: int, say: Say) -> None:
        self.settings, self.run, self.threads, self.say = settings, run, threads, say
        check(settings)
        self.dataset = open_dataset(folder)
        ids = self.dataset.of_kind(settings.kind) if settings.kind else self.dataset.ids
        self.pool_ids, validation = split_by_group(self.dataset, ids, validation_fraction=VALIDATION_FRACTION)
        self.test_ids = evenly(validation, settings.test_images or len(validation))
        if not self.test_ids:
            raise DatasetError(f"{folder} has images of one patient only; two are needed, one to test on.")
        self.annotator_saw = self._check_weights()
        self.regions = [region for i in self.pool_ids for region in cut(self.image(i), settings.region_px)]
        _, self.strata = np.unique([region.image for region in self.regions], return_inverse=True)
        largest = settings.first * 2 ** (settings.rounds - 1)
        if largest > len(self.regions):
            raise DatasetError(
                f"{settings.rounds} rounds end with {largest} regions, and the pool has {len(self.regions)}; take fewer rounds."
            )
        same = ("annotator", "plan", "kind", "first", "region_px")
        claimed = {key: asdict(settings)[key] for key in same}
        claim_folder(run, {"dataset": self.dataset.name, "test_images": self.test_ids, **claimed})

    def first_regions(self, seed: int) -> Indices:
        return pick_random(self.strata, self.settings.first, np.random.default_rng([seed, 0]))

    def next_round(self, seed: int, strategy: Strategy, number: int, before: dict[str, Any]) -> dict[str, Any]:
        """Choose as many regions again as there are, annotate them, and train on all."""
        if (stored := self.stored(seed, strategy, number)) is not None:
            return stored
        started = time.monotonic()
        chosen = self.choose(seed, strategy, number, before)
        return self.trained(
            seed, strategy, number, [*before["regions"], *chosen.tolist()], selection_s=time.monotonic() - started
        )

    def choose(self, seed: int, strategy: Strategy, number: int, before: dict[str, Any]) -> Indices:
        free = np.setdiff1d(np.arange(len(self.regions)), before["regions"])
        rng = np.random.default_rng([seed, number])
        wanted = len(before["regions"])
        if strategy == "random":
            return free[pick_random(self.strata[free], wanted, rng)]
        learner = self.learner(before)
        seen = free[candidates(self.strata[free], wanted, rng)]
        looks = [self.look(learner, self.regions[index]) for index in seen]
        rows, _ = choose(strategy, looks, self.strata[seen], wanted, rounds=number, rng=rng)
        return seen[rows]

    def look(self, learner: Learner, region: Region) -> Look:
        image = self.image(region.image)
        scene = Scene(image, mpp=image.mpp or learner.mpp)
        centre = (region.x + region.side / 2, region.y + region.side / 2)
        size_px = round(region.side * scene.mpp / learner.mpp) + 2 * margin_px(learner)
        window = scene.patch(Frame(centre, learner.mpp), size_px).pixels
        return look(learner, [window], dark_ground=is_dark_ground(image.pixels))

    def trained(
        self, seed: int, strategy: str, number: int, indices: Sequence[int] | Indices, selection_s: float = 0.0
    ) -> dict[str, Any]:
        """The result of one training, from the folder or made now."""
        if (stored := self.stored(seed, strategy, number)) is not None:
            return stored
        rows = [int(index) for index in indices]
        started = time.monotonic()
        tensors = self.train(seed, number, rows)
        training_s = time.monotonic() - started
        save_tensors(self._path(seed, strategy, number).with_suffix(".safetensors"), tensors)
        nuclei, seconds = self.effort(rows)
        learner = open_learner(self.settings.plan, tensors, threads=self.threads)
        result: dict[str, Any] = {
            "seed": seed, "strategy": strategy, "round": number, "regions": rows, "nuclei": nuclei, "seconds": seconds,
            "scores": measure(learner, self.test), "selection_s": selection_s, "training_s": training_s,
        }  # fmt: skip
        write_json(self._path(seed, strategy, number), result)
        self.say(
            f"seed {seed}, {strategy}, {len(rows)} regions, {nuclei} nuclei, {seconds:.0f} s of annotation: "
            f"AJI {mean_of(result['scores'], 'aji'):.3f} (chosen in {selection_s:.0f} s, trained in {training_s:.0f} s)"
        )
        return result

    def train(self, seed: int, number: int, rows: Sequence[int]) -> dict[str, Any]:
        """All strategies of a seed and round see the same random numbers, so that only the regions differ."""
        regions = [self.regions[row] for row in rows]
        images = [self.annotated(region) for region in regions]
        if not any(image.labels.any() for image in images):
            raise DatasetError("The first regions hold no nucleus; begin with more of them (--first).")
        return train_learner(self.settings.plan, images, seed=100 * seed + number)

    def learner(self, result: dict[str, Any]) -> Learner:
        """The network of a training; trained again, with the same outcome, where its weights were deleted."""
        path = self._path(result["seed"], result["strategy"], result["round"]).with_suffix(".safetensors")
        if path.exists():
            tensors, _ = load_tensors(path)
        else:
            tensors = self.train(result["seed"], result["round"], result["regions"])
        return open_learner(self.settings.plan, tensors, threads=self.threads)

    def untrained(self) -> dict[str, Any]:
        """How the weights that all trainings begin with do without any."""
        if (stored := self.stored(0, "start", 0)) is not None:
            return stored
        start = start_of(self.settings.plan)
        assert start is not None
        learner = open_learner(self.settings.plan, start.tensors(), threads=self.threads)
        result: dict[str, Any] = {
            "seed": 0,
            "strategy": "start",
            "round": 0,
            "regions": [],
            "nuclei": 0,
            "seconds": 0.0,
        }
        result |= {"scores": measure(learner, self.test), "selection_s": 0.0, "training_s": 0.0}
        write_json(self._path(0, "start", 0), result)
        self.say(f"{start.name}, not trained further: AJI {mean_of(result['scores'], 'aji'):.3f}")
        return result

    def annotated(self, region: Region) -> LabelledImage:
        """A region as it was labelled: pixels and the click model's masks."""
        image = self.image(region.image)
        labels = self.annotation(region.image).labels[region.box]
        return LabelledImage(f"{image.id}-{region.x}-{region.y}", image.pixels[region.box], labels, image.mpp)

    def effort(self, rows: Sequence[int]) -> tuple[int, float]:
        """(nuclei, seconds of annotation) of the regions; a nucleus that reaches into two of them counts once."""
        seen = dict[str, set[int]]()
        for region in (self.regions[row] for row in rows):
            numbers = np.unique(self.image(region.image).labels[region.box])
            seen.setdefault(region.image, set()).update(numbers[numbers > 0].tolist())
        seconds = sum(float(self.annotation(i).seconds[sorted(numbers)].sum()) for i, numbers in seen.items())
        return sum(len(numbers) for numbers in seen.values()), seconds

    def annotation(self, image_id: str) -> Annotation:
        """Each image is clicked through once, when the first of its regions is chosen."""
        path = self.run / "annotated" / f"{image_id}.npz"
        if path.exists():
            return Annotation.load(path)
        made = annotate(self.annotator, self.image(image_id), seed=1)
        path.parent.mkdir(exist_ok=True)
        made.save(path)
        return made

    @cached_property
    def annotator(self) -> Segmenter:
        return NuclickSegmenter(self.settings.annotator, threads=self.threads)

    @cached_property
    def images(self) -> dict[str, LabelledImage]:
        return {i: self.dataset.read(i) for i in (*self.pool_ids, *self.test_ids)}

    @cached_property
    def test(self) -> list[LabelledImage]:
        return [image for i in self.test_ids if (image := self.image(i)).labels.any()]

    def image(self, image_id: str) -> LabelledImage:
        return self.images[image_id]

    def stored(self, seed: int, strategy: str, number: int) -> dict[str, Any] | None:
        path = self._path(seed, strategy, number)
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    def forget_weights(self, seed: int) -> None:
        """They were there to choose the next regions."""
        for path in self.run.glob(f"{seed}-*.safetensors"):
            path.unlink()

    def _path(self, seed: int, strategy: str, number: int) -> Path:
        return self.run / f"{seed}-{strategy}-{number}.json"

    def _check_weights(self) -> int:
        """How many pool images the annotator was trained on; refused where the learner would begin with such weights, or
        would be tested on what they have seen."""
        seen = pool_seen(self.dataset, self.pool_ids, open_checkpoint(self.settings.annotator).manifest)
        start = start_of(self.settings.plan)
        known = start and pool_seen(self.dataset, [*self.pool_ids, *self.test_ids], start.manifest)
        if start and known:
            raise DatasetError(
                f"“{start.name}” was trained on {known} of these images, so it has nothing to learn here; let the learner start "
                "with other weights (--learner-start) or with random ones."
            )
        return seen


def check(settings: Settings) -> None:
    """EvaluationError for what cannot be played through."""
    unknown = [name for name in settings.strategies if name not in STRATEGIES]
    if unknown:
        raise EvaluationError(f"There is no strategy “{unknown[0]}”; choose among {', '.join(STRATEGIES)}.")
    if settings.rounds < 2:
        raise EvaluationError("The first round is random for all strategies; take at least two rounds (--rounds).")


def pool_seen(dataset: Dataset, ids: Sequence[str], manifest: dict[str, Any]) -> int:
    return sum(not is_unseen(dataset, i, manifest) for i in ids)


def cut(image: LabelledImage, region_px: int) -> list[Region]:
    """The whole squares of `region_px` that lie side by side in the middle of an image, or of its shorter side."""
    height, width = image.labels.shape
    side = min(region_px, height, width)
    top, left = (height % side) // 2, (width % side) // 2
    return [
        Region(image.id, left + column * side, top + row * side, side)
        for row in range(height // side)
        for column in range(width // side)
    ]


def evenly(ids: Sequence[str], count: int) -> list[str]:
    places: NDArray[np.int64] = np.unique(np.linspace(0, len(ids) - 1, min(count, len(ids))).astype(int))
    return [ids[place] for place in places] if len(ids) else []
