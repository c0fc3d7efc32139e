"""What the emulated tenant holds: clients, mailboxes, events, sent mails. No wire shapes here."""

import base64
import re
import secrets
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from graph.emulator.errors import no_item, no_user
from graph.emulator.event import Event
from graph.emulator.faults import Faults
from graph.emulator.journal import ChangeKind
from graph.emulator.recurrence import occurrence_on
from graph.emulator.shelf import Content, Shelf
from graph.emulator.sync import Sync
from graph.emulator.sync_faults import SyncFaults

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
    delta_series: Literal["full", "bare"] = "full"
    """`bare`: occurrences with ids and times only beside their master, as several users report
    of Graph; the loss of one occurrence then shows only in the series being sent again."""
    delta_replays: int = 0
    """How many changes before the link come once more."""
    delta_empty_pages: bool = False
    """Whether a round begins with an empty page."""
    delta_token_seconds: int | None = None
    """Life of a delta link, None for ever."""
    lost_token_status: Literal[410, 404, 400] = 410
    """410 comes with a Location."""
    lost_token_code: str = "SyncStateNotFound"  # noqa: S105  # the code of an error
    subscription_too_long: Literal["refuse", "clamp"] = "refuse"
    """What becomes of an end more than 10,080 minutes away."""
    duplicate_subscription_status: Literal[409, 201] = 409
    """409 is documented, 201 reported."""
    subscriptions_per_mailbox: int = 1000
    handshake_seconds: float = 10.0
    notification_delay_seconds: float = 0.05
    """How long a notification waits for others to the same address."""
    notification_retry_seconds: float = 1.0
    """The first pause after an attempt that failed; it doubles."""
    notification_give_up_seconds: float = 4 * 3600.0
    notification_first_seconds: float = 3.0
    """How long the first attempt waits; an address that often needs longer is served late."""
    notification_later_seconds: float = 10.0
    """How long a repeat waits; an address that often needs longer is not served for a while."""
    endpoint_sample: int = 100
    """So many attempts within ten minutes are needed before an address is judged."""
    endpoint_delay_seconds: float = 600.0
    """How long notifications to a slow address wait."""


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
    content: Content = field(default_factory=Content)
    transactions: dict[str, Transaction] = field(default_factory=dict)
    shelf: Shelf = field(default_factory=Shelf, repr=False)
    listener: Callable[[str, Event, ChangeKind], None] | None = field(default=None, repr=False)
    """Hears of every change."""

    @property
    def events(self) -> dict[str, Event]:
        """All its events; seeded ones come into being here."""
        return self.shelf.events(self)

    @events.setter
    def events(self, events: dict[str, Event]) -> None:
        self.shelf.events(self)
        self.content.held = events

    @property
    def calendar_id(self) -> str:
        """The id of the default calendar."""
        return base64.b64encode(f"calendar of {self.object_id}".encode()).decode()

    def add(self, event: Event) -> None:
        """Put an item in."""
        self.events[event.id] = event
        self._tell(event, "created")

    def changed(self, event: Event) -> None:
        """Say that an item, or an occurrence of it, is another one now."""
        self._tell(self.events[event.id], "updated")

    def take_out(self, event: Event) -> None:
        """Delete an item."""
        self._tell(self.events.pop(event.id), "deleted")

    def _tell(self, event: Event, kind: ChangeKind) -> None:
        self.shelf.note(self, event.id)
        if self.listener is not None:
            self.listener(self.object_id, event, kind)

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
        """Return the own copy of a meeting; a seeded event that nobody changed is none."""
        return next((e for e in self.content.held.values() if e.uid == uid), None)


@dataclass(slots=True)
class Tenant:
    """Everything that lasts."""

    id: str
    clients: dict[str, Client]
    mailboxes: dict[str, Mailbox]
    mails: list[Mail] = field(default_factory=list)
    options: Options = field(default_factory=Options)
    faults: Faults = field(default_factory=Faults)
    shelf: Shelf = field(default_factory=Shelf)
    sync: Sync = field(default_factory=Sync)
    sync_faults: SyncFaults = field(default_factory=SyncFaults)
    token_key: str = field(default_factory=lambda: secrets.token_hex(32))
    tokens_valid_from: datetime = datetime(2000, 1, 1, tzinfo=UTC)
    _by_object_id: dict[str, Mailbox] = field(default_factory=dict)

    def add_mailbox(self, mailbox: Mailbox) -> Mailbox:
        """Put a mailbox in; its object id follows from tenant and address."""
        if not mailbox.object_id:
            name = f"{self.id}/{mailbox.mail.lower()}"
            mailbox.object_id = str(uuid.uuid5(uuid.NAMESPACE_URL, name))
        self.mailboxes[mailbox.mail.lower()] = mailbox
        self._by_object_id[mailbox.object_id.lower()] = mailbox
        mailbox.shelf, mailbox.listener = self.shelf, self.sync.note
        return mailbox

    def known(self, name: str) -> Mailbox | None:
        """By object id, principal name or mail in any case, also where a fault took it away."""
        wanted = name.lower()
        return self.mailboxes.get(wanted) or self._by_object_id.get(wanted)

    def find(self, name: str) -> Mailbox | None:
        """By object id, principal name or mail in any case; None for unknown or dead ones."""
        mailbox = self.known(name)
        return None if mailbox and self.faults.is_dead(mailbox.mail) else mailbox

    def mailbox(self, name: str) -> Mailbox:
        """Return the same, 404 if there is none."""
        found = self.find(name)
        if found is None:
            raise no_user(name)
        return found

    def copies(self, event: Event) -> Iterator[tuple[Mailbox, Event]]:
        """Return the items of the same meeting in other mailboxes."""
        for mailbox in (m for m in self.mailboxes.values() if m.content.held):
            found = mailbox.by_uid(event.uid)
            if found is not None and found.id != event.id:
                yield mailbox, found
