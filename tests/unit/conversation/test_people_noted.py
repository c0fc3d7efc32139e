"""How many come is written into the note, and never over the customer's own."""

from dataclasses import replace

import pytest

from bot.conversation import filling
from bot.conversation.replies import Said
from bot.understanding.utterance import Utterance
from tests.conversations.world import Customer


def filled(note: str, people: int, language: str = "de"):
    customer = Customer(language)
    draft = replace(customer.draft, note=note)
    return filling.fill(draft, Utterance(people=people), customer.setting())


def test_how_many_come_is_noted_and_said_back():
    done = filled("", 3)
    assert done.draft.note == "3 Personen"
    assert done.remarks == (Said("people_noted", {"people": "3"}),)


@pytest.mark.parametrize("before", ["2 Personen", "2 people"])
def test_another_count_replaces_the_one_before_in_either_language(before):
    assert filled(before, 4, "en").draft.note == "4 people"


def test_a_note_of_their_own_stays():
    done = filled("Bitte klingeln", 3)
    assert done.draft.note == "Bitte klingeln"
    assert done.remarks == ()
