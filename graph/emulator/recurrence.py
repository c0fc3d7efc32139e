"""Occurrences of a series: daily, weekly, absoluteMonthly and absoluteYearly patterns.

Wall-clock times stay the same across the change to summer time.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from graph.emulator.errors import invalid_request
from graph.emulator.event import Event
from graph.emulator.times import to_utc
from graph.emulator.zones import zone_of

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# series are walked from their start, so it may not lie too far back
_FIRST_YEAR = 1990
_LAST_DAY = date(4500, 1, 1)


def check(recurrence: dict[str, Any]) -> None:
    """Refuse what cannot be expanded."""
    try:
        limits = recurrence["range"]
        first = date.fromisoformat(limits["startDate"])
        days = list(_dates(recurrence, first, 1)) if _is_sound(limits["type"], first) else []
    except (KeyError, TypeError, ValueError, AttributeError):
        raise invalid_request("The recurrence is not valid.") from None
    if not days:
        raise invalid_request("The recurrence has no occurrence.")


def _is_sound(kind: object, first: date) -> bool:
    return kind in ("endDate", "noEnd", "numbered") and first.year >= _FIRST_YEAR


def occurrences(series: Event, start: datetime, end: datetime) -> Iterator[Event]:
    """Yield views of the occurrences and exceptions that overlap [start, end)."""
    recurrence = series.recurrence or {}
    first = date.fromisoformat(recurrence["range"]["startDate"])
    length = series.end - series.start
    until = min(end.date() + timedelta(days=1), _LAST_DAY)
    for day in _dates(recurrence, first, None, until):
        if day in series.removed or day in series.exceptions:
            continue
        begin = _moment(series, day)
        if begin < end and begin + length > start:
            yield as_occurrence(series, day, begin, begin + length)
    for day, override in sorted(series.exceptions.items()):
        if override.start < end and override.end > start:
            yield as_occurrence(series, day, override.start, override.end)


def occurrence_on(series: Event, day: date) -> Event | None:
    """Return the occurrence of that day; None if there is none or it was removed."""
    if series.recurrence is None or day in series.removed:
        return None
    first = date.fromisoformat(series.recurrence["range"]["startDate"])
    if day not in _dates(series.recurrence, first, None, day + timedelta(days=1)):
        return None
    begin = _moment(series, day)
    return as_occurrence(series, day, begin, begin + (series.end - series.start))


def as_occurrence(series: Event, day: date, start: datetime, end: datetime) -> Event:
    """Return a view of one occurrence; writing to it does not change the series."""
    override = series.exceptions.get(day)
    if override is None:
        return replace(series, day=day, start=start, end=end, facts=dict(series.facts))
    facts = {**series.facts, **override.facts}
    return replace(series, day=day, start=override.start, end=override.end, facts=facts)


def _moment(series: Event, day: date) -> datetime:
    if series.is_all_day:
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    zone = zone_of(series.zone)
    wall = series.start.astimezone(zone)
    return to_utc(datetime.combine(day, wall.time().replace(fold=0)), zone)


def _dates(
    recurrence: dict[str, Any], first: date, count: int | None, until: date = _LAST_DAY
) -> Iterator[date]:
    """Return the days of the pattern before `until`, at most `count`."""
    limits = recurrence["range"]
    kind = limits["type"]
    if kind == "endDate":
        until = min(until, date.fromisoformat(limits["endDate"]) + timedelta(days=1))
    if kind == "numbered":
        count = min(count or 10**6, int(limits["numberOfOccurrences"]))
    for index, day in enumerate(_pattern(recurrence["pattern"], first)):
        if day >= until or (count is not None and index >= count):
            return
        yield day


def _pattern(pattern: dict[str, Any], first: date) -> Iterator[date]:
    interval = int(pattern.get("interval") or 1)
    if not 1 <= interval <= 999:
        raise ValueError
    kind = str(pattern["type"])
    if kind == "daily":
        return _daily(first, interval)
    if kind == "weekly":
        return _weekly(pattern, first, interval)
    if kind in {"absoluteMonthly", "absoluteYearly"}:
        months = interval if kind == "absoluteMonthly" else interval * 12
        return _monthly(int(pattern.get("dayOfMonth") or first.day), first, months)
    raise ValueError


def _daily(first: date, interval: int) -> Iterator[date]:
    day = first
    while day < _LAST_DAY:
        yield day
        day += timedelta(days=interval)


def _weekly(pattern: dict[str, Any], first: date, interval: int) -> Iterator[date]:
    wanted = sorted({DAYS.index(d.lower()) for d in pattern.get("daysOfWeek") or []})
    begin = DAYS.index(str(pattern.get("firstDayOfWeek") or "sunday").lower())
    offsets = sorted((d - begin) % 7 for d in wanted or [first.weekday()])
    week = first - timedelta(days=(first.weekday() - begin) % 7)
    while week < _LAST_DAY:
        yield from (d for d in (week + timedelta(days=o) for o in offsets) if d >= first)
        week += timedelta(weeks=interval)


def _monthly(day_of_month: int, first: date, months: int) -> Iterator[date]:
    if not 1 <= day_of_month <= 31:
        raise ValueError
    month = first.year * 12 + first.month - 1
    while month < _LAST_DAY.year * 12:
        day = _clipped(month, day_of_month)
        if day >= first:
            yield day
        month += months


def _clipped(month: int, day_of_month: int) -> date:
    begin = date(month // 12, month % 12 + 1, 1)
    following = date((month + 1) // 12, (month + 1) % 12 + 1, 1)
    return begin + timedelta(days=min(day_of_month, (following - begin).days) - 1)
