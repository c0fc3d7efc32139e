"""What a turn answers is in the business's form of address; what it keeps is a plain language."""

import pytest

from bot.cards import Links
from bot.metrics import Metrics
from bot.turn import Turn
from bot.wire import Inbound, Outcome
from scheduling.catalog import FormOfAddress
from scheduling.errors import StoreUnavailable
from tests.address import INFORMAL, formal_in
from tests.conversations.world import Customer
from tests.fakes import Documents


class World:
    """A customer in the web chat of a business that says du."""

    def __init__(self) -> None:
        self.customer = Customer(form=FormOfAddress.INFORMAL)
        self.documents = Documents()
        self.turn = Turn(
            business=self.customer.business,
            desk=self.customer.desk,
            documents=self.documents,
            clock=self.customer.clock,
            links=Links("https://book.example.test"),
            facts=self,
            metrics=Metrics(),
        )

    async def note(self, _: object) -> None:
        """Keep no facts."""

    async def says(self, text: str, locale: str = "de-DE", kind: str = "personal") -> Outcome:
        raw = {"type": "message", "text": text, "locale": locale}
        reference = {"conversation": "c1", "conversation_type": kind}
        return await self.turn.handle(Inbound(raw, "webchat", "c1", "eva", reference=reference))


@pytest.fixture
def world() -> World:
    return World()


async def test_a_business_that_says_du_answers_so(world: World) -> None:
    said = str((await world.says("Hilfe")).activities)
    assert "Schreib, was du brauchst" in said
    assert formal_in(said) == []


async def test_a_customer_who_writes_english_is_answered_in_english(world: World) -> None:
    said = str((await world.says("help", "en-US")).activities)
    assert "de-DE" not in said
    assert INFORMAL.search(said) is None


async def test_a_booking_keeps_the_language_and_no_form_of_address(world: World) -> None:
    await world.says("Beratung morgen um 10, ich bin Eva Maier, eva@maier.de")
    await world.says("einverstanden")
    await world.says("ja")
    (booking,) = world.customer.store.bookings.values()
    assert booking.details is not None
    assert booking.details.customer.language == "de"


async def test_an_apology_says_du_too(world: World) -> None:
    world.documents.failure = StoreUnavailable("full")
    said = str((await world.says("Hilfe")).activities)
    assert "Bitte versuche es gleich noch einmal." in said
    assert formal_in(said) == []


async def test_in_a_group_it_is_said_with_du_where_to_write(world: World) -> None:
    said = str((await world.says("Hilfe", kind="groupChat")).activities)
    assert "Bitte schreib mir im persönlichen Chat" in said
