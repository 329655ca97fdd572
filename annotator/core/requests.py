"""Requests that no view can serve, refused before any looks at them: this is where their kind of fault ends.

A NUL is in no name, number or key, and Postgres raises at it wherever it turns up: in an address, a query, a cookie. Text is
UTF-8: with another charset in its Content-Type, Django would read the query by that one, and fall over one that is no text
("hex") before any middleware sees the request.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote_plus

from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_header_parameters

from annotator.core.errors import InvalidInput, SquiggleError
from annotator.core.failures import answer

UTF_8 = {"utf-8", "utf8", "us-ascii", "ascii"}


class UnsupportedCharset(SquiggleError):
    code = "unsupported_charset"
    status = 415


class Handler(ASGIHandler):
    """Django's own, but that each request is UTF-8."""

    def create_request(self, scope: Mapping[str, Any], body_file: Any) -> tuple[Any, Any]:
        content_types = [value.decode("latin-1") for name, value in scope["headers"] if name == b"content-type"]
        if all(_is_utf8(content_type) for content_type in content_types):
            return super().create_request(scope, body_file)
        fault = UnsupportedCharset("The text of a request is UTF-8 here, and its Content-Type names another charset.")
        return None, answer(scope["path"], fault)


def _is_utf8(content_type: str) -> bool:
    try:
        return parse_header_parameters(content_type)[1].get("charset", "utf-8").lower() in UTF_8
    except ValueError:
        return False


class RefuseNul:
    """Middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query = unquote_plus(request.META.get("QUERY_STRING", ""))
        if any("\0" in text for text in (request.path, query, *request.COOKIES.values())):
            return answer(request.path, InvalidInput("This request has a NUL character in its address or in a cookie."))
        return self.get_response(request)
