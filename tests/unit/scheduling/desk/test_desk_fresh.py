"""Answers out of the index, and live looks for whatever it does not know to the second."""

from datetime import timedelta

import pytest

from scheduling.booking import BookingState
from scheduling.catalog import AssignmentPolicy, BusyStatus
from scheduling.desk import HoldOrder, Search
from scheduling.errors import NotOffered, SlotTaken
from scheduling.index import AvailabilityIndex
from tests.builders import (
    MONDAY,
    a_booking,
    a_hold_request,
    a_service,
    a_staff_member,
    at,
    busy,
    by_start,
    minutes,
    span,
    weekdays,
)
from tests.unit.scheduling.desk.desk_world import (
    MITTE,
    World,
    a_room,
    box,
    on_site,
)

TEN = span("10-10:01")


@pytest.fixture
def world() -> World:
    return World()


def crowd(count: int, **changes) -> World:
    """`count` people who all serve."""
    names = tuple(f"m{n:03}" for n in range(count))
    return World(a_service(staff_ids=names, **changes), names=names)


# ---- who is asked


async def test_who_is_fresh_is_offered_without_any_call(world):
    world.fresh("anna", items=(busy("9-16:30"),))
    world.fresh("bernd")
    slots = await world.starts(span("16-17"))
    assert slots == {at("16"): ("bernd",), at("16:30"): ("anna", "bernd")}
    assert world.asked() == []


async def test_only_who_is_stale_is_asked_in_one_call():
    world = crowd(5)
    world.fresh("m001", "m003")
    world.calendar.put(box("m004"), busy("9-17"))
    assert (await world.starts(TEN)) == {at("10"): ("m000", "m001", "m002", "m003")}
    assert world.asked() == [(box("m000"), box("m002"), box("m004"))]


async def test_knowledge_past_its_time_is_asked_anew(world):
    world.fresh("anna", "bernd")
    world.calendar.put(box("anna"), busy("9-17"))
    world.clock.advance(timedelta(hours=1, seconds=1))
    assert set((await world.starts()).values()) == {("bernd",)}
    assert world.asked() == [(box("anna"), box("bernd"))]


async def test_a_change_that_was_told_shows_at_once(world):
    world.fresh("anna", "bernd")
    assert at("10") in await world.starts(staff_id="anna")
    world.fresh("anna", items=(busy("10-10:30"),))
    assert at("10") not in await world.starts(staff_id="anna")
    assert world.asked() == []


async def test_a_mailbox_that_fails_is_never_offered_its_colleagues_are(world):
    world.fresh("anna", "bernd")
    world.index.put_unknown("staff:anna", "mailbox_not_found")
    world.calendar.unknown[box("anna")] = "mailbox_not_found"
    offer = await world.offer()
    assert {slot.staff_ids for slot in offer.slots} == {("bernd",)}
    assert offer.unknown == {"anna": "mailbox_not_found"}
    assert world.asked() == [(box("anna"),)]


async def test_old_knowledge_does_not_stand_in_for_a_calendar_that_is_silent(world):
    world.fresh("anna")
    world.clock.advance(timedelta(hours=2))
    world.calendar.is_down = True
    offer = await world.offer()
    assert offer.slots == ()
    assert offer.calendar_is_down


async def test_all_are_stale_and_at_most_a_hundred_are_asked_the_rest_is_named():
    world = crowd(130)
    offer = await world.offer(TEN)
    (asked,) = world.asked()
    assert len(asked) == 100
    (slot,) = offer.slots
    assert {box(name) for name in slot.staff_ids} == set(asked)
    assert len(offer.unknown) == 30
    assert offer.unknown.keys().isdisjoint(slot.staff_ids)


async def test_of_many_who_are_stale_those_read_lately_need_no_call():
    world = crowd(130)
    for n in range(40):
        world.known(f"staff:m{n:03}", ago=minutes(10))
    offer = await world.offer(TEN)
    (asked,) = world.asked()
    assert (len(asked), offer.unknown) == (90, {})
    assert len(offer.slots[0].staff_ids) == 130


async def test_status_that_does_not_block_leaves_a_fresh_time_open(world):
    world.fresh("anna", items=(busy("9-17", BusyStatus.WORKING_ELSEWHERE),))
    world.fresh("bernd", items=(busy("9-17", BusyStatus.UNKNOWN),))
    assert (await world.starts(TEN)) == {at("10"): ("anna",)}


async def test_as_many_names_as_wanted_are_told_in_the_order_of_the_file():
    world = crowd(6)
    world.fresh("m004", "m005")
    slots = await world.starts(TEN, most_names=3)
    assert slots == {at("10"): ("m000", "m001", "m002")}


async def test_fresh_and_live_say_the_same():
    members = (
        a_staff_member("anna", hours=weekdays("9-12", "13:30-17"), max_per_day=2),
        a_staff_member("bernd", work_places={0: "mitte"}),
    )
    service = a_service(
        locations=on_site(MITTE), pre_buffer=minutes(10), slot_interval=minutes(15)
    )
    entries = (busy("9:50-10:20"), busy("15:01-15:02", BusyStatus.TENTATIVE))
    answers = []
    for is_fresh in (True, False):
        world = World(service, staff=members, places=(MITTE,))
        world.store.put(a_booking("14-14:30"))
        if is_fresh:
            world.fresh("anna", "bernd", items=entries)
        world.calendar.put(box("anna"), *entries)
        world.calendar.put(box("bernd"), *entries)
        answers.append(await world.starts(location_id="mitte"))
        assert bool(world.asked()) is not is_fresh
    assert answers[0] == answers[1] != {}


# ---- the store


async def test_a_change_by_another_process_shows_in_the_next_offer(world):
    world.fresh("anna", "bernd")
    await world.offer()
    other = world.more()
    held = await other.hold(HoldOrder("advice", None, at("10"), "anna", owner="max"))
    assert (await world.starts(TEN)) == {at("10"): ("bernd",)}
    await other.release(held.id, "max")
    assert (await world.starts(TEN)) == {at("10"): ("anna", "bernd")}


async def test_a_hold_lapses_in_the_index_without_being_told(world):
    world.fresh("anna", "bernd")
    await world.hold("10", "anna")
    assert (await world.starts(TEN)) == {at("10"): ("bernd",)}
    world.clock.advance(minutes(5))
    assert (await world.starts(TEN)) == {at("10"): ("anna", "bernd")}


async def test_an_extended_hold_lapses_at_its_new_end(world):
    world.fresh("anna", "bernd")
    held = await world.hold("10", "anna")
    world.clock.advance(minutes(4))
    await world.desk.extend(held.id, "eva")
    world.clock.advance(minutes(4))
    assert (await world.starts(TEN)) == {at("10"): ("bernd",)}
    world.clock.advance(minutes(1))
    assert (await world.starts(TEN)) == {at("10"): ("anna", "bernd")}


async def test_a_confirmed_hold_does_not_lapse(world):
    world.fresh("anna", "bernd")
    await world.confirm(await world.hold("10", "anna"))
    world.clock.advance(minutes(30))
    assert (await world.starts(TEN)) == {at("10"): ("bernd",)}


async def test_who_missed_too_many_changes_reads_all_claims_anew(world):
    class Forgetful(type(world.store)):
        async def changed_since(self, position):
            changed = await super().changed_since(position)
            return type(changed)(changed.position, None)

    world.fresh("anna", "bernd")
    world.store.__class__ = Forgetful
    held = await world.hold("10", "anna")
    assert (await world.starts(TEN)) == {at("10"): ("bernd",)}
    await world.store.release_hold(held.id, "eva", world.clock.now())
    assert (await world.starts(TEN)) == {at("10"): ("anna", "bernd")}


async def test_a_booking_made_while_the_calendars_were_asked_is_not_offered(world):
    class Slow(type(world.calendar)):
        async def free_busy(self, mailboxes, span):
            await world.store.hold(a_hold_request(owner="max"), world.clock.now())
            return await super().free_busy(mailboxes, span)

    world.calendar.__class__ = Slow
    assert (await world.starts(TEN)) == {at("10"): ("bernd",)}


async def test_the_own_hold_counts_as_free_on_the_fresh_path(world):
    world.fresh("anna", "bernd")
    held = await world.hold("10", "anna")
    calls = len(world.asked())
    assert (await world.starts(TEN, ignore_booking=held.id)) == {at("10"): ("anna", "bernd")}
    assert (await world.starts(TEN)) == {at("10"): ("bernd",)}
    assert len(world.asked()) == calls


async def test_the_own_hold_of_a_fresh_team_with_its_room_counts_as_free():
    service = a_service(assignment=AssignmentPolicy.COLLECTIVE, rooms=("blue",))
    world = World(service, resources=(a_room("blue"),))
    world.fresh("anna", "bernd")
    held = await world.hold("10")
    assert await world.starts(TEN) == {}
    assert (await world.starts(TEN, ignore_booking=held.id)) == {at("10"): ("anna", "bernd")}


async def test_another_hold_is_not_freed_by_ignoring_the_own(world):
    world.fresh("anna", "bernd")
    await world.hold("10", "anna", owner="max")
    own = await world.hold("10", "bernd")
    assert (await world.starts(TEN, ignore_booking=own.id)) == {at("10"): ("bernd",)}


async def test_the_window_rolls_on_with_the_days(world):
    tuesday = MONDAY + timedelta(days=1)
    world.fresh("anna", "bernd")
    await world.offer()
    world.clock.now_is = at("7", tuesday)
    world.fresh("anna", items=(busy("9-17", day=tuesday),))
    world.fresh("bernd")
    far = MONDAY + timedelta(days=58)
    assert set((await world.starts(span("9-17", tuesday))).values()) == {("bernd",)}
    assert set((await world.starts(span("9-17", far))).values()) == {("anna", "bernd")}
    assert world.asked() == []


# ---- rooms known by the index


async def test_a_fresh_room_needs_no_call_and_its_entries_count():
    room = a_room("blue", mailbox=box("blue"))
    world = World(a_service(rooms=("blue",)), resources=(room,))
    world.fresh("anna", "bernd")
    world.fresh(resource="room:blue", items=(busy("9-16:30"),))
    assert (await world.starts()).keys() == {at("16:30")}
    assert world.asked() == []


async def test_a_stale_room_alone_is_asked_for():
    room = a_room("blue", mailbox=box("blue"))
    world = World(a_service(rooms=("blue",)), resources=(room,))
    world.fresh("anna", "bernd")
    world.calendar.put(box("blue"), busy("9-16:30"))
    assert (await world.starts()).keys() == {at("16:30")}
    assert world.asked() == [(box("blue"),)]


# ---- holding


async def test_a_hold_asks_live_whatever_the_index_knows(world):
    world.fresh("anna", "bernd")
    world.calendar.put(box("anna"), busy("10-10:30"))
    with pytest.raises(SlotTaken):
        await world.hold("10", "anna")
    assert world.asked() == [(box("anna"),)]


async def test_of_500_free_ones_only_the_next_twenty_are_asked():
    world = crowd(500)
    world.fresh(*(m.id for m in world.business.staff))
    held = await world.hold("10")
    (asked,) = world.asked()
    assert len(asked) == 20
    assert box(held.staff_id) == asked[0]


async def test_each_further_round_asks_twenty_more():
    world = crowd(500)
    world.fresh(*(m.id for m in world.business.staff))
    for n in range(45):
        world.calendar.put(box(f"m{n:03}"), busy("10-11"))
    assert (await world.hold("10")).staff_id == "m045"
    assert [len(mailboxes) for mailboxes in world.asked()] == [20, 20, 20]


async def test_who_the_index_knows_to_be_busy_is_not_even_asked():
    world = crowd(120)
    world.fresh(*(m.id for m in world.business.staff))
    for n in range(110):
        world.fresh(f"m{n:03}", items=(busy("10-11"),))
    assert (await world.hold("10")).staff_id == "m110"
    assert world.asked() == [tuple(box(f"m{n}") for n in range(110, 120))]


async def test_many_who_are_known_to_be_busy_are_taken_not_unheard_of():
    world = crowd(120)
    world.fresh(*(m.id for m in world.business.staff), items=(busy("10-11"),))
    with pytest.raises(SlotTaken):
        await world.hold("10")
    with pytest.raises(NotOffered):
        await world.hold("10:10")
    assert world.asked() == []


async def test_the_own_hold_can_be_taken_again_among_many():
    world = crowd(120)
    world.fresh(*(m.id for m in world.business.staff))
    first = await world.hold("10", "m050")
    again = await world.hold("10", "m050", ignore_booking=first.id)
    assert again.id == first.id
    assert world.store.states() == [BookingState.HELD]


async def test_every_fresh_slot_can_be_held():
    members = (a_staff_member("anna", max_per_day=40), a_staff_member("bernd"))
    service = a_service(shared_buffers=True, pre_buffer=minutes(15), post_buffer=minutes(30))
    world = World(service, staff=members)
    world.fresh("anna", "bernd", items=(busy("11-11:30"),))
    world.calendar.put(box("anna"), busy("11-11:30"))
    number = 0
    while slots := (await world.offer(staff_id="anna")).slots:
        await world.hold_at(slots[0].span.start, owner=f"customer-{number}")
        number += 1
    assert number > 4


async def test_two_desks_on_one_index_do_not_disturb_each_other(world):
    second = world.more(world.index)
    world.fresh("anna", "bernd")
    await world.hold("10", "anna")
    offer = await second.offer(Search("advice", None, None, TEN))
    assert by_start(offer.slots) == {at("10"): ("bernd",)}


async def test_an_index_made_late_knows_what_was_booked_before(world):
    await world.hold("10", "anna")
    world.index = AvailabilityIndex(world.business, world.clock.now())
    world.desk = world.more(world.index)
    world.fresh("anna", "bernd")
    assert (await world.starts(TEN)) == {at("10"): ("bernd",)}
