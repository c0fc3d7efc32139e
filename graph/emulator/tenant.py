"""What the emulated tenant holds: clients, mailboxes, events, sent mails. No wire shapes here."""

import base64
import re
import secrets
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Literal

from graph.emulator.errors import no_item, no_user
from graph.emulator.event import Event
from graph.emulator.faults import Faults
from graph.emulator.recurrence import occurrence_on

Json = dict[str, Any]
Kind = Literal["user", "room", "shared"]
ALL_ROLES = frozenset(
    {
        "Calendars.ReadWrite",
        "Mail.Send",
        "Mail.Read",
        "MailboxSettings.Read",
        "User.ReadBasic.All",
        "Place.Read.All",
    }
)
_OCCURRENCE = re.compile(r"(.+)_OC(\d{8})=")


@dataclass(slots=True)
class Client:
    """An app registration."""

    client_id: str
    secret: str | None = None
    certificate_pem: str | None = None
    roles: frozenset[str] = ALL_ROLES


@dataclass(slots=True)
class Options:
    """Where the truth about Graph is not known, both variants exist."""

    duplicate_transaction_status: Literal[400, 409] = 400
    """400 or 409 for a transactionId used by another event."""
    transaction_scope: Literal["mailbox", "tenant"] = "mailbox"
    """`mailbox` or `tenant`."""
    transaction_outlives_event: bool = False
    """Whether a transactionId stays taken after its event was deleted."""
    transaction_seconds: int | None = None
    """Life of a transactionId, None for ever."""
    mailbox_concurrency: int | None = 4
    """Requests of one app in flight per mailbox, None for no limit."""
    online_meetings: bool = True
    """Without Teams, isOnlineMeeting is silently ignored."""
    hide_subjects: bool = False
    """getSchedule leaves subject, location and isPrivate away for everything."""


@dataclass(slots=True)
class Transaction:
    """Which event a transactionId made, and out of which body."""

    event_id: str
    fingerprint: str
    at: datetime


@dataclass(slots=True)
class Mail:
    """A message accepted by sendMail, or an invitation Exchange sent by itself."""

    id: str
    sender: str
    sent_at: datetime
    message: Json
    saved: bool = True
    kind: str = "mail"


@dataclass(slots=True)
class Mailbox:
    """A mailbox with its default calendar; `zone` is an IANA name."""

    mail: str
    name: str
    zone: str = "Europe/Berlin"
    kind: Kind = "user"
    object_id: str = ""
    events: dict[str, Event] = field(default_factory=dict)
    transactions: dict[str, Transaction] = field(default_factory=dict)
    seeded_until: date | None = None

    @property
    def calendar_id(self) -> str:
        """The id of the default calendar."""
        return base64.b64encode(f"calendar of {self.object_id}".encode()).decode()

    def add(self, event: Event) -> None:
        """Put an item in."""
        self.events[event.id] = event

    def find(self, event_id: str) -> Event:
        """Return the item, or the occurrence as a view of its series; 404 if there is none."""
        if match := _OCCURRENCE.fullmatch(event_id):
            return self._occurrence(match[1], match[2])
        event = self.events.get(event_id) or next(
            (e for e in self.events.values() if e.immutable_id == event_id), None
        )
        if event is None:
            raise no_item()
        return event

    def _occurrence(self, series_id: str, day: str) -> Event:
        series = self.find(series_id)
        try:
            wanted = datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC).date()
        except ValueError:
            raise no_item() from None
        found = occurrence_on(series, wanted)
        if found is None:
            raise no_item()
        return found

    def by_uid(self, uid: str) -> Event | None:
        """Return the own copy of a meeting."""
        return next((e for e in self.events.values() if e.uid == uid), None)


@dataclass(slots=True)
class Tenant:
    """Everything that lasts."""

    id: str
    clients: dict[str, Client]
    mailboxes: dict[str, Mailbox]
    mails: list[Mail] = field(default_factory=list)
    options: Options = field(default_factory=Options)
    faults: Faults = field(default_factory=Faults)
    token_key: str = field(default_factory=lambda: secrets.token_hex(32))
    tokens_valid_from: datetime = datetime(2000, 1, 1, tzinfo=UTC)

    def add_mailbox(self, mailbox: Mailbox) -> Mailbox:
        """Put a mailbox in; its object id follows from tenant and address."""
        if not mailbox.object_id:
            name = f"{self.id}/{mailbox.mail.lower()}"
            mailbox.object_id = str(uuid.uuid5(uuid.NAMESPACE_URL, name))
        self.mailboxes[mailbox.mail.lower()] = mailbox
        return mailbox

    def find(self, name: str) -> Mailbox | None:
        """By object id, principal name or mail in any case; None for unknown or dead ones."""
        wanted = name.lower()
        mailbox = self.mailboxes.get(wanted) or next(
            (m for m in self.mailboxes.values() if m.object_id == wanted), None
        )
        return None if mailbox and self.faults.is_dead(mailbox.mail) else mailbox

    def mailbox(self, name: str) -> Mailbox:
        """Return the same, 404 if there is none."""
        found = self.find(name)
        if found is None:
            raise no_user(name)
        return found

    def copies(self, event: Event) -> Iterator[tuple[Mailbox, Event]]:
        """Return the items of the same meeting in other mailboxes."""
        for mailbox in self.mailboxes.values():
            found = mailbox.by_uid(event.uid)
            if found is not None and found.id != event.id:
                yield mailbox, found
