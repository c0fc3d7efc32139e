"""Notifications of the emulator over real HTTP: kinds, repeats, faults, words of the lifecycle."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from tests.contract.emulator_world import ANNA, BEN, TENANT, an_event, event_path, weekly
from tests.contract.sync_world import STATE, SyncWorld

INVITED = [{"emailAddress": {"address": BEN}, "type": "required"}]


@pytest.fixture
async def world() -> AsyncIterator[SyncWorld]:
    async with SyncWorld() as running:
        yield running


async def silence(world: SyncWorld) -> bool:
    """Whether nothing is under way and nothing has come."""
    async with asyncio.timeout(5):
        while (await world.control("GET"))["under_way"]:
            pass
    return world.receiver.posts.empty()


async def test_a_notification_says_what_happened_to_which_event(world: SyncWorld) -> None:
    held = await world.subscribe()
    event = await world.create()
    [told] = await world.receiver.next()
    mailbox = world.tenant.mailbox(ANNA).object_id
    assert (told["subscriptionId"], told["tenantId"]) == (held["id"], TENANT)
    assert (told["changeType"], told["clientState"]) == ("created", STATE)
    assert told["resource"] == f"Users/{mailbox}/Events/{event['id']}"
    assert told["resourceData"]["@odata.etag"] == event["@odata.etag"]
    assert told["subscriptionExpirationDateTime"] == held["expirationDateTime"]


async def test_several_changes_come_in_one_post(world: SyncWorld) -> None:
    await world.subscribe()
    world.tenant.options.notification_delay_seconds = 0.3
    event = await world.create()
    await world.call("PATCH", event_path(event), {"subject": "Neu"})
    await world.call("DELETE", event_path(event))
    told = await world.receiver.next()
    assert [t["changeType"] for t in told] == ["created", "updated", "deleted"]
    assert len({t["id"] for t in told}) == 3


async def test_several_mailboxes_come_in_one_post(world: SyncWorld) -> None:
    mine = await world.subscribe()
    bens = await world.subscribe(resource=f"users/{BEN}/events")
    await world.create(an_event(attendees=INVITED))
    told = await world.receiver.next()
    assert {t["subscriptionId"] for t in told} == {mine["id"], bens["id"]}


async def test_only_the_wanted_kinds_are_told(world: SyncWorld) -> None:
    await world.subscribe(changeType="deleted")
    event = await world.create()
    await world.call("DELETE", event_path(event))
    [told] = await world.receiver.next()
    assert told["changeType"] == "deleted"


@pytest.mark.parametrize(
    ("action", "kind"), [("accept", "updated"), ("decline", "deleted"), ("cancel", "updated")]
)
async def test_copies_of_attendees_are_told_of(world: SyncWorld, action: str, kind: str) -> None:
    event = await world.create(an_event(attendees=INVITED))
    copy = (await world.view(BEN))[0]
    await world.subscribe(resource=f"users/{BEN}/events")
    path = event_path(event, ANNA) if action == "cancel" else event_path(copy, BEN)
    await world.call("POST", f"{path}/{action}", {})
    [told] = await world.receiver.next()
    assert (told["changeType"], told["resourceData"]["id"]) == (kind, copy["id"])


async def test_a_change_of_an_occurrence_and_busy_time_are_told(world: SyncWorld) -> None:
    await world.create(weekly())
    occurrence = (await world.view())[0]
    await world.subscribe()
    await world.call("DELETE", event_path(occurrence))
    assert (await world.receiver.next())[0]["changeType"] == "updated"
    busy = {"start": "2026-12-02T09:00:00", "end": "2026-12-02T10:00:00"}
    await world.http.post("/control/events", json={"mailbox": ANNA, "events": [busy]})
    assert (await world.receiver.next())[0]["changeType"] == "created"


async def test_ids_survive_moves_if_the_subscription_asked_for_it(world: SyncWorld) -> None:
    prefer = {"Prefer": 'IdType="ImmutableId"'}
    await world.subscribe(prefer)
    path = f"/users/{ANNA}/events"
    _, event = await world.call("POST", path, an_event(), **prefer)
    assert (await world.receiver.next())[0]["resourceData"]["id"] == event["id"]


@pytest.mark.parametrize("status", [500, 404, 302])
async def test_a_post_that_is_not_taken_comes_again(world: SyncWorld, status: int) -> None:
    world.receiver.answers = [status, status]
    await world.subscribe()
    await world.create()
    posts = [await world.receiver.next() for _ in range(3)]
    assert posts[0] == posts[1] == posts[2]
    assert await silence(world)
    found = (await world.control("GET"))["deliveries"]
    assert [d["status"] for d in found] == [status, status, 202]


async def test_a_receiver_that_is_away_gets_it_when_it_is_back(world: SyncWorld) -> None:
    await world.subscribe()
    await world.receiver.leave()
    await world.create()
    async with asyncio.timeout(5):
        while not (await world.control("GET"))["deliveries"]:
            pass
    await world.receiver.come_back()
    assert len(await world.receiver.next()) == 1


async def test_what_is_given_up_is_told_as_missed(world: SyncWorld) -> None:
    world.tenant.options.notification_give_up_seconds = 0
    world.receiver.answers = [503]
    await world.subscribe()
    await world.create()
    await world.receiver.next()
    [told] = await world.receiver.next("lifecycle")
    assert told["lifecycleEvent"] == "missed"


async def test_an_address_that_is_often_too_slow_is_not_served_for_a_while(
    world: SyncWorld,
) -> None:
    options = world.tenant.options
    options.endpoint_sample, options.notification_later_seconds = 1, 0.0
    await world.subscribe()
    await world.create()
    await world.receiver.next()
    await world.create()
    assert await silence(world)


async def test_an_address_that_is_sometimes_too_slow_is_served_late(world: SyncWorld) -> None:
    options = world.tenant.options
    options.endpoint_sample, options.endpoint_delay_seconds = 1, 0.3
    world.receiver.answers = [202]
    await world.subscribe()
    options.notification_first_seconds = 0.01
    world.receiver.pause = asyncio.Event()
    await world.create()
    async with asyncio.timeout(5):
        while not (await world.control("GET"))["deliveries"]:
            pass
    world.receiver.pause.set()
    await world.receiver.next()
    begun = asyncio.get_running_loop().time()
    await world.create()
    await world.receiver.next()
    assert asyncio.get_running_loop().time() - begun >= 0.3


async def test_nothing_is_told_after_the_end(world: SyncWorld) -> None:
    made = await world.subscribe()
    await world.call("DELETE", f"/subscriptions/{made['id']}")
    await world.create()
    assert await silence(world)


async def test_nothing_is_told_after_it_ran_out(world: SyncWorld) -> None:
    await world.subscribe(expirationDateTime="2026-11-23T08:45:00Z")
    world.clock.advance(timedelta(minutes=45))
    await world.create()
    assert await silence(world)


async def test_nothing_is_told_of_a_mailbox_that_is_gone(world: SyncWorld) -> None:
    held = await world.subscribe()
    await world.fault(kind="dead_mailbox", mailbox=ANNA)
    await world.control("POST", "/notify", {"subscription": held["id"]})
    assert await silence(world)


async def test_a_notification_may_be_lost(world: SyncWorld) -> None:
    await world.subscribe()
    await world.control("POST", "/faults", {"kind": "lost", "mailbox": ANNA, "count": 1})
    await world.create()
    event = await world.create()
    [told] = await world.receiver.next()
    assert told["resourceData"]["id"] == event["id"]


async def test_a_notification_may_come_twice(world: SyncWorld) -> None:
    await world.subscribe()
    await world.control("POST", "/faults", {"kind": "doubled", "count": 1})
    await world.create()
    assert await world.receiver.next() == await world.receiver.next()


async def test_a_later_change_may_overtake_an_earlier_one(world: SyncWorld) -> None:
    await world.subscribe()
    await world.control("POST", "/faults", {"kind": "delayed", "seconds": 0.3, "count": 1})
    first, second = await world.create(), await world.create()
    told = [(await world.receiver.next())[0]["resourceData"]["id"] for _ in range(2)]
    assert told == [second["id"], first["id"]]


async def test_changes_may_come_in_the_wrong_order(world: SyncWorld) -> None:
    await world.subscribe()
    world.tenant.options.notification_delay_seconds = 0.3
    await world.control("POST", "/faults", {"kind": "reordered"})
    event = await world.create()
    await world.call("DELETE", event_path(event))
    assert [t["changeType"] for t in await world.receiver.next()] == ["deleted", "created"]


async def test_one_change_may_be_told_as_two(world: SyncWorld) -> None:
    await world.subscribe()
    await world.control("POST", "/faults", {"kind": "noisy"})
    await world.create()
    assert [t["changeType"] for t in await world.receiver.next()] == ["created", "updated"]


async def test_a_client_state_may_be_wrong(world: SyncWorld) -> None:
    await world.subscribe()
    await world.control("POST", "/faults", {"kind": "wrong_client_state"})
    await world.create()
    assert (await world.receiver.next())[0]["clientState"] != STATE


async def test_faults_can_be_seen_and_switched_off(world: SyncWorld) -> None:
    await world.control("POST", "/faults", {"kind": "lost"})
    assert [f["kind"] for f in (await world.control("GET"))["faults"]] == ["lost"]
    await world.control("DELETE", "/faults")
    assert (await world.control("GET"))["faults"] == []


async def test_a_stray_notification_of_an_ended_subscription_can_be_sent(
    world: SyncWorld,
) -> None:
    made = await world.subscribe()
    await world.call("DELETE", f"/subscriptions/{made['id']}")
    await world.control("POST", "/notify", {"subscription": made["id"]})
    [told] = await world.receiver.next()
    assert told["subscriptionId"] == made["id"]


@pytest.mark.parametrize("kind", ["reauthorizationRequired", "subscriptionRemoved", "missed"])
async def test_a_word_about_a_subscription_goes_to_its_own_address(
    world: SyncWorld, kind: str
) -> None:
    held = await world.subscribe()
    await world.control("POST", "/lifecycle", {"kind": kind, "mailbox": ANNA})
    [told] = await world.receiver.next("lifecycle")
    assert (told["lifecycleEvent"], told["clientState"]) == (kind, STATE)
    assert (told["subscriptionId"], "changeType" in told) == (held["id"], False)


async def test_a_removed_subscription_is_gone(world: SyncWorld) -> None:
    held = await world.subscribe()
    await world.control("POST", "/lifecycle", {"kind": "subscriptionRemoved"})
    path = f"/subscriptions/{held['id']}"
    assert (await world.call("GET", path))[0] == 404
    await world.subscribe()


def _answers() -> list[Any]:
    later = {"expirationDateTime": "2026-11-28T08:00:00Z"}
    return [("POST", "/reauthorize", None), ("PATCH", "", later)]


@pytest.mark.parametrize(("method", "tail", "body"), _answers())
async def test_changes_are_lost_until_a_challenge_is_answered(
    world: SyncWorld, method: str, tail: str, body: Any
) -> None:
    held = await world.subscribe(lifecycleNotificationUrl=None)
    word = {"kind": "reauthorizationRequired", "grace_seconds": 60}
    await world.control("POST", "/lifecycle", word)
    world.clock.advance(timedelta(seconds=61))
    await world.create()
    assert await silence(world)
    await world.call(method, f"/subscriptions/{held['id']}{tail}", body)
    await world.create()
    assert len(await world.receiver.next()) == 1


@pytest.mark.parametrize(
    ("tail", "body"),
    [
        ("/faults", {"kind": "stolen"}),
        ("/lifecycle", {"kind": "renamed"}),
        ("/lose_links", {"mailbox": "nobody@contoso.com"}),
        ("/notify", {"subscription": "none"}),
    ],
)
async def test_a_wrong_switch_is_refused(
    world: SyncWorld, tail: str, body: dict[str, str]
) -> None:
    answer = await world.http.post(f"/control/sync{tail}", json=body)
    assert answer.status == 400
