"""Which files a slide consists of, the content version that its tile addresses carry, and what its copies share."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import pydicom

SAMPLE_BYTES = 2**20
"""Hashed at the start and at the end of each file, beside its size and time: whole slides are too large to hash."""

Signature = tuple[int, int]


@dataclass(frozen=True)
class Content:
    version: str
    """Of these very files: their names and times count."""
    fingerprint: str
    """Of the image: a copy under another name has the same."""


def content_version(path: str) -> str:
    """A name for the content of the slide's files. Raises OSError."""
    return read_content(path).version


def read_content(path: str) -> Content:
    """What tells a slide's files from others. Raises OSError."""
    version, fingerprints = hashlib.sha256(), []
    for file in list_files(path):
        size, mtime_ns = read_signature(str(file))
        version.update(os.fsencode(file.name) + f"\n{size}\n{mtime_ns}\n".encode())
        fingerprint = hashlib.sha256(f"{size}\n".encode())
        with file.open("rb") as stream:
            for start in (0, max(size - SAMPLE_BYTES, 0)):
                stream.seek(start)
                sample = stream.read(SAMPLE_BYTES)
                version.update(sample)
                fingerprint.update(sample)
        fingerprints.append(fingerprint.digest())
    return Content(version.hexdigest()[:16], hashlib.sha256(b"".join(sorted(fingerprints))).hexdigest())


def read_signature(path: str) -> Signature:
    """Size and time: what changes when somebody replaces the file. Raises OSError."""
    status = os.stat(path)
    return status.st_size, status.st_mtime_ns


def list_files(path: str) -> list[Path]:
    """The file itself, or all files of its DICOM series in the same folder, by name."""
    file = Path(path)
    series = read_series(file)
    if series is None:
        return [file]
    return sorted(other for other in file.parent.iterdir() if other == file or read_series(other) == series)


def read_series(file: Path) -> str | None:
    """The DICOM series of a file; None for every other kind of file."""
    try:
        with file.open("rb") as stream:
            if stream.read(132)[128:] != b"DICM":
                return None
        return str(
            pydicom.dcmread(file, stop_before_pixels=True, specific_tags=["SeriesInstanceUID"]).SeriesInstanceUID
        )
    except (OSError, AttributeError, pydicom.errors.InvalidDicomError):
        return None
