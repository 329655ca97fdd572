"""What a person's tiles and a network's patches are made by alike, so that both see the same pixels: how large_image's readers
are mended, and how what they give becomes RGB. Needs numpy alone."""

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

AS_STORED: dict[str, Any] = {"icc": False}
"""Pixels as they lie in the file, not converted by its colour profile: stored tiles and decoded ones look the same."""
LARGEST_PLAIN_IMAGE_PX = 8192
"""Height and width of a PNG or JPEG: it has no tiles, so it is held in memory as a whole."""


def mend_readers() -> None:
    """Call once a reader was opened, as they are imported at their first use. Again it does nothing."""
    _believe_jfif()
    _leave_gaps_blank()


def _leave_gaps_blank() -> None:
    """A TIFF may leave out tiles that show nothing (offset and count 0): these are background, not an error.

    White for colours, black for channels: large_image's own reader takes them for a failure to read.
    """
    source = getattr(sys.modules.get("large_image_source_tiff"), "TiffFileTileSource", None)
    if source is None or hasattr(source, "leaves_gaps_blank"):
        return
    by_error = source.getTileIOTiffError

    def blank_or_error(self: Any, x: int, y: int, z: int, **options: Any) -> Any:
        directory = self._tiffDirectories[z]
        if directory is None or not _is_gap(directory, x, y):
            return by_error(self, x, y, z, **options)
        bands, dtype = directory._tiffInfo.get("samplesperpixel", 1), np.dtype(self._dtype or np.uint8)
        white = np.iinfo(dtype).max if dtype.kind in "iu" else 65535  # beyond any range that floats are scaled by
        tile = np.full((self.tileHeight, self.tileWidth, bands), white if bands > 2 else 0, dtype)
        options = {name: option for name, option in options.items() if name not in ("sparseFallback", "exception")}
        return self._outputTile(tile, "numpy", x, y, z, **options)

    source.getTileIOTiffError = blank_or_error
    source.leaves_gaps_blank = True


def _is_gap(directory: Any, x: int, y: int) -> bool:
    return bool(directory._tiffInfo.get("istiled")) and directory._getJpegFrameSize(directory._toTileNum(x, y)) == 0


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


def as_rgb(tile: NDArray[Any]) -> NDArray[np.uint8]:
    """Grey, grey + alpha, RGB or RGBA of 8 or 16 bits → (h, w, 3) uint8, transparency over white."""
    if tile.ndim == 2:
        tile = tile[:, :, None]
    if tile.dtype == np.uint16:
        tile = (tile >> 8).astype(np.uint8)
    elif tile.dtype != np.uint8:
        tile = np.clip(np.rint(tile), 0, 255).astype(np.uint8)
    bands = tile.shape[2]
    colours = np.repeat(tile[:, :, :1], 3, axis=2) if bands < 3 else tile[:, :, :3]
    if bands not in (2, 4) or tile[:, :, -1].min() == 255:
        return np.ascontiguousarray(colours)
    alpha = tile[:, :, -1:].astype(np.uint16)
    return ((colours * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
