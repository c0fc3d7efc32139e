"""From rules to spans: when a staff member may serve, in UTC, before anything busy is looked at.

Weekly hours and date overrides in the staff member's zone; opening hours, closures, public
holidays and a service's own hours in the zone of the business. No busy times, no grid: slots.py.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

import holidays

from scheduling import intervals
from scheduling.catalog import (
    Business,
    DateRange,
    OpenHours,
    Service,
    StaffMember,
    WeeklyHours,
)
from scheduling.errors import CatalogError
from scheduling.timespan import (
    TimeSpan,
    from_seconds,
    intersect,
    wall_seconds,
    wall_time,
    whole_seconds,
)

HOLIDAY_LANGUAGE = "de"
"""Countries without German names come in the library's own language."""

ALL_WEEK = frozenset(range(7))


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


def start_window(service: Service, now: datetime, zone: ZoneInfo) -> StartWindow | None:
    """Return the starts that lead, advance and bookable days allow; None where there are none.

    `zone` is that of the business: bookable days are its days.
    """
    first, last = now + service.minimum_lead_time, now + service.maximum_advance
    if service.bookable is not None:
        season = days_span(service.bookable, zone)
        first, last = max(first, season.start), min(last, season.end - timedelta.resolution)
    return StartWindow(first, last) if first <= last else None


def days_span(days: DateRange, zone: ZoneInfo) -> TimeSpan:
    """Return the first midnight to the one after the last day."""
    return TimeSpan(
        wall_time(days.first, time(0), zone),
        wall_time(days.last + timedelta(days=1), time(0), zone),
    )


def is_bookable(business: Business, member: StaffMember, now: datetime) -> bool:
    """Tell whether anybody may book them by now: their wave has begun and they signed."""
    wanted = business.declaration_version
    if wanted is not None and member.declaration != wanted:
        return False
    begins = member.bookable_from
    return begins is None or wall_time(begins, time(0), business.zone) <= now


def places_of(service: Service, location_id: str = "") -> frozenset[str] | None:
    """Return the places at one of which it takes place; None = anywhere (Teams, phone).

    No location named = in any way the service is offered.
    """
    ways = [loc for loc in service.locations if not location_id or loc.id == location_id]
    if any(location.place is None for location in ways):
        return None
    return frozenset(location.id for location in ways)


def weekdays_at(member: StaffMember, places: frozenset[str] | None) -> frozenset[int]:
    """Return the weekdays on which they can serve at one of the places.

    It must be among their sites and, where a work place is told for that day, be the one.
    """
    if places is None:
        return ALL_WEEK
    here = places & member.sites if member.sites else places
    if not here or not member.work_places:
        return ALL_WEEK if here else frozenset()
    return frozenset(day for day in ALL_WEEK if member.work_places.get(day) in {None, *here})


def working_spans(
    business: Business,
    service: Service,
    member: StaffMember,
    span: TimeSpan,
    location_id: str = "",
) -> list[TimeSpan]:
    """Return when the staff member may serve this service inside `span`, sorted and merged."""
    rules = working_rules(business, service, member, location_id)
    return _inside(rules, span)


def open_spans(business: Business, service: Service, span: TimeSpan) -> list[TimeSpan]:
    """Return when the service is offered at all, whoever works: rooms and equipment follow it."""
    return _inside(opening_rules(business, service), span)


def _inside(rules: tuple["Rules", ...], span: TimeSpan) -> list[TimeSpan]:
    if not rules:
        return []
    start, end = whole_seconds(span)
    found = (from_seconds(*pair) for pair in spans_of(rules, start, end))
    return intersect(found, [span])


def working_rules(
    business: Business, service: Service, member: StaffMember, location_id: str = ""
) -> tuple["Rules", ...]:
    """Return the rules that all must allow a time; none at all where they never serve there."""
    days = weekdays_at(member, places_of(service, location_id))
    return (
        (member_rules(business, member, days), *opening_rules(business, service)) if days else ()
    )


def opening_rules(business: Business, service: Service) -> tuple["Rules", ...]:
    """Return the rules of the business, and those of the service where it has its own hours."""
    ours = _rules_of_business(business)
    if service.hours is None:
        return (ours,)
    return (ours, Rules(zone=business.zone, hours=_frozen(service.hours)))


@lru_cache(maxsize=1024)
def spans_of(rules: tuple["Rules", ...], start: int, end: int) -> tuple[tuple[int, int], ...]:
    """Return what all the rules allow between two epoch seconds, sorted and merged."""
    allowed = [(start, end)]
    for each in rules:
        allowed = intervals.intersect(allowed, _expand(each, start, end))
    return tuple(allowed)


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
class Rules:
    """The wall-clock rules of somebody as one hashable value: equal rules are expanded once."""

    zone: ZoneInfo
    hours: tuple[tuple[int, tuple[OpenHours, ...]], ...]
    overrides: tuple[tuple[date, tuple[OpenHours, ...]], ...] = ()
    breaks: tuple[tuple[int, tuple[OpenHours, ...]], ...] = ()
    closed: tuple[DateRange, ...] = ()
    holidays_of: tuple[str, str | None] | None = None


def member_rules(business: Business, member: StaffMember, days: frozenset[int]) -> Rules:
    """Return when the staff member works on these weekdays, whatever the business does."""
    overrides = ((day, spans) for day, spans in member.overrides.items() if day.weekday() in days)
    return Rules(
        zone=member.zone,
        hours=_frozen({day: spans for day, spans in member.hours.items() if day in days}),
        overrides=tuple(sorted(overrides, key=lambda item: item[0])),
        breaks=_frozen(member.breaks),
        closed=member.time_off,
        holidays_of=(business.country, member.subdivision) if member.subdivision else None,
    )


def _rules_of_business(business: Business) -> Rules:
    observed = (business.country, business.subdivision) if business.observe_holidays else None
    return Rules(
        zone=business.zone,
        hours=_frozen(business.hours),
        closed=business.closures,
        holidays_of=observed,
    )


def _frozen(hours: WeeklyHours) -> tuple[tuple[int, tuple[OpenHours, ...]], ...]:
    return tuple(sorted(hours.items(), key=lambda item: item[0]))


def _expand(rules: Rules, start: int, end: int) -> tuple[tuple[int, int], ...]:
    first, last = (datetime.fromtimestamp(at, rules.zone).date() for at in (start, end))
    return _spans_of_days(rules, first, last)


@lru_cache(maxsize=1024)
def _spans_of_days(rules: Rules, first: date, last: date) -> tuple[tuple[int, int], ...]:
    hours, breaks, overrides = dict(rules.hours), dict(rules.breaks), dict(rules.overrides)
    opened: list[tuple[int, int]] = []
    paused: list[tuple[int, int]] = []
    for day in _days(first, last):
        if _is_closed(rules, day):
            continue
        opened += _on(day, overrides.get(day, hours.get(day.weekday(), ())), rules.zone)
        paused += _on(day, breaks.get(day.weekday(), ()), rules.zone)
    return tuple(intervals.subtract(opened, paused))


def _is_closed(rules: Rules, day: date) -> bool:
    if any(day in closed for closed in rules.closed):
        return True
    return rules.holidays_of is not None and day in public_holidays(*rules.holidays_of, day.year)


def _on(day: date, openings: tuple[OpenHours, ...], zone: ZoneInfo) -> list[tuple[int, int]]:
    pairs = (wall_seconds(day, o.opens, o.closes, zone) for o in openings)
    return [(start, end) for start, end in pairs if start < end]


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))
