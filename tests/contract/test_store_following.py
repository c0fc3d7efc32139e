"""Bookings follow their events: the same rules in the databases and in the fake."""

import asyncio
import itertools
from dataclasses import replace

import pytest

from scheduling.booking import BookingState, CancelledBy, staff_resource
from scheduling.errors import SlotTaken, TimeHeld, TransitionRefused
from scheduling.outbox import Promise
from scheduling.ports import WrittenEvent
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
    at,
)
from tests.following_fake import InMemoryFollowing

TOLD = Promise("mail_staff_moved", "told:1")
WRITE = Promise("write_event", "write:{}")
ANNA = staff_resource("anna")
DAY = TimeSpan(NOW, NOW + 7 * 24 * 60 * MINUTE)
LATER = NOW + 10 * MINUTE


@pytest.fixture(params=KEEPERS)
async def store(request, tmp_path):
    async with a_keeper(request.param, tmp_path, SetClock()) as store:
        if request.param == "memory":
            store.following = InMemoryFollowing(store.bookings)
        yield store


@pytest.fixture(params=DATABASES)
async def database(request, tmp_path):
    async with a_keeper(request.param, tmp_path, SetClock()) as store:
        yield store


async def booked(store, minutes=0, **changes):
    """A booking whose event was read back."""
    held = await store.bookings.hold(a_request(minutes, **changes), NOW)
    writing = Promise("write_event", f"write:{held.id}")
    noted = await store.bookings.confirm(held.id, held.owner, EVA, [writing], NOW)
    if isinstance(store.following, InMemoryFollowing):
        event = {"event_id": f"event-{held.id}", "event_staff_id": noted.staff_id}
        return store.bookings.put(replace(noted, state=BookingState.BOOKED, **event))
    (job,) = await store.queue.claim(1, MINUTE, NOW)
    event = WrittenEvent(f"event-{held.id}", held.id, held.span)
    await store.queue.complete(job, NOW, written=event)
    return await store.bookings.booking(held.id)


async def follow(store, booking, minutes, promises=(), now=LATER, length=60):
    where = at(minutes, length)
    return await store.following.follow(booking.id, where, promises, now, version=booking.version)


async def claimed(store, resource=ANNA):
    claims = (await store.bookings.claims([resource], DAY, LATER))[resource]
    return [(claim.start, claim.end, claim.busy_start) for claim in claims]


def seconds(minutes):
    return int(at(minutes).start.timestamp())


async def test_a_followed_booking_stands_where_its_event_is_and_the_customer_is_asked(store):
    booking = await booked(store)
    before = await store.queue.waiting()
    new = await follow(store, booking, 120, [TOLD])
    assert new == replace(
        booking,
        span=at(120),
        busy=at(120),
        version=2,
        asked_version=2,
        moved_from=booking.span.start,
    )
    assert new.awaits_answer
    assert await store.bookings.booking(booking.id) == new
    assert await store.queue.waiting() == before + 1


async def test_its_claims_move_along_with_their_buffers(store):
    booking = await booked(store, buffers=10)
    new = await follow(store, booking, 130, length=90)
    assert new.busy == at(130, 90).widened(10 * MINUTE, 10 * MINUTE)
    assert await claimed(store) == [(seconds(130), seconds(220), seconds(120))]


async def test_its_own_time_is_not_in_the_way_of_a_small_step(store):
    booking = await booked(store)
    assert (await follow(store, booking, 15)).span == at(15)


async def test_another_booking_is_in_the_way_and_nothing_changes(store):
    booking, _other = await booked(store), await booked(store, 120, owner="ida")
    waiting = await store.queue.waiting()
    with pytest.raises(SlotTaken):
        await follow(store, booking, 90, [TOLD])
    assert await store.bookings.booking(booking.id) == booking
    assert await store.queue.waiting() == waiting
    assert [start for start, _, _ in await claimed(store)] == [seconds(0), seconds(120)]


async def test_a_living_hold_is_in_the_way_for_minutes_only(store):
    booking = await booked(store)
    await store.bookings.hold(a_request(120, owner="ida"), NOW)
    with pytest.raises(TimeHeld):
        await follow(store, booking, 120, now=NOW)
    assert (await follow(store, booking, 120, now=LATER)).span == at(120)


async def test_who_looked_before_it_changed_has_no_effect(store):
    booking = await booked(store)
    await follow(store, booking, 120)
    for late in (
        follow(store, booking, 180),
        store.following.give_up(booking.id, [], LATER, version=1),
        store.following.stand_astray(booking.id, "past", [], LATER, version=1),
    ):
        with pytest.raises(TransitionRefused):
            await late
    assert (await store.bookings.booking(booking.id)).span == at(120)


async def test_what_is_being_written_does_not_follow(store):
    held = await store.bookings.hold(a_request(), NOW)
    noted = await store.bookings.confirm(held.id, held.owner, EVA, [TOLD], NOW)
    with pytest.raises(TransitionRefused):
        await follow(store, noted, 120)


async def test_what_the_staff_took_out_is_cancelled_by_them_and_its_time_is_free(store):
    booking = await booked(store)
    gone = await store.following.give_up(booking.id, [TOLD], LATER, version=1)
    assert (gone.state, gone.cancelled_by) == (BookingState.CANCELLED, CancelledBy.STAFF)
    assert (await store.bookings.hold(a_request(owner="ida"), LATER)).span == at(0)


async def test_astray_is_noted_once_and_taken_back(store):
    booking = await booked(store)
    waiting = await store.queue.waiting()
    for _ in range(2):
        noted = await store.following.stand_astray(booking.id, "past 9", [TOLD], LATER, version=1)
    assert (noted.astray, noted.state, noted.span) == ("past 9", BookingState.BOOKED, at(0))
    assert await store.queue.waiting() == waiting + 1
    assert (await store.following.stand_astray(booking.id, "", [], LATER, version=1)).astray == ""


async def test_following_takes_back_that_it_stood_astray(store):
    booking = await booked(store)
    noted = await store.following.stand_astray(booking.id, "past 9", [], LATER, version=1)
    assert (await follow(store, noted, 120)).astray == ""


async def test_a_booking_is_found_by_its_event_in_its_calendar_only(store):
    booking, other = await booked(store), await booked(store, 120, owner="ida")
    ids = [booking.event_id, "event-of-nobody"]
    assert await store.following.of_events("anna", ids) == [booking]
    assert await store.following.of_events("bernd", ids) == []
    assert await store.following.written_in("anna", at(0, 600)) == [booking, other]
    assert await store.following.written_in("anna", at(60, 60)) == []


async def test_the_customer_accepts_once_and_nobody_else_does(store):
    new = await follow(store, await booked(store), 120)
    assert (await store.bookings.accept(new.id, "eva", LATER)).awaits_answer is False
    assert (await store.bookings.accept(new.id, "eva", LATER)).span == at(120)


async def test_a_booking_that_the_staff_did_not_move_is_not_changed_by_a_yes(store):
    booking = await booked(store)
    assert await store.bookings.accept(booking.id, "eva", LATER) == booking


async def test_of_many_processes_that_saw_the_same_one_has_an_effect(database):
    booking = await booked(database)
    came = await asyncio.gather(
        *(follow(database, booking, 120, [TOLD]) for _ in range(6)), return_exceptions=True
    )
    refused = [each for each in came if isinstance(each, TransitionRefused)]
    assert len(refused) == 5
    assert (await database.bookings.booking(booking.id)).version == 2


async def test_of_two_that_were_moved_onto_one_time_one_follows(database):
    first, second = await booked(database), await booked(database, 120, owner="ida")
    came = await asyncio.gather(
        follow(database, first, 240), follow(database, second, 240), return_exceptions=True
    )
    assert [type(each) for each in came if isinstance(each, Exception)] == [SlotTaken]
    assert len(await claimed(database)) == 2


async def test_following_and_a_hold_at_once_never_share_a_time(database):
    booking = await booked(database)
    await asyncio.gather(
        follow(database, booking, 120, now=NOW),
        database.bookings.hold(a_request(150, owner="ida"), NOW),
        return_exceptions=True,
    )
    spans = sorted((start, end) for start, end, _ in await claimed(database))
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))


async def test_what_waits_for_a_person_is_parked_until_taken_up(database):
    parked = Promise("follow_vanished", "vanished:1", {"staff": "anna"}, parked="many")
    for _ in range(2):
        await database.following.promise(parked, NOW)
    assert list(await database.queue.claim(5, MINUTE, LATER)) == []
    (job,) = await database.queue.parked()
    assert (job.kind, job.reason, job.attempts) == ("follow_vanished", "many", 0)
    await database.queue.take_up_again(job.id)
    assert [each.kind for each in await database.queue.claim(5, MINUTE, LATER)] == [job.kind]
