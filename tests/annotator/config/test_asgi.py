"""What answers without Django guards the browser as Django does."""

import pytest
from asgiref.testing import ApplicationCommunicator

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
