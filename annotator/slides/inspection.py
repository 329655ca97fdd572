"""Opens a file nobody has vetted, in a process of its own with bounded memory and time.

A slide file is parsed by half a dozen C libraries; a malformed one may hang, swell or crash whatever opens it. So a child
process does it first (`python -m annotator.slides.inspection FILE THUMBNAIL`): it reads tiles of the smallest and the
full level, draws the thumbnail, and prints what it found as one line of JSON.
"""

import contextlib
import json
import logging
import math
import os
import resource
import subprocess
import sys
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

MEMORY_LIMIT_BYTES = 4 * 2**30
TIME_LIMIT_S = 30
"""Of processor time; twice that by the clock."""
WIDTH_LIMIT_PX = 2**26
HEIGHT_LIMIT_PX = 2**22
THUMBNAIL_PX = 512
COARSEST_MPP = 20
"""A larger µm per px is the resolution of a screen or a printer, not of a microscope."""
TIFF_BEGINNINGS = {b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"}
PYRAMID_ADVICE = "Make one with `vips tiffsave {} out.tif --tile --pyramid --compression jpeg` and import that."
FORMATS = "Aperio SVS, TIFF, OME-TIFF, QPTIFF, DICOM, PNG, JPEG"


class Refused(Exception):
    """The file cannot become a slide; the message is a sentence for the person."""


@dataclass(frozen=True)
class Description:
    """What a slide file says of itself."""

    path: str
    """Of the file to open: for a DICOM folder, the first file of its series."""
    version: str
    width: int
    height: int
    levels: int
    tile_width: int
    tile_height: int
    mpp: float | None
    vendor: str
    magnification: float | None
    style: dict[str, Any]
    stain: str
    """A Stain: guessed, as no file says it."""


def inspect_slide(path: Path, thumbnail: Path) -> Description:
    """Describe the slide and write its thumbnail (JPEG). Raises Refused."""
    command = [sys.executable, "-m", "annotator.slides.inspection", str(path), str(thumbnail)]
    root = str(Path(__file__).resolve().parents[2])
    # One thread each: thread pools reserve address space, which is what the limit counts.
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": root}
    try:
        child = subprocess.run(
            command, capture_output=True, timeout=TIME_LIMIT_S * 2, env=environment, check=False, text=True
        )
    except subprocess.TimeoutExpired:
        raise Refused(_too_slow(path)) from None
    if child.returncode == -9 or child.returncode == -24:  # killed by its limit on processor time
        raise Refused(_too_slow(path))
    try:
        answer = json.loads(child.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        raise Refused(f"{path} crashed its reader (exit status {child.returncode}): the file is damaged.") from None
    if "refused" in answer:
        raise Refused(answer["refused"])
    return Description(**answer)


def _too_slow(path: Path) -> str:
    return (
        f"{path} took more than {TIME_LIMIT_S} s to open. If it is sound, it lacks a pyramid of smaller levels. "
        + PYRAMID_ADVICE.format(path.name)
    )


# --- in the child -----------------------------------------------------------------------------------------------


def main(path: Path, thumbnail: Path) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (TIME_LIMIT_S, TIME_LIMIT_S + 5))
    warnings.simplefilter("ignore")
    answers = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):  # readers print
        try:
            answer = asdict(describe(path, thumbnail))
        except Refused as refusal:
            answer = {"refused": str(refusal)}
        except MemoryError:
            answer = {"refused": f"{path} needs more than {MEMORY_LIMIT_BYTES // 2**30} GiB of memory to open."}
    print(json.dumps(answer), file=answers, flush=True)


def describe(path: Path, thumbnail: Path) -> Description:
    """In the child: open, check, draw the thumbnail. Raises Refused."""
    from annotator.slides.sources import AS_STORED, READ_ERRORS, choose_style, encode, guess_stain, open_source
    from annotator.slides.versions import content_version

    file, source = _open_first(path)
    _check_size(path, source.sizeX, source.sizeY)
    try:
        style = choose_style(source, str(file))
        if style != AS_STORED:
            source = open_source(str(file), style)
        _check_tiles(source)
        overview = _draw_overview(source)
    except READ_ERRORS as error:
        raise Refused(f"{path} opens, but its pixels cannot be read: {_first_line(error)}") from error
    try:
        thumbnail.write_bytes(encode(overview))
    except OSError as error:
        raise Refused(f"The thumbnail of {path} cannot be stored in {thumbnail.parent}: {error.strerror}.") from error
    metadata = source.getMetadata()
    return Description(
        path=str(file),
        version=content_version(str(file)),
        width=source.sizeX,
        height=source.sizeY,
        levels=source.levels,
        tile_width=source.tileWidth,
        tile_height=source.tileHeight,
        mpp=_read_mpp(path, metadata),
        vendor=_read_vendor(source),
        magnification=metadata.get("magnification"),
        style=style,
        stain=guess_stain(style, overview),
    )


def _open_first(path: Path) -> tuple[Path, Any]:
    """The file, or the first of a folder or a DICOM series, in its plainest style."""
    from annotator.slides.sources import AS_STORED, READ_ERRORS, open_source
    from annotator.slides.versions import list_files, read_series

    files = [path]
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if read_series(file))
        if not files:
            raise Refused(f"{path} is a folder without DICOM files. Name a slide file, or a folder of DICOM files.")
    problem: Exception | None = None
    for file in files:
        first = list_files(str(file))[0]
        _check_picture(first)
        _check_tiff(first)
        try:
            return first, open_source(str(first), AS_STORED)
        except READ_ERRORS as error:
            problem = error
    raise Refused(f"{path} is not a slide that can be read ({FORMATS}): {_first_line(problem)}")


def _first_line(error: Exception | None) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def _check_size(path: Path, width: int, height: int) -> None:
    if not (0 < width < WIDTH_LIMIT_PX and 0 < height < HEIGHT_LIMIT_PX):
        raise Refused(
            f"{path} claims {width} × {height} px; slides of up to {WIDTH_LIMIT_PX - 1} × {HEIGHT_LIMIT_PX - 1} px "
            "are taken. The file is probably damaged."
        )


def _check_picture(path: Path) -> None:
    """A PNG or JPEG is decoded as a whole: its size must be known to be bearable before any reader tries."""
    from PIL import Image, UnidentifiedImageError

    from annotator.slides.sources import LARGEST_PLAIN_IMAGE_PX

    try:
        with Image.open(path, formats=["PNG", "JPEG"]) as picture:
            width, height = picture.size
    except (UnidentifiedImageError, OSError, ValueError):
        return  # something else
    except Image.DecompressionBombError:
        width = height = 2**31
    if max(width, height) > LARGEST_PLAIN_IMAGE_PX:
        raise Refused(
            f"{path} is a picture of more than {LARGEST_PLAIN_IMAGE_PX} px a side without a pyramid. "
            + PYRAMID_ADVICE.format(path.name)
        )


def _check_tiff(path: Path) -> None:
    """Each directory and each tile that a TIFF names must lie inside the file, and the tiles must suffice for its size:
    truncation and wild claims show here, whichever tiles are tried later, and before any reader believes them."""
    import tifffile

    complaints = _Complaints()
    logging.getLogger("tifffile").addHandler(complaints)
    size = path.stat().st_size
    try:
        with tifffile.TiffFile(path) as tiff:
            pages = [page for page in tiff.pages if isinstance(page, tifffile.TiffPage)]
            first = pages[0]
            _check_size(path, first.imagewidth, first.imagelength)
            ends = [max(map(sum, zip(p.dataoffsets, p.databytecounts, strict=False)), default=0) for p in pages]
    except (tifffile.TiffFileError, ValueError, IndexError, KeyError, TypeError, OSError):
        if path.open("rb").read(4) in TIFF_BEGINNINGS:
            raise Refused(f"{path} begins like a TIFF but cannot be read on: it is cut off or damaged.") from None
        return
    if max(ends) > size or any("offset" in complaint for complaint in complaints.heard):
        raise Refused(f"{path} is cut off: it names data beyond its end at {size} bytes. Copy it again.")
    needed = math.prod(first.chunked) if first.is_tiled else 0
    if len(first.dataoffsets) < needed:
        raise Refused(
            f"{path} claims {first.imagewidth} × {first.imagelength} px, which takes {needed} tiles, but lists "
            f"{len(first.dataoffsets)}: it is damaged."
        )


class _Complaints(logging.Handler):
    """tifffile says in its log, and nowhere else, that the chain of directories breaks off."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(record.getMessage())


def _check_tiles(source: Any) -> None:
    """Decode the smallest level's tile, and the corners and the middle of the full level."""
    from annotator.slides.sources import read_tile

    columns, rows = math.ceil(source.sizeX / source.tileWidth), math.ceil(source.sizeY / source.tileHeight)
    top = source.levels - 1
    places = {(0, 0, 0), (top, columns // 2, rows // 2)}
    places |= {(top, x, y) for x in (0, columns - 1) for y in (0, rows - 1)}
    for z, x, y in sorted(places):
        _decode(read_tile(source, z, x, y))


def _decode(tile: bytes) -> None:
    import simplejpeg

    simplejpeg.decode_jpeg(tile)


def _draw_overview(source: Any) -> Any:
    """(h, w, 3) RGB, THUMBNAIL_PX at its longer side."""
    from annotator.slides.sources import as_rgb

    region, _ = source.getRegion(output={"maxWidth": THUMBNAIL_PX, "maxHeight": THUMBNAIL_PX}, format="numpy")
    return as_rgb(region)


def _read_mpp(path: Path, metadata: dict[str, Any]) -> float | None:
    """µm per px; None where the file does not say, or names a printer's resolution."""
    x, y = metadata.get("mm_x"), metadata.get("mm_y")
    if not x or not y or not (0 < x * 1000 <= COARSEST_MPP and 0 < y * 1000 <= COARSEST_MPP):
        return None
    if max(x, y) / min(x, y) > 1.05:
        raise Refused(f"{path} has pixels that are not square ({x * 1000:.3f} × {y * 1000:.3f} µm). Resample it first.")
    return math.sqrt(x * y) * 1000


def _read_vendor(source: Any) -> str:
    """Who made the scanner, as far as the file tells."""
    metadata = source.getInternalMetadata() or {}
    if "openslide" in metadata:
        return str(metadata["openslide"].get("openslide.vendor", ""))
    if metadata.get("tifffileKind") == "qpi":
        return "perkinelmer"
    if source.name == "dicom":
        return str(_find(metadata, "Manufacturer") or "dicom").lower()
    description = str(metadata.get("tiff", {}).get("imagedescription", ""))
    return "aperio" if description.startswith("Aperio") else {"ometiff": "ome", "pil": ""}.get(source.name, "")


def _find(nested: Any, key: str) -> Any:
    if not isinstance(nested, dict):
        return None
    return nested.get(key) or next((found for value in nested.values() if (found := _find(value, key))), None)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
