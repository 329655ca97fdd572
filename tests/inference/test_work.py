"""A job under its lease: it ends in one reply, in words where it fails, and stops where it may not go on."""

import threading
import time
import uuid
from typing import Any

import pytest
import redis

from inference.data.snapshot import SnapshotError
from inference.jobs import ShouldStop, Stopped, Tell, alone_in, check
from inference.lease import ASK_EVERY_S, Lease, Reporter
from inference.protocol import (
    LEASE_KEY_PREFIX,
    AnyReply,
    JobFailed,
    JobProgress,
    JobStopped,
    Sampled,
    SampleRequest,
)
from inference.work import carry_out

JOB = uuid.uuid4()


class Keys:
    """The one command of Redis that a lease asks with."""

    def __init__(self, attempt: int | None) -> None:
        self.kept = {} if attempt is None else {LEASE_KEY_PREFIX + str(JOB): str(attempt).encode()}
        self.away = False

    def get(self, key: str) -> bytes | None:
        if self.away:
            raise redis.ConnectionError
        return self.kept.get(key)


def message(attempt: int = 1) -> dict[str, Any]:
    slide = {"path": "a.tif", "mpp": 0.25, "width": 10, "height": 10}
    return {
        "kind": "sample", "job_id": str(JOB), "attempt": attempt, "strategy": "random", "method": "disk",
        "checkpoint": "disk", "slides": [{"slide_id": 1, "slide": slide}], "wanted": 1, "region_um": 100,
    }  # fmt: skip


def do_nothing(request: SampleRequest, tell: Tell, should_stop: ShouldStop) -> AnyReply:
    tell("sampling", 1, 2, line="Half way.")
    return Sampled(job_id=request.job_id, attempt=request.attempt, regions=())


def run(do: Any, client: Any, content: dict[str, Any] | None = None, stopping: threading.Event | None = None) -> list:
    sent: list[AnyReply] = []

    def send(reply: AnyReply) -> bool:
        sent.append(reply)
        return True

    carry_out(
        message() if content is None else content, SampleRequest, do, client=client, send=send,
        stopping=stopping or threading.Event(),
    )  # fmt: skip
    return sent


def test_carry_out_when_done_ends_with_the_reply_and_tells_everything_before() -> None:
    sent = run(do_nothing, Keys(1))
    assert sent[0].kind == "job.progress"
    assert [line for reply in sent[:-1] for line in reply.lines] == ["Half way."]
    assert sent[-1] == Sampled(job_id=JOB, attempt=1, regions=())


@pytest.mark.parametrize("holder", [None, 2])
def test_carry_out_when_the_lease_is_anothers_does_not_begin(holder: int | None) -> None:
    assert run(lambda *_: pytest.fail("begun"), Keys(holder)) == [JobStopped(job_id=JOB, attempt=1)]


def test_carry_out_when_the_lease_goes_stops_within_a_step() -> None:
    client, steps = Keys(1), []

    def work(request: SampleRequest, tell: Tell, should_stop: ShouldStop) -> AnyReply:
        while True:
            check(should_stop)
            steps.append(time.monotonic())
            client.kept.clear()
            time.sleep(0.01)

    sent = run(work, client)
    assert sent[-1] == JobStopped(job_id=JOB, attempt=1)
    assert steps[-1] - steps[0] < ASK_EVERY_S + 0.2


def test_carry_out_when_the_worker_ends_stops_without_a_failure() -> None:
    stopping = threading.Event()

    def work(request: SampleRequest, tell: Tell, should_stop: ShouldStop) -> AnyReply:
        stopping.set()
        check(should_stop)
        raise AssertionError

    assert run(work, Keys(1), stopping=stopping)[-1] == JobStopped(job_id=JOB, attempt=1)


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (SnapshotError("The slide is gone."), "SnapshotError", "The slide is gone."),
        (OSError(28, "No space left on device"), "disk", "disk full"),
        (MemoryError(), "memory", "too small"),
        (ZeroDivisionError(), "internal", "log says more"),
    ],
)
def test_carry_out_when_it_fails_says_so_in_words(error: Exception, code: str, words: str) -> None:
    def work(*_: Any) -> AnyReply:
        raise error

    failed = run(work, Keys(1))[-1]
    assert isinstance(failed, JobFailed)
    assert failed.code == code
    assert words in failed.message


def test_carry_out_when_the_message_is_no_request_refuses_it() -> None:
    (failed,) = run(do_nothing, Keys(1), {**message(), "wanted": 0})
    assert isinstance(failed, JobFailed)
    assert "wanted" in failed.message
    assert run(do_nothing, Keys(1), {"no": "request"}) == []


def test_lease_when_redis_is_away_holds() -> None:
    client = Keys(1)
    client.away = True
    lease = Lease(client, JOB, 1)  # type: ignore[arg-type]
    assert not lease.is_lost()
    client.away, client.kept = False, {}
    lease.asked_at = 0
    assert lease.is_lost()


def test_reporter_when_a_report_is_not_sent_says_it_again() -> None:
    sent: list[AnyReply] = []

    def send(reply: AnyReply) -> bool:
        sent.append(reply)
        return len(sent) > 1

    reporter = Reporter(send, JOB, 1)
    reporter.tell("training", 1, 2, row={"step": 1})
    reporter.report()
    reporter.report()
    reporter.report()
    assert all(isinstance(reply, JobProgress) for reply in sent)
    assert [len(reply.curve) for reply in sent] == [1, 1, 0]  # type: ignore[union-attr]


def test_alone_in_when_another_works_there_waits_until_it_has_stopped(tmp_path: Any) -> None:
    with alone_in(tmp_path, lambda: False):
        asked: list[int] = []
        with pytest.raises(Stopped), alone_in(tmp_path, lambda: asked.append(1) or len(asked) > 1):  # type: ignore[func-returns-value]
            pytest.fail("not alone")
    with alone_in(tmp_path, lambda: True):
        pass
