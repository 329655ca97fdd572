"""A candidate and the weights that answer now, on the same held-out slides, by the same clicks: which is better, and how
surely.

Each held-out object is asked for once by the simulated annotator, and once with what a person really said first. Objects of
one slide resemble each other, so the interval of the difference comes from drawing whole slides anew.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.data.patches import Patches, Row
from inference.data.samples import LabelledImage, Objects, Shape, Turn, find_objects
from inference.evaluation import EvaluationError
from inference.evaluation.corrections import MOST_CLICKS, Effort, correct_objects, evenly
from inference.evaluation.pictures import Pictured, draw_pictures
from inference.evaluation.pointing import ObjectType, Pointing, Said, point_at_all
from inference.evaluation.report import without_nan
from inference.evaluation.run import OBJECT_TYPES, time_answers
from inference.evaluation.scenes import Scene, ask
from inference.evaluation.scoring import ImageScores, pool, score_image, side_by_side
from inference.geometry import pixels_inside
from inference.jobs import ShouldStop, check
from inference.methods.base import Segmenter
from inference.metrics.bootstrap import RESAMPLES, clustered_interval

CORRECTED_OBJECTS = 40
SCORE = "iou_at_1"
POOLED = ("aji", "dice", "pq", SCORE)
NOC = ("noc_80", "noc_85", "noc_90")

Ious = NDArray[np.float64]


@dataclass(frozen=True)
class Shown:
    """One held-out patch, and how the simulated annotator points at its objects."""

    row: Row
    image: LabelledImage
    objects: Objects
    """All, the neighbours too."""
    pointed: NDArray[np.int64]
    """Rows of `objects` that are measured."""
    said: list[Said]
    rejected: list[tuple[Turn, Shape]]

    @property
    def points(self) -> NDArray[np.float64]:
        return np.array([said.point for said in self.said]).reshape(-1, 2)

    @property
    def scene(self) -> Scene:
        return Scene(self.image, mpp=float(self.row["mpp"]))


@dataclass(frozen=True)
class Answers:
    """What one model answered in one patch."""

    scores: ImageScores
    iou: Ious
    """(N,) after the first click, of each object pointed at."""
    real: Ious
    """(N,) after what a person really said first; NaN where nobody said anything without a mask to begin with."""
    rejected: list[float]
    """IoU with the proposals that were turned down there: the lower, the better."""
    corrected: Ious
    """(M, MOST_CLICKS)"""
    times_ms: list[float]


def compare(
    candidate: Segmenter,
    rival: Segmenter | None,
    patches: Patches,
    *,
    names: tuple[str, str | None],
    pictures: Path,
    progress: Callable[[int, int], None],
    should_stop: ShouldStop,
    seed: int = 1,
) -> dict[str, Any]:
    """The measurement, JSON-ready; pictures of gains and losses are written into the folder `pictures`.

    EvaluationError when nothing is held out.
    """
    rows = patches.of_part("held_out")
    if not rows:
        raise EvaluationError(
            "No held-out slide has an accepted object, so nothing can be measured. Accept some work on other patients."
        )
    object_type = OBJECT_TYPES[patches.snapshot.manifest.object_type]
    models = {"candidate": candidate} | ({"rival": rival} if rival else {})
    picked = pick_corrected(rows)
    answers: dict[str, list[Answers]] = {side: [] for side in models}
    for number, row in enumerate(rows):
        progress(number, len(rows))
        shown = show(patches, row, object_type, seed)
        for side in sorted(models, reverse=number % 2 == 1):  # in turns, for the times' sake
            check(should_stop)
            answers[side].append(measure(models[side], shown, picked[number]))
    progress(len(rows), len(rows))
    table = Table(patches, rows, answers)
    return without_nan(
        {
            "candidate": names[0],
            "rival": names[1],
            "n_slides": len(set(table.slides)),
            "n_groups": len({row["group"] for row in rows}),
            "n_objects": len(table.slides),
            "scores": {"candidate": summarise(answers["candidate"])}
            | {"rival": summarise(answers["rival"]) if rival else None},
            "difference": table.difference(seed),
            "per_label": table.per_label(),
            "per_slide": table.per_slide(),
            "real_prompts": table.real_prompts(),
            "pictures": draw_pictures(
                pictures, models, lambda n: show(patches, rows[n], object_type, seed), table.pictured(), seed
            ),
            "command": describe(table, names[1], object_type),
        }
    )


def show(patches: Patches, row: Row, object_type: ObjectType, seed: int) -> Shown:
    image = patches.read(row)
    objects = find_objects(image.labels)
    said = point_at_all(image, objects, object_type, Pointing(seed=seed))
    return Shown(row, image, objects, objects.rows_of(image), said, patches.rejected_in(row))


def measure(segmenter: Segmenter, shown: Shown, corrected: Sequence[int]) -> Answers:
    """`corrected`: of the objects pointed at, those that are corrected until they are good."""
    scene, points, image = shown.scene, shown.points, shown.image
    rows: list[int] = shown.pointed.tolist()
    found = list(ask(segmenter, scene, shown.said, rows, points))
    measured = np.where(np.isin(image.labels, shown.row["pointed"]), image.labels, 0).astype(np.uint16)
    scores = score_image(measured, find_objects(measured), found)
    effort = np.zeros((0, MOST_CLICKS))
    times_ms: list[float] = []
    if len(corrected):
        picked = [rows[i] for i in corrected]
        effort = correct_objects(segmenter, scene, image.labels, shown.objects, shown.said, points, picked=picked).iou
        times_ms = time_answers(segmenter, scene, shown.said, points, len(corrected))
    return Answers(
        scores=scores,
        iou=scores.objects[SCORE],
        real=replay(segmenter, shown),
        rejected=[repeat(segmenter, shown, turn, shape) for turn, shape in shown.rejected if turn.positive.any()],
        corrected=effort,
        times_ms=times_ms,
    )


def replay(segmenter: Segmenter, shown: Shown) -> Ious:
    """(N,) IoU of the answer to what a person said first of each object."""
    iou = np.full(len(shown.pointed), np.nan)
    said, asked = list(shown.said), list[int]()
    for row in shown.pointed.tolist():
        turns = shown.image.turns.get(int(shown.objects.labels[row]), ())
        if turns and not turns[0].before:
            said[row] = Said(turns[0].strokes, turns[0].positive)
            asked.append(row)
    places = {int(row): place for place, row in enumerate(shown.pointed)}
    for row, answer in zip(asked, ask(segmenter, shown.scene, said, asked, shown.points), strict=True):
        truth, inside, _ = side_by_side(shown.image.labels, shown.objects, row, answer)
        iou[places[row]] = (truth & inside).sum() / (truth | inside).sum()
    return iou


def repeat(segmenter: Segmenter, shown: Shown, turn: Turn, shape: Shape) -> float:
    """IoU of today's answer with a proposal that a person turned down."""
    said = Said(turn.strokes, turn.positive)
    (answer,) = ask(
        segmenter, shown.scene, [*shown.said, said], [len(shown.said)], np.vstack([shown.points, said.point])
    )
    turned_down, box = pixels_inside(shape, *shown.image.labels.shape)
    both = np.zeros((2, *shown.image.labels.shape), bool)
    both[0][box], both[1][answer.box] = turned_down, answer.inside
    union = (both[0] | both[1]).sum()
    return float((both[0] & both[1]).sum() / union) if union else 0.0


def pick_corrected(rows: Sequence[Row]) -> list[list[int]]:
    """For each patch the objects to correct, evenly picked among all."""
    places = [(number, i) for number, row in enumerate(rows) for i in range(len(row["pointed"]))]
    picked: list[list[int]] = [[] for _ in rows]
    for place in evenly(len(places), CORRECTED_OBJECTS):
        number, i = places[place]
        picked[number].append(i)
    return picked


def summarise(answers: Sequence[Answers]) -> dict[str, float]:
    pooled = pool([a.scores for a in answers])
    noc = Effort(np.concatenate([a.corrected for a in answers])).scores()
    times_ms = [t for a in answers for t in a.times_ms]
    return {
        **{name: pooled[name] for name in POOLED},
        **{name: noc[name] for name in NOC},
        "ms_per_click_p50": float(np.median(times_ms)),
    }


class Table:
    """One line for each held-out object."""

    def __init__(self, patches: Patches, rows: Sequence[Row], answers: dict[str, list[Answers]]) -> None:
        self.answers, self.has_rival = answers, "rival" in answers
        self.manifest = patches.snapshot.manifest
        self.slide_names = {slide.id: slide.name for slide in self.manifest.slides}
        self.places = [(n, i) for n, row in enumerate(rows) for i in range(len(row["pointed"]))]
        # find_objects and Objects.rows_of count up by label.
        self.objects = [patches.objects_in(row)[label] for row in rows for label in sorted(row["pointed"])]
        self.slides = [o.slide for o in self.objects]
        self.iou = {side: np.concatenate([a.iou for a in found]) for side, found in answers.items()}
        self.real = {side: np.concatenate([a.real for a in found]) for side, found in answers.items()}

    def difference(self, seed: int) -> dict[str, Any] | None:
        """Candidate minus rival; of a single slide the objects are drawn anew, which takes it for all slides."""
        if not self.has_rival:
            return None
        values = self.iou["candidate"] - self.iou["rival"]
        by_slide = len(set(self.slides)) > 1
        clusters = np.array(self.slides) if by_slide else np.arange(len(values))
        low, high = clustered_interval(values, clusters, seed=seed)
        return {
            "score": SCORE,
            "mean": float(values.mean()),
            "low90": low,
            "high90": high,
            "resamples": RESAMPLES,
            "clustered_by": "slide" if by_slide else "object",
        }

    def per_label(self) -> list[dict[str, Any]]:
        labels = [o.label for o in self.objects]
        return [
            {"label_id": label, "label": self.manifest.labels.get(label, str(label)), **means}
            for label, means in self.by(labels).items()
        ]

    def per_slide(self) -> list[dict[str, Any]]:
        return [
            {"slide_id": slide, "slide": self.slide_names[slide], **means}
            for slide, means in self.by(self.slides).items()
        ]

    def by(self, keys: Sequence[int]) -> dict[int, dict[str, Any]]:
        parts = defaultdict[int, list[int]](list)
        for place, key in enumerate(keys):
            parts[key].append(place)
        return {key: {"n_objects": len(parts[key]), **self.means(self.iou, parts[key])} for key in sorted(parts)}

    def real_prompts(self) -> dict[str, Any] | None:
        asked = np.flatnonzero(~np.isnan(self.real["candidate"])).tolist()
        rejected = {side: [v for a in found for v in a.rejected] for side, found in self.answers.items()}
        if not asked and not rejected["candidate"]:
            return None
        again = {side: float(np.mean(values)) if values else None for side, values in rejected.items()}
        return {
            "n_objects": len(asked),
            **(self.means(self.real, asked) if asked else dict.fromkeys(("candidate", "rival", "difference"))),
            "n_rejected": len(rejected["candidate"]),
            "candidate_rejected_iou": again["candidate"],
            "rival_rejected_iou": again.get("rival"),
        }

    def means(self, iou: dict[str, Ious], places: Sequence[int]) -> dict[str, float | None]:
        mean = {side: float(values[places].mean()) for side, values in iou.items()}
        rival = mean.get("rival")
        difference = None if rival is None else mean["candidate"] - rival
        return {"candidate": mean["candidate"], "rival": rival, "difference": difference}

    def pictured(self) -> list[Pictured]:
        """All objects, as candidates for a picture."""
        return [
            Pictured(
                patch=patch,
                place=place,
                slide=self.slide_names[o.slide],
                label=self.manifest.labels.get(o.label, str(o.label)),
                object_id=str(o.id),
                candidate=float(self.iou["candidate"][line]),
                rival=float(self.iou["rival"][line]) if self.has_rival else None,
            )
            for line, ((patch, place), o) in enumerate(zip(self.places, self.objects, strict=True))
        ]

    def count_own(self, name: str | None) -> int:
        """Objects whose accepted mask is this model's first answer, as it came."""
        return sum(o.version is not None and o.version == name and len(o.turns) == 1 for o in self.objects)


def describe(table: Table, rival: str | None, object_type: ObjectType) -> str:
    """How it was measured, in words."""
    pointing = "a line along its middle" if object_type == "gland" else "a click at its centroid"
    n_slides = len(set(table.slides))
    words = [
        f"Each of {len(table.slides)} held-out objects on {n_slides} slides is asked for once by {pointing}, with points of its "
        f"neighbours; {min(CORRECTED_OBJECTS, len(table.slides))} of them are corrected by up to {MOST_CLICKS} clicks (NoC)."
    ]
    if rival:
        what = "slides" if n_slides > 1 else "objects, for there is one slide only"
        words.append(f"The interval is that of {RESAMPLES} resamples of the {what}.")
    if own := table.count_own(rival):
        words.append(f"{own} of the accepted masks are {rival}'s own first answers, which favours it.")
    return " ".join(words)
