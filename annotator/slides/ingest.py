"""From a path to what a Slide row needs: the cheap checks here, the dangerous ones in a child process."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from annotator.core.errors import InvalidInput
from annotator.slides.inspection import COARSEST_MPP, Description, Refused, inspect_slide
from annotator.slides.models import Slide

FINEST_MPP = 0.01


class SlideRefused(InvalidInput):
    """The file cannot become a slide; the message says why, and what to do."""

    code = "slide_refused"


@dataclass(frozen=True)
class Candidate:
    """A slide file that passed all checks, and its thumbnail, still in a temporary place."""

    description: Description
    thumbnail: Path


@contextmanager
def examine(path: Path) -> Iterator[Candidate]:
    """Check and describe the slide at `path`; its temporary thumbnail is gone afterwards unless it was moved.

    Raises SlideRefused.
    """
    _check_readable(path)
    folder = Path(settings.SQUIGGLE_HOME) / "thumbnails"
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".new-", suffix=".jpg", dir=folder)
    os.close(handle)
    try:
        yield Candidate(inspect_slide(path.resolve(), Path(name)), Path(name))
    except Refused as refusal:
        raise SlideRefused(str(refusal)) from None
    finally:
        Path(name).unlink(missing_ok=True)


def _check_readable(path: Path) -> None:
    try:
        if path.is_dir():
            os.scandir(path).close()
            return
        if not path.exists():
            raise SlideRefused(f"{path} does not exist on this server.")
        if not path.is_file():
            raise SlideRefused(f"{path} is neither a file nor a folder.")
        with path.open("rb") as file:
            if not file.read(1):
                raise SlideRefused(f"{path} is empty (0 bytes). Copy it again.")
    except OSError as error:
        raise SlideRefused(f"{path} cannot be opened: {error.strerror}.") from error


def check_mpp(mpp: float) -> None:
    """Refuse a scale, given by a person, that no microscope has. Raises SlideRefused."""
    if not FINEST_MPP <= mpp <= COARSEST_MPP:
        raise SlideRefused(
            f"--mpp {mpp:g} is not a microscope's scale; give µm per px, {FINEST_MPP} to {COARSEST_MPP}."
        )


def choose_mpp(path: Path, stated: float | None, given: float | None) -> float:
    """The scale in µm per px: what the person says, else what the file says. Raises SlideRefused."""
    mpp = stated if given is None else given
    if mpp is None:
        raise SlideRefused(
            f"{path} does not say how large its pixels are. Import it again with --mpp and the µm per px "
            "(about 0.25 for a 40× scan, 0.5 for 20×)."
        )
    return mpp


def thumbnail_path(slide: Slide) -> Path:
    return Path(settings.SQUIGGLE_HOME) / "thumbnails" / f"{slide.pk}-{slide.version}.jpg"
