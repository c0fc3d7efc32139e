"""Days that no calendar has are found as they are written, and nothing else is."""

import pytest

from bot.understanding.missing_days import missing_days, without_missing_days


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Termin am 30. Februar um 10", ("30. Februar",)),
        ("am 31.11. um 10", ("31.11.",)),
        ("am 31.11", ("31.11",)),
        ("on Feb 30 please", ("Feb 30",)),
        ("31st of June", ("31st of June",)),
        ("29.2.2027", ("29.2.2027",)),
        ("29. Februar 2027", ("29. Februar 2027",)),
        ("29.2.27", ("29.2.27",)),
        ("am 45.13.", ("45.13.",)),
        ("am 0. Mai", ("0. Mai",)),
        ("2027-02-30", ("2027-02-30",)),
        ("vom 31.4. bis 31.6.", ("31.4.", "31.6.")),
    ],
)
def test_a_day_that_no_calendar_has_is_found(text: str, days: tuple[str, ...]) -> None:
    assert missing_days(text) == days


@pytest.mark.parametrize(
    "text",
    [
        *("29. Februar", "29.2.2028", "24.12.", "31.12. um 23:59", "12. Dezember 26", "on 4.22"),
        *(
            "um 10.30.",
            "am 10.30 Uhr",
            "von 12.30 bis 13.30",
            "may 5 pm",
            "31 times",
            "8 Mai - 31 Mai",
        ),
        *("2027-02-28", "0228 123456", "B-31.11", ""),
    ],
)
def test_days_and_hours_that_exist_are_none_of_them(text: str) -> None:
    assert missing_days(text) == ()
    assert without_missing_days(text) == text


def test_the_hour_beside_such_a_day_stays() -> None:
    assert without_missing_days("am 31.11. um 10").split() == ["am", "um", "10"]
