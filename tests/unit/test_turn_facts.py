"""What a turn is about to show is recorded: the review, and the news that a booking stands."""

import pytest

from bot.cards import Links
from bot.metrics import Metrics
from bot.turn import Turn
from bot.wire import Inbound
from scheduling.booking import BookingState
from scheduling.errors import StoreUnavailable
from tests.conversations.world import Customer
from tests.fakes import Documents

INTRODUCTION = "Beratung morgen um 10, ich bin Eva Maier, eva@maier.de"


class Facts(list):
    failure = None

    async def note(self, fact):
        if self.failure:
            raise self.failure
        self.append(fact)


class World:
    def __init__(self):
        self.customer = Customer()
        self.facts = Facts()
        self.turn = Turn(
            business=self.customer.business,
            desk=self.customer.desk,
            documents=Documents(),
            clock=self.customer.clock,
            links=Links("https://book.example.test"),
            facts=self.facts,
            metrics=Metrics(),
        )

    async def says(self, text):
        raw = {"type": "message", "text": text, "locale": "de-DE"}
        inbound = Inbound(raw, "webchat", "c1", "eva", reference={"conversation": "c1"})
        return await self.turn.handle(inbound)

    async def at_review(self):
        await self.says(INTRODUCTION)
        return await self.says("einverstanden")


@pytest.fixture
def world():
    return World()


async def test_the_review_is_a_fact_of_its_hold_with_time_price_and_card(world):
    await world.at_review()
    (held,) = world.customer.store.bookings.values()
    (fact,) = world.facts
    assert (fact.kind, fact.booking_id) == ("shown", held.id)
    assert fact.values["start"] == held.span.start.isoformat()
    assert len(fact.values["card"]) == 64


async def test_another_card_has_another_digest(world):
    await world.at_review()
    await world.says("meine E-Mail ist eva@anders.de")
    await world.says("weiter")
    digests = [fact.values["card"] for fact in world.facts if fact.kind == "shown"]
    assert len(digests) == len(set(digests)) >= 2


async def test_that_a_booking_stands_is_told_once(world):
    await world.at_review()
    await world.says("ja")
    (booking,) = world.customer.store.bookings.values()
    assert booking.state is BookingState.BOOKED
    told = [fact for fact in world.facts if fact.kind == "told"]
    assert [(fact.booking_id, fact.values["how"]) for fact in told] == [(booking.id, "chat")]


async def test_the_customer_is_answered_also_where_nothing_can_be_recorded(world):
    world.facts.failure = StoreUnavailable("full")
    shown = await world.at_review()
    assert "Eva Maier" in f"{shown.activities}"
