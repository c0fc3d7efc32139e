"""Cancelling on real processes: said in chat, gone from Outlook, mailed, offered again."""

import asyncio
import base64
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.processes import Chat, World, buttons, words
from tests.integration.test_main_job import all_events, outlook, sent_mails, to_review
from tests.integration.test_requests_demo import mail_about

WAITING = """
    SELECT count(*) FROM outbox WHERE state IN ('waiting', 'leased') AND key NOT LIKE '%:late'
    AND (run_at IS NULL OR run_at <= (CAST(strftime('%s', 'now') AS INTEGER) + 60) * 1000000)
"""
WISH = "Erstberatung nächste Woche"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path) as running:
        yield running


async def slots(world: World) -> list[str]:
    async with Chat(world.bot_url, world.http) as chat:
        await chat.news()
        return [each["slot"] for each in buttons(await chat.says(WISH), "slot.pick")]


def database_in(folder: Path) -> Path:
    (file,) = folder.rglob("*.sqlite3")
    return file


def outlook_memory(folder: Path) -> str:
    return (folder / "demo/outlook.json").read_text()


async def all_kept(file: Path) -> None:
    """Wait until nothing of the next minute waits in the outbox."""
    for _ in range(300):
        with sqlite3.connect(file) as database:
            (count,) = database.execute(WAITING).fetchone()
        if count == 0:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{count} promises still wait")


async def test_a_booking_cancelled_in_chat_is_gone_everywhere_and_free_again(
    world: World,
) -> None:
    tenant = await outlook(world)
    before = await slots(world)
    async with Chat(world.bot_url, world.http) as chat:
        confirm = await to_review(chat, WISH)
        assert "Termin gebucht" in words(await chat.presses(**confirm))
        assert len(await all_events(tenant)) == 1
        await mail_about(tenant, "Termin gebucht")

        asked = await chat.says("Termin absagen")
        assert "Diesen Termin absagen?" in words(asked)
        assert "Termin abgesagt" not in words(asked)
        assert len(await all_events(tenant)) == 1
        (really,) = buttons(asked, "booking.cancel")
        first, second = await asyncio.gather(chat.presses(**really), chat.presses(**really))
        assert "Termin abgesagt" in words(first + second)
        assert "keine kommenden Termine" in words(await chat.says("meine Termine"))

    mail = await mail_about(tenant, "Termin abgesagt: Erstberatung")
    assert "alex@contoso.com" in str(mail["toRecipients"])
    (file,) = mail["attachments"]
    assert b"METHOD:CANCEL" in base64.b64decode(file["contentBytes"])
    for _ in range(100):
        if not await all_events(tenant) and await slots(world) == before:
            break
        await asyncio.sleep(0.2)
    assert await all_events(tenant) == []
    assert await slots(world) == before
    assert len([m for m in await sent_mails(tenant) if "abgesagt" in m["subject"]]) == 1


async def test_a_booking_cancelled_while_its_event_is_on_the_way_leaves_none(
    world: World, tmp_path: Path
) -> None:
    tenant = await outlook(world)
    async with Chat(world.bot_url, world.http) as chat:
        confirm = await to_review(chat, WISH)
        await tenant.fault(kind="after_write", route="events", status=504, count=1)
        await tenant.fault(kind="throttle", route="events", retry_after=8, count=1)
        noted = await chat.presses(**confirm)
        assert "Termin gebucht" not in words(noted)
        await chat.says("Termin absagen")
        assert "Termin abgesagt" in words(await chat.says("ja"))
        await mail_about(tenant, "Termin abgesagt")
        await all_kept(database_in(tmp_path))
        assert await all_events(tenant) == []
        assert "Termin gebucht" not in words(chat.seen)
    assert not [m for m in await sent_mails(tenant) if "gebucht" in m["subject"]]


async def test_a_bot_killed_right_after_the_cancellation_still_takes_the_event_out(
    world: World, tmp_path: Path
) -> None:
    tenant = await outlook(world)
    async with Chat(world.bot_url, world.http) as chat:
        confirm = await to_review(chat, WISH)
        assert "Termin gebucht" in words(await chat.presses(**confirm))
        await mail_about(tenant, "Termin gebucht")
        await tenant.fault(kind="latency", route="events", method="DELETE", seconds=30)
        await chat.says("Termin absagen")
        assert "Termin abgesagt" in words(await chat.says("ja"))
        assert len(await all_events(tenant)) == 1
        await world.demo.kill()
        # Outlook's own memory outlives the bot: the event is still there to be taken out
        assert "Terminbot" in outlook_memory(tmp_path)
        await world.demo.start()
        await world.demo.answers(f"{world.bot_url}/health/ready")
    for _ in range(300):
        if not await all_events(tenant):
            break
        await asyncio.sleep(0.1)
    assert await all_events(tenant) == []
