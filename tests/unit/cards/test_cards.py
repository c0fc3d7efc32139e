"""Every card in both languages and for both channels: valid, by the rules, harmless."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from microsoft_teams.cards import AdaptiveCard

from bot import business_file, cards
from bot.cards.elements import literal
from bot.conversation import replies
from scheduling.booking import Booking, BookingState, Customer, Details
from scheduling.catalog import FieldRule, LocalText, Location, LocationKind
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


def answer(state: BookingState) -> replies.Receipt:
    """What is said of a request in this state."""
    asked = replace(a_booking(state), decide_until=START, event_id=None, join_url=None)
    return replies.Receipt(BUSINESS, SERVICE, MEMBER, asked, ZONE)


REQUEST_SERVICE = replace(SERVICE, approval=timedelta(hours=24))


SOME_BOOKINGS = (
    a_booking(BookingState.BOOKED, HOSTILE),
    replace(a_booking(BookingState.NOTED), id="another"),
)
MOVED = replace(SOME_BOOKINGS[0], version=2, moved_from=START - timedelta(days=2))


def confirm_move(**changes: object) -> replies.ConfirmMove:
    """Two days later than before, with the same person."""
    asked = replies.ConfirmMove(
        BUSINESS, SERVICE, MEMBER, MEMBER, START - timedelta(days=2), START, END, ZONE, "h1", END,
        "teams",
    )  # fmt: skip
    return replace(asked, **changes)


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
    slots(note_key="other_times"),
    replies.NoSlots(BUSINESS, SERVICE, MEMBER, incomplete=True),
    replies.CalendarDown(BUSINESS),
    form(),
    form(next_field="q_topic", errors={}),
    review(),
    receipt(BookingState.BOOKED),
    receipt(BookingState.NOTED),
    replace(review(), service=REQUEST_SERVICE),
    answer(BookingState.REQUESTED),
    answer(BookingState.DECLINED),
    answer(BookingState.EXPIRED),
    replies.BookingList(BUSINESS, (a_booking(BookingState.BOOKED, HOSTILE),), ZONE),
    replies.BookingList(BUSINESS, SOME_BOOKINGS, ZONE, frozenset({SOME_BOOKINGS[0].id})),
    replies.WhichToCancel(BUSINESS, SOME_BOOKINGS, ZONE),
    replies.ConfirmCancel(
        BUSINESS, SERVICE, MEMBER, a_booking(BookingState.BOOKED, HOSTILE), ZONE
    ),
    receipt(BookingState.CANCELLED),
    replies.WhichToMove(BUSINESS, SOME_BOOKINGS, ZONE),
    confirm_move(),
    replace(receipt(BookingState.BOOKED), booking=MOVED),
    replace(receipt(BookingState.NOTED), booking=replace(MOVED, state=BookingState.NOTED)),
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
def test_what_is_spoken_is_the_text_twin_without_its_links(
    reply: replies.Reply, language: str
) -> None:
    activity = activity_of(reply, language)
    spoken = activity["speak"].split()
    for line in cards.twin(reply, language, LINKS).splitlines():
        assert "https://" in line or all(word in spoken for word in line.split()), line
    assert activity["summary"]


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


def test_words_of_the_business_file_are_literal_text() -> None:
    hostile = replace(SERVICE, name=LocalText(HOSTILE, HOSTILE))
    for reply in (
        slots(service=hostile),
        replies.AskService((hostile,), BUSINESS),
        replies.AskDuration(hostile),
        replies.NoSlots(BUSINESS, hostile, None),
        form(service=hostile),
    ):
        for node in nodes(card_of(activity_of(reply))):
            if node.get("type") == "TextBlock" and "Eva" in node["text"]:
                assert not re.search(r"(?<!\\)[\[\]<>*{}]", node["text"])


def test_a_used_card_shows_no_markup() -> None:
    what = replies.Frozen("picked_service", {"service": HOSTILE})
    card = cards.frozen(what, language="de", channel="webchat")
    assert not re.search(r"(?<!\\)[\[\]<>*{}]", card["body"][0]["text"])


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (
            "Erst-Beratung (30 Min), C# & Co. – 10.–12.",
            "Erst-Beratung (30 Min), C# & Co. – 10.–12.",
        ),
        ("+49 228 1", "+49 228 1"),
        ("1. Wahl", "1\\. Wahl"),
        ("- Eva", "\\- Eva"),
        ("# Eva", "\\# Eva"),
        ("&lt;b&gt;", "\\&lt;b\\&gt;"),
        ("a_b*c", "a\\_b\\*c"),
    ],
)
def test_only_what_markdown_reacts_to_is_escaped(words: str, shown: str) -> None:
    assert literal(words) == shown


def test_a_meeting_by_phone_asks_for_a_number_even_where_the_field_is_off() -> None:
    by_phone = replace(
        SERVICE, phone=FieldRule.OFF, locations=(Location(LocationKind.PHONE),), questions=()
    )
    fields = {n.get("id"): n for n in nodes(card_of(activity_of(form(service=by_phone))))}
    assert fields["phone"]["isRequired"]
    nowhere = replace(by_phone, locations=(Location(LocationKind.TEAMS),))
    assert "phone" not in {n.get("id") for n in nodes(card_of(activity_of(form(service=nowhere))))}


def test_a_message_comes_back_with_its_line_breaks() -> None:
    asked = form(values={"note": "eins\nzwei"})
    (note,) = [n for n in nodes(card_of(activity_of(asked))) if n.get("id") == "note"]
    assert note["value"] == "eins\nzwei"


def test_a_clock_change_between_the_days_names_both_offsets() -> None:
    october = datetime(2026, 10, 23, 8, tzinfo=UTC)
    times = tuple(
        replies.TimeOption(start, start + timedelta(minutes=30))
        for start in (october, october + timedelta(days=3))
    )
    assert "Berlin (MESZ, UTC+2) / Berlin (MEZ, UTC+1)" in cards.twin(
        slots(times=times), "de", LINKS
    )


def test_no_address_is_read_out() -> None:
    assert "https://" not in activity_of(receipt(BookingState.BOOKED))["speak"]


@pytest.mark.parametrize(
    ("until", "words"),
    [
        (timedelta(hours=24), "bis 24 Stunden vorher"),
        (timedelta(hours=1), "bis 1 Stunde vorher"),
        (timedelta(minutes=30), "bis 30 Minuten vorher"),
        (timedelta(0), "bis zum Beginn"),
    ],
)
def test_the_deadline_for_cancelling_is_said_as_it_is(until: timedelta, words: str) -> None:
    asked = review()
    asked = replace(asked, service=replace(asked.service, cancel_until=until))
    assert words in cards.twin(asked, "de", LINKS)


@pytest.mark.parametrize(
    ("language", "words"), [("de", "ein einzelner Termin"), ("en", "One appointment is booked")]
)
def test_whoever_wishes_a_series_reads_that_one_date_is_booked(language: str, words: str) -> None:
    reply = slots(is_one_of_several=True)
    (attachment,) = activity_of(reply, language)["attachments"]
    body = json.dumps(attachment["content"]["body"], ensure_ascii=False)
    assert words in cards.twin(reply, language, LINKS)
    assert words in body
    assert words not in cards.twin(slots(), language, LINKS)


@pytest.mark.parametrize(("language", "words"), [("de", "Telefon"), ("en", "Phone")])
def test_the_place_chosen_stands_above_the_times(language: str, words: str) -> None:
    assert words in cards.twin(slots(location=Location(LocationKind.PHONE)), language, LINKS)
