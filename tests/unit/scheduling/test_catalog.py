from datetime import date, time, timedelta

import pytest

from scheduling.catalog import DateRange, LocalText, OpenHours
from scheduling.errors import CatalogError, UnknownService, UnknownStaffMember
from tests.builders import a_business, a_service, a_staff_member, minutes


def test_texts_come_in_german_for_every_german_region_and_else_in_english():
    text = LocalText(de="Beratung", en="Advice")
    assert [text.in_language(code) for code in ("de-AT", "DE", "fr", "en")] == [
        "Beratung",
        "Beratung",
        "Advice",
        "Advice",
    ]


def test_both_days_of_a_date_range_belong_to_it():
    days = DateRange(date(2026, 12, 24), date(2026, 12, 26))
    assert date(2026, 12, 24) in days
    assert date(2026, 12, 26) in days
    assert date(2026, 12, 27) not in days


def test_unknown_ids_are_named_as_such():
    with pytest.raises(UnknownService):
        a_business().service("massage")
    with pytest.raises(UnknownStaffMember):
        a_business().staff_member("carla")


def test_staff_of_a_service_come_in_the_order_of_the_file():
    business = a_business()
    swapped = a_service(staff_ids=("bernd", "anna"))
    assert [member.id for member in business.staff_for(swapped)] == ["anna", "bernd"]


@pytest.mark.parametrize(
    "changes",
    [
        {"durations": ()},
        {"durations": (timedelta(0),)},
        {"slot_interval": timedelta(0)},
        {"slot_interval": timedelta(days=2)},
        {"pre_buffer": minutes(-1)},
        {"minimum_lead_time": minutes(-1)},
    ],
)
def test_a_service_that_could_never_be_searched_is_refused(changes):
    with pytest.raises(CatalogError):
        a_service(**changes)


def test_hours_that_end_before_they_begin_are_refused():
    with pytest.raises(CatalogError):
        OpenHours(time(17), time(9))


def test_hours_may_close_at_midnight():
    assert OpenHours(time(17), time(0)).closes == time(0)


def test_a_staff_member_without_weight_is_refused():
    with pytest.raises(CatalogError):
        a_staff_member(weight=0)
