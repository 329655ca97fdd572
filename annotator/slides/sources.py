"""Opens slide files and reads tiles from them; the only file of the web side that imports large_image."""

import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import large_image
import numpy as np
import simplejpeg
import tifffile
from large_image import tilesource
from large_image.exceptions import TileGeneralError, TileSourceError
from numpy.typing import NDArray

from annotator.slides.stains import Stain

JPEG_QUALITY = 85
LARGEST_PLAIN_IMAGE_PX = 8192
"""Height and width of a PNG or JPEG: it has no tiles, so it is held in memory as a whole."""
CHANNEL_COLOURS = ("#0000ff", "#00ff00", "#ff0000", "#00ffff", "#ff00ff", "#ffff00", "#ffffff", "#ff8000")
"""For channels that state no colour of their own; at most this many are composed."""
AS_STORED: dict[str, Any] = {"icc": False}
"""Pixels as they lie in the file, not converted by its colour profile: stored tiles and decoded ones look the same."""
FULL_RANGE = (0.0, 255.0)
"""Of planes that are colours already: they are not stretched."""
DARK_GROUND = 96
READ_ERRORS = (TileGeneralError, OSError, ValueError, RuntimeError, KeyError, IndexError)
"""What the many readers behind large_image raise for a file that is broken or of another kind."""

large_image.config.setConfig("max_small_image_size", LARGEST_PLAIN_IMAGE_PX)
# Its own cache of decoded tiles would take a sixteenth of the memory; tiles.py caches what it sends instead.
large_image.config.setConfig("cache_python_memory_portion", 128)


def open_source(path: str, style: dict[str, Any]) -> Any:
    """The large_image source for the file, held by nobody else: letting go of it closes the file.

    Raises one of READ_ERRORS.
    """
    source = _open_first(path)
    _believe_jfif()
    for name in ("_map", "to_map", "from_map"):  # its notebook widget points back at it, and would keep the file open
        vars(source).pop(name, None)
    if style != AS_STORED:
        source.style = style  # set after opening: the tifffile source cannot open with a style of several frames
    return source


def _believe_jfif() -> None:
    """A JPEG with a JFIF header holds YCbCr (ITU-T T.871), also in the DICOM files whose converter called it RGB.

    wsidicom takes the DICOM tag's word for it, which shows such slides in false colours.
    """
    decoder = getattr(sys.modules.get("wsidicom.codec.decoder"), "ImageCodecsDecoder", None)
    if decoder is None or hasattr(decoder, "believes_jfif"):
        return
    by_tag = decoder.decode
    decoder.decode = lambda self, frame: self._decoder(frame) if frame[6:11] == b"JFIF\0" else by_tag(self, frame)
    decoder.believes_jfif = True


def _open_first(path: str) -> Any:
    """By the first of large_image's readers that can, in its own order. `large_image.open` would open it twice."""
    if not tilesource.AvailableTileSources:
        tilesource.loadTileSources()
    for *_, name in sorted(tilesource.getSortedSourceList(tilesource.AvailableTileSources, path)):
        with suppress(TileSourceError):
            return tilesource.AvailableTileSources[name](path, style=AS_STORED, noCache=True)
    raise TileSourceError("no reader knows its format")


def read_tile(source: Any, z: int, x: int, y: int) -> bytes:
    """The tile, decoded and encoded, as JPEG. z 0 is the smallest level. Raises one of READ_ERRORS."""
    return encode(as_rgb(source.getTile(x, y, z, numpyAllowed="always")))


def encode(pixels: NDArray[np.uint8]) -> bytes:
    """(h, w, 3) RGB → JPEG."""
    return simplejpeg.encode_jpeg(pixels, quality=JPEG_QUALITY, colorspace="RGB", colorsubsampling="420")


def as_rgb(tile: NDArray[Any]) -> NDArray[np.uint8]:
    """Grey, grey + alpha, RGB or RGBA of 8 or 16 bits → (h, w, 3) uint8, transparency over white."""
    if tile.ndim == 2:
        tile = tile[:, :, None]
    if tile.dtype == np.uint16:
        tile = (tile >> 8).astype(np.uint8)
    elif tile.dtype != np.uint8:
        tile = np.clip(tile, 0, 255).astype(np.uint8)
    bands = tile.shape[2]
    colours = np.repeat(tile[:, :, :1], 3, axis=2) if bands < 3 else tile[:, :, :3]
    if bands not in (2, 4) or tile[:, :, -1].min() == 255:
        return np.ascontiguousarray(colours)
    alpha = tile[:, :, -1:].astype(np.uint16)
    return ((colours * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)


# --- how channels become RGB ----------------------------------------------------------------------------------------


def choose_style(source: Any, path: str) -> dict[str, Any]:
    """The style to open this slide with from now on; `source` is it opened AS_STORED.

    Brightfield colour and 8-bit grey stay as stored. Channels are composed, each in its own colour and stretched to its
    own range; deep grey images are stretched. The ranges are fixed here, once, so that every reader sees the same pixels.
    """
    metadata = source.getMetadata()
    channels = _list_channels(metadata)
    if not channels:
        return AS_STORED
    planes = [_small_plane(source, frame, band) for frame, band in channels]
    if len(planes) == 3 and all(plane.dtype == np.uint8 and np.median(plane) > 127 for plane in planes):
        ranges, colours = [FULL_RANGE] * 3, ["#ff0000", "#00ff00", "#0000ff"]  # brightfield stored as three planes
    else:
        ranges, colours = [_stretch(plane) for plane in planes], _channel_colours(path, len(planes))
    bands = [
        {"frame": frame, "band": band, "palette": ["#000000", colour], "min": low, "max": high}
        for (frame, band), (low, high), colour in zip(channels, ranges, colours, strict=True)
    ]
    return {"bands": bands, "icc": False}


def guess_stain(style: dict[str, Any], overview: NDArray[np.uint8]) -> Stain:
    """Fluorescence where several channels are composed, or one deep one on a dark ground; else H&E.

    style: as choose_style returned it; overview: the slide in small, (h, w, 3) RGB.
    """
    bands = style.get("bands", [])
    composed = len(bands) > 1 and any(band["max"] != FULL_RANGE[1] for band in bands)
    dark = len(bands) == 1 and np.median(overview) < DARK_GROUND
    return Stain.FLUORESCENCE if composed or dark else Stain.HE


def _list_channels(metadata: dict[str, Any]) -> list[tuple[int, int]]:
    """(frame, band) of each channel to compose; none where the pixels are colours already."""
    count, deep = metadata["bandCount"], metadata["dtype"] != "uint8"
    frames = [
        frame["Frame"]
        for frame in metadata.get("frames", [])
        if not any(frame.get(axis) for axis in ("IndexZ", "IndexT", "IndexXY"))
    ]
    if len(frames) > 1 and count == 1:
        channels = [(frame, 1) for frame in frames]
    elif count > 4:
        channels = [(0, band + 1) for band in range(count)]
    else:
        channels = [(0, 1)] if count < 3 and deep else []
    return channels[: len(CHANNEL_COLOURS)]


def _small_plane(source: Any, frame: int, band: int) -> NDArray[Any]:
    region, _ = source.getRegion(frame=frame, output={"maxWidth": 1024, "maxHeight": 1024}, format="numpy")
    return region[:, :, band - 1] if region.ndim == 3 else region


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
