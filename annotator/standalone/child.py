"""One child process: started in its own session, its log bounded, stopped gently and then surely."""

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

LOG_LIMIT_BYTES = 8 * 2**20
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Service:
    """What to run, and how it wants to be stopped."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    stop_signal: signal.Signals = signal.SIGTERM
    grace_s: float = 8.0
    """After this long the whole process group is killed."""
    orphan_signal: signal.Signals = signal.SIGKILL
    """What the kernel sends it when the supervisor is gone without a word."""
    prepare: Callable[[], None] = field(default=lambda: None)
    """Runs before each start."""
    essential: bool = True
    """Whether nothing goes on without it: when it dies again and again, all is stopped in words."""


class Child:
    def __init__(self, service: Service, *, logs: Path, answer: Path | None = None) -> None:
        """Writes its log into `logs`; with `answer`, its standard output goes into that file instead."""
        self.service = service
        self.answer = answer
        self.log = logs / f"{service.name}.log"
        self.started_at = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def name(self) -> str:
        return self.service.name

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        self.service.prepare()
        with self.log.open("ab") as log, self.answer.open("wb") if self.answer else self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self.service.command,
                env=dict(self.service.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=log,
                start_new_session=True,
                preexec_fn=orphan_guard(self.service.orphan_signal),
            )
        self.started_at = time.time()

    def has_ended(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def ending_in_words(self) -> str:
        code = self._process.returncode if self._process else None
        if code is None:
            return "still runs"
        return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"

    def signal(self, number: signal.Signals) -> None:
        if self.is_running() and self._process:
            self._process.send_signal(number)

    @property
    def return_code(self) -> int | None:
        return self._process.returncode if self._process else None

    def kill(self) -> None:
        """The whole group, so that nothing it started is left behind."""
        if self._process:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def bound_log(self) -> None:
        """Keeps the log and one older part: the child appends, so cutting the file under it is safe."""
        with contextlib.suppress(OSError):
            if self.log.stat().st_size > LOG_LIMIT_BYTES:
                shutil.copyfile(self.log, self.log.with_suffix(".log.1"))
                os.truncate(self.log, 0)

    def log_tail(self, lines: int = 12) -> str:
        return tail(self.log, lines)


def tail(path: Path, lines: int) -> str:
    with contextlib.suppress(OSError), path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - 16_384))
        return "\n".join(stream.read().decode(errors="replace").splitlines()[-lines:])
    return ""


def orphan_guard(number: signal.Signals) -> Callable[[], None]:
    """For Popen's preexec_fn: the kernel signals the child when its parent is gone, even by SIGKILL."""
    parent = os.getpid()

    def guard() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != parent:  # it died between fork and here
            os._exit(1)

    return guard


def stop_together(children: Sequence[Child]) -> None:
    """Signals all (last started first), waits for each up to its grace, and kills what is then still there."""
    began = time.monotonic()
    for child in reversed(children):
        child.signal(child.service.stop_signal)
    for child in reversed(children):
        while child.is_running() and time.monotonic() - began < child.service.grace_s:
            time.sleep(0.02)
        child.kill()
