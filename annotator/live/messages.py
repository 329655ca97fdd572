"""Everything that travels over a slide's websocket: Commands from the browser, Events to it. Two closed unions.

The browser's types (frontend/src/generated/messages.ts) and docs/protocol.md are generated from these classes.
Commands are imperatives; events are past or present facts. Units: level-0 pixels, milliseconds where named.
"""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, TypeAdapter

from annotator.annotations.views import AcceptedBy, AcceptRef, Command, ObjectRef, ObjectView, SegmentTarget, StepTimes
from inference.protocol import MAX_ID, MAX_TARGETS, Id, Message

MAX_OBJECTS = 1_000
MAX_FRAME_BYTES = 512 * 1024
"""An object's 64 prompts fit, ten lines of 2,000 points among them. The server (config/server.py) ends a socket on a larger
frame before anybody reads it; the browser sends none."""
MAX_ELAPSED_MS = 24 * 3600 * 1000

Elapsed = Annotated[float, Field(ge=0, le=MAX_ELAPSED_MS, allow_inf_nan=False)]


# --- commands: browser → server ---------------------------------------------------------------------------------


class Segment(Command):
    """Ask a model for masks: one target for each object, all prompts of each."""

    kind: Literal["segment"] = "segment"
    label_id: Id
    model_id: Id | None = None
    """None: the active model for the label's object type and the slide's stain (Workspace.choices)."""
    targets: tuple[SegmentTarget, ...] = Field(min_length=1, max_length=MAX_TARGETS, fail_fast=True)


class Accept(Command):
    kind: Literal["accept"] = "accept"
    objects: tuple[AcceptRef, ...] = Field(min_length=1, max_length=MAX_OBJECTS, fail_fast=True)
    how: AcceptedBy
    elapsed_ms: Elapsed | None = None
    """From the first prompt (or the sight of the proposal) to the decision, as the person's clock ran."""


class Reject(Command):
    kind: Literal["reject"] = "reject"
    objects: tuple[ObjectRef, ...] = Field(min_length=1, max_length=MAX_OBJECTS, fail_fast=True)
    elapsed_ms: Elapsed | None = None


class Relabel(Command):
    kind: Literal["relabel"] = "relabel"
    objects: tuple[ObjectRef, ...] = Field(min_length=1, max_length=MAX_OBJECTS, fail_fast=True)
    label_id: Id


class Delete(Command):
    kind: Literal["delete"] = "delete"
    objects: tuple[ObjectRef, ...] = Field(min_length=1, max_length=MAX_OBJECTS, fail_fast=True)


class Restore(Command):
    """Bring a rejected or deleted object back to the state it had before."""

    kind: Literal["restore"] = "restore"
    objects: tuple[ObjectRef, ...] = Field(min_length=1, max_length=MAX_OBJECTS, fail_fast=True)


class CatchUp(Message):
    """Send every event after `since` (the last one applied). Has no command_id: it changes nothing."""

    kind: Literal["catch_up"] = "catch_up"
    since: int = Field(ge=0, le=MAX_ID)


AnyCommand = Annotated[Segment | Accept | Reject | Relabel | Delete | Restore | CatchUp, Field(discriminator="kind")]
COMMAND: TypeAdapter[Segment | Accept | Reject | Relabel | Delete | Restore | CatchUp] = TypeAdapter(AnyCommand)

# --- events: server → browser -----------------------------------------------------------------------------------


class ObjectsUpserted(Message):
    """These objects are now as given. Events of a slide are numbered without gaps; apply them in order."""

    kind: Literal["objects.upserted"] = "objects.upserted"
    seq: int
    objects: tuple[ObjectView, ...]
    command_id: UUID | None = None
    """The command that caused it, if one did."""
    times: StepTimes | None = None


class Acknowledged(Message):
    """The command is stored. `seq` is its event's number on the slide."""

    kind: Literal["ack"] = "ack"
    command_id: UUID
    seq: int


class CommandFailed(Message):
    """The command was refused and changed nothing. retry_after_ms: send it again then; None: never will work."""

    kind: Literal["command.failed"] = "command.failed"
    command_id: UUID | None
    code: str
    message: str
    retry_after_ms: int | None = None


class Conflict(Message):
    """Somebody else changed these objects first; nothing was overwritten. `objects` are as they stand now."""

    kind: Literal["command.conflict"] = "command.conflict"
    command_id: UUID
    message: str
    objects: tuple[ObjectView, ...]


class Waiting(Message):
    """These objects have no answer yet, and why. The clicks are stored and will be answered."""

    kind: Literal["objects.waiting"] = "objects.waiting"
    object_ids: tuple[UUID, ...]
    reason: str


class Heartbeat(Message):
    """Each 10 s, once at connect, and when the project's labels or guidelines changed: the slide's last event number, and the
    project's version, so that what was missed is noticed."""

    kind: Literal["heartbeat"] = "heartbeat"
    seq: int
    project_version: int
    """Another than the slide's page was loaded with (Workspace.project.version): its labels or guidelines are old."""
    worker: Literal["ready", "missing"]
    trouble: str | None = None
    """Why nothing new is stored just now (a full disk), in words."""
    tile_pass_age_s: int
    """How old the tile pass may be by now: renew it (POST /api/slides/{id}/pass) when above 300."""


class Reset(Message):
    """The cursor is older than what is kept: load the objects anew."""

    kind: Literal["reset"] = "reset"
    seq: int


AnyEvent = Annotated[
    ObjectsUpserted | Acknowledged | CommandFailed | Conflict | Waiting | Heartbeat | Reset,
    Field(discriminator="kind"),
]
EVENT: TypeAdapter[ObjectsUpserted | Acknowledged | CommandFailed | Conflict | Waiting | Heartbeat | Reset] = (
    TypeAdapter(AnyEvent)
)
