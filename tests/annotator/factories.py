"""Makers of slides, commands and answers for the tests."""

from uuid import uuid4

from annotator.annotations.views import AcceptRef, ObjectRef, SegmentTarget, StepTimes
from annotator.slides.models import Slide
from annotator.slides.versions import content_version
from inference.protocol import Click, Polygon, SegmentedObject

TIMES = StepTimes(command_ms=1, queue_ms=1, read_ms=1, network_ms=1, post_ms=1, reply_ms=1, database_ms=1)


def make_slide(project, *, number: int = 1, path=None, **fields) -> Slide:
    """A row for a file that is not there; with a path, for that file as it is now."""
    file = {"path": str(path), "version": content_version(str(path))} if path else {}
    return Slide.objects.create(
        project=project, name=f"slide {number}", number=number, **{"path": f"/nowhere/{number}.svs", "version": "v1"} | file,
        style={"icc": False}, width=10_000, height=8_000, levels=6, tile_width=256, tile_height=256, mpp=0.5,
        **fields,
    )  # fmt: skip


def target(
    *, object_id=None, turn: int = 1, base_version: int = 0, at=(100.0, 100.0), prompts=None, start="nothing"
) -> SegmentTarget:
    prompts = prompts or (Click(x=at[0], y=at[1]),)
    return SegmentTarget(
        object_id=object_id or uuid4(), turn=turn, base_version=base_version, prompts=prompts, start=start
    )


def next_target(annotation, **fields) -> SegmentTarget:
    """The object as it stands, asked for once more."""
    return target(object_id=annotation.pk, turn=annotation.turn + 1, base_version=annotation.version, **fields)


def ref(annotation) -> ObjectRef:
    return ObjectRef(object_id=annotation.pk, base_version=annotation.version)


def accept_ref(annotation) -> AcceptRef:
    return AcceptRef(object_id=annotation.pk, base_version=annotation.version, turn=annotation.turn)


def actions(annotation) -> list[str]:
    """Its history, the oldest step first."""
    return [revision.action for revision in annotation.revisions.all()]


def square(x: float = 90, y: float = 90, side: float = 20, hole: bool = False) -> Polygon:
    def ring(x, y, side):
        return ((x, y), (x + side, y), (x + side, y + side), (x, y + side))

    return Polygon(exterior=ring(x, y, side), holes=(ring(x + side / 4, y + side / 4, side / 2),) if hole else ())


def answer(object_id, *, turn: int = 1, polygon: Polygon | None = None, failure: str | None = None) -> SegmentedObject:
    polygons = () if failure else (polygon or square(),)
    return SegmentedObject(object_id=object_id, turn=turn, polygons=polygons, score=0.9, failure=failure)
