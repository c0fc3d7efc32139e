"""Rows to values and back. Pure; JSON inside a row is a border, so pydantic reads it."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row

from scheduling.booking import Booking, BookingState, CancelledBy, Details, HoldRequest
from scheduling.occupancy import Claim
from scheduling.outbox import Job, ParkedJob, Promise
from scheduling.store.tables import JobState
from scheduling.timespan import EPOCH, TimeSpan, whole_seconds

_DETAILS = TypeAdapter(Details)
_OBJECT = TypeAdapter(dict[str, object])
_LIST = TypeAdapter(list[str])
_TEXTS = TypeAdapter(dict[str, str])


def held(request: HoldRequest, booking_id: str, number: str, now: datetime) -> Booking:
    """Return the hold that a request becomes."""
    return Booking(
        id=booking_id,
        number=number,
        state=BookingState.HELD,
        service_id=request.service_id,
        staff_id=request.assignment.staff_id,
        reason=request.assignment.reason,
        span=request.span,
        busy=request.busy,
        owner=request.owner,
        created_at=now,
        hold_until=request.until,
        others=request.others,
        place_id=request.place_id,
        moves=request.moves,
        known_at=request.known_at,
    )


def booking_row(booking: Booking) -> dict[str, Any]:
    """Return the row of `bookings` that holds it."""
    return {
        "id": booking.id,
        "number": booking.number,
        "state": booking.state,
        "service_id": booking.service_id,
        "staff_id": booking.staff_id,
        "reason": booking.reason,
        "starts": booking.span.start,
        "ends": booking.span.end,
        "busy_starts": booking.busy.start,
        "busy_ends": booking.busy.end,
        "owner": booking.owner,
        "created_at": booking.created_at,
        "hold_until": booking.hold_until,
        "details": None if booking.details is None else details_text(booking.details),
        "event_id": booking.event_id,
        "join_url": booking.join_url,
        "version": booking.version,
        "resources": json.dumps(booking.others),
        "place_id": booking.place_id,
        "decide_until": booking.decide_until,
        "cancelled_by": booking.cancelled_by,
        "cancelled_at": booking.cancelled_at,
        "moves": booking.moves,
        "moved_from": booking.moved_from,
        "staff_since": booking.staff_since,
        "event_staff_id": booking.event_staff_id,
        "known_at": booking.known_at,
        "noted_at": booking.noted_at,
        "conflict_until": booking.conflict_until,
        "astray": booking.astray,
        "asked_version": booking.asked_version,
    }


def claim_rows(request: HoldRequest, booking_id: str) -> list[dict[str, Any]]:
    """Return the rows by which a booking occupies each of its resources."""
    wanted = claim_of(request)
    row = {
        "booking_id": booking_id,
        "party": request.moves or booking_id,
        "busy_start": wanted.busy_start,
        "busy_end": wanted.busy_end,
        "core_start": wanted.start,
        "core_end": wanted.end,
        "shares": int(wanted.shares),
        "place_id": wanted.place_id,
    }
    return [row | {"resource": resource} for resource in request.resources]


def claim_of(request: HoldRequest) -> Claim:
    """Return what a request will keep of each of its resources."""
    return Claim(
        *whole_seconds(request.span),
        *whole_seconds(request.busy),
        shares=request.shares_buffers,
        place_id=request.place_id,
    )


def claim(row: Row[*tuple[Any, ...]]) -> Claim:
    """Return the claim that a row of `claims`, with its booking's `hold_until`, stands for."""
    # rounded up: a hold is over only once all of its last second is
    until = 0 if row.hold_until is None else whole_seconds(TimeSpan(EPOCH, row.hold_until))[1]
    return Claim(
        start=row.core_start,
        end=row.core_end,
        busy_start=row.busy_start,
        busy_end=row.busy_end,
        shares=bool(row.shares),
        place_id=row.place_id,
        until=until,
        booking_id=row.party or row.booking_id,
    )


def customer_digest(details: Details) -> str:
    """Return what one customer's bookings have in common, without the address itself."""
    return address_digest(details.customer.email)


def address_digest(address: str) -> str:
    """Return the digest of a mail address, however it is written."""
    return hashlib.sha256(address.strip().lower().encode()).hexdigest()


def booking(row: Row[*tuple[Any, ...]]) -> Booking:
    """Return the booking that a row of `bookings` holds."""
    return Booking(
        id=row.id,
        number=row.number,
        state=BookingState(row.state),
        service_id=row.service_id,
        staff_id=row.staff_id,
        reason=row.reason,
        span=TimeSpan(row.starts, row.ends),
        busy=TimeSpan(row.busy_starts, row.busy_ends),
        owner=row.owner,
        created_at=row.created_at,
        hold_until=row.hold_until,
        details=None if row.details is None else _DETAILS.validate_json(row.details),
        event_id=row.event_id,
        join_url=row.join_url,
        version=row.version,
        others=tuple(_LIST.validate_json(row.resources)),
        place_id=row.place_id,
        decide_until=row.decide_until,
        cancelled_by=None if row.cancelled_by is None else CancelledBy(row.cancelled_by),
        cancelled_at=row.cancelled_at,
        moves=row.moves,
        moved_from=row.moved_from,
        staff_since=row.staff_since,
        event_staff_id=row.event_staff_id,
        known_at=row.known_at,
        noted_at=row.noted_at,
        conflict_until=row.conflict_until,
        astray=row.astray,
        asked_version=row.asked_version,
    )


def details_text(details: Details) -> str:
    """Return the details as they stand in a row."""
    return _DETAILS.dump_json(details).decode()


def job_row(promise: Promise, now: datetime) -> dict[str, Any]:
    """Return the row of a new promise."""
    return {
        "kind": promise.kind,
        "key": promise.key,
        "payload": object_text(promise.payload),
        "run_at": promise.run_at,
        "state": JobState.PARKED if promise.parked else JobState.WAITING,
        "last_reason": promise.parked or None,
        "attempts": 0,
        "created_at": now,
    }


def job(row: Row[*tuple[Any, ...]]) -> Job:
    """Return the claimed job that a row of `outbox` holds."""
    return Job(
        id=row.id,
        kind=row.kind,
        key=row.key,
        payload=_TEXTS.validate_json(row.payload),
        attempts=row.attempts,
        lease_owner=row.lease_owner,
    )


def parked_job(row: Row[*tuple[Any, ...]]) -> ParkedJob:
    """Return the job set aside that a row of `outbox` holds."""
    return ParkedJob(
        id=row.id,
        kind=row.kind,
        payload=_TEXTS.validate_json(row.payload),
        attempts=row.attempts,
        reason=row.last_reason or "",
        promised_at=row.created_at,
    )


def object_text(body: Mapping[str, object]) -> str:
    """Return a JSON object; what JSON cannot say is refused, never written as something else."""
    return json.dumps(dict(body), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def texts_of(text: str) -> dict[str, str]:
    """Read the payload of a job."""
    return _TEXTS.validate_json(text)


def object_of(text: str) -> dict[str, object]:
    """Read a JSON object back."""
    return _OBJECT.validate_json(text)
