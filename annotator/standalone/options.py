"""What the environment asks of `up`: address, state folder, own servers, demo. Checked before anything is started."""

import ipaddress
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from annotator.standalone.errors import StandaloneError
from annotator.standalone.home import home_path

MAX_THREADS = 4
"""More than this makes one click no faster, and starves the other processes."""


@dataclass(frozen=True)
class Options:
    home: Path
    host: str
    port: int
    database_url: str | None
    redis_url: str | None
    secret_key: str | None
    demo: bool
    threads: int
    trusted_proxies: tuple[str, ...] = ()
    """Addresses and networks whose X-Forwarded-… headers are believed; nobody's by default."""

    @property
    def address(self) -> str:
        """Where a browser on this machine finds it, whatever it is bound to."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 (compared, not bound)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


def read_options(environ: Mapping[str, str]) -> Options:
    """Raises StandaloneError in words for a value that cannot be used."""
    options = Options(
        home=home_path(environ),
        host=environ.get("SQUIGGLE_HOST") or "127.0.0.1",
        port=_whole_number(environ, "SQUIGGLE_PORT", default=8000, lowest=1, highest=65535),
        database_url=environ.get("DATABASE_URL") or None,
        redis_url=environ.get("REDIS_URL") or None,
        secret_key=environ.get("SQUIGGLE_SECRET_KEY") or None,
        demo=environ.get("SQUIGGLE_DEMO", "1") not in ("", "0", "no", "false"),
        threads=_whole_number(
            environ, "SQUIGGLE_THREADS", default=min(len(os.sched_getaffinity(0)), MAX_THREADS), lowest=1, highest=256
        ),
        trusted_proxies=_proxies(environ),
    )
    if options.demo and not _is_loopback(options.host):
        raise StandaloneError(
            f"SQUIGGLE_HOST={options.host} can be reached from other machines, and the demo account signs in by a link "
            "without a password. Start with SQUIGGLE_DEMO=0, and make an account with: "
            ".venv/bin/python manage.py createsuperuser"
        )
    return options


def check_port_is_free(options: Options) -> None:
    """Raises StandaloneError when the address cannot be bound."""
    try:
        family, _, _, _, address = socket.getaddrinfo(
            options.host, options.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise StandaloneError(
            f"Cannot listen on {options.host} port {options.port}: {error.strerror}. "
            "Stop what uses it, or choose another address: SQUIGGLE_PORT=8001 make up (or SQUIGGLE_HOST)."
        ) from error


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _proxies(environ: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(_proxy(given) for given in environ.get("SQUIGGLE_TRUSTED_PROXIES", "").split())


def _proxy(given: str) -> str:
    try:
        network = ipaddress.ip_network(given)
    except ValueError as error:
        raise StandaloneError(
            f"SQUIGGLE_TRUSTED_PROXIES names {given}, which is no address and no network ({error}). "
            "Give them separated by spaces: SQUIGGLE_TRUSTED_PROXIES='127.0.0.1 10.1.2.0/24'"
        ) from None
    if network.prefixlen == 0:
        raise StandaloneError(
            f"SQUIGGLE_TRUSTED_PROXIES names {given}, which is everybody: then anyone could give any address as their own. "
            "Name the addresses of your proxies alone."
        )
    return given


def _whole_number(environ: Mapping[str, str], name: str, *, default: int, lowest: int, highest: int) -> int:
    given = environ.get(name)
    if not given:
        return default
    if not given.isascii() or not given.isdigit() or not lowest <= int(given) <= highest:
        raise StandaloneError(f"{name}={given} is not a whole number from {lowest} to {highest}.")
    return int(given)
