"""Which version answers from now on: the rule that judges a candidate, and the only writers of activations."""

from typing import Any

from django.db import transaction
from pydantic import BaseModel

from annotator.core.errors import InvalidInput
from annotator.learning.kinds import Kind
from annotator.learning.models import Activation, ModelVersion, Verdict
from annotator.learning.selectors import choose_model
from annotator.learning.versions import check_weights
from annotator.projects.models import Project

LOWEST_BOUND = -0.005
"""The lower end of the difference's 90 % interval must lie above this."""
MOST_A_LABEL_MAY_LOSE = 0.01
FEWEST_OBJECTS_OF_A_LABEL = 10
"""Held-out objects without which nothing is concluded about a label."""
FEWEST_SLIDES = 5
"""Held-out slides without which only a person decides."""

SCORES = {"iou_at_1": "IoU at the first click"}


# --- the rule -----------------------------------------------------------------------------------------------------


class Difference(BaseModel):
    """Candidate minus rival."""

    score: str
    mean: float
    low90: float
    high90: float


class MeasuredLabel(BaseModel):
    label: str
    n_objects: int
    difference: float | None


class Measured(BaseModel):
    """What the rule reads of a run's measurement."""

    n_slides: int
    n_objects: int
    difference: Difference | None
    per_label: list[MeasuredLabel] = []


def judge(measured: Measured, *, promotes: bool, rival_still_answers: bool = True) -> tuple[Verdict, str]:
    """The verdict on a candidate, and the reason in words.

    promotes: whether the project lets a better candidate take over by itself. rival_still_answers: whether the version
    that it was measured against is still the one to be replaced.
    """
    if measured.difference is None:
        return Verdict.ADMIN, "There was no version to compare it with, so an admin decides."
    against = _find_faults(measured.difference, measured.per_label)
    found = " ".join(filter(None, [_describe(measured, measured.difference), _name_small_labels(measured.per_label)]))
    if against:
        return Verdict.REFUSED, f"{found} Refused: {'; '.join(against)}."
    doubts = []
    if measured.n_slides < FEWEST_SLIDES:
        doubts.append(f"it was measured on fewer than {FEWEST_SLIDES} held-out slides")
    if not promotes:
        doubts.append("this project's settings leave it to an admin")
    if not rival_still_answers:
        doubts.append("another version took over while it was trained, and it was not measured against that one")
    if doubts:
        return Verdict.ADMIN, f"{found} An admin decides: {'; '.join(doubts)}."
    return Verdict.PROMOTED, f"{found} It takes over."


def _find_faults(difference: Difference, labels: list[MeasuredLabel]) -> list[str]:
    faults = []
    if not difference.mean > 0:
        faults.append("it is not better on average")
    if not difference.low90 > LOWEST_BOUND:
        faults.append(f"it may be worse by more than {-LOWEST_BOUND:g}")
    for label in labels:
        lost = -(label.difference or 0)
        if label.n_objects >= FEWEST_OBJECTS_OF_A_LABEL and lost > MOST_A_LABEL_MAY_LOSE:
            faults.append(f"the label {label.label} loses {lost:.3f}, more than {MOST_A_LABEL_MAY_LOSE:g}")
    return faults


def _describe(measured: Measured, difference: Difference) -> str:
    score = SCORES.get(difference.score, difference.score)
    slides = "held-out slide" if measured.n_slides == 1 else "held-out slides"
    return (
        f"{score}: {_signed(difference.mean)} (90 % interval {_signed(difference.low90)} to "
        f"{_signed(difference.high90)}) on {measured.n_objects:,} objects of {measured.n_slides} {slides}."
    )


def _signed(value: float) -> str:
    """With the sign that is a minus, as the pages write it."""
    return f"{value:+.3f}".replace("-", "−")


def _name_small_labels(labels: list[MeasuredLabel]) -> str:
    small = [label.label for label in labels if label.n_objects < FEWEST_OBJECTS_OF_A_LABEL]
    return f"Too few held-out objects to judge by themselves: {', '.join(small)}." if small else ""


# --- activations --------------------------------------------------------------------------------------------------


def activate(
    *, project: Project, kind: Kind, version: ModelVersion, reason: Activation.Reason, by: Any, note: str = ""
) -> Activation:
    """From the next click on this version answers for the kind; clicks under way end on the one they were sent to.

    by: None where the rule decided. Raises InvalidInput for a version that answers already or is for something else,
    WeightsTrouble where its file is missing or altered.
    """
    if version.object_type != kind.object_type or version.project_id not in (None, project.pk):
        raise InvalidInput(f"{version.name} is not a version for this: choose one of the list.")
    check_weights(version)
    with transaction.atomic():
        _lock_choice(project)
        before = choose_model(project=project, object_type=kind.object_type, stain=kind.stain).model
        if before == version:
            raise InvalidInput(f"{version.name} is the version that answers already.")
        return Activation.objects.create(
            project=project, object_type=kind.object_type, stain=kind.stain, version=version, before=before,
            reason=reason, by=by, note=note,
        )  # fmt: skip


def roll_back(*, project: Project, kind: Kind, by: Any) -> Activation:
    """Back to the version that answered before the present one did. Raises InvalidInput where there is none."""
    with transaction.atomic():
        _lock_choice(project)
        target = find_rollback(project=project, kind=kind)
        if target is None:
            raise InvalidInput("There is no earlier version to go back to.")
        return activate(
            project=project, kind=kind, version=target, reason=Activation.Reason.ROLLED_BACK, by=by,
            note=f"Back to {target.name}.",
        )  # fmt: skip


def find_rollback(*, project: Project, kind: Kind) -> ModelVersion | None:
    """What answered before the present version took over. A rollback is no taking over: the next one goes further back."""
    rows = Activation.objects.filter(project=project, object_type=kind.object_type, stain=kind.stain)
    newest = rows.first()
    if newest is None:
        return None
    taken_over = rows.filter(version=newest.version_id).exclude(reason=Activation.Reason.ROLLED_BACK)
    row = taken_over.select_related("before").first()
    return row.before if row and row.before and not row.before.replaced else None


def _lock_choice(project: Project) -> None:
    """One at a time decides what answers in a project. The weak lock lets clicks and imports go on beside it."""
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
