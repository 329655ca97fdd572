"""Wrong passwords are counted wherever one is checked, by account and address, so that nobody locks anybody else out."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import aauthenticate, get_user_model
from django.db import connections
from django.http import HttpRequest
from django.test import Client
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from annotator.core.errors import TooMany, Unavailable
from annotator.core.redis import get_redis
from annotator.projects import attempts
from annotator.projects.attempts import WINDOW_S, WRONG_FOR_AN_ACCOUNT, WRONG_FROM_AN_ADDRESS, count_attempt

NO_RETRY = Retry(NoBackoff(), retries=0)
PASSWORD = "chief-pass-77"


@pytest.fixture
def chief(db):
    """As createsuperuser makes one."""
    return get_user_model().objects.create_superuser(username="chief", password=PASSWORD)


def over_rest(password, *, name="chief", address="10.0.0.1"):
    body = {"username": name, "password": password}
    return Client(REMOTE_ADDR=address).post("/api/session", body, content_type="application/json")


def in_the_admin(password, *, name="chief", address="10.0.0.1"):
    return Client(REMOTE_ADDR=address).post("/admin/login/?next=/admin/", {"username": name, "password": password})


SIGNED_IN = {over_rest: 200, in_the_admin: 302}
WRONG = {over_rest: 403, in_the_admin: 200}
WAYS = [over_rest, in_the_admin]


def guess(way, times, **fields):
    for n in range(times):
        response = way(f"guess {n}", **fields)
        assert response.status_code == WRONG[way]


@pytest.mark.parametrize("guessed", WAYS)
@pytest.mark.parametrize("tried", WAYS)
def test_wrong_passwords_count_together_over_all_ways_to_sign_in(chief, guessed, tried):
    guess(guessed, WRONG_FOR_AN_ACCOUNT)
    refused = tried(PASSWORD)
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= WINDOW_S
    assert "Try again in 15 minutes" in refused.content.decode()


def test_the_admin_says_so_on_its_page(chief):
    guess(in_the_admin, WRONG_FOR_AN_ACCOUNT)
    page = in_the_admin(PASSWORD)
    assert page["Content-Type"].startswith("text/html")
    assert "Too many wrong passwords for this account from your address" in page.content.decode()
    assert '<input type="password"' in page.content.decode()


@pytest.mark.parametrize("way", WAYS)
def test_nobody_is_locked_out_by_somebody_elsewhere(chief, way):
    guess(way, WRONG_FOR_AN_ACCOUNT, address="203.0.113.9")
    assert way(PASSWORD, address="203.0.113.9").status_code == 429
    assert way(PASSWORD, address="10.0.0.1").status_code == SIGNED_IN[way]


@pytest.mark.parametrize("way", WAYS)
def test_colleagues_behind_one_address_are_not_locked_out_with_one_who_forgot(chief, people, way):
    guess(way, WRONG_FOR_AN_ACCOUNT)
    for _ in range(WRONG_FROM_AN_ADDRESS):
        assert way("again").status_code == 429
    assert over_rest("viewer-pass-77", name="viewer").status_code == 200


def test_an_address_that_tries_many_names_is_stopped(chief):
    for n in range(WRONG_FROM_AN_ADDRESS):
        assert over_rest("guess", name=f"name {n}").status_code == 403
    for way in WAYS:
        refused = way(PASSWORD)
        assert refused.status_code == 429
        assert "Too many failed sign-ins from your address" in refused.content.decode()
        assert way(PASSWORD, address="10.0.0.2").status_code == SIGNED_IN[way]


def test_the_right_password_is_forgiven_the_wrong_ones_before(chief):
    for _ in range(3):
        guess(over_rest, WRONG_FOR_AN_ACCOUNT - 1)
        assert over_rest(PASSWORD).status_code == 200


def test_signing_in_rightly_is_never_too_often(chief):
    for _ in range(2 * WRONG_FOR_AN_ACCOUNT):
        assert over_rest(PASSWORD).status_code == 200
    assert int(get_redis().get("squiggle:wrong:10.0.0.1")) == 0


def test_the_wait_ends(chief):
    guess(over_rest, WRONG_FOR_AN_ACCOUNT)
    for key in get_redis().keys("squiggle:wrong:*"):
        assert 0 < get_redis().ttl(key) <= WINDOW_S
        get_redis().expire(key, 0)
    assert over_rest(PASSWORD).status_code == 200


def test_a_spelling_that_leads_to_the_same_account_is_no_fresh_start(chief):
    guess(in_the_admin, WRONG_FOR_AN_ACCOUNT, name="ｃｈｉｅｆ")  # the admin's form takes it for chief
    assert in_the_admin(PASSWORD).status_code == over_rest(PASSWORD).status_code == 429


def test_an_account_of_another_spelling_does_not_wipe_out_guesses(chief):
    get_user_model().objects.create_user(username="CHIEF", password=PASSWORD)
    guess(over_rest, WRONG_FOR_AN_ACCOUNT - 1)
    assert over_rest(PASSWORD, name="CHIEF").status_code == 200
    guess(over_rest, 1)
    assert over_rest(PASSWORD).status_code == 429


def test_guesses_sent_at_once_count_like_guesses_sent_one_by_one(db):
    def attempt(_):
        try:
            return bool(count_attempt(request_from("10.0.0.1"), account="chief"))
        except TooMany:
            return False

    with ThreadPoolExecutor(16) as pool:
        assert 0 < sum(pool.map(attempt, range(64))) <= WRONG_FOR_AN_ACCOUNT


def request_from(address) -> HttpRequest:
    request = HttpRequest()
    request.META["REMOTE_ADDR"] = address
    return request


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.2", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("", "testclient", True),
    ],
)
def test_whose_an_address_is(one, other, same):
    assert (attempts._network(one) == attempts._network(other)) == same


def test_the_old_password_is_not_guessed_in_a_signed_in_browser(chief):
    client = Client(REMOTE_ADDR="10.0.0.1")
    client.force_login(chief)
    new = {"new_password": "Another-pass-78"}

    def change(client, old):
        return client.post("/api/session/password", new | {"old_password": old}, content_type="application/json")

    for n in range(WRONG_FOR_AN_ACCOUNT):
        answer = change(client, f"guess {n}")
        assert (answer.status_code, answer.json()["message"]) == (403, "The old password is wrong.")
    refused = change(client, PASSWORD)
    assert (refused.status_code, "Retry-After" in refused) == (429, True)
    assert "Too many wrong passwords for this account" in refused.json()["message"]
    assert over_rest(PASSWORD).status_code == 429, "nor by signing in"
    elsewhere = Client(REMOTE_ADDR="10.0.0.2")
    elsewhere.force_login(chief)
    assert change(elsewhere, PASSWORD).status_code == 204


@pytest.mark.django_db(transaction=True)
async def test_the_asynchronous_way_counts_too(people):
    for _ in range(WRONG_FOR_AN_ACCOUNT):
        assert await aauthenticate(request_from("10.0.0.1"), username="viewer", password="guess") is None
    with pytest.raises(TooMany):
        await aauthenticate(request_from("10.0.0.1"), username="viewer", password="viewer-pass-77")
    await sync_to_async(connections.close_all)()  # of the thread that looked


@pytest.mark.parametrize("way", WAYS)
def test_no_password_is_looked_at_while_nothing_can_be_counted(chief, monkeypatch, way):
    monkeypatch.setattr(attempts, "get_redis", lambda: Redis(port=1, retry=NO_RETRY))
    refused = way(PASSWORD)
    assert refused.status_code == Unavailable.status
    assert "Redis does not answer" in refused.content.decode()
