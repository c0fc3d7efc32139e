"""A stand-in Graph, a store in memory and a clock that stands still, around real feeders."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.jobs.feed import CalendarFeeder
from bot.jobs.feed_state import Watched
from scheduling.catalog import Business, BusyStatus
from scheduling.index import AvailabilityIndex
from scheduling.ports import (
    BusyItem,
    CalendarChanges,
    CalendarItem,
    Document,
    FreeBusy,
    Subscription,
)
from scheduling.timespan import TimeSpan
from tests.builders import NOW, a_business, a_service, a_staff_member, at, span
from tests.fakes import Documents, FixedClock

LIFE = timedelta(days=6)
ADDRESS = "https://bot.example.test/api/notifications"
MINUTE = timedelta(minutes=1)
ANNA, BERND = "anna@example.test", "bernd@example.test"


class GraphAway(Exception):
    """An adapter's failure; its text must never reach a log."""

    def __init__(self, code: str) -> None:
        super().__init__(f"{code} for anna@example.test")
        self.code = code


@dataclass(frozen=True)
class Told:
    """A notification as the door reads it."""

    client_state: str
    lifecycle_event: str | None = None
    subscription_id: str = ""


Hook = Callable[[], Awaitable[None]]


class FakeGraph:
    """The CalendarFeed and FreeBusySource ports over the same calendars.

    `during` is awaited once in the middle of the next call of that name, after it has looked.
    """

    def __init__(self, clock: FixedClock) -> None:
        self._clock = clock
        self.calendars: dict[str, dict[str, CalendarItem]] = {}
        self.living: dict[str, Subscription] = {}
        self.states: dict[str, str] = {}
        self.calls: list[tuple[str, str]] = []
        self.failing: dict[tuple[str, str], Exception] = {}
        self.unknown: dict[str, str] = {}
        self.during: dict[str, Hook] = {}
        self.windows: dict[str, TimeSpan] = {}
        self.batches: list[int] = []
        self.repeats_everything = False
        self._journals: dict[str, list[str]] = {}
        self.life = LIFE
        self._made = 0

    def put(self, mailbox: str, event_id: str, clocks: str, day=None) -> None:
        when = span(clocks) if day is None else span(clocks, day)
        self._calendar(mailbox)[event_id] = CalendarItem(event_id, when, BusyStatus.BUSY)
        self._journals.setdefault(mailbox, []).append(event_id)

    def take(self, mailbox: str, event_id: str) -> None:
        del self._calendar(mailbox)[event_id]
        self._journals.setdefault(mailbox, []).append(event_id)

    def _calendar(self, mailbox: str) -> dict[str, CalendarItem]:
        return self.calendars.setdefault(mailbox, {})

    async def _called(self, what: str, mailbox: str) -> None:
        self.calls.append((what, mailbox))
        if hook := self.during.pop(what, None):
            await hook()
        if failure := self.failing.get((what, mailbox)):
            raise failure

    def count(self, what: str, mailbox: str | None = None) -> int:
        return sum(1 for w, m in self.calls if w == what and mailbox in {None, m})

    async def changes(self, mailbox, window, link=None) -> CalendarChanges:
        self.windows[mailbox] = window
        journal = self._journals.setdefault(mailbox, [])
        known, since = self._calendar(mailbox), int(link or 0)
        ids = set(journal[since:]) if link and not self.repeats_everything else set(known)
        found = CalendarChanges(
            tuple(known[i] for i in ids if i in known),
            tuple(i for i in ids if i not in known),
            str(len(journal)),
            is_whole=link is None,
        )
        await self._called("whole" if link is None else "delta", mailbox)
        return found

    async def subscribe(self, mailbox: str, secret: str) -> Subscription:
        await self._called("subscribe", mailbox)
        assert len(secret) <= 128
        self._made += 1
        made = Subscription(f"sub-{self._made}", mailbox, self._clock.now() + self.life)
        self.living[made.id] = made
        self.states[made.id] = secret
        return made

    async def renew(self, subscription: Subscription) -> Subscription | None:
        await self._called("renew", subscription.mailbox)
        if subscription.id not in self.living:
            return None
        renewed = replace(self.living[subscription.id], ends_at=self._clock.now() + self.life)
        self.living[subscription.id] = renewed
        return renewed

    async def unsubscribe(self, subscription: Subscription) -> None:
        await self._called("unsubscribe", subscription.mailbox)
        self.living.pop(subscription.id, None)

    async def free_busy(self, mailboxes: Sequence[str], span: TimeSpan) -> Mapping[str, FreeBusy]:
        self.batches.append(len(mailboxes))
        found = {mailbox: self._free_busy(mailbox) for mailbox in mailboxes}
        if hook := self.during.pop("free_busy", None):
            await hook()
        return found

    def _free_busy(self, mailbox: str) -> FreeBusy:
        if mailbox in self.unknown:
            return FreeBusy(unknown=self.unknown[mailbox])
        items = self._calendar(mailbox).values()
        return FreeBusy(tuple(BusyItem(item.span, item.status) for item in items))

    def of(self, mailbox: str) -> list[Subscription]:
        return [s for s in self.living.values() if s.mailbox == mailbox]

    def told(self, mailbox: str, event: str | None = None) -> Told:
        """A genuine notification of the mailbox's living subscription."""
        (standing,) = self.of(mailbox)
        return Told(self.states[standing.id], event, standing.id)


class Bot:
    """One process: a feeder with its own index, driven step by step."""

    def __init__(self, world: "World", business: Business, address: str = ADDRESS) -> None:
        self.clock = world.clock
        self.index = AvailabilityIndex(business, world.clock.now())
        self.feeder = CalendarFeeder(
            business=business,
            index=self.index,
            feed=world.graph,
            calendar=world.graph,
            documents=world.documents,
            code_of=lambda failure: failure.code if isinstance(failure, GraphAway) else None,
            clock=world.clock,
            address=address,
        )

    async def started(self) -> "Bot":
        await self.feeder.start()
        return self

    async def turn(self) -> list[Watched]:
        """Hear, choose, work: what a second of `run` does."""
        await self.feeder.hear()
        chosen = self.feeder.choose()
        await asyncio.gather(*(self.feeder.take_up(watched) for watched in chosen))
        return chosen

    async def settled(self) -> "Bot":
        """Take turns until nothing is due."""
        for _ in range(100):
            if not await self.turn():
                return self
        raise AssertionError("there is always something due")

    async def told(self, *notices: Told) -> None:
        await self.feeder.notified(notices)

    def trusts(self, name: str = "staff:anna") -> bool:
        return self.index.is_fresh(name, self.clock.now())

    def busy(self, name: str = "staff:anna") -> list[int]:
        """The known starts, in hours of that Monday in Berlin."""
        starts = self.index.standing(name).busy.get(BusyStatus.BUSY, [])[::2]
        return [(start - int(at("0").timestamp())) // 3600 for start in starts]

    def why_not(self, name: str = "staff:anna") -> str | None:
        failure = self.index.failures.get(name)
        return failure.code if failure else None


class World:
    def __init__(self, *names: str, **changes) -> None:
        self.clock = FixedClock(NOW)
        self.documents = Documents()
        self.graph = FakeGraph(self.clock)
        names = names or ("anna", "bernd")
        changes = {"staff": tuple(map(a_staff_member, names)), **changes}
        services = (a_service(staff_ids=names, maximum_advance=timedelta(days=14)),)
        self.business = a_business(services=services, **changes)

    async def bot(self, business: Business | None = None, **options) -> Bot:
        """Start a process on the same store and the same Graph."""
        return await Bot(self, business or self.business, **options).started()

    def advance(self, by: timedelta) -> None:
        self.clock.advance(by)

    def document(self, kind: str, key: str = "staff:anna") -> Mapping[str, object]:
        return self.documents.kept.get((kind, key), Document()).body
