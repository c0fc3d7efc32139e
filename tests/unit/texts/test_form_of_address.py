"""German has two forms of address: what is said as Sie is said as du, and nothing is mixed."""

import re
from io import BytesIO

import pytest
from babel.messages.pofile import read_po

from bot import texts
from scheduling.booking import BookingState, Customer
from scheduling.catalog import FormOfAddress
from tests.address import FORMAL, INFORMAL, STAFF, formal_in
from tests.builders import a_booking, a_business, some_details
from tests.integration.processes import ROOT

FOLDER = ROOT / "bot/texts"
INFORMAL_BUSINESS = a_business(form_of_address=FormOfAddress.INFORMAL)


def written(folder: str) -> dict[str, str]:
    """Return what stands in a catalogue's own file."""
    source = FOLDER / folder / "LC_MESSAGES/terminbot.po"
    found = read_po(BytesIO(source.read_bytes()))
    return {str(each.id): str(each.string) for each in found if each.id}


FORMAL_TEXTS, INFORMAL_TEXTS = written("de"), written(texts.INFORMAL_GERMAN)


def test_every_text_that_says_sie_to_a_customer_is_also_said_as_du() -> None:
    formal = {key for key, words in FORMAL_TEXTS.items() if FORMAL.search(words)}
    for_customers = {key for key in formal if not key.startswith(STAFF)}
    assert len(for_customers) > 100
    assert sorted(for_customers - INFORMAL_TEXTS.keys()) == []


def test_no_text_for_customers_says_sie_where_they_are_to_hear_du() -> None:
    said = texts.keys(texts.INFORMAL_GERMAN)
    for_customers = {k: w for k, w in said.items() if not k.startswith(STAFF)}
    assert {k: w for k, w in for_customers.items() if formal_in(w)} == {}


def test_no_text_of_the_formal_german_says_du() -> None:
    said = {key: words for key, words in FORMAL_TEXTS.items() if INFORMAL.search(words)}
    assert said == {}


def test_an_informal_text_stands_for_a_formal_one_and_says_something_else() -> None:
    same = {key for key, words in INFORMAL_TEXTS.items() if FORMAL_TEXTS.get(key) == words}
    assert (sorted(INFORMAL_TEXTS.keys() - FORMAL_TEXTS.keys()), sorted(same)) == ([], [])


def test_the_staff_are_addressed_formally_in_any_case() -> None:
    assert [key for key in INFORMAL_TEXTS if key.startswith(STAFF)] == []


def test_both_forms_of_address_fill_in_the_same_values_with_the_same_words_to_write() -> None:
    for key, words in INFORMAL_TEXTS.items():
        for pattern in (r"{(\w+)}", r"„([^“]+)“", r"\$1"):
            found = sorted(re.findall(pattern, words))
            assert found == sorted(re.findall(pattern, FORMAL_TEXTS[key])), key


def test_no_informal_text_is_empty() -> None:
    assert all(words.strip() for words in INFORMAL_TEXTS.values())


@pytest.mark.parametrize(
    ("language", "form", "spoken"),
    [
        ("de", "formal", "de"),
        ("de", "informal", "de@du"),
        ("de-AT", "informal", "de@du"),
        ("de@du", "formal", "de"),
        ("en", "informal", "en"),
        ("fr", "informal", "en"),
    ],
)
def test_only_german_knows_two_forms(language: str, form: str, spoken: str) -> None:
    assert texts.addressed(language, FormOfAddress(form)) == spoken


def test_dates_and_prices_are_those_of_german_in_both_forms() -> None:
    start, end = (a_booking().span.start, a_booking().span.end)
    assert texts.formats.when(start, end, "de@du") == texts.formats.when(start, end, "de")


@pytest.mark.parametrize(("language", "spoken"), [("de", "de@du"), ("en", "en")])
def test_the_form_is_that_of_the_business_also_for_bookings_made_before(
    language: str, spoken: str
) -> None:
    customer = Customer("Eva", "eva@example.test", language=language)
    booking = a_booking(details=some_details(customer=customer))
    assert texts.language_for(booking, INFORMAL_BUSINESS) == spoken
    assert texts.language_for(booking, a_business()) == language


def test_whoever_only_holds_a_time_is_spoken_to_as_the_business_speaks() -> None:
    hold = a_booking(state=BookingState.HELD, details=None)
    assert texts.language_for(hold, INFORMAL_BUSINESS) == "de@du"
