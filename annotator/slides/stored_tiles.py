"""JPEG tiles handed out as they lie in a TIFF, neither decoded nor copied through a library.

tifffile reads the index once; a tile is then one `pread` and the file's shared tables put before it (TIFF 6, technote 2).
Against large_image's own passing through: tiles that carry their own tables (tifffile, Bio-Formats) pass too, one file
descriptor serves instead of two a level, and no file is mapped into memory, where a file cut short is a crash.
"""

import os
from dataclasses import dataclass
from math import ceil

import numpy as np
import simplejpeg
import tifffile
from tifffile import COMPRESSION, PHOTOMETRIC

ADOBE_RGB = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"
"""Says that the components are red, green and blue: in TIFF the tags say so, a lone JPEG is taken for YCbCr."""


@dataclass(frozen=True)
class Level:
    columns: int
    rows: int
    offsets: tuple[int, ...]
    byte_counts: tuple[int, ...]
    head: bytes
    """What goes before each tile instead of its own start-of-image marker."""
    blank: bytes
    """A JPEG of background, for tiles that whoever wrote the file left out: white for colours, black for a channel."""


class StoredTiles:
    """The stored JPEG tiles of one file, where it has such. Safe to use from several threads at once."""

    def __init__(self, path: str, *, levels: int, width: int, height: int, tile_width: int, tile_height: int) -> None:
        """Raises OSError. Levels that are not stored as JPEG of this geometry are left out."""
        self._levels: dict[int, Level] = {}
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        for page in _list_pages(path):
            if (page.tilewidth, page.tilelength) != (tile_width, tile_height) or not _is_plain_jpeg(page):
                continue
            for z in range(levels):
                shrink = 2 ** (levels - 1 - z)
                if abs(page.imagewidth - width / shrink) < 1 and abs(page.imagelength - height / shrink) < 1:
                    self._levels[z] = _describe(page)

    def __len__(self) -> int:
        return len(self._levels)

    def __del__(self) -> None:
        if hasattr(self, "_descriptor"):
            os.close(self._descriptor)

    def read(self, z: int, x: int, y: int) -> bytes | None:
        """The tile as a JPEG; None where it is not stored as one. Raises OSError when the file ends before it."""
        place = self._find(z, x, y)
        if place is None:
            return None
        head, offset, size = place
        if not size:
            return self._levels[z].blank
        tile = os.pread(self._descriptor, size, offset)
        if len(tile) < size or not tile.startswith(b"\xff\xd8"):
            raise OSError("its bytes are not a JPEG" if len(tile) == size else "the file ends before it")
        return head + tile[2:]

    def read_at_once(self, z: int, x: int, y: int) -> bytes | None:
        """The tile if the operating system has it in memory, without ever waiting for a disk; else None."""
        place = self._find(z, x, y)
        if place is None:
            return None
        head, offset, size = place
        if not size:
            return self._levels[z].blank
        tile = bytearray(size)
        try:
            complete = os.preadv(self._descriptor, [tile], offset, os.RWF_NOWAIT) == size
        except OSError:  # not in memory, or a file system that cannot tell
            return None
        return head + tile[2:] if complete and tile.startswith(b"\xff\xd8") else None

    def _find(self, z: int, x: int, y: int) -> tuple[bytes, int, int] | None:
        """(head, offset, size) of a tile on a stored level; size 0: left out by whoever wrote the file, as background."""
        level = self._levels.get(z)
        if level is None or x >= level.columns or y >= level.rows:
            return None
        index = y * level.columns + x
        return level.head, level.offsets[index], level.byte_counts[index]


def _list_pages(path: str) -> list[tifffile.TiffPage]:
    """The pages of the image's pyramid, sub-IFDs included; none if it has several channels or is no TIFF."""
    try:
        with tifffile.TiffFile(path) as tiff:
            levels = tiff.series[0].levels
            if any(len(level.pages) != 1 for level in levels):
                return []
            return [level.keyframe for level in levels]
    except (tifffile.TiffFileError, ValueError, IndexError, KeyError, TypeError):
        return []


def _is_plain_jpeg(page: tifffile.TiffPage) -> bool:
    """8-bit grey or colour that any browser decodes to the same pixels as a TIFF reader."""
    colours = {1: {PHOTOMETRIC.MINISBLACK}, 3: {PHOTOMETRIC.RGB, PHOTOMETRIC.YCBCR}}
    return (
        page.compression == COMPRESSION.JPEG
        and page.bitspersample == 8
        and page.planarconfig == 1
        and page.photometric in colours.get(page.samplesperpixel, set())
        and ("Orientation" not in page.tags or page.tags["Orientation"].value == 1)
        and len(page.dataoffsets) == ceil(page.imagewidth / page.tilewidth) * ceil(page.imagelength / page.tilelength)
    )


def _describe(page: tifffile.TiffPage) -> Level:
    tables = page.jpegtables[2:-2] if page.jpegtables else b""
    marker = ADOBE_RGB if page.photometric == PHOTOMETRIC.RGB else b""
    columns, rows = ceil(page.imagewidth / page.tilewidth), ceil(page.imagelength / page.tilelength)
    shade = 255 if page.samplesperpixel > 1 else 0
    blank = simplejpeg.encode_jpeg(np.full((page.tilelength, page.tilewidth, 3), shade, np.uint8), quality=85)
    return Level(columns, rows, page.dataoffsets, page.databytecounts, b"\xff\xd8" + marker + tables, blank)
