"""Moving at the desk: the owner, in time, once, with the own time and event out of the way."""

from dataclasses import replace
from datetime import timedelta

import pytest

from scheduling.booking import BookingEvent, BookingState
from scheduling.catalog import FreedAfter
from scheduling.desk import HoldOrder, Search
from scheduling.desk.freeing import freed_at
from scheduling.errors import (
    CalendarUnavailable,
    HoldExpired,
    MoveRefused,
    MoveTooLate,
    NotOffered,
    SlotTaken,
    TransitionRefused,
    UnknownBooking,
)
from scheduling.ports import EventDraft
from tests.builders import (
    NOW,
    a_business,
    a_service,
    a_staff_member,
    at,
    busy,
    by_start,
    minutes,
    span,
)
from tests.unit.scheduling.desk.desk_world import HOUR, World

SECOND = timedelta(seconds=1)
ANNA = "anna@example.test"


class Moved(World):
    """A booking of anna's at ten that stands in her calendar, and how it is moved."""

    async def book(self, clock="10", *, in_outlook=True):
        booking = await self.confirm(await self.hold(clock, "anna"))
        if in_outlook:
            draft = EventDraft(booking.id, 1, ANNA, booking.span, "UTC", "", "", "")
            written = await self.calendar.write_event(draft)
            changes = {"state": BookingState.BOOKED, "event_id": written.event_id}
            booking = self.store.put(replace(booking, **changes, event_staff_id="anna"))
        self.store.promises.clear()
        self.booking = booking
        return booking

    async def hold_new(self, clock, *, owner="eva", staff_id=None, **changes):
        order = HoldOrder("advice", None, at(clock), staff_id, owner, moves=self.booking.id)
        return await self.desk.hold(replace(order, **changes))

    async def now(self):
        return await self.desk.booking(self.booking.id)


async def booked(names=("anna",), *, in_outlook=True, **changes) -> Moved:
    world = Moved(a_service(move_until=HOUR, slot_interval=minutes(15), **changes), names=names)
    await world.book(in_outlook=in_outlook)
    return world


async def test_a_booking_is_moved_by_a_hold_of_the_new_time_and_its_event_is_promised():
    world = await booked()
    hold = await world.hold_new("14")
    assert (await world.now()).span == span("10-10:30")
    new = await world.desk.move(hold.id, "eva")
    assert (new.id, new.span, new.version) == (world.booking.id, span("14-14:30"), 2)
    assert new.state is BookingState.NOTED
    (promise,) = world.store.promises
    assert promise.key == f"move_event:{new.id}:2"
    assert dict(promise.payload) == {"booking": new.id, "version": "2", "staff": "anna"}


async def test_a_move_onto_a_part_of_the_own_time_works_though_the_own_event_stands_there():
    world = await booked()
    hold = await world.hold_new("10:15")
    assert (await world.desk.move(hold.id, "eva")).span == span("10:15-10:45")


async def test_an_entry_of_somebody_else_beside_the_own_event_is_in_the_way():
    world = await booked()
    world.calendar.put(ANNA, busy("10:30-11"))
    with pytest.raises(SlotTaken):
        await world.hold_new("10:15")


async def test_an_entry_of_exactly_the_own_time_is_in_the_way_all_the_same():
    world = await booked()
    world.calendar.put(ANNA, busy("10-10:30"))
    with pytest.raises(SlotTaken):
        await world.hold_new("10:15")


async def test_an_entry_where_the_own_event_is_gone_is_somebody_elses():
    world = await booked()
    world.calendar.cancelled.add(world.booking.event_id)
    world.calendar.put(ANNA, busy("10-10:30"))
    with pytest.raises(SlotTaken):
        await world.hold_new("10:15")


async def test_times_on_the_own_event_are_offered_but_not_the_one_it_has():
    world = await booked()
    search = Search("advice", None, None, span("9:30-11"), moves=world.booking.id)
    starts = by_start((await world.desk.offer(search)).slots).keys()
    assert starts == {at("9:30"), at("9:45"), at("10:15"), at("10:30"), at("10:45")}


async def test_others_are_not_offered_the_time_that_a_move_holds_nor_the_old_one():
    world = await booked()
    await world.hold_new("14")
    starts = await world.starts()
    assert at("10") not in starts
    assert at("14") not in starts


async def test_where_anybody_serves_the_same_person_is_tried_first():
    world = await booked(("bernd", "anna"))
    hold = await world.hold_new("14")
    assert (hold.staff_id, hold.reason) == ("anna", "kept")


async def test_where_that_person_is_not_free_another_serves():
    world = await booked(("bernd", "anna"))
    world.calendar.put(ANNA, busy("14-15"))
    hold = await world.hold_new("14")
    moved = await world.desk.move(hold.id, "eva")
    assert (moved.staff_id, moved.event_staff_id) == ("bernd", "anna")


async def test_the_cap_of_the_day_does_not_count_the_booking_that_is_moved():
    world = Moved(
        a_service(move_until=HOUR, slot_interval=minutes(15)),
        names=("anna",),
        staff=(a_staff_member("anna", max_per_day=1),),
    )
    await world.book()
    assert (await world.hold_new("14")).span == span("14-14:30")


async def test_a_new_time_picked_instead_replaces_the_first():
    world = await booked()
    first = await world.hold_new("14")
    second = await world.hold_new("14:15", ignore_booking=first.id)
    assert (await world.desk.booking(first.id)).state is BookingState.CANCELLED
    assert (await world.desk.move(second.id, "eva")).span == span("14:15-14:45")


async def test_a_second_click_returns_the_moved_booking():
    world = await booked()
    hold = await world.hold_new("14")
    first = await world.desk.move(hold.id, "eva")
    assert await world.desk.move(hold.id, "eva") == first
    assert len(world.store.promises) == 1


async def test_the_calendar_is_asked_again_before_the_move():
    world = await booked()
    hold = await world.hold_new("14")
    world.calendar.put(ANNA, busy("14-15"))
    with pytest.raises(SlotTaken):
        await world.desk.move(hold.id, "eva")
    assert (await world.now()).span == span("10-10:30")
    assert (await world.desk.booking(hold.id)).state is BookingState.CANCELLED


async def test_a_calendar_that_does_not_answer_leaves_both_times_kept():
    world = await booked()
    hold = await world.hold_new("14")
    world.calendar.is_down = True
    with pytest.raises(CalendarUnavailable):
        await world.desk.move(hold.id, "eva")
    assert (await world.desk.booking(hold.id)).state is BookingState.HELD


@pytest.mark.parametrize("hours", [0, 1, 2.5])
async def test_up_to_the_deadline_and_not_a_second_longer(hours):
    world = Moved(a_service(move_until=hours * HOUR), names=("anna",))
    await world.book()
    world.clock.now_is = at("10") - hours * HOUR + SECOND
    with pytest.raises(MoveTooLate):
        await world.hold_new("14")
    world.clock.now_is -= SECOND
    assert (await world.hold_new("14")).moves == world.booking.id


async def test_the_deadline_counts_for_the_last_click_too():
    world = await booked()
    hold = await world.hold_new("14")
    world.clock.now_is = at("9") + SECOND
    with pytest.raises(MoveTooLate):
        await world.desk.move(hold.id, "eva")


async def test_what_the_staff_decide_on_is_not_moved():
    world = Moved(a_service(approval=HOUR), names=("anna",))
    await world.book(in_outlook=False)
    with pytest.raises(MoveRefused):
        await world.hold_new("14")


async def test_a_cancelled_booking_is_not_moved():
    world = await booked()
    hold = await world.hold_new("14")
    await world.store.cancel(world.booking.id, "eva", "customer", [], at("8"))
    with pytest.raises(MoveRefused):
        await world.desk.move(hold.id, "eva")


async def test_it_is_not_moved_to_the_time_that_it_has():
    world = await booked()
    with pytest.raises(NotOffered):
        await world.hold_new("10")


async def test_the_booking_of_somebody_else_is_unknown():
    world = await booked()
    with pytest.raises(UnknownBooking):
        await world.hold_new("14", owner="ida")
    hold = await world.hold_new("14")
    with pytest.raises(UnknownBooking):
        await world.desk.move(hold.id, "ida")


async def test_a_hold_for_a_move_is_never_confirmed_as_a_booking_of_its_own():
    world = await booked()
    hold = await world.hold_new("14")
    with pytest.raises(HoldExpired):
        await world.confirm(hold)


async def test_an_ordinary_hold_moves_nothing():
    world = await booked()
    hold = await world.hold("14", "anna")
    with pytest.raises(HoldExpired):
        await world.desk.move(hold.id, "eva")


async def test_a_hold_that_is_over_moves_only_with_the_lead_time_before_it():
    world = await booked(minimum_lead_time=HOUR, in_outlook=False)
    hold = await world.hold_new("10:30")
    world.clock.now_is = at("9") + 45 * minutes(1)
    world.store.put(replace(world.booking, span=span("16-16:30"), busy=span("16-16:30")))
    with pytest.raises(HoldExpired):
        await world.desk.move(hold.id, "eva")


async def test_a_booking_not_yet_in_the_calendar_is_moved_as_well():
    world = await booked(in_outlook=False)
    hold = await world.hold_new("10:15")
    moved = await world.desk.move(hold.id, "eva")
    assert (moved.span, moved.event_id) == (span("10:15-10:45"), None)


async def test_attendance_is_marked_only_after_the_end():
    world = await booked()
    world.clock.now_is = at("10:30") - SECOND
    with pytest.raises(TransitionRefused):
        await world.desk.mark(world.booking.id, BookingEvent.ATTEND)
    world.clock.now_is = at("10:30")
    marked = await world.desk.mark(world.booking.id, BookingEvent.MISS)
    assert marked.state is BookingState.NO_SHOW


class Kept(Moved):
    """A business whose freed times stay away for ten to thirty minutes."""

    def __init__(self):
        rule = FreedAfter(minutes(10), minutes(30))
        super().__init__(a_service(slot_interval=minutes(15)), names=("anna",), freed_after=rule)


async def test_a_cancelled_time_is_offered_again_only_after_its_delay():
    world = Kept()
    world.clock.now_is = at("7") - 24 * HOUR
    await world.book("16", in_outlook=False)
    await world.desk.cancel(world.booking.id, "eva")
    assert at("16") not in await world.starts()
    world.clock.advance(minutes(10) - SECOND)
    assert at("16") not in await world.starts()
    world.clock.advance(minutes(20) + SECOND)
    assert at("16") in await world.starts()


async def test_a_time_moved_away_from_is_offered_again_only_after_its_delay():
    world = Kept()
    world.clock.now_is = at("7") - 24 * HOUR
    await world.book("16", in_outlook=False)
    hold = await world.hold_new("10")
    await world.desk.move(hold.id, "eva")
    assert at("16") not in await world.starts()
    world.clock.advance(minutes(30))
    assert at("16") in await world.starts()


@pytest.mark.parametrize(("drawn", "expected"), [(0, 10), (1, 30), (0.5, 20)])
def test_the_delay_is_drawn_between_the_two(drawn, expected):
    business = a_business(freed_after=FreedAfter(minutes(10), minutes(30)))
    freed = freed_at(business, NOW, lambda least, most: least + drawn * (most - least))
    assert freed == NOW + minutes(expected)


def test_without_the_setting_a_time_is_free_at_once():
    assert freed_at(a_business(), NOW) is None
