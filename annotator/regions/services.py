"""The only writers of regions: a queue from which each person takes one at a time, and which nobody works on twice."""

import math
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from annotator.core.errors import InvalidInput
from annotator.projects.access import get_role
from annotator.projects.models import Project, Role
from annotator.projects.words import PLURALS, count_in_words
from annotator.regions.errors import NotFinished, NothingAccepted, NotYours, QueueEmpty
from annotator.regions.models import Region
from annotator.regions.selectors import (
    Contents,
    count_by_state,
    count_contents,
    count_undecided,
    find_leased,
    living_lease,
)
from annotator.slides.models import Slide
from inference.protocol import MAX_REGION_UM, ScoredRegion

LEASE = timedelta(minutes=15)
"""The page renews it while it is open; after that the region is free again."""
BY_HAND = "hand"


# --- the queue ----------------------------------------------------------------------------------------------------


def queue_regions(
    *, project: Project, regions: Iterable[ScoredRegion], object_type: str, strategy: str, sampling_id: UUID
) -> list[Region]:
    """Put regions at the end of the queue, in their order. Those that leave their slide are cut at its border."""
    slides = {slide.pk: slide for slide in Slide.objects.filter(project=project)}
    last = Region.objects.filter(project=project).aggregate(last=Max("rank"))["last"] or 0
    return Region.objects.bulk_create(
        Region(
            project=project, slide=slide, **_cut(slide, found), object_type=object_type, strategy=strategy,
            score=found.score, sampling_id=sampling_id, rank=last + place,
        )
        for place, found in enumerate(regions, start=1)
        if (slide := slides.get(found.slide_id)) and _touches(slide, found)
    )  # fmt: skip


def lease_next(*, user: Any, project: Project) -> Region:
    """The region that the person works on already, else the first free one of the queue. Raises QueueEmpty."""
    with transaction.atomic():
        _one_at_a_time(user)
        region = find_leased(user=user, project=project) or _lock_first_free(project)
        if region is None:
            raise QueueEmpty(_why_empty(project))
        region.leased_by = user
        _lease_anew(region)
    return region


def _one_at_a_time(user: Any) -> None:
    """A person who asks twice at once gets the same region twice."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('annotator.regions.lease'), %s)", [user.pk])


def _lock_first_free(project: Project) -> Region | None:
    """What another transaction is just taking is passed over, so two people never get the same region."""
    return (
        Region.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("slide", "project")
        .filter(project=project, state=Region.State.OPEN)
        .exclude(living_lease(timezone.now()))
        .order_by("rank", "id")
        .first()
    )


def _why_empty(project: Project) -> str:
    counts = count_by_state(project)
    if counts["leased"]:
        return (
            f"Every open region ({counts['leased']}) is with somebody else just now: a project admin finds more on the "
            "Learning page."
        )
    return "No region waits to be labelled: a project admin finds some on the Learning page."


def renew(*, user: Any, region: Region) -> Region:
    """Keep the lease. It may have run out, as long as nobody else took the region since."""
    with transaction.atomic():
        region = _lock_open(region)
        if region.leased_by_id != user.pk:
            raise NotYours(f"{_whose(region)} Nothing that you accepted there is lost: take the next region.")
        _lease_anew(region)
    return region


def release(*, user: Any, region: Region) -> Region:
    """Give the region back unfinished: the next person gets it."""
    with transaction.atomic():
        region = _lock_in_hand(region, user)
        region.leased_by = region.leased_until = None
        region.save(update_fields=["leased_by", "leased_until"])
    return region


# --- closing ------------------------------------------------------------------------------------------------------


def skip(*, user: Any, region: Region) -> Region:
    """Take the region out of the queue unlabelled: out of focus, folded, nothing to see."""
    with transaction.atomic():
        region = _lock_in_hand(region, user)
        _close(region, Region.State.SKIPPED, user)
    return region


def complete(*, user: Any, region: Region, empty: bool = False) -> Region:
    """All objects of the type in the region are accepted: what lies between them is background from now on.

    empty: the person was told that there are none, and means it. Raises NotFinished while objects in it wait for a
    decision, and NothingAccepted for a region without any, unless that is meant.
    """
    with transaction.atomic():
        region = _lock_in_hand(region, user)
        _refuse_undecided(region)
        if not empty:
            _refuse_empty(region)
        _close(region, Region.State.COMPLETE, user)
    return region


def declare_complete(
    *,
    user: Any,
    project: Project,
    slide_id: int,
    x: float,
    y: float,
    width: float,
    height: float,
    object_type: str,
    empty: bool = False,
) -> Region:
    """Complete a box that no queue named, as `complete` does. Raises InvalidInput for one that is not on a slide of the
    project, or too large."""
    slide = Slide.objects.filter(project=project, pk=slide_id).first()
    if slide is None:
        raise InvalidInput("This slide is not one of the project's: reload the page to see the slides as they are now.")
    if not project.labels.in_use().filter(object_type=object_type).exists():
        raise InvalidInput(f"No label of this project marks {PLURALS[object_type]}: choose another type of object.")
    _check_box(slide, x, y, width, height)
    region = Region(
        project=project, slide=slide, x=x, y=y, width=width, height=height, object_type=object_type, strategy=BY_HAND
    )
    with transaction.atomic():
        _refuse_undecided(region)
        if not empty:
            _refuse_empty(region)
        region.save()
        _close(region, Region.State.COMPLETE, user)
    return region


def reopen(*, user: Any, region: Region) -> Region:
    """Put a closed region back where it was in the queue. Snapshots that counted it as complete stay as they are."""
    with transaction.atomic():
        region = _lock(region)
        if region.state == Region.State.OPEN:
            raise InvalidInput("This region is open already.")
        region.state = Region.State.OPEN
        region.closed_by = region.closed_at = None
        region.save(update_fields=["state", "closed_by", "closed_at"])
    return region


def _close(region: Region, state: Region.State, user: Any) -> None:
    region.state = state
    region.closed_by, region.closed_at = user, timezone.now()
    region.leased_by = region.leased_until = None
    region.save(update_fields=["state", "closed_by", "closed_at", "leased_by", "leased_until"])


def _refuse_undecided(region: Region) -> None:
    waiting = count_undecided(region)
    if waiting:
        raise NotFinished(
            f"{count_in_words(waiting, region.object_type)} in this region {'waits' if waiting == 1 else 'wait'} for a "
            "decision. Accept or reject first: what is undecided would be taught as background."
        )


def _refuse_empty(region: Region) -> None:
    found = count_contents(region)
    if found.accepted == 0:
        raise NothingAccepted(
            f"No {PLURALS[region.object_type]} are accepted in {_size_in_words(region)}{_besides(found, region)}. Complete "
            f"means that there are none: all of it is then taught as background."
        )


def _size_in_words(region: Region) -> str:
    width_um, height_um = (side * region.slide.mpp for side in (region.width, region.height))
    return f"these {width_um:,.0f} × {height_um:,.0f} µm"


def _besides(found: Contents, region: Region) -> str:
    """What else lies there: it does not count, and may be why the person thinks that something does."""
    parts = []
    if found.rejected:
        parts.append(f"{count_in_words(found.rejected, region.object_type)} rejected or deleted")
    if found.others:
        parts.append(f"{found.others:,} accepted of other types")
    return f" ({', '.join(parts)})" if parts else ""


# --- rows ---------------------------------------------------------------------------------------------------------


def _lease_anew(region: Region) -> None:
    region.leased_until = timezone.now() + LEASE
    region.save(update_fields=["leased_by", "leased_until"])


def _lock(region: Region) -> Region:
    rows = Region.objects.select_for_update(of=("self",))
    return rows.select_related("slide", "project", "leased_by", "closed_by").get(pk=region.pk)


def _lock_open(region: Region) -> Region:
    region = _lock(region)
    if region.state != Region.State.OPEN:
        who = region.closed_by.get_username() if region.closed_by else "Somebody"
        raise NotYours(f"{who} has closed this region already ({region.get_state_display().lower()}).")
    return region


def _lock_in_hand(region: Region, user: Any) -> Region:
    """Only who holds the region decides about it, or an admin."""
    region = _lock_open(region)
    if region.leased_by_id != user.pk and get_role(user, region.project) != Role.ADMIN:
        raise NotYours(f"{_whose(region)} Only who holds a region decides about it: take the next one.")
    return region


def _whose(region: Region) -> str:
    if region.leased_by is None:
        return "You do not hold this region any more."
    return f"{region.leased_by.get_username()} has this region now, because your lease ran out."


def _touches(slide: Slide, found: ScoredRegion) -> bool:
    return -found.width < found.x < slide.width and -found.height < found.y < slide.height


def _cut(slide: Slide, found: ScoredRegion) -> dict[str, float]:
    x, y = max(found.x, 0), max(found.y, 0)
    right, bottom = min(found.x + found.width, slide.width), min(found.y + found.height, slide.height)
    return {"x": x, "y": y, "width": right - x, "height": bottom - y}


def _check_box(slide: Slide, x: float, y: float, width: float, height: float) -> None:
    if not all(map(math.isfinite, (x, y, width, height))) or width <= 0 or height <= 0:
        raise InvalidInput("A region takes four finite numbers, its width and height above 0.")
    if x < 0 or y < 0 or x + width > slide.width or y + height > slide.height:
        raise InvalidInput(
            f"The region reaches beyond the slide, which is {slide.width:,} × {slide.height:,} px: draw it on the slide."
        )
    side_um = max(width, height) * slide.mpp
    if side_um > MAX_REGION_UM:
        raise InvalidInput(
            f"The region is {side_um:,.0f} µm long, and one takes at most {MAX_REGION_UM:,} µm: declare it in parts."
        )
