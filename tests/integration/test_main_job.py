"""The main job on real processes: said in chat, standing in Outlook, mailed with .ics."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.processes import Chat, Outlook, Program, World, buttons, words


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path) as running:
        yield running


async def outlook(world: World) -> Outlook:
    urls = await world.urls()
    return Outlook(world.outlook_url, world.http, urls["emulator_credentials"])


async def all_events(tenant: Outlook) -> list[dict]:
    users = await tenant.get("/users?$top=100")
    found: list[dict] = []
    for user in users["value"]:
        found += await tenant.events_of_bot(user["mail"])
    return found


async def sent_mails(tenant: Outlook) -> list[dict]:
    users = await tenant.get("/users?$top=100")
    found: list[dict] = []
    for user in users["value"]:
        mails = await tenant.get(f"/users/{user['mail']}/messages?$expand=attachments&$top=100")
        found += mails["value"]
    return found


async def to_review(chat: Chat, first: str = "Erstberatung nächste Woche") -> dict:
    """Bring a conversation to the review card and return the data of its confirm button."""
    await chat.news()
    offered = await chat.says(first)
    picks = buttons(offered, "slot.pick")
    assert picks, words(offered)
    pick = picks[0]
    form = await chat.presses(**pick)
    assert "details.submit" in words(form), words(form)
    form_values = {"name": "Alex Wilber", "email": "alex@contoso.com", "privacy": _privacy(form)}
    if location := _first_choice(form, "location"):
        form_values["location"] = location
    for question, value in _required_questions(form).items():
        form_values[question] = value
    review = await chat.presses("details.submit", **form_values)
    confirms = buttons(review, "booking.confirm")
    assert confirms, words(review)
    return confirms[0]


def _inputs(activities: list[dict]) -> list[dict]:
    found: list[dict] = []

    def walk(node: object) -> None:
        if isinstance(node, dict):
            if str(node.get("type", "")).startswith("Input."):
                found.append(node)
            for child in node.values():
                walk(child)
        elif isinstance(node, list):
            for child in node:
                walk(child)

    walk([a.get("attachments", []) for a in activities])
    return found


def _privacy(activities: list[dict]) -> str:
    return next((i["valueOn"] for i in _inputs(activities) if i["id"] == "privacy"), "")


def _first_choice(activities: list[dict], field: str) -> str:
    return next((i["choices"][0]["value"] for i in _inputs(activities) if i["id"] == field), "")


def _required_questions(activities: list[dict]) -> dict[str, str]:
    return {
        i["id"]: i["choices"][0]["value"] if "choices" in i else "Drucker"
        for i in _inputs(activities)
        if i["id"].startswith("q_") and i.get("isRequired")
    }


async def test_a_booking_made_in_chat_stands_in_outlook_and_goes_out_by_mail(
    world: World,
) -> None:
    tenant = await outlook(world)
    async with Chat(world.bot_url, world.http) as chat:
        confirm = await to_review(chat)
        receipt = await chat.presses(**confirm)
    assert "Termin gebucht" in words(receipt)
    events = await all_events(tenant)
    assert len(events) == 1
    for _ in range(50):
        mails = await sent_mails(tenant)
        if mails:
            break
        await asyncio.sleep(0.1)
    assert len(mails) == 1
    assert "alex@contoso.com" in json.dumps(mails[0]["toRecipients"])
    assert "text/calendar" in json.dumps(mails[0])


async def test_a_double_click_on_confirm_books_once(world: World) -> None:
    tenant = await outlook(world)
    async with Chat(world.bot_url, world.http) as chat:
        confirm = await to_review(chat)
        first, second = await asyncio.gather(chat.presses(**confirm), chat.presses(**confirm))
    assert "Termin gebucht" in words(first + second)
    assert len(await all_events(tenant)) == 1


async def test_an_answer_lost_after_the_write_leaves_one_event_and_honest_words(
    world: World,
) -> None:
    tenant = await outlook(world)
    async with Chat(world.bot_url, world.http) as chat:
        confirm = await to_review(chat)
        await tenant.fault(kind="after_write", route="events", status=504, count=1)
        receipt = await chat.presses(**confirm)
    assert "gebucht" in words(receipt)
    assert len(await all_events(tenant)) == 1


async def test_a_throttled_calendar_makes_a_noted_booking_that_is_booked_later(
    world: World,
) -> None:
    tenant = await outlook(world)
    async with Chat(world.bot_url, world.http) as chat:
        confirm = await to_review(chat)
        await tenant.fault(kind="throttle", route="events", retry_after=9, count=1)
        noted = await chat.presses(**confirm)
        assert "Termin gebucht" not in words(noted)
        assert "vorgemerkt" in words(noted).lower()
        for _ in range(300):
            if "Termin gebucht" in words(await chat.news()):
                break
            await asyncio.sleep(0.1)
    assert "Termin gebucht" in words(chat.seen)
    assert len(await all_events(tenant)) == 1


async def test_a_dead_mailbox_is_not_offered_and_its_colleagues_are(world: World) -> None:
    tenant = await outlook(world)
    urls = await world.urls()
    dead = urls["mailboxes"][0]
    await tenant.fault(kind="dead_mailbox", mailbox=dead)
    async with Chat(world.bot_url, world.http) as chat:
        confirm = await to_review(chat)
        receipt = await chat.presses(**confirm)
    assert "Termin gebucht" in words(receipt)
    await tenant.mend()
    assert await tenant.events_of_bot(dead) == []


async def test_a_bot_killed_between_commit_and_calendar_keeps_its_promise(
    world: World, tmp_path: Path
) -> None:
    tenant = await outlook(world)
    async with Chat(world.bot_url, world.http) as chat:
        confirm = await to_review(chat)
        await tenant.fault(kind="latency", route="events", seconds=30)
        pressed = asyncio.create_task(chat.presses(**confirm))
        for _ in range(100):
            if "noted" in await _states(tmp_path):
                break
            await asyncio.sleep(0.05)
        assert await _states(tmp_path) == ["noted"]
        await world.demo.kill()
        await asyncio.gather(pressed, return_exceptions=True)
        await world.demo.start()
        await world.demo.answers(f"{world.bot_url}/health/ready")
        await tenant.mend()
        for _ in range(400):
            if "Termin gebucht" in words(await chat.news()):
                break
            await asyncio.sleep(0.1)
        assert "Termin gebucht" in words(chat.seen)
    assert len(await all_events(tenant)) == 1


async def _states(folder: Path) -> list[str]:
    program = Program(
        [
            "-c",
            "import sqlite3,sys,pathlib\n"
            "for p in pathlib.Path(sys.argv[1]).rglob('*.sqlite3'):\n"
            "    with sqlite3.connect(p) as db:\n"
            "        print(*[r[0] for r in db.execute('select state from bookings')])\n",
            str(folder),
        ],
        folder / "states.log",
    )
    program.log.write_text("")
    await program.start()
    assert program.process is not None
    await program.process.wait()
    return program.log.read_text().split()
