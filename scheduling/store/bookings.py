"""Holds and bookings. The database decides every race; reads before a write only save it work."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    insert,
    select,
)

from scheduling.booking import (
    STANDING,
    Booking,
    BookingEvent,
    BookingState,
    CancelledBy,
    Details,
    HoldRequest,
    Workload,
    after,
    new_id,
    new_number,
    staff_resource,
    was_answered,
)
from scheduling.clock import Clock
from scheduling.errors import (
    HoldExpired,
    SlotTaken,
    StoreUnavailable,
    TransitionRefused,
    UnknownBooking,
)
from scheduling.ledger import Fact
from scheduling.occupancy import Claim
from scheduling.outbox import Promise
from scheduling.ports import ChangedClaims
from scheduling.store import claiming, customers, facts, moving, rows
from scheduling.store import statements as say
from scheduling.store.engine import Database
from scheduling.store.ledger import record
from scheduling.store.outbox import enqueue
from scheduling.store.tables import bookings, log_entries
from scheduling.timespan import TimeSpan, second_at_or_before, whole_seconds

NUMBERS_TRIED = 5
REMEMBERED = timedelta(days=60)
"""How far back "longest waiting" looks."""
NAMES_AT_ONCE = 500
"""Of one IN list: SQLite takes 999 parameters in old versions."""
PROBE = "ready"
PROBE_BYTES = 16_384
PROBE_SECONDS = 5.0


class SqlBookings:
    """The BookingStore port on a database."""

    def __init__(
        self, database: Database, clock: Clock, number: Callable[[], str] = new_number
    ) -> None:
        self._database = database
        self._clock = clock
        self._number = number
        self._new_booking = database.insert_missing(bookings)

    async def hold(self, request: HoldRequest, now: datetime) -> Booking:
        """Claim all resources, or none; raises SlotTaken, or TooManyHolds for this owner.

        A hold that the request replaces is released in the same transaction: where the claim
        fails, it stands as before.
        """
        there = claiming.place_of(request, now)
        # the answer "taken" costs no lock; a wrong "free" is caught by the trigger
        standing = await self._database.ask(say.WHAT_STANDS_THERE, there)
        if not all(row.is_over for row in standing):
            raise SlotTaken(request.assignment.staff_id)

        def claim(connection: Connection) -> Booking:
            self._database.lock(connection, (*request.resources, _owner(request.owner)))
            told: list[Fact] = []
            if request.replaces:
                mine = {"of_booking": request.replaces, "of_owner": request.owner}
                told += facts.released(connection.execute(say.RELEASE, mine), now)
            claiming.refuse_a_third_hold(connection, request.owner, now)
            if standing:
                gone = connection.execute(say.EXPIRE_WHAT_IS_OVER, there)
                told += facts.expired(gone, now)
            told += claiming.refuse_too_far(connection, request, now)
            claiming.refuse_over_cap(connection, request, now)
            held = self._insert(connection, request, now)
            claiming.claim_all(connection, request, held)
            record(connection, self._database, [*told, facts.held(held, request, now)])
            return held

        return await self._database.write(claim)

    def _insert(self, connection: Connection, request: HoldRequest, now: datetime) -> Booking:
        for _ in range(NUMBERS_TRIED):
            held = rows.held(request, new_id(), self._number(), now)
            inserted = connection.execute(self._new_booking, rows.booking_row(held))
            if inserted.rowcount == 1:
                return held
            # the number is in use: take another
        raise StoreUnavailable("no free booking number was found")

    async def extend_hold(
        self, booking_id: str, owner: str, until: datetime, now: datetime
    ) -> Booking:
        """Move the end of a hold; one that is over but not taken may be extended. HoldExpired."""
        mine = {"of_booking": booking_id, "of_owner": owner}

        def extend(connection: Connection) -> Booking:
            self._database.lock(connection, [_owner(owner)])
            # a hold that is over does not count; bringing it back must not make it the third
            claiming.refuse_a_third_hold(connection, owner, now, but_not=booking_id)
            changed = (connection.execute(say.EXTEND, {**mine, "until": until})).first()
            if changed is not None:
                extended = rows.booking(changed)
                record(connection, self._database, [facts.extended(extended, now)])
                return extended
            _own(connection, booking_id, owner)
            raise HoldExpired(booking_id)

        return await self._database.write(extend)

    async def release_hold(self, booking_id: str, owner: str, now: datetime) -> None:
        """Free the time of a hold; nothing happens if it is no hold of this owner any more."""
        mine = {"of_booking": booking_id, "of_owner": owner}

        def release(connection: Connection) -> None:
            gone = connection.execute(say.RELEASE, mine)
            record(connection, self._database, facts.released(gone, now))

        await self._database.write(release)

    async def confirm(  # noqa: PLR0913 - the port's
        self,
        booking_id: str,
        owner: str,
        details: Details,
        promises: Sequence[Promise],
        now: datetime,
        *,
        limit: int | None = None,
        decide_until: datetime | None = None,
        known_at: datetime | None = None,
    ) -> Booking:
        """Turn the hold into a NOTED booking with its promises, in one transaction.

        With `decide_until` into a REQUESTED one, which the staff decide on until then. `known_at`:
        made in an outage, on a state of the calendars that is so old.

        A second confirm by the same owner returns the booking unchanged (double clicks).
        Raises HoldExpired where the hold was taken by somebody else or released, and LimitReached
        where the customer has `limit` coming bookings of the service already.
        """
        mine = {"of_booking": booking_id, "of_owner": owner}
        customer = rows.customer_digest(details)
        said: dict[str, object] = {
            **mine,
            "what_was_said": rows.details_text(details),
            "of_customer": customer,
            "known_at": known_at,
            "present": now,
        }
        statement = say.CONFIRM
        if decide_until is not None:
            statement, said = say.REQUEST, said | {"until": decide_until}

        def confirm(connection: Connection) -> Booking:
            if limit is not None:
                self._database.lock(connection, [f"customer:{customer}"])
                held = _own(connection, booking_id, owner)
                if held.state is BookingState.HELD:
                    claiming.refuse_beyond(connection, limit, held.service_id, customer, now)
            changed = (connection.execute(statement, said)).first()
            if changed is None:
                return _confirmed_before(connection, booking_id, owner)
            confirmed = rows.booking(changed)
            key = customers.key_of(connection, self._database, customer, now)
            sealed = customers.sealed_values(key, booking_id, details)
            fact = facts.confirmed(confirmed, sealed, now)
            self._write_down(connection, fact, promises, now)
            return confirmed

        return await self._database.write(confirm)

    async def decide(
        self, booking_id: str, event: BookingEvent, promises: Sequence[Promise], now: datetime
    ) -> Booking:
        """Answer a request (APPROVE, DECLINE, EXPIRE) with its promises, in one transaction.

        The same answer again returns the booking unchanged; another one raises TransitionRefused.
        """
        decided = after(BookingState.REQUESTED, event)
        noted_at = now if decided is BookingState.NOTED else None
        request = {"of_booking": booking_id, "decided": decided, "noted_at": noted_at}

        def decide(connection: Connection) -> Booking:
            changed = (connection.execute(say.DECIDE, request)).first()
            if changed is None:
                return _decided_before(connection, booking_id, event)
            booking = rows.booking(changed)
            self._write_down(connection, facts.decided(booking, event, now), promises, now)
            return booking

        return await self._database.write(decide)

    async def cancel(  # noqa: PLR0913 - the port's
        self,
        booking_id: str,
        owner: str,
        by: CancelledBy,
        promises: Sequence[Promise],
        now: datetime,
        *,
        freed_at: datetime | None = None,
        version: int | None = None,
    ) -> Booking:
        """Give up what the owner asked for or booked, with its promises, in one transaction.

        Cancelled before, it is returned unchanged; in any other state TransitionRefused.
        Until `freed_at` a hold of nobody's keeps the time.
        With `version` only while it is NOTED and of that version.
        """
        mine = {"of_booking": booking_id, "of_owner": owner, "by": by, "present": now}
        statement = say.CANCEL if version is None else say.CANCEL_NOTED
        said = mine if version is None else mine | {"of_version": version}

        def cancel(connection: Connection) -> Booking:
            if freed_at is not None:
                moving.be_alone(connection, self._database, [booking_id])
            changed = connection.execute(statement, said).first()
            if changed is None:
                return _cancelled_before(connection, booking_id, owner)
            cancelled = rows.booking(changed)
            if freed_at is not None:
                moving.keep_back(connection, cancelled, freed_at)
            self._write_down(connection, facts.cancelled(cancelled, now, freed_at), promises, now)
            return cancelled

        return await self._database.write(cancel)

    async def note_conflict(
        self,
        booking_id: str,
        until: datetime,
        promises: Sequence[Promise],
        now: datetime,
        *,
        version: int,
    ) -> Booking:
        """Note that the time of a NOTED booking is taken in Outlook, with what is promised.

        It keeps its claims. Noted before, moved or ended, it is returned unchanged.
        """
        noted = {"of_booking": booking_id, "of_version": version, "until": until}

        def note(connection: Connection) -> Booking:
            changed = connection.execute(say.NOTE_CONFLICT, noted).first()
            if changed is None:
                standing = select(bookings).where(bookings.c.id == booking_id)
                return rows.booking(connection.execute(standing).one())
            booking = rows.booking(changed)
            self._write_down(connection, facts.conflict(booking, now), promises, now)
            return booking

        return await self._database.write(note)

    def _write_down(
        self, connection: Connection, fact: Fact, promises: Sequence[Promise], now: datetime
    ) -> None:
        """Add what follows from a change, and the fact of it."""
        for promise in promises:
            enqueue(connection, self._database, promise, now)
        record(connection, self._database, [fact])

    async def move(  # noqa: PLR0913 - the port's
        self,
        booking_id: str,
        owner: str,
        hold_id: str,
        promises: Sequence[Promise],
        now: datetime,
        *,
        version: int,
        freed_at: datetime | None = None,
    ) -> Booking:
        """Give the booking the time of a hold that was made to move it, in one transaction.

        Its version goes up by one and it is NOTED until the event was read back; the old time is
        free. A second move by the same hold returns the booking unchanged. HoldExpired: the hold
        went to somebody else or was released. TransitionRefused: the booking has another
        `version` by now, or no longer stands; the hold stays. Until `freed_at` a hold of nobody's
        keeps the old time from everybody but this booking.
        """
        wanted = moving.Move(booking_id, owner, hold_id, version, freed_at)
        return await self._database.write(
            lambda connection: moving.move(connection, self._database, wanted, promises, now)
        )

    async def mark(self, booking_id: str, event: BookingEvent, now: datetime) -> Booking:
        """Say whether the customer came (ATTEND, MISS); the same again changes nothing.

        TransitionRefused in any other state.
        """
        return await self._database.write(
            lambda connection: moving.mark(connection, self._database, booking_id, event, now)
        )

    async def accept(self, booking_id: str, owner: str, now: datetime) -> Booking:
        """Note that the time to which the staff moved it suits the owner; else it is unchanged."""
        return await self._database.write(
            lambda connection: moving.accept(connection, self._database, booking_id, owner, now)
        )

    async def booking(self, booking_id: str) -> Booking:
        """Return it or raise UnknownBooking."""
        return await self._one(bookings.c.id == booking_id)

    async def booking_by_number(self, number: str) -> Booking:
        """Return it or raise UnknownBooking."""
        return await self._one(bookings.c.number == number)

    async def bookings_of(self, owner: str) -> Sequence[Booking]:
        """Return REQUESTED, NOTED and BOOKED ones of this owner, by start."""
        theirs = and_(bookings.c.owner == owner, bookings.c.state.in_(STANDING))
        found = await self._database.ask(
            select(bookings).where(theirs).order_by(bookings.c.starts)
        )
        return [rows.booking(row) for row in found]

    async def claims(
        self, resources: Sequence[str] | None, span: TimeSpan, now: datetime
    ) -> Mapping[str, Sequence[Claim]]:
        """Return what bookings and living holds keep around `span`, by start.

        Each resource asked for has its entry; None = every resource that has claims.
        """
        start, end = whole_seconds(span)
        asked = {"span_start": start, "span_end": end, "present": now}
        found: dict[str, list[Claim]] = {resource: [] for resource in resources or ()}
        for batch in [None] if resources is None else _batches(resources):
            statement = say.CLAIMS if batch is None else say.CLAIMS_OF
            named = {} if batch is None else {"among": batch}
            for row in await self._database.ask(statement, asked | named):
                found.setdefault(row.resource, []).append(rows.claim(row))
        return found

    async def changed_since(self, position: int) -> ChangedClaims:
        """Tell whose claims changed after a position (0 = the beginning)."""

        def look(connection: Connection) -> ChangedClaims:
            first, last = (connection.execute(say.CHANGES_ENDS)).one()
            if last is None or last <= position:
                return ChangedClaims(position, frozenset())
            if position + 1 < first:
                return ChangedClaims(last, None)
            between = {"after": position, "upto": last}
            changed = (connection.execute(say.CHANGED, between)).scalars()
            return ChangedClaims(last, frozenset(changed))

        seen = await self._database.read(look)
        # a change with a lower number may be on its way only where one with a higher is seen
        return await self._database.read_in_order(look) if seen.position > position else seen

    async def workload(
        self, staff_ids: Sequence[str], span: TimeSpan, *, but_not: str = ""
    ) -> Mapping[str, Workload]:
        """Return how much each staff member has to do in `span`; everyone asked for is there.

        `but_not` leaves one booking out (the customer's own hold).
        """
        asked = {
            "span_start": span.start,
            "span_end": span.end,
            "present": self._clock.now(),
            "but_not": but_not,
            "since": second_at_or_before(span.start - REMEMBERED),
        }
        names = {staff_resource(staff_id): staff_id for staff_id in staff_ids}
        counts: dict[str, int] = {}
        last: dict[str, datetime] = {}
        for batch in _batches(list(names)):
            among = asked | {"among": batch}
            counts |= {
                row.resource: int(row.number) for row in await self._database.ask(say.WORK, among)
            }
            last |= {
                row.resource: row.last_given for row in await self._database.ask(say.LAST, among)
            }
        return {
            staff_id: Workload(counts.get(name, 0), last.get(name))
            for name, staff_id in names.items()
        }

    async def last_served(self, service_id: str, *, but_not: str = "") -> str | None:
        """Return who was assigned the last booking of a service that still stands."""
        asked = {"of_service": service_id, "present": self._clock.now(), "but_not": but_not}
        found = await self._database.ask(say.LAST_SERVED, asked)
        return str(found[0].staff_id) if found else None

    async def ready(self) -> bool:
        """Tell whether a write would succeed now."""

        def probe(connection: Connection) -> None:
            # written for real: a full disk shows only when the file must grow
            row = {"log": PROBE, "position": 1, "body": "." * PROBE_BYTES}
            written = insert(log_entries).values(row | {"written_at": self._clock.now()})
            connection.execute(written)
            connection.execute(delete(log_entries).where(log_entries.c.log == PROBE))

        try:
            await asyncio.wait_for(self._database.write(probe), PROBE_SECONDS)
        except (StoreUnavailable, TimeoutError):
            return False
        return True

    async def _one(self, condition: ColumnElement[bool]) -> Booking:
        found = await self._database.ask(select(bookings).where(condition))
        if not found:
            raise UnknownBooking
        return rows.booking(found[0])


def _owner(owner: str) -> str:
    """Name what is locked by who counts the holds of an owner."""
    return f"owner:{owner}"


def _batches(names: Sequence[str]) -> list[list[str]]:
    return [list(names[i : i + NAMES_AT_ONCE]) for i in range(0, len(names), NAMES_AT_ONCE)]


def _own(connection: Connection, booking_id: str, owner: str) -> Booking:
    """Return the owner's booking; somebody else's is as unknown as one that never was."""
    mine = {"of_booking": booking_id, "of_owner": owner}
    found = (connection.execute(say.OWN, mine)).first()
    if found is None:
        raise UnknownBooking
    return rows.booking(found)


def _confirmed_before(connection: Connection, booking_id: str, owner: str) -> Booking:
    booking = _own(connection, booking_id, owner)
    if booking.state not in STANDING:
        raise HoldExpired(booking_id)
    return booking


def _cancelled_before(connection: Connection, booking_id: str, owner: str) -> Booking:
    booking = _own(connection, booking_id, owner)
    if booking.cancelled_by is None:
        raise TransitionRefused(f"{BookingEvent.CANCEL} is not possible when {booking.state}")
    return booking


def _decided_before(connection: Connection, booking_id: str, event: BookingEvent) -> Booking:
    found = (connection.execute(select(bookings).where(bookings.c.id == booking_id))).first()
    if found is None:
        raise UnknownBooking
    booking = rows.booking(found)
    if not was_answered(booking, event):
        raise TransitionRefused(f"{event} is not possible when {booking.state}")
    return booking
