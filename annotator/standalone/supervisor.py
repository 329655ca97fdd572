"""Keeps the children running: starts them, restarts those that die, kills a model worker that hangs, stops them all."""

import signal
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

from annotator.standalone.child import Child, Service, stop_together
from annotator.standalone.errors import StandaloneError
from annotator.standalone.heartbeat import HeartbeatWatch
from annotator.standalone.home import Home

MAX_DEATHS = 12
PAUSE_AFTER_REFUSAL_S = 3.0
DEATHS_WINDOW_S = 60.0
TICK_S = 0.2
HEARTBEAT_CHECK_S = 1.0
FULL_DISK_MB = 64
"""As annotator/core/disk.py counts."""


class StopRequested(Exception):
    """Ctrl-C, SIGTERM or a closed terminal: the way out that is no error."""


class Supervisor:
    """One thread, one loop: the kernel ties the children's lives to the thread that started them."""

    def __init__(self, home: Home, *, announce: Callable[[str], None]) -> None:
        self.home = home
        self.facts: dict[str, Any] = {}
        """What else processes.json tells: the address, and that all is ready."""
        self._announce = announce
        self._children: list[Child] = []
        self._due: dict[str, float] = {}
        self._deaths: defaultdict[str, deque[float]] = defaultdict(deque)
        self._stop = threading.Event()

    def listen_for_signals(self) -> None:
        def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
            self._stop.set()

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, ask_to_stop)

    def start(self, service: Service) -> Child:
        child = Child(service, logs=self.home.logs)
        child.start()
        self._children.append(child)
        self.tell()
        return child

    def run(self, service: Service, *, progress: Callable[[str], None], timeout_s: float) -> str:
        """Runs to its end something that must succeed, and returns what it printed on standard output.

        `progress` is told the last line of its log from time to time. Raises StandaloneError with its last lines.
        """
        answer = self.home.run / f"{service.name}.answer"
        task = Child(service, logs=self.home.logs, answer=answer)
        task.log.unlink(missing_ok=True)
        task.start()

        def has_ended() -> bool:
            progress(task.log_tail(1))
            return task.has_ended()

        try:
            self.wait_until(has_ended, what=service.name, timeout_s=timeout_s)
            if task.return_code != 0:
                raise StandaloneError(self.failure_in_words(task))
            return answer.read_text()
        finally:
            task.kill()
            answer.unlink()

    def wait_until(self, condition: Callable[[], bool], *, what: str, timeout_s: float, every_s: float = 0.05) -> None:
        """Raises StopRequested, or StandaloneError when a child dies or the time is over."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            self._sleep(every_s)
            for child in self._children:
                if child.has_ended() and child.service.essential:
                    raise StandaloneError(self.failure_in_words(child))
            if time.monotonic() > deadline:
                raise StandaloneError(f"Waited {timeout_s:.0f} s for {what} in vain. The logs are in {self.home.logs}.")

    def watch(self, heartbeats: HeartbeatWatch, *, watched: str) -> None:
        """Runs until StopRequested, or StandaloneError when an essential child dies again and again."""
        next_check = 0.0
        disk_was_full = False
        while True:
            self._sleep(TICK_S)
            for child in self._children:
                self._mend(child)
                child.bound_log()
            if time.monotonic() >= next_check:
                next_check = time.monotonic() + HEARTBEAT_CHECK_S
                self._kill_if_hanging(heartbeats, watched)
                disk_was_full = self._announce_full_disk(disk_was_full)

    def _announce_full_disk(self, was_full: bool) -> bool:
        """When it fills up, and when there is room again."""
        free_mb = self.home.free_mb()
        is_full = free_mb < FULL_DISK_MB
        if is_full and not was_full:
            self._announce(
                f"the disk under {self.home.path} is full ({free_mb} MB free): nothing new is stored until there is room"
            )
        if was_full and not is_full:
            self._announce(f"the disk under {self.home.path} has room again ({free_mb} MB free)")
        return is_full

    def stop_all(self, *, last: Iterable[str]) -> None:
        """First everything else, then those named in `last` (the servers that the others use)."""
        servers = [child for child in self._children if child.name in set(last)]
        stop_together([child for child in self._children if child not in servers])
        stop_together(servers)
        self._children.clear()
        self.home.processes.unlink(missing_ok=True)

    def tell(self) -> None:
        """Writes who runs as which process, for tests and for people."""
        processes = {child.name: {"pid": child.pid, "started_at": child.started_at} for child in self._children}
        self.home.write_json(self.home.processes, {**self.facts, "processes": processes})

    def failure_in_words(self, child: Child) -> str:
        lines = [f"{child.name} {child.ending_in_words()}."]
        if self.home.free_mb() < FULL_DISK_MB:
            lines.append(f"The disk under {self.home.path} is full ({self.home.free_mb()} MB free): free some space.")
        lines.append(f"Its last words (all of them: {child.log}):\n{child.log_tail() or '(none)'}")
        return "\n".join(lines)

    def _sleep(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise StopRequested

    def _mend(self, child: Child) -> None:
        """A child that died is started again after a pause that grows with its deaths."""
        if not child.has_ended():
            return
        now = time.monotonic()
        if child.name not in self._due:
            child.kill()  # what it had started, if anything is left
            self._due[child.name] = now + self._pause_after_death(child, now)
        if now >= self._due[child.name]:
            del self._due[child.name]
            try:
                child.start()
                self.tell()
            except OSError as error:  # a full disk, or no more processes: the others go on, and this one is tried again
                self._announce(f"{child.name} cannot be started: {error.strerror}")
                self._due[child.name] = now + PAUSE_AFTER_REFUSAL_S

    def _pause_after_death(self, child: Child, now: float) -> float:
        deaths = self._deaths[child.name]
        deaths.append(now)
        while deaths[0] < now - DEATHS_WINDOW_S:
            deaths.popleft()
        if len(deaths) > MAX_DEATHS and child.service.essential:
            raise StandaloneError(
                f"{child.name} died {len(deaths)} times within {DEATHS_WINDOW_S:.0f} s; giving up.\n"
                + self.failure_in_words(child)
            )
        self._announce(f"{child.name} {child.ending_in_words()}; starting it again")
        if not child.service.essential:  # it may die for ever, and must not take the processor with it
            return min(2.0 ** len(deaths), DEATHS_WINDOW_S)
        return min(0.25 * (len(deaths) - 1), 3.0)

    def _kill_if_hanging(self, heartbeats: HeartbeatWatch, watched: str) -> None:
        for child in self._children:
            if child.name == watched and child.is_running() and child.pid:
                complaint = heartbeats.complaint(child.pid)
                if complaint:
                    self._announce(f"{child.name} {complaint}; killing it")
                    child.kill()
