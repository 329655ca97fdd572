"""More people than places, and clients that dawdle or flood: nobody else waits for them."""

import json
import threading
import time
from collections import Counter
from uuid import uuid4

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from annotator.live.messages import MAX_FRAME_BYTES
from tests.dawdlers import dawdlers
from tests.system.test_ring import place

PEOPLE, REQUESTS = 24, 5
PATIENCE_S = 2.0


def test_many_requests_at_once_are_all_answered(people):
    slide = people.ann.first_slide()
    codes: Counter[int] = Counter()

    def ask():
        with httpx.Client(base_url=people.ann.base_url, cookies=people.ann.http.cookies, timeout=60) as client:
            for _ in range(REQUESTS):
                codes[client.get(f"/api/slides/{slide}").status_code] += 1

    threads = [threading.Thread(target=ask) for _ in range(PEOPLE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == {200: PEOPLE * REQUESTS}


def everything(person):
    """What a person's browser and whoever watches the system ask for: (what, code, seconds) of each."""
    slide = person.open(person.first_slide())
    tile = slide.workspace["tiles"]["url"].format(z=0, x=0, y=0)
    for path in ("/livez", "/readyz", "/healthz", "/", "/api/session", "/api/projects", tile):
        began = time.monotonic()
        code = person.http.get(path).status_code
        yield path, code, time.monotonic() - began
    began = time.monotonic()
    slide.wait_state(slide.click(*place()), "proposed")
    yield "a click", 200, time.monotonic() - began
    slide.close()


def test_beside_those_that_dawdle_everything_else_answers(system, people):
    with dawdlers(system.base_url, writers=50, readers=50):
        answers = list(everything(people.ann))
    assert {code for _, code, _ in answers} == {200}, answers
    assert max(seconds for *_, seconds in answers) < PATIENCE_S, answers


def test_a_frame_larger_than_any_command_ends_its_socket(people):
    slide = people.vic.open(people.vic.first_slide())
    slide.socket.send(json.dumps({"kind": "x" * MAX_FRAME_BYTES}))
    with pytest.raises(ConnectionClosed) as closed:
        slide.wait_for(lambda _: False)
    assert closed.value.rcvd.code == 1009


def test_beside_a_socket_that_floods_everything_else_answers(people):
    flooding = people.vic.open(people.vic.first_slide())
    ended = threading.Event()
    frame = json.dumps({"kind": "delete", "command_id": str(uuid4()), "objects": [[]] * (MAX_FRAME_BYTES // 5)})

    def flood():
        try:
            while not ended.is_set():
                flooding.socket.send(frame)
        except ConnectionClosed:
            pass

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        time.sleep(1)
        answers = list(everything(people.ann))
    finally:
        ended.set()
        flooding.close()
        thread.join()
    assert {code for _, code, _ in answers} == {200}, answers
    assert max(seconds for *_, seconds in answers) < PATIENCE_S, answers
