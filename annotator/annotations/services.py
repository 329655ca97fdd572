"""The only writers of annotations. Each is called inside a transaction (ledger.run_once, or the reply's own) and
returns the annotations that it changed; the caller numbers and tells the change."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import shapely
from django.db import IntegrityError

from annotator.annotations import corrections
from annotator.annotations.coverage import Covered, decide_one_at_a_time, find_covered
from annotator.annotations.models import BECAUSE_IT_COVERS, Action, Annotation, Revision
from annotator.annotations.packing import to_geometry
from annotator.annotations.selectors import box_of, place_of
from annotator.annotations.views import AcceptedBy, AcceptRef, ObjectRef, ObjectState, SegmentTarget, StepTimes
from annotator.core.errors import InvalidInput, NotFound, SquiggleError
from annotator.projects.labels import share_labels
from annotator.projects.models import Label
from annotator.slides.models import Slide
from inference.protocol import MAX_START_POLYGONS, SegmentedObject

ACCOUNT_DETAILS = [f"author__{name}" for name in ("password", "email", "first_name", "last_name", "last_login")]
"""Of no use here, and read for each object otherwise."""

UNDECIDED = {ObjectState.ASKED, ObjectState.FAILED, ObjectState.PROPOSED}
GONE = {ObjectState.REJECTED, ObjectState.DELETED}


class Changed(SquiggleError):
    """Somebody changed these objects since the person saw them; nothing was overwritten."""

    code = "conflict"
    status = 409

    def __init__(self, object_ids: Sequence[UUID]) -> None:
        super().__init__("Somebody else changed this object first. It is shown as it stands now; nothing was lost.")
        self.object_ids = object_ids


# --- what a person does -------------------------------------------------------------------------------------------


def ask(*, user: Any, slide: Slide, label: Label, model_id: int, targets: Sequence[SegmentTarget]) -> list[Annotation]:
    """Store the prompts of new, undecided or accepted objects, each with its next turn, before any model is asked.

    An accepted object's mask waits behind the correction until that is decided. Raises InvalidInput where prompts
    correct a mask that is not there, or say nothing of what the object is.
    """
    _refuse_twice([target.object_id for target in targets])
    known = [target for target in targets if target.base_version > 0]
    found = _lock(slide, [target.object_id for target in known]) if known else {}
    changed = [target.object_id for target in known if _cannot_ask(found.get(target.object_id), target)]
    if changed:
        raise Changed(changed)
    try:
        return [_ask_one(user, slide, label, model_id, target, found.get(target.object_id)) for target in targets]
    except IntegrityError:  # new to this person, but it is there: cheaper to find out so than to look before each click
        raise Changed([target.object_id for target in targets if target.base_version == 0]) from None


def _cannot_ask(annotation: Annotation | None, target: SegmentTarget) -> bool:
    if annotation is None:
        raise _not_here(target.object_id)
    stale = annotation.version != target.base_version or target.turn <= annotation.turn
    return stale or annotation.state in GONE


def _ask_one(
    user: Any, slide: Slide, label: Label, model_id: int, target: SegmentTarget, found: Annotation | None
) -> Annotation:
    annotation = found or Annotation(id=target.object_id, slide=slide, author=user)
    start = _find_start(annotation, target)
    if annotation.state == ObjectState.ACCEPTED:
        corrections.set_aside(annotation)
    annotation.start = start
    annotation.label = label
    annotation.turn = target.turn
    annotation.prompts = [prompt.model_dump(mode="json") for prompt in target.prompts]
    annotation.model_version_id = model_id
    annotation.state = ObjectState.ASKED
    annotation.covers = []
    annotation.accepting = None
    annotation.failure = ""
    if annotation.geometry is None:
        annotation.place = place_of(slide, *box_of(target.prompts))
    _step(annotation, Action.ASKED, author=user, prompts=annotation.prompts, start=start, create=found is None)
    return annotation


def _find_start(annotation: Annotation, target: SegmentTarget) -> bytes | memoryview | None:
    """The mask that the prompts correct (WKB); None where they begin with nothing.

    The prompts are sent in full at each turn, so what they correct must stay what it was before the first of them.
    """
    start = None
    if target.start == "kept" or (target.start == "mask" and annotation.state != ObjectState.ACCEPTED):
        start = annotation.start
    if target.start == "mask" and start is None:
        start = annotation.geometry
        if start is None:
            raise InvalidInput(
                "This object has no mask yet that could be corrected: click inside it first, without Alt."
            )
        if (count := len(shapely.from_wkb(bytes(start)).geoms)) > MAX_START_POLYGONS:
            raise InvalidInput(
                f"This mask has {count} separate parts, and at most {MAX_START_POLYGONS} can be corrected at once: "
                "segment its parts as objects of their own."
            )
    if start is None and not any(prompt.positive for prompt in target.prompts):
        raise InvalidInput("At least one click or line must lie inside the object: draw it without Alt first.")
    return start


def accept(
    *, user: Any, slide: Slide, refs: Sequence[AcceptRef], how: AcceptedBy, elapsed_ms: float | None
) -> list[Annotation]:
    """Accept the masks of the named turns; where a turn has no answer yet, the acceptance waits for it.

    A mask that covers accepted objects of its type takes the place of those that its reference names as they stand. Where it
    covers others it stays a proposal that names them: nothing is stored beside what it covers.
    """
    replaced = {named.object_id for ref in refs for named in ref.replaces}
    found = _lock_unchanged(slide, refs, allowed=UNDECIDED, also=replaced)
    decide_one_at_a_time(slide.pk)
    stale = [ref.object_id for ref in refs if found[ref.object_id].turn != ref.turn]
    if stale:
        raise Changed(stale)
    changed = {ref.object_id: found[ref.object_id] for ref in refs}
    for ref in refs:
        annotation = found[ref.object_id]
        if annotation.state in GONE:  # another of these has taken its place
            continue
        if annotation.state == ObjectState.FAILED:
            raise InvalidInput("There is no mask to accept: click again or at another spot.")
        if annotation.state == ObjectState.ASKED:
            annotation.accepting = {"user_id": user.pk, "how": how, "elapsed_ms": elapsed_ms}
            annotation.version += 1
            annotation.save()
            continue
        covered = find_covered(annotation)
        if _names_all(ref, covered):
            for each in covered:
                changed[each.object_id] = found[each.object_id]
                _give_way(found[each.object_id], to=annotation, user=user)
            _accept_one(annotation, user_id=user.pk, how=how, elapsed_ms=elapsed_ms)
        else:
            annotation.covers = [each.as_json() for each in covered]
            annotation.version += 1
            annotation.save()
    return list(changed.values())


def _names_all(ref: AcceptRef, covered: Sequence[Covered]) -> bool:
    named = {(each.object_id, each.base_version) for each in ref.replaces}
    return named.issuperset((each.object_id, each.version) for each in covered)


def _give_way(annotation: Annotation, *, to: Annotation, user: Any) -> None:
    """To the trash with an accepted object: another takes its place. A correction of it that is under way is given up."""
    annotation.accepting = None
    if annotation.accepted_before is not None:
        _bring_back(annotation, author=user)
    annotation.state_before = ObjectState.ACCEPTED
    annotation.state = ObjectState.DELETED
    _step(annotation, Action.DELETED, author=user, replaced_by=to)


def _accept_one(annotation: Annotation, *, user_id: int, how: str, elapsed_ms: float | None) -> None:
    annotation.state = ObjectState.ACCEPTED
    annotation.covers = []
    annotation.accepted_before = None
    annotation.accepting = None
    annotation.failure = ""
    _step(
        annotation, Action.ACCEPTED, author_id=user_id, how=how, elapsed_ms=elapsed_ms,
        prompts=annotation.prompts, geometry=annotation.geometry, score=annotation.score,
    )  # fmt: skip


def reject(*, user: Any, slide: Slide, refs: Sequence[ObjectRef], elapsed_ms: float | None) -> list[Annotation]:
    """Turn down undecided objects; they can be restored. Of a corrected one, what was accepted before comes back.

    How: one that covers an accepted object as it is turned down says nothing against the mask (BECAUSE_IT_COVERS).
    """
    found = _lock_unchanged(slide, refs, allowed=UNDECIDED)
    for annotation in found.values():
        # An answer that is still under way is not waited for: what was rejected is what the person saw.
        annotation.accepting = None
        annotation.covers = [each.as_json() for each in find_covered(annotation)]
        how = BECAUSE_IT_COVERS if annotation.covers else ""
        if annotation.accepted_before is not None:
            _reject_correction(annotation, user, how, elapsed_ms)
            continue
        annotation.state_before = _decided_later(annotation)
        annotation.state = ObjectState.REJECTED
        _step(annotation, Action.REJECTED, author=user, how=how, elapsed_ms=elapsed_ms, geometry=annotation.geometry)
    return list(found.values())


def _decided_later(annotation: Annotation) -> ObjectState:
    """What restore makes of an undecided object that is gone: no answer is waited for any more."""
    return ObjectState.PROPOSED if annotation.geometry else ObjectState.FAILED


def _reject_correction(annotation: Annotation, user: Any, how: str, elapsed_ms: float | None) -> None:
    annotation.failure = ""
    rejected = None if corrections.shows_accepted_mask(annotation) else annotation.geometry
    _step(annotation, Action.REJECTED, author=user, how=how, elapsed_ms=elapsed_ms, geometry=rejected)
    _bring_back(annotation, author=user)


def _bring_back(annotation: Annotation, *, author: Any) -> None:
    corrections.bring_back(annotation)
    _step(
        annotation, Action.RESTORED, author=author, model_version_id=annotation.model_version_id,
        prompts=annotation.prompts, geometry=annotation.geometry, score=annotation.score,
    )  # fmt: skip


def relabel(*, user: Any, slide: Slide, refs: Sequence[ObjectRef], label: Label) -> list[Annotation]:
    """Give objects another label. What covers an accepted object of the label's type is offered as a correction first."""
    found = _lock_unchanged(slide, refs, allowed=UNDECIDED | {ObjectState.ACCEPTED})
    decide_one_at_a_time(slide.pk)
    for annotation in found.values():
        before, annotation.label = annotation.label, label
        if before.object_type != label.object_type:
            annotation.covers = [each.as_json() for each in find_covered(annotation)]
            if annotation.covers and annotation.state == ObjectState.ACCEPTED:
                annotation.label = before
                corrections.set_aside(annotation)
                annotation.label = label
                annotation.state = ObjectState.PROPOSED
        _step(annotation, Action.RELABELLED, author=user)
    return list(found.values())


def delete(*, user: Any, slide: Slide, refs: Sequence[ObjectRef]) -> list[Annotation]:
    """Take accepted objects away; they stay in the database and can be restored."""
    found = _lock_unchanged(slide, refs, allowed={ObjectState.ACCEPTED})
    for annotation in found.values():
        annotation.state_before = annotation.state
        annotation.state = ObjectState.DELETED
        _step(annotation, Action.DELETED, author=user)
    return list(found.values())


def restore(*, user: Any, slide: Slide, refs: Sequence[ObjectRef]) -> list[Annotation]:
    """Bring rejected or deleted objects back to the state that they had; as a proposal, where another has taken the place.

    Raises InvalidInput where their label is deleted.
    """
    _keep_labels(slide, refs)
    found = _lock_unchanged(slide, refs, allowed=GONE)
    decide_one_at_a_time(slide.pk)
    for annotation in found.values():
        annotation.covers = [each.as_json() for each in find_covered(annotation)]
        annotation.state = ObjectState.PROPOSED if annotation.covers else annotation.state_before
        annotation.state_before = ""
        _step(annotation, Action.RESTORED, author=user)
    return list(found.values())


def _keep_labels(slide: Slide, refs: Sequence[ObjectRef]) -> None:
    """Before the objects are locked, as everywhere: one of them that takes another label first is changed, and refused so."""
    named = Annotation.objects.filter(pk__in=[ref.object_id for ref in refs], slide=slide)
    for label in share_labels(list(named.order_by().values_list("label", flat=True).distinct())):
        if label.deleted_at is not None:
            raise InvalidInput(
                f"The label {label.name} was deleted, and its objects with it: once a project admin brings it back in the "
                "project's Settings, they can be restored."
            )


# --- when a label is deleted --------------------------------------------------------------------------------------


def move_from_label(
    *, user: Any, slide: Slide, object_ids: Sequence[UUID], label: Label, to: Label
) -> list[Annotation]:
    """Give those of these objects that bear the label the other one, in whatever state, also behind a correction."""
    found = [annotation for annotation in _lock(slide, object_ids).values() if _bears(annotation, label)]
    for annotation in found:
        if annotation.label_id == label.pk:
            annotation.label = to
        if annotation.accepted_before is not None and annotation.accepted_before["label_id"] == label.pk:
            annotation.accepted_before = {**annotation.accepted_before, "label_id": to.pk}
        _step(annotation, Action.RELABELLED, author=user)
    return found


def delete_of_label(*, user: Any, slide: Slide, object_ids: Sequence[UUID], label: Label) -> list[Annotation]:
    """Delete those of these objects that bear the label, the undecided too; a correction is taken back first.

    Nothing is rejected: that would say that the model was wrong, and trainings learn from it.
    """
    found = [annotation for annotation in _lock(slide, object_ids).values() if _bears(annotation, label)]
    for annotation in found:
        annotation.accepting = None
        if annotation.accepted_before is not None:
            annotation.failure = ""
            _bring_back(annotation, author=user)
        if annotation.label_id == label.pk:
            is_accepted = annotation.state == ObjectState.ACCEPTED
            annotation.state_before = ObjectState.ACCEPTED if is_accepted else _decided_later(annotation)
            annotation.state = ObjectState.DELETED
            _step(annotation, Action.DELETED, author=user)
    return found


def _bears(annotation: Annotation, label: Label) -> bool:
    """Now, or again once its correction is rejected."""
    kept = annotation.accepted_before
    return annotation.label_id == label.pk or (kept is not None and kept["label_id"] == label.pk)


# --- what a model answers -----------------------------------------------------------------------------------------


def record_segmentation(
    *, slide: Slide, model_id: int, objects: Iterable[SegmentedObject], times: StepTimes
) -> list[Annotation]:
    """Store the masks of a reply. An answer to an older turn, or to a decided object, is kept in the history only."""
    answers = {answer.object_id: answer for answer in objects}
    changed = []
    found = _lock(slide, list(answers))
    if any(annotation.accepting for annotation in found.values()):
        decide_one_at_a_time(slide.pk)
    for object_id, annotation in found.items():
        if _record_one(slide, model_id, annotation, answers[object_id], times):
            changed.append(annotation)
    return changed


def _record_one(slide: Slide, model_id: int, annotation: Annotation, answer: SegmentedObject, times: StepTimes) -> bool:
    try:
        shape = to_geometry(answer.polygons) if answer.polygons else None
    except InvalidInput as error:
        shape, answer = None, answer.model_copy(update={"failure": error.message})
    wkb = shapely.to_wkb(shape) if shape else None
    step = {
        "model_version_id": model_id,
        "prompts": annotation.prompts,
        "geometry": wkb,
        "score": answer.score,
        "times": times.model_dump(),
        "failure": answer.failure or "",
        "turn": answer.turn,
    }
    if annotation.turn != answer.turn or annotation.state != ObjectState.ASKED:
        step["prompts"] = []
        Revision.objects.create(
            annotation=annotation,
            version=annotation.version,
            action=Action.SUPERSEDED,
            label_id=annotation.label_id,
            **step,
        )
        return False
    if shape is None:
        _fail(annotation, answer.failure or "The model found nothing there.", step)
        return True
    x0, y0, x1, y1 = shape.bounds
    annotation.geometry = wkb
    annotation.place = place_of(slide, x0, y0, x1, y1)
    annotation.area_px = shape.area
    annotation.centroid_x, annotation.centroid_y = shape.centroid.x, shape.centroid.y
    annotation.score = answer.score
    annotation.model_version_id = model_id
    annotation.state = ObjectState.PROPOSED
    annotation.failure = ""
    annotation.covers = [each.as_json() for each in find_covered(annotation)]
    waiting, annotation.accepting = annotation.accepting, None
    _step(annotation, Action.ANSWERED, **step)
    if waiting and not annotation.covers:  # nobody has seen yet what it would take the place of
        _accept_one(annotation, **waiting)
    return True


def record_failure(*, slide: Slide, object_turns: dict[UUID, int], failure: str) -> list[Annotation]:
    """No answer will come for these turns: say so on each object that still waits for it."""
    changed = []
    for object_id, annotation in _lock(slide, list(object_turns)).items():
        if annotation.turn == object_turns[object_id] and annotation.state == ObjectState.ASKED:
            _fail(annotation, failure, {"failure": failure})
            changed.append(annotation)
    return changed


def _fail(annotation: Annotation, failure: str, step: dict[str, Any]) -> None:
    """A correction that found nothing leaves the mask that was there before: accepted, if that is the accepted one."""
    annotation.failure = failure
    annotation.accepting = None
    if corrections.shows_accepted_mask(annotation):
        _step(annotation, Action.FAILED, **step)
        _bring_back(annotation, author=None)
        return
    annotation.state = ObjectState.PROPOSED if annotation.geometry else ObjectState.FAILED
    _step(annotation, Action.FAILED, **step)


# --- rows ---------------------------------------------------------------------------------------------------------


def _lock(slide: Slide, object_ids: Sequence[UUID]) -> dict[UUID, Annotation]:
    """Lock these annotations in the order of their ids, the one order that all writers keep."""
    _refuse_twice(object_ids)
    rows = (
        Annotation.objects.select_for_update(of=("self",))
        .filter(pk__in=object_ids)
        .select_related("author", "label")
        .defer(*ACCOUNT_DETAILS)
        .order_by("pk")
    )
    found = {annotation.pk: annotation for annotation in rows}
    for annotation in found.values():
        if annotation.slide_id != slide.pk:
            raise _not_here(annotation.pk)
    return found


def _not_here(object_id: UUID) -> NotFound:
    """Whether it is nowhere or on another slide, which the person may not even see, is nobody's business."""
    return NotFound(f"Object {object_id} is not on this slide.")


def _refuse_twice(object_ids: Sequence[UUID]) -> None:
    if len(set(object_ids)) != len(object_ids):
        raise InvalidInput("An object is named twice in one command.")


def _lock_unchanged(
    slide: Slide, refs: Sequence[ObjectRef], *, allowed: set[ObjectState], also: Iterable[UUID] = ()
) -> dict[UUID, Annotation]:
    """Lock the annotations that the person saw, and `also` others. Raises Changed when one of the refs is no longer as they
    saw it."""
    _refuse_twice([ref.object_id for ref in refs])
    found = _lock(slide, list({ref.object_id for ref in refs} | set(also)))
    missing = [ref.object_id for ref in refs if ref.object_id not in found]
    if missing:
        raise _not_here(missing[0])
    changed = [
        ref.object_id
        for ref in refs
        if found[ref.object_id].version != ref.base_version or found[ref.object_id].state not in allowed
    ]
    if changed:
        raise Changed(changed)
    return found


def _step(annotation: Annotation, action: Action, *, create: bool = False, **details: Any) -> None:
    """The annotation's next version, and the Revision that says how it came to be."""
    annotation.version += 1
    annotation.save(force_insert=create)
    details.setdefault("turn", annotation.turn)
    Revision.objects.create(
        annotation=annotation, version=annotation.version, action=action, label_id=annotation.label_id, **details
    )
