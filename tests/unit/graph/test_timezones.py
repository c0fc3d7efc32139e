"""Zone names as Exchange mixes them."""

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from graph.timezones import windows_name, zone_of

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize("name", ["", "UTC", "Etc/UTC", "tzone://Microsoft/Utc"])
def test_utc_has_many_names(name: str) -> None:
    assert zone_of(name) is UTC


@pytest.mark.parametrize("name", ["W. Europe Standard Time", "Europe/Berlin"])
def test_names_of_windows_and_of_iana_are_known(name: str) -> None:
    assert zone_of(name) == BERLIN


@pytest.mark.parametrize(
    "name",
    ["Customized Time Zone", "tzone://Microsoft/Custom", "../../etc/passwd", "\0", "x" * 999],
)
def test_a_zone_nobody_knows_is_refused_and_not_guessed(name: str) -> None:
    with pytest.raises(ValueError, match="unknown zone"):
        zone_of(name)


@pytest.mark.parametrize("zone", ["Europe/Vienna", "Europe/Zurich", "Europe/Berlin"])
def test_a_zone_that_exchange_takes_only_by_its_windows_name_has_one(zone: str) -> None:
    assert windows_name(zone) == "W. Europe Standard Time"


def test_a_zone_unknown_to_windows_has_no_name() -> None:
    assert windows_name("Antarctica/Troll") is None
