"""An event for several: it stands in the colleague's calendar, and the room answers."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from scheduling.catalog import BusyStatus
from scheduling.ports import Invitee
from tests.contract.calendar_world import ANNA, BEN, DAY, DRAFT, SPAN, Tenant, emulated

ROOM = "room1@contoso.com"
SCOPE = "https://graph.microsoft.com/.default"
TEAM = replace(DRAFT, invitees=(Invitee("Ben", BEN), Invitee("Raum 1", ROOM, is_resource=True)))


@pytest.fixture
async def tenant() -> AsyncIterator[Tenant]:
    async with emulated() as running:
        yield running


async def spans(tenant: Tenant, mailbox: str) -> list:
    answer = (await tenant.calendar.free_busy([mailbox], DAY))[mailbox]
    assert answer.unknown is None
    return [item.span for item in answer.items if item.status is not BusyStatus.FREE]


async def view(tenant: Tenant, mailbox: str) -> list[dict]:
    token = await tenant.tokens.token(SCOPE)
    window = "startDateTime=2030-05-06T00:00:00Z&endDateTime=2030-05-07T00:00:00Z"
    async with tenant.http.get(
        f"{tenant.url}/v1.0/users/{mailbox}/calendarView?{window}",
        headers={"Authorization": f"Bearer {token}"},
    ) as answer:
        return (await answer.json())["value"]


@pytest.mark.parametrize("mailbox", [ANNA, BEN, ROOM])
async def test_a_booking_of_a_team_keeps_everybody_and_the_room(
    tenant: Tenant, mailbox: str
) -> None:
    await tenant.calendar.write_event(TEAM)
    assert await spans(tenant, mailbox) == [SPAN]


async def test_the_room_accepts_and_the_colleague_is_asked(tenant: Tenant) -> None:
    await tenant.calendar.write_event(TEAM)
    (event,) = await view(tenant, ANNA)
    answers = {a["emailAddress"]["address"]: a for a in event["attendees"]}
    assert answers.keys() == {BEN, ROOM}
    assert (answers[ROOM]["type"], answers[ROOM]["status"]["response"]) == (
        "resource",
        "accepted",
    )
    assert answers[BEN]["type"] == "required"


async def test_written_again_the_team_still_has_one_event(tenant: Tenant) -> None:
    first = await tenant.calendar.write_event(TEAM)
    again = await tenant.calendar.write_event(TEAM, again=True)
    assert again.event_id == first.event_id
    assert len(await view(tenant, BEN)) == 1


async def test_a_cancelled_event_frees_the_colleague_and_the_room(tenant: Tenant) -> None:
    written = await tenant.calendar.write_event(TEAM)
    await tenant.calendar.cancel_event(ANNA, written.event_id, "")
    assert [await spans(tenant, mailbox) for mailbox in (ANNA, BEN, ROOM)] == [[], [], []]
