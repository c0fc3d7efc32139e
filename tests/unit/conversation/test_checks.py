import pytest

from bot.conversation import checks
from bot.conversation.draft import Draft
from scheduling.catalog import FieldRule, Location, LocationKind, Service
from tests.builders import a_service
from tests.conversations.world import a_talkative_business

BUSINESS = a_talkative_business()
REPAIR = BUSINESS.service("repair")


def filled(field: str, raw: str, service: Service = REPAIR, draft: Draft | None = None) -> Draft:
    return checks.filled(draft or Draft(), field, raw, BUSINESS, service)


@pytest.mark.parametrize(
    ("field", "raw", "key"),
    [
        ("name", "", "name_missing"),
        ("name", "123 !", "name_missing"),
        ("name", "x" * 121, "name_too_long"),
        ("email", "eva@", "mail_invalid"),
        ("email", "eva maier@x.de", "mail_invalid"),
        ("email", "eva@maier", "mail_invalid"),
        ("phone", "12", "phone_invalid"),
        ("phone", "call me", "phone_invalid"),
        ("location", "auf dem Mond", "location_missing"),
        ("location", "", "location_missing"),
        ("note", "x" * 1001, "text_too_long"),
        ("q_device", "", "answer_missing"),
        ("q_device", "x" * 301, "text_too_long"),
        ("q_os", "Atari", "choice_invalid"),
        ("q_unknown", "x", "answer_missing"),
        ("privacy", "v2", "consent_missing"),
        ("privacy", "", "consent_missing"),
        ("consent", "true", "consent_missing"),
    ],
)
def test_an_answer_that_will_not_do_says_what_is_wrong(field: str, raw: str, key: str) -> None:
    with pytest.raises(checks.Refused) as refused:
        filled(field, raw)
    assert refused.value.key == key


def test_a_phone_number_becomes_international() -> None:
    assert filled("phone", "0228 / 12 34 56").phone == "+49228123456"
    assert filled("phone", "+43 1 5050").phone == "+4315050"


def test_markup_in_a_name_stays_literal_and_what_cannot_be_seen_goes() -> None:
    assert filled("name", "<b>Eva\u202e\u0007</b> *Maier*").name == "<b>Eva</b> *Maier*"


def test_a_meeting_by_phone_needs_a_number() -> None:
    by_phone = a_service(locations=(Location(LocationKind.PHONE),), phone=FieldRule.OPTIONAL)
    assert "phone" in list(checks.open_fields(Draft(), BUSINESS, by_phone))
    with pytest.raises(checks.Refused):
        filled("phone", "", by_phone)
    assert "phone" not in list(checks.open_fields(Draft(), BUSINESS, a_service()))


@pytest.mark.parametrize("said", ["office", "Praxis am Markt", "in der Praxis", "Markt 1, Bonn"])
def test_a_place_is_known_by_id_name_and_address(said: str) -> None:
    assert filled("location", said).location_id == "office"


@pytest.mark.parametrize("said", ["mac", "Mac", "2"])
def test_a_choice_is_known_by_value_label_and_position(said: str) -> None:
    assert filled("q_os", said).answers == {"os": "mac"}


def test_an_optional_question_is_asked_once() -> None:
    assert "q_os" in list(checks.open_fields(Draft(), BUSINESS, REPAIR))
    assert "q_os" not in list(checks.open_fields(filled("q_os", ""), BUSINESS, REPAIR))
