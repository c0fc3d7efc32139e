"""Cards about cancelling: a list asks, one button cancels, and the words say what happened."""

import json

import pytest

from bot.conversation import replies
from scheduling.booking import BookingState
from tests.unit.cards.test_cards import (
    BUSINESS,
    LANGUAGES,
    MEMBER,
    SERVICE,
    SOME_BOOKINGS,
    ZONE,
    activity_of,
    card_of,
    nodes,
    receipt,
)

FIRST = SOME_BOOKINGS[0]
WHETHER = replies.ConfirmCancel(BUSINESS, SERVICE, MEMBER, FIRST, ZONE)


def presses(reply: replies.Reply) -> list[tuple[str, str]]:
    """Verb and booking of every button that names one."""
    buttons = (n for n in nodes(card_of(activity_of(reply))) if n.get("type") == "Action.Submit")
    values = (button["data"] for button in buttons)
    return [(each["verb"], each["booking"]) for each in values if "booking" in each]


def test_only_the_question_with_the_facts_cancels() -> None:
    assert presses(WHETHER) == [("booking.cancel", FIRST.id), ("booking.keep", FIRST.id)]


def test_the_list_asks_about_what_can_still_be_cancelled() -> None:
    listed = replies.BookingList(BUSINESS, SOME_BOOKINGS, ZONE, frozenset({"another"}))
    assert presses(listed) == [("booking.ask_cancel", "another")]


def test_which_one_is_asked_by_number_and_by_button() -> None:
    which = replies.WhichToCancel(BUSINESS, SOME_BOOKINGS, ZONE)
    assert presses(which) == [("booking.ask_cancel", each.id) for each in SOME_BOOKINGS]
    spoken = str(activity_of(which)["speak"]).splitlines()
    assert [line[:2] for line in spoken[1:3]] == ["1.", "2."]


@LANGUAGES
def test_a_question_is_no_cancellation(language: str) -> None:
    words = json.dumps(activity_of(WHETHER, language), ensure_ascii=False)
    assert {"de": "abgesagt", "en": "cancelled"}[language] not in words


@LANGUAGES
def test_a_cancelled_booking_is_called_so_and_nothing_else(language: str) -> None:
    words = json.dumps(activity_of(receipt(BookingState.CANCELLED), language), ensure_ascii=False)
    assert {"de": "Termin abgesagt", "en": "Appointment cancelled"}[language] in words
    assert {"de": "gebucht", "en": "Booked"}[language] not in words
    assert ".ics" not in words


@pytest.mark.parametrize("state", [BookingState.NOTED, BookingState.BOOKED])
@LANGUAGES
def test_a_receipt_says_how_to_cancel(state: BookingState, language: str) -> None:
    words = json.dumps(activity_of(receipt(state), language), ensure_ascii=False)
    assert {"de": "Termin absagen", "en": "cancel my appointment"}[language] in words
