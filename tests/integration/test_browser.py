"""What a customer sees, in a real Chromium against the demo; pictures are kept in tests/shots/."""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect
from playwright.async_api import Error as PlaywrightError

from tests.integration.processes import ROOT, Outlook, World
from tests.integration.test_main_job import all_events, outlook, sent_mails

pytestmark = pytest.mark.browser
SHOTS = ROOT / "tests" / "shots"
PHONE, DESKTOP = {"width": 320, "height": 720}, {"width": 1280, "height": 900}
TRANSCRIPT = ".webchat__basic-transcript__transcript"


def chromium() -> str:
    for name in (os.environ.get("CHROMIUM"), "chromium", "google-chrome", "chrome"):
        if name and (found := shutil.which(name)):
            return found
    raise AssertionError("no Chromium: run `python3 run.py test`, it installs one")


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as play:
        running = await play.chromium.launch(
            executable_path=chromium(),
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield running
        await running.close()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    SHOTS.mkdir(exist_ok=True)
    async with World(tmp_path) as running:
        yield running


async def shot(page: Page, name: str) -> None:
    """Take a picture for people to look at; on a busy machine the browser may need another try."""
    for is_last in (False, False, True):
        try:
            await page.screenshot(path=SHOTS / f"{name}.png")
        except PlaywrightError:
            if is_last:
                raise
        else:
            return


async def open_chat(page: Page, world: World, language: str) -> None:
    await page.goto(f"{world.bot_url}/chat?lang={language}")
    starter = page.locator("[data-start-chat]")
    if await starter.count():
        await starter.first.click()
    await expect(page.locator("[data-id=webchat-sendbox-input]")).to_be_visible(timeout=30000)
    # what is entered before the chat is connected is not sent
    await page.locator(f"{TRANSCRIPT} .webchat__bubble").first.wait_for(timeout=30000)


async def say(page: Page, text: str) -> None:
    box = page.locator("[data-id=webchat-sendbox-input]")
    await box.fill(text)
    await box.press("Enter")


async def fill_details(page: Page, submit: str) -> None:
    form = page.locator(TRANSCRIPT)
    await form.locator("input[type=text], input[type=email]").first.wait_for(timeout=20000)
    await form.get_by_label(re.compile("name", re.IGNORECASE)).last.fill("Alex Wilber")
    await form.get_by_label(re.compile("e-?mail", re.IGNORECASE)).last.fill("alex@contoso.com")
    for choice in await form.locator(".ac-choiceSetInput-expanded, fieldset").all():
        first = choice.locator("input[type=radio]").first
        if await first.count():
            await first.check()
    for group in await form.locator("select.ac-multichoiceInput").all():
        await group.select_option(index=1)
    for box in await form.locator("input[type=checkbox]").all():
        await box.check()
    await form.locator("button.ac-pushButton", has_text=submit).last.click()


async def to_booked(page: Page, *, submit: str, confirm: str, booked: str) -> None:
    chip = page.locator(f"{TRANSCRIPT} .ac-selectable").filter(has_text=re.compile(r"\d:\d\d"))
    try:
        await chip.first.wait_for(timeout=30000)
    except Exception:
        await shot(page, "no_times")
        raise
    await shot(page, f"slots_{booked[:4]}")
    await chip.first.click()
    await fill_details(page, submit)
    button = page.locator(f"{TRANSCRIPT} button.ac-pushButton", has_text=confirm)
    await button.last.wait_for(timeout=20000)
    await shot(page, f"review_{booked[:4]}")
    await button.last.click()
    await expect(page.locator(TRANSCRIPT)).to_contain_text(booked, timeout=30000)
    links = page.locator(TRANSCRIPT).get_by_role("link", name=".ics")
    await expect(links.last).to_be_in_viewport()
    await shot(page, f"booked_{booked[:4]}")


CUT_OFF = """
    [...document.querySelectorAll('.ac-pushButton')]
        .filter(each => each.getBoundingClientRect().right
            > each.closest('.ac-adaptiveCard').getBoundingClientRect().right)
        .map(each => each.innerText)
"""


async def wait_for_mail(world: World) -> list[dict]:
    tenant = await outlook(world)
    for _ in range(100):
        if mails := await sent_mails(tenant):
            return mails
        await asyncio.sleep(0.1)
    raise AssertionError("no mail was sent")


async def test_a_german_sentence_and_clicks_book_at_phone_width(world: World) -> None:
    async with browser() as chrome:
        page = await chrome.new_page(viewport=PHONE, locale="de-DE")
        await open_chat(page, world, "de")
        await say(page, "Erstberatung nächste Woche vormittags")
        await to_booked(page, submit="Weiter", confirm="Jetzt buchen", booked="Termin gebucht")
        await expect(page.locator(TRANSCRIPT)).to_contain_text("Verschieben: ")
        assert await page.evaluate(CUT_OFF) == []
        await page.goto(world.outlook_url)
        await shot(page, "outlook_phone")
    assert len(await all_events(await outlook(world))) == 1
    assert "text/calendar" in str(await wait_for_mail(world))


async def test_english_cards_alone_book_on_a_desktop(world: World) -> None:
    async with browser() as chrome:
        page = await chrome.new_page(viewport=DESKTOP, locale="en-US")
        await open_chat(page, world, "en")
        transcript = page.locator(TRANSCRIPT)
        await transcript.locator("button.ac-pushButton", has_text="Book").first.click(
            timeout=20000
        )
        service = transcript.locator(".ac-selectable").filter(has_text=re.compile("consult", re.I))
        await service.first.click(timeout=20000)
        await to_booked(page, submit="Continue", confirm="Book now", booked="Booked")
        await page.goto(world.outlook_url)
        await shot(page, "outlook_desktop")
        await page.goto(f"{world.outlook_url}/mail")
        await shot(page, "mail_desktop")
    assert len(await all_events(await outlook(world))) == 1


async def one_event_stands(tenant: Outlook) -> None:
    """Where somebody else serves now, the earlier event goes a moment after the new one stands."""
    for _ in range(100):
        if len(await all_events(tenant)) == 1:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(len(await all_events(tenant)))


async def move_it(page: Page) -> None:
    """Move the booking of the receipt to the first time shown; the page has no script."""
    await page.get_by_role("link", name="Termin verschieben").click()
    await shot(page, "move_times")
    await page.get_by_role("button", name=re.compile(r"\d\d:\d\d")).first.click()
    await expect(page.locator("h1")).to_contain_text("Diesen Termin verschieben?")
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]
    await shot(page, "move_review")
    await page.get_by_role("button", name="Jetzt verschieben").click()
    await expect(page.locator("main")).to_contain_text("Termin verschoben", timeout=20000)
    await shot(page, "move_done")


async def test_the_plain_page_books_and_moves_without_javascript(world: World) -> None:
    async with browser() as chrome:
        context = await chrome.new_context(
            viewport=PHONE, locale="de-DE", java_script_enabled=False
        )
        page = await context.new_page()
        await page.goto(f"{world.bot_url}/book?lang=de")
        await shot(page, "book_services")
        await page.get_by_role("link", name=re.compile("Erstberatung")).first.click()
        await shot(page, "book_times")
        time = page.get_by_role("button", name=re.compile(r"\d\d:\d\d"))
        # far enough to be moved afterwards
        await time.last.click()
        await shot(page, "book_details")
        await page.get_by_label(re.compile("Nachname")).first.fill("Alex Wilber")
        await page.get_by_label(re.compile("E-Mail")).first.fill("alex@contoso.com")
        for field in await page.locator("fieldset").all():
            if await field.locator("input[type=radio]").count():
                await field.locator("input[type=radio]").first.check()
        for select in await page.locator("select[required]").all():
            await select.select_option(index=1)
        for box in await page.locator("input[type=checkbox]").all():
            await box.check()
        await page.get_by_role("button", name=re.compile("Weiter|Übersicht")).click()
        await shot(page, "book_review")
        await page.get_by_role("button", name="Jetzt buchen").click()
        await expect(page.locator("main")).to_contain_text("gebucht", timeout=20000)
        await shot(page, "book_done")
        await move_it(page)
    await one_event_stands(await outlook(world))
    assert "text/calendar" in str(await wait_for_mail(world))
