"""What changed in one mailbox, in order: the record that delta links point into.

It starts when somebody first asks for changes, so that mailboxes nobody follows cost nothing.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from graph.emulator.event import Event
from graph.emulator.recurrence import occurrences

ChangeKind = Literal["created", "updated", "deleted"]
MOST_CHANGES = 1000


@dataclass(slots=True)
class Change:
    """One write on an item; `before` is the series as it was, None for a single event."""

    sequence: int
    kind: ChangeKind
    event_id: str
    immutable_id: str
    was_single: bool
    before: Event | None = None


@dataclass(slots=True)
class Journal:
    """The last changes of a mailbox; older ones than `floor` are forgotten."""

    life: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    """Another one after a loss: links of an earlier life are void."""
    sequence: int = 0
    floor: int = 0
    changes: list[Change] = field(default_factory=list)
    series: dict[str, Event] = field(default_factory=dict)
    """The series as they were at the last change."""

    @classmethod
    def starting_with(cls, events: Iterable[Event]) -> "Journal":
        """Begin now; what is there already is no change."""
        return cls(series={e.id: _kept(e) for e in events if e.recurrence is not None})

    def note(self, event: Event, kind: ChangeKind) -> Change:
        """Write down a change that has just been made."""
        before = self.series.get(event.id)
        single_now, single_before = event.recurrence is None, before is None and kind != "created"
        change = Change(
            sequence=self.sequence + 1,
            kind=kind,
            event_id=event.id,
            immutable_id=event.immutable_id,
            was_single=single_now or single_before,
            before=before,
        )
        self.append(change, None if single_now or kind == "deleted" else _kept(event))
        return change

    def append(self, change: Change, series: Event | None) -> None:
        """Take in a change; `series` is what the item is since then, if it is a series."""
        self.sequence = change.sequence
        self.series.pop(change.event_id, None)
        if series is not None:
            self.series[change.event_id] = series
        self.changes.append(change)
        if len(self.changes) > MOST_CHANGES:
            self.floor = self.changes.pop(0).sequence

    def knows(self, life: str, sequence: int) -> bool:
        """Whether nothing after that point has been forgotten."""
        return life == self.life and self.floor <= sequence <= self.sequence

    def since(self, sequence: int) -> dict[str, list[Change]]:
        """Return the changes after that point by item."""
        found: dict[str, list[Change]] = {}
        for change in self.changes:
            if change.sequence > sequence:
                found.setdefault(change.event_id, []).append(change)
        return found


def _kept(series: Event) -> Event:
    # only what says when it takes place; the text of a meeting would make the record long
    return replace(
        series, facts={}, exceptions=dict(series.exceptions), removed=set(series.removed)
    )


def views(event: Event, start: datetime, end: datetime) -> list[Event]:
    """Return what a calendar view of [start, end) shows of one item, never a series master."""
    if event.recurrence is not None:
        return list(occurrences(event, start, end))
    overlaps = event.start < end and (event.end > start or event.start == event.end >= start)
    return [event] if overlaps else []
