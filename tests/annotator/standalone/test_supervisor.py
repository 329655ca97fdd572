import errno
import os
import signal
import time

import pytest

from annotator.standalone import supervisor as module
from annotator.standalone.child import Service
from annotator.standalone.errors import StandaloneError
from annotator.standalone.heartbeat import HeartbeatWatch
from annotator.standalone.supervisor import StopRequested, Supervisor
from tests.annotator.standalone.conftest import is_alive
from tests.conftest import REDIS


def shell(script, name="shell", **fields):
    return Service(name=name, command=["sh", "-c", script], environment=os.environ, grace_s=2, **fields)


@pytest.fixture
def said():
    return []


@pytest.fixture
def supervisor(home, said):
    made = Supervisor(home, announce=said.append)
    yield made
    made.stop_all(last=())


def watch(supervisor, *, until):
    """Runs the loop until the condition holds."""
    supervisor.listen_for_signals()
    sleep = supervisor._sleep

    def sleep_or_stop(seconds):
        if until():
            os.kill(os.getpid(), signal.SIGTERM)
        sleep(seconds)

    supervisor._sleep = sleep_or_stop
    with pytest.raises(StopRequested):
        supervisor.watch(HeartbeatWatch(REDIS.url), watched="model-worker")


@pytest.fixture(autouse=True)
def own_signal_handlers():
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    kept = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, kept, strict=True):
        signal.signal(number, handler)


def test_a_child_that_dies_is_started_again_and_told(supervisor, said):
    child = supervisor.start(shell("sleep 1000"))
    first = child.pid
    os.kill(first, signal.SIGKILL)
    watch(supervisor, until=lambda: child.pid != first and child.is_running())
    assert said == ["shell was killed by SIGKILL; starting it again"]
    assert supervisor.home.read_json(supervisor.home.processes)["processes"]["shell"]["pid"] == child.pid


def test_all_stops_in_words_when_a_child_dies_again_and_again(supervisor, said, monkeypatch):
    monkeypatch.setattr(module, "MAX_DEATHS", 3)
    supervisor.start(shell("sleep 1000", name="other"))
    supervisor.start(shell("echo no luck; exit 9"))
    with pytest.raises(StandaloneError, match=r"(?s)shell died 4 times.*exit code 9.*no luck"):
        supervisor.watch(HeartbeatWatch(REDIS.url), watched="model-worker")
    assert len(said) == 3


def test_what_is_not_essential_may_die_for_ever(supervisor, said, monkeypatch):
    monkeypatch.setattr(module, "MAX_DEATHS", 1)
    monkeypatch.setattr(module, "DEATHS_WINDOW_S", 0.5)
    supervisor.start(shell("exit 1", name="training-worker", essential=False))
    watch(supervisor, until=lambda: len(said) > 3)
    assert set(said) == {"training-worker ended with exit code 1; starting it again"}


def test_a_hanging_model_worker_is_killed_and_started_again(supervisor, said):
    class Watch:
        def complaint(self, pid):
            return "has been busy for 21 s" if pid == first else None

    child = supervisor.start(shell("sleep 1000", name="model-worker"))
    first = child.pid
    supervisor.listen_for_signals()
    supervisor._announce = lambda text: (said.append(text), len(said) == 2 and os.kill(os.getpid(), signal.SIGTERM))
    with pytest.raises(StopRequested):
        supervisor.watch(Watch(), watched="model-worker")
    assert said == ["model-worker has been busy for 21 s; killing it",
                    "model-worker was killed by SIGKILL; starting it again"]  # fmt: skip


def test_a_task_returns_what_it_printed_and_shows_its_progress(supervisor):
    seen = []
    answer = supervisor.run(
        shell("echo 3 of 9 >&2; sleep 0.3; echo /demo/abc", "task"), progress=seen.append, timeout_s=9
    )
    assert answer == "/demo/abc\n"
    assert "3 of 9" in seen


def test_a_task_that_fails_is_said_with_its_last_lines(supervisor):
    with pytest.raises(StandaloneError, match=r"(?s)migrate ended with exit code 4.*no such table"):
        supervisor.run(shell("echo no such table >&2; exit 4", "migrate"), progress=print, timeout_s=9)


def test_waiting_ends_when_a_child_dies(supervisor):
    supervisor.start(shell("echo port taken; exit 1", "web"))
    with pytest.raises(StandaloneError, match=r"(?s)web ended with exit code 1.*port taken"):
        supervisor.wait_until(lambda: False, what="health", timeout_s=30)


def test_waiting_goes_on_without_what_is_not_essential(supervisor):
    child = supervisor.start(shell("exit 1", "training-worker", essential=False))
    supervisor.wait_until(child.has_ended, what="its end", timeout_s=30)
    supervisor.wait_until(lambda: True, what="health", timeout_s=30)


def test_waiting_ends_when_the_time_is_over(supervisor):
    with pytest.raises(StandaloneError, match="in vain"):
        supervisor.wait_until(lambda: False, what="health", timeout_s=0.1)


def test_a_full_disk_is_named_as_the_cause(supervisor, monkeypatch):
    monkeypatch.setattr(module, "FULL_DISK_MB", 10**9)
    child = supervisor.start(shell("exit 1"))
    while not child.has_ended():
        time.sleep(0.01)
    assert "is full" in supervisor.failure_in_words(child)


def test_a_disk_that_fills_up_is_announced_once_and_when_there_is_room_again(supervisor, said, monkeypatch):
    monkeypatch.setattr(module, "HEARTBEAT_CHECK_S", 0)
    left = iter([500, 12, 12, 12, 500])
    monkeypatch.setattr(supervisor.home, "free_mb", lambda: next(left, 500))
    watch(supervisor, until=lambda: next(left, None) is None)
    assert ["is full (12 MB free)" in said[0], "has room again (500 MB free)" in said[1], len(said)] == [True, True, 2]


def test_a_child_that_cannot_be_started_just_now_is_tried_again(supervisor, said, monkeypatch):
    monkeypatch.setattr(module, "PAUSE_AFTER_REFUSAL_S", 0.0)
    child = supervisor.start(shell("sleep 1000"))
    first, tell = child.pid, supervisor.tell
    refusals = iter([OSError(errno.ENOSPC, "No space left on device")] * 2)

    def tell_or_fail():
        if error := next(refusals, None):
            child.kill()
            raise error
        tell()

    monkeypatch.setattr(supervisor, "tell", tell_or_fail)
    os.kill(first, signal.SIGKILL)
    watch(supervisor, until=lambda: next(refusals, None) is None and child.is_running())
    assert any("cannot be started: No space left on device" in words for words in said)


def test_servers_stop_after_all_others(supervisor, home):
    order = home.run / "order"
    for name in ("postgres", "web"):
        supervisor.start(
            shell(f"trap 'echo {name} >> {order}; exit' TERM; echo up; while :; do sleep 0.01; done", name)
        )
    children = list(supervisor._children)
    while not all(child.log_tail() for child in children):
        time.sleep(0.01)
    supervisor.stop_all(last=("postgres",))
    assert order.read_text().split() == ["web", "postgres"]
    assert not any(is_alive(child.pid) for child in children)
