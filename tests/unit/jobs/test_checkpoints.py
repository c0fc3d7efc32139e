"""When the end of the ledger is signed."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

import pytest

from bot.jobs.checkpoints import AFTER_RECORDS, AT_LEAST_EVERY, Checkpoints
from scheduling.errors import StoreUnavailable
from scheduling.ledger import Head
from tests.fakes import FixedClock

MINUTE = timedelta(minutes=1)


class World:
    def __init__(self):
        self.clock = FixedClock(datetime(2027, 1, 1, 12, tzinfo=UTC))
        self.records = 0
        self.signed = []
        self.failure = None
        self.job = Checkpoints(self.heads, self.sign, self.clock)

    async def heads(self):
        return [Head(0, self.records, "a")] if self.records else []

    def sign(self, heads, now):
        if self.failure:
            raise self.failure
        self.signed.append(heads[0].seq)


@pytest.fixture
def world():
    return World()


async def test_an_empty_ledger_is_not_signed(world):
    await world.job.look()
    assert world.signed == []


async def test_the_first_look_signs_what_is_there(world):
    world.records = 1
    await world.job.look()
    assert world.signed == [1]


async def test_a_few_new_records_wait_for_the_hour(world):
    world.records = 1
    await world.job.look()
    world.records = 2
    world.clock.advance(AT_LEAST_EVERY - MINUTE)
    await world.job.look()
    assert world.signed == [1]
    world.clock.advance(MINUTE)
    await world.job.look()
    assert world.signed == [1, 2]


async def test_many_new_records_do_not_wait(world):
    world.records = 1
    await world.job.look()
    world.records += AFTER_RECORDS
    await world.job.look()
    assert world.signed == [1, 1 + AFTER_RECORDS]


async def test_an_hour_without_records_signs_nothing(world):
    world.records = 1
    await world.job.look()
    world.clock.advance(AT_LEAST_EVERY)
    await world.job.look()
    assert world.signed == [1]


@pytest.mark.parametrize("failure", [StoreUnavailable("gone"), OSError("full")])
async def test_what_could_not_be_signed_is_signed_at_the_next_look(world, failure):
    world.records, world.failure = 1, failure
    await world.job.look()
    world.failure = None
    await world.job.look()
    assert world.signed == [1]


async def test_the_end_of_the_bot_signs_what_is_left(world):
    world.records = 1
    await world.job.look()
    running = asyncio.create_task(world.job.run())
    await asyncio.sleep(0)
    world.records = 2
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert world.signed == [1, 2]
