"""Looking for the regions that are worth labelling next: asked by an admin, done by a training worker, put into the queue."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from annotator.core.errors import InvalidInput, NotFound
from annotator.learning import jobs
from annotator.learning.models import JobState, ModelVersion, SamplingRun, Strategy
from annotator.learning.models.job import OPEN_STATES
from annotator.learning.selectors import choose_model
from annotator.projects.access import Right, require
from annotator.projects.models import ObjectType, Project
from annotator.projects.words import PLURALS
from annotator.regions.models import Region
from annotator.regions.services import queue_regions
from annotator.slides.models import Slide
from annotator.slides.selectors import slide_reference
from inference.protocol import SampleRequest, ScoredRegion, SlideToSample

DETECTED: set[str] = {ObjectType.NUCLEUS, ObjectType.CELL}
"""Of these a classical detector finds seeds in every slide; without seeds there is nothing to disagree about."""
NEEDS_SEEDS: set[str] = {Strategy.DISAGREEMENT, Strategy.COMBINED}


def request_sampling(
    *, project: Project, strategy: str, wanted: int, region_um: float, object_type: str, by: Any
) -> SamplingRun:
    """Send a look over all slides of the project's most frequent stain; its regions come into the queue when it is done.

    Raises InvalidInput without a slide or a model, for a strategy that does not suit the type, and while another look is
    under way.
    """
    if strategy in NEEDS_SEEDS and object_type not in DETECTED:
        raise InvalidInput(
            f"For {PLURALS[object_type]} no detector finds candidates: choose the strategy random or entropy."
        )
    slides = _list_of_one_stain(project)
    model = _get_model(project, slides[0].stain, object_type)
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        if SamplingRun.objects.filter(project=project, state__in=OPEN_STATES).exists():
            raise InvalidInput("A search for regions is under way in this project: wait for its end, or cancel it.")
        earlier = SamplingRun.objects.filter(
            project=project, state=JobState.DONE, model_version__object_type=object_type
        ).count()
        job_id = uuid4()
        request = SampleRequest.model_validate(
            {
                "job_id": job_id, "attempt": 1, "strategy": strategy, "method": model.method, "checkpoint": model.name,
                "slides": _describe(slides, object_type), "wanted": wanted, "region_um": region_um,
                "round": earlier, "seed": earlier + 1,
            }
        )  # fmt: skip
        run = SamplingRun.objects.create(
            id=job_id, project=project, by=by, strategy=strategy, model_version=model, wanted=wanted,
            region_um=region_um, request=request.model_dump(mode="json", exclude={"attempt"}),
        )  # fmt: skip
        jobs.start(run)
    return run


def record_sampled(*, run: SamplingRun, regions: Iterable[ScoredRegion]) -> list[Region]:
    """Put what was found at the end of the queue, the most worthwhile first."""
    return queue_regions(
        project=run.project, regions=regions, object_type=run.model_version.object_type, strategy=run.strategy,
        sampling_id=run.pk,
    )  # fmt: skip


def list_samplings(project: Project) -> QuerySet[SamplingRun]:
    """The newest first, each with `found`: how many regions it put into the queue."""
    found = Region.objects.filter(sampling_id=OuterRef("pk")).order_by().values("sampling_id")
    count = Subquery(found.annotate(count=Count("id")).values("count"), output_field=IntegerField())
    return (
        SamplingRun.objects.filter(project=project)
        .select_related("model_version", "by")
        .annotate(found=Coalesce(count, 0))
    )


def get_sampling(*, user: Any, job_id: Any, right: Right) -> SamplingRun:
    """Raises NotFound, or NotAllowed where the person may see it but not do this."""
    run = SamplingRun.objects.select_related("project").filter(pk=job_id).first()
    if run is None:
        raise NotFound()
    require(user, run.project, right)
    return run


def _list_of_one_stain(project: Project) -> list[Slide]:
    by_stain: dict[str, list[Slide]] = defaultdict(list)
    for slide in project.slides.order_by("pk"):
        by_stain[slide.stain].append(slide)
    if not by_stain:
        raise InvalidInput("This project has no slide yet, so there is nothing to look for: import slides first.")
    return max(by_stain.values(), key=len)


def _get_model(project: Project, stain: str, object_type: str) -> ModelVersion:
    choice = choose_model(project=project, object_type=object_type, stain=stain)
    if choice.model is None:
        raise InvalidInput(choice.reason)
    return choice.model


def _describe(slides: list[Slide], object_type: str) -> tuple[SlideToSample, ...]:
    """Also what was skipped counts as taken: a person saw it and found nothing worth labelling."""
    taken: dict[int, list[tuple[float, float, float, float]]] = defaultdict(list)
    regions = Region.objects.filter(slide__in=slides, object_type=object_type)
    for slide_id, *box in regions.values_list("slide_id", "x", "y", "width", "height"):
        taken[slide_id].append((box[0], box[1], box[2], box[3]))
    return tuple(
        SlideToSample(slide_id=slide.pk, slide=slide_reference(slide), taken=tuple(taken[slide.pk])) for slide in slides
    )
