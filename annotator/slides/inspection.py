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
import re
import resource
import subprocess
import sys
import time
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from annotator.slides.refusals import FORMATS, Refused, conversion_advice, pyramid_advice, rotation_advice

__all__ = ["Description", "Refused", "inspect_slide"]

logger = logging.getLogger(__name__)

MEMORY_LIMIT_BYTES = 4 * 2**30
TIME_LIMIT_S = 30
"""Of processor time; twice that by the clock."""
EIGHT_BITS = (0.0, 255.0)
SOURCE_NAMED = re.compile(r"( on |: )?[^ ]*Source\(.*$")
"""How readers end what they say: with themselves and all their options."""
THUMBNAIL_PX = 512
EXIF_ORIENTATION = 274
FOREIGN: dict[tuple[tuple[int, bytes], ...], str] = {
    ((0, b"\xff\x0a"), (0, b"\0\0\0\x0cJXL ")): "a JPEG XL picture",
    ((0, b"\0\0\0\x0cjP"), (0, b"\xff\x4f\xff\x51")): "a JPEG 2000 picture",
    ((8, b"WEBP"),): "a WebP picture",
    ((4, b"ftyp"),): "an HEIF or AVIF picture",
    ((0, b"GIF8"),): "a GIF picture",
    ((0, b"BM"),): "a BMP picture",
    ((0, b"8BPS"),): "a Photoshop file",
    ((0, b"ZISRAWFILE"),): "a Zeiss CZI file (export it as OME-TIFF)",
    ((0, b"\xda\xce\xbe\x0a"),): "a Nikon ND2 file (export it as OME-TIFF)",
}
"""By what and where they begin."""
COMPARED_TILES = 48
"""That both readers decode, and the levels are compared at: all of a small slide, some of a large one …"""
COMPARED_S = 5.0
"""… and for no longer than this, each."""
STORED_TILES = 12
RIMS_PX = 4096


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
    reader: str
    """Which of large_image's readers shows it."""
    pixel_um: tuple[float, float] | None
    """µm per px in x and y, where the file says."""
    vendor: str
    magnification: float | None
    style: dict[str, Any]
    stain: str
    """A Stain: guessed, as no file says it."""
    notes: tuple[str, ...]
    """What had to be decided, in words for the person."""


def inspect_slide(path: Path, thumbnail: Path, plane: int | None = None) -> Description:
    """Describe the slide and write its thumbnail (JPEG); `plane` is the focal plane wanted, from 0. Raises Refused."""
    command = [sys.executable, "-m", "annotator.slides.inspection", str(path), str(thumbnail)]
    command += [] if plane is None else [str(plane)]
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
        raise Refused(
            f"{path} crashed its reader (exit status {child.returncode}): it is damaged. Copy it again."
        ) from None
    if "refused" in answer:
        raise Refused(answer["refused"])
    pixel_um = tuple(answer["pixel_um"]) if answer["pixel_um"] else None
    return Description(**answer | {"notes": tuple(answer["notes"]), "pixel_um": pixel_um})


def _too_slow(path: Path) -> str:
    return (
        f"{path} took more than {TIME_LIMIT_S} s to open. If it is sound, it lacks a pyramid of smaller levels. "
        + pyramid_advice(path)
    )


# --- in the child -----------------------------------------------------------------------------------------------


def main(path: Path, thumbnail: Path, plane: int | None = None) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (TIME_LIMIT_S, TIME_LIMIT_S + 5))
    warnings.simplefilter("ignore")
    answers = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):  # readers print
        try:
            answer = asdict(describe(path, thumbnail, plane))
        except Refused as refusal:
            answer = {"refused": str(refusal)}
        except MemoryError:
            answer = {"refused": f"{path} needs more than {MEMORY_LIMIT_BYTES // 2**30} GiB of memory to open."}
    print(json.dumps(answer), file=answers, flush=True)


def describe(path: Path, thumbnail: Path, plane: int | None = None) -> Description:
    """In the child: open, check, draw the thumbnail. Raises Refused."""
    from annotator.slides.sources import encode, guess_stain
    from annotator.slides.versions import content_version

    notes: list[str] = []
    file = _choose_file(path, notes)
    shown = _choose_reader(path, file, plane)
    try:
        thumbnail.write_bytes(encode(shown.overview))
    except OSError as error:
        raise Refused(f"The thumbnail of {path} cannot be stored in {thumbnail.parent}: {error.strerror}.") from error
    source, look = shown.source, shown.look
    if look.plane is not None:
        which = "as asked" if plane is not None else "the sharpest"
        notes.append(
            f"it has {look.planes} focal planes; shown is plane {look.plane}, {which} (counted from 0; --plane chooses)"
        )
    notes += _ranges_in_words(look.style)
    return Description(
        path=str(file),
        version=content_version(str(file)),
        width=source.sizeX,
        height=source.sizeY,
        levels=source.levels,
        tile_width=source.tileWidth,
        tile_height=source.tileHeight,
        reader=shown.reader,
        pixel_um=_read_pixel_um(shown.metadata, file),
        vendor=_read_vendor(source),
        magnification=shown.metadata.get("magnification"),
        style=look.style,
        stain=guess_stain(look.style, shown.overview),
        notes=tuple(notes),
    )


def _ranges_in_words(style: dict[str, Any]) -> list[str]:
    """What becomes of values that are no 8-bit colours, or of one that is no colour."""
    bands = style.get("bands", ())
    ranges = {(band["min"], band["max"]) for band in bands}
    if len(ranges) > 1:
        return [f"each of its {len(bands)} channels is shown from black to full colour over a range of its own"]
    for low, high in ranges - {EIGHT_BITS}:
        return [f"its values {low:g} to {high:g} are shown from black to full brightness"]
    if len(bands) == 3 and len({band["frame"] for band in bands}) == 1:
        return ["values that it does not call red, green or blue are not shown"]
    return []


def _choose_file(path: Path, notes: list[str]) -> Path:
    """The file itself, or the first of a DICOM series: of the largest one in a folder, which is said. Raises Refused."""
    from annotator.slides.dicom_folder import check_whole, list_folder, series_of

    if not path.is_dir():
        series = series_of(path)
        if series is None:
            return path
        check_whole(path, series)
        return series.files[0]
    folder = list_folder(path)
    if not folder.series:
        raise Refused(f"{path} is a folder without DICOM files. Name a slide file, or a folder of DICOM files.")
    taken, *others = folder.series
    check_whole(path, taken)
    for other in others:
        notes.append(
            f"the folder holds another DICOM series, of {other.width} × {other.height} px, which was left out; "
            f"import it by the name of one of its files: {other.files[0]}"
        )
    if folder.others:
        names = ", ".join(file.name for file in folder.others[:3])
        more = f" and {len(folder.others) - 3} more" if len(folder.others) > 3 else ""
        notes.append(f"left out, as they are no DICOM files: {names}{more}; import by its own name what is a slide")
    return taken.files[0]


@dataclass(frozen=True)
class Shown:
    """A reader that shows the slide rightly, as far as can be told."""

    reader: str
    source: Any
    """In the style of `look`."""
    look: Any
    overview: Any
    metadata: dict[str, Any]


def _choose_reader(path: Path, file: Path, plane: int | None) -> Shown:
    """The first of the readers, the likeliest first, that sees what a second, independent one sees. Raises Refused."""
    from annotator.slides.dicom_folder import series_of
    from annotator.slides.second_reader import PictureReader, open_second
    from annotator.slides.sources import list_readers
    from annotator.slides.tiff_structure import check_tiff

    _check_picture(file)
    structure = check_tiff(file)
    second = open_second(file)
    if isinstance(second, PictureReader) and second.is_dim():
        raise Refused(
            f"{path} holds values of up to {second.pixels.max()} in 16 bits, of which readers of PNG show the upper 8: hardly "
            f"more than black. Convert it with `vips tiffsave {path.name} out.tif --tile --pyramid` and import that."
        )
    series = series_of(file)
    question = Question(path, file, plane, structure, series, second)
    wrong: list[str] = []
    failed: list[tuple[str, Exception]] = []
    passed_over: list[Any] = []
    for reader in list_readers(str(file), structure.kind if structure else None):
        try:
            return _try_reader(question, reader, passed_over)
        except Unsound as fault:
            logger.info("%s: the reader %s is passed over: %s", file, reader, fault)
            wrong.append(str(fault))
        except Damaged as fault:
            raise Refused(
                f"{path} cannot be shown rightly: {fault}. It is damaged or mislabelled; export it anew."
            ) from None
        except Refused:
            raise
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 half a dozen readers, each with errors of its own: the next may do
            logger.info("%s: the reader %s is passed over: %r", file, reader, error)
            failed.append((reader, error))
    if wrong:
        raise Refused(f"{path} cannot be shown rightly: {wrong[0]}. It is damaged or mislabelled; export it anew.")
    if passed_over:
        raise Refused(
            f"{path} opens, but its pixels cannot be read: {_first_line(failed, passed_over)}. Copy it again, or export it anew."
        )
    raise Refused(f"{path} is not a slide that can be read ({FORMATS}): {_name_kind(file)}")


class Unsound(Exception):
    """A reader shows something that the slide cannot be; the message says what. Another may show the slide."""


class Damaged(Exception):
    """The file holds something that a slide cannot be, as two readers agree; the message says what."""


@dataclass(frozen=True)
class Question:
    """What is asked of each reader in turn."""

    path: Path
    """As the person named it."""
    file: Path
    plane: int | None
    structure: Any
    """Of a TIFF."""
    series: Any
    """Of a DICOM file."""
    second: Any
    """The second reader, where there is one."""


def _try_reader(question: Question, reader: str, opened: list[Any]) -> Shown:
    """Raises Unsound, Damaged, Refused, and whatever the reader raises."""
    from annotator.slides.sources import choose_look, open_by, open_source
    from annotator.slides.tiff_structure import check_size
    from inference.pixels import AS_STORED

    path, file, second, series, plane = (
        question.path, question.file, question.second, question.series, question.plane
    )  # fmt: skip
    plain = open_by(str(file), reader)
    opened.append((reader, plain))
    check_size(path, plain.sizeX, plain.sizeY)
    if series is not None and series.width and (plain.sizeX, plain.sizeY) != (series.width, series.height):
        raise Unsound(
            f"its largest level, of {series.width} × {series.height} px, cannot be read; the largest that can has "
            f"{plain.sizeX} × {plain.sizeY} px"
        )
    _check_tile_size(path, plain)
    compared = second is not None and _compare_readers(plain, reader, second)
    planes = int((plain.getMetadata().get("IndexRange") or {}).get("IndexZ", 1))
    if plane is not None and not 0 <= plane < planes:
        has = f"the planes 0 to {planes - 1}" if planes > 1 else "one focal plane"
        raise Refused(f"{path} has {has}; --plane {plane} is none of them.")
    try:
        _check_values(plain)
        look = choose_look(plain, str(file), plane)
        source = plain if look.style == AS_STORED else open_source(str(file), look.style, reader)
        _check_tiles(source)
        overview = _draw_overview(source)
        _check_overview(overview, plain, compared=compared)
        _check_rims(source, overview, question.structure)
    except Unsound as fault:
        if compared:  # a second reader sees it, too
            raise Damaged(str(fault)) from None
        raise
    _check_levels(source, question.structure)
    _check_stored(source, file, look.style)
    return Shown(reader, source, look, overview, _join_metadata(opened, file))


def _join_metadata(opened: list[Any], file: Path) -> dict[str, Any]:
    """What the reader says of scale and magnification; what it leaves open, one that was passed over, or any other, says."""
    from annotator.slides.sources import list_readers, open_by

    joined: dict[str, Any] = {}
    wanted = ("mm_x", "mm_y", "magnification")
    for _, source in reversed(opened):
        for name in wanted:
            joined[name] = joined.get(name) or source.getMetadata().get(name)
    for reader in list_readers(str(file)) if not joined["mm_x"] else ():
        if reader in {name for name, _ in opened}:
            continue
        try:
            metadata = open_by(str(file), reader).getMetadata()
        except Exception:  # noqa: BLE001 a reader that cannot open it knows no scale either
            metadata = {}
        for name in wanted:
            joined[name] = joined.get(name) or metadata.get(name)
    return joined


def _first_line(failed: list[tuple[str, Exception]], opened: list[Any]) -> str:
    """What the first reader that opened it ran into, in words; others speak of `<_io.BytesIO object …>`."""
    names = [name for name, _ in opened]
    for _, error in sorted((item for item in failed if item[0] in names), key=lambda item: names.index(item[0])):
        line = SOURCE_NAMED.sub("", (str(error).strip().splitlines() or [""])[0][:200]).rstrip(" (.:")
        if line and " object at 0x" not in line:
            return line
    return f"what its tiles hold is of a kind that the reader {opened[0][0]} cannot decode"


def _name_kind(file: Path) -> str:
    """What else the file is, by its first bytes; with the remedy."""
    with file.open("rb") as stream:
        beginning = stream.read(16)
    for marks, kind in FOREIGN.items():
        if any(beginning[at:].startswith(mark) for at, mark in marks):
            return f"it is {kind}" if "export" in kind else f"it is {kind}. {conversion_advice(file)}"
    return "no reader knows its format"


def _check_picture(path: Path) -> None:
    """A PNG or JPEG is decoded as a whole: its size must be known to be bearable before any reader tries."""
    from PIL import Image, UnidentifiedImageError

    from inference.pixels import LARGEST_PLAIN_IMAGE_PX

    orientation = 1
    try:
        with Image.open(path, formats=["PNG", "JPEG"]) as picture:
            width, height = picture.size
            orientation = picture.getexif().get(EXIF_ORIENTATION, 1)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        return  # something else
    except Image.DecompressionBombError:
        width = height = 2**31
    if max(width, height) > LARGEST_PLAIN_IMAGE_PX:
        raise Refused(
            f"{path} is a picture of more than {LARGEST_PLAIN_IMAGE_PX} px a side without a pyramid. {pyramid_advice(path)}"
        )
    if orientation != 1:
        raise Refused(
            f"{path} says that it is to be turned when shown (its tag Orientation is {orientation}), which readers do or "
            f"leave as they please. {rotation_advice(path)}"
        )


def _check_tile_size(path: Path, source: Any) -> None:
    """What a reader takes for a tile is decoded at once, in a process that serves everybody."""
    from annotator.slides.tiff_structure import LARGEST_STRIP_BYTES

    size = source.tileWidth * source.tileHeight * 3
    if size > LARGEST_STRIP_BYTES:
        raise Refused(
            f"{path} can only be read in pieces of {source.tileWidth} × {source.tileHeight} px, {size >> 20} MB each; up "
            f"to {LARGEST_STRIP_BYTES >> 20} MB are. {conversion_advice(path)}"
        )


# --- is it the picture? -----------------------------------------------------------------------------------------


def _list_places(source: Any, z: int, count: int) -> list[tuple[int, int]]:
    """Tiles of a level, in an order in which any first few are spread over all of it."""
    import numpy as np

    shrink = 2 ** (source.levels - 1 - z)
    columns = math.ceil(max(source.sizeX // shrink, 1) / source.tileWidth)
    rows = math.ceil(max(source.sizeY // shrink, 1) / source.tileHeight)
    if columns * rows <= count:
        chosen = np.random.default_rng(0).permutation(columns * rows)
    else:
        chosen = np.random.default_rng(0).choice(columns * rows, count, replace=False, shuffle=True)
    return [(int(index) % columns, int(index) // columns) for index in chosen]


def _compare_readers(source: Any, reader: str, second: Any) -> bool:
    """Whether a second reader could be heard; both must see the same. Raises Unsound."""
    from annotator.slides.second_reader import ERRORS, PictureReader
    from annotator.slides.soundness import READERS_DIFFER
    from annotator.slides.sources import read_stored

    if (source.sizeX, source.sizeY) != (second.width, second.height):
        raise Unsound(
            f"one reader sees {source.sizeX} × {source.sizeY} px in it, another {second.width} × {second.height} px"
        )
    top, until, heard, deaf = source.levels - 1, time.monotonic() + COMPARED_S, 0, 0
    for x, y in _list_places(source, top, COMPARED_TILES):
        seen = read_stored(source, top, x, y)
        left, upper = x * source.tileWidth, y * source.tileHeight
        try:
            others = second.read(left, upper, seen.shape[1], seen.shape[0])
        except ERRORS:
            deaf += 1
            if not heard and deaf >= 3:
                return False
            continue
        heard += 1
        difference = min(_difference(seen, other, shift=isinstance(second, PictureReader)) for other in others)
        if difference > READERS_DIFFER:
            raise Unsound(
                f"two readers see different pictures in it, by {difference:.0f} of 255 around {left}, {upper} "
                f"({reader} and a second one)"
            )
        if time.monotonic() > until:
            break
    if heard and deaf:
        raise Unsound(f"{deaf} of {heard + deaf} tiles cannot be decoded by a second reader")
    return heard > 0


def _difference(seen: Any, other: Any, *, shift: bool) -> float:
    """Of what two readers see, as of 255; a reader that drops bits sees something else."""
    import numpy as np

    from annotator.slides.soundness import mean_difference
    from inference.pixels import as_rgb

    if seen.dtype == np.uint8 and other.dtype == np.uint16 and shift:
        other = (other >> 8).astype(np.uint8)  # of a PNG's 16 bits the upper ones are shown
    if seen.dtype != other.dtype:
        return 255.0
    if seen.shape[2] == 4 and other.shape[2] == 3:
        seen = as_rgb(seen)
    bands = min(seen.shape[2], other.shape[2], 3)
    if {seen.shape[2] >= 3, other.shape[2] >= 3} == {True, False}:
        bands = 1
    low, high = float(np.nanmin(other[:, :, :bands])), float(np.nanmax(other[:, :, :bands]))
    full = 255.0 if seen.dtype == np.uint8 else max(high - low, 1e-6)
    return mean_difference(seen[:, :, :bands], other[:, :, :bands], full)


def _check_values(source: Any) -> None:
    """Raises Unsound where the numbers themselves are wrong: bytes in the wrong order, a wrong predictor."""
    from annotator.slides.soundness import bytes_are_swapped, predictor_is_wrong
    from annotator.slides.sources import sample_tiles

    tiles = [tile for tile in sample_tiles(source, 0, 9) if min(tile.shape[:2]) > 1]
    if tiles and sum(bytes_are_swapped(tile) for tile in tiles) > len(tiles) / 2:
        raise Unsound("the two bytes of its 16-bit values have changed places (byte order)")
    if tiles and sum(predictor_is_wrong(tile) for tile in tiles) > len(tiles) / 2:
        raise Unsound("its values are differences that ought to be sums, or the other way round (predictor)")


def _check_tiles(source: Any) -> None:
    """Decode the smallest level's tile, and the corners and the middle of the full level."""
    from annotator.slides.sources import read_tile

    columns, rows = math.ceil(source.sizeX / source.tileWidth), math.ceil(source.sizeY / source.tileHeight)
    top = source.levels - 1
    places = {(0, 0, 0), (top, columns // 2, rows // 2)}
    places |= {(top, x, y) for x in (0, columns - 1) for y in (0, rows - 1)}
    for z, x, y in sorted(places):
        _decode(read_tile(source, z, x, y))


def _decode(tile: bytes) -> Any:
    import simplejpeg

    return simplejpeg.decode_jpeg(tile)


def _draw_overview(source: Any) -> Any:
    """(h, w, 3) RGB, THUMBNAIL_PX at its longer side; made of the tiles that the viewer shows."""
    import numpy as np
    from PIL import Image

    from annotator.slides.sources import read_pixels

    longer = max(source.sizeX, source.sizeY)
    octave = min(max(math.floor(math.log2(longer / THUMBNAIL_PX)), 0), source.levels - 1)
    octave = min(octave, math.floor(math.log2(min(source.sizeX, source.sizeY))))
    z, shrink = source.levels - 1 - octave, 2**octave
    width, height = max(source.sizeX // shrink, 1), max(source.sizeY // shrink, 1)
    canvas = np.full((height, width, 3), 255, np.uint8)
    for y in range(math.ceil(height / source.tileHeight)):
        for x in range(math.ceil(width / source.tileWidth)):
            left, top = x * source.tileWidth, y * source.tileHeight
            tile = read_pixels(source, z, x, y)[: height - top, : width - left]
            canvas[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
    scale = min(THUMBNAIL_PX / max(width, height), 1)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    return np.asarray(Image.fromarray(canvas).resize(size, Image.Resampling.BOX, reducing_gap=2.0))


def _check_overview(overview: Any, source: Any, *, compared: bool) -> None:
    """Raises Unsound where the whole is of one colour that the file does not hold, or its colours are false."""
    import numpy as np

    from annotator.slides.soundness import find_fault
    from annotator.slides.sources import sample_tiles

    fault = find_fault(overview)
    if fault is None:
        return
    if compared and fault.startswith("all of it"):
        values = np.concatenate([tile[:, :, :3].ravel() for tile in sample_tiles(source, 0, 9)])
        if float(values.max()) - float(values.min()) <= 3:
            return  # two readers agree: it is blank
    raise Unsound(fault)


def _check_levels(source: Any, structure: Any) -> None:
    """Each level shows what the next finer one shows; tiles that are not stored show nothing.

    Raises Damaged where the level is the file's own, Unsound where the reader made it.
    """
    import numpy as np

    from annotator.slides.soundness import LEVELS_DIFFER, levels_differ
    from annotator.slides.sources import read_pixels

    sparse, stored = (structure.sparse, structure.sizes) if structure else (False, ())
    until = time.monotonic() + COMPARED_S
    for z in range(source.levels - 2, -1, -1):
        shrink = 2 ** (source.levels - 1 - z)
        width, height = source.sizeX // shrink, source.sizeY // shrink
        for x, y in _list_places(source, z, COMPARED_TILES) if min(width, height) >= 1 else ():
            left, top = x * source.tileWidth, y * source.tileHeight
            coarse = read_pixels(source, z, x, y)[: height - top, : width - left]
            gap = sparse and coarse.min() == coarse.max()
            fine = np.zeros((2 * source.tileHeight, 2 * source.tileWidth, 3), np.uint8)
            for row in (0, 1):
                for column in (0, 1):
                    fx, fy = 2 * x + column, 2 * y + row
                    if fx * source.tileWidth < 2 * width and fy * source.tileHeight < 2 * height:
                        down, across = row * source.tileHeight, column * source.tileWidth
                        part = read_pixels(source, z + 1, fx, fy)
                        gap = gap or (sparse and part.min() == part.max())
                        fine[down : down + part.shape[0], across : across + part.shape[1]] = part
            difference = levels_differ(coarse, fine[: 2 * coarse.shape[0], : 2 * coarse.shape[1]])
            if difference > LEVELS_DIFFER and not gap:
                own = any(abs(width - size[0]) <= 1 and abs(height - size[1]) <= 1 for size in stored)
                raise (Damaged if own else Unsound)(
                    f"its levels do not show the same picture: the one of {width} × {height} px and the next larger one "
                    f"differ by {difference:.0f} of 255 around {left * shrink}, {top * shrink}"
                )
            if time.monotonic() > until:
                return


def _check_rims(source: Any, overview: Any, structure: Any) -> None:
    """Raises Unsound where the picture breaks off at the rims of the tiles or strips that the file has."""
    import numpy as np

    from annotator.slides.soundness import busiest_place, find_seams
    from annotator.slides.sources import read_pixels

    width, height = structure.chunk if structure else (source.tileWidth, source.tileHeight)
    columns, rows = math.ceil(source.sizeX / source.tileWidth), math.ceil(source.sizeY / source.tileHeight)
    across, down = (min(4, columns), min(4, rows))
    x, y = busiest_place(overview)
    first = min(max(round(x * columns) - across // 2, 0), columns - across)
    upper = min(max(round(y * rows) - down // 2, 0), rows - down)
    top = source.levels - 1
    lines = [
        np.concatenate([read_pixels(source, top, first + x, upper + y) for x in range(across)], axis=1)
        for y in range(down)
    ]
    left, above = first * source.tileWidth, upper * source.tileHeight
    seen = np.concatenate(lines)[-above % height : source.sizeY - above, -left % width : source.sizeX - left]
    if structure is None or structure.chunk[0] < source.sizeX:
        seen = seen[:, : seen.shape[1] // width * width]
    if find_seams(seen[: seen.shape[0] // height * height, :RIMS_PX][:RIMS_PX], width, height):
        raise Unsound("its tiles or strips do not fit together at their rims: they are scrambled")


def _check_stored(source: Any, file: Path, style: dict[str, Any]) -> None:
    """What browsers get as it lies in the file is what the reader sees. Raises Unsound."""
    import numpy as np

    from annotator.slides.soundness import READERS_DIFFER, mean_difference
    from annotator.slides.sources import read_pixels
    from annotator.slides.stored_tiles import StoredTiles
    from inference.pixels import AS_STORED

    if style != AS_STORED:
        return
    stored = StoredTiles(
        str(file), levels=source.levels, width=source.sizeX, height=source.sizeY,
        tile_width=source.tileWidth, tile_height=source.tileHeight,
    )  # fmt: skip
    for z in range(source.levels - 1, -1, -1) if len(stored) else ():
        for x, y in _list_places(source, z, STORED_TILES):
            tile = stored.read(z, x, y)
            if tile is None:
                continue
            shrink = 2 ** (source.levels - 1 - z)
            width = min(max(source.sizeX // shrink, 1) - x * source.tileWidth, source.tileWidth)
            height = min(max(source.sizeY // shrink, 1) - y * source.tileHeight, source.tileHeight)
            shown, seen = _decode(tile)[:height, :width], read_pixels(source, z, x, y)[:height, :width]
            if shown.shape != seen.shape or mean_difference(np.asarray(shown), seen, 255) > READERS_DIFFER:
                raise Unsound("browsers see another picture in its JPEG tiles than readers of slides do")


def _read_pixel_um(metadata: dict[str, Any], file: Path) -> tuple[float, float] | None:
    """µm per px in x and y; None where the file does not say."""
    x = float(metadata.get("mm_x") or metadata.get("mm_y") or 0)
    y = float(metadata.get("mm_y") or x)
    if not x:
        return _read_ome_um(file)
    return (x * 1000, y * 1000) if 0 < x < math.inf and 0 < y < math.inf else None


def _read_ome_um(file: Path) -> tuple[float, float] | None:
    """From OME's own words, where the reader that shows the slide does not read them."""
    import tifffile

    from annotator.slides.tiff_structure import is_tiff

    if not is_tiff(file):
        return None
    with tifffile.TiffFile(file) as tiff:
        words = tiff.ome_metadata or ""
    found = []
    for axis in "XY":
        size = re.search(rf'\bPhysicalSize{axis}="([0-9.eE+-]+)"', words)
        unit = re.search(rf'\bPhysicalSize{axis}Unit="([^"]*)"', words)
        factor = {"mm": 1e3, "nm": 1e-3, "cm": 1e4, "m": 1e6}.get(unit[1] if unit else "", 1.0)
        try:
            found.append(float(size[1]) * factor if size else 0.0)
        except ValueError:
            return None
    return (found[0], found[1]) if all(0 < um < math.inf for um in found) else None


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
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else None)
