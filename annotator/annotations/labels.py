"""Labels and the objects that bear them: how many, and what becomes of them when their label is deleted.

A label is deleted in steps, each an ordinary change of a slide's objects, numbered and told like a person's: so their history
tells it, nobody on the slide waits long, and whatever interrupts it leaves a label with fewer objects, and nothing half-done.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from annotator.annotations.ledger import record_event
from annotator.annotations.models import Annotation, Revision
from annotator.annotations.services import GONE, UNDECIDED, delete_of_label, move_from_label
from annotator.annotations.views import ObjectState
from annotator.core import disk
from annotator.core.errors import Clash, DiskFull, InvalidInput
from annotator.projects import labels
from annotator.projects.access import Right, require
from annotator.projects.models import Label, Project
from annotator.projects.services import as_admin
from annotator.projects.words import PLURALS, count_in_words
from annotator.slides.models import Slide

AT_ONCE = 100
"""Objects in one change: the slide's clock is held as long."""
IN_ONE_CALL = 1_000
"""Objects in one call: some seconds. The caller goes on until none are left, and shows how far it is."""

Objects = Literal["none", "move", "delete"]
"""What becomes of a label's objects: there must be none; they take another label; they are deleted (and can be restored)."""


@dataclass
class Held:
    """How many objects bear a label."""

    accepted: int = 0
    undecided: int = 0
    gone: int = 0
    """Rejected or deleted: they can be restored."""

    @property
    def visible(self) -> int:
        return self.accepted + self.undecided


def count_objects(project: Project) -> dict[int, Held]:
    """Of each label of the project that any object bears. One under correction counts as accepted, by its accepted label."""
    held: defaultdict[int, Held] = defaultdict(Held)
    objects = Annotation.objects.filter(slide__project=project)
    settled = objects.filter(accepted_before__isnull=True).order_by()
    for label_id, state, count in settled.values_list("label", "state").annotate(count=Count("pk")):
        if state == ObjectState.ACCEPTED:
            held[label_id].accepted += count
        elif state in GONE:
            held[label_id].gone += count
        else:
            held[label_id].undecided += count
    corrected = objects.filter(accepted_before__isnull=False).order_by()
    for label_id, accepted_as in corrected.values_list("label", "accepted_before__label_id"):
        held[accepted_as].accepted += 1
        held[label_id].undecided += label_id != accepted_as
    return dict(held)


def change_label(*, project: Project, label_id: int, version: int, changes: Mapping[str, Any]) -> Label:
    """As projects.labels.change_label; the object type only of a label that no object ever bore."""
    with transaction.atomic():
        label = labels.lock_label(project=project, label_id=label_id)
        object_type = changes.get("object_type", label.object_type)
        if object_type != label.object_type and Revision.objects.filter(label=label).exists():
            raise InvalidInput(
                f"{label.name} has marked {PLURALS[label.object_type]}, and their history says so: models were asked, measured "
                f"and trained for that. Make a new label for {PLURALS[object_type]} instead."
            )
        return labels.change_label(label=label, version=version, changes=changes)


def delete_label(
    *, user: Any, project: Project, label_id: int, version: int, objects: Objects, to_id: int | None = None
) -> tuple[int, int]:
    """Delete the label once no object bears it, after at most IN_ONE_CALL of its objects were moved or deleted.

    Returns how many were, and how many are left: at 0 the label is deleted. to_id: the label that takes them. Those that are
    gone (rejected or deleted) are moved too, but not deleted once more: they can be restored once the label is back.
    Raises Clash where the label was changed since `version`, or has objects although `objects` says "none"; and NotAllowed
    as soon as the user is no admin of the project any more.
    """
    if words := disk.full_in_words():
        raise DiskFull(words)
    label = project.labels.in_use().filter(pk=label_id).first()
    if label is None:
        raise labels.gone()
    labels.refuse_other_version(label, version)
    if objects == "none":
        _refuse_objects(label)
    elif objects == "move":
        _find_heir(label, to_id)
    done = 0
    while True:
        while objects != "none" and done < IN_ONE_CALL:
            with transaction.atomic():
                count = _empty_some(user, label, objects, to_id)
            if count == 0:
                break
            done += count
        if _retire_empty(user, label, version, objects):
            return done, 0
        if done >= IN_ONE_CALL:
            return done, max(_count_left(label, objects), 1)  # 0 would say that the label is deleted


def _retire_empty(user: Any, label: Label, version: int, objects: Objects) -> bool:
    """Delete the label, unless objects bear it. These are only looked at: a step that changes them ends with the slide's
    clock, and no second step may follow in its transaction, which would lock objects after it."""
    with as_admin(user=user, project=label.project):
        label = labels.lock_label(project=label.project, label_id=label.pk)
        labels.refuse_other_version(label, version)
        if objects == "none":
            _refuse_objects(label)
        elif Annotation.objects.filter(_bears(label, objects) | _hides(label)).exists():
            return False  # in one statement: between two a rejected correction could go from the one to the other
        labels.retire_label(label)
        return True


def _empty_some(user: Any, label: Label, objects: Objects, to_id: int | None) -> int:
    """Move or delete at most AT_ONCE of the label's objects, all of one slide. Returns how many it found; 0: none are left."""
    require(user, label.project, Right.ADMIN)  # between two steps an admin may have been made something else
    heir = _find_heir(label, to_id) if objects == "move" else None  # its lock comes before the objects'
    first = _list_left(label, objects).order_by("slide").values_list("slide", flat=True).first()
    if first is None:
        return 0
    slide = Slide.objects.get(pk=first)
    ids = list(_list_left(label, objects).filter(slide=slide).order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    if heir:
        changed = move_from_label(user=user, slide=slide, object_ids=ids, label=label, to=heir)
    else:
        changed = delete_of_label(user=user, slide=slide, object_ids=ids, label=label)
    if changed:
        record_event(slide_id=slide.pk, annotations=changed)
    return len(ids)


def _list_left(label: Label, objects: Objects) -> QuerySet[Annotation]:
    """Those that bear the label, or bear it again when their correction is rejected."""
    bearing = Annotation.objects.filter(_bears(label, objects))
    return bearing if bearing.exists() else Annotation.objects.filter(_hides(label))


def _bears(label: Label, objects: Objects) -> Q:
    bears = Q(label=label)
    return bears if objects == "move" else bears & Q(state__in=[*UNDECIDED, ObjectState.ACCEPTED])


def _hides(label: Label) -> Q:
    """A correction under another label, of an object that was accepted under this one."""
    return Q(slide__project=label.project_id, accepted_before__isnull=False, accepted_before__label_id=label.pk)


def _count_left(label: Label, objects: Objects) -> int:
    held = count_objects(label.project).get(label.pk, Held())
    return held.visible + (held.gone if objects == "move" else 0)


def _refuse_objects(label: Label) -> None:
    held = count_objects(label.project).get(label.pk, Held())
    if held.visible:
        bear = "bears" if held.visible == 1 else "bear"
        raise Clash(
            f"{count_in_words(held.visible, label.object_type)} {bear} the label {label.name}: say whether they take another "
            "label of the same type, or are deleted with it."
        )


def _find_heir(label: Label, to_id: int | None) -> Label:
    """The label that takes the objects, kept until the transaction ends."""
    heir = None if to_id is None else labels.share_label(project_id=label.project_id, label_id=to_id)
    if heir is None or heir.pk == label.pk or heir.object_type != label.object_type:
        raise InvalidInput(
            f"Name another label for {PLURALS[label.object_type]} of this project: objects are what they are, and only take "
            "labels of their own type."
        )
    return heir
