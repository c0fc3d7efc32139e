"""Mistyped names are found, and other sentences hold none: shares over a fixed set."""

from bot.training import sentences_of
from bot.understanding.cleaning import fold
from bot.understanding.names import find_names
from tests.unit.understanding.typing_slips import SERVICES, STAFF, mentions, the_business

BUSINESS = the_business()
LEAST_FOUND, MOST_FALSE = 0.90, 0.005


def test_nine_of_ten_mistyped_names_are_found_and_no_other_beside_them():
    said = list(mentions())
    found = 0
    for mention in said:
        named = find_names(fold(mention.text), BUSINESS)
        ids = named.staff_ids if mention.is_staff else named.service_ids
        found += ids == (mention.id,)
    assert len(said) == 336
    assert found >= LEAST_FOUND * len(said)


def test_sentences_without_a_name_hold_none():
    parts = {word for name in (*SERVICES.values(), *STAFF.values()) for word in fold(name).split()}
    parts |= {"beratung", "massage", "wartung", "reparatur", "behandlung"}
    said = [
        folded
        for language in ("de", "en")
        for each in sentences_of(language)[0][::5]
        if not any(part in (folded := fold(each.text)) for part in parts)
    ]
    wrong = [
        text
        for text in said
        if (named := find_names(text, BUSINESS)).service_ids or named.staff_ids
    ]
    assert len(said) > 1000
    assert len(wrong) <= MOST_FALSE * len(said)


def test_letters_of_other_alphabets_are_compared_by_their_sound():
    assert fold("Yıldız, Łukasz, Sørensen") == "yildiz, lukasz, sorensen"
