"""What happens to bookings that stand: another time, and whether the customer came.

Pieces of one transaction; the database decides every race.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from scheduling.booking import (
    TRANSITIONS,
    Booking,
    BookingEvent,
    BookingState,
    after,
    kept_back,
)
from scheduling.errors import HoldExpired, TransitionRefused, UnknownBooking
from scheduling.outbox import Promise
from scheduling.store import facts, rows
from scheduling.store import statements as say
from scheduling.store.engine import Database
from scheduling.store.ledger import record
from scheduling.store.outbox import enqueue
from scheduling.store.tables import bookings


@dataclass(frozen=True, slots=True)
class Move:
    """Which booking gets the time of which hold; `version` is the booking's before the move.

    Until `freed_at` the old time is kept back, None = it is free at once.
    """

    booking_id: str
    owner: str
    hold_id: str
    version: int
    freed_at: datetime | None = None


def move(
    connection: Connection,
    database: Database,
    wanted: Move,
    promises: Sequence[Promise],
    now: datetime,
) -> Booking:
    """Give the booking the time of the hold; see BookingStore.move."""
    hold = {
        "of_booking": wanted.hold_id,
        "of_owner": wanted.owner,
        "of_moved": wanted.booking_id,
    }
    be_alone(connection, database, [wanted.hold_id, wanted.booking_id])
    used = connection.execute(say.USE_UP, hold).first()
    if used is None:
        return _moved_before(connection, wanted)
    new = rows.booking_row(rows.booking(used))
    mine = {
        "of_booking": wanted.booking_id,
        "of_owner": wanted.owner,
        "of_version": wanted.version,
    }
    spans = ("starts", "ends", "busy_starts", "busy_ends")
    same = (*spans, "staff_id", "reason", "resources", "place_id", "known_at")
    taken = {f"new_{name}": new[name] for name in same} | {"present": now}
    before = _own(connection, wanted.booking_id, wanted.owner)
    moved = connection.execute(say.MOVE, mine | taken).first()
    if moved is None:
        raise TransitionRefused(f"{BookingEvent.MOVE} is not possible when {before.state}")
    of_booking = {"of_booking": wanted.booking_id}
    if wanted.freed_at is not None:
        keep_back(connection, before, wanted.freed_at)
    connection.execute(say.GIVE_UP_CLAIMS, of_booking)
    connection.execute(say.TAKE_OVER_CLAIMS, of_booking | {"of_hold": wanted.hold_id})
    for promise in promises:
        enqueue(connection, database, promise, now)
    booking = rows.booking(moved)
    record(connection, database, [facts.moved(booking, wanted.hold_id, now, wanted.freed_at)])
    return booking


def be_alone(connection: Connection, database: Database, booking_ids: Sequence[str]) -> None:
    """Lock what these claim before any row: whoever holds, or follows an event, does so too.

    What changes before the locks are there is found by its state and version.
    """
    asked = select(bookings).where(bookings.c.id.in_(booking_ids))
    found = [rows.booking(row) for row in connection.execute(asked)]
    database.lock(connection, {name for each in found for name in each.resources})


def keep_back(connection: Connection, before: Booking, freed_at: datetime) -> None:
    """Let a hold of nobody's take over the claims of a booking that gives up this time."""
    kept = rows.booking_row(kept_back(before, freed_at))
    connection.execute(say.KEEP_BACK, kept)
    connection.execute(say.TAKE_OVER_CLAIMS, {"of_hold": before.id, "of_booking": kept["id"]})


def mark(
    connection: Connection,
    database: Database,
    booking_id: str,
    event: BookingEvent,
    now: datetime,
) -> Booking:
    """Say whether the customer came; see BookingStore.mark."""
    marked = after(BookingState.BOOKED, event)
    possible = [state for state, what in TRANSITIONS if what is event]
    said = {"of_booking": booking_id, "among": possible, "marked": marked}
    changed = connection.execute(say.MARK, said).first()
    if changed is not None:
        booking = rows.booking(changed)
        record(connection, database, [facts.marked(booking, now)])
        return booking
    booking = _one(connection, booking_id)
    if booking.state is not marked:
        raise TransitionRefused(f"{event} is not possible when {booking.state}")
    return booking


def accept(
    connection: Connection, database: Database, booking_id: str, owner: str, now: datetime
) -> Booking:
    """Note that the time to which the staff moved it suits; see BookingStore.accept."""
    mine = {"of_booking": booking_id, "of_owner": owner}
    changed = connection.execute(say.ACCEPT, mine).first()
    if changed is None:
        return _own(connection, booking_id, owner)
    booking = rows.booking(changed)
    record(connection, database, [facts.accepted(booking, now)])
    return booking


def _moved_before(connection: Connection, wanted: Move) -> Booking:
    """Return the booking that this hold has moved already."""
    hold = _own(connection, wanted.hold_id, wanted.owner)
    if hold.state is not BookingState.MOVED or hold.moves != wanted.booking_id:
        raise HoldExpired(wanted.hold_id)
    return _own(connection, wanted.booking_id, wanted.owner)


def _own(connection: Connection, booking_id: str, owner: str) -> Booking:
    booking = _one(connection, booking_id)
    if booking.owner != owner:
        raise UnknownBooking
    return booking


def _one(connection: Connection, booking_id: str) -> Booking:
    found = connection.execute(select(bookings).where(bookings.c.id == booking_id)).first()
    if found is None:
        raise UnknownBooking
    return rows.booking(found)
