"""Socket commands generated from the messages' own schema, as they are and spoilt: each is answered, none by "try again".

After each the socket still serves; what it says is an event of the protocol.
"""

import asyncio
import json
from uuid import uuid4

import pytest
import schemathesis
from asgiref.sync import sync_to_async
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from annotator.live import messages
from tests.annotator.live.test_consumer import open_socket
from tests.fuzz.spoil import spoil

pytestmark = pytest.mark.django_db(transaction=True)

BOUNDED = settings(
    derandomize=True, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
ANSWERS = ("ack", "command.failed", "command.conflict")
OUR_FAULTS = {"unavailable", "unexpected"}


def list_strategies() -> dict[str, st.SearchStrategy]:
    """Kind → its commands, sound ones. To schemathesis each is the body of a request."""
    document = SchemaGenerator().get_schema(request=None, public=True)
    shorten(document["components"]["schemas"])
    mapping = document["components"]["schemas"]["AnyCommand"]["discriminator"]["mapping"]
    document["paths"] = {
        f"/{kind}": {"post": {"requestBody": body_of(shape), "responses": {"200": {"description": "none"}}}}
        for kind, shape in mapping.items()
    }
    operations = [result.ok() for result in schemathesis.openapi.from_dict(document).get_all_operations()]
    return {operation.path[1:]: operation.as_strategy().map(as_command) for operation in operations}


def shorten(shape) -> None:
    """Short lists: 64 lines of 2,000 points take a minute to think up, and say no more. And each kind is named: pydantic
    does not call a field required that has a default, though a union needs it."""
    if isinstance(shape, dict):
        if "kind" in shape.get("properties", {}):
            shape["required"] = sorted({"kind", *shape.get("required", [])})
        shape.update({"maxItems": 3} if shape.get("maxItems", 0) > 3 else {})
    for part in shape.values() if isinstance(shape, dict) else shape if isinstance(shape, list) else ():
        shorten(part)


def body_of(shape: str) -> dict:
    return {"required": True, "content": {"application/json": {"schema": {"$ref": shape}}}}


def as_command(case: schemathesis.Case) -> dict:
    return {**case.body, "kind": case.path[1:]}


COMMANDS = list_strategies()


class Talk:
    """A socket in a loop of its own, so that a generated example can speak with it."""

    def __init__(self, user, slide) -> None:
        self.runner = asyncio.Runner()
        self.socket = self.runner.run(self._open(user, slide))

    async def _open(self, user, slide):
        socket = await sync_to_async(open_socket)(user, slide.pk)
        await socket.connect()
        return socket

    def say(self, text: str) -> list[dict]:
        """All that came back until the answer to a question that is asked after it."""
        return self.runner.run(self._say(text))

    async def _say(self, text: str) -> list[dict]:
        probe = {"kind": "delete", "command_id": str(uuid4()), "objects": [ref := {}]}
        ref.update(object_id=str(uuid4()), base_version=1)
        await self.socket.send_text(text)
        await self.socket.send_text(json.dumps(probe))
        heard = [await self.socket.receive_event()]
        while heard[-1].get("command_id") != probe["command_id"]:
            heard.append(await self.socket.receive_event())
        assert heard[-1]["code"] in {"not_found", "not_allowed"}, text[:500]
        return heard[:-1]

    def close(self) -> None:
        self.runner.run(self.socket.disconnect())
        self.runner.close()


@pytest.fixture(params=["annotator", "viewer"])
def talk(request, people, slide, model, settings):
    settings.COMMANDS_PER_SECOND = 10**6
    talk = Talk(getattr(people, request.param), slide)
    yield talk
    talk.close()


def check(heard: list[dict], text: str) -> None:
    for event in heard:
        messages.EVENT.validate_json(json.dumps(event))
        assert event.get("code") not in OUR_FAULTS, (event, text[:500])
        assert event["kind"] != "command.failed" or event["retry_after_ms"] is None, (event, text[:500])


def answers(heard: list[dict]) -> list[dict]:
    return [event for event in heard if event["kind"] in ANSWERS]


@pytest.mark.parametrize("kind", COMMANDS)
def test_a_valid_command_is_answered(talk, slide, kind):
    label_ids = [label.pk for label in slide.project.labels.all()]
    object_ids = [str(uuid4()) for _ in range(5)]

    @settings(BOUNDED, max_examples=25)
    @given(command=COMMANDS[kind], choice=st.randoms(use_true_random=False))
    def try_one(command, choice):
        messages.COMMAND.validate_python(command)
        if choice.random() < 0.8:
            settle(command, choice, label_ids, object_ids)
        text = json.dumps(command)
        heard = talk.say(text)
        check(heard, text)
        if kind != "catch_up":
            [answer] = answers(heard)
            assert answer["command_id"] == command["command_id"]

    try_one()


def settle(command, choice, label_ids, object_ids) -> None:
    """Let it speak of what is there, so that it comes further than to the first question."""
    if "label_id" in command:
        command["label_id"] = choice.choice(label_ids)
    command.pop("model_id", None)
    for part in [*command.get("targets", ()), *command.get("objects", ())]:
        part["object_id"] = choice.choice(object_ids)
        part["base_version"] = choice.choice([0, 1, 2])
        for prompt in part.get("prompts", ()):
            prompt.update({name: abs(prompt[name]) % 8000 for name in ("x", "y") if name in prompt})
    if "command_id" in command:
        command["command_id"] = str(uuid4())


@pytest.mark.parametrize("kind", COMMANDS)
def test_a_spoilt_command_is_answered(talk, kind):
    @settings(BOUNDED, max_examples=40)
    @given(command=COMMANDS[kind], choice=st.randoms(use_true_random=False))
    def try_one(command, choice):
        text = spoil(command, choice)
        heard = talk.say(text)
        check(heard, text)
        assert len(answers(heard)) <= 1

    try_one()


NUMBERS = [
    2**31 - 1,
    2**31,
    2**63 - 1,
    2**63,
    2**64,
    10**400,
    -1,
    1.5,
    float("nan"),
    float("inf"),
    -0.0,
    True,
    None,
    "7",
    [],
]


@pytest.mark.parametrize("field", ["label_id", "model_id", "turn", "base_version", "since", "elapsed_ms"])
def test_a_number_beyond_all_bounds_is_refused_for_good(talk, slide, field):
    label_id = slide.project.labels.first().pk
    for number in NUMBERS:
        target = {
            "object_id": str(uuid4()),
            "turn": 1,
            "base_version": 0,
            "prompts": [{"kind": "click", "x": 5, "y": 5}],
        }
        command = {"kind": "segment", "command_id": str(uuid4()), "label_id": label_id, "targets": [target]}
        if field in {"turn", "base_version"}:
            target[field] = number
        elif field == "since":
            command = {"kind": "catch_up", "since": number}
        elif field == "elapsed_ms":
            ref = {"object_id": str(uuid4()), "base_version": 1}
            command = {"kind": "reject", "command_id": str(uuid4()), "objects": [ref], field: number}
        else:
            command[field] = number
        text = json.dumps(command)
        heard = talk.say(text)
        check(heard, text)
        if field != "since":
            assert len(answers(heard)) == 1, text
