"""Whether the customer came: said by the staff, after the end."""

from scheduling.booking import Booking, BookingEvent
from scheduling.clock import Clock
from scheduling.errors import TransitionRefused
from scheduling.ports import BookingStore


async def mark(store: BookingStore, clock: Clock, booking_id: str, event: BookingEvent) -> Booking:
    """Say whether the customer came (ATTEND, MISS); the same again changes nothing.

    TransitionRefused: it is not over, or was never booked. UnknownBooking.
    """
    now = clock.now()
    if (await store.booking(booking_id)).span.end > now:
        raise TransitionRefused(f"{event} is not possible before the end")
    return await store.mark(booking_id, event, now)
