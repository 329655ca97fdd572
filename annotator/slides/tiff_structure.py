"""What a TIFF's directories claim, held against the file itself before any reader believes them.

Truncation, loops, wild sizes and labels that contradict the data show here, whichever tiles are tried later.
"""

import logging
import math
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import tifffile
from tifffile import COMPRESSION, PHOTOMETRIC

from annotator.slides.refusals import Refused, conversion_advice, rotation_advice

WIDTH_LIMIT_PX = 2**26
HEIGHT_LIMIT_PX = 2**22
LARGEST_TILE_BYTES = 64 * 2**20
"""Of one decoded tile: several are decoded at once, in a process that serves everybody."""
LARGEST_STRIP_BYTES = 192 * 2**20
"""Of one decoded strip: a picture of 8192 × 8192 px, which a PNG may have as well."""
DIRECTORY_LIMIT = 10_000
TAG_LIMIT = 4096
DEEPEST = 16
"""Directories above one another; a pyramid has two."""
SUB_IFDS = 330
BEGINNINGS = {b"II*\0": ("<", False), b"MM\0*": (">", False), b"II+\0": ("<", True), b"MM\0+": (">", True)}
PAGE_ERRORS = (
    tifffile.TiffFileError,
    ValueError,
    IndexError,
    KeyError,
    TypeError,
    OSError,
    AttributeError,
    struct.error,
)
TILE_BEGINNINGS: dict[int, tuple[bytes, ...]] = {
    COMPRESSION.JPEG: (b"\xff\xd8",),
    COMPRESSION.ADOBE_DEFLATE: (b"\x78", b"\x58", b"\x38", b"\x18", b"\x08", b"\x28", b"\x48", b"\x68"),
    COMPRESSION.DEFLATE: (b"\x78", b"\x58", b"\x38", b"\x18", b"\x08", b"\x28", b"\x48", b"\x68"),
    COMPRESSION.APERIO_JP2000_YCBC: (b"\xff\x4f", b"\0\0\0\x0cjP"),
    COMPRESSION.APERIO_JP2000_RGB: (b"\xff\x4f", b"\0\0\0\x0cjP"),
    COMPRESSION.JPEG2000: (b"\xff\x4f", b"\0\0\0\x0cjP"),
}
KNOWN_COLOURS = {
    PHOTOMETRIC.MINISWHITE, PHOTOMETRIC.MINISBLACK, PHOTOMETRIC.RGB, PHOTOMETRIC.PALETTE, PHOTOMETRIC.SEPARATED,
    PHOTOMETRIC.YCBCR,
}  # fmt: skip
BEGINNINGS_READ = 20_000
BEGINNINGS_S = 5.0
"""Tiles whose first bytes are looked at, of each level, and for how long: 3 µs each from memory, 3 ms from afar."""


@dataclass(frozen=True)
class Structure:
    """What the checks found out, for those who read on."""

    kind: str
    """An ending that says what it is, as readers choose by endings: `.svs`, `.ome.tif` …"""
    sparse: bool
    """Whether some tiles are not stored: background."""
    chunk: tuple[int, int]
    """Width and height of its tiles or strips, px."""
    sizes: tuple[tuple[int, int], ...]
    """Width and height of each level that is stored, px."""


def is_tiff(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) in BEGINNINGS


def check_size(path: Path, width: int, height: int) -> None:
    if not (0 < width < WIDTH_LIMIT_PX and 0 < height < HEIGHT_LIMIT_PX):
        raise Refused(
            f"{path} claims {width} × {height} px; slides of up to {WIDTH_LIMIT_PX - 1} × {HEIGHT_LIMIT_PX - 1} px "
            "are taken. The file is probably damaged."
        )


def check_tiff(path: Path) -> Structure | None:
    """None for what is no TIFF. Raises Refused, OSError."""
    if not is_tiff(path):
        return None
    _check_chain(path)
    complaints = _Complaints()
    logger = logging.getLogger("tifffile")
    logger.addHandler(complaints)
    try:
        with tifffile.TiffFile(path) as tiff:
            pages = list(_list_pages(tiff))
            for page in pages:
                _check_extent(path, page)
            if any("offset" in complaint for complaint in complaints.heard):
                raise Refused(_cut_off(path))
            levels = _list_levels(tiff)
            for page in levels:
                _check_page(path, page)
            sparse = any(0 in page.databytecounts for page in levels)
            sizes = tuple((page.imagewidth, page.imagelength) for page in levels)
            return Structure(_kind_of(tiff), sparse, _chunk_of(levels[0]), sizes)
    except PAGE_ERRORS:
        raise Refused(f"{path} begins like a TIFF but cannot be read on: it is cut off or damaged.") from None
    finally:
        logger.removeHandler(complaints)


class _Complaints(logging.Handler):
    """tifffile says in its log, and nowhere else, that the chain of directories breaks off."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(record.getMessage())


def _kind_of(tiff: tifffile.TiffFile) -> str:
    kinds = {"is_svs": ".svs", "is_qpi": ".qptiff", "is_ome": ".ome.tif", "is_ndpi": ".ndpi", "is_scn": ".scn"}
    return next((ending for name, ending in kinds.items() if getattr(tiff, name)), ".tif")


def _list_pages(tiff: tifffile.TiffFile) -> Iterator[tifffile.TiffPage]:
    for page in tiff.pages:
        if isinstance(page, tifffile.TiffPage):
            yield page
            yield from (sub for sub in page.pages or () if isinstance(sub, tifffile.TiffPage))


def _list_levels(tiff: tifffile.TiffFile) -> list[tifffile.TiffPage]:
    """The first page of each level of the image; of the other pages (labels, thumbnails) nothing is shown."""
    found = [level.keyframe for level in tiff.series[0].levels]
    first = tiff.pages.first
    return found if first in found else [first, *found]


# --- the chain of directories -----------------------------------------------------------------------------------


def _check_chain(path: Path) -> None:
    """Each directory names the next; a chain that comes back to where it was keeps readers busy for minutes."""
    with path.open("rb") as file:
        order, big = BEGINNINGS[file.read(4)]
        file.seek(8 if big else 4)
        try:
            _walk(path, file, order, big, _unpack(file, order, "Q" if big else "I"), (), set())
        except (struct.error, OverflowError):
            raise Refused(_cut_off(path)) from None


def _walk(
    path: Path, file: BinaryIO, order: str, big: bool, offset: int, depths: tuple[frozenset[int], ...], known: set[int]
) -> None:
    """Along one chain and, one deeper, those of its sub-directories. `depths`: the directories that led here, of each depth;
    `known`: all that were read, for a sub-directory may be named by its parent and by its sibling as well."""
    chain: set[int] = set()
    while offset:
        if offset in chain or any(offset in above for above in depths):
            raise Refused(
                f"{path} is damaged: its chain of directories runs in a circle (back to byte {offset}). "
                "Copy it again, or export it anew."
            )
        chain.add(offset)
        if offset in known:
            return
        known.add(offset)
        if len(known) > DIRECTORY_LIMIT:
            raise Refused(f"{path} has more than {DIRECTORY_LIMIT} directories: it is damaged, or no slide.")
        *below, offset = _follow(file, order, big, offset)
        if below and len(depths) >= DEEPEST:
            raise Refused(
                f"{path} has directories more than {DEEPEST} deep in one another: it is damaged, or no slide."
            )
        for sub in below:
            _walk(path, file, order, big, sub, (*depths, frozenset(chain)), known)


def _follow(file: BinaryIO, order: str, big: bool, offset: int) -> list[int]:
    """Where the directory at `offset` leads: its sub-directories, and the next one."""
    file.seek(offset)
    count = _unpack(file, order, "Q" if big else "H")
    if not 0 < count <= TAG_LIMIT:
        raise struct.error("no directory")
    entry, found = (20 if big else 12), []
    start = file.tell()
    for number in range(count):
        file.seek(start + number * entry)
        if _unpack(file, order, "H") != SUB_IFDS:
            continue
        kind = _unpack(file, order, "H")
        values = _unpack(file, order, "Q" if big else "I")
        code, size = ("Q", 8) if kind in (16, 18) else ("I", 4)
        if values > DIRECTORY_LIMIT:
            raise struct.error("too many sub-directories")
        if values * size > (8 if big else 4):
            file.seek(_unpack(file, order, "Q" if big else "I"))
        found += [_unpack(file, order, code) for _ in range(values)]
    file.seek(start + count * entry)
    return [*found, _unpack(file, order, "Q" if big else "I")]


def _unpack(file: BinaryIO, order: str, code: str) -> int:
    (value,) = struct.unpack(order + code, file.read(struct.calcsize(order + code)))
    return int(value)


# --- each page --------------------------------------------------------------------------------------------------


def _cut_off(path: Path) -> str:
    return f"{path} is cut off: it names data beyond its end at {path.stat().st_size} bytes. Copy it again."


def _check_extent(path: Path, page: tifffile.TiffPage) -> None:
    check_size(path, page.imagewidth, page.imagelength)
    size = path.stat().st_size
    if any(offset + count > size for offset, count in zip(page.dataoffsets, page.databytecounts, strict=False)):
        raise Refused(_cut_off(path))


def _check_page(path: Path, page: tifffile.TiffPage) -> None:
    """One level of the image."""
    orientation = page.tags.valueof("Orientation", default=1)
    if orientation != 1:
        raise Refused(
            f"{path} says that it is to be turned when shown (its tag Orientation is {orientation}), which readers of "
            f"slides do or leave as they please. {rotation_advice(path)}"
        )
    _check_chunks(path, page)
    _check_labels(path, page)
    _check_data(path, page)


def _chunk_of(page: tifffile.TiffPage) -> tuple[int, int]:
    if page.is_tiled:
        return page.tilewidth, page.tilelength
    return page.imagewidth, min(page.rowsperstrip or page.imagelength, page.imagelength)


def _check_chunks(path: Path, page: tifffile.TiffPage) -> None:
    """As many tiles or strips as the size takes, none too large to decode."""
    what = "tiles" if page.is_tiled else "strips"
    width, height = _chunk_of(page)
    planes = page.samplesperpixel if page.planarconfig == 2 else 1
    across = math.ceil(page.imagewidth / width) if width else 0
    needed = across * (math.ceil(page.imagelength / height) if height else 0) * page.imagedepth * planes
    if not needed or len(page.dataoffsets) < needed or len(page.databytecounts) < needed:
        raise Refused(
            f"{path} claims {page.imagewidth} × {page.imagelength} px, which takes {needed} {what}, but lists "
            f"{len(page.dataoffsets)}: it is damaged. Copy it again."
        )
    decoded = width * height * (page.samplesperpixel // planes) * math.ceil(page.bitspersample / 8)
    limit = LARGEST_TILE_BYTES if page.is_tiled else LARGEST_STRIP_BYTES
    if decoded > limit:
        raise Refused(
            f"{path} is stored in {what} of {width} × {height} px, {decoded >> 20} MB each; to show any part of one, all "
            f"of it must be read, and up to {limit >> 20} MB are. {conversion_advice(path)}"
        )


def _check_labels(path: Path, page: tifffile.TiffPage) -> None:
    """Tags that contradict each other."""
    samples, photometric = page.samplesperpixel, page.photometric
    if photometric not in KNOWN_COLOURS:
        raise Refused(f"{path} holds colours of a kind that is not read ({photometric!s}). {conversion_advice(path)}")
    least: dict[int, int] = {PHOTOMETRIC.RGB: 3, PHOTOMETRIC.YCBCR: 3, PHOTOMETRIC.SEPARATED: 4}
    if samples < least.get(photometric, 1):
        raise Refused(
            f"{path} is damaged: it says that its pixels are {PHOTOMETRIC(photometric).name}, and that each has "
            f"{samples} value{'s' if samples > 1 else ''}."
        )
    if page.compression == COMPRESSION.NONE and photometric != PHOTOMETRIC.YCBCR:
        width, height = _chunk_of(page)
        per_pixel = page.bitspersample * (1 if page.planarconfig == 2 else samples)
        expected = math.ceil(width * per_pixel / 8) * height
        if page.databytecounts[0] not in (0, expected):
            raise Refused(
                f"{path} is damaged: a part of {width} × {height} px takes {expected} bytes uncompressed, but it says "
                f"{page.databytecounts[0]}."
            )


def _check_data(path: Path, page: tifffile.TiffPage) -> None:
    """Every tile begins as its compression has it, and what the first JPEG says of itself is what the tags say."""
    beginnings = TILE_BEGINNINGS.get(page.compression)
    if beginnings is None:
        return
    handle = page.parent.filehandle
    places = [place for place in zip(page.dataoffsets, page.databytecounts, strict=False) if place[1]]
    until = time.monotonic() + BEGINNINGS_S
    for offset, _ in places[:: math.ceil(len(places) / BEGINNINGS_READ) or 1]:
        if time.monotonic() > until:
            break
        handle.seek(offset)
        if not handle.read(8).startswith(beginnings):
            raise Refused(
                f"{path} is damaged: at byte {offset}, where it says that a part of the image begins, are no "
                f"{COMPRESSION(page.compression).name} data. Copy it again."
            )
    if page.compression == COMPRESSION.JPEG and places:
        handle.seek(places[0][0])
        _check_jpeg(path, page, handle.read(places[0][1]))


def _check_jpeg(path: Path, page: tifffile.TiffPage, jpeg: bytes) -> None:
    frame = describe_jpeg(jpeg)
    if frame is None:
        raise Refused(f"{path} is damaged: its first tile is no whole JPEG.")
    samples = 1 if page.planarconfig == 2 else page.samplesperpixel
    wrong = []
    if page.is_tiled and (frame.width, frame.height) != (page.tilewidth, page.tilelength):
        wrong.append(f"tiles of {page.tilewidth} × {page.tilelength} px, but they hold {frame.width} × {frame.height}")
    if frame.bits != page.bitspersample:
        wrong.append(f"{page.bitspersample} bits a value, but they have {frame.bits}")
    if len(frame.ids) != samples:
        wrong.append(f"{samples} values a pixel, but they have {len(frame.ids)}")
    if len(frame.ids) == 3:
        if page.photometric == PHOTOMETRIC.RGB and (frame.subsampled or frame.adobe == 1 or frame.jfif):
            wrong.append("red, green and blue, but they hold brightness and colour (YCbCr)")
        if page.photometric == PHOTOMETRIC.YCBCR and (frame.adobe == 0 or frame.ids == b"RGB"):
            wrong.append("brightness and colour (YCbCr), but they hold red, green and blue")
    if wrong:
        raise Refused(
            f"{path} says of its JPEG tiles: {'; '.join(wrong)}. It is damaged or mislabelled; export it anew."
        )


@dataclass(frozen=True)
class JpegFrame:
    width: int
    height: int
    bits: int
    ids: bytes
    subsampled: bool
    jfif: bool
    adobe: int | None
    """The Adobe marker's transform: 0 RGB, 1 YCbCr."""


def describe_jpeg(jpeg: bytes) -> JpegFrame | None:
    """What a JPEG's headers say; None where they break off."""
    at, jfif, adobe = 2, False, None
    while at + 4 <= len(jpeg) and jpeg[at] == 0xFF:
        marker, length = jpeg[at + 1], int.from_bytes(jpeg[at + 2 : at + 4], "big")
        body = jpeg[at + 4 : at + 2 + length]
        if marker == 0xE0 and body.startswith(b"JFIF"):
            jfif = True
        elif marker == 0xEE and body.startswith(b"Adobe") and len(body) >= 12:
            adobe = body[11]
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            count = body[5] if len(body) > 5 else 0
            if len(body) < 6 + 3 * count or not count:
                return None
            parts = [body[6 + 3 * number : 9 + 3 * number] for number in range(count)]
            return JpegFrame(
                width=int.from_bytes(body[3:5], "big"),
                height=int.from_bytes(body[1:3], "big"),
                bits=body[0],
                ids=bytes(part[0] for part in parts),
                subsampled=len({part[1] for part in parts}) > 1,
                jfif=jfif,
                adobe=adobe,
            )
        at += 2 + length
    return None
