"""Everything scheduling can refuse. One root; an edge catches exactly `BookingError`.

`code` is the key of the customer's text (bot/texts). A refusal the customer caused is no fault of
ours and is never logged as an error.
"""

from typing import ClassVar


class BookingError(Exception):
    """Root of all refusals of this package."""

    code: ClassVar[str] = "unexpected"


class SlotTaken(BookingError):
    """Somebody else holds or booked an overlapping time, or a cap was reached meanwhile."""

    code = "slot_taken"


class TimeHeld(BookingError):
    """Only a hold stands there, which is over in minutes."""

    code = "slot_taken"


class HoldExpired(BookingError):
    """The hold is over or was released; the customer's details are still known to the caller."""

    code = "hold_ended"


class NotOffered(BookingError):
    """The start is no slot of this service: outside hours, lead time, grid, or already busy."""

    code = "not_offered"


class CalendarUnavailable(BookingError):
    """The calendar of the staff member did not answer, so nothing may be promised."""

    code = "calendar_down"


class MoveUnavailable(CalendarUnavailable):
    """The calendar did not answer, so the booking that was to be moved stays as it is."""

    code = "move_calendar_down"


class OutageGoesOn(BookingError):
    """No calendar answers at all; it was asked a moment ago and is asked again soon."""

    code = "calendar_down"


class UnknownService(BookingError):
    """No service of that id is offered."""

    code = "unknown_service"


class UnknownStaffMember(BookingError):
    """No staff member of that id serves this service."""

    code = "unknown_staff_member"


class UnknownBooking(BookingError):
    """No booking of that id or number that the asker may see."""

    code = "unknown_booking"


class TooManyHolds(BookingError):
    """The customer already holds as many times as allowed (2)."""

    code = "too_many_holds"


class LimitReached(BookingError):
    """The customer has as many coming appointments of this service as allowed."""

    code = "limit_reached"


class TransitionRefused(BookingError):
    """The booking's state does not allow this event (see booking.TRANSITIONS)."""

    code = "transition_refused"


class CancelTooLate(BookingError):
    """The time until which a customer may cancel is over."""

    code = "cancel_too_late"


class MoveTooLate(BookingError):
    """The time until which a customer may move is over."""

    code = "move_too_late"


class MoveRefused(BookingError):
    """It is none that the customer may give another time: the staff decide on it, or it ended."""

    code = "move_refused"


class StoreUnavailable(BookingError):
    """The database did not answer in time, is full or read-only; nothing was written."""

    code = "store_down"


class BackupRefused(BookingError):
    """A backup was not made, or its file cannot be trusted or put there; the message says why."""

    code = "unexpected"


class RelocationRefused(BookingError):
    """The data was not taken to another database; the message says why."""

    code = "unexpected"


class ErasureRefused(BookingError):
    """A customer was not erased; the message says what stands in the way."""

    code = "unexpected"


class StaleLease(BookingError):
    """The job was taken over by another worker; this result must be thrown away."""

    code = "unexpected"


class DocumentConflict(BookingError):
    """The document changed since it was read (compare-and-set failed)."""

    code = "unexpected"


class CatalogError(BookingError):
    """A value of the catalog breaks a rule; the business file reports it with file and line."""

    code = "unexpected"
