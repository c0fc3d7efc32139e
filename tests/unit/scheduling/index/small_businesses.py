"""Small odd businesses drawn at random; who is free when says own_judge.py."""

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


STATES = st.sampled_from([None, "BE", "NW", "ST"])
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
        "subdivision": STATES,
    }
)
BUSINESSES = st.fixed_dictionaries(
    {
        "zone": mostly(None, st.sampled_from(ZONES)),
        "hours": weekly(["0-0", "0-0", "6-22", "0-6 8-0"]),
        "closures": DAYS_OFF,
        "observe_holidays": st.booleans(),
        "subdivision": STATES,
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
