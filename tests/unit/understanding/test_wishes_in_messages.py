"""Dates and hours, read at Tuesday 25 November 2025, 10:00 in Berlin."""

from datetime import date, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.understanding import Context, understand
from bot.understanding.utterance import Utterance
from bot.understanding.wish import Clause, DateSpan, Prefer, Window
from scheduling.catalog import Business
from tests.builders import a_business, utc, weekdays

NOW = utc("2025-11-25 09:00")


def said(text: str, language: str = "de", business: Business | None = None) -> Utterance:
    return understand(
        text, None, Context(business or a_business(hours=weekdays("8-18")), NOW, language)
    )


def day(text: str, last: str | None = "") -> DateSpan:
    first = date.fromisoformat(text)
    if last is None:
        return DateSpan(first, None)
    return DateSpan(first, date.fromisoformat(last) if last else first)


def window(text: str) -> Window:
    """`9-11`, `15:30` (exactly), `10-` (open)."""

    def clock(part: str) -> time:
        hour, _, minute = part.partition(":")
        return time(int(hour), int(minute or 0))

    start, dash, end = text.partition("-")
    if not dash:
        return Window(clock(start), clock(start))
    return Window(clock(start), clock(end) if end else None)


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("heute", [day("2025-11-25")]),
        ("morgen", [day("2025-11-26")]),
        ("übermorgen", [day("2025-11-27")]),
        ("the day after tomorrow", [day("2025-11-27")]),
        ("am 3.12.", [day("2025-12-03")]),
        ("03.12.2025", [day("2025-12-03")]),
        ("am 3. Dezember", [day("2025-12-03")]),
        ("December 3rd", [day("2025-12-03")]),
        ("on the 3rd of December", [day("2025-12-03")]),
        ("2025-12-03", [day("2025-12-03")]),
        ("am 24.11.", [day("2026-11-24")]),
        ("in 3 Tagen", [day("2025-11-28")]),
        ("in zwei Wochen", [day("2025-12-09")]),
        ("KW 49", [day("2025-12-01", "2025-12-07")]),
        ("nächste Woche", [day("2025-12-01", "2025-12-07")]),
        ("next week", [day("2025-12-01", "2025-12-07")]),
        ("diese Woche", [day("2025-11-24", "2025-11-30")]),
        ("Freitag", [day("2025-11-28")]),
        ("Do", [day("2025-11-27")]),
        ("nächsten Dienstag", [day("2025-12-02")]),
        ("ab nächster Woche", [day("2025-12-01", None)]),
        ("nach dem 3.12.", [day("2025-12-04", None)]),
        ("bis Freitag", [day("2025-11-25", "2025-11-28")]),
        ("vor Freitag", [day("2025-11-25", "2025-11-27")]),
        ("vom 1.12. bis 5.12.", [day("2025-12-01", "2025-12-05")]),
        ("im Dezember", [day("2025-12-01", "2025-12-31")]),
    ],
)
def test_days_are_read(text: str, spans: list[DateSpan]) -> None:
    assert [list(c.dates) for c in said(text).wish.alternatives] == [spans]


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("15 Uhr", "15"),
        ("um 15:30", "15:30"),
        ("halb drei", "14:30"),
        ("dreiviertel neun", "8:45"),
        ("viertel nach acht", "8:15"),
        ("3pm", "15"),
        ("at half past two", "14:30"),
        ("um 3", "15"),
        ("um acht", "8"),
        ("noon", "12-13"),
        ("zwischen 9 und 11", "9-11"),
        ("9-11 Uhr", "9-11"),
        ("from 2 to 4 pm", "14-16"),
        ("nicht vor 10 Uhr", "10-"),
        ("not before 3", "15-"),
        ("ab 14 Uhr", "14-"),
        ("bis 12 Uhr", "0-12"),
        ("vormittags", "8-12"),
        ("heute nachmittag", "12-18"),
        ("Dienstagmorgen", "6-12"),
        ("in the morning", "6-12"),
        ("abends", "17-22"),
        ("nachmittags, aber nicht vor drei", "15-18"),
    ],
)
def test_hours_are_read(text: str, hours: str) -> None:
    (clause,) = said(text).wish.alternatives
    assert clause.windows == (window(hours),)


@pytest.mark.parametrize(
    ("text", "excluded"),
    [
        ("außer Freitag", {4}),
        ("any day except Friday", {4}),
        ("nur nicht montags", {0}),
        ("Montag kann ich nicht", {0}),
        ("I can't do Mondays", {0}),
        ("nicht am Mittwoch", {2}),
        ("kein Donnerstag", {3}),
    ],
)
def test_an_excluded_day_is_never_a_wish(text: str, excluded: set[int]) -> None:
    wish = said(text).wish
    assert wish.alternatives == ()
    assert [set(c.weekdays) for c in wish.exclude] == [excluded]


def test_a_wish_and_an_exclusion_stand_side_by_side() -> None:
    wish = said("nächste Woche nachmittags, aber nicht am Freitag").wish
    assert wish.alternatives == (
        Clause((day("2025-12-01", "2025-12-07"),), windows=(window("12-18"),)),
    )
    assert wish.exclude == (Clause(weekdays=frozenset({4})),)


def test_hours_after_an_excluded_day_are_wished_for_the_others() -> None:
    wish = said("außer Freitag ab 14 Uhr").wish
    assert wish.alternatives == (Clause(windows=(window("14-"),)),)
    assert wish.exclude == (Clause(weekdays=frozenset({4})),)


def test_or_makes_two_alternatives_that_share_the_hours() -> None:
    wish = said("Di oder Do nachmittags").wish
    assert [c.windows for c in wish.alternatives] == [(window("12-18"),)] * 2
    assert [c.dates for c in wish.alternatives] == [
        (day("2025-12-02"),),
        (day("2025-11-27"),),
    ]


def test_weekdays_in_the_plural_mean_every_week() -> None:
    assert said("doch lieber mittwochs").wish.alternatives == (Clause(weekdays=frozenset({2})),)


def test_as_early_as_possible_is_a_preference() -> None:
    assert said("so früh wie möglich").wish.prefer is Prefer.EARLIEST


def test_business_hours_decide_what_eight_o_clock_is() -> None:
    evenings = a_business(hours=weekdays("14-22"))
    (clause,) = said("um acht", business=evenings).wish.alternatives
    assert clause.windows == (window("20"),)


def test_a_clock_time_means_the_one_that_is_on_offer() -> None:
    offered = (
        datetime.fromisoformat("2025-11-27 09:00"),
        datetime.fromisoformat("2025-11-27 15:00"),
    )
    context = Context(a_business(hours=weekdays("8-18")), NOW, "de", "slot", offered)
    assert understand("um 3", None, context).choice == 2
    assert understand("der letzte", None, context).choice == -1
    assert understand("15", None, context).choice == 2


def test_a_day_that_does_not_exist_is_no_wish() -> None:
    assert said("am 30.2.").wish.is_empty


def test_do_you_is_no_thursday() -> None:
    assert said("Do you have something?", "en").wish.is_empty


@given(st.text(max_size=300))
@settings(max_examples=150, deadline=None)
def test_no_text_makes_the_understanding_fail(text: str) -> None:
    understand(text, None, Context(a_business(), NOW, "de", "slot"))


@given(
    st.lists(
        st.sampled_from(
            [
                "am",
                "3",
                "31.",
                "2.",
                "12.",
                "0",
                "24",
                "99",
                "bis",
                "vor",
                "nach",
                "nicht",
                "oder",
                "außer",
                "-",
                "/",
                ":",
                ".",
                "uhr",
                "morgen",
                "freitag",
                "kw",
                "in",
                "tagen",
                "halb",
                "drei",
                "um",
                "zwischen",
                "und",
                "pm",
                "may",
                "december",
                "der",
                "zweite",
                "2025-13-01",
                "weeks",
            ]
        ),
        max_size=14,
    )
)
@settings(max_examples=200, deadline=None)
def test_no_pile_of_date_words_makes_the_understanding_fail(words: list[str]) -> None:
    understand(" ".join(words), None, Context(a_business(), NOW, "de", "slot"))
