"""A page's requests count only while the page's own person is signed in."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def get(client, **headers):
    return client.get("/api/projects", headers=headers)


def test_a_page_of_who_is_signed_in_is_answered(people):
    client = Client()
    client.force_login(people.annotator)
    assert get(client).status_code == 200
    assert get(client, **{"X-Squiggle-User": str(people.annotator.pk)}).status_code == 200


@pytest.mark.parametrize("named", ["0", "", "ann", "9" * 400])
def test_a_page_of_somebody_else_is_refused_by_a_code_of_its_own(people, named):
    client = Client()
    client.force_login(people.annotator)
    answer = get(client, **{"X-Squiggle-User": named})
    assert (answer.status_code, answer.json()["code"]) == (403, "other_person")
    assert people.annotator.get_username() in answer.json()["message"]


def test_nothing_is_done_in_the_name_of_who_signed_in_since(people, slide):
    client = Client()
    client.force_login(people.admin)
    answer = client.patch(
        f"/api/slides/{slide.pk}",
        {"patient": "P-1"},
        content_type="application/json",
        headers={"X-Squiggle-User": str(people.annotator.pk)},
    )
    assert answer.json()["code"] == "other_person"
    slide.refresh_from_db()
    assert slide.patient == ""


def test_signed_out_and_an_old_token_have_codes_of_their_own(people):
    client = Client(enforce_csrf_checks=True)
    assert get(client).json()["code"] == "not_authenticated"
    client.force_login(people.annotator)
    answer = client.post("/api/projects/1/regions/next")
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf")


def test_who_signs_in_need_not_be_the_pages_person(people):
    client = Client()
    client.force_login(people.annotator)
    answer = client.get("/api/session", headers={"X-Squiggle-User": "0"})
    assert answer.json()["code"] == "other_person"  # so the browser does not name itself there
    assert client.get("/api/session").json()["user"]["id"] == people.annotator.pk


def test_a_request_with_the_session_of_before_takes_no_cookie_away(people):
    client = Client()
    client.force_login(people.annotator)
    before = client.cookies["sessionid"].value
    people.annotator.set_password("Another-pass-77")
    people.annotator.save()
    answer = get(client)
    assert answer.json()["code"] == "not_authenticated"
    assert "sessionid" not in answer.cookies, "by then the browser may have the new one"
    client.cookies["sessionid"] = before
    assert get(client).json()["code"] == "not_authenticated"


def test_signed_out_is_signed_out_whatever_cookie_is_left(people):
    client = Client()
    client.force_login(people.annotator)
    assert client.delete("/api/session").status_code == 204
    assert get(client).json()["code"] == "not_authenticated"
