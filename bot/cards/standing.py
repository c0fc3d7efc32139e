"""What became of a booking, in words that hold for card, page and mail."""

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.cards.elements import clean
from bot.conversation.wording import moment_words
from bot.texts import text
from scheduling.booking import Booking, BookingState, CancelledBy

ENDED = frozenset({BookingState.CANCELLED, BookingState.DECLINED, BookingState.EXPIRED})
"""Given up, and requests that came to nothing."""


def decide_words(booking: Booking, zone: str, language: str) -> str:
    """Return until when a request is decided on, "" for a booking that was none."""
    if booking.decide_until is None:
        return ""
    return moment_words(booking.decide_until.astimezone(ZoneInfo(zone)), language)


def was_words(booking: Booking, zone: str, language: str) -> str:
    """Return when a moved booking began before, "" for one that was never moved."""
    if booking.moved_from is None:
        return ""
    return moment_words(booking.moved_from.astimezone(ZoneInfo(zone)), language)


def standing(booking: Booking, zone: str, language: str) -> tuple[str, str]:
    """Return title and sentence; "booked" and "moved" are said only of what was read back."""
    email = clean(booking.details.customer.email) if booking.details else ""
    until = decide_words(booking, zone, language)
    was = was_words(booking, zone, language)
    match booking.state:
        case BookingState.BOOKED if was:
            return text("moved_title", language), text("moved", language, was=was, email=email)
        case BookingState.ATTENDED | BookingState.NO_SHOW:
            return text(f"{booking.state}_title", language), text(booking.state, language)
        case BookingState.BOOKED:
            return text("booked_title", language), text("booked_mail", language, email=email)
        case BookingState.REQUESTED:
            return text("requested_title", language), text("requested", language, when=until)
        case BookingState.DECLINED:
            return text("declined_title", language), text("declined", language)
        case BookingState.EXPIRED:
            return text("expired_title", language), text("expired", language, when=until)
        case BookingState.CANCELLED:
            is_ours = booking.cancelled_by is CancelledBy.SYSTEM and booking.conflict_until
            key = "given_up" if is_ours else "cancelled"
            if booking.cancelled_by is CancelledBy.STAFF:
                key = "cancelled_by_staff"
            sentence = "given_up_moved" if is_ours and was else key
            return text(f"{key}_title", language), text(sentence, language)
        case _:
            return _noted(booking, zone, language)


def blind_words(known_at: datetime, zone: str, language: str) -> str:
    """Say how old the free times are that are offered while no calendar answers."""
    when = moment_words(known_at.astimezone(ZoneInfo(zone)), language)
    return text("blind_offer", language, when=when)


def blind_notice(known_at: datetime | None, zone: str, language: str) -> str:
    """Return title and sentence in one, "" where the calendars answer."""
    if known_at is None:
        return ""
    return f"{text('blind_title', language)} {blind_words(known_at, zone, language)}"


def conflict_words(booking: Booking, zone: str, language: str) -> str:
    """Say that the noted time is taken, and until when the customer can settle it."""
    until = booking.conflict_until
    assert until is not None
    when = moment_words(until.astimezone(ZoneInfo(zone)), language)
    if was := was_words(booking, zone, language):
        return text("conflict_moved", language, was=was, when=when)
    # the staff agreed to that time alone: it cannot be moved, only asked for anew
    key = "conflict" if booking.decide_until is None else "conflict_agreed"
    return text(key, language, when=when)


def _noted(booking: Booking, zone: str, language: str) -> tuple[str, str]:
    if booking.conflict_until is not None:
        return text("conflict_title", language), conflict_words(booking, zone, language)
    if was := was_words(booking, zone, language):
        return text("move_noted_title", language), text("move_noted", language, was=was)
    if booking.known_at is None:
        return text("noted_title", language), text("noted", language)
    when = moment_words(booking.known_at.astimezone(ZoneInfo(zone)), language)
    return text("noted_title", language), text("noted_blind", language, when=when)
