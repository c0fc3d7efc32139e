"""Whatever happens to a view, it ends as if it had been made anew."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random

import pytest

from scheduling.booking import staff_resource
from scheduling.catalog import (
    Business,
    BusyStatus,
    DateRange,
    Service,
)
from scheduling.index import AvailabilityIndex, Standing, View, slot_class
from scheduling.index.view import numbers_in
from scheduling.occupancy import Claim
from scheduling.ports import BusyItem
from scheduling.timespan import TimeSpan
from tests.builders import (
    BERLIN,
    a_business,
    a_service,
    a_staff_member,
    at,
    daily,
    minutes,
    standing_of,
)
from tests.unit.scheduling.index.a_world import (
    AT_NORTH,
    AT_SOUTH,
    FRIDAY,
    LORD_HOWE,
    NORTH,
    NOW,
    SHIFTS,
    SOUTH,
    Fate,
    a_fed_world,
    a_practice,
    all_views,
    assert_as_made_anew,
    local,
    seconds,
)


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
