"""The page behind the customer's link: looking changes nothing, one click counts once."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from aiohttp import CookieJar, web
from aiohttp.test_utils import TestClient, TestServer

from bot.attempts import MOST, Attempts
from bot.manage_links import LASTS, ManageLinks
from bot.web.limits import middlewares
from bot.web.manage_page import ManagePage
from scheduling.booking import Booking, BookingState, Customer
from scheduling.outbox import JobKind
from tests.builders import NOW, a_booking, a_business, at, some_details
from tests.fakes import Documents, FakeCalendar, FixedClock, InMemoryStore
from tests.integration.test_booking_page import hidden
from tests.integration.test_decision_page import PageDesk

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
    desk = PageDesk(business, FakeCalendar(), store, clock)
    booking = store.put(a_booking())
    app = web.Application(middlewares=middlewares(is_https=False))
    ManagePage(
        business=business,
        desk=desk,
        links=links,
        clock=clock,
        guesses=Attempts(Documents(), clock, "manage"),
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


async def moved_to(world: World, clock: str) -> tuple[str, dict[str, str], str]:
    """Return the page of the held time, its form, and that of the link."""
    path = await world.path()
    times = await world.get(f"{path}/move?date=2026-11-09")
    start = {"start": at(clock).isoformat()}
    async with world.client.post(f"{path}/move", data=hidden(times) | start) as answer:
        page = await answer.text()
        assert answer.status == 200, page
        return answer.url.path, hidden(page), path


async def test_a_booking_is_moved_over_its_link(world: World) -> None:
    review, fields, _ = await moved_to(world, "14")
    assert (await world.store.booking(world.booking.id)).span.start == at("10")
    page = await world.post(review, fields)
    assert "14:00–14:30 Uhr" in page
    moved = await world.store.booking(world.booking.id)
    assert (moved.span.start, moved.version) == (at("14"), 2)


async def test_a_second_click_on_move_shows_where_it_is_now(world: World) -> None:
    review, fields, path = await moved_to(world, "14")
    first = await world.post(review, fields)
    promised = list(world.store.promises)
    again = await world.post(review, fields)
    assert "14:00–14:30 Uhr" in first
    assert "14:00–14:30 Uhr" in again
    assert world.store.promises == promised
    assert "14:00–14:30 Uhr" in await world.get(path)


async def test_neither_a_hold_nor_a_move_goes_without_the_word_of_the_page(world: World) -> None:
    review, _, path = await moved_to(world, "14")
    await world.post(review, {}, 409)
    await world.post(f"{path}/move", {"start": at("15").isoformat()}, 409)
    assert (await world.store.booking(world.booking.id)).span.start == at("10")
    assert len(world.store.states()) == 2


async def test_looking_at_the_times_writes_nothing(world: World) -> None:
    path = await world.path()
    await world.get(f"{path}/move")
    assert len(world.store.states()) == 1


async def test_the_hold_of_somebody_else_moves_nothing(world: World) -> None:
    _, fields, path = await moved_to(world, "14")
    other = world.store.put(replace(a_booking("16-16:30"), id="f" * 32, number="X", owner="bob"))
    await world.post(f"{path}/move/{other.id}", fields, 404)
    assert (await world.store.booking(world.booking.id)).span.start == at("10")


async def test_a_link_may_end_before_its_booking(world: World) -> None:
    path = f"/manage/{await world.links.new(world.booking.id, timedelta(minutes=30))}"
    await world.get(path)
    world.clock.advance(timedelta(minutes=30))
    assert UNKNOWN in await world.get(path, 404)
