"""One item of a calendar as it is stored. No wire shapes here."""

import base64
import secrets
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

Json = dict[str, Any]


def new_id(prefix: str) -> str:
    """About 150 characters with `/ + = - _`, as Outlook's are."""
    return id_of(prefix, secrets.token_bytes(102))


def id_of(prefix: str, material: bytes) -> str:
    """Return an id made out of 102 bytes."""
    return f"{prefix}-{base64.b64encode(material).decode()}_AAA="


def uid_of(material: bytes) -> str:
    """Return an iCalUId made out of 16 bytes."""
    return f"040000008200E00074C5B7101A82E008{material.hex().upper()}"


def new_change_key() -> str:
    """Return a fresh state mark of an item."""
    return change_key_of(secrets.token_bytes(18))


def change_key_of(material: bytes) -> str:
    """Return a state mark made out of 18 bytes."""
    return base64.b64encode(material).decode()


@dataclass(slots=True)
class Override:
    """What one occurrence of a series differs in."""

    start: datetime
    end: datetime
    facts: Json = field(default_factory=dict)


@dataclass(slots=True)
class Event:
    """One item of one mailbox; an all-day event runs from UTC midnight to UTC midnight."""

    id: str
    immutable_id: str
    uid: str
    start: datetime
    end: datetime
    zone: str
    end_zone: str
    created: datetime
    modified: datetime
    facts: Json
    organizer: str
    is_organizer: bool = True
    is_all_day: bool = False
    is_cancelled: bool = False
    response: str = "organizer"
    change_key: str = field(default_factory=new_change_key)
    transaction_id: str | None = None
    online_meeting: Json | None = None
    recurrence: Json | None = None
    exceptions: dict[date, Override] = field(default_factory=dict)
    removed: set[date] = field(default_factory=set)
    extended: dict[str, str] = field(default_factory=dict)
    client_id: str | None = None
    day: date | None = None
    """Set on an occurrence: the day the pattern gives."""

    @property
    def type(self) -> str:
        """The eventType."""
        if self.day is not None:
            return "exception" if self.day in self.exceptions else "occurrence"
        return "seriesMaster" if self.recurrence else "singleInstance"

    def shown_id(self, *, immutable: bool) -> str:
        """Return the id of this item or occurrence."""
        plain = self.immutable_id if immutable else self.id
        return plain if self.day is None else f"{plain}_OC{self.day:%Y%m%d}="

    @property
    def attendees(self) -> list[Json]:
        """The list as stored."""
        found: list[Json] = self.facts.get("attendees") or []
        return found

    @property
    def blocks(self) -> bool:
        """Whether it takes time in free/busy."""
        return not self.is_cancelled

    def touched(self, now: datetime) -> None:
        """Note that a write happened."""
        self.modified, self.change_key = now, new_change_key()
