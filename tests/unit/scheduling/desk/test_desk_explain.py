"""What is explained is what is offered: on every start of the grid, live and fresh."""

from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.booking import BookingState
from scheduling.catalog import HOME, AssignmentPolicy
from scheduling.desk import Finder, HoldOrder, Search
from scheduling.errors import BookingError, NotOffered, UnknownService, UnknownStaffMember
from scheduling.explain import Explanation, Public, Why
from scheduling.index import AvailabilityIndex
from scheduling.timespan import TimeSpan, local_day
from tests.builders import (
    BERLIN,
    MONDAY,
    NOW,
    a_booking,
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
    FAR,
    MITTE,
    ONLINE,
    POTSDAM,
    TODAY,
    World,
    a_room,
    box,
    on_site,
    some_equipment,
)
from tests.unit.scheduling.desk.test_desk_any_order import ACTIONS, MORNING, act, worlds

TEAM = AssignmentPolicy.COLLECTIVE
PLACES = {"places": (MITTE, POTSDAM)}


def finder(world: World, index: AvailabilityIndex | None = None) -> Finder:
    """Another process on the same store, which asks live unless it is given the index."""
    own = index or AvailabilityIndex(world.business, world.clock.now())
    return Finder(world.business, world.calendar, world.store, world.clock, own)


async def explain(world: World, clock: str = "10", **changes) -> Explanation:
    order = HoldOrder(world.service_id, None, at(clock), None, owner="eva")
    return await world.desk.explain(replace(order, **changes))


async def explained(world: World, within: TimeSpan = TODAY, **changes):
    search = replace(Search(world.service_id, None, None, within), **changes)
    return await finder(world).explain_all(search)


async def assert_agree(world: World, asked: Finder, within: TimeSpan = TODAY, **changes):
    """Every start is offered, or else refused by something, for just the same people."""
    search = replace(Search(world.service_id, None, None, within), **changes)
    offer = await asked.offer(search)
    offered = {slot.span.start: slot.staff_ids for slot in offer.slots}
    found = await asked.explain_all(search)
    assert {e.start: e.free for e in found if e.free} == offered
    assert all(bool(e.free) == (e.public is None) for e in found)
    assert offered.keys() <= {e.start for e in found}
    return found


def whys(explanation: Explanation) -> list[tuple[str, Why]]:
    return [(reason.staff_id, reason.why) for reason in explanation.reasons]


# ---- explain and offer agree


BUSY_DAY = (busy("9:20-10:07"), busy("11-11:30"), busy("13-16:01"))


def a_busy_world(**changes) -> World:
    world = World(a_service(post_buffer=minutes(10)), **changes)
    world.calendar.put(box("anna"), *BUSY_DAY)
    world.calendar.put(box("bernd"), busy("10-12"))
    return world


async def test_a_live_look_explains_what_it_offers():
    world = a_busy_world()
    found = await assert_agree(world, finder(world))
    assert len(found) == 48


async def test_a_fresh_index_explains_what_it_offers_and_asks_nobody():
    world = a_busy_world()
    world.fresh("anna", items=BUSY_DAY)
    world.fresh("bernd", items=[busy("10-12")])
    await assert_agree(world, finder(world, world.index))
    assert world.asked() == []


async def test_one_fresh_and_one_live_are_explained_together():
    world = a_busy_world()
    world.fresh("anna", items=BUSY_DAY)
    await assert_agree(world, finder(world, world.index))
    assert set(world.asked()) == {(box("bernd"),)}


async def test_bookings_and_holds_of_others_are_explained():
    world = a_busy_world()
    await world.hold("9", "bernd")
    world.store.put(a_booking("16-16:30", staff_id="bernd"))
    found = {e.start: e for e in await assert_agree(world, finder(world))}
    assert ("bernd", Why.HELD) in whys(found[at("9")])
    assert ("bernd", Why.BOOKED) in whys(found[at("16")])


async def test_the_own_hold_counts_as_free_in_the_explanation_too():
    world = World(a_service())
    held = await world.hold("10", "anna")
    await assert_agree(world, finder(world), ignore_booking=held.id)
    assert (await explain(world, staff_id="anna", ignore_booking=held.id)).free == ("anna",)
    other = await explain(world, staff_id="anna")
    assert whys(other) == [("anna", Why.HELD)]


async def test_a_hold_that_lapsed_refuses_nothing():
    world = World(a_service())
    await world.hold("10", "anna")
    world.clock.advance(minutes(6))
    assert (await explain(world, staff_id="anna")).free == ("anna",)


async def test_who_is_excluded_is_not_explained():
    world = World(a_service())
    world.calendar.put(box("bernd"), busy("10-11"))
    found = await explain(world, excluded_staff_ids=("anna",))
    assert whys(found) == [("bernd", Why.BUSY)]
    nobody = await explain(world, excluded_staff_ids=("anna", "bernd"))
    assert nobody.public is Public.NOT_SERVED


async def test_a_silent_calendar_is_explained_and_the_colleague_is_free():
    world = World(a_service())
    world.calendar.unknown[box("anna")] = "http_503"
    await assert_agree(world, finder(world))
    found = await explain(world)
    assert (whys(found), found.free) == ([("anna", Why.UNKNOWN)], ("bernd",))
    assert found.reasons[0].facts == {"code": "http_503"}
    assert found.public is None


async def test_with_no_calendar_known_the_calendars_are_the_reason():
    world = World(a_service())
    world.calendar.is_down = True
    assert (await explain(world)).public is Public.UNKNOWN
    world.calendar.is_down = False
    world.calendar.unknown[box("anna")] = "timeout"
    world.calendar.put(box("bernd"), busy("10-11"))
    assert (await explain(world)).public is Public.TAKEN


async def test_nobody_is_asked_about_a_time_that_the_rules_refuse():
    world = World(a_service())
    assert whys(await explain(world, "10:10")) == [("", Why.GRID)]
    assert whys(await explain(world, "8")) == [("", Why.LEAD)]
    assert (await explain(world, "17")).public is Public.TAKEN
    assert world.asked() == []


@pytest.mark.parametrize("day", [date(2027, 3, 28), date(2027, 10, 31)])
async def test_explained_and_offered_agree_on_days_of_a_clock_change(day):
    night = {"hours": daily("0-6"), "staff": (a_staff_member("anna", hours=daily("1-0")),)}
    world = World(
        a_service(staff_ids=("anna",), slot_interval=minutes(15), pre_buffer=minutes(5)), **night
    )
    world.clock.now_is = at("0", day) - timedelta(days=2)
    world.calendar.put(box("anna"), busy("3:30-4", day=day))
    found = await assert_agree(world, finder(world), local_day(day, BERLIN))
    assert len(found) == (19 if day.month == 3 else 27)


# ---- one person, a team


async def test_somebody_named_who_does_not_serve_it_is_explained_not_refused():
    world = World(a_service(staff_ids=("anna",)))
    found = await explain(world, staff_id="bernd")
    assert (whys(found), found.public) == ([("bernd", Why.NO_SKILL)], Public.NOT_SERVED)
    assert world.asked() == []


async def test_somebody_who_is_nobody_is_an_error():
    with pytest.raises(UnknownStaffMember):
        await explain(World(a_service()), staff_id="zoe")


async def test_a_service_or_a_place_that_is_none_is_an_error():
    with pytest.raises(UnknownService):
        await explain(World(a_service()), service_id="x")
    with pytest.raises(NotOffered):
        await explain(World(a_service()), location_id="mars")
    with pytest.raises(NotOffered):
        await explain(World(a_service()), duration=minutes(31))


async def test_a_team_is_refused_by_whoever_is_missing():
    world = World(a_service(assignment=TEAM))
    world.calendar.put(box("bernd"), busy("10-11"))
    await assert_agree(world, finder(world))
    found = await explain(world)
    assert (whys(found), found.free) == ([("bernd", Why.BUSY)], ())


async def test_a_named_member_of_a_team_does_not_come_alone():
    world = World(a_service(assignment=TEAM))
    world.calendar.put(box("bernd"), busy("10-11"))
    await assert_agree(world, finder(world), staff_id="anna")
    assert (await explain(world, staff_id="anna")).public is Public.TAKEN


async def test_a_team_with_somebody_not_yet_bookable_says_so():
    later = a_staff_member("bernd", bookable_from=MONDAY + timedelta(days=30))
    world = World(a_service(assignment=TEAM), staff=(a_staff_member("anna"), later))
    await assert_agree(world, finder(world))
    assert whys(await explain(world)) == [("bernd", Why.WAVE)]


# ---- rooms, equipment, places


async def test_a_taken_room_is_the_reason_where_everybody_is_free():
    world = World(a_service(rooms=("blue",)), resources=(a_room("blue", mailbox=box("blue")),))
    world.calendar.put(box("blue"), busy("10-12"))
    await assert_agree(world, finder(world))
    found = await explain(world)
    assert (whys(found), found.public) == ([("", Why.ROOM)], Public.TAKEN)
    assert found.reasons[0].facts["resource"] == "room:blue"


async def test_a_room_with_a_silent_calendar_is_never_called_free():
    world = World(a_service(rooms=("blue",)), resources=(a_room("blue", mailbox=box("blue")),))
    world.calendar.unknown[box("blue")] = "timeout"
    await assert_agree(world, finder(world))
    found = await explain(world)
    assert (whys(found), found.public) == ([("", Why.UNKNOWN)], Public.UNKNOWN)


async def test_one_free_room_of_two_refuses_nothing():
    rooms = (a_room("blue", mailbox=box("blue")), a_room("red"))
    world = World(a_service(rooms=("blue", "red")), resources=rooms)
    world.calendar.put(box("blue"), busy("10-12"))
    await assert_agree(world, finder(world))
    assert (await explain(world)).free == ("anna", "bernd")


async def test_only_what_is_missing_is_named():
    resources = (a_room("blue"), a_room("red"), some_equipment("beamer", units=2))
    world = World(
        a_service(
            rooms=("blue", "red"), equipment=("beamer",), staff_ids=("anna", "bernd", "cleo")
        ),
        names=("anna", "bernd", "cleo"),
        resources=resources,
    )
    taken = ("room:blue", "equipment:beamer#1", "equipment:beamer#2")
    world.store.put(a_booking("10-10:30", staff_id="anna", others=taken))
    await assert_agree(world, finder(world))
    found = await explain(world)
    assert [r.facts["resource"] for r in found.reasons if not r.staff_id] == [
        "equipment:beamer#1",
        "equipment:beamer#2",
    ]


async def test_a_room_that_stands_elsewhere_is_never_called_free():
    world = World(
        a_service(rooms=("blue",), locations=on_site(MITTE)),
        resources=(a_room("blue", place_id="potsdam"),),
        **PLACES,
    )
    await assert_agree(world, finder(world))
    found = await explain(world)
    assert (whys(found), found.public) == ([("", Why.ROOM)], Public.TAKEN)


async def test_the_place_asked_for_decides():
    staff = (
        a_staff_member("anna", sites=frozenset({"mitte"})),
        a_staff_member("bernd", work_places=dict.fromkeys(range(7), HOME)),
    )
    world = World(a_service(locations=(*on_site(MITTE, POTSDAM), ONLINE)), staff=staff, **PLACES)
    for place in ("", "mitte", "potsdam", "teams"):
        await assert_agree(world, finder(world), location_id=place)
    there = await explain(world, location_id="potsdam")
    assert (whys(there), there.public) == (
        [("anna", Why.PLACE), ("bernd", Why.PLACE)],
        Public.NOT_THERE,
    )


# ---- many


async def test_of_hundreds_one_free_colleague_is_enough():
    names = [f"s{n:03}" for n in range(505)]
    world = World(a_service(staff_ids=tuple(names)), names=names)
    for name in names:
        items = () if name == "s504" else (busy("9-17"),)
        world.index.put_calendar(f"staff:{name}", items, NOW, NOW + FAR, NOW + FAR)
    found = await explain(world)
    assert (found.free, found.public) == (("s504",), None)


# ---- whatever happens


@settings(max_examples=50, deadline=None)
@given(worlds(), st.lists(ACTIONS, max_size=8), st.integers(0, 7))
async def test_after_anything_what_is_explained_is_what_is_offered(world, actions, silent):
    for action, number in actions:
        with suppress(BookingError):
            await act(world, action, number)
    for name, bit in zip(("anna", "bernd", "red"), count(), strict=False):
        if silent >> bit & 1:
            world.calendar.unknown[box(name)] = "timeout"
    held = [b for b in world.store.bookings.values() if b.state is BookingState.HELD]
    for service in ("one", "two"):
        world.service_id = service
        await assert_agree(world, finder(world), MORNING)
        await assert_agree(world, finder(world), MORNING, staff_id="anna")
        own = held[0].id if held else None
        await assert_agree(world, finder(world, world.index), MORNING, ignore_booking=own)


async def test_a_day_is_explained_from_opening_to_closing():
    world = World(a_service(), hours=weekdays("8-18"))
    found = await explained(world)
    assert (found[0].start, found[-1].start) == (at("8"), at("17:30"))
    assert (await explained(world, span("3-6"))) == ()
