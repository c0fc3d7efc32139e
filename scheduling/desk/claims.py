"""Claiming a time in the store and giving up the customer's earlier hold for it, in safe order."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from scheduling.booking import Assignment, Booking, HoldRequest
from scheduling.errors import CalendarUnavailable, HoldExpired, SlotTaken, TooManyHolds
from scheduling.ports import BookingStore


class Claims:
    """Holds in the store; every race is lost or won there."""

    def __init__(self, store: BookingStore, hold_time: timedelta) -> None:
        self._store = store
        self._hold_time = hold_time

    async def first_of(
        self,
        requests: Iterable[HoldRequest],
        earlier: Booking | None,
        unknown: Mapping[str, str],
        now: datetime,
    ) -> Booking:
        """Claim the first request that nobody else got meanwhile."""
        kept = earlier
        for request in requests:
            held, kept = await self._claim(request, kept, now)
            if held is not None:
                return held
        if kept is not earlier:
            raise SlotTaken(kept_hold=kept.id if kept else None)
        if unknown:
            raise CalendarUnavailable(", ".join(f"{i}: {why}" for i, why in unknown.items()))
        raise SlotTaken

    async def _claim(
        self, request: HoldRequest, earlier: Booking | None, now: datetime
    ) -> tuple[Booking | None, Booking | None]:
        """Return the new hold (None: taken) and the earlier one as it stands then."""
        if earlier is not None and _is_same(earlier, request):
            return await self._renewed(request, earlier, now), None
        if earlier is None or not _collide(earlier, request):
            try:
                held = await self._try_hold(request, now)
            except TooManyHolds:
                if earlier is None:
                    raise
            else:
                if held is not None and earlier is not None:
                    await self._store.release_hold(earlier.id, earlier.owner, now)
                return held, earlier
        await self._store.release_hold(earlier.id, earlier.owner, now)
        held = await self._try_hold(request, now)
        if held is not None:
            return held, None
        return None, await self._try_hold(self._again(earlier, now), now)

    async def _renewed(
        self, request: HoldRequest, earlier: Booking, now: datetime
    ) -> Booking | None:
        try:
            return await self._store.extend_hold(earlier.id, earlier.owner, request.until, now)
        except HoldExpired:
            return await self._try_hold(request, now)

    async def _try_hold(self, request: HoldRequest, now: datetime) -> Booking | None:
        try:
            return await self._store.hold(request, now)
        except SlotTaken:
            return None

    def _again(self, earlier: Booking, now: datetime) -> HoldRequest:
        return HoldRequest(
            service_id=earlier.service_id,
            assignment=Assignment(earlier.staff_id, earlier.reason),
            span=earlier.span,
            busy=earlier.busy,
            owner=earlier.owner,
            until=now + self._hold_time,
        )


def _collide(earlier: Booking, request: HoldRequest) -> bool:
    same_member = earlier.staff_id == request.assignment.staff_id
    return same_member and earlier.busy.overlaps(request.busy)


def _is_same(earlier: Booking, request: HoldRequest) -> bool:
    return (earlier.service_id, earlier.staff_id, earlier.span, earlier.busy) == (
        request.service_id,
        request.assignment.staff_id,
        request.span,
        request.busy,
    )
