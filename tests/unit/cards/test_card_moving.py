"""Cards about moving: a list asks, one button moves, and the words say what happened."""

import json
from dataclasses import replace

from bot.conversation import replies
from scheduling.booking import BookingState
from tests.unit.cards.test_cards import (
    BUSINESS,
    LANGUAGES,
    MOVED,
    SOME_BOOKINGS,
    ZONE,
    activity_of,
    card_of,
    confirm_move,
    nodes,
    receipt,
)


def verbs(reply: replies.Reply) -> list[str]:
    """The verbs of all buttons, in order."""
    buttons = (n for n in nodes(card_of(activity_of(reply))) if n.get("type") == "Action.Submit")
    return [button["data"]["verb"] for button in buttons]


def words(reply: replies.Reply, language: str = "de") -> str:
    return json.dumps(activity_of(reply, language), ensure_ascii=False)


def test_only_the_card_with_both_times_moves() -> None:
    assert verbs(confirm_move()) == ["booking.confirm", "slot.show", "flow.cancel"]


def test_both_times_are_told() -> None:
    spoken = str(activity_of(confirm_move())["speak"])
    assert "Bisher: " in spoken
    assert spoken.index("Bisher: ") < spoken.index("Neue Zeit")


def test_who_served_before_is_named_where_somebody_else_does() -> None:
    other = BUSINESS.staff[1]
    assert f"({other.name})" in words(confirm_move(was_staff_member=other))
    assert f"({other.name})" not in words(confirm_move())


@LANGUAGES
def test_a_question_is_no_move(language: str) -> None:
    assert {"de": "verschoben", "en": "moved"}[language] not in words(confirm_move(), language)


@LANGUAGES
def test_moved_is_said_only_of_what_was_read_back(language: str) -> None:
    title = {"de": "Termin verschoben", "en": "Appointment moved"}[language]
    booked = replace(receipt(BookingState.BOOKED), booking=MOVED)
    noted = replace(booked, booking=replace(MOVED, state=BookingState.NOTED))
    assert title in words(booked, language)
    assert title not in words(noted, language)


def test_the_list_asks_about_what_can_still_be_moved() -> None:
    listed = replies.BookingList(
        BUSINESS, SOME_BOOKINGS, ZONE, frozenset(), frozenset({"another"})
    )
    assert verbs(listed) == ["booking.ask_move"]


def test_which_one_is_asked_by_number_and_by_button() -> None:
    which = replies.WhichToMove(BUSINESS, SOME_BOOKINGS, ZONE)
    assert verbs(which) == ["booking.ask_move", "booking.ask_move", "flow.human"]
    spoken = str(activity_of(which)["speak"]).splitlines()
    assert [line[:2] for line in spoken[1:3]] == ["1.", "2."]


def test_a_receipt_has_a_button_to_move_as_long_as_it_can_be_moved() -> None:
    assert "booking.ask_move" in verbs(receipt(BookingState.BOOKED))
    assert "booking.ask_move" not in verbs(receipt(BookingState.CANCELLED))
