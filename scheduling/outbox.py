"""Promised work: written in the booking's own transaction, done by a worker afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class JobKind(StrEnum):
    """What a worker can be asked to do. Unknown kinds are parked, never lost."""

    WRITE_EVENT = "write_event"
    SEND_CONFIRMATION = "send_confirmation"
    TELL_BOOKED = "tell_booked"
    ASK_STAFF = "ask_staff"
    EXPIRE_REQUEST = "expire_request"
    MAIL_OUTCOME = "mail_outcome"
    TELL_OUTCOME = "tell_outcome"
    CANCEL_EVENT = "cancel_event"
    MAIL_CANCELLED = "mail_cancelled"
    TELL_CANCELLED = "tell_cancelled"
    MOVE_EVENT = "move_event"
    MAIL_MOVED = "mail_moved"
    TELL_MOVED = "tell_moved"
    SETTLE_CONFLICT = "settle_conflict"
    TELL_CONFLICT = "tell_conflict"
    MAIL_CONFLICT = "mail_conflict"
    MAIL_STAFF_CONFLICT = "mail_staff_conflict"
    ERASE_EVENT = "erase_event"
    MAIL_REMINDER = "mail_reminder"
    TELL_REMINDER = "tell_reminder"
    MAIL_CODE = "mail_code"
    MAIL_STAFF_MOVED = "mail_staff_moved"
    TELL_STAFF_MOVED = "tell_staff_moved"
    MAIL_ASTRAY = "mail_astray"
    FOLLOW_VANISHED = "follow_vanished"


TO_BE_BOOKED = frozenset(
    {JobKind.WRITE_EVENT, JobKind.MOVE_EVENT, JobKind.SETTLE_CONFLICT, JobKind.EXPIRE_REQUEST}
)
"""Without these a noted or requested booking would stay what it is for ever."""


@dataclass(frozen=True, slots=True)
class Promise:
    """Work to enqueue; `key` names the effect (unique), `payload` ids only, no personal data."""

    kind: str
    key: str
    payload: Mapping[str, str] = field(default_factory=dict)
    run_at: datetime | None = None
    """None = at once."""
    parked: str = ""
    """Why a person has to take it up first; empty = nobody needs to."""


def cancelling_event(
    booking_id: str,
    which: str = "1",
    run_at: datetime | None = None,
    *,
    event_id: str = "",
    staff_id: str = "",
) -> Promise:
    """Return the promise to take an event out of the calendar.

    Without `event_id` it is the one that stands at the booking, or is found in the calendar of
    `staff_id`; without that, in the calendar of who serves.
    """
    payload = {"booking": booking_id}
    payload |= {"event": event_id} if event_id else {}
    payload |= {"staff": staff_id} if staff_id else {}
    return Promise(JobKind.CANCEL_EVENT, f"cancel_event:{booking_id}:{which}", payload, run_at)


def moving_event(booking_id: str, version: int, which: str = "", *, staff_id: str = "") -> Promise:
    """Return the promise to bring the event to where the booking stands from that version on."""
    key = f"move_event:{booking_id}:{version}"
    payload = {"booking": booking_id, "version": str(version)}
    payload |= {"staff": staff_id} if staff_id else {}
    return Promise(JobKind.MOVE_EVENT, f"{key}:{which}" if which else key, payload)


def erasing_event(booking_id: str) -> Promise:
    """Return the promise to take out of an event whose it was."""
    return Promise(
        JobKind.ERASE_EVENT, f"{JobKind.ERASE_EVENT}:{booking_id}", {"booking": booking_id}
    )


def version_of(payload: Mapping[str, str]) -> int:
    """Return for which version of its booking a job was promised."""
    return int(payload.get("version", "1"))


@dataclass(frozen=True, slots=True)
class ParkedJob:
    """Work set aside for a person: what it is, why it failed, and since when it was promised."""

    id: int
    kind: str
    payload: Mapping[str, str]
    attempts: int
    reason: str
    promised_at: datetime

    @property
    def awaits_decision(self) -> bool:
        """Whether it was set aside before it was ever tried, until somebody says yes to it."""
        return not self.attempts


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed promise. `lease_owner` and `attempts` fence its completion."""

    id: int
    kind: str
    key: str
    payload: Mapping[str, str]
    attempts: int
    lease_owner: str
