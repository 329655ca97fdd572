"""Django's sessions, but that no answer takes the cookie away."""

from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse


class KeepingSessionMiddleware(SessionMiddleware):
    """A key that has ended opens nothing, so the browser may as well keep it.

    A new password gives the session another key. A request of another tab, under way with the key of before, finds itself
    signed out, and Django's answer to it would delete the cookie: the new one, by then.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response = super().process_response(request, response)
        cookie = response.cookies.get(settings.SESSION_COOKIE_NAME)
        if cookie is not None and cookie.value == "":
            del response.cookies[settings.SESSION_COOKIE_NAME]
        return response
