"""Two processes of the bot on one PostgreSQL: a customer never notices which of them answers."""

import asyncio
import itertools
from pathlib import Path

import pytest

from tests import postgres
from tests.integration.processes import Chat, buttons, words
from tests.integration.test_main_job import all_events
from tests.integration.test_serve import Teams, book, tenants_bots


@pytest.fixture
def url():
    url = postgres.a_database(postgres.migrated())
    yield url
    postgres.remove(url)


class SpreadChat(Chat):
    """A customer at the web chat whose every request reaches the next process."""

    def __init__(self, bots: list[Teams]) -> None:
        super().__init__(bots[0]._url, bots[0]._http)
        self._urls = itertools.cycle([bots[1]._url, bots[0]._url])

    async def says(self, text: str) -> list[dict]:
        self._url = next(self._urls)
        return await super().says(text)

    async def presses(self, verb: str, **values: object) -> list[dict]:
        self._url = next(self._urls)
        return await super().presses(verb, **values)

    async def news(self) -> list[dict]:
        self._url = next(self._urls)
        return await super().news()


async def test_a_web_chat_is_written_to_one_process_and_read_from_the_other(
    tmp_path: Path, url: str
) -> None:
    async with tenants_bots(tmp_path, 2, database_url=url) as (bots, outlook):
        async with SpreadChat(bots) as chat:
            receipt = await book(chat)
        assert "Termin gebucht" in words(receipt), words(receipt)
        assert len(await all_events(outlook)) == 1


async def test_messages_of_one_conversation_to_both_at_once_are_each_answered(
    tmp_path: Path, url: str
) -> None:
    async with tenants_bots(tmp_path, 2, database_url=url) as (bots, _):
        await bots[0].says("Hallo")
        async with asyncio.timeout(60):
            await asyncio.gather(
                *(bot.says("Beratung 45 Minuten nächste Woche") for bot in bots for _ in range(4))
            )
    # nobody was in the way of the other, so no message was answered twice
    log = await asyncio.to_thread(told, tmp_path)
    assert "conversation_answered_elsewhere" not in log
    assert "turn_failed" not in log
    assert postgres.rows(url, "SELECT count(*) FROM documents WHERE kind = 'draft'") == [(1,)]


def told(folder: Path) -> str:
    return "".join(file.read_text() for file in folder.glob("bot*.log"))


async def test_a_conversation_goes_on_whoever_answers_and_a_click_that_reaches_both_books_once(
    tmp_path: Path, url: str
) -> None:
    async with tenants_bots(tmp_path, 2, database_url=url) as (bots, outlook):
        offered = await bots[0].says("Beratung 45 Minuten nächste Woche bei Petra Lenz")
        await bots[1].presses(**buttons(offered, "slot.pick")[0])
        details = {"name": "Alex Wilber", "email": "alex@contoso.com", "location": "teams"}
        review = await bots[0].presses("details.submit", **details, privacy="v3")
        confirm = buttons(review, "booking.confirm")[0]
        await asyncio.gather(*(bot.presses(**confirm) for bot in bots))
        standing = "SELECT count(*) FROM bookings WHERE state IN ('noted', 'booked')"
        assert postgres.rows(url, standing) == [(1,)]
        assert len(await all_events(outlook)) == 1
