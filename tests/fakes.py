"""One fake per port, keeping the port's promises in memory."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta

from scheduling.booking import (
    FREEING,
    STAFF,
    STANDING,
    Booking,
    BookingEvent,
    BookingState,
    CancelledBy,
    Details,
    HoldRequest,
    Workload,
    after,
    kept_back,
    new_id,
    new_number,
    was_answered,
)
from scheduling.catalog import BusyStatus
from scheduling.clock import Clock
from scheduling.errors import (
    BookingError,
    DocumentConflict,
    HoldExpired,
    LimitReached,
    SlotTaken,
    TooManyHolds,
    TransitionRefused,
    UnknownBooking,
)
from scheduling.occupancy import Claim, collide
from scheduling.outbox import Promise
from scheduling.ports import BusyItem, ChangedClaims, Document, EventDraft, FreeBusy, WrittenEvent
from scheduling.timespan import TimeSpan, second_at_or_after, whole_seconds

HOLDS_PER_OWNER = 2
REMEMBERED = timedelta(days=60)


class FixedClock:
    """Stands still until it is set; `clock.now_is` may be assigned."""

    def __init__(self, now: datetime) -> None:
        self.now_is = now

    def now(self) -> datetime:
        return self.now_is

    def advance(self, by: timedelta) -> None:
        self.now_is += by


class FakeCalendar:
    """The Calendar port: `entries` per mailbox, `unknown` ones do not answer, `failure` is raised
    by every call on events. `asked` records the free/busy questions, and `meanwhile` is done
    while one is on its way.
    """

    def __init__(self) -> None:
        self.entries: dict[str, list[BusyItem]] = {}
        self.unknown: dict[str, str] = {}
        self.is_down = False
        self.failure: Exception | None = None
        self.asked: list[tuple[tuple[str, ...], TimeSpan]] = []
        self.meanwhile: Callable[[], object] | None = None
        self.drafts: dict[str, EventDraft] = {}
        self.cancelled: set[str] = set()

    def put(self, mailbox: str, *items: BusyItem) -> None:
        self.entries.setdefault(mailbox, []).extend(items)

    async def free_busy(self, mailboxes: Sequence[str], span: TimeSpan) -> Mapping[str, FreeBusy]:
        self.asked.append((tuple(mailboxes), span))
        if self.meanwhile is not None:
            self.meanwhile()
        return {mailbox: self._answer(mailbox, span) for mailbox in mailboxes}

    def _answer(self, mailbox: str, span: TimeSpan) -> FreeBusy:
        if self.is_down or mailbox in self.unknown:
            return FreeBusy(unknown=self.unknown.get(mailbox, "timeout"))
        written = (
            BusyItem(draft.span, BusyStatus.BUSY)
            for event_id, draft in self.drafts.items()
            if draft.mailbox == mailbox and event_id not in self.cancelled
        )
        items = (*self.entries.get(mailbox, ()), *written)
        return FreeBusy(tuple(item for item in items if item.span.overlaps(span)))

    async def write_event(self, draft: EventDraft, *, again: bool = False) -> WrittenEvent:
        self._fail()
        event_id = f"event-{draft.booking_id}"
        self.drafts.setdefault(event_id, draft)
        return self._read(event_id)

    async def find_event(self, draft: EventDraft) -> WrittenEvent | None:
        self._fail()
        event_id = f"event-{draft.booking_id}"
        stands = event_id in self.drafts and event_id not in self.cancelled
        return self._read(event_id) if stands else None

    async def read_event(self, mailbox: str, event_id: str) -> WrittenEvent | None:
        self._fail()
        draft = self.drafts.get(event_id)
        return self._read(event_id) if draft is not None and draft.mailbox == mailbox else None

    async def event_span(self, mailbox: str, event_id: str) -> TimeSpan | None:
        draft = self.drafts.get(event_id)
        is_there = draft is not None and draft.mailbox == mailbox
        if not is_there or event_id in self.cancelled or self.is_down or self.failure:
            return None
        return draft.span

    async def update_event(self, event_id: str, draft: EventDraft) -> WrittenEvent:
        self._fail()
        self.drafts[event_id] = draft
        return self._read(event_id)

    async def cancel_event(self, mailbox: str, event_id: str, comment: str) -> None:
        self._fail()
        self.cancelled.add(event_id)

    def _read(self, event_id: str) -> WrittenEvent:
        draft = self.drafts[event_id]
        join_url = f"https://teams.example.test/{event_id}" if draft.online_meeting else None
        is_cancelled = event_id in self.cancelled
        return WrittenEvent(event_id, draft.booking_id, draft.span, join_url, is_cancelled)

    def _fail(self) -> None:
        if self.failure is not None:
            raise self.failure


class InMemoryStore:
    """The BookingStore port. `rivals` are claimed by somebody else in the moment before the next
    hold, so a test can lose a race; `promises` are what confirm committed.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.bookings: dict[str, Booking] = {}
        self.promises: list[Promise] = []
        self.rivals: list[HoldRequest] = []
        self.requests: list[HoldRequest] = []
        self._changed: list[str] = []
        self._sharing: set[str] = set()

    async def hold(self, request: HoldRequest, now: datetime) -> Booking:
        while self.rivals:
            self._claim(self.rivals.pop(), now)
        before = dict(self.bookings)
        self.requests.append(request)
        try:
            if request.replaces:
                await self.release_hold(request.replaces, request.owner, now)
            return self._claim(request, now)
        except BookingError:
            self.bookings = before
            raise

    def _claim(self, request: HoldRequest, now: datetime) -> Booking:
        others = [b for b in self._occupying() if b.party != request.moves]
        there = [b for b in others if self._is_in_the_way(b, request)]
        if any(not _is_over(booking, now) for booking in there):
            raise SlotTaken(request.assignment.staff_id)
        self._refuse_a_third_hold(request.owner, now)
        for cap in request.caps:
            living = [b for b in self.living(now) if b.party != request.moves]
            begun = [b for b in living if cap.resource in b.resources]
            if sum(cap.span.start <= b.span.start < cap.span.end for b in begun) >= cap.most:
                raise SlotTaken(request.assignment.staff_id)
        for booking in there:
            state = after(booking.state, BookingEvent.EXPIRE)
            self.put(replace(booking, state=state, hold_until=None))
        held = Booking(
            id=new_id(),
            number=new_number(),
            state=BookingState.HELD,
            service_id=request.service_id,
            staff_id=request.assignment.staff_id,
            reason=request.assignment.reason,
            span=request.span,
            busy=request.busy,
            owner=request.owner,
            created_at=now,
            hold_until=request.until,
            others=request.others,
            place_id=request.place_id,
            moves=request.moves,
            known_at=request.known_at,
        )
        if request.shares_buffers:
            self._sharing.add(held.id)
        return self.put(held)

    def _is_in_the_way(self, booking: Booking, request: HoldRequest) -> bool:
        both = set(booking.resources) & set(request.resources)
        # rooms do not travel
        is_person = any(name.startswith(STAFF) for name in both)
        way = request.travel.get(booking.place_id, 0) if is_person else 0
        wanted = Claim(
            *whole_seconds(request.span),
            *whole_seconds(request.busy),
            shares=request.shares_buffers,
        )
        return bool(both) and collide(wanted, self._kept(booking), way)

    def _kept(self, booking: Booking) -> Claim:
        return Claim(
            *whole_seconds(booking.span),
            *whole_seconds(booking.busy),
            shares=booking.id in self._sharing,
            place_id=booking.place_id,
            until=0 if booking.hold_until is None else second_at_or_after(booking.hold_until),
            booking_id=booking.party,
        )

    def _refuse_a_third_hold(self, owner: str, now: datetime, but_not: str = "") -> None:
        holds = [
            booking
            for booking in self.bookings.values()
            if booking.owner == owner
            and booking.id != but_not
            and booking.state is BookingState.HELD
            and not _is_over(booking, now)
        ]
        if len(holds) >= HOLDS_PER_OWNER:
            raise TooManyHolds(owner)

    async def extend_hold(
        self, booking_id: str, owner: str, until: datetime, now: datetime
    ) -> Booking:
        booking = self._own(booking_id, owner)
        if booking.state is not BookingState.HELD:
            raise HoldExpired(booking_id)
        self._refuse_a_third_hold(owner, now, but_not=booking_id)
        return self.put(replace(booking, hold_until=until))

    async def release_hold(self, booking_id: str, owner: str, now: datetime) -> None:
        booking = self.bookings.get(booking_id)
        if booking and booking.owner == owner and booking.state is BookingState.HELD:
            state = after(booking.state, BookingEvent.RELEASE)
            self.put(replace(booking, state=state, hold_until=None))

    async def confirm(
        self,
        booking_id: str,
        owner: str,
        details: Details,
        promises: Sequence[Promise],
        now: datetime,
        *,
        limit: int | None = None,
        decide_until: datetime | None = None,
        known_at: datetime | None = None,
    ) -> Booking:
        booking = self._own(booking_id, owner)
        if booking.state in STANDING:
            return booking
        if booking.state is not BookingState.HELD or booking.moves:
            raise HoldExpired(booking_id)
        if limit is not None and self._coming(booking.service_id, details, now) >= limit:
            raise LimitReached(booking.service_id)
        self.promises.extend(promises)
        event = BookingEvent.CONFIRM if decide_until is None else BookingEvent.REQUEST
        changes = {"details": details, "hold_until": None, "decide_until": decide_until}
        changes |= {"known_at": known_at, "noted_at": None if decide_until else now}
        return self.put(replace(booking, state=after(booking.state, event), **changes))

    async def decide(
        self, booking_id: str, event: BookingEvent, promises: Sequence[Promise], now: datetime
    ) -> Booking:
        booking = await self.booking(booking_id)
        if was_answered(booking, event):
            return booking
        if booking.state is not BookingState.REQUESTED:
            raise TransitionRefused(f"{event} is not possible when {booking.state}")
        self.promises.extend(promises)
        noted_at = now if event is BookingEvent.APPROVE else None
        state = after(booking.state, event)
        return self.put(replace(booking, state=state, noted_at=noted_at))

    def _coming(self, service_id: str, details: Details, now: datetime) -> int:
        theirs = (
            booking
            for booking in self.bookings.values()
            if booking.state in STANDING
            and booking.service_id == service_id
            and booking.span.end > now
            and booking.details is not None
            and _address(booking.details) == _address(details)
        )
        return sum(1 for _ in theirs)

    async def cancel(
        self,
        booking_id: str,
        owner: str,
        by: CancelledBy,
        promises: Sequence[Promise],
        now: datetime,
        *,
        freed_at: datetime | None = None,
        version: int | None = None,
    ) -> Booking:
        booking = self._own(booking_id, owner)
        if booking.cancelled_by is not None:
            return booking
        state = after(booking.state, BookingEvent.CANCEL)
        if version is not None and (booking.state, booking.version) != (
            BookingState.NOTED,
            version,
        ):
            raise TransitionRefused(f"version {booking.version}")
        self.promises.extend(promises)
        self._keep_back(booking, freed_at)
        return self.put(replace(booking, state=state, cancelled_by=by, cancelled_at=now))

    async def move(
        self,
        booking_id: str,
        owner: str,
        hold_id: str,
        promises: Sequence[Promise],
        now: datetime,
        *,
        version: int,
        freed_at: datetime | None = None,
    ) -> Booking:
        hold, booking = self._own(hold_id, owner), self._own(booking_id, owner)
        if hold.moves == booking_id and hold.state is BookingState.MOVED:
            return booking
        if hold.moves != booking_id or hold.state is not BookingState.HELD:
            raise HoldExpired(hold_id)
        state = after(booking.state, BookingEvent.MOVE)
        if booking.version != version:
            raise TransitionRefused(f"version {booking.version}")
        self.promises.extend(promises)
        self.put(replace(hold, state=BookingState.MOVED, hold_until=None))
        self._keep_back(booking, freed_at)
        self._sharing.discard(booking_id)
        if hold_id in self._sharing:
            self._sharing.add(booking_id)
        self._changed.extend(booking.resources)
        new = {"span", "busy", "staff_id", "reason", "others", "place_id", "known_at"}
        changes = {name: getattr(hold, name) for name in new}
        moved = {"state": state, "version": version + 1, "moved_from": booking.span.start}
        if hold.staff_id != booking.staff_id:
            moved["staff_since"] = version + 1
        moved |= {"noted_at": now, "conflict_until": None, "astray": "", "asked_version": 0}
        return self.put(replace(booking, **changes | moved))

    async def note_conflict(
        self,
        booking_id: str,
        until: datetime,
        promises: Sequence[Promise],
        now: datetime,
        *,
        version: int,
    ) -> Booking:
        booking = await self.booking(booking_id)
        is_noted = booking.state is BookingState.NOTED and booking.version == version
        if not is_noted or booking.conflict_until is not None:
            return booking
        self.promises.extend(promises)
        return self.put(replace(booking, conflict_until=until))

    def _keep_back(self, booking: Booking, freed_at: datetime | None) -> None:
        if freed_at is not None:
            kept = self.put(kept_back(booking, freed_at))
            if booking.id in self._sharing:
                self._sharing.add(kept.id)

    async def accept(self, booking_id: str, owner: str, now: datetime) -> Booking:
        booking = self._own(booking_id, owner)
        return self.put(replace(booking, asked_version=0)) if booking.awaits_answer else booking

    async def mark(self, booking_id: str, event: BookingEvent, now: datetime) -> Booking:
        booking = await self.booking(booking_id)
        if booking.state is after(BookingState.BOOKED, event):
            return booking
        return self.put(replace(booking, state=after(booking.state, event)))

    async def booking(self, booking_id: str) -> Booking:
        try:
            return self.bookings[booking_id]
        except KeyError:
            raise UnknownBooking from None

    async def booking_by_number(self, number: str) -> Booking:
        for booking in self.bookings.values():
            if booking.number == number:
                return booking
        raise UnknownBooking

    async def bookings_of(self, owner: str) -> Sequence[Booking]:
        own = (b for b in self.bookings.values() if b.owner == owner and b.state in STANDING)
        return sorted(own, key=lambda booking: booking.span.start)

    async def claims(
        self, resources: Sequence[str] | None, span: TimeSpan, now: datetime
    ) -> Mapping[str, Sequence[Claim]]:
        found: dict[str, list[Claim]] = {name: [] for name in resources or ()}
        for booking in self.living(now):
            for name in booking.resources:
                if booking.busy.overlaps(span) and (resources is None or name in found):
                    found.setdefault(name, []).append(self._kept(booking))
        return {name: sorted(claims) for name, claims in found.items()}

    async def changed_since(self, position: int) -> ChangedClaims:
        return ChangedClaims(len(self._changed), frozenset(self._changed[position:]))

    async def workload(
        self, staff_ids: Sequence[str], span: TimeSpan, *, but_not: str = ""
    ) -> Mapping[str, Workload]:
        living = [b for b in self.living(self._clock.now()) if b.party != but_not]
        return {staff_id: _workload(staff_id, living, span) for staff_id in staff_ids}

    async def last_served(self, service_id: str, *, but_not: str = "") -> str | None:
        living = self.living(self._clock.now())
        served = [b for b in living if b.service_id == service_id and b.id != but_not]
        return max(served, key=lambda b: b.created_at).staff_id if served else None

    async def ready(self) -> bool:
        return True

    def put(self, booking: Booking) -> Booking:
        """Store a booking as it is, for a test's background."""
        self._changed.extend(booking.resources)
        self.bookings[booking.id] = booking
        return booking

    def states(self) -> list[BookingState]:
        """States of all rows in the order they were made."""
        return [booking.state for booking in self.bookings.values()]

    def _own(self, booking_id: str, owner: str) -> Booking:
        booking = self.bookings.get(booking_id)
        if booking is None or booking.owner != owner:
            raise UnknownBooking
        return booking

    def _occupying(self) -> list[Booking]:
        return [booking for booking in self.bookings.values() if booking.state not in FREEING]

    def living(self, now: datetime) -> list[Booking]:
        return [booking for booking in self._occupying() if not _is_over(booking, now)]


class Documents:
    """The DocumentStore port in memory; `failure` is raised by every call."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Document] = {}
        self.written_at: dict[tuple[str, str], datetime] = {}
        self.logs: dict[str, dict[int, Mapping[str, object]]] = {}
        self.added_at: dict[str, datetime] = {}
        self.failure: Exception | None = None
        self.calls = 0

    def alone(self, _name: str) -> AbstractAsyncContextManager[None]:
        return nullcontext()

    def _called(self) -> None:
        self.calls += 1
        if self.failure is not None:
            raise self.failure

    async def read(self, kind: str, key: str) -> Document:
        self._called()
        return self.kept.get((kind, key), Document())

    async def write(
        self, kind: str, key: str, body: Mapping[str, object], version: int, now: datetime
    ) -> Document:
        self._called()
        if self.kept.get((kind, key), Document()).version != version:
            raise DocumentConflict(kind)
        self.kept[kind, key] = Document(json.loads(json.dumps(body)), version + 1)
        self.written_at[kind, key] = now
        return self.kept[kind, key]

    async def remove(self, kind: str, key: str) -> None:
        self._called()
        self.kept.pop((kind, key), None)

    async def forget(self, kind: str, before: datetime) -> None:
        self._called()
        for (of, key), written_at in self.written_at.items():
            if of == kind and written_at < before:
                self.kept.pop((kind, key), None)

    async def all(self, kind: str) -> Mapping[str, Document]:
        self._called()
        return {key: document for (of, key), document in self.kept.items() if of == kind}

    async def append(self, log: str, body: Mapping[str, object], now: datetime) -> int:
        self._called()
        entries = self.logs.setdefault(log, {})
        position = max(entries, default=0) + 1
        entries[position] = json.loads(json.dumps(body))
        self.added_at[log] = now
        return position

    async def forget_logs(self, prefix: str, before: datetime) -> None:
        self._called()
        for log, at in self.added_at.items():
            if log.startswith(prefix) and at < before:
                self.logs.pop(log, None)

    async def entries(
        self, log: str, after: int, limit: int = 200
    ) -> Sequence[tuple[int, Mapping[str, object]]]:
        self._called()
        entries = sorted(self.logs.get(log, {}).items())
        return [entry for entry in entries if entry[0] > after][:limit]

    async def last(self, log: str) -> int:
        self._called()
        return max(self.logs.get(log, {}), default=0)

    async def trim(self, log: str, before: int) -> None:
        self._called()
        entries = self.logs.get(log, {})
        for position in [p for p in entries if p < before and p != max(entries)]:
            del entries[position]


def _address(details: Details) -> str:
    return details.customer.email.strip().lower()


def _workload(staff_id: str, living: Sequence[Booking], span: TimeSpan) -> Workload:
    since = span.start - REMEMBERED
    given = [b for b in living if staff_id in b.staff_ids and b.busy.end > since]
    inside = [b for b in given if span.start <= b.span.start < span.end]
    return Workload(len(inside), max((b.created_at for b in given), default=None))


def _is_over(booking: Booking, now: datetime) -> bool:
    is_hold = booking.state is BookingState.HELD
    return is_hold and booking.hold_until is not None and booking.hold_until <= now
