"""Moving: a customer gives a booking another time.

The new time is held first, by a hold that names the booking; only the store swaps the two, and
the old time is never free before the new one is taken.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime

from scheduling.booking import MOVABLE, STANDING, Booking, BookingState
from scheduling.catalog import Business
from scheduling.clock import Clock
from scheduling.desk.finding import stands_at
from scheduling.desk.freeing import freed_at
from scheduling.errors import (
    HoldExpired,
    MoveRefused,
    MoveTooLate,
    NotOffered,
    SlotTaken,
    UnknownBooking,
)
from scheduling.outbox import moving_event
from scheduling.ports import BookingStore, LiveCalendar
from scheduling.timespan import TimeSpan

IsStillFree = Callable[[Booking, datetime], Awaitable[bool]]


def move_until(booking: Booking, business: Business) -> datetime:
    """Return the last moment at which the customer may move it.

    One that the staff moved, or whose time was taken, may be moved on until it begins, as long as
    the customer is asked.
    """
    if booking.awaits_answer or booking.is_asked_for_another:
        return booking.span.start
    return booking.span.start - business.service(booking.service_id).move_until


def is_movable(booking: Booking, business: Business, now: datetime) -> bool:
    """Tell whether the customer may give it another time by now.

    What the staff decide on is not: they agreed to that time alone.
    """
    service = business.service(booking.service_id)
    is_open = booking.state in MOVABLE and service.approval is None
    return is_open and now <= move_until(booking, business)


class Moving:
    """The use case of a move; `is_still_free` asks the calendars about a hold's time."""

    def __init__(
        self,
        business: Business,
        calendar: LiveCalendar,
        store: BookingStore,
        clock: Clock,
        is_still_free: IsStillFree,
    ) -> None:
        self._business = business
        self._calendar = calendar
        self._store = store
        self._clock = clock
        self._is_still_free = is_still_free

    async def movable(self, booking_id: str, owner: str, start: datetime) -> Booking:
        """Return the owner's booking, if it may begin at `start` instead.

        UnknownBooking; MoveTooLate; MoveRefused; NotOffered: it begins then already.
        """
        booking = await self._own(booking_id, owner)
        self._refuse_fixed(booking)
        if booking.span.start == start:
            raise NotOffered(f"{booking_id} begins at {start} already")
        return booking

    async def event_near(self, booking: Booking, busy: TimeSpan) -> TimeSpan | None:
        """Return where the booking's event stands, looked up live where it could be in the way.

        None where it is not where it was left: then whatever stands there is somebody else's.
        """
        known = stands_at(booking)
        if known is None or booking.event_id is None or not known.overlaps(busy):
            return None
        mailbox = self._business.staff_member(booking.event_staff_id or booking.staff_id).mailbox
        live = await self._calendar.event_span(mailbox, booking.event_id)
        return known if live == known else None

    async def move(self, hold_id: str, owner: str) -> Booking:
        """Give the booking the time of the hold that was made for it; once more returns it.

        The store takes the new time (NOTED), frees the old one and promises to move the event, in
        one transaction. CalendarUnavailable: the hold stays. SlotTaken: the calendar filled
        meanwhile, the hold is released. HoldExpired. MoveTooLate, MoveRefused: of the booking.
        """
        now = self._clock.now()
        hold = await self._own(hold_id, owner)
        if hold.state is BookingState.MOVED:
            return await self._own(hold.moves, owner)
        if not self._is_open(hold, now):
            raise HoldExpired(hold_id)
        booking = await self._own(hold.moves, owner)
        self._refuse_fixed(booking)
        if not await self._is_still_free(hold, now):
            return await self._give_up(hold, owner, now)
        version = booking.version + 1
        return await self._store.move(
            booking.id,
            owner,
            hold_id,
            [moving_event(booking.id, version, staff_id=hold.staff_id)],
            now,
            version=booking.version,
            freed_at=freed_at(self._business, now),
        )

    def _is_open(self, hold: Booking, now: datetime) -> bool:
        """Tell whether it is a hold for a move; one that is over must not be too near either."""
        if hold.state is not BookingState.HELD or not hold.moves:
            return False
        earliest = now + self._business.service(hold.service_id).minimum_lead_time
        is_over = hold.hold_until is not None and hold.hold_until <= now
        return not (is_over and hold.span.start < earliest)

    async def _give_up(self, hold: Booking, owner: str, now: datetime) -> Booking:
        """Release the hold and say SlotTaken, unless a second click saw the event of the first."""
        if (await self._own(hold.id, owner)).state is BookingState.MOVED:
            return await self._own(hold.moves, owner)
        await self._store.release_hold(hold.id, owner, now)
        raise SlotTaken(hold.staff_id)

    def _refuse_fixed(self, booking: Booking) -> None:
        if is_movable(booking, self._business, self._clock.now()):
            return
        service = self._business.service(booking.service_id)
        if booking.state in STANDING and service.approval is None:
            raise MoveTooLate(booking.id)
        raise MoveRefused(booking.id)

    async def _own(self, booking_id: str, owner: str) -> Booking:
        booking = await self._store.booking(booking_id)
        if booking.owner != owner:
            raise UnknownBooking
        return booking
