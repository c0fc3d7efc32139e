from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from scheduling.availability import (
    StartWindow,
    public_holidays,
    start_window,
    working_spans,
)
from scheduling.catalog import DateRange
from scheduling.errors import CatalogError
from scheduling.timespan import TimeSpan, local_day
from tests.builders import (
    BERLIN,
    MONDAY,
    NEW_YORK,
    NOW,
    a_business,
    a_service,
    a_staff_member,
    at,
    daily,
    hours,
    minutes,
    span,
    utc,
    weekdays,
)

FRONLEICHNAM = date(2026, 6, 4)
TUESDAY = MONDAY + timedelta(days=1)


def works(day=MONDAY, *, member=None, service=None, **business):
    """Working spans of one local day in Berlin."""
    return working_spans(
        a_business(**business),
        service or a_service(),
        member or a_staff_member(),
        local_day(day, BERLIN),
    )


def test_weekly_hours_become_spans():
    member = a_staff_member(hours=weekdays("9-12", "13-17"))
    assert works(member=member) == [span("9-12"), span("13-17")]


def test_a_weekday_that_is_missing_is_a_day_off():
    assert works(MONDAY + timedelta(days=5)) == []


def test_openings_that_meet_are_one_span():
    assert works(member=a_staff_member(hours=weekdays("9-12", "12-17"))) == [span("9-17")]


def test_evening_and_night_across_midnight_are_one_span():
    member = a_staff_member(hours=daily("0-2", "22-0"))
    night = TimeSpan(at("20"), at("4", TUESDAY))
    found = working_spans(a_business(), a_service(), member, night)
    assert found == [TimeSpan(at("22"), at("2", TUESDAY))]


def test_spans_are_cut_to_what_was_asked_for():
    found = working_spans(a_business(), a_service(), a_staff_member(), span("16:15-18"))
    assert found == [span("16:15-17")]


def test_breaks_are_cut_out():
    assert works(member=a_staff_member(breaks=daily("12-12:30"))) == [
        span("9-12"),
        span("12:30-17"),
    ]


def test_an_override_replaces_the_weekly_hours_of_its_date():
    member = a_staff_member(overrides={MONDAY: hours("14-20")}, breaks=daily("15-16"))
    assert works(member=member) == [span("14-15"), span("16-20")]
    assert works(TUESDAY, member=member) == [
        span("9-15", TUESDAY),
        span("16-17", TUESDAY),
    ]


def test_an_override_without_hours_is_a_day_off():
    assert works(member=a_staff_member(overrides={MONDAY: ()})) == []


def test_an_override_opens_a_day_that_is_off_every_week():
    sunday = MONDAY - timedelta(days=1)
    member = a_staff_member(overrides={sunday: hours("10-11")})
    assert works(sunday, member=member) == [span("10-11", sunday)]


def test_time_off_beats_an_override():
    member = a_staff_member(
        overrides={MONDAY: hours("14-20")}, time_off=(DateRange(MONDAY, MONDAY),)
    )
    assert works(member=member) == []


def test_business_hours_bound_everybody():
    assert works(hours=daily("10-15")) == [span("10-15")]


def test_a_closure_closes_its_days_for_everybody():
    holidays_at_home = (DateRange(MONDAY, TUESDAY),)
    assert works(TUESDAY, closures=holidays_at_home) == []
    assert works(TUESDAY + timedelta(days=1), closures=holidays_at_home) != []


def test_a_services_own_hours_bound_it_further():
    assert works(service=a_service(hours=daily("8-9:30", "16-18"))) == [
        span("9-9:30"),
        span("16-17"),
    ]


def test_hours_of_staff_abroad_are_read_on_their_own_clock():
    member = a_staff_member(zone=NEW_YORK, hours=daily("9-17"))
    assert works(member=member, hours=daily("8-18")) == [span("15-18")]


def test_time_off_abroad_lasts_from_midnight_to_midnight_there():
    tokyo = ZoneInfo("Asia/Tokyo")
    member = a_staff_member(zone=tokyo, hours=daily("0-0"), time_off=(DateRange(MONDAY, MONDAY),))
    assert works(member=member) == [span("16-0")]


@pytest.mark.parametrize(("state", "is_open"), [("NW", False), ("BE", True)])
def test_fronleichnam_closes_in_nordrhein_westfalen_and_not_in_berlin(state, is_open):
    found = works(FRONLEICHNAM, observe_holidays=True, subdivision=state)
    assert bool(found) is is_open


def test_holidays_count_only_where_the_business_keeps_them():
    assert works(FRONLEICHNAM, observe_holidays=False, subdivision="NW") != []


def test_holidays_have_german_names():
    assert public_holidays("DE", "NW", 2026)[FRONLEICHNAM] == "Fronleichnam"


@pytest.mark.parametrize(("country", "state"), [("DE", "QQ"), ("XX", None)])
def test_a_state_nobody_knows_is_refused(country, state):
    with pytest.raises(CatalogError):
        public_holidays(country, state, 2026)


@pytest.mark.parametrize(
    ("day", "zone", "start", "end"),
    [
        (date(2026, 3, 29), BERLIN, "2026-03-28 23:00", "2026-03-29 04:00"),
        (date(2026, 10, 25), BERLIN, "2026-10-24 22:00", "2026-10-25 05:00"),
        (date(2026, 3, 8), NEW_YORK, "2026-03-08 05:00", "2026-03-08 10:00"),
        (date(2028, 2, 29), BERLIN, "2028-02-28 23:00", "2028-02-29 05:00"),
    ],
)
def test_night_hours_are_as_long_as_the_clock_makes_them(day, zone, start, end):
    business = a_business(zone=zone)
    member = a_staff_member(zone=zone, hours=daily("0-6"))
    found = working_spans(business, a_service(), member, local_day(day, zone))
    assert found == [TimeSpan(utc(start), utc(end))]


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
def test_day_hours_keep_their_wall_clock_on_the_day_of_a_clock_change(day):
    assert works(day, member=a_staff_member(hours=daily("9-17"))) == [span("9-17", day)]


def test_starts_lie_between_lead_time_and_advance_both_included():
    service = a_service(minimum_lead_time=minutes(60), maximum_advance=timedelta(days=7))
    window = start_window(service, NOW, BERLIN)
    assert window == StartWindow(NOW + minutes(60), NOW + timedelta(days=7))
    assert window.first in window
    assert window.last in window
    assert window.first - timedelta.resolution not in window


def test_a_lead_longer_than_the_advance_leaves_no_start():
    service = a_service(minimum_lead_time=minutes(60), maximum_advance=minutes(30))
    assert start_window(service, NOW, BERLIN) is None


def test_the_end_of_a_search_is_no_start():
    window = StartWindow(at("9"), at("17")).within(span("10-12"))
    assert at("10") in window
    assert at("12") not in window


def test_a_search_outside_of_the_window_finds_nothing():
    assert StartWindow(at("9"), at("10")).within(span("11-12")) is None
