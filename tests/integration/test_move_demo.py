"""Moving on real processes: said in chat, the same event at the new time, mailed, told once."""

import asyncio
import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.processes import Chat, World, buttons, words
from tests.integration.test_cancel_demo import all_kept, database_in
from tests.integration.test_main_job import all_events, outlook, sent_mails, to_review
from tests.integration.test_requests_demo import mail_about

# chosen by name, she serves again: the event stays in her calendar
WISH = "Erstberatung bei Petra Lenz nächste Woche"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path) as running:
        yield running


async def to_confirm(chat: Chat) -> dict:
    """Ask to move the one booking to the week after, and return the data of the last button."""
    offered = await chat.says("verschiebe meinen Termin auf übernächste Woche")
    picks = buttons(offered, "slot.pick")
    assert picks, words(offered)
    both = await chat.presses(**picks[0])
    assert "Diesen Termin verschieben?" in words(both), words(both)
    (confirm,) = buttons(both, "booking.confirm")
    return confirm


async def settled(tenant, start: str) -> list[dict]:
    """Wait until one event stands, and not at `start` any more."""
    for _ in range(200):
        events = await all_events(tenant)
        if len(events) == 1 and events[0]["start"]["dateTime"] != start:
            return events
        await asyncio.sleep(0.1)
    raise AssertionError([each["start"] for each in await all_events(tenant)])


async def test_a_booking_moved_in_chat_keeps_its_event_and_is_told_once(world: World) -> None:
    tenant = await outlook(world)
    async with Chat(world.bot_url, world.http) as chat:
        booked = await chat.presses(**await to_review(chat, WISH))
        assert "Termin gebucht" in words(booked)
        (before,) = await all_events(tenant)
        confirm = await to_confirm(chat)
        assert (await all_events(tenant))[0]["start"] == before["start"]
        first, second = await asyncio.gather(chat.presses(**confirm), chat.presses(**confirm))
        assert "Termin verschoben" in words(first + second)
    (after,) = await all_events(tenant)
    assert after["id"] == before["id"]
    assert after["start"] != before["start"]
    mail = await mail_about(tenant, "Termin verschoben: Erstberatung")
    (file,) = mail["attachments"]
    assert b"SEQUENCE:1" in base64.b64decode(file["contentBytes"])
    assert len([m for m in await sent_mails(tenant) if "verschoben" in m["subject"]]) == 1


async def test_moved_is_not_said_while_outlook_does_not_answer(
    world: World, tmp_path: Path
) -> None:
    tenant = await outlook(world)
    async with Chat(world.bot_url, world.http) as chat:
        assert "Termin gebucht" in words(await chat.presses(**await to_review(chat, WISH)))
        (before,) = await all_events(tenant)
        confirm = await to_confirm(chat)
        await tenant.fault(kind="throttle", route="events", method="PATCH", retry_after=8, count=1)
        noted = await chat.presses(**confirm)
        assert "Neue Zeit vorgemerkt" in words(noted)
        assert "verschoben" not in words(noted)
        (after,) = await settled(tenant, before["start"]["dateTime"])
        assert after["id"] == before["id"]
        await all_kept(database_in(tmp_path))
        assert "Termin verschoben" in words(await chat.news())


async def test_a_bot_killed_right_after_the_move_still_moves_the_event(world: World) -> None:
    tenant = await outlook(world)
    async with Chat(world.bot_url, world.http) as chat:
        assert "Termin gebucht" in words(await chat.presses(**await to_review(chat, WISH)))
        (before,) = await all_events(tenant)
        confirm = await to_confirm(chat)
        await tenant.fault(kind="latency", route="events", method="PATCH", seconds=30)
        assert "Neue Zeit vorgemerkt" in words(await chat.presses(**confirm))
        await world.demo.kill()
        await world.demo.start()
        await world.demo.answers(f"{world.bot_url}/health/ready")
    (after,) = await settled(tenant, before["start"]["dateTime"])
    assert after["id"] == before["id"]
    await mail_about(tenant, "Termin verschoben")
