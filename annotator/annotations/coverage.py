"""Which accepted masks a mask covers: of the same type of object, and more than half the same (IoU). No accepted object
stands beside one that it covers: it takes its place, once a person has seen that it would."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import shapely
from django.db import connection
from django.db.models import QuerySet

from annotator.annotations.corrections import read_settled
from annotator.annotations.models import Annotation
from annotator.annotations.views import MAX_COVERED, ObjectState
from annotator.projects.models import Label

COVERED_ABOVE = 0.5
"""Of the IoU: two masks of one object, not of neighbours."""

READ = ("pk", "version", "geometry", "accepted_before")


@dataclass(frozen=True)
class Covered:
    object_id: UUID
    version: int
    iou: float

    def as_json(self) -> dict[str, Any]:
        """As Annotation.covers keeps it: an ObjectRef."""
        return {"object_id": str(self.object_id), "base_version": self.version}


def decide_one_at_a_time(slide_id: int) -> None:
    """Hold back who else would make objects of the slide accepted, until this transaction ends: of two people who accept the
    same nucleus at once, the second sees the first one's. To be called after the annotations are locked, and before the clock.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('annotator.annotations.accepted'), %s)", [slide_id])


def find_covered(annotation: Annotation) -> list[Covered]:
    """The accepted objects that this one's mask covers, those under correction among them; the most covered first.

    Only masks whose boxes meet and whose areas are alike enough are read. At most MAX_COVERED are named.
    """
    if annotation.geometry is None:
        return []
    mask = shapely.from_wkb(bytes(annotation.geometry))
    around = _list_accepted_around(annotation).union(_list_corrected(annotation), all=True)
    covered = []
    for pk, version, geometry, kept in around:
        other = Annotation(geometry=geometry, accepted_before=kept)
        iou = measure_iou(mask, shapely.from_wkb(bytes(read_settled(other, "geometry")["geometry"])))
        if iou > COVERED_ABOVE and (kept is None or _is_of_same_type(annotation, kept["label_id"])):
            covered.append(Covered(pk, version, iou))
    return sorted(covered, key=lambda each: (-each.iou, each.object_id))[:MAX_COVERED]


def measure_iou(one: shapely.Geometry, other: shapely.Geometry) -> float:
    """Of two masks with an area: 0 where they share nothing, 1 where they are the same."""
    shared = shapely.area(shapely.intersection(one, other))
    return float(shared / (shapely.area(one) + shapely.area(other) - shared))


def _list_accepted_around(annotation: Annotation) -> QuerySet[Annotation, Any]:
    # IoU is at most the smaller area over the larger one.
    low, high = annotation.area_px * COVERED_ABOVE, annotation.area_px / COVERED_ABOVE
    return (
        Annotation.objects.filter(slide=annotation.slide_id, place__overlaps=annotation.place)
        .filter(state=ObjectState.ACCEPTED, label__object_type=annotation.label.object_type)
        .filter(area_px__gt=low, area_px__lt=high, geometry__isnull=False)
        .exclude(pk=annotation.pk)
        .values_list(*READ)
    )


def _list_corrected(annotation: Annotation) -> QuerySet[Annotation, Any]:
    """Their accepted masks wait in `accepted_before`, and may lie elsewhere than `place` says; there are few on a slide."""
    corrected = Annotation.objects.filter(slide=annotation.slide_id, accepted_before__isnull=False)
    return corrected.exclude(pk=annotation.pk).values_list(*READ)


def _is_of_same_type(annotation: Annotation, label_id: int) -> bool:
    return Label.objects.filter(pk=label_id, object_type=annotation.label.object_type).exists()
