"""Moving in the BookingStore port: the same rules in the database and in the fake."""

import asyncio
from dataclasses import replace

import pytest

from scheduling.booking import (
    Assignment,
    BookingEvent,
    BookingState,
    CancelledBy,
    Cap,
    staff_resource,
)
from scheduling.errors import HoldExpired, SlotTaken, TransitionRefused, UnknownBooking
from scheduling.outbox import JobKind, Promise, moving_event
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

LATER = NOW + 10 * MINUTE
WRITE = Promise("write_event", "write:1")
ANNA = staff_resource("anna")
DAY = TimeSpan(NOW, NOW + 7 * 24 * 60 * MINUTE)


@pytest.fixture(params=KEEPERS)
async def store(request, tmp_path):
    async with a_keeper(request.param, tmp_path, SetClock()) as store:
        yield store


@pytest.fixture(params=DATABASES)
async def database(request, tmp_path):
    async with a_keeper(request.param, tmp_path, SetClock()) as store:
        yield store


async def standing(store, minutes=0, **changes):
    held = await store.bookings.hold(a_request(minutes, **changes), NOW)
    return await store.bookings.confirm(held.id, held.owner, EVA, [WRITE], NOW)


async def held_for(store, booking, minutes, **changes):
    request = a_request(minutes, moves=booking.id, **changes)
    return await store.bookings.hold(request, NOW)


async def move(store, booking, hold, promises=(), now=LATER):
    mine = (booking.id, booking.owner, hold.id)
    return await store.bookings.move(*mine, promises, now, version=booking.version)


async def moved(store, booking, minutes, **changes):
    return await move(store, booking, await held_for(store, booking, minutes, **changes))


async def written(store, booking, event_id="event-1", **changes):
    (job,) = await store.queue.claim(1, MINUTE, NOW)
    event = WrittenEvent(event_id, booking.id, booking.span, None, version=booking.version)
    await store.queue.complete(job, NOW, written=replace(event, **changes))
    return await store.bookings.booking(booking.id)


async def claimed(store, resource=ANNA):
    claims = (await store.bookings.claims([resource], DAY, NOW))[resource]
    return [(claim.start, claim.booking_id) for claim in claims]


def seconds(minutes):
    return int(at(minutes).start.timestamp())


async def test_a_moved_booking_has_the_new_time_a_new_version_and_its_promises(store):
    booking = await standing(store)
    before = await store.queue.waiting()
    hold = await held_for(store, booking, 120, staff="bernd")
    told = moving_event(booking.id, 2)
    new = await move(store, booking, hold, [told])
    assert new == replace(
        booking,
        state=BookingState.NOTED,
        version=2,
        span=at(120),
        busy=at(120),
        staff_id="bernd",
        staff_since=2,
        moved_from=booking.span.start,
        noted_at=new.noted_at,
    )
    assert new.noted_at is not None
    assert new.noted_at > booking.created_at
    assert await store.bookings.booking(booking.id) == new
    assert await store.queue.waiting() == before + 1
    assert await claimed(store) == []
    assert await claimed(store, staff_resource("bernd")) == [(seconds(120), booking.id)]


async def test_whoever_serves_on_serves_since_the_same_version(store):
    new = await moved(store, await standing(store), 120, staff="bernd")
    assert (await moved(store, new, 240, staff="bernd")).staff_since == 2
    assert (await moved(store, await standing(store, 600), 720)).staff_since == 1


async def test_the_old_time_is_free_only_once_the_new_one_is_taken(store):
    booking = await standing(store)
    hold = await held_for(store, booking, 120)
    for minutes in (0, 120):
        with pytest.raises(SlotTaken):
            await store.bookings.hold(a_request(minutes, owner="ida"), NOW)
    await move(store, booking, hold)
    assert (await store.bookings.hold(a_request(owner="ida"), NOW)).span == at(0)


async def test_the_own_time_is_not_in_the_way(store):
    booking = await standing(store, buffers=10)
    new = await moved(store, booking, 15, buffers=10)
    assert await claimed(store) == [(seconds(15), booking.id)]
    with pytest.raises(SlotTaken):
        await store.bookings.hold(a_request(60, owner="ida"), NOW)
    assert new.span == at(15)


async def test_the_time_of_others_is_in_the_way_also_of_a_move(store):
    booking = await standing(store)
    await store.bookings.hold(a_request(90, owner="ida"), NOW)
    with pytest.raises(SlotTaken):
        await held_for(store, booking, 45)


async def test_a_hold_for_a_move_is_in_the_way_of_others_where_it_covers_the_old_time(store):
    booking = await standing(store)
    await held_for(store, booking, 30)
    await store.bookings.cancel(booking.id, "eva", CancelledBy.CUSTOMER, [], NOW)
    with pytest.raises(SlotTaken):
        await store.bookings.hold(a_request(30, owner="ida"), NOW)


async def test_the_own_booking_does_not_count_for_the_cap(store):
    booking = await standing(store)
    cap = Cap(ANNA, DAY, 1)
    with pytest.raises(SlotTaken):
        await store.bookings.hold(a_request(120, owner="ida", caps=(cap,)), NOW)
    assert (await held_for(store, booking, 120, caps=(cap,))).moves == booking.id


async def test_the_way_to_the_own_booking_is_no_way(store):
    booking = await standing(store, place_id="north")
    far = {"place_id": "south", "travel": {"north": 3600}}
    with pytest.raises(SlotTaken):
        await store.bookings.hold(a_request(90, owner="ida", **far), NOW)
    assert (await held_for(store, booking, 90, **far)).span == at(90)


async def test_a_second_click_moves_nothing_and_promises_nothing(store):
    booking = await standing(store)
    hold = await held_for(store, booking, 120)
    first = await move(store, booking, hold, [moving_event(booking.id, 2)])
    waiting = await store.queue.waiting()
    again = await move(store, first, hold, [moving_event(booking.id, 3)])
    assert (again, await store.queue.waiting()) == (first, waiting)


async def test_a_hold_that_was_released_moves_nothing(store):
    booking = await standing(store)
    hold = await held_for(store, booking, 120)
    await store.bookings.release_hold(hold.id, "eva", NOW)
    with pytest.raises(HoldExpired):
        await move(store, booking, hold)
    assert await store.bookings.booking(booking.id) == booking


async def test_a_hold_that_went_to_somebody_else_moves_nothing(store):
    booking = await standing(store)
    hold = await held_for(store, booking, 120)
    await store.bookings.hold(a_request(120, owner="ida"), LATER)
    with pytest.raises(HoldExpired):
        await move(store, booking, hold)


async def test_a_hold_that_was_made_for_something_else_moves_nothing(store):
    booking = await standing(store)
    hold = await store.bookings.hold(a_request(120), NOW)
    with pytest.raises(HoldExpired):
        await move(store, booking, hold)


async def test_a_hold_that_was_made_to_move_becomes_no_booking(store):
    booking = await standing(store)
    hold = await held_for(store, booking, 120)
    with pytest.raises(HoldExpired):
        await store.bookings.confirm(hold.id, "eva", EVA, [], NOW)


async def test_nobody_else_moves_it(store):
    booking = await standing(store)
    hold = await held_for(store, booking, 120, owner="ida")
    with pytest.raises(UnknownBooking):
        await move(store, replace(booking, owner="ida"), hold)


async def test_a_cancelled_booking_is_not_moved_and_the_hold_stays(store):
    booking = await standing(store)
    hold = await held_for(store, booking, 120)
    await store.bookings.cancel(booking.id, "eva", CancelledBy.CUSTOMER, [], NOW)
    with pytest.raises(TransitionRefused):
        await move(store, booking, hold)
    assert (await store.bookings.booking(hold.id)).state is BookingState.HELD


async def test_of_two_moves_at_once_one_takes_place(store):
    booking = await standing(store)
    holds = [await held_for(store, booking, minutes) for minutes in (120, 240)]
    tries = [move(store, booking, hold) for hold in holds]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(type(each).__name__ for each in results) == ["Booking", "TransitionRefused"]
    assert (await store.bookings.booking(booking.id)).version == 2


async def test_of_many_who_move_onto_one_slot_one_gets_it(database):
    names = [f"customer{n}" for n in range(8)]
    theirs = [await standing(database, 120 * n, owner=name) for n, name in enumerate(names)]
    tries = [held_for(database, each, 1200, owner=each.owner) for each in theirs]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(each, SlotTaken) for each in results) == 7


async def test_a_move_and_a_cancellation_at_once_leave_no_claim_without_a_booking(database):
    booking = await standing(database)
    hold = await held_for(database, booking, 120)
    cancel = database.bookings.cancel(booking.id, "eva", CancelledBy.CUSTOMER, [], NOW)
    moving, _ = await asyncio.gather(move(database, booking, hold), cancel, return_exceptions=True)
    assert (await database.bookings.booking(booking.id)).state is BookingState.CANCELLED
    # where the move came too late, its hold stands until it is over, as a claim of its booking
    standing_still = [booking.id] if isinstance(moving, TransitionRefused) else []
    assert [claimed_by for _, claimed_by in await claimed(database)] == standing_still


async def test_an_event_written_for_the_earlier_time_does_not_make_it_booked(database):
    booking = await standing(database)
    new = await moved(database, booking, 120)
    after = await written(database, booking)
    assert after == replace(new, event_id="event-1", event_staff_id="anna")


async def test_an_event_written_where_it_is_not_to_stand_is_taken_out(database):
    booking = await standing(database)
    await moved(database, booking, 120, staff="bernd")
    after = await written(database, booking, staff_id="anna")
    assert (after.state, after.event_id) == (BookingState.NOTED, None)
    (job,) = await database.queue.claim(8, MINUTE, NOW)
    assert (job.kind, job.payload["event"], job.payload["staff"]) == (
        JobKind.CANCEL_EVENT,
        "event-1",
        "anna",
    )


async def test_what_a_late_worker_may_have_moved_back_is_put_right(database):
    booking = await written(database, await standing(database))
    earlier = await move(
        database, booking, await held_for(database, booking, 120), [moving_event(booking.id, 2)]
    )
    await moved(database, earlier, 240)
    await written(database, earlier)
    (job,) = await database.queue.claim(8, MINUTE, NOW)
    assert (job.kind, job.payload["version"]) == (JobKind.MOVE_EVENT, "3")


async def test_the_event_in_the_calendar_of_who_served_before_is_taken_out(database):
    booking = await written(database, await standing(database))
    hold = await held_for(database, booking, 120, staff="bernd")
    new = await move(database, booking, hold, [moving_event(booking.id, 2)])
    assert (new.event_id, new.event_staff_id) == ("event-1", "anna")
    after = await written(database, new, "event-2", staff_id="bernd")
    assert (after.state, after.event_id, after.event_staff_id) == (
        BookingState.BOOKED,
        "event-2",
        "bernd",
    )
    (job,) = await database.queue.claim(8, MINUTE, NOW)
    assert (job.payload["event"], job.payload["staff"]) == ("event-1", "anna")


async def test_an_event_left_a_second_time_is_taken_out_although_it_was_promised_before(database):
    booking = await written(database, await standing(database))
    jobs = []
    # to bernd, back to anna before her event was taken out, and to bernd again
    for version, minutes, staff_id, event_id in (
        (2, 120, "bernd", "event-2"),
        (3, 240, "anna", "event-1"),
        (4, 360, "bernd", "event-4"),
    ):
        hold = await held_for(database, booking, minutes, staff=staff_id)
        moving = [moving_event(booking.id, version)]
        booking = await written(
            database, await move(database, booking, hold, moving), event_id, staff_id=staff_id
        )
        (job,) = await database.queue.claim(8, MINUTE, NOW)
        await database.queue.complete(job, NOW)
        jobs.append((job.kind, job.payload["event"], job.payload["staff"]))
    assert jobs == [
        (JobKind.CANCEL_EVENT, "event-1", "anna"),
        (JobKind.CANCEL_EVENT, "event-2", "bernd"),
        (JobKind.CANCEL_EVENT, "event-1", "anna"),
    ]


@pytest.mark.parametrize(
    ("event", "state"),
    [(BookingEvent.ATTEND, BookingState.ATTENDED), (BookingEvent.MISS, BookingState.NO_SHOW)],
)
async def test_whether_the_customer_came_is_kept_and_said_again_changes_nothing(
    database, event, state
):
    booking = await written(database, await standing(database))
    marked = await database.bookings.mark(booking.id, event, LATER)
    assert marked == replace(booking, state=state)
    assert await database.bookings.mark(booking.id, event, LATER) == marked


async def test_what_is_not_booked_cannot_be_attended(store):
    booking = await standing(store)
    with pytest.raises(TransitionRefused):
        await store.bookings.mark(booking.id, BookingEvent.ATTEND, LATER)


async def test_why_somebody_serves_moves_with_the_booking(store):
    booking = await standing(store)
    new = await moved(store, booking, 120, assignment=Assignment("bernd", "in_turn after=- of=2"))
    assert new.reason == "in_turn after=- of=2"


async def test_a_time_given_up_can_be_kept_back_for_a_while(store):
    booking = await standing(store, buffers=10)
    until = NOW + 30 * MINUTE
    await store.bookings.cancel(booking.id, "eva", CancelledBy.CUSTOMER, [], NOW, freed_at=until)
    with pytest.raises(SlotTaken):
        await store.bookings.hold(a_request(60, owner="ida"), until - MINUTE)
    assert (await store.bookings.hold(a_request(60, owner="ida"), until)).span == at(60)


async def test_a_time_that_was_moved_away_from_is_kept_back_from_others_only(store):
    booking = await standing(store)
    hold = await held_for(store, booking, 30)
    until = NOW + 30 * MINUTE
    new = await store.bookings.move(booking.id, "eva", hold.id, [], NOW, version=1, freed_at=until)
    with pytest.raises(SlotTaken):
        await store.bookings.hold(a_request(-30, owner="ida"), until - MINUTE)
    back = await store.bookings.hold(a_request(0, moves=booking.id), NOW)
    assert (await move(store, new, back, now=NOW)).span == at(0)


async def test_a_time_kept_back_is_nobodys_hold(store):
    booking = await standing(store)
    until = NOW + 30 * MINUTE
    await store.bookings.cancel(booking.id, "eva", CancelledBy.CUSTOMER, [], NOW, freed_at=until)
    assert [await held_for(store, booking, minutes) for minutes in (300, 400)]
    assert await store.bookings.bookings_of("eva") == []


async def test_a_second_cancellation_keeps_nothing_back(store):
    booking = await standing(store)
    for freed_at in (None, NOW + 30 * MINUTE):
        await store.bookings.cancel(
            booking.id, "eva", CancelledBy.CUSTOMER, [], NOW, freed_at=freed_at
        )
    assert (await store.bookings.hold(a_request(owner="ida"), NOW)).span == at(0)
