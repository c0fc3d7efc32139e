"""The Calendar port on Outlook."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import timedelta

from graph import wire
from graph.client import Call, GraphClient
from graph.errors import Conflict, GraphError, NotFound, PreconditionFailed, Throttled, Transient
from scheduling.ports import EventDraft, FreeBusy, WrittenEvent
from scheduling.timespan import TimeSpan

BATCH = 20
"""Mailboxes of one getSchedule: learn.microsoft.com/graph/outlook-get-free-busy-schedule."""
LONGEST = timedelta(days=60)
READ_SECONDS = 8.0
"""Budget of one look at free/busy, repeats included: a customer is waiting."""
READ_ATTEMPTS = 3

USER = "user%2Did"
EVENTS = "/users/{user%2Did}/events"
EVENT = "/users/{user%2Did}/events/{event%2Did}"

Sleep = Callable[[float], Awaitable[None]]


class OutlookCalendar:
    """Reads free/busy and writes events of staff members' default calendars."""

    def __init__(
        self,
        client: GraphClient,
        zones: Mapping[str, str] | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """`zones`: IANA zone of each mailbox, UTC where it is not named."""
        self._client = client
        self._zones = {mailbox.lower(): zone for mailbox, zone in (zones or {}).items()}
        self._sleep = sleep

    async def free_busy(self, mailboxes: Sequence[str], span: TimeSpan) -> Mapping[str, FreeBusy]:
        """Return one answer per mailbox; whoever did not answer in time is unknown."""
        batches = self._batches(mailboxes)
        looks = [self._look(batch, part) for batch in batches for part in _parts(span)]
        found: dict[str, FreeBusy] = {}
        for answers in await asyncio.gather(*looks):
            for mailbox, answer in answers.items():
                found[mailbox] = _joined(found.get(mailbox), answer)
        return found

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

    async def _look(self, mailboxes: Sequence[str], span: TimeSpan) -> Mapping[str, FreeBusy]:
        try:
            async with asyncio.timeout(READ_SECONDS):
                return await self._ask(mailboxes, span)
        except TimeoutError:
            return _all_unknown(mailboxes, "timeout")
        except GraphError as failure:
            if isinstance(failure, NotFound) and len(mailboxes) > 1:
                # the mailbox in the path is gone: that says nothing about its colleagues
                rest = await self._look(mailboxes[1:], span)
                return {**_all_unknown(mailboxes[:1], failure.code), **rest}
            return _all_unknown(mailboxes, failure.code)

    async def _ask(self, mailboxes: Sequence[str], span: TimeSpan) -> Mapping[str, FreeBusy]:
        call = Call(
            "POST",
            "/users/{user%2Did}/calendar/getSchedule",
            # 4 at once is per mailbox in the path: a staff member's, not one for all
            {USER: mailboxes[0]},
            body=wire.schedule_request(mailboxes, span, self._zone(mailboxes[0])),
        )
        for attempt in range(1, READ_ATTEMPTS + 1):
            try:
                answer = await self._client.send(call)
                return wire.free_busy(wire.read(wire.Schedules, answer), mailboxes)
            except Transient as failure:
                if attempt == READ_ATTEMPTS:
                    raise
                await self._sleep(_pause(failure, attempt))
        raise Transient("not_asked")

    async def write_event(self, draft: EventDraft, *, again: bool = False) -> WrittenEvent:
        """Create the event once and read it back.

        `again`: an earlier attempt may have written it, so it is looked for first. Outlook itself
        answers a repeated transactionId with the first event, but for how long is not promised.
        """
        if again and (found := await self._find(draft)):
            return found
        try:
            answer = await self._client.send(
                Call("POST", EVENTS, {USER: draft.mailbox}, body=wire.event_request(draft))
            )
            event_id = wire.read(wire.EventBody, answer).id
        except (Throttled, NotFound):
            raise
        except (Transient, Conflict):
            # the answer is lost or says "exists": what stands in the calendar decides
            if found := await self._find(draft):
                return found
            raise
        return await self._read_back(draft, event_id)

    async def read_event(self, mailbox: str, event_id: str) -> WrittenEvent | None:
        """Return the event, or None where it is gone."""
        try:
            return (await self._event(mailbox, event_id)).written()
        except NotFound:
            return None

    async def update_event(self, event_id: str, draft: EventDraft) -> WrittenEvent:
        """Write times and texts; an event changed meanwhile is read again, once."""
        for is_last in (False, True):
            event = await self._event(draft.mailbox, event_id)
            call = Call(
                "PATCH",
                EVENT,
                {USER: draft.mailbox, "event%2Did": event_id},
                body=wire.event_change(draft),
                if_match=event.etag,
            )
            try:
                await self._client.send(call)
                break
            except PreconditionFailed:
                if is_last:
                    raise
        return (await self._event(draft.mailbox, event_id)).written()

    async def cancel_event(self, mailbox: str, event_id: str, comment: str) -> None:
        """Take the event out; attendees are told by Outlook. One already gone is no error."""
        values = {USER: mailbox, "event%2Did": event_id}
        try:
            event = await self._event(mailbox, event_id)
            if event.is_cancelled:
                return
            if event.attendees:
                body = wire.comment(comment)
                await self._client.send(Call("POST", EVENT + "/cancel", values, body=body))
            else:
                await self._client.send(Call("DELETE", EVENT, values))
        except NotFound:
            return

    async def _event(self, mailbox: str, event_id: str) -> wire.EventBody:
        call = Call(
            "GET",
            EVENT,
            {USER: mailbox, "event%2Did": event_id},
            query={"$expand": wire.booking_expand()},
        )
        return wire.read(wire.EventBody, await self._client.send(call))

    async def _find(self, draft: EventDraft) -> WrittenEvent | None:
        call = Call(
            "GET",
            EVENTS,
            {USER: draft.mailbox},
            query={
                "$filter": wire.booking_filter(draft.booking_id),
                "$expand": wire.booking_expand(),
            },
        )
        events = wire.read(wire.Events, await self._client.send(call)).value
        living = [event.written() for event in events if not event.is_cancelled]
        return next((e for e in living if e.booking_id == draft.booking_id), None)

    async def _read_back(self, draft: EventDraft, event_id: str) -> WrittenEvent:
        event = await self._event(draft.mailbox, event_id)
        if draft.online_meeting and not (event.online_meeting and event.online_meeting.join_url):
            # the link may come a moment late
            event = await self._event(draft.mailbox, event_id)
        written = event.written()
        if written.booking_id != draft.booking_id or written.span != draft.span:
            raise Transient("read_back_differs", status=200)
        return written


def _pause(failure: Transient, attempt: int) -> float:
    if failure.retry_after is not None:
        return failure.retry_after.total_seconds()
    return 0.3 * float(2 ** (attempt - 1)) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter


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
