"""Callers are told apart by what they cannot change at will."""

import pytest
from aiohttp.test_utils import make_mocked_request

from bot.callers import address_of


def forwarded(value: str) -> str:
    request = make_mocked_request("GET", "/", headers={"X-Forwarded-For": value})
    return address_of(request, 1)


@pytest.mark.parametrize(
    "written", ["192.0.2.7", "192.0.2.7:40312", "192.0.2.7:1", "::ffff:192.0.2.7"]
)
def test_another_port_is_no_other_caller(written: str) -> None:
    assert forwarded(written) == "192.0.2.7"


@pytest.mark.parametrize(
    "written",
    ["2001:db8:0:7::1", "2001:db8:0:7:ffff::2", "[2001:db8:0:7::3]:40312", "[2001:db8:0:7::4]"],
)
def test_all_addresses_of_one_line_are_one_caller(written: str) -> None:
    assert forwarded(written) == "2001:db8:0:7::/64"


def test_lines_beside_each_other_are_two_callers() -> None:
    assert forwarded("2001:db8:0:7::1") != forwarded("2001:db8:0:8::1")


@pytest.mark.parametrize(
    "written", ["", "unknown", "_hidden", "a:b", "[", "1.2.3.4.5", "::1%eth0"]
)
def test_whatever_else_is_written_is_a_caller_too(written: str) -> None:
    assert forwarded(written) == forwarded(written)


def test_what_no_proxy_of_ours_wrote_is_not_believed() -> None:
    headers = {"X-Forwarded-For": "198.51.100.1, 192.0.2.7"}
    request = make_mocked_request("GET", "/", headers=headers)
    assert address_of(request, 1) == "192.0.2.7"
    assert address_of(request, 0) == (request.remote or "")
