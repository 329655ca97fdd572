"""Opens slide files and reads tiles from them; the only file of the web side that imports large_image."""

import logging
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import large_image
import numpy as np
import simplejpeg
import tifffile
from large_image import tilesource
from large_image.exceptions import TileGeneralError, TileSourceError
from numpy.typing import NDArray
from tifffile import EXTRASAMPLE

from annotator.slides.soundness import sharpness
from annotator.slides.stains import Stain
from inference.pixels import AS_STORED, LARGEST_PLAIN_IMAGE_PX, as_rgb, mend_readers
from inference.protocol import PRIMARIES, count_channels

JPEG_QUALITY = 85
CHANNEL_COLOURS = ("#0000ff", "#00ff00", "#ff0000", "#00ffff", "#ff00ff", "#ffff00", "#ffffff", "#ff8000")
"""For channels that state no colour of their own; at most this many are composed."""
FULL_RANGE = (0.0, 255.0)
"""Of planes that are colours already: they are not stretched."""
DARK_GROUND = 96
DEPTHS_BITS = (8, 10, 12, 14)
"""Of cameras: the range of colours that no file states is the least of these that holds the brightest pixel."""
SAMPLED_TILES = 36
"""Of the full level, evenly spread: what a range is measured on, and which plane is sharp."""
PLANES_COMPARED = 32
READ_ERRORS = (TileGeneralError, OSError, ValueError, RuntimeError, KeyError, IndexError, AttributeError, TypeError)
"""What the many readers behind large_image raise for a file that is broken or of another kind."""

logger = logging.getLogger(__name__)
large_image.config.setConfig("max_small_image_size", LARGEST_PLAIN_IMAGE_PX)
# Its own cache of decoded tiles would take a sixteenth of the memory; tiles.py caches what it sends instead.
large_image.config.setConfig("cache_python_memory_portion", 128)


def open_source(path: str, style: dict[str, Any], reader: str = "") -> Any:
    """The large_image source for the file, held by nobody else: letting go of it closes the file.

    `reader`: its name among large_image's, as stored in the slide's row; empty: the first that can, in large_image's own
    order, as slides were opened before rows said. Raises one of READ_ERRORS.
    """
    source = open_by(path, reader) if reader else _open_first(path)
    for name in ("_map", "to_map", "from_map"):  # its notebook widget points back at it, and would keep the file open
        vars(source).pop(name, None)
    if style != AS_STORED:
        source.style = style  # set after opening: the tifffile source cannot open with a style of several frames
    return source


def open_by(path: str, reader: str) -> Any:
    """By the reader of that name, as stored. Raises one of READ_ERRORS."""
    _load_readers()
    if reader not in tilesource.AvailableTileSources:
        raise TileSourceError(f"the reader {reader} is not installed")
    source = tilesource.AvailableTileSources[reader](path, style=AS_STORED, noCache=True)
    mend_readers()
    return source


def list_readers(path: str, kind: str | None = None) -> list[str]:
    """The readers to try, the likeliest first: by `kind` (an ending such as `.svs`) where the content told it, since names
    lie; else by the name. Of OME's stacks only some readers know which plane is which, so these come first."""
    _load_readers()
    name = path if kind is None or path.lower().endswith(kind) else f"slide{kind}"
    readers = [reader for *_, reader in sorted(tilesource.getSortedSourceList(tilesource.AvailableTileSources, name))]
    if kind == ".ome.tif":
        readers.sort(key=lambda reader: {"ometiff": 0, "tifffile": 1}.get(reader, 2))
    return readers


def _load_readers() -> None:
    if not tilesource.AvailableTileSources:
        tilesource.loadTileSources()


def _open_first(path: str) -> Any:
    """By the first of large_image's readers that can, in its own order. `large_image.open` would open it twice."""
    for reader in list_readers(path):
        try:
            return open_by(path, reader)
        except TileSourceError:
            continue
        except READ_ERRORS as error:  # its own fault, not the file's: the next one may read it
            logger.info("%s: the reader %s fails: %r", path, reader, error)
    raise TileSourceError("no reader knows its format")


def read_tile(source: Any, z: int, x: int, y: int) -> bytes:
    """The tile, decoded and encoded, as JPEG. z 0 is the smallest level. Raises one of READ_ERRORS."""
    return encode(read_pixels(source, z, x, y))


def read_pixels(source: Any, z: int, x: int, y: int) -> NDArray[np.uint8]:
    """The tile, decoded: (h, w, 3) RGB. Raises one of READ_ERRORS.

    What lies beyond the slide repeats its rim, where readers have black: a JPEG of both would darken the last pixels. On
    levels where the slide is narrower than a pixel, readers mix it with that black; there the next finer level's pixels
    are averaged instead.
    """
    shrink = 2 ** (source.levels - 1 - z)
    width = min(max(source.sizeX // shrink, 1) - x * source.tileWidth, source.tileWidth)
    height = min(max(source.sizeY // shrink, 1) - y * source.tileHeight, source.tileHeight)
    if shrink > min(source.sizeX, source.sizeY):
        tile = _average_finer(source, z, x, y, max(width, 1), max(height, 1))
    else:
        tile = as_rgb(source.getTile(x, y, z, numpyAllowed="always"))
    if width < 1 or height < 1 or tile.shape[:2] == (height, width) == (source.tileHeight, source.tileWidth):
        return tile
    inside = tile[:height, :width]
    missing = (source.tileHeight - inside.shape[0], source.tileWidth - inside.shape[1])
    return np.pad(inside, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="edge")


def _average_finer(source: Any, z: int, x: int, y: int, width: int, height: int) -> NDArray[np.uint8]:
    """The (height, width, 3) of a tile that lie on the slide: means of 2 × 2 pixels of the next finer level."""
    rows = []
    for row in range(2 if 2 * height > source.tileHeight else 1):
        across = [
            read_pixels(source, z + 1, 2 * x + column, 2 * y + row)
            for column in range(2 if 2 * width > source.tileWidth else 1)
        ]
        rows.append(np.concatenate(across, axis=1))
    finer = np.concatenate(rows)[: 2 * height, : 2 * width].astype(np.uint16)
    quads = finer.reshape(finer.shape[0] // 2, 2, finer.shape[1] // 2, 2, 3)
    return ((quads.sum(axis=(1, 3)) + 2) >> 2).astype(np.uint8)


def encode(pixels: NDArray[np.uint8]) -> bytes:
    """(h, w, 3) RGB → JPEG."""
    return simplejpeg.encode_jpeg(pixels, quality=JPEG_QUALITY, colorspace="RGB", colorsubsampling="420")


# --- how channels become RGB ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Look:
    """How a slide is to be shown, and what a person should know of it."""

    style: dict[str, Any]
    plane: int | None
    """The focal plane taken, of several; counted from 0, as OME does."""
    planes: int


def choose_look(source: Any, path: str, plane: int | None = None) -> Look:
    """The style to open this slide with from now on; `source` is it opened AS_STORED, `plane` the focal plane wanted.

    Brightfield colour and 8-bit grey stay as stored. Colours of more than 8 bits, or none (floats), are scaled by the range
    that the file states, else by the one that they have. Channels are composed, each in its own colour and stretched to its
    own range; deep grey images are stretched. The ranges are fixed here, once, so that every reader sees the same pixels.
    """
    metadata = source.getMetadata()
    planes = int((metadata.get("IndexRange") or {}).get("IndexZ", 1))
    if plane is None:
        plane = _sharpest_plane(source, metadata, planes) if planes > 1 else 0
    frames = _list_frames(metadata, plane)
    channels = _list_channels(metadata, frames)
    taken = plane if planes > 1 else None
    if not channels:
        stored = _colour_bands(source, path, metadata, frames[0] if frames else 0)
        return Look({"bands": stored, "icc": False} if stored else AS_STORED, taken, planes)
    samples = [sample_plane(source, frame, band) for frame, band in channels]
    if len(samples) == 3 and all(plane.dtype == np.uint8 and np.median(plane) > 127 for plane in samples):
        ranges, colours = [FULL_RANGE] * 3, list(PRIMARIES)  # brightfield stored as three planes
    elif len(samples) == 1 and samples[0].dtype == np.uint8:
        ranges, colours = [FULL_RANGE], ["#ffffff"]
    else:
        ranges, colours = [_stretch(plane) for plane in samples], _channel_colours(path, len(samples))
    bands = [
        {"frame": frame, "band": band, "palette": ["#000000", colour], "min": low, "max": high}
        for (frame, band), (low, high), colour in zip(channels, ranges, colours, strict=True)
    ]
    return Look({"bands": bands, "icc": False}, taken, planes)


def _sharpest_plane(source: Any, metadata: dict[str, Any], planes: int) -> int:
    """The plane with the most detail in the middle of the slide; the middle one where none has any."""
    scores = {}
    for plane in range(planes) if planes <= PLANES_COMPARED else ():
        frames = _list_frames(metadata, plane)
        if frames:
            scores[plane] = sum(sharpness(tile) for tile in sample_tiles(source, frames[0], 9))
    return max(scores, key=lambda plane: scores[plane]) if any(scores.values()) else planes // 2


def _colour_bands(source: Any, path: str, metadata: dict[str, Any], frame: int) -> list[dict[str, Any]]:
    """How stored colours become 8-bit ones; none where they are that already, on the first frame and without extras."""
    deep, extra = "uint8" not in metadata["dtype"], metadata["bandCount"] in (2, 4) and not _has_alpha(path)
    if not deep and not extra and frame == 0:
        return []
    low, high = colour_range(source, path, frame) if deep else FULL_RANGE
    if metadata["bandCount"] < 3:
        return [{"frame": frame, "band": 1, "palette": ["#000000", "#ffffff"], "min": low, "max": high}]
    return [
        {"frame": frame, "band": band + 1, "palette": ["#000000", colour], "min": low, "max": high}
        for band, colour in enumerate(PRIMARIES)
    ]


def _has_alpha(path: str) -> bool:
    """Whether the last of two or four values a pixel is transparency: a TIFF says so, or it is just a further value."""
    try:
        with tifffile.TiffFile(path) as tiff:
            kinds = tiff.pages.first.extrasamples
    except (tifffile.TiffFileError, ValueError, IndexError, KeyError, TypeError):
        return True  # a PNG: there it is
    return any(kind in (EXTRASAMPLE.ASSOCALPHA, EXTRASAMPLE.UNASSALPHA) for kind in kinds) or not kinds


def colour_range(source: Any, path: str, frame: int) -> tuple[float, float]:
    """What is black and what is full light in colours that are not of 8 bits: stated, else measured."""
    sample = np.concatenate([tile.reshape(-1, tile.shape[-1])[:, :3] for tile in sample_tiles(source, frame)])
    brightest, darkest = float(np.nanmax(sample)), float(np.nanmin(sample))
    stated = _stated_bits(path)
    if sample.dtype.kind == "f":
        limits: tuple[float, ...] = (1.0, *(2.0**bits - 1 for bits in (*DEPTHS_BITS, 16)))
        slack = 1.02  # rounding and sharpening leave colours a little above white
    else:
        depths = (stated,) if stated else (*DEPTHS_BITS, 15, 16) if sample.dtype.kind == "i" else (*DEPTHS_BITS, 16)
        limits = tuple(2.0**bits - 1 for bits in depths)
        slack = 1.0
    full = next((limit for limit in limits if brightest <= limit * slack), None)
    if full is None or darkest < -0.02 * full:  # signed, or beyond what it states: by what it has
        return float(min(darkest, 0.0)), max(brightest, darkest + 1)
    return 0.0, full


def _stated_bits(path: str) -> int | None:
    """OME's SignificantBits, or the highest value that a TIFF names."""
    try:
        with tifffile.TiffFile(path) as tiff:
            page = tiff.pages.first
            found = re.search(r'\bSignificantBits="(\d{1,2})"', tiff.ome_metadata or "")
            if found and 1 <= int(found[1]) <= page.bitspersample:
                return int(found[1])
            highest = page.tags.valueof("MaxSampleValue")
    except (tifffile.TiffFileError, ValueError, IndexError, KeyError, TypeError):
        return None
    highest = max(highest) if isinstance(highest, tuple) else highest
    return int(highest).bit_length() if isinstance(highest, int) and highest > 255 else None


def sample_tiles(source: Any, frame: int, count: int = SAMPLED_TILES) -> list[NDArray[Any]]:
    """Up to `count` tiles of the full level, evenly spread, as stored; only what lies on the slide."""
    columns, rows = math.ceil(source.sizeX / source.tileWidth), math.ceil(source.sizeY / source.tileHeight)
    across = min(columns, max(1, round(math.sqrt(count))))
    xs = (
        np.unique(np.linspace(0, columns - 1, across + 2).round().astype(int)[1:-1])
        if columns > across
        else range(columns)
    )
    down = min(rows, max(1, count // max(len(xs), 1)))
    ys = np.unique(np.linspace(0, rows - 1, down + 2).round().astype(int)[1:-1]) if rows > down else range(rows)
    return [read_stored(source, source.levels - 1, int(x), int(y), frame) for y in ys for x in xs]


def read_stored(source: Any, z: int, x: int, y: int, frame: int = 0) -> NDArray[Any]:
    """The part of a tile that lies on the slide, in the file's own numbers: (h, w, bands)."""
    shrink = 2 ** (source.levels - 1 - z)
    width, height = max(source.sizeX // shrink, 1), max(source.sizeY // shrink, 1)
    tile = source.getTile(x, y, z, frame=frame, numpyAllowed="always")
    tile = tile[:, :, None] if tile.ndim == 2 else tile
    return tile[: max(height - y * source.tileHeight, 0), : max(width - x * source.tileWidth, 0)]


def sample_plane(source: Any, frame: int, band: int) -> NDArray[Any]:
    """One channel in small, as stored: its tiles at the first level of at most 1024 px a side, flattened."""
    longer = max(source.sizeX, source.sizeY)
    octave = min(max(math.ceil(math.log2(longer / 1024)), 0), source.levels - 1)
    z, shrink = source.levels - 1 - octave, 2**octave
    columns = math.ceil(max(source.sizeX // shrink, 1) / source.tileWidth)
    rows = math.ceil(max(source.sizeY // shrink, 1) / source.tileHeight)
    parts = [read_stored(source, z, x, y, frame)[:, :, band - 1].ravel() for y in range(rows) for x in range(columns)]
    return np.concatenate(parts)


def guess_stain(style: dict[str, Any], overview: NDArray[np.uint8]) -> Stain:
    """Fluorescence where several channels are composed, or one deep one on a dark ground; else H&E.

    style: as choose_look found it; overview: the slide in small, (h, w, 3) RGB.
    """
    channels = count_channels(style)
    dark = channels == 1 and np.median(overview) < DARK_GROUND
    return Stain.FLUORESCENCE if channels > 1 or dark else Stain.HE


def _list_frames(metadata: dict[str, Any], plane: int) -> list[int]:
    """The frames of one focal plane, at the first time and place."""
    return [
        frame["Frame"]
        for frame in metadata.get("frames", [])
        if frame.get("IndexZ", 0) == plane and not any(frame.get(axis) for axis in ("IndexT", "IndexXY"))
    ]


def _list_channels(metadata: dict[str, Any], frames: list[int]) -> list[tuple[int, int]]:
    """(frame, band) of each channel to compose; none where the pixels are colours already."""
    count, deep = metadata["bandCount"], "uint8" not in metadata["dtype"]
    first = frames[0] if frames else 0
    if len(frames) > 1 and count == 1:
        channels = [(frame, 1) for frame in frames]
    elif count > 4:
        channels = [(first, band + 1) for band in range(count)]
    else:
        channels = [(first, 1)] if count < 3 and deep else []
    return channels[: len(CHANNEL_COLOURS)]


def _stretch(plane: NDArray[Any]) -> tuple[float, float]:
    low, high = (float(value) for value in np.percentile(plane, (1, 99.9)))
    return (low, high) if high > low else (low, low + 1)


def _channel_colours(path: str, count: int) -> list[str]:
    """Each channel's own colour where the file states one, else the next of CHANNEL_COLOURS."""
    if count == 1:
        return ["#ffffff"]
    stated = _stated_colours(path)[:count]
    return [colour or CHANNEL_COLOURS[index] for index, colour in enumerate(stated + [None] * (count - len(stated)))]


def _stated_colours(path: str) -> list[str | None]:
    """From PerkinElmer's page descriptions (`<Color>r,g,b</Color>`) or OME's channels (a signed RGBA number)."""
    if not Path(path).suffix.lower().endswith(("tif", "tiff")):
        return []
    with tifffile.TiffFile(path) as tiff:
        if tiff.is_qpi:
            return [_parse_qpi_colour(getattr(page, "description", "")) for page in tiff.series[0].pages]
        numbers = re.findall(r'<(?:\w+:)?Channel\b[^>]*\bColor="(-?\d+)"', tiff.ome_metadata or "")
    return [f"#{(int(number) >> 8) & 0xFFFFFF:06x}" for number in numbers]


def _parse_qpi_colour(description: str) -> str | None:
    found = re.search(r"<Color>\s*(\d{1,3}),\s*(\d{1,3}),\s*(\d{1,3})\s*</Color>", description)
    return "#" + "".join(f"{min(int(part), 255):02x}" for part in found.groups()) if found else None
