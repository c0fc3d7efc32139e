"""Every kind of answer of the emulator against the contract file and the SDK's models."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import pytest
from msgraph.generated.models.calendar import Calendar
from msgraph.generated.models.event import Event
from msgraph.generated.models.file_attachment import FileAttachment
from msgraph.generated.models.mailbox_settings import MailboxSettings
from msgraph.generated.models.message import Message
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.room import Room
from msgraph.generated.models.schedule_information import ScheduleInformation
from msgraph.generated.models.subscription import Subscription
from msgraph.generated.models.time_zone_information import TimeZoneInformation
from msgraph.generated.models.user import User

from tests.contract.emulator_world import (
    ANNA,
    BEN,
    MARK,
    ROOM,
    World,
    an_event,
    event_path,
    weekly,
)
from tests.contract.openapi import (
    operation,
    parse_with_sdk,
    schema,
    validate,
    validate_request,
    validate_response,
)
from tests.contract.sync_world import SyncWorld, local

SUBSCRIPTION = "/subscriptions/{subscription-id}"
USER, EVENT = "/users/{user-id}", "/users/{user-id}/events/{event-id}"
FULL = {
    "body": {"contentType": "html", "content": "<p>Gespräch</p>"},
    "location": {"displayName": "Raum 1"},
    "attendees": [
        {"emailAddress": {"address": BEN, "name": "Ben"}, "type": "required"},
        {"emailAddress": {"address": ROOM}, "type": "resource"},
    ],
    "categories": ["Terminbot"],
    "isOnlineMeeting": True,
    "transactionId": "b1:1",
    "sensitivity": "private",
    "allowNewTimeProposals": False,
}
WANTED = f"singleValueExtendedProperties($filter=id eq '{MARK}')"
EXPAND = f"$expand={quote(WANTED)}"
WINDOW = "startDateTime=2026-12-01T00:00:00Z&endDateTime=2026-12-30T00:00:00Z"


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with World() as running:
        yield running


@pytest.fixture
async def followed() -> AsyncIterator[SyncWorld]:
    async with SyncWorld() as running:
        yield running


async def test_a_created_event_keeps_the_contract(world: World) -> None:
    status, body = await world.call("POST", f"/users/{ANNA}/events", an_event(**FULL))
    validate_response("POST", f"{USER}/events", status, body)
    parsed = parse_with_sdk(body, Event)
    assert parsed.online_meeting.join_url.startswith("https://teams.microsoft.com/")
    assert parsed.transaction_id == "b1:1"


async def test_an_event_with_its_mark_keeps_the_contract(world: World) -> None:
    path = event_path(await world.create())
    status, body = await world.call("GET", f"{path}?{EXPAND}")
    validate_response("GET", EVENT, status, body)
    parsed = parse_with_sdk(body, Event)
    assert parsed.single_value_extended_properties[0].value == "b1"


async def test_a_changed_event_keeps_the_contract(world: World) -> None:
    path = event_path(await world.create())
    status, body = await world.call("PATCH", path, {"subject": "Neu", "showAs": "tentative"})
    validate_response("PATCH", EVENT, status, body)
    assert parse_with_sdk(body, Event).subject == "Neu"


@pytest.mark.parametrize("tail", ["/events", "/calendar/events"])
async def test_a_list_of_events_keeps_the_contract(world: World, tail: str) -> None:
    await world.create(weekly())
    await world.create(an_event(**FULL))
    status, body = await world.call("GET", f"/users/{ANNA}{tail}?$top=1")
    validate_response("GET", f"{USER}{tail}", status, body)
    assert body["@odata.nextLink"].startswith("http://127.0.0.1")


@pytest.mark.parametrize("tail", ["/calendarView", "/calendar/calendarView"])
async def test_a_calendar_view_keeps_the_contract(world: World, tail: str) -> None:
    await world.create(weekly())
    day = {"dateTime": "2026-12-02T00:00:00", "timeZone": "Europe/Berlin"}
    next_day = {"dateTime": "2026-12-03T00:00:00", "timeZone": "Europe/Berlin"}
    await world.create(an_event(start=day, end=next_day, isAllDay=True, showAs="oof"))
    status, body = await world.call("GET", f"/users/{ANNA}{tail}?{WINDOW}")
    validate_response("GET", f"{USER}{tail}", status, body)
    assert [parse_with_sdk(e, Event).type.value for e in body["value"]].count("occurrence") == 5


@pytest.mark.parametrize("tail", ["/calendarView/delta()", "/calendar/calendarView/delta()"])
@pytest.mark.parametrize("series", ["full", "bare"])
async def test_each_page_of_a_delta_keeps_the_contract(
    world: World, tail: str, series: str
) -> None:
    await world.http.post("/control/options", json={"delta_series": series})
    single, _ = await world.create(an_event(**FULL)), await world.create(weekly())
    path, kinds = f"/users/{ANNA}{tail}?{WINDOW}", []
    for _ in range(8):
        status, body = await world.call("GET", path, Prefer="odata.maxpagesize=2")
        validate_response("GET", f"{USER}{tail}", status, body)
        for item in body["value"]:
            parsed = parse_with_sdk(item, Event)
            kinds.append(parsed.type.value if parsed.type else "removed")
        if path := body.get("@odata.nextLink", ""):
            path = local(path)
        elif "removed" not in kinds:
            await world.call("DELETE", event_path(single))
            path = local(body["@odata.deltaLink"])
        else:
            break
    expected = {"singleInstance", "occurrence", "removed"}
    assert set(kinds) == (expected | {"seriesMaster"} if series == "bare" else expected)


async def test_a_subscription_keeps_the_contract(followed: SyncWorld) -> None:
    wish = followed.wish()
    validate_request("POST", "/subscriptions", wish)
    status, made = await followed.call("POST", "/subscriptions", wish)
    validate_response("POST", "/subscriptions", status, made)
    assert parse_with_sdk(made, Subscription).client_state == wish["clientState"]
    path = f"/subscriptions/{made['id']}"
    longer = {"expirationDateTime": "2026-11-28T08:00:00Z"}
    validate_request("PATCH", SUBSCRIPTION, longer)
    for method, body in (("GET", None), ("PATCH", longer)):
        status, held = await followed.call(method, path, body)
        validate_response(method, SUBSCRIPTION, status, held)
        parse_with_sdk(held, Subscription)
    status, listed = await followed.call("GET", "/subscriptions")
    validate_response("GET", "/subscriptions", status, listed)
    assert [held["id"] for held in listed["value"]] == [made["id"]]
    status, nothing = await followed.call("POST", f"{path}/reauthorize")
    validate_response("POST", f"{SUBSCRIPTION}/reauthorize", status, nothing)
    status, nothing = await followed.call("DELETE", path)
    validate_response("DELETE", SUBSCRIPTION, status, nothing)


async def test_notifications_keep_the_contract(followed: SyncWorld) -> None:
    await followed.subscribe()
    event = await followed.create()
    await followed.call("DELETE", event_path(event))
    told = await followed.receiver.next()
    for kind in ("reauthorizationRequired", "subscriptionRemoved"):
        await followed.control("POST", "/lifecycle", {"kind": kind})
        told += await followed.receiver.next("lifecycle")
    # an open type: the pages name its id, the contract only its annotations
    named = [note.get("resourceData", {}).pop("id", None) for note in told]
    assert named == [event["id"], event["id"], None, None]
    callbacks = operation("POST", "/subscriptions")["callbacks"]["changeNotification"]
    post = next(iter(callbacks.values()))["post"]
    validate({"value": told}, post["requestBody"]["content"]["application/json"]["schema"])


async def test_the_instances_of_a_series_keep_the_contract(world: World) -> None:
    series = await world.create(weekly())
    status, body = await world.call("GET", event_path(series, tail=f"/instances?{WINDOW}"))
    validate_response("GET", f"{EVENT}/instances", status, body)
    parse_with_sdk(series, Event)
    assert len(body["value"]) == 5


async def test_free_busy_keeps_the_contract_also_for_an_unknown_mailbox(world: World) -> None:
    for show_as in ("free", "tentative", "busy", "oof", "workingElsewhere", "unknown"):
        await world.create(an_event(showAs=show_as))
    await world.create(an_event(sensitivity="private"))
    status, body = await world.schedule(ANNA, ROOM, "nobody@contoso.com")
    validate_response("POST", f"{USER}/calendar/getSchedule", status, body)
    known, _room, unknown = [parse_with_sdk(row, ScheduleInformation) for row in body["value"]]
    assert len(known.schedule_items) == 7
    assert unknown.error.response_code == "5016"


@pytest.mark.parametrize(
    ("path", "template", "model"),
    [
        (f"/users/{ANNA}", USER, User),
        (f"/users/{ANNA}/mailboxSettings", f"{USER}/mailboxSettings", MailboxSettings),
        (f"/users/{ANNA}/calendar", f"{USER}/calendar", Calendar),
    ],
)
async def test_a_single_thing_keeps_the_contract(
    world: World, path: str, template: str, model: type
) -> None:
    status, body = await world.call("GET", path)
    validate_response("GET", template, status, body)
    parse_with_sdk(body, model)


@pytest.mark.parametrize(
    ("path", "template", "model"),
    [
        ("/users", "/users", User),
        (f"/users/{ANNA}/calendars", f"{USER}/calendars", Calendar),
        (
            f"/users/{ANNA}/outlook/supportedTimeZones",
            f"{USER}/outlook/supportedTimeZones()",
            TimeZoneInformation,
        ),
        ("/places/microsoft.graph.room", "/places/microsoft.graph.room", Room),
    ],
)
async def test_a_collection_keeps_the_contract(
    world: World, path: str, template: str, model: type
) -> None:
    status, body = await world.call("GET", path)
    validate_response("GET", template, status, body)
    assert [parse_with_sdk(item, model) for item in body["value"]]


@pytest.mark.parametrize("action", ["accept", "tentativelyAccept", "decline"])
async def test_an_answer_to_an_invitation_is_empty(world: World, action: str) -> None:
    await world.create(an_event(**FULL))
    copy = (await world.view(BEN))[0]
    path = event_path(copy, BEN, f"/{action}")
    status, body = await world.call("POST", path, {"SendResponse": True})
    validate_response("POST", f"{EVENT}/{action}", status, body)


async def test_cancel_and_delete_answer_nothing(world: World) -> None:
    first, second = await world.create(), await world.create()
    status, body = await world.call("POST", event_path(first, tail="/cancel"), {"Comment": "x"})
    validate_response("POST", f"{EVENT}/cancel", status, body)
    status, body = await world.call("DELETE", event_path(second))
    validate_response("DELETE", EVENT, status, body)


async def test_a_sent_mail_keeps_the_contract(world: World) -> None:
    attachment = {
        "@odata.type": "#microsoft.graph.fileAttachment",
        "name": "termin.ics",
        "contentType": "text/calendar",
        "contentBytes": "QkVHSU4=",
    }
    message = {
        "subject": "Ihr Termin",
        "body": {"contentType": "html", "content": "<p>Guten Tag</p>"},
        "toRecipients": [{"emailAddress": {"address": "alex@example.com"}}],
        "attachments": [attachment],
    }
    status, body = await world.call("POST", f"/users/{ANNA}/sendMail", {"Message": message})
    validate_response("POST", f"{USER}/sendMail", status, body)
    _, listed = await world.call("GET", f"/users/{ANNA}/messages?$expand=attachments")
    validate(listed["value"][0], schema("microsoft.graph.message"))
    parsed = parse_with_sdk(listed["value"][0], Message)
    assert isinstance(parsed.attachments[0], FileAttachment)


async def test_a_batch_keeps_the_contract(world: World) -> None:
    requests = [
        {"id": "1", "method": "GET", "url": f"/users/{ANNA}"},
        {"id": "2", "method": "GET", "url": f"users/{ANNA}/events/none", "dependsOn": ["1"]},
        {"id": "3", "method": "GET", "url": f"/users/{ANNA}", "dependsOn": ["2"]},
    ]
    status, body = await world.call("POST", "/$batch", {"requests": requests})
    validate_response("POST", "/$batch", status, body)
    assert [row["status"] for row in body["responses"]] == [200, 404, 424]


def _refused() -> list[tuple[str, str, Any]]:
    events = f"/users/{ANNA}/events"
    return [
        ("GET", f"/users/{ANNA}/nowhere", None),
        ("PUT", events, {}),
        ("GET", "/users/nobody@contoso.com", None),
        ("GET", f"{events}/none", None),
        ("POST", events, {"subject": 5}),
        ("GET", f"{events}?$top=0", None),
        ("GET", f"/users/{ANNA}/calendarView", None),
        ("POST", f"/users/{ANNA}/calendar/getSchedule", {"Schedules": []}),
        ("POST", f"/users/{ANNA}/sendMail", {}),
        ("GET", f"/users/{ANNA}/calendarView/delta", None),
        ("GET", f"/users/{ANNA}/calendarView/delta?{WINDOW}&$select=id", None),
        ("GET", f"/users/{ANNA}/calendarView/delta?$deltatoken=none", None),
        ("POST", "/subscriptions", {}),
        ("PATCH", "/subscriptions/none", {}),
    ]


@pytest.mark.parametrize(("method", "path", "body"), _refused())
async def test_a_refusal_has_the_shape_of_graph(
    world: World, method: str, path: str, body: Any
) -> None:
    status, answer = await world.call(method, path, body)
    validate_response(method, "", status, answer)
    assert 400 <= status < 500
    assert parse_with_error(answer).code == answer["error"]["code"]


def parse_with_error(answer: dict[str, Any]) -> Any:
    error = {k: v for k, v in answer["error"].items() if k != "innerError"}
    return parse_with_sdk({"error": error}, ODataError).error


async def test_the_check_itself_finds_wrong_enums_and_invented_names(world: World) -> None:
    event = await world.create()
    for spoiled in ({"showAs": "BUSY"}, {"invented": 1}, {"start": "2026-12-01"}):
        with pytest.raises(AssertionError):
            validate_response("GET", EVENT, 200, {**event, **spoiled})


SCHEDULE = f"{USER}/calendar/getSchedule"


@pytest.mark.parametrize(
    ("template", "body"),
    [
        (f"{USER}/events", {"@odata.type": "#microsoft.graph.event", **an_event(**FULL)}),
        (SCHEDULE, {"Schedules": [ANNA], "StartTime": an_event()["start"]}),
        (SCHEDULE, {"schedules": [ANNA], "availabilityViewInterval": 30}),
    ],
)
def test_a_right_request_passes_the_check(template: str, body: dict[str, Any]) -> None:
    validate_request("POST", template, body)


@pytest.mark.parametrize(
    ("template", "body"),
    [
        (f"{USER}/events", an_event(showas="busy")),
        (f"{USER}/events", an_event(showAs="Belegt")),
        (f"{USER}/events", an_event(start="2026-12-01T09:00:00")),
        (SCHEDULE, {"Schedules": ANNA}),
        (SCHEDULE, {"Mailboxes": [ANNA]}),
    ],
)
def test_a_wrong_request_fails_the_check(template: str, body: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        validate_request("POST", template, body)
