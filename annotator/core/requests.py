"""Requests that no view can serve, refused before any looks at them: this is where their kind of fault ends.

A NUL is in no name, number or key, and Postgres raises at it wherever it turns up: in an address, a query, a cookie. Text is
UTF-8: with another charset in its Content-Type, Django would read the query by that one, also by one that is no text ("hex").
"""

from collections.abc import Callable
from urllib.parse import unquote_plus

from django.http import HttpRequest, HttpResponse

from annotator.core.errors import InvalidInput, SquiggleError
from annotator.core.failures import answer

UTF_8 = {"utf-8", "utf8", "us-ascii", "ascii"}


class UnsupportedCharset(SquiggleError):
    code = "unsupported_charset"
    status = 415


class RefuseUnreadable:
    """Middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        fault = find_fault(request)
        return self.get_response(request) if fault is None else answer(request, fault)


def find_fault(request: HttpRequest) -> SquiggleError | None:
    charset = (request.content_params or {}).get("charset", "utf-8")
    if charset.lower() not in UTF_8:
        return UnsupportedCharset("The text of a request is UTF-8 here, and its Content-Type names another charset.")
    query = unquote_plus(request.META.get("QUERY_STRING", ""))
    if any("\0" in text for text in (request.path, query, *request.COOKIES.values())):
        return InvalidInput("This request has a NUL character in its address or in a cookie: nothing here is called so.")
    return None
