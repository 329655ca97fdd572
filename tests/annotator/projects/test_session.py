import pytest
from django.test import Client

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


def test_guessing_passwords_is_slowed_down(browser):
    codes = [sign_in(browser, "annotator", f"guess {n}").status_code for n in range(11)]
    assert codes[:10] == [403] * 10
    assert codes[10] == 429
    assert sign_in(browser, "annotator", "annotator-pass-77").status_code == 429


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
