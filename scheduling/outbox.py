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


@dataclass(frozen=True, slots=True)
class Promise:
    """Work to enqueue; `key` names the effect (unique), `payload` ids only, no personal data."""

    kind: str
    key: str
    payload: Mapping[str, str] = field(default_factory=dict)
    run_at: datetime | None = None
    """None = at once."""


@dataclass(frozen=True, slots=True)
class ParkedJob:
    """Work set aside for a person: what it is, why it failed, and since when it was promised."""

    id: int
    kind: str
    payload: Mapping[str, str]
    attempts: int
    reason: str
    promised_at: datetime


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed promise. `lease_owner` and `attempts` fence its completion."""

    id: int
    kind: str
    key: str
    payload: Mapping[str, str]
    attempts: int
    lease_owner: str
