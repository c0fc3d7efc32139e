"""The slow comparison of calendars with the store, both ways."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.jobs.following import STRAY_AFTER
from scheduling.booking import BookingState, CancelledBy
from scheduling.outbox import JobKind
from tests.builders import NOW, span
from tests.unit.jobs.following_world import ANNA, World

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


def second(world, booking, clocks="10-10:30", mailbox=ANNA, event_id="event-second"):
    """Another event with the mark of the booking."""
    draft = world.calendar.drafts[booking.event_id]
    world.calendar.drafts[event_id] = replace(draft, span=span(clocks), mailbox=mailbox)


async def test_an_event_that_stands_twice_is_taken_out_once_and_the_known_one_stays(world):
    booking = world.booked()
    second(world, booking)
    for _ in range(2):
        await world.follower.sweep("anna")
    (promise,) = world.store.promises
    assert promise.kind == JobKind.CANCEL_EVENT
    assert promise.payload == {"booking": booking.id, "event": "event-second", "staff": "anna"}
    assert promise.parked == ""
    await world.settled()
    assert world.now(booking) == booking


async def test_what_a_move_to_somebody_else_has_left_is_taken_out(world):
    booking = world.booked("14-14:30", moved_from=span("10-10:30").start)
    second(world, booking, mailbox="bernd@example.test")
    await world.follower.sweep("bernd")
    (promise,) = world.store.promises
    assert (promise.payload["staff"], promise.parked) == ("bernd", "")


@pytest.mark.parametrize(
    ("clocks", "staff_id"), [("12-12:30", "anna"), ("10-10:30", "bernd"), ("12-12:30", "bernd")]
)
async def test_a_second_event_that_may_be_a_copy_of_the_staff_waits_for_a_person(
    world, clocks, staff_id
):
    booking = world.booked()
    second(world, booking, clocks, f"{staff_id}@example.test")
    await world.follower.sweep(staff_id)
    (promise,) = world.following.parked.values()
    assert promise.parked == "second_event"
    assert promise.payload["staff"] == staff_id
    assert world.store.promises == []


async def test_an_event_under_a_new_id_is_no_second_one(world):
    booking = world.store.put(replace(world.booked(), event_id="event-before"))
    await world.follower.sweep("anna")
    await world.settled()
    assert (world.store.promises, world.now(booking)) == ([], booking)


async def test_where_the_known_one_was_cancelled_the_other_is_no_second_one(world):
    booking = world.booked()
    second(world, booking)
    world.calendar.cancelled.add(booking.event_id)
    await world.follower.sweep("anna")
    assert world.store.promises == []


async def test_while_a_move_is_being_written_no_event_is_a_second_one(world):
    booking = world.booked(state=BookingState.NOTED, version=2)
    second(world, booking)
    await world.follower.sweep("anna")
    assert world.store.promises == []


async def test_a_second_event_does_not_hide_that_the_known_one_was_moved(world):
    booking = world.booked()
    second(world, booking)
    world.calendar.moves(booking, "14-14:30")
    await world.follower.sweep("anna")
    await world.settled()
    assert world.now(booking).span == span("14-14:30")
