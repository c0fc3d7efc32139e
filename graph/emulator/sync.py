"""What others follow: records of changes, subscriptions, and changes nobody was told of yet."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from graph.emulator.event import Event
from graph.emulator.journal import ChangeKind, Journal
from graph.emulator.subscription import Subscription
from graph.emulator.sync_lines import Begun, Ended, Held, Lost, Noted, Season, SyncLine

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
    season: str = ""
    _notices: list[Notice] = field(default_factory=list)
    _news: list[SyncLine] = field(default_factory=list)
    _by_mailbox: dict[str, set[str]] = field(default_factory=dict)

    def replay(self, lines: Iterable[SyncLine]) -> None:
        """Go on where a saved state ends."""
        for line in lines:
            self._replay(line)
        self._news.clear()

    def _replay(self, line: SyncLine) -> None:
        if isinstance(line, Begun):
            self.journals[line.mailbox] = line.journal
        elif isinstance(line, Noted):
            self.journals[line.mailbox].append(line.change, line.series)
        elif isinstance(line, Lost):
            self.forget(line.mailbox)
        elif isinstance(line, Held):
            self.add(line.subscription)
        elif isinstance(line, Ended):
            self.drop(self.subscriptions[line.id])
        else:
            self.season = line.name

    def everything(self) -> Iterator[SyncLine]:
        """Return all that a saved state needs."""
        yield Season(self.season)
        yield from (Begun(mailbox, journal) for mailbox, journal in self.journals.items())
        yield from (Held(subscription) for subscription in self.subscriptions.values())

    def take_news(self) -> list[SyncLine]:
        """Return what a saved state lacks since the last time; it is taken out."""
        taken, self._news = self._news, []
        return taken

    def begin_season(self, name: str) -> None:
        """Forget the records if the seed has filled other weeks since they were written."""
        if name != self.season:
            self.season = name
            self.forget(None)
            self._news.append(Season(name))

    def journal(self, mailbox: str, events: Iterable[Event]) -> Journal:
        """Return the record of a mailbox, begun now if nobody asked before."""
        if mailbox not in self.journals:
            begun = self.journals[mailbox] = Journal.starting_with(events)
            self._news.append(
                Begun(mailbox, replace(begun, changes=[], series=dict(begun.series)))
            )
        return self.journals[mailbox]

    def forget(self, mailbox: str | None) -> None:
        """Lose the record of one mailbox or of all: every link given out is void."""
        if mailbox is None:
            self.journals.clear()
        else:
            self.journals.pop(mailbox, None)
        self._news.append(Lost(mailbox))

    def note(self, mailbox: str, event: Event, kind: ChangeKind) -> None:
        """Write a change down where somebody follows the mailbox."""
        if (journal := self.journals.get(mailbox)) is not None:
            change = journal.note(event, kind)
            self._news.append(Noted(mailbox, change, journal.series.get(event.id)))
        if mailbox in self._by_mailbox:
            ids = event.id, event.immutable_id
            self._notices.append(Notice(mailbox, kind, *ids, event.change_key))

    def take_notices(self) -> list[Notice]:
        """Return the changes nobody was told of; they are taken out."""
        taken, self._notices = self._notices, []
        return taken

    def add(self, subscription: Subscription) -> None:
        """Begin to follow, or go on until another end."""
        self.subscriptions[subscription.id] = subscription
        self._by_mailbox.setdefault(subscription.mailbox, set()).add(subscription.id)
        self._news.append(Held(replace(subscription)))

    def drop(self, subscription: Subscription) -> None:
        """End one; it is remembered, so that a stray notification can be made."""
        if self.subscriptions.pop(subscription.id, None) is None:
            return
        held = self._by_mailbox.get(subscription.mailbox, set())
        held.discard(subscription.id)
        if not held:
            self._by_mailbox.pop(subscription.mailbox, None)
        self.removed.append(subscription)
        self._news.append(Ended(subscription.id))

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
