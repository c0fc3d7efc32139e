"""A judge that knows all rules of a small business in its own way.

It keeps working time as sets of five-minute cells and looks at every start by itself. It shares
no code with the application but the catalog's values: neither intervals, nor grids, nor the
distance between bookings, nor holidays.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from scheduling.catalog import StaffMember
from scheduling.occupancy import Claim
from tests.builders import minutes
from tests.unit.scheduling.index.small_businesses import Case

CELL = 300
NATION = {date(2026, 4, 3), date(2026, 4, 6), date(2027, 1, 1)}
HOLIDAYS = {
    None: NATION,
    "BE": NATION | {date(2026, 3, 8)},
    "NW": NATION | {date(2026, 11, 1)},
    "ST": NATION | {date(2026, 10, 31)},
}
"""What of the drawn days is a public holiday there, from the calendar on the wall."""


def utc(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def judge(case: Case) -> dict[str, list[int]]:
    """Return each member's starts, by every start against every rule."""
    starts = [s for s in _five_minutes(case) if is_on_grid(case, s) and is_in_time(case, s)]
    open_cells = business_cells(case)
    return {
        member.id: [s for s in starts if can_serve(case, member, s, working)]
        for member in case.business.staff
        for working in [open_cells & member_cells(case, member)]
    }


def _five_minutes(case: Case) -> range:
    first = int(case.now.timestamp()) // CELL * CELL
    return range(first, first + 4 * 86400 + CELL + 1, CELL)


def is_on_grid(case: Case, second: int) -> bool:
    clock = datetime.fromtimestamp(second, case.business.zone)
    since = clock.hour * 60 + clock.minute - case.service.slot_offset // minutes(1)
    return since >= 0 and since % (case.service.slot_interval // minutes(1)) == 0


def is_in_time(case: Case, second: int) -> bool:
    service, season = case.service, case.service.bookable
    ahead = utc(second) - case.now
    if not service.minimum_lead_time <= ahead <= service.maximum_advance:
        return False
    day = datetime.fromtimestamp(second, case.business.zone).date()
    return season is None or season.first <= day <= season.last


def cells_of(zone: ZoneInfo, dates: Iterable[date], hours_of) -> set[int]:
    """Return the cells of what is open on these dates there, each wall time by itself."""
    found: set[int] = set()
    for day in dates:
        for each in hours_of(day):
            last = day + timedelta(days=1) if each.closes == time(0) else day
            opens, closes = (
                int(datetime.combine(d, clock, tzinfo=zone).timestamp())
                for d, clock in ((day, each.opens), (last, each.closes))
            )
            assert opens % CELL == closes % CELL == 0
            found.update(range(opens, closes, CELL))
    return found


def dates_around(case: Case) -> list[date]:
    first = case.now.date()
    return [first + timedelta(days=n) for n in range(-3, 8)]


def business_cells(case: Case) -> set[int]:
    business, service = case.business, case.service
    free = HOLIDAYS[business.subdivision] if business.observe_holidays else set()
    dates = [
        day
        for day in dates_around(case)
        if day not in free and not any(c.first <= day <= c.last for c in business.closures)
    ]
    found = cells_of(business.zone, dates, lambda day: business.hours.get(day.weekday(), ()))
    if service.hours is not None:
        own = service.hours
        found &= cells_of(
            business.zone, dates_around(case), lambda day: own.get(day.weekday(), ())
        )
    return found


def member_cells(case: Case, member: StaffMember) -> set[int]:
    free = HOLIDAYS[member.subdivision] if member.subdivision else set()
    dates = [
        day
        for day in dates_around(case)
        if is_there(case, member, day.weekday())
        and day not in free
        and not any(off.first <= day <= off.last for off in member.time_off)
    ]

    def shift(day: date):
        return member.overrides.get(day, member.hours.get(day.weekday(), ()))

    paused = cells_of(
        member.zone, dates_around(case), lambda day: member.breaks.get(day.weekday(), ())
    )
    return cells_of(member.zone, dates, shift) - paused


def is_there(case: Case, member: StaffMember, weekday: int) -> bool:
    for way in case.service.locations:
        if case.location_id in {"", way.id}:
            if way.place is None:
                return True
            serves = not member.sites or way.id in member.sites
            if serves and member.work_places.get(weekday, way.id) == way.id:
                return True
    return False


def can_serve(case: Case, member: StaffMember, start: int, working: set[int]) -> bool:
    service = case.service
    served = range(start, start + int(case.duration.total_seconds()), CELL)
    if not all(cell in working for cell in served):
        return False
    begins = utc(start) - service.pre_buffer
    ends = utc(start) + case.duration + service.post_buffer
    for item in case.entries[member.id]:
        if item.status in service.blocking and begins < item.span.end and item.span.start < ends:
            return False
    living = living_claims(case, member)
    return not any(is_too_near(case, start, claim) for claim in living) and not is_full(
        member, start, living
    )


def living_claims(case: Case, member: StaffMember) -> list[Claim]:
    now = int(case.now.timestamp())
    return [c for c in case.claims[member.id] if c.until == 0 or now < c.until]


def is_too_near(case: Case, start: int, claim: Claim) -> bool:
    """Whichever comes first: is there less between them than its after and the other's before?"""
    service = case.service
    end = start + int(case.duration.total_seconds())
    before, after = (int(b.total_seconds()) for b in (service.pre_buffer, service.post_buffer))
    way = way_between(case, claim.place_id)
    claims_before, claims_after = claim.start - claim.busy_start, claim.busy_end - claim.end
    if service.shared_buffers and claim.shares:
        ours_first, theirs_first = max(after, claims_before), max(claims_after, before)
    else:
        ours_first, theirs_first = after + claims_before, claims_after + before
    return not (
        claim.start - end >= max(ours_first, way) or start - claim.end >= max(theirs_first, way)
    )


def way_between(case: Case, other: str) -> int:
    ways = case.service.locations
    here = case.location_id or (ways[0].id if len(ways) == 1 else "")
    if here in {"", "teams"} or other in {"", here}:
        return 0
    known = {("north", "south"): 35, ("south", "west"): 7}
    usual = case.business.default_travel // minutes(1)
    return 60 * known.get(tuple(sorted((here, other))), usual)


def is_full(member: StaffMember, start: int, claims: list[Claim]) -> bool:
    def day(second: int) -> date:
        return datetime.fromtimestamp(second, member.zone).date()

    days = Counter(day(claim.start) for claim in claims)
    weeks = Counter(day(claim.start).isocalendar()[:2] for claim in claims)
    counts = (
        (member.max_per_day, days[day(start)]),
        (member.max_per_week, weeks[day(start).isocalendar()[:2]]),
    )
    return any(cap is not None and count >= cap for cap, count in counts)
