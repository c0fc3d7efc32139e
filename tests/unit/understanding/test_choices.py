"""A question with choices is answered by a choice; what names none answers nothing."""

import pytest

from bot.understanding.reading import chosen
from scheduling.catalog import LocalText, Question, QuestionKind

TOPIC = Question(
    "topic",
    LocalText("Thema", "Topic"),
    QuestionKind.CHOICE,
    choices=(
        ("general", LocalText("Allgemeine Fragen", "General questions")),
        ("second", LocalText("Zweite Meinung", "Second opinion")),
        ("other", LocalText("Sonstiges", "Something else")),
    ),
)


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("allgemeine fragen", "general"),
        ("Second opinion, please", "second"),
        ("Zweite Meinung.", "second"),
        ("other", "other"),
        ("3", "other"),
        ("die dritte", "other"),
        ("the last one", "other"),
        ("#1", "general"),
    ],
)
def test_value_label_number_and_ordinal_name_a_choice(said: str, value: str) -> None:
    assert chosen(TOPIC, said) == value


@pytest.mark.parametrize(
    "said", ["ja", "", "4", "0", "99", "can I cancel it first", "am dritten Dezember um zehn", "?"]
)
def test_what_names_no_choice_answers_nothing(said: str) -> None:
    assert chosen(TOPIC, said) is None
