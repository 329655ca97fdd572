"""One browser's socket on one slide: parse, check the right, call one service, answer. Holds no state of its own
that the database does not have."""

import asyncio
import contextlib
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import Error as DatabaseError
from pydantic import ValidationError
from pydantic_core import from_json

from annotator.annotations.ledger import slide_group
from annotator.annotations.models import Annotation
from annotator.annotations.selectors import get_seq, list_events, to_view
from annotator.annotations.services import Changed
from annotator.annotations.views import ObjectState
from annotator.core import disk
from annotator.core.connections import KeepingConnection
from annotator.core.errors import InvalidInput, SquiggleError, explain
from annotator.core.hosts import is_our_host
from annotator.learning import workers
from annotator.live import messages
from annotator.live.catch_up import CatchUp
from annotator.live.commands import run_command
from annotator.live.limits import Pace, count_command
from annotator.live.refusals import in_words
from annotator.projects.access import Right, visible_projects
from annotator.projects.sessions import find_user
from annotator.projects.signals import project_group, user_group
from annotator.slides.models import Slide
from inference.protocol import Message

logger = logging.getLogger(__name__)

HEARTBEAT_S = 10
PATIENCE_S = 3
RENEW_TILE_PASS_S = 300

SIGNED_OUT = 4401
NO_RIGHT = 4403

_threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="live")


def in_thread(function: Any) -> KeepingConnection:
    """Run a database call in the sockets' own bounded threads, so that none waits behind another's."""
    return KeepingConnection(function, thread_sensitive=False, executor=_threads)


class SlideConsumer(AsyncWebsocketConsumer):
    slide: Slide
    opened = False
    """The person was let in, and slide is set."""
    pulse: asyncio.Task | None = None

    # --- connecting -----------------------------------------------------------------------------------------------

    async def connect(self) -> None:
        self.user = self.scope["user"]
        self.watches: set[asyncio.Task] = set()
        self.pace = Pace()
        self.catch_up = CatchUp(self._send_since)
        self.pass_made_at = time.monotonic()
        self.beat_early = asyncio.Event()
        if not _origin_is_ours(self.scope):
            await self.close()
            return
        await self.accept()
        if (code := await in_thread(self._find_refusal)()) is not None:
            await self.close(code=code)
            return
        self.opened = True
        await self.channel_layer.group_add(slide_group(self.slide.pk), self.channel_name)
        await self.channel_layer.group_add(user_group(self.user.pk), self.channel_name)
        await self.channel_layer.group_add(project_group(self.slide.project_id), self.channel_name)
        self.pulse = asyncio.create_task(self._beat())

    async def disconnect(self, code: int) -> None:
        for task in [self.pulse, *self.watches]:
            if task:
                task.cancel()
        self.catch_up.stop()
        if self.opened:
            with contextlib.suppress(OSError):
                await self.channel_layer.group_discard(slide_group(self.slide.pk), self.channel_name)
                await self.channel_layer.group_discard(user_group(self.user.pk), self.channel_name)
                await self.channel_layer.group_discard(project_group(self.slide.project_id), self.channel_name)

    def _find_refusal(self) -> int | None:
        """Why this person may not be here (a close code), read afresh; None when they may."""
        user = find_user(getattr(self.scope.get("session"), "session_key", None))
        if user is None or user.pk != self.user.pk or _is_page_of_another(self.scope, user):
            return SIGNED_OUT
        self.user = user
        slide_id = self.scope["url_route"]["kwargs"]["slide_id"]
        slide = (
            Slide.objects.select_related("project")
            .filter(pk=slide_id, project__in=visible_projects(user, Right.VIEW))
            .first()
        )
        if slide is None:
            return NO_RIGHT
        self.slide = slide
        return None

    async def _beat(self) -> None:
        """At once, each HEARTBEAT_S and when the project changed: the slide's event number, the project's version, whether
        models answer, and that the right still holds."""
        while True:
            self.beat_early.clear()
            try:
                if not await self._still_allowed():
                    return
                await self._send_heartbeat()
            except DatabaseError as error:
                logger.warning("heartbeat of slide %s skipped: %s", self.slide.pk, error)
            except Exception:  # this loop guards a right: nothing may end it
                logger.exception("heartbeat of slide %s failed", self.slide.pk)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.beat_early.wait(), HEARTBEAT_S)

    async def _send_heartbeat(self) -> None:
        age = int(time.monotonic() - self.pass_made_at)
        if age > RENEW_TILE_PASS_S:
            self.pass_made_at = time.monotonic()
        trouble = await in_thread(workers.find_trouble)()
        await self._send(
            messages.Heartbeat(
                seq=await in_thread(get_seq)(self.slide.pk),
                project_version=self.slide.project.version,
                worker="missing" if trouble else "ready",
                trouble=await in_thread(disk.full_in_words)(),
                tile_pass_age_s=age,
            )
        )

    async def _still_allowed(self) -> bool:
        if (code := await in_thread(self._find_refusal)()) is None:
            return True
        await self.close(code=code)
        return False

    # --- commands -------------------------------------------------------------------------------------------------

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if not self.opened:
            return
        await self.pace.take(len(text_data or bytes_data or ""))
        command_id = None
        try:
            fields = _read(text_data)
            command_id = _read_command_id(fields)
            command = messages.COMMAND.validate_python(fields)
            if isinstance(command, messages.CatchUp):
                self.catch_up.ask(command.since)
            else:
                await self._run(command)
        except ValidationError as error:
            await self._refuse(command_id, "invalid", in_words(error))
        except SquiggleError as error:
            await self._refuse(command_id, error.code, error.message, error.retry_after_ms)
        except Exception as error:  # noqa: BLE001 (logged there, with the id that the answer names)
            named = explain(error, f"command {command_id} of user {self.user.pk} on slide {self.slide.pk}")
            await self._refuse(command_id, named.code, named.message, named.retry_after_ms)

    async def _run(self, command: messages.Command) -> None:
        try:
            seq = await in_thread(self._run_here)(command)
        except Changed as error:
            await self._send(await in_thread(self._conflict)(command.command_id, error))
            return
        await self._send(messages.Acknowledged(command_id=command.command_id, seq=seq))
        if isinstance(command, messages.Segment):
            watch = asyncio.create_task(self._watch([target.object_id for target in command.targets]))
            self.watches.add(watch)
            watch.add_done_callback(self.watches.discard)

    def _run_here(self, command: messages.Command) -> int:
        count_command(self.user.pk)
        return run_command(user=self.user, slide=self.slide, command=command)

    def _conflict(self, command_id: UUID, error: Changed) -> messages.Conflict:
        """Both sides: the browser knows its own, and here is how the slide's objects stand now."""
        rows = Annotation.objects.filter(pk__in=error.object_ids, slide=self.slide.pk).select_related("author")
        return messages.Conflict(
            command_id=command_id, message=error.message, objects=tuple(to_view(row) for row in rows)
        )

    async def _send_since(self, since: int) -> int | None:
        try:
            events = await in_thread(list_events)(slide_id=self.slide.pk, since=since)
        except DatabaseError as error:
            logger.warning("catch-up of slide %s skipped: %s", self.slide.pk, error)  # the browser asks again
            return None
        if events is None:
            await self._send(messages.Reset(seq=await in_thread(get_seq)(self.slide.pk)))
            return None
        for seq, payload in events:
            await self._forward(seq, payload)
            await asyncio.sleep(0)  # a line that is wide enough takes them without a pause, and others wait
        return events[-1][0] if events else since

    async def _watch(self, object_ids: list[UUID]) -> None:
        """Say why there is no answer: at once when no worker lives, else after PATIENCE_S."""
        trouble = await in_thread(workers.find_trouble)()
        if trouble is None:
            await asyncio.sleep(PATIENCE_S)
            trouble = await in_thread(workers.find_trouble)()
        waiting = await in_thread(_list_asked)(object_ids)
        if waiting:
            reason = (
                trouble or "The model is busy: other clicks are before yours. Your click is saved and will be answered."
            )
            await self._send(messages.Waiting(object_ids=tuple(waiting), reason=reason))

    # --- events ---------------------------------------------------------------------------------------------------

    async def slide_event(self, message: dict) -> None:
        """From the channel layer: something on the slide changed."""
        await self._forward(message["seq"], message["payload"])

    async def rights_changed(self, message: dict) -> None:
        """From the channel layer: this person's memberships or sign-in changed."""
        await self._still_allowed()

    async def project_changed(self, message: dict) -> None:
        """From the channel layer: the project's labels or guidelines changed."""
        self.beat_early.set()

    async def _forward(self, seq: int, payload: str) -> None:
        # The payload was validated when it was stored; it is passed on as it is: a JSON object, not empty.
        await self.send(f'{{"kind":"objects.upserted","seq":{seq},{payload.removeprefix("{")}')

    async def _refuse(
        self, command_id: UUID | None, code: str, message: str, retry_after_ms: int | None = None
    ) -> None:
        logger.info("command %s of user %s refused: %s", command_id, self.user.pk, message)
        await self._send(
            messages.CommandFailed(command_id=command_id, code=code, message=message, retry_after_ms=retry_after_ms)
        )

    async def _send(self, event: Message) -> None:
        await self.send(event.model_dump_json())


def _origin_is_ours(scope: dict) -> bool:
    """A page of another origin (another port included) may not open a socket with this person's cookies."""
    if not is_our_host(scope["headers"]):
        return False
    headers = dict(scope["headers"])
    origin = headers.get(b"origin", b"").decode("latin-1")
    host = headers.get(b"host", b"").decode("latin-1")
    return urlsplit(origin).netloc == host or origin in settings.CSRF_TRUSTED_ORIGINS


def _is_page_of_another(scope: dict, user: Any) -> bool:
    """The page names whose it is: what that person did must not be stored as done by who signed in since."""
    named = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True).get("person")
    return named is not None and named != [str(user.pk)]


def _list_asked(object_ids: list[UUID]) -> list[UUID]:
    return list(Annotation.objects.filter(pk__in=object_ids, state=ObjectState.ASKED).values_list("pk", flat=True))


def _read(text: str | None) -> Any:
    """The frame's JSON, parsed here and nowhere again. Raises InvalidInput."""
    if text is None:
        raise InvalidInput("A command is JSON text, not bytes.")
    try:
        return from_json(text, allow_inf_nan=True)
    except ValueError as error:
        raise InvalidInput(f"This is not a command, as it is not JSON: {error}.") from None


def _read_command_id(fields: Any) -> UUID | None:
    """The command's id even when the rest is not valid, so that the browser learns which one was refused."""
    try:
        return UUID(fields["command_id"])
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
