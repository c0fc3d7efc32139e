"""What must never be turned round: denied times, days that are over, names inside names."""

from datetime import UTC, date, datetime, time

import pytest

from bot import business_file
from bot.conversation.replies import Said
from bot.understanding import Context, understand
from bot.understanding.utterance import Intent, Utterance
from bot.understanding.wish import Window
from tests.conversations.world import Customer
from tests.integration.processes import ROOT

BUSINESS = business_file.load(ROOT / "examples/practice/business.yaml")
NOW = datetime(2026, 11, 24, 11, tzinfo=UTC)


def read(text: str, language: str = "de") -> Utterance:
    return understand(text, None, Context(BUSINESS, NOW, language))


@pytest.mark.parametrize(
    "text", ["morgen nachmittag aber nicht um 15 uhr", "morgen, nicht um drei", "nicht um 15 Uhr"]
)
def test_a_denied_hour_is_never_wished(text: str) -> None:
    wish = read(text).wish
    assert all(w.start != time(15) for c in wish.alternatives for w in c.windows)
    assert [c.windows for c in wish.exclude] == [(Window(time(15), time(15)),)]


def test_a_correction_after_a_denied_hour_is_a_wish() -> None:
    wish = read("nicht um 15 Uhr, sondern um 16 Uhr").wish
    assert [w.start for c in wish.alternatives for w in c.windows] == [time(16)]


def test_yesterday_lies_in_the_past() -> None:
    days = [d.first for c in read("gestern um 15 uhr").wish.alternatives for d in c.dates]
    assert days == [date(2026, 11, 23)]


async def test_a_day_that_is_over_is_said_to_be_over_and_nothing_is_held() -> None:
    customer = Customer()
    replies = await customer.says("Beratung gestern um 15 uhr")
    assert replies[0] == Said("date_passed")
    assert customer.states() == []


def test_three_at_night_is_not_three_in_the_afternoon() -> None:
    windows = [w for c in read("heute um drei uhr nachts").wish.alternatives for w in c.windows]
    assert windows[0].start == time(3)


def test_the_longer_name_wins_over_the_name_inside_it() -> None:
    assert read("First consultation on Tuesday", "en").service_ids == ("first-consultation",)
    assert read("consultation on Tuesday", "en").service_ids == ("consultation",)


@pytest.mark.parametrize("text", ["auf montag", "Ich warte auf Antwort", "call me"])
def test_small_words_name_no_service(text: str) -> None:
    assert read(text).service_ids == ()


def test_a_language_inside_a_services_name_is_the_service() -> None:
    said = read("Gespräch auf Englisch mit Luis am donnerstag")
    assert (said.service_ids, said.intent) == (("workshop-call",), Intent.NONE)


@pytest.mark.parametrize("text", ["now move it to Friday", "der Termin soll verschoben werden"])
def test_moving_is_not_booking_anew(text: str) -> None:
    assert read(text).intent is Intent.RESCHEDULE


@pytest.mark.parametrize("slot", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
async def test_a_forged_time_at_the_end_of_time_closes_the_card(slot: str) -> None:
    customer = Customer()
    await customer.says("Beratung morgen")
    replies = await customer.presses("slot.pick", slot=slot, offer=customer.draft.offer_id)
    assert replies[0] == Said("closed_card")


async def test_a_date_at_the_end_of_time_is_answered() -> None:
    customer = Customer()
    await customer.says("Beratung morgen")
    assert await customer.presses("slot.other", date="9999-12-31", daypart="")


def test_anybody_will_do_says_nothing_about_the_day() -> None:
    said = read("egal bei wem, am Donnerstag")
    assert (said.any_staff, said.dont_care) == (True, False)
    assert not said.wish.is_empty


@pytest.mark.parametrize(
    "text",
    [
        "why can't I cancel my appointment on Friday",
        "I could not find my booking on Friday",
        "ich kann nicht stornieren, Freitag",
    ],
)
def test_what_is_not_done_with_a_booking_rules_no_day_out(text: str) -> None:
    assert read(text, "en").wish.exclude == ()


@pytest.mark.parametrize(
    "text", ["I can't pay for it and I can't come on Friday", "I can't do Friday", "not on Friday"]
)
def test_a_day_one_cannot_come_stays_ruled_out(text: str) -> None:
    assert read(text, "en").wish.exclude != ()
