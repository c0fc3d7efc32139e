"""The log by which one process tells the others what was posted to it."""

import pytest

from bot.jobs.feed_notices import KEPT, NOTICES, TRIM_EVERY, Heard, NoticeLog
from scheduling.errors import StoreUnavailable
from tests.builders import NOW
from tests.fakes import Documents, FixedClock
from tests.unit.jobs.feed_world import ANNA, Told, World


async def a_log(documents: Documents, process: str) -> NoticeLog:
    log = NoticeLog(documents, FixedClock(NOW), process)
    await log.start()
    return log


async def test_a_client_state_is_the_same_in_every_process_and_differs_by_mailbox():
    documents = Documents()
    one, other = await a_log(documents, "one"), await a_log(documents, "other")
    assert await one.state_of("staff:anna") == await other.state_of("staff:anna")
    tails = {(await one.state_of(key)).rpartition(".")[2] for key in ("staff:anna", "staff:b")}
    assert len(tails) == 2


async def test_another_installation_has_other_client_states():
    one, other = await a_log(Documents(), "one"), await a_log(Documents(), "other")
    assert await one.state_of("staff:anna") != await other.state_of("staff:anna")


async def test_the_longest_name_fits_into_what_graph_takes():
    log = await a_log(Documents(), "one")
    assert len(await log.state_of(f"equipment:{'x' * 40}#999")) <= 128


async def test_two_processes_that_make_the_secret_together_agree_on_one():
    documents = Documents()
    one, other = await a_log(documents, "one"), await a_log(documents, "other")
    read, states = documents.read, []

    async def read_and_lose(kind: str, key: str):
        documents.read = read
        before = await read(kind, key)
        states.append(await other.state_of("staff:anna"))
        return before

    documents.read = read_and_lose
    assert await one.state_of("staff:anna") == states[0]


async def test_the_same_notification_many_times_in_one_post_is_one():
    log = await a_log(Documents(), "one")
    state = await log.state_of("staff:anna")
    assert await log.genuine([Told(state)] * 1000) == [Heard("staff:anna")]


async def test_many_posts_at_once_are_all_heard():
    documents = Documents()
    one, other = await a_log(documents, "one"), await a_log(documents, "other")
    for number in range(450):
        await one.share([Heard(f"staff:p{number}")])
    heard, has_gap = await other.news()
    assert len(heard) == 450
    assert not has_gap
    assert (await one.news())[0] == []


async def test_who_reads_a_little_later_misses_nothing():
    documents = Documents()
    one, other = await a_log(documents, "one"), await a_log(documents, "other")
    for _ in range(KEPT - 1):
        await one.share([Heard("staff:anna")])
    await one.news()
    assert await other.news() == ([Heard("staff:anna")], False)


async def test_the_log_is_cut_but_not_under_those_who_read_it():
    documents = Documents()
    one, other = await a_log(documents, "one"), await a_log(documents, "other")
    for _ in range(KEPT + 3 * TRIM_EVERY):
        await one.share([Heard("staff:anna")])
    await one.news()
    assert len(documents.logs[NOTICES]) <= KEPT + 1
    heard, has_gap = await other.news()
    assert heard == [Heard("staff:anna")]
    assert has_gap


async def test_who_was_left_behind_by_the_log_trusts_nobody_until_read_again():
    world = World()
    one, other = await (await world.bot()).settled(), await (await world.bot()).settled()
    world.graph.put(ANNA, "a", "9-10")
    await one.told(world.graph.told(ANNA))
    for _ in range(2):
        await one.told(world.graph.told("bernd@example.test"))
    await world.documents.trim(NOTICES, 3)
    await other.feeder.hear()
    assert not other.trusts()
    assert not other.trusts("staff:bernd")
    await other.settled()
    assert other.busy() == [9]
    assert other.trusts()


async def test_without_a_store_nobody_is_taken_for_genuine():
    documents = Documents()
    log = await a_log(documents, "one")
    documents.failure = StoreUnavailable()
    with pytest.raises(StoreUnavailable):
        await log.genuine([Told("staff:anna.x")])
