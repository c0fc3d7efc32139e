"""What once went wrong at the desk: rooms, teams and own holds when others come in between."""

import asyncio
from datetime import timedelta

import pytest

from scheduling.booking import staff_resource
from scheduling.catalog import AssignmentPolicy
from scheduling.desk import Search
from scheduling.errors import CalendarUnavailable, NotOffered, SlotTaken
from tests.builders import (
    MONDAY,
    NOW,
    a_hold_request,
    a_service,
    a_staff_member,
    at,
    busy,
    daily,
    minutes,
    span,
    weekdays,
)
from tests.unit.scheduling.desk.desk_world import (
    MITTE,
    POTSDAM,
    TODAY,
    World,
    a_room,
    box,
    on_site,
    some_equipment,
)

TEN = span("10-10:01")
TEAM = AssignmentPolicy.COLLECTIVE


async def test_an_own_hold_that_cannot_be_replaced_stays_as_it_was():
    service = a_service(
        assignment=TEAM, rooms=("blue",), slot_interval=minutes(15), locations=on_site(MITTE)
    )
    world = World(service, resources=(a_room("blue"),), places=(MITTE, POTSDAM))
    first = await world.hold("10")
    world.store.rivals.append(a_hold_request("10:30-11", owner="max"))
    with pytest.raises(SlotTaken):
        await world.hold("10:15", ignore_booking=first.id)
    assert await world.desk.booking(first.id) == first


async def test_the_same_time_at_another_place_is_another_hold():
    service = a_service(locations=on_site(MITTE, POTSDAM), rooms=("m", "p"))
    world = World(
        service,
        places=(MITTE, POTSDAM),
        resources=(a_room("m", place_id="mitte"), a_room("p", place_id="potsdam")),
    )
    first = await world.hold("10", "anna", location_id="mitte")
    second = await world.hold("10", "anna", location_id="potsdam", ignore_booking=first.id)
    assert (second.place_id, second.others) == ("potsdam", ("room:p",))


async def test_the_own_room_does_not_stand_in_the_way_of_another_person():
    world = World(a_service(rooms=("blue",)), resources=(a_room("blue"),))
    first = await world.hold("10", "anna")
    assert (await world.starts(TEN, staff_id="bernd", ignore_booking=first.id)) == {
        at("10"): ("bernd",)
    }
    assert (await world.hold("10", "bernd", ignore_booking=first.id)).staff_id == "bernd"


async def test_the_own_team_does_not_stand_in_the_way_of_its_member():
    world = World(a_service(assignment=TEAM), a_service(id="single"))
    first = await world.hold("10")
    held = await world.hold("10", "bernd", service_id="single", ignore_booking=first.id)
    assert held.staff_id == "bernd"


async def test_the_way_from_the_own_hold_does_not_count():
    service = a_service(locations=on_site(MITTE, POTSDAM))
    world = World(service, places=(MITTE, POTSDAM), default_travel=minutes(45))
    first = await world.hold("10", "anna", location_id="mitte")
    half_past = span("10:30-10:31")
    assert await world.starts(
        half_past, staff_id="anna", location_id="potsdam", ignore_booking=first.id
    )
    held = await world.hold("10:30", "anna", location_id="potsdam", ignore_booking=first.id)
    assert held.place_id == "potsdam"


async def test_a_fresh_room_that_filled_meanwhile_refuses_the_confirm():
    world = World(a_service(rooms=("blue",)), resources=(a_room("blue", mailbox=box("blue")),))
    world.fresh("anna", "bernd")
    world.fresh(resource="room:blue")
    held = await world.hold("10", "anna")
    world.fresh(resource="room:blue", items=(busy("10-11"),))
    world.calendar.put(box("blue"), busy("10-11"))
    with pytest.raises(SlotTaken):
        await world.confirm(held)


async def test_a_stale_room_is_asked_about_all_hours_of_those_who_are_fresh():
    members = (a_staff_member("anna"), a_staff_member("bernd", hours=weekdays("15-17")))
    world = World(
        a_service(rooms=("blue",)), staff=members, resources=(a_room("blue", mailbox=box("blue")),)
    )
    world.fresh("anna")
    world.calendar.put(box("blue"), busy("9-14"))
    assert min(await world.starts()) == at("14")


async def test_a_silent_room_is_said():
    world = World(a_service(rooms=("blue",)), resources=(a_room("blue", mailbox=box("blue")),))
    world.calendar.unknown[box("blue")] = "timeout"
    offer = await world.offer()
    assert offer.slots == ()
    assert "timeout" in offer.unknown.values()
    with pytest.raises(CalendarUnavailable):
        await world.hold("10")


async def test_who_is_fresh_but_off_that_day_does_not_hide_that_the_calendars_are_down():
    members = (a_staff_member("anna", hours={1: weekdays("9-17")[1]}), a_staff_member("bernd"))
    world = World(staff=members)
    world.fresh("anna")
    world.calendar.is_down = True
    offer = await world.offer()
    assert (offer.slots, offer.asked, offer.calendar_is_down) == ((), ("bernd",), True)


async def test_those_who_do_not_work_then_do_not_use_up_the_hundred():
    names = tuple(f"m{n:03}" for n in range(120))
    off = weekdays("9-17") | {0: ()}
    staff = tuple(a_staff_member(n, hours=weekdays("9-17") if n == "m119" else off) for n in names)
    world = World(a_service(staff_ids=names), staff=staff)
    offer = await world.offer()
    assert {slot.staff_ids for slot in offer.slots} == {("m119",)}
    assert offer.unknown == {}


async def test_nor_do_they_when_a_time_is_held():
    names = tuple(f"m{n:03}" for n in range(120))
    off = weekdays("9-17") | {0: ()}
    staff = tuple(a_staff_member(n, hours=weekdays("9-17") if n == "m119" else off) for n in names)
    world = World(a_service(staff_ids=names), staff=staff)
    assert (await world.hold("10")).staff_id == "m119"


async def test_equipment_that_stands_elsewhere_is_none():
    service = a_service(equipment=("beamer",), locations=on_site(MITTE))
    world = World(
        service, places=(MITTE, POTSDAM), resources=(some_equipment(place_id="potsdam"),)
    )
    assert await world.starts() == {}


async def test_a_team_of_which_one_does_not_work_then_is_not_offered():
    members = (a_staff_member("anna"), a_staff_member("bernd", hours=weekdays("14-17")))
    world = World(a_service(assignment=TEAM), staff=members)
    with pytest.raises(NotOffered):
        await world.hold("10")


async def test_in_turn_the_same_slot_again_keeps_who_was_assigned():
    world = World(a_service(assignment=AssignmentPolicy.IN_TURN))
    first = await world.hold("10")
    again = await world.hold("10", ignore_booking=first.id)
    assert (again.id, again.staff_id) == (first.id, "anna")


async def test_in_turn_the_own_hold_about_to_go_is_no_turn():
    world = World(a_service(assignment=AssignmentPolicy.IN_TURN))
    first = await world.hold("10")
    assert (await world.hold("14", ignore_booking=first.id)).staff_id == "anna"


async def test_a_look_begun_before_midnight_and_ended_after_harms_nobody():
    every_day = {"hours": daily("9-17")}
    world = World(staff=(a_staff_member("anna", **every_day), a_staff_member("bernd")))
    world.fresh("anna", "bernd")
    await world.offer()
    late = at("0", MONDAY + timedelta(days=1)) - timedelta(seconds=1)

    class Slow(type(world.calendar)):
        async def free_busy(self, mailboxes, span):
            if "bernd" in str(mailboxes):
                world.clock.now_is = late + timedelta(seconds=2)
                await world.offer(staff_id="anna")  # somebody else's
            return await super().free_busy(mailboxes, span)

    world.clock.now_is = late
    world.fresh("anna")
    world.index.distrust("staff:bernd")
    world.calendar.__class__ = Slow
    await world.offer(staff_id="bernd")
    world.clock.now_is = at("14", MONDAY + timedelta(days=1))
    world.fresh("anna")
    await world.offer(staff_id="anna")
    whole = span("0-0", MONDAY + timedelta(days=1)).start
    days = type(TODAY)(whole, whole + timedelta(days=62))
    got = (await world.offer(days, staff_id="anna")).slots
    assert got == (await world.more().offer(Search("advice", None, "anna", days))).slots
    (view,) = world.index._views.values()
    assert len(set(view.grid.starts)) == len(view.grid.starts)


async def test_a_cap_is_kept_when_two_come_at_once():
    world = World(staff=(a_staff_member("anna", max_per_day=1),))

    class Slow(type(world.calendar)):
        async def free_busy(self, mailboxes, span):
            await asyncio.sleep(0)
            return await super().free_busy(mailboxes, span)

    class SlowStore(type(world.store)):
        async def hold(self, request, now):
            await asyncio.sleep(0)
            return await super().hold(request, now)

    world.calendar.__class__ = Slow
    world.store.__class__ = SlowStore
    both = (world.hold(clock, "anna", owner=clock) for clock in ("10", "14"))
    results = await asyncio.gather(*both, return_exceptions=True)
    assert sum(isinstance(each, SlotTaken) for each in results) == 1


async def test_a_taken_room_needs_no_calendar_of_anybody():
    names = tuple(f"m{n:03}" for n in range(120))
    world = World(
        a_service(staff_ids=names, rooms=("blue",)), names=names, resources=(a_room("blue"),)
    )
    world.fresh(*names)
    await world.hold("10", "m000", owner="max")
    before = len(world.asked())
    with pytest.raises(SlotTaken):
        await world.hold("10")
    assert len(world.asked()) - before <= 1


async def test_where_not_everybody_was_asked_nobody_says_taken():
    names = tuple(f"m{n:03}" for n in range(130))
    world = World(a_service(staff_ids=names), names=names)
    for n in range(100):
        world.calendar.put(box(f"m{n:03}"), busy("10-11"))
    try:
        held = await world.hold("10")
    except CalendarUnavailable:
        return
    assert held.staff_id >= "m100"


async def test_what_is_known_up_to_yesterdays_end_is_not_offered_beyond_it():
    world = World()
    wednesday, thursday, last = (MONDAY + timedelta(days=n) for n in (2, 3, 63))
    world.clock.now_is = at("12", wednesday)
    world.index.advance(world.clock.now())
    end = world.index.window.end
    for name in ("anna", "bernd"):
        world.index.put_calendar(staff_resource(name), (), NOW, end, NOW + timedelta(days=5))
        world.calendar.put(box(name), busy("0-23:59", day=last))
    await world.offer()
    world.clock.now_is = at("12", thursday)
    assert await world.starts(span("9-12", last)) == {}


async def test_a_unit_lost_in_the_race_leads_to_the_next():
    world = World(a_service(equipment=("beamer",)), resources=(some_equipment(units=2),))
    world.store.rivals.append(a_hold_request(owner="max", others=("equipment:beamer#1",)))
    assert (await world.hold("10", "bernd")).others == ("equipment:beamer#2",)
