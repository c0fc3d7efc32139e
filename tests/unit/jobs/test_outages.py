"""The record of outages: one running, over processes and restarts, and those that are over."""

from datetime import timedelta

import pytest

from bot.jobs.outages import OutageBook, outages, running_outage
from scheduling.errors import StoreUnavailable
from scheduling.outage import Exchange, OutageWatch
from tests.builders import NOW
from tests.fakes import Documents, FixedClock


class World:
    """Processes over one store; `is_up` says what asking a calendar comes to."""

    def __init__(self) -> None:
        self.clock, self.documents = FixedClock(NOW), Documents()
        self.is_up = False

    def process(self) -> "Process":
        return Process(self)


class Process:
    def __init__(self, world: World) -> None:
        self.world, self.watch, self.asked = world, OutageWatch(2), 0
        self.book = OutageBook(world.documents, self.watch, world.clock, self.ask)

    async def ask(self) -> None:
        self.asked += 1
        self.hear(ok=self.world.is_up)

    def hear(self, *, ok: bool) -> None:
        now = self.world.clock.now()
        for box in ("anna", "bernd", "anna"):
            status, code = (200, "") if ok else (503, "ServiceUnavailable")
            self.watch.heard(Exchange(box, now, status, code, "request-1"))

    async def follow(self, minutes: float = 0) -> None:
        self.world.clock.advance(timedelta(minutes=minutes))
        await self.book.follow()


async def an_outage() -> tuple[World, Process]:
    world = World()
    process = world.process()
    process.hear(ok=False)
    await process.follow()
    return world, process


async def test_an_outage_is_written_down_with_its_evidence():
    world, _ = await an_outage()
    running = await running_outage(world.documents)
    assert running is not None
    assert (running.since, running.until) == (NOW, None)
    assert running.outcomes == {"503": running.failed}
    assert running.with_request_id == running.failed >= 3


async def test_while_it_lasts_a_calendar_is_asked_four_times_a_minute():
    _, process = await an_outage()
    asked = process.asked
    for _ in range(60):
        await process.follow(1 / 60)
    assert process.asked - asked == 4


async def test_the_first_answer_ends_it_and_the_next_outage_is_another():
    world, process = await an_outage()
    world.is_up = True
    await process.follow(30)
    await process.follow()
    (over,) = await outages(world.documents)
    assert (over.since, over.until) == (NOW, NOW + timedelta(minutes=30))
    assert over.ended_by is not None
    assert over.ended_by.outcome == "200"
    assert await running_outage(world.documents) is None
    process.hear(ok=False)
    world.is_up = False
    await process.follow()
    assert len({each.id for each in await outages(world.documents)}) == 2


async def test_it_survives_a_restart():
    world, _ = await an_outage()
    again = world.process()
    await again.book.start()
    assert again.watch.is_away
    world.is_up = True
    await again.follow(30)
    await again.follow()
    (over,) = await outages(world.documents)
    assert (over.since, over.until) == (NOW, NOW + timedelta(minutes=30))


async def test_two_processes_keep_one_record():
    world, first = await an_outage()
    before = (await outages(world.documents))[0].failed
    second = world.process()
    second.hear(ok=False)
    await second.follow()
    await first.follow()
    (running,) = await outages(world.documents)
    assert running.failed > before


async def test_a_process_that_hears_of_the_end_first_ends_it_for_all():
    world, first = await an_outage()
    second = world.process()
    second.hear(ok=False)
    await second.follow(1)
    second.hear(ok=True)
    await second.follow(1)
    await first.follow()
    assert not first.watch.is_away
    assert [each.until is None for each in await outages(world.documents)] == [False]


async def test_what_a_process_that_died_left_open_is_closed_by_one_that_is_answered():
    world, _ = await an_outage()
    second = world.process()
    world.clock.advance(timedelta(minutes=5))
    world.is_up = True
    second.hear(ok=True)
    await second.follow()
    await second.follow()
    assert await running_outage(world.documents) is None


async def test_nothing_is_lost_while_the_store_is_away():
    world, process = await an_outage()
    counted = (await outages(world.documents))[0].failed
    process.hear(ok=False)
    world.documents.failure = StoreUnavailable()
    with pytest.raises(StoreUnavailable):
        await process.follow()
    world.documents.failure = None
    await process.follow()
    assert (await outages(world.documents))[0].failed == counted + 3


async def test_a_crash_between_the_two_steps_of_closing_leaves_one_record():
    world, process = await an_outage()
    body = world.documents.kept["outage", "running"]
    world.is_up = True
    await process.follow(1)
    await process.follow()
    world.documents.kept["outage", "running"] = body
    again = world.process()
    await again.book.start()
    await again.follow(1)
    await again.follow()
    assert len(await outages(world.documents)) == 1
    assert await running_outage(world.documents) is None
