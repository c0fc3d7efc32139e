"""Every card in both languages and for both channels: valid, by the rules, harmless."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from microsoft_teams.cards import AdaptiveCard

from bot import business_file, cards
from bot.conversation import replies
from scheduling.booking import Booking, BookingState, Customer, Details
from scheduling.timespan import TimeSpan
from tests.integration.processes import ROOT

BUSINESS = business_file.load(ROOT / "examples/practice/business.yaml")
REMOTE = business_file.load(ROOT / "examples/remote-support/business.yaml")
SERVICE, MEMBER = BUSINESS.services[0], BUSINESS.staff[0]
START = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
END = START + timedelta(minutes=30)
ZONE = "Europe/Berlin"
LINKS = cards.Links("https://book.example.com")
TIMES = tuple(
    replies.TimeOption(
        START + timedelta(days=d, minutes=30 * n), END + timedelta(days=d, minutes=30 * n)
    )
    for d in range(3)
    for n in range(6)
)
HOSTILE = (
    "[Eva](javascript:alert(1)) <img src=x onerror=alert(1)> *fett* ${x} {{DATE(1)}} \u202egnp"
)


def a_booking(state: BookingState, name: str = "Eva Muster") -> Booking:
    return Booking(
        id="0" * 32,
        number="B-7K4Q-2MXR",
        state=state,
        service_id=SERVICE.id,
        staff_id=MEMBER.id,
        reason="named",
        span=TimeSpan(START, END),
        busy=TimeSpan(START, END),
        owner="webchat:1",
        created_at=START,
        details=Details(Customer(name, "eva@example.org"), "teams"),
        join_url="https://teams.microsoft.com/l/meetup-join/x",
    )


def slots(**changes: object) -> replies.AskSlot:
    asked = replies.AskSlot(
        BUSINESS, SERVICE, MEMBER, 30, TIMES, "o_7Kq2", ZONE, has_earlier=True, has_later=True
    )
    return replace(asked, **changes)


def form(**changes: object) -> replies.AskDetails:
    service = REMOTE.services[0]
    asked = replies.AskDetails(
        REMOTE,
        service,
        REMOTE.staff[0],
        START,
        END,
        ZONE,
        END,
        {"name": HOSTILE},
        service.questions,
        "email",
        {"email": "mail_invalid"},
    )
    return replace(asked, **changes)


def review(name: str = "Eva Muster") -> replies.Review:
    return replies.Review(
        BUSINESS, BUSINESS.services[1], MEMBER, START, END, ZONE, "h1", END, name,
        "eva@example.org", "+49228123456", "bonn", name, {},
    )  # fmt: skip


def receipt(state: BookingState) -> replies.Receipt:
    return replies.Receipt(BUSINESS, SERVICE, MEMBER, a_booking(state), ZONE)


ALL: list[replies.Reply] = [
    replies.Said("stopped"),
    replies.Welcome(BUSINESS, HOSTILE),
    replies.Help(BUSINESS),
    replies.Contact(BUSINESS),
    replies.AskService(BUSINESS.services, BUSINESS),
    replies.AskDuration(BUSINESS.services[1]),
    slots(),
    slots(note_key="slot_taken", lost=TIMES[0]),
    slots(note_key="no_match", wish_words=HOSTILE, incomplete=True),
    slots(note_key="not_offered"),
    slots(note_key="hold_ended"),
    replies.NoSlots(BUSINESS, SERVICE, MEMBER, incomplete=True),
    replies.CalendarDown(BUSINESS),
    form(),
    review(),
    receipt(BookingState.BOOKED),
    receipt(BookingState.NOTED),
    replies.BookingList(BUSINESS, (a_booking(BookingState.BOOKED, HOSTILE),), ZONE),
]
EVERY = pytest.mark.parametrize("reply", ALL, ids=lambda r: type(r).__name__)
LANGUAGES = pytest.mark.parametrize("language", ["de", "en"])
CHANNELS = pytest.mark.parametrize("channel", ["msteams", "webchat"])


def activity_of(reply: replies.Reply, language: str = "de", channel: str = "webchat") -> dict:
    return cards.render((reply,), language=language, channel=channel, links=LINKS)[0]


def nodes(node: object) -> Iterator[dict]:
    if isinstance(node, dict):
        yield node
        for child in node.values():
            yield from nodes(child)
    elif isinstance(node, list):
        for child in node:
            yield from nodes(child)


def card_of(activity: dict) -> dict:
    attachments = activity.get("attachments")
    return attachments[0]["content"] if attachments else {}


@EVERY
@LANGUAGES
@CHANNELS
def test_every_card_is_valid(reply: replies.Reply, language: str, channel: str) -> None:
    if card := card_of(activity_of(reply, language, channel)):
        AdaptiveCard.model_validate(card)


@EVERY
@LANGUAGES
def test_every_reply_has_a_text_twin_that_is_spoken(reply: replies.Reply, language: str) -> None:
    activity = activity_of(reply, language)
    assert activity["speak"] == cards.twin(reply, language, LINKS)
    assert activity["speak"]


@EVERY
@CHANNELS
def test_every_text_wraps_and_no_action_set_has_three_buttons(
    reply: replies.Reply, channel: str
) -> None:
    for node in nodes(card_of(activity_of(reply, "de", channel))):
        if node.get("type") == "TextBlock":
            assert node["wrap"] is True
        if node.get("type") == "ActionSet":
            assert len(node["actions"]) <= 3


@EVERY
def test_teams_gets_execute_with_a_submit_fallback(reply: replies.Reply) -> None:
    for node in nodes(card_of(activity_of(reply, "de", "msteams"))):
        if node.get("type") == "Action.Execute":
            assert node["verb"] == node["data"]["verb"]
            assert node["fallback"]["type"] == "Action.Submit"


@EVERY
def test_the_web_chat_never_gets_execute(reply: replies.Reply) -> None:
    kinds = {n.get("type") for n in nodes(card_of(activity_of(reply, "de", "webchat")))}
    assert "Action.Execute" not in kinds


@EVERY
@LANGUAGES
def test_a_card_stays_below_80_kb_as_teams_counts(reply: replies.Reply, language: str) -> None:
    activity = activity_of(reply, language, "msteams")
    assert len(json.dumps(activity, ensure_ascii=False).encode("utf-16-le")) < 80_000


def test_fact_titles_are_short_enough_for_a_phone() -> None:
    for reply in (review(), receipt(BookingState.BOOKED)):
        for node in nodes(card_of(activity_of(reply))):
            if node.get("type") == "FactSet":
                assert all(len(fact["title"]) <= 6 for fact in node["facts"])


def test_chips_carry_the_whole_time_as_their_name() -> None:
    titles = [
        n["title"]
        for n in nodes(card_of(activity_of(slots())))
        if isinstance(n.get("data"), dict) and n["data"]["verb"] == "slot.pick"
    ]
    assert titles[0] == "09:30 Uhr, Montag, 23. November"


def test_a_hostile_name_is_literal_text() -> None:
    card = card_of(activity_of(review(HOSTILE)))
    shown = [f["value"] for n in nodes(card) if n.get("type") == "FactSet" for f in n["facts"]]
    name = next(value for value in shown if "Eva" in value)
    assert not re.search(r"(?<!\\)[\[\]<>*{}]", name)
    assert "\u202e" not in name


def test_a_noted_booking_is_never_called_booked() -> None:
    for language, word in (("de", "gebucht"), ("en", "booked")):
        spoken = activity_of(receipt(BookingState.NOTED), language)["speak"]
        assert word not in spoken.lower()


def test_a_paid_service_says_so_on_its_only_booking_button() -> None:
    titles = [
        n["title"]
        for n in nodes(card_of(activity_of(review())))
        if isinstance(n.get("data"), dict) and n["data"]["verb"] == "booking.confirm"
    ]
    assert titles == ["Zahlungspflichtig buchen"]


def test_a_used_card_keeps_one_line_and_no_button() -> None:
    what = replies.Frozen("picked_slot", {"when": HOSTILE})
    card = cards.frozen(what, language="de", channel="msteams")
    AdaptiveCard.model_validate(card)
    assert not any(str(n.get("type", "")).startswith("Action") for n in nodes(card))
