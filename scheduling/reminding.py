"""When customers are reminded of a booking, and whether a reminder still says anything.

A reminder falls due its offset before the start. In the quiet hours of the business it waits for
their end, if that leaves half an hour until the start; else it goes out before they begin.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from scheduling.booking import Booking, BookingState
from scheduling.catalog import Business, QuietHours
from scheduling.outbox import JobKind, Promise
from scheduling.timespan import wall_time

LEAST_AHEAD = timedelta(minutes=30)
"""So long before the start, a reminder at the end of the quiet hours is still of use."""
FRESH = timedelta(hours=1)
"""Who was told of the booking less than this before needs no reminder."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Reminder:
    """One of a booking: `offset` as the business file has it, `due` as it is sent."""

    offset: timedelta
    due: datetime

    @property
    def name(self) -> str:
        """Return what tells it from the others of its booking: the offset in minutes."""
        return str(int(self.offset.total_seconds() // 60))


def reminders(booking: Booking, business: Business) -> tuple[Reminder, ...]:
    """Return all of a booking, by when they are due; of two due at once the nearer offset."""
    start, found = booking.span.start, dict[datetime, Reminder]()
    for offset in sorted(business.service(booking.service_id).reminders, reverse=True):
        due = _outside(business, start - offset, start)
        found[due] = Reminder(offset, due)
    return tuple(found[due] for due in sorted(found))


def _outside(business: Business, moment: datetime, start: datetime) -> datetime:
    quiet = business.quiet_hours
    if quiet is None:
        return moment
    for night in (_night(business, quiet, moment, -1), _night(business, quiet, moment, 0)):
        begins, ends = night
        if begins <= moment < ends:
            return ends if ends + LEAST_AHEAD <= start else begins
    return moment


def _night(
    business: Business, quiet: QuietHours, moment: datetime, days: int
) -> tuple[datetime, datetime]:
    """Return the quiet hours that begin on the local day of a moment, or so many days later."""
    first = moment.astimezone(business.zone).date() + days * _DAY
    last = first if quiet.begins < quiet.ends else first + _DAY
    return (
        wall_time(first, quiet.begins, business.zone),
        wall_time(last, quiet.ends, business.zone),
    )


def promises(
    booking: Booking, business: Business, now: datetime, kinds: Collection[JobKind]
) -> list[Promise]:
    """Return the reminders to promise as it stands now: one of each kind for each that is due."""
    payload = {"booking": booking.id, "version": str(booking.version)}
    return [
        Promise(
            kind,
            f"{_KEYS[kind]}:{booking.id}:{booking.version}:{each.name}",
            payload | {"reminder": each.name},
            each.due,
        )
        for each in reminders(booking, business)
        if each.due >= now + FRESH
        for kind in kinds
    ]


_KEYS = {JobKind.MAIL_REMINDER: "reminder", JobKind.TELL_REMINDER: "reminder_tell"}


def is_worth_sending(
    booking: Booking, business: Business, version: int, name: str, now: datetime
) -> bool:
    """Tell whether a promised reminder is still to go out.

    Not after a move or a cancellation, not once it begins, not if the next one is due as well,
    and not if the business file has no such reminder any more.
    """
    if booking.state is not BookingState.BOOKED or booking.version != version:
        return False
    due = [each for each in reminders(booking, business) if each.due <= now]
    return booking.span.start > now and bool(due) and due[-1].name == name
