"""Keeps the record of outages in the store: one running, however many processes hear of it.

Each process adds what it heard; whichever is answered first ends it. While it lasts, one question
every quarter of a minute finds out when it is over, so that no customer has to.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog
from pydantic import TypeAdapter

from scheduling.clock import Clock
from scheduling.errors import BookingError, DocumentConflict
from scheduling.outage import Outage, OutageWatch, ended, opened, with_news
from scheduling.ports import Document, DocumentStore

log = structlog.get_logger(__name__)

OUTAGES = "outage"
RUNNING = "running"
"""Key of the one that goes on; those that are over stand under their own ids."""
TURN_SECONDS = 1.0
ASK_EVERY = timedelta(seconds=15)
COMPARE_EVERY = timedelta(seconds=30)
"""How often a process that is answered looks whether another one left an outage open."""

_FORM = TypeAdapter(Outage)
Ask = Callable[[], Awaitable[object]]
"""Asks one calendar; whether it answered is heard at the door."""


class OutageBook:
    """What one process writes down of outages."""

    def __init__(
        self, documents: DocumentStore, watch: OutageWatch, clock: Clock, ask: Ask
    ) -> None:
        self._documents = documents
        self._watch = watch
        self._clock = clock
        self._ask = ask
        self._asked_at: datetime | None = None
        self._compared_at: datetime | None = None
        self._id = ""

    async def run(self) -> None:
        """Work until cancelled."""
        has_started = await _done(self.start)
        while not has_started:
            await asyncio.sleep(TURN_SECONDS)
            has_started = await _done(self.start)
        while True:
            await _done(self.follow)
            await asyncio.sleep(TURN_SECONDS)

    async def start(self) -> None:
        """Go on with an outage that began before this process."""
        outage, _ = await self._running()
        if outage is not None:
            self._watch.resume(outage.since, outage.kind)
            self._id = outage.id

    async def follow(self) -> None:
        """Write down what was heard, and ask whether it is over."""
        now = self._clock.now()
        if self._watch.is_away and _is_due(self._asked_at, ASK_EVERY, now):
            self._asked_at = now
            await self._ask()
        if self._watch.is_away:
            await self._go_on()
        elif self._watch.ended_by is not None:
            await self._close()
        elif _is_due(self._compared_at, COMPARE_EVERY, now):
            self._compared_at = now
            await self._close_for_others()

    async def _go_on(self) -> None:
        outage, document = await self._running()
        if outage is None and self._id:
            # another process was answered
            self._watch.end()
            self._id = ""
            return
        if outage is None:
            outage = opened(secrets.token_hex(8), self._watch)
            log.error("outage_began", kind=outage.kind, since=outage.since.isoformat())
        news = self._watch.take_news()
        if document.version and self._id == outage.id and not news.failed and not news.refused:
            return
        try:
            await self._write(RUNNING, with_news(outage, news), document.version)
        except BookingError:
            self._watch.give_back(news)
            raise
        self._id = outage.id

    async def _close(self) -> None:
        """Move the record to those that are over; repeated after a crash, it is the same one."""
        outage, document = await self._running()
        news, end = self._watch.take_news(), self._watch.ended_by
        assert end is not None
        if outage is None and (self._id or not news.failed):
            # another process closed it
            self._watch.end()
            self._id = ""
            return
        if outage is None:
            # over before it was a second old
            first = news.failed[0]
            outage = Outage(secrets.token_hex(8), first.kind, first.at, first.at)
        over = ended(with_news(outage, news), end)
        try:
            await self._write(over.id, over, 0)
        except DocumentConflict:
            log.debug("outage_closed_before")
        except BookingError:
            self._watch.give_back(news)
            raise
        if document.version:
            await self._documents.write(OUTAGES, RUNNING, {}, document.version, self._clock.now())
        self._watch.ended_by, self._id = None, ""
        log.warning("outage_over", kind=over.kind, since=over.since.isoformat())

    async def _close_for_others(self) -> None:
        """End what another process left open, if this one was answered since it last failed."""
        outage, _ = await self._running()
        answered = self._watch.last_answered
        if outage is None or answered is None:
            return
        if answered > max((s.at for s in (*outage.first, *outage.last)), default=outage.since):
            self._watch.resume(outage.since, outage.kind)
            self._id = outage.id
            await self._ask()

    async def _running(self) -> tuple[Outage | None, Document]:
        document = await self._documents.read(OUTAGES, RUNNING)
        return (_FORM.validate_python(document.body) if document.body else None), document

    async def _write(self, key: str, outage: Outage, version: int) -> None:
        body = _FORM.dump_python(outage, mode="json")
        await self._documents.write(OUTAGES, key, body, version, self._clock.now())


async def running_outage(documents: DocumentStore) -> Outage | None:
    """Return the outage that goes on."""
    body = (await documents.read(OUTAGES, RUNNING)).body
    return _FORM.validate_python(body) if body else None


async def outages(documents: DocumentStore) -> list[Outage]:
    """Return all that were written down, the running one included, by their beginning."""
    kept = await documents.all(OUTAGES)
    found = {k: _FORM.validate_python(each.body) for k, each in kept.items() if k != RUNNING}
    if running := await running_outage(documents):
        found.setdefault(running.id, running)
    return sorted(found.values(), key=lambda each: each.since)


def _is_due(last: datetime | None, every: timedelta, now: datetime) -> bool:
    return last is None or now - last >= every


async def _done(step: Callable[[], Awaitable[None]]) -> bool:
    try:
        await step()
    except BookingError as failure:
        log.warning("outage_not_written", code=failure.code)
        return False
    except Exception:
        # a fault here must not end the process: the bookings do without the record
        log.exception("outage_not_written")
        return False
    return True
