"""The pages of a business that says du: no Sie on any of them, and English stays English."""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape

import pytest
from aiohttp import CookieJar, web
from aiohttp.test_utils import TestClient, TestServer

from bot.approvals import DecisionTokens
from bot.attempts import Attempts
from bot.channels.webchat import WebChat, WebChatSettings
from bot.identification import Identification
from bot.manage_links import ManageLinks
from bot.settings import Settings
from bot.web.booking_page import BookingPage
from bot.web.decision_page import DecisionPage
from bot.web.limits import middlewares
from bot.web.manage_page import ManagePage
from bot.web.move_page import MovePage
from bot.web.my_page import MyPage
from scheduling.booking import Booking, BookingState
from scheduling.catalog import FormOfAddress
from scheduling.outbox import Promise
from scheduling.ports import Mail
from tests.address import INFORMAL, formal_in
from tests.builders import NOW, a_booking, a_business
from tests.fakes import Documents, FakeCalendar, FixedClock, InMemoryStore
from tests.integration.test_booking_page import (
    CONSENT,
    DETAILS,
    ELEVEN,
    WritingDesk,
    hidden,
    link,
    the_business,
)

SETTINGS = Settings(
    base_url="https://book.example.test",
    app_id="00000000-0000-0000-0000-000000000000",
    app_tenant_id="11111111-1111-1111-1111-111111111111",
    web_chat_key="w" * 43,
)
GERMAN, ENGLISH = {"Accept-Language": "de"}, {"Accept-Language": "en"}


@dataclass
class Pages:
    """Everything a customer's browser can get, from a business that says du."""

    store: InMemoryStore
    links: ManageLinks
    booking: Booking
    client: TestClient = field(init=False)
    promises: list[Promise] = field(default_factory=list)

    async def enqueue(self, promise: Promise, _: object) -> None:
        self.promises.append(promise)

    async def send(self, mail: Mail) -> None:
        raise AssertionError(mail.subject)

    async def get(self, path: str, status: int = 200, **headers: str) -> str:
        async with self.client.get(path, headers=headers or GERMAN) as answer:
            return await self._informal(answer, status)

    async def post(self, path: str, fields: Mapping[str, str], status: int = 200) -> str:
        async with self.client.post(path, data=fields, headers=GERMAN) as answer:
            return await self._informal(answer, status)

    async def _informal(self, answer, status: int) -> str:
        page = unescape(await answer.text())
        assert answer.status == status, page
        assert formal_in(page) == []
        assert re.search(r'<html lang="(de|en)">', page)
        return page

    async def managed(self) -> str:
        return f"/manage/{await self.links.new(self.booking.id)}"


@pytest.fixture
async def pages() -> AsyncIterator[Pages]:
    # the deadline of the booking that stands is a day before
    clock, documents, calendar = FixedClock(NOW - timedelta(days=2)), Documents(), FakeCalendar()
    store = InMemoryStore(clock)
    links = ManageLinks(documents, store, clock)
    shop = the_business()
    business = a_business(
        services=shop.services,
        privacy=CONSENT,
        mail_from="office@example.test",
        form_of_address=FormOfAddress.INFORMAL,
    )
    world = Pages(store, links, store.put(a_booking()))
    desk = WritingDesk(store, calendar, clock, business)
    plugged = {"business": business, "desk": desk, "clock": clock, "demo": False}
    where = {"base_url": "http://127.0.0.1"}
    page = BookingPage(documents=documents, ics=lambda _: b"", **plugged, **where)
    identification = Identification(
        business=business,
        bookings=store,
        documents=documents,
        queue=world,
        notifier=world,
        clock=clock,
        key=b"k" * 32,
    )
    app = web.Application(middlewares=middlewares(is_https=False))
    page.register(app)
    MovePage(page, business, desk, clock).register(app)
    attempts = Attempts(documents, clock, "page")
    ManagePage(links=links, guesses=attempts, **plugged, **where).register(app)
    DecisionPage(tokens=DecisionTokens(documents, clock), **plugged, **where).register(app)
    MyPage(page, identification, links, attempts).register(app)
    WebChat(WebChatSettings.of(SETTINGS, business)).register(app)
    async with TestClient(TestServer(app), cookie_jar=CookieJar(unsafe=True)) as world.client:
        yield world


async def test_a_booking_is_made_and_moved_on_pages_that_say_du(pages: Pages) -> None:
    await pages.get("/book")
    times = await pages.get("/book/advice")
    assert "Wann passt es dir?" in times
    start = ELEVEN + timedelta(days=3)
    page = await pages.post("/book/advice/hold", hidden(times) | {"start": start.isoformat()})
    assert "für dich reserviert" in page
    wrong = await pages.post("/book/details", hidden(page) | DETAILS | {"email": "eva"}, 422)
    assert "Bitte prüfe deine Angaben" in wrong
    review = await pages.post("/book/details", hidden(page) | DETAILS)
    done = await pages.post("/book/confirm", hidden(review))
    assert "Termin gebucht" in done
    steps = link(done, "Termin verschieben")
    times = await pages.get(steps)
    assert "Auf wann möchtest du den Termin verschieben?" in times
    later = (start + timedelta(days=1)).isoformat()
    page = await pages.post(steps, hidden(times) | {"start": later})
    assert "Dein Termin jetzt" in page


async def test_a_time_that_is_gone_and_pages_that_are_not_there_say_du(pages: Pages) -> None:
    times = await pages.get("/book/advice")
    page = await pages.post("/book/advice/hold", hidden(times) | {"start": "gestern"}, 422)
    assert "Diese Zeit wird nicht angeboten." in page
    await pages.get("/book/nothing", 404)
    forged = await pages.post("/book/confirm", {"csrf": "forged"}, 403)
    assert "Bitte versuche es noch einmal." in forged


async def test_the_page_behind_a_link_says_du_whatever_became_of_the_booking(
    pages: Pages,
) -> None:
    path = await pages.managed()
    page = await pages.get(path)
    assert "Gib ihn nicht weiter" in page
    assert "Auf wann möchtest du" in await pages.get(f"{path}/move")
    cancelled = await pages.post(path, hidden(page) | {"do": "cancel"})
    assert "Dein Termin ist abgesagt." in cancelled
    again = await pages.post(path, hidden(page) | {"do": "cancel"}, 409)
    assert "Bitte sieh dir den jetzigen Stand an." in again
    assert (await pages.store.booking(pages.booking.id)).state is BookingState.CANCELLED


async def test_a_link_that_leads_nowhere_is_explained_with_du(pages: Pages) -> None:
    assert "Bitte nimm den Link" in await pages.get("/manage/" + "a" * 43, 404)


async def test_finding_a_booking_by_its_number_says_du(pages: Pages) -> None:
    start = await pages.get("/my")
    assert "senden wir dir einen Code" in start
    fields = {"number": "B-2222-3333", "email": "eva@example.test"}
    sent = await pages.post("/my", hidden(start) | fields)
    wrong = await pages.post("/my/code", hidden(sent) | {"code": "1"}, 422)
    assert "Bitte prüfe ihn" in wrong


async def test_the_chat_page_and_its_client_say_du(pages: Pages) -> None:
    page = await pages.get("/chat")
    for words in ("Bitte nutze die Buchungsseite.", "Du sagtest:", "Klicke hier"):
        assert words in page


@pytest.mark.parametrize("path", ["/book", "/book/advice", "/my", "/chat", "/book/nothing"])
async def test_english_visitors_read_english(pages: Pages, path: str) -> None:
    page = await pages.get(path, 404 if path.endswith("nothing") else 200, **ENGLISH)
    assert '<html lang="en">' in page
    assert INFORMAL.search(page) is None


async def test_the_language_chosen_counts_on_the_page_behind_a_link(pages: Pages) -> None:
    path = await pages.managed()
    assert '<html lang="en">' in await pages.get(f"{path}?lang=en")
    german = await pages.get(f"{path}?lang=de")
    assert "Gib ihn nicht weiter" in german


@pytest.mark.parametrize("asked", ["de@du", "de_DU", "du"])
async def test_a_visitor_cannot_ask_for_a_form_of_address(pages: Pages, asked: str) -> None:
    page = await pages.get(f"/book?lang={asked}")
    assert '<html lang="de">' in page


async def test_the_page_marks_the_language_it_is_in(pages: Pages) -> None:
    page = await pages.get("/book")
    assert 'hreflang="de" aria-current="true"' in page


async def test_the_staff_who_decide_are_addressed_formally(pages: Pages) -> None:
    async with pages.client.get("/requests/" + "a" * 43, headers=GERMAN) as answer:
        page = await answer.text()
    assert answer.status == 404
    assert "Bitte nehmen Sie den Link" in page
