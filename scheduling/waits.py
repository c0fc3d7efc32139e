"""How long bookings waited for their event, read from their facts. Pure.

The ledger alone is read: what stands at a booking today, after it was moved or cancelled, no
longer says how it came there.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from scheduling.ledger import Entry, FactKind, moment_of, values_of
from scheduling.timespan import TimeSpan

KINDS = (
    FactKind.CONFIRMED,
    FactKind.APPROVED,
    FactKind.MOVED,
    FactKind.CONFLICT,
    FactKind.WRITTEN,
    FactKind.CANCELLED,
)


class End(StrEnum):
    """How a wait ended."""

    BOOKED = "booked"
    CANCELLED = "cancelled"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Wait:
    """A booking between "noted" and what came of it; `until` None = it waits.

    `span` is the time it was noted for at first. `known_at`: noted in an outage, on a state so
    old. `was_moved`: the customer took another time while it waited.
    """

    booking_id: str
    since: datetime
    span: TimeSpan | None = None
    known_at: datetime | None = None
    until: datetime | None = None
    end: End = End.WAITING
    by: str = ""
    """Who cancelled it."""
    conflict_at: datetime | None = None
    was_moved: bool = False

    def overlaps(self, span: TimeSpan) -> bool:
        """Tell whether it waited during a part of the span."""
        return self.since < span.end and (self.until is None or self.until > span.start)

    @property
    def is_blind(self) -> bool:
        """Whether no calendar answered when it was noted."""
        return self.known_at is not None

    @property
    def is_lost(self) -> bool:
        """Whether nothing came of it."""
        return self.end is End.CANCELLED


def waits_of(entries: Iterable[Entry]) -> list[Wait]:
    """Return all waits, by when they began; entries of one booking are in their order."""
    over: list[Wait] = []
    open_ones: dict[str, Wait] = {}
    for entry in entries:
        wait = open_ones.pop(entry.booking_id, None)
        wait = _begun(entry) if wait is None else _continued(wait, entry)
        if wait is not None and wait.until is None:
            open_ones[entry.booking_id] = wait
        elif wait is not None:
            over.append(wait)
    return sorted([*over, *open_ones.values()], key=lambda w: (w.since, w.booking_id))


def _begun(entry: Entry) -> Wait | None:
    if entry.kind not in {FactKind.CONFIRMED, FactKind.APPROVED, FactKind.MOVED}:
        return None
    values = values_of(entry)
    blind = values.get("noted_blind") or {}
    known_at = datetime.fromisoformat(blind["known_at"]) if blind else None
    return Wait(entry.booking_id, moment_of(entry.at), _span(values), known_at)


def _continued(wait: Wait, entry: Entry) -> Wait:
    at = moment_of(entry.at)
    match entry.kind:
        case FactKind.WRITTEN:
            return replace(wait, until=at, end=End.BOOKED)
        case FactKind.CANCELLED:
            by = str(values_of(entry).get("by") or "")
            return replace(wait, until=at, end=End.CANCELLED, by=by)
        case FactKind.CONFLICT:
            return replace(wait, conflict_at=at)
        case FactKind.MOVED:
            return replace(wait, was_moved=True)
    return wait


def _span(values: dict[str, Any]) -> TimeSpan | None:
    start, end = values.get("start"), values.get("end")
    if not isinstance(start, str) or not isinstance(end, str):
        return None
    return TimeSpan(datetime.fromisoformat(start), datetime.fromisoformat(end))
