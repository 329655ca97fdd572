"""Headers that guard a browser, on every answer: of Django's by the middleware here, of whatever answers without it by
raw_headers().

Django sends the rest of them itself (SecurityMiddleware): nosniff, Referrer-Policy, Cross-Origin-Opener-Policy.
"""

from collections.abc import Callable
from functools import lru_cache

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware

POLICY = "Content-Security-Policy"
NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""For what is no page: JSON, tiles, scripts and styles. Opened by itself it loads nothing and runs nothing."""
ADMIN = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
COMMON = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
HTTPS_ONLY = ("Strict-Transport-Security", "max-age=31536000")
"""Where SQUIGGLE_HTTPS says that people come over HTTPS. Without its subdomains: these are not ours."""


@sync_and_async_middleware
def guard(get_response: Callable) -> Callable:
    """Middleware, the outermost: what a view has set stays."""

    def complete(request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response.headers.setdefault(POLICY, ADMIN if request.path_info.startswith("/admin/") else NOTHING)
        for name, value in guarding_headers().items():
            response.headers.setdefault(name, value)
        return response

    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponse:
            return complete(request, await get_response(request))

        return answer_async

    def answer(request: HttpRequest) -> HttpResponse:
        return complete(request, get_response(request))

    return answer


def guarding_headers() -> dict[str, str]:
    return COMMON | dict([HTTPS_ONLY] if settings.HTTPS else [])


def raw_headers() -> list[tuple[bytes, bytes]]:
    """For what is answered without Django and is no page, as ASGI takes them."""
    return list(_raw_headers(settings.HTTPS))


@lru_cache(maxsize=2)
def _raw_headers(https: bool) -> list[tuple[bytes, bytes]]:
    sent = {POLICY: NOTHING, "X-Content-Type-Options": "nosniff", **guarding_headers()}
    return [(name.lower().encode(), value.encode()) for name, value in sent.items()]
