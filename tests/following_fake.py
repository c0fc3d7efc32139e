"""The FollowedBookings port over the InMemoryStore."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from scheduling.booking import MOVABLE, Booking, BookingEvent, BookingState, CancelledBy, after
from scheduling.errors import SlotTaken, TimeHeld, TransitionRefused
from scheduling.outbox import Promise
from scheduling.timespan import TimeSpan
from tests.fakes import InMemoryStore


class InMemoryFollowing:
    """`promises` of the store are those that were committed; `parked` waits for a person."""

    def __init__(self, store: InMemoryStore) -> None:
        self._store = store
        self.parked: dict[str, Promise] = {}

    async def booking(self, booking_id: str) -> Booking:
        return await self._store.booking(booking_id)

    async def of_events(self, staff_id: str, event_ids: Sequence[str]) -> Sequence[Booking]:
        theirs = [b for b in self._store.bookings.values() if b.event_staff_id == staff_id]
        return [b for b in theirs if b.event_id in event_ids]

    async def written_in(self, staff_id: str, span: TimeSpan) -> Sequence[Booking]:
        theirs = [b for b in self._store.bookings.values() if b.event_staff_id == staff_id]
        living = [b for b in theirs if b.event_id and b.state in MOVABLE]
        return sorted((b for b in living if b.span.overlaps(span)), key=lambda b: b.span.start)

    async def follow(
        self,
        booking_id: str,
        span: TimeSpan,
        promises: Sequence[Promise],
        now: datetime,
        *,
        version: int,
    ) -> Booking:
        before = self._standing(booking_id, version)
        buffers = before.span.start - before.busy.start, before.busy.end - before.span.end
        busy = span.widened(*buffers)
        there = [
            b
            for b in self._store.living(now)
            if b.party != before.party
            and set(b.resources) & set(before.resources)
            and b.busy.overlaps(busy)
        ]
        if there:
            is_held = {b.state for b in there} == {BookingState.HELD}
            raise TimeHeld(booking_id) if is_held else SlotTaken(before.staff_id)
        self._promise(promises)
        moved = {"version": version + 1, "asked_version": version + 1, "astray": ""}
        moved |= {"span": span, "busy": busy, "moved_from": before.span.start}
        state = after(before.state, BookingEvent.FOLLOW)
        return self._store.put(replace(before, state=state, **moved))

    async def give_up(
        self, booking_id: str, promises: Sequence[Promise], now: datetime, *, version: int
    ) -> Booking:
        before = self._standing(booking_id, version)
        self._promise(promises)
        state = after(before.state, BookingEvent.CANCEL)
        gone = {"state": state, "cancelled_by": CancelledBy.STAFF, "cancelled_at": now}
        return self._store.put(replace(before, **gone))

    async def stand_astray(
        self,
        booking_id: str,
        why: str,
        promises: Sequence[Promise],
        now: datetime,
        *,
        version: int,
    ) -> Booking:
        before = self._standing(booking_id, version)
        if before.astray == why:
            return before
        self._promise(promises)
        return self._store.put(replace(before, astray=why))

    async def promise(self, promise: Promise, now: datetime) -> None:
        if promise.parked:
            self.parked.setdefault(promise.key, promise)
        else:
            self._promise([promise])

    def _standing(self, booking_id: str, version: int) -> Booking:
        booking = self._store.bookings[booking_id]
        if booking.state is not BookingState.BOOKED or booking.version != version:
            raise TransitionRefused(f"version {booking.version}")
        return booking

    def _promise(self, promises: Sequence[Promise]) -> None:
        known = {each.key for each in self._store.promises}
        self._store.promises.extend(each for each in promises if each.key not in known)
