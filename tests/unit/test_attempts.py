"""A few attempts by name, counted by all processes together."""

import asyncio
from datetime import timedelta

import pytest

from bot.attempts import MOST, REMEMBERED, WITHIN, Attempts
from scheduling.errors import StoreUnavailable
from scheduling.ports import Document
from tests.builders import NOW
from tests.fakes import Documents, FixedClock

SECOND = timedelta(seconds=1)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def documents() -> Documents:
    return Documents()


async def test_f43_two_processes_have_no_more_attempts_than_one(
    clock: FixedClock, documents: Documents
) -> None:
    processes = [Attempts(documents, clock, "my") for _ in range(2)]
    waits = [await processes[n % 2].take("192.0.2.1") for n in range(MOST)]
    assert waits == [0] * MOST
    assert [await each.take("192.0.2.1") for each in processes] == [60, 60]


async def test_there_is_one_again_when_the_first_is_old_enough(
    clock: FixedClock, documents: Documents
) -> None:
    attempts = Attempts(documents, clock, "my")
    for _ in range(MOST):
        await attempts.take("a")
        clock.advance(SECOND)
    assert await attempts.take("a") == WITHIN.total_seconds() - MOST
    clock.advance(WITHIN - MOST * SECOND)
    assert await attempts.take("a") == 0
    assert await attempts.take("a") == 1


async def test_names_and_purposes_are_counted_apart(
    clock: FixedClock, documents: Documents
) -> None:
    attempts = Attempts(documents, clock, "my", most=1)
    others = Attempts(documents, clock, "manage", most=1)
    assert [await attempts.take("a"), await attempts.take("b"), await others.take("a")] == [0] * 3
    assert await attempts.take("a") > 0


async def test_who_has_none_left_costs_the_store_nothing(
    clock: FixedClock, documents: Documents
) -> None:
    attempts = Attempts(documents, clock, "my", most=1)
    for _ in range(2):
        await attempts.take("a")
    before = documents.calls
    assert await attempts.take("a") > 0
    assert documents.calls == before


async def test_a_clock_set_back_leaves_nobody_without_attempts(
    clock: FixedClock, documents: Documents
) -> None:
    attempts = Attempts(documents, clock, "my", most=1)
    for _ in range(2):
        await attempts.take("a")
    clock.advance(-2 * WITHIN)
    assert await attempts.take("a") == 0
    assert await attempts.take("a") > 0


async def test_no_address_stands_in_the_store(clock: FixedClock, documents: Documents) -> None:
    await Attempts(documents, clock, "my").take("192.0.2.1")
    assert "192.0.2.1" not in str(documents.kept)


async def test_of_many_at_once_no_more_than_allowed_are_let_through(
    clock: FixedClock, documents: Documents
) -> None:
    class Slow(Documents):
        """Everybody reads before anybody writes."""

        async def read(self, kind: str, key: str) -> Document:
            found = await super().read(kind, key)
            await asyncio.sleep(0)
            return found

    shared = Slow()
    processes = [Attempts(shared, clock, "my") for _ in range(20)]
    waits = await asyncio.gather(*(each.take("a") for each in processes))
    assert 1 <= waits.count(0) <= MOST


async def test_without_the_store_nothing_may_be_tried(
    clock: FixedClock, documents: Documents
) -> None:
    documents.failure = StoreUnavailable("away")
    with pytest.raises(StoreUnavailable):
        await Attempts(documents, clock, "my").take("a")


async def test_what_a_process_remembers_is_bounded_and_nobody_gains_by_it(
    clock: FixedClock, documents: Documents
) -> None:
    attempts = Attempts(documents, clock, "my", most=1)
    for name in range(REMEMBERED + 1):
        await attempts.take(str(name))
        await attempts.take(str(name))
    before = documents.calls
    assert await attempts.take("0") > 0
    assert documents.calls == before + 1
