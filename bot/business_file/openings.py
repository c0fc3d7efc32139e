"""How long staff are open for a service at a stretch, zones and breaks counted in."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bot.business_file.building import business_of, serving
from bot.business_file.hours import minutes_of
from bot.business_file.models import BusinessEntry, ServiceEntry, StaffEntry
from scheduling.availability import working_spans
from scheduling.timespan import TimeSpan, intersect

# a week of winter and one of summer, far from the days on which clocks change
_WEEKS = tuple(
    TimeSpan(start, start + timedelta(weeks=1))
    for start in (datetime(2026, 1, 12, tzinfo=UTC), datetime(2026, 7, 13, tzinfo=UTC))
)
_ALWAYS = 7 * 24 * 60


def longest_service(
    business: BusinessEntry, service: ServiceEntry, staff: Sequence[StaffEntry]
) -> int | None:
    """Return the minutes that a booking can take at most, 0 for none; None without any staff.

    It may be less than the truth, but never less than the service's longest duration while that
    fits: with thousands of staff the first who has the time for it is enough.
    """
    members = serving(service, staff)
    if not members:
        return None
    if service.assign == "collective":
        return _longest_together(business, service, members)
    longest, seen = 0, set[str]()
    for member in members:
        hours = repr((member.zone, member.hours, member.breaks, member.overrides))
        if hours not in seen:
            seen.add(hours)
            longest = max(longest, longest_opening(business, service, member))
        if longest >= max(service.minutes):
            break
    return longest


def longest_opening(business: BusinessEntry, service: ServiceEntry, member: StaffEntry) -> int:
    """Return the minutes of the longest stretch in an ordinary week; 0 where there is none.

    A single day with other hours counts as it is written, whatever the business does that day.
    """
    single = [minutes_of(opening) for day in member.overrides.values() for opening in day]
    usually = _longest(_usual_spans(business, service, member))
    return max([usually, *(closes - opens for opens, closes in single)])


def _longest_together(
    business: BusinessEntry, service: ServiceEntry, members: Sequence[StaffEntry]
) -> int:
    if any(member.overrides for member in members):
        # single days could hold the time that they never have in an ordinary week
        return _ALWAYS
    common = list(_WEEKS)
    for member in members:
        common = intersect(common, _usual_spans(business, service, member))
    return _longest(common)


def _longest(spans: Sequence[TimeSpan]) -> int:
    return max((span.duration // timedelta(minutes=1) for span in spans), default=0)


def _usual_spans(
    business: BusinessEntry, service: ServiceEntry, member: StaffEntry
) -> list[TimeSpan]:
    """Return when they could serve in the two weeks, were there no single days off."""
    usual = business.model_copy(
        update={
            "closures": (),
            "observe_holidays": False,
            "country": "DE",
            "state": None,
            "declaration": None,
        }
    )
    working = member.model_copy(
        update={"time_off": (), "overrides": {}, "state": None, "wave": None, "work_places": {}}
    )
    anywhere = service.model_copy(
        update={"locations": ("teams",), "staff": (), "skills": (), "bookable": None}
    )
    catalog = business_of(usual, [anywhere], [working], [])
    return [
        span
        for week in _WEEKS
        for span in working_spans(catalog, catalog.services[0], catalog.staff[0], week)
    ]
