from uuid import uuid4

import pytest
import redis

from annotator.core.redis import get_redis
from annotator.standalone.heartbeat import HeartbeatWatch
from inference.protocol import MODEL_WORKERS_KEY
from tests import heartbeats
from tests.annotator.standalone.conftest import wait_for
from tests.annotator.standalone.test_redis import running
from tests.conftest import REDIS

NOW = 1_000_000.0


@pytest.fixture
def watch():
    get_redis().flushdb()
    return HeartbeatWatch(REDIS.url)


def beat(pid=7, busy_since=None):
    request_id = uuid4() if busy_since else None
    heartbeats.beat(get_redis(), MODEL_WORKERS_KEY, pid=pid, request_id=request_id, busy_since=busy_since)


def test_no_complaint_while_a_worker_is_idle_or_busy_for_a_moment(watch):
    beat()
    assert watch.complaint(7, now=NOW) is None
    beat(busy_since=NOW - 19)
    assert watch.complaint(7, now=NOW) is None


def test_complaint_when_one_request_takes_too_long(watch):
    beat(busy_since=NOW - 21)
    assert "busy with request" in watch.complaint(7, now=NOW)


def test_no_complaint_about_another_process(watch):
    beat(pid=8, busy_since=NOW - 21)
    assert watch.complaint(7, now=NOW) is None


def test_complaint_when_a_worker_that_was_heard_falls_silent(watch):
    assert watch.complaint(7, now=NOW) is None  # still starting
    assert watch.complaint(7, now=NOW + 100) is None
    beat()
    assert watch.complaint(7, now=NOW + 101) is None
    get_redis().flushdb()
    assert watch.complaint(7, now=NOW + 110) is None
    assert "no sign of life" in watch.complaint(7, now=NOW + 122)


def test_no_complaint_when_redis_was_away(home):
    with running(home) as (server, child):
        watch = HeartbeatWatch(server.url)
        with redis.Redis.from_url(server.url) as client:
            heartbeats.beat(client, MODEL_WORKERS_KEY, pid=7)
        assert watch.complaint(7, now=NOW) is None
        child.kill()
        assert watch.complaint(7, now=NOW + 50) is None
        child.start()
        wait_for(server.is_ready)
        assert watch.complaint(7, now=NOW + 100) is None
