"""One person's socket that sends sound commands, spoilt ones, old ones again, and bytes; and watches what comes back."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import suppress
from random import Random
from typing import Any
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.fuzz.report import OUR_FAULTS, Report
from tests.fuzz.spoil import spoil, write
from tests.system.client import ANSWERS, Person

PROBE_EACH = 25
"""Messages between two questions that must be answered; also how many may be under way."""
PATIENCE_S = 60
GONE_BY_RIGHT = {1003, 1007, 1009}
"""Close codes after bytes, text that is no UTF-8, and a frame that is too large: as the protocol has it."""
SIZE_PX = 1024


class Writer:
    def __init__(self, person: Person, workspace: dict[str, Any], random: Random, report: Report) -> None:
        self.person, self.workspace, self.random, self.report = person, workspace, random, report
        self.objects: dict[str, dict[str, Any]] = {}
        """As the events told of them, the last ones."""
        self.sent_before: list[str] = []
        self.open_questions: set[str] = set()
        self.last = ""

    async def send(self, count: int) -> None:
        """So many messages; the socket is opened anew now and then, and whenever the server has closed it."""
        left = count
        while left > 0:
            try:
                async with self._connect() as socket:
                    self.open_questions.clear()
                    while left > 0 and (left % 1000 or left == count):
                        batch = min(PROBE_EACH, left)
                        await self._send_batch(socket, batch)
                        left -= batch
                    left -= left % 1000 == 0
            except* ConnectionClosed as group:
                closed = next(_leaves(group))
                code = closed.rcvd.code if closed.rcvd else None
                self.report.answers[f"closed with {code}"] += 1
                if code not in GONE_BY_RIGHT:
                    self.report.find(f"the socket closed with {code} after {self.last[:200]!r}")
                left -= 1
            except* TimeoutError:
                self.report.find(f"no answer within {PATIENCE_S} s after {self.last[:200]!r}")
                left -= PROBE_EACH
            self.report.reconnects += 1

    def _connect(self) -> connect:
        slide_id = self.workspace["id"]
        address = self.person.base_url.replace("http", "ws") + f"/ws/slides/{slide_id}"
        cookie = "; ".join(f"{key}={value}" for key, value in self.person.http.cookies.items())
        return connect(
            address, origin=self.person.base_url, additional_headers={"Cookie": cookie}, open_timeout=60, close_timeout=5,
            max_size=2**26, ping_interval=None,
        )  # fmt: skip

    async def _send_batch(self, socket: ClientConnection, count: int) -> None:
        probe = {
            "kind": "delete",
            "command_id": str(uuid4()),
            "objects": [{"object_id": str(uuid4()), "base_version": 1}],
        }
        async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as both:
            both.create_task(
                self._hear_until(socket, probe["command_id"])
            )  # as a browser: reading never waits for sending
            for _ in range(count):
                self.report.sent += 1
                await self._send_one(socket)
            await socket.send(json.dumps(probe))
        if self.open_questions:
            self.report.find(
                f"{len(self.open_questions)} commands were never answered, one of them {self.open_questions.pop()}"
            )
            self.open_questions.clear()

    async def _hear_until(self, socket: ClientConnection, command_id: Any) -> None:
        while True:
            event = json.loads(await socket.recv())
            if event.get("command_id") == command_id:
                return
            self._hear(event)

    async def _send_one(self, socket: ClientConnection) -> None:
        dice = self.random.random()
        if dice < 0.25:
            command = self._think_up()
            text = write(command)
            if "command_id" in command:
                self.open_questions.add(command["command_id"])
            self.sent_before = [*self.sent_before[-200:], text]
        elif dice < 0.8:
            text = spoil(self._think_up(), self.random)
        elif dice < 0.88 and self.sent_before:
            text = self.random.choice(self.sent_before)
        elif dice < 0.995:
            text = "".join(
                chr(self.random.choice([0, 9, 10, 34, 44, 58, 91, 93, 123, 125, 0xE9, 0x1F9EB])) for _ in range(40)
            )
        else:
            await self._send_bytes(socket)
            return
        self.last = text
        with suppress(UnicodeEncodeError):
            await socket.send(text)

    async def _send_bytes(self, socket: ClientConnection) -> None:
        """Binary frames, text that is no UTF-8, frames beyond the limit, text in fragments."""
        noise = self.random.randbytes(self.random.choice([0, 1, 100, 10_000]))
        self.last = f"{len(noise)} bytes"
        match self.random.randrange(8):
            case 0:
                await socket.send(b"\xff\xfe" + noise, text=True)
            case 1:
                await socket.send("x" * 700_000)
            case 2:
                await socket.send(["{", '"kind"', ":", "[" * 100])
            case 3:
                await socket.ping(noise[:125])
            case _:
                await socket.send(noise)

    def _think_up(self) -> dict[str, Any]:
        """A sound command, about something that is there where it can be."""
        kind = self.random.choice(
            ["segment", "segment", "accept", "reject", "relabel", "delete", "restore", "catch_up"]
        )
        if kind == "catch_up":
            return {
                "kind": kind,
                "since": self.random.choice([0, 10**6, 2**63 - 1]) if self.random.random() < 0.1 else 10**6,
            }
        command: dict[str, Any] = {"kind": kind, "command_id": str(uuid4())}
        if kind in {"segment", "relabel"}:
            command["label_id"] = self._pick_label()
        ref = self._pick_object()
        if kind == "segment":
            prompts = [self._pick_prompt() for _ in range(self.random.choice([1, 1, 2, 5]))]
            return {**command, "targets": [{**ref, "turn": ref.pop("turn") + 1, "prompts": prompts}]}
        turn = ref.pop("turn")
        if kind == "accept":
            ref["turn"] = max(turn, 1)
            command["how"] = self.random.choice(["key", "next_click", "batch", "sweep"])
        return {**command, "objects": [ref]}

    def _pick_label(self) -> int:
        """Only what answers at once is asked."""
        labels = [label["id"] for label in self.workspace["labels"] if label["object_type"] == "nucleus"]
        return self.random.choice(labels)

    def _pick_object(self) -> dict[str, Any]:
        if not self.objects or self.random.random() < 0.3:
            return {"object_id": str(uuid4()), "base_version": 0, "turn": 0}
        view = self.random.choice(list(self.objects.values()))
        return {"object_id": view["object_id"], "base_version": view["version"], "turn": view["turn"]}

    def _pick_prompt(self) -> dict[str, Any]:
        def place() -> float:
            return round(self.random.uniform(0, SIZE_PX - 1), 1)

        if self.random.random() < 0.7:
            return {"kind": "click", "x": place(), "y": place(), "positive": self.random.random() < 0.9}
        return {"kind": "squiggle", "points": [[place(), place()] for _ in range(self.random.choice([1, 2, 20]))]}

    def _hear(self, event: dict[str, Any]) -> None:
        code = event.get("code") or event["kind"]
        self.report.answers[code] += 1
        if code in OUR_FAULTS:
            self.report.find(f"{code}: {event['message']}; near {self.last[:300]!r}")
        if event["kind"] in ANSWERS:
            self.open_questions.discard(event["command_id"])
        for view in event.get("objects", ()):
            self.objects[view["object_id"]] = {name: view[name] for name in ("object_id", "version", "turn")}
            if len(self.objects) > 100:
                self.objects.pop(next(iter(self.objects)))


def _leaves(group: BaseExceptionGroup) -> Iterator[Any]:
    for error in group.exceptions:
        yield from _leaves(error) if isinstance(error, BaseExceptionGroup) else (error,)
