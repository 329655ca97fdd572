"""On which side of the split a slide stands: decided when its work is first frozen, by patient, once and for good."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from django.db import connection, transaction

from annotator.core.errors import SquiggleError
from annotator.learning.models import Part, SlidePart
from annotator.projects.words import name_some
from annotator.slides.models import Slide
from annotator.slides.versions import Content, read_content

ONE_IN = 5
"""At least one group in this many is held out, as soon as there are two."""
PART_WORDS = {Part.TRAINING: "training", Part.HELD_OUT: "held out"}
TAKE_OUT = (
    "delete the accepted objects on the slides of one side (they can be restored): a slide without any takes no part"
)


class LeakingSplit(SquiggleError):
    """The same tissue would be trained on and measured on."""

    code = "leaking_split"
    status = 409


class SlideFileChanged(SquiggleError):
    """A slide's file is not what it was when its objects were drawn."""

    code = "slide_file_changed"
    status = 409


def group_of(slide: Slide) -> str:
    """The patient, else the slide itself."""
    return f"patient:{slide.patient}" if slide.patient else f"slide:{slide.pk}"


def decide_parts(groups: Iterable[str], known: Mapping[str, Part]) -> dict[str, Part]:
    """The part of each group: the known one, else a new one, in an order that depends on the groups' names alone.

    The first group trains; another is held out where less than one in ONE_IN of these groups would be otherwise.
    """
    groups = set(groups)
    decided = {group: known[group] for group in groups if group in known}
    for group in sorted(groups - decided.keys(), key=lambda name: hashlib.sha256(name.encode()).digest()):
        parts = list(decided.values())
        too_few = parts.count(Part.HELD_OUT) * ONE_IN < len(parts) + 1
        decided[group] = Part.HELD_OUT if too_few and Part.TRAINING in parts else Part.TRAINING
    return decided


def plan_parts(*, slides: Sequence[Slide]) -> dict[int, Part]:
    """The part of each of these slides of a project, by its id: as it was decided, or as it would be now."""
    rows = SlidePart.objects.filter(slide__project__in={slide.project_id for slide in slides}).select_related("slide")
    stored, known = {}, {}
    for row in rows:
        part = Part(row.part)
        stored[row.slide_id] = known[row.group] = part
        known[group_of(row.slide)] = part  # the patient may have been named since
    decided = decide_parts([group_of(slide) for slide in slides], known)
    return {slide.pk: stored.get(slide.pk, decided[group_of(slide)]) for slide in slides}


def assign_parts(*, slides: Sequence[Slide]) -> dict[int, Part]:
    """Decide the part of each of these slides of a project that has none yet, and return them all, by the slide's id.

    Raises LeakingSplit or SlideFileChanged, and then decides nothing.
    """
    with transaction.atomic(durable=True):
        _lock_splits()
        parts = plan_parts(slides=slides)
        check_leakage(slides=slides, parts=parts, contents=read_contents(slides=slides))
        SlidePart.objects.bulk_create(
            [SlidePart(slide=slide, group=group_of(slide), part=parts[slide.pk]) for slide in slides],
            ignore_conflicts=True,  # what is decided stays
        )
    return parts


def read_contents(*, slides: Iterable[Slide], read: Callable[[str], Content] = read_content) -> dict[int, Content]:
    """What the slides' files hold now, by the slide's id. Raises SlideFileChanged, naming each that is not as imported."""
    contents, missing, changed = {}, [], []
    for slide in slides:
        try:
            contents[slide.pk] = read(slide.path)
        except OSError:
            missing.append(slide.name)
        else:
            if contents[slide.pk].version != slide.version:
                changed.append(slide.name)
    if missing:
        raise SlideFileChanged(
            f"The files of these slides cannot be read: {name_some(missing)}. Put them back where they were imported from."
        )
    if changed:
        raise SlideFileChanged(
            f"The files of these slides have changed since they were imported: {name_some(changed)}. What was drawn on "
            "them may not fit any more. Put the old files back, or import the new ones under another path."
        )
    return contents


def check_leakage(*, slides: Sequence[Slide], parts: Mapping[int, Part], contents: Mapping[int, Content]) -> None:
    """Refuse slides of one patient, or copies of one image, on both sides. Raises LeakingSplit."""
    if torn := _find_torn(slides, parts, lambda slide: slide.patient):
        raise LeakingSplit(
            f"Slides of the patient {torn[0].patient} stand on both sides of the split: {_name_with_parts(torn, parts)}. "
            f"Correct the patient's code where it is wrong; where it is right, {TAKE_OUT}."
        )
    if torn := _find_torn(slides, parts, lambda slide: contents[slide.pk].fingerprint):
        raise LeakingSplit(
            f"The same image stands on both sides of the split: {_name_with_parts(torn, parts)}. To train, {TAKE_OUT}."
        )


def _find_torn(slides: Sequence[Slide], parts: Mapping[int, Part], key: Callable[[Slide], str]) -> list[Slide]:
    """The slides of the first key, in alphabetical order, that stand on both sides; an empty key ties nothing."""
    tied = defaultdict(list)
    for slide in slides:
        tied[key(slide)].append(slide)
    return next(
        (tied[name] for name in sorted(tied) if name and len({parts[slide.pk] for slide in tied[name]}) > 1), []
    )


def _name_with_parts(slides: Iterable[Slide], parts: Mapping[int, Part]) -> str:
    return name_some([f"{slide.name} ({PART_WORDS[parts[slide.pk]]})" for slide in slides])


def _lock_splits() -> None:
    """One at a time decides, so that a group never gets two parts."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('annotator.learning.splits'))")
