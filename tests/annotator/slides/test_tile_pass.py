"""The signed cookie: whose it is, in which session, for which slide, and for how long."""

import pytest

from annotator.slides.tile_pass import PASS_LIFE_S, check_pass, make_pass

KEY = "session-key-of-a-browser"


def test_pass_names_its_person_when_valid():
    assert check_pass(7, make_pass(7, 42, KEY), KEY) == 42


def test_pass_is_void_for_another_slide():
    assert check_pass(8, make_pass(7, 42, KEY), KEY) is None


@pytest.mark.parametrize("other", ["", "another" * 4, KEY.upper(), KEY + " "])
def test_pass_is_void_in_another_session_or_without_one(other):
    assert check_pass(7, make_pass(7, 42, KEY), other) is None


def test_pass_ends_after_ten_minutes():
    value = make_pass(7, 42, KEY, now=1000)
    assert PASS_LIFE_S == 600
    assert check_pass(7, value, KEY, now=1599) == 42
    assert check_pass(7, value, KEY, now=1600) is None


def test_pass_is_void_when_the_secret_changes(settings):
    value = make_pass(7, 42, KEY)
    settings.SECRET_KEY = "another" * 10
    assert check_pass(7, value, KEY) is None


def test_pass_is_void_when_its_end_is_moved():
    user, end, signature = make_pass(7, 42, KEY).split("-")
    assert check_pass(7, f"{user}-{int(end) + 60}-{signature}", KEY) is None
    assert check_pass(7, f"43-{end}-{signature}", KEY) is None


@pytest.mark.parametrize("value", ["", "-", "--", "1-2-3", "a-b-c", "é-é-é", "1" * 5000, "-1--1-"])
def test_rubbish_is_no_pass(value):
    assert check_pass(7, value, KEY) is None
