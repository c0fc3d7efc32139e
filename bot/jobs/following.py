"""Bookings follow their events in Outlook.

What the feeder reads only raises a doubt about a booking. A doubt is settled by a look at the
event itself, twice, some seconds apart: so neither a late page of changes nor a notification told
late, twice or in the wrong order can move or cancel anything, and an event that is being dragged
about is followed once. Doubts live in memory: a process that starts reads all calendars whole.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.calendar_entries import event_draft
from bot.events import Done, Handler
from bot.jobs.feed_state import pause_after
from scheduling.booking import STAFF, Booking, BookingState
from scheduling.catalog import Business
from scheduling.clock import Clock
from scheduling.desk import Change, Following, change_of
from scheduling.errors import BookingError, TimeHeld, TransitionRefused, UnknownBooking
from scheduling.following import FollowedBookings, MarkedEvents
from scheduling.outbox import Job, JobKind, Promise, cancelling_event
from scheduling.ports import Calendar, CalendarChanges, WrittenEvent
from scheduling.timespan import TimeSpan

log = structlog.get_logger(__name__)

STEP_SECONDS = 1.0
SETTLED_AFTER = timedelta(seconds=10)
"""How long an event has to stand still before its booking follows."""
HELD_AGAIN = timedelta(minutes=1)
LOOKS_AT_ONCE = 20
VANISHED_TOGETHER = timedelta(minutes=10)
MOST_VANISHED, MOST_OF_ALL = 5, 0.2
"""More events of one calendar, in number and in share, do not vanish at once by intention."""
FAR = timedelta(days=800)
SWEEP_EVERY, SWEPT_AHEAD = timedelta(hours=6), timedelta(days=400)
STRAY_AFTER = timedelta(hours=1)
"""Longer than what takes an event out is tried again and again."""

CodeOf = Callable[[Exception], str | None]
"""Adapter's failure -> a short code; None = not one it knows."""
_Seen = tuple[TimeSpan, bool] | None


@dataclass(slots=True)
class Doubt:
    """A booking whose event may stand otherwise; `seen` since then, with that version."""

    booking_id: str
    look_at: datetime
    seen: _Seen = None
    version: int = 0
    since: datetime | None = None
    tries: int = 0

    def is_settled(self, seen: _Seen, version: int, now: datetime) -> bool:
        """Take in a look; tell whether the event has stood like that for long enough."""
        if self.since is None or (seen, version) != (self.seen, self.version):
            self.seen, self.version, self.since = seen, version, now
        return now - self.since >= SETTLED_AFTER


class Follower:
    """Keeps bookings where their events are; `run` takes its steps again and again."""

    def __init__(  # noqa: PLR0913 - its ports
        self,
        *,
        business: Business,
        calendar: Calendar,
        marked: MarkedEvents,
        store: FollowedBookings,
        following: Following,
        code_of: CodeOf,
        clock: Clock,
    ) -> None:
        self._business = business
        self._calendar = calendar
        self._marked = marked
        self._store = store
        self._following = following
        self._code_of = code_of
        self._clock = clock
        self._doubts: dict[str, Doubt] = {}
        self._vanished: dict[str, list[datetime]] = {}

    def handlers(self) -> Mapping[str, Handler]:
        """Return the handler of what a person took up again."""
        return {JobKind.FOLLOW_VANISHED: self._follow_vanished}

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._step_forever())
            tasks.create_task(self._sweep_forever())

    async def _step_forever(self) -> None:
        while True:
            await asyncio.sleep(STEP_SECONDS)
            try:
                await self.step()
            except Exception:
                # a fault here must not end the process: the sweep comes again
                log.exception("following_failed")

    async def _sweep_forever(self) -> None:
        pause = SWEEP_EVERY / max(len(self._business.staff), 1)
        while True:
            for member in self._business.staff:
                await asyncio.sleep(pause.total_seconds())
                try:
                    await self.sweep(member.id)
                except Exception as failure:  # noqa: BLE001 - logged by its code
                    code = self._code_of(failure)
                    log.warning("calendar_not_swept", staff=member.id, code=code)

    async def sweep(self, staff_id: str) -> None:
        """Compare a calendar with the store, both ways.

        A booking whose event is not there is doubted. An event of a booking given up long enough
        ago is taken out: whoever wrote it came late. So is a second one of a booking that stands.
        """
        now = self._clock.now()
        ahead = TimeSpan(now, now + SWEPT_AHEAD)
        known = await self._store.written_in(staff_id, ahead)
        mailbox = self._business.staff_member(staff_id).mailbox
        events = [
            e for e in await self._marked.marked_events(mailbox, ahead) if not e.is_cancelled
        ]
        there = {event.event_id: event.span for event in events}
        for booking in known:
            if there.get(booking.event_id or "") != booking.span:
                self._doubts.setdefault(booking.id, Doubt(booking.id, now))
        for event in events:
            await self._settle_marked(staff_id, event, now)

    async def _settle_marked(self, staff_id: str, event: WrittenEvent, now: datetime) -> None:
        try:
            booking = await self._store.booking(event.booking_id)
        except UnknownBooking:
            # of another store, or of one restored from before it: not ours to delete
            log.warning("event_of_nobody", staff=staff_id)
            return
        digest = hashlib.sha256(event.event_id.encode()).hexdigest()[:16]
        taking_out = partial(
            cancelling_event, booking.id, event_id=event.event_id, staff_id=staff_id
        )
        ended = booking.cancelled_at
        if ended is not None and now - ended >= STRAY_AFTER:
            log.warning("stray_event", booking=booking.id, staff=staff_id)
            await self._store.promise(taking_out(f"stray:{digest}"), now)
        elif booking.state is BookingState.BOOKED and await self._is_second(booking, event):
            is_ours = _is_left_by_us(booking, event, staff_id)
            log.warning("second_event", booking=booking.id, staff=staff_id, is_ours=is_ours)
            second = taking_out(f"second:{booking.version}:{digest}")
            parked = "" if is_ours else "second_event"
            await self._store.promise(replace(second, parked=parked), now)

    async def _is_second(self, booking: Booking, event: WrittenEvent) -> bool:
        """Tell whether another one stands for the booking, and not this under a new id."""
        if event.event_id == booking.event_id or not booking.event_id:
            return False
        mailbox = self._business.staff_member(booking.event_staff_id).mailbox
        first = await self._calendar.read_event(mailbox, booking.event_id)
        return first is not None and not first.is_cancelled

    async def on_read(self, resource: str, window: TimeSpan, changes: CalendarChanges) -> None:
        """Doubt the bookings whose events are not where they should be."""
        if not resource.startswith(STAFF):
            return
        staff_id = resource.removeprefix(STAFF)
        where = {item.event_id: item.span for item in changes.items}
        if changes.is_whole:
            known = await self._store.written_in(staff_id, window)
        else:
            known = await self._store.of_events(staff_id, [*where, *changes.gone])
        now = self._clock.now()
        for booking in known:
            stands = where.get(booking.event_id or "") == booking.span
            if not stands or booking.astray:
                self._doubts.setdefault(booking.id, Doubt(booking.id, now))

    async def step(self) -> None:
        """Look at what is due; what vanished is taken together, calendar by calendar."""
        now = self._clock.now()
        due = [doubt for doubt in self._doubts.values() if doubt.look_at <= now]
        gone: dict[str, list[Booking]] = {}
        for doubt in due[:LOOKS_AT_ONCE]:
            booking = await self._looked(doubt, now)
            if booking is not None:
                gone.setdefault(booking.event_staff_id, []).append(booking)
        for staff_id, bookings in gone.items():
            await self._take_vanished(staff_id, bookings, now)

    async def _looked(self, doubt: Doubt, now: datetime) -> Booking | None:
        """Settle a doubt where that is possible now; return the booking whose event is gone."""
        try:
            return await self._look(doubt, now)
        except UnknownBooking:
            self._doubts.pop(doubt.booking_id, None)
        except TransitionRefused:
            # changed meanwhile, by us or by another process
            doubt.since = None
        except TimeHeld:
            doubt.look_at = now + HELD_AGAIN
        except Exception as failure:  # noqa: BLE001 - counted and logged by its code
            self._put_off(doubt, failure, now)
        return None

    def _put_off(self, doubt: Doubt, failure: Exception, now: datetime) -> None:
        code = failure.code if isinstance(failure, BookingError) else self._code_of(failure)
        if code is None:
            log.exception("following_failed", booking=doubt.booking_id, exc_info=failure)
        else:
            log.warning("event_not_read", booking=doubt.booking_id, code=code)
        doubt.look_at = now + pause_after(doubt.tries)
        doubt.tries += 1

    async def _look(self, doubt: Doubt, now: datetime) -> Booking | None:
        # the booking first: what is written in between raises its version
        booking = await self._store.booking(doubt.booking_id)
        if change_of(booking, None, now) is not Change.GONE:
            self._wait_or_drop(doubt, change_of(booking, None, now), now)
            return None
        event = await self._event(booking)
        doubt.tries = 0
        change = change_of(booking, event, now)
        if change is Change.NONE:
            self._wait_or_drop(doubt, change, now)
            return None
        stands = event is not None and not event.is_cancelled
        seen = (event.span, event.is_all_day) if event is not None and stands else None
        if not doubt.is_settled(seen, booking.version, now):
            doubt.look_at = now + SETTLED_AFTER
            return None
        if change is Change.GONE:
            return booking
        came_to = await self._following.follow(booking, change, event)
        log.info("event_followed", booking=booking.id, change=came_to)
        self._doubts.pop(booking.id, None)
        return None

    def _wait_or_drop(self, doubt: Doubt, change: Change, now: datetime) -> None:
        if change is Change.WRITING:
            doubt.look_at = now + SETTLED_AFTER
        else:
            self._doubts.pop(doubt.booking_id, None)

    async def _event(self, booking: Booking) -> WrittenEvent | None:
        """Return the event; one that is gone is looked for by our mark, it may have a new id."""
        mailbox = self._business.staff_member(booking.event_staff_id).mailbox
        event = await self._calendar.read_event(mailbox, booking.event_id or "")
        if event is not None and not event.is_cancelled:
            return event
        return await self._calendar.find_event(event_draft(booking, self._business))

    async def _take_vanished(self, staff_id: str, bookings: list[Booking], now: datetime) -> None:
        """Cancel what the staff took out; where too much is gone, a person decides."""
        recent = [at for at in self._vanished.get(staff_id, []) if now - at < VANISHED_TOGETHER]
        standing = await self._store.written_in(staff_id, TimeSpan(now, now + FAR))
        count, of = len(recent) + len(bookings), len(recent) + len(standing)
        self._vanished[staff_id] = [*recent, *(now for _ in bookings)]
        if count > MOST_VANISHED and count > MOST_OF_ALL * of:
            await self._park(staff_id, bookings, now)
            return
        for booking in bookings:
            await self._cancelled(booking)

    async def _park(self, staff_id: str, bookings: Iterable[Booking], now: datetime) -> None:
        ids = ",".join(sorted(booking.id for booking in bookings))
        # by the day: who said once that they are gone has not said it of the next time
        which = hashlib.sha256(ids.encode()).hexdigest()[:32]
        key = f"vanished:{staff_id}:{now:%Y-%m-%d}:{which}"
        payload = {"staff": staff_id, "bookings": ids}
        parked = Promise(JobKind.FOLLOW_VANISHED, key, payload, parked="many_events_vanished")
        await self._store.promise(parked, now)
        log.error("many_events_vanished", staff=staff_id, events=ids.count(",") + 1)
        for booking in bookings:
            self._doubts.pop(booking.id, None)

    async def _cancelled(self, booking: Booking) -> None:
        try:
            await self._following.follow(booking, Change.GONE, None)
        except TransitionRefused:
            return
        log.info("event_followed", booking=booking.id, change=Change.GONE)
        self._doubts.pop(booking.id, None)

    async def _follow_vanished(self, job: Job) -> Done:
        """Cancel those that are still gone: a person has looked, and says that they are."""
        for booking_id in job.payload["bookings"].split(","):
            booking = await self._store.booking(booking_id)
            now = self._clock.now()
            if change_of(booking, None, now) is not Change.GONE:
                continue
            if change_of(booking, await self._event(booking), now) is Change.GONE:
                await self._cancelled(booking)
        return Done()


def _is_left_by_us(booking: Booking, event: WrittenEvent, staff_id: str) -> bool:
    """Tell whether a second event was written twice, or left by a move to somebody else.

    Anything else may be a copy that the staff have made: a person decides on that.
    """
    if staff_id == booking.event_staff_id:
        return event.span == booking.span
    return event.span.start == booking.moved_from
