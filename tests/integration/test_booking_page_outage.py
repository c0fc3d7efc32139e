"""The plain page while no calendar answers: everything can be noted, nothing is called booked."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from aiohttp import CookieJar, web
from aiohttp.test_utils import TestClient, TestServer

from bot.web.booking_page import BookingPage
from bot.web.limits import middlewares
from scheduling.booking import BookingState, staff_resource
from scheduling.catalog import OutageRules
from scheduling.desk import Desk
from scheduling.index import AvailabilityIndex
from scheduling.outage import Exchange, OutageWatch
from tests.builders import NOW
from tests.fakes import Documents, FakeCalendar, FixedClock, InMemoryStore
from tests.integration.test_booking_page import World, hidden, the_business


@pytest.fixture
async def world() -> AsyncIterator[World]:
    clock, calendar, documents = FixedClock(NOW), FakeCalendar(), Documents()
    business = replace(
        the_business(), outage=OutageRules(note_within=timedelta(hours=4)), phone="0228 555"
    )
    store, watch, index = InMemoryStore(clock), OutageWatch(1), AvailabilityIndex(business, NOW)
    desk = Desk(business, calendar, store, clock, index=index, watch=watch)
    for member in business.staff:
        index.put_calendar(staff_resource(member.id), (), NOW, NOW + timedelta(days=99))
        for _ in range(3):
            watch.heard(Exchange(member.mailbox, NOW, 503, "ServiceUnavailable"))
    calendar.is_down = True
    page = BookingPage(
        business=business,
        desk=desk,
        documents=documents,
        clock=clock,
        base_url="http://127.0.0.1",
        demo=True,
        ics=lambda booking: booking.number.encode(),
    )
    app = web.Application(middlewares=middlewares(is_https=False))
    page.register(app)
    async with TestClient(
        TestServer(app), cookie_jar=CookieJar(unsafe=True), headers={"Accept-Language": "de"}
    ) as client:
        yield World(client, calendar, store, clock, desk, documents)


async def test_f15_the_page_notes_on_the_last_known_state_and_says_so(world: World) -> None:
    times = await world.get("/book/advice")
    assert "Unser Kalender antwortet gerade nicht. Stand der freien Zeiten:" in times
    review = await world.review()
    assert "Stand der freien Zeiten:" in review
    assert "Termin vormerken" in review
    assert "Jetzt buchen" not in review
    done = await world.post("/book/confirm", hidden(review))
    assert "Termin vorgemerkt" in done
    assert "vorgemerkt, aber noch nicht bestätigt" in done
    (booking,) = world.store.bookings.values()
    assert (booking.state, booking.known_at) == (BookingState.NOTED, NOW)


async def test_f15_past_the_hours_the_page_refuses_with_the_phone_number(world: World) -> None:
    world.clock.advance(timedelta(hours=4, minutes=1))
    page = await world.get("/book/advice", status=503)
    assert "0228 555" in page
    assert 'name="start"' not in page
