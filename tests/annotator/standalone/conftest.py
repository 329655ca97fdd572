"""Small real processes and private folders for the tests of the launcher."""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from annotator.standalone.home import Home


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short enough for Unix sockets, which pytest's own temporary folders are not."""
    made = Path(tempfile.mkdtemp(prefix="sq-", dir="/tmp"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def home(folder: Path) -> Home:
    opened = Home(folder / "home")
    opened.make()
    return opened


def wait_for(condition: Callable[[], bool], *, timeout_s: float = 20) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    """A zombie has ended; only its parent has not asked yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def processes_mentioning(text: str) -> list[int]:
    """Of all processes of the machine, those whose command line or DATABASE_URL, SQUIGGLE_HOME … holds the text."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid() and is_alive(int(entry.name)):
            try:
                seen = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            except OSError:
                continue
            if os.fsencode(text) in seen:
                found.append(int(entry.name))
    return found
