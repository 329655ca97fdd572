"""Named errors, each with its code, its words and its HTTP status. Services raise them; the edges answer with them."""

import logging
import math
from typing import Any

from django.db import OperationalError
from redis.exceptions import RedisError
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

from annotator.core import disk

logger = logging.getLogger(__name__)


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


class TooMany(SquiggleError):
    code = "too_many"
    status = 429
    retry_after_ms = 1000


class Unavailable(SquiggleError):
    """Something behind us is away for a moment; the same call may work soon."""

    code = "unavailable"
    status = 503
    retry_after_ms = 1000


class DiskFull(Unavailable):
    """Nothing new can be stored until somebody frees some space."""

    code = "disk_full"
    retry_after_ms = 5_000


def database_away(what_waits: str) -> Unavailable:
    """Why the database did not take something: its disk is full, or it is away for a moment."""
    if words := disk.full_in_words():
        return DiskFull(words)
    return Unavailable(f"The database does not answer just now. {what_waits}")


def rest_exception_handler(error: Exception, context: dict) -> Response | None:
    """One shape for every REST error: {code, message, details?}."""
    if isinstance(error, SquiggleError):
        set_rollback()
        return Response({"code": error.code, "message": error.message}, status=error.status, headers=error.headers)
    if isinstance(error, OperationalError | RedisError):
        logger.error("a server behind the web process does not answer: %s", error)
        away = database_away("Try again in a moment; nothing was lost.")
        return Response({"code": away.code, "message": away.message}, status=away.status, headers=away.headers)
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, ValidationError):
        message = " ".join(["Some fields are not valid.", *_name_faults(response.data)])
        response.data = {"code": "invalid", "message": message, "details": response.data}
    elif isinstance(error, APIException):
        response.data = {"code": error.default_code, "message": str(error.detail)}
    else:
        response.data = {"code": NotFound.code, "message": NotFound().message}
    return response


def _name_faults(details: Any, field: str = "") -> list[str]:
    """What is wrong with each field, as a sentence."""
    if isinstance(details, dict):
        return [fault for name, found in details.items() for fault in _name_faults(found, name)]
    if isinstance(details, list):
        return [fault for found in details for fault in _name_faults(found, field)]
    return [str(details) if field in ("", "non_field_errors") else f"{field}: {details}"]
