"""Cancelling in the BookingStore port: the same rules in the database and in the fake."""

import asyncio
from dataclasses import replace
from itertools import product

import pytest
from sqlalchemy.exc import IntegrityError

from scheduling.booking import BookingEvent, BookingState, CancelledBy
from scheduling.errors import HoldExpired, TransitionRefused, UnknownBooking
from scheduling.outbox import JobKind, Promise
from scheduling.ports import WrittenEvent
from tests.contract.store_world import (
    DATABASES,
    EVA,
    KEEPERS,
    MINUTE,
    NOW,
    SetClock,
    a_keeper,
    a_request,
    at,
)

LATER = NOW + 60 * MINUTE
WRITE, MAIL = Promise("write_event", "write:1"), Promise("mail_cancelled", "mail:1")
STANDING = (BookingState.REQUESTED, BookingState.NOTED, BookingState.BOOKED)
CUSTOMER = CancelledBy.CUSTOMER


@pytest.fixture(params=KEEPERS)
async def store(request, tmp_path):
    async with a_keeper(request.param, tmp_path, SetClock()) as store:
        yield store


@pytest.fixture(params=DATABASES)
async def database(request, tmp_path):
    async with a_keeper(request.param, tmp_path, SetClock()) as store:
        yield store


async def standing(store, state=BookingState.NOTED, *, minutes=0):
    held = await store.bookings.hold(a_request(minutes), NOW)
    until = LATER if state is BookingState.REQUESTED else None
    promises = () if state is BookingState.REQUESTED else (WRITE,)
    return await store.bookings.confirm(held.id, "eva", EVA, promises, NOW, decide_until=until)


async def in_state(database, state):
    booking = await standing(database, state)
    if state is BookingState.BOOKED:
        await completed(database, booking)
    return await database.bookings.booking(booking.id)


async def completed(database, booking, follow_ups=()):
    (job,) = await database.queue.claim(1, MINUTE, NOW)
    written = WrittenEvent("event-1", booking.id, booking.span, "https://teams.example/1")
    await database.queue.complete(job, NOW, written=written, follow_ups=follow_ups)


@pytest.mark.parametrize("state", STANDING[:2])
async def test_what_is_cancelled_is_kept_with_who_and_when_and_its_promises(store, state):
    booking = await standing(store, state)
    before = await store.queue.waiting()
    gone = await store.bookings.cancel(booking.id, "eva", CUSTOMER, [MAIL], LATER)
    said = {"cancelled_by": CUSTOMER, "cancelled_at": LATER}
    assert gone == replace(booking, state=BookingState.CANCELLED, **said)
    assert await store.bookings.booking(booking.id) == gone
    assert await store.queue.waiting() == before + 1


@pytest.mark.parametrize("state", STANDING)
async def test_each_standing_state_can_be_cancelled_also_by_the_staff(database, state):
    booking = await in_state(database, state)
    gone = await database.bookings.cancel(booking.id, "eva", CancelledBy.STAFF, [], LATER)
    assert (gone.state, gone.cancelled_by) == (BookingState.CANCELLED, CancelledBy.STAFF)
    assert (gone.event_id, gone.details) == (booking.event_id, EVA)


async def test_cancelling_again_returns_it_and_promises_nothing(store):
    booking = await standing(store)
    first = await store.bookings.cancel(booking.id, "eva", CUSTOMER, [MAIL], NOW)
    another = Promise("mail_cancelled", "mail:2")
    again = await store.bookings.cancel(booking.id, "eva", CancelledBy.STAFF, [another], LATER)
    assert again == first
    assert await store.queue.waiting() == 2


async def test_nobody_cancels_the_booking_of_another(store):
    booking = await standing(store)
    for owner, booking_id in product(("max", "eva"), (booking.id, "0" * 32)):
        if (owner, booking_id) != ("eva", booking.id):
            with pytest.raises(UnknownBooking):
                await store.bookings.cancel(booking_id, owner, CUSTOMER, [MAIL], NOW)
    assert await store.bookings.booking(booking.id) == booking


async def test_a_hold_is_let_go_not_cancelled(store):
    held = await store.bookings.hold(a_request(), NOW)
    with pytest.raises(TransitionRefused):
        await store.bookings.cancel(held.id, "eva", CUSTOMER, [MAIL], NOW)
    await store.bookings.release_hold(held.id, "eva", NOW)
    with pytest.raises(TransitionRefused):
        await store.bookings.cancel(held.id, "eva", CUSTOMER, [MAIL], NOW)
    assert await store.queue.waiting() == 0


async def test_a_request_that_was_declined_cannot_be_cancelled(store):
    asked = await standing(store, BookingState.REQUESTED)
    declined = await store.bookings.decide(asked.id, BookingEvent.DECLINE, [], NOW)
    with pytest.raises(TransitionRefused):
        await store.bookings.cancel(asked.id, "eva", CUSTOMER, [MAIL], NOW)
    assert await store.bookings.booking(asked.id) == declined


@pytest.mark.parametrize("event", [BookingEvent.APPROVE, BookingEvent.DECLINE])
async def test_a_cancelled_request_cannot_be_decided_on(store, event):
    asked = await standing(store, BookingState.REQUESTED)
    gone = await store.bookings.cancel(asked.id, "eva", CUSTOMER, [], NOW)
    with pytest.raises(TransitionRefused):
        await store.bookings.decide(asked.id, event, [WRITE], NOW)
    assert await store.bookings.booking(asked.id) == gone


async def test_the_time_is_free_at_once_and_the_change_is_told(store):
    booking = await standing(store)
    position = (await store.bookings.changed_since(0)).position
    await store.bookings.cancel(booking.id, "eva", CUSTOMER, [], NOW)
    assert (await store.bookings.changed_since(position)).resources == {"staff:anna"}
    assert await store.bookings.claims(["staff:anna"], at(0), NOW) == {"staff:anna": []}
    assert await store.bookings.bookings_of("eva") == []
    await store.bookings.hold(a_request(owner="max"), NOW)


async def test_a_cancelled_booking_is_not_confirmed_again(store):
    booking = await standing(store)
    gone = await store.bookings.cancel(booking.id, "eva", CUSTOMER, [], NOW)
    with pytest.raises(HoldExpired):
        await store.bookings.confirm(booking.id, "eva", EVA, [WRITE], NOW)
    assert await store.bookings.booking(booking.id) == gone


async def test_a_cancelled_booking_leaves_room_within_the_customers_limit(store):
    booking = await standing(store)
    await store.bookings.cancel(booking.id, "eva", CUSTOMER, [], NOW)
    held = await store.bookings.hold(a_request(120), NOW)
    await store.bookings.confirm(held.id, "eva", EVA, [], NOW, limit=1)


async def test_of_many_who_cancel_at_once_one_promises_the_mail(database):
    booking = await standing(database)
    gone = await asyncio.gather(
        *(
            database.bookings.cancel(
                booking.id, "eva", CUSTOMER, [Promise("mail_cancelled", f"mail:{n}")], NOW
            )
            for n in range(20)
        )
    )
    assert len(set(map(repr, gone))) == 1
    assert await database.queue.waiting() == 2


async def test_confirm_and_cancel_at_once_end_cancelled_or_booked_never_between(database):
    held = await database.bookings.hold(a_request(), NOW)
    confirmed, cancelled = await asyncio.gather(
        database.bookings.confirm(held.id, "eva", EVA, [WRITE], NOW),
        database.bookings.cancel(held.id, "eva", CUSTOMER, [MAIL], NOW),
        return_exceptions=True,
    )
    state = (await database.bookings.booking(held.id)).state
    assert confirmed.state is BookingState.NOTED
    was_too_early = isinstance(cancelled, TransitionRefused)
    assert state is (BookingState.NOTED if was_too_early else BookingState.CANCELLED)
    assert await database.queue.waiting() == (1 if was_too_early else 2)


async def test_a_cancellation_whose_promise_cannot_be_kept_is_none(database):
    booking = await standing(database)
    with pytest.raises(IntegrityError):
        await database.bookings.cancel(
            booking.id, "eva", CUSTOMER, [MAIL, Promise(None, "key")], NOW
        )
    assert await database.bookings.booking(booking.id) == booking
    assert await database.queue.waiting() == 1


async def test_an_event_written_for_a_cancelled_booking_is_promised_to_be_taken_out(database):
    booking = await standing(database)
    (job,) = await database.queue.claim(1, MINUTE, NOW)
    taking_out = Promise(JobKind.CANCEL_EVENT, f"cancel_event:{booking.id}:1")
    await database.bookings.cancel(booking.id, "eva", CUSTOMER, [taking_out], NOW)
    # the promise of the cancellation itself found nothing to take out
    (early,) = await database.queue.claim(8, MINUTE, NOW)
    await database.queue.complete(early, NOW)
    written = WrittenEvent("event-1", booking.id, booking.span, "https://teams.example/1")
    await database.queue.complete(job, NOW, written=written)
    after = await database.bookings.booking(booking.id)
    assert (after.state, after.event_id) == (BookingState.CANCELLED, "event-1")
    (late,) = await database.queue.claim(8, MINUTE, NOW)
    assert (late.kind, late.payload) == (
        JobKind.CANCEL_EVENT,
        {"booking": booking.id, "event": "event-1", "staff": "anna"},
    )


async def test_what_is_given_up_at_a_version_is_still_noted_and_of_that_version(store):
    booking = await standing(store)
    give_up = {"by": CancelledBy.SYSTEM, "promises": [MAIL], "now": LATER}
    with pytest.raises(TransitionRefused):
        await store.bookings.cancel(booking.id, "eva", **give_up, version=2)
    assert await store.bookings.booking(booking.id) == booking
    given_up = await store.bookings.cancel(booking.id, "eva", **give_up, version=1)
    assert given_up.cancelled_by is CancelledBy.SYSTEM


async def test_what_was_written_meanwhile_is_not_given_up_at_its_version(database):
    booking = await in_state(database, BookingState.BOOKED)
    with pytest.raises(TransitionRefused):
        await database.bookings.cancel(
            booking.id, "eva", CancelledBy.SYSTEM, [MAIL], LATER, version=1
        )
    assert await database.bookings.booking(booking.id) == booking
