"""The index follows Outlook: told at once, read a moment later, swept, never trusted unwatched."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from bot.jobs.feed import IN_A_TURN
from scheduling.catalog import Resource, ResourceKind
from scheduling.errors import StoreUnavailable
from tests.builders import a_staff_member, a_text
from tests.unit.jobs.feed_world import ANNA, BERND, MINUTE, GraphAway, Told, World

DAY = timedelta(days=1)


async def test_a_start_subscribes_once_and_reads_everything():
    world = World()
    world.graph.put(ANNA, "a", "9-10")
    bot = await (await world.bot()).settled()
    assert world.graph.count("subscribe", ANNA) == world.graph.count("whole", ANNA) == 1
    assert bot.busy() == [9]
    assert bot.trusts()


async def test_a_subscription_comes_before_the_reading_that_is_trusted():
    world = World("anna")
    await (await world.bot()).settled()
    assert [what for what, _ in world.graph.calls] == ["subscribe", "whole"]


async def test_who_cannot_be_subscribed_to_is_not_trusted():
    world = World()
    world.graph.failing["subscribe", ANNA] = GraphAway("ValidationError")
    bot = await (await world.bot()).settled()
    assert not bot.trusts()
    assert bot.trusts("staff:bernd")


async def test_a_notification_makes_the_calendar_untrusted_at_once():
    world = World()
    bot = await (await world.bot()).settled()
    await bot.told(world.graph.told(ANNA))
    assert not bot.trusts()
    assert bot.trusts("staff:bernd")


async def test_after_a_notification_only_what_changed_is_read():
    world = World()
    world.graph.put(ANNA, "a", "9-10")
    bot = await (await world.bot()).settled()
    world.graph.put(ANNA, "b", "11-12")
    await bot.told(world.graph.told(ANNA))
    await bot.settled()
    assert bot.busy() == [9, 11]
    assert bot.trusts()
    assert world.graph.count("whole", ANNA) == world.graph.count("delta", ANNA) == 1
    assert not world.graph.count("delta", BERND)


async def test_an_event_that_moved_counts_once_and_one_that_went_is_gone():
    world = World()
    world.graph.put(ANNA, "moves", "9-10")
    world.graph.put(ANNA, "goes", "15-16")
    bot = await (await world.bot()).settled()
    world.graph.put(ANNA, "moves", "13-14")
    world.graph.take(ANNA, "goes")
    await bot.told(world.graph.told(ANNA))
    await bot.settled()
    assert bot.busy() == [13]


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (0, 0, 1, 1, 0)])
async def test_notifications_twice_late_or_in_another_order_end_the_same(order):
    world = World()
    bot = await (await world.bot()).settled()
    notices = []
    for event_id, clocks in (("a", "9-10"), ("a", "11-12")):
        world.graph.put(ANNA, event_id, clocks)
        notices.append(world.graph.told(ANNA))
    for number in order:
        await bot.told(notices[number])
        await bot.turn()
    await bot.settled()
    assert bot.busy() == [11]
    assert bot.trusts()


async def test_a_notification_during_a_reading_leaves_it_untrusted_until_read_again():
    world = World("anna")
    bot = await (await world.bot()).settled()

    async def meanwhile() -> None:
        world.graph.put(ANNA, "b", "11-12")
        await bot.told(world.graph.told(ANNA))

    world.graph.put(ANNA, "a", "9-10")
    await bot.told(world.graph.told(ANNA))
    world.graph.during["delta"] = meanwhile
    await bot.turn()
    assert bot.busy() == [9]
    assert not bot.trusts()
    await bot.turn()
    assert bot.busy() == [9, 11]
    assert bot.trusts()


async def test_one_mailbox_is_never_taken_up_twice_at_the_same_time():
    world = World("anna")
    bot = await (await world.bot()).settled()
    chosen_meanwhile = []

    async def meanwhile() -> None:
        await bot.told(world.graph.told(ANNA))
        chosen_meanwhile.extend(bot.feeder.choose())

    await bot.told(world.graph.told(ANNA))
    world.graph.during["delta"] = meanwhile
    await bot.turn()
    assert chosen_meanwhile == []
    assert await bot.turn() != []


async def test_forged_notifications_cost_neither_a_reading_nor_a_look_into_the_store():
    world = World()
    bot = await (await world.bot()).settled()
    genuine = world.graph.told(ANNA).client_state
    before, looked = len(world.graph.calls), world.documents.calls
    await bot.told(
        Told(""),
        Told("."),
        Told("staff:anna"),
        Told("staff:anna."),
        Told("staff:anna.guessed"),
        Told(genuine[:-1]),
        Told(genuine.replace("anna", "bernd")),
        Told("staff:nobody." + genuine.rpartition(".")[2]),
        Told("ä.ü", "subscriptionRemoved", "sub-1"),
    )
    assert world.documents.calls == looked
    assert await bot.turn() == []
    assert len(world.graph.calls) == before
    assert bot.trusts()


async def test_a_forged_entry_beside_a_genuine_one_is_not_believed():
    world = World("anna")
    bot = await (await world.bot()).settled()
    genuine = world.graph.told(ANNA)
    await bot.told(genuine, Told("staff:anna.guessed", "subscriptionRemoved", "sub-1"))
    await bot.settled()
    assert world.graph.count("subscribe") == 1


async def test_a_notification_that_cannot_be_kept_distrusts_here_and_is_refused():
    world = World()
    bot = await (await world.bot()).settled()
    world.documents.failure = StoreUnavailable()
    with pytest.raises(StoreUnavailable):
        await bot.told(world.graph.told(ANNA))
    assert not bot.trusts()


async def test_lost_notifications_are_found_by_the_sweep_within_half_an_hour():
    world = World("anna")
    bot = await (await world.bot()).settled()
    world.graph.put(ANNA, "a", "9-10")
    world.advance(29 * MINUTE)
    assert await bot.turn() == []
    world.advance(MINUTE)
    await bot.settled()
    assert bot.busy() == [9]


async def test_a_sweep_that_finds_what_nobody_told_asks_whether_the_subscription_lives():
    world = World("anna")
    bot = await (await world.bot()).settled()
    world.graph.living.clear()
    world.graph.put(ANNA, "a", "9-10")
    world.advance(30 * MINUTE)
    await bot.turn()
    assert not bot.trusts()
    await bot.settled()
    assert world.graph.count("renew") == 1
    assert world.graph.count("subscribe") == 2
    assert bot.trusts()


async def test_a_sweep_that_is_told_the_same_again_doubts_nothing():
    world = World("anna")
    world.graph.put(ANNA, "a", "9-10")
    world.graph.repeats_everything = True
    bot = await (await world.bot()).settled()
    world.advance(30 * MINUTE)
    await bot.settled()
    assert world.graph.count("delta") == 1
    assert world.graph.count("renew") == 0


async def test_without_a_sweep_the_trust_ends_after_three_quarters_of_an_hour():
    world = World("anna")
    bot = await (await world.bot()).settled()
    world.advance(45 * MINUTE)
    assert bot.trusts()
    world.advance(timedelta(seconds=1))
    assert not bot.trusts()


async def test_a_day_of_sweeps_keeps_everybody_trusted_with_one_subscription():
    world = World()
    bot = await (await world.bot()).settled()
    for _ in range(24 * 4):
        world.advance(15 * MINUTE)
        await bot.settled()
        assert bot.trusts()
    assert world.graph.count("delta", ANNA) == 48
    assert world.graph.count("subscribe", ANNA) == 1
    assert world.graph.count("renew", ANNA) == 0


async def test_when_the_window_rolls_on_the_calendar_stays_covered():
    world = World("anna")
    bot = await (await world.bot()).settled()
    for _ in range(24 * 21):
        world.advance(timedelta(hours=1))
        await bot.settled()
        assert bot.trusts()
    assert 3 <= world.graph.count("whole") <= 5
    assert world.graph.count("subscribe") == 1


async def test_a_whole_reading_of_a_new_window_forgets_what_is_past():
    world = World("anna")
    world.graph.put(ANNA, "a", "9-10")
    bot = await (await world.bot()).settled()
    world.graph.calendars[ANNA].clear()
    world.advance(8 * DAY)
    await bot.settled()
    assert bot.busy() == []


async def test_nobody_asks_for_weeks_and_the_window_still_rolls_on():
    world = World("anna")
    bot = await (await world.bot()).settled()
    world.advance(12 * DAY)
    await bot.settled()
    assert bot.index.window.end > world.clock.now() + 14 * DAY
    assert bot.trusts()


async def test_a_calendar_that_fails_is_named_and_its_colleagues_go_on():
    world = World()
    world.graph.failing["whole", ANNA] = GraphAway("MailboxNotEnabledForRESTAPI")
    bot = await (await world.bot()).settled()
    assert bot.why_not() == "MailboxNotEnabledForRESTAPI"
    assert bot.index.failures["staff:anna"].since == world.clock.now()
    assert not bot.trusts()
    assert bot.trusts("staff:bernd")


async def test_a_calendar_that_fails_is_tried_again_ever_more_rarely():
    world = World("anna")
    world.graph.failing["whole", ANNA] = GraphAway("http_503")
    bot = await (await world.bot()).settled()
    tried_at = []
    for second in range(0, 3600, 20):
        before = world.graph.count("whole")
        await bot.turn()
        if world.graph.count("whole") > before:
            tried_at.append(second)
        world.advance(timedelta(seconds=20))
    pauses = [b - a for a, b in pairwise(tried_at)]
    assert pauses == [40, 80, 160, 320, 640, 900, 900]


async def test_a_delta_that_fails_is_untrusted_and_repeated_with_the_same_link():
    world = World("anna")
    bot = await (await world.bot()).settled()
    world.graph.put(ANNA, "a", "9-10")
    world.graph.failing["delta", ANNA] = GraphAway("http_503")
    await bot.told(world.graph.told(ANNA))
    await bot.settled()
    assert not bot.trusts()
    world.graph.failing.clear()
    world.advance(timedelta(seconds=20))
    await bot.settled()
    assert bot.busy() == [9]
    assert bot.trusts()
    assert world.graph.count("whole") == 1
    assert bot.why_not() is None


async def test_a_sweep_that_fails_ends_the_trust():
    world = World("anna")
    bot = await (await world.bot()).settled()
    world.graph.failing["delta", ANNA] = GraphAway("http_503")
    world.advance(30 * MINUTE)
    await bot.settled()
    assert not bot.trusts()


async def test_a_whole_reading_that_failed_is_not_left_to_the_sweep():
    world = World("anna")
    bot = await (await world.bot()).settled()
    world.graph.failing["whole", ANNA] = GraphAway("http_503")
    await bot.told(world.graph.told(ANNA, "missed"))
    await bot.settled()
    world.graph.failing.clear()
    world.advance(timedelta(seconds=20))
    await bot.settled()
    assert world.graph.count("whole") == 3
    assert bot.trusts()


async def test_notifications_do_not_hurry_a_calendar_that_fails():
    world = World("anna")
    bot = await (await world.bot()).settled()
    world.graph.failing["delta", ANNA] = GraphAway("http_503")
    for _ in range(5):
        await bot.told(world.graph.told(ANNA))
        await bot.turn()
    assert world.graph.count("delta") == 1


async def test_a_fault_of_ours_hits_one_calendar_only_and_is_not_repeated_each_second():
    world = World()
    world.graph.failing["whole", ANNA] = ZeroDivisionError()
    bot = await world.bot()
    with capture_logs() as logs:
        for _ in range(5):
            await bot.turn()
    assert [entry["event"] for entry in logs] == ["feed_failed"]
    assert bot.why_not() == "fault"
    assert bot.trusts("staff:bernd")


async def test_a_store_that_is_away_only_delays():
    world = World()
    bot = await world.bot()
    world.documents.failure = StoreUnavailable()
    await asyncio.gather(*(bot.feeder.take_up(w) for w in bot.feeder.choose()))
    assert not bot.trusts()
    world.documents.failure = None
    world.advance(timedelta(seconds=20))
    await bot.settled()
    assert bot.trusts()


async def test_units_of_one_room_share_the_subscription_of_its_calendar():
    mailbox = "beamer@example.test"
    beamers = Resource(
        "beamer", a_text("Beamer"), ResourceKind.EQUIPMENT, units=2, mailbox=mailbox
    )
    world = World("anna", resources=(beamers,))
    world.graph.put(mailbox, "a", "9-10")
    bot = await (await world.bot()).settled()
    assert world.graph.count("subscribe", mailbox) == world.graph.count("whole", mailbox) == 1
    for unit in beamers.unit_ids:
        assert bot.trusts(unit)
        assert bot.busy(unit) == [9]
    await bot.told(world.graph.told(mailbox))
    assert not any(bot.trusts(unit) for unit in beamers.unit_ids)


def a_crowd(count: int, **changes) -> World:
    return World(*(f"p{number}" for number in range(count)), **changes)


async def test_a_large_business_is_loaded_by_free_busy_in_batches():
    world = a_crowd(250)
    world.graph.put("p7@example.test", "a", "9-10")
    bot = await world.bot()
    await bot.feeder.load()
    assert world.graph.batches == [100, 100, 50]
    assert bot.busy("staff:p7") == [9]
    assert bot.index.was_read_since("staff:p249", world.clock.now())
    assert not bot.trusts("staff:p7")


async def test_one_that_fails_inside_a_good_answer_is_unknown_and_its_colleagues_are_known():
    world = a_crowd(3)
    world.graph.unknown["p1@example.test"] = "ErrorMailRecipientNotFound"
    bot = await world.bot()
    await bot.feeder.load()
    assert bot.index.standing("staff:p1").unknown == "ErrorMailRecipientNotFound"
    assert bot.why_not("staff:p1") == "ErrorMailRecipientNotFound"
    assert bot.index.standing("staff:p0").unknown is None
    assert bot.index.standing("staff:p2").unknown is None


async def test_who_answers_the_next_load_is_known_again():
    world = a_crowd(2)
    world.graph.unknown["p1@example.test"] = "timeout"
    bot = await world.bot()
    await bot.feeder.load()
    world.graph.unknown.clear()
    await bot.feeder.load()
    assert bot.index.standing("staff:p1").unknown is None
    assert bot.why_not("staff:p1") is None


async def test_who_is_known_to_the_second_is_not_loaded_again():
    world = World()
    bot = await (await world.bot()).settled()
    await bot.feeder.load()
    assert world.graph.batches == []


async def test_a_load_does_not_overwrite_what_was_told_of_or_read_meanwhile():
    world = World("anna")
    world.graph.failing["subscribe", ANNA] = GraphAway("http_503")
    bot = await (await world.bot()).settled()

    async def meanwhile() -> None:
        world.graph.failing.clear()
        world.graph.put(ANNA, "a", "9-10")
        world.advance(MINUTE)
        await bot.settled()

    world.graph.during["free_busy"] = meanwhile
    await bot.feeder.load()
    assert bot.busy() == [9]
    assert bot.trusts()


async def test_a_load_that_began_before_a_notification_is_not_taken_for_recent():
    world = World("anna")
    earlier = await (await world.bot()).settled()
    bot = await world.bot()
    began = world.clock.now()
    await bot.feeder.load()
    assert bot.index.was_read_since("staff:anna", began)
    await bot.told(world.graph.told(ANNA))
    assert not bot.index.was_read_since("staff:anna", began)

    async def meanwhile() -> None:
        await bot.told(world.graph.told(ANNA))

    world.graph.during["free_busy"] = meanwhile
    await bot.feeder.load()
    assert not bot.index.was_read_since("staff:anna", began)
    assert earlier.trusts()


async def test_thousands_are_taken_up_a_few_a_second_and_swept_within_half_an_hour():
    world = a_crowd(1600)
    bot = await world.bot()
    turns = 0
    while chosen := await bot.turn():
        assert len(chosen) <= IN_A_TURN
        world.advance(timedelta(seconds=1))
        turns += 1
    # ten times as many need ten times as long: 800 of the 1800 seconds between two sweeps
    assert turns == 80
    assert all(bot.trusts(f"staff:p{n}") for n in range(1600))


async def test_a_changed_calendar_does_not_wait_for_the_first_reading_of_thousands():
    world = a_crowd(200)
    bot = await world.bot()
    await bot.turn()
    await bot.told(world.graph.told("p0@example.test"))
    assert (await bot.turn())[0].mailbox == "p0@example.test"
    assert bot.trusts("staff:p0")


async def test_logs_name_codes_and_counts_but_nobody():
    world = a_crowd(30)
    for number in range(30):
        world.graph.failing["subscribe", f"p{number}@example.test"] = GraphAway("http_503")
    bot = await world.bot()
    with capture_logs() as logs:
        await bot.turn()
        await bot.feeder.log_troubles()
        await bot.feeder.log_troubles()
    assert logs == [
        {
            "event": "subscription_failed",
            "code": "http_503",
            "mailboxes": IN_A_TURN,
            "log_level": "warning",
        }
    ]


async def test_the_end_comes_at_once_even_in_the_middle_of_a_reading():
    world = World()
    bot = await world.bot()
    reached, never = asyncio.Event(), asyncio.Event()

    async def hang() -> None:
        reached.set()
        await never.wait()

    world.graph.during["whole"] = hang
    runner = asyncio.create_task(bot.feeder.run())
    async with asyncio.timeout(5):
        await reached.wait()
        runner.cancel()
        with pytest.raises(asyncio.CancelledError):
            await runner
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_calendar_that_hangs_does_not_keep_up_the_others():
    world = World("anna", "bernd")
    bot = await world.bot()
    never = asyncio.Event()
    world.graph.during["whole"] = lambda: never.wait()
    runner = asyncio.create_task(bot.feeder.run())
    async with asyncio.timeout(5):
        while not (bot.trusts("staff:bernd") or bot.trusts()):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert bot.trusts() != bot.trusts("staff:bernd")
    runner.cancel()
    await asyncio.gather(runner, return_exceptions=True)


async def test_a_store_that_is_away_at_the_start_does_not_end_the_work():
    world = World("anna")
    bot = await world.bot()
    world.documents.failure = StoreUnavailable()
    runner = asyncio.create_task(bot.feeder.run())
    before = world.documents.calls
    async with asyncio.timeout(5):
        while world.documents.calls == before:  # noqa: ASYNC110
            await asyncio.sleep(0)
    assert not runner.done()
    runner.cancel()
    await asyncio.gather(runner, return_exceptions=True)


async def test_a_new_mailbox_of_the_same_person_gets_its_own_subscription():
    world = World("anna")
    await (await world.bot()).settled()
    moved = replace(world.business, staff=(a_staff_member("anna", mailbox="lenz@example.test"),))
    bot = await (await world.bot(moved)).settled()
    assert world.graph.of(ANNA) == []
    assert len(world.graph.of("lenz@example.test")) == 1
    assert bot.trusts()
