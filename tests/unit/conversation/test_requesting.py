"""A service that needs approval: the chat says requested, however Outlook is doing."""

from dataclasses import replace
from datetime import timedelta

from bot.conversation.replies import BookingList, Frozen, Receipt, Review
from scheduling.booking import BookingState
from scheduling.desk import Desk
from scheduling.errors import StoreUnavailable
from tests.conversations.world import Customer


class RequestDesk(Desk):
    """Nothing is written for a request, so nobody may wait for it."""

    async def until_written(self, booking_id: str):
        raise StoreUnavailable


async def at_the_review() -> Customer:
    customer = Customer()
    service = replace(customer.business.services[0], approval=timedelta(hours=24))
    customer.business = replace(customer.business, services=(service,))
    customer.desk = RequestDesk(
        customer.business, customer.calendar, customer.store, customer.clock
    )
    for words in ("Beratung morgen um 10", "Eva Muster", "eva@example.org", "ja"):
        last = await customer.says(words)
    assert isinstance(last[-1], Review)
    return customer


async def test_a_confirmed_request_is_called_requested() -> None:
    customer = await at_the_review()
    (receipt,) = await customer.says("ja")
    assert isinstance(receipt, Receipt)
    assert receipt.booking.state is BookingState.REQUESTED
    assert receipt.booking.decide_until is not None


async def test_a_pressed_request_leaves_a_card_that_says_so() -> None:
    customer = await at_the_review()
    await customer.presses("booking.confirm", hold=customer.draft.hold_id)
    assert isinstance(customer.last.frozen, Frozen)
    assert customer.last.frozen.line_key == "requested_card"


async def test_a_second_press_shows_the_same_request() -> None:
    customer = await at_the_review()
    hold = customer.draft.hold_id
    first = await customer.presses("booking.confirm", hold=hold)
    assert await customer.presses("booking.confirm", hold=hold) == first
    assert customer.states() == ["requested"]


async def test_a_request_is_listed_among_the_own_bookings() -> None:
    customer = await at_the_review()
    await customer.says("ja")
    (listed,) = await customer.says("Meine Termine")
    assert isinstance(listed, BookingList)
    assert [b.state for b in listed.bookings] == [BookingState.REQUESTED]
