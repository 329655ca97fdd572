"""Accepted objects of a kind (object type and stain): which they are, and on which slides they lie."""

from collections.abc import Collection

from django.db.models import Count, Q, QuerySet

from annotator.annotations.models import Annotation
from annotator.annotations.views import ObjectState
from annotator.projects.models import Label, Project
from annotator.slides.models import Slide


def list_accepted(*, project: Project, object_type: str, stain: str) -> QuerySet[Annotation]:
    """Those under correction among them, by the label with which they were accepted: their accepted mask still holds."""
    labels = list(Label.objects.filter(project=project, object_type=object_type).values_list("pk", flat=True))
    return Annotation.objects.filter(
        Q(state=ObjectState.ACCEPTED, label__in=labels) | Q(accepted_before__label_id__in=labels),
        slide__in=Slide.objects.filter(project=project, stain=stain),
    )


def count_accepted_by_slide(*, project: Project, object_type: str, stain: str) -> dict[int, int]:
    """Accepted objects of each slide that has any, by the slide's id."""
    accepted = list_accepted(project=project, object_type=object_type, stain=stain)
    return dict(accepted.order_by("slide").values_list("slide").annotate(count=Count("pk")))


def list_slides_by_id(slide_ids: Collection[int]) -> list[Slide]:
    return list(Slide.objects.filter(pk__in=slide_ids).order_by("pk"))
