"""How long a staff member is open for a service at a stretch, zones and breaks counted in."""

from datetime import UTC, datetime, timedelta

from bot.business_file.building import business_of
from bot.business_file.hours import minutes_of
from bot.business_file.models import BusinessEntry, ServiceEntry, StaffEntry
from scheduling.availability import working_spans
from scheduling.timespan import TimeSpan

# a week of winter and one of summer, far from the days on which clocks change
_WEEKS = tuple(
    TimeSpan(start, start + timedelta(weeks=1))
    for start in (datetime(2026, 1, 12, tzinfo=UTC), datetime(2026, 7, 13, tzinfo=UTC))
)


def longest_opening(business: BusinessEntry, service: ServiceEntry, member: StaffEntry) -> int:
    """Return the minutes of the longest stretch in an ordinary week; 0 where there is none.

    A single day with other hours counts as it is written, whatever the business does that day.
    """
    usual = business.model_copy(
        update={"closures": (), "observe_holidays": False, "country": "DE", "state": None}
    )
    working = member.model_copy(
        update={"time_off": (), "overrides": {}, "state": None, "wave": None, "declaration": None}
    )
    anywhere = service.model_copy(update={"locations": ("teams",), "staff": (), "skills": ()})
    catalog = business_of(usual, [anywhere], [working], [])
    spans = (
        span
        for week in _WEEKS
        for span in working_spans(catalog, catalog.services[0], catalog.staff[0], week)
    )
    usually = max((span.duration // timedelta(minutes=1) for span in spans), default=0)
    single = [minutes_of(opening) for day in member.overrides.values() for opening in day]
    return max([usually, *(closes - opens for opens, closes in single)])
