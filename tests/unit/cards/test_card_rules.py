"""The layout rules of cards, for every card in both languages and for both channels."""

from bot.conversation import replies
from bot.understanding.intents import PRESSED
from scheduling.booking import BookingState
from tests.unit.cards.test_cards import (
    CHANNELS,
    EVERY,
    LANGUAGES,
    activity_of,
    card_of,
    form,
    nodes,
    receipt,
    slots,
)

KNOWN_VERBS = {
    *PRESSED,
    *("service.pick", "duration.pick", "slot.pick", "slot.other"),
    *("details.submit", "booking.confirm"),
    *("booking.ask_cancel", "booking.cancel", "booking.keep", "booking.ask_move"),
}
LEAVING = {"flow.cancel", "flow.help", "slot.back", "slot.later", "slot.earlier", "hold.extend"}
PRESSES = {"Action.Submit", "Action.Execute"}


def of_type(card: dict, *kinds: str) -> list[dict]:
    return [node for node in nodes(card) if node.get("type") in kinds]


@EVERY
@LANGUAGES
@CHANNELS
def test_a_card_names_version_language_and_what_to_do_without_it(
    reply: replies.Reply, language: str, channel: str
) -> None:
    activity = activity_of(reply, language, channel)
    assert activity["inputHint"] == "acceptingInput"
    assert activity["locale"].startswith(language)
    if card := card_of(activity):
        assert (card["version"], card["lang"]) == ("1.5", language)
        assert card["fallbackText"]
        assert card["speak"] == activity["speak"]
        assert "refresh" not in card


@EVERY
@CHANNELS
def test_every_text_wraps(reply: replies.Reply, channel: str) -> None:
    for node in of_type(card_of(activity_of(reply, "de", channel)), "TextBlock", "Input.Toggle"):
        assert node["wrap"] is True


@EVERY
@LANGUAGES
def test_a_primary_button_stands_alone_and_pairs_are_short(
    reply: replies.Reply, language: str
) -> None:
    for buttons in of_type(card_of(activity_of(reply, language)), "ActionSet"):
        titles = [button["title"] for button in buttons["actions"]]
        assert len(titles) <= 2
        if len(titles) == 2:
            assert all(len(title.replace(" ", "")) <= 12 for title in titles)
            assert not any("style" in button for button in buttons["actions"])


@EVERY
@LANGUAGES
def test_three_columns_a_row_at_most_and_facts_fit_a_phone(
    reply: replies.Reply, language: str
) -> None:
    card = card_of(activity_of(reply, language))
    assert all(len(node["columns"]) <= 3 for node in of_type(card, "ColumnSet"))
    titles = [f["title"] for node in of_type(card, "FactSet") for f in node["facts"]]
    assert all(len(title) <= 6 for title in titles)


@EVERY
@CHANNELS
def test_every_button_has_a_verb_the_conversation_knows(
    reply: replies.Reply, channel: str
) -> None:
    for node in of_type(card_of(activity_of(reply, "de", channel)), *PRESSES):
        assert node["data"]["verb"] in KNOWN_VERBS


@CHANNELS
def test_buttons_that_leave_a_form_do_not_check_it(channel: str) -> None:
    for reply in (form(), slots()):
        presses = of_type(card_of(activity_of(reply, "de", channel)), *PRESSES)
        leaving = [node for node in presses if node["data"]["verb"] in LEAVING]
        assert leaving
        assert all(node["associatedInputs"] == "none" for node in leaving)


@EVERY
def test_a_field_has_a_label_and_a_required_one_says_what_is_missing(reply: replies.Reply) -> None:
    card = card_of(activity_of(reply))
    inputs = [node for node in nodes(card) if str(node.get("type", "")).startswith("Input.")]
    assert not of_type(card, "Input.Time")
    assert len({node["id"] for node in inputs}) == len(inputs)
    for node in inputs:
        assert node["label"]
        assert node.get("errorMessage") or not node.get("isRequired")


@LANGUAGES
def test_the_name_of_a_chip_begins_with_what_is_seen(language: str) -> None:
    columns = of_type(card_of(activity_of(slots(), language)), "Column")
    chips = [node for node in columns if "selectAction" in node]
    assert len(chips) == 18
    for chip in chips:
        assert chip["selectAction"]["title"].startswith(chip["items"][0]["text"])


def test_a_chip_carries_the_instant_with_its_offset() -> None:
    values = [
        node["data"]
        for node in of_type(card_of(activity_of(slots())), "Action.Submit")
        if node["data"]["verb"] == "slot.pick"
    ]
    assert values[0] == {
        "verb": "slot.pick",
        "slot": "2026-11-23T09:30:00+01:00",
        "offer": "o_7Kq2",
    }


def test_another_date_is_asked_of_the_card_it_stands_on() -> None:
    (other,) = [
        node
        for node in of_type(card_of(activity_of(slots())), "Action.Submit")
        if node["data"]["verb"] == "slot.other"
    ]
    assert other["data"]["offer"] == "o_7Kq2"


def test_only_what_leaves_the_customer_without_a_button_suggests_ways_on() -> None:
    assert "suggestedActions" not in activity_of(slots())
    assert "suggestedActions" not in activity_of(receipt(BookingState.BOOKED))
    ways = activity_of(replies.Said("not_understood"), "en")["suggestedActions"]["actions"]
    assert [way["value"] for way in ways] == ["Book", "My bookings", "Contact"]


@LANGUAGES
def test_a_noted_booking_warns_and_offers_no_calendar_link_yet(language: str) -> None:
    card = card_of(activity_of(receipt(BookingState.NOTED), language))
    assert card["body"][0]["style"] == "warning"
    texts = [node["text"] for node in of_type(card, "TextBlock")]
    assert not any(".ics" in words for words in texts)
