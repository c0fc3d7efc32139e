"""Erasing on real processes: nothing of the customer is left in any file of the bot."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.processes import Chat, World, words
from tests.integration.test_cancel_demo import WISH, database_in
from tests.integration.test_main_job import outlook, to_review
from tests.integration.test_requests_demo import mail_about
from tests.integration.test_slots_command import bot

OUTLOOK = {"outlook.json", "tenant.json"}
"""What the emulated Microsoft keeps is not the bot's."""
SAID = (b"alex@contoso.com", b"Alex Wilber")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path) as running:
        yield running


def left_in(folder: Path) -> set[tuple[bytes, str]]:
    files = [f for f in folder.rglob("*") if f.is_file() and f.name not in OUTLOOK]
    return {(word, f.name) for f in files for word in SAID if word in f.read_bytes()}


async def outlook_told(file: Path) -> None:
    """Wait until no work on Outlook waits; reminders of what was cancelled may."""
    waiting = "SELECT count(*) FROM outbox WHERE kind LIKE '%_event' AND state <> 'done'"
    for _ in range(300):
        with sqlite3.connect(file) as database:
            if database.execute(waiting).fetchone() == (0,):
                return
        await asyncio.sleep(0.1)
    raise AssertionError("work on Outlook still waits")


async def test_an_erased_customer_is_in_no_file_of_the_running_bot(
    world: World, tmp_path: Path
) -> None:
    tenant, data = await outlook(world), tmp_path / "demo"
    async with Chat(world.bot_url, world.http) as chat:
        confirm = await to_review(chat, WISH)
        assert "Termin gebucht" in words(await chat.presses(**confirm))
        await mail_about(tenant, "Termin gebucht")
        await chat.says("Termin absagen")
        assert "Termin abgesagt" in words(await chat.says("ja"))
        await mail_about(tenant, "Termin abgesagt")
        await outlook_told(database_in(tmp_path))
    assert left_in(data)
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "demo-practice").symlink_to(data)
    told = await bot(
        "erase-customer", "alex@contoso.com", "--yes", "--example", "practice", folder=tmp_path
    )
    assert (told.code, told.err) == (0, "")
    assert left_in(data) == set()
    told = await bot("verify-audit", "--example", "practice", folder=tmp_path)
    assert told.out.rstrip().endswith("Sound.")
