"""Requests: bookings that wait for the staff to say yes.

A request claims its time like a booking, until it is approved, declined, or nobody decided.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from scheduling.booking import Booking, BookingEvent, BookingState
from scheduling.catalog import Business
from scheduling.clock import Clock
from scheduling.errors import HoldExpired, SlotTaken
from scheduling.outbox import JobKind, Promise
from scheduling.ports import BookingStore

BEFORE_START = timedelta(minutes=15)
"""An answer that comes later is of no use to the customer."""

IsStillFree = Callable[[Booking, datetime], Awaitable[bool]]


class Approving:
    """The use cases of a request; `is_still_free` asks the calendars about a booking's time."""

    def __init__(
        self, business: Business, store: BookingStore, clock: Clock, is_still_free: IsStillFree
    ) -> None:
        self._business = business
        self._store = store
        self._clock = clock
        self._is_still_free = is_still_free

    def decide_until(self, booking: Booking, now: datetime) -> datetime | None:
        """Return until when the staff may decide; None where they need not.

        HoldExpired: the time is so near that nobody could.
        """
        approval = self._business.service(booking.service_id).approval
        if approval is None:
            return None
        until = min(now + approval, booking.span.start - BEFORE_START)
        if until <= now:
            raise HoldExpired(booking.id)
        return until

    async def decide(self, booking_id: str, *, approve: bool) -> Booking:
        """Approve or decline a request; one that nobody decided on in time expires instead.

        Approving looks at the calendars first. SlotTaken, CalendarUnavailable: nothing changed.
        The same answer again returns the booking; TransitionRefused: it was answered otherwise.
        """
        now = self._clock.now()
        booking = await self._store.booking(booking_id)
        event = BookingEvent.APPROVE if approve else BookingEvent.DECLINE
        if booking.state is BookingState.REQUESTED:
            if _is_over(booking, now):
                event = BookingEvent.EXPIRE
            elif approve and not await self._is_still_free(booking, now):
                await self._refuse_taken(booking_id)
        return await self._store.decide(booking_id, event, _following(event, booking), now)

    async def expire(self, booking_id: str) -> Booking:
        """End a request whose time to decide is over; any other booking stays as it is.

        TransitionRefused: it was answered in this very moment.
        """
        now = self._clock.now()
        booking = await self._store.booking(booking_id)
        if booking.state is not BookingState.REQUESTED or not _is_over(booking, now):
            return booking
        event = BookingEvent.EXPIRE
        return await self._store.decide(booking_id, event, _following(event, booking), now)

    async def _refuse_taken(self, booking_id: str) -> None:
        """Raise SlotTaken, unless what stands there is the event of a first click."""
        booking = await self._store.booking(booking_id)
        if booking.state is BookingState.REQUESTED:
            raise SlotTaken(booking.staff_id)


def writing(booking: Booking) -> Promise:
    """Return the promise to write the event of a booking."""
    payload = {"booking": booking.id, "staff": booking.staff_id}
    return Promise(JobKind.WRITE_EVENT, f"write:{booking.id}:1", payload)


def asking(booking_id: str, until: datetime) -> list[Promise]:
    """Return what a request promises: the staff are asked, and it ends where they say nothing."""
    payload = {"booking": booking_id}
    return [
        Promise(JobKind.ASK_STAFF, f"ask:{booking_id}:1", payload),
        Promise(JobKind.EXPIRE_REQUEST, f"expire:{booking_id}:1", payload, until),
    ]


def _following(event: BookingEvent, booking: Booking) -> list[Promise]:
    if event is BookingEvent.APPROVE:
        return [writing(booking)]
    booking_id = booking.id
    payload = {"booking": booking_id}
    return [
        Promise(JobKind.MAIL_OUTCOME, f"outcome_mail:{booking_id}:1", payload),
        Promise(JobKind.TELL_OUTCOME, f"outcome_tell:{booking_id}:1", payload),
    ]


def _is_over(booking: Booking, now: datetime) -> bool:
    return booking.decide_until is not None and booking.decide_until <= now
