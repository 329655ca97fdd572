"""The socket against the real Redis and Postgres: answers, events, gaps, and who is let in."""

import json
import re
from types import SimpleNamespace
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session
from django.db import DataError, IntegrityError, OperationalError
from django.test import Client
from django.utils import timezone

from annotator.annotations.models import Annotation
from annotator.config.asgi import application
from annotator.core import disk
from annotator.learning import inbox
from annotator.learning.models import SegmentationRequest
from annotator.live import consumer
from annotator.live.commands import SERVICES
from annotator.live.consumer import NO_RIGHT, SIGNED_OUT
from annotator.projects.labels import add_label
from annotator.projects.models import Project, Role, Team
from annotator.projects.services import remove_member, remove_membership, set_guidelines, set_membership
from tests.annotator.factories import make_slide
from tests.annotator.learning.test_services import reply_to
from tests.annotator.live.socket import Socket

pytestmark = pytest.mark.django_db(transaction=True)


def open_socket(user, slide_id, origin=b"http://localhost"):
    headers = [(b"origin", origin), (b"host", b"localhost")]
    if user is not None:
        client = Client()
        client.force_login(user)
        headers.append((b"cookie", f"sessionid={client.cookies['sessionid'].value}".encode()))
    return Socket(application, f"/ws/slides/{slide_id}", headers)


@pytest.fixture
async def connect(people, slide, model):
    sockets = []

    async def connect(name="annotator"):
        socket = await sync_to_async(open_socket)(getattr(people, name), slide.pk)
        assert (await socket.connect())["type"] == "websocket.accept"
        sockets.append(socket)
        await socket.receive_event("heartbeat")
        return socket

    yield connect
    for socket in sockets:
        await socket.disconnect()


async def send(socket, **command):
    command = {"command_id": str(uuid4()), **command}
    await socket.send_text(json.dumps(command))
    return command


def segment(slide, *, label_id=None, object_id=None, x=100.0, prompts=None, **fields):
    prompts = prompts or [{"kind": "click", "x": x, "y": 100.0}]
    target = {"object_id": object_id or str(uuid4()), "turn": 1, "base_version": 0, "prompts": prompts, **fields}
    return {"kind": "segment", "label_id": label_id or first_label(slide), "targets": [target]}


_labels: dict = {}


def first_label(slide):
    return _labels[slide.project_id]


@pytest.fixture(autouse=True)
def know_labels(slide):
    _labels[slide.project_id] = slide.project.labels.first().pk


async def test_a_click_is_acknowledged_and_told_to_everyone(connect, slide):
    one, two = await connect("annotator"), await connect("viewer")
    command = await send(one, **segment(slide))
    ack = await one.receive_event("ack")
    assert (ack["command_id"], ack["seq"]) == (command["command_id"], 1)
    for socket in (one, two):
        event = await socket.receive_event("objects.upserted") if socket is two else None
        if event:
            assert event["objects"][0]["state"] == "asked"
    row = await sync_to_async(SegmentationRequest.objects.get)()
    await sync_to_async(inbox.receive)(reply_to(row))
    event = await two.receive_event("objects.upserted")
    assert event["seq"] == 2
    assert event["objects"][0]["state"] == "proposed"
    assert event["times"]["network_ms"] == 3


@pytest.mark.parametrize("whose", ["own", "viewer", "ann", ""])
async def test_a_page_is_let_in_only_while_its_own_person_is_signed_in(people, slide, whose):
    named = {"own": people.annotator.pk, "viewer": people.viewer.pk}.get(whose, whose)
    socket = await sync_to_async(open_socket)(people.annotator, f"{slide.pk}?person={named}")
    await socket.connect()
    if whose == "own":
        await socket.receive_event("heartbeat")
        await socket.disconnect()
    else:
        assert await socket.closing_code() == SIGNED_OUT


async def test_catch_up_sends_what_was_missed_in_order(connect, slide):
    one = await connect()
    for seq in (1, 2, 3):
        await send(one, **segment(slide))
        while (await one.receive_event("objects.upserted"))["seq"] != seq:
            pass  # its doorbell has rung, so who comes later does not hear it
    late = await connect()
    await late.send_text(json.dumps({"kind": "catch_up", "since": 1}))
    assert [(await late.receive_event("objects.upserted"))["seq"] for _ in range(2)] == [2, 3]
    await late.send_text(json.dumps({"kind": "catch_up", "since": 99}))
    assert (await late.receive_event("reset"))["seq"] == 3


async def test_who_asks_again_and_again_is_told_each_event_once(connect, slide):
    one = await connect()
    for seq in (1, 2, 3):
        await send(one, **segment(slide))
        while (await one.receive_event("objects.upserted"))["seq"] != seq:
            pass
    late = await connect()
    for _ in range(20):
        await late.send_text(json.dumps({"kind": "catch_up", "since": 0}))
    assert [(await late.receive_event("objects.upserted"))["seq"] for _ in range(3)] == [1, 2, 3]
    await send(one, **segment(slide))
    assert (await late.receive_event("objects.upserted"))["seq"] == 4, "nothing was sent twice before it"


async def test_the_same_command_again_gets_the_same_answer(connect, slide):
    socket = await connect()
    command = await send(socket, **segment(slide))
    first = await socket.receive_event("ack")
    await socket.send_text(json.dumps(command))
    assert await socket.receive_event("ack") == first
    assert await sync_to_async(Annotation.objects.count)() == 1


async def test_a_click_without_a_worker_is_stored_and_the_person_is_told(connect, slide):
    socket = await connect()
    command = await send(socket, **segment(slide))
    waiting = await socket.receive_event("objects.waiting")
    assert waiting["object_ids"] == [command["targets"][0]["object_id"]]
    assert "No model worker is running" in waiting["reason"]


async def test_a_conflict_shows_the_object_as_it_stands(connect, slide):
    socket = await connect()
    command = await send(socket, **segment(slide))
    await socket.receive_event("ack")
    object_id = command["targets"][0]["object_id"]
    await send(socket, kind="reject", objects=[{"object_id": object_id, "base_version": 7}])
    conflict = await socket.receive_event("command.conflict")
    assert conflict["objects"][0]["version"] == 1


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "[]",
        '{"kind": "explode"}',
        '{"kind": "segment", "targets": []}',
        '{"kind": "catch_up", "since": -1}',
        '{"kind": "catch_up", "since": 0, "extra": 1}',
        json.dumps({"kind": "segment", "command_id": str(uuid4()), "label_id": 1, "targets": [
            {"object_id": str(uuid4()), "turn": 1, "base_version": 0, "prompts": [{"kind": "click", "x": 1e300, "y": 0}]}]}),
        "[" * 100_000,
        '{"kind": "' + "x" * 500_000 + '"}',
        json.dumps({"kind": "delete", "command_id": str(uuid4()), "objects": [[]] * 100_000}),
        json.dumps({"kind": "catch_up", "since": 0, **{f"key-{n}": 1 for n in range(40_000)}}),
    ],
)  # fmt: skip
async def test_a_malformed_command_is_refused_in_words_and_the_socket_lives(connect, text):
    socket = await connect()
    await socket.send_text(text)
    failed = await socket.receive_event("command.failed")
    assert failed["message"]
    await socket.send_text(json.dumps({"kind": "catch_up", "since": 5}))
    assert await socket.receive_event("reset")


async def refusal(socket, command) -> str:
    """The words with which the command was refused for good."""
    failed = await socket.receive_event("command.failed")
    assert (failed["command_id"], failed["code"]) == (command["command_id"], "invalid")
    assert failed["retry_after_ms"] is None
    return failed["message"]


@pytest.mark.parametrize("coordinate", [float("nan"), float("inf"), float("-inf"), 1e300])
async def test_a_coordinate_that_is_no_place_is_refused_in_words(connect, slide, coordinate):
    socket = await connect()
    for prompt in (
        {"kind": "click", "x": coordinate, "y": 5},
        {"kind": "squiggle", "points": [[5, 5], [6, coordinate]]},
    ):
        command = await send(socket, **segment(slide, prompts=[prompt]))
        assert "no place on a slide" in await refusal(socket, command)


async def test_a_squiggle_of_too_many_points_is_refused_in_words(connect, slide):
    socket = await connect()
    points = [[n / 10, 5] for n in range(10_000)]
    command = await send(socket, **segment(slide, prompts=[{"kind": "squiggle", "points": points}]))
    assert await refusal(socket, command) == (
        "This line has 10,000 points, and a line takes at most 2,000: draw it in several strokes."
    )


async def test_an_object_of_too_many_prompts_is_refused_in_words(connect, slide):
    socket = await connect()
    prompts = [{"kind": "click", "x": n, "y": 5} for n in range(65)]
    command = await send(socket, **segment(slide, prompts=prompts))
    assert "65 clicks and lines, and one takes at most 64" in await refusal(socket, command)


def long_line(n):
    """2,000 points with all the digits that a browser may send."""
    return {"kind": "squiggle", "points": [[n + k / 7, 100 + k / 3] for k in range(2000)]}


async def test_sixty_four_prompts_with_some_long_lines_fit_into_a_command(connect, slide):
    socket = await connect()
    prompts = [long_line(n) for n in range(5)] + [{"kind": "click", "x": n, "y": 5} for n in range(59)]
    await send(socket, **segment(slide, prompts=prompts))
    assert await socket.receive_event("ack")


@pytest.mark.parametrize(
    ("field", "number"), [("turn", 2**31), ("base_version", 2**31), ("label_id", 2**63), ("model_id", 2**64)]
)
async def test_a_number_that_nothing_has_is_refused_in_words(connect, slide, field, number):
    socket = await connect()
    command = segment(slide)
    (command if field in {"label_id", "model_id"} else command["targets"][0])[field] = number
    assert f"The command's {field} is no" in await refusal(socket, await send(socket, **command))


async def test_names_of_fields_are_not_repeated_at_length(connect, slide):
    socket = await connect()
    command = await send(socket, **segment(slide), **{"x\ny" * 10_000: 1})
    words = await refusal(socket, command)
    assert len(words) < 500
    assert "\n" not in words


@pytest.mark.parametrize(
    ("error", "code", "again"),
    [
        (OperationalError("server closed the connection"), "unavailable", True),
        (DataError("integer out of range"), "invalid", False),
        (IntegrityError("violates foreign key"), "clash", False),
        (ZeroDivisionError("a fault of ours"), "unexpected", False),
    ],
)
async def test_only_a_database_that_is_away_is_called_so(connect, slide, monkeypatch, caplog, error, code, again):
    def fail(**_):
        raise error

    socket = await connect()
    monkeypatch.setattr(consumer, "run_command", fail)
    await send(socket, **segment(slide))
    failed = await socket.receive_event("command.failed")
    assert (failed["code"], failed["retry_after_ms"] is not None) == (code, again)
    if not again:
        error_id = re.search(r"[0-9a-f]{8}", failed["message"])[0]
        assert any(f"error {error_id}: command" in record.getMessage() for record in caplog.records)


async def test_a_mask_that_is_not_there_cannot_be_corrected(connect, slide):
    socket = await connect()
    prompt = {"kind": "click", "x": 5, "y": 5, "positive": False}
    command = await send(socket, **segment(slide, prompts=[prompt], start="mask"))
    assert "no mask yet" in await refusal(socket, command)
    assert await sync_to_async(Annotation.objects.count)() == 0


async def test_a_viewer_may_look_but_not_write(connect, slide):
    """Every command there is, so that a new one is tried without being named."""
    socket = await connect("viewer")
    ref = {"object_id": str(uuid4()), "base_version": 1}
    fields = {
        "segment": segment(slide),
        "accept": {"objects": [{**ref, "turn": 1}], "how": "key"},
        "relabel": {"objects": [ref], "label_id": first_label(slide)},
    }
    for kind in {model.model_fields["kind"].default for model in SERVICES}:
        command = await send(socket, **{"kind": kind, **fields.get(kind, {"objects": [ref]})})
        failed = await socket.receive_event("command.failed")
        assert (failed["command_id"], failed["code"]) == (command["command_id"], "not_allowed"), kind
        assert failed["retry_after_ms"] is None
    assert await sync_to_async(Annotation.objects.count)() == 0


async def test_too_many_commands_are_asked_to_wait(connect, slide, settings):
    settings.COMMANDS_PER_SECOND, settings.COMMAND_BURST_SECONDS = 1, 60
    socket = await connect()
    for _ in range(61):
        await send(socket, kind="delete", objects=[{"object_id": str(uuid4()), "base_version": 1}])
    codes = [(await socket.receive_event("command.failed")) for _ in range(61)]
    assert codes[0]["code"] == "not_found"
    assert codes[-1]["code"] == "too_many"
    assert codes[-1]["retry_after_ms"] > 0


async def test_a_full_disk_is_named_and_the_command_waits(connect, slide, monkeypatch):
    socket = await connect()
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda _: SimpleNamespace(free=3 * 2**20))
    command = await send(socket, **segment(slide))
    failed = await socket.receive_event("command.failed")
    assert (failed["command_id"], failed["code"]) == (command["command_id"], "disk_full")
    assert "disk is full: 3 MB are left" in failed["message"]
    assert failed["retry_after_ms"] > 0
    assert await sync_to_async(Annotation.objects.count)() == 0
    monkeypatch.undo()
    await socket.send_text(json.dumps(command))
    assert await socket.receive_event("ack")


async def test_strangers_and_the_signed_out_are_turned_away(people, slide):
    for user, code in ((people.stranger, NO_RIGHT), (None, SIGNED_OUT)):
        socket = await sync_to_async(open_socket)(user, slide.pk)
        await socket.connect()
        assert await socket.closing_code() == code
    socket = await sync_to_async(open_socket)(people.annotator, 10**9)
    await socket.connect()
    assert await socket.closing_code() == NO_RIGHT


@pytest.mark.parametrize(
    "origin", [b"http://evil.example", b"http://localhost:9999", b"null", b"", b"http://[", b"http://x:y"]
)
async def test_a_page_of_another_origin_is_turned_away(people, slide, origin):
    socket = await sync_to_async(open_socket)(people.annotator, slide.pk, origin)
    assert (await socket.connect())["type"] == "websocket.close"


@pytest.mark.parametrize("path", ["/ws/nowhere", "/ws/slides/x", "/ws/slides/99999999999999999999", "/"])
async def test_an_address_that_no_socket_has_is_turned_away(people, slide, path):
    socket = await sync_to_async(open_socket)(people.annotator, slide.pk)
    socket.scope["path"] = path
    assert (await socket.connect())["type"] == "websocket.close"


@pytest.mark.parametrize("host", [b"evil.example", b"", b"localhost.evil.example"])
async def test_a_name_that_is_not_ours_is_turned_away(people, slide, host):
    socket = await sync_to_async(open_socket)(people.annotator, slide.pk)
    socket.scope["headers"] = [(b"origin", b"http://" + host), (b"host", host), *socket.scope["headers"][2:]]
    assert (await socket.connect())["type"] == "websocket.close"


async def test_an_origin_of_ours_does_not_excuse_a_name_that_is_not(people, slide, settings):
    settings.CSRF_TRUSTED_ORIGINS = ["http://localhost"]
    socket = await sync_to_async(open_socket)(people.annotator, slide.pk)
    socket.scope["headers"][1] = (b"host", b"evil.example")
    assert (await socket.connect())["type"] == "websocket.close"


async def test_who_is_no_member_is_turned_away_as_from_a_slide_that_is_not_there(people, slide):
    superuser = await sync_to_async(type(people.admin).objects.create_superuser)(username="superuser")
    for user, slide_id in ((superuser, slide.pk), (people.stranger, slide.pk), (people.admin, 10**9)):
        socket = await sync_to_async(open_socket)(user, slide_id)
        assert (await socket.connect())["type"] == "websocket.accept"
        assert await socket.closing_code() == NO_RIGHT


async def test_an_object_of_another_slide_is_refused_like_one_that_is_not_there(connect, slide):
    socket = await connect()
    command = await send(socket, **segment(slide))
    await socket.receive_event("ack")
    elsewhere, nowhere = command["targets"][0]["object_id"], str(uuid4())
    other = await sync_to_async(make_slide)(slide.project, number=2)
    await sync_to_async(Annotation.objects.update)(slide=other)
    for fields in (
        lambda id: {"kind": "delete", "objects": [{"object_id": id, "base_version": 1}]},
        lambda id: segment(slide, object_id=id, base_version=1),
    ):
        said = []
        for object_id in (elsewhere, nowhere):
            await send(socket, **fields(object_id))
            failed = await socket.receive_event("command.failed")
            said.append({**failed, "command_id": "", "message": failed["message"].replace(object_id, "ID")})
        assert said[0] == said[1]


# --- what ends a right, and by which path ---------------------------------------------------------------------------


def change_password(people, slide):
    people.viewer.set_password("another-pass-78")
    people.viewer.save(update_fields=["password"])


def switch_off(people, slide):
    people.viewer.is_active = False
    people.viewer.save()


def delete_account(people, slide):
    people.viewer.delete()


def sign_out_elsewhere(people, slide):
    for session in Session.objects.all():
        session.delete()


def leave_the_team(people, slide):
    remove_membership(team=people.team, user=people.viewer)


def take_membership_in_the_admin(people, slide):
    chief = type(people.viewer).objects.create_superuser(username="chief")
    client = Client()
    client.force_login(chief)
    rows = people.team.memberships.order_by("pk")
    form = {
        "name": people.team.name,
        "memberships-TOTAL_FORMS": rows.count(),
        "memberships-INITIAL_FORMS": rows.count(),
    }
    for n, row in enumerate(rows):
        fields = {"id": row.pk, "team": people.team.pk, "user": row.user_id, "role": row.role}
        form |= {f"memberships-{n}-{name}": value for name, value in fields.items()}
        if row.user_id == people.viewer.pk:
            form[f"memberships-{n}-DELETE"] = "on"
    assert client.post(f"/admin/projects/team/{people.team.pk}/change/", form).status_code == 302


def hand_project_over(people, slide):
    slide.project.team = Team.objects.create(name="Elsewhere")
    slide.project.save()


def delete_project_and_team(people, slide):
    slide.delete()
    slide.project.delete()
    people.team.delete()


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (change_password, SIGNED_OUT),
        (switch_off, SIGNED_OUT),
        (delete_account, SIGNED_OUT),
        (sign_out_elsewhere, SIGNED_OUT),
        (leave_the_team, NO_RIGHT),
        (take_membership_in_the_admin, NO_RIGHT),
        (hand_project_over, NO_RIGHT),
        (delete_project_and_team, NO_RIGHT),
    ],
)
async def test_an_open_socket_ends_at_once_with_its_right(connect, people, slide, monkeypatch, end, code):
    monkeypatch.setattr(consumer, "HEARTBEAT_S", 3600)
    socket = await connect("viewer")
    await sync_to_async(end)(people, slide)
    assert await socket.closing_code() == code


async def test_signing_in_again_leaves_open_sockets_alone(connect, people, slide, settings):
    socket = await connect("viewer")
    people.viewer.last_login = timezone.now()
    await sync_to_async(people.viewer.save)(update_fields=["last_login"])
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another-secret" * 4
    await sync_to_async(set_membership)(team=people.team, user=people.viewer, role=Role.ANNOTATOR)
    await send(socket, **segment(slide))
    assert await socket.receive_event("ack"), "under an older key that is still among the fallbacks"


async def test_a_session_under_a_forgotten_key_has_ended(connect, people, slide, settings):
    socket = await connect("viewer")
    settings.SECRET_KEY = "another-secret" * 4
    await sync_to_async(set_membership)(team=people.team, user=people.viewer, role=Role.ANNOTATOR)
    assert await socket.closing_code() == SIGNED_OUT


async def test_a_switched_off_account_writes_nothing_more_though_no_bell_rings(connect, people, slide, monkeypatch):
    monkeypatch.setattr(consumer, "HEARTBEAT_S", 3600)
    socket = await connect()
    await sync_to_async(type(people.annotator).objects.update)(is_active=False)
    await send(socket, **segment(slide))
    assert (await socket.receive_event("command.failed"))["code"] == "not_found"
    assert await sync_to_async(Annotation.objects.count)() == 0


async def test_a_change_of_labels_or_guidelines_is_told_at_once(connect, slide, people):
    viewer = await connect("viewer")
    before = (await sync_to_async(Project.objects.get)(pk=slide.project_id)).version
    fields = {"name": "Mitosis", "colour": "#ff00aa", "object_type": "nucleus"}
    await sync_to_async(add_label)(project=slide.project, fields=fields)
    assert (await viewer.receive_event("heartbeat"))["project_version"] == before + 1
    project = await sync_to_async(Project.objects.get)(pk=slide.project_id)
    await sync_to_async(set_guidelines)(project=project, text="Only whole ones.", version=0, user=people.admin)
    assert (await viewer.receive_event("heartbeat"))["project_version"] == before + 2


async def test_a_removed_member_is_out_at_once(connect, people):
    viewer = await connect("viewer")
    await sync_to_async(remove_member)(team=people.team, user=people.viewer)
    assert await viewer.closing_code() == NO_RIGHT
