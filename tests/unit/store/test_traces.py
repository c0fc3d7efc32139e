"""What leads to a person, and what only looks like it."""

from dataclasses import replace

import pytest

from scheduling.booking import Customer
from scheduling.store.traces import Traces, traces_of
from tests.builders import a_booking, some_details

EVA = replace(
    some_details(),
    customer=Customer("Eva Maier", "Eva@Maier.example", "+49301234"),
    reply_to={"channel": "msteams", "conversation": "19:chat-of-eva", "service_url": "https://x"},
)
THEIRS = traces_of([replace(a_booking(), owner="msteams:19:chat-of-eva", details=EVA)])


@pytest.mark.parametrize(
    "text", ["mail to eva@maier.EXAMPLE", "call +49301234 now", "draft of msteams:19:chat-of-eva"]
)
def test_address_phone_and_conversation_lead_to_the_person(text):
    assert THEIRS.leads_to(text)


@pytest.mark.parametrize("text", ["Eva Maier", "msteams", "https://x", "", "page"])
def test_what_others_share_does_not(text):
    assert not THEIRS.leads_to(text)


@pytest.mark.parametrize(
    "text",
    [
        "eva@maier.example.",
        "<eva@maier.example>",
        "eva@maier.example-Adresse",
        "An:eva@maier.example\0b",
        "(+49301234)",
    ],
)
def test_whatever_stands_around_it_an_address_or_phone_leads_to_the_person(text):
    assert THEIRS.leads_to(text)


@pytest.mark.parametrize(
    "text",
    [
        "neva@maier.example",
        "anna.eva@maier.example",
        "anna-eva@maier.example",
        "eva@maier.example.org",
        "eva@maier.example-shop.org",
        "+493012345",
    ],
)
def test_a_longer_address_or_phone_is_somebody_elses(text):
    assert not THEIRS.leads_to(text)


def test_a_name_decides_in_a_conversation_without_another_address():
    assert THEIRS.is_theirs("inbox", "k", {"answer": ["Danke, Eva  Maier!".replace("  ", " ")]})
    assert THEIRS.is_theirs("draft", "k", {"name": "Eva Maier", "email": ""})
    assert not THEIRS.is_theirs("draft", "k", {"name": "Eva Maier", "email": "eva@else.example"})
    assert not THEIRS.is_theirs("outage", "k", {"name": "Eva Maier"})


def test_only_the_texts_that_lead_to_the_person_are_emptied():
    body = {"a": ["Eva@maier.example", "b"], "n": 1, "c": {"d": "19:chat-of-eva"}}
    assert THEIRS.without(body) == {"a": ["", "b"], "n": 1, "c": {"d": ""}}


def test_short_texts_are_no_traces():
    assert traces_of([], "a@b.c").own == frozenset()
    assert not Traces(frozenset()).leads_to("anything")
