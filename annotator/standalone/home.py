"""The state folder ($SQUIGGLE_HOME): who may look into it, what lies where, and who holds it."""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import Any

from annotator.standalone.errors import StandaloneError

CHECKOUT = Path(__file__).resolve().parents[2]
MIN_FREE_MB = 300
OURS = ("cache", "demo", "learning", "logs", "redis", "run", "secret", "thumbnails")
SOCKET_PATH_LIMIT = 107
"""Bytes in sockaddr_un.sun_path, without the closing zero."""
LONGEST_SOCKET_NAME = ".s.PGSQL.5432.lock"


def home_path(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("SQUIGGLE_HOME") or CHECKOUT / "var").expanduser().absolute()


class Home:
    """Paths below the state folder. Opening it makes it, private to its owner."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.run = self.path / "run"
        self.logs = self.path / "logs"
        self.processes = self.run / "processes.json"
        self.environment = self.run / "environment.json"

    def make(self) -> None:
        """Raises StandaloneError when the folder cannot be made or written, or its disk is all but full."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            for folder in (self.run, self.logs):
                folder.mkdir(mode=0o700, exist_ok=True)
            self._close_to_others()
        except OSError as error:
            raise StandaloneError(
                f"The state folder {self.path} cannot be used: {error.strerror}. "
                "Name another one with SQUIGGLE_HOME, or make this one writable for you."
            ) from error
        if self.free_mb() < MIN_FREE_MB:
            raise StandaloneError(
                f"The disk under {self.path} is nearly full: {self.free_mb()} MB free, {MIN_FREE_MB} MB needed. "
                "Free some space, or name a folder on another disk with SQUIGGLE_HOME."
            )

    def _close_to_others(self) -> None:
        """What an earlier release, or a person's mkdir, left open to the machine's other accounts.

        Only what is ours: the folder may have been given with other things in it. Postgres closes its data itself.
        """
        take_from_others(self.path)
        take_from_others(self.path / "postgres")
        for name in OURS:
            take_from_others(self.path / name)
            for parent, folders, files in os.walk(self.path / name):
                for found in (*folders, *files):
                    take_from_others(Path(parent, found))

    def free_mb(self) -> int:
        return shutil.disk_usage(self.path).free // 2**20

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Holds the folder for this process alone; the kernel lets go when the process ends, however it ends."""
        with (self.run / "lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise StandaloneError(self._holder_in_words()) from error
            yield

    def _holder_in_words(self) -> str:
        running = self.read_json(self.processes)
        pid, address = running.get("supervisor", {}).get("pid", "unknown"), running.get("address", "its address")
        return (
            f"Squiggle already runs on {self.path} (process {pid}, {address}). Use that one, stop it first, "
            "or start another on its own folder and port: SQUIGGLE_HOME=… SQUIGGLE_PORT=…"
        )

    def secret(self) -> str:
        """The key that signs sessions and links: made once, readable by its owner alone."""
        path = self.path / "secret"
        with contextlib.suppress(FileNotFoundError):
            kept = path.read_text().strip()
            if kept:
                return kept
        made = secrets.token_urlsafe(48)
        write_private(path, made)
        return made

    def socket_folder(self) -> Path:
        """Where the servers' Unix sockets lie: the run folder, or a short one when its path is too long."""
        self.forget_sockets()
        if len(os.fsencode(self.run / LONGEST_SOCKET_NAME)) <= SOCKET_PATH_LIMIT:
            return self.run
        short = tempfile.mkdtemp(prefix="squiggle-", dir="/tmp")  # private; TMPDIR could be too long as well
        write_private(self.run / "sockets", short)
        return Path(short)

    def forget_sockets(self) -> None:
        """Removes the short folder of this run, or of one that was killed."""
        note = self.run / "sockets"
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(note.read_text(), ignore_errors=True)
            note.unlink()

    def write_json(self, path: Path, content: dict[str, Any]) -> None:
        write_private(path, json.dumps(content, indent=1))

    def read_json(self, path: Path) -> dict[str, Any]:
        try:
            content = json.loads(path.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return {}
        return content if isinstance(content, dict) else {}


def adopt_running_servers(environ: MutableMapping[str, str]) -> None:
    """Lets a command beside a running system use its Postgres and Redis; what the environment names goes first."""
    home = Home(home_path(environ))
    for name, value in home.read_json(home.environment).items():
        environ.setdefault(name, value)


def take_from_others(path: Path) -> None:
    """Leave only its owner's rights. What is not there, or belongs to another account, stays as it is."""
    with contextlib.suppress(FileNotFoundError, PermissionError):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & 0o700)


def write_private(path: Path, text: str) -> None:
    """Writes whole or not at all, readable by the owner alone."""
    partial = path.with_name(path.name + ".partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    partial.replace(path)
