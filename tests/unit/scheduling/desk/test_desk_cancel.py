"""Cancelling at the desk: the owner, in time, once, with everything that follows."""

from datetime import timedelta

import pytest

from scheduling.booking import BookingState, CancelledBy
from scheduling.errors import CancelTooLate, HoldExpired, TransitionRefused, UnknownBooking
from scheduling.outbox import JobKind
from tests.builders import NOW, a_service, at
from tests.unit.scheduling.desk.desk_world import HOUR, World

SECOND = timedelta(seconds=1)


async def booked(hours: float = 1, **changes) -> tuple[World, str]:
    service = a_service(cancel_until=hours * HOUR, **changes)
    world = World(service, names=("anna",))
    booking = await world.confirm(await world.hold("10"))
    world.store.promises.clear()
    return world, booking.id


async def test_a_cancelled_booking_is_free_again_and_everything_is_promised() -> None:
    world, booking_id = await booked()
    assert at("10") not in await world.starts()
    gone = await world.desk.cancel(booking_id, "eva")
    assert (gone.state, gone.cancelled_by) == (BookingState.CANCELLED, CancelledBy.CUSTOMER)
    assert gone.cancelled_at == NOW
    assert at("10") in await world.starts()
    kinds = [promise.kind for promise in world.store.promises]
    assert kinds == [JobKind.CANCEL_EVENT, JobKind.MAIL_CANCELLED]


async def test_a_cancellation_from_elsewhere_is_told_in_the_chat() -> None:
    world, booking_id = await booked()
    await world.desk.cancel(booking_id, "eva", in_chat=False)
    assert world.store.promises[-1].kind == JobKind.TELL_CANCELLED


async def test_no_promise_carries_more_than_ids() -> None:
    world, booking_id = await booked()
    await world.desk.cancel(booking_id, "eva", in_chat=False)
    assert [dict(p.payload) for p in world.store.promises] == [{"booking": booking_id}] * 3


@pytest.mark.parametrize("hours", [0, 1, 2.5])
async def test_up_to_the_deadline_and_not_a_second_longer(hours: float) -> None:
    world, booking_id = await booked(hours)
    world.clock.now_is = at("10") - hours * HOUR + SECOND
    with pytest.raises(CancelTooLate):
        await world.desk.cancel(booking_id, "eva")
    assert world.store.promises == []
    world.clock.now_is -= SECOND
    assert (await world.desk.cancel(booking_id, "eva")).state is BookingState.CANCELLED


async def test_a_second_cancel_is_no_error_even_after_the_deadline() -> None:
    world, booking_id = await booked()
    first = await world.desk.cancel(booking_id, "eva")
    promised = len(world.store.promises)
    world.clock.now_is = at("10")
    assert await world.desk.cancel(booking_id, "eva") == first
    assert len(world.store.promises) == promised


async def test_the_booking_of_another_is_unknown() -> None:
    world, booking_id = await booked()
    for owner, wanted in (("max", booking_id), ("eva", "f" * 32)):
        with pytest.raises(UnknownBooking):
            await world.desk.cancel(wanted, owner)


async def test_a_hold_is_not_cancelled() -> None:
    world, _ = await booked()
    held = await world.hold("12")
    with pytest.raises(TransitionRefused):
        await world.desk.cancel(held.id, "eva")


async def test_a_request_can_be_withdrawn_and_is_not_approved_afterwards() -> None:
    world, booking_id = await booked(approval=HOUR)
    assert world.store.states() == [BookingState.REQUESTED]
    await world.desk.cancel(booking_id, "eva")
    with pytest.raises(TransitionRefused):
        await world.desk.decide(booking_id, approve=True)
    assert world.store.states() == [BookingState.CANCELLED]


async def test_confirming_what_was_cancelled_books_nothing() -> None:
    world, booking_id = await booked()
    gone = await world.desk.cancel(booking_id, "eva")
    with pytest.raises(HoldExpired):
        await world.confirm(gone)
    assert world.store.states() == [BookingState.CANCELLED]
