"""What labels mark, and lists of names, in words for people."""

from collections.abc import Sequence

from annotator.projects.models import ObjectType

PLURALS: dict[str, str] = {
    ObjectType.NUCLEUS: "nuclei",
    ObjectType.CELL: "cells",
    ObjectType.GLAND: "glands",
    ObjectType.REGION: "regions",
}

NAMED = 5
"""Names in a list before it says only how many more there are."""


def count_in_words(count: int, object_type: str) -> str:
    """1 nucleus, 23 nuclei"""
    return f"{count:,} {object_type if count == 1 else PLURALS[object_type]}"


def name_some(names: Sequence[str]) -> str:
    """a, b, c, d, e and 12 more"""
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more:,} more" if more > 0 else "")
