"""Every rule names itself, and nobody refuses exactly where the plain sweep finds a start."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.availability import start_window, working_spans
from scheduling.catalog import (
    HOME,
    BusyStatus,
    DateRange,
    Location,
    LocationKind,
    Place,
    StaffMember,
)
from scheduling.explain import (
    Case,
    Explanation,
    Public,
    Reason,
    Why,
    reason_against,
    rule_against,
    unit_against,
)
from scheduling.index.standing import Standing
from scheduling.occupancy import Claim
from scheduling.slots import free_starts, shape_of, within_caps
from tests.builders import (
    MONDAY,
    NOW,
    a_business,
    a_service,
    a_staff_member,
    a_text,
    at,
    busy,
    daily,
    hours,
    minutes,
    standing_of,
)
from tests.unit.scheduling.index import small_businesses
from tests.unit.scheduling.index.own_judge import living_claims

TUESDAY = MONDAY + timedelta(days=1)
MITTE = Place("mitte", a_text("Mitte"), "Hauptstr. 1")
POTSDAM = Place("potsdam", a_text("Potsdam"), "Lange Str. 2")
IN_MITTE, IN_POTSDAM = (Location(LocationKind.PLACE, place) for place in (MITTE, POTSDAM))
BOTH = {"places": (MITTE, POTSDAM)}


def a_case(clock: str = "10", day: date = TUESDAY, *, location: str = "", **changes) -> Case:
    """Changes of the service by name; `business=` and `staff=` are those of the business."""
    business = a_business(**{"staff": (a_staff_member(),), **changes.pop("business", {})})
    service = a_service(**{"staff_ids": ("anna",), **changes})
    business = replace(business, services=(service,))
    shape = shape_of(business, service, service.durations[0], location)
    return Case(business, service, shape, at(clock, day), NOW, location)


def anna(**changes) -> dict:
    return {"staff": (a_staff_member("anna", **changes),)}


def against(case: Case, standing: Standing | None = None) -> Reason | None:
    return reason_against(case, case.business.staff[0], standing or Standing())


def why(reason: Reason | None) -> Why | None:
    return reason and reason.why


def a_claim(clocks: str, day: date = TUESDAY, **changes) -> Claim:
    start, end = (int(at(clock, day).timestamp()) for clock in clocks.split("-"))
    return Claim(start, end, start, end)._replace(**changes)


# ---- rules for all


def test_an_ordinary_start_is_refused_by_nobody():
    case = a_case()
    assert rule_against(case) is None
    assert against(case) is None


def test_what_is_over_is_past_even_without_a_lead_time():
    assert why(rule_against(a_case("6:30", MONDAY, minimum_lead_time=minutes(0)))) is Why.PAST


def test_a_start_at_this_very_moment_is_not_past():
    assert rule_against(a_case("7", MONDAY, minimum_lead_time=minutes(0))) is None


def test_the_lead_time_says_from_when():
    found = rule_against(a_case("8:30", MONDAY))
    assert (why(found), found.facts) == (Why.LEAD, {"earliest": "2026-11-09T08:00:00Z"})


def test_the_lead_time_ends_with_its_last_second():
    assert rule_against(a_case("9", MONDAY)) is None


def test_the_advance_says_until_when():
    far = a_case("10", MONDAY + timedelta(days=61))
    found = rule_against(far)
    assert (why(found), found.facts) == (Why.ADVANCE, {"latest": "2027-01-08T06:00:00Z"})


def test_a_season_says_its_days():
    season = DateRange(date(2026, 11, 11), date(2026, 11, 12))
    found = rule_against(a_case(bookable=season))
    assert (why(found), found.facts) == (
        Why.SEASON,
        {"first": "2026-11-11", "last": "2026-11-12"},
    )


def test_a_season_holds_through_its_last_day():
    season = DateRange(TUESDAY, TUESDAY)
    assert rule_against(a_case("23:30", bookable=season)) is None
    wednesday = TUESDAY + timedelta(days=1)
    assert why(rule_against(a_case("0", wednesday, bookable=season))) is Why.SEASON


def test_a_public_holiday_says_its_name():
    christmas = a_case("10", date(2026, 12, 25), business={"observe_holidays": True})
    found = rule_against(christmas)
    assert (why(found), found.facts["name"]) == (Why.HOLIDAY, "Erster Weihnachtstag")


def test_a_holiday_of_another_state_refuses_nothing():
    case = a_case("10", date(2026, 11, 18), business={"observe_holidays": True})
    assert rule_against(case) is None
    saxony = a_case(
        "10", date(2026, 11, 18), business={"observe_holidays": True, "subdivision": "SN"}
    )
    assert why(rule_against(saxony)) is Why.HOLIDAY


def test_a_closure_says_its_name_to_the_staff():
    days = DateRange(TUESDAY, TUESDAY, a_text("Umzug"))
    found = rule_against(a_case(business={"closures": (days,)}))
    assert (why(found), found.facts, found.public) == (
        Why.CLOSURE,
        {"name": "Umzug"},
        Public.CLOSED,
    )


def test_outside_opening_hours_is_closed_and_says_the_hours():
    found = rule_against(a_case("17:45", business={"hours": daily("8-12", "13-18")}))
    assert (why(found), found.facts) == (Why.CLOSED, {"hours": "08:00-12:00, 13:00-18:00"})


def test_an_opening_until_midnight_is_written_as_24():
    found = rule_against(a_case("10", business={"hours": daily("20-0")}))
    assert found.facts == {"hours": "20:00-24:00"}


def test_hours_of_the_service_are_told_apart_from_those_of_the_house():
    found = rule_against(a_case("13", hours=daily("8-12")))
    assert (why(found), found.facts) == (Why.SERVICE_HOURS, {"hours": "08:00-12:00"})


def test_a_start_beside_the_grid_says_the_interval():
    found = rule_against(a_case("10:15"))
    assert (why(found), found.facts) == (Why.GRID, {"minutes": "30"})


def test_the_offset_belongs_to_the_grid():
    assert rule_against(a_case("10:05", slot_offset=minutes(5))) is None
    assert why(rule_against(a_case("10", slot_offset=minutes(5)))) is Why.GRID


# ---- rules for one


def test_somebody_who_does_not_offer_it_has_no_skill_for_it():
    case = a_case(staff_ids=("bernd",), business={"staff": (a_staff_member("anna"),)})
    assert why(against(case)) is Why.NO_SKILL


def test_a_wave_says_from_when():
    case = a_case(business=anna(bookable_from=date(2026, 12, 1)))
    found = against(case)
    assert (why(found), found.facts, found.public) == (
        Why.WAVE,
        {"from": "2026-12-01"},
        Public.TAKEN,
    )


def test_an_old_declaration_says_which_is_wanted():
    case = a_case(business={**anna(declaration="v1"), "declaration_version": "v2"})
    found = against(case)
    assert (why(found), found.facts) == (Why.DECLARATION, {"version": "v2"})


def test_somebody_at_home_that_day_is_not_at_the_place():
    case = a_case(
        locations=(IN_MITTE,),
        location="mitte",
        business=BOTH | anna(work_places={TUESDAY.weekday(): HOME}),
    )
    found = against(case)
    assert (why(found), found.facts) == (Why.PLACE, {"works_at": HOME})
    assert found.public is Public.NOT_THERE


def test_somebody_at_home_that_day_serves_online():
    case = a_case(business=anna(work_places={TUESDAY.weekday(): HOME}))
    assert against(case) is None


def test_a_site_that_is_not_theirs_is_the_wrong_place():
    case = a_case(
        locations=(IN_MITTE, IN_POTSDAM),
        location="mitte",
        business=BOTH | anna(sites=frozenset({"potsdam"})),
    )
    assert against(case).facts == {"works_at": "potsdam"}
    assert why(against(case)) is Why.PLACE


def test_time_off_is_told_to_the_staff_as_time_off():
    case = a_case(business=anna(time_off=(DateRange(TUESDAY, TUESDAY, a_text("krank")),)))
    found = against(case)
    assert (why(found), found.facts, found.public) == (Why.TIME_OFF, {}, Public.TAKEN)


def test_a_holiday_of_their_own_state_is_taken_for_customers():
    day = date(2026, 11, 18)
    case = a_case("10", day, business=anna(subdivision="SN"))
    found = against(case)
    assert (why(found), found.facts["name"]) == (Why.HOLIDAY, "Buß- und Bettag")
    assert found.public is Public.TAKEN


def test_a_break_says_its_hours():
    case = a_case("12", business=anna(breaks=daily("12-12:30")))
    found = against(case)
    assert (why(found), found.facts) == (Why.BREAK, {"hours": "12:00-12:30"})


def test_an_end_inside_the_break_is_refused_by_the_break():
    case = a_case("11:30", durations=(minutes(45),), business=anna(breaks=daily("12-12:30")))
    assert why(against(case)) is Why.BREAK


def test_a_break_in_the_hour_that_a_clock_change_leaves_out_refuses_nothing():
    night = date(2026, 3, 29)
    hours_and_break = {"hours": daily("0-1"), "breaks": daily("2-3")}
    case = a_case("4", night, business=anna(**hours_and_break))
    assert why(against(case)) is Why.NOT_WORKING


def test_outside_their_hours_they_do_not_work():
    found = against(a_case("17"))
    assert (why(found), found.facts) == (Why.NOT_WORKING, {"hours": "09:00-17:00"})


def test_an_override_replaces_the_hours_that_are_told():
    case = a_case(business=anna(overrides={TUESDAY: hours("14-16")}))
    assert against(case).facts == {"hours": "14:00-16:00"}


def test_an_unknown_calendar_says_its_code_and_when_it_was_read_last():
    read_at = int(datetime(2026, 11, 9, 5, tzinfo=UTC).timestamp())
    found = against(a_case(), Standing(unknown="timeout", synced_at=read_at))
    assert (why(found), found.facts) == (
        Why.UNKNOWN,
        {"code": "timeout", "read": "2026-11-09T05:00:00Z"},
    )
    assert found.public is Public.UNKNOWN


def test_who_does_not_work_then_is_not_called_unknown():
    assert why(against(a_case("17"), Standing(unknown="timeout"))) is Why.NOT_WORKING


def test_a_busy_entry_says_its_status_and_times():
    standing = standing_of([busy("10:20-11", BusyStatus.OOF, TUESDAY)])
    found = against(a_case(), standing)
    assert (why(found), found.facts) == (
        Why.BUSY,
        {"status": "oof", "from": "2026-11-10T09:20:00Z", "to": "2026-11-10T10:00:00Z"},
    )


def test_only_statuses_that_block_the_service_count():
    standing = standing_of([busy("10-11", BusyStatus.TENTATIVE, TUESDAY)])
    assert why(against(a_case(), standing)) is Why.BUSY
    assert against(a_case(blocking=frozenset({BusyStatus.BUSY})), standing) is None


def test_a_second_of_an_entry_is_enough():
    span = busy("9-10", day=TUESDAY).span
    late = replace(busy("9-10"), span=replace(span, end=span.end + timedelta(seconds=1)))
    assert why(against(a_case(), standing_of([late]))) is Why.BUSY
    assert against(a_case(), standing_of([replace(late, span=span)])) is None


def test_a_booking_says_which():
    found = against(a_case(), Standing(claims=(a_claim("10-10:30", booking_id="b7"),)))
    assert (why(found), found.facts["booking"]) == (Why.BOOKED, "b7")


def test_a_hold_is_told_apart_from_a_booking():
    until = int(NOW.timestamp()) + 60
    assert why(against(a_case(), Standing(claims=(a_claim("10-10:30", until=until),)))) is Why.HELD


def test_the_own_buffer_keeps_away_from_entries():
    case = a_case(post_buffer=minutes(10))
    assert why(against(case, standing_of([busy("10:35-11", day=TUESDAY)]))) is Why.BUFFER
    assert against(case, standing_of([busy("10:40-11", day=TUESDAY)])) is None


def test_the_buffer_of_a_booking_keeps_away_from_the_start():
    claim = a_claim("9-9:50")
    widened = claim._replace(busy_end=claim.end + 11 * 60)
    assert why(against(a_case(), Standing(claims=(widened,)))) is Why.BUFFER


def test_an_entry_in_the_way_is_named_before_one_that_is_only_near():
    entries = [busy("9:30-10", day=TUESDAY), busy("10-11", BusyStatus.UNKNOWN, TUESDAY)]
    found = against(a_case(pre_buffer=minutes(5)), standing_of(entries))
    assert (why(found), found.facts["status"]) == (Why.BUSY, "unknown")


def test_the_way_between_two_places_is_told_apart_from_buffers():
    case = a_case(locations=(IN_MITTE,), business=BOTH | anna() | {"default_travel": minutes(45)})
    there = a_claim("9-9:30", place_id="potsdam")
    assert why(against(case, Standing(claims=(there,)))) is Why.TRAVEL
    assert against(case, Standing(claims=(there._replace(place_id="mitte"),))) is None


def test_a_full_day_says_the_cap():
    case = a_case(business=anna(max_per_day=1))
    found = against(case, Standing(claims=(a_claim("14-15"),)))
    assert (why(found), found.facts, found.public) == (Why.CAP_DAY, {"cap": "1"}, Public.TAKEN)


def test_a_full_week_says_the_cap():
    case = a_case(business=anna(max_per_day=5, max_per_week=2))
    claims = (a_claim("14-15", MONDAY), a_claim("14-15"))
    found = against(case, Standing(claims=claims))
    assert (why(found), found.facts) == (Why.CAP_WEEK, {"cap": "2"})


def test_the_last_of_a_cap_may_still_be_booked():
    assert against(a_case(business=anna(max_per_day=1))) is None


# ---- rooms and equipment


def test_a_taken_room_says_what_is_in_it():
    found = unit_against(a_case(), "room:blue", standing_of([busy("10-11", day=TUESDAY)]))
    assert (why(found), found.facts["resource"], found.facts["because"]) == (
        Why.ROOM,
        "room:blue",
        Why.BUSY,
    )


def test_taken_equipment_is_equipment():
    found = unit_against(
        a_case(), "equipment:beamer#2", Standing(claims=(a_claim("10-10:30", booking_id="b7"),))
    )
    assert (why(found), found.facts["booking"]) == (Why.EQUIPMENT, "b7")


def test_a_room_whose_calendar_is_silent_is_unknown_and_not_free():
    found = unit_against(a_case(), "room:blue", Standing(unknown="http_503"))
    assert (why(found), found.public) == (Why.UNKNOWN, Public.UNKNOWN)
    assert found.facts == {"resource": "room:blue", "code": "http_503"}


def test_a_free_room_is_refused_by_nothing():
    assert unit_against(a_case(), "room:blue", Standing()) is None


# ---- what customers may hear


@pytest.mark.parametrize("code", Why)
@pytest.mark.parametrize("staff_id", ["", "anna"])
def test_every_reason_has_a_public_side(code, staff_id):
    assert Reason(code, staff_id, {"subject": "Zahnarzt"}).public in set(Public)


ABSENCES = {
    Why.TIME_OFF,
    Why.BREAK,
    Why.NOT_WORKING,
    Why.BUSY,
    Why.BOOKED,
    Why.HELD,
    Why.BUFFER,
    Why.TRAVEL,
    Why.CAP_DAY,
    Why.CAP_WEEK,
    Why.WAVE,
    Why.DECLARATION,
    Why.HOLIDAY,
    Why.ROOM,
    Why.EQUIPMENT,
}


@pytest.mark.parametrize("code", sorted(ABSENCES))
def test_whatever_keeps_a_person_away_looks_alike_from_outside(code):
    assert Reason(code, "anna").public is Public.TAKEN


def test_where_somebody_is_free_nothing_refuses():
    assert Explanation(NOW, (Reason(Why.BUSY, "anna"),), ("bernd",)).public is None


def test_of_several_persons_taken_says_more_than_elsewhere():
    reasons = (Reason(Why.PLACE, "anna"), Reason(Why.UNKNOWN, "bernd"), Reason(Why.BUSY, "cleo"))
    assert Explanation(NOW, reasons).public is Public.TAKEN
    assert Explanation(NOW, reasons[:2]).public is Public.UNKNOWN
    assert Explanation(NOW, reasons[:1]).public is Public.NOT_THERE


# ---- against the plain sweep


def offered(case: small_businesses.Case, member: StaffMember) -> set[datetime]:
    """The starts of one staff member by slots.py."""
    business, service = case.business, case.service
    window = start_window(service, case.now, business.zone)
    if window is None:
        return set()
    shape = shape_of(business, service, case.duration, case.location_id)
    span = window.served(case.duration)
    working = working_spans(business, service, member, span, case.location_id)
    entries = [i.span for i in case.entries[member.id] if i.status in service.blocking]
    claims = living_claims(case, member)
    return set(within_caps(free_starts(working, entries, shape, window, claims), member, claims))


def standing_in(case: small_businesses.Case, member: StaffMember) -> Standing:
    living = living_claims(case, member)
    return standing_of(case.entries[member.id], living)


def question_in(case: small_businesses.Case, start: datetime) -> Case:
    shape = shape_of(case.business, case.service, case.duration, case.location_id)
    return Case(case.business, case.service, shape, start, case.now, case.location_id)


def assert_nobody_refuses_exactly_what_is_offered(
    case: small_businesses.Case, starts: list[datetime]
) -> None:
    for member in case.business.staff:
        right, standing = offered(case, member), standing_in(case, member)
        for start in {*starts, *sorted(right)[::7]}:
            asked = question_in(case, start)
            found = rule_against(asked) or reason_against(asked, member, standing)
            assert (found is None) == (start in right), (start, member.id, found)


MOMENTS = st.lists(
    st.integers(0, 4 * 288).map(lambda n: n * 300) | st.integers(0, 4 * 86400), max_size=40
)


def from_now(case: small_businesses.Case, seconds: list[int]) -> list[datetime]:
    """Moments from an hour before the day of `now`, most on multiples of five minutes."""
    first = case.now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(hours=1)
    return [first + timedelta(seconds=n) for n in seconds]


@settings(max_examples=120, deadline=None)
@given(small_businesses.a_case(), MOMENTS)
def test_nobody_refuses_exactly_where_the_sweep_finds_a_start(case, seconds):
    assert_nobody_refuses_exactly_what_is_offered(case, from_now(case, seconds))


@settings(max_examples=60, deadline=None)
@given(small_businesses.a_crowded_case(), MOMENTS)
def test_entries_and_bookings_refuse_exactly_where_the_sweep_leaves_nothing(case, seconds):
    assert_nobody_refuses_exactly_what_is_offered(case, from_now(case, seconds))


@pytest.mark.parametrize(("day", "count"), [(date(2026, 3, 29), 19), (date(2026, 10, 25), 27)])
def test_on_days_of_a_clock_change_the_night_has_as_many_starts_as_hours_allow(day, count):
    business = a_business(hours=daily("0-6"), staff=(a_staff_member("anna", hours=daily("0-0")),))
    service = a_service(staff_ids=("anna",), slot_interval=minutes(15))
    business = replace(business, services=(service,))
    shape = shape_of(business, service, service.durations[0])
    now = at("0", day) - timedelta(days=1)
    quarters = [at("0", day) + n * minutes(15) for n in range(-8, 80)]
    cases = [Case(business, service, shape, start, now) for start in quarters]
    free = [c for c in cases if rule_against(c) is None and against(c) is None]
    assert len(free) == count
    assert len({case.start for case in free}) == count
