"""Where free times depend on the place, it is asked for first; and what hidden services are."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.conversation.draft import Draft
from bot.conversation.replies import (
    AskDetails,
    AskDuration,
    AskLocation,
    AskService,
    AskSlot,
    Frozen,
    Reply,
    Review,
    Said,
)
from scheduling.catalog import LocalText, Location, LocationKind, Place, Visibility
from tests.builders import (
    MONDAY,
    a_business,
    a_service,
    a_staff_member,
    a_text,
    at,
    busy,
    minutes,
)
from tests.conversations.world import Customer, WritingDesk

MAGDEBURG = Place("magdeburg", a_text("Magdeburg"), "Breiter Weg 1, Magdeburg")
HALLE = Place("halle", a_text("Halle (Saale)"), "Markt 2, Halle")
KIEL = Place("kiel", a_text("Kiel"), "Hafen 3, Kiel")
HERE, THERE = (Location(LocationKind.PLACE, place) for place in (MAGDEBURG, HALLE))
TUESDAY = MONDAY + timedelta(days=1)


def a_service_desk(**changes):
    """anna serves in Magdeburg, bernd in Halle; consultations take place on the phone as well."""
    visit = a_service(
        id="visit", name=LocalText("Techniker", "Technician"), locations=(HERE, THERE)
    )
    talk = a_service(
        name=LocalText("Beratung", "Consultation"),
        durations=(minutes(30), minutes(60)),
        locations=(HERE, THERE, Location(LocationKind.PHONE)),
    )
    return a_business(
        **{
            "services": (visit, talk),
            "staff": (
                a_staff_member("anna", sites=frozenset({"magdeburg"})),
                a_staff_member("bernd", sites=frozenset({"halle"})),
            ),
            "places": (MAGDEBURG, HALLE, KIEL),
            **changes,
        }
    )


class Visitor(Customer):
    def __init__(self, language: str = "de", **changes) -> None:
        super().__init__(language)
        self.business = a_service_desk(**changes)
        self.desk = WritingDesk(self.business, self.calendar, self.store, self.clock)

    def offered_to(self) -> set[str]:
        return {name for offered in self.draft.offered for name in offered.staff_ids}


def kinds(replies: tuple[Reply, ...]) -> list[str]:
    return [getattr(reply, "key", type(reply).__name__) for reply in replies]


# ---- asking


async def test_the_place_is_asked_before_any_calendar_is() -> None:
    visitor = Visitor()
    _, question = await visitor.says("Techniker morgen")
    assert isinstance(question, AskLocation)
    assert [each.id for each in question.service.locations] == ["magdeburg", "halle"]
    assert visitor.calendar.asked == []


@pytest.mark.parametrize("words", ["Halle", "in Halle (Saale)", "halle bitte", "2", "#2"])
async def test_a_place_in_words_or_by_number_leads_to_its_times(words: str) -> None:
    visitor = Visitor()
    await visitor.says("Techniker morgen")
    (page,) = await visitor.says(words)
    assert isinstance(page, AskSlot)
    assert page.times[0].start == at("9", TUESDAY)
    assert (visitor.draft.location_id, visitor.offered_to()) == ("halle", {"bernd"})


async def test_the_button_of_a_place_leads_to_its_times() -> None:
    visitor = Visitor()
    await visitor.says("Techniker morgen")
    (page,) = await visitor.presses("location.pick", location="magdeburg")
    assert isinstance(page, AskSlot)
    assert visitor.offered_to() == {"anna"}
    assert visitor.last.frozen == Frozen("picked_location")


@pytest.mark.parametrize(
    "value", [None, 7, True, ["halle"], {"a": 1}, "", "kiel", "Halle", "x" * 5000, "\u202e"]
)
async def test_a_forged_place_is_refused_in_words(value: object) -> None:
    visitor = Visitor()
    await visitor.says("Techniker morgen")
    before = visitor.draft
    closed, question = await visitor.presses("location.pick", location=value)
    assert closed == Said("closed_card")
    assert isinstance(question, AskLocation)
    assert visitor.draft == before


async def test_a_button_of_a_place_is_closed_once_the_place_is_known() -> None:
    visitor = Visitor()
    await visitor.says("Techniker morgen um 10 in Halle")
    held = visitor.draft.hold_id
    closed, question = await visitor.presses("location.pick", location="magdeburg")
    assert closed == Said("closed_card")
    assert isinstance(question, AskDetails)
    assert (visitor.draft.location_id, visitor.draft.hold_id) == ("halle", held)


async def test_what_is_no_place_is_not_taken_for_one() -> None:
    visitor = Visitor()
    await visitor.says("Techniker morgen")
    for words in ("3", "0", "Wolkenkuckucksheim"):
        *_, question = await visitor.says(words)
        assert isinstance(question, AskLocation), words
    assert visitor.draft.location_id is None


async def test_a_place_in_the_first_sentence_is_not_asked_again() -> None:
    visitor = Visitor()
    (page,) = await visitor.says("Techniker morgen in Magdeburg")
    assert isinstance(page, AskSlot)
    assert visitor.offered_to() == {"anna"}


async def test_one_sentence_with_the_place_holds_the_time() -> None:
    visitor = Visitor("en")
    told, form = await visitor.says("technician tomorrow at 10 in Halle")
    assert "Halle" in told.values["facts"]
    assert isinstance(form, AskDetails)
    assert (form.staff_member.id, form.asks_location) == ("bernd", False)


async def test_a_place_said_before_the_service_is_remembered() -> None:
    visitor = Visitor()
    (question,) = await visitor.says("Ich brauche einen Termin in Halle")
    assert isinstance(question, AskService)
    (page,) = await visitor.says("Techniker")
    assert isinstance(page, AskSlot)
    assert visitor.offered_to() == {"bernd"}


async def test_a_denied_place_is_not_the_one_that_is_wished() -> None:
    visitor = Visitor()
    _, question = await visitor.says("Techniker morgen, aber nicht in Halle")
    assert isinstance(question, AskLocation)
    (page,) = await visitor.says("nicht in Halle, lieber in Magdeburg")
    assert isinstance(page, AskSlot)
    assert visitor.draft.location_id == "magdeburg"


async def test_a_place_where_it_is_not_offered_is_remarked_on() -> None:
    visitor = Visitor()
    remark, _, question = await visitor.says("Techniker morgen in Kiel")
    assert remark == Said("place_not_for_service", {"place": "Kiel", "service": "Techniker"})
    assert isinstance(question, AskLocation)


async def test_a_remark_in_english_names_the_service_in_english() -> None:
    visitor = Visitor("en")
    remark, *_ = await visitor.says("technician tomorrow in Kiel")
    assert remark == Said("place_not_for_service", {"place": "Kiel", "service": "Technician"})


async def test_the_length_is_asked_before_the_place() -> None:
    visitor = Visitor()
    (length,) = await visitor.says("Beratung")
    assert isinstance(length, AskDuration)
    (place,) = await visitor.says("60 Minuten")
    assert isinstance(place, AskLocation)
    (page,) = await visitor.says("telefonisch")
    assert isinstance(page, AskSlot)
    assert visitor.offered_to() == {"anna", "bernd"}


# ---- changing the mind


async def test_another_place_after_a_hold_searches_anew_and_takes_the_same_time() -> None:
    visitor = Visitor()
    await visitor.says("Techniker morgen um 10 in Magdeburg")
    told, form = await visitor.says("lieber in Halle")
    assert "Halle" in told.values["facts"]
    assert isinstance(form, AskDetails)
    assert (form.staff_member.id, form.span_start) == ("bernd", at("10", TUESDAY))
    assert visitor.states().count("held") == 1


async def test_another_place_where_the_time_is_taken_offers_others_there() -> None:
    visitor = Visitor()
    visitor.calendar.put("bernd@example.test", busy("9-12", day=TUESDAY))
    await visitor.says("Techniker morgen um 10 in Magdeburg")
    (page,) = await visitor.says("lieber in Halle")
    assert isinstance(page, AskSlot)
    assert visitor.offered_to() == {"bernd"}


async def test_the_same_place_again_keeps_the_hold() -> None:
    visitor = Visitor()
    await visitor.says("Techniker morgen um 10 in Halle")
    held = visitor.draft.hold_id
    (form,) = await visitor.says("in Halle")
    assert isinstance(form, AskDetails)
    assert visitor.draft.hold_id == held


async def test_another_place_at_the_review_gives_the_review_back_with_it() -> None:
    visitor = Visitor()
    await visitor.says("Techniker morgen um 10 in Halle, ich bin Eva Maier, eva@maier.de")
    assert visitor.draft.step == "review"
    (review,) = await visitor.says("doch lieber in Magdeburg")
    assert isinstance(review, Review)
    assert (review.location_id, review.staff_member.id) == ("magdeburg", "anna")


async def test_the_form_cannot_move_a_held_time_to_another_place() -> None:
    visitor = Visitor()
    await visitor.says("Techniker morgen um 10 in Halle")
    await visitor.presses(
        "details.submit", name="Eva Maier", email="eva@maier.de", location="magdeburg"
    )
    assert (visitor.draft.location_id, visitor.draft.hold_staff_id) == ("halle", "bernd")


async def test_the_booking_carries_the_place() -> None:
    visitor = Visitor()
    await visitor.says("Techniker morgen um 10 in Halle, ich bin Eva Maier, eva@maier.de")
    await visitor.says("ja")
    (booking,) = visitor.store.bookings.values()
    assert booking.details is not None
    assert (booking.place_id, booking.details.location_id) == ("halle", "halle")


async def test_a_service_that_is_not_offered_there_asks_for_the_place_again() -> None:
    only_here = a_service(id="repair", name=a_text("Reparatur"), locations=(HERE, THERE))
    online = a_service(id="chat", name=a_text("Videochat"))
    visitor = Visitor(services=(online, only_here))
    visitor.draft = Draft(service_id="repair", location_id="kiel", step="slot")
    *_, question = await visitor.says("morgen")
    assert isinstance(question, AskLocation)


async def test_back_leads_from_the_times_to_the_place_and_on_to_the_service() -> None:
    visitor = Visitor()
    await visitor.says("Techniker morgen in Halle")
    (place,) = await visitor.says("zurück")
    assert isinstance(place, AskLocation)
    (service,) = await visitor.says("zurück")
    assert isinstance(service, AskService)


async def test_back_leads_from_the_place_to_the_length() -> None:
    visitor = Visitor()
    await visitor.says("Beratung")
    await visitor.says("60 Minuten")
    (length,) = await visitor.says("zurück")
    assert isinstance(length, AskDuration)


async def test_a_place_that_left_the_business_file_is_asked_for_again() -> None:
    visitor = Visitor()
    await visitor.says("Techniker morgen in Halle")
    visitor.draft = replace(visitor.draft, location_id="bonn")
    why, *_ = await visitor.says("warum nicht um 20 Uhr?")
    assert why.key == "why_taken"
    assert isinstance((await visitor.says("übermorgen"))[-1], AskLocation)


async def test_without_sites_the_place_is_a_field_of_the_form() -> None:
    staff = (a_staff_member("anna"), a_staff_member("bernd"))
    visitor = Visitor(staff=staff)
    (form,) = await visitor.says("Techniker morgen um 10")
    assert isinstance(form, AskDetails)
    assert form.asks_location


# ---- hidden services


def with_a_hidden_one(**changes) -> Visitor:
    hidden = a_service(
        id="vip", name=LocalText("Chefsprechstunde", "Executive hour"),
        visibility=Visibility.HIDDEN, **changes,
    )  # fmt: skip
    plain = a_service(name=LocalText("Beratung", "Consultation"))
    second = a_service(id="course", name=LocalText("Kurs", "Course"))
    return Visitor(services=(plain, hidden, second))


async def test_a_hidden_service_is_not_listed() -> None:
    visitor = with_a_hidden_one()
    (question,) = await visitor.says("Termin")
    assert isinstance(question, AskService)
    assert [each.id for each in question.services] == ["advice", "course"]
    (page,) = await visitor.says("2")
    assert isinstance(page, AskSlot)
    assert visitor.draft.service_id == "course"


@pytest.mark.parametrize("name", ["Chefsprechstunde", "chefsprechstunde", "Executive hour"])
async def test_a_hidden_service_is_booked_by_its_exact_name(name: str) -> None:
    visitor = with_a_hidden_one()
    (form,) = await visitor.says(f"{name} morgen um 10")
    assert isinstance(form, AskDetails)
    assert form.service.id == "vip"


@pytest.mark.parametrize("name", ["Chefsprechstude", "Chefsprechstunden", "Executive", "hour"])
async def test_a_name_that_is_not_exact_does_not_betray_a_hidden_service(name: str) -> None:
    visitor = with_a_hidden_one()
    replies = await visitor.says(name)
    assert visitor.draft.service_id is None
    asked = [reply for reply in replies if isinstance(reply, AskService)]
    assert all("vip" not in {s.id for s in question.services} for question in asked)


async def test_with_one_listed_service_a_hidden_one_does_not_make_it_a_question() -> None:
    visitor = with_a_hidden_one()
    services = visitor.business.services[:2]
    visitor.business = replace(visitor.business, services=services)
    (page,) = await visitor.says("Termin")
    assert isinstance(page, AskSlot)
    assert visitor.draft.service_id == "advice"


# ---- a limit


async def test_a_customer_at_the_limit_is_told_so_and_keeps_the_form() -> None:
    service = a_service(name=LocalText("Beratung", "Consultation"), customer_limit=1)
    visitor = Visitor(services=(service,))
    await visitor.says("morgen um 10, ich bin Eva Maier, eva@maier.de")
    await visitor.says("ja")
    await visitor.says("morgen um 11")
    assert visitor.draft.step == "review"
    assert kinds(await visitor.says("ja")) == ["limit_reached"]
    assert (visitor.draft.step, visitor.states()) == ("review", ["booked", "held"])
    assert kinds(await visitor.presses("booking.confirm", hold=visitor.draft.hold_id)) == [
        "limit_reached"
    ]
