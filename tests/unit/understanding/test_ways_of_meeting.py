"""How a customer wants to meet, said in passing."""

import pytest

from bot.understanding.cleaning import fold
from bot.understanding.ways import way_of_meeting


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("lieber per Video", "teams"),
        ("geht das auch über Teams?", "teams"),
        ("als Videogespräch bitte", "teams"),
        ("online wäre mir lieber", "teams"),
        ("can we do it by video", "teams"),
        ("a video call would be better", "teams"),
        ("online on Friday please", "teams"),
        ("am Telefon", "phone"),
        ("morgen um 10 telefonisch", "phone"),
        ("over the phone", "phone"),
        ("I'd rather have a phone call", "phone"),
        ("bei Ihnen vor Ort", "place"),
        ("in der Praxis, Freitag um 9", "place"),
        ("lieber persönlich", "place"),
        ("in person", "place"),
        ("at your office next week", "place"),
        ("vor Ort statt per Video", "place"),
        ("lieber am Telefon als vor Ort", "phone"),
        ("by phone rather than in person", "phone"),
        ("nicht per Video, sondern am Telefon", "phone"),
    ],
)
def test_a_way_of_meeting_is_heard(text: str, way: str) -> None:
    assert way_of_meeting(fold(text)) == way


@pytest.mark.parametrize(
    "text",
    [
        "ich hätte gern einen Termin bei Ihnen",
        "meine Telefonnummer ist 0228 123456",
        "kann ich den Termin online buchen?",
        "can I book online?",
        "vor Ort geht leider nicht",
        "nicht am Telefon",
        "I can't do it in person",
        "am Telefon oder vor Ort, ist mir egal",
        "please call me back",
        "Freitag vor elf",
    ],
)
def test_what_names_no_way_of_meeting_or_denies_it_chooses_none(text: str) -> None:
    assert way_of_meeting(fold(text)) == ""
