"""Whether a training can begin and will mean something, in plain words, before any compute is taken."""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from redis.exceptions import RedisError

from annotator.learning.accepted import count_accepted_by_slide, list_slides_by_id
from annotator.learning.models import Part, TrainingRun
from annotator.learning.models.job import OPEN_STATES
from annotator.learning.selectors import choose_model
from annotator.learning.splits import LeakingSplit, SlideFileChanged, check_leakage, group_of, plan_parts, read_contents
from annotator.learning.workers import list_trainers
from annotator.projects.models import Project
from annotator.projects.words import PLURALS, count_in_words, name_some
from annotator.regions.models import Region
from annotator.slides.models import Slide
from annotator.slides.versions import Content, Signature, read_content, read_signature

NEEDED = {Part.TRAINING: 20, Part.HELD_OUT: 10}
"""Accepted objects: with fewer there is nothing to learn from, or nothing to measure on."""
FREE_BYTES = 2 * 2**30
FREE_BYTES_PER_OBJECT = 2**20
"""At worst each object has a patch of its own, and its image and masks take this much."""


class Check(NamedTuple):
    ok: bool
    words: str


def check_ready(*, project: Project, object_type: str, stain: str) -> list[Check]:
    """What must hold before a training of this kind is worth its time. It changes nothing: no split is decided."""
    counts = count_accepted_by_slide(project=project, object_type=object_type, stain=stain)
    slides = list_slides_by_id(counts)
    parts = plan_parts(slides=slides)
    return [
        _check_trainer(),
        _check_not_under_way(project, object_type, stain),
        _check_rival(project, object_type, stain),
        _check_groups(slides, parts, object_type),
        *(_check_objects(part, slides, parts, counts, object_type) for part in Part),
        *_check_slides(slides, parts),
        _check_disk(sum(counts.values())),
        _tell_regions(slides, object_type),
    ]


def is_ready(checks: Iterable[Check]) -> bool:
    return all(check.ok for check in checks)


def _check_trainer() -> Check:
    try:
        trainers = list_trainers()
    except RedisError:
        return Check(False, "The message queue is being restarted: try again in a moment.")
    if trainers:
        return Check(True, "A training worker is there.")
    return Check(False, "No training worker is running: ask whoever runs this server to start one.")


def _check_not_under_way(project: Project, object_type: str, stain: str) -> Check:
    of_this_kind = TrainingRun.objects.filter(project=project, object_type=object_type, stain=stain)
    if of_this_kind.filter(state__in=OPEN_STATES).exists():
        return Check(False, f"A training for {PLURALS[object_type]} is under way: wait for it, or cancel it.")
    return Check(True, f"No other training for {PLURALS[object_type]} is under way.")


def _check_rival(project: Project, object_type: str, stain: str) -> Check:
    choice = choose_model(project=project, object_type=object_type, stain=stain)
    if choice.model is None:
        return Check(False, choice.reason)
    return Check(True, f"What is trained is measured against what answers now, {choice.model.name}.")


def _check_groups(slides: Sequence[Slide], parts: Mapping[int, Part], object_type: str) -> Check:
    groups = {part: {group_of(slide) for slide in slides if parts[slide.pk] == part} for part in Part}
    training, held_out = (len(groups[part]) for part in (Part.TRAINING, Part.HELD_OUT))
    objects = PLURALS[object_type]
    if training and held_out:
        count = training + held_out
        return Check(True, f"Accepted {objects} come from {count} patients or single slides; {held_out} held out.")
    if training + held_out == 0:
        words = f"No {objects} are accepted yet: accept some on slides of two patients at least"
    elif training + held_out == 1:
        words = f"All accepted {objects} come from one patient or slide: accept some on a slide of another patient"
    else:
        missing = "trained on" if held_out else "held out"
        words = f"None of the slides with accepted {objects} is {missing}: accept some on a slide of another patient"
    return Check(False, f"{words}, so that what was learnt can be measured on tissue that it was not learnt from.")


def _check_objects(
    part: Part, slides: Sequence[Slide], parts: Mapping[int, Part], counts: Mapping[int, int], object_type: str
) -> Check:
    needed = NEEDED[part]
    inside = [slide for slide in slides if parts[slide.pk] == part]
    count = sum(counts[slide.pk] for slide in inside)
    where = "to train on" if part == Part.TRAINING else "to measure on, on held-out slides"
    words = f"{count_in_words(count, object_type)} {where} (at least {needed})"
    if count >= needed:
        return Check(True, f"{words}.")
    others = [slide for slide in slides if parts[slide.pk] != part]
    where_to = name_some([slide.name for slide in inside]) or ("a slide of another patient" if others else "")
    more = f"accept {needed - count} more{f' on {where_to}' if where_to else ''}."
    return Check(False, f"{words}: {more}{_why_others_do_not_count(part, others, counts, object_type)}")


def _why_others_do_not_count(part: Part, others: Sequence[Slide], counts: Mapping[int, int], object_type: str) -> str:
    """Who has accepted plenty, on the other side, is told why that is no help, and who decides."""
    count = sum(counts[slide.pk] for slide in others)
    if count == 0:
        return ""
    why = {
        Part.TRAINING: "kept apart to measure on, and what is measured on is never trained on",
        Part.HELD_OUT: "to train on, and what was trained on measures nothing",
    }[part]
    where = name_some([slide.name for slide in others])
    lie = "lies" if count == 1 else "lie"
    return (
        f" The {count_in_words(count, object_type)} on {where} {'does' if count == 1 else 'do'} not count here: "
        f"{'it' if count == 1 else 'they'} {lie} on tissue {why}. Squiggle decides on which side a patient stands, once and "
        "for good, when the first training freezes the work; nobody picks it."
    )


def _check_slides(slides: Sequence[Slide], parts: Mapping[int, Part]) -> list[Check]:
    try:
        contents = read_contents(slides=slides, read=_read_content_once)
        unchanged = Check(True, "The slides' files are there, and as they were imported.")
        check_leakage(slides=slides, parts=parts, contents=contents)
    except SlideFileChanged as error:
        return [Check(False, error.message)]
    except LeakingSplit as error:
        return [unchanged, Check(False, error.message)]
    return [unchanged, Check(True, "No patient and no image stands on both sides of the split.")]


@lru_cache(maxsize=4096)
def _read_unchanged(path: str, signature: Signature) -> Content:
    return read_content(path)


def _read_content_once(path: str) -> Content:
    """A page asks again and again: a file of the same size and time is not read again. (A snapshot reads each anew.)"""
    return _read_unchanged(path, read_signature(path))


def _check_disk(objects: int) -> Check:
    folder = Path(settings.LEARNING_FOLDER)
    there = next(place for place in (folder, *folder.parents) if place.exists())
    free, needed = shutil.disk_usage(there).free, FREE_BYTES + objects * FREE_BYTES_PER_OBJECT
    words = f"{free / 2**30:,.0f} GiB of disk are free (at least {needed / 2**30:,.1f})"
    return Check(True, f"{words}.") if free >= needed else Check(False, f"{words}: make room where {folder} lies.")


def _tell_regions(slides: Sequence[Slide], object_type: str) -> Check:
    """Nothing to fail: it says what is learnt as background."""
    complete = Region.objects.filter(slide__in=slides, object_type=object_type, state=Region.State.COMPLETE).count()
    if complete == 0:
        return Check(
            True, "No region is complete: only accepted objects and what lies close around them teach anything."
        )
    regions = "1 region is" if complete == 1 else f"{complete:,} regions are"
    return Check(True, f"{regions} complete: all in there that is not accepted teaches what is background.")
