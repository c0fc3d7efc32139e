"""The ten groups of phrases about time, read at Tuesday 25 November 2025, 10:00, open 8 to 18."""

from datetime import date, datetime, time, timedelta

import pytest

from bot.understanding import Context, understand
from bot.understanding.dates import Circumstances, Opening, read_dates
from bot.understanding.wish import Clause, DateSpan, Prefer, Source, Window, Wish
from tests.builders import a_business, utc

NOW = datetime.fromisoformat("2025-11-25 10:00")


def read(text: str, language: str = "de", **more) -> Wish:
    at = Circumstances(NOW, language, language == "en", Opening(480, 1080), **more)
    return read_dates(text, at).wish


def short(wish: Wish) -> str:
    """Return the alternatives as `3.12. 14:30`, `1.12.-7.12.`, `10:00-`, `mo,mi`."""
    return " | ".join(_clause(c) for c in wish.alternatives)


def _clause(clause: Clause) -> str:
    names = ("mo", "di", "mi", "do", "fr", "sa", "so")
    parts = [_span(d) for d in clause.dates]
    if clause.weekdays:
        parts.append(",".join(names[w] for w in sorted(clause.weekdays)))
    parts += [_window(w) for w in clause.windows]
    if clause.not_before:
        parts.append(f">={clause.not_before:%d.%m. %H:%M}")
    if clause.not_after:
        parts.append(f"<={clause.not_after:%d.%m. %H:%M}")
    return " ".join(parts)


def _day(day: date) -> str:
    return f"{day.day}.{day.month}." + ("" if day.year in {2025, 2026} else str(day.year))


def _span(span: DateSpan) -> str:
    if span.last is None:
        return f"{_day(span.first)}-"
    return _day(span.first) + ("" if span.first == span.last else f"-{_day(span.last)}")


def _window(window: Window) -> str:
    start = f"{window.start:%H:%M}"
    if window.is_exact:
        return start
    return f"{start}-" + (f"{window.end:%H:%M}" if window.end is not None else "")


PROBES = [
    ("nicht vor 10 Uhr", "10:00-"),
    ("übermorgen halb drei", "27.11. 14:30"),
    ("dreiviertel neun", "08:45"),
    ("KW 49", "1.12.-7.12."),
    ("zwischen 9 und 11", "09:00-11:00"),
    ("Di oder Do nachmittags", "2.12. 12:00-18:00 | 27.11. 12:00-18:00"),
    ("werktags ab 17 Uhr", "mo,di,mi,do,fr 17:00-"),
    ("Anfang Dezember", "1.12.-10.12."),
    ("in zwei Wochen vormittags", "9.12. 08:00-12:00"),
    ("nächsten Dienstag nachmittag", "2.12. 12:00-18:00"),
    ("morgen ab 14 Uhr", "26.11. 14:00-"),
    ("am 3.12. um viertel nach acht", "3.12. 08:15"),
    ("ab nächster Woche", "1.12.-"),
    ("nach Feierabend", "17:00-22:00"),
]

NUMERIC = [
    ("3.12.", "3.12."),
    ("am 03.12.25", "3.12."),
    ("1.-5.12.", "1.12.-5.12."),
    ("14./15.12.", "14.12.-15.12."),
    ("vom 22. auf den 23.", "22.12.-23.12."),
    ("vom 28.11. bis zum 2.12.", "28.11.-2.12."),
    ("10.12 10.10", "10.12. 10:10"),
    ("am 10.12", "10.12."),
    ("um 10.10", "10:10"),
    ("2025-12-12 14:00", "12.12. 14:00"),
    ("am 3., 4. oder 5. Dezember", "3.12. 4.12. | 5.12."),
    ("29. Februar", "29.2.2028"),
    ("den dritten Dezember", "3.12."),
]

CLOCK = [
    ("14h", "14:00"),
    ("14 Uhr 30", "14:30"),
    ("um 1530", "15:30"),
    ("17-18 Uhr", "17:00-18:00"),
    ("fünf vor halb drei", "14:25"),
    ("viertel drei", "14:15"),
    ("viertel vor drei", "14:45"),
    ("zehn nach acht", "08:10"),
    ("halb eins", "12:30"),
    ("um eins", "13:00"),
    ("8 Uhr abends", "20:00"),
    ("3 Uhr 15 am Nachmittag", "15:15"),
    ("8 bis 10", "08:00-10:00"),
    ("um 10 oder 11", "10:00 | 11:00"),
    ("von 6:30 bis 16:00", "06:30-16:00"),
]

PARTS = [
    ("Donnerstagnachmittag", "27.11. 12:00-18:00"),
    ("Montagfrüh", "1.12. 06:00-09:00"),
    ("morgen früh", "26.11. 06:00-09:00"),
    ("heute Morgen", "25.11. 06:00-12:00"),
    ("morgens", "06:00-12:00"),
    ("am späten Nachmittag", "15:00-18:00"),
    ("am späten Vormittag", "10:00-12:00"),
    ("Spätnachmittag", "15:00-18:00"),
    ("tagsüber", "08:00-18:00"),
    ("in der Mittagspause", "12:00-14:00"),
    ("nachmittags, aber nicht vor drei", "15:00-18:00"),
]

OPEN = [
    ("frühestens um 10", "10:00-"),
    ("14 Uhr frühestens", "14:00-"),
    ("spätestens um 16 Uhr", "00:00-16:00"),
    ("vor dem 10.12.", "25.11.-9.12."),
    ("nach dem 10.12.", "11.12.-"),
    ("bis Ende der Woche", "25.11.-30.11."),
    ("ab Montag 14 Uhr", ">=01.12. 14:00"),
    ("Donnerstag bis 12", "27.11. 00:00-12:00"),
    ("18 Uhr oder später", "18:00-"),
]

WEEKS = [
    ("übernächste Woche Dienstag", "9.12."),
    ("Mitte der Woche", "26.11.-27.11."),
    ("Ende nächster Woche", "5.12.-7.12."),
    ("erste Woche im Dezember", "1.12.-7.12."),
    ("die dritte Januarwoche", "12.1.-18.1."),
    ("Rest der Woche", "25.11.-30.11."),
    ("am Wochenende", "29.11.-30.11."),
    ("Wochenenden im Dezember", "1.12.-31.12."),
    ("in KW 50 am Mittwoch", "10.12."),
    ("kommende Woche Dienstag bis Donnerstag", "2.12.-4.12."),
]

RELATIVE = [
    ("in 14 Tagen", "9.12."),
    ("heute in einer Woche", "2.12."),
    ("Mittwoch in zwei Wochen", "10.12."),
    ("in anderthalb Stunden", "25.11. 11:30"),
    ("in den nächsten 3 Tagen", "26.11.-28.11."),
    ("innerhalb von zwei Wochen", "25.11.-9.12."),
    ("in drei Monaten", "25.2."),
    ("drei Tage vor Weihnachten", "22.12."),
]

HOLIDAYS = [
    ("am Tag nach Ostern", "6.4."),
    ("Fronleichnam", "4.6."),
    ("Karfreitag", "3.4."),
    ("Buß- und Bettag 2026", "18.11."),
    ("Rosenmontag", "16.2."),
    ("am 3. Advent", "14.12."),
    ("Heiligabend vormittags", "24.12. 08:00-12:00"),
    ("Montag nach Ostern", "6.4."),
    ("zwischen den Jahren", "27.12.-31.12."),
]

ENGLISH = [
    ("a week on Tuesday", "2.12."),
    ("Wednesday week", "3.12."),
    ("two Fridays from now", "5.12."),
    ("in a fortnight", "9.12."),
    ("the week of December 8", "8.12.-14.12."),
    ("early next week", "1.12.-3.12."),
    ("the first Monday in December", "1.12."),
    ("half three", "15:30"),
    ("quarter to three", "14:45"),
    ("ten to three", "14:50"),
    ("5 to 6pm", "17:00-18:00"),
    ("from 11 to 3pm", "11:00-15:00"),
    ("9am-noon", "09:00-12:00"),
    ("8 tonight", "25.11. 20:00"),
    ("this afternoon around 3", "25.11. 15:00"),
    ("Tuesday and Thursday after 4", "2.12. 27.11. 16:00-"),
    ("either Tuesday morning or Thursday afternoon",
     "2.12. 06:00-12:00 | 27.11. 12:00-18:00"),
    ("12/3", "3.12."),
    ("Sep 7th, 9am - Sep 8th, 11am", ">=07.09. 09:00 <=08.09. 11:00"),
    ("the Monday after Easter", "6.4."),
    ("Mon-Wed", "1.12.-3.12."),
    ("by Friday", "25.11.-28.11."),
    ("I can't come until 2pm", "14:00-"),
    ("Sep 7th vormittags", "7.9. 08:00-12:00"),
    ("tomorrow um halb drei", "26.11. 14:30"),
]  # fmt: skip

GERMAN = PROBES + NUMERIC + CLOCK + PARTS + OPEN + WEEKS + RELATIVE + HOLIDAYS


@pytest.mark.parametrize(("text", "expected"), GERMAN, ids=[row[0] for row in GERMAN])
def test_german_is_read_as_it_is_meant(text: str, expected: str) -> None:
    assert short(read(text)) == expected


@pytest.mark.parametrize(("text", "expected"), ENGLISH, ids=[row[0] for row in ENGLISH])
def test_english_is_read_as_it_is_meant(text: str, expected: str) -> None:
    assert short(read(text, "en")) == expected


@pytest.mark.parametrize("month_first", [True, False])
def test_the_locale_says_which_number_is_the_month(month_first: bool) -> None:
    at = Circumstances(NOW, "en", month_first=month_first)
    (clause,) = read_dates("3/4", at).wish.alternatives
    assert clause.dates[0].first == (date(2026, 3, 4) if month_first else date(2026, 4, 3))


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Dienstag den 3.", ["3.2.", "3.12.", "2.12."]),
        ("Montag, 3. Dezember", ["3.12.", "1.12."]),
    ],
)
def test_a_weekday_that_contradicts_the_date_leaves_several_readings(
    text: str, days: list[str]
) -> None:
    assert [short(reading) for reading in read(text).readings] == days


def test_a_weekday_that_fits_the_date_is_one_reading() -> None:
    wish = read("Mittwoch den 3.")
    assert (short(wish), wish.readings) == ("3.12.", ())


def test_next_friday_may_be_the_coming_one_or_the_one_after() -> None:
    assert [short(r) for r in read("next Friday", "en").readings] == ["5.12.", "28.11."]


def test_without_opening_hours_an_hour_stays_as_it_was_said() -> None:
    at = Circumstances(NOW, "de")
    (clause,) = read_dates("um drei", at).wish.alternatives
    assert clause.windows == (Window(time(3), time(3)),)


def test_about_an_hour_allows_half_an_hour() -> None:
    assert read("gegen 15 Uhr").tolerance_minutes == 30
    assert read("um 15 Uhr").tolerance_minutes == 0


@pytest.mark.parametrize(
    ("text", "prefer"),
    [
        ("so zeitig wie möglich", Prefer.EARLIEST),
        ("nächstmöglicher Termin", Prefer.EARLIEST),
        ("am 16.12. ersten", Prefer.EARLIEST),
        ("möglichst spät am Freitag", Prefer.LATEST),
        ("the last slot on Friday", Prefer.LATEST),
        ("Freitag", Prefer.NONE),
    ],
)
def test_early_and_late_are_preferences(text: str, prefer: Prefer) -> None:
    assert read(text).prefer is prefer


ANCHOR = datetime.fromisoformat("2025-12-03 14:00")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("eine Stunde später", "3.12. 15:00"),
        ("half an hour earlier", "3.12. 13:30"),
        ("am selben Tag um 16 Uhr", "3.12. 16:00"),
        ("die Woche darauf", "8.12.-14.12."),
        ("am nächsten Tag", "4.12."),
        ("drei Tage später", "6.12."),
        ("selbe Zeit am Freitag", "28.11. 14:00"),
    ],
)
def test_later_counts_from_what_is_on_the_table(text: str, expected: str) -> None:
    assert short(read(text, anchor=ANCHOR)) == expected


@pytest.mark.parametrize(
    ("text", "state", "day"),
    [
        ("am nächsten Feiertag", "", "25.12."),
        ("am Brückentag", "", "2.1."),
        ("am Brückentag", "BY", "2.1."),
        ("am nächsten Feiertag", "SN", "25.12."),
    ],
)
def test_public_holidays_go_by_the_state(text: str, state: str, day: str) -> None:
    assert short(read(text, state=state)) == day


def test_a_part_of_day_is_marked_as_a_default_of_the_business() -> None:
    assert read("nachmittags").alternatives[0].source is Source.DEFAULT
    assert read("ab 14 Uhr").alternatives[0].source is Source.EXPLICIT


def test_a_weekly_wish_is_marked_as_a_series() -> None:
    assert read("jeden Dienstag").recurrence == "weekly"
    assert read("Dienstag").recurrence == ""


@pytest.mark.parametrize("text", ["Donerstag", "Donnerstagg um 10", "wednesady", "am Freittag"])
def test_a_mistyped_weekday_is_understood(text: str) -> None:
    assert not read(text).is_empty


@pytest.mark.parametrize(
    "text",
    [
        "Montage", "Frida", "15% Rabatt", "1:1", "der zweite", "2 Personen", "Guten Morgen",
        "30.2.", "ich brauche 3", "IP 10.0.0.1", "Raum 12",
    ],
)  # fmt: skip
def test_what_is_no_time_is_not_read_as_one(text: str) -> None:
    assert read(text).is_empty


def test_spans_say_where_something_was_read() -> None:
    text = "Bitte am 3.12., aber nicht vormittags"
    assert [(text[s.start : s.end], s.what) for s in read(text).spans] == [
        ("3.12.", "day"),
        ("vormittags", "exclusion"),
    ]


@pytest.mark.parametrize("unit", ["in 3 Tagen ", "nicht am Montag ", "1.1.-", "zwischen 1 und "])
def test_a_message_as_long_as_allowed_is_read_within_bounds(unit: str) -> None:
    read(unit * 20_000)


def test_a_day_beyond_the_calendar_is_held_within_it() -> None:
    assert read("in 99 Monaten").alternatives
    assert read("in 20 Jahren").alternatives[0].dates[0].first == NOW.date() + timedelta(7305)


def test_an_hour_outside_the_opening_hours_is_never_the_middle_of_the_night() -> None:
    at = Circumstances(NOW, "de", opening=Opening(480, 600))
    (clause,) = read_dates("um drei", at).wish.alternatives
    assert clause.windows == (Window(time(15), time(15)),)


def test_a_figure_without_end_is_no_date() -> None:
    assert read("9" * 5000).is_empty


@pytest.mark.parametrize(
    ("country", "subdivision", "day"),
    [("DE", "BY", "6.1."), ("DE", "NW", "3.4."), ("AT", "BY", "3.4.")],
)
def test_public_holidays_in_a_chat_go_by_the_state_of_the_business(
    country: str, subdivision: str, day: str
) -> None:
    business = a_business(country=country, subdivision=subdivision)
    context = Context(business, utc("2026-01-02 09:00"), "de")
    assert short(understand("am nächsten Feiertag", None, context).wish) == day


def test_labelled_rows_have_days_of_absence_as_any_others() -> None:
    text = "I'll be out from Dec 5 to Dec 9"
    assert short(read(text, "en", excludes_absences=False)) == "5.12.-9.12."
    assert short(read(text, "en")) == ""


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("quarter of three", "14:45"),
        ("3-ish", "15:00"),
        ("at noon tomorrow", "26.11. 12:00"),
        ("around noon", "12:00-13:00"),
        ("noonish tomorrow", "26.11. 12:00-14:00"),
        ("mid-May", "11.5.-20.5."),
        ("20/Oct/2026", "20.10."),
        ("Friday 5/12", "5.12."),
        ("Friday 12/5", "5.12."),
        ("in 2 wks", "9.12."),
        ("an hour and a half from now", "25.11. 11:30"),
        ("tomorrow or the day after", "26.11. | 27.11."),
        ("midweek", "26.11.-27.11."),
        ("later next week", "4.12.-7.12."),
        ("the weekend of December 6", "6.12.-7.12."),
        ("the weekend of the 8th", "6.12.-7.12."),
        ("tomorrow in the am", "26.11. 06:00-12:00"),
        ("Friday pm", "28.11. 12:00-18:00"),
        ("second to last Monday of January", "19.1."),
        ("the 5th last day of May", "27.5."),
        ("in 3-4 days", "28.11.-29.11."),
        ("in 2-3 hours", "25.11. 12:00-13:00"),
        ("Tuesday onwards", "2.12.-"),
        ("Tuesday or later", "2.12.-"),
        ("as of Tuesday", "2.12.-"),
        ("this past Monday", "24.11."),
        ("next business day", "26.11."),
        ("1930 hrs", "19:30"),
        ("the fifth of December two thousand and twenty five", "5.12."),
        ("between ten and noon", "10:00-12:00"),
        ("8 or 9 in the morning", "08:00 | 09:00"),
        ("late-December", "16.12.-31.12."),
        ("in a week's time", "2.12."),
        ("eod tomorrow", "26.11. 15:00-18:00"),
    ],
)
def test_more_english_ways_are_read(text: str, meant: str) -> None:
    assert short(read(text, "en")) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Ende KW 7", "13.2.-15.2."),
        ("Mitte KW 50", "10.12.-11.12."),
        ("vorletzten Freitag im März", "20.3."),
        ("die vorletzte Woche im Januar", "19.1.-25.1."),
        ("Montag in acht Tagen", "1.12."),
        ("zum Wochenende", "29.11.-30.11."),
        ("um Punkt 8", "08:00"),
        ("Monatsende", "21.11.-30.11."),
        ("bis Monatsende", "25.11.-30.11."),
        ("Wochenmitte", "26.11.-27.11."),
        ("von Montag an", "1.12.-"),
        ("von morgen an", "26.11.-"),
        ("Montag oder später", "1.12.-"),
        ("in zwei bis drei Wochen", "9.12.-16.12."),
        ("an einem Montag im April", "1.4.-30.4. mo"),
    ],
)
def test_more_german_ways_are_read(text: str, meant: str) -> None:
    assert short(read(text)) == meant


@pytest.mark.parametrize(
    "text",
    [
        "jeden Dienstag um 10",
        "alle zwei Wochen freitags",
        "wöchentlich, am liebsten mittwochs",
        "jeden zweiten Montag",
        "einmal pro Woche nachmittags",
        "every Tuesday at 10",
        "every other Friday",
        "every two weeks on Monday",
        "weekly on Thursdays",
    ],
)
def test_a_series_is_noticed(text: str) -> None:
    assert read(text).recurrence == "weekly"


@pytest.mark.parametrize(
    "text",
    ["any Tuesday will do", "jeder Freitag passt", "jeden Tag außer Freitag", "dienstags um 10"],
)
def test_whichever_day_is_no_series(text: str) -> None:
    assert read(text).recurrence == ""


@pytest.mark.parametrize("text", ["for three days from Monday", "for a week from December 8"])
def test_several_days_on_end_are_noticed(text: str) -> None:
    assert read(text, "en").recurrence == "span"


def test_a_quarter_that_is_over_is_that_of_the_next_year() -> None:
    ((span,),) = (clause.dates for clause in read("Q1", "en").alternatives)
    assert (span.first, span.last) == (date(2026, 1, 1), date(2026, 3, 31))
