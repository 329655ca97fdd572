"""The labels that a new project may begin with: enough to click at once, and all can be changed in its Settings."""

from itertools import cycle

from annotator.projects.labels import PALETTE
from annotator.projects.models import ObjectType

NUCLEI = {
    "Tumour nucleus": ObjectType.NUCLEUS,
    "Lymphocyte": ObjectType.NUCLEUS,
    "Other nucleus": ObjectType.NUCLEUS,
}
FIRST_LABELS: dict[str, dict[str, ObjectType]] = {
    "nuclei": NUCLEI,
    "nuclei_and_glands": {**NUCLEI, "Gland": ObjectType.GLAND},
    "cells": {"White blood cell": ObjectType.CELL, "Other cell": ObjectType.CELL},
    "none": {},
}
CHOICES = [(name, name) for name in FIRST_LABELS]


def make_first_labels(named: str) -> list[dict[str, str]]:
    """As services.create_project takes them."""
    return [
        {"name": name, "colour": colour, "object_type": object_type}
        for (name, object_type), colour in zip(FIRST_LABELS[named].items(), cycle(PALETTE), strict=False)
    ]
