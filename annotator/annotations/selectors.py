"""Reading annotations: one as a view, a viewport as packed bytes, a history, and the events since a number."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, QuerySet, TextField
from django.db.models.functions import Cast
from pydantic import TypeAdapter

from annotator.annotations.models import Annotation, Revision, SlideClock, SlideEvent
from annotator.annotations.packing import pack_objects, to_polygons
from annotator.annotations.views import ObjectRef, ObjectState, ObjectView
from annotator.slides.models import HEIGHT_LIMIT_PX, Slide
from inference.protocol import Click, Point, Prompt, Squiggle, points_of

LIVE_STATES = [ObjectState.ASKED, ObjectState.FAILED, ObjectState.PROPOSED]
LIVE_LIMIT = 2_000
EVENTS_LIMIT = 5_000

PROMPTS: TypeAdapter[tuple[Click | Squiggle, ...]] = TypeAdapter(tuple[Prompt, ...])


def place_of(slide: Slide, x0: float, y0: float, x1: float, y1: float) -> tuple[float, float, float, float]:
    """A box on a slide as a box in the plane of all slides."""
    top = slide.number * HEIGHT_LIMIT_PX
    return x0, min(max(y0, 0), HEIGHT_LIMIT_PX - 1) + top, x1, min(max(y1, 0), HEIGHT_LIMIT_PX - 1) + top


def box_of(prompts: Iterable[Click | Squiggle]) -> tuple[float, float, float, float]:
    """The box of all points of the prompts, level-0 px."""
    xs, ys = zip(*(point for prompt in prompts for point in points_of(prompt)), strict=True)
    return min(xs), min(ys), max(xs), max(ys)


@contextmanager
def one_moment() -> Iterator[None]:
    """A transaction whose reads all see the same state. (Inside another transaction, that one's rules hold.)"""
    with transaction.atomic():
        if not connection.savepoint_ids:
            connection.cursor().execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def read_prompts(stored: list[dict[str, Any]]) -> tuple[Click | Squiggle, ...]:
    """A row's prompts as messages."""
    return PROMPTS.validate_python(stored)


def to_view(annotation: Annotation) -> ObjectView:
    centroid = None
    if annotation.centroid_x is not None and annotation.centroid_y is not None:
        centroid = Point(x=round(annotation.centroid_x, 2), y=round(annotation.centroid_y, 2))
    return ObjectView(
        object_id=annotation.id,
        version=annotation.version,
        turn=annotation.turn,
        state=ObjectState(annotation.state),
        label_id=annotation.label_id,
        polygons=to_polygons(annotation.geometry),
        area_px=annotation.area_px,
        centroid=centroid,
        prompts=read_prompts(annotation.prompts),
        start="nothing" if annotation.start is None else "mask",
        correcting=annotation.accepted_before is not None,
        score=annotation.score,
        model_id=annotation.model_version_id,
        author=annotation.author.get_username(),
        covers=tuple(ObjectRef.model_validate(each) for each in annotation.covers),
        accepting=annotation.accepting is not None,
        failure=annotation.failure or None,
        changed_at=annotation.changed_at,
    )


def get_seq(slide_id: int) -> int:
    """The number of the slide's last event; 0 before the first."""
    return SlideClock.objects.filter(slide_id=slide_id).values_list("seq", flat=True).first() or 0


def list_events(*, slide_id: int, since: int) -> list[tuple[int, str]] | None:
    """Events after `since`, in order, without gaps: number and payload (JSON text, as it is passed on); None when some of
    them are no longer kept."""
    events = list(
        SlideEvent.objects.filter(slide_id=slide_id, seq__gt=since)
        .order_by("seq")
        .values_list("seq", Cast("payload", TextField()))[:EVENTS_LIMIT]
    )
    last = get_seq(slide_id)
    if since > last or (since < last and (not events or events[0][0] != since + 1)):
        return None
    return events


def list_in_box(slide: Slide, box: tuple[float, float, float, float]) -> QuerySet[Annotation]:
    return Annotation.objects.filter(slide=slide, place__overlaps=place_of(slide, *box))


def get_packed_objects(*, slide: Slide, box: tuple[float, float, float, float], limit: int) -> bytes:
    """What a viewport shows: accepted objects packed (the largest first if there are more than `limit`), live ones whole.

    All is read at one moment, with the number of the last event that it contains.
    """
    with one_moment():
        seq = get_seq(slide.pk)
        inside = list_in_box(slide, box).filter(state=ObjectState.ACCEPTED)
        rows = list(
            inside.order_by("-area_px").values_list(
                "id",
                "version",
                "turn",
                "label_id",
                "model_version_id",
                "author__username",
                "score",
                "changed_at",
                "geometry",
            )[: limit + 1]
        )
        total = len(rows) if len(rows) <= limit else inside.count()
        live = (
            Annotation.objects.filter(slide=slide, state__in=LIVE_STATES)
            .select_related("author")
            .order_by("-changed_at")[:LIVE_LIMIT]
        )
        live_views = [to_view(annotation).model_dump(mode="json") for annotation in live]
        counts = count_by_label(slide)
    rows = rows[:limit]
    header = {
        "seq": seq,
        "total": total,
        "shown": len(rows),
        "settled": {
            "ids": [str(row[0]) for row in rows],
            "versions": [row[1] for row in rows],
            "turns": [row[2] for row in rows],
            "label_ids": [row[3] for row in rows],
            "model_ids": [row[4] for row in rows],
            "authors": [row[5] for row in rows],
            "scores": [row[6] for row in rows],
            "changed": [int(row[7].timestamp()) for row in rows],
        },
        "live": live_views,
        "counts": counts,
    }
    return pack_objects(header, [row[8] for row in rows if row[8] is not None])


def count_by_label(slide: Slide) -> dict[int, int]:
    """Accepted objects of each label on the whole slide, those under correction among them."""
    return _count(Annotation.objects.filter(slide=slide), "label_id")


def count_accepted(slides: QuerySet[Slide]) -> dict[int, int]:
    """Accepted objects of each of these slides, those under correction among them; 0 for a slide that is not named."""
    return _count(Annotation.objects.filter(slide__in=slides), "slide_id")


def _count(annotations: QuerySet[Annotation], by: str) -> dict[int, int]:
    counts: Counter[int] = Counter()
    for rows in (
        annotations.filter(state=ObjectState.ACCEPTED),
        annotations.filter(accepted_before__isnull=False),  # a query of its own: each has its index
    ):
        counts.update(dict(rows.values_list(by).annotate(count=Count("id"))))
    return counts


def list_trash(slide: Slide, limit: int = 200) -> list[Annotation]:
    """Rejected and deleted objects, the newest first."""
    return list(
        Annotation.objects.filter(slide=slide, state__in=[ObjectState.REJECTED, ObjectState.DELETED])
        .select_related("author")
        .order_by("-changed_at")[:limit]
    )


def get_annotation(object_id: UUID) -> Annotation | None:
    return Annotation.objects.select_related("author", "slide__project").filter(pk=object_id).first()


def list_revisions(annotation: Annotation) -> QuerySet[Revision]:
    revisions = annotation.revisions.select_related("author", "model_version")
    return revisions.defer("model_version__manifest", "model_version__metrics")
