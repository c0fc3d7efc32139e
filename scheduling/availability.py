"""From rules to spans: when a staff member may serve, in UTC, before anything busy is looked at.

Weekly hours and date overrides in the staff member's zone; opening hours, closures, public
holidays and a service's own hours in the zone of the business. No busy times, no grid: slots.py.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

import holidays

from scheduling.catalog import (
    Business,
    DateRange,
    OpenHours,
    Service,
    StaffMember,
    WeeklyHours,
)
from scheduling.errors import CatalogError
from scheduling.timespan import TimeSpan, intersect, subtract, wall_span

HOLIDAY_LANGUAGE = "de"
"""Countries without German names come in the library's own language."""


@dataclass(frozen=True, slots=True)
class StartWindow:
    """When a booking may begin: from `first` to `last`, both inclusive."""

    first: datetime
    last: datetime

    def within(self, span: TimeSpan) -> "StartWindow | None":
        """Return the part whose starts lie in the half-open span, or None."""
        first = max(self.first, span.start)
        last = min(self.last, span.end - timedelta.resolution)
        return StartWindow(first, last) if first <= last else None

    def __contains__(self, moment: object) -> bool:
        return isinstance(moment, datetime) and self.first <= moment <= self.last

    def served(self, duration: timedelta) -> TimeSpan:
        """Return the time in which a booking begun in the window takes place."""
        return TimeSpan(self.first, self.last + duration)


def start_window(service: Service, now: datetime) -> StartWindow | None:
    """Return the starts that lead and advance allow; None where the lead is the longer one."""
    first, last = now + service.minimum_lead_time, now + service.maximum_advance
    return StartWindow(first, last) if first <= last else None


def working_spans(
    business: Business, service: Service, member: StaffMember, span: TimeSpan
) -> list[TimeSpan]:
    """Return when the staff member may serve this service inside `span`, sorted and merged."""
    spans = intersect(
        _expand(_rules_of(member), span), _expand(_rules_of_business(business), span)
    )
    if service.hours is not None:
        own = _Rules(zone=business.zone, hours=_frozen(service.hours))
        spans = intersect(spans, _expand(own, span))
    return intersect(spans, [span])


@lru_cache(maxsize=256)
def public_holidays(country: str, subdivision: str | None, year: int) -> Mapping[date, str]:
    """Return the statutory holidays of a year and their names (computed, nothing is fetched).

    Raises CatalogError for a country or subdivision the library does not know. Days that bind only
    single municipalities (Friedensfest, Mariä Himmelfahrt in Bavaria) are not among them.
    """
    try:
        days = holidays.country_holidays(
            country, subdiv=subdivision, years=year, language=HOLIDAY_LANGUAGE
        )
    except NotImplementedError as unknown:
        raise CatalogError(str(unknown)) from None
    return MappingProxyType({day: str(name) for day, name in sorted(days.items())})


@dataclass(frozen=True, slots=True)
class _Rules:
    """The wall-clock rules of somebody as one hashable value: equal rules are expanded once."""

    zone: ZoneInfo
    hours: tuple[tuple[int, tuple[OpenHours, ...]], ...]
    overrides: tuple[tuple[date, tuple[OpenHours, ...]], ...] = ()
    breaks: tuple[tuple[int, tuple[OpenHours, ...]], ...] = ()
    closed: tuple[DateRange, ...] = ()
    holidays_of: tuple[str, str | None] | None = None


def _rules_of(member: StaffMember) -> _Rules:
    return _Rules(
        zone=member.zone,
        hours=_frozen(member.hours),
        overrides=tuple(sorted(member.overrides.items(), key=lambda item: item[0])),
        breaks=_frozen(member.breaks),
        closed=member.time_off,
    )


def _rules_of_business(business: Business) -> _Rules:
    observed = (business.country, business.subdivision) if business.observe_holidays else None
    return _Rules(
        zone=business.zone,
        hours=_frozen(business.hours),
        closed=business.closures,
        holidays_of=observed,
    )


def _frozen(hours: WeeklyHours) -> tuple[tuple[int, tuple[OpenHours, ...]], ...]:
    return tuple(sorted(hours.items(), key=lambda item: item[0]))


def _expand(rules: _Rules, span: TimeSpan) -> tuple[TimeSpan, ...]:
    first, last = (moment.astimezone(rules.zone).date() for moment in (span.start, span.end))
    return _spans_of_days(rules, first, last)


@lru_cache(maxsize=1024)
def _spans_of_days(rules: _Rules, first: date, last: date) -> tuple[TimeSpan, ...]:
    hours, breaks, overrides = dict(rules.hours), dict(rules.breaks), dict(rules.overrides)
    opened: list[TimeSpan] = []
    paused: list[TimeSpan] = []
    for day in _days(first, last):
        if _is_closed(rules, day):
            continue
        opened += _on(day, overrides.get(day, hours.get(day.weekday(), ())), rules.zone)
        paused += _on(day, breaks.get(day.weekday(), ()), rules.zone)
    return tuple(subtract(opened, paused))


def _is_closed(rules: _Rules, day: date) -> bool:
    if any(day in closed for closed in rules.closed):
        return True
    return rules.holidays_of is not None and day in public_holidays(*rules.holidays_of, day.year)


def _on(day: date, openings: tuple[OpenHours, ...], zone: ZoneInfo) -> list[TimeSpan]:
    spans = (wall_span(day, opening.opens, opening.closes, zone) for opening in openings)
    return [span for span in spans if span is not None]


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))
