"""A person at the system's own doors, REST and socket, as a browser would knock."""

import json
import logging
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import httpx
from websockets.sync.client import connect

logging.getLogger("httpx").setLevel(logging.WARNING)

ANSWERS = ("ack", "command.failed", "command.conflict")


class Person:
    def __init__(self, base_url: str, name: str) -> None:
        self.base_url = base_url
        self.http = httpx.Client(base_url=base_url, timeout=30)
        self.http.get("/api/session")
        self.post("/api/session", {"username": name, "password": f"{name}-pass-77"}).raise_for_status()

    def post(self, path: str, body: Any = None) -> httpx.Response:
        return self._send("POST", path, body)

    def put(self, path: str, body: Any) -> Any:
        return self._send("PUT", path, body).raise_for_status().json()

    def _send(self, verb: str, path: str, body: Any) -> httpx.Response:
        headers = {"X-CSRFToken": self.http.cookies.get("csrftoken", "")}
        return self.http.request(verb, path, json=body, headers=headers)

    def get(self, path: str) -> Any:
        return self.http.get(path).raise_for_status().json()

    def first_slide(self) -> int:
        [project] = self.get("/api/projects")
        return self.get(f"/api/projects/{project['id']}")["slides"][0]["id"]

    def open(self, slide_id: int) -> "OpenSlide":
        return OpenSlide(self, slide_id)


def is_to_wait(event: dict[str, Any]) -> bool:
    """Whether a command was refused for a moment only: it is sent again then, as the browser does."""
    return event["kind"] == "command.failed" and event["retry_after_ms"] is not None


class OpenSlide:
    """One socket on a slide, with what it has been told: objects by id, and the events in their order."""

    def __init__(self, person: Person, slide_id: int) -> None:
        self.person, self.slide_id = person, slide_id
        self.workspace = person.get(f"/api/slides/{slide_id}")
        self.objects: dict[str, dict] = {}
        self.events: list[dict] = []
        self.sent: dict[str, dict] = {}
        self.seq = 0
        self.reconnect()

    def reconnect(self) -> None:
        self.connection = ExitStack()
        self.socket = self.connection.enter_context(self._connect())

    def _connect(self) -> Any:
        address = self.person.base_url.replace("http", "ws") + f"/ws/slides/{self.slide_id}"
        cookie = "; ".join(f"{key}={value}" for key, value in self.person.http.cookies.items())
        return connect(
            address,
            origin=self.person.base_url,
            additional_headers={"Cookie": cookie},
            open_timeout=20,
            close_timeout=1,
        )

    def close(self) -> None:
        self.connection.close()

    def label(self, object_type: str = "nucleus") -> int:
        return next(label["id"] for label in self.workspace["labels"] if label["object_type"] == object_type)

    def model(self, method: str) -> int:
        return next(model["id"] for model in self.workspace["models"] if model["method"] == method)

    def send(self, **command: Any) -> dict[str, Any]:
        command = {"command_id": str(uuid4()), **command}
        self.sent[command["command_id"]] = command
        self.socket.send(json.dumps(command))
        return command

    def click(self, x: float, y: float, **fields: Any) -> str:
        """Ask for one new object; returns its id."""
        object_id = str(uuid4())
        self.ask(object_id, {"kind": "click", "x": x, "y": y}, **fields)
        return object_id

    def ask(self, object_id: str, *prompts: dict[str, Any], start: str = "nothing", **fields: Any) -> int:
        """Ask for the object's mask, anew if it is known; returns the turn."""
        known = self.objects.get(object_id, {"turn": 0, "version": 0})
        target = {
            "object_id": object_id, "turn": known["turn"] + 1, "base_version": known["version"], "prompts": prompts,
            "start": start,
        }  # fmt: skip
        self.send(kind="segment", **{"label_id": self.label(), "targets": [target], **fields})
        return target["turn"]

    def decide(self, kind: str, object_id: str, **fields: Any) -> dict[str, Any]:
        """accept, reject, relabel, delete or restore; returns the answer, once its event has come too."""
        known = self.objects[object_id]
        ref = {"object_id": object_id, "base_version": known["version"]}
        if kind == "accept":
            ref["turn"] = known["turn"]
            fields.setdefault("how", "key")
        answer = self.answer(self.send(kind=kind, objects=[ref], **fields))
        if answer["kind"] == "ack" and self.seq < answer["seq"]:
            self.wait_for(lambda event: self.seq >= answer["seq"])
        return answer

    def answer(self, command: dict[str, Any], timeout_s: float = 20) -> dict[str, Any]:
        return self.wait_for(
            lambda event: (
                event["kind"] in ANSWERS and event["command_id"] == command["command_id"] and not is_to_wait(event)
            ),
            timeout_s,
        )

    def wait_state(self, object_id: str, state: str, timeout_s: float = 20) -> dict[str, Any]:
        if self.objects.get(object_id, {}).get("state") != state:
            self.wait_for(lambda event: self.objects.get(object_id, {}).get("state") == state, timeout_s)
        return self.objects[object_id]

    def wait_proposal(self, object_id: str, turn: int, timeout_s: float = 20) -> dict[str, Any]:
        """The proposal of this turn, not of one before."""

        def is_there(_: dict) -> bool:
            known = self.objects.get(object_id, {})
            return (known.get("state"), known.get("turn")) == ("proposed", turn)

        if not is_there({}):
            self.wait_for(is_there, timeout_s)
        return self.objects[object_id]

    def wait_for(self, wanted: Callable[[dict], bool], timeout_s: float = 20) -> dict[str, Any]:
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            event = self.receive(timeout_s)
            if wanted(event):
                return event
        told = [event for event in self.events if event["kind"] not in ("heartbeat", "objects.upserted", "ack")]
        raise AssertionError(
            f"what was waited for did not come within {timeout_s} s; last: {self.events[-3:]}; refusals and the like: {told[-5:]}"
        )

    def receive(self, timeout_s: float = 20) -> dict[str, Any]:
        event = json.loads(self.socket.recv(timeout=timeout_s))
        self.events.append(event)
        if event["kind"] == "objects.upserted":
            self.seq = max(self.seq, event["seq"])
            for view in event["objects"]:
                if view["version"] >= self.objects.get(view["object_id"], {"version": 0})["version"]:
                    self.objects[view["object_id"]] = view
        if is_to_wait(event) and event["command_id"] in self.sent:
            time.sleep(event["retry_after_ms"] / 1000)
            self.socket.send(json.dumps(self.sent[event["command_id"]]))
        return event

    def numbers(self) -> set[int]:
        """Of the events that came."""
        return {event["seq"] for event in self.events if event["kind"] == "objects.upserted"}

    def catch_up(self, since: int) -> None:
        self.socket.send(json.dumps({"kind": "catch_up", "since": since}))
