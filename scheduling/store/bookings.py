"""Holds and bookings. The database decides every race; reads before a write only save it work."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from scheduling.booking import (
    FREEING,
    Booking,
    BookingEvent,
    BookingState,
    Details,
    HoldRequest,
    after,
    new_id,
    new_number,
)
from scheduling.clock import Clock
from scheduling.errors import (
    HoldExpired,
    SlotTaken,
    StoreUnavailable,
    TooManyHolds,
    UnknownBooking,
)
from scheduling.outbox import Promise
from scheduling.store import rows
from scheduling.store.engine import Database
from scheduling.store.outbox import enqueue
from scheduling.store.tables import Moment, bookings, claims, log_entries
from scheduling.timespan import TimeSpan

HOLDS_PER_OWNER = 2
NUMBERS_TRIED = 5
PROBE = "ready"
PROBE_BYTES = 16_384
PROBE_SECONDS = 5.0

CONFIRMED = (BookingState.NOTED, BookingState.BOOKED)

# Built once: putting a statement together costs as much as running it.
_OVER = and_(
    bookings.c.state == BookingState.HELD,
    bookings.c.hold_until <= bindparam("present", type_=Moment),
)
_OVERLAPPING = and_(
    claims.c.occupying == 1,
    claims.c.lane == 1,
    claims.c.busy_start < bindparam("span_end"),
    claims.c.busy_end > bindparam("span_start"),
)
_THERE = and_(claims.c.resource == bindparam("at"), _OVERLAPPING)
_HOLD = and_(
    bookings.c.id == bindparam("of_booking"),
    bookings.c.owner == bindparam("of_owner"),
    bookings.c.state == BookingState.HELD,
)

WHAT_STANDS_THERE = select(_OVER.label("is_over")).select_from(claims.join(bookings)).where(_THERE)
EXPIRE_WHAT_IS_OVER = (
    update(bookings)
    .where(_OVER, bookings.c.id.in_(select(claims.c.booking_id).where(_THERE)))
    .values(state=after(BookingState.HELD, BookingEvent.EXPIRE), hold_until=None)
)
LIVING_HOLDS = (
    select(func.count())
    .select_from(bookings)
    .where(
        bookings.c.owner == bindparam("of_owner"),
        bookings.c.state == BookingState.HELD,
        bookings.c.hold_until > bindparam("present", type_=Moment),
        bookings.c.id != bindparam("but_not"),
    )
)
CLAIM = insert(claims)
EXTEND = (
    update(bookings)
    .where(_HOLD)
    .values(hold_until=bindparam("until", type_=Moment))
    .returning(*bookings.c)
)
RELEASE = (
    update(bookings)
    .where(_HOLD)
    .values(state=after(BookingState.HELD, BookingEvent.RELEASE), hold_until=None)
)
CONFIRM = (
    update(bookings)
    .where(_HOLD)
    .values(
        state=after(BookingState.HELD, BookingEvent.CONFIRM),
        hold_until=None,
        details=bindparam("what_was_said"),
    )
    .returning(*bookings.c)
)
OWN = select(bookings).where(
    bookings.c.id == bindparam("of_booking"), bookings.c.owner == bindparam("of_owner")
)
OCCUPIED = (
    select(claims.c.resource, claims.c.busy_start, claims.c.busy_end)
    .join(bookings)
    .where(
        claims.c.resource.in_(bindparam("among", expanding=True)),
        claims.c.booking_id != bindparam("but_not"),
        _OVERLAPPING,
        ~_OVER,
    )
    .order_by(claims.c.busy_start)
)
LOAD = (
    select(bookings.c.staff_id, func.count().label("number"))
    .where(
        bookings.c.staff_id.in_(bindparam("among", expanding=True)),
        bookings.c.starts >= bindparam("span_start", type_=Moment),
        bookings.c.starts < bindparam("span_end", type_=Moment),
        bookings.c.state.not_in(FREEING),
        ~_OVER,
    )
    .group_by(bookings.c.staff_id)
)


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
        """Claim `busy` for the staff member; raises SlotTaken, or TooManyHolds for this owner."""
        there = _place(request, now)
        # the answer "taken" costs no lock; a wrong "free" is caught by the trigger
        standing = await self._rows(WHAT_STANDS_THERE, there)
        if not all(row.is_over for row in standing):
            raise SlotTaken(request.assignment.staff_id)

        async def claim(connection: AsyncConnection) -> Booking:
            await _refuse_a_third_hold(connection, request.owner, now)
            if standing:
                await connection.execute(EXPIRE_WHAT_IS_OVER, there)
            held = await self._insert(connection, request, now)
            await _claim(connection, held)
            return held

        return await self._database.write(claim)

    async def _insert(
        self, connection: AsyncConnection, request: HoldRequest, now: datetime
    ) -> Booking:
        for _ in range(NUMBERS_TRIED):
            held = rows.held(request, new_id(), self._number(), now)
            inserted = await connection.execute(self._new_booking, rows.booking_row(held))
            if inserted.rowcount == 1:
                return held
            # the number is in use: take another
        raise StoreUnavailable("no free booking number was found")

    async def extend_hold(
        self, booking_id: str, owner: str, until: datetime, now: datetime
    ) -> Booking:
        """Move the end of a hold; one that is over but not taken may be extended. HoldExpired."""
        mine = {"of_booking": booking_id, "of_owner": owner}

        async def extend(connection: AsyncConnection) -> Booking:
            # a hold that is over does not count; bringing it back must not make it the third
            await _refuse_a_third_hold(connection, owner, now, but_not=booking_id)
            changed = (await connection.execute(EXTEND, {**mine, "until": until})).first()
            if changed is not None:
                return rows.booking(changed)
            await _own(connection, booking_id, owner)
            raise HoldExpired(booking_id)

        return await self._database.write(extend)

    async def release_hold(self, booking_id: str, owner: str, now: datetime) -> None:  # noqa: ARG002 - the port's
        """Free the time of a hold; nothing happens if it is no hold of this owner any more."""
        mine = {"of_booking": booking_id, "of_owner": owner}

        async def release(connection: AsyncConnection) -> None:
            await connection.execute(RELEASE, mine)

        await self._database.write(release)

    async def confirm(
        self,
        booking_id: str,
        owner: str,
        details: Details,
        promises: Sequence[Promise],
        now: datetime,
    ) -> Booking:
        """Turn the hold into a NOTED booking with its promises, in one transaction.

        A second confirm by the same owner returns the booking unchanged (double clicks).
        Raises HoldExpired where the hold was taken by somebody else or released.
        """
        mine = {"of_booking": booking_id, "of_owner": owner}
        said = mine | {"what_was_said": rows.details_text(details)}

        async def confirm(connection: AsyncConnection) -> Booking:
            changed = (await connection.execute(CONFIRM, said)).first()
            if changed is None:
                return await _confirmed_before(connection, booking_id, owner)
            for promise in promises:
                await enqueue(connection, self._database, promise, now)
            return rows.booking(changed)

        return await self._database.write(confirm)

    async def booking(self, booking_id: str) -> Booking:
        """Return it or raise UnknownBooking."""
        return await self._one(bookings.c.id == booking_id)

    async def booking_by_number(self, number: str) -> Booking:
        """Return it or raise UnknownBooking."""
        return await self._one(bookings.c.number == number)

    async def bookings_of(self, owner: str) -> Sequence[Booking]:
        """Return NOTED and BOOKED ones of this owner, by start."""
        theirs = and_(bookings.c.owner == owner, bookings.c.state.in_(CONFIRMED))
        found = await self._rows(select(bookings).where(theirs).order_by(bookings.c.starts))
        return [rows.booking(row) for row in found]

    async def occupied(
        self,
        staff_ids: Sequence[str],
        span: TimeSpan,
        now: datetime,
        *,
        but_not: str | None = None,
    ) -> Mapping[str, Sequence[TimeSpan]]:
        """Return the busy spans (with buffers) of bookings and living holds, per staff member.

        `but_not` leaves one booking out (the customer's own hold).
        """
        start, end = rows.whole_seconds(span)
        asked = {
            "among": [rows.staff_resource(staff_id) for staff_id in staff_ids],
            "but_not": but_not or "",
            "span_start": start,
            "span_end": end,
            "present": now,
        }
        spans: dict[str, list[TimeSpan]] = {staff_id: [] for staff_id in staff_ids}
        for row in await self._rows(OCCUPIED, asked):
            spans[rows.staff_of(row.resource)].append(
                rows.from_seconds(row.busy_start, row.busy_end)
            )
        return spans

    async def load(self, staff_ids: Sequence[str], span: TimeSpan) -> Mapping[str, int]:
        """Return how many occupying bookings start in `span`, per staff member (0 included)."""
        asked = {
            "among": staff_ids,
            "span_start": span.start,
            "span_end": span.end,
            "present": self._clock.now(),
        }
        counted = {row.staff_id: int(row.number) for row in await self._rows(LOAD, asked)}
        return {staff_id: counted.get(staff_id, 0) for staff_id in staff_ids}

    async def ready(self) -> bool:
        """Tell whether a write would succeed now."""

        async def probe(connection: AsyncConnection) -> None:
            # written for real: a full disk shows only when the file must grow
            row = {"log": PROBE, "position": 1, "body": "." * PROBE_BYTES}
            written = insert(log_entries).values(row | {"written_at": self._clock.now()})
            await connection.execute(written)
            await connection.execute(delete(log_entries).where(log_entries.c.log == PROBE))

        try:
            await asyncio.wait_for(self._database.write(probe), PROBE_SECONDS)
        except (StoreUnavailable, TimeoutError):
            return False
        return True

    async def _one(self, condition: ColumnElement[bool]) -> Booking:
        found = await self._rows(select(bookings).where(condition))
        if not found:
            raise UnknownBooking
        return rows.booking(found[0])

    async def _rows(
        self, statement: Select[*tuple[Any, ...]], parameters: Mapping[str, object] | None = None
    ) -> Sequence[Row[*tuple[Any, ...]]]:
        async def look(connection: AsyncConnection) -> Sequence[Row[*tuple[Any, ...]]]:
            return (await connection.execute(statement, parameters)).all()

        return await self._database.read(look)


def _place(request: HoldRequest, now: datetime) -> dict[str, object]:
    start, end = rows.whole_seconds(request.busy)
    return {
        "at": rows.staff_resource(request.assignment.staff_id),
        "span_start": start,
        "span_end": end,
        "present": now,
    }


async def _claim(connection: AsyncConnection, held: Booking) -> None:
    try:
        await connection.execute(CLAIM, rows.claim_row(held))
    except IntegrityError as failure:
        if "slot_taken" in str(failure.orig):
            raise SlotTaken(held.staff_id) from None
        raise


async def _refuse_a_third_hold(
    connection: AsyncConnection, owner: str, now: datetime, *, but_not: str = ""
) -> None:
    theirs = {"of_owner": owner, "present": now, "but_not": but_not}
    if (await connection.execute(LIVING_HOLDS, theirs)).scalar_one() >= HOLDS_PER_OWNER:
        raise TooManyHolds


async def _own(connection: AsyncConnection, booking_id: str, owner: str) -> Booking:
    """Return the owner's booking; somebody else's is as unknown as one that never was."""
    mine = {"of_booking": booking_id, "of_owner": owner}
    found = (await connection.execute(OWN, mine)).first()
    if found is None:
        raise UnknownBooking
    return rows.booking(found)


async def _confirmed_before(connection: AsyncConnection, booking_id: str, owner: str) -> Booking:
    booking = await _own(connection, booking_id, owner)
    if booking.state not in CONFIRMED:
        raise HoldExpired(booking_id)
    return booking
