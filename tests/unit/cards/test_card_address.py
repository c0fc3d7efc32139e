"""Every card says du where the business does, and stays a German card for clients."""

import json

from microsoft_teams.cards import AdaptiveCard

from bot import cards
from bot.conversation import replies
from scheduling.booking import BookingState
from tests.address import formal_in
from tests.unit.cards.test_cards import (
    CHANNELS,
    EVERY,
    activity_of,
    answer,
    card_of,
    form,
    receipt,
    review,
    slots,
)

DU = "de@du"


@EVERY
@CHANNELS
def test_a_card_that_says_du_says_no_sie(reply: replies.Reply, channel: str) -> None:
    activity = activity_of(reply, DU, channel)
    assert formal_in(json.dumps(activity, ensure_ascii=False)) == []


@EVERY
def test_a_card_that_says_du_is_plain_german_for_clients(reply: replies.Reply) -> None:
    activity = activity_of(reply, DU)
    assert activity["locale"] == "de-DE"
    if card := card_of(activity):
        AdaptiveCard.model_validate(card)
        assert card["lang"] == "de"


def test_cards_say_du_in_their_questions_buttons_and_errors() -> None:
    shown = [slots(), form(), review(), receipt(BookingState.CANCELLED)]
    words = ["Wann passt es dir?", "Bitte prüfe", "Schreib", "Dein Termin ist abgesagt."]
    for reply, said in zip(shown, words, strict=True):
        assert said in json.dumps(activity_of(reply, DU), ensure_ascii=False) + cards.twin(
            reply, DU, cards.Links("https://book.example.com")
        )


def test_a_card_differs_from_the_formal_one_in_nothing_but_texts() -> None:
    asked = answer(BookingState.REQUESTED)
    informal, formal = card_of(activity_of(asked, DU)), card_of(activity_of(asked, "de"))
    assert [node["type"] for node in informal["body"]] == [n["type"] for n in formal["body"]]


def test_what_is_left_of_a_used_card_is_plain_german_for_clients() -> None:
    left = cards.frozen(replies.Frozen("details_given"), language=DU, channel="webchat")
    assert left["lang"] == "de"
