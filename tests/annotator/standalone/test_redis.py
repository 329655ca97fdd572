import stat
from contextlib import contextmanager

import redis

from annotator.standalone.child import Child, stop_together
from annotator.standalone.redis import Redis
from tests.annotator.standalone.conftest import wait_for


@contextmanager
def running(home):
    server = Redis(folder=home.path / "redis folder", sockets=home.run)
    child = Child(server.service(), logs=home.logs)
    child.start()
    try:
        wait_for(lambda: server.is_ready() or child.has_ended())
        assert child.is_running(), child.log_tail()
        yield server, child
    finally:
        stop_together([child])


def test_queues_are_kept_when_it_is_stopped_and_started(home):
    with running(home) as (server, _), redis.Redis.from_url(server.url) as client:
        client.rpush("queue", "task")
    with running(home) as (server, _), redis.Redis.from_url(server.url) as client:
        assert client.lpop("queue") == b"task"


def test_it_listens_on_its_private_socket_alone(home):
    with running(home) as (server, _), redis.Redis.from_url(server.url) as client:
        assert client.config_get("port") == {"port": "0"}
        assert stat.S_IMODE(server.socket.stat().st_mode) == 0o700


def test_it_starts_again_when_it_was_killed(home):
    with running(home) as (server, child):
        child.kill()
        assert not server.is_ready()
        child.start()
        wait_for(server.is_ready)
