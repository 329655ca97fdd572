"""The only writers of slides."""

import logging
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from annotator.projects.models import Project
from annotator.slides.ingest import Candidate, SlideRefused, check_mpp, choose_mpp, examine, thumbnail_path
from annotator.slides.models import Slide
from annotator.slides.stains import Stain

logger = logging.getLogger(__name__)

DESCRIBED = (
    "path", "version", "reader", "style", "width", "height", "levels", "tile_width", "tile_height", "vendor", "magnification",
)  # fmt: skip
"""What of a file's description goes into the row as it is."""


def import_slide(
    *,
    project: Project,
    path: str | Path,
    mpp: float | None = None,
    name: str | None = None,
    stain: Stain | None = None,
    patient: str = "",
    plane: int | None = None,
) -> Slide:
    """Make the file at `path`, referenced in place, a slide of the project.

    `mpp` in µm per level-0 px overrides what the file says, `stain` what its channels suggest; `patient` is whose tissue
    it is, in any code; `plane` the focal plane to show, from 0, else the sharpest. What had to be decided stands in the
    slide's `notes`. Raises SlideRefused, and then leaves no row and no file.
    """
    path = Path(path)
    if mpp is not None:
        check_mpp(mpp)
    with examine(path, plane) as candidate:
        description = candidate.description
        mpp, notes = choose_mpp(path, description.pixel_um, mpp)
        with transaction.atomic():
            _lock_imports()
            _refuse_twice(project, candidate)
            slide = Slide.objects.create(
                project=project,
                name=_printable(name or path.absolute().name)[:200],
                number=(Slide.objects.aggregate(last=Max("number"))["last"] or 0) + 1,
                patient=patient,
                mpp=mpp,
                stain=stain or description.stain,
                **{field: getattr(description, field) for field in DESCRIBED},
            )
            _store_thumbnail(candidate, slide)
    slide.notes = (*description.notes, *notes)
    for note in slide.notes:
        logger.info("slide %s, %s: %s", slide.pk, slide.name, note)
    return slide


def set_stain(*, slide: Slide, stain: Stain, user: Any) -> None:
    """Say how the slide was stained: from the next click on, the models for that stain answer."""
    logger.info("slide %s: stain %s → %s, set by user %s", slide.pk, slide.stain, stain, user.pk)
    slide.stain = stain
    slide.save(update_fields=["stain"])


def set_patient(*, slide: Slide, patient: str, user: Any) -> None:
    """Say whose tissue it is: slides of one patient are never trained on and measured on at once. Empty: not known."""
    logger.info("slide %s: patient %r → %r, set by user %s", slide.pk, slide.patient, patient, user.pk)
    slide.patient = patient
    slide.save(update_fields=["patient"])


def set_landing(*, slide: Slide, x: float, y: float, width_px: float) -> None:
    """Where the viewer opens: centre and width in level-0 px."""
    slide.landing = {"x": x, "y": y, "width_px": width_px}
    slide.save(update_fields=["landing"])


def _printable(name: str) -> str:
    """A line break or another sign that nobody sees, in a file's name, is shown as what it is."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in name)


def _store_thumbnail(candidate: Candidate, slide: Slide) -> None:
    target = thumbnail_path(slide)
    try:
        os.replace(candidate.thumbnail, target)
    except OSError as error:
        raise SlideRefused(f"The thumbnail of {slide.name} cannot be stored as {target}: {error.strerror}.") from error


def _lock_imports() -> None:
    """One import at a time decides: `number` has no gaps to race for, and no file enters twice."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('annotator.slides.import'))")


def _refuse_twice(project: Project, candidate: Candidate) -> None:
    path, version = candidate.description.path, candidate.description.version
    known = Slide.objects.filter(project=project, path=path).first()
    if known is None:
        _refuse_second_link(project, path)
        return
    if known.version == version:
        raise SlideRefused(f"{known.path} is in the project {project.name} already, as {known.name}.")
    raise SlideRefused(
        f"{known.path} is in the project {project.name} already, as {known.name}, but the file has changed since. "
        "Put the old file back, or import the new one under another path."
    )


def _refuse_second_link(project: Project, path: str) -> None:
    """Two names of one file would be annotated twice, and stand on both sides of a split."""
    for known in Slide.objects.filter(project=project).only("name", "path"):
        with suppress(OSError):  # that file is gone
            if os.path.samefile(known.path, path):
                raise SlideRefused(
                    f"{path} leads to the same file as {known.path}, which is in the project {project.name} already, as "
                    f"{known.name}. If they are meant to be two slides, one of the links leads to the wrong file."
                )
