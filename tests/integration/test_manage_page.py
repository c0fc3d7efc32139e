"""The page behind the customer's link: looking changes nothing, one click counts once."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from aiohttp import CookieJar, web
from aiohttp.test_utils import TestClient, TestServer

from bot.manage_links import LASTS, ManageLinks
from bot.web.attempts import MOST
from bot.web.limits import middlewares
from bot.web.manage_page import ManagePage
from scheduling.booking import Booking, BookingState, Customer
from scheduling.desk import Desk
from scheduling.outbox import JobKind
from tests.builders import NOW, a_booking, a_business, some_details
from tests.fakes import Documents, FakeCalendar, FixedClock, InMemoryStore
from tests.integration.test_booking_page import hidden

CANCEL = {"do": "cancel"}
UNKNOWN = "Zu diesem Link gibt es keinen Termin"


@dataclass
class World:
    client: TestClient
    store: InMemoryStore
    clock: FixedClock
    links: ManageLinks
    booking: Booking

    async def path(self) -> str:
        return f"/manage/{await self.links.new(self.booking.id)}"

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

    async def states(self) -> BookingState:
        return (await self.store.booking(self.booking.id)).state


@pytest.fixture
async def world() -> AsyncIterator[World]:
    # the deadline is a day before
    clock, documents = FixedClock(NOW - timedelta(days=2)), Documents()
    store = InMemoryStore(clock)
    business = a_business(phone="+49 228 1234")
    links = ManageLinks(documents, store, clock)
    desk = Desk(business, FakeCalendar(), store, clock)
    booking = store.put(a_booking())
    app = web.Application(middlewares=middlewares(is_https=False))
    ManagePage(
        business=business,
        desk=desk,
        links=links,
        clock=clock,
        base_url="http://127.0.0.1",
        demo=False,
    ).register(app)
    async with TestClient(
        TestServer(app), cookie_jar=CookieJar(unsafe=True), headers={"Accept-Language": "de"}
    ) as client:
        yield World(client, store, clock, links, booking)


async def test_looking_shows_the_booking_and_changes_nothing(world: World) -> None:
    path = await world.path()
    first = await world.get(path)
    assert await world.get(path) == first
    said = ("10:00–10:30 Uhr", "Anna", world.booking.number, "Termin absagen")
    assert [words for words in said if words not in first] == []
    assert world.store.promises == []
    assert await world.states() is BookingState.BOOKED


async def test_a_click_cancels_and_the_page_says_so(world: World) -> None:
    path = await world.path()
    page = await world.post(path, hidden(await world.get(path)) | CANCEL)
    assert "<h1>Termin abgesagt</h1>" in page
    assert "<form" not in page
    assert await world.states() is BookingState.CANCELLED
    kinds = {promise.kind for promise in world.store.promises}
    assert kinds == {JobKind.CANCEL_EVENT, JobKind.MAIL_CANCELLED, JobKind.TELL_CANCELLED}


async def test_a_click_sent_again_shows_the_state_and_does_nothing(world: World) -> None:
    path = await world.path()
    fields = hidden(await world.get(path)) | CANCEL
    await world.post(path, fields)
    promised = list(world.store.promises)
    page = await world.post(path, fields, 409)
    assert "<h1>Termin abgesagt</h1>" in page
    assert world.store.promises == promised


async def test_a_page_from_before_a_move_cancels_nothing(world: World) -> None:
    path = await world.path()
    fields = hidden(await world.get(path)) | CANCEL
    world.store.put(replace(world.booking, version=2))
    assert "Inzwischen hat sich etwas geändert" in await world.post(path, fields, 409)
    assert await world.states() is BookingState.BOOKED


@pytest.mark.parametrize(
    ("fields", "headers", "status"),
    [
        (CANCEL, {}, 409),
        (CANCEL | {"once": "0" * 32}, {}, 409),
        (None, {"Origin": "https://evil.example"}, 403),
        (None, {"Sec-Fetch-Site": "cross-site"}, 403),
        ({"do": "eat"}, {}, 400),
    ],
)
async def test_a_form_of_somebody_else_cancels_nothing(
    world: World, fields: dict[str, str] | None, headers: dict[str, str], status: int
) -> None:
    path = await world.path()
    form = hidden(await world.get(path)) | CANCEL if fields is None else fields
    await world.post(path, form, status, headers=headers)
    assert await world.states() is BookingState.BOOKED


async def test_after_the_deadline_it_is_said_whom_to_ask(world: World) -> None:
    path = await world.path()
    fields = hidden(await world.get(path)) | CANCEL
    world.clock.now_is = world.booking.span.start - timedelta(hours=1)
    page = await world.post(path, fields, 409)
    assert "<form" not in page
    assert "+49 228 1234" in page
    assert await world.states() is BookingState.BOOKED


async def test_wrong_and_ended_links_are_answered_alike(world: World) -> None:
    path = await world.path()
    address, nowhere = (f"/manage/{each}{'A' * 43}" for each in (world.booking.id, "f" * 32))
    wrong, none = await world.get(address, 404), await world.get(nowhere, 404)
    world.clock.now_is = world.booking.span.end + LASTS
    ended = await world.get(path, 404)
    answers = ((wrong, address), (none, nowhere), (ended, path))
    assert len({page.replace(asked, "") for page, asked in answers}) == 1
    assert UNKNOWN in wrong


async def test_who_guesses_is_slowed_down_but_a_right_link_still_works(world: World) -> None:
    path = await world.path()
    for _ in range(MOST):
        await world.get("/manage/guess", 404)
    async with world.client.get("/manage/guess") as answer:
        assert answer.status == 429
        assert int(answer.headers["Retry-After"]) > 0
    await world.get(path)
    world.clock.advance(timedelta(minutes=1))
    await world.get("/manage/guess", 404)


async def test_the_page_is_for_nobody_else(world: World) -> None:
    async with world.client.get(await world.path()) as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert "Set-Cookie" not in answer.headers


async def test_the_page_speaks_the_customers_language_or_the_one_asked_for(world: World) -> None:
    customer = Customer("Eva", "eva@example.test", language="en")
    world.store.put(replace(world.booking, details=some_details(customer=customer)))
    path = await world.path()
    assert '<html lang="en">' in await world.get(path)
    assert '<html lang="de">' in await world.get(f"{path}?lang=de")
