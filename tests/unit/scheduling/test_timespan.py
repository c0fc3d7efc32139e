from datetime import UTC, date, datetime, time, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.timespan import (
    TimeSpan,
    from_seconds,
    intersect,
    local_day,
    local_week,
    merge,
    stretches,
    subtract,
    wall_seconds,
    wall_time,
)
from tests.builders import BERLIN, NEW_YORK, utc

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
HORIZON = 60


def seconds(start: int, end: int) -> TimeSpan:
    return TimeSpan(EPOCH + timedelta(seconds=start), EPOCH + timedelta(seconds=end))


@st.composite
def a_span(draw) -> TimeSpan:
    start = draw(st.integers(0, HORIZON - 1))
    return seconds(start, draw(st.integers(start + 1, HORIZON)))


spans = st.lists(a_span(), max_size=8)


def instants(these) -> set[int]:
    """Every second that lies in one of the spans: the slow truth."""
    moments = ((second, EPOCH + timedelta(seconds=second)) for second in range(HORIZON + 1))
    return {s for s, moment in moments if any(x.start <= moment < x.end for x in these)}


def is_tidy(these) -> bool:
    return all(a.end < b.start for a, b in pairwise(these))


@given(spans)
def test_merging_keeps_every_instant_in_sorted_spans_that_do_not_touch(ours):
    merged = merge(ours)
    assert instants(merged) == instants(ours)
    assert is_tidy(merged)


@given(spans, spans)
def test_subtracting_leaves_exactly_the_instants_outside_the_holes(ours, holes):
    left = subtract(ours, holes)
    assert instants(left) == instants(ours) - instants(holes)
    assert is_tidy(left)


@given(spans, spans)
def test_intersecting_leaves_exactly_the_shared_instants(ours, theirs):
    shared = intersect(ours, theirs)
    assert instants(shared) == instants(ours) & instants(theirs)
    assert is_tidy(shared)


@given(spans, spans)
def test_what_is_left_and_what_was_cut_out_make_up_the_whole(ours, holes):
    assert merge([*subtract(ours, holes), *intersect(ours, holes)]) == merge(ours)


@given(a_span(), a_span())
def test_two_spans_overlap_where_they_share_an_instant(one, other):
    assert one.overlaps(other) == bool(instants([one]) & instants([other]))


@given(a_span(), a_span())
def test_a_span_contains_another_when_nothing_of_it_is_outside(one, other):
    assert one.contains(other) == (not subtract([other], [one]))


def test_spans_that_only_touch_do_not_overlap():
    assert not seconds(0, 5).overlaps(seconds(5, 9))


def test_spans_that_touch_are_merged_into_one():
    assert merge([seconds(5, 9), seconds(0, 5)]) == [seconds(0, 9)]


def test_a_hole_that_reaches_over_two_spans_cuts_both():
    assert subtract([seconds(0, 5), seconds(6, 9)], [seconds(4, 7)]) == [
        seconds(0, 4),
        seconds(7, 9),
    ]


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 1, 1),  # noqa: DTZ001 - a naive time is what is refused
        datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1))),
    ],
)
def test_a_span_of_anything_but_utc_is_refused(moment):
    with pytest.raises(ValueError, match="aware UTC"):
        TimeSpan(moment, EPOCH + timedelta(days=9))


def test_an_empty_span_is_refused():
    with pytest.raises(ValueError, match="start < end"):
        TimeSpan(EPOCH, EPOCH)


@pytest.mark.parametrize(
    ("day", "zone", "start", "end"),
    [
        (date(2026, 3, 29), BERLIN, "2026-03-28 23:00", "2026-03-29 04:00"),
        (date(2026, 10, 25), BERLIN, "2026-10-24 22:00", "2026-10-25 05:00"),
        (date(2026, 3, 8), NEW_YORK, "2026-03-08 05:00", "2026-03-08 10:00"),
        (date(2024, 2, 29), BERLIN, "2024-02-28 23:00", "2024-02-29 05:00"),
    ],
)
def test_six_hours_of_wall_clock_follow_the_clock_change(day, zone, start, end):
    opened = from_seconds(*wall_seconds(day, time(0), time(6), zone))
    assert opened == TimeSpan(utc(start), utc(end))


def test_a_time_in_the_gap_moves_forward():
    assert wall_time(date(2026, 3, 29), time(2, 30), BERLIN) == utc("2026-03-29 01:30")


def test_a_repeated_time_is_the_first_one():
    assert wall_time(date(2026, 10, 25), time(2, 30), BERLIN) == utc("2026-10-25 00:30")


def test_hours_inside_the_skipped_hour_are_empty():
    start, end = wall_seconds(date(2026, 3, 29), time(2, 30), time(3, 30), BERLIN)
    assert start >= end


def test_closing_at_midnight_ends_with_the_day():
    evening = from_seconds(*wall_seconds(date(2026, 12, 31), time(22), time(0), BERLIN))
    assert evening == TimeSpan(utc("2026-12-31 21:00"), utc("2026-12-31 23:00"))


@pytest.mark.parametrize(
    ("day", "length"),
    [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 2, 28), 24)],
)
def test_a_local_day_has_as_many_hours_as_the_clock_gives_it(day, length):
    assert local_day(day, BERLIN).duration == timedelta(hours=length)


def test_a_local_week_runs_from_monday_to_monday_over_the_clock_change():
    week = local_week(utc("2026-10-25 22:59"), BERLIN)
    assert week == TimeSpan(utc("2026-10-18 22:00"), utc("2026-10-25 23:00"))


def test_an_ordinary_day_is_one_stretch_that_begins_at_its_midnight():
    (stretch,) = stretches(date(2026, 6, 1), BERLIN)
    assert stretch.span == local_day(date(2026, 6, 1), BERLIN)
    assert stretch.midnight == stretch.span.start


def test_the_day_of_a_clock_change_is_cut_at_the_very_second():
    before, after = stretches(date(2026, 10, 25), BERLIN)
    assert before.span.end == after.span.start == utc("2026-10-25 01:00")
    assert after.midnight == utc("2026-10-24 23:00")


@given(
    st.dates(date(2026, 1, 1), date(2032, 12, 31)),
    st.sampled_from([BERLIN, NEW_YORK]),
    st.integers(0, 86_399),
)
def test_the_time_since_a_stretchs_midnight_is_what_its_clock_shows(day, zone, second):
    moment = local_day(day, zone).start + timedelta(seconds=second)
    for stretch in stretches(day, zone):
        if stretch.span.start <= moment < stretch.span.end:
            shown = moment.astimezone(zone)
            assert moment - stretch.midnight == timedelta(
                hours=shown.hour, minutes=shown.minute, seconds=shown.second
            )
