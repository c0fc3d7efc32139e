"""Finding a booking without its link: number and address, then the code, on plain pages."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiohttp import CookieJar, web
from aiohttp.test_utils import TestClient, TestServer

from bot.attempts import MOST, Attempts
from bot.manage_links import ManageLinks
from bot.web.booking_page import BookingPage
from bot.web.limits import middlewares
from bot.web.manage_page import ManagePage
from bot.web.my_page import SESSION, MyPage
from scheduling.booking import BookingState
from tests.fakes import FakeCalendar
from tests.integration.test_booking_page import hidden
from tests.integration.test_decision_page import PageDesk
from tests.unit.test_identification import EMAIL, NUMBER, World

ON_ITS_WAY = "ist jetzt eine E-Mail mit einem Code unterwegs"


class Pages(World):
    """The pages over that world."""

    client: TestClient

    async def get(self, path: str, status: int = 200) -> str:
        async with self.client.get(path) as answer:
            assert answer.status == status, await answer.text()
            return await answer.text()

    async def post(self, path: str, fields: dict[str, str], status: int = 200) -> tuple[str, str]:
        async with self.client.post(path, data=fields) as answer:
            assert answer.status == status, await answer.text()
            return await answer.text(), answer.url.path

    async def asked(self, number: str = NUMBER, email: str = EMAIL, status: int = 200) -> str:
        fields = hidden(await self.get("/my")) | {"number": number, "email": email}
        page, _ = await self.post("/my", fields, status)
        return page

    async def code(self) -> str:
        await self.work()
        return self.mails[-1].html.split("<strong>")[1].split("</strong>")[0]


@pytest.fixture
async def pages() -> AsyncIterator[Pages]:
    world = Pages()
    # the deadline is a day before
    world.clock.advance(timedelta(days=-2))
    business, where = world.business, {"base_url": "http://127.0.0.1"}
    desk = PageDesk(business, FakeCalendar(), world.store, world.clock)
    links = ManageLinks(world.documents, world.store, world.clock)
    plugged = {"business": business, "desk": desk, "clock": world.clock, "demo": False, **where}
    page = BookingPage(documents=world.documents, ics=lambda _: b"", **plugged)
    app = web.Application(middlewares=middlewares(is_https=False))
    page.register(app)
    guesses = Attempts(world.documents, world.clock, "manage")
    ManagePage(links=links, guesses=guesses, **plugged).register(app)
    attempts = Attempts(world.documents, world.clock, "my")
    MyPage(page, world.identification, links, attempts).register(app)
    async with TestClient(
        TestServer(app), cookie_jar=CookieJar(unsafe=True), headers={"Accept-Language": "de"}
    ) as world.client:
        yield world


async def test_number_and_code_lead_to_the_booking_for_half_an_hour(pages: Pages) -> None:
    page = await pages.asked()
    assert ON_ITS_WAY in page
    page, path = await pages.post("/my/code", hidden(page) | {"code": await pages.code()})
    assert "10:00–10:30 Uhr" in page
    assert path.startswith("/manage/")
    page, _ = await pages.post(path, hidden(page) | {"do": "cancel"})
    assert "<h1>Termin abgesagt</h1>" in page
    assert (await pages.store.booking(pages.booking.id)).state is BookingState.CANCELLED
    pages.clock.advance(SESSION)
    await pages.get(path, 404)


async def test_f43_who_has_no_such_booking_sees_the_very_same_page(pages: Pages) -> None:
    right = await pages.asked()
    wrong = await pages.asked("B-2222-3333")
    assert right == wrong
    await pages.work()
    assert pages.mails == []


async def test_a_wrong_code_opens_nothing(pages: Pages) -> None:
    page = await pages.asked()
    await pages.work()
    page, _ = await pages.post("/my/code", hidden(page) | {"code": "123"}, 422)
    assert "Dieser Code stimmt nicht" in page


async def test_f43_one_address_has_five_attempts_a_minute(pages: Pages) -> None:
    for _ in range(MOST):
        pages.client.session.cookie_jar.clear()
        await pages.asked("B-2222-3333")
    pages.client.session.cookie_jar.clear()
    assert "zu viele Versuche" in await pages.asked(status=429)
    pages.clock.advance(timedelta(minutes=1))
    assert ON_ITS_WAY in await pages.asked()


async def test_what_was_typed_stands_in_no_address(pages: Pages) -> None:
    fields = hidden(await pages.get("/my")) | {"number": NUMBER, "email": EMAIL}
    async with pages.client.post("/my", data=fields, allow_redirects=False) as answer:
        assert answer.headers["Location"] == "/my/code"


async def test_the_front_page_leads_there(pages: Pages) -> None:
    assert 'href="/my"' in await pages.get("/book")
