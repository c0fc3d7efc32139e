"""The checker finds each kind of broken promise when it is planted, and nothing in a sound run."""

from dataclasses import replace

import pytest

from tests.chaos.checker import End, Row, Standing, Taken, Wrong, violations
from tests.chaos.history import Act, Entry, Kind, Told

HOUR = 3_600_000_000
EVA = Row("eva", "booked", "anna", (9 * HOUR, 10 * HOUR), 9 * HOUR)
MAX = Row("max", "booked", "anna", (10 * HOUR, 11 * HOUR), 10 * HOUR)
GONE = Row("ida", "cancelled", "anna", (9 * HOUR, 10 * HOUR), 9 * HOUR)
HELD = Row("ben", "held", "bernd", (9 * HOUR, 10 * HOUR), 9 * HOUR)
EVENTS = (Standing("e1", "eva", "anna", 9 * HOUR), Standing("e2", "max", "anna", 10 * HOUR))
TAKEN = tuple(Taken("staff:anna/1", row.id, row.busy) for row in (EVA, MAX))
SOUND = End((EVA, MAX, GONE, HELD), TAKEN, EVENTS)


def told(booking, what=Told.BOOKED, *, act=Act.BOOK, stood=True, start=0, kind=Kind.OK):
    return Entry(1.0, "c", act, kind, booking, what, start, stood)


HISTORY = (
    told("eva", start=9 * HOUR),
    told("max", Told.NOTED, stood=None),
    told("ida"),
    told("ida", Told.CANCELLED, act=Act.CANCEL, stood=None),
)


def wrong(history=HISTORY, end=SOUND):
    return {each.wrong for each in violations(history, end)}


def without(rows, booking):
    return tuple(row for row in rows if getattr(row, "booking", getattr(row, "id", "")) != booking)


def test_a_sound_run_has_no_violation():
    assert wrong() == set()


def test_a_told_booking_that_is_not_in_the_store_is_lost():
    end = replace(SOUND, rows=without(SOUND.rows, "max"), events=without(EVENTS, "max"))
    assert wrong(end=end) == {Wrong.LOST}


def test_a_told_booking_that_is_not_in_the_calendar_is_lost():
    end = replace(SOUND, events=without(EVENTS, "eva"))
    assert wrong(end=end) == {Wrong.LOST, Wrong.ORPHANED}


def test_a_told_booking_that_nobody_gave_up_and_is_cancelled_is_lost():
    assert wrong((*HISTORY[:2], told("ida"))) == {Wrong.LOST}


def test_a_cancellation_whose_answer_was_lost_may_have_happened():
    unknown = told("ida", Told.NOTHING, act=Act.CANCEL, stood=None, kind=Kind.INFO)
    assert wrong((told("ida"), unknown)) == set()


def test_a_cancellation_that_surely_failed_excuses_nothing():
    refused = told("ida", Told.NOTHING, act=Act.CANCEL, stood=None, kind=Kind.FAIL)
    assert wrong((told("ida"), refused)) == {Wrong.LOST}


def test_a_move_that_was_told_and_did_not_last_is_lost():
    moved = told("eva", act=Act.MOVE, start=12 * HOUR)
    assert wrong((*HISTORY, moved)) == {Wrong.LOST}


def test_a_move_whose_answer_was_lost_may_have_happened_or_not():
    lost = told("eva", Told.NOTHING, act=Act.MOVE, stood=None, kind=Kind.INFO)
    assert wrong((told("eva", start=12 * HOUR), lost)) == set()


def test_two_events_of_one_booking_are_doubled():
    end = replace(SOUND, events=(*EVENTS, replace(EVENTS[0], event="e3")))
    assert wrong(end=end) == {Wrong.DOUBLED}


@pytest.mark.parametrize("booking", ["ida", "nobody"])
def test_an_event_without_a_standing_booking_is_orphaned(booking):
    stray = Standing("e9", booking, "anna", 15 * HOUR)
    assert Wrong.ORPHANED in wrong((), replace(SOUND, events=(*EVENTS, stray)))


def test_a_booking_that_was_never_written_is_orphaned():
    noted = Row("tim", "noted", "anna", (12 * HOUR, 13 * HOUR), 12 * HOUR)
    assert wrong(end=replace(SOUND, rows=(*SOUND.rows, noted))) == {Wrong.ORPHANED}


def test_a_claim_of_a_booking_that_is_over_is_orphaned():
    kept = Taken("staff:anna/1", "ida", (15 * HOUR, 16 * HOUR))
    assert wrong(end=replace(SOUND, taken=(*TAKEN, kept))) == {Wrong.ORPHANED}


def test_an_event_at_another_time_than_its_booking_is_elsewhere():
    end = replace(SOUND, events=(replace(EVENTS[0], start=8 * HOUR), EVENTS[1]))
    assert wrong(end=end) == {Wrong.ELSEWHERE}


def test_told_booked_without_an_event_is_a_lie():
    assert wrong((told("eva", stood=False),)) == {Wrong.LIE}


def test_told_cancelled_and_still_booked_is_a_lie():
    assert wrong((told("eva", Told.CANCELLED, act=Act.CANCEL, stood=None),)) == {Wrong.LIE}


@pytest.mark.parametrize("state", ["held", "requested", "noted", "booked", "a_state_of_tomorrow"])
def test_two_bookings_of_one_person_overlap_whatever_their_states(state):
    second = Row("tom", state, "anna", (9 * HOUR + 1, 9 * HOUR + 2), 9 * HOUR)
    assert Wrong.OVERLAP in wrong(end=replace(SOUND, rows=(*SOUND.rows, second)))


def test_a_hold_that_moves_a_booking_may_overlap_it():
    hold = Row("h", "held", "anna", (9 * HOUR, 10 * HOUR), 9 * HOUR, party="eva")
    assert wrong(end=replace(SOUND, rows=(*SOUND.rows, hold))) == set()


def test_an_overlap_is_found_behind_one_that_is_allowed():
    rows = (
        Row("x", "booked", "anna", (20 * HOUR, 23 * HOUR), 20 * HOUR),
        Row("y", "held", "anna", (20 * HOUR, 21 * HOUR), 20 * HOUR, party="x"),
        Row("z", "held", "anna", (22 * HOUR, 23 * HOUR), 22 * HOUR),
    )
    assert Wrong.OVERLAP in wrong((), replace(SOUND, rows=rows, events=(), taken=()))


def test_a_unit_that_serves_two_bookings_at_once_is_over_capacity():
    taken = tuple(Taken("unit:chair/1", name, (9 * HOUR, 11 * HOUR)) for name in ("eva", "max"))
    assert wrong(end=replace(SOUND, taken=taken)) == {Wrong.OVER_CAPACITY}


def test_work_that_is_never_done_is_stuck():
    assert wrong(end=replace(SOUND, open_jobs=("write_event parked",))) == {Wrong.STUCK}


def test_a_broken_ledger_is_said():
    assert wrong(end=replace(SOUND, audit="record 7")) == {Wrong.AUDIT}
