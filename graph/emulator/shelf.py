"""Which mailboxes have their events at hand: the rest are made again when somebody looks.

A mailbox of people is its seed and what differs from it. Only so many are open at a time; to
close one is to keep no more than the difference.
"""

from collections.abc import Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from graph.emulator.event import Event
from graph.emulator.freebusy import Row, Rows
from graph.emulator.seed import Seeding, is_seeded, seeded_events, seeded_rows

if TYPE_CHECKING:
    from graph.emulator.tenant import Mailbox

MOST_OPEN = 256
"""More than the attendees of any one call, whose mailboxes must stay open until it is over."""
MOST_READ = 2000
"""How many mailboxes keep their events as numbers."""
_NONE: frozenset[str] = frozenset()


@dataclass(slots=True)
class Content:
    """The events of one mailbox: while closed only those that the seed does not give."""

    held: dict[str, Event] = field(default_factory=dict)
    gone: Set[str] = _NONE
    """Ids of seeded events that were deleted, as known when it was opened."""
    seeded: dict[str, str] = field(default_factory=dict)
    """While open, the change keys the seeded events had."""
    filled_by: Seeding | None = None
    rows: Rows | None = None

    def overlay(self) -> tuple[dict[str, Event], Set[str]]:
        """Return what differs from the seed: other events, and ids that are missing."""
        if self.filled_by is None:
            return self.held, self.gone
        seeded = self.seeded
        other = {i: e for i, e in self.held.items() if seeded.get(i) != e.change_key}
        return other, self.gone | (seeded.keys() - self.held.keys())

    def close(self) -> None:
        """Keep no more than the difference."""
        if self.filled_by is None:
            return
        self.held, self.gone = self.overlay()
        self.seeded, self.filled_by, self.rows = {}, None, None


class Shelf:
    """The contents of a tenant's mailboxes, and which of them changed since the last save."""

    def __init__(self) -> None:
        self.seeding: Seeding | None = None
        self.changed: dict[str, set[str]] = {}
        self._open: dict[str, Mailbox] = {}
        self._read: dict[str, Content] = {}

    def is_open(self, mailbox: "Mailbox") -> bool:
        """Whether its events are at hand."""
        return mailbox.content.filled_by is not None

    def events(self, mailbox: "Mailbox") -> dict[str, Event]:
        """Return all events of a mailbox; whoever asks may change them."""
        content = mailbox.content
        content.rows = None
        if mailbox.kind != "user":
            return content.held
        if content.filled_by is self.seeding:
            if self.seeding is not None:
                self._open[mailbox.mail] = self._open.pop(mailbox.mail)
            return content.held
        content.close()
        if self.seeding is not None:
            self._fill(mailbox, self.seeding)
        return content.held

    def _fill(self, mailbox: "Mailbox", seeding: Seeding) -> None:
        content = mailbox.content
        seeded: dict[str, Event] = {}
        for event in seeded_events(mailbox.mail, ZoneInfo(mailbox.zone), seeding):
            if event.id not in content.gone:
                content.seeded[event.id] = event.change_key
                seeded[event.id] = event
        content.held = seeded | content.held
        content.filled_by = seeding
        self._open.pop(mailbox.mail, None)
        self._open[mailbox.mail] = mailbox
        if len(self._open) > MOST_OPEN:
            oldest = next(iter(self._open))
            self._open.pop(oldest).content.close()

    def note(self, mailbox: "Mailbox", event_id: str) -> None:
        """Remember that an event is new, changed or gone."""
        self.changed.setdefault(mailbox.mail.lower(), set()).add(event_id)

    def take_changes(self) -> dict[str, set[str]]:
        """Return the ids noted by address; they are forgotten here."""
        taken, self.changed = self.changed, {}
        return taken

    def rows(self, mailbox: "Mailbox", start: int, end: int) -> list[Row]:
        """Return what free/busy of a window may need; no event is made for it."""
        content, seeding = mailbox.content, self.seeding
        if content.filled_by is not seeding:
            content.close()
        held = self._rows_of_held(mailbox, start, end)
        if mailbox.kind != "user" or seeding is None or content.filled_by is seeding:
            return held
        other, gone = content.overlay()
        without = gone | set(filter(is_seeded, other))
        zone = ZoneInfo(mailbox.zone)
        return [*seeded_rows(mailbox.mail, zone, seeding, (start, end), without), *held]

    def _rows_of_held(self, mailbox: "Mailbox", start: int, end: int) -> list[Row]:
        content = mailbox.content
        if not content.held:
            return []
        found = content.rows.between(start, end) if content.rows else None
        if found is None:
            content.rows = Rows(content.held.values(), start, end)
            found = content.rows.between(start, end) or []
        self._read.pop(mailbox.mail, None)
        self._read[mailbox.mail] = content
        if len(self._read) > MOST_READ:
            self._read.pop(next(iter(self._read))).rows = None
        return found
