"""Put many accepted objects into one view: python -m tests.bench.crowd SLIDE X Y COUNT (beside a running system)."""

import math
import sys
from uuid import uuid4

import django

django.setup()

from django.db import transaction  # noqa: E402

from annotator.annotations import services  # noqa: E402
from annotator.annotations.ledger import record_event  # noqa: E402
from annotator.annotations.views import AcceptRef, SegmentTarget, StepTimes  # noqa: E402
from annotator.learning.selectors import get_model  # noqa: E402
from annotator.slides.models import Slide  # noqa: E402
from inference.protocol import Click, Polygon, SegmentedObject  # noqa: E402
from tests.bench.grid import places  # noqa: E402

RADIUS_PX = 4
POINTS = 20


def main(slide_id: int, x: float, y: float, count: int) -> None:
    slide = Slide.objects.select_related("project").get(pk=slide_id)
    middles = places(x, y, count)
    for start in range(0, count, 50):
        with transaction.atomic():
            accept_all(slide, middles[start : start + 50])


def accept_all(slide: Slide, middles: list[tuple[float, float]]) -> None:
    user = slide.project.team.memberships.first().user
    label = slide.project.labels.first()
    model = get_model(project=slide.project, object_type="nucleus", stain=slide.stain, model_id=None)
    targets = [SegmentTarget(object_id=uuid4(), turn=1, base_version=0, prompts=(Click(x=x, y=y),)) for x, y in middles]
    services.ask(user=user, slide=slide, label=label, model_id=model.pk, targets=targets)
    answers = [
        SegmentedObject(object_id=t.object_id, turn=1, polygons=(disk(*p),))
        for t, p in zip(targets, middles, strict=True)
    ]
    times = StepTimes(command_ms=0, queue_ms=0, read_ms=0, network_ms=0, post_ms=0, reply_ms=0, database_ms=0)
    proposed = services.record_segmentation(slide=slide, model_id=model.pk, objects=answers, times=times)
    refs = [AcceptRef(object_id=row.pk, base_version=row.version, turn=1) for row in proposed]
    accepted = services.accept(user=user, slide=slide, refs=refs, how="batch", elapsed_ms=None)
    record_event(slide_id=slide.pk, annotations=accepted)


def disk(x: float, y: float) -> Polygon:
    angles = [2 * math.pi * n / POINTS for n in range(POINTS)]
    return Polygon(exterior=tuple((x + RADIUS_PX * math.cos(a), y + RADIUS_PX * math.sin(a)) for a in angles))


main(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
