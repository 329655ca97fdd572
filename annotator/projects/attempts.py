"""Wrong passwords, counted: by account and address together, and by address. Each check of a password passes here first.

Counted before the password is looked at, so that guesses sent at once count like guesses sent one by one; what proves
right is taken off again. By account alone nothing is counted: else anyone could lock a named person out.
"""

import hashlib
import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Any

from django.http import HttpRequest
from redis.exceptions import RedisError

from annotator.core.errors import TooMany, Unavailable
from annotator.core.redis import get_redis

WINDOW_S = 15 * 60
"""From the first wrong password on."""
WRONG_FOR_AN_ACCOUNT = 10
"""From one address."""
WRONG_FROM_AN_ADDRESS = 100
"""For all accounts together: a whole hospital may come from one address."""


@dataclass(frozen=True)
class Attempt:
    """One check of a password or a link that has been counted as wrong."""

    account: str | None
    """Key of the counter for the account and the address; None for a link."""
    address: str
    """Key of the counter for the address alone."""

    def succeeded(self) -> None:
        """It was right: forget the wrong ones of this account before it, and this one of the address."""
        with _pipeline() as redis:
            if self.account:
                redis.delete(self.account)
            _add(redis, self.address, -1)
            redis.execute()


def count_attempt(request: HttpRequest | None, *, account: str | None) -> Attempt:
    """Call it before the check. Raises TooMany in words, with the time to wait; Unavailable while nothing can be counted.

    `account` is the name as it was typed, whether or not there is such an account; None for a sign-in link.
    """
    address = _network(request.META.get("REMOTE_ADDR", "") if request else "")
    attempt = Attempt(account and f"squiggle:wrong:{_digest(account)}:{address}", f"squiggle:wrong:{address}")
    limits = {attempt.address: (WRONG_FROM_AN_ADDRESS, "Too many failed sign-ins from your address.")}
    if attempt.account:
        limits[attempt.account] = (WRONG_FOR_AN_ACCOUNT, "Too many wrong passwords for this account from your address.")
    with _pipeline() as redis:
        for key in limits:
            _add(redis, key, 1)
        answers = redis.execute()
    counts, seconds = answers[1::3], answers[2::3]
    for (limit, words), count, wait_s in zip(limits.values(), counts, seconds, strict=True):
        if count > limit:
            _take_back(limits)
            raise TooMany(f"{words} Try again in {_in_minutes(wait_s)}.", retry_after_ms=1000 * max(wait_s, 1))
    return attempt


def _take_back(keys: Iterable[str]) -> None:
    """A try that is turned away unseen does not count."""
    with _pipeline() as redis:
        for key in keys:
            _add(redis, key, -1)
        redis.execute()


def _add(redis: Any, key: str, number: int) -> None:
    """Three answers: (whether the counter is new), its value now, its seconds to live."""
    redis.set(key, 0, ex=WINDOW_S, nx=True)
    redis.incrby(key, number)
    redis.ttl(key)


@contextmanager
def _pipeline() -> Iterator[Any]:
    """While Redis is away no password is checked: what cannot be counted could be guessed at will."""
    try:
        yield get_redis().pipeline()
    except RedisError as error:
        raise Unavailable("Nobody can be signed in just now: Redis does not answer. Try again in a moment.") from error


def _in_minutes(seconds: int) -> str:
    minutes = max(math.ceil(seconds / 60), 1)
    return "a minute" if minutes == 1 else f"{minutes} minutes"


def _digest(account: str) -> str:
    """Of the very name that is looked up: with another spelling counted in, its owner could wipe out guesses at this one."""
    return hashlib.sha256(account.encode("utf-8", "replace")).hexdigest()


def _network(address: str) -> str:
    """Whose address it is: of IPv6 everybody has a whole /64, each address of which would be a new guesser."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is None:
            return f"{IPv6Address(int(parsed) >> 64 << 64)}/64"
        parsed = parsed.ipv4_mapped
    return str(parsed)
