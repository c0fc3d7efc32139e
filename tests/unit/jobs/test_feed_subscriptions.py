"""One subscription a mailbox: over restarts, several processes, renewals and losses."""

import asyncio
from datetime import timedelta

import pytest

from bot.jobs.feed_subscriptions import CLAIM_FOR, CONFIRMED_FOR, Kept
from scheduling.errors import StoreUnavailable
from tests.unit.jobs.feed_world import ANNA, BERND, LIFE, MINUTE, Bot, GraphAway, Told, World

DAY = timedelta(days=1)
ELSEWHERE = "https://elsewhere.example.test/api/notifications"


async def test_a_restart_takes_over_what_stands_in_the_store():
    world = World()
    await (await world.bot()).settled()
    bot = await (await world.bot()).settled()
    assert world.graph.count("subscribe") == 2
    assert world.graph.count("renew") == 0
    assert bot.trusts()


async def test_a_restart_after_hours_asks_whether_it_still_stands():
    world = World("anna")
    await (await world.bot()).settled()
    world.advance(CONFIRMED_FOR)
    bot = await (await world.bot()).settled()
    assert world.graph.count("renew") == 1
    assert world.graph.count("subscribe") == 1
    assert bot.trusts()


async def test_one_that_was_lost_while_we_were_away_is_replaced_and_all_is_read():
    world = World("anna")
    await (await world.bot()).settled()
    world.graph.living.clear()
    world.graph.put(ANNA, "a", "9-10")
    world.advance(2 * DAY)
    bot = await (await world.bot()).settled()
    assert world.graph.count("subscribe") == 2
    assert bot.busy() == [9]
    assert bot.trusts()


async def test_it_is_renewed_a_day_before_its_end():
    world = World("anna")
    bot = await (await world.bot()).settled()
    world.advance(LIFE - DAY - MINUTE)
    await bot.settled()
    assert world.graph.count("renew") == 0
    world.advance(MINUTE)
    await bot.settled()
    assert world.graph.count("renew") == 1
    assert world.graph.of(ANNA)[0].ends_at == world.clock.now() + LIFE


async def test_one_that_graph_knows_no_more_at_renewal_is_made_anew_and_all_is_read():
    world = World("anna")
    bot = await (await world.bot()).settled()
    world.graph.living.clear()
    world.advance(LIFE - DAY)
    await bot.settled()
    assert world.graph.count("subscribe") == world.graph.count("whole") == 2
    assert bot.trusts()


async def test_a_renewal_that_fails_costs_no_trust_while_the_old_one_lasts():
    world = World("anna")
    bot = await (await world.bot()).settled()
    world.graph.failing["renew", ANNA] = GraphAway("http_503")
    world.advance(LIFE - DAY)
    await bot.settled()
    assert world.graph.count("renew") == 1
    assert bot.trusts()


async def test_nothing_is_trusted_beyond_the_end_of_the_subscription():
    world = World("anna")
    bot = await (await world.bot()).settled()
    world.graph.failing["renew", ANNA] = GraphAway("http_503")
    world.advance(LIFE - 10 * MINUTE)
    await bot.settled()
    assert bot.trusts()
    world.advance(11 * MINUTE)
    await bot.settled()
    assert not bot.trusts()


async def test_after_a_late_renewal_what_was_missed_is_read_before_it_is_trusted():
    world = World("anna")
    bot = await (await world.bot()).settled()
    world.graph.failing["renew", ANNA] = GraphAway("http_503")
    world.advance(LIFE + MINUTE)
    await bot.settled()
    world.graph.put(ANNA, "a", "9-10")
    world.graph.failing.clear()
    world.advance(16 * MINUTE)
    await bot.settled()
    assert bot.busy() == [9]
    assert bot.trusts()


async def test_a_life_shorter_than_the_time_before_renewal_is_not_renewed_each_second():
    world = World("anna")
    world.graph.life = timedelta(hours=1)
    bot = await (await world.bot()).settled()
    assert await bot.turn() == []
    world.advance(29 * MINUTE)
    await bot.settled()
    assert world.graph.count("renew") == 0
    world.advance(MINUTE)
    await bot.settled()
    assert world.graph.count("renew") == 1


async def test_reauthorization_is_answered_by_a_renewal_and_not_trusted_until_then():
    world = World("anna")
    bot = await (await world.bot()).settled()
    await bot.told(world.graph.told(ANNA, "reauthorizationRequired"))
    assert not bot.trusts()
    world.graph.failing["renew", ANNA] = GraphAway("http_503")
    await bot.settled()
    assert not bot.trusts()
    world.graph.failing.clear()
    world.advance(MINUTE)
    await bot.settled()
    assert world.graph.count("renew") == 2
    assert world.graph.count("subscribe") == 1
    assert bot.trusts()


async def test_a_subscription_that_was_removed_is_replaced_and_all_is_read():
    world = World("anna")
    bot = await (await world.bot()).settled()
    removed = world.graph.told(ANNA, "subscriptionRemoved")
    world.graph.living.clear()
    world.graph.put(ANNA, "a", "9-10")
    await bot.told(removed)
    assert not bot.trusts()
    await bot.settled()
    assert world.graph.count("subscribe") == world.graph.count("whole") == 2
    assert len(world.graph.of(ANNA)) == 1
    assert bot.busy() == [9]
    assert bot.trusts()


async def test_an_old_removal_told_again_ends_nothing():
    world = World("anna")
    bot = await (await world.bot()).settled()
    removed = world.graph.told(ANNA, "subscriptionRemoved")
    world.graph.living.clear()
    await bot.told(removed)
    await bot.settled()
    await bot.told(removed)
    await bot.settled()
    assert world.graph.count("subscribe") == 2
    assert bot.trusts()


async def test_a_removal_during_the_renewal_is_not_forgotten():
    world = World("anna")
    bot = await (await world.bot()).settled()
    removed = world.graph.told(ANNA, "subscriptionRemoved")

    async def meanwhile() -> None:
        await bot.told(removed)

    world.advance(LIFE - DAY)
    world.graph.during["renew"] = meanwhile
    await bot.settled()
    assert world.graph.count("subscribe") == 2
    assert bot.trusts()


async def test_missed_notifications_lead_to_a_whole_reading():
    world = World("anna")
    bot = await (await world.bot()).settled()
    await bot.told(world.graph.told(ANNA, "missed"))
    await bot.settled()
    assert world.graph.count("whole") == 2
    assert world.graph.count("subscribe") == 1


async def test_what_was_missed_during_a_reading_is_read_whole_afterwards():
    world = World("anna")
    bot = await (await world.bot()).settled()

    async def meanwhile() -> None:
        await bot.told(world.graph.told(ANNA, "missed"))

    await bot.told(world.graph.told(ANNA))
    world.graph.during["delta"] = meanwhile
    await bot.settled()
    assert world.graph.count("whole") == 2
    assert bot.trusts()


async def test_several_words_in_one_post_all_count():
    world = World("anna")
    bot = await (await world.bot()).settled()
    removed = world.graph.told(ANNA, "subscriptionRemoved")
    world.graph.living.clear()
    await bot.told(removed, Told(removed.client_state, "missed", removed.subscription_id))
    await bot.settled()
    assert world.graph.count("subscribe") == 2


async def test_a_failed_subscription_is_tried_again_later_and_the_calendar_not_blamed():
    world = World("anna")
    world.graph.failing["subscribe", ANNA] = GraphAway("ValidationError")
    bot = await (await world.bot()).settled()
    assert bot.why_not() is None
    world.graph.failing.clear()
    world.advance(timedelta(seconds=20))
    await bot.settled()
    assert bot.trusts()


async def pair(world: World) -> tuple[Bot, Bot]:
    return await (await world.bot()).settled(), await (await world.bot()).settled()


async def test_two_processes_share_one_subscription():
    world = World()
    one, other = await pair(world)
    assert world.graph.count("subscribe") == 2
    assert one.trusts()
    assert other.trusts()


async def test_two_processes_that_start_together_subscribe_once():
    world = World()
    one, other = await world.bot(), await world.bot()

    async def meanwhile() -> None:
        await other.turn()

    world.graph.during["subscribe"] = meanwhile
    await one.settled()
    world.advance(timedelta(seconds=10))
    await other.settled()
    assert world.graph.count("subscribe", ANNA) == 1
    assert world.graph.count("subscribe", BERND) == 1
    assert one.trusts()
    assert other.trusts()


async def test_a_process_that_died_while_subscribing_is_not_waited_for_long():
    world = World("anna")
    one, other = await world.bot(), await world.bot()
    never = asyncio.Event()
    world.graph.during["subscribe"] = never.wait
    dying = asyncio.create_task(one.turn())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    await other.settled()
    assert not other.trusts()
    world.advance(CLAIM_FOR)
    await other.settled()
    assert other.trusts()


async def test_a_process_that_comes_too_late_ends_the_subscription_it_made():
    world = World("anna")
    one, other = await world.bot(), await world.bot()

    async def meanwhile() -> None:
        world.advance(CLAIM_FOR)
        await other.settled()

    world.graph.during["subscribe"] = meanwhile
    await one.turn()
    assert len(world.graph.of(ANNA)) == 1
    world.advance(timedelta(seconds=10))
    await one.settled()
    assert one.trusts()
    assert other.trusts()
    assert world.graph.of(ANNA)[0].id == world.document("subscription")["id"]


async def test_what_one_process_is_told_the_others_hear():
    world = World("anna")
    one, other = await pair(world)
    world.graph.put(ANNA, "a", "9-10")
    await one.told(world.graph.told(ANNA))
    await other.feeder.hear()
    assert not other.trusts()
    await other.settled()
    assert other.busy() == [9]
    assert other.trusts()


async def test_the_others_hear_of_a_removal_and_take_over_the_new_one():
    world = World("anna")
    one, other = await pair(world)
    removed = world.graph.told(ANNA, "subscriptionRemoved")
    world.graph.living.clear()
    await one.told(removed)
    await other.turn()
    await one.settled()
    world.advance(timedelta(seconds=10))
    await other.settled()
    assert len(world.graph.of(ANNA)) == 1
    assert world.graph.count("subscribe") == 2
    assert one.trusts()
    assert other.trusts()


async def test_what_we_told_ourselves_is_not_read_twice():
    world = World("anna")
    bot = await (await world.bot()).settled()
    await bot.told(world.graph.told(ANNA))
    await bot.settled()
    await bot.settled()
    assert world.graph.count("delta") == 1


async def test_one_process_renews_for_all():
    world = World("anna")
    one, other = await pair(world)
    world.advance(LIFE - DAY)
    await one.settled()
    await other.settled()
    assert world.graph.count("renew") == 1


async def test_reauthorization_asks_graph_even_if_another_process_renewed_lately():
    world = World("anna")
    one, other = await pair(world)
    world.advance(LIFE - DAY)
    await one.settled()
    await other.told(world.graph.told(ANNA, "reauthorizationRequired"))
    await other.settled()
    assert world.graph.count("renew") == 2
    assert other.trusts()


async def test_a_subscription_that_another_process_is_replacing_is_not_taken_over():
    world = World("anna")
    one = await (await world.bot()).settled()
    removed = world.graph.told(ANNA, "subscriptionRemoved")
    world.graph.living.clear()
    await one.told(removed)
    other = await world.bot()
    trusted = []

    async def meanwhile() -> None:
        await other.settled()
        trusted.append(other.trusts())

    world.graph.during["subscribe"] = meanwhile
    await one.settled()
    assert trusted == [False]
    assert world.graph.count("subscribe") == 2
    world.advance(timedelta(seconds=10))
    await other.settled()
    assert other.trusts()


async def test_a_new_public_address_replaces_the_subscriptions():
    world = World("anna")
    await (await world.bot()).settled()
    bot = await (await world.bot(address=ELSEWHERE)).settled()
    assert len(world.graph.of(ANNA)) == 1
    assert world.graph.count("subscribe") == 2
    assert world.document("subscription")["address"] == ELSEWHERE
    assert bot.trusts()


async def test_the_subscription_of_somebody_who_left_is_ended():
    world = World("anna", "bernd")
    await (await world.bot()).settled()
    smaller = World("anna").business
    bot = await world.bot(smaller)
    runner = asyncio.create_task(bot.feeder.run())
    async with asyncio.timeout(5):
        while world.document("subscription", "staff:bernd"):  # noqa: ASYNC110
            await asyncio.sleep(0)
    runner.cancel()
    await asyncio.gather(runner, return_exceptions=True)
    assert world.graph.of(BERND) == []
    assert len(world.graph.of(ANNA)) == 1


async def test_a_store_that_fails_after_graph_has_agreed_leads_to_one_subscription():
    world = World("anna")
    bot = await world.bot()

    async def away() -> None:
        world.documents.failure = StoreUnavailable()

    world.graph.during["subscribe"] = away
    (watched,) = bot.feeder.choose()
    await bot.feeder.take_up(watched)
    assert not bot.trusts()
    world.documents.failure = None
    world.advance(timedelta(seconds=20))
    await bot.settled()
    assert bot.trusts()


@pytest.mark.parametrize(
    "body", [{}, {"claimed_by": "x", "claimed_at": "2026-11-09T06:00:00+00:00"}]
)
def test_a_document_without_a_subscription_is_read_as_none(body):
    assert Kept.of(body).subscription is None
