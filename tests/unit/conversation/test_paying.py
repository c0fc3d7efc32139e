"""A paid booking is confirmed by words that name the payment, or by its own button."""

from dataclasses import replace
from decimal import Decimal

from bot.conversation.replies import Receipt, Review, Said
from scheduling.catalog import Price, PriceKind
from tests.conversations.world import Customer


async def at_the_review() -> Customer:
    customer = Customer()
    service = replace(customer.business.services[0], price=Price(PriceKind.FIXED, Decimal(80)))
    customer.business = replace(customer.business, services=(service,))
    for words in ("Beratung morgen um 10", "Eva Muster", "eva@example.org", "ja"):
        last = await customer.says(words)
    assert isinstance(last[-1], Review)
    return customer


async def test_a_mere_yes_books_nothing_that_costs_money() -> None:
    customer = await at_the_review()
    replies = await customer.says("ja")
    assert replies[0] == Said("say_you_pay")
    assert customer.states() == ["held"]


async def test_the_words_of_the_button_book() -> None:
    customer = await at_the_review()
    replies = await customer.says("Zahlungspflichtig buchen!")
    assert isinstance(replies[-1], Receipt)
