"""The slow comparison of calendars with the store, both ways."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.jobs.following import STRAY_AFTER
from scheduling.booking import BookingState, CancelledBy
from scheduling.outbox import JobKind
from tests.builders import NOW, span
from tests.unit.jobs.following_world import World

LONG_AGO = NOW - STRAY_AFTER


@pytest.fixture
def world() -> World:
    return World()


def given_up(world, at, clocks="10-10:30", number=1):
    booking = world.booked(clocks, number)
    gone = {"state": BookingState.CANCELLED, "cancelled_by": CancelledBy.CUSTOMER}
    return world.store.put(replace(booking, cancelled_at=at, **gone))


async def test_an_event_of_a_booking_given_up_long_ago_is_taken_out_once(world):
    stray = given_up(world, LONG_AGO)
    for _ in range(2):
        await world.follower.sweep("anna")
    (promise,) = world.store.promises
    assert promise.kind == JobKind.CANCEL_EVENT
    assert promise.payload == {"booking": stray.id, "event": stray.event_id, "staff": "anna"}


async def test_an_event_that_is_just_being_taken_out_is_left_to_who_does_it(world):
    given_up(world, LONG_AGO + timedelta(seconds=1))
    await world.follower.sweep("anna")
    assert world.store.promises == []


async def test_an_event_that_was_cancelled_is_no_stray(world):
    stray = given_up(world, LONG_AGO)
    world.calendar.cancelled.add(stray.event_id)
    await world.follower.sweep("anna")
    assert world.store.promises == []


async def test_an_event_of_a_booking_that_nobody_knows_is_left_alone(world):
    booking = world.booked()
    del world.store.bookings[booking.id]
    await world.follower.sweep("anna")
    assert world.store.promises == []


async def test_a_booking_whose_event_is_missing_or_elsewhere_is_found_by_the_sweep(world):
    deleted, moved, left = world.booked(), world.booked("12-12:30", 2), world.booked("16-17", 3)
    world.calendar.deletes(deleted)
    world.calendar.moves(moved, "14-14:30")
    await world.follower.sweep("anna")
    await world.settled()
    assert world.now(deleted).cancelled_by is CancelledBy.STAFF
    assert world.now(moved).span == span("14-14:30")
    assert world.now(left) == left
