"""How many bookings a second become durable: hold, confirm and promise, each answered after fsync.

Wall clock on a real file in a folder that can be named: the disk decides as much as the processor.
"""

import asyncio
import json
import sqlite3
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from bench.rush import StandingClock
from scheduling.booking import Assignment, BookingState, Customer, Details, HoldRequest
from scheduling.outbox import Promise
from scheduling.store import Store, open_store
from scheduling.timespan import TimeSpan

NOW = datetime(2027, 1, 1, 12, tzinfo=UTC)
HALF_AN_HOUR = timedelta(minutes=30)
EVA = Details(Customer("Eva Muster", "eva@example.org"), "teams")
CALLERS = (1, 8, 64)
BAR = 200
"""Bookings a second, whoever asks."""


@dataclass(frozen=True, slots=True)
class Rate:
    """What so many callers at a time got; milliseconds of one booking, hold and confirm."""

    callers: int
    bookings: int
    per_second: float
    p50_ms: float
    p99_ms: float
    wrong: str = ""
    bar: int = BAR
    processes: int = 1

    @property
    def met(self) -> bool:
        """Whether the bar is kept and the store holds what it said."""
        return not self.wrong and self.per_second >= self.bar


def rate_of(
    callers: int, took: list[float], spent: float, wrong: str, bar: int = BAR, processes: int = 1
) -> Rate:
    """Sum up: milliseconds of each booking, and the seconds of all together."""
    took, count = sorted(took), len(took)
    p50, p99 = took[count // 2], took[min(count - 1, count * 99 // 100)]
    return Rate(callers, count, count / spent, p50, p99, wrong, bar, processes)


def rates(bookings: int, folder: Path | None = None) -> list[Rate]:
    """Measure each number of callers on a new file."""
    return [asyncio.run(_rate(callers, bookings, folder)) for callers in CALLERS]


async def _rate(callers: int, bookings: int, folder: Path | None) -> Rate:
    each = max(1, bookings // callers)
    with TemporaryDirectory(dir=folder) as made:
        file = Path(made, "store.sqlite3")
        store = await open_store(f"sqlite:///{file}", StandingClock(NOW))
        try:
            begun = perf_counter()
            took = await asyncio.gather(*(book(store, n, each) for n in range(callers)))
            spent = perf_counter() - begun
        finally:
            await store.close()
        all_of_them = [ms for caller in took for ms in caller]
        return rate_of(callers, all_of_them, spent, _wrong(file, len(all_of_them)))


async def book(store: Store, number: int, bookings: int) -> list[float]:
    """Book one time after the other with a staff member of their own; milliseconds of each."""
    took: list[float] = []
    for n in range(bookings):
        begun = perf_counter()
        start = NOW + timedelta(days=1) + n * HALF_AN_HOUR
        span, owner = TimeSpan(start, start + HALF_AN_HOUR), f"customer {number} {n}"
        staff = Assignment(f"staff-{number}", "named")
        request = HoldRequest("service", staff, span, span, owner, NOW + timedelta(minutes=5))
        held = await store.bookings.hold(request, NOW)
        promise = Promise("write_event", f"write:{held.id}", {"booking": held.id})
        await store.bookings.confirm(held.id, owner, EVA, [promise], NOW)
        took.append((perf_counter() - begun) * 1000)
    return took


def _wrong(file: Path, count: int) -> str:
    """Look into the file itself: as many bookings, claims and promises as were answered."""
    connection = sqlite3.connect(file)
    try:
        noted = (str(BookingState.NOTED),)
        asked = (
            ("SELECT count(*) FROM bookings WHERE state = ?", noted),
            ("SELECT count(*) FROM claims WHERE occupying = 1", ()),
            ("SELECT count(*) FROM outbox", ()),
        )
        found = [connection.execute(*each).fetchone()[0] for each in asked]
    finally:
        connection.close()
    return "" if found == [count] * 3 else f"{count} answered, {found} in the file"


def as_text(found: list[Rate]) -> str:
    """Return a table."""
    bar, processes = found[0].bar, found[0].processes
    lines = [f"{'callers':>7}  {'bookings/s':>10}  {'p50 ms':>7}  {'p99 ms':>7}  bar {bar}/s"]
    lines += [
        f"{rate.callers:>7}  {rate.per_second:>10.0f}  {rate.p50_ms:>7.1f}  {rate.p99_ms:>7.1f}  "
        + (rate.wrong or ("yes" if rate.met else "NO"))
        for rate in found
    ]
    where = "SQLite" if processes == 1 else f"PostgreSQL, {processes} processes"
    lines.append(
        f"hold + confirm + promise, each on disk before it is answered ({where}, wall clock)"
    )
    return "\n".join(lines)


def as_json(found: list[Rate]) -> str:
    """Return the same for programs."""
    return json.dumps({"rates": [asdict(rate) | {"met": rate.met} for rate in found]}, indent=2)
