"""The plain page over a real server: forms only, no script, nothing said that is not so."""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from html import unescape

import pytest
from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import TestClient, TestServer

from bot.web.booking_page import BookingPage
from bot.web.limits import middlewares
from bot.web.move_page import MovePage
from scheduling.booking import Booking, BookingState
from scheduling.catalog import Consent, LocalText, Location, LocationKind, Question
from scheduling.desk import Desk
from tests.builders import NOW, a_business, a_hold_request, a_service, at, busy, minutes
from tests.fakes import Documents, FakeCalendar, FixedClock, InMemoryStore

ELEVEN = at("11")
CONSENT = Consent(
    "2026-01", LocalText(de="Ich stimme zu.", en="I agree."), "https://example.test/p"
)


class WritingDesk(Desk):
    """A desk whose calendar entry is read back at once, unless `is_slow`."""

    is_slow = False

    def __init__(
        self, store: InMemoryStore, calendar: FakeCalendar, clock: FixedClock, business
    ) -> None:
        super().__init__(business, calendar, store, clock)
        self._rows = store

    async def until_written(self, booking_id: str) -> Booking:
        booking = await self.booking(booking_id)
        if self.is_slow:
            return booking
        return self._rows.put(
            replace(booking, state=BookingState.BOOKED, join_url="https://teams.example.test/1")
        )


@dataclass
class World:
    client: TestClient
    calendar: FakeCalendar
    store: InMemoryStore
    clock: FixedClock
    desk: WritingDesk
    documents: Documents

    async def get(self, path: str, status: int = 200, **options) -> str:
        async with self.client.get(path, **options) as answer:
            text = await answer.text()
            assert answer.status == status, text
            return text

    async def post(
        self, path: str, fields: Mapping[str, str], status: int = 200, **options
    ) -> str:
        async with self.client.post(path, data=fields, **options) as answer:
            text = await answer.text()
            assert answer.status == status, text
            return text

    async def hold(self, start: datetime = ELEVEN, status: int = 200) -> str:
        page = await self.get("/book/advice")
        fields = {**hidden(page), "start": start.isoformat()}
        return await self.post("/book/advice/hold", fields, status)

    async def enter(self, page: str, status: int = 200, **fields: str) -> str:
        return await self.post("/book/details", {**hidden(page), **DETAILS, **fields}, status)

    async def review(self) -> str:
        return await self.enter(await self.hold())


DETAILS = {
    "name": "Eva <b>Muster</b>",
    "email": "eva@example.com",
    "location": "teams",
    "phone": "0228 123456",
    "q_topic": "Rente",
    "note": "",
    "privacy": "2026-01",
}


def hidden(page: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)
    return {name: unescape(value) for name, value in found}


def the_business():
    service = a_service(
        durations=(minutes(30), minutes(60)),
        locations=(Location(LocationKind.TEAMS), Location(LocationKind.PHONE)),
        questions=(Question("topic", LocalText(de="Thema", en="Topic"), required=True),),
    )
    return a_business(services=(service,), privacy=CONSENT)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    clock, calendar, documents = FixedClock(NOW), FakeCalendar(), Documents()
    store, business = InMemoryStore(clock), the_business()
    desk = WritingDesk(store, calendar, clock, business)
    page = BookingPage(
        business=business,
        desk=desk,
        documents=documents,
        clock=clock,
        base_url="http://127.0.0.1",
        demo=True,
        ics=lambda booking: f"BEGIN:VCALENDAR {booking.number}".encode(),
    )
    app = web.Application(middlewares=middlewares(is_https=False))
    page.register(app)
    MovePage(page, business, desk, clock).register(app)
    async with TestClient(
        TestServer(app), cookie_jar=CookieJar(unsafe=True), headers={"Accept-Language": "de"}
    ) as client:
        yield World(client, calendar, store, clock, desk, documents)


async def test_a_booking_needs_nothing_but_forms(world: World) -> None:
    page = await world.review()
    assert "Stimmt alles?" in page
    assert "Jetzt buchen" in page
    page = await world.post("/book/confirm", hidden(page))
    assert "Termin gebucht" in page
    (booking,) = world.store.bookings.values()
    assert booking.span.start == ELEVEN
    assert booking.details is not None
    assert booking.details.customer.phone == "+49228123456"
    assert booking.details.reply_to == {"channel": "page"}
    assert dict(booking.details.consents) == {"privacy": "2026-01"}
    assert f"/b/{booking.id}.ics" in page
    assert "https://teams.example.test/1" in page


async def test_the_page_says_and_links_what_the_cards_do(world: World) -> None:
    page = await world.review()
    assert "Absagen ist bis 24 Stunden vorher kostenlos." in page
    page = await world.post("/book/confirm", hidden(page))
    assert 'href="https://outlook.office.com/calendar/0/deeplink/compose?' in page
    assert 'href="https://calendar.google.com/calendar/render?action=TEMPLATE&amp;' in page


async def test_what_a_customer_enters_is_never_markup(world: World) -> None:
    page = await world.review()
    assert "<b>Muster" not in page
    assert "&lt;b&gt;Muster" in page


async def test_an_unwritten_booking_is_called_noted(world: World) -> None:
    world.desk.is_slow = True
    page = await world.post("/book/confirm", hidden(await world.review()))
    assert "Termin vorgemerkt" in page
    assert "Termin gebucht" not in page


async def test_a_second_click_on_book_leads_to_the_same_booking(world: World) -> None:
    fields = hidden(await world.review())
    first = await world.post("/book/confirm", fields)
    assert await world.post("/book/confirm", fields) == first
    assert len(world.store.bookings) == 1


async def test_every_time_has_its_day_in_its_name(world: World) -> None:
    page = await world.get("/book/advice")
    assert 'aria-label="09:00 Uhr, Montag, 9. November"' in page
    assert page.count("<h3>") == 3


async def test_paging_later_and_back_shows_the_same_days(world: World) -> None:
    first = await world.get("/book/advice")
    later = await world.get(link(first, "Spätere"))
    assert re.findall("<h3>.*?</h3>", later) != re.findall("<h3>.*?</h3>", first)
    back = await world.get(link(later, "Frühere"))
    assert re.findall("<h3>.*?</h3>", back) == re.findall("<h3>.*?</h3>", first)


def link(page: str, words: str) -> str:
    found = re.search(rf'<a href="([^"]*)">{words}</a>', page)
    assert found, page
    return unescape(found[1])


async def test_a_slot_taken_meanwhile_leads_back_to_the_nearest_times(world: World) -> None:
    await world.get("/book/advice")
    for mailbox in ("anna@example.test", "bernd@example.test"):
        world.calendar.put(mailbox, busy("11-11:30"))
    page = await world.hold(status=409)
    assert "gerade vergeben" in page
    assert re.findall(r'aria-label="(\d\d:\d\d)', page) == ["10:00", "10:30", "11:30"]


async def test_a_slot_taken_before_booking_keeps_the_details(world: World) -> None:
    page = await world.review()
    for mailbox in ("anna@example.test", "bernd@example.test"):
        world.calendar.put(mailbox, busy("11-11:30"))
    page = await world.post("/book/confirm", hidden(page), 409)
    assert "gerade vergeben" in page
    assert "gebucht" not in page
    page = await world.post("/book/advice/hold", {**hidden(page), "start": at("12").isoformat()})
    assert 'value="eva@example.com"' in page
    assert 'value="Rente"' in page


async def test_an_expired_hold_is_renewed_silently(world: World) -> None:
    page = await world.review()
    world.clock.advance(timedelta(minutes=20))
    assert "Termin gebucht" in await world.post("/book/confirm", hidden(page))


async def test_an_expired_hold_taken_by_somebody_else_offers_other_times(world: World) -> None:
    page = await world.review()
    world.clock.advance(timedelta(minutes=20))
    (held,) = world.store.bookings.values()
    rival = a_hold_request(assignment=replace(a_hold_request().assignment, staff_id=held.staff_id))
    until = world.clock.now() + minutes(5)
    await world.store.hold(
        replace(rival, span=held.span, busy=held.busy, until=until), world.clock.now()
    )
    page = await world.post("/book/confirm", hidden(page), 409)
    assert "gerade vergeben" in page


async def test_a_silent_calendar_is_named_and_nothing_is_offered(world: World) -> None:
    world.calendar.is_down = True
    page = await world.get("/book/advice", 503)
    assert "Der Kalender antwortet gerade nicht" in page
    assert 'name="start"' not in page


async def test_a_calendar_silent_at_the_last_step_books_nothing(world: World) -> None:
    page = await world.review()
    world.calendar.is_down = True
    page = await world.post("/book/confirm", hidden(page), 503)
    assert "Der Kalender antwortet gerade nicht" in page
    assert world.store.states() == [BookingState.HELD]
    world.calendar.is_down = False
    assert "Termin gebucht" in await world.post("/book/confirm", hidden(page))


async def test_wrong_entries_come_back_with_words_and_links(world: World) -> None:
    page = await world.enter(await world.hold(), 422, email="eva", q_topic="", privacy="")
    for field in ("email", "q_topic", "privacy"):
        assert f'href="#{field}"' in page
        assert f'id="{field}"' in page
    assert "<title>Fehler:" in page
    assert 'value="eva"' in page


async def test_a_meeting_by_phone_needs_a_number(world: World) -> None:
    page = await world.enter(await world.hold(), 422, location="phone", phone="")
    assert 'href="#phone"' in page


async def test_only_the_overview_last_seen_can_be_booked(world: World) -> None:
    old = hidden(await world.review())
    await world.enter(await world.get("/book/details"), name="Someone Else")
    page = await world.post("/book/confirm", old, 409)
    assert "inzwischen geändert" in page
    assert world.store.states() == [BookingState.HELD]


@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ({"Origin": "https://evil.example"}, None),
        ({"Sec-Fetch-Site": "cross-site"}, None),
        ({}, "0" * 32),
        ({}, "ä"),
    ],
)
async def test_a_foreign_form_is_refused(
    world: World, headers: dict[str, str], token: str | None
) -> None:
    fields = hidden(await world.review())
    fields["csrf"] = token or fields["csrf"]
    await world.post("/book/confirm", fields, 403, headers=headers)
    assert world.store.states() == [BookingState.HELD]


async def test_a_browser_that_hides_the_origin_may_book(world: World) -> None:
    headers = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    fields = hidden(await world.review())
    assert "Termin gebucht" in await world.post("/book/confirm", fields, headers=headers)


async def test_a_receipt_is_shown_to_its_own_session_only(world: World) -> None:
    await world.post("/book/confirm", hidden(await world.review()))
    (booking,) = world.store.bookings
    url = world.client.make_url(f"/book/done/{booking}")
    async with ClientSession() as stranger, stranger.get(url) as answer:
        assert answer.status == 404


async def test_the_calendar_file_needs_only_the_id_of_a_booking(world: World) -> None:
    page = await world.review()
    (booking,) = world.store.bookings
    await world.get(f"/b/{booking}.ics", 404)
    await world.post("/book/confirm", hidden(page))
    url = world.client.make_url(f"/b/{booking}.ics")
    async with ClientSession() as stranger, stranger.get(url) as answer:
        assert answer.status == 200
        assert answer.content_type == "text/calendar"


@pytest.mark.parametrize(
    "path",
    ["/book/nothing", "/book/done/1", f"/book/done/{'a' * 32}", f"/b/{'a' * 32}.ics", "/b/x.ics"],
)
async def test_a_wrong_address_is_a_page_not_found(world: World, path: str) -> None:
    assert "Diese Seite gibt es nicht" in await world.get(path, 404)


async def test_a_huge_form_and_another_type_are_refused(world: World) -> None:
    await world.get("/book")
    await world.post("/book/details", {"name": "x" * 70_000}, 413)
    async with world.client.post("/book/details", json={}) as answer:
        assert answer.status == 415


@pytest.mark.parametrize(
    "query",
    [
        "date=x",
        "date=0001-01-01",
        "date=9999-12-31",
        "before=0001-01-01",
        "before=9999-12-31",
        "before=%00",
        "staff=nobody",
        "duration=7",
        "date=2026-11-01",
        "date=2026-12-01",
    ],
)
async def test_a_bad_search_still_shows_times(world: World, query: str) -> None:
    assert 'name="start"' in await world.get(f"/book/advice?{query}")


@pytest.mark.parametrize(
    "start",
    ["", "x", "0001-01-01T00:00:00+00:00", "2026-11-09T10:00:00", "9999-12-31T23:59:00+00:00"],
)
async def test_a_start_no_button_says_is_not_offered(world: World, start: str) -> None:
    page = await world.get("/book/advice")
    page = await world.post("/book/advice/hold", {**hidden(page), "start": start}, 422)
    assert "wird nicht angeboten" in page
    assert not world.store.bookings


async def test_the_chosen_language_is_remembered(world: World) -> None:
    await world.get("/book")
    await world.get("/book?lang=en")
    assert '<html lang="en">' in await world.get("/book")


async def test_looking_around_stores_nothing(world: World) -> None:
    await world.get("/book/advice")
    assert not world.documents.kept


async def test_pages_allow_no_script_and_the_cookie_is_shielded(world: World) -> None:
    async with world.client.get("/book") as answer:
        assert answer.headers["Content-Security-Policy"].startswith(
            "default-src 'none'; style-src"
        )
        assert answer.headers["Cache-Control"] == "no-store"
        cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        page = await answer.text()
    assert "<script" not in page
    assert page.count("<h1>") == 1
    assert "Demo:" in page
    assert 'href="/chat"' in page
