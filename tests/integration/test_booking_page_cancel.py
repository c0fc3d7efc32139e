"""Cancelling on the plain page: looking changes nothing, the visitor's own form does."""

from datetime import timedelta

import pytest

from scheduling.booking import BookingState
from scheduling.outbox import JobKind
from tests.builders import at
from tests.integration.test_booking_page import ELEVEN, World, hidden, link, world

__all__ = ["world"]

TOMORROW = ELEVEN + timedelta(days=1)


async def booked(world: World) -> str:
    """Return the receipt of a booking for tomorrow; the deadline is 24 hours."""
    page = await world.enter(await world.hold(TOMORROW))
    return await world.post("/book/confirm", hidden(page))


async def test_a_booking_is_cancelled_after_one_more_page(world: World) -> None:
    url = link(await booked(world), "Termin absagen")
    asked = await world.get(url)
    assert "Diesen Termin absagen?" in asked
    assert world.store.states() == [BookingState.BOOKED]
    page = await world.post(url, hidden(asked))
    assert "<h1>Termin abgesagt</h1>" in page
    assert ".ics" not in page
    assert world.store.states() == [BookingState.CANCELLED]
    kinds = [promise.kind for promise in world.store.promises]
    assert kinds[-3:] == [JobKind.CANCEL_EVENT, JobKind.MAIL_CANCELLED, JobKind.TELL_CANCELLED]


async def test_a_second_click_and_an_old_page_show_what_became_of_it(world: World) -> None:
    url = link(await booked(world), "Termin absagen")
    fields = hidden(await world.get(url))
    first = await world.post(url, fields)
    promised = len(world.store.promises)
    assert await world.post(url, fields) == first
    assert await world.get(url) == first
    assert len(world.store.promises) == promised


async def test_too_late_is_said_and_nothing_changes(world: World) -> None:
    url = link(await booked(world), "Termin absagen")
    fields = hidden(await world.get(url))
    world.clock.now_is = TOMORROW - timedelta(hours=24) + timedelta(seconds=1)
    assert "nicht mehr absagen" in await world.post(url, fields, 409)
    assert "<form" not in await world.get(url)
    receipt = await world.get(url.replace("cancel", "done"))
    assert "/book/cancel/" not in receipt
    assert "Ändern oder absagen: bitte direkt" in receipt
    assert world.store.states() == [BookingState.BOOKED]


@pytest.mark.parametrize(
    ("headers", "token"),
    [({"Origin": "https://evil.example"}, None), ({}, "0" * 32), ({}, "")],
)
async def test_a_foreign_form_cancels_nothing(
    world: World, headers: dict[str, str], token: str | None
) -> None:
    url = link(await booked(world), "Termin absagen")
    fields = hidden(await world.get(url))
    fields["csrf"] = fields["csrf"] if token is None else token
    await world.post(url, fields, 403, headers=headers)
    assert world.store.states() == [BookingState.BOOKED]


async def test_another_visitor_neither_sees_nor_cancels_it(world: World) -> None:
    url = link(await booked(world), "Termin absagen")
    world.client.session.cookie_jar.clear()
    await world.hold(at("12"))
    stranger = hidden(await world.get("/book/advice"))
    await world.get(url, 404)
    await world.post(url, stranger, 404)
    assert world.store.states()[0] is BookingState.BOOKED


async def test_a_held_time_is_not_cancelled_here(world: World) -> None:
    await world.hold(TOMORROW)
    (booking_id,) = world.store.bookings
    await world.get(f"/book/cancel/{booking_id}", 404)
    assert world.store.states() == [BookingState.HELD]
