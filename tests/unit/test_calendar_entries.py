"""What staff read in Outlook, who else is invited, and what customers never see."""

from dataclasses import replace

import pytest

from bot.calendar_entries import event_draft, ics_event, reason_words
from scheduling.assignment import collective, in_turn, least_loaded, named
from scheduling.booking import Booking, Customer, Details, Workload
from scheduling.catalog import (
    Business,
    LocalText,
    Location,
    LocationKind,
    Place,
    Question,
    QuestionKind,
    Resource,
    ResourceKind,
)
from scheduling.errors import UnknownBooking
from scheduling.ports import Invitee
from tests.builders import NOW, a_booking, a_business, a_service, a_staff_member, a_text

BONN = Place("bonn", a_text("Praxis Bonn"), "Hauptstr. 1")
BLUE = Resource(
    "blue", LocalText("Blauer Raum", "Blue room"), ResourceKind.ROOM, mailbox="blue@example.test"
)
BARE = Resource("bare", a_text("Keller"), ResourceKind.ROOM)
BEAMER = Resource("beamer", a_text("Beamer"), ResourceKind.EQUIPMENT, units=2)
TOPIC = Question(
    "topic", LocalText("Thema", "Topic"), QuestionKind.CHOICE,
    choices=(("second-opinion", LocalText("Zweite Meinung", "Second opinion")),),
)  # fmt: skip
AGE = Question("age", LocalText("Alter", "Age"))


def a_house(language: str = "de", **service) -> Business:
    return a_business(
        language=language,
        staff=(
            a_staff_member("anna", name="Anna Schmidt"),
            a_staff_member("bernd", name="Bernd Weber"),
            a_staff_member("cleo", name="Cleo Kurz"),
        ),
        services=(
            a_service(
                **{
                    "locations": (
                        Location(LocationKind.PLACE, BONN),
                        Location(LocationKind.TEAMS),
                    ),
                    "rooms": ("blue", "bare"),
                    "equipment": ("beamer",),
                    "questions": (TOPIC, AGE),
                    **service,
                }
            ),
        ),
        places=(BONN,),
        resources=(BLUE, BARE, BEAMER),
        mail_from="post@example.test",
    )


def all_of_it(**changes) -> Booking:
    details = Details(
        Customer("Eva Muster", "eva@example.test", "+49228123456", "en"),
        location_id="bonn",
        note="Bitte leise",
        answers={"topic": "second-opinion"},
    )
    booking = a_booking(
        details=details,
        reason="collective of=2",
        others=("staff:bernd", "room:blue", "equipment:beamer#2"),
    )
    return replace(booking, **changes)


def body(booking: Booking, business: Business) -> list[str]:
    return event_draft(booking, business).body_text.splitlines()


def test_the_body_says_everything_staff_need_line_by_line():
    assert body(all_of_it(), a_house()) == [
        "Kundin/Kunde: Eva Muster",
        "E-Mail: eva@example.test",
        "Telefon: +49228123456",
        "Thema: Zweite Meinung",
        "Nachricht: Bitte leise",
        "Gemeinsam mit: Bernd Weber",
        "Raum und Geräte: Blauer Raum, Beamer",
        "Zuteilung: gemeinsamer Termin (2 Personen)",
        "Buchungsnummer: B-7K4Q-2MXR",
    ]


def test_the_body_follows_the_language_of_the_business_not_of_the_customer():
    lines = body(all_of_it(), a_house("en"))
    assert "Topic: Second opinion" in lines
    assert not any("Buchungsnummer" in line for line in lines)


def test_what_was_not_given_has_no_line():
    booking = a_booking(reason="named")
    assert [line.split(":")[0] for line in body(booking, a_house())] == [
        "Kundin/Kunde",
        "E-Mail",
        "Zuteilung",
        "Buchungsnummer",
    ]


def test_an_answer_no_longer_among_the_choices_is_shown_as_it_was_given():
    booking = all_of_it()
    details = replace(booking.details, answers={"topic": "gone", "age": "40"})
    lines = body(replace(booking, details=details), a_house())
    assert "Thema: gone" in lines
    assert "Alter: 40" in lines


def test_the_place_and_the_room_stand_in_the_location():
    draft = event_draft(all_of_it(), a_house())
    assert draft.location == "Praxis Bonn, Hauptstr. 1, Blauer Raum"
    assert not draft.online_meeting


def test_online_is_a_teams_meeting():
    booking = a_booking()
    assert event_draft(booking, a_house()).online_meeting


def test_the_same_booking_makes_the_same_event_every_time():
    assert event_draft(all_of_it(), a_house()) == event_draft(all_of_it(), a_house())


def test_a_hold_is_no_event():
    with pytest.raises(UnknownBooking):
        event_draft(a_booking(details=None), a_house())


# ---- who else is invited


def test_colleagues_and_rooms_with_a_mailbox_are_invited_and_nobody_else():
    draft = event_draft(all_of_it(), a_house())
    assert draft.mailbox == "anna@example.test"
    assert draft.invitees == (
        Invitee("Bernd Weber", "bernd@example.test"),
        Invitee("Blauer Raum", "blue@example.test", is_resource=True),
    )
    assert (draft.attendee_name, draft.attendee_email) == ("", "")


def test_a_team_of_three_invites_two():
    booking = all_of_it(others=("staff:bernd", "staff:cleo"))
    invited = event_draft(booking, a_house()).invitees
    assert [each.email for each in invited] == ["bernd@example.test", "cleo@example.test"]


def test_a_room_without_a_mailbox_is_named_but_not_invited():
    draft = event_draft(all_of_it(others=("room:bare",)), a_house())
    assert draft.invitees == ()
    assert "Raum und Geräte: Keller" in draft.body_text.splitlines()
    assert draft.location.endswith(", Keller")


def test_a_single_booking_invites_nobody():
    assert event_draft(a_booking(), a_house()).invitees == ()


# ---- why they serve


REASONS = [
    (named(a_staff_member()).reason, "von der Kundin oder dem Kunden gewählt"),
    (collective([a_staff_member("anna"), a_staff_member("bernd")]).reason,
     "gemeinsamer Termin (2 Personen)"),
    (in_turn([a_staff_member("anna"), a_staff_member("bernd")], None, {"anna": 0, "bernd": 1})[0]
     .reason, "der Reihe nach (2 zur Wahl)"),
    (least_loaded([a_staff_member("anna", weight=2)], {"anna": Workload(3, NOW)})[0].reason,
     "wenigste Termine in vier Wochen (3 bei Gewicht 2, 1 zur Wahl)"),
    (least_loaded([a_staff_member("anna")], {"anna": Workload(0, None)})[0].reason,
     "wenigste Termine in vier Wochen (0 bei Gewicht 1, 1 zur Wahl)"),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "words"), REASONS)
def test_the_reason_is_told_in_words(reason, words):
    assert reason_words(reason, "de") == words
    lines = body(a_booking(reason=reason), a_house())
    assert f"Zuteilung: {words}" in lines


@pytest.mark.parametrize("reason", [each for each, _ in REASONS])
def test_the_reason_is_told_in_english_as_well(reason):
    words = reason_words(reason, "en")
    assert words
    assert words != reason_words(reason, "de")
    assert "{" not in words


@pytest.mark.parametrize("reason", ["", " ", "moved", "least_loaded", "in_turn after=-", "x=y"])
def test_a_reason_nobody_can_read_leaves_no_line_and_stops_no_event(reason):
    booking = a_booking(reason=reason)
    assert not any(line.startswith("Zuteilung") for line in body(booking, a_house()))


@pytest.mark.parametrize("reason", [each for each, _ in REASONS])
def test_an_invited_customer_never_sees_the_reason(reason):
    house = a_house(invite_customer=True)
    draft = event_draft(all_of_it(reason=reason), house)
    assert draft.attendee_email == "eva@example.test"
    assert "Zuteilung" not in draft.body_text
    assert reason_words(reason, "de") not in draft.body_text


def test_the_customers_own_entry_has_no_reason_and_no_team():
    entry = ics_event(all_of_it(), a_house())
    told = f"{entry.summary} {entry.description} {entry.location}"
    for hidden in ("Zuteilung", "gemeinsamer", "Bitte leise", "eva@example.test", "bernd@"):
        assert hidden not in told
    assert entry.location == "Praxis Bonn, Hauptstr. 1, Blue room"
    assert "B-7K4Q-2MXR" in entry.description
