"""A second, independent reader of the full level, to compare the first one with: tifffile's decoders, pydicom's, imagecodecs'.

None of them shares code with the readers behind large_image that show slides (libtiff, OpenSlide, wsidicom, Pillow).
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import imagecodecs
import numpy as np
import pydicom
import tifffile
from numpy.typing import NDArray
from tifffile import PHOTOMETRIC

GREYS = (PHOTOMETRIC.MINISBLACK, PHOTOMETRIC.MINISWHITE)
KNOWN_COLOURS = {*GREYS, PHOTOMETRIC.RGB, PHOTOMETRIC.YCBCR, PHOTOMETRIC.PALETTE, PHOTOMETRIC.SEPARATED}
WITHOUT_COLOURS = {33003}
"""JPEG 2000 that holds YCbCr without saying so: tifffile leaves it as it is."""
ERRORS = (
    OSError, ValueError, RuntimeError, KeyError, IndexError, TypeError, AttributeError, NotImplementedError,
    pydicom.errors.InvalidDicomError,
)  # fmt: skip


class SecondReader(Protocol):
    width: int
    height: int

    def read(self, left: int, top: int, width: int, height: int) -> list[NDArray[Any]]:
        """The region, (height, width, bands) in the file's own numbers, once for each frame that the file may mean."""
        ...


def open_second(path: Path) -> SecondReader | None:
    """None where there is no second reader for such a file."""
    with path.open("rb") as file:
        beginning = file.read(132)
    try:
        if beginning[:2] in (b"II", b"MM"):
            return TiffReader(path)
        if beginning[128:] == b"DICM":
            return DicomReader.of_series(path)
        if beginning.startswith(b"\x89PNG"):
            return PictureReader(imagecodecs.png_decode(path.read_bytes()))
        if beginning.startswith(b"\xff\xd8"):
            return PictureReader(imagecodecs.jpeg8_decode(path.read_bytes(), outcolorspace="RGB"))
    except ERRORS:
        return None
    return None


class TiffReader:
    """All pages of the full level; a frame of large_image is one of them."""

    def __init__(self, path: Path) -> None:
        """Raises one of ERRORS."""
        self._tiff = tifffile.TiffFile(path)
        level = self._tiff.series[0].levels[0]
        self._pages = [page for page in level.pages if page is not None]
        first = level.keyframe
        if first.photometric not in KNOWN_COLOURS or first.compression in WITHOUT_COLOURS or first.imagedepth > 1:
            raise ValueError("colours that tifffile does not convert")
        self._first = first
        self.width, self.height = first.imagewidth, first.imagelength

    def read(self, left: int, top: int, width: int, height: int) -> list[NDArray[Any]]:
        return [self._read_page(page, left, top, width, height) for page in self._pages[:64]]

    def _read_page(self, page: Any, left: int, top: int, width: int, height: int) -> NDArray[Any]:
        first = self._first
        tile_width = first.tilewidth if first.is_tiled else first.imagewidth
        tile_height = first.tilelength if first.is_tiled else min(first.rowsperstrip, first.imagelength)
        columns, rows = math.ceil(self.width / tile_width), math.ceil(self.height / tile_height)
        planes = first.samplesperpixel if first.planarconfig == 2 else 1
        pixels = np.zeros((height, width, first.samplesperpixel), first.dtype)
        for plane in range(planes):
            bands = slice(plane, plane + 1) if planes > 1 else slice(None)
            for row in range(top // tile_height, min(math.ceil((top + height) / tile_height), rows)):
                for column in range(left // tile_width, min(math.ceil((left + width) / tile_width), columns)):
                    tile = self._read_tile(page, plane * rows * columns + row * columns + column)
                    y, x = row * tile_height - top, column * tile_width - left
                    part = tile[max(-y, 0) : height - y, max(-x, 0) : width - x]
                    y, x = max(y, 0), max(x, 0)
                    pixels[y : y + part.shape[0], x : x + part.shape[1], bands] = part
        return self._convert(pixels)

    def _convert(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """To grey or RGB, where black is 0."""
        first = self._first
        if pixels.dtype == bool:
            pixels = pixels.astype(np.uint8) * 255
        if first.photometric == PHOTOMETRIC.MINISWHITE and pixels.dtype.kind == "u":
            return np.iinfo(pixels.dtype).max - pixels
        if first.photometric == PHOTOMETRIC.PALETTE and first.colormap is not None:
            palette: NDArray[Any] = (first.colormap >> 8).astype(np.uint8).T
            return palette[pixels[:, :, 0]]
        if first.photometric == PHOTOMETRIC.SEPARATED and pixels.dtype == np.uint8:
            ink = 255 - pixels.astype(np.uint16)
            return (ink[:, :, :3] * ink[:, :, 3:4] // 255).astype(np.uint8)
        return pixels

    def _read_tile(self, page: Any, index: int) -> NDArray[Any]:
        first, count = self._first, page.databytecounts[index]
        if not count:
            dtype = np.dtype(first.dtype)
            white = np.iinfo(dtype).max if dtype.kind in "iu" else 1
            bands = first.samplesperpixel if first.planarconfig == 1 else 1
            return np.full((first.tilelength, first.tilewidth, bands), white if first.samplesperpixel > 2 else 0, dtype)
        # Both are made from the file when first asked for, hence before the seek.
        decode, tables = first.decode, first.jpegtables
        handle = self._tiff.filehandle
        handle.seek(page.dataoffsets[index])
        decoded, _, (_, rows, columns, _) = decode(handle.read(count), index, jpegtables=tables)
        if decoded is None:
            raise ValueError(f"tile {index} is empty")
        return np.asarray(decoded)[0, :rows, :columns]


@dataclass
class PictureReader:
    """A PNG or JPEG, decoded as a whole."""

    pixels: NDArray[Any]

    def __post_init__(self) -> None:
        self.pixels = self.pixels[:, :, None] if self.pixels.ndim == 2 else self.pixels
        self.height, self.width = self.pixels.shape[:2]

    def is_dim(self) -> bool:
        """Whether its 16 bits hold the values of a camera of fewer."""
        return self.pixels.dtype == np.uint16 and int(self.pixels.max(initial=0)) < 2**14

    def read(self, left: int, top: int, width: int, height: int) -> list[NDArray[Any]]:
        return [self.pixels[top : top + height, left : left + width]]


class DicomReader:
    """The largest file of a DICOM series, whose frames lie row by row."""

    def __init__(self, dataset: Any) -> None:
        self._dataset = dataset
        self.width, self.height = int(dataset.TotalPixelMatrixColumns), int(dataset.TotalPixelMatrixRows)
        self._columns = math.ceil(self.width / dataset.Columns)

    @classmethod
    def of_series(cls, path: Path) -> "DicomReader | None":
        """None where its frames lie in another order, or the pixels are of a kind that is decoded here by one reader only."""
        from annotator.slides.versions import list_files

        largest, size = None, 0
        for file in list_files(str(path)):
            header = pydicom.dcmread(file, stop_before_pixels=True)
            width = int(header.get("TotalPixelMatrixColumns", 0))
            if width > size and "VOLUME" in header.get("ImageType", ()):
                largest, size = file, width
        if largest is None:
            return None
        dataset = pydicom.dcmread(largest, defer_size=1024)
        in_rows = dataset.get("DimensionOrganizationType") == "TILED_FULL"
        jpeg = dataset.file_meta.TransferSyntaxUID == pydicom.uid.JPEGBaseline8Bit
        return cls(dataset) if in_rows and jpeg and dataset.get("TotalPixelMatrixFocalPlanes", 1) == 1 else None

    def read(self, left: int, top: int, width: int, height: int) -> list[NDArray[Any]]:
        tile_width, tile_height = self._dataset.Columns, self._dataset.Rows
        pixels = np.zeros((height, width, 3), np.uint8)
        for row in range(top // tile_height, math.ceil((top + height) / tile_height)):
            for column in range(left // tile_width, math.ceil((left + width) / tile_width)):
                tile = self._read_frame(row * self._columns + column)
                y, x = row * tile_height - top, column * tile_width - left
                part = tile[max(-y, 0) : height - y, max(-x, 0) : width - x]
                y, x = max(y, 0), max(x, 0)
                pixels[y : y + part.shape[0], x : x + part.shape[1]] = part
        return [pixels]

    def _read_frame(self, number: int) -> NDArray[Any]:
        data = pydicom.encaps.get_frame(
            self._dataset.PixelData, number, number_of_frames=int(self._dataset.NumberOfFrames)
        )
        stored = "RGB" if self._dataset.PhotometricInterpretation == "RGB" and data[6:11] != b"JFIF\0" else "YCBCR"
        decoded = imagecodecs.jpeg8_decode(data, colorspace=stored, outcolorspace="RGB")
        return decoded if decoded.ndim == 3 else np.repeat(decoded[:, :, None], 3, axis=2)
