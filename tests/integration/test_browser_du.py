"""A business that says du, in a real Chromium: chat, pages and mail of the dance school."""

import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.address import formal_in
from tests.integration.processes import World
from tests.integration.test_browser import (
    PHONE,
    TRANSCRIPT,
    browser,
    open_chat,
    say,
    shot,
    to_booked,
    wait_for_mail,
)

pytestmark = pytest.mark.browser


async def test_the_dance_school_says_du_in_chat_page_and_mail(tmp_path: Path) -> None:
    async with World(tmp_path, "dance-school") as world, browser() as chrome:
        page = await chrome.new_page(viewport=PHONE, locale="de-DE")
        await open_chat(page, world, "de")
        welcome = "Hallo, hier kannst du Termine buchen."
        await expect(page.locator(TRANSCRIPT)).to_contain_text(welcome, timeout=30000)
        await say(page, "Kannst du mir nächste Woche eine Probestunde geben?")
        await to_booked(page, submit="Weiter", confirm="Jetzt buchen", booked="Termin gebucht")
        await expect(page.locator(TRANSCRIPT)).to_contain_text("Du sagtest:")
        assert formal_in(await page.content()) == []
        await shot(page, "du_chat")
        (mail,) = await wait_for_mail(world)
        html = mail["body"]["content"]
        assert "Dein Termin ist gebucht." in html
        assert formal_in(html) == []
        link = re.search(r'href="[^"]*(/manage/[^"]+)"', html)
        assert link
        await page.goto(world.bot_url + link[1])
        await expect(page.locator("main")).to_contain_text("Gib ihn nicht weiter")
        await shot(page, "du_manage")
        await page.goto(f"{world.bot_url}/book/private-lesson?lang=de")
        await expect(page.locator("main")).to_contain_text("Wann passt es dir?")
        assert formal_in(await page.content()) == []
        await shot(page, "du_book_times")
