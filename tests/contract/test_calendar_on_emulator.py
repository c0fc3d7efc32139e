"""The Calendar port on the emulator, through the real SDK over HTTP."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from graph.auth import Credentials, TokenSource
from graph.calendar import EVENT, EVENT_ID, USER, OutlookCalendar
from graph.client import Call, GraphClient
from graph.emulator.tenant_file import DEMO_CLIENT, DEMO_TENANT
from graph.errors import GraphError, NotFound, Throttled, Transient
from scheduling.clock import SystemClock
from scheduling.ports import Invitee
from scheduling.timespan import TimeSpan
from tests.contract.calendar_world import ANNA, BEN, DAY, DRAFT, SPAN, Tenant, emulated


@pytest.fixture
async def tenant() -> AsyncIterator[Tenant]:
    async with emulated() as running:
        yield running


async def test_an_event_is_written_once_and_read_back(tenant: Tenant) -> None:
    written = await tenant.calendar.write_event(DRAFT)
    assert (written.booking_id, written.span) == ("b1", SPAN)


async def test_the_written_event_is_busy_to_the_second(tenant: Tenant) -> None:
    await tenant.calendar.write_event(DRAFT)
    answer = (await tenant.calendar.free_busy([ANNA], DAY))[ANNA]
    assert [item.span for item in answer.items] == [SPAN]


async def test_writing_again_finds_the_first_event(tenant: Tenant) -> None:
    first = await tenant.calendar.write_event(DRAFT)
    assert (await tenant.calendar.write_event(DRAFT, again=True)).event_id == first.event_id
    assert await tenant.posts() == 1


async def test_an_answer_lost_after_the_write_leaves_one_event(tenant: Tenant) -> None:
    await tenant.fault(kind="after_write", status=504, count=1)
    written = await tenant.calendar.write_event(DRAFT)
    again = await tenant.calendar.write_event(DRAFT, again=True)
    assert written.event_id == again.event_id
    assert await tenant.posts() == 1


async def test_a_refusal_before_the_write_is_transient_and_writes_nothing(tenant: Tenant) -> None:
    await tenant.fault(kind="before_write", status=503, count=1)
    with pytest.raises(Transient):
        await tenant.calendar.write_event(DRAFT)
    assert (await tenant.calendar.free_busy([ANNA], DAY))[ANNA].items == ()


async def test_throttling_names_when_to_come_back(tenant: Tenant) -> None:
    await tenant.fault(kind="throttle", route="events", retry_after=7, count=1)
    with pytest.raises(Throttled) as caught:
        await tenant.calendar.write_event(DRAFT)
    assert caught.value.retry_after == timedelta(seconds=7)


async def test_an_event_that_stands_at_another_time_is_not_called_written(tenant: Tenant) -> None:
    await tenant.calendar.write_event(DRAFT)
    other = replace(DRAFT, span=SPAN.widened(timedelta(0), timedelta(minutes=15)))
    with pytest.raises(Transient, match="read_back_differs"):
        await tenant.calendar.write_event(other)


@pytest.mark.parametrize("status", [400, 409])
async def test_a_transaction_id_used_before_adopts_the_event_it_made(
    tenant: Tenant, status: int
) -> None:
    await tenant.options(duplicate_transaction_status=status)
    first = await tenant.calendar.write_event(DRAFT)
    reworded = replace(DRAFT, subject="Beratung")
    assert (await tenant.calendar.write_event(reworded)).event_id == first.event_id


async def test_a_transaction_id_whose_event_is_gone_is_a_refusal(tenant: Tenant) -> None:
    await tenant.options(transaction_outlives_event=True)
    first = await tenant.calendar.write_event(DRAFT)
    await tenant.calendar.cancel_event(ANNA, first.event_id, "")
    with pytest.raises(GraphError):
        await tenant.calendar.write_event(replace(DRAFT, subject="Beratung"))


async def test_a_mailbox_that_does_not_exist_is_unknown_and_its_colleague_is_not(
    tenant: Tenant,
) -> None:
    answers = await tenant.calendar.free_busy(["nobody@contoso.com", BEN], DAY)
    assert answers["nobody@contoso.com"].unknown
    assert answers[BEN].unknown is None


@pytest.mark.parametrize("kind", ["html", "truncate", "status"])
async def test_an_answer_that_cannot_be_read_is_never_free(tenant: Tenant, kind: str) -> None:
    await tenant.fault(
        kind=kind, route="getSchedule", **({"status": 503} if kind == "status" else {})
    )
    assert (await tenant.calendar.free_busy([ANNA], DAY))[ANNA].unknown


async def test_seconds_of_a_busy_time_are_kept(tenant: Tenant) -> None:
    await tenant.busy(
        ANNA, start="2030-05-06T09:00:00Z", end="2030-05-06T10:07:30Z", showAs="busy"
    )
    items = (await tenant.calendar.free_busy([ANNA], DAY))[ANNA].items
    assert items[0].span.end == datetime(2030, 5, 6, 10, 7, 30, tzinfo=UTC)


async def test_a_cancelled_event_is_gone_and_cancelling_it_again_is_no_error(
    tenant: Tenant,
) -> None:
    written = await tenant.calendar.write_event(DRAFT)
    await tenant.calendar.cancel_event(ANNA, written.event_id, "")
    await tenant.calendar.cancel_event(ANNA, written.event_id, "")
    assert await tenant.calendar.read_event(ANNA, written.event_id) is None


async def test_the_event_of_a_booking_is_found_without_writing_one(tenant: Tenant) -> None:
    assert await tenant.calendar.find_event(DRAFT) is None
    assert await tenant.posts() == 0
    written = await tenant.calendar.write_event(DRAFT)
    assert await tenant.calendar.find_event(DRAFT) == written
    assert await tenant.calendar.find_event(replace(DRAFT, booking_id="b2")) is None
    await tenant.calendar.cancel_event(ANNA, written.event_id, "")
    assert await tenant.calendar.find_event(DRAFT) is None


async def test_an_event_tells_in_whose_calendars_it_stands_as_well(tenant: Tenant) -> None:
    alone = await tenant.calendar.write_event(DRAFT)
    assert alone.invited == frozenset()
    team = replace(DRAFT, booking_id="b2", invitees=(Invitee("Ben", "Ben@Contoso.com"),))
    written = await tenant.calendar.write_event(team)
    assert written.invited == {"ben@contoso.com"}


GONE = {
    "dead": {"kind": "dead_mailbox", "mailbox": ANNA},
    "no licence": {
        "kind": "status", "status": 404, "code": "MailboxNotEnabledForRESTAPI", "mailbox": ANNA,
    },
    "no user": {"kind": "status", "status": 404, "code": "ErrorInvalidUser", "mailbox": ANNA},
    "no code": {"kind": "html", "status": 404, "mailbox": ANNA},
}  # fmt: skip


@pytest.mark.parametrize("fault", GONE.values(), ids=GONE.keys())
async def test_f12_a_mailbox_that_is_gone_does_not_say_that_its_events_are(
    tenant: Tenant, fault: dict[str, object]
) -> None:
    written = await tenant.calendar.write_event(DRAFT)
    await tenant.fault(**fault)
    asked = (
        lambda: tenant.calendar.read_event(ANNA, written.event_id),
        lambda: tenant.calendar.find_event(DRAFT),
        lambda: tenant.calendar.cancel_event(ANNA, written.event_id, ""),
        lambda: tenant.calendar.marked_events(ANNA, DAY),
        lambda: tenant.calendar.update_event(written.event_id, DRAFT),
    )
    for ask in asked:
        with pytest.raises(GraphError):
            await ask()


async def test_f12_a_mailbox_that_goes_while_an_event_is_written_refuses_for_good(
    tenant: Tenant,
) -> None:
    await tenant.fault(kind="status", status=404, code="ErrorInvalidUser", method="GET")
    with pytest.raises(NotFound):
        await tenant.calendar.write_event(DRAFT)


async def test_f12_a_list_of_events_that_is_not_found_is_not_an_empty_one(tenant: Tenant) -> None:
    await tenant.fault(kind="status", status=404, code="ErrorItemNotFound", route="events")
    with pytest.raises(NotFound):
        await tenant.calendar.find_event(DRAFT)


async def test_a_moved_event_keeps_its_id(tenant: Tenant) -> None:
    written = await tenant.calendar.write_event(DRAFT)
    later = TimeSpan(SPAN.start + timedelta(hours=1), SPAN.end + timedelta(hours=1))
    moved = await tenant.calendar.update_event(written.event_id, replace(DRAFT, span=later))
    assert (moved.event_id, moved.span) == (written.event_id, later)


async def test_an_erased_event_keeps_nothing_of_the_customer(tenant: Tenant) -> None:
    invited = replace(
        DRAFT,
        online_meeting=True,
        body_text="canary",
        attendee_name="Eva Canary",
        attendee_email="eva@canary.example",
    )
    written = await tenant.calendar.write_event(invited)
    erased = replace(DRAFT, subject="erased", body_text="erased", is_erased=True)
    await tenant.calendar.update_event(written.event_id, erased)
    where = {USER: DRAFT.mailbox, EVENT_ID: written.event_id}
    answer = await tenant.client.send(Call("GET", EVENT, where))
    assert b"erased" in answer
    assert b"canary" not in answer.lower()


async def test_a_teams_meeting_has_a_link(tenant: Tenant) -> None:
    written = await tenant.calendar.write_event(replace(DRAFT, online_meeting=True))
    assert (written.join_url or "").startswith("https://")


async def test_a_refused_login_is_an_error_of_ours(tenant: Tenant) -> None:
    tokens = TokenSource(Credentials(DEMO_TENANT, DEMO_CLIENT, "wrong"), tenant.url)
    client = GraphClient(tokens, SystemClock(), f"{tenant.url}/v1.0")
    with pytest.raises(GraphError):
        await OutlookCalendar(client).write_event(DRAFT)
    await client.close()
    tokens.close()


async def test_a_mailbox_gone_refuses_the_event(tenant: Tenant) -> None:
    with pytest.raises(NotFound):
        await tenant.calendar.write_event(replace(DRAFT, mailbox="nobody@contoso.com"))


async def test_an_all_day_event_blocks_the_day_of_the_mailboxs_own_zone(tenant: Tenant) -> None:
    await tenant.busy(ANNA, start="2030-05-06T00:00:00", end="2030-05-07T00:00:00", isAllDay=True)
    calendar = OutlookCalendar(tenant.client, {ANNA: "Europe/Berlin"})
    items = (await calendar.free_busy([ANNA], DAY))[ANNA].items
    assert items[0].span.start == datetime(2030, 5, 5, 22, 0, tzinfo=UTC)


async def test_an_event_that_was_made_all_day_is_moved_to_a_time_of_the_day(
    tenant: Tenant,
) -> None:
    first = await tenant.calendar.write_event(DRAFT)
    day = {
        "isAllDay": True,
        "start": {"dateTime": "2030-05-06T00:00:00", "timeZone": "UTC"},
        "end": {"dateTime": "2030-05-07T00:00:00", "timeZone": "UTC"},
    }
    call = Call(
        "PATCH", EVENT, {USER: ANNA, EVENT_ID: first.event_id}, body=json.dumps(day).encode()
    )
    await tenant.client.send(call)
    moved = await tenant.calendar.update_event(first.event_id, DRAFT)
    assert (moved.span, moved.is_all_day) == (SPAN, False)
