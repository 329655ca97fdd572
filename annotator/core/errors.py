"""Named errors, each with its code, its words and its HTTP status. Services raise them; the edges answer with them.

What nobody foresaw is put into words here too, for pages, REST and sockets alike, with an id that the log has as well.
"""

import logging
import math
from secrets import token_hex

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from redis.exceptions import RedisError

from annotator.core import disk

logger = logging.getLogger(__name__)

PROGRAM_LIMIT_EXCEEDED = "54"
"""Of Postgres's SQLSTATE: psycopg2 calls it operational, and no patience helps against it."""


class SquiggleError(Exception):
    """The base: `message` says what happened, to what, and what to do."""

    code = "error"
    status = 400
    retry_after_ms: int | None = None

    def __init__(self, message: str, *, retry_after_ms: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        if retry_after_ms is not None:
            self.retry_after_ms = retry_after_ms

    @property
    def headers(self) -> dict[str, str]:
        """Of the HTTP answer: when to come again, in whole seconds."""
        return {} if self.retry_after_ms is None else {"Retry-After": str(math.ceil(self.retry_after_ms / 1000))}


class InvalidInput(SquiggleError):
    code = "invalid"


class NotAllowed(SquiggleError):
    code = "not_allowed"
    status = 403


class NotFound(SquiggleError):
    """What is not there and what the person may not see answer alike, byte for byte: in the one sentence that stands here.

    Other words only for what somebody misses in a thing that they may see.
    """

    code = "not_found"
    status = 404

    def __init__(self, message: str = "There is no such thing, or you may not see it.") -> None:
        super().__init__(message)


class Clash(SquiggleError):
    """What was asked for does not go with what is stored by now."""

    code = "clash"
    status = 409


class TooLarge(SquiggleError):
    code = "too_large"
    status = 413


class TooMany(SquiggleError):
    code = "too_many"
    status = 429
    retry_after_ms = 1000


class Unexpected(SquiggleError):
    """A fault of ours."""

    code = "unexpected"
    status = 500


class Unavailable(SquiggleError):
    """Something behind us is away for a moment; the same call may work soon."""

    code = "unavailable"
    status = 503
    retry_after_ms = 1000


class DiskFull(Unavailable):
    """Nothing new can be stored until somebody frees some space."""

    code = "disk_full"
    retry_after_ms = 5_000


# --- what nobody foresaw ------------------------------------------------------------------------------------------


def explain(error: BaseException | None, where: str) -> SquiggleError:
    """The answer to an error that no service named; logged with its traceback, and with the id that the answer names.

    where: what was asked for, for the log. Only of a server that is away it says that trying again may help.
    """
    if isinstance(error, SquiggleError):
        return error
    if _is_away(error):
        logger.error("%s: a server behind the web process does not answer: %s", where, error)
        return _database_away()
    error_id = token_hex(4)
    logger.error("error %s: %s", error_id, where, exc_info=error)
    if isinstance(error, RequestDataTooBig):
        return TooLarge(f"This request is larger than is taken here. (Error {error_id} in the log.)")
    if isinstance(error, SuspiciousOperation | DataError) or _exceeds_limit(error):
        return InvalidInput(
            f"This request holds a number, a text or a header that cannot be taken. (Error {error_id} in the log.)"
        )
    if isinstance(error, IntegrityError):
        return Clash(
            "This does not go with what is stored: it changed, or is gone. Reload the page, then try again. "
            f"(Error {error_id} in the log.)"
        )
    return Unexpected(
        "Something went wrong here that nobody foresaw, and nothing was changed. "
        f"Tell your administrator: the log says more under {error_id}."
    )


def _database_away() -> Unavailable:
    """Its disk is full, or it is away for a moment."""
    if words := disk.full_in_words():
        return DiskFull(words)
    return Unavailable("The database does not answer just now. Try again in a moment; nothing was lost.")


def _is_away(error: BaseException | None) -> bool:
    """Whether a server is gone, full or in a tangle, so that the same may work soon."""
    return isinstance(error, OperationalError | InterfaceError | RedisError) and not _exceeds_limit(error)


def _exceeds_limit(error: BaseException | None) -> bool:
    """Whether it is a statement that Postgres will never take."""
    sqlstate = getattr(getattr(error, "__cause__", None), "pgcode", None) or ""
    return isinstance(error, OperationalError) and sqlstate.startswith(PROGRAM_LIMIT_EXCEEDED)
