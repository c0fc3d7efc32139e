"""How the emulated Outlook behaves: what the reference of Graph says, rule by rule."""

import asyncio
import base64
import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from tests.contract.emulator_world import (
    ANNA,
    BEN,
    CLIENT,
    MARK,
    NOW,
    ROOM,
    SECRET,
    TENANT,
    World,
    an_event,
    event_path,
    moment,
    weekly,
)

EVENTS = f"/users/{ANNA}/events"


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with World() as running:
        yield running


def code(body: Any) -> str:
    return body["error"]["code"]


# login


async def test_a_wrong_secret_is_refused_with_its_number(world: World) -> None:
    answer = await world.login(client_secret="wrong")
    assert (answer["status"], answer["error_codes"]) == (401, [7000215])


@pytest.mark.parametrize("authorization", ["", "Bearer x.y.z", "Basic abc", "Bearer ä"])
async def test_no_graph_call_without_a_valid_token(world: World, authorization: str) -> None:
    status, body = await world.call("GET", "/users", Authorization=authorization)
    assert (status, code(body)) == (401, "InvalidAuthenticationToken")
    assert world.headers["WWW-Authenticate"].startswith("Bearer")


async def test_a_token_ends_after_an_hour(world: World) -> None:
    world.clock.advance(timedelta(hours=1))
    assert (await world.call("GET", "/users"))[0] == 401


async def test_a_revoked_token_is_refused_and_a_new_one_works(world: World) -> None:
    world.clock.advance(timedelta(seconds=1))
    await world.http.post("/control/revoke_tokens")
    assert (await world.call("GET", "/users"))[0] == 401
    world.token = (await world.login())["access_token"]
    assert (await world.call("GET", "/users"))[0] == 200


def _key_and_certificate() -> tuple[rsa.RSAPrivateKey, str]:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bot")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, NOW, NOW.replace(year=2030))
    certificate = builder.sign(key, hashes.SHA256())
    return key, certificate.public_bytes(serialization.Encoding.PEM).decode()


def _assertion(key: rsa.RSAPrivateKey) -> str:
    audience = f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token"
    end = NOW.timestamp() + 600
    claims = {"iss": CLIENT, "sub": CLIENT, "aud": audience, "exp": end, "jti": "1"}
    parts = [json.dumps(part).encode() for part in ({"alg": "RS256", "typ": "JWT"}, claims)]
    text = ".".join(base64.urlsafe_b64encode(p).decode().rstrip("=") for p in parts)
    signature = key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{text}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


async def test_a_certificate_opens_the_door_and_a_foreign_key_does_not(world: World) -> None:
    key, pem = _key_and_certificate()
    world.tenant.clients[CLIENT].certificate_pem = pem
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    good = {"client_assertion": _assertion(key), "client_assertion_type": kind}
    stranger = rsa.generate_private_key(65537, 2048)
    assert (await world.login(**good, client_secret=""))["status"] == 200
    bad = {**good, "client_assertion": _assertion(stranger)}
    assert (await world.login(**bad))["error_codes"] == [700027]


async def test_a_client_without_the_role_may_not_write(world: World) -> None:
    world.tenant.clients[CLIENT].roles = frozenset({"Calendars.Read"})
    status, body = await world.call("POST", EVENTS, an_event())
    assert (status, code(body)) == (403, "ErrorAccessDenied")
    status, body = await world.call("GET", "/users")
    assert (status, code(body)) == (403, "Authorization_RequestDenied")


# free/busy


async def test_every_status_comes_back_free_included(world: World) -> None:
    for show_as in ("free", "workingElsewhere", "oof"):
        await world.create(an_event(showAs=show_as))
    _, body = await world.schedule(ANNA)
    found = {item["status"] for item in body["value"][0]["scheduleItems"]}
    assert found == {"free", "workingElsewhere", "oof"}


@pytest.mark.parametrize(
    ("show_as", "digit"),
    [("free", "0"), ("workingElsewhere", "0"), ("tentative", "1"), ("busy", "2"), ("oof", "3")],
)
async def test_a_partly_covered_interval_counts(world: World, show_as: str, digit: str) -> None:
    await world.create(an_event(showAs=show_as, end=moment("2026-12-01T08:10:00")))
    _, body = await world.schedule(ANNA)
    assert body["value"][0]["availabilityView"] == "0" * 8 + digit + "0" * 15


async def test_busy_beats_tentative(world: World) -> None:
    await world.create(an_event(showAs="tentative"))
    await world.create(an_event(showAs="busy"))
    _, body = await world.schedule(ANNA)
    assert body["value"][0]["availabilityView"][8] == "2"


async def test_private_items_show_no_subject(world: World) -> None:
    await world.create(an_event(sensitivity="private"))
    _, body = await world.schedule(ANNA)
    assert set(body["value"][0]["scheduleItems"][0]) == {"status", "start", "end"}


async def test_an_unknown_mailbox_fails_alone(world: World) -> None:
    _, body = await world.schedule("nobody@contoso.com", ANNA)
    assert body["value"][0]["error"]["responseCode"] == "5016"
    assert body["value"][0]["scheduleItems"] is None
    assert body["value"][1]["scheduleItems"] == []


async def test_a_dead_mailbox_looks_like_an_unknown_one(world: World) -> None:
    await world.fault(kind="dead_mailbox", mailbox=BEN)
    _, body = await world.schedule(BEN)
    assert body["value"][0]["error"]["responseCode"] == "5016"
    assert (await world.call("GET", f"/users/{BEN}/events"))[0] == 404


@pytest.mark.parametrize(("count", "wanted"), [(100, 200), (101, 400)])
async def test_at_most_a_hundred_mailboxes(world: World, count: int, wanted: int) -> None:
    status, body = await world.schedule(*[f"u{n}@contoso.com" for n in range(count)])
    assert status == wanted
    assert status == 200 or code(body) == "ErrorMailboxDataArrayTooBig"


@pytest.mark.parametrize(("day", "wanted"), [("01", 200), ("02", 400)])
async def test_at_most_62_days(world: World, day: str, wanted: int) -> None:
    end = moment(f"2027-02-{day}T00:00:00")
    status, body = await world.schedule(ANNA, EndTime=end)
    assert status == wanted
    assert status == 200 or code(body) == "ErrorTimeIntervalTooBig"


@pytest.mark.parametrize("interval", [4, 1441, "30", True])
async def test_an_interval_outside_5_to_1440_is_refused(world: World, interval: object) -> None:
    status, _ = await world.schedule(ANNA, AvailabilityViewInterval=interval)
    assert status == 400


async def test_over_a_thousand_entries_are_an_error_of_that_mailbox(world: World) -> None:
    await world.create(
        an_event(
            start=moment("2026-12-01T00:00:00"),
            end=moment("2026-12-01T00:00:01"),
            recurrence={
                "pattern": {"type": "daily", "interval": 1},
                "range": {"type": "noEnd", "startDate": "2026-12-01"},
            },
        )
    )
    anna = world.tenant.mailbox(ANNA)
    event = next(iter(anna.events.values()))
    anna.events |= {f"copy{n}": event for n in range(20)}
    _, body = await world.schedule(ANNA, EndTime=moment("2027-01-30T00:00:00"))
    assert body["value"][0]["error"]["responseCode"] == "5006"


async def test_an_all_day_event_fills_the_day_of_the_zone_asked_in(world: World) -> None:
    day, next_day = moment("2026-12-01T00:00:00"), moment("2026-12-02T00:00:00")
    await world.create(an_event(start=day, end=next_day, isAllDay=True))
    start = moment("2026-12-01T00:00:00", "Europe/Berlin")
    _, body = await world.schedule(ANNA, StartTime=start)
    item = body["value"][0]["scheduleItems"][0]
    assert item["start"]["dateTime"] == "2026-11-30T23:00:00.0000000"


async def test_parameters_go_in_any_case(world: World) -> None:
    body = {
        "schedules": [ANNA],
        "startTime": moment("2026-12-01T00:00:00"),
        "endTime": moment("2026-12-02T00:00:00"),
    }
    path = f"/users/{ANNA}/calendar/microsoft.graph.getSchedule"
    status, answer = await world.call("POST", path, body)
    assert status == 200
    assert len(answer["value"][0]["availabilityView"]) == 48


# events


async def test_the_same_transaction_makes_one_event(world: World) -> None:
    first = await world.create(an_event(transactionId="b1:1"))
    second = await world.create(an_event(transactionId="b1:1"))
    assert first["id"] == second["id"]
    assert len(await world.view()) == 1


@pytest.mark.parametrize("status", [400, 409])
async def test_the_same_transaction_with_another_body_names_the_event(
    world: World, status: int
) -> None:
    await world.http.post("/control/options", json={"duplicate_transaction_status": status})
    first = await world.create(an_event(transactionId="b1:1"))
    answer = await world.call("POST", EVENTS, an_event(transactionId="b1:1", subject="x"))
    assert answer[0] == status
    assert code(answer[1]) == "ErrorDuplicateTransactionId"
    assert answer[1]["error"]["@event.existingEventId"] == first["id"]


async def test_an_overlap_is_never_refused(world: World) -> None:
    await world.create()
    await world.create()
    assert len(await world.view()) == 2


async def test_an_event_is_found_by_its_mark(world: World) -> None:
    event = await world.create()
    await world.create(an_event(singleValueExtendedProperties=[{"id": MARK, "value": "b2"}]))
    name = "singleValueExtendedProperties/Any(ep: ep/id eq '{}' and ep/value eq '{}')"
    found = await world.call("GET", f"{EVENTS}?$filter={quote(name.format(MARK, 'B1'))}")
    assert [e["id"] for e in found[1]["value"]] == [event["id"]]
    lost = await world.call("GET", f"{EVENTS}?$filter={quote(name.format(MARK.lower(), 'b1'))}")
    assert lost[1]["value"] == []


async def test_ids_are_two_and_both_are_found(world: World) -> None:
    event = await world.create()
    _, same = await world.call("GET", event_path(event), Prefer='IdType="ImmutableId"')
    assert same["id"] != event["id"]
    assert (await world.call("GET", event_path(same)))[1]["id"] == event["id"]


async def test_times_come_in_the_zone_preferred(world: World) -> None:
    event = await world.create()
    prefer = 'IdType="ImmutableId", outlook.timezone="W. Europe Standard Time"'
    _, shown = await world.call("GET", event_path(event), Prefer=prefer)
    assert shown["start"] == {
        "dateTime": "2026-12-01T09:00:00.0000000",
        "timeZone": "W. Europe Standard Time",
    }
    assert "Preference-Applied" in world.headers
    assert event["start"]["dateTime"] == "2026-12-01T08:00:00.0000000"


async def test_a_zone_outlook_does_not_list_is_refused(world: World) -> None:
    body = an_event(start=moment("2026-12-01T09:00:00", "Europe/Vienna"))
    status, answer = await world.call("POST", EVENTS, body)
    assert (status, code(answer)) == (400, "TimeZoneNotSupportedException")


async def test_a_stale_etag_is_refused(world: World) -> None:
    event = await world.create()
    fresh = {"If_Match": event["@odata.etag"]}
    assert (await world.call("PATCH", event_path(event), {"subject": "x"}, **fresh))[0] == 200
    status, body = await world.call("PATCH", event_path(event), {"subject": "y"}, **fresh)
    assert (status, code(body)) == (412, "ErrorIrresolvableConflict")


async def test_a_change_leaves_alone_what_it_does_not_name(world: World) -> None:
    event = await world.create(an_event(location={"displayName": "Raum 1"}))
    end = moment("2026-12-01T11:00:00", "Europe/Berlin")
    _, changed = await world.call("PATCH", event_path(event), {"end": end})
    assert changed["location"]["displayName"] == "Raum 1"
    assert changed["start"] == event["start"]
    assert changed["end"]["dateTime"] == "2026-12-01T10:00:00.0000000"


async def test_a_new_body_without_the_link_ends_the_online_meeting(world: World) -> None:
    event = await world.create(an_event(isOnlineMeeting=True))
    assert event["onlineMeeting"]["joinUrl"]
    text = {"contentType": "html", "content": "neu"}
    _, changed = await world.call("PATCH", event_path(event), {"body": text})
    assert changed["onlineMeeting"] is None


async def test_a_tenant_without_teams_ignores_the_online_meeting(world: World) -> None:
    await world.http.post("/control/options", json={"online_meetings": False})
    assert (await world.create(an_event(isOnlineMeeting=True)))["onlineMeeting"] is None


async def test_attendees_get_copies_and_rooms_answer(world: World) -> None:
    people = [{"emailAddress": {"address": a}} for a in (BEN, ROOM)]
    event = await world.create(an_event(attendees=people))
    copy = (await world.view(BEN))[0]
    assert copy["iCalUId"] == event["iCalUId"]
    assert copy["isOrganizer"] is False
    statuses = [a["status"]["response"] for a in event["attendees"]]
    assert statuses == ["none", "accepted"]
    second = await world.create(an_event(attendees=people))
    assert second["attendees"][1]["status"]["response"] == "declined"


async def test_a_cancelled_meeting_stays_as_cancelled_with_others(world: World) -> None:
    event = await world.create(an_event(attendees=[{"emailAddress": {"address": BEN}}]))
    copy = (await world.view(BEN))[0]
    refused, _ = await world.call("POST", event_path(copy, BEN, "/cancel"), {})
    assert refused == 400
    assert (await world.call("POST", event_path(event, tail="/cancel"), {}))[0] == 202
    assert await world.view() == []
    assert (await world.view(BEN))[0]["isCancelled"] is True


async def test_a_second_delete_finds_nothing(world: World) -> None:
    path = event_path(await world.create())
    assert (await world.call("DELETE", path))[0] == 204
    status, body = await world.call("DELETE", path)
    assert (status, code(body)) == (404, "ErrorItemNotFound")


# view and series


async def test_a_series_keeps_its_wall_clock_over_the_end_of_summer_time(world: World) -> None:
    await world.create(
        an_event(
            start=moment("2026-10-20T09:00:00", "Europe/Berlin"),
            end=moment("2026-10-20T10:00:00", "Europe/Berlin"),
            recurrence={
                "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["tuesday"]},
                "range": {"type": "numbered", "startDate": "2026-10-20", "numberOfOccurrences": 2},
            },
        )
    )
    window = "startDateTime=2026-10-01T00:00:00Z&endDateTime=2026-11-30T00:00:00Z"
    _, body = await world.call("GET", f"/users/{ANNA}/calendarView?{window}")
    times = [e["start"]["dateTime"][:13] for e in body["value"]]
    assert times == ["2026-10-20T07", "2026-10-27T08"]


async def test_one_occurrence_moves_and_one_goes(world: World) -> None:
    await world.create(weekly())
    first, second = (await world.view(days="01/10"))[:2]
    start = moment("2026-12-01T12:00:00", "Europe/Berlin")
    end = moment("2026-12-01T13:00:00", "Europe/Berlin")
    _, moved = await world.call("PATCH", event_path(first), {"start": start, "end": end})
    assert moved["type"] == "exception"
    assert (await world.call("DELETE", event_path(second)))[0] == 204
    left = await world.view(days="01/10")
    assert [e["start"]["dateTime"][:13] for e in left] == ["2026-12-01T11"]


async def test_an_occurrence_may_not_meet_its_neighbour(world: World) -> None:
    await world.create(weekly())
    first = (await world.view())[0]
    times = {"start": moment("2026-12-08T08:30:00"), "end": moment("2026-12-08T09:30:00")}
    status, body = await world.call("PATCH", event_path(first), times)
    assert (status, code(body)) == (400, "ErrorOccurrenceCrossingBoundary")


@pytest.mark.parametrize(
    ("pattern", "count"),
    [
        ({"type": "daily", "interval": 2}, 15),
        ({"type": "weekly", "interval": 2, "daysOfWeek": ["tuesday", "thursday"]}, 5),
        ({"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 31}, 1),
    ],
)
async def test_patterns_are_expanded(world: World, pattern: dict[str, Any], count: int) -> None:
    limits = {"type": "noEnd", "startDate": "2026-12-01"}
    series = await world.create(an_event(recurrence={"pattern": pattern, "range": limits}))
    window = "startDateTime=2026-12-01T00:00:00Z&endDateTime=2026-12-31T00:00:00Z"
    if pattern["type"] == "absoluteMonthly":
        window = "startDateTime=2026-12-31T00:00:00Z&endDateTime=2027-01-05T00:00:00Z"
    path = event_path(series, tail=f"/instances?{window}&$top=100")
    _, body = await world.call("GET", path)
    assert len(body["value"]) == count


async def test_all_day_events_keep_their_dates_in_every_zone(world: World) -> None:
    day, next_day = moment("2026-12-01T00:00:00"), moment("2026-12-02T00:00:00")
    event = await world.create(an_event(start=day, end=next_day, isAllDay=True))
    prefer = 'outlook.timezone="Europe/Berlin"'
    _, shown = await world.call("GET", event_path(event), Prefer=prefer)
    assert shown["start"]["dateTime"] == "2026-12-01T00:00:00.0000000"


async def test_an_all_day_event_begins_at_midnight(world: World) -> None:
    status, _ = await world.call("POST", EVENTS, an_event(isAllDay=True))
    assert status == 400


async def test_pages_lead_to_all_events(world: World) -> None:
    for _ in range(12):
        await world.create()
    window = "startDateTime=2026-12-01T00:00:00Z&endDateTime=2026-12-02T00:00:00Z"
    _, first = await world.call("GET", f"/users/{ANNA}/calendarView?{window}&$select=subject")
    assert len(first["value"]) == 10
    path = first["@odata.nextLink"].split("/v1.0")[1]
    _, second = await world.call("GET", path)
    assert len(second["value"]) == 2
    assert "@odata.nextLink" not in second


async def test_the_view_shows_the_link_only_beside_its_flag(world: World) -> None:
    await world.create(an_event(isOnlineMeeting=True))
    assert (await world.view(more="&$select=onlineMeeting"))[0]["onlineMeeting"] is None
    shown = await world.view(more="&$select=onlineMeeting,isOnlineMeeting")
    assert shown[0]["onlineMeeting"]["joinUrl"]


# faults


async def test_an_answer_can_get_lost_after_the_write(world: World) -> None:
    await world.fault(kind="after_write", route="events", status=504, count=1)
    assert (await world.call("POST", EVENTS, an_event()))[0] == 504
    assert len(await world.view()) == 1


async def test_a_fault_before_the_write_leaves_nothing(world: World) -> None:
    await world.fault(kind="before_write", status=500, count=1)
    assert (await world.call("POST", EVENTS, an_event()))[0] == 500
    assert await world.view() == []


async def test_a_throttle_names_the_wait_and_ends_by_its_count(world: World) -> None:
    await world.fault(kind="throttle", route="getSchedule", retry_after=9, count=1)
    status, body = await world.schedule(ANNA)
    assert (status, code(body)) == (429, "ApplicationThrottled")
    assert world.headers["Retry-After"] == "9"
    assert (await world.schedule(ANNA))[0] == 200


async def test_a_fault_of_one_mailbox_spares_the_others(world: World) -> None:
    await world.fault(kind="status", mailbox=BEN, status=503)
    assert (await world.call("GET", f"/users/{BEN}/events"))[0] == 503
    assert (await world.call("GET", EVENTS))[0] == 200


async def test_a_truncated_answer_is_no_json(world: World) -> None:
    await world.create()
    await world.fault(kind="truncate", count=1)
    with pytest.raises(json.JSONDecodeError):
        await world.call("GET", EVENTS)


async def test_html_comes_instead_of_json(world: World) -> None:
    await world.fault(kind="html", count=1)
    headers = {"Authorization": f"Bearer {world.token}"}
    answer = await world.http.get(f"/v1.0{EVENTS}", headers=headers)
    assert (answer.status, answer.content_type) == (502, "text/html")


async def test_a_refused_token_names_the_expired_secret(world: World) -> None:
    await world.fault(kind="token_refused", count=1)
    assert (await world.login())["error_codes"] == [7000222]
    assert (await world.login())["status"] == 200


async def test_a_fifth_request_at_once_is_throttled(world: World) -> None:
    await world.fault(kind="latency", seconds=60)
    slow = [asyncio.create_task(world.call("GET", EVENTS)) for _ in range(5)]
    done, _ = await asyncio.wait(slow, return_when=asyncio.FIRST_COMPLETED)
    assert [task.result()[0] for task in done] == [429]
    await world.http.delete("/control/faults")
    assert sorted([(await task)[0] for task in slow]) == [200, 200, 200, 200, 429]


# bad input


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"start": 5}',
        b'{"subject": ["x"], "start": null}',
        b'{"attendees": [{"emailAddress": 3}]}',
        b'{"start": {"dateTime": "9999-99-99T00:00:00", "timeZone": "UTC"}}',
        b'{"start": {"dateTime": "2026-12-01T10:00:00", "timeZone": ["UTC"]}}',
        b'{"recurrence": {"pattern": {"type": "weekly", "interval": 0}}}',
    ],
)
async def test_bad_bodies_are_refused_in_graphs_shape(world: World, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {world.token}", "Content-Type": "application/json"}
    answer = await world.http.post(f"/v1.0{EVENTS}", data=body, headers=headers)
    assert answer.status == 400
    assert (await answer.json())["error"]["code"]


async def test_a_body_of_5_mb_is_refused(world: World) -> None:
    headers = {"Authorization": f"Bearer {world.token}", "Content-Type": "application/json"}
    body = io.BytesIO(b" " * 5_000_000)
    answer = await world.http.post(f"/v1.0{EVENTS}", data=body, headers=headers)
    assert answer.status == 413


@pytest.mark.parametrize(
    "query",
    ["$top=x", "$top=0", "$top=1001", "$skip=-1", "$filter=(((", "$filter=subject%20like%20'x'"],
)
async def test_bad_query_options_are_refused(world: World, query: str) -> None:
    assert (await world.call("GET", f"{EVENTS}?{query}"))[0] == 400


@pytest.mark.parametrize(
    "requests",
    [
        [],
        "x",
        [{"id": "1"}],
        [{"id": str(n), "method": "GET", "url": "/users"} for n in range(21)],
        [{"id": "a", "method": "GET", "url": "/users"}] * 2,
        [{"id": "1", "method": "POST", "url": "/users", "body": {}}],
        [{"id": "1", "method": "GET", "url": "https://evil.example/"}],
    ],
)
async def test_a_bad_batch_is_refused_as_a_whole(world: World, requests: object) -> None:
    assert (await world.call("POST", "/$batch", {"requests": requests}))[0] == 400


async def test_a_window_of_over_1825_days_is_refused(world: World) -> None:
    window = "startDateTime=2026-01-01T00:00:00Z&endDateTime=2031-01-02T00:00:00Z"
    status, body = await world.call("GET", f"/users/{ANNA}/calendarView?{window}")
    assert (status, code(body)) == (400, "ErrorInvalidRequest")


@pytest.mark.parametrize("switch", [{"kind": "nothing"}, {"kind": "status", "x": 1}, [], None])
async def test_a_bad_switch_is_refused(world: World, switch: object) -> None:
    answer = await world.http.post("/control/faults", json=switch)
    assert answer.status == 400


async def test_half_a_surrogate_pair_is_refused(world: World) -> None:
    headers = {"Authorization": f"Bearer {world.token}", "Content-Type": "application/json"}
    body = json.dumps(an_event(subject="\ud800"))
    answer = await world.http.post(f"/v1.0{EVENTS}", data=body, headers=headers)
    assert answer.status == 400


async def test_a_form_that_is_no_text_is_refused_at_the_login(world: World) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    path = f"/{TENANT}/oauth2/v2.0/token"
    answer = await world.http.post(path, data=b"client_id=\xff\xfe", headers=kind)
    assert answer.status == 400


async def test_the_login_can_be_busy(world: World) -> None:
    await world.fault(kind="throttle", route="token", retry_after=7, count=1)
    assert (await world.login())["status"] == 429
    assert (await world.login())["status"] == 200


@pytest.mark.parametrize(
    ("spoiled", "wanted"),
    [
        ({"toRecipients": []}, "ErrorInvalidRecipients"),
        ({"toRecipients": [{"emailAddress": {"address": "nobody"}}]}, "ErrorInvalidRecipients"),
        ({"attachments": [{"name": "a.ics", "contentBytes": "no base64!"}]}, "BadRequest"),
        ({"body": "text"}, "BadRequest"),
    ],
)
async def test_a_mail_that_cannot_be_sent_is_refused(
    world: World, spoiled: dict[str, Any], wanted: str
) -> None:
    good = {"subject": "x", "toRecipients": [{"emailAddress": {"address": "a@example.com"}}]}
    status, body = await world.call(
        "POST", f"/users/{ANNA}/sendMail", {"Message": {**good, **spoiled}}
    )
    assert (status, code(body)) == (400, wanted)
    assert world.tenant.mails == []


@pytest.mark.parametrize("options", [{"mailbox_concurrency": "x"}, {"unknown": 1}, []])
async def test_a_bad_option_is_refused(world: World, options: object) -> None:
    answer = await world.http.post("/control/options", json=options)
    assert answer.status == 400
    assert world.tenant.options.mailbox_concurrency == 4


async def test_the_log_names_the_request_and_its_body(world: World) -> None:
    await world.create()
    log = (await (await world.http.get("/control/requests")).json())["requests"]
    assert log[-1]["template"] == "/users/{user-id}/events"
    assert log[-1]["body"] == an_event()
    assert SECRET not in json.dumps(log)


async def test_busy_time_is_put_in_directly(world: World) -> None:
    busy = {"start": "2026-12-01T09:00", "end": "2026-12-01T10:00", "showAs": "oof"}
    await world.http.post("/control/events", json={"mailbox": ANNA, "events": [busy]})
    event = (await world.view())[0]
    assert event["start"]["dateTime"] == "2026-12-01T08:00:00.0000000"
    assert event["showAs"] == "oof"


async def test_the_clock_of_the_emulator_can_be_moved(world: World) -> None:
    world.clock.advance(timedelta(minutes=5))
    event = await world.create()
    assert event["createdDateTime"] == "2026-11-23T08:05:00.0000000Z"
    assert world.clock.now() == datetime(2026, 11, 23, 8, 5, tzinfo=UTC)
