import socket

import pytest

from annotator.standalone.errors import StandaloneError
from annotator.standalone.options import check_port_is_free, read_options


def test_defaults_are_loopback_and_demo_when_nothing_is_set():
    options = read_options({})
    assert (options.host, options.port, options.demo) == ("127.0.0.1", 8000, True)
    assert options.address == "http://127.0.0.1:8000"
    assert 1 <= options.threads <= 4


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "slides.example.org"])
def test_demo_is_refused_when_other_machines_can_reach_it(host):
    with pytest.raises(StandaloneError, match=r"SQUIGGLE_DEMO=0.*createsuperuser"):
        read_options({"SQUIGGLE_HOST": host})
    assert not read_options({"SQUIGGLE_HOST": host, "SQUIGGLE_DEMO": "0"}).demo


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_demo_is_there_when_only_this_machine_can_reach_it(host):
    assert read_options({"SQUIGGLE_HOST": host}).demo


def test_address_is_one_a_browser_can_open_when_bound_to_all():
    assert read_options({"SQUIGGLE_HOST": "::", "SQUIGGLE_DEMO": "0"}).address == "http://[::1]:8000"


@pytest.mark.parametrize("port", ["", "0", "65536", "http", "-1", "８０００"])
def test_port_is_named_when_it_is_no_port(port):
    if port == "":
        assert read_options({"SQUIGGLE_PORT": port}).port == 8000
        return
    with pytest.raises(StandaloneError, match="SQUIGGLE_PORT="):
        read_options({"SQUIGGLE_PORT": port})


def test_taken_port_is_said_in_words():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(StandaloneError, match=f"port {port}: Address already in use.*SQUIGGLE_PORT"):
            check_port_is_free(read_options({"SQUIGGLE_PORT": str(port)}))
    check_port_is_free(read_options({"SQUIGGLE_PORT": str(port)}))


def test_foreign_address_is_said_in_words():
    with pytest.raises(StandaloneError, match="Cannot listen"):
        check_port_is_free(read_options({"SQUIGGLE_HOST": "203.0.113.1", "SQUIGGLE_DEMO": "0"}))


def test_no_proxy_is_trusted_by_default():
    assert read_options({}).trusted_proxies == read_options({"SQUIGGLE_TRUSTED_PROXIES": " "}).trusted_proxies == ()


def test_proxies_are_addresses_and_networks():
    named = read_options({"SQUIGGLE_TRUSTED_PROXIES": "127.0.0.1  10.1.2.0/24 ::1 2001:db8::/32"}).trusted_proxies
    assert named == ("127.0.0.1", "10.1.2.0/24", "::1", "2001:db8::/32")


@pytest.mark.parametrize(
    "proxy",
    ["*", "proxy.example.org", "10.1.2.3/24", "10.1.2", "127.0.0.1,10.1.2.3", "10.0.0.0/33", "unix:", "٣.1.1.1"],
)
def test_a_proxy_that_is_none_is_named(proxy):
    with pytest.raises(StandaloneError, match=r"SQUIGGLE_TRUSTED_PROXIES names .*, which is no address and no network"):
        read_options({"SQUIGGLE_TRUSTED_PROXIES": f"127.0.0.1 {proxy}"})


@pytest.mark.parametrize("everybody", ["0.0.0.0/0", "::/0"])
def test_everybody_is_no_proxy(everybody):
    with pytest.raises(StandaloneError, match="anyone could give any address as their own"):
        read_options({"SQUIGGLE_TRUSTED_PROXIES": everybody})
