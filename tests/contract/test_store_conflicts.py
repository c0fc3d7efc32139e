"""Times noted in an outage, and those found taken: the same rules in the database and the fake."""

import pytest

from scheduling.booking import BookingState
from scheduling.outbox import Promise
from scheduling.timespan import TimeSpan
from tests.contract.store_world import (
    DATABASES,
    EVA,
    KEEPERS,
    MINUTE,
    NOW,
    SetClock,
    a_keeper,
    a_request,
)
from tests.contract.test_store_cancel import CUSTOMER, standing

LATER = NOW + 60 * MINUTE
TELL = Promise("tell_conflict", "tell_conflict:1")


@pytest.fixture(params=KEEPERS)
async def store(request, tmp_path):
    async with a_keeper(request.param, tmp_path, SetClock()) as store:
        yield store


async def conflict(store, booking, version=1):
    return await store.bookings.note_conflict(booking.id, LATER, [TELL], NOW, version=version)


async def test_a_booking_keeps_how_old_the_state_was_that_it_was_noted_on(store):
    held = await store.bookings.hold(a_request(0, known_at=NOW - MINUTE), NOW)
    assert held.known_at == NOW - MINUTE
    noted = await store.bookings.confirm(held.id, "eva", EVA, (), NOW, known_at=NOW - 2 * MINUTE)
    assert (noted.known_at, noted.noted_at) == (NOW - 2 * MINUTE, NOW)
    assert await store.bookings.booking(held.id) == noted


async def test_a_live_look_at_the_confirmation_takes_the_age_away(store):
    held = await store.bookings.hold(a_request(0, known_at=NOW - MINUTE), NOW)
    assert (await store.bookings.confirm(held.id, "eva", EVA, (), NOW)).known_at is None


async def test_a_conflict_is_kept_with_its_promises_and_the_time_stays_claimed(store):
    booking = await standing(store)
    before = await store.queue.waiting()
    noted = await conflict(store, booking)
    assert (noted.state, noted.conflict_until) == (BookingState.NOTED, LATER)
    assert await store.bookings.booking(booking.id) == noted
    assert await store.queue.waiting() == before + 1
    claims = await store.bookings.claims(booking.resources, booking.busy, NOW)
    assert all(claims.values())


async def test_found_twice_it_is_noted_and_promised_once(store):
    booking = await standing(store)
    noted = await conflict(store, booking)
    before = await store.queue.waiting()
    again, later = [Promise("tell_conflict", "another")], LATER + MINUTE
    found = await store.bookings.note_conflict(booking.id, later, again, NOW, version=1)
    assert found == noted
    assert await store.queue.waiting() == before


async def test_of_another_version_or_state_it_changes_nothing(store):
    booking = await standing(store)
    assert await conflict(store, booking, version=2) == booking
    gone = await store.bookings.cancel(booking.id, "eva", CUSTOMER, (), NOW)
    assert await conflict(store, booking) == gone


@pytest.fixture(params=DATABASES)
async def database(request, tmp_path):
    async with a_keeper(request.param, tmp_path, SetClock()) as store:
        yield store


async def test_a_mail_tried_in_vain_in_the_span_and_done_later_was_held_up(database):
    queue, span = database.queue, TimeSpan(NOW, NOW + 10 * MINUTE)
    for key in ("tried", "at once", "of another kind"):
        kind = "tell_booked" if key == "of another kind" else "send_confirmation"
        await queue.enqueue(Promise(kind, key), NOW)
    for job in await queue.claim(3, MINUTE, NOW):
        if job.key == "at once":
            await queue.complete(job, NOW + MINUTE)
        else:
            await queue.retry(job, MINUTE, "http_503", NOW + MINUTE)
    for job in await queue.claim(3, MINUTE, NOW + 5 * MINUTE):
        await queue.complete(job, NOW + 20 * MINUTE)
    assert await queue.held_up({"send_confirmation"}, span) == 1
    later = TimeSpan(NOW + 30 * MINUTE, NOW + 40 * MINUTE)
    assert await queue.held_up({"send_confirmation"}, later) == 0


async def test_facts_are_found_by_when_and_kind_in_their_order(database):
    booking = await standing(database)
    await conflict(database, booking)
    found = await database.ledger.between(NOW, LATER, {"confirmed", "conflict"})
    assert [entry.kind for entry in found] == ["confirmed", "conflict"]
    assert await database.ledger.between(NOW + MINUTE, LATER, {"confirmed"}) == []
