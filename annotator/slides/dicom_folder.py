"""Which DICOM files make a slide: the series in a folder, and whether one of them is whole."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pydicom

from annotator.slides.refusals import Refused
from annotator.slides.versions import list_files, read_series

WANTED = ["ImageType", "TotalPixelMatrixColumns", "TotalPixelMatrixRows", "SeriesInstanceUID"]


@dataclass(frozen=True)
class Series:
    """One slide's files."""

    files: tuple[Path, ...]
    width: int
    """Of its largest level; 0 where no file says."""
    height: int
    has_full_level: bool
    """Whether a level was scanned, not made smaller from another."""


@dataclass(frozen=True)
class Folder:
    series: tuple[Series, ...]
    """Those of whole-slide images first, the largest first."""
    others: tuple[Path, ...]
    """Files that are no DICOM of a series."""


def list_folder(folder: Path) -> Folder:
    """What lies in a folder. Raises OSError."""
    found: dict[str, list[Path]] = {}
    others = []
    for file in sorted(folder.iterdir()):
        name = read_series(file)
        if name:
            found.setdefault(name, []).append(file)
        elif file.is_file() and not file.name.startswith(".") and file.name != "DICOMDIR":
            others.append(file)
    series = [describe_series(files) for files in found.values()]
    return Folder(tuple(sorted(series, key=lambda one: -one.width * one.height)), tuple(others))


def describe_series(files: Iterable[Path]) -> Series:
    """By the headers alone."""
    files, width, height, full, volumes = tuple(files), 0, 0, False, 0
    for file in files:
        try:
            header = pydicom.dcmread(file, stop_before_pixels=True, specific_tags=WANTED)
        except (OSError, pydicom.errors.InvalidDicomError):
            continue
        kinds = [str(kind).upper() for kind in header.get("ImageType", ())]
        if "VOLUME" not in kinds:
            continue
        volumes += 1
        full = full or "RESAMPLED" not in kinds
        columns, rows = int(header.get("TotalPixelMatrixColumns", 0)), int(header.get("TotalPixelMatrixRows", 0))
        if columns * rows > width * height:
            width, height = columns, rows
    return Series(files, width, height, full or not volumes)


def check_whole(path: Path, series: Series) -> None:
    """Raises Refused where the level that was scanned is missing: the next one would be taken for it, at half its scale."""
    if series.has_full_level:
        return
    beside = sorted(
        file.name
        for file in series.files[0].parent.iterdir()
        if file.suffix.lower() == ".dcm" and not read_series(file)
    )
    cause = f"; {', '.join(beside[:3])} beside them cannot be read as DICOM" if beside else ""
    raise Refused(
        f"{path} lacks its full resolution: all {len(series.files)} files of this DICOM series are smaller copies of a "
        f"level that is not there{cause}. Copy the whole series again."
    )


def series_of(file: Path) -> Series | None:
    """The series that a file belongs to; None for what is no DICOM."""
    return describe_series(list_files(str(file))) if read_series(file) else None
