"""Subscriptions of the emulator: the handshake over real HTTP, limits, life and end."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import web

from graph.emulator.tenant import Client
from tests.contract.emulator_world import ANNA, BEN, NOW
from tests.contract.sync_world import STATE, SyncWorld, local

DAY = timedelta(days=1)


@pytest.fixture
async def world() -> AsyncIterator[SyncWorld]:
    async with SyncWorld() as running:
        yield running


async def refused(world: SyncWorld, **changes: Any) -> tuple[int, str]:
    status, body = await world.call("POST", "/subscriptions", world.wish(**changes))
    assert await own(world) == []
    return status, body["error"]["code"]


async def own(world: SyncWorld) -> list[str]:
    return [held["id"] for held in (await world.call("GET", "/subscriptions"))[1]["value"]]


async def test_both_addresses_shake_hands_during_the_call(world: SyncWorld) -> None:
    made = await world.subscribe()
    assert sorted(h["path"] for h in world.receiver.handshakes) == ["/changes", "/lifecycle"]
    assert world.receiver.types == ["text/plain", "text/plain"]
    assert (made["clientState"], made["latestSupportedTlsVersion"]) == (STATE, "v1_2")
    assert await own(world) == [made["id"]]


async def test_query_parameters_of_the_address_are_kept(world: SyncWorld) -> None:
    url = world.receiver.url("changes") + "?a=%2B1"
    await world.subscribe(notificationUrl=url, lifecycleNotificationUrl=None)
    assert world.receiver.handshakes[0]["a"] == "+1"


async def test_an_address_without_life_makes_no_subscription(world: SyncWorld) -> None:
    world.tenant.options.handshake_seconds = 0.5
    assert await refused(world, notificationUrl="http://127.0.0.1:9/x") == (400, "ValidationError")


@pytest.mark.parametrize(
    "answer",
    [
        lambda text: web.Response(text=text.replace(" ", "+")),
        lambda text: web.Response(text=text, content_type="text/html"),
        lambda text: web.Response(text=text, status=202),
    ],
    ids=["still encoded", "html", "202"],
)
async def test_a_wrong_handshake_makes_no_subscription(world: SyncWorld, answer: Any) -> None:
    world.receiver.shake = answer
    assert await refused(world) == (400, "ValidationError")


async def test_a_handshake_follows_no_redirect(world: SyncWorld) -> None:
    seen: list[str] = []

    def shake(token: str) -> web.Response:
        seen.append(token)
        if len(seen) > 1:
            return web.Response(text=token)
        elsewhere = {"Location": f"/elsewhere?validationToken={quote(token, safe='')}"}
        return web.Response(status=307, headers=elsewhere)

    world.receiver.shake = shake
    assert await refused(world, lifecycleNotificationUrl=None) == (400, "ValidationError")


async def test_a_slow_handshake_makes_no_subscription(world: SyncWorld) -> None:
    world.tenant.options.handshake_seconds = 0.05
    world.receiver.blocked = asyncio.Event()
    assert await refused(world) == (400, "ValidationError")
    world.receiver.blocked.set()


@pytest.mark.parametrize(
    "change",
    [
        {"changeType": "created,renamed"},
        {"changeType": None},
        {"notificationUrl": "http://example.com/hook"},
        {"notificationUrl": "ftp://127.0.0.1/hook"},
        {"lifecycleNotificationUrl": "http://10.0.0.1/hook"},
        {"resource": "users"},
        {"resource": f"users/{ANNA}/messages"},
        {"clientState": "x" * 129},
        {"expirationDateTime": "2026-12-01T00:00:00"},
        {"expirationDateTime": (NOW - DAY).isoformat()},
        {"includeResourceData": True},
    ],
    ids=str,
)
async def test_a_wish_that_is_not_sound_is_refused(
    world: SyncWorld, change: dict[str, Any]
) -> None:
    assert await refused(world, **change) == (400, "InvalidRequest")
    assert world.receiver.handshakes == []


async def test_the_longest_client_state_is_taken(world: SyncWorld) -> None:
    assert (await world.subscribe(clientState="x" * 128))["clientState"] == "x" * 128


async def test_a_mailbox_that_is_not_there_cannot_be_followed(world: SyncWorld) -> None:
    assert await refused(world, resource="users/nobody@contoso.com/events") == (
        404,
        "ExtensionError",
    )


@pytest.mark.parametrize("form", ["/Users/{}/Events", "users/{}/calendar/events"])
async def test_a_resource_is_named_in_any_case_and_by_object_id(
    world: SyncWorld, form: str
) -> None:
    mailbox = world.tenant.mailbox(ANNA).object_id
    made = await world.subscribe(resource=form.format(mailbox))
    assert made["resource"] == form.format(mailbox)


async def test_less_than_45_minutes_is_raised(world: SyncWorld) -> None:
    made = await world.subscribe(expirationDateTime=(NOW + timedelta(minutes=5)).isoformat())
    assert made["expirationDateTime"] == "2026-11-23T08:45:00.0000000Z"


async def test_more_than_seven_days_is_refused_or_cut(world: SyncWorld) -> None:
    too_late = (NOW + 8 * DAY).isoformat()
    assert await refused(world, expirationDateTime=too_late) == (400, "InvalidRequest")
    await world.http.post("/control/options", json={"subscription_too_long": "clamp"})
    made = await world.subscribe(expirationDateTime=too_late)
    assert made["expirationDateTime"] == "2026-11-30T08:00:00.0000000Z"


async def test_the_same_twice_is_a_conflict_or_a_second_one(world: SyncWorld) -> None:
    await world.subscribe()
    status, body = await world.call("POST", "/subscriptions", world.wish())
    assert (status, body["error"]["code"]) == (409, "ExtensionError")
    await world.http.post("/control/options", json={"duplicate_subscription_status": 201})
    await world.subscribe()
    assert len(await own(world)) == 2


async def test_two_at_the_same_time_are_one(world: SyncWorld) -> None:
    wish = world.wish()
    both = await asyncio.gather(*(world.call("POST", "/subscriptions", wish) for _ in range(2)))
    assert sorted(status for status, _ in both) == [201, 409]


async def test_many_are_listed_in_pages(world: SyncWorld) -> None:
    made = await world.subscribe()
    other = await world.subscribe(resource=f"users/{BEN}/events")
    _, page = await world.call("GET", "/subscriptions", Prefer="odata.maxpagesize=1")
    _, rest = await world.call("GET", local(page["@odata.nextLink"]))
    assert [held["id"] for held in page["value"] + rest["value"]] == [made["id"], other["id"]]


async def test_a_mailbox_has_a_quota(world: SyncWorld) -> None:
    world.tenant.options.subscriptions_per_mailbox = 1
    await world.subscribe()
    status, _ = await world.call("POST", "/subscriptions", world.wish(changeType="created"))
    assert status == 403
    await world.subscribe(resource=f"users/{BEN}/events")


async def test_a_renewal_moves_the_end(world: SyncWorld) -> None:
    path = f"/subscriptions/{(await world.subscribe())['id']}"
    wanted = {"expirationDateTime": (NOW + 3 * DAY).isoformat()}
    status, body = await world.call("PATCH", path, wanted)
    assert (status, body["expirationDateTime"]) == (200, "2026-11-26T08:00:00.0000000Z")
    world.clock.advance(2.5 * DAY)
    await relogin(world)
    assert (await world.call("GET", path))[0] == 200


async def relogin(world: SyncWorld) -> None:
    world.token = (await world.login())["access_token"]


@pytest.mark.parametrize("name", ["lifecycleNotificationUrl", "resource", "clientState"])
async def test_a_renewal_changes_nothing_else(world: SyncWorld, name: str) -> None:
    path = f"/subscriptions/{(await world.subscribe())['id']}"
    wanted = {"expirationDateTime": (NOW + 3 * DAY).isoformat(), name: "x"}
    assert (await world.call("PATCH", path, wanted))[0] == 400


@pytest.mark.parametrize(
    ("method", "tail"), [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/reauthorize")]
)
async def test_one_that_ran_out_is_not_found(world: SyncWorld, method: str, tail: str) -> None:
    made = await world.subscribe()
    world.clock.advance(2 * DAY)
    await relogin(world)
    body = {"expirationDateTime": (NOW + 3 * DAY).isoformat()} if method == "PATCH" else None
    path = f"/subscriptions/{made['id']}{tail}"
    assert (await world.call(method, path, body))[0] == 404
    assert await own(world) == []


async def test_an_ended_one_is_not_found(world: SyncWorld) -> None:
    path = f"/subscriptions/{(await world.subscribe())['id']}"
    assert (await world.call("DELETE", path))[0] == 204
    assert (await world.call("DELETE", path))[0] == 404


async def test_an_application_sees_only_its_own(world: SyncWorld) -> None:
    made = await world.subscribe()
    world.tenant.clients["client-2"] = Client("client-2", "s3cret")
    world.token = (await world.login(client_id="client-2"))["access_token"]
    assert await own(world) == []
    assert (await world.call("DELETE", f"/subscriptions/{made['id']}"))[0] == 404


async def test_following_events_needs_more_than_basic_rights(world: SyncWorld) -> None:
    roles = frozenset({"Calendars.ReadBasic.All"})
    world.tenant.clients["client-2"] = Client("client-2", "s3cret", roles=roles)
    world.token = (await world.login(client_id="client-2"))["access_token"]
    assert (await world.call("POST", "/subscriptions", world.wish()))[0] == 403


async def test_a_batch_may_subscribe(world: SyncWorld) -> None:
    request = {
        "id": "1",
        "method": "POST",
        "url": "/subscriptions",
        "headers": {"Content-Type": "application/json"},
        "body": world.wish(),
    }
    _, body = await world.call("POST", "/$batch", {"requests": [request]})
    assert [row["status"] for row in body["responses"]] == [201]
    assert len(world.receiver.handshakes) == 2
