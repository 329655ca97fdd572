"""What answers without Django guards the browser as Django does."""

import pytest
from asgiref.testing import ApplicationCommunicator

from annotator.config import asgi
from annotator.config.asgi import application
from annotator.core.headers import raw_headers


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [("/livez", [], 200), ("/api/session", [(b"content-length", b"300000000")], 413), ("/tiles/none", [], 400)],
)
async def test_what_answers_without_django_guards_the_browser(path, headers, status):
    scope = {"type": "http", "method": "GET", "path": path, "headers": headers, "query_string": b""}
    asked = ApplicationCommunicator(application, scope)
    answer = await asked.receive_output(timeout=5)
    assert answer["status"] == status
    assert set(raw_headers()) <= set(answer["headers"])


@pytest.mark.parametrize(
    ("method", "path", "place"),
    [
        ("POST", "/api/session", "sign_in"),
        ("POST", "/admin/login/", "sign_in"),
        ("POST", "/api/session/password", "sign_in"),
        ("GET", "/api/session", "pages"),
        ("POST", "/api/projects/1/members", "pages"),
        ("GET", "/healthz", "health"),
        ("GET", "/readyz", "health"),
    ],
)
async def test_passwords_and_health_take_no_place_of_the_pages(monkeypatch, method, path, place):
    taken = []
    for name in ("sign_in", "pages", "health"):

        async def take(scope, receive, send, name=name):
            taken.append(name)

        monkeypatch.setattr(asgi, name, take)
    await application({"type": "http", "method": method, "path": path, "headers": []}, None, None)
    assert taken == [place]
