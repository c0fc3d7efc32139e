"""Claiming a time in the store; the customer's earlier hold is given up in the same step."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from scheduling.booking import Booking, HoldRequest
from scheduling.errors import CalendarUnavailable, HoldExpired, SlotTaken
from scheduling.ports import BookingStore


class Claims:
    """Holds in the store; every race is lost or won there."""

    def __init__(self, store: BookingStore) -> None:
        self._store = store

    async def first_of(
        self,
        requests: Iterable[HoldRequest],
        earlier: Booking | None,
        unknown: Mapping[str, str],
        now: datetime,
    ) -> Booking:
        """Claim the first request that nobody else got meanwhile."""
        for request in requests:
            try:
                if earlier is not None and _is_same(earlier, request):
                    return await self._renewed(request, earlier, now)
                return await self._store.hold(request, now)
            except SlotTaken:
                continue
        if unknown:
            raise CalendarUnavailable(", ".join(f"{i}: {why}" for i, why in unknown.items()))
        raise SlotTaken

    async def _renewed(self, request: HoldRequest, earlier: Booking, now: datetime) -> Booking:
        try:
            return await self._store.extend_hold(earlier.id, earlier.owner, request.until, now)
        except HoldExpired:
            return await self._store.hold(request, now)


def _is_same(earlier: Booking, request: HoldRequest) -> bool:
    return (
        earlier.service_id,
        earlier.span,
        earlier.busy,
        earlier.place_id,
        frozenset(earlier.resources),
    ) == (
        request.service_id,
        request.span,
        request.busy,
        request.place_id,
        frozenset(request.resources),
    )
