"""The only writers of labels. Each change counts the project's version, by which open slide pages hear of it.

Two admins at once: whoever changes a label names the version that they saw, whoever orders them the order that they saw.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from annotator.core.errors import Clash, InvalidInput, NotFound
from annotator.projects.hotkeys import read_hotkey
from annotator.projects.models import Label, Project
from annotator.projects.signals import tell_project

MAX_LABELS = 200
PALETTE = ("#ffd400", "#00c2a8", "#3d9bff", "#ff7a3d", "#c77dff", "#8bd450", "#ff5fa2", "#b0b0b0", "#ffffff")
"""Colours that are told apart by colour-blind people too, and on pink and blue tissue."""
DIGITS = "123456789"
"""What new labels get as hotkeys, unless they are given others."""


def add_label(*, project: Project, fields: Mapping[str, Any]) -> Label:
    """A label (name, colour, object_type, key) at the end of the list; without `key` under the lowest free digit, if any is.

    Raises InvalidInput for a name or a key that another label has, and above MAX_LABELS.
    """
    with transaction.atomic():
        lock_project(project)
        others = project.labels.in_use()
        if others.count() >= MAX_LABELS:
            raise InvalidInput(f"A project has at most {MAX_LABELS} labels: delete one that is not needed any more.")
        key = read_hotkey(fields["key"]) if "key" in fields else _free_digit(project)
        last = others.aggregate(last=Max("position"))["last"] or 0
        label = Label(project=project, position=last + 1, **{**fields, "key": key})
        _check_unique(label)
        _check_fields(label)
        label.save()
        tell_project(project)
    return label


def change_label(*, label: Label, version: int, changes: Mapping[str, Any]) -> Label:
    """Set these fields (name, colour, object_type, key) of the label that lock_label gave, if it is still of that version."""
    refuse_other_version(label, version)
    for name, value in changes.items():
        setattr(label, name, read_hotkey(value) if name == "key" else value)
    _check_unique(label)
    return _store(label, *changes)


def order_labels(*, project: Project, before: Sequence[int], ids: Sequence[int]) -> None:
    """List the labels in the order of these ids. `before`: the order that the person saw; raises Clash if it is another."""
    with transaction.atomic():
        lock_project(project)
        labels = {label.pk: label for label in project.labels.in_use()}
        if list(before) != list(labels):
            raise Clash("Somebody else added, deleted or ordered labels meanwhile: they are shown as they are now.")
        if sorted(ids) != sorted(labels):
            raise InvalidInput("The order takes the id of each label once.")
        for position, label_id in enumerate(ids, start=1):
            labels[label_id].position = position
        Label.objects.bulk_update(labels.values(), ["position"])
        tell_project(project)


def retire_label(label: Label) -> Label:
    """Delete the label that lock_label gave, which no object bears any more. It can be brought back, without its key."""
    label.deleted_at = timezone.now()
    label.key = None
    return _store(label, "deleted_at", "key")


def bring_back(*, project: Project, label_id: int) -> Label:
    """A deleted label as it was, at the end of the list. Raises InvalidInput where another has its name by now."""
    with transaction.atomic():
        lock_project(project)
        label = project.labels.select_for_update(no_key=True).filter(pk=label_id).first()
        if label is None or label.deleted_at is None:
            raise NotFound("There is no deleted label of this id in the project.")
        in_use = project.labels.in_use()
        if in_use.count() >= MAX_LABELS:
            raise InvalidInput(f"A project has at most {MAX_LABELS} labels: delete one that is not needed any more.")
        label.deleted_at = None
        label.position = (in_use.aggregate(last=Max("position"))["last"] or 0) + 1
        _check_unique(label)
        return _store(label, "deleted_at", "position")


# --- rows ---------------------------------------------------------------------------------------------------------


def lock_project(project: Project) -> None:
    """One at a time changes the settings of a project. Before all other locks."""
    Project.objects.select_for_update(no_key=True).only("pk").get(pk=project.pk)


def lock_label(*, project: Project, label_id: int) -> Label:
    """The label, which takes no new object until the transaction ends (share_label waits). Raises NotFound."""
    lock_project(project)
    label = project.labels.in_use().select_for_update(no_key=True).filter(pk=label_id).first()
    if label is None:
        raise gone()
    return label


def share_label(*, project_id: int, label_id: int) -> Label | None:
    """The label for a new object: until the transaction ends it is neither deleted nor becomes of another type.

    None where the project has none of this id. Before the locks of objects; as many as like may share it.
    """
    return next(iter(_share("id = %s AND project_id = %s AND deleted_at IS NULL", label_id, project_id)), None)


def share_labels(label_ids: Sequence[int]) -> list[Label]:
    """These labels, the deleted ones among them, kept as they are until the transaction ends."""
    return _share("id = ANY(%s)", sorted(label_ids))


def _share(condition: str, *values: Any) -> list[Label]:
    """Django has no FOR SHARE; and FOR NO KEY UPDATE would make everybody who clicks wait for everybody else."""
    table = Label._meta.db_table
    return list(Label.objects.raw(f"SELECT * FROM {table} WHERE {condition} ORDER BY id FOR SHARE", values))  # noqa: S608


def gone() -> NotFound:
    return NotFound("The project has no such label any more: the labels are shown as they are now.")


def refuse_other_version(label: Label, version: int) -> None:
    if label.version != version:
        raise Clash(
            f"Somebody else changed the label {label.name} meanwhile: it is shown as it is now, and nothing was overwritten."
        )


def _check_unique(label: Label) -> None:
    others = label.project.labels.in_use().exclude(pk=label.pk)
    if others.filter(name=label.name).exists():
        raise InvalidInput(f"The project has a label named {label.name} already: choose another name.")
    if label.key and (other := others.filter(key=label.key).first()):
        raise InvalidInput(f"The key '{label.key}' chooses the label {other.name} already: choose another, or none.")


def _check_fields(label: Label) -> None:
    try:
        label.full_clean(validate_constraints=False)
    except ValidationError as error:
        raise InvalidInput(f"The label {label.name} is not valid: {' '.join(error.messages)}") from None


def _free_digit(project: Project) -> str | None:
    taken = set(project.labels.in_use().values_list("key", flat=True))
    return next((digit for digit in DIGITS if digit not in taken), None)


def _store(label: Label, *fields: str) -> Label:
    label.version += 1
    _check_fields(label)
    label.save(update_fields=[*fields, "version"])
    tell_project(label.project)
    return label
