from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.availability import StartWindow, working_spans
from scheduling.slots import SlotShape, free_starts
from scheduling.timespan import TimeSpan, local_day
from tests.builders import (
    BERLIN,
    NEW_YORK,
    a_business,
    a_service,
    a_staff_member,
    at,
    daily,
    minutes,
    span,
)

KOLKATA = ZoneInfo("Asia/Kolkata")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
CAIRO = ZoneInfo("Africa/Cairo")
ALWAYS = StartWindow(datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC))


def a_shape(
    duration: float = 30,
    interval: float = 15,
    pre: float = 0,
    post: float = 0,
    zone: ZoneInfo = BERLIN,
) -> SlotShape:
    return SlotShape(minutes(duration), minutes(pre), minutes(post), minutes(interval), zone)


def clocks(starts: Sequence[datetime], zone: ZoneInfo = BERLIN) -> list[str]:
    return [f"{start.astimezone(zone):%H:%M}" for start in starts]


def free(working: str, *in_the_way: str, shape: SlotShape | None = None) -> list[str]:
    """Clock times of the starts that one working span and what is in the way leave."""
    taken = [span(each) for each in in_the_way]
    return clocks(free_starts([span(working)], taken, shape or a_shape(interval=30), ALWAYS))


def test_starts_stand_on_the_grid_and_the_last_one_ends_with_the_hours():
    assert free("9:10-11") == ["09:30", "10:00", "10:30"]


def test_a_gap_as_long_as_the_service_is_enough():
    assert free("9-12", "9:30-10", "10:30-11") == ["09:00", "10:00", "11:00", "11:30"]


def test_a_gap_one_second_short_is_not():
    late = TimeSpan(at("10:29") + timedelta(seconds=59), at("11"))
    assert clocks(free_starts([span("10-11:30")], [late], a_shape(interval=30), ALWAYS)) == [
        "11:00"
    ]


def test_seconds_of_an_entry_count():
    entry = TimeSpan(at("9"), at("10") + timedelta(seconds=30))
    assert clocks(free_starts([span("9-11")], [entry], a_shape(), ALWAYS)) == ["10:15", "10:30"]


def test_own_buffers_keep_their_distance_from_what_is_in_the_way():
    shape = a_shape(interval=5, pre=10, post=5)
    assert free("9-11", "9-9:30", "10:20-11", shape=shape) == ["09:40", "09:45"]


def test_buffers_may_reach_beyond_the_working_hours():
    shape = a_shape(interval=30, pre=60, post=60)
    assert free("9-10", shape=shape) == ["09:00", "09:30"]


def test_entries_inside_one_another_free_nothing_early():
    assert free("9-12", "9-11:30", "9:30-10") == ["11:30"]


def test_only_starts_in_the_window_are_given():
    window = StartWindow(at("10"), at("11"))
    starts = free_starts([span("9-17")], [], a_shape(interval=30), window)
    assert clocks(starts) == ["10:00", "10:30", "11:00"]


@pytest.mark.parametrize(
    ("day", "zone", "count"),
    [
        (date(2026, 3, 29), BERLIN, 19),
        (date(2026, 10, 25), BERLIN, 27),
        (date(2026, 3, 8), NEW_YORK, 19),
        (date(2026, 11, 9), BERLIN, 23),
    ],
)
def test_night_hours_give_the_starts_the_clock_change_leaves(day, zone, count):
    member = a_staff_member(zone=zone, hours=daily("0-6"))
    working = working_spans(a_business(zone=zone), a_service(), member, local_day(day, zone))
    assert len(free_starts(working, [], a_shape(zone=zone), ALWAYS)) == count


def test_the_skipped_hour_has_no_starts():
    night = span("0-5", date(2026, 3, 29))
    assert clocks(free_starts([night], [], a_shape(interval=30), ALWAYS)) == [
        "00:00",
        "00:30",
        "01:00",
        "01:30",
        "03:00",
        "03:30",
        "04:00",
        "04:30",
    ]


def test_the_repeated_hour_has_its_starts_twice():
    night = span("1-4", date(2026, 10, 25))
    assert clocks(free_starts([night], [], a_shape(interval=30), ALWAYS)) == [
        "01:00",
        "01:30",
        "02:00",
        "02:30",
        "02:00",
        "02:30",
        "03:00",
        "03:30",
    ]


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25), date(2026, 11, 9)])
def test_a_grid_of_two_hours_shows_even_hours_on_every_day(day):
    starts = free_starts([span("9-17", day)], [], a_shape(interval=120), ALWAYS)
    assert clocks(starts) == ["10:00", "12:00", "14:00", "16:00"]


def test_a_grid_that_does_not_divide_the_day_begins_anew_at_midnight():
    nights = TimeSpan(at("22"), at("2", date(2026, 11, 10)))
    starts = free_starts([nights], [], a_shape(interval=50), ALWAYS)
    assert clocks(starts) == ["22:30", "23:20", "00:00", "00:50"]


def test_the_grid_is_on_the_hour_where_the_offset_is_a_half_hour():
    working = [span("9-12", zone=KOLKATA)]
    starts = free_starts(working, [], a_shape(interval=60, zone=KOLKATA), ALWAYS)
    assert clocks(starts, KOLKATA) == ["09:00", "10:00", "11:00"]


# what the judge is made of: a day around each kind of clock change, and ordinary ones
DAYS = [
    (BERLIN, date(2026, 3, 29)),
    (BERLIN, date(2026, 10, 25)),
    (NEW_YORK, date(2026, 3, 8)),
    (NEW_YORK, date(2026, 11, 1)),
    (LORD_HOWE, date(2026, 4, 5)),
    (CAIRO, date(2026, 4, 24)),
    (KOLKATA, date(2026, 11, 9)),
    (BERLIN, date(2028, 2, 29)),
    (BERLIN, date(2026, 12, 31)),
]
LENGTH = timedelta(hours=36)


def times_of_a_day(zone: ZoneInfo, day: date, step: int):
    start = local_day(day, zone).start
    steps = int(LENGTH.total_seconds()) // step
    return st.integers(0, steps).map(lambda n: start + timedelta(seconds=n * step))


@st.composite
def some_spans(draw, zone, day, *, step, size):
    moments = times_of_a_day(zone, day, step)
    pairs = draw(st.lists(st.tuples(moments, moments), max_size=size))
    return [TimeSpan(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]]


@st.composite
def a_question(draw):
    zone, day = draw(st.sampled_from(DAYS))
    shape = a_shape(
        duration=draw(st.sampled_from([5, 15, 30, 45, 90])),
        interval=draw(st.sampled_from([5, 10, 15, 30, 45, 50, 60, 120])),
        pre=draw(st.sampled_from([0, 5, 10, 17])),
        post=draw(st.sampled_from([0, 5, 10, 20])),
        zone=zone,
    )
    working = draw(some_spans(zone, day, step=300, size=3))
    in_the_way = draw(
        st.one_of(some_spans(zone, day, step=300, size=6), some_spans(zone, day, step=1, size=6))
    )
    moments = times_of_a_day(zone, day, 60)
    window = StartWindow(*sorted((draw(moments), draw(moments))))
    return working, in_the_way, shape, window, day


def judge(working, in_the_way, shape, window, day) -> list[datetime]:
    """Every minute of the days against every interval, nothing clever."""
    start = local_day(day, shape.zone).start - timedelta(hours=1)
    return [
        moment
        for moment in (start + minutes(n) for n in range(60 * 40))
        if window.first <= moment <= window.last
        and is_on_the_grid(moment, shape)
        and is_covered(shape.at(moment), working)
        and not any(is_too_near(moment, span, shape) for span in in_the_way)
    ]


def is_on_the_grid(moment: datetime, shape: SlotShape) -> bool:
    shown = moment.astimezone(shape.zone)
    return timedelta(hours=shown.hour, minutes=shown.minute) % shape.interval == timedelta(0)


def is_covered(span: TimeSpan, working) -> bool:
    points = {span.start, *(w.end for w in working if span.start <= w.end < span.end)}
    return all(any(w.start <= point < w.end for w in working) for point in points)


def is_too_near(start: datetime, taken: TimeSpan, shape: SlotShape) -> bool:
    begins = start - shape.pre_buffer
    ends = start + shape.duration + shape.post_buffer
    return begins < taken.end and taken.start < ends


@settings(max_examples=150, deadline=None)
@given(a_question())
def test_the_sweep_agrees_with_the_brute_force_judge(question):
    working, in_the_way, shape, window, _ = question
    assert free_starts(working, in_the_way, shape, window) == judge(*question)


@settings(max_examples=100, deadline=None)
@given(a_question())
def test_nothing_offered_overlaps_what_is_in_the_way_or_leaves_the_hours(question):
    working, in_the_way, shape, window, _ = question
    for start in free_starts(working, in_the_way, shape, window):
        assert not any(shape.busy_at(start).overlaps(taken) for taken in in_the_way)
        assert is_covered(shape.at(start), working)


@settings(max_examples=50, deadline=None)
@given(a_question())
def test_taking_something_out_of_the_way_loses_no_start(question):
    working, in_the_way, shape, window, _ = question
    before = free_starts(working, in_the_way, shape, window)
    assert set(before) <= set(free_starts(working, in_the_way[1:], shape, window))
