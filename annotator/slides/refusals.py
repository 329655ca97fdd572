"""Why a file cannot become a slide, and the commands that make one of it."""

from pathlib import Path


class Refused(Exception):
    """The file cannot become a slide; the message is a sentence for the person."""


FORMATS = "Aperio SVS, TIFF, OME-TIFF, QPTIFF, DICOM, PNG, JPEG"


def pyramid_advice(path: Path) -> str:
    return f"Make one with `vips tiffsave {path.name} out.tif --tile --pyramid --compression jpeg` and import that."


def conversion_advice(path: Path) -> str:
    return f"Convert it with `vips tiffsave {path.name} out.tif --tile --pyramid --compression jpeg` and import that."


def rotation_advice(path: Path) -> str:
    return f"Turn it with `vips autorot {path.name} out.tif[tile,pyramid,compression=jpeg]` and import that."
