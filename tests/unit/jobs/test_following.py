"""What follows from what the staff do in Outlook; F5, F6, F16, F20 and F21 of the fault table."""

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.jobs.following import MOST_VANISHED, SETTLED_AFTER
from scheduling.booking import BookingState, CancelledBy
from scheduling.outbox import Job, JobKind
from scheduling.ports import CalendarChanges
from tests.builders import a_hold_request, minutes, span
from tests.unit.jobs.following_world import ASKING, GraphAway, World

TOLD_CANCELLED = {JobKind.MAIL_CANCELLED, JobKind.TELL_CANCELLED}


@pytest.fixture
def world() -> World:
    return World()


async def test_f20_a_booking_follows_its_event_and_the_customer_is_asked_once(world):
    booking = world.booked()
    world.calendar.moves(booking, "14-14:30")
    for _ in range(3):
        moved = await world.seen(booking)
    assert (moved.span, moved.version, moved.awaits_answer) == (span("14-14:30"), 2, True)
    assert moved.moved_from == booking.span.start
    assert set(world.kinds()) == ASKING
    assert len(world.kinds()) == 2


async def test_a_longer_event_makes_a_longer_booking(world):
    booking = world.booked()
    world.calendar.moves(booking, "10-11:30")
    assert (await world.seen(booking)).span == span("10-11:30")


async def test_an_event_that_is_dragged_about_is_followed_once_it_stands_still(world):
    booking = world.booked()
    for clocks in ("11-11:30", "12-12:30", "13-13:30"):
        world.calendar.moves(booking, clocks)
        await world.told(booking.event_id)
        await world.follower.step()
        world.clock.advance(SETTLED_AFTER - timedelta(seconds=1))
    await world.settled()
    assert world.now(booking).span == span("13-13:30")
    assert len(world.kinds()) == 2


async def test_an_event_that_was_put_back_in_time_never_happened(world):
    booking = world.booked()
    world.calendar.moves(booking, "11-11:30")
    await world.told(booking.event_id)
    await world.follower.step()
    world.calendar.moves(booking, "10-10:30")
    await world.settled()
    assert (world.now(booking), world.kinds()) == (booking, [])


async def test_f5_what_the_staff_delete_is_cancelled_by_them_and_the_customer_told_once(world):
    booking = world.booked()
    world.calendar.deletes(booking)
    for _ in range(2):
        gone = await world.seen(booking)
    assert (gone.state, gone.cancelled_by) == (BookingState.CANCELLED, CancelledBy.STAFF)
    assert sorted(world.kinds()) == sorted(TOLD_CANCELLED)


async def test_f5_an_event_that_is_cancelled_in_outlook_is_gone_as_well(world):
    booking = world.booked()
    world.calendar.cancelled.add(booking.event_id)
    assert (await world.seen(booking)).cancelled_by is CancelledBy.STAFF


async def test_an_event_that_came_back_under_another_id_is_found_by_our_mark(world):
    booking = world.store.put(replace(world.booked(), event_id="event-before"))
    assert (await world.seen(booking), world.kinds()) == (booking, [])


async def test_f20_moved_onto_another_booking_it_keeps_its_time_and_the_staff_are_asked(world):
    booking, _other = world.booked(), world.booked("14-14:30", 2)
    world.calendar.moves(booking, "14:15-14:45")
    for _ in range(2):
        kept = await world.seen(booking)
    assert (kept.span, kept.version) == (booking.span, 1)
    assert kept.astray.startswith("overlap ")
    assert world.kinds() == [JobKind.MAIL_ASTRAY]


async def test_moved_on_to_a_free_time_it_follows_after_all(world):
    booking, _other = world.booked(), world.booked("14-14:30", 2)
    world.calendar.moves(booking, "14:15-14:45")
    await world.seen(booking)
    world.calendar.moves(booking, "15-15:30")
    moved = await world.seen(booking)
    assert (moved.span, moved.astray) == (span("15-15:30"), "")
    assert world.kinds()[0] == JobKind.MAIL_ASTRAY
    assert set(world.kinds()[1:]) == ASKING


async def test_put_back_it_stands_right_again_and_nobody_is_told(world):
    booking, _other = world.booked(), world.booked("14-14:30", 2)
    world.calendar.moves(booking, "14:15-14:45")
    await world.seen(booking)
    world.calendar.moves(booking, "10-10:30")
    assert await world.seen(booking) == booking
    assert world.kinds() == [JobKind.MAIL_ASTRAY]


async def test_only_a_hold_is_in_the_way_until_it_is_over(world):
    booking = world.booked()
    await world.store.hold(a_hold_request("14-14:30", owner="ida"), world.clock.now())
    world.calendar.moves(booking, "14-14:30")
    assert (await world.seen(booking)).span == booking.span
    world.clock.advance(minutes(6))
    await world.settled()
    assert world.now(booking).span == span("14-14:30")


@pytest.mark.parametrize(
    ("clocks", "is_all_day", "why"),
    [("0-0", True, "all_day"), ("5-5:30", False, "past"), ("6-8", False, "past")],
)
async def test_f20_what_cannot_be_kept_is_not_followed_but_asked_about(
    world, clocks, is_all_day, why
):
    booking = world.booked()
    world.calendar.moves(booking, clocks)
    if is_all_day:
        world.calendar.all_day.add(booking.event_id)
    kept = await world.seen(booking)
    assert (kept.span, kept.state) == (booking.span, BookingState.BOOKED)
    assert kept.astray.startswith(f"{why} ")
    assert world.kinds() == [JobKind.MAIL_ASTRAY]


async def test_what_has_begun_stays_as_it_was(world):
    booking = world.booked()
    world.clock.now_is = booking.span.start
    world.calendar.deletes(booking)
    assert (await world.seen(booking), world.kinds()) == (booking, [])


async def test_f21_what_we_wrote_ourselves_costs_no_look_and_changes_nothing(world):
    booking = world.booked()
    assert (await world.seen(booking), world.kinds(), world.calendar.looks) == (booking, [], 0)


async def test_f21_while_our_own_move_is_on_its_way_nothing_is_concluded(world):
    booking = world.booked()
    new = {"state": BookingState.NOTED, "version": 2, "span": span("14-14:30")}
    noted = world.store.put(replace(booking, busy=span("14-14:30"), **new))
    assert (await world.seen(booking), world.calendar.looks) == (noted, 0)
    world.calendar.moves(booking, "14-14:30")
    done = world.store.put(replace(noted, state=BookingState.BOOKED))
    await world.settled()
    assert (world.now(booking), world.kinds()) == (done, [])


async def test_what_the_staff_do_while_we_write_is_followed_once_that_is_written(world):
    booking = world.booked()
    noted = world.store.put(replace(booking, state=BookingState.NOTED))
    world.calendar.moves(booking, "14-14:30")
    await world.seen(booking)
    world.store.put(replace(noted, state=BookingState.BOOKED))
    await world.settled()
    assert world.now(booking).span == span("14-14:30")


async def test_f21_a_move_of_ours_between_both_looks_is_no_move_of_the_staff(world):
    booking = world.booked()
    world.calendar.moves(booking, "14-14:30")
    await world.told(booking.event_id)
    read = world.calendar.read_event

    async def moved_by_us_meanwhile(mailbox, event_id):
        found = await read(mailbox, event_id)
        new = {"version": 2, "span": span("14-14:30"), "busy": span("14-14:30")}
        world.store.put(replace(world.now(booking), **new))
        return found

    await world.follower.step()
    world.clock.advance(SETTLED_AFTER)
    world.calendar.read_event = moved_by_us_meanwhile
    await world.settled()
    assert (world.now(booking).version, world.kinds()) == (2, [])


async def test_a_cancellation_of_ours_is_no_cancellation_by_the_staff(world):
    booking = world.booked()
    gone = {"state": BookingState.CANCELLED, "cancelled_by": CancelledBy.CUSTOMER}
    world.store.put(replace(booking, **gone))
    world.calendar.deletes(booking)
    assert (await world.seen(booking)).cancelled_by is CancelledBy.CUSTOMER
    assert world.kinds() == []


async def test_f16_where_nobody_told_the_next_whole_look_finds_it(world):
    moved, deleted, left = world.booked(), world.booked("12-12:30", 2), world.booked("16-17", 3)
    world.calendar.moves(moved, "14-14:30")
    world.calendar.deletes(deleted)
    await world.told(whole=True)
    await world.settled()
    assert world.now(moved).span == span("14-14:30")
    assert world.now(deleted).cancelled_by is CancelledBy.STAFF
    assert world.now(left) == left


async def test_f6_an_event_missing_from_a_whole_look_is_not_gone_unless_it_is(world):
    booking = world.booked()
    world.calendar.items = lambda: ()
    await world.told(whole=True)
    await world.settled()
    assert (world.now(booking), world.kinds()) == (booking, [])


async def test_while_outlook_does_not_answer_nothing_is_concluded(world):
    booking = world.booked()
    world.calendar.deletes(booking)
    world.calendar.failure = GraphAway()
    assert await world.seen(booking) == booking
    world.calendar.failure = None
    world.clock.advance(minutes(30))
    await world.settled()
    assert world.now(booking).state is BookingState.CANCELLED


def many(world, count):
    starts = [f"{8 + n // 2}:{30 * (n % 2):02}" for n in range(count + 1)]
    return [world.booked(f"{a}-{b}", n) for n, (a, b) in enumerate(itertools.pairwise(starts), 1)]


async def test_a_few_that_vanish_are_cancelled(world):
    bookings = many(world, MOST_VANISHED)
    for booking in bookings:
        world.calendar.deletes(booking)
    await world.told(whole=True)
    await world.settled()
    assert set(world.states()) == {BookingState.CANCELLED}


async def test_f6_many_that_vanish_at_once_wait_for_a_person(world):
    bookings = many(world, MOST_VANISHED + 1)
    for booking in bookings:
        world.calendar.deletes(booking)
    for _ in range(2):
        await world.told(whole=True)
        await world.settled()
    assert set(world.states()) == {BookingState.BOOKED}
    assert world.kinds() == []
    (parked,) = world.following.parked.values()
    assert parked.parked == "many_events_vanished"


async def test_once_a_person_took_it_up_those_that_are_still_gone_are_cancelled(world):
    bookings = many(world, MOST_VANISHED + 1)
    kept = dict(world.calendar.drafts)
    for booking in bookings:
        world.calendar.deletes(booking)
    await world.told(whole=True)
    await world.settled()
    (parked,) = world.following.parked.values()
    world.calendar.drafts[bookings[0].event_id] = kept[bookings[0].event_id]
    take_up = world.follower.handlers()[parked.kind]
    await take_up(Job(1, parked.kind, parked.key, parked.payload, 1, "me"))
    assert world.states() == [BookingState.BOOKED, *[BookingState.CANCELLED] * MOST_VANISHED]


async def test_many_that_vanish_again_on_another_day_wait_for_a_person_again(world):
    world.clock.advance(timedelta(days=-1))
    bookings = many(world, MOST_VANISHED + 1)
    kept = dict(world.calendar.drafts)
    for _ in range(2):
        for booking in bookings:
            world.calendar.deletes(booking)
        await world.told(whole=True)
        await world.settled()
        world.calendar.drafts.update(kept)
        await world.told(whole=True)
        await world.settled()
        world.clock.advance(timedelta(hours=23))
    assert len(world.following.parked) == 2


async def test_many_out_of_very_many_are_cancelled(world):
    others = [
        world.store.put(replace(world.booked("18-18:30", 100 + n), event_id=f"e{n}"))
        for n in range(40)
    ]
    for other in others:
        world.calendar.drafts[other.event_id] = world.calendar.drafts[f"event-{other.id}"]
    for booking in many(world, MOST_VANISHED + 1):
        world.calendar.deletes(booking)
    await world.told(whole=True)
    await world.settled()
    assert world.states().count(BookingState.CANCELLED) == MOST_VANISHED + 1


async def test_several_processes_that_were_told_the_same_have_one_effect(world):
    moved, deleted = world.booked(), world.booked("12-12:30", 2)
    world.calendar.moves(moved, "14-14:30")
    world.calendar.deletes(deleted)
    processes = [world.follower, world.process(), world.process()]
    for process in processes:
        await world.told(moved.event_id, deleted.event_id, by=process)
    await world.settled(*processes)
    assert world.now(moved).version == 2
    assert sorted(world.kinds()) == sorted([*ASKING, *TOLD_CANCELLED])


async def test_a_room_has_no_bookings_of_its_own(world):
    booking = world.booked()
    world.calendar.deletes(booking)
    changes = CalendarChanges(world.calendar.items(), (), "link", is_whole=True)
    await world.follower.on_read("room:1", span("0-0"), changes)
    await world.settled()
    assert world.now(booking) == booking


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("told"), st.integers(1, 3), st.integers(1, 5)),
        st.tuples(st.just("whole"), st.just(0), st.integers(1, 2)),
        st.tuples(st.just("pass"), st.integers(0, 12), st.just(1)),
        st.tuples(st.just("restart"), st.just(0), st.just(1)),
    ),
    max_size=12,
)
FATES = st.sampled_from(["stays", "13-13:30", "15-16", "gone"])


@settings(max_examples=150, deadline=None)
@given(fates=st.tuples(FATES, FATES, FATES), steps=STEPS)
async def test_f16_in_any_order_and_number_notifications_lead_to_the_same_end(fates, steps):
    world = World()
    bookings = [world.booked(f"{9 + n}-{9 + n}:30", n) for n in (1, 2, 3)]
    fates = [fate if fate not in fates[:n] or fate in {"stays", "gone"} else "stays"
             for n, fate in enumerate(fates)]  # fmt: skip
    for booking, fate in zip(bookings, fates, strict=True):
        if fate == "gone":
            world.calendar.deletes(booking)
        elif fate != "stays":
            world.calendar.moves(booking, fate)
    for what, number, times in steps:
        for _ in range(times):
            if what == "told":
                await world.told(bookings[number - 1].event_id)
            elif what == "whole":
                await world.told(whole=True)
            elif what == "pass":
                world.clock.advance(timedelta(seconds=number))
                await world.follower.step()
            else:
                world.follower = world.process()
    await world.told(whole=True)
    await world.settled()
    for booking, fate in zip(bookings, fates, strict=True):
        now = world.now(booking)
        assert (now.state is BookingState.CANCELLED) == (fate == "gone")
        assert now.span == (booking.span if fate in {"stays", "gone"} else span(fate))
        assert now.version == (1 if fate in {"stays", "gone"} else 2)
    expected = sum(2 for fate in fates if fate != "stays")
    assert len(world.kinds()) == expected
