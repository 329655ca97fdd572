"""One SegmentRequest in, one Reply out: patches → prompts → network → polygons. Knows no queue."""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from inference.checkpoints import CheckpointError
from inference.geometry import filled, outline
from inference.methods import METHODS, find_segmenter
from inference.methods.base import Frame, ObjectMask, ObjectPrompts, Points, Segmenter
from inference.protocol import (
    Failed,
    Prompt,
    Segmented,
    SegmentedObject,
    SegmentRequest,
    SlideRef,
    Target,
    Timings,
    points_of,
)
from inference.slide import Patch, SlideReadError, read_patch

logger = logging.getLogger(__name__)

OPEN_SEGMENTERS = 8

Probability = NDArray[np.float32]


class RequestError(Exception):
    """A whole request cannot be served; `code` for programs, the message for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Prepared:
    """One target that can be given to the network."""

    target: Target
    frame: Frame
    patch: Patch
    prompts: ObjectPrompts


@lru_cache(maxsize=OPEN_SEGMENTERS)
def open_segmenter(method: str, checkpoint: str, threads: int) -> Segmenter:
    """The warm segmenter of a method and its weights; RequestError when there is none."""
    if method not in METHODS:
        raise RequestError("unknown_method", f"This worker has no method “{method}”; it has: {', '.join(METHODS)}.")
    try:
        return find_segmenter(method)(checkpoint, threads=threads)
    except CheckpointError as error:
        raise RequestError("no_weights", str(error)) from error


def answer(message: Mapping[str, Any], *, threads: int) -> Segmented | Failed | None:
    """The reply to a message from the queue; None when it does not even name its request.

    Nothing that goes wrong with a request leaves here as an exception: every failure is an answer in words.
    """
    received_at = time.time()
    try:
        request = SegmentRequest.model_validate(message)
    except ValidationError as error:
        return refuse(message, error)
    try:
        return segment(request, threads=threads, received_at=received_at)
    except RequestError as error:
        return Failed(request_id=request.request_id, code=error.code, message=str(error))
    except Exception:
        logger.exception("Request %s failed", request.request_id)
        text = "The model worker met an error that it does not know; its log says more. Click again, or tell the administrator."
        return Failed(request_id=request.request_id, code="internal", message=text)


def refuse(message: Mapping[str, Any], error: ValidationError) -> Failed | None:
    """Failed for a message that is no request, if it at least carries a request_id."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    logger.error("A message is no SegmentRequest: %s: %s (%d errors)", where, first["msg"], error.error_count())
    try:
        request_id = UUID(str(message["request_id"]))
    except (KeyError, TypeError, ValueError):
        return None
    text = f"The model worker does not understand the request ({where}: {first['msg']}). Web side and worker differ in version?"
    return Failed(request_id=request_id, code="bad_request", message=text)


def segment(request: SegmentRequest, *, threads: int, received_at: float) -> Segmented:
    """All targets in one batch of the network; RequestError when none can be served for a common reason."""
    segmenter = open_segmenter(request.method, request.checkpoint, threads)
    spent = Spent()
    with spent.on("read"):
        outcomes = prepare_all(request, segmenter)
    solved = iter(solve([o for o in outcomes if isinstance(o, Prepared)], request, segmenter, spent))
    with spent.on("post"):
        objects = tuple(finish(*next(solved), request.slide) if isinstance(o, Prepared) else o for o in outcomes)
    timings = Timings(
        queue_ms=max(0.0, received_at - request.sent_at) * 1000,
        read_ms=spent.ms["read"],
        network_ms=spent.ms["network"],
        post_ms=spent.ms["post"],
        sent_at=time.time(),
    )
    return Segmented(request_id=request.request_id, checkpoint=request.checkpoint, objects=objects, timings=timings)


class Spent:
    """Milliseconds spent on each step."""

    def __init__(self) -> None:
        self.ms = {"read": 0.0, "network": 0.0, "post": 0.0}

    @contextmanager
    def on(self, step: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.ms[step] += (time.perf_counter() - started) * 1000


def solve(
    prepared: list[Prepared], request: SegmentRequest, segmenter: Segmenter, spent: Spent
) -> list[tuple[Prepared, ObjectMask]]:
    """The mask of each target; one that its patch cuts is looked at again, wider."""
    solved: dict[int, tuple[Prepared, ObjectMask]] = {}
    looks = dict(enumerate(prepared))
    while looks:
        with spent.on("network"):
            answers = segmenter.probabilities(
                [p.patch.pixels for p in looks.values()], [p.prompts for p in looks.values()]
            )
        with spent.on("post"):
            masks = [mask_of(p, a, segmenter, request.slide) for p, a in zip(looks.values(), answers, strict=True)]
        solved |= {i: (p, m) for (i, p), m in zip(looks.items(), masks, strict=True)}
        wider = {i: segmenter.wider_frame(solved[i][1], p.frame, prepared[i].frame) for i, p in looks.items()}
        with spent.on("read"):
            looks = {i: show(prepared[i].target, request, segmenter, frame) for i, frame in wider.items() if frame}
    return [solved[i] for i in range(len(prepared))]


def prepare_all(request: SegmentRequest, segmenter: Segmenter) -> list[Prepared | SegmentedObject]:
    """Each target with its patch, or as an object that failed; RequestError when the slide can be read for none."""
    outcomes: list[Prepared | SegmentedObject] = []
    unread: SlideReadError | None = None
    for target in request.targets:
        try:
            outcomes.append(prepare(target, request, segmenter))
        except SlideReadError as error:
            unread = error
            outcomes.append(failed(target, str(error)))
    if unread and not any(isinstance(o, Prepared) for o in outcomes):
        raise RequestError("slide_unreadable", str(unread)) from unread
    return outcomes


def prepare(target: Target, request: SegmentRequest, segmenter: Segmenter) -> Prepared | SegmentedObject:
    """The patch that the prompts ask for, and all that is known about the object in it."""
    slide = request.slide
    strokes = [np.array(points_of(prompt), np.float64) for prompt in target.prompts]
    positive = np.array([prompt.positive for prompt in target.prompts])
    if not positive.any() and not target.start:
        return failed(target, "Point at the inside of the object first; so far only its outside is known.")
    if any(((s < 0) | (s >= (slide.width, slide.height))).any() for s in strokes):
        return failed(target, f"The {target.prompts[0].kind} lies outside the slide.")
    start = np.vstack([np.array(p.exterior, np.float64) for p in target.start]) if target.start else None
    return show(target, request, segmenter, segmenter.frame(strokes, positive, start=start, mpp=slide.mpp))


def show(target: Target, request: SegmentRequest, segmenter: Segmenter, frame: Frame) -> Prepared:
    """Cut the patch, and bring all that is known about the object into it."""
    patch = read_patch(request.slide, centre=frame.centre, size_px=segmenter.patch_px, mpp=frame.mpp)
    prompts = ObjectPrompts(
        strokes=tuple(patch.to_patch(np.array(points_of(prompt), np.float64)) for prompt in target.prompts),
        positive=np.array([prompt.positive for prompt in target.prompts]),
        exclusion=within(patch.to_patch(other_points(request, target)), segmenter.patch_px),
        start=filled(target.start, patch.to_patch, segmenter.patch_px) if target.start else None,
    )
    return Prepared(target, frame, patch, prompts)


def other_points(request: SegmentRequest, target: Target) -> Points:
    """(N, 2) level-0: points inside objects that are not this one; in a batch each target excludes the others."""
    points = [(p.x, p.y) for p in request.others]
    for other in request.targets:
        if other.object_id != target.object_id:
            points += [middle_of(prompt) for prompt in other.prompts if prompt.positive]
    return np.array(points, np.float64).reshape(-1, 2)


def middle_of(prompt: Prompt) -> tuple[float, float]:
    points = points_of(prompt)
    return points[len(points) // 2]


def within(points: Points, size_px: int) -> Points:
    return points[((points >= 0) & (points < size_px)).all(axis=1)]


def mask_of(prepared: Prepared, probability: Probability, segmenter: Segmenter, slide: SlideRef) -> ObjectMask:
    """The object in its patch; nothing of it lies beyond the slide."""
    corners = prepared.patch.to_patch(np.array([(0, 0), (slide.width, slide.height)]))
    centres = np.arange(segmenter.patch_px) + 0.5
    on_slide = [(centres > low) & (centres < high) for low, high in zip(*corners, strict=True)]
    probability = probability * on_slide[0] * on_slide[1][:, None]
    return segmenter.mask(prepared.patch.pixels, probability, prepared.prompts)


def finish(prepared: Prepared, mask: ObjectMask, slide: SlideRef) -> SegmentedObject:
    """The object's outline in level-0 pixels."""
    target = prepared.target
    if mask.failure is not None:
        return failed(target, mask.failure)

    def to_level0(points: Points) -> Points:
        return np.clip(prepared.patch.to_level0(points), 0, (slide.width, slide.height))

    polygons = outline(mask.probability, mask.threshold, to_level0, scale=prepared.patch.scale)
    if not polygons:
        return failed(target, "What was found here is too small to have an outline.")
    return SegmentedObject(object_id=target.object_id, turn=target.turn, polygons=polygons, score=mask.score)


def failed(target: Target, reason: str) -> SegmentedObject:
    return SegmentedObject(object_id=target.object_id, turn=target.turn, failure=reason)


def preload(manifests: Sequence[Mapping[str, Any]], *, threads: int) -> str:
    """Open the segmenter of each set of weights, so that no click waits for it; the device in words.

    Unusable weights are logged; a click that names them is answered with the reason.
    """
    device = "CPU"
    for manifest in manifests:
        try:
            device = open_segmenter(manifest["method"], manifest["name"], threads).device
        except RequestError as error:
            logger.error("%s", error)
    return device
