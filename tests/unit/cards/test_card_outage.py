"""What customers read while no calendar answers: noted, and how old the state is; not booked."""

import re
from dataclasses import replace
from datetime import UTC, datetime

from bot.conversation import replies
from scheduling.booking import BookingState
from scheduling.catalog import Price
from tests.unit.cards.test_card_requests import words_of
from tests.unit.cards.test_cards import LANGUAGES, answer, review, slots

THEN = datetime(2026, 11, 23, 13, 5, tzinfo=UTC)
AS_OF = {
    "de": "Stand der freien Zeiten: Mo., 23. Nov., 14:05 Uhr",
    "en": "as of Mon, Nov 23, 2:05 PM",
}
AWAY = {"de": "Unser Kalender antwortet gerade nicht.", "en": "Our calendar does not answer"}


def blind_receipt() -> replies.Receipt:
    receipt = answer(BookingState.NOTED)
    return replace(receipt, booking=replace(receipt.booking, known_at=THEN))


@LANGUAGES
def test_the_times_say_that_no_calendar_answers_and_how_old_they_are(language: str) -> None:
    words = words_of(replace(slots(), known_at=THEN), language)
    assert AWAY[language] in words
    assert words.count(AS_OF[language]) >= 2
    assert AWAY[language] not in words_of(slots(), language)


@LANGUAGES
def test_the_review_offers_to_note_and_not_to_book(language: str) -> None:
    free = replace(review().service, price=Price())
    words = words_of(replace(review(), service=free, known_at=THEN), language)
    assert AS_OF[language] in words
    assert {"de": "Termin vormerken", "en": "Note appointment"}[language] in words
    assert {"de": "Jetzt buchen", "en": "Book now"}[language] not in words


@LANGUAGES
def test_f15_the_receipt_of_a_time_noted_blind_never_says_booked(language: str) -> None:
    words = words_of(blind_receipt(), language)
    assert {"de": "vorgemerkt, aber noch nicht bestätigt", "en": "noted as of"}[language] in words
    assert {"de": "14:05 Uhr", "en": "2:05 PM"}[language] in words
    assert not re.search(r"\b(ist|is) (gebucht|booked)\b", words)
    assert "Termin gebucht" not in words
    assert "Appointment booked" not in words


@LANGUAGES
def test_f15_the_refusal_names_the_phone_number(language: str) -> None:
    words = words_of(replies.CalendarDown(answer(BookingState.NOTED).business), language)
    assert "+49" in words


@LANGUAGES
def test_f15_a_booking_that_cannot_be_moved_now_is_said_to_stay(language: str) -> None:
    business = answer(BookingState.NOTED).business
    words = words_of(replies.CalendarDown(business, moves=True), language)
    assert {"de": "Er bleibt, wie er ist", "en": "It stays as it is"}[language] in words
    assert {"de": "nichts gebucht", "en": "nothing is booked"}[language] not in words
    assert "+49" in words
