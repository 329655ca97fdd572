import pytest
from django.test import Client

from annotator.projects.attempts import WINDOW_S, WRONG_FOR_AN_ACCOUNT, WRONG_FROM_AN_ADDRESS
from annotator.projects.demo import make_demo_project
from annotator.projects.services import make_sign_in_link


@pytest.fixture
def browser(people):
    client = Client(enforce_csrf_checks=True)
    client.get("/api/session")
    return client


def sign_in(client, username, password):
    return client.post(
        "/api/session",
        {"username": username, "password": password},
        content_type="application/json",
        headers={"X-CSRFToken": client.cookies["csrftoken"].value},
    )


def test_sign_in_and_out(browser):
    assert browser.get("/api/session").status_code == 403
    assert sign_in(browser, "annotator", "annotator-pass-77").json()["user"]["username"] == "annotator"
    assert browser.get("/api/session").status_code == 200
    token = {"X-CSRFToken": browser.cookies["csrftoken"].value}
    assert browser.delete("/api/session", headers=token).status_code == 204
    assert browser.get("/api/session").status_code == 403


def test_a_wrong_password_is_said_in_words(browser):
    response = sign_in(browser, "annotator", "wrong")
    assert response.status_code == 403
    assert response.json() == {"code": "wrong_credentials", "message": "The name or the password is wrong."}


def test_sign_in_without_csrf_token_is_refused(browser):
    response = browser.post("/api/session", {"username": "a", "password": "b"}, content_type="application/json")
    assert response.status_code == 403


def test_the_sign_in_page_learns_when_to_come_again(browser):
    for n in range(WRONG_FOR_AN_ACCOUNT):
        assert sign_in(browser, "annotator", f"guess {n}").status_code == 403
    refused = sign_in(browser, "annotator", "annotator-pass-77")
    assert refused.status_code == 429
    assert refused.json() == {
        "code": "too_many",
        "message": "Too many wrong passwords for this account from your address. Try again in 15 minutes.",
    }
    assert 0 < int(refused["Retry-After"]) <= WINDOW_S


def test_links_are_not_guessed_either(people):
    stranger = Client()
    for n in range(WRONG_FROM_AN_ADDRESS):
        assert stranger.get(f"/demo/guess-{n}").status_code == 404
    link = make_sign_in_link(user=people.annotator, next_path="/slides/1")
    refused = stranger.get(link)
    assert (refused.status_code, "Retry-After" in refused) == (429, True)
    assert Client(REMOTE_ADDR="10.0.0.2").get(link).status_code == 302, "another address's; and the link is not used up"


def test_a_one_time_link_works_once(people):
    link = make_sign_in_link(user=people.annotator, next_path="/slides/1")
    first, second = Client(), Client()
    assert first.get(link)["Location"] == "/slides/1"
    assert first.get("/api/session").json()["user"]["username"] == "annotator"
    spent = second.get(link)
    assert spent.status_code == 404
    assert "used already" in spent.content.decode()
    assert second.get("/api/session").status_code == 403


def test_without_a_demo_its_account_is_nobody(people, settings):
    user, _ = make_demo_project()
    link = make_sign_in_link(user=user, next_path="/")
    client = Client()
    client.get(link)
    assert client.get("/api/session").json()["user"]["is_demo"]
    settings.DEMO = False
    assert client.get("/api/session").status_code == 403
    assert Client().get(make_sign_in_link(user=user, next_path="/")).status_code == 404
