"""What is known of one mailbox, and when it is its turn. Pure: no I/O, no clock."""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import nsmallest
from operator import attrgetter

from scheduling.catalog import BusyStatus
from scheduling.ports import BusyItem, CalendarChanges, Subscription
from scheduling.timespan import TimeSpan, from_seconds, whole_seconds

SWEEP_AFTER = timedelta(minutes=30)
FRESH_FOR = timedelta(minutes=45)
RENEW_BEFORE = timedelta(days=1)
MARGIN = timedelta(days=7)
"""Read beyond the window, so that not every mailbox has to be read anew at midnight."""
FIRST_RETRY, LAST_RETRY = timedelta(seconds=20), timedelta(minutes=15)
MOST_DOUBLINGS = 10
ELSEWHERE_AGAIN = timedelta(seconds=10)

REAUTHORIZE, REMOVED, MISSED = "reauthorizationRequired", "subscriptionRemoved", "missed"
"""learn.microsoft.com/graph/change-notifications-lifecycle-events"""

_STATUSES = tuple(BusyStatus)
_NUMBERS = {status: number for number, status in enumerate(_STATUSES)}


class PackedItems:
    """The entries of a calendar: 32 bytes each, thousands of mailboxes have a million of them."""

    __slots__ = ("_rows",)

    def __init__(self) -> None:
        self._rows = array("q")

    def __iter__(self) -> Iterator[BusyItem]:
        rows = self._rows
        for _, start, end, number in zip(*(rows[n::4] for n in range(4)), strict=True):
            yield BusyItem(from_seconds(start, end), _STATUSES[number])

    def take(self, changes: CalendarChanges) -> bool:
        """Bring it up to date, the last word about an entry counts; tell whether it differs."""
        before = self._by_id()
        # the ids are hundreds of letters long; of two in one mailbox 64 bits do not coincide
        after = {} if changes.is_whole else dict(before)
        for event_id in changes.gone:
            after.pop(hash(event_id), None)
        for item in changes.items:
            after[hash(item.event_id)] = (*whole_seconds(item.span), _NUMBERS[item.status])
        self._rows = array("q", [cell for key, row in after.items() for cell in (key, *row)])
        return after != before

    def _by_id(self) -> dict[int, tuple[int, int, int]]:
        columns = (self._rows[n::4] for n in range(4))
        return {
            key: (start, end, status) for key, start, end, status in zip(*columns, strict=True)
        }


@dataclass(slots=True)
class Watched:
    """One mailbox, the resources it stands for, what was read of it, and what comes next.

    `subscribe_at`, `look_at`: epoch seconds at which to subscribe or renew, and to read, next;
    `due_at` is when the first of it comes.
    """

    mailbox: str
    resources: tuple[str, ...]
    subscription: Subscription | None = None
    must_renew: bool = False
    gone: frozenset[str] = frozenset()
    """The ids of subscriptions that Graph took from us since there was one."""
    subscribe_at: float = 0.0
    subscribe_tries: int = 0
    link: str | None = None
    window: TimeSpan | None = None
    wants_all: bool = False
    items: PackedItems = field(default_factory=PackedItems)
    look_at: float = 0.0
    look_tries: int = 0
    heard: int = 0
    """How often we were told of a change; `seen` of them were read."""
    seen: int = 0
    is_under_way: bool = False
    due_at: float = 0.0

    @property
    def key(self) -> str:
        """Its name in the store and towards Graph."""
        return self.resources[0]

    @property
    def is_dirty(self) -> bool:
        """Whether we were told of something that we have not read."""
        return self.heard > self.seen

    def _plan(self) -> None:
        is_lost = self.subscription is None
        self.due_at = self.subscribe_at if is_lost else min(self.subscribe_at, self.look_at)

    def is_told(self, now: datetime) -> bool:
        """Whether Graph tells us of changes."""
        standing = self.subscription
        return standing is not None and not self.must_renew and standing.ends_at > now

    def hear(self, event: str = "", subscription_id: str = "") -> None:
        """Take in a notification: of a change, or of what befell the subscription."""
        self.heard += 1
        if self.look_tries == 0:
            self.look_at = 0.0
        if event in {MISSED, REMOVED}:
            self.wants_all = True
        if event == REMOVED:
            # an old story told again costs no more than a look into the store
            self.gone |= {subscription_id}
            self.subscription, self.subscribe_at = None, 0.0
        elif event == REAUTHORIZE and self.subscription is not None:
            self.must_renew, self.subscribe_at = True, 0.0
        self._plan()

    def doubt(self) -> None:
        """Find out whether the subscription lives: something changed and nobody told us."""
        self.must_renew, self.subscribe_at = True, 0.0
        self._plan()

    def subscribed(self, standing: Subscription, now: datetime) -> None:
        """Take in that this subscription stands."""
        if standing.id in self.gone:
            # it was taken from us while we were asking
            return
        is_other = self.subscription is None or self.subscription.id != standing.id
        self.wants_all = self.wants_all or is_other
        if is_other or not self.is_told(now):
            # whatever came before it was told to nobody
            self.look_at = 0.0 if self.look_tries == 0 else self.look_at
        self.subscription, self.must_renew, self.gone = standing, False, frozenset()
        self.subscribe_tries = 0
        half = now + (standing.ends_at - now) / 2
        self.subscribe_at = max(standing.ends_at - RENEW_BEFORE, half).timestamp()
        self._plan()

    def not_subscribed(self, now: datetime) -> None:
        """Try again later, each time later."""
        self.subscribe_at = (now + pause_after(self.subscribe_tries)).timestamp()
        self.subscribe_tries += 1
        self._plan()

    def subscribed_elsewhere(self, now: datetime) -> None:
        """Come back for what another process is just making."""
        self.subscribe_at = (now + ELSEWHERE_AGAIN).timestamp()
        self._plan()

    def begin(self, window: TimeSpan) -> TimeSpan:
        """Return the span to read: what was read so far, or anew from the window of the index."""
        if self.window is None or self.window.end < window.end + timedelta(days=1):
            self.window = TimeSpan(window.start, window.end + MARGIN)
            self.wants_all = True
        if self.wants_all:
            self.link, self.wants_all = None, False
        return self.window

    def read(self, changes: CalendarChanges, seen: int, now: datetime) -> bool:
        """Take in what was asked for at `now`; tell whether anything differs."""
        differs = self.items.take(changes)
        self.link, self.seen, self.look_tries = changes.link, seen, 0
        self.look_at = 0.0 if self.is_dirty else (now + SWEEP_AFTER).timestamp()
        self._plan()
        return differs

    def not_read(self, now: datetime) -> None:
        """Try again later, each time later."""
        self.look_at = (now + pause_after(self.look_tries)).timestamp()
        self.look_tries += 1
        self._plan()

    def fresh_until(self, now: datetime) -> datetime | None:
        """Return how long what was asked for at `now` may be trusted; None = not at all."""
        standing = self.subscription
        if standing is None or self.is_dirty or not self.is_told(now):
            return None
        return min(now + FRESH_FOR, standing.ends_at)


def pause_after(tries: int) -> timedelta:
    """Return how long to wait after that many failures before this one."""
    return min(FIRST_RETRY * (1 << min(tries, MOST_DOUBLINGS)), LAST_RETRY)


_due_at = attrgetter("due_at")


def next_in_turn(watched: Iterable[Watched], second: float, room: int) -> list[Watched]:
    """Choose up to `room` of those whose time has come: changed ones, then new and old by halves.

    So neither a first reading of thousands nor the sweep makes the other wait.
    """
    if room <= 0:
        return []
    due = [w for w in watched if w.due_at <= second and not w.is_under_way]
    changed = [w for w in due if w.subscription is not None and w.is_dirty][:room]
    left = room - len(changed)
    new = nsmallest(left, (w for w in due if w.subscription is None), key=_due_at)
    swept = (w for w in due if w.subscription is not None and not w.is_dirty)
    old = nsmallest(left, swept, key=_due_at)
    of_new = min(len(new), max(left - left // 2, left - len(old)))
    return changed + new[:of_new] + old[: left - of_new]
