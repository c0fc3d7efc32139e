"""How many people come, as it is said."""

import pytest

from bot.understanding.cleaning import fold
from bot.understanding.people import people


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("wir sind zu dritt", 3),
        ("wir kommen zu zweit", 2),
        ("Beratung für 4 Personen morgen um 10", 4),
        ("für zwei Leute bitte", 2),
        ("wir sind fünf", 5),
        ("Wir sind drei, geht das?", 3),
        ("eine Gruppe von sechs", 6),
        ("meine Frau und ich hätten gern einen Termin", 2),
        ("für meinen Sohn und mich", 2),
        ("ein Termin für uns beide", 2),
        ("a table for two people", 2),
        ("we are a party of 5", 5),
        ("a group of four please", 4),
        ("there will be three of us", 3),
        ("my husband and I need a consultation", 2),
        ("an appointment for the two of us", 2),
    ],
)
def test_more_than_one_is_counted(text, count):
    assert people(fold(text)) == count


@pytest.mark.parametrize(
    "text",
    [
        "Beratung am Mittwoch um 3",
        "wir sind um drei da",
        "wir sind drei Stunden unterwegs",
        "am dritten Dezember",
        "for one person",
        "für eine Person",
        "für 99 Personen",
        "meine Frau hat den Termin gemacht",
        "my wife booked it",
        "in zwei Wochen",
        "room for 30 minutes",
        "die zweite Person von links",
    ],
)
def test_other_figures_are_no_people(text):
    assert people(fold(text)) is None
