"""An annotation as a browser sees it, and the references by which a browser names one."""

from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import Field

from inference.protocol import MAX_PROMPTS, Count, Message, Point, Polygon, Prompt, Turn


class ObjectState(StrEnum):
    """asked → proposed → accepted; failed when no mask came; rejected and deleted can be restored.

    An accepted object that is asked for again goes through asked and proposed once more, its accepted mask kept behind.
    """

    ASKED = "asked"
    FAILED = "failed"
    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DELETED = "deleted"


AcceptedBy = Literal["key", "next_click", "batch", "sweep"]


MAX_COVERED = 100
"""Accepted objects at one place whose place another takes."""


class Command(Message):
    command_id: UUID
    """Made by the browser, once for each intention: sending it again never does it twice."""


class ObjectRef(Message):
    object_id: UUID
    base_version: Count
    """The version of the object that the person saw; 0 for one that the server has never shown."""


class AcceptRef(ObjectRef):
    turn: Turn
    """The turn that is accepted; while it is unanswered, the acceptance waits for it."""
    replaces: tuple[ObjectRef, ...] = Field(default=(), max_length=MAX_COVERED, fail_fast=True)
    """The accepted objects that it covers, as its view named them: it takes their place, and they go to the trash. Where it
    covers one that is not named here as it stands now, it is not accepted but stays a proposal, and its view names them."""


class SegmentTarget(ObjectRef):
    """One object to segment, with all the prompts of this turn in the order in which they were made."""

    turn: Turn
    prompts: tuple[Prompt, ...] = Field(min_length=1, max_length=MAX_PROMPTS, fail_fast=True)
    start: Literal["nothing", "mask", "kept"] = "nothing"
    """What the prompts begin with. nothing: they alone say what the object is, and one of them is positive. mask: they
    correct the mask that the object has, whatever it came from; the server keeps that mask as the start over the turns
    until the object is accepted. kept: what the object's prompts began with before, also of an accepted object."""


class ObjectView(Message):
    """An annotation as a browser sees it. In the states rejected and deleted, polygons are still sent (for restore)."""

    object_id: UUID
    version: int
    turn: int
    state: ObjectState
    label_id: int
    polygons: tuple[Polygon, ...]
    area_px: float
    centroid: Point | None
    prompts: tuple[Prompt, ...]
    """All prompts of the latest turn."""
    start: Literal["nothing", "mask"]
    """What these prompts began with: nothing, or a mask that they correct."""
    covers: tuple[ObjectRef, ...] = ()
    """Accepted objects of the same type that are more than half the same as this proposal: it is never accepted beside them.
    Accepting it takes their place."""
    correcting: bool
    """An accepted mask waits behind this correction: rejecting brings it back."""
    score: float | None
    model_id: int | None
    author: str
    """Username of who made the object."""
    accepting: bool
    """An acceptance waits for the model's answer."""
    failure: str | None
    """Why the latest turn brought no mask, in words."""
    changed_at: datetime


class StepTimes(Message):
    """Where one answer's time went, in milliseconds; the browser adds its own network and paint."""

    command_ms: float
    """Command received → request queued (rights, database)."""
    queue_ms: float
    read_ms: float
    network_ms: float
    post_ms: float
    reply_ms: float
    """Reply left the worker → received by the web side."""
    database_ms: float
    """Reply received → stored."""
