import re
from itertools import product

import pytest

from scheduling.booking import (
    FREEING,
    MOVABLE,
    NUMBER_ALPHABET,
    TRANSITIONS,
    BookingEvent,
    BookingState,
    after,
    new_id,
    new_number,
)
from scheduling.errors import TransitionRefused

PAIRS = list(product(BookingState, BookingEvent))
REFUSED = [pair for pair in PAIRS if pair not in TRANSITIONS]


@pytest.mark.parametrize(("state", "event"), REFUSED)
def test_every_pair_outside_the_table_is_refused(state, event):
    with pytest.raises(TransitionRefused):
        after(state, event)


def test_the_way_to_a_booking_is_held_noted_booked():
    noted = after(BookingState.HELD, BookingEvent.CONFIRM)
    assert noted is BookingState.NOTED
    assert after(noted, BookingEvent.WRITTEN) is BookingState.BOOKED


@pytest.mark.parametrize("event", [BookingEvent.RELEASE, BookingEvent.EXPIRE])
def test_a_hold_that_ends_frees_the_time(event):
    assert after(BookingState.HELD, event) in FREEING


def test_nothing_leads_out_of_a_state_that_freed_the_time():
    assert not [state for state, _ in TRANSITIONS if state in FREEING]


def test_what_was_moved_is_noted_until_its_event_was_read_back():
    assert {after(state, BookingEvent.MOVE) for state in MOVABLE} == {BookingState.NOTED}
    assert {BookingState.NOTED, BookingState.BOOKED} == MOVABLE


def test_attended_and_missed_can_only_be_corrected_into_each_other():
    came, missed = BookingState.ATTENDED, BookingState.NO_SHOW
    assert after(came, BookingEvent.MISS) is missed
    assert after(missed, BookingEvent.ATTEND) is came
    assert {event for state, event in TRANSITIONS if state in {came, missed}} == {
        BookingEvent.ATTEND,
        BookingEvent.MISS,
    }


def test_numbers_are_easy_to_read_out_and_differ():
    numbers = {new_number() for _ in range(200)}
    assert len(numbers) == 200
    assert all(
        re.fullmatch(f"B-[{NUMBER_ALPHABET}]{{4}}-[{NUMBER_ALPHABET}]{{4}}", n) for n in numbers
    )


def test_ids_have_128_bits():
    assert re.fullmatch("[0-9a-f]{32}", new_id())
