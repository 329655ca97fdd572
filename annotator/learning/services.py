"""Asking models: store the question, then send it; send again what was lost; give up after three attempts."""

import logging
import math
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

import shapely
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from annotator.annotations import services as annotations
from annotator.annotations.fields import Box
from annotator.annotations.ledger import record_event
from annotator.annotations.models import Annotation
from annotator.annotations.packing import to_polygons
from annotator.annotations.selectors import box_of, list_in_box, read_prompts
from annotator.annotations.views import ObjectState, SegmentTarget
from annotator.core.errors import InvalidInput, Unavailable
from annotator.learning import outbox, workers
from annotator.learning.models import ModelVersion, SegmentationRequest
from annotator.learning.selectors import get_model, list_unanswered
from annotator.projects.labels import share_label
from annotator.slides.models import Slide
from annotator.slides.selectors import slide_reference
from inference.protocol import MAX_OTHERS, Click, Point, SegmentRequest, Target, points_of

logger = logging.getLogger(__name__)

SAME_PLACE_UM = 2
"""Two clicks that are no farther apart lie in one nucleus."""

MAX_ATTEMPTS = 3
LOST_AFTER = timedelta(seconds=2)
"""A request that was sent this long ago, and is neither queued nor in a worker's hand, is lost."""


# --- asking -------------------------------------------------------------------------------------------------------


def request_segmentation(
    *,
    user: Any,
    slide: Slide,
    command_id: UUID,
    label_id: int,
    model_id: int | None,
    targets: Sequence[SegmentTarget],
    received_at: float,
) -> list[Annotation]:
    """Store the prompts and the question; the question is sent after the commit.

    received_at: Unix time at which the command came in. Raises InvalidInput for a prompt outside the slide or a
    label of another project, and what annotations.ask raises.
    """
    label = share_label(project_id=slide.project_id, label_id=label_id)
    if label is None:
        raise InvalidInput("This label is not one of the project's: reload the page to see the labels as they are now.")
    for target in targets:
        _check_prompts(slide, target)
    model = get_model(project=slide.project, object_type=label.object_type, stain=slide.stain, model_id=model_id)
    changed = annotations.ask(user=user, slide=slide, label=label, model_id=model.pk, targets=targets)
    request = SegmentRequest(
        request_id=uuid5(command_id, str(user.pk)),
        slide=slide_reference(slide),
        method=model.method,
        checkpoint=model.name,
        targets=tuple(
            Target(object_id=row.pk, turn=row.turn, prompts=target.prompts, start=to_polygons(row.start))
            for row, target in zip(changed, targets, strict=True)
        ),
        others=_find_others(slide, model, changed),
        sent_at=time.time(),
    )
    row = SegmentationRequest.objects.create(
        id=request.request_id,
        slide=slide,
        user=user,
        model_version=model,
        request=request.model_dump(mode="json"),
        received_at=received_at,
        attempts=1,
        sent_at=timezone.now(),
    )
    transaction.on_commit(lambda: _send(row, request))
    return changed


def _check_prompts(slide: Slide, target: SegmentTarget) -> None:
    for prompt in target.prompts:
        for x, y in points_of(prompt):
            if 0 <= x < slide.width and 0 <= y < slide.height:
                continue
            if isinstance(prompt, Click):
                raise InvalidInput(f"The click at {x:.0f}, {y:.0f} lies outside the slide: click on the image.")
            raise InvalidInput(f"The line leaves the slide at {x:.0f}, {y:.0f}: draw it on the image, up to its edge.")


def _find_others(slide: Slide, model: ModelVersion, targets: Sequence[Annotation]) -> tuple[Point, ...]:
    """Where the objects around the targets are, for the exclusion map: a point in each, level-0 px.

    Only objects of the model's type are others: the nuclei inside a gland are part of it. And what a target points at once
    more is no other: told to leave it out, the network would answer with a sliver of it.
    """
    rows = (
        list_in_box(slide, _find_surroundings(slide, model, targets))
        .filter(
            state__in=[ObjectState.ASKED, ObjectState.PROPOSED, ObjectState.ACCEPTED],
            label__object_type=model.object_type,
        )
        .exclude(pk__in=[target.pk for target in targets])
        .values_list("pk", "centroid_x", "centroid_y", "prompts", "area_px")[:MAX_OTHERS]
    )
    pointed = [at for target in targets if (at := _find_inner_point(target.prompts)) is not None]
    points = []
    for pk, x, y, stored, area_px in rows:
        x, y = _find_inner_point(stored) or (x, y)
        if x is not None and y is not None and not _is_pointed_at(pk, (x, y), area_px, pointed, slide.mpp):
            points.append(Point(x=x, y=y))
    return tuple(points)


def _find_inner_point(stored: list[dict[str, Any]]) -> tuple[float, float] | None:
    """Of a row's prompts, the middle of the first positive one; None without any."""
    inside = next((points_of(prompt) for prompt in read_prompts(stored) if prompt.positive), None)
    return None if inside is None else inside[len(inside) // 2]


def _is_pointed_at(
    pk: UUID, at: tuple[float, float], area_px: float, pointed: Sequence[tuple[float, float]], mpp: float
) -> bool:
    """Whether one of the points lies in the object, no farther from where that was pointed at than it is wide: a mask that
    took in two nuclei leaves the other to be asked for. Without a mask, whether nothing fits between."""
    reach_px = math.sqrt(area_px / math.pi)
    near = [point for point in pointed if math.dist(point, at) <= max(reach_px, SAME_PLACE_UM / mpp)]
    if not near or area_px == 0:
        return bool(near)
    wkb = Annotation.objects.values_list("geometry", flat=True).get(pk=pk)
    return wkb is None or any(shapely.contains_xy(shapely.from_wkb(bytes(wkb)), *point) for point in near)


def _find_surroundings(slide: Slide, model: ModelVersion, targets: Sequence[Annotation]) -> Box:
    """The box beyond which an object lies outside every target's patch, level-0 px."""
    patch_px = model.patch_px * (model.mpp or slide.mpp) / slide.mpp
    boxes = [_find_surroundings_of_one(target, patch_px) for target in targets]
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _find_surroundings_of_one(target: Annotation, patch_px: float) -> Box:
    """A patch is made wider where a drawn line or a mask to start from needs it: by up to half their size on each side."""
    x0, y0, x1, y1 = box_of(read_prompts(target.prompts))
    if target.start is not None:
        left, top, right, bottom = shapely.from_wkb(bytes(target.start)).bounds
        x0, y0, x1, y1 = min(x0, left), min(y0, top), max(x1, right), max(y1, bottom)
    reach_px = (patch_px + max(x1 - x0, y1 - y0)) / 2
    return x0 - reach_px, y0 - reach_px, x1 + reach_px, y1 + reach_px


def _send(row: SegmentationRequest, request: SegmentRequest) -> None:
    """What cannot be sent now is sent by the next resend_lost_requests."""
    try:
        outbox.send_segmentation(request)
    except Unavailable as error:
        logger.warning("request %s not sent: %s", row.pk, error.message)


# --- what was lost ------------------------------------------------------------------------------------------------


def resend_lost_requests() -> int:
    """Send again what was asked, is not answered, and is neither queued nor in a worker's hand; returns how many.

    Called each second. Attempts are counted only while a worker lives: a worker's absence is waited out, a request
    that kills its worker each time is answered with a failure after MAX_ATTEMPTS.
    """
    if not list_unanswered().filter(sent_at__lt=timezone.now() - LOST_AFTER).exists():
        return 0
    heartbeats = workers.list_heartbeats()
    if not heartbeats or outbox.count_queued() > 0:
        return 0
    in_hand = [heartbeat.request_id for heartbeat in heartbeats if heartbeat.request_id]
    with transaction.atomic():
        lost = list(
            list_unanswered()
            .filter(sent_at__lt=timezone.now() - LOST_AFTER)
            .exclude(pk__in=in_hand)
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("slide")
            .order_by("created_at")[:100]
        )
        hopeless = [row for row in lost if row.attempts >= MAX_ATTEMPTS]
        again = [row for row in lost if row.attempts < MAX_ATTEMPTS]
        ids = [row.pk for row in again]
        SegmentationRequest.objects.filter(pk__in=ids).update(attempts=F("attempts") + 1, sent_at=timezone.now())
        for row in hopeless:
            logger.error("request %s given up after %s attempts", row.pk, row.attempts)
            fail_request(row=row, failure="The model worker failed three times on this click. Click at another spot.")
    for row in again:
        logger.warning("request %s sent again, attempt %s", row.pk, row.attempts + 1)
        _send(row, SegmentRequest.model_validate(row.request))
    return len(again)


def fail_request(*, row: SegmentationRequest, failure: str) -> None:
    """Close a request without masks, inside a transaction, and say why on each of its objects."""
    row.answered_at = timezone.now()
    row.save(update_fields=["answered_at"])
    targets = SegmentRequest.model_validate(row.request).targets
    changed = annotations.record_failure(
        slide=row.slide, object_turns={target.object_id: target.turn for target in targets}, failure=failure
    )
    if changed:
        record_event(slide_id=row.slide_id, annotations=changed)
