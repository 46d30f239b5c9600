"""Which requests the dashboard serves, by Host, Origin and Sec-Fetch-Site (design §4)."""

import pytest
from werkzeug.datastructures import Headers

from dashboard.gate import refuses

ALLOWED = frozenset({"localhost", "127.0.0.1", "[::1]", "dash"})


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8080", "127.0.0.1:8080", "[::1]", "[::1]:8080", "Dash:1"])
def test_hosts_that_are_served(host: str) -> None:
    assert refuses(Headers({"Host": host}), "GET", False, ALLOWED) is None


FOREIGN_HOSTS = ["evil.example", "localhost.evil.example", "localhost@evil", "localhost:8080:1", "127.0.0.1.", "::1"]
FOREIGN_HOSTS += ["[::1]x", "", "localhost,evil", "localhost:abc", " localhost", "[::2]"]


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_other_host_is_refused_whatever_is_asked(host: str, method: str) -> None:
    assert refuses(Headers({"Host": host}), method, False, ALLOWED) is not None


def test_a_request_without_a_host_is_refused() -> None:
    assert refuses(Headers(), "GET", False, ALLOWED) is not None


OWN = [{}, {"Origin": "http://localhost:8080"}, {"Origin": "HTTP://LOCALHOST:8080"}, {"Sec-Fetch-Site": "same-origin"}]
OWN += [{"Sec-Fetch-Site": "none"}, {"Origin": "https://localhost:8080", "Sec-Fetch-Site": "same-origin"}]
FOREIGN = [
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://localhost:8081"},
    {"Origin": "http://localhost"},
    {"Origin": "http://127.0.0.1:8080"},
    {"Origin": "http://localhost:8080.evil.example"},
    {"Origin": "http://user@localhost:8080"},
    {"Origin": "ftp://localhost:8080"},
    {"Origin": "http://[::1"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "anything"},
    {"Origin": "http://localhost:8080", "Sec-Fetch-Site": "cross-site"},
]


@pytest.mark.parametrize(("method", "is_stream"), [("POST", False), ("DELETE", False), ("GET", True)])
@pytest.mark.parametrize("headers", OWN)
def test_orders_and_streams_of_this_very_site_are_served(headers: dict[str, str], method: str, is_stream: bool) -> None:
    assert refuses(Headers({"Host": "localhost:8080", **headers}), method, is_stream, ALLOWED) is None


@pytest.mark.parametrize(("method", "is_stream"), [("POST", False), ("DELETE", False), ("GET", True)])
@pytest.mark.parametrize("headers", FOREIGN)
def test_orders_and_streams_of_other_sites_are_refused(headers: dict[str, str], method: str, is_stream: bool) -> None:
    assert refuses(Headers({"Host": "localhost:8080", **headers}), method, is_stream, ALLOWED) is not None


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_link_from_another_site_may_open_the_page(headers: dict[str, str]) -> None:
    assert refuses(Headers({"Host": "localhost:8080", **headers}), "GET", False, ALLOWED) is None


def test_a_second_origin_does_not_hide_behind_the_first() -> None:
    headers = Headers([("Host", "dash"), ("Origin", "http://dash"), ("Origin", "http://evil.example")])
    assert refuses(headers, "POST", False, ALLOWED) is not None
