"""Moving on the plain page: forms only; looking changes nothing, the last form moves."""

from datetime import datetime, timedelta

import pytest

from scheduling.booking import BookingState
from scheduling.outbox import JobKind
from tests.builders import at, busy
from tests.integration.test_booking_page import ELEVEN, World, hidden, link, world

__all__ = ["world"]

DAY = timedelta(days=1)
THURSDAY = ELEVEN + 3 * DAY


async def booked(world: World) -> str:
    """Return the address of the steps of a booking for Thursday; the deadline is 24 hours."""
    page = await world.enter(await world.hold(THURSDAY))
    return link(await world.post("/book/confirm", hidden(page)), "Termin verschieben")


async def held(world: World, url: str, start: datetime, status: int = 200) -> str:
    return await world.post(url, {**hidden(await world.get(url)), "start": str(start)}, status)


def new_hold(world: World) -> str:
    (hold_id,) = (b.id for b in world.store.bookings.values() if b.state is BookingState.HELD)
    return hold_id


async def test_a_booking_is_moved_by_three_pages_without_a_script(world: World) -> None:
    url = await booked(world)
    times = await world.get(url)
    assert "Auf wann möchten Sie den Termin verschieben?" in times
    assert "Donnerstag, 12. November 2026" in times
    page = await held(world, url, THURSDAY + DAY)
    assert "Diesen Termin verschieben?" in page
    assert page.index("Donnerstag, 12. November 2026") < page.index("Freitag, 13. November 2026")
    assert "verschoben" not in page
    assert world.store.states() == [BookingState.BOOKED, BookingState.HELD]
    page = await world.post(f"{url}/{new_hold(world)}", hidden(page))
    assert "Termin verschoben" in page
    assert "Bisher: Do., 12. Nov., 11:00 Uhr" in page
    assert "Freitag, 13. November 2026" in page
    assert world.store.states() == [BookingState.BOOKED, BookingState.MOVED]
    assert world.store.promises[-1].kind == JobKind.MOVE_EVENT


async def test_before_outlook_has_it_the_new_time_is_only_noted(world: World) -> None:
    url = await booked(world)
    page = await held(world, url, THURSDAY + DAY)
    world.desk.is_slow = True
    page = await world.post(f"{url}/{new_hold(world)}", hidden(page))
    assert "<h1>Neue Zeit vorgemerkt</h1>" in page
    assert "verschoben" not in page


async def test_a_second_click_and_an_old_page_show_what_became_of_it(world: World) -> None:
    url = await booked(world)
    page = await held(world, url, THURSDAY + DAY)
    last = f"{url}/{new_hold(world)}"
    fields = hidden(page)
    first = await world.post(last, fields)
    assert await world.post(last, fields) == first
    assert await world.get(last) == first
    kinds = [promise.kind for promise in world.store.promises]
    assert kinds.count(JobKind.MOVE_EVENT) == 1


async def test_another_new_time_replaces_the_one_that_was_held(world: World) -> None:
    url = await booked(world)
    page = await held(world, url, THURSDAY + DAY)
    times = await world.get(link(page, "Andere Zeit"))
    fields = {**hidden(times), "start": str(THURSDAY + DAY + timedelta(hours=1))}
    await world.post(url, fields)
    assert new_hold(world)
    assert world.store.states().count(BookingState.CANCELLED) == 1


async def test_a_time_that_went_to_somebody_else_is_said_and_nothing_moves(world: World) -> None:
    url = await booked(world)
    page = await held(world, url, THURSDAY + DAY)
    for mailbox in ("anna@example.test", "bernd@example.test"):
        world.calendar.put(mailbox, busy("11-12", day=(THURSDAY + DAY).date()))
    page = await world.post(f"{url}/{new_hold(world)}", hidden(page), 409)
    assert "gerade vergeben" in page
    assert world.store.states()[0] is BookingState.BOOKED


async def test_while_no_calendar_answers_nothing_moves_and_the_hold_stays(world: World) -> None:
    url = await booked(world)
    page = await held(world, url, THURSDAY + DAY)
    world.calendar.is_down = True
    page = await world.post(f"{url}/{new_hold(world)}", hidden(page), 503)
    assert "Jetzt verschieben" in page
    assert "Er bleibt, wie er ist" in page
    assert world.store.states() == [BookingState.BOOKED, BookingState.HELD]
    assert "Er bleibt, wie er ist" in await world.get(url, 503)


async def test_too_late_is_said_and_nothing_changes(world: World) -> None:
    url = await booked(world)
    page = await held(world, url, THURSDAY + DAY)
    world.clock.now_is = THURSDAY - DAY + timedelta(seconds=1)
    assert "nicht mehr verschieben" in await world.post(
        f"{url}/{new_hold(world)}", hidden(page), 409
    )
    asked = await world.get(url)
    assert "nicht mehr verschieben" in asked
    assert "<form" not in asked
    assert "Termin verschieben" not in await world.get(url.replace("move", "done"))


@pytest.mark.parametrize("start", ["", "soon", "2026-11-13T10:00", "2031-01-01T10:00+00:00"])
async def test_a_forged_time_is_refused(world: World, start: str) -> None:
    url = await booked(world)
    page = await world.post(url, {**hidden(await world.get(url)), "start": start}, 422)
    assert "Auf wann" in page
    assert world.store.states() == [BookingState.BOOKED]


@pytest.mark.parametrize(
    ("headers", "token"),
    [({"Origin": "https://evil.example"}, None), ({}, "0" * 32), ({}, "")],
)
async def test_a_foreign_form_moves_nothing(
    world: World, headers: dict[str, str], token: str | None
) -> None:
    url = await booked(world)
    fields = hidden(await held(world, url, THURSDAY + DAY))
    fields["csrf"] = fields["csrf"] if token is None else token
    await world.post(f"{url}/{new_hold(world)}", fields, 403, headers=headers)
    assert world.store.states() == [BookingState.BOOKED, BookingState.HELD]


async def test_another_visitor_neither_sees_nor_moves_it(world: World) -> None:
    url = await booked(world)
    await held(world, url, THURSDAY + DAY)
    last = f"{url}/{new_hold(world)}"
    world.client.session.cookie_jar.clear()
    await world.hold(at("12"))
    stranger = hidden(await world.get("/book/advice"))
    await world.get(url, 404)
    await world.get(last, 404)
    await world.post(last, stranger, 404)
    assert world.store.states()[0] is BookingState.BOOKED


async def test_a_hold_of_another_kind_moves_nothing(world: World) -> None:
    url = await booked(world)
    fields = hidden(await world.get(url))
    await world.hold(at("12"))
    await world.get(f"{url}/{new_hold(world)}", 404)
    await world.post(f"{url}/{new_hold(world)}", fields, 404)
    assert world.store.states() == [BookingState.BOOKED, BookingState.HELD]


async def test_a_wrong_date_is_named_and_times_are_shown_all_the_same(world: World) -> None:
    url = await booked(world)
    page = await world.get(f"{url}?date=tomorrow")
    assert 'aria-invalid="true"' in page
    assert 'name="start"' in page
