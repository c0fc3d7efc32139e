"""What an event in Outlook says about its booking, and what follows from it.

The staff's word about the time counts. A booking follows its event and the customer is asked; it
never follows to where it cannot be kept. Our own writes say nothing new: a booking that is being
written is not looked at, and one that was written stands where its event was read back.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from scheduling.booking import Booking, BookingState
from scheduling.catalog import Business
from scheduling.clock import Clock
from scheduling.errors import SlotTaken
from scheduling.following import FollowedBookings
from scheduling.outbox import JobKind, Promise
from scheduling.ports import WrittenEvent
from scheduling.reminding import promises as reminding_promises

LONGEST = timedelta(days=1)
"""Nobody gives a customer a longer one: it is a note to oneself."""


class Change(StrEnum):
    """What became of the event, as far as its booking is concerned."""

    NONE = "none"
    """It stands as the booking does, or the booking is past caring."""
    WRITING = "writing"
    """Our own write is on its way: what is seen now may be old."""
    MOVED = "moved"
    GONE = "gone"
    RIGHT_AGAIN = "right_again"
    ALL_DAY = "all_day"
    PAST = "past"
    TOO_LONG = "too_long"
    OVERLAP = "overlap"
    """Moved to where another booking stands."""


ASTRAY = frozenset({Change.ALL_DAY, Change.PAST, Change.TOO_LONG, Change.OVERLAP})
"""Where the booking does not follow: it keeps its time, and the staff member is asked."""


def change_of(booking: Booking, event: WrittenEvent | None, now: datetime) -> Change:
    """Say what the event says; `booking` has to be read before the event is."""
    if booking.state is BookingState.NOTED:
        return Change.WRITING
    if booking.state is not BookingState.BOOKED or booking.span.start <= now:
        return Change.NONE
    if event is None or event.is_cancelled:
        return Change.GONE
    if event.span == booking.span and not event.is_all_day:
        return Change.RIGHT_AGAIN if booking.astray else Change.NONE
    return _whither(event, now)


def _whither(event: WrittenEvent, now: datetime) -> Change:
    if event.is_all_day:
        return Change.ALL_DAY
    if event.span.duration > LONGEST:
        return Change.TOO_LONG
    return Change.PAST if event.span.start <= now else Change.MOVED


class Following:
    """The use case: one change, one transaction, each told once."""

    def __init__(
        self,
        business: Business,
        store: FollowedBookings,
        clock: Clock,
        can_be_told: Callable[[Booking], bool],
    ) -> None:
        """`can_be_told`: whether the customer can be written to in the chat."""
        self._business = business
        self._store = store
        self._clock = clock
        self._can_be_told = can_be_told

    async def follow(self, booking: Booking, change: Change, event: WrittenEvent | None) -> Change:
        """Do here what was done in Outlook; return what it came to.

        `booking` as it was read before the event. TransitionRefused: it changed meanwhile, look
        again. TimeHeld: a hold is in the way, look again later.
        """
        if change is Change.GONE:
            await self._give_up(booking)
        elif change is Change.RIGHT_AGAIN:
            now = self._clock.now()
            await self._store.stand_astray(booking.id, "", (), now, version=booking.version)
        elif change is Change.MOVED and event is not None:
            try:
                await self._move(booking, event)
            except SlotTaken:
                change = Change.OVERLAP
        if change in ASTRAY and event is not None:
            await self._stand_astray(booking, change, event)
        return change

    async def _move(self, booking: Booking, event: WrittenEvent) -> None:
        version, now = booking.version + 1, self._clock.now()
        promises = [_promise(JobKind.MAIL_STAFF_MOVED, booking, version)]
        reminding = [JobKind.MAIL_REMINDER]
        if self._can_be_told(booking):
            promises.append(_promise(JobKind.TELL_STAFF_MOVED, booking, version))
            reminding.append(JobKind.TELL_REMINDER)
        moved = replace(booking, span=event.span, version=version)
        promises += reminding_promises(moved, self._business, now, reminding)
        await self._store.follow(booking.id, event.span, promises, now, version=booking.version)

    async def _give_up(self, booking: Booking) -> None:
        payload = {"booking": booking.id}
        promises = [Promise(JobKind.MAIL_CANCELLED, f"cancelled_mail:{booking.id}:1", payload)]
        if self._can_be_told(booking):
            told = Promise(JobKind.TELL_CANCELLED, f"cancelled_tell:{booking.id}:1", payload)
            promises.append(told)
        now = self._clock.now()
        await self._store.give_up(booking.id, promises, now, version=booking.version)

    async def _stand_astray(self, booking: Booking, why: Change, event: WrittenEvent) -> None:
        where = event.span.start.isoformat()
        payload = {
            "booking": booking.id,
            "version": str(booking.version),
            "why": why,
            "start": where,
            "end": event.span.end.isoformat(),
        }
        # the same place is asked about once
        key = f"astray:{booking.id}:{booking.version}:{why}:{where}"
        asking = Promise(JobKind.MAIL_ASTRAY, key, payload)
        now = self._clock.now()
        said = f"{why} {where}"
        await self._store.stand_astray(booking.id, said, [asking], now, version=booking.version)


def _promise(kind: JobKind, booking: Booking, version: int) -> Promise:
    payload = {"booking": booking.id, "version": str(version)}
    return Promise(kind, f"{kind}:{booking.id}:{version}", payload)
