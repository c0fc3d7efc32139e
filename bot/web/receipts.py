"""A booking as the pages show it after it was made."""

from datetime import datetime
from typing import Any

from bot.cards.links import calendar_subject, google_link, outlook_link
from bot.cards.places import chosen_place
from bot.cards.standing import ENDED, standing
from scheduling.booking import STANDING, Booking, BookingState
from scheduling.catalog import Business
from scheduling.desk import cancel_until, is_movable
from scheduling.errors import UnknownBooking

CONFIRMED = frozenset({BookingState.NOTED, BookingState.BOOKED})
SHOWN = STANDING | ENDED


def facts(booking: Booking, business: Business, language: str) -> dict[str, Any]:
    """Return what was booked, for a template; raises UnknownBooking for a mere hold."""
    if booking.details is None:
        raise UnknownBooking(booking.id)
    service = business.service(booking.service_id)
    return {
        "booking": booking,
        "service": service,
        "member": business.staff_member(booking.staff_id),
        "start": booking.span.start.astimezone(business.zone),
        "end": booking.span.end.astimezone(business.zone),
        "place": chosen_place(service, booking.details.location_id, language),
    }


def can_cancel(booking: Booking, business: Business, now: datetime) -> bool:
    """Tell whether the customer may still cancel it."""
    return booking.state in STANDING and now <= cancel_until(booking, business)


def receipt(booking: Booking, business: Business, language: str, now: datetime) -> dict[str, Any]:
    """Return what the receipt says of a booking, and where it leads."""
    shown = facts(booking, business, language)
    subject = calendar_subject(business.service(booking.service_id), business, language)
    place = str(shown["place"])
    title, words = standing(booking, business.zone.key, language)
    is_booked = booking.state is BookingState.BOOKED
    return {
        **shown,
        "title": title,
        "words": words,
        "is_booked": is_booked,
        "is_open": not is_booked and booking.state in STANDING,
        "is_over": booking.state in ENDED,
        "can_cancel": can_cancel(booking, business, now),
        "can_move": is_movable(booking, business, now),
        "has_file": booking.state in CONFIRMED,
        "outlook": outlook_link(booking.span, subject, place),
        "google": google_link(booking.span, subject, place),
    }
