"""The ring on the whole real system: clicks come round, whatever is killed on the way, and nothing accepted is lost."""

import itertools
import json
import struct
import threading
import time
from uuid import uuid4

import psycopg2
import pytest

from tests.stack import Stack

_places = itertools.count()


def place() -> tuple[float, float]:
    """A spot where no test has clicked yet."""
    n = next(_places)
    return 60.0 + (n % 22) * 40, 60.0 + (n // 22) * 40


@pytest.fixture
def ann(people):
    slide = people.ann.open(people.ann.first_slide())
    yield slide
    slide.close()


@pytest.fixture
def bob(people):
    slide = people.bob.open(people.bob.first_slide())
    yield slide
    slide.close()


def fetch(system: Stack, query: str, *parameters):
    servers = json.loads((system.home / "run" / "environment.json").read_text())
    with psycopg2.connect(servers["DATABASE_URL"]) as connection, connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()


def test_a_click_comes_round_to_both_browsers_and_into_postgres(system, ann, bob):
    object_id = ann.click(*place())
    proposed = ann.wait_state(object_id, "proposed")
    assert proposed["polygons"]
    assert ann.decide("accept", object_id, elapsed_ms=900)["kind"] == "ack"
    accepted = bob.wait_state(object_id, "accepted")
    assert accepted["author"] == "ann"
    rows = fetch(
        system,
        "SELECT action, how, elapsed_ms, geometry IS NOT NULL, times IS NOT NULL FROM annotations_revision"
        " WHERE annotation_id = %s ORDER BY id",
        object_id,
    )
    assert rows == [
        ("asked", "", None, False, False),
        ("answered", "", None, True, True),
        ("accepted", "key", 900.0, True, False),
    ]


def line(*points: tuple[float, float], positive: bool = True) -> dict:
    return {"kind": "squiggle", "points": points, "positive": positive}


def width_of(view: dict) -> float:
    xs = [x for polygon in view["polygons"] for x, _ in polygon["exterior"]]
    return max(xs) - min(xs)


def test_a_squiggle_comes_round_and_another_stroke_extends_the_same_object(system, ann, bob):
    (x, y), object_id = place(), str(uuid4())
    first, second = line((x, y), (x + 6, y)), line((x + 6, y), (x + 18, y))
    drawn = ann.wait_proposal(object_id, ann.ask(object_id, first))
    extended = ann.wait_proposal(object_id, ann.ask(object_id, first, second))
    assert width_of(extended) == pytest.approx(width_of(drawn) + 12, abs=2)
    seen = bob.wait_proposal(object_id, 2)
    assert [prompt["points"] for prompt in seen["prompts"]] == [[[x, y], [x + 6, y]], [[x + 6, y], [x + 18, y]]]
    ann.decide("accept", object_id)
    stored = fetch(system, "SELECT prompts FROM annotations_annotation WHERE id = %s", object_id)
    assert [prompt["kind"] for prompt in stored[0][0]] == ["squiggle", "squiggle"]


def test_an_accepted_mask_is_corrected_given_up_and_corrected_for_good(ann, bob):
    x, y = place()
    object_id = ann.click(x, y)
    ann.wait_proposal(object_id, 1)
    ann.decide("accept", object_id)
    accepted = bob.wait_state(object_id, "accepted")
    away = {"kind": "click", "x": x + 16, "y": y, "positive": False}
    for decision in ("reject", "accept"):
        proposal = ann.wait_proposal(object_id, ann.ask(object_id, away, start="mask"))
        assert (proposal["correcting"], proposal["start"]) == (True, "mask")
        assert width_of(proposal) < width_of(accepted)
        ann.decide(decision, object_id)
        after = bob.wait_for(lambda _: bob.objects[object_id]["version"] == ann.objects[object_id]["version"])
        assert after["objects"][0]["state"] == "accepted"
        wanted = accepted if decision == "reject" else proposal
        assert {k: after["objects"][0][k] for k in ("polygons", "prompts", "score")} == {
            k: wanted[k] for k in ("polygons", "prompts", "score")
        }
    history = ann.person.get(f"/api/objects/{object_id}/history")
    assert [step["action"] for step in history["revisions"]] == [
        "asked", "answered", "accepted", "asked", "answered", "rejected", "restored", "asked", "answered", "accepted",
    ]  # fmt: skip


def test_a_batch_gives_each_object_its_own_life(ann):
    ids = [ann.click(*place()) for _ in range(5)]
    for object_id in ids:
        ann.wait_state(object_id, "proposed")
    assert ann.decide("reject", ids[0])["kind"] == "ack"
    assert ann.decide("accept", ids[1])["kind"] == "ack"
    ann.wait_state(ids[0], "rejected")
    ann.wait_state(ids[1], "accepted")
    assert ann.objects[ids[2]]["state"] == "proposed"


def test_commands_twice_out_of_order_and_after_a_gap(ann, bob):
    object_id = ann.click(*place())
    ann.wait_state(object_id, "proposed")
    version = ann.objects[object_id]["version"]
    ref = {"object_id": object_id, "base_version": version, "turn": 1}
    accept = ann.send(kind="accept", objects=[ref], how="key")
    first = ann.answer(accept)
    again = ann.answer(ann.send(**accept))
    assert (first["kind"], again) == ("ack", first)
    late = ann.send(kind="reject", objects=[{"object_id": object_id, "base_version": version}])
    assert ann.answer(late)["kind"] == "command.conflict"
    bob.catch_up(0)
    wanted = set(range(1, first["seq"] + 1))
    bob.wait_for(lambda _: wanted <= bob.numbers())


def test_one_that_was_away_catches_up(ann, bob):
    object_id = ann.click(*place())
    ann.wait_state(object_id, "proposed")
    seen = ann.seq
    bob.close()
    ann.decide("accept", object_id)
    ann.decide("relabel", object_id, label_id=ann.workspace["labels"][1]["id"])
    bob.reconnect()
    bob.catch_up(seen)
    bob.wait_for(lambda _: bob.objects.get(object_id, {}).get("label_id") == ann.workspace["labels"][1]["id"])
    assert bob.objects[object_id]["state"] == "accepted"


def test_eight_writers_at_once_lose_nothing_and_leave_no_gap(people, ann):
    accepted, failures = [], []

    def write(person):
        try:
            slide = person.open(person.first_slide())
            for _ in range(4):
                object_id = slide.click(*place())
                slide.wait_state(object_id, "proposed", 60)
                assert slide.decide("accept", object_id)["kind"] == "ack"
                accepted.append(object_id)
            slide.close()
        except Exception as error:  # noqa: BLE001 (a thread's failure is reported below)
            failures.append(error)

    threads = [threading.Thread(target=write, args=[person]) for person in (people.ann, people.bob, people.ada) * 3][:8]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    ann.catch_up(0)
    ann.wait_for(lambda _: all(ann.objects.get(i, {}).get("state") == "accepted" for i in accepted))
    ann.wait_for(lambda _: ann.numbers() == set(range(1, ann.seq + 1)))


def test_killing_the_worker_in_mid_click_loses_no_click(system, ann):
    slow = click_for(ann, "slow")
    time.sleep(0.7)
    old = system.kill("model-worker")
    waiting = ann.wait_for(lambda event: event["kind"] == "objects.waiting")
    assert slow in waiting["object_ids"]
    assert "saved" in waiting["reason"]
    system.wait_replaced("model-worker", old)
    ann.wait_state(slow, "proposed", 60)


def click_for(slide, method: str) -> str:
    """Click with the label whose objects a model of this method segments."""
    object_type = {"slow": "cell", "deadly": "gland"}[method]
    return slide.click(*place(), label_id=slide.label(object_type))


def test_a_click_that_kills_its_worker_each_time_is_given_up_in_words(system, ann):
    deadly = click_for(ann, "deadly")
    failed = ann.wait_state(deadly, "failed", 120)
    assert "three times" in failed["failure"]
    system.wait_healthy()
    after = ann.click(*place())
    ann.wait_state(after, "proposed", 60)


def test_killing_redis_loses_no_click(system, ann):
    before = ann.click(*place())
    ann.wait_state(before, "proposed")
    old = system.kill("redis")
    during = ann.click(*place())
    system.wait_replaced("redis", old)
    system.wait_healthy()
    wait_by_catching_up(ann, during, "proposed")
    after = ann.click(*place())
    wait_by_catching_up(ann, after, "proposed")


def test_killing_postgres_loses_nothing_that_was_acknowledged(system, ann):
    before = ann.click(*place())
    ann.wait_state(before, "proposed")
    ann.decide("accept", before)
    old = system.kill("postgres")
    system.wait_replaced("postgres", old)
    system.wait_healthy()
    assert before in accepted_in_view(ann.person, ann.slide_id)
    after = ann.click(*place())
    wait_by_catching_up(ann, after, "proposed")


def wait_by_catching_up(slide, object_id: str, state: str, timeout_s: float = 60) -> None:
    """As a browser does: when a doorbell was lost, a heartbeat's number shows it and catch_up brings it."""
    deadline = time.monotonic() + timeout_s
    while slide.objects.get(object_id, {}).get("state") != state:
        assert time.monotonic() < deadline, slide.objects.get(object_id)
        event = slide.receive(timeout_s)
        if event["kind"] == "heartbeat" and event["seq"] > slide.seq:
            slide.catch_up(slide.seq)


def test_everything_accepted_is_there_after_a_restart(system, people):
    ann = people.ann.open(people.ann.first_slide())
    object_id = ann.click(*place())
    ann.wait_state(object_id, "proposed")
    ann.decide("accept", object_id)
    before = accepted_in_view(people.ann, ann.slide_id)
    assert object_id in before
    ann.close()
    assert system.stop() == 0
    system.start()
    assert accepted_in_view(people.ann, ann.slide_id) == before


def accepted_in_view(person, slide_id: int) -> set[str]:
    packed = person.http.get(f"/api/slides/{slide_id}/objects?box=0,0,99999,99999").raise_for_status().content
    (size,) = struct.unpack_from("<I", packed)
    return set(json.loads(packed[4 : 4 + size])["settled"]["ids"])
