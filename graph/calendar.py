"""The Calendar port on Outlook."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from graph import wire
from graph.client import USER, Call, GraphClient
from graph.errors import (
    Conflict,
    DuplicateTransaction,
    Forbidden,
    GraphError,
    ItemNotFound,
    NotFound,
    PreconditionFailed,
    Throttled,
    Transient,
    Unauthorized,
)
from graph.retry import REAL_PACE, Pace, read_within
from scheduling.ports import EventDraft, FreeBusy, WrittenEvent
from scheduling.timespan import TimeSpan

BATCH = 20
"""Mailboxes of one getSchedule: learn.microsoft.com/graph/outlook-get-free-busy-schedule."""
LONGEST = timedelta(days=60)
"""Of one getSchedule: under 62 days, less the hour that is added on each side."""
BATCHES_AT_ONCE = 16
LARGE_ANSWER = 50_000
"""Bytes from which an answer is read beside the loop: 20 busy months take a tenth of a second."""
FREE_BUSY_SECONDS = 6.0
"""Budget of one look at free/busy, all batches and repeats included: a customer is waiting."""
READ_BACK_SECONDS = 6.0
"""Budget of a look at one event; with the write it stays below the lease of a job."""
LINK_PAUSE_SECONDS = 0.5
MOST_PAGES = 10
SWEEP_SECONDS, MOST_SWEPT_PAGES, PAGE_SIZE = 120.0, 200, "50"
"""Of a look at all events of a calendar, for which nobody waits."""
MOST_CHANGES = 5
"""Tries to change an event that somebody else changes at the same time."""

EVENT_ID = "event%2Did"
SCHEDULE = "/users/{user%2Did}/calendar/getSchedule"
EVENTS = "/users/{user%2Did}/events"
VIEW = "/users/{user%2Did}/calendarView"
EVENT = "/users/{user%2Did}/events/{event%2Did}"


@dataclass(frozen=True, slots=True)
class _Look:
    """What one batch is asked, and until when."""

    span: TimeSpan
    deadline: float
    gate: asyncio.Semaphore


class OutlookCalendar:
    """Reads free/busy and writes events of staff members' default calendars."""

    def __init__(
        self,
        client: GraphClient,
        zones: Mapping[str, str] | None = None,
        pace: Pace = REAL_PACE,
    ) -> None:
        """`zones`: IANA zone of each mailbox, UTC where it is not named."""
        self._client = client
        self._zones = {mailbox.lower(): zone for mailbox, zone in (zones or {}).items()}
        self._pace = pace
        self._asked = 0

    async def free_busy(self, mailboxes: Sequence[str], span: TimeSpan) -> Mapping[str, FreeBusy]:
        """Return one answer per mailbox; whoever did not answer in time is unknown."""
        deadline = self._pace.deadline(FREE_BUSY_SECONDS)
        gate = asyncio.Semaphore(BATCHES_AT_ONCE)
        names = list({mailbox.lower(): mailbox for mailbox in mailboxes}.values())
        looks = [
            self._look(batch, _Look(part, deadline, gate))
            for batch in self._batches(names)
            for part in _parts(span)
        ]
        found: dict[str, FreeBusy] = {}
        for answers in await asyncio.gather(*looks):
            for mailbox, answer in answers.items():
                found[mailbox.lower()] = _joined(found.get(mailbox.lower()), answer)
        return {mailbox: found[mailbox.lower()] for mailbox in mailboxes}

    def _batches(self, mailboxes: Sequence[str]) -> list[Sequence[str]]:
        """Return the mailboxes of one zone together, at most as many as one call takes."""
        by_zone: dict[str, list[str]] = {}
        for mailbox in mailboxes:
            by_zone.setdefault(self._zone(mailbox), []).append(mailbox)
        return [
            group[i : i + BATCH] for group in by_zone.values() for i in range(0, len(group), BATCH)
        ]

    def _zone(self, mailbox: str) -> str:
        return self._zones.get(mailbox.lower(), "UTC")

    async def _look(self, mailboxes: Sequence[str], look: _Look) -> Mapping[str, FreeBusy]:
        left = list(mailboxes)
        answers: dict[str, FreeBusy] = {}
        while left:
            # 4 at once is per mailbox in the path: each staff member's in turn, not one for all
            self._asked += 1
            path = left[self._asked % len(left)]
            try:
                return {**answers, **await self._ask(path, left, look)}
            except (NotFound, Forbidden) as failure:
                # gone, or outside of our scope: that says nothing about its colleagues
                answers[path] = FreeBusy(unknown=failure.code)
                left.remove(path)
            except GraphError as failure:
                return {**answers, **_all_unknown(left, failure.code)}
        return answers

    async def _ask(
        self, path: str, mailboxes: Sequence[str], look: _Look
    ) -> Mapping[str, FreeBusy]:
        body = wire.schedule_request(mailboxes, look.span, self._zone(path))

        async def ask() -> Mapping[str, FreeBusy]:
            async with look.gate:
                answer = await self._client.send(Call("POST", SCHEDULE, {USER: path}, body=body))
            if len(answer) < LARGE_ANSWER:
                return _read_schedules(answer, mailboxes)
            return await asyncio.to_thread(_read_schedules, answer, mailboxes)

        return await read_within(look.deadline, ask, self._pace)

    async def write_event(self, draft: EventDraft, *, again: bool = False) -> WrittenEvent:
        """Create the event once and read it back.

        `again`: an earlier attempt may have written it, so it is looked for first. Outlook itself
        answers a repeated transactionId with the first event, but for how long is not promised.
        """
        if again and (found := await self._find(draft)):
            return await self._read_back(draft, found)
        try:
            answer = await self._client.send(
                Call("POST", EVENTS, {USER: draft.mailbox}, body=wire.event_request(draft))
            )
            event_id = wire.read(wire.EventBody, answer).id
        except (Throttled, Unauthorized):
            raise
        except (Transient, Conflict) as failure:
            # the answer is lost or says "exists": what stands in the calendar decides
            event_id = await self._find(draft) or _named(failure)
            if not event_id:
                raise
        return await self._read_back(draft, event_id)

    async def find_event(self, draft: EventDraft) -> WrittenEvent | None:
        """Return the event that stands for the booking.

        NotFound: the mailbox does not answer, which says nothing about its events.
        """
        found = await self._find(draft)
        if not found:
            return None
        try:
            return (await self._event(draft.mailbox, found)).written()
        except ItemNotFound as missing:
            # listed a moment ago: deleted since, or out of sight for some seconds
            raise Transient("not_visible_yet", status=404) from missing

    async def read_event(self, mailbox: str, event_id: str) -> WrittenEvent | None:
        """Return the event, or None where it is gone; NotFound as above."""
        try:
            return (await self._event(mailbox, event_id)).written()
        except ItemNotFound:
            return None

    async def event_span(self, mailbox: str, event_id: str) -> TimeSpan | None:
        """Return where the event stands now; None where it does not, or nobody answers in time."""
        deadline = self._pace.deadline(FREE_BUSY_SECONDS)
        try:
            event = await read_within(deadline, lambda: self._event(mailbox, event_id), self._pace)
            return None if event.is_cancelled else event.written().span
        except GraphError:
            return None

    async def update_event(self, event_id: str, draft: EventDraft) -> WrittenEvent:
        """Write times and texts; an event changed meanwhile is read again.

        A change may be repeated freely: it says how things are to be, not what to add.
        """
        for left in reversed(range(MOST_CHANGES)):
            try:
                await self._change(event_id, draft)
                break
            except PreconditionFailed:
                if not left:
                    raise
        return await self._read_back(draft, event_id)

    async def _change(self, event_id: str, draft: EventDraft) -> None:
        event = await self._event(draft.mailbox, event_id)
        if event.written().booking_id != draft.booking_id:
            raise Conflict("foreign_event", status=200)
        call = Call(
            "PATCH",
            EVENT,
            {USER: draft.mailbox, EVENT_ID: event_id},
            body=wire.event_change(draft, event),
            if_match=event.etag,
        )
        await self._client.send(call)

    async def cancel_event(self, mailbox: str, event_id: str, comment: str) -> None:
        """Take the event out; attendees are told by Outlook. One already gone is no error."""
        values = {USER: mailbox, EVENT_ID: event_id}
        try:
            event = await self._event(mailbox, event_id)
            if event.is_cancelled:
                return
            if event.attendees:
                body = wire.comment(comment)
                await self._client.send(Call("POST", EVENT + "/cancel", values, body=body))
            else:
                await self._client.send(Call("DELETE", EVENT, values))
        except ItemNotFound:
            return

    async def _event(self, mailbox: str, event_id: str) -> wire.EventBody:
        call = Call(
            "GET",
            EVENT,
            {USER: mailbox, EVENT_ID: event_id},
            query={"$expand": wire.booking_expand()},
        )
        return wire.read(wire.EventBody, await self._client.send(call))

    async def marked_events(self, mailbox: str, span: TimeSpan) -> Sequence[WrittenEvent]:
        """Return all events of a span that carry our mark, for whichever booking."""
        call = Call(
            "GET",
            VIEW,
            {USER: mailbox},
            query={**wire.view_query(span), "$expand": wire.booking_expand(), "$top": PAGE_SIZE},
        )
        deadline = self._pace.deadline(SWEEP_SECONDS)
        found: list[WrittenEvent] = []
        for _ in range(MOST_SWEPT_PAGES):
            page = await read_within(deadline, lambda: self._page(call), self._pace)  # noqa: B023
            marked = (each for each in page.value if each.single_value_extended_properties)
            found += [event for event in (e.written() for e in marked) if event.booking_id]
            if not page.next_link:
                return found
            call = Call("GET", VIEW, {USER: mailbox}, link=page.next_link)
        raise Transient("too_many_pages", status=200)

    async def _find(self, draft: EventDraft) -> str | None:
        """Return the id of the booking's event by our mark on it."""
        call = Call(
            "GET",
            EVENTS,
            {USER: draft.mailbox},
            query={
                "$filter": wire.booking_filter(draft.booking_id),
                "$expand": wire.booking_expand(),
            },
        )
        deadline = self._pace.deadline(READ_BACK_SECONDS)
        for _ in range(MOST_PAGES):
            page = await read_within(deadline, lambda: self._page(call), self._pace)  # noqa: B023
            if event_id := _living(page.value, draft.booking_id):
                return event_id
            if not page.next_link:
                return None
            call = Call("GET", EVENTS, {USER: draft.mailbox}, link=page.next_link)
        raise Transient("too_many_pages", status=200)

    async def _page(self, call: Call) -> wire.Events:
        return wire.read(wire.Events, await self._client.send(call))

    async def _read_back(self, draft: EventDraft, event_id: str) -> WrittenEvent:
        """Return what stands in the calendar, which must be what was to be written."""
        event = await self._standing(draft.mailbox, event_id)
        if draft.online_meeting and not event.join_url:
            # the link may come a moment late, or never where the tenant has no Teams
            await self._pace.sleep(LINK_PAUSE_SECONDS)
            event = await self._standing(draft.mailbox, event_id)
        written = event.written()
        is_right = written.booking_id == draft.booking_id and written.span == draft.span
        if not is_right or written.is_cancelled:
            raise Transient("read_back_differs", status=200)
        return written

    async def _standing(self, mailbox: str, event_id: str) -> wire.EventBody:
        """Return an event known to exist: it may be out of sight for some seconds."""

        async def look() -> wire.EventBody:
            try:
                return await self._event(mailbox, event_id)
            except ItemNotFound as missing:
                raise Transient("not_visible_yet", status=404) from missing

        deadline = self._pace.deadline(READ_BACK_SECONDS)
        return await read_within(deadline, look, self._pace)


def _read_schedules(answer: bytes, mailboxes: Sequence[str]) -> Mapping[str, FreeBusy]:
    return wire.free_busy(wire.read(wire.Schedules, answer), mailboxes)


def _named(failure: GraphError) -> str:
    return failure.existing_event_id if isinstance(failure, DuplicateTransaction) else ""


def _living(events: Iterable[wire.EventBody], booking_id: str) -> str | None:
    ours = (e for e in events if not e.is_cancelled and e.written().booking_id == booking_id)
    return next((event.id for event in ours), None)


def _parts(span: TimeSpan) -> Iterator[TimeSpan]:
    start = span.start
    while start < span.end:
        end = min(start + LONGEST, span.end)
        yield TimeSpan(start, end)
        start = end


def _all_unknown(mailboxes: Sequence[str], code: str) -> dict[str, FreeBusy]:
    return {mailbox: FreeBusy(unknown=code) for mailbox in mailboxes}


def _joined(before: FreeBusy | None, more: FreeBusy) -> FreeBusy:
    """Join the parts of a long span; one part unknown makes the mailbox unknown."""
    if before is None or more.unknown is not None:
        return more
    return before if before.unknown is not None else FreeBusy(before.items + more.items)
