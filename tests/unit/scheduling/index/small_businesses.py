"""Small odd businesses drawn at random, and a judge that knows their rules in its own way.

The judge keeps working time as sets of five-minute cells and looks at every start by itself. It
shares no code with the application but the catalog's values: neither intervals, nor grids, nor
the distance between bookings, nor holidays.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from scheduling.catalog import (
    HOME,
    Business,
    BusyStatus,
    DateRange,
    Location,
    LocationKind,
    Place,
    Service,
    StaffMember,
)
from scheduling.occupancy import Claim
from scheduling.ports import BusyItem
from scheduling.timespan import TimeSpan
from tests.builders import (
    BERLIN,
    NEW_YORK,
    a_business,
    a_service,
    a_staff_member,
    a_text,
    hours,
    minutes,
)

CAIRO, KOLKATA = ZoneInfo("Africa/Cairo"), ZoneInfo("Asia/Kolkata")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
"""Its summer time is half an hour."""
ZONES = [BERLIN, NEW_YORK, LORD_HOWE, CAIRO, KOLKATA]

DAYS = [
    (date(2026, 3, 28), BERLIN),
    (date(2026, 10, 24), BERLIN),
    (date(2026, 3, 7), NEW_YORK),
    (date(2026, 10, 31), NEW_YORK),
    (date(2026, 4, 4), LORD_HOWE),
    # Cairo's clock changes at midnight: one day begins at 01:00, one has 23:00 twice
    (date(2026, 4, 23), CAIRO),
    (date(2026, 10, 28), CAIRO),
    (date(2026, 12, 30), KOLKATA),
]
"""The day before a clock change (or a new year), and the zone whose it is."""

NATION = {date(2026, 4, 3), date(2026, 4, 6), date(2027, 1, 1)}
HOLIDAYS = {
    None: NATION,
    "BE": NATION | {date(2026, 3, 8)},
    "NW": NATION | {date(2026, 11, 1)},
    "ST": NATION | {date(2026, 10, 31)},
}
"""What of the drawn days is a public holiday there, from the calendar on the wall."""

NORTH = Place("north", a_text("Nord"), "Nordweg 1")
SOUTH = Place("south", a_text("Süd"), "Südweg 1")
WEST = Place("west", a_text("West"), "Westweg 1")
TEAMS = Location(LocationKind.TEAMS)
AT_NORTH, AT_SOUTH = (Location(LocationKind.PLACE, place) for place in (NORTH, SOUTH))
WAYS = [
    ((TEAMS,), ""),
    ((TEAMS,), "teams"),
    ((AT_NORTH,), ""),
    ((AT_NORTH,), "north"),
    ((AT_NORTH, AT_SOUTH), ""),
    ((AT_NORTH, AT_SOUTH), "south"),
    ((TEAMS, AT_NORTH), ""),
    ((TEAMS, AT_NORTH), "north"),
    ((TEAMS, AT_NORTH), "teams"),
]
"""Where a service can take place, and which of it is asked for."""

SHIFTS = [
    "0-0",
    "0-0",
    "6-22",
    "9-12 13-17",
    "0-6",
    "22-0",
    "0-2:30 7:30-18:30",
    "1:30-3 12-0",
    "2:15-3",
]
BREAKS = ["12-12:30", "2-3", "0-1 18-0"]
CELL = 300


@dataclass(frozen=True)
class Case:
    """One question with all that decides its answer."""

    business: Business
    service: Service
    location_id: str
    now: datetime
    entries: dict[str, list[BusyItem]]
    claims: dict[str, list[Claim]]
    """Also holds that are over by `now`."""

    @property
    def duration(self) -> timedelta:
        return self.service.durations[0]


# drawing: strategies are made once, for making them anew takes longer than judging


def openings(choices: list[str]):
    return st.sampled_from([hours(*words.split()) for words in choices])


def weekly(choices: list[str]):
    """One shift on most days, another one on a few, and perhaps a day off."""
    return st.tuples(
        openings(choices),
        st.dictionaries(st.integers(0, 6), openings(choices), max_size=2),
        st.none() | st.integers(0, 6),
    ).map(
        lambda drawn: {
            day: shift
            for day, shift in (dict.fromkeys(range(7), drawn[0]) | drawn[1]).items()
            if day != drawn[2]
        }
    )


def mostly(usual, strategy):
    return st.one_of(st.just(usual), st.just(usual), strategy)


WEEKLY = weekly(SHIFTS)
DAYS_OFF = mostly((), st.tuples(st.tuples(st.integers(-1, 5), st.integers(0, 2))))
"""(first, further days), counted from the drawn day."""

SERVICES = st.fixed_dictionaries(
    {
        "durations": st.sampled_from([15, 30, 50, 90]).map(lambda n: (minutes(n),)),
        "slot_interval": st.sampled_from([10, 15, 20, 25, 30, 50, 90, 120]).map(minutes),
        "slot_offset": st.sampled_from([0, 0, 5, 10, 25]).map(minutes),
        "pre_buffer": st.sampled_from([0, 5, 10, 17]).map(minutes),
        "post_buffer": st.sampled_from([0, 5, 12, 40]).map(minutes),
        "shared_buffers": st.booleans(),
        "minimum_lead_time": st.sampled_from([0, 45, 120]).map(minutes),
        "maximum_advance": st.sampled_from([timedelta(days=4), timedelta(days=2, minutes=35)]),
        "hours": mostly(None, WEEKLY),
        "bookable": mostly(None, st.tuples(st.integers(-1, 3), st.integers(0, 3))),
        "blocking": st.frozensets(st.sampled_from(BusyStatus), max_size=4),
    }
)
MEMBERS = st.fixed_dictionaries(
    {
        "zone": mostly(None, st.sampled_from(ZONES)),
        "hours": WEEKLY,
        "breaks": mostly({}, weekly(BREAKS)),
        "overrides": st.dictionaries(
            st.integers(0, 3), openings(SHIFTS) | st.just(()), max_size=2
        ),
        "time_off": DAYS_OFF,
        "max_per_day": st.sampled_from([None, 1, 2]),
        "max_per_week": st.sampled_from([None, None, 1, 2, 3]),
        "sites": st.sampled_from([set(), set(), {"north"}, {"south"}]).map(frozenset),
        "work_places": st.dictionaries(
            st.integers(0, 6), st.sampled_from(["north", "south", HOME]), max_size=3
        ),
        "subdivision": st.sampled_from(list(HOLIDAYS)),
    }
)
BUSINESSES = st.fixed_dictionaries(
    {
        "zone": mostly(None, st.sampled_from(ZONES)),
        "hours": weekly(["0-0", "0-0", "6-22", "0-6 8-0"]),
        "closures": DAYS_OFF,
        "observe_holidays": st.booleans(),
        "subdivision": st.sampled_from(list(HOLIDAYS)),
        "default_travel": st.sampled_from([0, 20]).map(minutes),
    }
)
MOMENTS = st.one_of(
    *(
        st.integers(-12 * 3600 // step, 5 * 86400 // step).map(lambda n, step=step: n * step)
        for step in (300, 60, 1)
    )
)
"""Seconds from the drawn midnight."""
LENGTHS = st.sampled_from([1, 59, 600, 1800, 5400, 26 * 3600])
ENTRIES = st.lists(
    st.tuples(MOMENTS, LENGTHS, st.booleans(), st.sampled_from(BusyStatus)), max_size=5
)
"""Start, length, whether it is a hair longer than whole seconds, status."""
WHOLE_DAYS = mostly(
    None,
    st.tuples(st.integers(0, 4), st.integers(1, 2), st.booleans(), st.sampled_from(BusyStatus)),
)
"""First day, how many, whether midnights are those of UTC, status."""
CLAIMS = st.lists(
    st.fixed_dictionaries(
        {
            "start": MOMENTS,
            "length": st.sampled_from([15, 45, 120]),
            "buffers": st.tuples(st.sampled_from([0, 10, 25]), st.sampled_from([0, 5, 30])),
            "shares": st.booleans(),
            "place_id": st.sampled_from(["", "north", "south", "west"]),
            "until": st.sampled_from([None, None, -60, 0, 1, 300]),
        }
    ),
    max_size=4,
)
"""`until` counts from now, None is a booking."""
CASES = st.fixed_dictionaries(
    {
        "day": st.sampled_from(DAYS),
        "minute": st.integers(0, 1400),
        "way": st.sampled_from(WAYS),
        "service": SERVICES,
        "business": BUSINESSES,
        "staff": st.tuples(MEMBERS, MEMBERS),
        "entries": st.tuples(ENTRIES, ENTRIES),
        "whole_days": st.tuples(WHOLE_DAYS, WHOLE_DAYS),
        "claims": st.tuples(CLAIMS, CLAIMS),
    }
)


def a_case():
    return CASES.map(case_of)


def a_crowded_case():
    """Nothing but bookings is in the way, and every five minutes could be a start."""
    return CASES.map(lambda drawn: case_of(drawn | _unbound(drawn)))


def _unbound(drawn: dict) -> dict:
    always = dict.fromkeys(range(7), hours("0-0"))
    at_work = {"hours": always, "breaks": {}, "overrides": {}, "time_off": (), "work_places": {}}
    anywhere = {"sites": frozenset(), "max_per_day": None, "max_per_week": None}
    whenever = {"hours": None, "bookable": None, "slot_interval": minutes(5)}
    is_open = {"hours": always, "closures": (), "observe_holidays": False}
    if drawn["minute"] % 2:
        # so that the way is what counts
        whenever |= {"pre_buffer": minutes(0), "post_buffer": minutes(5)}
    return {
        "way": WAYS[2 + drawn["minute"] % 4],
        "service": drawn["service"] | whenever,
        "business": drawn["business"] | is_open,
        "staff": tuple(each | at_work | anywhere for each in drawn["staff"]),
        "entries": ((), ()),
        "whole_days": (None, None),
    }


def case_of(drawn: dict) -> Case:
    """Put the drawn values in relation to the drawn day."""
    first, changing = drawn["day"]
    business = a_business(**_dated(drawn["business"], first, changing, "closures"))
    begins = int(datetime.combine(first, time(0), tzinfo=business.zone).timestamp())
    now = _utc(begins) + minutes(drawn["minute"]) + timedelta(microseconds=7)
    locations, location_id = drawn["way"]
    service = _service(drawn["service"], first, locations)
    staff = tuple(
        _member(name, each, first, changing)
        for name, each in zip(("anna", "bernd"), drawn["staff"], strict=True)
    )
    business = replace(
        business,
        services=(service,),
        staff=staff,
        places=(NORTH, SOUTH, WEST),
        travel={
            frozenset({"north", "south"}): minutes(35),
            frozenset({"west", "south"}): minutes(7),
        },
    )
    entries, claims = {}, {}
    for n, member in enumerate(staff):
        entries[member.id] = [_entry(begins, *each) for each in drawn["entries"][n]]
        if whole := drawn["whole_days"][n]:
            entries[member.id].append(_whole_days(first, member.zone, *whole))
        claims[member.id] = [_claim(begins, now, each) for each in drawn["claims"][n]]
    return Case(business, service, location_id, now, entries, claims)


def _dated(drawn: dict, first: date, zone: ZoneInfo, name: str) -> dict:
    ranges = tuple(_range(first, each) for each in drawn[name])
    return drawn | {"zone": drawn["zone"] or zone, name: ranges}


def _range(first: date, at: tuple[int, int]) -> DateRange:
    begins = first + timedelta(days=at[0])
    return DateRange(begins, begins + timedelta(days=at[1]))


def _service(drawn: dict, first: date, locations: tuple[Location, ...]) -> Service:
    season = drawn["bookable"]
    return a_service(
        **drawn
        | {
            "locations": locations,
            "slot_offset": drawn["slot_offset"] % drawn["slot_interval"],
            "bookable": season and _range(first, season),
        }
    )


def _member(name: str, drawn: dict, first: date, zone: ZoneInfo) -> StaffMember:
    overrides = {first + timedelta(days=n): each for n, each in drawn["overrides"].items()}
    return a_staff_member(
        name, **_dated(drawn, first, zone, "time_off") | {"overrides": overrides}
    )


def _entry(
    begins: int,
    at: int,
    length: int,
    longer: bool,
    status: BusyStatus,
) -> BusyItem:
    hair = timedelta(microseconds=longer)
    start, end = _utc(begins + at), _utc(begins + at + length)
    return BusyItem(TimeSpan(start - hair, end + hair), status)


def _whole_days(
    first: date,
    zone: ZoneInfo,
    at: int,
    count: int,
    utc: bool,
    status: BusyStatus,
) -> BusyItem:
    begins = first + timedelta(days=at)
    midnights = (
        datetime.combine(day, time(0), tzinfo=UTC if utc else zone).astimezone(UTC)
        for day in (begins, begins + timedelta(days=count))
    )
    return BusyItem(TimeSpan(*midnights), status)


def _claim(begins: int, now: datetime, drawn: dict) -> Claim:
    lapses = drawn["until"]
    until = 0 if lapses is None else int(now.timestamp()) + lapses
    return a_claim(**drawn | {"start": begins + drawn["start"], "until": until})


def a_claim(
    start: int,
    length: int = 30,
    buffers: tuple[int, int] = (0, 0),
    *,
    shares: bool = False,
    place_id: str = "",
    until: int = 0,
) -> Claim:
    """`length` and `buffers` in minutes."""
    end, (before, after) = start + length * 60, buffers
    return Claim(start, end, start - before * 60, end + after * 60, shares, place_id, until)


def _utc(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


# judging


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
    ahead = _utc(second) - case.now
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
    begins = _utc(start) - service.pre_buffer
    ends = _utc(start) + case.duration + service.post_buffer
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
