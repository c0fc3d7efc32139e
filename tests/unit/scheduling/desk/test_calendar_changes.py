"""The table: what an event says about its booking."""

from dataclasses import replace

import pytest

from scheduling.booking import BookingState
from scheduling.desk import Change, change_of
from scheduling.ports import WrittenEvent
from scheduling.timespan import TimeSpan
from tests.builders import NOW, a_booking, minutes, span

BOOKING = a_booking("10-10:30")
STANDS = WrittenEvent("event-1", BOOKING.id, BOOKING.span)
WEEK = TimeSpan(BOOKING.span.start, BOOKING.span.start + minutes(7 * 24 * 60))


def at(clocks: str) -> WrittenEvent:
    return replace(STANDS, span=span(clocks))


@pytest.mark.parametrize(
    ("booking", "event", "change"),
    [
        ({}, STANDS, Change.NONE),
        ({}, at("11-11:30"), Change.MOVED),
        ({}, at("10-11"), Change.MOVED),
        ({}, None, Change.GONE),
        ({}, replace(STANDS, is_cancelled=True), Change.GONE),
        ({}, replace(STANDS, is_all_day=True), Change.ALL_DAY),
        ({}, replace(STANDS, span=WEEK), Change.TOO_LONG),
        ({}, at("6-6:30"), Change.PAST),
        ({"astray": "past x"}, STANDS, Change.RIGHT_AGAIN),
        ({"astray": "past x"}, at("11-11:30"), Change.MOVED),
        ({"state": BookingState.NOTED}, None, Change.WRITING),
        ({"state": BookingState.CANCELLED}, STANDS, Change.NONE),
        ({"state": BookingState.ATTENDED}, None, Change.NONE),
        ({"span": span("7-7:30")}, None, Change.NONE),
    ],
)
def test_the_event_says(booking, event, change):
    assert change_of(replace(BOOKING, **booking), event, NOW) is change
