"""Whether a request names this server: for what passes by Django's own check of the Host header, tiles and sockets."""

from collections.abc import Iterable
from functools import lru_cache

from django.conf import settings
from django.http.request import split_domain_port, validate_host


def is_our_host(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether the Host header bears one of ALLOWED_HOSTS; a page of another name that leads here is not ours."""
    host = next((value for name, value in headers if name == b"host"), b"")
    return _is_allowed(host, tuple(settings.ALLOWED_HOSTS))


@lru_cache(maxsize=256)
def _is_allowed(host: bytes, allowed: tuple[str, ...]) -> bool:
    domain, _ = split_domain_port(host.decode("latin-1"))
    return bool(domain) and validate_host(domain, allowed)
