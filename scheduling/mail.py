"""Mails and calendar files as values, and the port that sends them; a part of scheduling/ports."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from scheduling.timespan import TimeSpan


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file of a mail."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail ready to go; `html` is safe markup rendered with autoescape."""

    sender_mailbox: str
    to_name: str
    to_email: str
    subject: str
    html: str
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class IcsEvent:
    """What the .ics of a booking says; the adapter escapes and folds (RFC 5545)."""

    uid: str
    sequence: int
    span: TimeSpan
    zone: str
    summary: str
    description: str
    location: str
    organizer_name: str
    organizer_email: str
    stamp: datetime
    url: str | None = None
    is_cancelled: bool = False


class Notifier(Protocol):
    """Sends mail: accepted is not delivered."""

    async def send(self, mail: Mail) -> None:
        """Hand the mail over."""
        ...
