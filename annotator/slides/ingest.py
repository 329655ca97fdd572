"""From a path to what a Slide row needs: the cheap checks here, the dangerous ones in a child process."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from annotator.core.errors import InvalidInput
from annotator.slides.inspection import Description, Refused, inspect_slide
from annotator.slides.models import Slide

FINEST_MPP, COARSEST_MPP = 0.01, 20.0
LIKELY_MPP = (0.05, 5.0)
"""Between an oil immersion's pixels and those of an overview."""
UNITS = {"mm": 1e3, "nm": 1e-3, "m": 1e6, "cm": 1e4}
"""What a number of µm may have been meant in, and how many µm that is; the likeliest first."""
SCREENS_PER_INCH = (72, 75, 90, 96, 100, 120, 150, 200, 300, 400, 600, 1200)
SQUARE_ENOUGH = 1.05


class SlideRefused(InvalidInput):
    """The file cannot become a slide; the message says why, and what to do."""

    code = "slide_refused"


@dataclass(frozen=True)
class Candidate:
    """A slide file that passed all checks, and its thumbnail, still in a temporary place."""

    description: Description
    thumbnail: Path


@contextmanager
def examine(path: Path, plane: int | None = None) -> Iterator[Candidate]:
    """Check and describe the slide at `path`; its temporary thumbnail is gone afterwards unless it was moved.

    `plane` is the focal plane wanted, of several, counted from 0. A link is opened by its own name: where what it leads to
    moves (git-annex), it still leads there, and its name says what the slide is.

    Raises SlideRefused.
    """
    _check_readable(path)
    folder = Path(settings.SQUIGGLE_HOME) / "thumbnails"
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".new-", suffix=".jpg", dir=folder)
    os.close(handle)
    try:
        yield Candidate(inspect_slide(path.absolute(), Path(name), plane), Path(name))
    except Refused as refusal:
        raise SlideRefused(str(refusal)) from None
    finally:
        Path(name).unlink(missing_ok=True)


def _check_readable(path: Path) -> None:
    _check_name(path)
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


def _check_name(path: Path) -> None:
    """Names are kept in the database, which takes UTF-8 alone; Linux takes any bytes."""
    name = os.fsencode(path.absolute())
    try:
        name.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SlideRefused(
            f"The name {name.decode('utf-8', 'backslashreplace')} is not UTF-8 (byte {error.start} is 0x{name[error.start]:02x}; "
            "it may be Latin-1, of an old system). Rename the file, or make a link to it with a name in UTF-8, and import that."
        ) from None


def check_mpp(mpp: float, path: Path | None = None) -> None:
    """Refuse a scale that no microscope has: typed, or read from the file at `path`. Raises SlideRefused."""
    if FINEST_MPP <= mpp <= COARSEST_MPP:
        return
    asked = f"give µm per px, {FINEST_MPP} to {COARSEST_MPP}{_likely_unit(mpp)}."
    if path is None:
        raise SlideRefused(f"--mpp {mpp:g} is not a microscope's scale; {asked}")
    raise SlideRefused(
        f"{path} says that its pixels are {mpp:g} µm wide, which is not a microscope's scale. Import it again with --mpp: "
        + asked
    )


def _likely_unit(mpp: float) -> str:
    """What a number outside the range may have been meant as: a hint in words, or nothing."""
    if not 0 < mpp < float("inf"):
        return ""
    per_inch = 25_400 / mpp
    if mpp > COARSEST_MPP and any(abs(per_inch / dots - 1) < 0.01 for dots in SCREENS_PER_INCH):
        return f" ({per_inch:.0f} px per inch is the resolution of a screen or a printer)"
    for unit, factor in UNITS.items():
        if LIKELY_MPP[0] <= mpp * factor <= LIKELY_MPP[1]:
            return f" (did you mean {mpp * factor:.4g}? {mpp:g} would be right in {unit})"
    return ""


def choose_mpp(path: Path, stated: tuple[float, float] | None, given: float | None) -> tuple[float, list[str]]:
    """The scale in µm per px, and what to say of it: what the person says, else what the file says. Raises SlideRefused."""
    square = stated is None or max(stated) / min(stated) <= SQUARE_ENOUGH
    if given is not None:
        notes = []
        if stated is not None and not square:
            notes.append(
                f"its pixels are not square ({stated[0]:.4g} × {stated[1]:.4g} µm): taken as {given:.4g} µm both ways, so it "
                "is stretched, and the models see it so"
            )
        return given, notes
    if stated is None:
        raise SlideRefused(
            f"{path} does not say how large its pixels are. Import it again with --mpp and the µm per px "
            "(about 0.25 for a 40× scan, 0.5 for 20×)."
        )
    if not square:
        across, down = (side / min(stated) for side in stated)
        raise SlideRefused(
            f"{path} has pixels that are not square ({stated[0]:.4g} × {stated[1]:.4g} µm). Make them square with `vips "
            f"resize {path.name} out.tif[tile,pyramid,compression=jpeg] {across:.4g} --vscale {down:.4g}` and import that "
            f"with --mpp {min(stated):.4g}; or import this one with --mpp as it is, stretched."
        )
    mpp = (stated[0] * stated[1]) ** 0.5
    check_mpp(mpp, path)
    return mpp, []


def thumbnail_path(slide: Slide) -> Path:
    return Path(settings.SQUIGGLE_HOME) / "thumbnails" / f"{slide.pk}-{slide.version}.jpg"
