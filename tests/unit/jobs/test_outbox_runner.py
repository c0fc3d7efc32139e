"""The worker keeps promises, whatever a job raises."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from bot.events import Done, Handler
from bot.jobs.outbox import PARK_AFTER, OutboxRunner, Verdict, backoff
from scheduling.clock import SystemClock
from scheduling.errors import StoreUnavailable
from scheduling.outbox import Job, Promise
from scheduling.ports import DurableQueue, WrittenEvent
from scheduling.store import Store, open_store
from scheduling.timespan import TimeSpan
from tests.builders import NOW


class Away(Exception):
    """An adapter's failure."""


class Gone(Exception):
    """Whom it was for is there no more."""


def judge(failure: Exception) -> Verdict | None:
    if isinstance(failure, Gone):
        return Verdict("gone", is_moot=True)
    return Verdict("away", timedelta(0)) if isinstance(failure, Away) else None


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await open_store(f"sqlite:///{tmp_path / 'b.sqlite3'}", SystemClock())
    yield opened
    await opened.close()


async def work(store: Store, handlers: dict[str, Handler], until: asyncio.Event) -> None:
    runner = OutboxRunner(
        queue=store.queue,
        bookings=store.bookings,
        handlers=handlers,
        judge=judge,
        clock=SystemClock(),
    )
    worker = asyncio.create_task(runner.run())
    async with asyncio.timeout(20):
        await until.wait()
        while await store.queue.waiting():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)


async def test_a_job_that_meets_a_passing_failure_is_done_later(store: Store) -> None:
    seen: list[int] = []
    done = asyncio.Event()

    async def handler(job: Job) -> Done:
        seen.append(job.attempts)
        if len(seen) < 3:
            raise Away
        done.set()
        return Done()

    await store.queue.enqueue(Promise("x", "x:1"), SystemClock().now())
    await work(store, {"x": handler}, done)
    assert seen == [1, 2, 3]


async def test_an_unknown_kind_is_parked_and_the_queue_goes_on(store: Store) -> None:
    done = asyncio.Event()

    async def handler(_: Job) -> Done:
        done.set()
        return Done()

    now = SystemClock().now()
    await store.queue.enqueue(Promise("of_a_newer_version", "n:1"), now)
    await store.queue.enqueue(Promise("x", "x:1"), now)
    await work(store, {"x": handler}, done)
    assert await store.queue.waiting() == 0


async def test_f41_a_poison_job_is_parked_after_some_attempts_and_the_queue_goes_on(
    store: Store,
) -> None:
    done = asyncio.Event()

    async def poison(_: Job) -> Done:
        raise ArithmeticError

    async def sound(_: Job) -> Done:
        done.set()
        return Done()

    now = SystemClock().now()
    await store.queue.enqueue(Promise("poison", "p:1"), now)
    for _ in range(PARK_AFTER - 1):
        (job,) = await store.queue.claim(1, timedelta(seconds=60), now)
        await store.queue.retry(job, timedelta(0), "ArithmeticError", now)
    await store.queue.enqueue(Promise("x", "x:1"), now)
    await work(store, {"poison": poison, "x": sound}, done)
    (parked,) = await store.queue.parked()
    assert (parked.kind, parked.reason) == ("poison", "ArithmeticError")


async def test_f41_a_result_that_cannot_be_recorded_is_parked_after_some_attempts_too(
    store: Store,
) -> None:
    done = asyncio.Event()

    async def late(_: Job) -> Done:
        done.set()
        return Done(WrittenEvent("event", "nobody", TimeSpan(NOW, NOW + timedelta(hours=1))))

    now = SystemClock().now()
    await store.queue.enqueue(Promise("late", "l:1"), now)
    for _ in range(PARK_AFTER - 1):
        (job,) = await store.queue.claim(1, timedelta(seconds=60), now)
        await store.queue.retry(job, timedelta(0), "UnknownBooking", now)
    await work(store, {"late": late}, done)
    (parked,) = await store.queue.parked()
    assert (parked.kind, parked.reason) == ("late", "UnknownBooking")


@pytest.mark.parametrize("refused", ["complete", "retry", "park"])
async def test_what_came_out_while_the_store_was_away_is_recorded_once_it_is_back(
    store: Store, refused: str
) -> None:
    seen: list[int] = []
    done = asyncio.Event()

    class AwayTwice:
        def __init__(self) -> None:
            self.left = 2

        def __getattr__(self, name: str) -> object:
            return self.away if name == refused else getattr(store.queue, name)

        async def away(self, *words: object, **named: object) -> None:
            if self.left:
                self.left -= 1
                raise StoreUnavailable("the disk is full")
            await getattr(store.queue, refused)(*words, **named)

    async def handler(job: Job) -> Done:
        seen.append(job.attempts)
        done.set()
        if len(seen) == 1 and refused != "complete":
            raise Away if refused == "retry" else ArithmeticError
        return Done()

    queue = cast(DurableQueue, AwayTwice())
    now = SystemClock().now()
    await store.queue.enqueue(Promise("x", "x:1"), now)
    for _ in range(PARK_AFTER - 1):
        (job,) = await store.queue.claim(1, timedelta(seconds=60), now)
        await store.queue.retry(job, timedelta(0), "ArithmeticError", now)
    await work(replace(store, queue=queue), {"x": handler}, done)
    assert len(seen) == (2 if refused == "retry" else 1)


async def test_what_never_can_be_done_and_nobody_has_to_mend_is_over(store: Store) -> None:
    seen: list[int] = []
    done = asyncio.Event()

    async def closed(job: Job) -> Done:
        seen.append(job.attempts)
        done.set()
        raise Gone

    await store.queue.enqueue(Promise("x", "x:1"), SystemClock().now())
    await work(store, {"x": closed}, done)
    assert (seen, await store.queue.parked()) == ([1], [])


async def test_what_follows_is_done_too(store: Store) -> None:
    done = asyncio.Event()

    async def first(_: Job) -> Done:
        return Done(follow_ups=[Promise("second", "s:1")])

    async def second(_: Job) -> Done:
        done.set()
        return Done()

    await store.queue.enqueue(Promise("first", "f:1"), SystemClock().now())
    await work(store, {"first": first, "second": second}, done)
    assert done.is_set()


async def test_work_that_comes_in_the_moment_of_the_end_does_not_keep_the_worker_alive(
    store: Store,
) -> None:
    asked = asyncio.Event()

    class Queue:
        async def claim(self, *_: object) -> list[Job]:
            asked.set()
            return []

    runner = OutboxRunner(
        queue=cast(DurableQueue, Queue()),
        bookings=store.bookings,
        handlers={},
        judge=judge,
        clock=SystemClock(),
    )
    worker = asyncio.create_task(runner.run())
    await asked.wait()
    runner.kick()
    worker.cancel()
    done, _ = await asyncio.wait({worker}, timeout=2)
    worker.cancel()
    assert done


@pytest.mark.parametrize("attempts", [1, 2, PARK_AFTER, 1000])
def test_the_pause_grows_and_stays_below_five_minutes(attempts: int) -> None:
    assert timedelta(seconds=0.5) <= backoff(attempts) <= timedelta(minutes=5)
