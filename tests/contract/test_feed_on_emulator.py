"""The CalendarFeed port on the emulator, through the real SDK over HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from graph.client import USER, Call
from graph.errors import NotFound, Permanent
from graph.feed import EVENT, EVENT_ID, OutlookFeed
from graph.notifications import ChangeType, LifecycleEvent, Notification, read_notifications
from scheduling.catalog import BusyStatus
from scheduling.clock import SystemClock
from scheduling.timespan import TimeSpan
from tests.contract.calendar_world import (
    ANNA,
    BEN,
    DAY,
    DRAFT,
    SPAN,
    PauseNotes,
    Tenant,
    emulated,
)
from tests.contract.openapi import contract, validate_request

WEEK = TimeSpan(datetime(2030, 5, 5, tzinfo=UTC), datetime(2030, 5, 12, tzinfo=UTC))
DAILY = {
    "pattern": {"type": "daily", "interval": 1},
    "range": {"type": "numbered", "startDate": "2030-05-06", "numberOfOccurrences": 3},
}
STANDUP = {
    "start": "2030-05-06T07:00:00Z",
    "end": "2030-05-06T07:30:00Z",
    "showAs": "tentative",
    "recurrence": DAILY,
}


@dataclass
class Hook:
    """Where the emulator posts: answers its handshake and keeps what comes."""

    url: str = ""
    answers_handshake: bool = True
    heard: asyncio.Queue[Notification] = field(default_factory=asyncio.Queue)

    async def post(self, request: web.Request) -> web.Response:
        if token := request.query.get("validationToken"):
            return web.Response(text=token if self.answers_handshake else "no")
        for each in read_notifications(await request.read()):
            self.heard.put_nowait(each)
        return web.Response(status=202)

    async def next(self) -> Notification:
        return await asyncio.wait_for(self.heard.get(), 10)


@dataclass
class World:
    tenant: Tenant
    feed: OutlookFeed
    hook: Hook


@pytest.fixture
async def world() -> AsyncIterator[World]:
    hook = Hook()
    app = web.Application()
    app.router.add_post("/hook", hook.post)
    server = TestServer(app)
    await server.start_server()
    hook.url = str(server.make_url("/hook"))
    async with emulated() as tenant:
        zones = {ANNA: "Europe/Berlin"}
        feed = OutlookFeed(
            tenant.client, SystemClock(), zones, notification_url=hook.url,
            pace=PauseNotes().pace(),
        )  # fmt: skip
        yield World(tenant, feed, hook)
    await server.close()


async def removed(world: World, event_id: str) -> None:
    await world.tenant.client.send(Call("DELETE", EVENT, {USER: ANNA, EVENT_ID: event_id}))


async def deltas(world: World) -> list[dict]:
    return [r for r in await world.tenant.requests() if "delta" in r["path"]]


async def sync_control(world: World, action: str, **body: object) -> None:
    url = f"{world.tenant.url}/control/sync/{action}"
    async with world.tenant.http.post(url, json=body) as answer:
        assert answer.status < 300, await answer.text()


async def test_a_booking_is_in_the_whole_window_by_its_own_id(world: World) -> None:
    written = await world.tenant.calendar.write_event(DRAFT)
    whole = await world.feed.changes(ANNA, DAY)
    assert whole.is_whole
    assert [(i.event_id, i.span, i.status) for i in whole.items] == [
        (written.event_id, SPAN, BusyStatus.BUSY)
    ]


async def test_nothing_new_is_nothing(world: World) -> None:
    await world.tenant.calendar.write_event(DRAFT)
    whole = await world.feed.changes(ANNA, DAY)
    later = await world.feed.changes(ANNA, DAY, whole.link)
    assert (later.items, later.gone, later.is_whole) == ((), (), False)


async def test_made_moved_and_removed_events_are_told_one_after_the_other(world: World) -> None:
    calendar, feed = world.tenant.calendar, world.feed
    link = (await feed.changes(ANNA, DAY)).link
    event_id = (await calendar.write_event(DRAFT)).event_id
    made = await feed.changes(ANNA, DAY, link)
    assert [i.event_id for i in made.items] == [event_id]
    moved_to = TimeSpan(SPAN.start + timedelta(hours=1), SPAN.end + timedelta(hours=1))
    await calendar.update_event(event_id, replace(DRAFT, span=moved_to))
    moved = await feed.changes(ANNA, DAY, made.link)
    assert [(i.event_id, i.span) for i in moved.items] == [(event_id, moved_to)]
    await calendar.cancel_event(ANNA, event_id, "")
    gone = await feed.changes(ANNA, DAY, moved.link)
    assert (gone.items, gone.gone) == ((), (event_id,))
    assert not gone.is_whole


async def test_an_event_moved_out_of_the_window_is_gone(world: World) -> None:
    event_id = (await world.tenant.calendar.write_event(DRAFT)).event_id
    link = (await world.feed.changes(ANNA, DAY)).link
    # still inside of what is asked for, which is a day wider
    later = TimeSpan(DAY.end, DAY.end + timedelta(minutes=30))
    await world.tenant.calendar.update_event(event_id, replace(DRAFT, span=later))
    assert (await world.feed.changes(ANNA, DAY, link)).gone == (event_id,)


async def test_no_event_is_lost_between_pages(world: World) -> None:
    await world.tenant.options(delta_empty_pages=True)
    events = [
        {
            "start": (WEEK.start + timedelta(hours=n)).isoformat(),
            "end": (WEEK.start + timedelta(hours=n, minutes=30)).isoformat(),
        }
        for n in range(120)
    ]
    body = {"mailbox": ANNA, "events": events}
    async with world.tenant.http.post(f"{world.tenant.url}/control/events", json=body) as answer:
        assert answer.status < 300
    whole = await world.feed.changes(ANNA, WEEK)
    assert len({i.event_id for i in whole.items}) == 120
    assert len(await deltas(world)) == 4


async def test_an_all_day_event_is_the_day_of_the_mailbox(world: World) -> None:
    # the day before begins in Berlin two hours before the window's first UTC day
    await world.tenant.busy(
        ANNA, start="2030-05-06T00:00:00", end="2030-05-07T00:00:00", isAllDay=True, showAs="oof"
    )
    evening = TimeSpan(datetime(2030, 5, 5, 22, tzinfo=UTC), datetime(2030, 5, 5, 23, tzinfo=UTC))
    item = (await world.feed.changes(ANNA, evening)).items[0]
    begin = datetime(2030, 5, 5, 22, tzinfo=UTC)
    assert (item.span, item.status) == (
        TimeSpan(begin, begin + timedelta(days=1)),
        BusyStatus.OOF,
    )


async def test_the_feed_and_free_busy_agree(world: World) -> None:
    tenant = world.tenant
    await tenant.busy(ANNA, **STANDUP)
    await tenant.busy(ANNA, start="2030-05-07T09:00:00Z", end="2030-05-07T10:07:30Z")
    await tenant.calendar.write_event(DRAFT)
    items = (await world.feed.changes(ANNA, WEEK)).items
    free_busy = (await tenant.calendar.free_busy([ANNA], WEEK))[ANNA].items
    assert sorted((i.span, i.status) for i in items) == sorted(
        (i.span, i.status) for i in free_busy
    )


@pytest.mark.parametrize("series", ["full", "bare"])
async def test_a_series_is_each_of_its_occurrences(world: World, series: str) -> None:
    await world.tenant.options(delta_series=series)
    await world.tenant.busy(ANNA, **STANDUP)
    whole = await world.feed.changes(ANNA, WEEK)
    assert [i.span.start.day for i in sorted(whole.items, key=lambda i: i.span)] == [6, 7, 8]
    assert {i.status for i in whole.items} == {BusyStatus.TENTATIVE}


@pytest.mark.parametrize("series", ["full", "bare"])
async def test_an_occurrence_taken_out_is_free_again(world: World, series: str) -> None:
    await world.tenant.options(delta_series=series)
    await world.tenant.busy(ANNA, **STANDUP)
    before = await world.feed.changes(ANNA, WEEK)
    taken = min(before.items, key=lambda i: i.span)
    await removed(world, taken.event_id)
    after = await world.feed.changes(ANNA, WEEK, before.link)
    assert after.is_whole
    assert {i.event_id for i in after.items} == {i.event_id for i in before.items} - {
        taken.event_id
    }


@pytest.mark.parametrize("series", ["full", "bare"])
async def test_of_a_series_taken_out_nothing_is_left(world: World, series: str) -> None:
    await world.tenant.options(delta_series=series)
    await world.tenant.busy(ANNA, **STANDUP)
    before = await world.feed.changes(ANNA, WEEK)
    query = {"startDateTime": "2030-05-06T00:00:00Z", "endDateTime": "2030-05-07T00:00:00Z",
             "$select": "seriesMasterId"}  # fmt: skip
    view = Call("GET", "/users/{user%2Did}/calendarView", {USER: ANNA}, query=query)
    occurrence = json.loads(await world.tenant.client.send(view))["value"][0]
    await removed(world, occurrence["seriesMasterId"])
    after = await world.feed.changes(ANNA, WEEK, before.link)
    left = {} if after.is_whole else {i.event_id for i in before.items} - set(after.gone)
    assert not left
    assert after.items == ()


@pytest.mark.parametrize("status", [410, 404, 400])
@pytest.mark.parametrize("code", ["SyncStateNotFound", "ResyncRequired", "syncstateinvalid"])
async def test_a_lost_link_leads_to_the_whole_window(world: World, status: int, code: str) -> None:
    await world.tenant.options(lost_token_status=status, lost_token_code=code)
    link = (await world.feed.changes(ANNA, DAY)).link
    written = await world.tenant.calendar.write_event(DRAFT)
    await sync_control(world, "lose_links", mailbox=ANNA)
    again = await world.feed.changes(ANNA, DAY, link)
    assert again.is_whole
    assert [i.event_id for i in again.items] == [written.event_id]
    assert not (await world.feed.changes(ANNA, DAY, again.link)).is_whole


async def test_a_garbled_link_leads_to_the_whole_window(world: World) -> None:
    link = (await world.feed.changes(ANNA, DAY)).link
    assert (await world.feed.changes(ANNA, DAY, f"{link[:-60]}garbled")).is_whole


async def test_what_comes_once_more_changes_nothing(world: World) -> None:
    await world.tenant.options(delta_replays=5)
    written = await world.tenant.calendar.write_event(DRAFT)
    link = (await world.feed.changes(ANNA, DAY)).link
    for _ in range(2):
        later = await world.feed.changes(ANNA, DAY, link)
        assert {i.event_id for i in later.items} <= {written.event_id}
        assert later.gone == ()
        link = later.link


@pytest.mark.parametrize("kind", ["html", "truncate"])
async def test_an_answer_that_cannot_be_read_once_is_asked_again(world: World, kind: str) -> None:
    await world.tenant.calendar.write_event(DRAFT)
    await world.tenant.fault(kind=kind, route="delta()", count=1)
    assert len((await world.feed.changes(ANNA, DAY)).items) == 1
    assert len(await deltas(world)) == 2


async def test_a_mailbox_that_does_not_exist_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        await world.feed.changes("nobody@contoso.com", DAY)


async def test_no_mailbox_is_asked_more_than_four_things_at_once(world: World) -> None:
    await world.tenant.fault(kind="latency", route="delta()", seconds=0.05)
    await asyncio.gather(*(world.feed.changes(ANNA, DAY) for _ in range(12)))
    assert max(r["in_flight"] for r in await deltas(world)) == 4


async def test_a_change_is_told_with_our_secret_and_the_id_that_stays(world: World) -> None:
    made = await world.feed.subscribe(ANNA, "geheim")
    written = await world.tenant.calendar.write_event(DRAFT)
    assert await world.hook.next() == Notification(
        made.id, "geheim", ChangeType.CREATED, None, written.event_id
    )


@pytest.mark.parametrize("event", list(LifecycleEvent))
async def test_news_of_the_subscription_come_to_the_same_address(
    world: World, event: LifecycleEvent
) -> None:
    made = await world.feed.subscribe(ANNA, "geheim")
    await sync_control(world, "lifecycle", mailbox=ANNA, kind=event.value)
    assert await world.hook.next() == Notification(made.id, "geheim", None, event, "")


async def test_a_subscription_lives_for_six_days_and_is_prolonged(world: World) -> None:
    made = await world.feed.subscribe(ANNA, "geheim")
    assert timedelta(days=5) < made.ends_at - SystemClock().now() < timedelta(days=7)
    renewed = await world.feed.renew(made)
    assert renewed is not None
    assert (renewed.id, renewed.mailbox) == (made.id, ANNA)
    assert renewed.ends_at >= made.ends_at


async def test_one_that_was_removed_is_not_prolonged(world: World) -> None:
    made = await world.feed.subscribe(ANNA, "geheim")
    await world.feed.unsubscribe(made)
    assert await world.feed.renew(made) is None
    await world.feed.unsubscribe(made)


async def test_an_address_that_does_not_answer_right_gets_no_subscription(world: World) -> None:
    world.hook.answers_handshake = False
    with pytest.raises(Permanent, match="ValidationError"):
        await world.feed.subscribe(ANNA, "geheim")
    assert await world.feed.subscriptions() == ()


async def test_a_second_one_takes_the_place_of_the_first(world: World) -> None:
    first = await world.feed.subscribe(ANNA, "alt")
    other = await world.feed.subscribe(BEN, "ben")
    second = await world.feed.subscribe(ANNA, "neu")
    assert first.id != second.id
    assert {s.id for s in await world.feed.subscriptions()} == {other.id, second.id}
    await world.tenant.calendar.write_event(DRAFT)
    assert (await world.hook.next()).client_state == "neu"


async def test_strays_are_listed_where_graph_allows_two(world: World) -> None:
    await world.tenant.options(duplicate_subscription_status=201)
    made = {(await world.feed.subscribe(ANNA, "geheim")).id for _ in range(2)}
    assert {s.id for s in await world.feed.subscriptions()} == made
    assert {s.mailbox for s in await world.feed.subscriptions()} == {ANNA}


async def test_every_request_is_in_the_contract(world: World) -> None:
    feed = world.feed
    await world.tenant.busy(ANNA, **STANDUP)
    link = (await feed.changes(ANNA, DAY)).link
    await feed.changes(ANNA, DAY, link)
    made = await feed.subscribe(ANNA, "geheim")
    await feed.renew(made)
    await feed.subscriptions()
    await feed.unsubscribe(made)
    requests = [r for r in await world.tenant.requests() if r["path"].startswith("/v1.0/")]
    assert len(requests) == 6
    for request in requests:
        validate_request(request["method"], request["template"], request["body"])
        assert 'IdType="ImmutableId"' in request["headers"]["prefer"]
        operation = contract()["paths"][request["template"]][request["method"].lower()]
        named = {str(p.get("name")) for p in operation.get("parameters", [])}
        assert set(request["query"]) - {"$deltatoken"} <= named
