"""What a page or an unknown address answers when something is wrong: Django's handler400 … handler500, at one place.

REST views answer for themselves (rest.py); here is what never reached one. Under /api/ the answer is the same JSON.
"""

import sys
from html import escape

from django.http import HttpRequest, HttpResponse, JsonResponse

from annotator.core.errors import InvalidInput, NotAllowed, NotFound, SquiggleError, explain
from annotator.core.headers import ADMIN, NOTHING, POLICY

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Squiggle</title>
<link rel="stylesheet" href="/static/core/failure.css">
<p>{message}</p><p><a href="/">Squiggle</a></p>
"""


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request.path, InvalidInput("This request cannot be read: a part of it is not as HTTP has it."))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request.path, NotAllowed("This is not for you, or you are not signed in."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request.path, NotFound("There is no such address."))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW."""
    return answer(
        request.path, NotAllowed(f"This was not sent by one of Squiggle's own pages: reload the page. ({reason})")
    )


def server_error(request: HttpRequest) -> HttpResponse:
    return answer(request.path, explain(sys.exc_info()[1], f"{request.method} {request.path}"))


def answer(path: str, error: SquiggleError) -> HttpResponse:
    """The error as JSON for programs, as a small page for people."""
    if path.startswith("/api/"):
        return JsonResponse({"code": error.code, "message": error.message}, status=error.status)
    response = HttpResponse(PAGE.format(message=escape(error.message)), status=error.status)
    response[POLICY] = ADMIN if path.startswith("/admin/") else f"{NOTHING}; style-src 'self'"
    return response
