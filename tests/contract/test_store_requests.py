"""Requests in the BookingStore port: the same rules in the database and in the fake."""

from dataclasses import replace
from itertools import permutations

import pytest
from sqlalchemy.exc import IntegrityError

from scheduling.booking import BookingEvent, BookingState
from scheduling.errors import HoldExpired, LimitReached, SlotTaken, TransitionRefused
from scheduling.outbox import Promise
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

UNTIL = NOW + 60 * MINUTE
LATER = NOW + 120 * MINUTE
ANSWERS = {
    BookingEvent.APPROVE: BookingState.NOTED,
    BookingEvent.DECLINE: BookingState.DECLINED,
    BookingEvent.EXPIRE: BookingState.EXPIRED,
}
FREEING = [BookingEvent.DECLINE, BookingEvent.EXPIRE]
ASK = Promise("ask_staff", "ask:1")
FOLLOWING = Promise("outcome", "outcome:1")


@pytest.fixture(params=KEEPERS)
async def store(request, tmp_path):
    async with a_keeper(request.param, tmp_path, SetClock()) as store:
        yield store


@pytest.fixture(params=DATABASES)
async def database(request, tmp_path):
    async with a_keeper(request.param, tmp_path, SetClock()) as store:
        yield store


async def requested(store, minutes=0, *, promises=(ASK,), limit=None):
    held = await store.bookings.hold(a_request(minutes), NOW)
    return await store.bookings.confirm(
        held.id, "eva", EVA, promises, NOW, limit=limit, decide_until=UNTIL
    )


async def test_a_request_is_kept_with_all_that_was_said_and_its_promises(store):
    asked = await requested(store)
    assert (asked.state, asked.hold_until) == (BookingState.REQUESTED, None)
    assert (asked.decide_until, asked.details) == (UNTIL, EVA)
    assert await store.bookings.booking(asked.id) == asked
    assert await store.queue.waiting() == 1


async def test_a_second_confirm_returns_the_request(store):
    asked = await requested(store)
    again = await store.bookings.confirm(asked.id, "eva", EVA, [FOLLOWING], NOW)
    assert again == asked
    assert await store.queue.waiting() == 1


async def test_a_request_occupies_its_time_for_good(store):
    await requested(store)
    with pytest.raises(SlotTaken):
        await store.bookings.hold(a_request(0, owner="max"), LATER)


async def test_a_request_is_no_hold_any_more(store):
    asked = await requested(store)
    await store.bookings.release_hold(asked.id, "eva", NOW)
    with pytest.raises(HoldExpired):
        await store.bookings.extend_hold(asked.id, "eva", LATER, NOW)
    assert await store.bookings.booking(asked.id) == asked


async def test_requests_are_among_the_bookings_of_their_owner(store):
    late, early = await requested(store, 120), await requested(store, 0, promises=())
    assert await store.bookings.bookings_of("eva") == [early, late]
    await store.bookings.decide(early.id, BookingEvent.DECLINE, [], NOW)
    assert await store.bookings.bookings_of("eva") == [late]


async def test_a_request_counts_for_the_customers_limit(store):
    await requested(store)
    with pytest.raises(LimitReached):
        await requested(store, 120, limit=1)


@pytest.mark.parametrize(("event", "state"), ANSWERS.items())
async def test_an_answer_is_kept_with_what_follows_from_it(store, event, state):
    asked = await requested(store)
    answered = await store.bookings.decide(asked.id, event, [FOLLOWING], NOW)
    noted_at = NOW if state is BookingState.NOTED else None
    assert answered == replace(asked, state=state, noted_at=noted_at)
    assert await store.bookings.booking(asked.id) == answered
    assert await store.queue.waiting() == 2


@pytest.mark.parametrize("event", ANSWERS)
async def test_the_same_answer_again_changes_nothing(store, event):
    asked = await requested(store)
    first = await store.bookings.decide(asked.id, event, [FOLLOWING], NOW)
    another = Promise("outcome", "outcome:2")
    assert await store.bookings.decide(asked.id, event, [another], NOW) == first
    assert await store.queue.waiting() == 2


@pytest.mark.parametrize(("first", "second"), list(permutations(ANSWERS, 2)))
async def test_another_answer_afterwards_is_refused(store, first, second):
    asked = await requested(store)
    answered = await store.bookings.decide(asked.id, first, [], NOW)
    with pytest.raises(TransitionRefused):
        await store.bookings.decide(asked.id, second, [FOLLOWING], NOW)
    assert await store.bookings.booking(asked.id) == answered
    assert await store.queue.waiting() == 1


@pytest.mark.parametrize("event", FREEING)
async def test_a_request_that_came_to_nothing_frees_the_time_and_tells_of_it(store, event):
    asked = await requested(store)
    position = (await store.bookings.changed_since(0)).position
    await store.bookings.decide(asked.id, event, [], NOW)
    assert (await store.bookings.changed_since(position)).resources == {"staff:anna"}
    assert await store.bookings.claims(["staff:anna"], at(0), NOW) == {"staff:anna": []}
    await store.bookings.hold(a_request(0, owner="max"), NOW)


async def test_an_approved_request_keeps_its_time(store):
    asked = await requested(store)
    await store.bookings.decide(asked.id, BookingEvent.APPROVE, [], NOW)
    with pytest.raises(SlotTaken):
        await store.bookings.hold(a_request(0, owner="max"), LATER)


async def test_what_was_no_request_is_not_decided_on(store):
    held = await store.bookings.hold(a_request(0), NOW)
    with pytest.raises(TransitionRefused):
        await store.bookings.decide(held.id, BookingEvent.APPROVE, [], NOW)
    noted = await store.bookings.confirm(held.id, "eva", EVA, [], NOW)
    with pytest.raises(TransitionRefused):
        await store.bookings.decide(noted.id, BookingEvent.APPROVE, [], NOW)


async def test_an_answer_whose_promise_cannot_be_kept_is_none(database):
    asked = await requested(database)
    with pytest.raises(IntegrityError):
        await database.bookings.decide(
            asked.id, BookingEvent.DECLINE, [FOLLOWING, Promise(None, "key")], NOW
        )
    assert await database.bookings.booking(asked.id) == asked
    assert await database.queue.waiting() == 1
