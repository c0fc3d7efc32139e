"""Rooms, equipment, teams, places, caps, waves: what a booking needs besides one person."""

import asyncio
from datetime import timedelta

import pytest

from scheduling.booking import BookingState
from scheduling.catalog import HOME, AssignmentPolicy
from scheduling.errors import (
    CalendarUnavailable,
    LimitReached,
    NotOffered,
    SlotTaken,
    UnknownStaffMember,
)
from tests.builders import (
    MONDAY,
    a_booking,
    a_hold_request,
    a_service,
    a_staff_member,
    at,
    busy,
    hours,
    minutes,
    span,
    weekdays,
)
from tests.unit.scheduling.desk.desk_world import (
    MITTE,
    ONLINE,
    POTSDAM,
    World,
    a_room,
    box,
    on_site,
    some_equipment,
)

BLUE, RED = a_room("blue"), a_room("red")
TEAM = AssignmentPolicy.COLLECTIVE
BOTH_PLACES = {"places": (MITTE, POTSDAM)}
TEN = span("10-10:01")


def a_house(*resources, **changes) -> World:
    """Both rooms and everything described serve the service."""
    rooms = tuple(r.id for r in resources if r.kind == "room")
    equipment = tuple(r.id for r in resources if r.kind == "equipment")
    service = a_service(rooms=rooms, equipment=equipment, **changes)
    return World(service, resources=resources, **BOTH_PLACES)


# ---- rooms


async def test_a_slot_names_a_room_that_is_free_then():
    world = a_house(BLUE, RED)
    await world.hold("10", "anna")
    rooms = {slot.span.start: slot.room_id for slot in (await world.offer()).slots}
    assert (rooms[at("9")], rooms[at("10")]) == ("blue", "red")


async def test_with_the_last_room_taken_nobody_is_offered():
    world = a_house(BLUE)
    await world.hold("10", "anna")
    assert at("10") not in await world.starts()
    assert at("10:30") in await world.starts()
    with pytest.raises(SlotTaken):
        await world.hold("10", "bernd", owner="max")


async def test_a_hold_claims_the_room_with_its_buffers():
    world = a_house(BLUE, post_buffer=minutes(30))
    held = await world.hold("10", "anna")
    assert held.others == ("room:blue",)
    assert at("10:30") not in await world.starts()
    assert at("11") in await world.starts()


async def test_a_room_lost_in_the_race_leads_to_the_next():
    world = a_house(BLUE, RED)
    world.store.rivals.append(a_hold_request(owner="max", others=("room:blue",)))
    assert (await world.hold("10", "bernd")).others == ("room:red",)


async def test_another_service_in_the_same_room_is_in_the_way():
    course = a_service(id="course", rooms=("blue",))
    world = World(a_service(rooms=("blue",)), course, resources=(BLUE,))
    await world.hold("10", "anna", service_id="course")
    assert at("10") not in await world.starts()


async def test_the_calendar_of_a_room_counts():
    world = a_house(a_room(mailbox=box("blue")))
    world.calendar.put(box("blue"), busy("9-16"))
    assert min(await world.starts()) == at("16")
    with pytest.raises(SlotTaken):
        await world.hold("10")


async def test_a_room_whose_calendar_is_silent_is_not_offered_its_neighbour_is():
    world = a_house(a_room("blue", mailbox=box("blue")), RED)
    world.calendar.unknown[box("blue")] = "timeout"
    assert {slot.room_id for slot in (await world.offer()).slots} == {"red"}
    assert (await world.hold("10")).others == ("room:red",)


async def test_confirming_asks_for_the_room_as_well():
    world = a_house(a_room(mailbox=box("blue")))
    held = await world.hold("10", "anna")
    await world.confirm(held)
    assert world.asked()[-1] == (box("anna"), box("blue"))


async def test_a_room_that_filled_meanwhile_refuses_and_frees_everything():
    world = a_house(a_room(mailbox=box("blue")))
    held = await world.hold("10", "anna")
    world.calendar.put(box("blue"), busy("10:15-11"))
    with pytest.raises(SlotTaken):
        await world.confirm(held)
    assert world.store.states() == [BookingState.CANCELLED]


async def test_a_room_that_falls_silent_keeps_the_hold():
    world = a_house(a_room(mailbox=box("blue")))
    held = await world.hold("10", "anna")
    world.calendar.unknown[box("blue")] = "http_503"
    with pytest.raises(CalendarUnavailable):
        await world.confirm(held)
    assert world.store.states() == [BookingState.HELD]


async def test_another_room_that_is_silent_does_not_stop_a_confirm():
    world = a_house(BLUE, a_room("red", mailbox=box("red")))
    held = await world.hold("10", "anna")
    world.calendar.unknown[box("red")] = "timeout"
    assert (await world.confirm(held)).state is BookingState.NOTED


async def test_a_room_elsewhere_is_none():
    world = a_house(a_room("blue", place_id="potsdam"), locations=on_site(MITTE))
    assert await world.starts() == {}
    with pytest.raises(SlotTaken):
        await world.hold("10")


async def test_the_own_room_counts_as_free():
    world = a_house(BLUE)
    held = await world.hold("10", "anna")
    assert (await world.starts(TEN, ignore_booking=held.id)) == {at("10"): ("anna", "bernd")}


# ---- equipment


async def test_two_units_serve_two_at_once_and_no_third():
    world = World(
        a_service(equipment=("beamer",), staff_ids=("anna", "bernd", "cleo")),
        names=("anna", "bernd", "cleo"),
        resources=(some_equipment(units=2),),
    )
    first = await world.hold("10", "anna")
    second = await world.hold("10", "bernd", owner="max")
    assert (first.others, second.others) == (("equipment:beamer#1",), ("equipment:beamer#2",))
    assert at("10") not in await world.starts()
    with pytest.raises(SlotTaken):
        await world.hold("10", "cleo", owner="pia")


async def test_all_equipment_must_be_free_at_the_same_time():
    world = a_house(some_equipment("beamer"), some_equipment("car"))
    held = await world.hold("10", "anna")
    assert held.others == ("equipment:beamer", "equipment:car")
    assert at("10") not in await world.starts()


async def test_two_services_share_one_unit():
    other = a_service(id="other", equipment=("beamer",))
    world = World(a_service(equipment=("beamer",)), other, resources=(some_equipment(),))
    await world.hold("10", "anna", service_id="other")
    with pytest.raises(SlotTaken):
        await world.hold("10", "bernd", owner="max")


# ---- a team


def a_team(**changes) -> World:
    return World(a_service(assignment=TEAM, **changes))


async def test_a_team_is_offered_where_all_are_free():
    world = a_team()
    world.calendar.put(box("bernd"), busy("9-16"))
    assert await world.starts() == {
        at("16"): ("anna", "bernd"),
        at("16:30"): ("anna", "bernd"),
    }


async def test_a_team_is_claimed_whole_and_the_first_keeps_the_event():
    world = a_team()
    held = await world.hold("10")
    assert (held.staff_ids, held.reason) == (("anna", "bernd"), "collective of=2")


async def test_one_busy_member_refuses_the_team():
    world = a_team()
    world.calendar.put(box("bernd"), busy("10-10:15"))
    with pytest.raises(SlotTaken):
        await world.hold("10")
    assert world.store.bookings == {}


async def test_one_silent_member_is_the_calendars_fault():
    world = a_team()
    world.calendar.unknown[box("bernd")] = "timeout"
    assert (await world.offer()).slots == ()
    with pytest.raises(CalendarUnavailable):
        await world.hold("10")


async def test_confirming_looks_at_the_calendars_of_all():
    world = a_team()
    held = await world.hold("10")
    await world.confirm(held)
    assert world.asked()[-1] == (box("anna"), box("bernd"))


async def test_a_member_who_got_busy_meanwhile_refuses_the_confirm():
    world = a_team()
    held = await world.hold("10")
    world.calendar.put(box("bernd"), busy("10-10:30"))
    with pytest.raises(SlotTaken):
        await world.confirm(held)
    assert world.store.states() == [BookingState.CANCELLED]


async def test_a_team_keeps_each_of_its_members_busy_elsewhere():
    single = a_service(id="single")
    world = World(a_service(assignment=TEAM), single)
    await world.hold("10")
    assert at("10") not in await world.starts(service_id="single")
    with pytest.raises(SlotTaken):
        await world.hold("10", "bernd", service_id="single", owner="max")


async def test_a_team_without_one_who_may_be_booked_is_not_offered():
    later = a_staff_member("bernd", bookable_from=MONDAY + timedelta(days=1))
    world = World(a_service(assignment=TEAM), staff=(a_staff_member("anna"), later))
    assert (await world.offer()).slots == ()
    with pytest.raises(NotOffered):
        await world.hold("10")


async def test_the_own_hold_of_a_team_counts_as_free_for_all():
    world = a_team()
    held = await world.hold("10")
    assert (await world.starts(TEN, ignore_booking=held.id)) == {at("10"): ("anna", "bernd")}


# ---- in turn


async def test_in_turn_goes_round_in_the_order_of_the_file():
    names = ("anna", "bernd", "cleo")
    service = a_service(assignment=AssignmentPolicy.IN_TURN, staff_ids=names)
    world = World(service, names=names)
    given = []
    for number, clock in enumerate(("10", "11", "12", "13")):
        world.clock.advance(timedelta(seconds=1))
        given.append((await world.hold(clock, owner=f"customer-{number}")).staff_id)
    assert given == ["anna", "bernd", "cleo", "anna"]


async def test_who_is_busy_is_passed_over_and_the_turn_goes_on():
    world = World(a_service(assignment=AssignmentPolicy.IN_TURN))
    world.calendar.put(box("anna"), busy("9-12"))
    held = await world.hold("10")
    assert (held.staff_id, held.reason) == ("bernd", "in_turn after=- of=1")


# ---- places and ways


def two_places(**staff) -> World:
    service = a_service(locations=(*on_site(MITTE, POTSDAM), ONLINE))
    members = tuple(a_staff_member(name, **changes) for name, changes in staff.items())
    return World(service, staff=members, default_travel=minutes(45), **BOTH_PLACES)


async def test_a_place_is_served_by_those_whose_site_it_is():
    world = two_places(anna={"sites": frozenset({"mitte"})}, bernd={})
    assert (await world.starts(TEN, location_id="mitte")) == {at("10"): ("anna", "bernd")}
    assert (await world.starts(TEN, location_id="potsdam")) == {at("10"): ("bernd",)}
    assert (await world.starts(TEN, location_id="teams")) == {at("10"): ("anna", "bernd")}


async def test_who_works_at_home_that_day_meets_nobody_in_person():
    world = two_places(anna={"work_places": {0: HOME, 1: "mitte"}}, bernd={"weight": 1})
    tuesday = MONDAY + timedelta(days=1)
    assert (await world.starts(TEN, location_id="mitte")) == {at("10"): ("bernd",)}
    there = await world.starts(span("10-10:01", tuesday), location_id="mitte")
    assert there == {at("10", tuesday): ("anna", "bernd")}
    assert "anna" in (await world.starts(TEN, location_id="teams"))[at("10")]


async def test_naming_somebody_who_is_never_there_is_not_offered():
    world = two_places(anna={"sites": frozenset({"mitte"})}, bernd={})
    with pytest.raises(NotOffered):
        await world.hold("10", "anna", location_id="potsdam")
    with pytest.raises(UnknownStaffMember):
        await world.hold("10", "carla", location_id="mitte")


async def test_a_place_the_service_does_not_know_is_refused():
    world = World(a_service(locations=on_site(MITTE)), **BOTH_PLACES)
    with pytest.raises(NotOffered):
        await world.offer(location_id="potsdam")


async def test_the_way_between_two_places_is_kept_free():
    world = two_places(anna={})
    await world.hold("12", "anna", location_id="mitte")
    starts = await world.starts(span("10-15"), location_id="potsdam")
    assert at("10:30") in starts
    assert not starts.keys() & {at(c) for c in ("11", "11:30", "12", "12:30", "13")}
    assert at("13:30") in starts
    assert at("12:30") in await world.starts(location_id="mitte")
    assert at("12:30") in await world.starts(location_id="teams")
    with pytest.raises(SlotTaken):
        await world.hold("13", "anna", location_id="potsdam", owner="max")
    await world.hold("13:30", "anna", location_id="potsdam", owner="max")


async def test_the_way_decides_in_the_store_as_well():
    world = two_places(anna={}, bernd={})
    world.store.rivals.append(a_hold_request("10:30-11", owner="max", place_id="mitte"))
    assert (await world.hold("10", location_id="potsdam")).staff_id == "bernd"


# ---- buffers


@pytest.mark.parametrize(("shared", "first"), [(True, "10:45"), (False, "11")])
@pytest.mark.parametrize("is_fresh", [True, False])
async def test_of_two_buffers_that_are_shared_the_larger_counts(shared, first, is_fresh):
    service = a_service(
        shared_buffers=shared,
        pre_buffer=minutes(15),
        post_buffer=minutes(15),
        slot_interval=minutes(15),
    )
    world = World(service, names=("anna",))
    if is_fresh:
        world.fresh("anna")
    await world.hold("10", "anna")
    assert min(await world.starts(span("10-12"))) == at(first)
    assert (await world.hold(first, "anna", owner="max")).span.start == at(first)


# ---- caps and limits


async def test_a_hold_counts_for_the_cap_of_the_day():
    members = (a_staff_member("anna", max_per_day=1), a_staff_member("bernd"))
    world = World(staff=members)
    held = await world.hold("10", "anna")
    assert set((await world.starts()).values()) == {("bernd",)}
    tuesday = span("9-10", MONDAY + timedelta(days=1))
    assert ("anna", "bernd") in (await world.starts(tuesday)).values()
    with pytest.raises(SlotTaken):
        await world.hold("14", "anna", owner="max")
    await world.desk.release(held.id, "eva")
    assert at("14") in await world.starts(staff_id="anna")


async def test_a_cap_of_the_week_ends_with_sunday():
    world = World(staff=(a_staff_member("anna", max_per_week=1),))
    await world.hold("10", "anna")
    friday, monday = (MONDAY + timedelta(days=n) for n in (4, 7))
    assert await world.starts(span("9-17", friday)) == {}
    assert await world.starts(span("9-17", monday)) != {}


async def test_the_own_hold_does_not_fill_the_cap_for_its_owner():
    world = World(staff=(a_staff_member("anna", max_per_day=1),))
    held = await world.hold("10", "anna")
    assert at("14") in await world.starts(ignore_booking=held.id)
    moved = await world.hold("14", "anna", ignore_booking=held.id)
    assert moved.span == span("14-14:30")


async def test_a_hold_that_lapsed_frees_its_cap():
    world = World(staff=(a_staff_member("anna", max_per_day=1),))
    await world.hold("10", "anna")
    world.clock.advance(minutes(5))
    assert at("14") in await world.starts()


async def test_a_customers_limit_is_told_when_confirming():
    world = World(a_service(customer_limit=1))
    await world.confirm(await world.hold("10", "anna"))
    again = await world.hold("11", "anna")
    with pytest.raises(LimitReached):
        await world.confirm(again)
    assert world.store.states() == [BookingState.NOTED, BookingState.HELD]


# ---- waves


async def test_a_wave_opens_on_its_day_at_midnight_of_the_business():
    tomorrow = MONDAY + timedelta(days=1)
    world = World(staff=(a_staff_member("anna", bookable_from=tomorrow), a_staff_member("bernd")))
    day = span("10-10:01", MONDAY + timedelta(days=2))
    world.clock.now_is = at("0", tomorrow) - timedelta(seconds=1)
    assert set((await world.starts(day)).values()) == {("bernd",)}
    with pytest.raises(NotOffered):
        await world.hold("14", "anna")
    world.clock.now_is = at("0", tomorrow)
    assert set((await world.starts(day)).values()) == {("anna", "bernd")}


async def test_only_who_signed_the_declaration_in_force_can_be_booked():
    members = (
        a_staff_member("anna", declaration="2"),
        a_staff_member("bernd", declaration="1"),
        a_staff_member("cleo"),
    )
    service = a_service(staff_ids=("anna", "bernd", "cleo"))
    world = World(service, staff=members, declaration_version="2")
    offer = await world.offer()
    assert (offer.asked, {slot.staff_ids for slot in offer.slots}) == (("anna",), {("anna",)})
    assert world.asked() == [(box("anna"),)]


# ---- not offered, or taken


async def test_what_the_rules_forbid_is_not_offered_and_asks_nobody():
    late = a_staff_member("anna", hours=weekdays("14-17"))
    world = World(staff=(late, a_staff_member("bernd", overrides={MONDAY: hours("13-17")})))
    with pytest.raises(NotOffered):
        await world.hold("10")
    assert world.asked() == []


async def test_what_is_busy_for_everybody_is_taken():
    world = World()
    for name in ("anna", "bernd"):
        world.store.put(a_booking(id=name, staff_id=name))
    with pytest.raises(SlotTaken):
        await world.hold("10")


async def test_two_at_once_on_the_last_room_are_one_hold():
    world = a_house(BLUE)
    both = (world.hold("10", name, owner=name) for name in ("anna", "bernd"))
    results = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(type(each).__name__ for each in results) == ["Booking", "SlotTaken"]
