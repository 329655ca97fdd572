import pytest
from django.core.exceptions import ImproperlyConfigured

from annotator.config.settings import env_networks

NAME = "SQUIGGLE_TRUSTED_PROXIES"


@pytest.mark.parametrize(
    ("given", "networks"),
    [
        ("", []),
        (" ", []),
        ("127.0.0.1  10.1.2.0/24 ::1 2001:db8::/32", ["127.0.0.1", "10.1.2.0/24", "::1", "2001:db8::/32"]),
    ],
)
def test_proxies_are_addresses_and_networks(monkeypatch, given, networks):
    monkeypatch.setenv(NAME, given)
    assert env_networks(NAME) == networks


@pytest.mark.parametrize(
    "proxy",
    ["*", "proxy.example.org", "10.1.2.3/24", "10.1.2", "127.0.0.1,10.1.2.3", "10.0.0.0/33", "unix:", "٣.1.1.1"],
)
def test_a_proxy_that_is_none_is_named(monkeypatch, proxy):
    monkeypatch.setenv(NAME, f"127.0.0.1 {proxy}")
    with pytest.raises(
        ImproperlyConfigured, match=r"SQUIGGLE_TRUSTED_PROXIES names .*, which is no address and no network"
    ):
        env_networks(NAME)


@pytest.mark.parametrize("everybody", ["0.0.0.0/0", "::/0"])
def test_everybody_is_no_proxy(monkeypatch, everybody):
    monkeypatch.setenv(NAME, everybody)
    with pytest.raises(ImproperlyConfigured, match="anyone could give any address as their own"):
        env_networks(NAME)
