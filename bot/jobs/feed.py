"""Keeps the availability index in step with Outlook.

Each mailbox is subscribed to and read whole once; a notification makes it untrusted at once, and
a moment later what changed is read (delta). A slow sweep finds lost notifications. A large
business is read by free/busy first, which is quick, so that there is something to offer while the
subscriptions come one by one. Nothing here can cause a double booking: before a time is held, its
calendars are asked live.
"""

import asyncio
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.jobs.feed_failures import FAILURES, FailureBook
from bot.jobs.feed_notices import Heard, Notice, NoticeLog
from bot.jobs.feed_state import Watched, next_in_turn
from bot.jobs.feed_subscriptions import Subscriptions
from scheduling.booking import staff_resource
from scheduling.catalog import Business
from scheduling.clock import Clock
from scheduling.errors import BookingError
from scheduling.index import AvailabilityIndex
from scheduling.ports import CalendarChanges, CalendarFeed, DocumentStore, FreeBusy, FreeBusySource
from scheduling.timespan import TimeSpan

__all__ = ["FAILURES", "CalendarFeeder", "Notice"]

log = structlog.get_logger(__name__)

TURN_SECONDS = 1.0
AT_ONCE = 8
"""Mailboxes that are read at the same time; a slow one keeps up no more than its own place."""
IN_A_TURN = 20
"""Mailboxes taken up in one turn: a start must not keep the processor from customers. A sweep of
16,000 in half an hour needs nine."""
RELOAD_SECONDS = 600.0
"""From one load to the next; what is older than a quarter of an hour is not offered."""
LOAD_PAUSE_SECONDS = 0.2
LOADED_TOGETHER, LOADED_AT_A_STRETCH = 100, 10
"""Asked for in one call; taken in before customers are let through for longer."""
LARGE = 100
"""Staff members beyond which free/busy is read ahead before anything else; fewer are asked live
until subscribed, and read ahead only so that in an outage something is known of them."""
STORE_PAUSE_SECONDS = 5.0
TROUBLE_SECONDS = 10.0
NO_ANSWER = FreeBusy(unknown="no_answer")

CodeOf = Callable[[Exception], str | None]
"""Adapter's failure -> a short code; None = not one it knows."""


OnRead = Callable[[str, TimeSpan, CalendarChanges], Awaitable[None]]
"""Takes what was read: whose calendar (a resource), in which window."""


async def _at_once() -> None:
    await asyncio.sleep(0)


async def _nothing_follows(_resource: str, _window: TimeSpan, _changes: CalendarChanges) -> None:
    await asyncio.sleep(0)


class CalendarFeeder:
    """The background work of one process; `run` takes its steps again and again."""

    def __init__(  # noqa: PLR0913 - its ports
        self,
        *,
        business: Business,
        index: AvailabilityIndex,
        feed: CalendarFeed | None,
        calendar: FreeBusySource,
        documents: DocumentStore,
        code_of: CodeOf,
        clock: Clock,
        address: str = "",
        quiet: Callable[[], Awaitable[None]] = _at_once,
        on_read: OnRead = _nothing_follows,
    ) -> None:
        """`feed` None where notifications cannot reach us: then every look is live.

        `address`: where they are posted to; subscriptions that post elsewhere are replaced.
        `quiet` returns when no customer waits: a start must not keep the processor from them.
        `on_read` is told what was read before it counts as read: what it raises has the same read
        again.
        """
        self._quiet = quiet
        self._on_read = on_read
        self._business = business
        self._index = index
        self._feed = feed
        self._calendar = calendar
        self._code_of = code_of
        self._clock = clock
        self._watched = {w.key: w for w in _mailboxes(business)}
        self._failures = FailureBook(documents, clock)
        process = secrets.token_hex(8)
        self._notices = NoticeLog(documents, clock, process)
        self._subscriptions: Subscriptions | None = None
        if feed is not None:
            self._subscriptions = Subscriptions(
                feed=feed,
                documents=documents,
                notices=self._notices,
                clock=clock,
                address=address,
                process=process,
            )
        self._troubles: Counter[tuple[str, str]] = Counter()

    async def run(self) -> None:
        """Work until cancelled."""
        has_started = await _done(self.start)
        while not has_started:
            await asyncio.sleep(STORE_PAUSE_SECONDS)
            has_started = await _done(self.start)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_forever(self.report, TURN_SECONDS))
            tasks.create_task(_forever(self.log_troubles, TROUBLE_SECONDS))
            has_loaded = asyncio.Event()
            if len(self._business.staff) <= LARGE:
                has_loaded.set()
            if len(self._business.staff) > LARGE or self._business.outage.note_within:
                tasks.create_task(self._load_forever(has_loaded))
            if self._feed is not None:
                tasks.create_task(self._feed_forever(has_loaded))

    async def _load_forever(self, has_loaded: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            await _done(self.load)
            has_loaded.set()
            # counted from the beginning: what was read first must not get too old for an offer
            await asyncio.sleep(max(began + RELOAD_SECONDS - loop.time(), STORE_PAUSE_SECONDS))

    async def _feed_forever(self, has_loaded: asyncio.Event) -> None:
        waiting: asyncio.Queue[Watched] = asyncio.Queue()

        async def choose_forever() -> None:
            await has_loaded.wait()
            # Graph tries our door during the call: it opens a moment after us
            await _forever(choose, TURN_SECONDS, first_pause=TURN_SECONDS)

        async def choose() -> None:
            for watched in self.choose(IN_A_TURN - waiting.qsize()):
                waiting.put_nowait(watched)

        async def work() -> None:
            while True:
                watched = await waiting.get()
                await self._quiet()
                await _done(partial(self.take_up, watched))

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_forever(self.hear, TURN_SECONDS))
            tasks.create_task(choose_forever())
            for _ in range(AT_ONCE):
                tasks.create_task(work())
            tasks.create_task(self._tidy())

    async def start(self) -> None:
        """Find out where the store stands."""
        await self._notices.start()
        await self._failures.start({r for w in self._watched.values() for r in w.resources})

    async def notified(self, notices: Sequence[Notice]) -> None:
        """Take in what was posted to us, and tell the other processes; forged ones are dropped.

        Raises BookingError where the store does not keep it: then it has to be posted again.
        """
        heard = [h for h in await self._notices.genuine(notices) if h.key in self._watched]
        if heard:
            self._believe(heard)
            await self._notices.share(heard)

    async def hear(self) -> None:
        """Take in what other processes were told."""
        heard, has_gap = await self._notices.news()
        self._believe([Heard(key) for key in self._watched] if has_gap else [])
        self._believe(heard)

    def _believe(self, heard: Iterable[Heard]) -> None:
        for each in heard:
            watched = self._watched.get(each.key)
            if watched is not None:
                self._distrust(watched)
                watched.hear(each.event, each.subscription_id)

    def _distrust(self, watched: Watched) -> None:
        for resource in watched.resources:
            self._index.distrust(resource)

    def choose(self, room: int = IN_A_TURN) -> list[Watched]:
        """Return some mailboxes whose turn it is; each of them has to be taken up."""
        now = self._clock.now()
        self._index.advance(now)
        chosen = next_in_turn(self._watched.values(), now.timestamp(), room)
        for watched in chosen:
            watched.is_under_way = True
        return chosen

    async def take_up(self, watched: Watched) -> None:
        """Subscribe or renew, and read, whichever is due."""
        try:
            second = self._clock.now().timestamp()
            if watched.subscribe_at <= second:
                await self._subscribe(watched)
            if watched.subscription is not None and watched.look_at <= second:
                await self._read(watched)
        finally:
            watched.is_under_way = False

    async def _subscribe(self, watched: Watched) -> None:
        assert self._subscriptions is not None
        try:
            standing = await self._subscriptions.have(watched)
        except Exception as failure:  # noqa: BLE001 - counted and logged by its code
            # the calendar itself may well answer: it is only asked live
            self._note_trouble("subscription_failed", failure)
            watched.not_subscribed(self._clock.now())
            return
        now = self._clock.now()
        if standing is not None:
            watched.subscribed(standing, now)
        else:
            watched.subscribed_elsewhere(now)

    async def _read(self, watched: Watched) -> None:
        """Read what changed, or everything where nothing is known or the window has moved on."""
        assert self._feed is not None
        now, seen, was_told = self._clock.now(), watched.heard, watched.is_dirty
        window = watched.begin(self._index.window)
        is_sweep = watched.link is not None and not was_told
        try:
            changes = await self._feed.changes(watched.mailbox, window, watched.link)
            await self._on_read(watched.key, window, changes)
            differs = watched.read(changes, seen, now)
            if differs and is_sweep and not watched.is_dirty:
                watched.doubt()
            for resource in watched.resources:
                self._index.put_calendar(
                    resource, watched.items, now, window.end, watched.fresh_until(now)
                )
        except Exception as failure:  # noqa: BLE001 - counted and logged by its code
            code = self._note_trouble("calendar_not_read", failure)
            watched.not_read(self._clock.now())
            self._distrust(watched)
            for resource in watched.resources:
                self._index.note_answer(resource, code, now)

    def _note_trouble(self, event: str, failure: Exception) -> str:
        """Return the code of a failure; one that nobody knows is a fault of ours."""
        code = failure.code if isinstance(failure, BookingError) else self._code_of(failure)
        if code is None:
            log.exception("feed_failed")
            code = "fault"
        self._troubles[event, code] += 1
        return code

    async def log_troubles(self) -> None:
        """Log how many there were; a line for each of thousands would hide everything else."""
        troubles, self._troubles = self._troubles, Counter()
        for (event, code), count in sorted(troubles.items()):
            log.warning(event, code=code, mailboxes=count)

    async def load(self) -> None:
        """Read free/busy of all who are not known to the second, in batches."""
        window = TimeSpan(self._index.window.start, self._index.window.end + timedelta(days=1))
        for batch in _batches(list(self._watched.values())):
            now = self._clock.now()
            wanted = {w.key: w.heard for w in batch if not self._is_fresh(w, now)}
            if not wanted:
                continue
            answers = await self._calendar.free_busy(
                [self._watched[key].mailbox for key in wanted], window
            )
            for number, (key, heard) in enumerate(wanted.items()):
                if number % LOADED_AT_A_STRETCH == 0:
                    await self._quiet()
                watched = self._watched[key]
                if watched.heard == heard and not self._is_fresh(watched, now):
                    answer = answers.get(watched.mailbox, NO_ANSWER)
                    self._take_answer(watched, answer, now, window.end)
                await asyncio.sleep(0)
            await asyncio.sleep(LOAD_PAUSE_SECONDS)

    def _is_fresh(self, watched: Watched, now: datetime) -> bool:
        return self._index.is_fresh(watched.key, now)

    def _take_answer(
        self, watched: Watched, answer: FreeBusy, now: datetime, until: datetime
    ) -> None:
        for resource in watched.resources:
            if answer.unknown is None:
                self._index.put_calendar(resource, answer.items, now, until)
            else:
                self._index.note_answer(resource, answer.unknown, now)
                self._index.put_unknown(resource, answer.unknown)

    async def report(self) -> None:
        """Keep in the store which calendars do not answer."""
        await self._failures.follow(self._index)

    async def _tidy(self) -> None:
        assert self._subscriptions is not None
        try:
            await self._subscriptions.tidy(self._watched.keys())
        except Exception as failure:  # noqa: BLE001 - counted and logged by its code
            # what is left ends by itself within days
            self._note_trouble("old_subscriptions_left", failure)


def _mailboxes(business: Business) -> Iterator[Watched]:
    for member in business.staff:
        yield Watched(member.mailbox, (staff_resource(member.id),))
    for resource in business.resources:
        if resource.mailbox:
            # one calendar stands for all units
            yield Watched(resource.mailbox, resource.unit_ids)


def _batches(watched: Sequence[Watched]) -> Iterator[Sequence[Watched]]:
    for at in range(0, len(watched), LOADED_TOGETHER):
        yield watched[at : at + LOADED_TOGETHER]


async def _done(step: Callable[[], Awaitable[None]]) -> bool:
    try:
        await step()
    except BookingError as failure:
        log.warning("feed_store_failed", code=failure.code)
    except Exception:
        # a fault here must not end the process: without us every look is live
        log.exception("feed_failed")
    else:
        return True
    return False


async def _forever(
    step: Callable[[], Awaitable[None]], pause: float, *, first_pause: float = 0.0
) -> None:
    await asyncio.sleep(first_pause)
    while True:
        await _done(step)
        await asyncio.sleep(pause)
