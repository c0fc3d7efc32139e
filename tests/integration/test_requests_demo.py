"""Approval on real processes: requested in chat, asked by mail, decided on the page."""

import asyncio
import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import pytest

from tests.integration.processes import Chat, Outlook, World, words
from tests.integration.test_main_job import all_events, outlook, sent_mails, to_review

WISH = "Hospitation nächste Woche"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path) as running:
        yield running


async def mail_about(tenant: Outlook, subject: str) -> dict:
    for _ in range(150):
        for mail in await sent_mails(tenant):
            if mail["subject"].startswith(subject):
                return mail
        await asyncio.sleep(0.1)
    raise AssertionError(f"no mail {subject!r}")


async def heard(chat: Chat, sentence: str) -> str:
    for _ in range(250):
        if sentence in (said := words(await chat.news())):
            return said
        await asyncio.sleep(0.1)
    raise AssertionError(f"never heard {sentence!r}")


async def decide(world: World, mail: dict, decision: str) -> str:
    link = re.search(r'href="([^"]+/requests/[^"]+)"', mail["body"]["content"])
    assert link, mail["body"]["content"]
    url = unescape(link[1])
    async with world.http.get(url) as answer:
        assert (answer.status, "<button" in await answer.text()) == (200, True)
    async with world.http.post(url, data={"decision": decision}) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.text()


async def test_a_request_is_booked_once_it_is_approved_and_offered_again_once_declined(
    world: World,
) -> None:
    tenant = await outlook(world)
    async with Chat(world.bot_url, world.http) as first:
        confirm = await to_review(first, WISH)
        said = words(await first.presses(**confirm))
        assert "Termin angefragt" in said
        assert "Termin gebucht" not in said
        asked = await mail_about(tenant, "Bitte entscheiden: Hospitation")
        assert "praxis.example" in str(asked["toRecipients"])
        assert await all_events(tenant) == []

        assert "Abgelehnt." in await decide(world, asked, "decline")
        refused = await mail_about(tenant, "Anfrage abgelehnt: Hospitation")
        assert "alex@contoso.com" in str(refused["toRecipients"])
        await heard(first, "Anfrage abgelehnt")
    declined = confirm_time(asked)
    async with Chat(world.bot_url, world.http) as second:
        confirm = await to_review(second, WISH)
        assert "Termin angefragt" in words(await second.presses(**confirm))
        again = await another_mail(tenant, asked)
        assert confirm_time(again) == declined
        assert "Zugesagt." in await decide(world, again, "approve")
        await mail_about(tenant, "Termin gebucht: Hospitation")
        await heard(second, "Termin gebucht")
    assert len(await all_events(tenant)) == 1


async def another_mail(tenant: Outlook, first: dict) -> dict:
    for _ in range(150):
        for mail in await sent_mails(tenant):
            if mail["subject"].startswith("Bitte entscheiden") and mail["id"] != first["id"]:
                return mail
        await asyncio.sleep(0.1)
    raise AssertionError("the second request was not asked about")


def confirm_time(mail: dict) -> str:
    """The appointment's time, from the subject."""
    return mail["subject"].split(" am ")[1]
