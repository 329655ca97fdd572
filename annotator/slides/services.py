"""The only writers of slides."""

import logging
import os
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from annotator.projects.models import Project
from annotator.slides.ingest import Candidate, SlideRefused, check_mpp, choose_mpp, examine, thumbnail_path
from annotator.slides.models import Slide
from annotator.slides.stains import Stain

logger = logging.getLogger(__name__)


def import_slide(
    *,
    project: Project,
    path: str | Path,
    mpp: float | None = None,
    name: str | None = None,
    stain: Stain | None = None,
    patient: str = "",
) -> Slide:
    """Make the file at `path`, referenced in place, a slide of the project.

    `mpp` in µm per level-0 px overrides what the file says, `stain` what its channels suggest; `patient` is whose tissue
    it is, in any code. Raises SlideRefused, and then leaves no row and no file.
    """
    path = Path(path)
    if mpp is not None:
        check_mpp(mpp)
    with examine(path) as candidate:
        mpp = choose_mpp(path, candidate.description.mpp, mpp)
        with transaction.atomic():
            _lock_imports()
            _refuse_twice(project, candidate)
            slide = Slide.objects.create(
                project=project,
                name=(name or path.resolve().name)[:200],
                number=(Slide.objects.aggregate(last=Max("number"))["last"] or 0) + 1,
                patient=patient,
                **vars(candidate.description) | {"mpp": mpp, "stain": stain or candidate.description.stain},
            )
            _store_thumbnail(candidate, slide)
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
    known = Slide.objects.filter(project=project, path=candidate.description.path).first()
    if known is None:
        return
    if known.version == candidate.description.version:
        raise SlideRefused(f"{known.path} is in the project {project.name} already, as {known.name}.")
    raise SlideRefused(
        f"{known.path} is in the project {project.name} already, as {known.name}, but the file has changed since. "
        "Put the old file back, or import the new one under another path."
    )
