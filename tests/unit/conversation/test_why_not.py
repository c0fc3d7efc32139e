"""Why a time is not offered: of whom, of which day, in both languages, and nothing private."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot import texts
from bot.conversation.replies import AskDetails, AskService, AskSlot, Reply, Said
from scheduling.catalog import BusyStatus, DateRange, LocalText
from scheduling.desk import HoldOrder
from scheduling.explain import Explanation, Public, Reason, Why
from tests.builders import (
    MONDAY,
    a_booking,
    a_service,
    a_staff_member,
    a_text,
    at,
    busy,
    daily,
    some_details,
)
from tests.conversations.world import Customer, WritingDesk

TUESDAY, WEDNESDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)
NEUTRAL = {"when", "service"}


class Telling(WritingDesk):
    """Explains whatever it is told to."""

    told = Explanation(at("10", TUESDAY))

    async def explain(self, order: HoldOrder) -> Explanation:
        self.asked_last = order
        return replace(self.told, start=order.start)


class Asker(Customer):
    def __init__(self, language: str = "de", **changes) -> None:
        super().__init__(language)
        self.business = replace(self.business, **changes)
        self.desk = WritingDesk(self.business, self.calendar, self.store, self.clock)

    def told(self, *reasons: Reason) -> None:
        self.desk = Telling(self.business, self.calendar, self.store, self.clock)
        self.desk.told = Explanation(at("10", TUESDAY), reasons)

    async def asks(self, text: str) -> Said:
        answer, *_ = await self.says(text)
        assert isinstance(answer, Said), answer
        return answer

    def reads(self, reply: Reply) -> str:
        assert isinstance(reply, Said)
        return texts.text(reply.key, self.draft.language, **reply.values)


async def one_who_asks(language: str = "de", **changes) -> Asker:
    asker = Asker(language, **changes)
    await asker.says("Beratung morgen" if language == "de" else "consultation tomorrow")
    return asker


# ---- what is meant


async def test_a_named_person_is_asked_about() -> None:
    asker = await one_who_asks()
    asker.calendar.put("anna@example.test", busy("10-11", day=TUESDAY))
    said = await asker.asks("Warum nicht um zehn bei Frau Schmidt?")
    assert said.key == "why_taken"


async def test_a_named_person_who_is_free_is_wished_from_then_on() -> None:
    asker = await one_who_asks()
    asker.calendar.put("anna@example.test", busy("10-11", day=TUESDAY))
    told, form = await asker.says("Warum nicht um zehn bei Bernd Weber?")
    assert isinstance(form, AskDetails)
    assert (told.key, form.staff_member.id) == ("why_free", "bernd")
    assert form.span_start == at("10", TUESDAY)


async def test_a_person_who_does_not_offer_it_is_named_as_such() -> None:
    services = (
        a_service(name=LocalText("Beratung", "Consultation"), staff_ids=("anna",)),
        a_service(id="other", name=a_text("Kurs"), staff_ids=("bernd",)),
    )
    asker = await one_who_asks(services=services)
    said = await asker.asks("warum nicht um zehn bei Bernd Weber")
    assert (said.key, asker.draft.staff_id) == ("why_not_served", None)


async def test_a_date_in_the_question_is_the_day_that_is_meant() -> None:
    asker = await one_who_asks()
    said = await asker.asks("Warum geht es am 11.11. um 7 Uhr nicht?")
    assert (said.key, said.values["when"]) == ("why_closed_hours", "Mi., 11. Nov., 07:00 Uhr")


async def test_a_date_in_english_too() -> None:
    asker = await one_who_asks("en")
    said = await asker.asks("why not on November 11 at 7 am?")
    assert said.key == "why_closed_hours"
    assert said.values["when"].startswith("Wed")


async def test_a_service_in_the_question_is_the_one_that_is_meant() -> None:
    asker = Asker()
    asker.calendar.put("anna@example.test", busy("9-18", day=TUESDAY))
    asker.calendar.put("bernd@example.test", busy("9-18", day=TUESDAY))
    told, page = await asker.says("Warum geht morgen um zehn keine Beratung?")
    assert isinstance(told, Said)
    assert isinstance(page, AskSlot)
    assert (told.key, page.service.id) == ("why_taken", "advice")


async def test_without_a_service_it_is_asked_for() -> None:
    (question,) = await Asker().says("Warum nicht um zehn?")
    assert isinstance(question, AskService)


async def test_who_was_excluded_does_not_make_a_time_free() -> None:
    asker = Asker()
    await asker.says("Beratung morgen, aber nicht bei Anna Schmidt")
    asker.calendar.put("bernd@example.test", busy("10-11", day=TUESDAY))
    assert (await asker.asks("warum nicht um zehn")).key == "why_taken"


async def test_asking_after_the_own_time_keeps_it() -> None:
    asker = await one_who_asks()
    await asker.says("10 Uhr")
    held = asker.draft.hold_id
    told, form = await asker.says("Warum nicht um zehn?")
    assert isinstance(form, AskDetails)
    assert (told.key, asker.draft.hold_id) == ("why_free", held)


async def test_a_free_time_asked_after_replaces_the_held_one() -> None:
    asker = await one_who_asks()
    await asker.says("10 Uhr")
    told, form = await asker.says("warum nicht um 14 Uhr?")
    assert isinstance(form, AskDetails)
    assert (told.key, form.span_start) == ("why_free", at("14", TUESDAY))
    assert asker.states().count("held") == 1


async def test_asking_why_changes_no_answer_and_holds_nothing() -> None:
    asker = await one_who_asks()
    asker.calendar.put("anna@example.test", busy("10-11", day=TUESDAY))
    asker.calendar.put("bernd@example.test", busy("10-11", day=TUESDAY))
    before = asker.draft
    _, page = await asker.says("warum nicht um zehn?")
    assert isinstance(page, AskSlot)
    assert asker.draft == before
    assert asker.states() == []


# ---- nothing private


SECRETS = {
    "subject": "Zahnarzt",
    "status": "oof",
    "booking": "B-7K4Q-2MXR",
    "from": "2026-11-10T09:00:00Z",
    "to": "2026-11-10T12:00:00Z",
    "works_at": "home",
    "code": "MailboxNotEnabledForRESTAPI",
    "version": "v2",
    "cap": "5",
    "resource": "room:blue",
    "name": "krank",
    "hours": "09:00-12:00",
    "read": "2026-11-10T09:00:00Z",
}
PERSONAL = sorted(
    {
        Why.NO_SKILL,
        Why.WAVE,
        Why.DECLARATION,
        Why.PLACE,
        Why.TIME_OFF,
        Why.HOLIDAY,
        Why.BREAK,
        Why.NOT_WORKING,
        Why.UNKNOWN,
        Why.BUSY,
        Why.BOOKED,
        Why.HELD,
        Why.BUFFER,
        Why.TRAVEL,
        Why.CAP_DAY,
        Why.CAP_WEEK,
        Why.ROOM,
        Why.EQUIPMENT,
    }
)


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("code", PERSONAL)
async def test_no_fact_about_a_person_reaches_the_customer(code: Why, language: str) -> None:
    asker = await one_who_asks(language)
    asker.told(Reason(code, "anna", SECRETS))
    said = await asker.asks("warum nicht um zehn?" if language == "de" else "why not at ten?")
    assert said.values.keys() <= NEUTRAL
    read = asker.reads(said)
    assert not [word for word in SECRETS.values() if word in read]
    assert "Anna" not in read


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("public", Public)
def test_every_public_reason_has_words_without_gaps(public: Public, language: str) -> None:
    values = dict.fromkeys(
        ("when", "service", "earliest", "latest", "first", "last", "name", "minutes"), "X"
    )
    words = texts.text(f"why_{public}", language, **values)
    assert words
    assert "{" not in words


async def test_being_ill_another_customer_and_a_subject_are_never_told() -> None:
    ill = a_staff_member(
        "anna", name="Anna Schmidt", time_off=(DateRange(TUESDAY, TUESDAY, a_text("krank")),)
    )
    asker = await one_who_asks(staff=(ill, a_staff_member("bernd", name="Bernd Weber")))
    details = replace(some_details(), note="Rückenschmerzen")
    asker.store.put(
        a_booking(
            id="c" * 32,
            staff_id="bernd",
            span=busy("10-11", day=TUESDAY).span,
            busy=busy("10-11", day=TUESDAY).span,
            details=details,
        )
    )
    asker.calendar.put("bernd@example.test", busy("14-15", BusyStatus.OOF, TUESDAY))
    said = [
        await asker.asks(text)
        for text in (
            "warum nicht um zehn?",
            "warum nicht um 10 bei Anna?",
            "warum nicht um 14 Uhr",
        )
    ]
    read = " ".join(asker.reads(each) for each in said)
    for secret in ("krank", "Muster", "Rücken", "B-7K4Q", "oof", "Abwesen"):
        assert secret not in read
    assert {each.key for each in said} == {"why_taken"}


async def test_absent_busy_and_full_sound_the_same() -> None:
    asker = await one_who_asks()
    heard = set()
    for code in (Why.TIME_OFF, Why.BUSY, Why.BOOKED, Why.CAP_DAY, Why.BREAK, Why.WAVE):
        asker.told(Reason(code, "anna", SECRETS))
        heard.add(asker.reads(await asker.asks("warum nicht um zehn?")))
    assert len(heard) == 1


# ---- rules that are told


CASES = [
    (a_service(minimum_lead_time=timedelta(days=3)), "um zehn", "why_lead", "earliest"),
    (a_service(maximum_advance=timedelta(days=2)), "am 20.11. um zehn", "why_advance", "latest"),
    (a_service(bookable=DateRange(WEDNESDAY, WEDNESDAY)), "um zehn", "why_season", "first"),
    (a_service(hours=daily("14-16")), "um zehn", "why_closed_hours", "hours"),
    (a_service(), "um 10:10 Uhr", "why_grid", "minutes"),
]


@pytest.mark.parametrize(("service", "when", "key", "fact"), CASES)
async def test_a_rule_is_told_with_what_would_do(service, when: str, key: str, fact: str) -> None:
    named = replace(service, name=LocalText("Beratung", "Consultation"))
    asker = Asker(services=(named, a_service(id="b", name=a_text("Kurs"))))
    await asker.says("Beratung morgen")
    said = await asker.asks(f"warum nicht {when}?")
    assert said.key == key
    assert said.values[fact]
    assert "{" not in asker.reads(said)


async def test_a_closure_is_closed_and_its_name_stays_inside() -> None:
    closed = DateRange(WEDNESDAY, WEDNESDAY, a_text("Beerdigung"))
    asker = await one_who_asks(closures=(closed,))
    said = await asker.asks("warum nicht übermorgen um zehn?")
    assert said.key == "why_closed"
    assert "Beerdigung" not in asker.reads(said)


async def test_a_public_holiday_is_named() -> None:
    asker = await one_who_asks(observe_holidays=True)
    said = await asker.asks("warum nicht am 25.12. um zehn?")
    assert (said.key, said.values["name"]) == ("why_holiday", "Erster Weihnachtstag")


async def test_the_place_where_nobody_is_that_day_is_told() -> None:
    asker = await one_who_asks()
    asker.told(Reason(Why.PLACE, "anna", SECRETS), Reason(Why.PLACE, "bernd", SECRETS))
    assert (await asker.asks("warum nicht um zehn?")).key == "why_not_there"


async def test_silent_calendars_are_told_as_such_and_nobody_is_blamed() -> None:
    asker = await one_who_asks("en")
    asker.calendar.is_down = True
    said, *_ = await asker.says("why not at ten?")
    assert isinstance(said, Said)
    assert said.key == "why_unknown"
