"""The plain page of services whose times depend on the place; hidden ones; a customer's limit."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import CookieJar, web
from aiohttp.test_utils import TestClient, TestServer

from bot.web.booking_page import BookingPage
from bot.web.limits import middlewares
from scheduling.booking import BookingState
from scheduling.catalog import LocalText, Location, LocationKind, Place, Visibility
from tests.builders import NOW, a_business, a_service, a_staff_member, a_text
from tests.fakes import Documents, FakeCalendar, FixedClock, InMemoryStore
from tests.integration.test_booking_page import (
    CONSENT,
    DETAILS,
    ELEVEN,
    World,
    WritingDesk,
    hidden,
)

MAGDEBURG = Place("magdeburg", a_text("Magdeburg"), "Breiter Weg 1")
HALLE = Place("halle", a_text("Halle"), "Markt 2")
PLACES = tuple(Location(LocationKind.PLACE, place) for place in (MAGDEBURG, HALLE))


def the_business():
    """anna serves in Magdeburg, bernd in Halle."""
    visit = a_service(locations=PLACES, customer_limit=1)
    secret = a_service(
        id="vip", name=LocalText("Chefsprechstunde", "Executive hour"),
        visibility=Visibility.HIDDEN,
    )  # fmt: skip
    staff = (
        a_staff_member("anna", sites=frozenset({"magdeburg"})),
        a_staff_member("bernd", sites=frozenset({"halle"})),
    )
    return a_business(
        services=(visit, secret), staff=staff, places=(MAGDEBURG, HALLE), privacy=CONSENT
    )


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
        ics=lambda booking: booking.number.encode(),
    )
    app = web.Application(middlewares=middlewares(is_https=False))
    page.register(app)
    async with TestClient(
        TestServer(app), cookie_jar=CookieJar(unsafe=True), headers={"Accept-Language": "de"}
    ) as client:
        yield World(client, calendar, store, clock, desk, documents)


async def times_in(world: World, place: str) -> str:
    return await world.get(f"/book/advice?location={place}")


def offers_times(page: str) -> bool:
    return 'name="start"' in page


async def test_before_a_place_is_chosen_there_are_no_times_and_nobody_is_asked(
    world: World,
) -> None:
    page = await world.get("/book/advice")
    assert not offers_times(page)
    assert '<select id="location" name="location"' in page
    assert "Magdeburg" in page
    assert "Halle" in page
    assert world.calendar.asked == []


async def test_a_chosen_place_shows_its_times(world: World) -> None:
    assert offers_times(await times_in(world, "halle"))
    assert world.calendar.asked[-1][0] == ("bernd@example.test",)


@pytest.mark.parametrize("place", ["mars", "", "teams", "%00", "x" * 3000])
async def test_a_place_that_is_none_counts_as_not_chosen(world: World, place: str) -> None:
    assert not offers_times(await times_in(world, place))


async def test_a_time_is_held_and_booked_at_the_chosen_place(world: World) -> None:
    page = await times_in(world, "halle")
    fields = hidden(page) | {"start": ELEVEN.isoformat()}
    assert fields["location"] == "halle"
    page = await world.post("/book/advice/hold", fields)
    assert 'name="location"' not in page
    review = await world.post("/book/details", {**hidden(page), **DETAILS, "q_topic": ""})
    assert "Halle" in review
    await world.post("/book/confirm", hidden(review))
    (booking,) = world.store.bookings.values()
    assert (booking.staff_id, booking.place_id) == ("bernd", "halle")
    assert booking.details is not None
    assert booking.details.location_id == "halle"


async def test_a_hold_without_a_place_is_refused(world: World) -> None:
    fields = hidden(await times_in(world, "halle")) | {"start": ELEVEN.isoformat()}
    del fields["location"]
    page = await world.post("/book/advice/hold", fields, 422)
    assert not offers_times(page)
    assert world.store.bookings == {}


@pytest.mark.parametrize("place", ["", "mars", "teams", "x" * 3000])
async def test_a_hold_at_a_forged_place_is_refused(world: World, place: str) -> None:
    fields = hidden(await times_in(world, "halle")) | {"start": ELEVEN.isoformat()}
    await world.post("/book/advice/hold", fields | {"location": place}, 422)
    assert world.store.bookings == {}


async def test_the_details_cannot_move_the_time_to_another_place(world: World) -> None:
    fields = hidden(await times_in(world, "halle")) | {"start": ELEVEN.isoformat()}
    page = await world.post("/book/advice/hold", fields)
    forged = {**hidden(page), **DETAILS, "location": "magdeburg"}
    review = await world.post("/book/details", forged)
    assert "Halle" in review
    assert "Magdeburg" not in review


async def test_a_hidden_service_is_not_listed_but_has_its_address(world: World) -> None:
    assert "Chefsprechstunde" not in await world.get("/book")
    page = await world.get("/book/vip")
    assert "Chefsprechstunde" in page
    assert offers_times(page)


async def booked(world: World, clock: str, status: int = 200) -> str:
    fields = hidden(await times_in(world, "halle")) | {"start": clock}
    page = await world.post("/book/advice/hold", fields)
    review = await world.post("/book/details", {**hidden(page), **DETAILS})
    return await world.post("/book/confirm", hidden(review), status)


async def test_a_customer_at_the_limit_is_told_in_words(world: World) -> None:
    await booked(world, ELEVEN.isoformat())
    noon = ELEVEN.replace(hour=ELEVEN.hour + 1).isoformat()
    page = await booked(world, noon, 409)
    assert "so viele Termine" in page
    states = [booking.state for booking in world.store.bookings.values()]
    assert states == [BookingState.BOOKED, BookingState.HELD]
