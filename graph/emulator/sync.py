"""What others follow: records of changes, subscriptions, and changes nobody was told of yet."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from graph.emulator.event import Event
from graph.emulator.journal import ChangeKind, Journal
from graph.emulator.subscription import Subscription

_MOST_REMEMBERED = 100


@dataclass(frozen=True, slots=True)
class Notice:
    """A change that subscribers want to hear of."""

    mailbox: str
    kind: ChangeKind
    event_id: str
    immutable_id: str
    change_key: str


@dataclass(slots=True)
class Sync:
    """Part of a tenant; mailboxes go by object id."""

    journals: dict[str, Journal] = field(default_factory=dict)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    removed: deque[Subscription] = field(default_factory=lambda: deque(maxlen=_MOST_REMEMBERED))
    _notices: list[Notice] = field(default_factory=list)
    _by_mailbox: dict[str, set[str]] = field(default_factory=dict)

    def restore(self, journals: dict[str, Journal], kept: Iterable[Subscription]) -> None:
        """Go on where the saved state ends."""
        self.journals.update(journals)
        for subscription in kept:
            self.add(subscription)

    def journal(self, mailbox: str, events: Iterable[Event]) -> Journal:
        """Return the record of a mailbox, begun now if nobody asked before."""
        if mailbox not in self.journals:
            self.journals[mailbox] = Journal.starting_with(events)
        return self.journals[mailbox]

    def forget(self, mailbox: str | None) -> None:
        """Lose the record of one mailbox or of all: every link given out is void."""
        if mailbox is None:
            self.journals.clear()
        else:
            self.journals.pop(mailbox, None)

    def note(self, mailbox: str, event: Event, kind: ChangeKind) -> None:
        """Write a change down where somebody follows the mailbox."""
        if (journal := self.journals.get(mailbox)) is not None:
            journal.note(event, kind)
        if mailbox in self._by_mailbox:
            ids = event.id, event.immutable_id
            self._notices.append(Notice(mailbox, kind, *ids, event.change_key))

    def take_notices(self) -> list[Notice]:
        """Return the changes nobody was told of; they are taken out."""
        taken, self._notices = self._notices, []
        return taken

    def add(self, subscription: Subscription) -> None:
        """Begin to follow."""
        self.subscriptions[subscription.id] = subscription
        self._by_mailbox.setdefault(subscription.mailbox, set()).add(subscription.id)

    def drop(self, subscription: Subscription) -> None:
        """End one; it is remembered, so that a stray notification can be made."""
        self.subscriptions.pop(subscription.id, None)
        held = self._by_mailbox.get(subscription.mailbox, set())
        held.discard(subscription.id)
        if not held:
            self._by_mailbox.pop(subscription.mailbox, None)
        self.removed.append(subscription)

    def following(self, mailbox: str, now: datetime) -> list[Subscription]:
        """Return the living subscriptions of a mailbox; those that ran out are dropped."""
        held = [self.subscriptions[i] for i in self._by_mailbox.get(mailbox, ())]
        for over in (s for s in held if not s.is_active(now)):
            self.drop(over)
        return [s for s in held if s.is_active(now)]

    def find(self, identity: str, now: datetime) -> Subscription | None:
        """Return a living subscription."""
        found = self.subscriptions.get(identity.lower())
        if found is not None and not found.is_active(now):
            self.drop(found)
            return None
        return found
