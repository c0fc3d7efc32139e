"""Keeps the availability index in step with Outlook.

Each mailbox is subscribed to and read whole once; a notification makes it untrusted at once, and
a moment later what changed is read (delta). A slow sweep finds lost notifications. A large
business is read by free/busy first, which is quick, so that there is something to offer while the
subscriptions come one by one. Nothing here can cause a double booking: before a time is held, its
calendars are asked live.
"""

import asyncio
import hmac
import secrets
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog

from scheduling.booking import staff_resource
from scheduling.catalog import Business
from scheduling.clock import Clock
from scheduling.errors import BookingError, DocumentConflict
from scheduling.index import AvailabilityIndex
from scheduling.ports import (
    BusyItem,
    CalendarChanges,
    CalendarFeed,
    CalendarItem,
    Document,
    DocumentStore,
    FreeBusySource,
    Subscription,
)
from scheduling.timespan import TimeSpan

log = structlog.get_logger(__name__)

SUBSCRIPTIONS = "subscription"
FAILURES = "calendar_failure"
NOTICES = "calendar_notices"
KEPT_NOTICES = 10_000
EVER = datetime.min.replace(tzinfo=UTC)

FRESH_FOR = timedelta(minutes=45)
SWEEP_AFTER = timedelta(minutes=30)
RENEW_BEFORE = timedelta(days=1)
MARGIN = timedelta(days=7)
"""Read beyond the window, so that not every mailbox has to be read anew at midnight."""
RELOAD_AFTER = timedelta(minutes=10)
FIRST_RETRY, LAST_RETRY = timedelta(seconds=20), timedelta(minutes=15)

COALESCE_SECONDS = 1.0
TURN_SECONDS = 1.0
AT_ONCE = 4
NEW_IN_A_TURN = 20
"""Mailboxes taken up in one turn: a start must not keep the processor from customers."""
LOADED_TOGETHER = 100
LARGE = 100
"""Staff members beyond which free/busy is read ahead; fewer are asked live until subscribed."""


class Notice(Protocol):
    """What Graph posts: something changed (or, `lifecycle_event`, befell the subscription)."""

    @property
    def client_state(self) -> str:
        """The secret given at subscribing."""
        ...

    @property
    def lifecycle_event(self) -> str | None:
        """None for a change of an event."""
        ...


CodeOf = Callable[[Exception], str | None]
"""Adapter's failure -> a short code; None = not one it knows."""


@dataclass(slots=True)
class _Watched:
    """One calendar: what was read of it and how."""

    resource: str
    mailbox: str
    subscription: Subscription | None = None
    link: str | None = None
    window: TimeSpan | None = None
    items: dict[str, CalendarItem] = field(default_factory=dict)
    read_at: datetime | None = None
    is_dirty: bool = False
    is_under_way: bool = False
    retry_at: datetime | None = None
    retries: int = 0

    def is_due(self, now: datetime) -> bool:
        """Tell whether it may be tried now."""
        return not self.is_under_way and (self.retry_at is None or self.retry_at <= now)

    def is_watched(self, now: datetime) -> bool:
        """Tell whether Graph tells us of changes, for a good while yet."""
        return self.subscription is not None and self.subscription.ends_at - RENEW_BEFORE > now

    def take(self, changes: CalendarChanges) -> None:
        """Bring what is known up to date; the last word about an event counts."""
        if changes.is_whole:
            self.items = {}
        for event_id in changes.gone:
            self.items.pop(event_id, None)
        self.items |= {item.event_id: item for item in changes.items}
        self.link = changes.link


class CalendarFeeder:
    """The background work of one process."""

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
    ) -> None:
        """`feed` None where notifications cannot reach us: then every look is live."""
        self._business = business
        self._index = index
        self._feed = feed
        self._calendar = calendar
        self._documents = documents
        self._code_of = code_of
        self._clock = clock
        self._watched = {w.resource: w for w in _calendars(business)}
        self._position = 0
        self._told: dict[str, str] = {}

    async def run(self) -> None:
        """Work until cancelled."""
        self._position = await self._documents.last(NOTICES)
        self._told = {
            key: str(document.body.get("code", ""))
            for key, document in (await self._documents.all(FAILURES)).items()
        }
        async with asyncio.TaskGroup() as tasks:
            if len(self._business.staff) > LARGE:
                tasks.create_task(_forever(self._load, RELOAD_AFTER.total_seconds()))
            if self._feed is not None:
                tasks.create_task(_forever(self._take_notices, COALESCE_SECONDS))
                tasks.create_task(_forever(self._read_what_changed, COALESCE_SECONDS))
                tasks.create_task(_forever(self._turn, TURN_SECONDS, first_pause=TURN_SECONDS))
            tasks.create_task(_forever(self._report, TURN_SECONDS))

    async def notified(self, notices: Sequence[Notice]) -> None:
        """Take in what was posted to us: forged ones are dropped, known ones kept for everybody.

        Whoever knows a subscription's secret may at most make us read a calendar again.
        """
        told: dict[str, str] = {}
        for notice in notices:
            resource, _, secret = notice.client_state.rpartition(".")
            if resource in self._watched and resource not in told:
                document = await self._documents.read(SUBSCRIPTIONS, resource)
                known = str(document.body.get("secret", ""))
                if known and hmac.compare_digest(known.encode(), secret.encode()):
                    told[resource] = ""
            if resource in told and notice.lifecycle_event:
                told[resource] = str(notice.lifecycle_event)
        for resource, event in told.items():
            body = {"resource": resource, "event": event}
            await self._documents.append(NOTICES, body, self._clock.now())

    async def _take_notices(self) -> None:
        entries = await self._documents.entries(NOTICES, self._position)
        for position, body in entries:
            self._position = position
            watched = self._watched.get(str(body.get("resource")))
            if watched is not None:
                self._index.distrust(watched.resource)
                watched.is_dirty = True
                _heed(watched, str(body.get("event", "")))
        if entries and self._position % 100 == 0:
            await self._documents.trim(NOTICES, self._position - KEPT_NOTICES)

    async def _read_what_changed(self) -> None:
        now = self._clock.now()
        dirty = [w for w in self._watched.values() if w.is_dirty and w.link and w.is_due(now)]
        await self._each(dirty, self._read)

    async def _turn(self) -> None:
        """Take up some calendars that are not subscribed to, or were not read for long."""
        now = self._clock.now()
        due = [w for w in self._watched.values() if w.is_due(now)]
        new = [w for w in due if not w.is_watched(now)][:NEW_IN_A_TURN]
        old = [w for w in due if w.is_watched(now) and self._is_old(w, now)][:NEW_IN_A_TURN]
        await self._each(new, self._subscribe)
        await self._each(
            [w for w in (*new, *old) if w.is_watched(now) and w.is_due(now)], self._read
        )

    def _is_old(self, watched: _Watched, now: datetime) -> bool:
        if watched.read_at is None or watched.window is None:
            return True
        return watched.read_at + SWEEP_AFTER <= now or not self._reaches(watched.window)

    def _reaches(self, window: TimeSpan) -> bool:
        return window.end >= self._index.window.end + timedelta(days=1)

    async def _each(
        self, all_of_them: Iterable[_Watched], do: Callable[[_Watched], Awaitable[None]]
    ) -> None:
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(watched: _Watched) -> None:
            async with gate:
                watched.is_under_way = True
                try:
                    await do(watched)
                finally:
                    watched.is_under_way = False

        await asyncio.gather(*(one(watched) for watched in all_of_them))

    async def _subscribe(self, watched: _Watched) -> None:
        assert self._feed is not None
        now = self._clock.now()
        document = await self._documents.read(SUBSCRIPTIONS, watched.resource)
        try:
            standing = _subscription_of(document, watched.mailbox)
            if standing is not None and standing.ends_at - RENEW_BEFORE <= now:
                standing = await self._feed.renew(standing)
                if standing is not None:
                    await self._keep(watched, standing, str(document.body["secret"]), document)
            if standing is None:
                standing = await self._subscribed_anew(watched, document)
        except DocumentConflict:
            # another process is at it: its subscription serves us as well
            return
        except Exception as failure:  # noqa: BLE001 - what is no adapter's goes on from _code
            # the calendar itself may well answer: it is only asked live
            self._later(watched, self._code(failure), "subscription_failed")
            return
        watched.subscription, watched.retries, watched.retry_at = standing, 0, None

    async def _subscribed_anew(self, watched: _Watched, document: Document) -> Subscription:
        assert self._feed is not None
        secret = secrets.token_urlsafe(32)
        # known before Graph may use it: the first notification can come with the answer
        prepared = await self._documents.write(
            SUBSCRIPTIONS,
            watched.resource,
            {"secret": secret},
            document.version,
            self._clock.now(),
        )
        standing = await self._feed.subscribe(watched.mailbox, f"{watched.resource}.{secret}")
        await self._keep(watched, standing, secret, prepared)
        watched.link = None
        return standing

    async def _keep(
        self, watched: _Watched, standing: Subscription, secret: str, before: Document
    ) -> None:
        body = {"secret": secret, "id": standing.id, "ends_at": standing.ends_at.isoformat()}
        await self._documents.write(
            SUBSCRIPTIONS, watched.resource, body, before.version, self._clock.now()
        )

    async def _read(self, watched: _Watched) -> None:
        """Read what changed, or everything where nothing is known or the window has moved on."""
        assert self._feed is not None
        now = self._clock.now()
        watched.is_dirty = False
        if watched.window is None or not self._reaches(watched.window):
            watched.link = None
            window = self._index.window
            watched.window = TimeSpan(window.start, window.end + MARGIN)
        try:
            changes = await self._feed.changes(watched.mailbox, watched.window, watched.link)
        except Exception as failure:  # noqa: BLE001 - what is no adapter's goes on from _code
            code = self._code(failure)
            self._index.note_answer(watched.resource, code, now)
            self._index.distrust(watched.resource)
            watched.is_dirty = True
            self._later(watched, code, "calendar_not_read")
            return
        watched.take(changes)
        watched.read_at, watched.retries, watched.retry_at = now, 0, None
        is_trusted = watched.is_watched(now) and not watched.is_dirty
        self._index.put_calendar(
            watched.resource,
            [BusyItem(item.span, item.status) for item in watched.items.values()],
            now,
            watched.window.end,
            now + FRESH_FOR if is_trusted else None,
        )

    def _code(self, failure: Exception) -> str:
        """Return the code of an adapter's failure; anything else is a fault of ours."""
        code = self._code_of(failure)
        if code is None:
            raise failure
        return code

    def _later(self, watched: _Watched, code: str, event: str) -> None:
        pause = min(FIRST_RETRY * 2**watched.retries, LAST_RETRY)
        watched.retries = min(watched.retries + 1, 10)
        watched.retry_at = self._clock.now() + pause
        log.warning(event, code=code, retry_in=pause.total_seconds())

    async def _load(self) -> None:
        """Read free/busy of all who are not known to the second, in batches."""
        window = TimeSpan(self._index.window.start, self._index.window.end + timedelta(days=1))
        names = list(self._watched.values())
        for at in range(0, len(names), LOADED_TOGETHER):
            now = self._clock.now()
            batch = [
                w for w in names[at : at + LOADED_TOGETHER]
                if not self._index.is_fresh(w.resource, now)
            ]  # fmt: skip
            if not batch:
                continue
            answers = await self._calendar.free_busy([w.mailbox for w in batch], window)
            for watched in batch:
                answer = answers[watched.mailbox]
                if answer.unknown is not None:
                    self._index.note_answer(watched.resource, answer.unknown, now)
                    self._index.put_unknown(watched.resource, answer.unknown)
                elif not self._index.is_fresh(watched.resource, now):
                    self._index.put_calendar(watched.resource, answer.items, now, window.end)
                await asyncio.sleep(0)

    async def _report(self) -> None:
        """Keep in the store which calendars do not answer, for `status`."""
        failing = {name: each.code for name, each in self._index.failures.items()}
        for resource in self._told.keys() - failing.keys():
            if resource in self._index.answered:
                await self._documents.remove(FAILURES, resource)
                del self._told[resource]
        for resource, code in failing.items():
            if self._told.get(resource) != code:
                await self._tell(resource, code)

    async def _tell(self, resource: str, code: str) -> None:
        document = await self._documents.read(FAILURES, resource)
        since = document.body.get("since") or self._index.failures[resource].since.isoformat()
        body = {"code": code, "since": since}
        try:
            await self._documents.write(
                FAILURES, resource, body, document.version, self._clock.now()
            )
        except DocumentConflict:
            return
        self._told[resource] = code


async def _forever(
    step: Callable[[], Awaitable[None]], pause: float, *, first_pause: float = 0.0
) -> None:
    # whoever is subscribed to by us must be able to reach us: our doors open a moment later
    await asyncio.sleep(first_pause)
    while True:
        try:
            await step()
        except BookingError as failure:
            log.warning("feed_store_failed", code=failure.code)
        except Exception:
            # a fault here must not end the process: without us every look is live
            log.exception("feed_failed")
        await asyncio.sleep(pause)


def _heed(watched: _Watched, event: str) -> None:
    """Do what a lifecycle notification asks for."""
    if event == "subscriptionRemoved":
        watched.subscription = None
    elif event == "reauthorizationRequired" and watched.subscription is not None:
        # as if it ended now: the next turn renews it
        watched.subscription = replace(watched.subscription, ends_at=EVER)
    if event in {"missed", "subscriptionRemoved"}:
        watched.link = None
        watched.window = None


def _subscription_of(document: Document, mailbox: str) -> Subscription | None:
    body = document.body
    if "id" not in body:
        return None
    return Subscription(str(body["id"]), mailbox, datetime.fromisoformat(str(body["ends_at"])))


def _calendars(business: Business) -> Iterable[_Watched]:
    for member in business.staff:
        yield _Watched(staff_resource(member.id), member.mailbox)
    for resource in business.resources:
        if resource.mailbox:
            for unit in resource.unit_ids:
                yield _Watched(unit, resource.mailbox)
