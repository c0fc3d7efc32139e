"""The demo is booked by typing alone: three messages, no button, in either language."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.integration.processes import Chat, World, buttons, words
from tests.integration.test_main_job import all_events, outlook
from tests.integration.test_requests_demo import mail_about

BERLIN = ZoneInfo("Europe/Berlin")
MONTHS = {"de": "am {0.day}.{0.month}. um {0:%H:%M} Uhr", "en": "{0.day} {0:%B} at {0:%H:%M}"}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path) as running:
        yield running


async def a_free_time(world: World, language: str) -> str:
    """Return day and clock of the first time offered, as one would write it."""
    async with Chat(world.bot_url, world.http) as chat:
        await chat.news()
        offered = buttons(await chat.says("Nachgespräch nächste Woche, am Telefon"), "slot.pick")
    start = datetime.fromisoformat(offered[0]["slot"]).astimezone(BERLIN)
    return MONTHS[language].format(start)


@pytest.mark.parametrize(
    ("language", "first", "second", "third", "booked", "subject"),
    [
        (
            "de",
            "Hallo, ich bin Ina Roth (ina@contoso.com, 0228 1234567) und möchte ein Nachgespräch"
            " am Telefon, {when}",
            "ich stimme dem Datenschutz zu",
            "ja, bitte",
            "✓ Termin gebucht",
            "Termin gebucht",
        ),
        (
            "en",
            "Hi, my name is Ina Roth, ina@contoso.com, +49 228 1234567. A follow-up by phone on"
            " {when}, please",
            "I agree to the privacy notice",
            "yes, please",
            "✓ Booked",
            "Booked",
        ),
    ],
)
async def test_the_demo_is_booked_by_typing_three_messages(
    world: World, language: str, first: str, second: str, third: str, booked: str, subject: str
) -> None:
    when = await a_free_time(world, language)
    async with Chat(world.bot_url, world.http, language) as chat:
        await chat.news()
        await chat.says(first.format(when=when))
        await chat.says(second)
        assert booked not in words(chat.seen)
        assert booked in words(await chat.says(third))
    tenant = await outlook(world)
    assert len(await all_events(tenant)) == 1
    await mail_about(tenant, subject)
