"""Reading regions: the queue, one region, and what lies in it."""

from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Case, Count, Q, QuerySet, Value, When
from django.utils import timezone

from annotator.annotations.models import Annotation
from annotator.annotations.selectors import list_in_box
from annotator.annotations.services import UNDECIDED
from annotator.annotations.views import ObjectState
from annotator.core.errors import NotFound
from annotator.projects.access import Right, require
from annotator.projects.models import Project
from annotator.regions.models import Region


def list_regions(project: Project) -> QuerySet[Region]:
    """The open ones in the order of the queue, then the closed ones, the last closed first."""
    open_first = Case(When(state=Region.State.OPEN, then=Value(0)), default=Value(1))
    return _rows().filter(project=project).order_by(open_first, "-closed_at", "rank", "id")


def count_by_state(project: Project) -> dict[str, int]:
    """{open, leased, complete, skipped}; an open region with a living lease is counted as leased alone."""
    is_open, is_leased = Q(state=Region.State.OPEN), living_lease(timezone.now())
    return Region.objects.filter(project=project).aggregate(
        open=Count("id", filter=is_open & ~is_leased),
        leased=Count("id", filter=is_open & is_leased),
        complete=Count("id", filter=Q(state=Region.State.COMPLETE)),
        skipped=Count("id", filter=Q(state=Region.State.SKIPPED)),
    )


def living_lease(now: datetime) -> Q:
    return Q(leased_by__isnull=False, leased_until__isnull=False, leased_until__gt=now)


def get_region(*, user: Any, region_id: int, right: Right = Right.VIEW) -> Region:
    """Raises NotFound, or NotAllowed where the person may see the region but not do this."""
    region = _rows().filter(pk=region_id).first()
    if region is None:
        raise NotFound()
    require(user, region.project, right)
    return region


def find_leased(*, user: Any, project: Project) -> Region | None:
    """The region of which the person holds a living lease."""
    mine = _rows().filter(project=project, state=Region.State.OPEN, leased_by=user.pk)
    return mine.filter(living_lease(timezone.now())).first()


def count_objects(region: Region) -> int:
    """Accepted objects of the region's type whose centroid lies in it, those under correction among them."""
    return count_contents(region).accepted


class Contents(NamedTuple):
    """Objects whose centroid lies in a region."""

    accepted: int
    """Of its type, those under correction among them."""
    rejected: int
    """Of its type, or deleted."""
    others: int
    """Accepted, of other types."""


def count_contents(region: Region) -> Contents:
    its_type = Q(label__object_type=region.object_type)
    accepted = Q(state=ObjectState.ACCEPTED) | Q(accepted_before__isnull=False)
    gone = Q(state__in=[ObjectState.REJECTED, ObjectState.DELETED])
    inside = _list_in(region).filter(
        centroid_x__gte=region.x, centroid_x__lt=region.x + region.width,
        centroid_y__gte=region.y, centroid_y__lt=region.y + region.height,
    )  # fmt: skip
    counts = inside.aggregate(
        accepted=Count("pk", filter=its_type & accepted),
        rejected=Count("pk", filter=its_type & gone),
        others=Count("pk", filter=~its_type & accepted),
    )
    return Contents(**counts)


def count_undecided(region: Region) -> int:
    """Objects of the region's type that touch it and are neither accepted nor rejected yet, whoever asked for them."""
    return _list_in(region).filter(label__object_type=region.object_type, state__in=UNDECIDED).count()


def _list_in(region: Region) -> QuerySet[Annotation]:
    return list_in_box(region.slide, (region.x, region.y, region.x + region.width, region.y + region.height))


def _rows() -> QuerySet[Region]:
    return Region.objects.select_related("slide", "project", "leased_by", "closed_by")
