"""Phrases that count from a day: "in zwei Wochen", "heute in acht Tagen", "an hour later"."""

import re
from datetime import date, datetime, timedelta

from bot.understanding.dates import calendar
from bot.understanding.dates.items import Item, Reader, Rule, day_item, rule, span_item
from bot.understanding.dates.words import (
    AFTER_NEXT,
    BEFORE_LAST,
    COMING,
    DAY,
    HOUR,
    LAST,
    MONTH,
    NEXT,
    THIS,
    WEEK,
    WEEKEND,
)
from bot.understanding.wish import DateSpan

Items = list[Item] | None
_ABOUT_A_WEEK = 8
"""Days: "Montag in acht Tagen" counts both Mondays."""


def coming(today: date, weekday: int) -> date:
    """Return the next such day after today."""
    return calendar.shifted(today, (weekday - today.weekday() - 1) % 7 + 1)


def _nth_weekday_ahead(reader: Reader, found: re.Match[str]) -> Items:
    """Read "three Fridays from now"."""
    token = reader.token(found, "w")
    if token.value == frozenset({5, 6}):
        return _weekend_ahead(reader, found, max(reader.integer(found, "n"), 1))
    weekday = token.value if isinstance(token.value, int) else min(token.value or {0})  # type: ignore[call-overload]
    count = max(reader.integer(found, "n"), 1)
    return day_item(found, calendar.shifted(coming(reader.at.today, weekday), 7 * (count - 1)))


def _weekday_in_weeks(reader: Reader, found: re.Match[str]) -> Items:
    """Read "Montag in zwei Wochen" and "a week on Tuesday"."""
    unit, count = reader.value(found, "u", str), _count(reader, found)
    if unit == DAY and (count % 7 == 0 or count == _ABOUT_A_WEEK):
        unit, count = WEEK, count // 7
    weekday = reader.integer(found, "w")
    if reader.has(found, "q") and reader.value(found, "q", object) != THIS:
        return None
    if unit == MONTH:
        before = calendar.shifted(calendar.added_months(reader.at.today, count), -1)
        return day_item(found, coming(before, weekday))
    if unit not in {WEEK, "fortnight"}:
        return None
    weeks = count if unit == WEEK else 2 * count
    if found[0][:1] not in "wi" and ">" not in found[0]:
        near = calendar.shifted(reader.at.today, (weekday - reader.at.today.weekday()) % 7)
        return day_item(found, calendar.shifted(near, 7 * weeks))
    target = calendar.shifted(reader.at.today, 7 * weeks)
    return day_item(found, calendar.shifted(calendar.monday(target), weekday))


def _count(reader: Reader, found: re.Match[str]) -> int:
    return max(reader.integer(found, "n"), 1) if reader.has(found, "n") else 1


def _relative(reader: Reader, found: re.Match[str]) -> Items:
    return day_item(
        found, calendar.shifted(reader.at.today, reader.integer(found, "r")), is_relative=True
    )


def _tonight(reader: Reader, found: re.Match[str]) -> Items:
    part = reader.value(found, "r", str)
    if reader.has(found, "e"):
        part = f"{reader.value(found, 'e', str)}_{part}"
    days = DateSpan(reader.at.today, reader.at.today)
    return [
        Item("D", found.start(), found.end(), days=days, is_relative=True),
        Item("T", found.end() - 1, found.end(), part=part),
    ]


def _plus(reader: Reader, found: re.Match[str]) -> Items:
    """Read "today + 3 days"."""
    return _from_relative(reader, found) if reader.text(found, "p") == "+" else None


def _from_relative(reader: Reader, found: re.Match[str]) -> Items:
    """Read "heute in einer Woche" and "heute in 14 Tagen"."""
    start = calendar.shifted(reader.at.today, reader.integer(found, "r"))
    day = added(start, _count(reader, found), reader.value(found, "u", str))
    return day_item(found, day)


def added(day: date, count: float, unit: str) -> date | None:
    """Return a day so many days, weeks, months later; None for units shorter than a day."""
    whole = int(count)
    if unit in {"day", "week", "fortnight"}:
        length = {"day": 1, "week": 7, "fortnight": 14}[unit]
        return calendar.shifted(day, int(count * length))
    if unit == "business_day":
        for _ in range(min(whole, 300)):
            day = calendar.shifted(day, 1)
            while day.weekday() > 4:
                day = calendar.shifted(day, 1)
        return day
    if unit in {"month", "year", "quarter"}:
        length = {"month": 1, "quarter": 3, "year": 12}[unit]
        return calendar.added_months(day, int(count * length))
    return None


def _offset(reader: Reader, found: re.Match[str]) -> Items:
    """Read "in 3 Tagen", "in two hours", "5 minutes later": from now, or from what is offered."""
    count = amount(reader, found, "n")
    unit = _unit(reader, found, "u")
    later = found[0].endswith("L")
    base = reader.at.anchor if later and reader.at.anchor else reader.at.now
    if later and reader.value(found, "l", str) not in {"later", "week_later"}:
        count = -count
    day = added(base.date(), count, unit) if count >= 0 else _earlier(base.date(), count, unit)
    if day is not None:
        return day_item(found, day, is_relative=True)
    if unit == WEEKEND:
        return _weekend_ahead(reader, found, int(count))
    minutes = length_in_minutes(count, unit)
    if reader.has(found, "u2"):
        more = reader.token(found, "u2")
        factor = amount(reader, found, "n2")
        minutes += (
            int(factor * float(str(more.value))) if more.tag == "d"
            else length_in_minutes(factor, str(more.value))
        )  # fmt: skip
    return moment_items(found, base + timedelta(minutes=min(max(minutes, -527040), 527040)))


def _weekend_ahead(reader: Reader, found: re.Match[str], count: int) -> Items:
    """Read "two weekends from now": the second that comes."""
    first = calendar.shifted(coming(reader.at.today, 5), 7 * (count - 1))
    return span_item(found, DateSpan(first, calendar.shifted(first, 1)) if count > 0 else None)


def _in_about(reader: Reader, found: re.Match[str]) -> Items:
    """Read "in etwa zwei Stunden", whose "in etwa" else is no more than "about"."""
    return _offset(reader, found) if reader.tokens[found.start()].text == "in etwa" else None


def _between_lengths(reader: Reader, found: re.Match[str]) -> Items:
    """Read "in 3-4 days", "in two to three weeks", "in 2 bis 3 Stunden"."""
    least, most, unit = (
        amount(reader, found, "n"),
        amount(reader, found, "n2"),
        _unit(reader, found, "u"),
    )
    today, now = reader.at.today, reader.at.now
    first, last = added(today, least, unit), added(today, most, unit)
    if first is not None and last is not None:
        return span_item(found, DateSpan(first, last)) if first <= last else None
    begin = now.hour * 60 + now.minute + length_in_minutes(least, unit)
    until = begin + length_in_minutes(most - least, unit)
    if not begin < until < 1440:
        return None
    day = DateSpan(today, today)
    return [
        Item("D", found.start(), found.end(), days=day, is_relative=True),
        Item("R", found.start(), found.end(), minutes=begin, until=until),
    ]


def _shortly(reader: Reader, found: re.Match[str]) -> Items:
    """Read "in einer Viertelstunde", "in half an hour", "half an hour later"."""
    minutes, base = reader.integer(found, "u2"), reader.at.now
    if found[0].endswith("<"):
        minutes = -minutes
    if reader.has(found, "l"):
        base = reader.at.anchor or base
        minutes *= 1 if reader.value(found, "l", str) == "later" else -1
    return moment_items(found, base + timedelta(minutes=minutes))


def _weekday_week(reader: Reader, found: re.Match[str]) -> Items:
    """Read "Wednesday week": a week after the coming one."""
    days = {"week": 7, "fortnight": 14}.get(reader.text(found, "u"))
    if days is None:
        return None
    near = coming(reader.at.today, reader.integer(found, "w"))
    return day_item(found, calendar.shifted(near, days))


def _day_beside(reader: Reader, found: re.Match[str]) -> Items:
    """Read the beginning of "the day before Christmas"."""
    if reader.text(found, "r") != "the day":
        return None
    side = found.start("s")
    return [
        Item("d", found.start(), side, number=1, unit=DAY),
        Item(reader.token(found, "s").tag, side, side + 1),
    ]


def _day_after_that(reader: Reader, found: re.Match[str]) -> Items:
    """Read the end of "tomorrow or the day after", and "the day before"."""
    if reader.text(found, "r") not in {"the day", "for the day"}:
        return None
    said = [t.value for t in reader.tokens[: found.start()] if t.tag == "r"]
    base = said[-1] if said and isinstance(said[-1], int) else 0
    day = calendar.shifted(reader.at.today, base + (-1 if found[0][-1] == "B" else 1))
    return day_item(found, day, is_relative=True)


def _from_now(reader: Reader, found: re.Match[str]) -> Items:
    """Read the "from now" of "from now until Tuesday"."""
    return day_item(found, reader.at.today, is_relative=True)


def _between_now(reader: Reader, found: re.Match[str]) -> Items:
    """Read the beginning of "between now and Friday"."""
    today = DateSpan(reader.at.today, reader.at.today)
    return [
        Item("v", found.start(), found.start() + 1, text=reader.tokens[found.start()].text),
        Item("D", found.start() + 1, found.end(), days=today, is_relative=True),
    ]


def _in_clock(reader: Reader, found: re.Match[str]) -> Items:
    """Read "in 1h30" and "in 1:30 Stunden": a length written as a clock time."""
    is_length = reader.has(found, "u") and reader.value(found, "u", str) == HOUR
    if not is_length and "h" not in reader.text(found, "c").lower():
        return None
    return moment_items(found, reader.at.now + timedelta(minutes=reader.integer(found, "c")))


def _and_a_half(reader: Reader, found: re.Match[str]) -> Items:
    """Read "in an hour and a half"."""
    if reader.value(found, "u", str) != "hour" or reader.value(found, "f", str) != "half":
        return None
    return moment_items(found, reader.at.now + timedelta(minutes=90))


def _ago(reader: Reader, found: re.Match[str]) -> Items:
    """Read "vor drei Tagen", "two weeks ago": days that are over."""
    count, unit = amount(reader, found, "n"), reader.value(found, "u", str)
    if unit in {"hour", "minute"}:
        minutes = min(length_in_minutes(count, unit), 527040)
        return moment_items(found, reader.at.now - timedelta(minutes=minutes))
    day = _earlier(reader.at.today, -count, unit)
    if unit in {"month", "year"}:
        day = added(reader.at.today, -count, unit)
    return day_item(found, day, is_relative=True)


def _earlier(day: date, count: float, unit: str) -> date | None:
    lengths = {"day": 1, "week": 7, "fortnight": 14}
    return calendar.shifted(day, int(count * lengths[unit])) if unit in lengths else None


def moment_items(found: re.Match[str], moment: datetime) -> list[Item]:
    """Return a day and an exact clock time."""
    day = DateSpan(moment.date(), moment.date())
    minutes = moment.hour * 60 + moment.minute
    return [
        Item("D", found.start(), found.end(), days=day, is_relative=True),
        Item("C", found.start(), found.end(), minutes=minutes),
    ]


def amount(reader: Reader, found: re.Match[str], group: str) -> float:
    """Return a number of units: 3, 2.5, 1/4, or one where none is said."""
    if not reader.has(found, group):
        return 1
    value = reader.token(found, group).value
    if isinstance(value, tuple):
        one, two = value[0], value[1]
        if reader.token(found, group).tag == "S":
            return float(one / two) if two else 1.0
        return float(f"{one}.{two}")
    return float(value) if isinstance(value, int | float) else 1


def _unit(reader: Reader, found: re.Match[str], group: str) -> str:
    token = reader.token(found, group)
    return "hour" if token.tag == "h" else str(token.value)


def length_in_minutes(count: float, unit: str) -> int:
    """Return a length of minutes, hours or days in minutes."""
    return int(count * {"hour": 60, "day": 1440, "week": 10080}.get(unit, 1))


def steps(which: str) -> int:
    """Return how many weeks or months on "next", "übernächste" and "last" are."""
    return {THIS: 0, AFTER_NEXT: 2, LAST: -1, BEFORE_LAST: -2}.get(which, 1)


def _same_day(reader: Reader, found: re.Match[str]) -> Items:
    if reader.at.anchor is None:
        return None
    return day_item(found, reader.at.anchor.date(), is_relative=True)


def _next_day(reader: Reader, found: re.Match[str]) -> Items:
    if reader.text(found, "u") not in {"day", "tag", "tages", "tags"}:
        return None
    which = reader.value(found, "q", str)
    base = reader.at.anchor if reader.at.anchor and which in {COMING, NEXT} else reader.at.now
    return day_item(found, calendar.shifted(base.date(), steps(which)), is_relative=True)


RULES: tuple[Rule, ...] = (
    rule("n1", r"(?P<n>[n1])(?P<w>[wW])g*>", _nth_weekday_ahead),
    rule("w", r"(?P<w>w),?i[~g]*(?P<n>[n1])(?P<u>u)", _weekday_in_weeks),
    rule("n1", r"(?P<n>[n1])(?P<u>u)G?g*(?P<w>w)", _weekday_in_weeks),
    rule("n1", r"(?P<n>[n1])(?P<u>u)(?P<q>q)(?P<w>w)", _weekday_in_weeks),
    rule("i", r"i[~g]*(?P<n>[n1])(?P<u>u)G?[g1]*(?P<w>w)", _weekday_in_weeks),
    rule("n1", r"(?P<n>[n1])(?P<u>u)g*>[,]?G?g*(?P<w>w)", _weekday_in_weeks),
    rule("w", r"(?P<w>w)(?P<u>u)(?![nO1])", _weekday_week),
    rule("d", r"(?P<u2>d)(?P<l>L)", _shortly),
    rule("d", r"(?P<u2>d)[<>]", _shortly),
    rule("i", r"i[~g]*(?P<n>1)(?P<u>u)&1(?P<f>f)", _and_a_half),
    rule("1n", r"(?P<n>[1n])(?P<u>u)&1(?P<f>f)g*>", _and_a_half),
    rule("r", r"(?P<r>r)[AB](?=[.]*$)", _day_after_that),
    rule("n1", r"(?P<n>[n1])(?P<u>u)(?P<u2>)A(?=[.,]*$)", _offset),
    rule("n1", r"(?P<n>[n1])(?P<u>u)<", _ago),
    rule("B", r"Bg*(?P<n>[n1])(?P<u>u)(?![AB]|d)", _ago),
    rule("r", r"(?P<r>r)(?P<s>[AB])(?=g*[HwDqnOSm])", _day_beside),
    rule("w", r"(?P<w>w)(?P<n>[n1])(?P<u>u)g*>", _weekday_in_weeks),
    rule("v", r"v[?](?=[-tb])", _from_now),
    rule(">", r">(?=[-tb])", _from_now),
    rule("v", r"v[?](?=&)", _between_now),
    rule("r", r"(?P<r>r)", _relative),
    rule("r", r"(?P<r>r)(?P<p>g)(?P<n>[n1])(?P<u>u)", _plus),
    rule("R", r"(?P<e>)(?P<r>R)", _tonight),
    rule("e", r"(?P<e>e)(?P<r>R)", _tonight),
    rule("i", r"i[~g]*(?P<c>C)(?P<u>u)?", _in_clock),
    rule("n1", r"(?P<n>[n1])(?P<u>u)(?P<r>r)", _from_relative),
    rule("i", r"i[~1g]*(?P<u2>d)(?P<n>)(?P<u>)", _shortly),
    rule("r", r"(?P<r>r)i[~g]*(?P<n>[n1])(?P<u>u)", _from_relative),
    rule("i", r"i[~g]*(?P<n>[n1MS])~*(?P<u>[uh])(?:&?(?P<n2>[n1])(?P<u2>[uhd]))?", _offset),
    rule("~", r"~(?P<n>[n1])(?P<u>u)(?P<u2>)", _in_about),
    rule("i", r"i[~g]*(?P<n>[n1])[-t|b,](?P<n2>n)(?P<u>u)", _between_lengths),
    rule("n1MS", r"(?P<n>[n1MS])(?P<u>u)(?P<u2>)g*(?:>|(?P<l>L))", _offset),
    rule("n1", r"(?P<n>[n1])(?P<u>[uh])&?(?P<n2>[n1])(?P<u2>u)g*(?:>|(?P<l>L))", _offset),
    rule("Gs", r"G?g*su", _same_day),
    rule("q", r"(?P<q>q)(?P<u>u)", _next_day),
)  # fmt: skip
