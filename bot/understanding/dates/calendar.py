"""Arithmetic of the calendar: next occurrences, weeks from Monday, months, parts of both."""

from collections.abc import Iterator
from datetime import date, timedelta

from bot.understanding.wish import DateSpan

DAY = timedelta(days=1)
FURTHEST = 2199
"""Last year anything is read into."""


def made(year: int, month: int, day: int) -> date | None:
    """Return the date, None where there is none (30 February) or the year is out of reach."""
    if not 1900 <= year <= FURTHEST:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def shifted(day: date, days: int) -> date:
    """Return so many days later, held within the years that are read."""
    if abs(days) > 36600:
        return date(FURTHEST, 12, 31)
    return min(max(day + DAY * days, date(1900, 1, 1)), date(FURTHEST, 12, 31))


def next_date(today: date, month: int, day: int) -> date | None:
    """Return the coming such day, today included; 29 February may be years ahead."""
    for year in range(today.year, today.year + 9):
        found = made(year, month, day)
        if found is not None and found >= today:
            return found
    return None


def next_day_of_month(today: date, day: int, weekday: int | None = None) -> date | None:
    """Return the coming such day of a month within a year, on the weekday if one is said."""
    for months in range(13):
        year, month = divmod(today.month - 1 + months, 12)
        found = made(today.year + year, month + 1, day)
        if found and found >= today and weekday in {None, found.weekday()}:
            return found
    return None


def monday(day: date) -> date:
    """Return the Monday of its week."""
    return shifted(day, -day.weekday())


def week(day: date, weeks: int = 0) -> DateSpan:
    """Return the whole week of a day, so many weeks on."""
    first = shifted(monday(day), 7 * weeks)
    return DateSpan(first, shifted(first, 6))


def week_number(today: date, number: int) -> DateSpan | None:
    """Return the coming ISO week of that number, the running one included."""
    for year in (today.year, today.year + 1, today.year + 2):
        try:
            first = date.fromisocalendar(year, number, 1)
        except ValueError:
            continue
        if shifted(first, 6) >= today:
            return DateSpan(first, shifted(first, 6))
    return None


def month(year: int, number: int) -> DateSpan:
    """Return a whole month; `number` may lie beyond 1 to 12."""
    years, index = divmod(number - 1, 12)
    year = min(max(year + years, 1900), FURTHEST)
    first = date(year, index + 1, 1)
    after = date(year + 1, 1, 1) if index == 11 else date(year, index + 2, 1)
    return DateSpan(first, after - DAY)


def next_month_named(today: date, number: int) -> DateSpan:
    """Return the coming month of that name, the running one included."""
    return month(today.year + (number < today.month), number)


def added_months(day: date, months: int) -> date:
    """Return the same day so many months later, or the last of that month."""
    span = month(day.year, day.month + min(max(months, -1200), 1200))
    assert span.last is not None
    return min(span.first + DAY * (day.day - 1), span.last)


def nth_weekday(span: DateSpan, weekday: int, number: int) -> date | None:
    """Return the nth such weekday of a span, from the end for numbers below 0."""
    days = [d for d in days_of(span) if d.weekday() == weekday]
    index = number - 1 if number > 0 else number
    return days[index] if -len(days) <= index < len(days) else None


def nth_week(span: DateSpan, number: int) -> DateSpan | None:
    """Return the nth week of a month: a week belongs where its Thursday lies, as in ISO 8601."""
    thursday = nth_weekday(span, 3, number)
    return week(thursday) if thursday else None


def days_of(span: DateSpan) -> Iterator[date]:
    """Give the days of a closed span of at most a year."""
    assert span.last is not None
    for offset in range(min((span.last - span.first).days, 366) + 1):
        yield span.first + DAY * offset


def part_of(span: DateSpan, which: str, today: date) -> DateSpan:
    """Return the beginning, middle, end or rest of a week, month or year."""
    assert span.last is not None
    length = (span.last - span.first).days + 1
    if which in {"early", "late"}:
        half = DAY * (length // 2)
        is_early = which == "early"
        return DateSpan(span.first if is_early else span.first + half,
                        span.first + half - DAY if is_early else span.last)  # fmt: skip
    if which == "rest":
        return DateSpan(max(span.first, today), span.last)
    if length <= 7:
        begin, end = (2, 2) if length == 7 else (length // 3, length // 3)
        middle = DateSpan(span.first + DAY * 2, span.first + DAY * 3)
    elif length <= 31:
        begin, end = 9, length - 21
        middle = DateSpan(span.first + DAY * 10, span.first + DAY * 19)
    else:
        begin, end = length // 3 - 1, length // 3 - 1
        middle = DateSpan(span.first + DAY * (length // 3), span.last - DAY * (length // 3))
    if which == "begin":
        return DateSpan(span.first, span.first + DAY * begin)
    if which == "mid":
        return middle
    return DateSpan(span.last - DAY * end, span.last)
