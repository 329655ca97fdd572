"""Accepted work, frozen: the same work always makes the same snapshot, and none ever changes."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db.models import Prefetch, QuerySet

from annotator.annotations.corrections import read_settled
from annotator.annotations.models import Annotation, Revision
from annotator.annotations.selectors import one_moment
from annotator.annotations.views import ObjectState
from annotator.core.errors import InvalidInput
from annotator.learning.accepted import count_accepted_by_slide, list_accepted, list_slides_by_id
from annotator.learning.manifests import read_manifest, write_manifest
from annotator.learning.models import DatasetSnapshot, ModelVersion, Part
from annotator.learning.splits import assign_parts, group_of
from annotator.learning.turns import ACTIONS, as_json, name_version, read_story
from annotator.projects.models import Label, Project
from annotator.projects.words import PLURALS
from annotator.regions.models import Region
from annotator.slides.models import Slide
from annotator.slides.selectors import slide_reference

FORMAT = 1
SETTLED = ("label_id", "model_version_id", "prompts", "start", "geometry")
AT_ONCE = 1_000
"""Objects that are held in memory."""


def freeze_dataset(*, project: Project, object_type: str, stain: str, mpp: float, by: Any) -> DatasetSnapshot:
    """Freeze all accepted objects of the type on the project's slides of the stain, with all that was said about them.

    mpp: µm per px of the model that will learn from it; by: who asked for it, None for a schedule. Must not be called in
    a transaction: it decides the split of new slides, then reads everything at one moment. Raises InvalidInput where
    nothing is accepted, LeakingSplit, SlideFileChanged, and Unavailable where the disk refuses.
    """
    slides = list_slides_by_id(count_accepted_by_slide(project=project, object_type=object_type, stain=stain))
    if not slides:
        raise InvalidInput(
            f"No {PLURALS[object_type]} are accepted on slides of the stain {stain} in {project.name} yet: accept some first."
        )
    parts = assign_parts(slides=slides)
    with one_moment():
        work = _Work(project=project, object_type=object_type, stain=stain, slides=slides, parts=parts)
        sha256 = write_manifest(work.fields(mpp=mpp))
    snapshot, _ = DatasetSnapshot.objects.get_or_create(
        sha256=sha256,
        defaults={
            "project": project, "object_type": object_type, "stain": stain, "summary": work.summary(), "by": by,
        },
    )  # fmt: skip
    return snapshot


def open_manifest(snapshot: DatasetSnapshot) -> dict[str, Any]:
    """What was frozen. Raises ManifestDamaged where the file is not what it was."""
    return read_manifest(snapshot.sha256)


class _Work:
    """One reading of a kind's work: a manifest's fields, and on the way the counts for people."""

    def __init__(
        self, *, project: Project, object_type: str, stain: str, slides: Sequence[Slide], parts: Mapping[int, Part]
    ) -> None:
        self.project = project
        self.object_type = object_type
        self.stain = stain
        self.slides = slides
        self.parts = parts
        self.label_names = dict(
            Label.objects.filter(project=project, object_type=object_type).order_by("pk").values_list("pk", "name")
        )
        self.version_names = dict(ModelVersion.objects.values_list("pk", "name"))
        self.counts: Counter[str] = Counter()
        self.objects: Counter[str] = Counter({part.value: 0 for part in Part})
        self.labels: Counter[int] = Counter()
        self.accepted_by: Counter[str] = Counter()

    def fields(self, *, mpp: float) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "object_type": self.object_type,
            "stain": self.stain,
            "mpp": float(mpp),
            "labels": {str(label_id): name for label_id, name in self.label_names.items()},
            "slides": [self._slide(slide) for slide in self.slides],
            "objects": self._list_objects(),
            "rejected": self._list_rejected(),
            "complete_regions": self._list_complete_regions(),
        }

    def summary(self) -> dict[str, Any]:
        """As DatasetSnapshot.summary describes it; all that was yielded is counted."""
        parts = Counter(part.value for part in self.parts.values())
        return {
            "slides": {part.value: parts[part.value] for part in Part},
            "objects": dict(self.objects),
            "labels": {self.label_names[label_id]: count for label_id, count in sorted(self.labels.items())},
            "accepted_by": dict(self.accepted_by),
            **{name: self.counts[name] for name in ("rejected", "complete_regions", "prompts")},
        }

    def _slide(self, slide: Slide) -> dict[str, Any]:
        return {
            "id": slide.pk,
            "name": slide.name,
            "group": group_of(slide),
            "part": self.parts[slide.pk].value,
            "version": slide.version,
            "ref": slide_reference(slide).model_dump(mode="json"),
        }

    def _list_objects(self) -> Iterator[dict[str, Any]]:
        accepted = list_accepted(project=self.project, object_type=self.object_type, stain=self.stain)
        for annotation in _with_steps(accepted.filter(slide__in=self.slides)):
            story = read_story(annotation.steps, self.version_names)
            settled = read_settled(annotation, *SETTLED)
            self._count(annotation, settled, story.how)
            yield {
                "id": str(annotation.pk),
                "slide": annotation.slide_id,
                "label": settled["label_id"],
                "how": story.how,
                "version": name_version(settled["model_version_id"], self.version_names),
                "polygons": as_json(settled["geometry"]),
                "prompts": settled["prompts"],
                "start": as_json(settled["start"]),
                "turns": story.turns,
            }

    def _count(self, annotation: Annotation, settled: dict[str, Any], how: str | None) -> None:
        self.objects[self.parts[annotation.slide_id].value] += 1
        self.labels[settled["label_id"]] += 1
        self.counts["prompts"] += len(settled["prompts"])
        self.accepted_by[how or "import"] += 1

    def _list_rejected(self) -> Iterator[dict[str, Any]]:
        """Proposals that a person turned down. (A correction that was turned down leaves an accepted object.) One that
        covered an accepted object then, as services.reject noted, was turned down for that alone: it says nothing against
        the mask."""
        rejected = Annotation.objects.filter(
            state=ObjectState.REJECTED, geometry__isnull=False, covers=[],
            label__in=list(self.label_names), slide__in=self.slides,
        )  # fmt: skip
        for annotation in _with_steps(rejected):
            self.counts["rejected"] += 1
            turns = read_story(annotation.steps, self.version_names).turns
            yield {
                "slide": annotation.slide_id,
                "label": annotation.label_id,
                # A later question may have been under way: what was turned down is the last answer.
                "prompts": turns[-1]["prompts"] if turns else annotation.prompts,
                "polygons": as_json(annotation.geometry),
            }

    def _list_complete_regions(self) -> Iterator[dict[str, Any]]:
        regions = Region.objects.filter(
            state=Region.State.COMPLETE, object_type=self.object_type, slide__in=self.slides
        )
        for region in regions.order_by("pk"):
            self.counts["complete_regions"] += 1
            yield {"slide": region.slide_id, "box": [region.x, region.y, region.width, region.height]}


def _with_steps(annotations: QuerySet[Annotation]) -> Iterator[Any]:
    """By id, each with the revisions that tell its story as `steps`, a bounded number at a time."""
    told = ("annotation_id", "action", "turn", "prompts", "start", "geometry", "how", "model_version_id")
    steps = Revision.objects.filter(action__in=ACTIONS).only(*told).order_by("pk")
    return (
        annotations.only("slide_id", "accepted_before", *SETTLED)
        .order_by("pk")
        .prefetch_related(Prefetch("revisions", queryset=steps, to_attr="steps"))
        .iterator(chunk_size=AT_ONCE)
    )
