"""Rows to values and back. Pure; JSON inside a row is a border, so pydantic reads it."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row

from scheduling.booking import Booking, BookingState, Details, HoldRequest
from scheduling.outbox import Job, Promise
from scheduling.store.tables import JobState, to_microseconds
from scheduling.timespan import TimeSpan

_DETAILS = TypeAdapter(Details)
_OBJECT = TypeAdapter(dict[str, object])
_TEXTS = TypeAdapter(dict[str, str])


def staff_resource(staff_id: str) -> str:
    """Name a staff member in the table of claims."""
    return f"staff:{staff_id}"


def staff_of(resource: str) -> str:
    """Read the staff member's id back."""
    return resource.removeprefix("staff:")


def whole_seconds(span: TimeSpan) -> tuple[int, int]:
    """Round outward: a claim never covers less than its booking."""
    start, end = to_microseconds(span.start), to_microseconds(span.end)
    return start // 1_000_000, -(-end // 1_000_000)


def from_seconds(start: int, end: int) -> TimeSpan:
    """Read a claim's span back."""
    return TimeSpan(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC))


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
    }


def claim_row(booking: Booking) -> dict[str, Any]:
    """Return the row by which a booking occupies its staff member."""
    start, end = whole_seconds(booking.busy)
    return {
        "booking_id": booking.id,
        "resource": staff_resource(booking.staff_id),
        "busy_start": start,
        "busy_end": end,
    }


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
        "state": JobState.WAITING,
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


def object_text(body: Mapping[str, object]) -> str:
    """Return a JSON object; what JSON cannot say is refused, never written as something else."""
    return json.dumps(dict(body), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def object_of(text: str) -> dict[str, object]:
    """Read a JSON object back."""
    return _OBJECT.validate_json(text)
