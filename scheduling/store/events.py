"""What a worker found or wrote in Outlook, recorded at its booking."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from scheduling.booking import FREEING, BookingEvent, BookingState, after
from scheduling.errors import TransitionRefused, UnknownBooking
from scheduling.ledger import Fact, FactKind
from scheduling.outbox import Promise, cancelling_event, moving_event
from scheduling.ports import WrittenEvent
from scheduling.store import facts
from scheduling.store.tables import bookings

# the row is kept until the end of the transaction: nobody moves or cancels meanwhile
_STANDING = (
    select(
        bookings.c.state,
        bookings.c.version,
        bookings.c.staff_id,
        bookings.c.event_id,
        bookings.c.event_staff_id,
    )
    .where(bookings.c.id == bindparam("of_booking"))
    .with_for_update()
)
_NOTE = update(bookings).where(bookings.c.id == bindparam("of_booking"))


@dataclass(frozen=True, slots=True)
class Noted:
    """What follows from an event: what the worker promises for it, and what puts others right."""

    is_current: bool
    """Whether it stands as the booking is now; else nothing is to be told of it."""
    facts: Sequence[Fact] = ()
    promises: Sequence[Promise] = ()


def note_event(connection: Connection, written: WrittenEvent, which: str, now: datetime) -> Noted:
    """Say that Outlook has the event; the same event told twice changes nothing.

    `which` names the job and its attempt.
    """
    mine = {"of_booking": written.booking_id}
    found = connection.execute(_STANDING, mine).first()
    if found is None:
        raise UnknownBooking
    staff_id = written.staff_id or found.staff_id
    event = {
        "event_id": written.event_id,
        "join_url": written.join_url,
        "event_staff_id": staff_id,
    }
    if found.state in FREEING:
        if found.event_id in {None, written.event_id}:
            connection.execute(_NOTE.values(event), mine)
        told = facts.written(written, now, FactKind.WRITTEN_TOO_LATE)
        taking_out = _taking_out(found, written.booking_id, written.event_id, staff_id)
        return Noted(is_current=False, facts=[told], promises=[taking_out])
    if written.version != found.version:
        told = facts.written(written, now, FactKind.WRITTEN_FOR_EARLIER)
        if found.event_id is None and staff_id == found.staff_id:
            # what moves it will find it there
            connection.execute(_NOTE.values(event), mine)
            return Noted(is_current=False, facts=[told])
        correction = _correction(found, written, staff_id, which)
        return Noted(is_current=False, facts=[told], promises=[correction])
    if found.state == BookingState.NOTED:
        booked = after(BookingState.NOTED, BookingEvent.WRITTEN)
        connection.execute(_NOTE.values(event | {"state": booked}), mine)
        earlier = (found.event_id, found.event_staff_id)
        is_left = found.event_id and earlier != (written.event_id, staff_id)
        left = [_taking_out(found, written.booking_id, *earlier)] if is_left else []
        return Noted(is_current=True, facts=[facts.written(written, now)], promises=left)
    if found.event_id != written.event_id:
        raise TransitionRefused(f"{BookingEvent.WRITTEN} is not possible when {found.state}")
    return Noted(is_current=True)


def _correction(
    found: Row[*tuple[Any, ...]], written: WrittenEvent, staff_id: str, which: str
) -> Promise:
    """Return what puts right an event that was written for an earlier version."""
    if (found.event_id, found.event_staff_id) == (written.event_id, staff_id):
        # it may have been brought back to the earlier time after it was moved
        return moving_event(written.booking_id, found.version, which)
    return _taking_out(found, written.booking_id, written.event_id, staff_id)


def _taking_out(
    found: Row[*tuple[Any, ...]], booking_id: str, event_id: str, staff_id: str
) -> Promise:
    # a key of its own: the promise of the cancelling itself may be kept already, and one for this
    # event too, without effect, when a move back had found it in time
    which = f"{found.version}.{event_id}"
    return cancelling_event(booking_id, which, event_id=event_id, staff_id=staff_id)
