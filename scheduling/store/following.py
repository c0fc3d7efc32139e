"""The FollowedBookings port on a database: what the staff did in Outlook, done here too."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from scheduling.booking import Booking, BookingEvent, BookingState, CancelledBy
from scheduling.errors import SlotTaken, TimeHeld, TransitionRefused, UnknownBooking
from scheduling.outbox import Promise
from scheduling.store import facts, rows
from scheduling.store import statements as say
from scheduling.store.engine import Database
from scheduling.store.ledger import record
from scheduling.store.outbox import enqueue
from scheduling.store.tables import bookings
from scheduling.timespan import TimeSpan, whole_seconds

EVENTS_AT_ONCE = 500


class SqlFollowing:
    """Bookings as far as they follow their events."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def booking(self, booking_id: str) -> Booking:
        """Return it or raise UnknownBooking."""

        def look(connection: Connection) -> Booking:
            found = connection.execute(select(bookings).where(bookings.c.id == booking_id)).first()
            if found is None:
                raise UnknownBooking
            return rows.booking(found)

        return await self._database.read(look)

    async def of_events(self, staff_id: str, event_ids: Sequence[str]) -> Sequence[Booking]:
        """Return the bookings whose events these are, in the calendar of this staff member."""

        def look(connection: Connection) -> list[Booking]:
            found: list[Booking] = []
            for at in range(0, len(event_ids), EVENTS_AT_ONCE):
                asked = {"of_staff": staff_id, "among": event_ids[at : at + EVENTS_AT_ONCE]}
                found += [rows.booking(row) for row in connection.execute(say.OF_EVENTS, asked)]
            return found

        return await self._database.read(look)

    async def written_in(self, staff_id: str, span: TimeSpan) -> Sequence[Booking]:
        """Return NOTED and BOOKED ones whose event is in this calendar, by start."""
        asked = {"of_staff": staff_id, "after": span.start, "upto": span.end}

        def look(connection: Connection) -> list[Booking]:
            return [rows.booking(row) for row in connection.execute(say.WRITTEN_IN, asked)]

        return await self._database.read(look)

    async def follow(
        self,
        booking_id: str,
        span: TimeSpan,
        promises: Sequence[Promise],
        now: datetime,
        *,
        version: int,
    ) -> Booking:
        """Give a BOOKED one the time of its event; see FollowedBookings."""
        resources = (await self.booking(booking_id)).resources

        def follow(connection: Connection) -> Booking:
            self._database.lock(connection, resources)
            before = _standing(connection, booking_id, version)
            busy = span.widened(
                before.span.start - before.busy.start, before.busy.end - before.span.end
            )
            there = _place(connection, before, span, busy, now)
            told = facts.expired(connection.execute(say.EXPIRE_WHAT_IS_OVER, there), now)
            in_the_way = set(connection.execute(say.STATES_THERE, there).scalars())
            if in_the_way:
                is_held = in_the_way == {BookingState.HELD}
                raise TimeHeld(booking_id) if is_held else SlotTaken(before.staff_id)
            _shift(connection, before, there)
            new = {
                "of_booking": booking_id,
                "new_starts": span.start,
                "new_ends": span.end,
                "new_busy_starts": busy.start,
                "new_busy_ends": busy.end,
            }
            booking = rows.booking(connection.execute(say.FOLLOW, new).one())
            for promise in promises:
                enqueue(connection, self._database, promise, now)
            record(connection, self._database, [*told, facts.followed(booking, now)])
            return booking

        return await self._database.write(follow)

    async def give_up(
        self, booking_id: str, promises: Sequence[Promise], now: datetime, *, version: int
    ) -> Booking:
        """Cancel a BOOKED one whose event the staff took out."""

        def cancel(connection: Connection) -> Booking:
            before = _standing(connection, booking_id, version)
            said = {
                "of_booking": booking_id,
                "of_owner": before.owner,
                "by": CancelledBy.STAFF,
                "present": now,
            }
            booking = rows.booking(connection.execute(say.CANCEL, said).one())
            for promise in promises:
                enqueue(connection, self._database, promise, now)
            record(connection, self._database, [facts.cancelled(booking, now)])
            return booking

        return await self._database.write(cancel)

    async def stand_astray(
        self,
        booking_id: str,
        why: str,
        promises: Sequence[Promise],
        now: datetime,
        *,
        version: int,
    ) -> Booking:
        """Note why a BOOKED one cannot follow its event; the same again changes nothing."""

        def note(connection: Connection) -> Booking:
            before = _standing(connection, booking_id, version)
            changed = connection.execute(say.STAND_ASTRAY, {"of_booking": booking_id, "why": why})
            found = changed.first()
            if found is None:
                return before
            booking = rows.booking(found)
            for promise in promises:
                enqueue(connection, self._database, promise, now)
            record(connection, self._database, [facts.astray(booking, now)])
            return booking

        return await self._database.write(note)

    async def promise(self, promise: Promise, now: datetime) -> None:
        """Add work, or set it aside for a person; the same key twice is one job."""
        await self._database.write(
            lambda connection: enqueue(connection, self._database, promise, now)
        )


def _standing(connection: Connection, booking_id: str, version: int) -> Booking:
    """Return it, kept from others, if it is BOOKED and of this version; TransitionRefused."""
    mine = {"of_booking": booking_id, "of_version": version}
    found = connection.execute(say.FOLLOWING, mine).first()
    if found is None:
        raise TransitionRefused(f"{BookingEvent.FOLLOW}: not version {version} any more")
    return rows.booking(found)


def _place(
    connection: Connection, booking: Booking, span: TimeSpan, busy: TimeSpan, now: datetime
) -> dict[str, object]:
    """Return the parameters that ask what stands where the event is."""
    start, end = whole_seconds(busy)
    core_start, core_end = whole_seconds(span)
    shares = connection.execute(say.SHARES, {"of_booking": booking.id}).scalar_one()
    return {
        "among": list(booking.resources),
        "but_not": booking.party,
        "span_start": start,
        "span_end": end,
        "core_start": core_start,
        "core_end": core_end,
        "shares": int(shares or 0),
        "present": now,
    }


def _shift(connection: Connection, booking: Booking, there: dict[str, object]) -> None:
    """Give its claims the new time at once; the database refuses what the look overlooked."""
    new = {
        "of_booking": booking.id,
        "span_start": there["span_start"],
        "span_end": there["span_end"],
        "new_core_start": there["core_start"],
        "new_core_end": there["core_end"],
    }
    try:
        connection.execute(say.SHIFT_CLAIMS, new)
    except IntegrityError as failure:
        if "slot_taken" in str(failure.orig):
            raise SlotTaken(booking.staff_id) from None
        raise
