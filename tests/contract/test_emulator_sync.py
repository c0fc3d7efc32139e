"""calendarView/delta of the emulator: rounds, pages, what is gone, links that are lost."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from tests.contract.emulator_world import ANNA, BEN, an_event, event_path, moment, weekly
from tests.contract.sync_world import WINDOW, SyncWorld, gone, ids, local

DELTA = f"/users/{ANNA}/calendarView/delta"
BENS = f"/users/{BEN}/calendarView/delta?{WINDOW}"
INVITED = [{"emailAddress": {"address": BEN}, "type": "required"}]
FAR = {"start": moment("2027-02-01T09:00:00"), "end": moment("2027-02-01T10:00:00")}
IMMUTABLE = {"Prefer": 'IdType="ImmutableId"'}


@pytest.fixture
async def world() -> AsyncIterator[SyncWorld]:
    async with SyncWorld() as running:
        yield running


async def test_a_first_round_shows_what_the_calendar_view_shows(world: SyncWorld) -> None:
    await world.create()
    await world.create(weekly())
    await world.create(an_event(**FAR))
    items, _link = await world.round()
    assert sorted(ids(items)) == sorted(e["id"] for e in await world.view(days="01/15"))


@pytest.mark.parametrize("path", ["calendarView/delta", "calendar/calendarView/delta()"])
async def test_both_calendar_views_have_a_delta(world: SyncWorld, path: str) -> None:
    event = await world.create()
    items, link = await world.round(f"/users/{ANNA}/{path}?{WINDOW}")
    assert ids(items) == [event["id"]]
    assert (await world.round(link))[0] == []


async def test_a_page_has_the_next_link_or_the_delta_link(world: SyncWorld) -> None:
    events = [await world.create() for _ in range(5)]
    path, found, sizes = f"{DELTA}?{WINDOW}", [], []
    while path:
        _, body = await world.call("GET", path, Prefer="odata.maxpagesize=2")
        assert ("@odata.nextLink" in body) != ("@odata.deltaLink" in body)
        found += ids(body["value"])
        sizes.append(len(body["value"]))
        path = local(body["@odata.nextLink"]) if "@odata.nextLink" in body else ""
    assert sizes == [2, 2, 1]
    assert sorted(found) == sorted(e["id"] for e in events)


async def test_what_changes_between_two_pages_comes_in_the_next_round(world: SyncWorld) -> None:
    events = [await world.create() for _ in range(3)]
    _, page = await world.call("GET", f"{DELTA}?{WINDOW}", Prefer="odata.maxpagesize=1")
    new = await world.create()
    await world.call("DELETE", event_path(events[0]))
    _, link = await world.round(local(page["@odata.nextLink"]))
    items, _ = await world.round(link)
    assert (ids(items), gone(items)) == ([new["id"]], [events[0]["id"]])


async def test_a_later_round_brings_only_what_changed(world: SyncWorld) -> None:
    changed, _same = await world.create(), await world.create()
    _, link = await world.round()
    await world.call("PATCH", event_path(changed), {"showAs": "free"})
    [item], link = await world.round(link)
    assert (item["id"], item["showAs"]) == (changed["id"], "free")
    assert (await world.round(link))[0] == []


async def test_a_deleted_event_is_marked_as_removed(world: SyncWorld) -> None:
    event = await world.create()
    _, link = await world.round()
    await world.call("DELETE", event_path(event))
    items, _ = await world.round(link)
    removed = {"@removed": {"reason": "deleted"}, "id": event["id"]}
    assert items == [{"@odata.type": "#microsoft.graph.event", **removed}]


async def test_an_event_that_leaves_the_window_is_removed_and_one_that_enters_shown(
    world: SyncWorld,
) -> None:
    inside, outside = await world.create(), await world.create(an_event(**FAR))
    _, link = await world.round()
    await world.call("PATCH", event_path(inside), FAR)
    near = {"start": moment("2026-12-03T09:00:00"), "end": moment("2026-12-03T10:00:00")}
    await world.call("PATCH", event_path(outside), near)
    items, _ = await world.round(link)
    assert (gone(items), ids(items)) == ([inside["id"]], [outside["id"]])


async def test_a_change_outside_the_window_counts_as_removed(world: SyncWorld) -> None:
    event = await world.create(an_event(**FAR))
    _, link = await world.round()
    await world.call("PATCH", event_path(event), {"subject": "Anders"})
    assert gone((await world.round(link))[0]) == [event["id"]]


async def test_an_occurrence_that_is_deleted_is_removed_alone(world: SyncWorld) -> None:
    await world.create(weekly())
    items, link = await world.round()
    first, second = ids(items)
    await world.call("DELETE", event_path({"id": first}))
    items, _ = await world.round(link)
    assert (gone(items), ids(items)) == ([first], [second])


async def test_the_occurrences_of_a_deleted_series_are_removed(world: SyncWorld) -> None:
    series = await world.create(weekly())
    items, link = await world.round()
    await world.call("DELETE", event_path(series))
    later, _ = await world.round(link)
    assert sorted(gone(later)) == sorted(ids(items))


async def test_a_series_of_other_days_removes_the_former_ones(world: SyncWorld) -> None:
    series = await world.create(weekly())
    items, link = await world.round()
    pattern = {"type": "weekly", "interval": 1, "daysOfWeek": ["wednesday"]}
    limits = {"type": "noEnd", "startDate": "2026-12-02"}
    day = {"start": moment("2026-12-02T09:00:00"), "end": moment("2026-12-02T10:00:00")}
    change = {**day, "recurrence": {"pattern": pattern, "range": limits}}
    await world.call("PATCH", event_path(series), change)
    later, _ = await world.round(link)
    assert sorted(gone(later)) == sorted(ids(items))
    assert sorted(ids(later)) == sorted(e["id"] for e in await world.view(days="01/15"))


async def test_an_occurrence_that_moves_keeps_its_id(world: SyncWorld) -> None:
    await world.create(weekly())
    items, link = await world.round()
    change = {"start": moment("2026-12-01T15:00:00"), "end": moment("2026-12-01T16:00:00")}
    first = items[0]
    _, moved = await world.call("PATCH", event_path(first), change)
    later, _ = await world.round(link)
    found = {item["id"]: item for item in later}
    assert moved["@odata.etag"] != first["@odata.etag"]
    assert found[moved["id"]]["start"]["dateTime"] == "2026-12-01T15:00:00.0000000"
    assert found[moved["id"]]["@odata.etag"] == moved["@odata.etag"]


async def test_a_single_event_that_becomes_a_series_is_replaced(world: SyncWorld) -> None:
    event = await world.create()
    _, link = await world.round()
    await world.call("PATCH", event_path(event), {"recurrence": weekly()["recurrence"]})
    items, _ = await world.round(link)
    assert (gone(items), len(ids(items))) == ([event["id"]], 2)


async def test_an_invitation_and_its_cancellation_reach_the_attendees_delta(
    world: SyncWorld,
) -> None:
    _, link = await world.round(BENS)
    event = await world.create(an_event(attendees=INVITED))
    [copy], link = await world.round(link)
    assert copy["isOrganizer"] is False
    await world.call("POST", event_path(event, tail="/cancel"), {})
    [copy], _ = await world.round(link)
    assert (copy["isCancelled"], copy["showAs"]) == (True, "free")


async def test_an_answer_changes_the_organizers_item_and_the_own_one(world: SyncWorld) -> None:
    await world.create(an_event(attendees=INVITED))
    _, annas = await world.round()
    [copy], bens = await world.round(BENS)
    await world.call("POST", event_path(copy, BEN, "/accept"), {})
    [item], _ = await world.round(annas)
    assert item["attendees"][0]["status"]["response"] == "accepted"
    [copy], _ = await world.round(bens)
    assert copy["responseStatus"]["response"] == "accepted"


async def test_a_declined_invitation_is_removed(world: SyncWorld) -> None:
    await world.create(an_event(attendees=INVITED))
    [copy], bens = await world.round(BENS)
    await world.call("POST", event_path(copy, BEN, "/decline"), {})
    assert gone((await world.round(bens))[0]) == [copy["id"]]


async def test_busy_time_put_in_by_hand_comes_in_the_next_round(world: SyncWorld) -> None:
    _, link = await world.round()
    busy = {"start": "2026-12-02T09:00:00", "end": "2026-12-02T10:00:00"}
    await world.http.post("/control/events", json={"mailbox": ANNA, "events": [busy]})
    assert len(ids((await world.round(link))[0])) == 1


async def test_removed_items_have_the_kind_of_id_that_is_asked_for(world: SyncWorld) -> None:
    event, series = await world.create(), await world.create(weekly())
    items, link = await world.round(**IMMUTABLE)
    for made in (event, series):
        await world.call("DELETE", event_path(made))
    assert sorted(gone((await world.round(link, **IMMUTABLE))[0])) == sorted(ids(items))


async def test_items_may_be_replayed(world: SyncWorld) -> None:
    world.tenant.options.delta_replays = 1
    _, link = await world.round()
    event = await world.create()
    _, link = await world.round(link)
    assert ids((await world.round(link))[0]) == [event["id"]]


async def test_a_round_may_begin_with_an_empty_page(world: SyncWorld) -> None:
    world.tenant.options.delta_empty_pages = True
    event = await world.create()
    _, page = await world.call("GET", f"{DELTA}?{WINDOW}")
    assert page["value"] == []
    items, _ = await world.round(local(page["@odata.nextLink"]))
    assert ids(items) == [event["id"]]


async def test_bare_occurrences_come_beside_their_series(world: SyncWorld) -> None:
    world.tenant.options.delta_series = "bare"
    series = await world.create(weekly())
    items, link = await world.round()
    kinds = {item["type"]: item for item in items}
    assert set(kinds) == {"seriesMaster", "occurrence"}
    assert "showAs" not in kinds["occurrence"]
    assert kinds["occurrence"]["seriesMasterId"] == series["id"] == kinds["seriesMaster"]["id"]
    await world.call("DELETE", event_path(kinds["occurrence"]))
    items, _ = await world.round(link)
    assert (gone(items), len(ids(items))) == ([], 2)


@pytest.mark.parametrize("name", ["$select", "$expand", "$filter", "$orderby", "$search"])
async def test_query_options_are_refused(world: SyncWorld, name: str) -> None:
    status, body = await world.call("GET", f"{DELTA}?{WINDOW}&{name}=id")
    assert (status, body["error"]["code"]) == (400, "ErrorInvalidUrlQuery")


async def test_a_delta_needs_a_window(world: SyncWorld) -> None:
    assert (await world.call("GET", DELTA))[0] == 400


async def test_a_lost_link_is_gone_and_says_where_to_begin_anew(world: SyncWorld) -> None:
    event = await world.create()
    _, link = await world.round()
    await world.control("POST", "/lose_links", {"mailbox": ANNA})
    status, body = await world.call("GET", link)
    assert (status, body["error"]["code"]) == (410, "SyncStateNotFound")
    place = world.headers["Location"]
    assert place.endswith("$deltatoken=")
    items, _ = await world.round(local(place))
    assert ids(items) == [event["id"]]


@pytest.mark.parametrize("status", [404, 400])
async def test_a_lost_link_may_be_told_without_a_location(world: SyncWorld, status: int) -> None:
    options = {"lost_token_status": status, "lost_token_code": "syncStateNotFound"}
    await world.http.post("/control/options", json=options)
    _, link = await world.round()
    await world.control("POST", "/lose_links", {})
    found, body = await world.call("GET", link)
    assert (found, body["error"]["code"]) == (status, "syncStateNotFound")
    assert "Location" not in world.headers


async def test_a_link_wears_out(world: SyncWorld) -> None:
    world.tenant.options.delta_token_seconds = 60
    _, link = await world.round()
    assert (await world.call("GET", link))[0] == 200
    world.clock.advance(timedelta(seconds=61))
    assert (await world.call("GET", link))[0] == 410


def _spoiled(link: str) -> list[str]:
    path, _, token = link.partition("=")
    return [link.replace("anna", "ben"), f"{path}=none", f"{path}={token[9:]}"]


@pytest.mark.parametrize("index", range(3))
async def test_a_link_that_is_no_link_is_refused(world: SyncWorld, index: int) -> None:
    _, link = await world.round()
    status, body = await world.call("GET", _spoiled(link)[index])
    assert (status, body["error"]["code"]) == (400, "SyncStateInvalid")


async def test_a_link_of_another_tenant_is_lost(world: SyncWorld) -> None:
    _, link = await world.round()
    assert (await world.call("GET", f"{link[:-1]}g"))[0] == 410


async def test_delta_works_inside_a_batch(world: SyncWorld) -> None:
    event: Any = await world.create()
    request = {"id": "1", "method": "GET", "url": f"{DELTA}?{WINDOW}"}
    _, body = await world.call("POST", "/$batch", {"requests": [request]})
    answer = body["responses"][0]["body"]
    assert ids(answer["value"]) == [event["id"]]
    assert (await world.round(local(answer["@odata.deltaLink"])))[0] == []


async def test_an_occurrence_moved_into_the_window_is_removed_with_its_series(
    world: SyncWorld,
) -> None:
    series = await world.create(weekly())
    far = (await world.view(days="20/24"))[0]
    near = {"start": moment("2026-12-10T09:00:00"), "end": moment("2026-12-10T10:00:00")}
    await world.call("PATCH", event_path(far), near)
    items, link = await world.round()
    assert far["id"] in ids(items)
    await world.call("DELETE", event_path(series))
    assert far["id"] in gone((await world.round(link))[0])
