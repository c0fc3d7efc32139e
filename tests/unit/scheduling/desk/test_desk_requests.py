"""Bookings that the staff decide on: asked at once, kept meanwhile, ended in time."""

from datetime import timedelta

import pytest

from scheduling.booking import BookingState
from scheduling.errors import (
    CalendarUnavailable,
    CatalogError,
    HoldExpired,
    SlotTaken,
    TransitionRefused,
)
from scheduling.outbox import JobKind
from tests.builders import NOW, a_service, at, busy
from tests.unit.scheduling.desk.desk_world import HOUR, World, box

ANNA = box("anna")


def a_world(hours: float = 1, **changes) -> World:
    return World(a_service(approval=hours * HOUR, **changes), names=("anna",))


async def requested(world: World, clock: str = "10"):
    return await world.confirm(await world.hold(clock))


def kinds(world: World) -> list[str]:
    return [promise.kind for promise in world.store.promises]


async def test_a_confirmed_time_is_requested_and_the_staff_are_asked_at_once():
    world = a_world()
    booking = await requested(world)
    assert booking.state is BookingState.REQUESTED
    ask, expire = world.store.promises
    assert (ask.kind, ask.run_at) == (JobKind.ASK_STAFF, None)
    assert (expire.kind, expire.run_at) == (JobKind.EXPIRE_REQUEST, NOW + HOUR)
    assert booking.decide_until == NOW + HOUR


async def test_the_staff_cannot_take_longer_than_until_shortly_before_the_start():
    world = a_world(hours=100)
    assert (await requested(world)).decide_until == at("9:45")


async def test_a_time_too_near_to_decide_on_is_no_longer_given():
    world = a_world(minimum_lead_time=timedelta(0))
    held = await world.hold("9")
    world.clock.now_is = at("8:45")
    await world.desk.extend(held.id, "eva")
    with pytest.raises(HoldExpired):
        await world.confirm(held)
    assert world.store.promises == []


async def test_a_second_confirm_returns_the_request_and_asks_nobody():
    world = a_world()
    booking = await requested(world)
    asked = len(world.calendar.asked)
    assert await world.confirm(booking) == booking
    assert len(world.calendar.asked) == asked
    assert len(world.store.promises) == 2


async def test_a_request_is_not_offered_to_others():
    world = a_world()
    await requested(world)
    assert at("10") not in await world.starts()


async def test_an_approved_request_is_noted_and_its_event_is_promised():
    world = a_world()
    booking = await requested(world)
    assert (await world.desk.decide(booking.id, approve=True)).state is BookingState.NOTED
    assert kinds(world)[2:] == [JobKind.WRITE_EVENT]


async def test_a_declined_request_is_told_and_its_time_is_offered_again():
    world = a_world()
    booking = await requested(world)
    assert (await world.desk.decide(booking.id, approve=False)).state is BookingState.DECLINED
    assert kinds(world)[2:] == [JobKind.MAIL_OUTCOME, JobKind.TELL_OUTCOME]
    assert at("10") in await world.starts()


async def test_a_calendar_that_filled_meanwhile_stops_the_approval():
    world = a_world()
    booking = await requested(world)
    world.calendar.put(ANNA, busy("10-11"))
    with pytest.raises(SlotTaken):
        await world.desk.decide(booking.id, approve=True)
    assert await world.desk.booking(booking.id) == booking
    assert len(world.store.promises) == 2


async def test_a_silent_calendar_stops_the_approval_but_no_refusal():
    world = a_world()
    booking = await requested(world)
    world.calendar.is_down = True
    with pytest.raises(CalendarUnavailable):
        await world.desk.decide(booking.id, approve=True)
    assert await world.desk.booking(booking.id) == booking
    assert (await world.desk.decide(booking.id, approve=False)).state is BookingState.DECLINED


async def test_the_same_answer_twice_is_one_answer():
    world = a_world()
    booking = await requested(world)
    first = await world.desk.decide(booking.id, approve=True)
    world.calendar.put(ANNA, busy("10-10:30"))
    assert await world.desk.decide(booking.id, approve=True) == first
    assert kinds(world).count(JobKind.WRITE_EVENT) == 1


async def test_another_answer_afterwards_is_refused():
    world = a_world()
    booking = await requested(world)
    await world.desk.decide(booking.id, approve=True)
    with pytest.raises(TransitionRefused):
        await world.desk.decide(booking.id, approve=False)


async def test_a_request_nobody_decided_on_expires_and_frees_its_time():
    world = a_world()
    booking = await requested(world)
    world.clock.advance(HOUR)
    assert (await world.desk.expire(booking.id)).state is BookingState.EXPIRED
    assert kinds(world)[2:] == [JobKind.MAIL_OUTCOME, JobKind.TELL_OUTCOME]
    assert at("10") in await world.starts()


async def test_a_request_does_not_expire_before_its_time():
    world = a_world()
    booking = await requested(world)
    world.clock.advance(HOUR - timedelta(seconds=1))
    assert await world.desk.expire(booking.id) == booking


async def test_an_answered_request_does_not_expire():
    world = a_world()
    booking = await requested(world)
    noted = await world.desk.decide(booking.id, approve=True)
    world.clock.advance(HOUR)
    assert await world.desk.expire(booking.id) == noted


@pytest.mark.parametrize("approve", [True, False])
async def test_an_answer_that_comes_too_late_ends_the_request(approve):
    world = a_world()
    booking = await requested(world)
    world.clock.advance(HOUR)
    decided = await world.desk.decide(booking.id, approve=approve)
    assert decided.state is BookingState.EXPIRED
    assert kinds(world)[2:] == [JobKind.MAIL_OUTCOME, JobKind.TELL_OUTCOME]


def test_a_service_must_give_time_to_decide():
    with pytest.raises(CatalogError):
        a_service(approval=timedelta(0))
