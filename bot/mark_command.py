"""`mark`: says whether a customer came."""

from collections.abc import Mapping

from bot import configured
from bot.slots_command import SlotsImpossible, settings_of
from bot.slots_report import utc
from scheduling.booking import BookingEvent
from scheduling.errors import BookingError, TransitionRefused, UnknownBooking

EVENTS: Mapping[str, BookingEvent] = {
    "attended": BookingEvent.ATTEND,
    "no-show": BookingEvent.MISS,
}


async def mark(number: str, what: str, example: str | None) -> str:
    """Return what the booking is now; SlotsImpossible."""
    event = EVENTS.get(what)
    if event is None:
        raise SlotsImpossible(f"{what!r} is neither of {', '.join(EVENTS)}.")
    settings = settings_of(example)
    try:
        booking = await configured.mark(settings, number.strip().upper(), event)
    except UnknownBooking:
        raise SlotsImpossible(f"There is no booking {number}.") from None
    except TransitionRefused as refusal:
        raise SlotsImpossible(f"{number} cannot be marked: {refusal}.") from None
    except BookingError as failure:
        raise SlotsImpossible(f"The store cannot be used: {failure}") from None
    return f"{booking.number}, {utc(booking.span.start)}: {booking.state.replace('_', '-')}"
