"""What labels mark, in words for people."""

from annotator.projects.models import ObjectType

PLURALS: dict[str, str] = {
    ObjectType.NUCLEUS: "nuclei",
    ObjectType.CELL: "cells",
    ObjectType.GLAND: "glands",
    ObjectType.REGION: "regions",
}


def count_in_words(count: int, object_type: str) -> str:
    """1 nucleus, 23 nuclei"""
    return f"{count:,} {object_type if count == 1 else PLURALS[object_type]}"
