"""The page behind the link in the staff's mail: looking changes nothing, one answer counts."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

import pytest
from aiohttp import CookieJar, web
from aiohttp.test_utils import TestClient, TestServer

from bot.approvals import DecisionTokens
from bot.web.booking_page import BookingPage
from bot.web.decision_page import DecisionPage
from bot.web.limits import middlewares
from scheduling.booking import Booking, BookingState, Customer
from scheduling.desk import Desk, HoldOrder
from scheduling.errors import StoreUnavailable
from tests.builders import NOW, a_business, a_service, at, busy, some_details
from tests.fakes import Documents, FakeCalendar, FixedClock, InMemoryStore
from tests.integration.test_booking_page import CONSENT, hidden

HOUR = timedelta(hours=1)
APPROVE, DECLINE = {"decision": "approve"}, {"decision": "decline"}
HOSTILE = "Eva <b>Muster</b>"


class PageDesk(Desk):
    """The desk as the pages know it; a store that fails can be played."""

    is_away = False

    async def until_written(self, booking_id: str) -> Booking:
        return await self.booking(booking_id)

    async def decide(self, booking_id: str, *, approve: bool) -> Booking:
        if self.is_away:
            raise StoreUnavailable
        return await super().decide(booking_id, approve=approve)


@dataclass
class World:
    client: TestClient
    calendar: FakeCalendar
    store: InMemoryStore
    clock: FixedClock
    desk: PageDesk
    tokens: DecisionTokens

    async def request(self) -> tuple[Booking, str]:
        """A request of eva's, and the path of its page."""
        held = await self.desk.hold(HoldOrder("advice", None, at("10"), "anna", "eva"))
        details = some_details(customer=Customer(HOSTILE, "eva@example.test"))
        booking = await self.desk.confirm(held.id, "eva", details)
        return booking, f"/requests/{await self.tokens.new(booking.id)}"

    async def get(self, path: str, status: int = 200) -> str:
        async with self.client.get(path) as answer:
            assert answer.status == status, await answer.text()
            return await answer.text()

    async def post(
        self, path: str, fields: Mapping[str, str], status: int = 200, **options: object
    ) -> str:
        async with self.client.post(path, data=fields, **options) as answer:
            assert answer.status == status, await answer.text()
            return await answer.text()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    clock, calendar, documents = FixedClock(NOW), FakeCalendar(), Documents()
    store = InMemoryStore(clock)
    business = a_business(services=(a_service(approval=HOUR),), privacy=CONSENT)
    desk = PageDesk(business, calendar, store, clock)
    tokens = DecisionTokens(documents, clock)
    where = {"base_url": "http://127.0.0.1", "demo": False}
    app = web.Application(middlewares=middlewares(is_https=False))
    DecisionPage(business=business, desk=desk, tokens=tokens, clock=clock, **where).register(app)
    BookingPage(
        business=business,
        desk=desk,
        documents=documents,
        clock=clock,
        ics=lambda _: b"",
        **where,
    ).register(app)
    async with TestClient(
        TestServer(app), cookie_jar=CookieJar(unsafe=True), headers={"Accept-Language": "de"}
    ) as client:
        yield World(client, calendar, store, clock, desk, tokens)


async def test_looking_shows_all_facts_and_changes_nothing(world: World) -> None:
    booking, path = await world.request()
    for _ in range(2):
        page = await world.get(path)
    said = ("10:00–10:30 Uhr", "eva@example.test", booking.number, "Anna", "08:00 Uhr")
    assert [words for words in said if words not in page] == []
    assert await world.desk.booking(booking.id) == booking


async def test_what_a_customer_wrote_is_never_markup(world: World) -> None:
    _, path = await world.request()
    page = await world.get(path)
    assert "<b>Muster" not in page
    assert "&lt;b&gt;Muster" in page


async def test_the_page_is_for_nobody_else(world: World) -> None:
    _, path = await world.request()
    async with world.client.get(path) as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("fields", "state", "words"),
    [
        (APPROVE, BookingState.NOTED, "Zugesagt. Der Eintrag im Kalender folgt"),
        (DECLINE, BookingState.DECLINED, "Abgelehnt."),
    ],
)
async def test_an_answer_counts_and_is_said_from_then_on(
    world: World, fields: Mapping[str, str], state: BookingState, words: str
) -> None:
    booking, path = await world.request()
    page = await world.post(path, fields)
    assert words in page
    assert "<button" not in page
    assert (await world.desk.booking(booking.id)).state is state
    assert await world.get(path) == page


async def test_another_answer_afterwards_says_what_stands(world: World) -> None:
    booking, path = await world.request()
    await world.post(path, DECLINE)
    page = await world.post(path, APPROVE, 409)
    assert "schon anders beantwortet" in page
    assert "Abgelehnt." in page
    assert (await world.desk.booking(booking.id)).state is BookingState.DECLINED


async def test_a_calendar_that_filled_is_told_and_nothing_changes(world: World) -> None:
    booking, path = await world.request()
    world.calendar.put("anna@example.test", busy("10-11"))
    page = await world.post(path, APPROVE, 409)
    assert "etwas anderes" in page
    assert "<button" in page
    assert await world.desk.booking(booking.id) == booking


async def test_a_silent_calendar_is_told_and_nothing_changes(world: World) -> None:
    booking, path = await world.request()
    world.calendar.is_down = True
    assert "Der Kalender antwortet gerade nicht" in await world.post(path, APPROVE, 503)
    assert await world.desk.booking(booking.id) == booking


async def test_a_store_that_is_away_is_told(world: World) -> None:
    _, path = await world.request()
    world.desk.is_away = True
    assert "nichts entschieden" in await world.post(path, DECLINE, 503)


async def test_a_request_that_is_over_cannot_be_decided_on(world: World) -> None:
    booking, path = await world.request()
    world.clock.advance(HOUR)
    page = await world.get(path)
    assert "niemand entschieden" in page
    assert "<button" not in page
    assert "niemand entschieden" in await world.post(path, APPROVE)
    assert (await world.desk.booking(booking.id)).state is BookingState.EXPIRED


@pytest.mark.parametrize("token", ["x", "b" * 32 + "A" * 43, "%00", "..%2Fbook"])
async def test_an_unknown_link_is_a_page_that_says_so(world: World, token: str) -> None:
    await world.request()
    assert "gibt es nicht" in await world.get(f"/requests/{token}", 404)
    assert "gibt es nicht" in await world.post(f"/requests/{token}", APPROVE, 404)


async def test_a_replaced_link_and_one_of_a_past_time_are_unknown(world: World) -> None:
    booking, path = await world.request()
    newer = f"/requests/{await world.tokens.new(booking.id)}"
    await world.get(path, 404)
    await world.get(newer)
    world.clock.now_is = booking.span.end
    await world.get(newer, 404)


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}]
)
async def test_an_answer_from_another_site_is_refused(
    world: World, headers: Mapping[str, str]
) -> None:
    booking, path = await world.request()
    await world.post(path, APPROVE, 403, headers=headers)
    assert await world.desk.booking(booking.id) == booking


async def test_an_answer_without_a_decision_changes_nothing(world: World) -> None:
    booking, path = await world.request()
    assert "<button" in await world.post(path, {"decision": "maybe"}, 400)
    assert await world.desk.booking(booking.id) == booking


async def test_the_page_speaks_english_on_request(world: World) -> None:
    _, path = await world.request()
    assert "Please decide by" in await world.get(f"{path}?lang=en")


async def test_a_customer_of_the_page_reads_that_it_is_requested_then_what_became_of_it(
    world: World,
) -> None:
    page = await world.get("/book/advice")
    page = await world.post("/book/advice/hold", {**hidden(page), "start": at("11").isoformat()})
    details = {"name": "Eva", "email": "eva@example.com", "privacy": CONSENT.version}
    page = await world.post("/book/details", {**hidden(page), **details})
    assert "Termin anfragen" in page
    assert "Jetzt buchen" not in page
    page = await world.post("/book/confirm", hidden(page))
    assert "Termin angefragt" in page
    assert ".ics" not in page
    (booking,) = world.store.bookings.values()
    await world.get(f"/b/{booking.id}.ics", 404)
    await world.desk.decide(booking.id, approve=False)
    page = await world.get(f"/book/done/{booking.id}")
    assert "Anfrage abgelehnt" in page
    assert 'href="/book/advice"' in page


async def test_a_request_that_was_withdrawn_says_so_and_cannot_be_answered(world: World) -> None:
    booking, path = await world.request()
    world.clock.now_is = at("9") - 24 * HOUR
    await world.desk.cancel(booking.id, "eva")
    page = await world.get(path)
    assert "zurückgezogen" in page
    assert "<button" not in page
    await world.post(path, APPROVE, 409)
    assert world.store.states() == [BookingState.CANCELLED]
