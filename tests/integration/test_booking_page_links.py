"""The plain page of a service that is booked with a link that works once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from aiohttp import CookieJar, web
from aiohttp.test_utils import TestClient, TestServer

from bot.invitations import invite
from bot.web.booking_page import BookingPage
from bot.web.limits import middlewares
from scheduling.booking import BookingState
from scheduling.catalog import LocalText, Visibility
from tests.builders import NOW, a_business, a_service
from tests.fakes import Documents, FakeCalendar, FixedClock, InMemoryStore
from tests.integration.test_booking_page import (
    DETAILS,
    ELEVEN,
    World,
    WritingDesk,
    hidden,
)

TWELVE = ELEVEN + timedelta(hours=1)
DAYS = timedelta(days=14)
SENT = {key: DETAILS[key] for key in ("name", "email", "phone", "location", "note")}
CONFIRMED = {BookingState.NOTED, BookingState.BOOKED, BookingState.REQUESTED}


def the_business(**changes):
    secret = a_service(
        id="vip", name=LocalText("Chefsprechstunde", "Executive hour"),
        visibility=Visibility.LINK, **changes,
    )  # fmt: skip
    other = replace(secret, id="board", name=LocalText("Vorstand", "Board"))
    return a_business(services=(a_service(), secret, other))


def the_app(world: World, business) -> web.Application:
    page = BookingPage(
        business=business,
        desk=world.desk,
        documents=world.documents,
        clock=world.clock,
        base_url="http://127.0.0.1",
        demo=True,
        ics=lambda booking: booking.number.encode(),
    )
    app = web.Application(middlewares=middlewares(is_https=False))
    page.register(app)
    return app


@asynccontextmanager
async def a_browser(app: web.Application) -> AsyncIterator[TestClient]:
    jar = CookieJar(unsafe=True)
    async with TestClient(
        TestServer(app), cookie_jar=jar, headers={"Accept-Language": "de"}
    ) as client:
        yield client


@asynccontextmanager
async def a_world(**changes) -> AsyncIterator[World]:
    clock, calendar, business = FixedClock(NOW), FakeCalendar(), the_business(**changes)
    store = InMemoryStore(clock)
    desk = WritingDesk(store, calendar, clock, business)
    world = World(None, calendar, store, clock, desk, Documents())  # type: ignore[arg-type]
    async with a_browser(the_app(world, business)) as world.client:
        yield world


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with a_world() as world:
        yield world


@pytest.fixture
async def tom(world: World) -> AsyncIterator[World]:
    """Another visitor of the same bot."""
    async with a_browser(the_app(world, the_business())) as client:
        yield replace(world, client=client)


async def a_link(world: World, service: str = "vip") -> str:
    return f"/book/invited/{await invite(world.documents, world.clock, service, DAYS)}"


async def reviewed(world: World, link: str, start: datetime = ELEVEN) -> dict[str, str]:
    """Go from the link to the last page; return the fields of its button."""
    page = await world.get(link)
    held = await world.post("/book/vip/hold", {**hidden(page), "start": start.isoformat()})
    return hidden(await world.post("/book/details", {**hidden(held), **SENT}))


def confirmed(world: World) -> int:
    return sum(booking.state in CONFIRMED for booking in world.store.bookings.values())


async def test_a_link_leads_to_the_times_and_to_a_booking(world: World) -> None:
    link = await a_link(world)
    async with world.client.get(link, allow_redirects=False) as answer:
        assert answer.status == 303
        assert answer.headers["Location"] == "/book/vip"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "noindex" in answer.headers["X-Robots-Tag"]
    async with world.client.get("/book/vip") as answer:
        assert "Chefsprechstunde" in await answer.text()
        assert "noindex" in answer.headers["X-Robots-Tag"]
    page = await world.post("/book/confirm", await reviewed(world, link))
    assert "Termin gebucht" in page
    assert confirmed(world) == 1


async def test_it_is_listed_nowhere_also_not_for_who_was_invited(world: World) -> None:
    assert "Chefsprechstunde" not in await world.get("/book")
    await world.get(await a_link(world))
    assert "Chefsprechstunde" not in await world.get("/book")


async def test_without_a_link_none_of_its_pages_is_there(world: World) -> None:
    fields = hidden(await world.get("/book/advice"))
    assert "Chefsprechstunde" not in await world.get("/book/vip", 404)
    await world.post("/book/vip/hold", {**fields, "start": ELEVEN.isoformat()}, 404)
    assert world.store.bookings == {}
    assert world.calendar.asked[1:] == []


async def test_a_link_opens_no_other_service(world: World) -> None:
    await world.get(await a_link(world))
    await world.get("/book/board", 404)
    await world.get("/book/vip")


async def test_a_used_link_says_so_and_books_nothing_more(world: World) -> None:
    link = await a_link(world)
    fields = await reviewed(world, link)
    first = await world.post("/book/confirm", fields)
    assert await world.post("/book/confirm", fields) == first
    assert "gilt nur einmal" in await world.get(link, 410)
    await world.get("/book/vip", 404)
    assert confirmed(world) == 1


async def test_of_two_visitors_with_one_link_the_first_confirm_wins(
    world: World, tom: World
) -> None:
    link = await a_link(world)
    his = await reviewed(tom, link, TWELVE)
    hers = await reviewed(world, link)
    assert "Termin gebucht" in await tom.post("/book/confirm", his)
    page = await world.post("/book/confirm", hers, 410)
    assert "schon ein Termin gebucht" in page
    assert "schon ein Termin gebucht" in await world.get("/book/vip", 410)
    assert "schon ein Termin gebucht" in await world.get("/book/details", 410)
    assert confirmed(world) == 1


async def test_while_another_visitor_confirms_one_is_told_to_wait(
    world: World, tom: World
) -> None:
    link = await a_link(world)
    his, hers = await reviewed(tom, link, TWELVE), await reviewed(world, link)
    world.calendar.is_down = True
    await tom.post("/book/confirm", his, 503)
    world.calendar.is_down = False
    assert "bucht gerade jemand" in await world.post("/book/confirm", hers, 409)
    assert "Termin gebucht" in await tom.post("/book/confirm", his)
    assert confirmed(world) == 1


async def test_an_expired_link_says_so_also_in_the_midst(world: World) -> None:
    link = await a_link(world)
    await world.get(link)
    world.clock.now_is = NOW + DAYS
    for path in (link, "/book/vip"):
        assert "abgelaufen" in await world.get(path, 410)


@pytest.mark.parametrize("token", ["x", "0" * 32 + "A" * 43, "%00", "x" * 3000])
async def test_a_link_that_is_none_says_so(world: World, token: str) -> None:
    async with world.client.get(f"/book/invited/{token}") as answer:
        assert answer.status == 404
        assert "Diesen Link gibt es nicht" in await answer.text()
        assert answer.headers["Cache-Control"] == "no-store"
        assert "noindex" in answer.headers["X-Robots-Tag"]


async def test_a_link_to_a_service_that_is_gone_leads_to_no_page(world: World) -> None:
    await world.get(await a_link(world, "gone"), 404)


async def test_a_time_that_ran_out_is_kept_anew_and_booked_once(world: World) -> None:
    fields = await reviewed(world, await a_link(world))
    world.clock.now_is = NOW + timedelta(minutes=20)
    assert "Termin gebucht" in await world.post("/book/confirm", fields)
    assert confirmed(world) == 1


async def test_a_request_that_came_to_nothing_offers_no_times_without_a_link() -> None:
    async with a_world(approval=timedelta(hours=2)) as world:
        fields = await reviewed(world, await a_link(world))
        assert "angefragt" in await world.post("/book/confirm", fields)
        (booking,) = world.store.bookings.values()
        await world.desk.decide(booking.id, approve=False)
        page = await world.get(f"/book/done/{booking.id}")
        assert 'href="/book/vip"' not in page
