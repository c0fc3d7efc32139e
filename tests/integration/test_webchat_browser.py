"""The stock Web Chat in a real Chromium against our own endpoint; an echo stands for the bot."""

import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import Page, async_playwright, expect

from bot.channels.direct_line import DirectLine, DirectLineSettings
from bot.channels.tokens import ChatTokens
from bot.channels.webchat import WebChat, WebChatSettings
from bot.web.limits import middlewares
from tests.contract.channel_world import EchoTurn, served
from tests.fakes import Documents

pytestmark = pytest.mark.browser
SHOTS = Path(__file__).parents[1] / "shots"
TRANSCRIPT = ".webchat__basic-transcript__transcript"
EMPTY_STYLE = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
"""The client adds one empty style element without our nonce; refusing it does no harm."""
BOX = "[data-id=webchat-sendbox-input]"


class MovableClock:
    """The real time, plus what a test adds."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead  # noqa: TID251 - a browser lives in real time


@dataclass
class Site:
    """The chat on a port of this computer, and a browser page with what it complained about."""

    url: str
    page: Page
    line: DirectLine
    clock: MovableClock
    turn: EchoTurn
    hosts: set[str] = field(default_factory=set)
    refusals: list[str] = field(default_factory=list)

    async def open(self, path: str = "/chat?lang=de") -> None:
        await self.page.goto(self.url + path)
        await expect(self.page.locator(BOX)).to_be_visible(timeout=30000)

    async def say(self, text: str) -> None:
        await self.page.locator(BOX).fill(text)
        await self.page.locator(BOX).press("Enter")

    async def sees(self, text: str) -> None:
        await expect(self.page.locator(TRANSCRIPT)).to_contain_text(text, timeout=20000)

    async def shot(self, name: str) -> None:
        SHOTS.mkdir(exist_ok=True)
        await self.page.screenshot(path=SHOTS / f"webchat_{name}.png")


@asynccontextmanager
async def site(width: int, height: int = 720) -> AsyncIterator[Site]:
    clock, turn, documents = MovableClock(), EchoTurn(), Documents()
    line = DirectLine(
        turn=turn,
        tokens=ChatTokens(b"k" * 32, clock),
        documents=documents,
        clock=clock,
        settings=DirectLineSettings(token_life=timedelta(minutes=30)),
    )

    def register(app: web.Application) -> None:
        line.register(app)
        WebChat(WebChatSettings(title="Praxis am Park", demo=True)).register(app)

    async with (
        served(register, *middlewares(is_https=False)) as url,
        async_playwright() as play,
    ):
        path = shutil.which(os.environ.get("CHROMIUM", "chromium"))
        chrome = await play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = await chrome.new_page(viewport={"width": width, "height": height}, locale="de-DE")
        made = Site(url, page, line, clock, turn)
        page.on(
            "request",
            lambda r: made.hosts.add(re.sub(r"^(blob:)?\w+://", "", r.url).split("/")[0]),
        )
        page.on(
            "console",
            lambda m: made.refusals.append(m.text) if "Content Security" in m.text else None,
        )
        yield made
        await chrome.close()


@pytest.mark.parametrize("width", [320, 1280])
async def test_text_and_card_are_shown_and_the_card_can_be_clicked(width: int) -> None:
    async with site(width) as chat:
        await chat.open()
        await chat.sees("Willkommen")
        await chat.say("Guten Tag")
        await chat.sees("Echo: Guten Tag")
        await chat.sees("Eine Karte")
        await chat.shot(str(width))
        await chat.page.locator(f"{TRANSCRIPT} button.ac-pushButton").first.click()
        await expect(chat.page.locator(f"{TRANSCRIPT} button.ac-pushButton")).to_have_count(2)
        assert chat.turn.seen[-1].raw["value"] == {"verb": "slot.pick", "n": 1}
        wide = await chat.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width
    assert all(EMPTY_STYLE in refusal for refusal in chat.refusals)
    assert {host for host in chat.hosts if host} <= {chat.url.removeprefix("http://")}


async def test_a_reload_shows_what_was_said() -> None:
    async with site(640) as chat:
        await chat.open()
        await chat.say("Guten Tag")
        await chat.sees("Echo: Guten Tag")
        await chat.page.reload()
        await chat.sees("Echo: Guten Tag")
        assert len([i for i in chat.turn.seen if i.raw["type"] != "message"]) == 1


async def test_an_expired_token_costs_no_text_and_no_conversation() -> None:
    async with site(640) as chat:
        await chat.open()
        await chat.sees("Willkommen")
        chat.clock.ahead = timedelta(minutes=31)
        await chat.say("Das darf nicht verloren gehen")
        await expect(chat.page.locator(BOX)).to_have_value(
            "Das darf nicht verloren gehen", timeout=20000
        )
        await chat.sees("Willkommen")
        await chat.page.locator(BOX).press("Enter")
        await chat.sees("Echo: Das darf nicht verloren gehen")


async def test_what_is_sent_unasked_appears_and_an_updated_card_is_replaced() -> None:
    async with site(640) as chat:
        await chat.open()
        await chat.sees("Willkommen")
        reference = {"conversation": chat.turn.seen[0].conversation}
        await chat.line.send(reference, {"id": "card-1", "text": "vorgemerkt"})
        await chat.sees("vorgemerkt")
        await chat.line.send(reference, {"id": "card-1", "text": "Termin gebucht"})
        await chat.sees("Termin gebucht")
        await expect(chat.page.locator(TRANSCRIPT)).not_to_contain_text("vorgemerkt")


async def test_the_page_speaks_english_and_leads_to_the_plain_page() -> None:
    async with site(640) as chat:
        await chat.open("/chat?lang=en")
        link = chat.page.get_by_role("link", name="Go to the plain booking page")
        assert await link.get_attribute("href") == "/book?lang=en"
        await expect(chat.page.locator(".demo")).to_have_text("Demo: nothing is sent.")
        assert await chat.page.locator("html").get_attribute("lang") == "en"


async def test_another_site_shows_the_chat_in_the_page_and_behind_a_button() -> None:
    async with site(1280, 1000) as chat:
        await chat.page.goto(f"{chat.url}/embed-demo")
        await chat.page.get_by_role("button", name="Termin buchen").click()
        panel = chat.page.get_by_role("dialog").frame_locator("iframe")
        await expect(panel.locator(TRANSCRIPT)).to_contain_text("Willkommen", timeout=30000)
        inline = chat.page.frame_locator("iframe").first
        await expect(inline.locator(TRANSCRIPT)).to_contain_text("Willkommen", timeout=30000)
        await chat.shot("embed")
        await chat.page.get_by_role("button", name="Chat schließen").press("Escape")
        await expect(chat.page.get_by_role("dialog")).to_be_hidden()


async def test_without_scripts_the_page_leads_on() -> None:
    async with site(320) as chat:
        browser = chat.page.context.browser
        assert browser is not None
        bare = await browser.new_context(java_script_enabled=False)
        page = await bare.new_page()
        await page.goto(f"{chat.url}/chat?lang=de")
        await expect(page.locator("noscript a")).to_be_visible()
