"""The methods by name; each is imported when it is first used."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inference.methods.base import Segmenter

METHODS = {
    "nuclick": "inference.methods.nuclick.segmenter:NuclickSegmenter",
    "disk": "inference.methods.disk.segmenter:DiskSegmenter",
}


def find_segmenter(method: str) -> "type[Segmenter]":
    """The class of a method; KeyError when there is none of this name."""
    module, name = METHODS[method].split(":")
    found: type[Segmenter] = getattr(import_module(module), name)
    return found
