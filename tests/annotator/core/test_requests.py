"""Requests that no browser sends: whatever is odd about them, the answer is a refusal in words and never a 500."""

import json
import logging
from itertools import product

import pytest
from asgiref.testing import ApplicationCommunicator
from django.contrib.auth import get_user_model
from django.db import DataError, IntegrityError, OperationalError
from django.test import Client

from annotator.config.asgi import application
from annotator.core.errors import Clash, InvalidInput, Unavailable, Unexpected, explain
from annotator.projects import session


def quiet_client(user=None) -> Client:
    """Answers 500 as a browser would see it, instead of raising."""
    client = Client(raise_request_exception=False)
    if user:
        client.force_login(user)
    return client


@pytest.fixture
def root(db):
    return get_user_model().objects.create_superuser("root", password="root-pass-77")


def is_refusal(response, *statuses) -> bool:
    body = response.json()
    return response.status_code in statuses and {"code", "message"} <= set(body) and bool(body["message"])


BODIES = {
    "nested lists": b"[" * 100_000,
    "nested lists, closed": b"[" * 50_000 + b"]" * 50_000,
    "nested objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "half a character": b'{"username": "\\ud800", "password": "x"}',
    "half a character as a key": b'{"\\udfff": 1}',
    "not UTF-8": b'{"username": "\xff", "password": "x"}',
    "a number of 100,000 digits": b'{"username": ' + b"9" * 100_000 + b"}",
    "NaN": b'{"username": NaN, "password": Infinity}',
    "no end": b'{"username": "a',
    "nothing": b"",
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"username": "a"}'.encode("utf-16"),
    "a NUL": b'{"username": "a\\u0000b", "password": "x"}',
    "a list": b"[]",
    "a number": b"1e999",
    "null": b"null",
    "wrong types": b'{"username": {"a": []}, "password": [1e999]}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_body_that_is_no_request_is_refused_before_sign_in(db, body):
    response = quiet_client().post("/api/session", body, content_type="application/json")
    assert is_refusal(response, 400, 403)


def test_a_body_above_the_limit_is_refused(db, settings):
    response = quiet_client().post(
        "/api/session", b" " * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1), content_type="application/json"
    )
    assert is_refusal(response, 413)


@pytest.mark.parametrize(
    "address", ["/api/session", "/api/nowhere", "/api/projects/1", "/nowhere", "/admin/login/", "/"]
)
@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\xff",
        "multipart/form-data; boundary=" + "x" * 300, "application/json; charset", "; ; ;", "application/xml", "x" * 5000, "",
    ],
)  # fmt: skip
def test_an_odd_content_type_is_refused(db, address, content_type):
    for client in (quiet_client(), Client(enforce_csrf_checks=True, raise_request_exception=False)):
        for method in ("POST", "PUT", "GET", "DELETE"):
            response = client.generic(method, address + "?box=1&q=%e9", b"--x", content_type=content_type)
            assert response.status_code < 500, f"{method}: {response.content[:300]!r}"
            if address.startswith("/api/") and response.status_code >= 400:
                assert is_refusal(response, response.status_code)


@pytest.mark.parametrize(
    "charset", ["hex", "base64", "zlib", "rot13", "utf-16", "utf-7", "idna", "unicode_escape", "x" * 300]
)
@pytest.mark.parametrize("address", ["/api/session", "/nowhere"])
async def test_another_charset_than_utf8_is_refused(address, charset):
    """By the whole ASGI application: Django's request is not made before its charset is known."""
    scope = {
        "type": "http", "method": "POST", "path": address, "query_string": b"box=%e9", "http_version": "1.1",
        "headers": [(b"content-type", f"text/plain; charset={charset}".encode()), (b"host", b"localhost")],
    }  # fmt: skip
    browser = ApplicationCommunicator(application, scope)
    await browser.send_input({"type": "http.request", "body": b"{}"})
    assert (await browser.receive_output(5))["status"] == 415
    assert b"UTF-8" in (await browser.receive_output(5))["body"]


COOKIES = [
    'sessionid="\\000\\000\\000\\000\\000\\000\\000\\000"', "sessionid=\x00\x00\x00\x00\x00\x00\x00\x00\x00",
    "sessionid=" + "é" * 40, "sessionid=" + "x" * 100_000, "csrftoken=\xff\xfe; sessionid", ";;;=;=;", "messages=%00",
    "sessionid='; DROP TABLE x;--------", 'csrftoken="\\377\\000"', "messages=[[\"__json_message\",0,20,\"x\"]]:x",
]  # fmt: skip


@pytest.mark.parametrize("address", ["/api/session", "/api/projects", "/", "/admin/login/", "/healthz"])
@pytest.mark.parametrize("cookie", COOKIES)
def test_an_odd_cookie_is_nobodys(db, address, cookie):
    response = quiet_client().get(address, headers={"Cookie": cookie})
    expected = {200, 302, 400, 403} | (
        {503} if address in {"/healthz", "/"} else set()
    )  # no worker, no frontend in tests
    assert response.status_code in expected


ADDRESSES = [
    "/api/projects/{project}/members/a%00b", "/api/projects/{project}/members/%0d%0aSet-Cookie:x", "/%00", "/api/%00",
    "/api/projects/{project}/members/" + "x" * 151, "/api/projects/{project}/members/%ff%fe", "/%ff", "/api/%c0%80",
    "/api/projects/0", "/api/projects/9223372036854775807", "/api/projects/9223372036854775808", "/api/projects/" + "9" * 5000,
    "/api/slides/99999999999999999999/objects?box=0,0,1,1", "/api/regions/9223372036854775807",
    "/api/slides/{slide}/objects?box=0,0,1,1&limit=" + "9" * 5000, "/api/slides/{slide}/objects?box=1e308,0,1.7e308,1",
    "/api/slides/{slide}/objects?box=0,0,1e-320,1", "/api/slides/{slide}/objects?box=0,0,1,1&limit=%00",
    "/api/slides/{slide}/objects?" + "a=1&" * 2000, "/api/slides/{slide}/objects?box=%ff", "/demo/%00", "/demo/" + "x" * 5000,
    "/api/projects/{project}/models/9223372036854775807/export", "/api/schema?format=%00", "/api/schema?format=xml",
    "/api/schema?lang=%ff", "/api/schema?version=" + "x" * 5000, "/static/../../etc/passwd", "/static/%2e%2e/%00",
    "/assets/%00", "/assets/" + "x" * 5000, "/" + "x" * 5000, "//", "/api//", "/..//..", "/admin/%00/", "/healthz?%00",
]  # fmt: skip


METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "A-B"]


def test_an_odd_address_or_method_is_refused(people, slide, root):
    clients = [quiet_client(user) for user in (people.admin, root, None)]
    for client, method, address in product(clients, METHODS, ADDRESSES):
        address = address.format(project=slide.project_id, slide=slide.pk)
        response = client.generic(method, address, b"{}", content_type="application/json")
        assert response.status_code < 500 or (response.status_code == 503 and method in {"GET", "HEAD"}), (
            method,
            address,
        )
        if address.startswith("/api/") and response.status_code >= 400 and method != "HEAD":
            assert is_refusal(response, response.status_code), (method, address)


HEADERS = ["Range", "Accept", "If-None-Match", "If-Modified-Since", "X-CSRFToken", "Referer", "X-Forwarded-For",
           "Accept-Language", "Accept-Encoding", "Origin", "Host"]  # fmt: skip
VALUES = ["bytes=0-", "bytes=999999999999999999999-", "bytes=-1,5-2", "\xff\xfe", "x" * 5000, ",;=*/*;q=nan",
          "application/xml", "Wed, 99 Zzz 9999 99:99:99 GMT", "http://[::1", "é", ""]  # fmt: skip


def test_an_odd_header_is_refused_or_ignored(people, slide, root):
    people.root, people.nobody = root, None
    for name, address in (("admin", f"/api/slides/{slide.pk}"), ("root", "/admin/"), ("nobody", "/api/session"),
                          ("admin", f"/api/slides/{slide.pk}/thumbnail")):  # fmt: skip
        client = quiet_client(getattr(people, name))
        for method, header, value in product(["GET", "POST"], HEADERS, VALUES):
            response = client.generic(method, address, b"{}", content_type="application/json", headers={header: value})
            assert response.status_code < 500, (method, address, header, value)


# --- what nobody foresaw ------------------------------------------------------------------------------------------


def fail(error):
    def raise_it(*args, **kwargs):
        raise error

    return raise_it


def test_an_error_that_nobody_foresaw_answers_with_an_id_that_the_log_has(db, monkeypatch, caplog):
    monkeypatch.setattr(session, "authenticate", fail(ZeroDivisionError("of a kind")))
    body = json.dumps({"username": "a", "password": "b"})
    response = quiet_client().post("/api/session", body, content_type="application/json")
    assert is_refusal(response, 500)
    assert response.json()["code"] == "unexpected"
    error_id = response.json()["message"].rstrip(".").rsplit(" ", 1)[1]
    [record] = [record for record in caplog.records if error_id in record.getMessage()]
    assert "POST /api/session" in record.getMessage()
    assert record.exc_info[0] is ZeroDivisionError


@pytest.mark.parametrize("address", ["/healthz", "/api/projects"])
def test_outside_of_a_rest_view_too(people, monkeypatch, caplog, address):
    client = quiet_client(people.admin)
    monkeypatch.setattr("django.contrib.auth.middleware.get_user", fail(ZeroDivisionError("of a kind")))
    monkeypatch.setattr("annotator.core.health.CHECKS", {"x": fail(ZeroDivisionError("of a kind"))})
    response = client.get(address)
    assert response.status_code == 500
    text = response.json()["message"] if address.startswith("/api/") else response.content.decode()
    ids = [record.getMessage().split()[1].rstrip(":") for record in caplog.records if record.levelno == logging.ERROR]
    assert any(error_id in text for error_id in ids)


def with_sqlstate(error, code):
    error.__cause__ = type("Cause", (Exception,), {"pgcode": code})()
    return error


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (OperationalError("server closed the connection"), Unavailable),
        (with_sqlstate(OperationalError("disk full"), "53100"), Unavailable),
        (with_sqlstate(OperationalError("index row size exceeds maximum"), "54000"), InvalidInput),
        (DataError("integer out of range"), InvalidInput),
        (IntegrityError("violates foreign key"), Clash),
        (ValueError("A string literal cannot contain NUL (0x00) characters."), Unexpected),
    ],
)
def test_only_what_may_pass_is_to_be_tried_again(error, answer):
    named = explain(error, "a test")
    assert type(named) is answer
    assert (named.retry_after_ms is not None) == (answer is Unavailable)
