"""Many at once on one time: a new hold, a hold confirmed, a request approved, a move, a hand-over.

One process on a real database; wall clock of each attempt, from when all are let go.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

from bench.cluster import a_server
from bench.rush import StandingClock
from scheduling.booking import (
    Assignment,
    Booking,
    BookingEvent,
    BookingState,
    Customer,
    Details,
    HoldRequest,
)
from scheduling.errors import BookingError
from scheduling.store import Store, open_store
from scheduling.timespan import TimeSpan

NOW = datetime(2027, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
EVA = Details(Customer("Eva Muster", "eva@example.org"), "teams")
BAR_MS = 500
"""p99 of an attempt."""

Attempt = Callable[[], Awaitable[Booking | None]]


@dataclass(frozen=True, slots=True)
class Race:
    """What became of one race; milliseconds."""

    name: str
    attempts: int
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    """Of this process for all attempts together: what does not depend on others on the machine."""
    wrong: str = ""

    @property
    def met(self) -> bool:
        """Whether the bar is kept and one won."""
        return not self.wrong and self.p99_ms <= BAR_MS


def races(count: int, database: str) -> list[Race]:
    """Run every race once, each on times of its own; NoServer without PostgreSQL."""
    with _url(database) as url:
        return asyncio.run(_races(count, url))


@contextmanager
def _url(database: str) -> Iterator[str]:
    if database == "postgres":
        with a_server() as url:
            yield url
    else:
        with TemporaryDirectory() as folder:
            yield f"sqlite:///{Path(folder, 'contention.sqlite3')}"


async def _races(count: int, url: str) -> list[Race]:
    store = await open_store(url, StandingClock(NOW))
    try:
        scenes = (_create, _confirm, _approve, _move, _reassign)
        return [await _race(store, scene, count) for scene in scenes]
    finally:
        await store.close()


Scene = Callable[[Store, int], Awaitable[tuple[Sequence[Attempt], TimeSpan]]]


async def _race(store: Store, scene: Scene, count: int) -> Race:
    attempts, target = await scene(store, count)
    took: list[float] = []

    async def tried(attempt: Attempt) -> Booking | None:
        begun = perf_counter()
        try:
            return await attempt()
        except BookingError:
            return None
        finally:
            took.append((perf_counter() - begun) * 1000)

    begun = process_time()
    results = await asyncio.gather(*map(tried, attempts))
    spent = (process_time() - begun) * 1000
    won = {each.id for each in results if each is not None}
    kept = await store.bookings.claims(["staff:anna"], target, NOW)
    there = {claim.booking_id for claim in kept["staff:anna"]}
    wrong = "" if len(won) == 1 and won == there else f"{len(won)} won, {len(there)} kept"
    took.sort()
    name = scene.__name__.strip("_")
    p99 = took[min(count - 1, count * 99 // 100)]
    return Race(name, count, took[count // 2], p99, spent, wrong)


def _request(day: int, owner: str, staff: str = "anna", hour: int = 0) -> HoldRequest:
    start = NOW + day * timedelta(days=1) + hour * HOUR
    span = TimeSpan(start, start + HOUR)
    return HoldRequest("service", Assignment(staff, "named"), span, span, owner, NOW + HOUR)


async def _create(store: Store, count: int) -> tuple[Sequence[Attempt], TimeSpan]:
    wishes = [_request(1, f"create {n}") for n in range(count)]
    return [_holding(store, wish) for wish in wishes], wishes[0].span


def _holding(store: Store, wish: HoldRequest) -> Attempt:
    return lambda: store.bookings.hold(wish, NOW)


async def _confirm(store: Store, count: int) -> tuple[Sequence[Attempt], TimeSpan]:
    wish = _request(2, "confirm")
    held = await store.bookings.hold(wish, NOW)
    return [lambda: store.bookings.confirm(held.id, "confirm", EVA, [], NOW)] * count, wish.span


async def _approve(store: Store, count: int) -> tuple[Sequence[Attempt], TimeSpan]:
    wish = _request(3, "approve")
    held = await store.bookings.hold(wish, NOW)
    await store.bookings.confirm(held.id, "approve", EVA, [], NOW, decide_until=NOW + HOUR)
    approve = BookingEvent.APPROVE
    return [lambda: store.bookings.decide(held.id, approve, [], NOW)] * count, wish.span


async def _move(store: Store, count: int) -> tuple[Sequence[Attempt], TimeSpan]:
    """All have a time with somebody of their own and want the same new one."""
    return await _changed(store, count, 4, "move")


async def _reassign(store: Store, count: int) -> tuple[Sequence[Attempt], TimeSpan]:
    """All keep their time, the same for all, and want the same person."""
    return await _changed(store, count, 5, "reassign")


async def _changed(
    store: Store, count: int, day: int, name: str
) -> tuple[Sequence[Attempt], TimeSpan]:
    hour = 2 if name == "move" else 0
    target = _request(day, name, hour=hour)
    attempts = []
    for n in range(count):
        owner = f"{name} {n}"
        held = await store.bookings.hold(_request(day, owner, f"{name}-{n}"), NOW)
        booking = await store.bookings.confirm(held.id, owner, EVA, [], NOW)
        wish = replace(target, owner=owner, moves=booking.id)
        attempts.append(_moving(store, booking, wish))
    return attempts, target.span


def _moving(store: Store, booking: Booking, wish: HoldRequest) -> Attempt:
    async def move() -> Booking | None:
        hold = await store.bookings.hold(wish, NOW)
        moved = await store.bookings.move(
            booking.id, wish.owner, hold.id, [], NOW, version=booking.version
        )
        return moved if moved.state is BookingState.NOTED else None

    return move


def as_text(found: list[Race], database: str) -> str:
    """Return a table."""
    lines = [
        f"{'race':<10} {'attempts':>8} {'p50 ms':>8} {'p99 ms':>8} {'CPU ms':>8}  bar {BAR_MS} ms"
    ]
    lines += [
        f"{race.name:<10} {race.attempts:>8} {race.p50_ms:>8.0f} {race.p99_ms:>8.0f} "
        f"{race.cpu_ms:>8.0f}  " + (race.wrong or ("yes" if race.met else "NO"))
        for race in found
    ]
    return "\n".join(
        [*lines, f"one winner each; one process, {database}, wall clock; CPU of all together"]
    )


def as_json(found: list[Race]) -> str:
    """Return the same for programs."""
    return json.dumps({"races": [asdict(race) | {"met": race.met} for race in found]}, indent=2)
