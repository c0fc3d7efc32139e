"""What a customer reads of a request: never "booked" before somebody said yes."""

import json
from dataclasses import replace

import pytest

from bot.conversation import replies
from scheduling.booking import BookingState
from tests.unit.cards.test_cards import (
    BUSINESS,
    LANGUAGES,
    REQUEST_SERVICE,
    ZONE,
    activity_of,
    answer,
    card_of,
    review,
)


def words_of(reply: replies.Reply, language: str) -> str:
    """All that the card and its spoken twin say."""
    return json.dumps(activity_of(reply, language), ensure_ascii=False)


@LANGUAGES
def test_a_request_is_called_so_and_says_until_when_one_hears(language: str) -> None:
    words = words_of(answer(BookingState.REQUESTED), language)
    assert {"de": "Termin angefragt", "en": "Appointment requested"}[language] in words
    assert {"de": "bis Mo., 23. Nov., 09:30 Uhr", "en": "by Mon, Nov 23, 9:30 AM"}[
        language
    ] in words
    assert {"de": "noch nicht gebucht", "en": "not booked yet"}[language] in words
    assert ".ics" not in words


@LANGUAGES
@pytest.mark.parametrize("state", [BookingState.DECLINED, BookingState.EXPIRED])
def test_a_request_that_came_to_nothing_says_so_and_how_to_go_on(
    state: BookingState, language: str
) -> None:
    reply = answer(state)
    assert card_of(activity_of(reply, language))["body"][0]["style"] == "attention"
    words = words_of(reply, language)
    assert {"de": "Es ist nichts gebucht", "en": "Nothing is booked"}[language] in words
    assert {"de": "Termin buchen", "en": "For another time"}[language] in words
    assert {"de": "absagen", "en": "cancel"}[language] not in words.lower()


@LANGUAGES
def test_the_review_of_a_request_asks_and_does_not_book(language: str) -> None:
    words = words_of(replace(review(), service=REQUEST_SERVICE), language)
    assert {"de": "Termin anfragen", "en": "Request appointment"}[language] in words
    assert {"de": "innerhalb von 24 Stunden", "en": "within 24 hours"}[language] in words
    assert {"de": "Jetzt buchen", "en": "Book now"}[language] not in words


@LANGUAGES
def test_the_list_of_bookings_tells_requests_apart(language: str) -> None:
    asked = answer(BookingState.REQUESTED).booking
    words = words_of(replies.BookingList(BUSINESS, (asked,), ZONE), language)
    assert {"de": "noch nicht gebucht", "en": "not booked yet"}[language] in words
