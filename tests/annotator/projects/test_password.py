"""Changing one's own password: what is refused, whose sessions end, and that there is one place for it."""

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

NEW = "Another-pass-78"


@pytest.fixture
def sit_down(people):
    def sit_down():
        client = Client()
        client.force_login(people.annotator)
        return client

    return sit_down


def change(client, old="annotator-pass-77", new=NEW):
    fields = {"old_password": old, "new_password": new}
    return client.post("/api/session/password", fields, content_type="application/json")


def test_this_session_stays_and_the_others_end(sit_down):
    here, elsewhere = sit_down(), sit_down()
    before = here.cookies["sessionid"].value
    assert change(here).status_code == 204
    assert here.cookies["sessionid"].value != before, "who has copied the cookie is not let in with it any more"
    assert here.get("/api/session").status_code == 200
    assert elsewhere.get("/api/session").status_code == 403
    signed_in = Client().post(
        "/api/session", {"username": "annotator", "password": NEW}, content_type="application/json"
    )
    assert signed_in.status_code == 200


@pytest.mark.parametrize(
    ("new", "words"),
    [
        ("short", "too short"),
        ("password123", "too common"),
        ("annotator1", "too similar to the username"),
        ("annotator-pass-77", "is the old one"),
        ("x" * 1025, "no more than 1024"),
        ("", "may not be blank"),
    ],
)
def test_a_weak_one_is_refused_in_words(sit_down, new, words):
    client = sit_down()
    answer = change(client, new=new)
    assert (answer.status_code, words in answer.json()["message"]) == (400, True), answer.json()
    assert change(client).status_code == 204, "and the old one still is the password"


def test_an_account_without_a_password_has_none_to_change(people):
    people.annotator.set_unusable_password()
    people.annotator.save()
    client = Client()
    client.force_login(people.annotator)
    assert client.get("/api/session").json()["user"]["has_password"] is False
    answer = change(client)
    assert (answer.status_code, "by a link" in answer.json()["message"]) == (400, True)


def test_the_administration_leads_there(people):
    root = get_user_model().objects.create_superuser("root", password="root-pass-77")
    client = Client()
    client.force_login(root)
    for page in ("password_change", "password_change/done"):
        answer = client.get(f"/admin/{page}/")
        assert (answer.status_code, answer["Location"]) == (302, "/account/password")


def test_the_right_password_of_an_account_that_is_no_operators_is_told_so_at_the_administration(people):
    for password, words in (("admin-pass-77", "is no operator"), ("wrong", "Please enter the correct")):
        page = Client().post("/admin/login/", {"username": "admin", "password": password})
        assert (page.status_code, words in page.content.decode()) == (200, True)
    assert Client().get("/admin")["Location"] == "/admin/"
