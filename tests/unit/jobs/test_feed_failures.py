"""`status` says which calendars do not answer, and since when."""

from bot.jobs.feed import FAILURES
from bot.jobs.feed_failures import WRITES_AT_ONCE
from tests.builders import NOW
from tests.unit.jobs.feed_world import ANNA, MINUTE, Bot, GraphAway, World


async def failing(world: World, code: str = "http_503") -> Bot:
    world.graph.failing["whole", ANNA] = GraphAway(code)
    bot = await (await world.bot()).settled()
    await bot.feeder.report()
    return bot


async def test_a_calendar_that_does_not_answer_is_noted_with_why_and_since_when():
    world = World()
    await failing(world)
    assert world.document(FAILURES) == {"code": "http_503", "since": NOW.isoformat()}
    assert world.document(FAILURES, "staff:bernd") == {}


async def test_another_reason_later_keeps_the_beginning():
    world = World()
    bot = await failing(world)
    world.advance(MINUTE)
    world.graph.failing["whole", ANNA] = GraphAway("timeout")
    await bot.settled()
    await bot.feeder.report()
    assert world.document(FAILURES) == {"code": "timeout", "since": NOW.isoformat()}


async def test_it_goes_when_the_calendar_answers_again():
    world = World()
    bot = await failing(world)
    world.graph.failing.clear()
    world.advance(MINUTE)
    await bot.settled()
    await bot.feeder.report()
    assert world.document(FAILURES) == {}


async def test_a_restart_keeps_the_beginning_until_the_calendar_answers():
    world = World()
    await failing(world)
    world.advance(60 * MINUTE)
    restarted = await world.bot()
    await restarted.feeder.report()
    assert world.document(FAILURES)["since"] == NOW.isoformat()
    await restarted.settled()
    await restarted.feeder.report()
    assert world.document(FAILURES)["since"] == NOW.isoformat()
    world.graph.failing.clear()
    world.advance(MINUTE)
    await restarted.settled()
    await restarted.feeder.report()
    assert world.document(FAILURES) == {}


async def test_another_reason_after_a_restart_keeps_the_beginning_as_well():
    world = World()
    await failing(world)
    world.advance(60 * MINUTE)
    await failing(world, "timeout")
    assert world.document(FAILURES) == {"code": "timeout", "since": NOW.isoformat()}


async def test_somebody_who_left_is_not_told_of_any_more():
    world = World("anna", "bernd")
    await failing(world)
    await world.bot(World("bernd").business)
    assert world.document(FAILURES) == {}


async def test_what_is_told_already_is_not_written_again():
    world = World()
    bot = await failing(world)
    before = world.documents.calls
    await bot.feeder.report()
    assert world.documents.calls == before


async def test_an_outage_of_all_is_written_down_piece_by_piece():
    names = [f"p{number}" for number in range(2 * WRITES_AT_ONCE)]
    world = World(*names)
    world.graph.unknown = {f"{name}@example.test": "timeout" for name in names}
    bot = await world.bot()
    await bot.feeder.load()
    await bot.feeder.report()
    assert len(await world.documents.all(FAILURES)) == WRITES_AT_ONCE
    await bot.feeder.report()
    assert len(await world.documents.all(FAILURES)) == 2 * WRITES_AT_ONCE
