"""What the ledger says about a booking's rows: ids, codes and moments only. Pure."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from scheduling.booking import Booking, BookingEvent, BookingState, HoldRequest
from scheduling.ledger import Fact, FactKind, Value
from scheduling.ports import WrittenEvent
from scheduling.timespan import TimeSpan

DECISIONS = {
    BookingEvent.APPROVE: FactKind.APPROVED,
    BookingEvent.DECLINE: FactKind.DECLINED,
    BookingEvent.EXPIRE: FactKind.EXPIRED,
}


def held(booking: Booking, request: HoldRequest, now: datetime) -> Fact:
    """Say that a time is kept: whose, when and until when, and what was offered beside it."""
    return _fact(
        FactKind.HELD,
        booking,
        now,
        number=booking.number,
        service=booking.service_id,
        resources=list(booking.resources),
        reason=booking.reason,
        place=booking.place_id,
        **_span(booking.span),
        until=_iso(booking.hold_until),
        offer=request.offer_id,
        offered=[_iso(start) for start in request.offered],
    )


def extended(booking: Booking, now: datetime) -> Fact:
    """Say that the hold lasts longer."""
    return _fact(FactKind.EXTENDED, booking, now, until=_iso(booking.hold_until))


def released(rows: Iterable[Row[*tuple[Any, ...]]], now: datetime) -> list[Fact]:
    """Say that their owner gave these holds up."""
    return [Fact(FactKind.RELEASED, row.id, now) for row in rows]


def expired(rows: Iterable[Row[*tuple[Any, ...]]], now: datetime) -> list[Fact]:
    """Say that these holds were over and gave way."""
    return [Fact(FactKind.EXPIRED, row.id, now, {"was": "held"}) for row in rows]


def confirmed(booking: Booking, sealed: Mapping[str, Value], now: datetime) -> Fact:
    """Say that the customer confirmed, and agreed to these wordings; `sealed`: the details."""
    asked = booking.decide_until is not None
    return _fact(
        FactKind.REQUESTED if asked else FactKind.CONFIRMED,
        booking,
        now,
        state=booking.state,
        **_span(booking.span),
        consents={} if booking.details is None else dict(booking.details.consents),
        wordings={} if booking.details is None else dict(booking.details.wordings),
        **sealed,
        place="" if booking.details is None else booking.details.location_id,
        **_blind(booking, now),
        **({"decide_until": _iso(booking.decide_until)} if asked else {}),
    )


def decided(booking: Booking, event: BookingEvent, now: datetime) -> Fact:
    """Say how the staff answered a request, or that they did not in time."""
    return _fact(DECISIONS[event], booking, now, state=booking.state, was="requested")


def cancelled(booking: Booking, now: datetime, freed_at: datetime | None = None) -> Fact:
    """Say that the booking was given up, by whom, and from when its time can be had again."""
    kept = _kept_back(freed_at)
    return _fact(FactKind.CANCELLED, booking, now, by=booking.cancelled_by, **kept)


def moved(booking: Booking, hold_id: str, now: datetime, freed_at: datetime | None = None) -> Fact:
    """Say that the customer gave it the time of a hold, and what it had before."""
    return _fact(
        FactKind.MOVED,
        booking,
        now,
        hold=hold_id,
        resources=list(booking.resources),
        reason=booking.reason,
        **_span(booking.span),
        **_blind(booking, now),
        **{"from": _iso(booking.moved_from)},
        **_kept_back(freed_at),
    )


def conflict(booking: Booking, now: datetime) -> Fact:
    """Say that its time was found taken in the calendar before it was written there."""
    until = _iso(booking.conflict_until)
    return _fact(FactKind.CONFLICT, booking, now, until=until, **_span(booking.span))


def followed(booking: Booking, now: datetime) -> Fact:
    """Say that the staff moved it in Outlook, and what it had before."""
    was = {"from": _iso(booking.moved_from)}
    return _fact(FactKind.FOLLOWED, booking, now, by="staff", **_span(booking.span), **was)


def astray(booking: Booking, now: datetime) -> Fact:
    """Say why it could not follow its event, and where that stands; "" = it stands right again."""
    return _fact(FactKind.ASTRAY, booking, now, why=booking.astray)


def accepted(booking: Booking, now: datetime) -> Fact:
    """Say that the time to which the staff moved it suits the customer."""
    return _fact(FactKind.ACCEPTED, booking, now, **_span(booking.span))


def marked(booking: Booking, now: datetime) -> Fact:
    """Say whether the customer came."""
    came = booking.state is BookingState.ATTENDED
    return _fact(FactKind.ATTENDED if came else FactKind.NO_SHOW, booking, now)


def written(event: WrittenEvent, now: datetime, kind: FactKind = FactKind.WRITTEN) -> Fact:
    """Say what was read back from the calendar, and for which version of the booking."""
    values: dict[str, Value] = {
        "version": event.version,
        "event": hashlib.sha256(event.event_id.encode()).hexdigest(),
        **_span(event.span),
        "online": event.join_url is not None,
    }
    return Fact(kind, event.booking_id, now, values)


def _blind(booking: Booking, now: datetime) -> dict[str, Value]:
    """Say that no calendar answered, and how old the state was that counted instead."""
    if booking.known_at is None:
        return {}
    age = int((now - booking.known_at).total_seconds())
    return {"noted_blind": {"known_at": _iso(booking.known_at), "age_seconds": age}}


def _kept_back(freed_at: datetime | None) -> dict[str, Value]:
    return {} if freed_at is None else {"free_from": _iso(freed_at)}


def _fact(kind: FactKind, booking: Booking, now: datetime, **values: Value) -> Fact:
    return Fact(kind, booking.id, now, {"version": booking.version, **values})


def _span(span: TimeSpan) -> dict[str, Value]:
    return {"start": _iso(span.start), "end": _iso(span.end)}


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
