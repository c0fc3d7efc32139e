"""Workload f: many customers at once on one start, through the store on a database file."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from bench import workloads
from bench.engine import SERVICE, resource_of
from bench.plan import Plan
from bench.table import Row
from bench.verdict import same
from bench.workloads import Rush
from scheduling.booking import Assignment, Booking, HoldRequest
from scheduling.errors import SlotTaken
from scheduling.store import Store, open_store
from scheduling.timespan import TimeSpan

AIM_MS = 50


class StandingClock:
    """The moment of the rush."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        """Return it."""
        return self._now


def row(plan: Plan) -> Row:
    """Let them all ask at once, each round on a new file; wall clock, and one winner each time."""
    rush = workloads.rush(plan.customers)
    rounds = [asyncio.run(_round(rush)) for _ in range(plan.rounds)]
    winners = [won for _ms, won in rounds]
    return Row(
        f"{plan.customers} at once on one start (wall clock)",
        "f: store, SQLite file",
        wall_ms=median(ms for ms, _won in rounds),
        bar=AIM_MS,
        **same([1] * plan.rounds, winners, "one winner in each round")._asdict(),
    )


async def _round(rush: Rush) -> tuple[float, int]:
    clock = StandingClock(datetime.fromtimestamp(rush.workload.now, UTC))
    with TemporaryDirectory() as folder:
        store = await open_store(f"sqlite:///{Path(folder, 'rush.sqlite3')}", clock)
        try:
            begun = perf_counter()
            asked = (_ask(store, rush, name, clock.now()) for name in rush.customers)
            held = [booking for booking in await asyncio.gather(*asked) if booking is not None]
            spent = (perf_counter() - begun) * 1000
            return spent, await _winners(store, rush, held, clock.now())
        finally:
            await store.close()


async def _ask(store: Store, rush: Rush, customer: str, now: datetime) -> Booking | None:
    length = timedelta(seconds=rush.workload.duration_s)
    start = datetime.fromtimestamp(rush.start, UTC)
    span = TimeSpan(start, start + length)
    staff = Assignment(rush.workload.staff[0].id, "named")
    request = HoldRequest(SERVICE, staff, span, span, customer, now + timedelta(minutes=5))
    try:
        return await store.bookings.hold(request, now)
    except SlotTaken:
        return None


async def _winners(store: Store, rush: Rush, held: list[Booking], now: datetime) -> int:
    """Return how many were told they have it; -1 where the store keeps something else."""
    resource = resource_of(rush.workload.staff[0].id)
    start = datetime.fromtimestamp(rush.start, UTC)
    kept = await store.bookings.claims(
        [resource], TimeSpan(start, start + timedelta(hours=1)), now
    )
    said = sorted(booking.id for booking in held)
    return len(said) if said == sorted(claim.booking_id for claim in kept[resource]) else -1
