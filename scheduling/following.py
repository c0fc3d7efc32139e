"""What the store does where Outlook leads: bookings follow events that the staff changed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from scheduling.booking import Booking
from scheduling.outbox import Promise
from scheduling.ports import WrittenEvent
from scheduling.timespan import TimeSpan


class FollowedBookings(Protocol):
    """Bookings as far as they follow their events. One transaction a method.

    Every change names the `version` that stood before the event was looked at: whoever comes
    second, in this process or another, gets TransitionRefused and has no effect.
    """

    async def booking(self, booking_id: str) -> Booking:
        """Return it or raise UnknownBooking."""
        ...

    async def of_events(self, staff_id: str, event_ids: Sequence[str]) -> Sequence[Booking]:
        """Return the bookings whose events these are, in the calendar of this staff member."""
        ...

    async def written_in(self, staff_id: str, span: TimeSpan) -> Sequence[Booking]:
        """Return NOTED and BOOKED ones whose event is in this calendar, by start."""
        ...

    async def follow(
        self,
        booking_id: str,
        span: TimeSpan,
        promises: Sequence[Promise],
        now: datetime,
        *,
        version: int,
    ) -> Booking:
        """Give a BOOKED one the time of its event; its buffers move along, its version goes up.

        The customer counts as asked. SlotTaken: another booking has that time; TimeHeld: only
        holds have. Then nothing changes.
        """
        ...

    async def give_up(
        self, booking_id: str, promises: Sequence[Promise], now: datetime, *, version: int
    ) -> Booking:
        """Cancel a BOOKED one whose event the staff took out."""
        ...

    async def stand_astray(
        self,
        booking_id: str,
        why: str,
        promises: Sequence[Promise],
        now: datetime,
        *,
        version: int,
    ) -> Booking:
        """Note why a BOOKED one cannot follow its event; empty = the event stands right again."""
        ...

    async def promise(self, promise: Promise, now: datetime) -> None:
        """Add work, or set it aside for a person; the same key twice is one job."""
        ...


class MarkedEvents(Protocol):
    """The events in a calendar that carry our mark."""

    async def marked_events(self, mailbox: str, span: TimeSpan) -> Sequence[WrittenEvent]:
        """Return them all, cancelled ones too; every failure is a graph.errors.GraphError."""
        ...
