"""The staff move and delete in Outlook, on real processes; the customer hears of it in chat."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from yarl import URL

from tests.integration.processes import Chat, Outlook, World, buttons, words
from tests.integration.test_main_job import all_events, sent_mails, to_review
from tests.integration.test_requests_demo import heard, mail_about

WISH = "Erstberatung bei Petra Lenz nächste Woche"
PETRA = "petra.lenz@praxis.example"


class Petra(Outlook):
    """A staff member at her own calendar."""

    async def send(self, method: str, event: dict, body: object = None) -> None:
        path = f"/v1.0/users/{PETRA}/events/{quote(event['id'], safe='')}"
        url = URL(self._url + path, encoded=True)
        headers = await self._headers()
        async with self._http.request(method, url, json=body, headers=headers) as answer:
            assert answer.status < 300, await answer.text()

    async def moves(self, event: dict, by: timedelta) -> None:
        times = {}
        for name in ("start", "end"):
            moment = datetime.fromisoformat(event[name]["dateTime"][:19]) + by
            times[name] = {"dateTime": moment.isoformat(), "timeZone": "UTC"}
        await self.send("PATCH", event, times)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path) as running:
        yield running


async def the_event(petra: Petra) -> dict:
    (event,) = await all_events(petra)
    return event


async def is_subscribed(world: World) -> None:
    for _ in range(200):
        async with world.http.get(f"{world.outlook_url}/control/sync") as answer:
            if len((await answer.json())["subscriptions"]) == 5:
                return
        await asyncio.sleep(0.1)
    raise AssertionError("nobody is subscribed to")


async def subjects(petra: Petra) -> list[str]:
    return [mail["subject"] for mail in await sent_mails(petra)]


async def test_what_the_staff_do_in_outlook_the_customer_hears_in_the_chat(world: World) -> None:
    petra = Petra(world.outlook_url, world.http, (await world.urls())["emulator_credentials"])
    await is_subscribed(world)
    async with Chat(world.bot_url, world.http) as chat:
        confirm = await to_review(chat, WISH)
        assert "Termin gebucht" in words(await chat.presses(**confirm))
        await mail_about(petra, "Termin gebucht")

        await petra.moves(await the_event(petra), timedelta(days=1, minutes=15))
        asked = await heard(chat, "Ihr Termin wurde verschoben")
        assert "Passt Ihnen das?" in asked
        (suits,) = buttons(chat.seen, "booking.accept")
        await mail_about(petra, "Termin verschoben")
        assert "es bleibt bei" in words(await chat.presses(**suits))

        await petra.send("DELETE", await the_event(petra))
        told = await heard(chat, "Termin von uns abgesagt")
        assert "Leider mussten wir" in told
        await mail_about(petra, "Termin von uns abgesagt")
        assert "keine kommenden Termine" in words(await chat.says("meine Termine"))
        everything = words(chat.seen)
        assert everything.count('"summary": "Ihr Termin wurde verschoben"') == 1
    told = [each for each in await subjects(petra) if "verschoben" in each or "abgesagt" in each]
    assert len(told) == 2


async def test_f21_what_the_bot_writes_itself_is_never_told_as_a_change_of_the_staff(
    world: World,
) -> None:
    petra = Petra(world.outlook_url, world.http, (await world.urls())["emulator_credentials"])
    await is_subscribed(world)
    async with Chat(world.bot_url, world.http) as chat:
        await chat.presses(**await to_review(chat, WISH))
        await mail_about(petra, "Termin gebucht")
        times = await chat.says("Termin verschieben")
        shown = await chat.presses(**buttons(times, "slot.pick")[-1])
        await chat.presses(**buttons(shown, "booking.confirm")[0])
        await mail_about(petra, "Termin verschoben")
        asked = await chat.says("Termin absagen")
        await chat.presses(**buttons(asked, "booking.cancel")[0])
        await mail_about(petra, "Termin abgesagt")
        # what comes after shows that all before was looked at
        await chat.presses(**await to_review(chat, WISH))
        await petra.moves(await the_event(petra), timedelta(days=1, minutes=15))
        await heard(chat, "Ihr Termin wurde verschoben")
        everything = words(chat.seen)
        assert everything.count('"summary": "Ihr Termin wurde verschoben"') == 1
        assert "von uns abgesagt" not in everything
