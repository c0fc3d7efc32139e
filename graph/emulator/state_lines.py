"""The lines of a saved state: a later one about the same thing wins over an earlier one."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from graph.emulator.event import Event
from graph.emulator.sync_lines import Begun, Ended, Held, Lost, Noted, Season, SyncLine
from graph.emulator.tenant import Mail, Transaction


@dataclass(frozen=True, slots=True)
class Head:
    """What concerns the whole tenant."""

    tenant: str
    token_key: str
    tokens_valid_from: datetime
    seeded_since: datetime | None
    kind: Literal["tenant"] = "tenant"


@dataclass(frozen=True, slots=True)
class Known:
    """A mailbox that was there; busy times of the tenant file are put in only once."""

    mailbox: str
    kind: Literal["mailbox"] = "mailbox"


@dataclass(frozen=True, slots=True)
class Item:
    """An event as it is since then."""

    mailbox: str
    event: Event
    kind: Literal["event"] = "event"


@dataclass(frozen=True, slots=True)
class Gone:
    """An event that was deleted."""

    mailbox: str
    event_id: str
    kind: Literal["gone"] = "gone"


@dataclass(frozen=True, slots=True)
class Made:
    """What a transactionId made."""

    mailbox: str
    name: str
    made: Transaction
    kind: Literal["transaction"] = "transaction"


@dataclass(frozen=True, slots=True)
class Sent:
    """A mail."""

    mail: Mail
    kind: Literal["mail"] = "mail"


Line = Annotated[
    Head | Known | Item | Gone | Made | Sent | Begun | Noted | Lost | Held | Ended | Season,
    Field(discriminator="kind"),
]
LINE: TypeAdapter[Line] = TypeAdapter(Line)


@dataclass(slots=True)
class Box:
    """What the lines say of one mailbox."""

    events: dict[str, Event] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    transactions: dict[str, Transaction] = field(default_factory=dict)


@dataclass(slots=True)
class Image:
    """What the lines say together."""

    head: Head | None = None
    boxes: dict[str, Box] = field(default_factory=dict)
    mails: list[Mail] = field(default_factory=list)
    sync: list[SyncLine] = field(default_factory=list)

    def apply(self, line: Line) -> None:
        """Take in the next line."""
        if isinstance(line, Head):
            self.head = line
        elif isinstance(line, Sent):
            self.mails.append(line.mail)
        elif isinstance(line, SyncLine):
            self.sync.append(line)
        else:
            self._apply_to_box(self.boxes.setdefault(line.mailbox, Box()), line)

    def _apply_to_box(self, box: Box, line: Known | Item | Gone | Made) -> None:
        if isinstance(line, Item):
            box.events[line.event.id] = line.event
            box.gone.discard(line.event.id)
        elif isinstance(line, Gone):
            box.events.pop(line.event_id, None)
            box.gone.add(line.event_id)
        elif isinstance(line, Made):
            box.transactions[line.name] = line.made
