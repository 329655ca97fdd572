import os
import signal
import subprocess
import sys
import time

from annotator.standalone.child import LOG_LIMIT_BYTES, Child, Service, stop_together
from tests.annotator.standalone.conftest import is_alive, wait_for


def shell(script, **kwargs):
    return Service(name="shell", command=["sh", "-c", script], environment=os.environ, **kwargs)


def test_child_ends_in_words(home):
    child = Child(shell("echo at last; exit 3"), logs=home.logs)
    child.start()
    wait_for(child.has_ended)
    assert child.ending_in_words() == "ended with exit code 3"
    assert child.log_tail() == "at last"


def test_child_is_killed_with_what_it_started_when_it_will_not_stop(home):
    child = Child(shell("trap '' TERM; sleep 1000 & echo $!; wait; sleep 1000", grace_s=0.3), logs=home.logs)
    child.start()
    wait_for(lambda: child.log_tail() != "")
    grandchild = int(child.log_tail())
    stop_together([child])
    assert child.ending_in_words() == "was killed by SIGKILL"
    wait_for(lambda: not is_alive(grandchild))


def test_children_stop_side_by_side(home):
    children = [
        Child(shell("trap 'sleep 0.5; exit' TERM; while :; do sleep 0.01; done"), logs=home.logs) for _ in "abc"
    ]
    for child in children:
        child.start()
    time.sleep(0.2)  # each shell sets its trap
    began = time.monotonic()
    stop_together(children)
    assert time.monotonic() - began < 1.4
    assert [child.return_code for child in children] == [0, 0, 0]


def test_child_ends_when_its_parent_is_killed(home):
    script = f"""
import os, pathlib, time
from annotator.standalone.child import Child, Service
child = Child(Service(name="c", command=["sleep", "1000"], environment=os.environ), logs=pathlib.Path({str(home.logs)!r}))
child.start(); print(child.pid, flush=True); time.sleep(1000)"""
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    pid = int(parent.stdout.readline())
    assert is_alive(pid)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    wait_for(lambda: not is_alive(pid))


def test_log_is_bounded_when_a_child_writes_on_and_on(home):
    child = Child(shell("sleep 1000"), logs=home.logs)
    child.log.write_bytes(b"x" * (LOG_LIMIT_BYTES + 1))
    child.start()
    try:
        child.bound_log()
        assert child.log.stat().st_size == 0
        assert child.log.with_suffix(".log.1").stat().st_size == LOG_LIMIT_BYTES + 1
    finally:
        child.kill()
