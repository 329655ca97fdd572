"""A whole real system for end-to-end tests: `up` as a person runs it, on a free port and a state folder of its own."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from annotator.standalone.child import orphan_guard

REPOSITORY = Path(__file__).resolve().parents[1]
START_TIMEOUT_S = 240
STOP_TIMEOUT_S = 60
OURS = ("SQUIGGLE_", "DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")


class Stack:
    """One system. `stop` and `start` may alternate: state and port stay."""

    def __init__(self, *, home: Path, demo: bool = True, environment: Mapping[str, str] | None = None) -> None:
        self.home = home
        share_converted_networks(home)
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        kept = {key: value for key, value in os.environ.items() if not key.startswith(OURS)}
        self.environment = {
            **kept,
            "SQUIGGLE_HOME": str(home),
            "SQUIGGLE_PORT": str(self.port),
            "SQUIGGLE_DEMO": "1" if demo else "0",
            **(environment or {}),
        }
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._output = home.with_name(home.name + ".out")

    def launch(self) -> "subprocess.Popen[bytes]":
        """Starts the supervisor without waiting for it."""
        with self._output.open("wb") as output:
            self._supervisor = subprocess.Popen(
                [sys.executable, "-m", "annotator.standalone", "up"],
                cwd=REPOSITORY,
                env=self.environment,
                stdout=output,
                stderr=output,
                preexec_fn=orphan_guard(signal.SIGTERM),
            )
        return self._supervisor

    def start(self) -> None:
        """Returns when it says that it is ready, which is when /healthz answers 200."""
        supervisor = self.launch()
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._is_ready(supervisor.pid):
            if supervisor.poll() is not None:
                raise AssertionError(f"the system ended while starting:\n{self.output()}")
            assert time.monotonic() < deadline, f"the system did not start in time:\n{self.output()}"
            time.sleep(0.05)

    def _is_ready(self, supervisor_pid: int) -> bool:
        facts = self.facts()  # a killed predecessor may have left its own
        return bool(facts.get("ready")) and facts["supervisor"]["pid"] == supervisor_pid

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Sends the signal to the supervisor and returns its exit code."""
        if self._supervisor is None:
            return 0
        if self._supervisor.poll() is None:
            self._supervisor.send_signal(number)
        return self._supervisor.wait(timeout=STOP_TIMEOUT_S)

    def facts(self) -> dict[str, Any]:
        """What the supervisor tells: address, ready, sign_in (the demo's one-time link), supervisor, processes."""
        try:
            return json.loads((self.home / "run" / "processes.json").read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return {}

    @property
    def sign_in_url(self) -> str:
        return self.facts()["sign_in"]

    def pids(self) -> dict[str, int]:
        """Process ids by name: postgres, redis, model-worker, web, replies-worker, beat, training-worker."""
        return {name: process["pid"] for name, process in self.facts().get("processes", {}).items()}

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Signals one of the processes; returns its process id."""
        pid = self.pids()[name]
        os.kill(pid, number)
        return pid

    def wait_healthy(self, *, timeout_s: float = 60) -> None:
        self.wait_until(self.is_healthy, what="the system to be healthy", timeout_s=timeout_s)

    def wait_replaced(self, name: str, old_pid: int, *, timeout_s: float = 60) -> None:
        """Until the supervisor has started the named process anew."""
        self.wait_until(lambda: self.pids().get(name, old_pid) != old_pid, what=f"a new {name}", timeout_s=timeout_s)

    def wait_until(self, condition: Callable[[], bool], *, what: str, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline, f"waited {timeout_s} s for {what} in vain:\n{self.output()}"
            time.sleep(0.05)

    def is_healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.base_url}/healthz", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def manage(self, *words: str) -> str:
        """Runs `manage.py` beside the running system, as a person would; returns what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words], cwd=REPOSITORY, env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def output(self) -> str:
        """What the supervisor has shown on its screen."""
        return self._output.read_text(errors="replace") if self._output.exists() else ""


@contextmanager
def running_stack(*, demo: bool = True, environment: Mapping[str, str] | None = None) -> Iterator[Stack]:
    """A started, healthy system; stopped and removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="squiggle-stack-", dir="/tmp"))
    stack = Stack(home=folder / "home", demo=demo, environment=environment)
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()
        shutil.rmtree(folder, ignore_errors=True)


def share_converted_networks(home: Path) -> None:
    """The systems of one test run convert each network once: by far the longest part of a first start."""
    own = os.environ.get("SQUIGGLE_HOME")
    cache = home / "cache"
    if own is None or cache.exists():  # a benchmark, whose systems start as on a fresh machine
        return
    (Path(own) / "cache").mkdir(exist_ok=True)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    cache.symlink_to(Path(own) / "cache")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
