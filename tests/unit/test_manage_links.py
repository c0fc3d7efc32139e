"""The customer's link: what opens, what does not, and that each word allows one act."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.manage_links import LASTS, MOST_LINKS, ManageLinks, PageIsOld
from scheduling.booking import BookingState
from scheduling.errors import UnknownBooking
from tests.builders import NOW, a_booking
from tests.fakes import Documents, FixedClock, InMemoryStore


class World:
    """One booking with its links."""

    def __init__(self) -> None:
        self.clock, self.documents = FixedClock(NOW), Documents()
        self.store = InMemoryStore(self.clock)
        self.booking = self.store.put(a_booking())
        self.links = ManageLinks(self.documents, self.store, self.clock)


async def test_a_link_opens_its_booking_and_only_a_digest_is_kept() -> None:
    world = World()
    token = await world.links.new(world.booking.id)
    assert (await world.links.open(token)).booking == world.booking
    secret = token.removeprefix(world.booking.id)
    assert len(secret) == 43
    assert secret not in str(world.documents.kept)


async def test_the_link_of_an_earlier_mail_goes_on_after_a_later_one() -> None:
    world = World()
    first = await world.links.new(world.booking.id)
    await world.links.new(world.booking.id)
    assert (await world.links.open(first)).booking == world.booking


async def test_of_very_many_links_the_newest_count() -> None:
    world = World()
    first = await world.links.new(world.booking.id)
    tokens = [await world.links.new(world.booking.id) for _ in range(MOST_LINKS)]
    await world.links.open(tokens[0])
    with pytest.raises(UnknownBooking):
        await world.links.open(first)


async def test_links_that_are_over_push_out_none_that_goes_on() -> None:
    world = World()
    mailed = await world.links.new(world.booking.id)
    for _ in range(MOST_LINKS):
        await world.links.new(world.booking.id, timedelta(minutes=30))
        world.clock.advance(timedelta(minutes=31))
    assert (await world.links.open(mailed)).booking == world.booking


async def test_links_made_at_once_all_work() -> None:
    world = World()
    tokens = await asyncio.gather(*(world.links.new(world.booking.id) for _ in range(3)))
    for token in tokens:
        assert (await world.links.open(token)).booking == world.booking


async def test_wrong_words_open_nothing() -> None:
    world = World()
    token = await world.links.new(world.booking.id)
    another = world.store.put(replace(a_booking(), id="f" * 32, number="X"))
    other = await world.links.new(another.id)
    swapped = world.booking.id + other[32:]
    wrong = ["", "x", token[:-1], token[:-1] + ("A" if token[-1] != "A" else "B"), swapped]
    for words in [*wrong, "0" * 32 + token[32:], world.booking.id + "0" * 43]:
        with pytest.raises(UnknownBooking):
            await world.links.open(words)


async def test_a_link_ends_some_days_after_its_booking() -> None:
    world = World()
    token = await world.links.new(world.booking.id)
    world.clock.now_is = world.booking.span.end + LASTS - timedelta(seconds=1)
    await world.links.open(token)
    world.clock.advance(timedelta(seconds=1))
    with pytest.raises(UnknownBooking):
        await world.links.open(token)


async def test_looking_any_number_of_times_writes_nothing() -> None:
    world = World()
    token = await world.links.new(world.booking.id)
    before = str(world.documents.kept)
    first = await world.links.open(token)
    assert await world.links.open(token) == first
    assert str(world.documents.kept) == before


async def test_a_word_allows_one_act() -> None:
    world = World()
    token = await world.links.new(world.booking.id)
    once = (await world.links.open(token)).once
    assert await world.links.act(token, once) == world.booking
    with pytest.raises(PageIsOld):
        await world.links.act(token, once)
    assert (await world.links.open(token)).once != once


async def test_of_two_acts_at_once_one_is_let_through() -> None:
    world = World()
    token = await world.links.new(world.booking.id)
    once = (await world.links.open(token)).once
    acts = [world.links.act(token, once) for _ in range(2)]
    ended = await asyncio.gather(*acts, return_exceptions=True)
    assert sorted(type(each).__name__ for each in ended) == ["Booking", "PageIsOld"]


async def test_a_word_shown_before_a_move_allows_nothing_after_it() -> None:
    world = World()
    token = await world.links.new(world.booking.id)
    once = (await world.links.open(token)).once
    world.store.put(replace(world.booking, version=2))
    with pytest.raises(PageIsOld):
        await world.links.act(token, once)


async def test_the_word_of_one_link_is_not_that_of_another() -> None:
    world = World()
    token, other = [await world.links.new(world.booking.id) for _ in range(2)]
    with pytest.raises(PageIsOld):
        await world.links.act(token, (await world.links.open(other)).once)


async def test_a_booking_given_up_is_still_shown() -> None:
    world = World()
    token = await world.links.new(world.booking.id)
    world.store.put(replace(world.booking, state=BookingState.CANCELLED))
    assert (await world.links.open(token)).booking.state is BookingState.CANCELLED
