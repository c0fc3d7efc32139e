"""Every request our client makes is one that the Graph contract knows."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from graph.calendar import OutlookCalendar
from graph.client import GraphClient
from graph.errors import NotFound, Transient
from scheduling.clock import SystemClock
from scheduling.timespan import TimeSpan
from tests.contract.calendar_world import ANNA, BEN, DAY, DRAFT, SPAN, Tenant, emulated
from tests.contract.openapi import contract, validate_request

INVITING = replace(
    DRAFT, online_meeting=True, attendee_name="Alex Wilber", attendee_email="alex@example.org"
)
LATER = TimeSpan(SPAN.start + timedelta(hours=1), SPAN.end + timedelta(hours=1))


@pytest.fixture
async def tenant() -> AsyncIterator[Tenant]:
    async with emulated() as running:
        yield running


async def a_whole_life(tenant: Tenant) -> None:
    calendar = tenant.calendar
    await calendar.free_busy([ANNA, BEN], DAY)
    for draft in (DRAFT, replace(INVITING, booking_id="b2")):
        written = await calendar.write_event(draft)
        await calendar.write_event(draft, again=True)
        await calendar.update_event(written.event_id, replace(draft, span=LATER))
        await calendar.cancel_event(ANNA, written.event_id, "Der Termin entfällt.")


async def graph_requests(tenant: Tenant) -> list[dict]:
    return [r for r in await tenant.requests() if r["path"].startswith("/v1.0/")]


async def test_every_request_is_in_the_contract(tenant: Tenant) -> None:
    await a_whole_life(tenant)
    seen = set()
    for request in await graph_requests(tenant):
        validate_request(request["method"], request["template"], request["body"])
        seen.add((request["method"], request["template"].rpartition("/")[2]))
    assert {("POST", "cancel"), ("DELETE", "{event-id}"), ("PATCH", "{event-id}")} <= seen


async def test_every_query_option_is_in_the_contract(tenant: Tenant) -> None:
    await a_whole_life(tenant)
    for request in await graph_requests(tenant):
        operation = contract()["paths"][request["template"]][request["method"].lower()]
        named = {str(p.get("name") or p["$ref"].rpartition("/")[2]).lstrip("$").lower()
                 for p in operation.get("parameters", [])}  # fmt: skip
        assert {q.lstrip("$").lower() for q in request["query"]} <= named


async def test_every_request_asks_for_ids_that_stay_and_carries_its_own_id(
    tenant: Tenant,
) -> None:
    await a_whole_life(tenant)
    requests = await graph_requests(tenant)
    assert all('IdType="ImmutableId"' in r["headers"]["prefer"] for r in requests)
    ids = {UUID(r["headers"]["client-request-id"]) for r in requests}
    assert len(ids) == len(requests)


async def test_the_sdk_repeats_nothing_by_itself(tenant: Tenant) -> None:
    await tenant.fault(kind="status", route="events", status=503)
    event_id = "AAkA="
    with pytest.raises(Transient, match="503"):
        await tenant.calendar.read_event(ANNA, event_id)
    assert len(await graph_requests(tenant)) == 1


async def test_no_mailbox_is_asked_more_than_four_things_at_once(tenant: Tenant) -> None:
    await tenant.fault(kind="latency", route="getSchedule", seconds=0.05)
    answers = await asyncio.gather(*(tenant.calendar.free_busy([ANNA], DAY) for _ in range(12)))
    assert all(found[ANNA].unknown is None for found in answers)
    assert max(r["in_flight"] for r in await graph_requests(tenant)) == 4


async def test_an_event_id_of_any_letters_reaches_its_event(tenant: Tenant) -> None:
    written = [
        await tenant.calendar.write_event(replace(DRAFT, booking_id=f"b{n}")) for n in range(8)
    ]
    assert any("/" in w.event_id for w in written)
    for event in written:
        assert await tenant.calendar.read_event(ANNA, event.event_id) == event


async def test_the_invited_customer_is_told_of_the_cancellation(tenant: Tenant) -> None:
    written = await tenant.calendar.write_event(INVITING)
    await tenant.calendar.cancel_event(ANNA, written.event_id, "Anna ist krank.")
    cancels = [r for r in await graph_requests(tenant) if r["path"].endswith("/cancel")]
    assert cancels[0]["body"] == {"Comment": "Anna ist krank."}


async def test_a_tenant_without_teams_gives_an_event_without_link(tenant: Tenant) -> None:
    await tenant.options(online_meetings=False)
    written = await tenant.calendar.write_event(replace(DRAFT, online_meeting=True))
    assert written.join_url is None


async def test_the_time_in_the_repeated_hour_is_kept(tenant: Tenant) -> None:
    start = datetime(2030, 10, 27, 1, 30, tzinfo=UTC)
    second = TimeSpan(start, start + timedelta(minutes=30))
    written = await tenant.calendar.write_event(replace(DRAFT, span=second))
    assert written.span == second
    calendar = OutlookCalendar(tenant.client, {ANNA: "Europe/Berlin"})
    answer = (await calendar.free_busy([ANNA], second))[ANNA]
    assert [item.span for item in answer.items] == [second]


async def test_a_zone_without_a_windows_name_is_asked_in_utc(tenant: Tenant) -> None:
    calendar = OutlookCalendar(tenant.client, {ANNA: "Antarctica/Troll"})
    assert (await calendar.free_busy([ANNA], DAY))[ANNA].unknown is None
    body = (await graph_requests(tenant))[0]["body"]
    assert body["startTime"] == {"dateTime": "2030-05-06T06:00:00", "timeZone": "UTC"}


def test_a_name_that_looks_like_the_sdks_own_stays_a_name() -> None:
    # the client that the SDK makes for itself turns it into /me
    async def ask() -> list[dict]:
        async with emulated() as tenant:
            with pytest.raises(NotFound):
                await tenant.calendar.read_event("me-token-to-replace", "AAA=")
            return await graph_requests(tenant)

    assert "/users/me-token-to-replace/" in asyncio.run(ask())[0]["path"]


async def test_plain_http_elsewhere_is_refused(tenant: Tenant) -> None:
    with pytest.raises(ValueError, match="https"):
        GraphClient(tenant.tokens, SystemClock(), "http://graph.example.org/v1.0")
