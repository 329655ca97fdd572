"""The rules that make the socket correct: each command once, each change numbered, nothing told before it is stored.

A change is one transaction: claim the command, lock the annotations by id, change them, and as the last statements
advance the slide's clock and store the event. The clock's row lock lasts until commit, so event numbers have no gaps
and stand in commit order: whoever sees n can see all below n.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from annotator.annotations.models import Annotation, CommandReceipt, SlideEvent
from annotator.annotations.selectors import to_view
from annotator.annotations.views import Command, StepTimes
from annotator.core import disk
from annotator.core.errors import DiskFull, InvalidInput
from annotator.core.publish import publish_after_commit


class AlreadyDone(Exception):
    """The command was carried out before; `seq` is the answer that it got then."""

    def __init__(self, seq: int) -> None:
        super().__init__(seq)
        self.seq = seq


def slide_group(slide_id: int) -> str:
    """The channel group of everyone who looks at the slide."""
    return f"slide.{slide_id}"


def run_once(*, user: Any, slide_id: int, command: Command, change: Callable[[], Iterable[Annotation]]) -> int:
    """Carry out a socket command exactly once and return its event's number.

    `change` makes the changes and returns the annotations that it touched; whatever it raises undoes everything.
    Raises InvalidInput when the command_id was used before with another content, and DiskFull.
    """
    if words := disk.full_in_words():
        raise DiskFull(words)
    try:
        with transaction.atomic():
            _claim(user, command, slide_id)
            return record_event(slide_id=slide_id, annotations=change(), command_id=command.command_id)
    except AlreadyDone as done:
        return done.seq


def _claim(user: Any, command: Command, slide_id: int) -> None:
    """The transaction's first statement. Raises AlreadyDone, once the one that was first has committed."""
    digest = hashlib.sha256(command.model_dump_json().encode()).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {CommandReceipt._meta.db_table} (user_id, command_id, digest, at)"  # noqa: S608 (own table)
            " VALUES (%s, %s, %s, now()) ON CONFLICT (command_id) DO NOTHING RETURNING id",
            [user.pk, command.command_id, digest],
        )
        if cursor.fetchone():
            return
    earlier = CommandReceipt.objects.get(command_id=command.command_id)
    event = SlideEvent.objects.filter(slide=slide_id, command_id=command.command_id).first()
    if (earlier.user_id, earlier.digest) != (user.pk, digest) or event is None:  # of somebody else, or of another slide
        raise InvalidInput("This command_id was used before for another command: make a new one for each intention.")
    raise AlreadyDone(event.seq)


def record_event(
    *, slide_id: int, annotations: Iterable[Annotation], command_id: UUID | None = None, times: StepTimes | None = None
) -> int:
    """Number and store what changed, and tell the slide's browsers after the commit. Call last in a transaction."""
    payload = {
        "objects": [to_view(annotation).model_dump(mode="json") for annotation in annotations],
        "command_id": str(command_id) if command_id else None,
        "times": times.model_dump() if times else None,
    }
    seq = _tick(slide_id)
    SlideEvent.objects.create(slide_id=slide_id, seq=seq, command_id=command_id, payload=payload)
    # As text: written once here, not again for each browser.
    told = {"type": "slide.event", "seq": seq, "payload": json.dumps(payload, separators=(",", ":"))}
    publish_after_commit(group=slide_group(slide_id), message=told)
    return seq


def _tick(slide_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO annotations_slideclock AS clock (slide_id, seq) VALUES (%s, 1)"
            " ON CONFLICT (slide_id) DO UPDATE SET seq = clock.seq + 1 RETURNING seq",
            [slide_id],
        )
        return cursor.fetchone()[0]


def forget_old_events() -> int:
    """Delete events and receipts older than settings.EVENTS_KEPT_DAYS; a browser away for longer gets `reset`."""
    before = timezone.now() - timedelta(days=settings.EVENTS_KEPT_DAYS)
    CommandReceipt.objects.filter(at__lt=before).delete()
    return SlideEvent.objects.filter(at__lt=before).delete()[0]
