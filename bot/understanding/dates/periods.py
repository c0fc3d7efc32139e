"""Phrases that name several days: weeks, weekends, months, parts of them, and lengths."""

import re
from datetime import date, datetime, time

from bot.understanding.dates import calendar
from bot.understanding.dates.days import month_said, numbered
from bot.understanding.dates.items import Item, Reader, Rule, day_item, rule, span_item
from bot.understanding.dates.offsets import added, amount, length_in_minutes, steps
from bot.understanding.dates.words import (
    AFTER_NEXT,
    COMING,
    DAY,
    HOUR,
    LAST,
    MINUTE,
    MONTH,
    NEXT,
    QUARTER,
    THIS,
    WEEK,
    WEEKEND,
    WORKWEEK,
    YEAR,
)
from bot.understanding.wish import DateSpan

Items = list[Item] | None
_ANY = frozenset({"any", "every", "irgendein", "irgendeinen", "irgendeinem", "jeden", "jeder"})
_SEVERAL = frozenset({"tage", "tagen", "days", "wochen", "weeks"})
_SINGULAR = frozenset(["week", "month", "day", "woche", "monat", "tag"])


def unit_span(today: date, which: str, unit: str) -> DateSpan | None:
    """Return the week, weekend, month or year that "this", "next" or "last" points to."""
    count = steps(which)
    if unit == WEEK:
        return calendar.week(today, count)
    if unit == WORKWEEK:
        first = calendar.week(today, count).first
        return DateSpan(first, calendar.shifted(first, 4))
    if unit == WEEKEND:
        # "nächstes Wochenende" said from Monday to Friday is mostly the coming one
        weeks = 0 if which in {THIS, "coming"} else count
        saturday = calendar.shifted(calendar.monday(today), 5 + 7 * weeks)
        return DateSpan(saturday, calendar.shifted(saturday, 1))
    if unit == MONTH:
        return calendar.month(today.year, today.month + count)
    if unit == "fortnight" and which in {NEXT, COMING}:
        return DateSpan(calendar.shifted(today, 1), calendar.shifted(today, 14))
    if unit == QUARTER:
        start = (today.month - 1) // 3 * 3 + 1 + 3 * count
        last = calendar.month(today.year, start + 2).last
        return DateSpan(calendar.month(today.year, start).first, last)
    if unit == YEAR:
        year = min(today.year + count, calendar.FURTHEST)
        return DateSpan(date(year, 1, 1), date(year, 12, 31))
    return None


def _unit(reader: Reader, found: re.Match[str]) -> Items:
    which, unit = reader.value(found, "q", str), reader.value(found, "u", str)
    if which in {NEXT, COMING} and unit == "business_day":
        return day_item(found, added(reader.at.today, 1, unit))
    if which != LAST and reader.text(found, "u") in _SEVERAL:
        days = 7 if unit == DAY else 28
        first = calendar.shifted(reader.at.today, 1)
        return span_item(found, DateSpan(first, calendar.shifted(first, days - 1)))
    return span_item(found, unit_span(reader.at.today, which, unit))


def _predefined(reader: Reader, found: re.Match[str]) -> Items:
    which, unit = reader.value(found, "u", tuple)
    if which == "between":
        year = reader.at.today.year
        return span_item(found, DateSpan(date(year, 12, 27), date(year, 12, 31)))
    if which == "first":
        day = calendar.next_day_of_month(reader.at.today, 1)
        return span_item(found, DateSpan(day, day) if day else None)
    if which in {"rest", "begin", "mid", "end", "so_far"}:
        whole = unit_span(reader.at.today, THIS, unit)
        assert whole is not None
        if which == "so_far":
            return span_item(found, DateSpan(whole.first, reader.at.today))
        span = calendar.part_of(whole, which, reader.at.today)
        return span_item(found, span, text=which if which == "end" else "")
    return span_item(found, unit_span(reader.at.today, which, unit))


def _the_week(reader: Reader, found: re.Match[str]) -> Items:
    if reader.text(found, "u") not in {"week", "woche", "weekend", "wochenende", "workweek",
                                       "arbeitswoche"}:  # fmt: skip
        return None
    return span_item(found, unit_span(reader.at.today, THIS, reader.value(found, "u", str)))


def _after_next(reader: Reader, found: re.Match[str]) -> Items:
    unit = reader.value(found, "u", str)
    return span_item(found, unit_span(reader.at.today, AFTER_NEXT, unit))


def _numbered_week(reader: Reader, found: re.Match[str]) -> Items:
    if reader.has(found, "u") and reader.text(found, "u") not in {"week", "woche"}:
        return None
    return span_item(found, calendar.week_number(reader.at.today, reader.integer(found, "n")))


def _numbered_weeks(reader: Reader, found: re.Match[str]) -> Items:
    """Read "KW 15 bis 17"."""
    return _from_week(reader, found, reader.integer(found, "n"), reader.integer(found, "n2"))


def _two_numbered_weeks(reader: Reader, found: re.Match[str]) -> Items:
    """Read "KW 15/16", and "KW 15/26" with its year."""
    one, two, *more = reader.value(found, "s", tuple)
    year = reader.at.today.year % 100
    is_year = two in {year, year + 1} and two != one + 1
    return None if more else _from_week(reader, found, one, one if is_year else two)


def _from_week(reader: Reader, found: re.Match[str], one: int, two: int) -> Items:
    first = calendar.week_number(reader.at.today, one)
    last = calendar.week_number(first.first, two) if first else None
    if first is None or last is None or last.first < first.first:
        return None
    return span_item(found, DateSpan(first.first, last.last))


def _next_units(reader: Reader, found: re.Match[str]) -> Items:
    """Read "die nächsten 3 Tage", "the next two weeks"."""
    which, count = reader.value(found, "q", str), int(amount(reader, found, "n"))
    unit, today = reader.value(found, "u", str), reader.at.today
    is_one = found.end() == found.end("u")
    if which == LAST or (count > 1 and is_one and reader.text(found, "u") in _SINGULAR):
        return None
    if unit in {MINUTE, HOUR}:
        return within_clock(found, reader.at.now, amount(reader, found, "n"), unit)
    if unit == WEEK:
        first = calendar.shifted(calendar.monday(today), 7)
        return span_item(found, DateSpan(first, calendar.shifted(first, 7 * count - 1)))
    if unit == MONTH:
        first = calendar.month(today.year, today.month + 1).first
        last = calendar.month(today.year, today.month + min(count, 240)).last
        return span_item(found, DateSpan(first, last))
    end = added(today, count, unit)
    begin = added(today, 1, "business_day" if unit == "business_day" else DAY)
    if end is None or begin is None or end < begin:
        return None
    return span_item(found, DateSpan(begin, end))


def _next_hour(reader: Reader, found: re.Match[str]) -> Items:
    """Read "in the next hour"."""
    unit = reader.value(found, "u", str)
    if unit not in {MINUTE, HOUR} or reader.value(found, "q", object) not in {NEXT, COMING}:
        return None
    return within_clock(found, reader.at.now, 1, unit)


def _within(reader: Reader, found: re.Match[str]) -> Items:
    """Read "innerhalb von 5 Tagen": from now."""
    unit = reader.value(found, "u", str) if reader.has(found, "u") else MINUTE
    count = amount(reader, found, "n")
    if unit in {MINUTE, HOUR}:
        return within_clock(found, reader.at.now, count, unit)
    last = added(reader.at.today, count, unit)
    return span_item(found, DateSpan(reader.at.today, last) if last else None)


def within_clock(found: re.Match[str], now: datetime, count: float, unit: str) -> list[Item]:
    """Return the hours from now on."""
    minutes = min(length_in_minutes(count, unit), 1439)
    start = now.hour * 60 + now.minute
    today = DateSpan(now.date(), now.date())
    return [
        Item("D", found.start(), found.end(), days=today, is_relative=True),
        Item("R", found.start(), found.end(), minutes=start, until=(start + minutes) % 1440),
    ]


def _part(reader: Reader, found: re.Match[str]) -> Items:
    """Read "Anfang Dezember", "Ende nächster Woche", "rest of the month"."""
    part = reader.value(found, "k", str)
    today = reader.at.today
    if reader.has(found, "m"):
        whole = month_said(reader, found)
    else:
        which = reader.value(found, "q", str) if reader.has(found, "q") else THIS
        unit = reader.value(found, "u", str)
        if unit == DAY:
            return _part_of_today(reader, found, part)
        whole = unit_span(today, which, unit)
    if whole is None:
        return None
    return span_item(found, calendar.part_of(whole, part, today),
                     text="end" if part in {"end", "late"} else "")  # fmt: skip


def _part_to_part(reader: Reader, found: re.Match[str]) -> Items:
    """Read "Anfang bis Mitte nächster Woche", "mid to late April"; or one of the two."""
    if reader.has(found, "m"):
        whole = month_said(reader, found)
    else:
        which = reader.value(found, "q", str) if reader.has(found, "q") else THIS
        whole = unit_span(reader.at.today, which, reader.value(found, "u", str))
    if whole is None:
        return None
    one, two = (
        calendar.part_of(whole, reader.value(found, group, str), reader.at.today)
        for group in ("k", "k2")
    )
    if reader.text(found, "s") not in {"oder", "or"}:
        return span_item(found, DateSpan(one.first, two.last))
    middle = found.start("s")
    return [
        Item("P", found.start(), middle, days=one),
        Item("|", middle, middle + 1, text="oder"),
        Item("P", middle + 1, found.end(), days=two),
    ]


def _part_after_next(reader: Reader, found: re.Match[str]) -> Items:
    """Read "the start of the week after next"."""
    whole = unit_span(reader.at.today, AFTER_NEXT, reader.value(found, "u", str))
    if whole is None:
        return None
    return span_item(
        found, calendar.part_of(whole, reader.value(found, "k", str), reader.at.today)
    )


def _part_of_numbered_week(reader: Reader, found: re.Match[str]) -> Items:
    """Read "Ende KW 7"."""
    whole = calendar.week_number(reader.at.today, reader.integer(found, "n"))
    if whole is None:
        return None
    return span_item(
        found, calendar.part_of(whole, reader.value(found, "k", str), reader.at.today)
    )


def _later_in(reader: Reader, found: re.Match[str]) -> Items:
    """Read "later next week"."""
    which, unit = reader.value(found, "q", str), reader.value(found, "u", str)
    whole = unit_span(reader.at.today, which, unit)
    if whole is None or unit == DAY or which == LAST:
        return None
    late = "late" if reader.value(found, "k", str) == "later" else "early"
    return span_item(found, calendar.part_of(whole, late, reader.at.today))


def _part_of_today(reader: Reader, found: re.Match[str], part: str) -> Items:
    """Read "rest of the day" and "Ende des Tages"."""
    now = reader.at.now
    today = DateSpan(now.date(), now.date())
    day = Item("D", found.start(), found.end(), days=today, is_relative=True)
    if part == "rest":
        start = now.hour * 60 + now.minute
        return [day, Item("R", found.start(), found.end(), minutes=start, until=1439)]
    return (
        [Item("T", found.start(), found.end(), part="late_afternoon")] if part == "end" else None
    )


def _end_of_month(reader: Reader, found: re.Match[str]) -> Items:
    if reader.value(found, "k", str) != "end_month":
        return None
    whole = unit_span(reader.at.today, THIS, MONTH)
    assert whole is not None
    return span_item(found, calendar.part_of(whole, "end", reader.at.today))


def _nth_week(reader: Reader, found: re.Match[str]) -> Items:
    """Read "erste Woche im Dezember", "die dritte Juliwoche", "letzte Woche im Juli"."""
    number = numbered(reader, found)
    unit, month = reader.value(found, "w", str), month_said(reader, found)
    if number is None or month is None or unit not in {WEEK, WEEKEND}:
        return None
    if unit == WEEKEND:
        saturday = calendar.nth_weekday(month, 5, number)
        return span_item(
            found, DateSpan(saturday, calendar.shifted(saturday, 1)) if saturday else None
        )
    return span_item(found, calendar.nth_week(month, number))


def _month(reader: Reader, found: re.Match[str]) -> Items:
    number, today = reader.integer(found, "m"), reader.at.today
    if reader.has(found, "y"):
        year = reader.integer(found, "y")
        return span_item(found, calendar.month(year, number) if 1990 < year < 2100 else None)
    which = reader.value(found, "q", str) if reader.has(found, "q") else THIS
    span = calendar.next_month_named(today, number)
    if not reader.has(found, "q"):
        return span_item(found, span, has_year=False)
    if which == AFTER_NEXT:
        span = calendar.month(span.first.year + 1, number)
    elif which == LAST:
        span = calendar.month(span.first.year - 1, number)
    return span_item(found, span)


def _year_month(reader: Reader, found: re.Match[str]) -> Items:
    year, number = reader.value(found, "v", tuple)
    if not 1 <= number <= 12:
        return None
    return span_item(found, calendar.month(year, number))


def _days_of_month(reader: Reader, found: re.Match[str]) -> Items:
    """Read "13. bis 15. Juli", "from the 13th to the 15th of July", "Feb between 2 and 7"."""
    one, two = reader.integer(found, "a"), reader.integer(found, "b")
    if re.match(r"[Gg]*Og*&", found[0]) and two > one + 1:
        return None  # "am ersten und dritten April" is a list
    if reader.has(found, "m"):
        return _days_of_named_month(reader, found, one, two)
    month = month_said(reader, found)
    if month is None:
        return None
    year, number = month.first.year, month.first.month
    return _between(found, calendar.made(year, number, one), calendar.made(year, number, two))


def _days_of_named_month(reader: Reader, found: re.Match[str], one: int, two: int) -> Items:
    number, today = reader.integer(found, "m"), reader.at.today
    year = reader.integer(found, "y") if reader.has(found, "y") else 0
    if 1990 < year < 2100:
        last = calendar.made(year, number, two)
    else:
        last = calendar.next_date(today, number, two)
    if last is None:
        return None
    first = calendar.made(last.year, number, one)
    if one > two and found.start("m") == found.start():
        after = calendar.month(last.year, number + 1).first
        return _between(found, first, calendar.made(after.year, after.month, two))
    if one > two:
        before = calendar.month(last.year, number - 1).first
        first = calendar.made(before.year, before.month, one)
    return _between(found, first, last)


def _two_days_of_month(reader: Reader, found: re.Match[str]) -> Items:
    """Read "29 / 30 August"."""
    one, two, *more = reader.value(found, "s", tuple)
    return None if more else _days_of_named_month(reader, found, one, two)


def _between(found: re.Match[str], first: date | None, last: date | None) -> Items:
    if first is None or last is None or last < first:
        return None
    return span_item(found, DateSpan(first, last), text="range")


def _coming_days(reader: Reader, found: re.Match[str]) -> Items:
    """Read "vom 22. auf den 23.", "24 - 29": without a month, the coming such days."""
    one, two = reader.integer(found, "a"), reader.integer(found, "b")
    tags = reader.token(found, "a").tag + reader.token(found, "b").tag
    if tags == "nn" and reader.at.month_first and one <= 12 < two <= 31 and _is_all(reader, found):
        day = calendar.next_date(reader.at.today, one, two)
        return span_item(found, DateSpan(day, day) if day else None)
    if tags == "nn" and not (two > 24 and one < two <= 31):
        return None
    if tags == "nO" and _ends_sentence(reader, found) and found[0][0] not in "vG":
        return None
    first = calendar.next_day_of_month(reader.at.today, one)
    if first is None:
        return None
    last = calendar.next_day_of_month(first, two)
    return _between(found, first, last)


def _ends_sentence(reader: Reader, found: re.Match[str]) -> bool:
    """Tell whether the point of "12-4." ends the sentence."""
    return found.end() == len(reader.tags) and reader.text(found, "b").endswith(".")


def _is_all(reader: Reader, found: re.Match[str]) -> bool:
    return len(found[0]) == len(reader.tags)


def _unit_of(reader: Reader, found: re.Match[str]) -> Items:
    """Read the "week of" of "week of September 16th"."""
    unit = reader.value(found, "u", str)
    if reader.text(found, "u") not in {"week", "month", "woche", "weekend", "wochenende"}:
        return None
    return [Item("o" if unit == MONTH else "l", found.start(), found.end(), text=unit)]


def _rest_of_today(reader: Reader, found: re.Match[str]) -> Items:
    if reader.value(found, "r", int) != 0:
        return None
    return _part_of_today(reader, found, reader.value(found, "k", str))


def _length(reader: Reader, found: re.Match[str]) -> Items:
    unit = str(reader.token(found, "u").value)
    number = amount(reader, found, "n")
    text = reader.text(found, "u")
    return [Item("d", found.start(), found.end(), number=number, unit=unit, text=text)]


def _one_unit(reader: Reader, found: re.Match[str]) -> Items:
    """Read the day of "am Tag nach Ostern"; "any day after Easter" is from then on."""
    before = reader.tokens[found.start() - 1] if found.start() else None
    if before is not None and before.text in _ANY:
        return None
    unit = reader.value(found, "u", str)
    return [Item("d", found.start(), found.end(), number=1, unit=unit)]


def _week_later(reader: Reader, found: re.Match[str]) -> Items:
    """Read "die Woche darauf": counted from what is on the table."""
    unit = reader.value(found, "u", str)
    base = (reader.at.anchor or reader.at.now).date()
    if reader.value(found, "l", str) == "earlier":
        return None
    if unit == WEEK:
        return span_item(found, calendar.week(base, 1))
    day = added(base, 1, unit)
    return span_item(found, DateSpan(day, day)) if day else None


def _same_clock(reader: Reader, found: re.Match[str]) -> Items:
    if reader.at.anchor is None or reader.text(found, "x") not in {
        "zeit", "uhrzeit", "time", "stunde"}:  # fmt: skip
        return None
    at: time = reader.at.anchor.time()
    return [Item("C", found.start(), found.end(), minutes=at.hour * 60 + at.minute)]


RULES: tuple[Rule, ...] = (
    rule("q", r"(?P<q>q)~*(?P<u>u)", _unit),
    rule("U", r"(?P<u>U)", _predefined),
    rule("g", r"g(?P<u>u)(?!A|B|g*[mOnDSHr])", _the_week),
    rule("u", r"(?P<u>u)Ag*q", _after_next),
    rule("K", r"K(?P<n>[nO])", _numbered_week),
    rule("K", r"K(?P<n>[nO])g*[-tb&]g*K?(?P<n2>[nO])(?![hz:]|g*m)", _numbered_weeks),
    rule("K", r"K(?P<s>S)", _two_numbered_weeks),
    rule("nO", r"(?P<n>[nO])K", _numbered_week),
    rule("u", r"(?P<u>u)(?P<n>n)(?![hz:])", _numbered_week),
    rule("q", r"(?P<q>q)g*(?P<n>[n1])(?P<u>u)", _next_units),
    rule("n", r"(?P<n>n)(?P<q>q)(?P<u>u)", _next_units),
    rule("qi", r"(?:ig*)?(?P<q>q)g*[n1][-t|b,](?P<n>n)(?P<u>u)", _next_units),
    rule("qi", r"(?:ig*)?(?P<q>q)g*1?(?P<u>u)[|](?P<n>n)(?!u)", _next_units),
    rule("i", r"ig*(?P<q>q)g*(?P<n>[n1])(?P<u>u)", _next_units),
    rule("i", r"ig*(?P<q>q)(?P<u>u)", _next_hour),
    rule("I", r"I[vg]*(?:q)?g*(?P<n>[n1])(?P<u>u)", _within),
    rule("I", r"I[vg]*1?(?P<n>d)(?P<u>)", _within),
    rule("I", r"Ig*(?P<n>)(?P<u>u)", _within),
    rule("k", r"(?P<k>k)[~gi]*K(?P<n>[nO])", _part_of_numbered_week),
    rule("L", r"(?P<k>L)(?P<q>q)g*(?P<u>u)", _later_in),
    rule("k", r"(?P<k>k)[~gi]*(?:(?P<q>q)[~g]*)?(?P<u>u)", _part),
    rule("ke", r"(?P<k>[ke])[~gi]*(?P<m>m)(?:[,g]*(?P<y>y))?", _part),
    rule("e", r"(?P<k>e)[~gi]*(?P<q>q)g*(?P<u>u)", _part),
    rule("ke", r"(?P<k>[ke])g*(?P<s>[-tb|&/])g*(?P<k2>[ke])[~gi]*"
               r"(?:(?:(?P<q>q)[~g]*)?(?P<u>u)|(?P<m>m)(?:[,g]*(?P<y>y))?)", _part_to_part),
    rule("k", r"(?P<k>k)[~gi]*(?P<u>u)Ag*q", _part_after_next),
    rule("k", r"(?P<k>k)g*(?P<r>r)", _rest_of_today),
    rule("u", r"(?P<u>u)g+(?=[mOnDSH])", _unit_of),
    rule("k", r"(?P<k>k)", _end_of_month),
    rule("Oq", r"(?P<n>[Oq])g*(?P<w>u)[ig]+(?:(?P<q>q)g*)?(?:(?P<m>m)|(?P<u>u))(?:[,g]*(?P<y>y))?",
         _nth_week),
    rule("Oq", r"(?P<n>[Oq])(?P<m>m)(?P<w>u)", _nth_week),
    rule("m", r"(?P<m>m)(?:g*(?P<y>y))?[,g]*(?P<n>[Oq])(?P<w>u)", _nth_week),
    rule("im", r"(?:i[gq]*)?(?:(?P<q>q)g*)?(?P<m>m)(?:[,g/-]*(?P<y>y))?(?!u)", _month),
    rule("q", r"(?P<q>q)g*(?P<m>m)(?P<y>)", _month),
    rule("y", r"(?P<y>y)[,/-]?(?P<m>m)", _month),
    rule("iV", r"i?(?P<v>V)", _year_month),
    rule("vgOn", r"v?g*(?P<a>[On])g*[-tb&/]g*(?P<b>[On])i?g*(?:(?P<m>m)|(?:(?P<q>q)g*)?(?P<u>u))"
                r"(?:[,g]*(?P<y>y))?", _days_of_month),
    rule("vG", r"[vG]g*(?P<a>[On])g*[-tb&/]g*(?P<b>[On])i?g*(?P<m>m)(?:[,g]*(?P<y>y))?",
         _days_of_month),
    rule("m", r"(?P<m>m)g*v?g*(?P<a>[On])g*[-t&b]g*(?P<b>[On])(?![hzC:])(?:[,g]*(?P<y>y))?",
         _days_of_month),
    rule("S", r"(?P<s>S)g*(?P<m>m)", _two_days_of_month),
    rule("vgOn", r"v?g*(?P<a>O)g*[-tb]g*(?P<b>[On])(?![hzmCu%]|g*m)", _coming_days),
    rule("vn", r"v?g*(?P<a>n)g*[-tb]g*(?P<b>[On])(?![hzmCu%]|g*m)", _coming_days),
    rule("n1MS", r"(?P<n>[n1MS])(?P<u>u)", _length),
    rule("u", r"(?P<u>u)(?=[AB]g*[HwDrqnOS])", _one_unit),
    rule("gu", r"g?(?P<u>u)(?P<l>L)", _week_later),
    rule("gGs", r"[gG]*s(?P<x>[xh])", _same_clock),
)  # fmt: skip
