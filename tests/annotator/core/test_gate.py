"""Places are taken only while the application works: not by who sends slowly, nor by who reads slowly."""

import asyncio
import json

import pytest

from annotator.core import gate
from annotator.core.gate import Gate

LIMIT = 100_000


class Client:
    """One request of a client that sends and reads when it is told to."""

    def __init__(self, application, headers=(), address="10.0.0.1"):
        self.incoming, self.outgoing = asyncio.Queue(), asyncio.Queue(maxsize=1)
        scope = {"type": "http", "method": "POST", "path": "/", "headers": list(headers), "client": (address, 1)}
        self.task = asyncio.create_task(application(scope, self.incoming.get, self.outgoing.put))

    def send(self, body=b"", more=False):
        self.incoming.put_nowait({"type": "http.request", "body": body, "more_body": more})

    async def read(self):
        """(status, body) of the whole answer."""
        status, body = (await self.outgoing.get())["status"], b""
        while True:
            message = await self.outgoing.get()
            body += message["body"]
            if not message["more_body"]:
                await self.task
                return status, body


class Application:
    """Answers with the body, `times` over, and knows how many requests it has in hand."""

    def __init__(self, times=1):
        self.times, self.in_hand, self.most = times, 0, 0
        self.may_end = asyncio.Event()
        self.may_end.set()

    async def __call__(self, scope, receive, send):
        self.in_hand += 1
        self.most = max(self.most, self.in_hand)
        try:
            message = await receive()
            await self.may_end.wait()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for _ in range(self.times):
                await send({"type": "http.response.body", "body": message["body"], "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            self.in_hand -= 1


def stop(*clients):
    for client in clients:
        client.task.cancel()


async def test_who_has_not_sent_all_takes_no_place():
    guarded = Gate(Application(), places=1, body_limit=LIMIT)
    slow = [Client(guarded) for _ in range(20)]
    for client in slow:
        client.send(b"h", more=True)
    quick = Client(guarded)
    quick.send(b"hello")
    assert await quick.read() == (200, b"hello")
    slow[0].send(b"i")
    assert await slow[0].read() == (200, b"hi")
    stop(*slow)


async def test_who_does_not_read_takes_no_place():
    application = Application(times=50)
    guarded = Gate(application, places=1, body_limit=LIMIT)
    slow = [Client(guarded) for _ in range(20)]
    for client in slow:
        client.send(b"x" * 50_000)
    quick = Client(guarded)
    quick.send(b"hello")
    assert await quick.read() == (200, b"hello" * 50)
    assert application.most == 1
    assert await slow[0].read() == (200, b"x" * 2_500_000), "kept whole meanwhile"
    stop(*slow)


async def test_no_more_than_the_places_are_worked_on_at_once():
    application = Application()
    application.may_end.clear()
    guarded = Gate(application, places=3, body_limit=LIMIT)
    clients = [Client(guarded) for _ in range(10)]
    for client in clients:
        client.send(b"x")
    await asyncio.sleep(0.05)
    assert application.in_hand == 3
    application.may_end.set()
    assert {await client.read() for client in clients} == {(200, b"x")}
    assert application.most == 3


async def refusal(client):
    status, body = await client.read()
    return status, json.loads(body)["code"]


@pytest.mark.parametrize("stated", [True, False])
async def test_a_body_that_is_too_large_is_refused_before_it_is_held(stated):
    application = Application()
    headers = [(b"content-length", b"300000000")] if stated else []
    client = Client(Gate(application, places=1, body_limit=LIMIT), headers)
    if not stated:
        client.send(b"x" * LIMIT, more=True)
        client.send(b"x", more=True)
    assert await refusal(client) == (413, "too_large")
    assert application.most == 0


async def test_a_body_that_does_not_arrive_is_given_up(monkeypatch):
    monkeypatch.setattr(gate, "BODY_PATIENCE_S", 0.05)
    client = Client(Gate(Application(), places=1, body_limit=LIMIT))
    client.send(b"x", more=True)
    assert await refusal(client) == (408, "too_slow")


async def test_large_bodies_together_have_a_bound_that_small_ones_do_not_meet(monkeypatch):
    monkeypatch.setattr(gate, "LARGE_BODIES_BYTES", 200_000)
    guarded = Gate(Application(), places=1, body_limit=LIMIT)
    large = [Client(guarded) for _ in range(3)]
    for client in large:
        client.send(b"x" * 90_000, more=True)
    await asyncio.sleep(0.01)
    assert await refusal(large[2]) == (503, "unavailable")
    small = Client(guarded)
    small.send(b"hello")
    assert await small.read() == (200, b"hello")
    for client in large[:2]:
        client.send()
        assert (await client.read())[0] == 200
    again = Client(guarded)
    again.send(b"x" * 90_000)
    assert (await again.read())[0] == 200, "what was held is free again"


async def test_too_many_who_wait_are_asked_to_come_back():
    application = Application()
    application.may_end.clear()
    guarded = Gate(application, places=1, body_limit=LIMIT, waiting_limit=2)
    clients = [Client(guarded) for _ in range(4)]
    for client in clients:
        client.send(b"x")
    await asyncio.sleep(0.05)
    assert await refusal(clients[3]) == (503, "unavailable")
    application.may_end.set()
    assert {await client.read() for client in clients[:3]} == {(200, b"x")}


async def test_one_address_may_not_fill_the_queue(monkeypatch):
    monkeypatch.setattr(gate, "WAITING_OF_ONE", 2)
    application = Application()
    application.may_end.clear()
    guarded = Gate(application, places=1, body_limit=LIMIT)
    many = [Client(guarded, address="10.0.0.1") for _ in range(4)]
    other = Client(guarded, address="10.0.0.2")
    for client in (*many, other):
        client.send(b"x")
    assert await refusal(many[3]) == (503, "unavailable")
    application.may_end.set()
    assert {await client.read() for client in (*many[:3], other)} == {(200, b"x")}


async def test_who_goes_away_leaves_nothing_behind():
    application = Application()
    client = Client(Gate(application, places=1, body_limit=LIMIT))
    client.send(b"x", more=True)
    client.incoming.put_nowait({"type": "http.disconnect"})
    await client.task
    assert application.most == 0
