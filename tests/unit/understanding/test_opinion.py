"""The model is heard where no rule speaks, and where it is sure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding.cleaning import clean, fold
from bot.understanding.opinion import corrected, heard, label_of
from bot.understanding.utterance import Intent


def of(text, language="de"):
    return heard(fold(clean(text)), language)


@pytest.mark.parametrize(
    ("text", "language", "intent"),
    [
        ("Ich schaffe es Montag leider nicht, bitte stornieren", "de", Intent.CANCEL_BOOKING),
        ("Können wir den Termin um eine Stunde verlegen", "de", Intent.RESCHEDULE),
        ("ich will endlich mit einem echten Berater sprechen", "de", Intent.HUMAN),
        ("bist du ein mensch oder eine maschine?", "de", Intent.BOT_CHALLENGE),
        ("wie wird morgen das wetter in köln", "de", Intent.OUT_OF_SCOPE),
        ("i won't be able to make my appointment, please cancel", "en", Intent.CANCEL_BOOKING),
        ("i need to postpone my visit to thursday", "en", Intent.RESCHEDULE),
        ("put me through to a real person please", "en", Intent.HUMAN),
        ("are you a robot", "en", Intent.BOT_CHALLENGE),
        ("play some jazz on spotify", "en", Intent.OUT_OF_SCOPE),
    ],
)  # fmt: skip
def test_a_wish_without_any_reserved_word_is_heard(text, language, intent):
    assert of(text, language) is intent


@pytest.mark.parametrize("text", ["ja", "yes", "yes please do it", "ja gerne"])
@pytest.mark.parametrize("language", ["de", "en"])
def test_a_yes_is_never_taken_from_the_model(text, language):
    assert of(text, language) is not Intent.YES


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("cancel that", "en"),
        ("how to cancel", "en"),
        ("verify my reservation for smith at 6:45", "en"),
        ("i need this added to my calendar", "en"),
        ("ich moechte einen termin buchen", "de"),
    ],
)
def test_no_booking_is_given_up_by_words_that_do_not_say_so(text, language):
    assert of(text, language) is not Intent.CANCEL_BOOKING
    assert label_of(fold(text), language) != "cancel"


def test_a_booking_word_in_a_cancellation_is_no_new_booking():
    said = fold("die buchung morgen fällt aus, bitte streichen")
    assert corrected(Intent.BOOK, said, "de") is Intent.CANCEL_BOOKING


def test_what_a_rule_says_stands():
    assert corrected(Intent.HELP, fold("bitte den termin absagen"), "de") is Intent.HELP


@given(st.text(max_size=300))
def test_any_text_has_a_label(text):
    assert label_of(fold(clean(text)), "de")
    assert label_of(fold(clean(text)), "en")
