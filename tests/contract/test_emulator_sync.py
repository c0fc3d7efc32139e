"""Delta, subscriptions and notifications of the emulator, over real HTTP in both directions."""

from collections.abc import AsyncIterator

import pytest

from tests.contract.emulator_world import event_path
from tests.contract.sync_world import STATE, SyncWorld, gone, ids


@pytest.fixture
async def world() -> AsyncIterator[SyncWorld]:
    async with SyncWorld() as running:
        yield running


async def test_a_first_round_shows_the_whole_window(world: SyncWorld) -> None:
    event = await world.create()
    items, _link = await world.round()
    assert ids(items) == [event["id"]]


async def test_a_created_event_comes_in_the_next_round(world: SyncWorld) -> None:
    _, link = await world.round()
    event = await world.create()
    items, link = await world.round(link)
    assert ids(items) == [event["id"]]
    assert (await world.round(link))[0] == []


async def test_a_deleted_event_is_removed_in_the_next_round(world: SyncWorld) -> None:
    event = await world.create()
    _, link = await world.round()
    await world.call("DELETE", event_path(event))
    items, _ = await world.round(link)
    assert gone(items) == [event["id"]]


async def test_a_change_is_told_by_http(world: SyncWorld) -> None:
    held = await world.subscribe()
    event = await world.create()
    [told] = await world.receiver.next()
    assert told["subscriptionId"] == held["id"]
    assert told["clientState"] == STATE
    assert told["changeType"] == "created"
    assert told["resourceData"]["id"] == event["id"]
