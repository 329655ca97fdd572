"""Kinds: an object type on slides of one stain, the unit that is trained, measured and promoted; and the work done on each."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef

from annotator.annotations.models import Action, Revision
from annotator.core.errors import InvalidInput
from annotator.learning.accepted import list_accepted
from annotator.learning.models import Activation
from annotator.projects.models import ObjectType, Project
from annotator.projects.words import PLURALS

NOT_OUTLINED = [ObjectType.REGION]
"""No tool makes such objects yet, so there is nothing to learn from."""


@dataclass(frozen=True, order=True)
class Kind:
    object_type: str
    stain: str


def list_kinds(project: Project) -> list[Kind]:
    """What the project's labels mark, on each stain of its slides; and what it once activated versions for."""
    labels = project.labels.in_use().exclude(object_type__in=NOT_OUTLINED)
    types = dict.fromkeys(labels.values_list("object_type", flat=True))
    stains = sorted(set(project.slides.values_list("stain", flat=True)))
    kinds = [Kind(object_type, stain) for object_type in types for stain in stains]
    activated = Activation.objects.filter(project=project).order_by().values_list("object_type", "stain").distinct()
    return kinds + sorted({Kind(*row) for row in activated} - set(kinds))


def check_kind(*, project: Project, object_type: str, stain: str) -> Kind:
    """Raises InvalidInput where the project has no such labels or slides."""
    kind = Kind(object_type, stain)
    if kind not in list_kinds(project):
        raise InvalidInput(
            f"This project labels no {PLURALS.get(object_type, object_type)} on slides of the stain {stain!r}: "
            "reload the page to see what it does label."
        )
    return kind


def count_accepted_since(*, project: Project, kind: Kind, since: datetime | None) -> int:
    """How many of the accepted objects were accepted after this time; None: all of them."""
    objects = list_accepted(project=project, object_type=kind.object_type, stain=kind.stain)
    if since is None:
        return objects.count()
    acceptances = Revision.objects.filter(annotation=OuterRef("pk"), action=Action.ACCEPTED, at__gt=since)
    return objects.filter(Exists(acceptances), changed_at__gt=since).count()
