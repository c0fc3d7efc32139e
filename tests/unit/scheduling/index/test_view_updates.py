"""Whatever happens to a view, it ends as if it had been made anew."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.booking import staff_resource
from scheduling.catalog import (
    Business,
    BusyStatus,
    DateRange,
    Location,
    LocationKind,
    Place,
    Resource,
    ResourceKind,
    Service,
)
from scheduling.index import AvailabilityIndex, Standing, View, slot_class, standing_of
from scheduling.index.view import numbers_in
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
    at,
    daily,
    minutes,
    weekdays,
)

LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
NORTH, SOUTH = Place("north", a_text("Nord"), "Nordweg 1"), Place("south", a_text("Süd"), "Südweg")
AT_NORTH, AT_SOUTH = (Location(LocationKind.PLACE, place) for place in (NORTH, SOUTH))
TEAMS = Location(LocationKind.TEAMS)
SHIFTS = [weekdays("9-12", "13-17"), daily("0-6", "22-0"), daily("0-0"), weekdays("6-14")]
MORNING = time(7, 30)


def local(day: date, clock: time = MORNING, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)


FRIDAY = date(2026, 10, 23)
"""Two days before the clock goes back in Berlin."""
NOW = local(FRIDAY)


def some_staff(count: int, first: date = FRIDAY):
    zones = [BERLIN, BERLIN, NEW_YORK, LORD_HOWE]
    return tuple(
        a_staff_member(
            f"s{n}",
            zone=zones[n % 4],
            hours=SHIFTS[n % 3 + (n % 7 == 0)],
            max_per_day=(None, 2, None)[n % 3],
            max_per_week=(None, None, None, 3)[n % 4],
            time_off=(DateRange(first + timedelta(days=n), first + timedelta(days=n + 1)),),
            work_places={0: "north", 1: "south", 5: "north"} if n % 2 else {},
        )
        for n in range(count)
    )


def a_practice(count: int = 9, first: date = FRIDAY, **changes) -> Business:
    """Three services of different classes, of which the visit needs a place."""
    staff = some_staff(count, first)
    everybody = tuple(member.id for member in staff)
    services = (
        a_service(
            staff_ids=everybody,
            maximum_advance=timedelta(days=5),
            pre_buffer=minutes(10),
            minimum_lead_time=minutes(0),
        ),
        a_service(
            id="long",
            staff_ids=everybody[::2],
            durations=(minutes(90),),
            slot_interval=minutes(25),
            maximum_advance=timedelta(days=3),
            blocking=frozenset({BusyStatus.OOF}),
        ),
        a_service(
            id="visit",
            staff_ids=everybody[1:],
            locations=(AT_NORTH, AT_SOUTH),
            slot_interval=minutes(120),
            post_buffer=minutes(15),
            shared_buffers=True,
            maximum_advance=timedelta(days=3),
        ),
    )
    return a_business(
        **{
            "services": services,
            "staff": staff,
            "places": (NORTH, SOUTH),
            "default_travel": minutes(40),
        }
        | changes,
    )


def all_views(index: AvailabilityIndex, business: Business) -> list[View]:
    asked = [(s, "") for s in business.services]
    asked += [(business.service("visit"), place) for place in ("north", "south")]
    return [index.view(service, service.durations[0], place) for service, place in asked]


def seconds(span: TimeSpan) -> tuple[int, int]:
    return int(span.start.timestamp()), int(span.end.timestamp())


def assert_as_made_anew(
    view: View,
    business: Business,
    window: tuple[int, int],
    standing_of: Callable[[str], Standing],
) -> None:
    anew = View(business, view.of_class, view.members, window).complete(standing_of)
    assert vars(view.grid) == vars(anew.grid)
    assert view.rows == anew.rows
    assert view.cols == anew.cols
    assert view.cols == transposed(view.rows, len(view.grid.starts))


def transposed(rows: list[int], width: int) -> list[int]:
    return [sum((row >> column & 1) << n for n, row in enumerate(rows)) for column in range(width)]


class Fate:
    """Feeds an index with whatever may happen."""

    def __init__(self, seed: int, business: Business, index: AvailabilityIndex) -> None:
        self.random = Random(seed)
        self.business, self.index = business, index
        self.now = NOW
        self.names = [staff_resource(m.id) for m in business.staff]

    def span(self, longest: int) -> tuple[int, int]:
        first, last = seconds(self.index.window)
        start = self.random.randrange(first - 86_400, last)
        if self.random.random() < 0.6:
            start = start // 900 * 900
        return start, start + self.random.randrange(1, longest)

    def read_calendar(self) -> None:
        spans = [self.span(self.random.choice([3_600, 7_200, 90_000])) for _ in range(6)]
        items = [
            BusyItem(
                TimeSpan(*(datetime.fromtimestamp(s, UTC) for s in span)),
                self.random.choice(list(BusyStatus)),
            )
            for span in spans[: self.random.randrange(7)]
        ]
        far = self.now + timedelta(days=60)
        self.index.put_calendar(self.random.choice(self.names), items, self.now, far)

    def book(self) -> None:
        now = int(self.now.timestamp())
        self.index.put_claims(
            {
                name: [
                    Claim(
                        start,
                        end,
                        start - 300 * self.random.randrange(3),
                        end + 300 * self.random.randrange(3),
                        self.random.random() < 0.5,
                        self.random.choice(["", "north", "south"]),
                        self.random.choice([0, 0, now + self.random.randrange(1, 600)]),
                    )
                    for start, end in (self.span(5_400) for _ in range(self.random.randrange(6)))
                ]
                for name in self.random.sample(self.names, min(2, len(self.names)))
            }
        )

    def wait(self) -> None:
        self.now += timedelta(seconds=self.random.randrange(1, 120))
        self.index.advance(self.now)

    def happen(self, times: int) -> None:
        for _ in range(times):
            self.random.choice([self.read_calendar, self.book, self.wait])()


def a_fed_world(seed: int = 1, **changes) -> tuple[Business, AvailabilityIndex, Fate]:
    business = a_practice(**changes)
    index = AvailabilityIndex(business, NOW)
    fate = Fate(seed, business, index)
    fate.happen(60)
    return business, index, fate


@pytest.mark.parametrize("seed", [1, 2])
def test_after_thousands_of_changes_rows_and_columns_equal_a_rebuild(seed):
    business, index, fate = a_fed_world(seed)
    views = [view.complete(index.standing) for view in all_views(index, business)]
    for _ in range(6):
        fate.happen(300)
        for view in views:
            assert_as_made_anew(view, business, seconds(index.window), index.standing)
    assert any(any(view.rows) for view in views)


def test_a_hold_frees_its_time_when_it_lapses():
    business, index, _ = a_fed_world()
    service = business.service("advice")
    view = index.view(service, service.durations[0]).complete(index.standing)
    index.put_calendar("staff:s2", [], NOW, NOW + timedelta(days=60))
    index.put_claims({"staff:s2": []})
    free = view.rows[2]
    start, lapses = view.grid.starts[next(numbers_in(free))], int(NOW.timestamp()) + 3_600
    index.put_claims(
        {"staff:s2": [Claim(start, start + 1_800, start, start + 1_800, until=lapses)]}
    )
    taken = view.rows[2]
    index.advance(datetime.fromtimestamp(lapses - 1, UTC))
    assert view.rows[2] == taken != free
    index.advance(datetime.fromtimestamp(lapses, UTC))
    assert view.rows[2] == free
    assert index.claimed().isdisjoint({"staff:s2"})


def test_a_hold_that_was_prolonged_stays_beyond_its_first_end():
    _, index, _ = a_fed_world()
    first = int(NOW.timestamp())
    hold = Claim(first, first + 1_800, first, first + 1_800, until=first + 300)
    longer = hold._replace(until=first + 600)
    index.put_claims({"staff:s0": [hold]})
    index.put_claims({"staff:s0": [longer]})
    index.advance(NOW + timedelta(seconds=300))
    assert index.standing("staff:s0").claims == (longer,)
    index.advance(NOW + timedelta(seconds=600))
    assert index.standing("staff:s0").claims == ()


def test_whose_calendar_is_not_known_is_never_free():
    business, index, _ = a_fed_world()
    service = business.service("advice")
    view = index.view(service, service.durations[0]).complete(index.standing)
    busy_or_not = {f"staff:s{n}": index.standing(f"staff:s{n}") for n in range(9)}
    for name, known in busy_or_not.items():
        view.refresh(name, Standing(claims=known.claims, unknown="timeout"))
    assert not any(view.rows)
    assert not any(view.cols)
    for name, known in busy_or_not.items():
        view.refresh(name, known)
    assert_as_made_anew(view, business, seconds(index.window), index.standing)


def test_who_was_never_read_is_not_free_in_a_new_view():
    business = a_practice()
    index = AvailabilityIndex(business, NOW)
    index.put_claims({"staff:s0": []})
    for view in all_views(index, business):
        assert not any(view.complete(index.standing).rows)


def test_what_is_no_member_changes_nothing():
    business, index, _ = a_fed_world()
    service = business.service("long")
    view = index.view(service, service.durations[0]).complete(index.standing)
    before = list(view.rows), list(view.cols)
    for resource in ("staff:s1", "staff:nobody", "room:blue", "equipment:s0"):
        view.refresh(resource, Standing(unknown="timeout"))
    assert (view.rows, view.cols) == before


def free_around_noon(service: Service, standing: Standing, place_id: str = "") -> list[str]:
    """Clock times between 10 and 14 at which anna is free on an ordinary Monday."""
    business = a_business(services=(service,), places=(NORTH, SOUTH), default_travel=minutes(40))
    of_class = slot_class(business, service, minutes(30), place_id)
    window = int(at("10").timestamp()), int(at("14").timestamp())
    view = View(business, of_class, business.staff[:1], window).complete(lambda _: standing)
    starts = (view.grid.starts[n] for n in numbers_in(view.rows[0]))
    return [f"{datetime.fromtimestamp(second, BERLIN):%H:%M}" for second in starts]


@pytest.mark.parametrize(
    ("hair", "free"),
    [(0, ["10:00", "12:00", "12:30", "13:00", "13:30"]), (1, ["12:30", "13:00", "13:30"])],
)
def test_an_entry_a_hair_longer_than_whole_seconds_takes_the_whole_second(hair, free):
    longer = timedelta(microseconds=hair)
    entry = BusyItem(TimeSpan(at("10:30") - longer, at("12") + longer), BusyStatus.BUSY)
    assert free_around_noon(a_service(), standing_of([entry])) == free


@pytest.mark.parametrize(
    ("place_id", "free"),
    [
        ("north", ["10:00", "10:30", "12:00", "12:30", "13:00", "13:30"]),
        ("south", ["13:00", "13:30"]),
        ("", ["10:00", "10:30", "12:00", "12:30", "13:00", "13:30"]),
    ],
)
def test_the_way_to_another_place_is_kept_free_once_the_place_is_chosen(place_id, free):
    start, end = int(at("11").timestamp()), int(at("12").timestamp())
    at_north = standing_of([], [Claim(start, end, start, end, place_id="north")])
    visit = a_service(locations=(AT_NORTH, AT_SOUTH))
    assert free_around_noon(visit, at_north, place_id) == free


# made piece by piece


def a_large_practice() -> tuple[Business, tuple[int, int]]:
    """More rows and more columns than one step fills."""
    staff = tuple(a_staff_member(f"s{n}", hours=SHIFTS[n % 4]) for n in range(850))
    service = a_service(staff_ids=tuple(m.id for m in staff), slot_interval=minutes(10))
    midnight = int(local(FRIDAY, time(0)).timestamp())
    business = a_business(services=(service,), staff=staff, hours=daily("7-19"))
    return business, (midnight, midnight + 2 * 86_400)


def a_random_standing(random: Random, window: tuple[int, int]) -> Standing:
    if random.random() < 0.1:
        return Standing(unknown="timeout")
    starts = [random.randrange(*window) for _ in range(random.randrange(4))]
    claims = [Claim(s, s + 3_600, s - 300, s + 3_600) for s in starts]
    return standing_of([], claims)


@pytest.mark.parametrize("seed", range(12))
def test_changes_that_arrive_while_a_view_is_made_are_in_it(seed):
    random, (business, window) = Random(seed), a_large_practice()
    service = business.services[0]
    view = View(business, slot_class(business, service, minutes(30)), business.staff, window)
    names = [staff_resource(member.id) for member in business.staff]
    known = dict.fromkeys(names, standing_of([]))
    assert len(view.grid.starts) > 100
    stages = set()
    for _ in range(9):
        stages.add((len(view.rows) == 850, bool(view.cols)))
        for name in random.sample(names, random.choice([0, 0, 5])):
            known[name] = a_random_standing(random, window)
            view.refresh(name, known[name])
        view.step(known.__getitem__)
    assert stages >= {(False, False), (True, False), (True, True)}
    view.complete(known.__getitem__)
    assert_as_made_anew(view, business, window, known.__getitem__)


def test_a_step_too_many_changes_nothing():
    business, index, _ = a_fed_world()
    service = business.service("advice")
    view = index.view(service, service.durations[0]).complete(index.standing)
    view.step(index.standing)
    assert view.is_complete
    assert_as_made_anew(view, business, seconds(index.window), index.standing)


def test_a_view_without_members_or_starts_is_complete():
    nobody = a_practice(0)
    index = AvailabilityIndex(nobody, NOW)
    for view in all_views(index, nobody):
        assert view.is_complete
        assert view.counts(view.mask(["s1"]), 0, 10) == []
        assert view.free_at(int(NOW.timestamp()), 1) == 0
    closed = a_practice(closures=(DateRange(FRIDAY, FRIDAY + timedelta(days=30)),))
    index = AvailabilityIndex(closed, NOW)
    for view in all_views(index, closed):
        assert view.complete(index.standing).cols == []
        assert view.together([0, 1]) == 0


# rolling on

SPRING = date(2026, 3, 27)
STRIDES = [
    [timedelta(days=1)] * 4,
    [timedelta(days=3), timedelta(hours=1), timedelta(days=2)],
    [timedelta(days=5), timedelta(days=30)],
    [timedelta(days=6), timedelta(minutes=1)],
    [timedelta(hours=16, minutes=29, seconds=59), timedelta(seconds=1), timedelta(hours=25)],
    # the clock of the machine is put right
    [timedelta(days=1), timedelta(days=-1), timedelta(days=2)],
    [timedelta(days=-9), timedelta(days=3)],
    # five days on is a day less where an hour was put back in between
    [timedelta(hours=17), timedelta(hours=1), timedelta(hours=-1), timedelta(hours=2)],
]


@pytest.mark.parametrize("strides", STRIDES)
@pytest.mark.parametrize(("zone", "first"), [(BERLIN, FRIDAY), (LORD_HOWE, date(2026, 4, 3))])
def test_a_window_that_moved_equals_a_rebuild(strides, zone, first):
    business = a_practice(first=first, zone=zone)
    now = local(first, zone=zone)
    index = AvailabilityIndex(business, now)
    fate = Fate(3, business, index)
    fate.now = now
    fate.happen(60)
    views = [view.complete(index.standing) for view in all_views(index, business)]
    for stride in strides:
        fate.now = now = now + stride
        index.advance(now)
        today = now.astimezone(zone).date()
        assert index.window.start == local(today, time(0), zone)
        for view in views:
            assert_as_made_anew(view, business, seconds(index.window), index.standing)
        fate.happen(10)
        for view in views:
            assert_as_made_anew(view, business, seconds(index.window), index.standing)


def test_a_window_moves_at_midnight_and_not_before():
    business = a_practice()
    index = AvailabilityIndex(business, NOW)
    before = index.window
    midnight = local(FRIDAY + timedelta(days=1), time(0))
    index.advance(midnight - timedelta(seconds=1))
    assert index.window == before
    index.advance(midnight)
    assert index.window.start == midnight


def test_a_window_reaches_to_the_end_of_the_last_day_any_service_can_be_booked_on():
    # five days of elapsed time over the end of summer time: 07:30 becomes 06:30
    index = AvailabilityIndex(a_practice(), NOW)
    assert index.window == TimeSpan(local(FRIDAY, time(0)), local(date(2026, 10, 29), time(0)))


def test_a_view_half_made_when_the_window_moves_is_made_whole():
    business, index, _ = a_fed_world()
    service = business.service("long")
    view = index.view(service, service.durations[0])
    view.step(index.standing)
    assert not view.is_complete
    index.advance(NOW + timedelta(days=1))
    assert_as_made_anew(view, business, seconds(index.window), index.standing)


# rooms and equipment


def test_a_room_without_a_calendar_is_known_to_be_free_and_another_is_not():
    room, beamers = (
        Resource("blue", a_text("Blau"), ResourceKind.ROOM, mailbox="blue@example.test"),
        Resource("beamer", a_text("Beamer"), ResourceKind.EQUIPMENT, units=2),
    )
    index = AvailabilityIndex(a_practice(resources=(room, beamers)), NOW)
    assert index.standing("room:blue").unknown is not None
    assert index.standing("equipment:beamer#2") == Standing()
    index.put_calendar("room:blue", [], NOW, NOW + timedelta(days=60))
    assert index.standing("room:blue").unknown is None
    assert index.standing("staff:s1").unknown is not None


@pytest.mark.parametrize("number", range(3))
def test_a_room_is_free_like_somebody_who_works_whenever_the_business_is_open(number):
    always = a_staff_member("s0", hours=daily("0-0"))
    business = a_practice(1, staff=(always,), hours=daily("0-2", "8-19:20"))
    service = business.services[number]
    service = replace(service, staff_ids=("s0",), locations=(TEAMS,))
    index = AvailabilityIndex(replace(business, services=(service,)), NOW)
    fate = Fate(number, business, index)
    view = index.view(service, service.durations[0]).complete(index.standing)
    for _ in range(20):
        fate.happen(5)
        known = index.standing("staff:s0")
        if known.unknown is None:
            assert view.open_row(known) == view.rows[0]
    assert view.open_row(Standing(unknown="timeout")) == 0
    assert view.open_row(Standing()) == view.grid.ones[-1] != 0


@pytest.mark.parametrize(
    "changes",
    [
        {"zone": NEW_YORK},
        {"subdivision": "ST"},
        {"time_off": (DateRange(FRIDAY, FRIDAY),)},
        {"work_places": {4: "south"}},
        {"work_places": {4: "south"}, "overrides": {FRIDAY: daily("9-17")[4]}},
        {"sites": frozenset({"south"})},
        {"breaks": daily("10-11")},
        {"overrides": {FRIDAY: ()}},
    ],
)
def test_who_shares_the_hours_of_a_shift_does_not_share_what_is_their_own(changes):
    shift = daily("9-17")
    staff = (a_staff_member("anna", hours=shift), a_staff_member("bernd", hours=shift, **changes))
    service = a_service(locations=(AT_NORTH,))
    business = a_business(services=(service,), staff=staff, places=(NORTH, SOUTH))
    # over Reformationstag, which is a holiday in Sachsen-Anhalt
    window = seconds(TimeSpan(local(FRIDAY, time(0)), local(date(2026, 11, 2), time(0))))
    of_class = slot_class(business, service, minutes(30))

    def rows(members) -> list[int]:
        return View(business, of_class, members, window).complete(lambda _: Standing()).rows

    both, first = View(business, of_class, staff, window), rows(staff[:1])
    both.complete(lambda _: Standing())
    assert both.rows[0] != both.rows[1]
    assert rows(staff[::-1]) == both.rows[::-1]
    assert both.rows[0].bit_count() == first[0].bit_count()


# which views there are


def named(count: int) -> Business:
    """Services of as many classes, all with the same staff."""
    services = tuple(
        a_service(id=f"service{n}", durations=(minutes(5 * n + 5),)) for n in range(count)
    )
    return a_business(services=services)


def view_of(index: AvailabilityIndex, business: Business, number: int) -> View:
    service = business.services[number]
    return index.view(service, service.durations[0])


def test_the_view_least_recently_used_is_dropped():
    business = named(4)
    index = AvailabilityIndex(business, NOW, most_views=3)
    first, second, third = (view_of(index, business, n) for n in range(3))
    assert view_of(index, business, 0) is first
    view_of(index, business, 3)
    assert view_of(index, business, 2) is third
    assert view_of(index, business, 0) is first
    assert view_of(index, business, 1) is not second


def test_the_oldest_views_are_dropped_when_all_take_too_many_bytes():
    business = named(4)
    roomy = AvailabilityIndex(business, NOW)
    for each in business.staff:
        roomy.put_calendar(staff_resource(each.id), [], NOW, NOW + timedelta(days=90))
    size = view_of(roomy, business, 0).complete(roomy.standing).bytes_held()
    assert size > 100 * 28 * 2
    index = AvailabilityIndex(business, NOW, most_bytes=size * 5 // 2)
    first, second, third = (view_of(index, business, n).complete(roomy.standing) for n in range(3))
    assert view_of(index, business, 0) is first
    view_of(index, business, 3)
    assert view_of(index, business, 2) is third
    assert view_of(index, business, 0) is first
    assert view_of(index, business, 1) is not second


def test_the_last_view_is_kept_however_large():
    business = named(2)
    index = AvailabilityIndex(business, NOW, most_bytes=0)
    first = view_of(index, business, 0).complete(index.standing)
    assert view_of(index, business, 0) is first
    second = view_of(index, business, 1).complete(index.standing)
    assert view_of(index, business, 1) is second
    assert view_of(index, business, 0) is not first


def test_a_dropped_view_is_made_anew_with_what_happened_meanwhile():
    business = named(2)
    index = AvailabilityIndex(business, NOW, most_views=1)
    far = NOW + timedelta(days=90)
    index.put_calendar("staff:anna", [], NOW, far)
    before = view_of(index, business, 0).complete(index.standing)
    view_of(index, business, 1)
    start = before.grid.starts[0]
    index.put_claims({"staff:anna": [Claim(start, start + 60, start, start + 60)]})
    after = view_of(index, business, 0).complete(index.standing)
    assert before.rows[0] & 1
    assert not after.rows[0] & 1


def test_equal_services_share_a_view_of_all_who_serve_either():
    one = a_service(staff_ids=("bernd",), maximum_advance=timedelta(days=9))
    other = a_service(id="other", staff_ids=("anna",), durations=(minutes(60), minutes(30)))
    index = AvailabilityIndex(a_business(services=(one, other)), NOW)
    view = index.view(one, minutes(30))
    assert index.view(other, minutes(30)) is view
    assert [member.id for member in view.members] == ["anna", "bernd"]
    assert [m.id for m in view.members_in(view.mask_of(one))] == ["bernd"]
    assert [m.id for m in view.members_in(view.mask_of(other))] == ["anna"]
    assert [m.id for m in index.view(other, minutes(60)).members] == ["anna"]


@pytest.mark.parametrize(
    "changes",
    [
        {"durations": (minutes(45),)},
        {"pre_buffer": minutes(5)},
        {"post_buffer": minutes(5)},
        {"slot_interval": minutes(20)},
        {"slot_offset": minutes(5)},
        {"shared_buffers": True},
        {"blocking": frozenset({BusyStatus.OOF})},
        {"hours": daily("9-12")},
        {"locations": (AT_NORTH,)},
        {"locations": (AT_NORTH, AT_SOUTH)},
    ],
)
def test_services_that_differ_in_what_decides_do_not_share(changes):
    one, other = a_service(), a_service(id="other", **changes)
    index = AvailabilityIndex(a_business(services=(one, other), places=(NORTH, SOUTH)), NOW)
    assert index.view(other, other.durations[0]) is not index.view(one, minutes(30))


def test_each_place_has_a_view_with_those_who_are_there_on_some_day():
    visit = a_service(locations=(AT_NORTH, AT_SOUTH))
    staff = (
        a_staff_member("anna", sites=frozenset({"north"})),
        a_staff_member("bernd", work_places=dict.fromkeys(range(7), "south")),
    )
    index = AvailabilityIndex(
        a_business(services=(visit,), staff=staff, places=(NORTH, SOUTH)), NOW
    )
    at_north, at_south, anywhere = (
        index.view(visit, minutes(30), place) for place in ("north", "south", "")
    )
    assert at_north is not at_south
    assert [m.id for m in at_north.members] == ["anna"]
    assert [m.id for m in at_south.members] == ["bernd"]
    assert [m.id for m in anywhere.members] == ["anna", "bernd"]


# asking


@pytest.fixture(scope="module")
def busy_view() -> View:
    business, index, _ = a_fed_world(7)
    service = business.services[0]
    return index.view(service, service.durations[0]).complete(index.standing)


IDS = st.sets(st.sampled_from([*(f"s{n}" for n in range(9)), "nobody"]))


def is_free(view: View, member_id: str, number: int) -> bool:
    return view.rows[view.numbers[member_id]] >> number & 1 == 1


@given(ids=IDS, first=st.integers(0, 300), length=st.integers(0, 40))
def test_counts_are_how_many_of_the_mask_are_free(busy_view, ids, first, length):
    known = [each for each in ids if each != "nobody"]
    numbers = range(len(busy_view.grid.starts))[first : first + length]
    found = busy_view.counts(busy_view.mask(ids), first, first + length)
    assert found == [sum(is_free(busy_view, each, n) for each in known) for n in numbers]


@given(ids=IDS, number=st.integers(0, 100))
def test_who_is_free_at_a_start_is_named_in_order(busy_view, ids, number):
    second = busy_view.grid.starts[number]
    bits = busy_view.free_at(second, busy_view.mask(ids))
    found = [member.id for member in busy_view.members_in(bits)]
    assert found == [each for each in sorted(ids - {"nobody"}) if is_free(busy_view, each, number)]
    assert busy_view.free_at(second + 1, busy_view.mask(ids)) == 0


@given(ids=IDS)
def test_starts_together_are_those_at_which_all_are_free(busy_view, ids):
    known = ids - {"nobody"}
    bits = busy_view.together(busy_view.numbers[each] for each in known)
    assert list(numbers_in(bits)) == [
        n
        for n in range(len(busy_view.grid.starts))
        if all(is_free(busy_view, each, n) for each in known)
    ]


@given(ids=IDS)
def test_a_mask_has_a_bit_for_each_member_and_none_for_others(busy_view, ids):
    assert busy_view.mask(ids) == sum(1 << int(each[1:]) for each in ids if each != "nobody")


@given(st.sets(st.integers(0, 300)))
def test_numbers_of_bits_come_in_order(numbers):
    assert list(numbers_in(sum(1 << n for n in numbers))) == sorted(numbers)
