"""What must be so before a time is claimed, looked at in the transaction that claims it."""

from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from scheduling.booking import STAFF, Booking, HoldRequest
from scheduling.errors import LimitReached, SlotTaken, TooManyHolds
from scheduling.ledger import Fact
from scheduling.occupancy import collide
from scheduling.store import facts, rows
from scheduling.store import statements as say
from scheduling.timespan import whole_seconds

HOLDS_PER_OWNER = 2


def place_of(request: HoldRequest, now: datetime) -> dict[str, object]:
    """Return the parameters that ask what stands at the time of a request."""
    start, end = whole_seconds(request.busy)
    core_start, core_end = whole_seconds(request.span)
    return {
        "among": list(request.resources),
        "but_not": request.moves or request.replaces,
        "span_start": start,
        "span_end": end,
        "core_start": core_start,
        "core_end": core_end,
        "shares": int(request.shares_buffers),
        "present": now,
    }


def refuse_too_far(connection: Connection, request: HoldRequest, now: datetime) -> list[Fact]:
    """Refuse a time that cannot be reached from, or left for, another place in time.

    With the resources locked: nobody else can claim them meanwhile. A hold that is over gives
    way for good: confirmed later, it would leave no time for the way. Returns these facts.
    """
    if not request.travel:
        return []
    wanted = rows.claim_of(request)
    reach = max(request.travel.values())
    asked = {
        "among": [name for name in request.resources if name.startswith(STAFF)],
        "span_start": wanted.start - reach,
        "span_end": wanted.end + reach,
        "but_not": request.moves,
        "present": now,
    }
    too_near = [
        row
        for row in (connection.execute(say.WHAT_IS_NEAR, asked)).all()
        if collide(wanted, rows.claim(row), request.travel.get(row.place_id, 0))
    ]
    if not all(row.is_over for row in too_near):
        raise SlotTaken(request.assignment.staff_id)
    if not too_near:
        return []
    over = {"these": [row.booking_id for row in too_near], "present": now}
    return facts.expired(connection.execute(say.EXPIRE_THESE, over), now)


def refuse_over_cap(connection: Connection, request: HoldRequest, now: datetime) -> None:
    """Refuse one booking more than somebody may have on a day or in a week."""
    for cap in request.caps:
        start, end = whole_seconds(cap.span)
        asked = {
            "of_resource": cap.resource,
            "span_start": start,
            "span_end": end,
            "but_not": request.moves,
            "present": now,
        }
        if (connection.execute(say.BEGUN_IN, asked)).scalar_one() >= cap.most:
            raise SlotTaken(request.assignment.staff_id)


def refuse_beyond(
    connection: Connection, limit: int, service_id: str, customer: str, now: datetime
) -> None:
    """Refuse a customer who has as many coming bookings of a service as allowed."""
    asked = {"of_customer": customer, "of_service": service_id, "present": now}
    if (connection.execute(say.COMING, asked)).scalar_one() >= limit:
        raise LimitReached(service_id)


def claim_all(connection: Connection, request: HoldRequest, held: Booking) -> None:
    """Occupy everything that is asked for; SlotTaken where the database refuses one of it."""
    try:
        connection.execute(say.CLAIM, rows.claim_rows(request, held.id))
    except IntegrityError as failure:
        if "slot_taken" in str(failure.orig):
            raise SlotTaken(held.staff_id) from None
        raise


def refuse_a_third_hold(
    connection: Connection, owner: str, now: datetime, *, but_not: str = ""
) -> None:
    """Refuse an owner who holds as many times as allowed already."""
    theirs = {"of_owner": owner, "present": now, "but_not": but_not}
    if (connection.execute(say.LIVING_HOLDS, theirs)).scalar_one() >= HOLDS_PER_OWNER:
        raise TooManyHolds
