"""What a job of minutes to hours is given: how to say how far it is, and whether to go on."""

import fcntl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, Protocol

Stage = Literal["starting", "cutting", "training", "measuring", "sampling"]
ShouldStop = Callable[[], bool]
LOOK_AGAIN_S = 0.2


class JobError(Exception):
    """A job cannot be done; the message says why, and what to do."""


class Stopped(Exception):
    """The job was told to stop, and did; what it has stored it goes on from."""


class Tell(Protocol):
    """`row`: of the training's log; `line`: for people."""

    def __call__(
        self,
        stage: Stage,
        done: int = 0,
        total: int = 0,
        *,
        row: Mapping[str, float] | None = None,
        line: str | None = None,
    ) -> None: ...


def check(should_stop: ShouldStop) -> None:
    if should_stop():
        raise Stopped


@contextmanager
def alone_in(folder: Path, should_stop: ShouldStop) -> Iterator[None]:
    """No other process writes in the folder meanwhile: waits until one that was told to stop has stopped. The lock goes
    with its process, however that ends."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                check(should_stop)
                time.sleep(LOOK_AGAIN_S)
        yield
