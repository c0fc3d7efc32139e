from bisect import bisect_left, bisect_right
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.index.grid import Grid, grid_of, local_days
from scheduling.index.rows import free_bits
from scheduling.index.view import numbers_in
from scheduling.slots import SlotShape
from scheduling.timespan import local_day
from tests.builders import BERLIN, NEW_YORK, minutes

LORD_HOWE, CAIRO = ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Africa/Cairo")
CHANGES = [
    (BERLIN, date(2026, 3, 29)),
    (BERLIN, date(2026, 10, 25)),
    (NEW_YORK, date(2026, 3, 8)),
    (LORD_HOWE, date(2026, 4, 5)),
    (LORD_HOWE, date(2026, 10, 4)),
    (CAIRO, date(2026, 4, 24)),
    (CAIRO, date(2026, 10, 30)),
]
STEPS = [7, 15, 25, 50, 90, 120, 1440]


def around(zone: ZoneInfo, day: date) -> tuple[int, int]:
    """Epoch seconds of the day and its neighbours."""
    before, after = (local_day(day + timedelta(days=n), zone) for n in (-1, 1))
    return int(before.start.timestamp()), int(after.end.timestamp())


def a_shape(step: float, zone: ZoneInfo, *, offset: float = 0, duration: float = 30) -> SlotShape:
    return SlotShape(
        minutes(duration), minutes(0), minutes(0), minutes(step), zone, minutes(offset)
    )


def always_open(shape: SlotShape, start: int, end: int) -> Grid:
    late = end + shape.duration // timedelta(seconds=1)
    return grid_of(shape, [[(start, late)]], start, end)


def on_the_wall(shape: SlotShape, start: int, end: int) -> list[int]:
    """Every minute whose clock shows the offset after a multiple of the step since midnight."""
    found = []
    for second in range(start, end, 60):
        clock = datetime.fromtimestamp(second, shape.zone)
        since = minutes(clock.hour * 60 + clock.minute) - shape.offset
        if since >= timedelta(0) and since % shape.interval == timedelta(0):
            found.append(second)
    return found


@pytest.mark.parametrize("offset", [0, 5])
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(("zone", "day"), CHANGES)
def test_starts_are_those_the_clock_on_the_wall_shows(zone, day, step, offset):
    start, end = around(zone, day)
    shape = a_shape(step, zone, offset=offset)
    assert list(always_open(shape, start, end).starts) == on_the_wall(shape, start, end)


def test_only_starts_at_which_the_service_fits_somebodys_hours_have_a_number():
    shape = a_shape(15, BERLIN, duration=60)
    grid = grid_of(shape, [[(3_600, 9_000)], [(0, 1_800), (10_000, 20_000)]], 0, 14_400)
    assert grid.starts == (3_600, 4_500, 5_400, 10_800, 11_700, 12_600, 13_500)


def assert_table_counts(grid: Grid) -> None:
    """How many starts lie before a second, as rows ask for it: rounded up, and rounded down."""
    for second in {
        s + near for s in (*grid.starts, grid.start, grid.end) for near in (-61, -1, 0, 1, 299)
    }:
        if grid.start <= second <= grid.end:
            up, down = -((grid.origin - second) // grid.tick), (second - grid.origin) // grid.tick
            assert grid.before[up] == bisect_left(grid.starts, second)
            assert grid.before[down + 1] == bisect_right(grid.starts, second)
            assert grid.number_from(second) == sum(s < second for s in grid.starts)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(("zone", "day"), CHANGES)
def test_the_table_counts_the_starts_before_any_second(zone, day, step):
    assert_table_counts(always_open(a_shape(step, zone, offset=3), *around(zone, day)))


@given(st.sets(st.integers(0, 400), max_size=12), st.integers(0, 30), st.sampled_from([1, 60, 77]))
def test_the_table_counts_whatever_the_starts(numbers, later, tick):
    starts = sorted(n * tick + later for n in numbers)
    assert_table_counts(Grid(starts, 0, 401 * tick + later))


@given(st.sets(st.integers(0, 120), max_size=15), st.integers(0, 130), st.integers(0, 130))
def test_bits_between_two_seconds_are_the_starts_in_between(numbers, one, other):
    grid, (first, last) = Grid(sorted(numbers), 0, 130), sorted((one, other))
    found = [grid.starts[n] for n in numbers_in(grid.between(first, last))]
    assert found == [s for s in sorted(numbers) if first <= s < last]


SPANS = st.lists(st.tuples(st.integers(0, 200), st.integers(1, 60)), max_size=6)


@given(
    starts=st.sets(st.integers(0, 200), max_size=40),
    works=SPANS,
    cuts=SPANS,
    duration=st.integers(1, 30),
    buffers=st.tuples(st.integers(0, 9), st.integers(0, 9)),
)
def test_a_bit_is_set_where_the_service_fits_between_the_cuts(
    starts, works, cuts, duration, buffers
):
    grid, (before, after) = Grid(sorted(starts), 0, 201), buffers
    open_at = {p for at, length in works for p in range(at, at + length) if p < 201 + duration}
    taken = {p for at, length in cuts for p in range(at - after, at + length + before)}
    edges = [p for p in range(-1, 300) if (p in open_at) != (p + 1 in open_at)]
    spans = [(a + 1, b + 1) for a, b in list(pairwise(edges))[::2]]
    pairs = sorted((at, at + length) for at, length in cuts)
    bits = free_bits(spans, pairs, grid, duration, buffers)
    assert [grid.starts[n] for n in numbers_in(bits)] == [
        s for s in grid.starts if set(range(s, s + duration)) <= open_at - taken
    ]


@pytest.mark.parametrize(("zone", "day"), CHANGES)
@pytest.mark.parametrize("step", [25, 120])
def test_a_grid_continued_is_the_grid_of_the_whole(zone, day, step):
    shape, (start, end) = a_shape(step, zone), around(zone, day)
    today, tomorrow = (
        int(getattr(local_day(day, zone), name).timestamp()) for name in ("start", "end")
    )
    joined = always_open(shape, start, tomorrow).joined(always_open(shape, tomorrow, end), today)
    whole = always_open(shape, today, end)
    assert vars(joined) == vars(whole)


@pytest.mark.parametrize(("zone", "day"), CHANGES)
def test_local_days_begin_on_a_monday_and_reach_over_the_last_week(zone, day):
    start, end = around(zone, day)
    days = local_days(zone, start, end)
    dates = [datetime.fromtimestamp(second, zone).date() for second in days]
    assert dates[0].weekday() == 0
    assert all(later - earlier == timedelta(days=1) for earlier, later in pairwise(dates))
    assert days[0] <= start < days[7]
    assert days[-8] >= end
    # no second of a day lies before its midnight
    assert all(
        datetime.fromtimestamp(s - 1, zone).date() < d for s, d in zip(days, dates, strict=True)
    )
