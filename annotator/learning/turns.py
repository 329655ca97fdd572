"""What a person said to the models about one object, turn by turn, and what came back: read from its revisions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from annotator.annotations.models import Action, Revision
from annotator.annotations.packing import to_polygons

ACTIONS = [Action.ASKED, Action.ANSWERED, Action.ACCEPTED, Action.RESTORED]
"""The steps that tell it."""


@dataclass(frozen=True)
class Story:
    turns: list[dict[str, Any]]
    """The answered ones that led to the accepted mask, or to the present one of an object that was never accepted."""
    how: str | None
    """How it was accepted last."""


def read_story(revisions: Iterable[Revision], version_names: Mapping[int, str]) -> Story:
    """revisions: the object's, of the ACTIONS, the oldest first."""
    turns: list[dict[str, Any]] = []
    starts: dict[int, bytes | memoryview | None] = {}
    accepted, how = None, None
    for revision in revisions:
        match revision.action:
            case Action.ASKED:
                starts[revision.turn] = revision.start
            case Action.ANSWERED:
                turns.append(_read_turn(revision, starts.get(revision.turn), version_names))
            case Action.ACCEPTED:
                accepted, how = len(turns), revision.how
            case Action.RESTORED if accepted is not None:
                del turns[accepted:]  # of a correction that was turned down
    return Story(turns[:accepted], how)


def _read_turn(answer: Revision, start: bytes | memoryview | None, version_names: Mapping[int, str]) -> dict[str, Any]:
    return {
        "prompts": answer.prompts,
        "start": as_json(start),
        "answer": as_json(answer.geometry),
        "version": name_version(answer.model_version_id, version_names),
    }


def as_json(wkb: bytes | memoryview | None) -> list[dict[str, Any]]:
    """A row's geometry as the polygons of a message, as JSON: to be read, not changed."""
    return [] if wkb is None else _as_json(bytes(wkb))


@lru_cache(maxsize=16)  # of one object the same mask comes up again and again: as answer, accepted, as the next start
def _as_json(wkb: bytes) -> list[dict[str, Any]]:
    return [polygon.model_dump(mode="json") for polygon in to_polygons(wkb)]


def name_version(version_id: int | None, version_names: Mapping[int, str]) -> str | None:
    return None if version_id is None else version_names[version_id]
