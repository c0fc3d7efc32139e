"""The chains of facts: what is appended, and which changes are seen."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.ledger import (
    CHANGED,
    LANES,
    MISPLACED,
    MISSING,
    Entry,
    Fact,
    Flaw,
    Head,
    Walk,
    canonical,
    chained,
    digest_of,
    lane_of,
    microseconds,
    moment_of,
)

NOON = datetime(2027, 1, 1, 12, 0, 0, 7, tzinfo=UTC)
LANE = lane_of("b1")
ELSEWHERE = next(f"b{n}" for n in range(99) if lane_of(f"b{n}") != LANE)


def a_chain(length=4):
    moments = [NOON + timedelta(seconds=n) for n in range(length)]
    return list(chained(Head(LANE), [Fact("held", "b1", at, {"n": 1}) for at in moments]))


def walked(entries):
    walk = Walk(LANE)
    for entry in entries:
        if walk.step(entry):
            break
    return walk.flaw


def test_an_untouched_chain_has_no_flaw():
    assert walked(a_chain()) is None


def test_a_chain_goes_on_after_its_head_without_a_gap():
    first = a_chain(2)
    head = Head(LANE, first[-1].seq, first[-1].digest)
    more = list(chained(head, [Fact("cancelled", "b1", NOON)]))
    assert (more[0].seq, walked([*first, *more])) == (3, None)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", microseconds(NOON) + 1),
        ("kind", "helD"),
        ("values", '{"n":2}'),
        ("digest", "0" * 64),
    ],
)
def test_a_changed_column_shows_at_its_record(column, value):
    entries = a_chain()
    entries[1] = replace(entries[1], **{column: value})
    assert walked(entries) == Flaw(LANE, 2, CHANGED)


def test_a_record_of_another_booking_of_the_lane_is_a_change():
    other = next(f"x{n}" for n in range(999) if lane_of(f"x{n}") == LANE)
    entries = a_chain()
    entries[2] = replace(entries[2], booking_id=other)
    assert walked(entries) == Flaw(LANE, 3, CHANGED)


def test_a_booking_of_another_lane_is_misplaced():
    entries = a_chain()
    entries[2] = replace(entries[2], booking_id=ELSEWHERE)
    assert walked(entries) == Flaw(LANE, 3, MISPLACED)


def test_a_record_taken_out_is_named_by_its_number():
    entries = a_chain()
    del entries[1]
    assert walked(entries) == Flaw(LANE, 2, MISSING)


def test_records_that_changed_places_show():
    one, two, three, four = a_chain()
    swapped = [one, replace(three, seq=2), replace(two, seq=3), four]
    assert walked(swapped) == Flaw(LANE, 2, CHANGED)


def test_a_record_before_the_first_is_misplaced():
    entries = a_chain()
    assert walked([replace(entries[0], seq=0), *entries]) == Flaw(LANE, 0, MISPLACED)


def test_a_record_put_in_anew_with_its_own_digest_breaks_the_next():
    entries = a_chain()
    forged = replace(entries[1], values='{"n":9}')
    entries[1] = replace(forged, digest=digest_of(entries[0].digest, forged))
    assert walked(entries) == Flaw(LANE, 3, CHANGED)


def test_the_digest_tells_apart_where_one_column_ends_and_the_next_begins():
    entry = Entry(0, 1, 0, "ab", "c", "{}", "")
    assert digest_of("", entry) != digest_of("", replace(entry, kind="a", booking_id="bc"))


@given(st.text(max_size=40))
def test_every_booking_has_one_of_the_lanes(booking_id):
    assert 0 <= lane_of(booking_id) < LANES


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2200, 1, 1)))  # noqa: DTZ001 - made aware
def test_a_moment_comes_back_exactly(moment):
    aware = moment.replace(tzinfo=UTC)
    assert moment_of(microseconds(aware)) == aware


def test_the_order_of_names_changes_nothing():
    assert canonical({"b": 1, "a": {"d": 2, "c": (3,)}}) == '{"a":{"c":[3],"d":2},"b":1}'


@pytest.mark.parametrize("value", [{"a": 0.5}, {"a": [NOON]}, {1: "a"}, {"a": b"x"}])
def test_what_has_no_one_way_of_being_written_is_refused(value):
    with pytest.raises(TypeError):
        canonical(value)
