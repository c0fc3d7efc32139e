"""Cancelling: a customer gives up what they booked or asked for."""

from datetime import datetime

from scheduling.booking import STANDING, Booking, CancelledBy
from scheduling.catalog import Business
from scheduling.clock import Clock
from scheduling.desk.freeing import freed_at
from scheduling.errors import CancelTooLate, UnknownBooking
from scheduling.outbox import JobKind, Promise, cancelling_event
from scheduling.ports import BookingStore


def cancel_until(booking: Booking, business: Business) -> datetime:
    """Return the last moment at which the customer may cancel.

    One that the staff moved, or whose time was taken, may be given up until it begins, as long as
    the customer is asked.
    """
    if booking.awaits_answer or booking.is_asked_for_another:
        return booking.span.start
    return booking.span.start - business.service(booking.service_id).cancel_until


class Cancelling:
    """The use case of a cancellation; no calendar is asked, the store alone decides."""

    def __init__(self, business: Business, store: BookingStore, clock: Clock) -> None:
        self._business = business
        self._store = store
        self._clock = clock

    async def cancel(self, booking_id: str, owner: str, *, in_chat: bool) -> Booking:
        """Give up the owner's booking; once more returns it, at any time.

        `in_chat`: the conversation says so itself; from anywhere else, it is written there.
        UnknownBooking; CancelTooLate; TransitionRefused: it is a hold, or ended otherwise.
        """
        now = self._clock.now()
        booking = await self._store.booking(booking_id)
        if booking.owner != owner:
            raise UnknownBooking
        if booking.state in STANDING and now > cancel_until(booking, self._business):
            raise CancelTooLate(booking_id)
        return await self._store.cancel(
            booking_id,
            owner,
            CancelledBy.CUSTOMER,
            _following(booking_id, in_chat=in_chat),
            now,
            freed_at=freed_at(self._business, now),
        )


def _following(booking_id: str, *, in_chat: bool) -> list[Promise]:
    payload = {"booking": booking_id}
    promises = [
        cancelling_event(booking_id),
        Promise(JobKind.MAIL_CANCELLED, f"cancelled_mail:{booking_id}:1", payload),
    ]
    if not in_chat:
        told = Promise(JobKind.TELL_CANCELLED, f"cancelled_tell:{booking_id}:1", payload)
        promises.append(told)
    return promises
