from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from scheduling.booking import Assignment, BookingState
from scheduling.catalog import BusyStatus, Consent, LocalText
from scheduling.desk import Desk, HoldOrder, Offer, Search
from scheduling.errors import (
    CalendarUnavailable,
    HoldExpired,
    NotOffered,
    SlotTaken,
    TooManyHolds,
    UnknownBooking,
    UnknownService,
    UnknownStaffMember,
)
from scheduling.outbox import JobKind
from scheduling.ports import FreeBusy
from scheduling.timespan import TimeSpan, local_day
from scheduling.wordings import digest_of, text_of
from tests.builders import (
    BERLIN,
    MONDAY,
    NOW,
    a_booking,
    a_business,
    a_hold_request,
    a_service,
    a_staff_member,
    at,
    busy,
    by_start,
    daily,
    minutes,
    some_details,
    span,
    weekdays,
)
from tests.fakes import FakeCalendar, FixedClock, InMemoryStore

ANNA, BERND = "anna@example.test", "bernd@example.test"
TODAY = local_day(MONDAY, BERLIN)


class World:
    """A desk with everything around it in reach."""

    def __init__(self, **changes) -> None:
        self.clock = FixedClock(NOW)
        self.calendar = FakeCalendar()
        self.store = InMemoryStore(self.clock)
        self.desk = self.opened(self.calendar, **changes)

    def opened(self, calendar, *, service=None, **changes) -> Desk:
        business = a_business(services=(service or a_service(),), **changes)
        return Desk(business, calendar, self.store, self.clock)

    async def offer(self, span: TimeSpan = TODAY, **changes) -> Offer:
        search = Search("advice", duration=None, staff_id=None, span=span)
        return await self.desk.offer(replace(search, **changes))

    async def hold(self, clock: str = "10", staff_id: str | None = "anna", **changes):
        order = HoldOrder("advice", None, at(clock), staff_id, owner="eva")
        return await self.desk.hold(replace(order, **changes))

    async def confirm(self, booking_id: str, owner: str = "eva"):
        return await self.desk.confirm(booking_id, owner, some_details())


@pytest.fixture
def world() -> World:
    return World()


def holds(world: World) -> list[str]:
    """Who is held and from when, as `anna 10:00`."""
    return [
        f"{b.staff_id} {b.span.start.astimezone(BERLIN):%H:%M}"
        for b in world.store.bookings.values()
        if b.state is BookingState.HELD
    ]


# ---- offer


async def test_free_times_of_all_who_can_serve_are_offered_together(world):
    world.calendar.put(ANNA, busy("9-16:30"))
    slots = by_start((await world.offer(span("15:30-17"))).slots)
    assert slots == {
        at("15:30"): ("bernd",),
        at("16"): ("bernd",),
        at("16:30"): ("anna", "bernd"),
    }


async def test_a_slot_is_the_service_without_its_buffers():
    world = World(service=a_service(pre_buffer=minutes(10), post_buffer=minutes(10)))
    (slot,) = (await world.offer(span("11-11:01"))).slots
    assert slot.span == span("11-11:30")


async def test_a_service_may_begin_in_the_span_and_end_after_it(world):
    assert by_start((await world.offer(span("11-11:01"))).slots).keys() == {at("11")}


async def test_a_calendar_that_does_not_answer_is_never_offered_and_named(world):
    world.calendar.unknown[ANNA] = "timeout"
    offer = await world.offer()
    assert offer.unknown == {"anna": "timeout"}
    assert {slot.staff_ids for slot in offer.slots} == {("bernd",)}
    assert not offer.calendar_is_down


async def test_no_answer_from_any_calendar_is_told_apart_from_a_full_day(world):
    world.calendar.is_down = True
    down = await world.offer()
    world.calendar.is_down = False
    world.calendar.put(ANNA, busy("9-17"))
    world.calendar.put(BERND, busy("9-17"))
    full = await world.offer()
    assert (down.slots, full.slots) == ((), ())
    assert (down.calendar_is_down, full.calendar_is_down) == (True, False)


async def test_one_full_day_and_one_silent_calendar_is_no_calendar_down(world):
    world.calendar.put(ANNA, busy("9-17"))
    world.calendar.unknown[BERND] = "http_503"
    offer = await world.offer()
    assert offer.slots == ()
    assert not offer.calendar_is_down


async def test_a_mailbox_left_out_of_the_answer_counts_as_unknown(world):
    class Forgetful(FakeCalendar):
        async def free_busy(
            self, mailboxes: Sequence[str], span: TimeSpan
        ) -> Mapping[str, FreeBusy]:
            return {BERND: FreeBusy()}

    world.desk = world.opened(Forgetful())
    assert (await world.offer()).unknown == {"anna": "no_answer"}


@pytest.mark.parametrize("status", list(BusyStatus))
async def test_free_and_working_elsewhere_leave_the_time_open_all_else_blocks(world, status):
    world.calendar.put(ANNA, busy("9-17", status))
    is_open = status in (BusyStatus.FREE, BusyStatus.WORKING_ELSEWHERE)
    assert bool((await world.offer(staff_id="anna")).slots) is is_open


async def test_a_service_may_choose_what_blocks_it():
    world = World(service=a_service(blocking=frozenset({BusyStatus.OOF})))
    world.calendar.put(ANNA, busy("9-12"), busy("13-17", BusyStatus.OOF))
    slots = by_start((await world.offer(staff_id="anna")).slots)
    assert (min(slots), max(slots)) == (at("9"), at("12:30"))


async def test_holds_and_bookings_of_the_store_are_not_offered(world):
    world.store.put(a_booking("9-16:30"))
    assert by_start((await world.offer(staff_id="anna")).slots).keys() == {at("16:30")}


async def test_where_two_bookings_meet_both_buffers_count():
    world = World(service=a_service(slot_interval=minutes(5), pre_buffer=minutes(10)))
    world.store.put(a_booking("9-15:30", busy=span("9-15:45")))
    slots = by_start((await world.offer(staff_id="anna")).slots)
    assert min(slots) == at("15:55")


async def test_the_customers_own_hold_counts_as_free(world):
    held = await world.hold("10")
    search = {"span": span("10-10:30"), "staff_id": "anna"}
    assert (await world.offer(**search)).slots == ()
    assert len((await world.offer(**search, ignore_booking=held.id)).slots) == 1


async def test_times_too_soon_or_too_far_are_not_offered():
    world = World(
        service=a_service(
            minimum_lead_time=timedelta(hours=4), maximum_advance=timedelta(hours=26)
        )
    )
    starts = by_start((await world.offer(TimeSpan(NOW, NOW + timedelta(days=9)))).slots)
    assert (min(starts), max(starts)) == (at("11"), at("9", MONDAY + timedelta(days=1)))


async def test_a_search_in_the_past_asks_no_calendar(world):
    assert await world.offer(TimeSpan(NOW - timedelta(days=9), NOW)) == Offer((), {})
    assert world.calendar.asked == []


async def test_only_the_calendars_of_those_at_work_are_asked_for_as_long_as_needed():
    world = World(
        service=a_service(pre_buffer=minutes(15), post_buffer=minutes(5)),
        staff=(a_staff_member("anna"), a_staff_member("bernd", hours={})),
    )
    offer = await world.offer()
    assert world.calendar.asked == [((ANNA,), span("8:45-17:05"))]
    assert offer.asked == ("anna",)


async def test_two_staff_members_on_one_mailbox_are_asked_for_once():
    shared = (a_staff_member("anna"), a_staff_member("bernd", mailbox=ANNA))
    world = World(staff=shared)
    await world.offer()
    assert [mailboxes for mailboxes, _ in world.calendar.asked] == [(ANNA,)]


async def test_excluded_staff_are_left_out(world):
    offer = await world.offer(excluded_staff_ids=("anna",))
    assert offer.asked == ("bernd",)


async def test_the_duration_decides_what_fits():
    world = World(service=a_service(durations=(minutes(30), minutes(60))))
    starts = by_start((await world.offer(span("16-17"), duration=minutes(60))).slots)
    assert starts.keys() == {at("16")}


async def test_unknown_names_are_refused(world):
    with pytest.raises(NotOffered):
        await world.offer(duration=minutes(7))
    with pytest.raises(UnknownStaffMember):
        await world.offer(staff_id="carla")
    with pytest.raises(UnknownService):
        await world.offer(service_id="massage")


# ---- hold


async def test_a_hold_keeps_the_time_with_its_buffers_for_five_minutes():
    world = World(service=a_service(pre_buffer=minutes(10), post_buffer=minutes(5)))
    held = await world.hold("10")
    assert held.state is BookingState.HELD
    assert (held.span, held.busy) == (span("10-10:30"), span("9:50-10:35"))
    assert (held.hold_until, held.reason) == (NOW + minutes(5), "named")


async def test_holding_looks_live_at_exactly_the_time_it_needs():
    world = World(service=a_service(pre_buffer=minutes(10)))
    await world.hold("10")
    assert world.calendar.asked == [((ANNA,), span("9:50-10:30"))]


@pytest.mark.parametrize("clock", ["8:30", "17", "10:10", "16:45", "8", "23"])
async def test_a_start_the_rules_do_not_give_is_not_offered(world, clock):
    with pytest.raises(NotOffered):
        await world.hold(clock)
    assert world.calendar.asked == []


async def test_a_start_inside_the_lead_time_is_not_offered(world):
    world.clock.now_is = at("8:01")
    with pytest.raises(NotOffered):
        await world.hold("10")


async def test_a_start_that_is_busy_in_the_calendar_is_taken(world):
    world.calendar.put(ANNA, busy("10:15-10:20"))
    with pytest.raises(SlotTaken):
        await world.hold("10")


async def test_a_start_held_by_somebody_else_is_taken(world):
    await world.hold("10", owner="max")
    with pytest.raises(SlotTaken):
        await world.hold("10")


async def test_named_staff_without_an_answer_is_the_calendars_fault(world):
    world.calendar.unknown[ANNA] = "timeout"
    with pytest.raises(CalendarUnavailable):
        await world.hold("10")
    assert world.store.bookings == {}


async def test_anyone_who_answers_and_is_free_will_do(world):
    world.calendar.unknown[ANNA] = "timeout"
    assert (await world.hold("10", staff_id=None)).staff_id == "bernd"


async def test_with_one_busy_and_one_unknown_nothing_may_be_promised(world):
    world.calendar.put(ANNA, busy("10-11"))
    world.calendar.unknown[BERND] = "timeout"
    with pytest.raises(CalendarUnavailable):
        await world.hold("10", staff_id=None)


async def test_somebody_unknown_who_does_not_work_then_changes_nothing():
    late = a_staff_member("bernd", hours=weekdays("14-17"))
    world = World(staff=(a_staff_member("anna"), late))
    world.calendar.put(ANNA, busy("10-11"))
    world.calendar.unknown[BERND] = "timeout"
    with pytest.raises(SlotTaken):
        await world.hold("10", staff_id=None)


async def test_anyone_is_the_least_loaded_of_four_weeks_and_the_reason_is_stored(world):
    world.store.put(a_booking("15-15:30"))
    held = await world.hold("10", staff_id=None)
    assert held.staff_id == "bernd"
    assert held.reason == "least_loaded load=0 weight=1 of=2"


@pytest.mark.parametrize("days", [7, -28])
async def test_work_after_this_week_or_long_before_it_does_not_count(world, days):
    far = MONDAY + timedelta(days=days)
    world.store.put(a_booking(span=span("9-10", far), busy=span("9-10", far)))
    held = await world.hold("10", staff_id=None)
    assert held.reason == "least_loaded load=0 weight=1 of=2"


async def test_work_of_three_weeks_ago_counts(world):
    before = MONDAY - timedelta(days=21)
    world.store.put(a_booking(span=span("9-10", before), busy=span("9-10", before)))
    assert (await world.hold("10", staff_id=None)).staff_id == "bernd"


async def test_a_race_lost_for_one_is_tried_with_the_next(world):
    world.store.rivals.append(a_hold_request("10-10:30", owner="max"))
    held = await world.hold("10", staff_id=None)
    assert (held.staff_id, held.reason) == ("bernd", "least_loaded load=0 weight=1 of=1")


async def test_a_race_lost_for_all_ends_in_slot_taken(world):
    bernd = Assignment("bernd", "named")
    world.store.rivals += [
        a_hold_request(owner="max"),
        a_hold_request(owner="pia", assignment=bernd),
    ]
    with pytest.raises(SlotTaken):
        await world.hold("10", staff_id=None)


async def test_a_race_lost_while_another_calendar_is_silent_is_the_calendars_fault(world):
    world.calendar.unknown[BERND] = "timeout"
    world.store.rivals.append(a_hold_request(owner="max"))
    with pytest.raises(CalendarUnavailable):
        await world.hold("10", staff_id=None)


async def test_excluded_staff_are_not_assigned(world):
    held = await world.hold("10", staff_id=None, excluded_staff_ids=("anna",))
    assert held.staff_id == "bernd"


async def test_a_third_hold_of_one_customer_is_refused(world):
    await world.hold("10")
    await world.hold("11")
    with pytest.raises(TooManyHolds):
        await world.hold("12")


# ---- hold in place of an earlier one


async def test_another_time_gives_up_the_earlier_hold(world):
    first = await world.hold("10")
    await world.hold("14", ignore_booking=first.id)
    assert holds(world) == ["anna 14:00"]


async def test_the_earlier_hold_stays_when_the_other_time_is_taken(world):
    first = await world.hold("10")
    world.store.rivals.append(a_hold_request("14-14:30", owner="max"))
    with pytest.raises(SlotTaken):
        await world.hold("14", ignore_booking=first.id)
    assert (await world.desk.booking(first.id)).state is BookingState.HELD


async def test_a_time_that_overlaps_the_own_hold_can_be_taken():
    world = World(service=a_service(slot_interval=minutes(15)))
    first = await world.hold("10")
    await world.hold("10:15", ignore_booking=first.id)
    assert holds(world) == ["anna 10:15"]


async def test_an_overlapping_time_lost_in_the_race_leaves_the_own_hold_as_it_was():
    world = World(service=a_service(slot_interval=minutes(15)))
    first = await world.hold("10")
    world.store.rivals.append(a_hold_request("10:30-11", owner="max"))
    with pytest.raises(SlotTaken):
        await world.hold("10:15", ignore_booking=first.id)
    assert await world.desk.booking(first.id) == first


async def test_an_own_hold_that_is_over_makes_way_for_others():
    world = World(service=a_service(slot_interval=minutes(15)))
    first = await world.hold("10")
    world.clock.advance(minutes(6))
    world.store.rivals.append(a_hold_request("10:15-10:45", owner="max", until=at("12")))
    with pytest.raises(SlotTaken):
        await world.hold("10:15", ignore_booking=first.id)
    assert holds(world) == ["anna 10:15"]


async def test_the_same_slot_again_extends_the_hold_it_has(world):
    first = await world.hold("10")
    world.clock.advance(minutes(4))
    again = await world.hold("10", ignore_booking=first.id)
    assert (again.id, again.hold_until) == (first.id, NOW + minutes(9))


async def test_the_same_slot_with_anyone_keeps_who_was_assigned(world):
    first = await world.hold("10", staff_id=None)
    again = await world.hold("10", staff_id=None, ignore_booking=first.id)
    assert (again.id, again.staff_id) == (first.id, "anna")


async def test_the_own_hold_about_to_be_given_up_is_no_work(world):
    world.store.put(a_booking("15-15:30", staff_id="bernd"))
    first = await world.hold("10")
    other = await world.hold("14", staff_id=None, ignore_booking=first.id)
    assert (other.staff_id, other.reason) == ("anna", "least_loaded load=0 weight=1 of=2")


async def test_an_own_hold_that_is_over_is_not_taken_off_the_work_twice(world):
    first = await world.hold("10")
    world.clock.advance(minutes(6))
    other = await world.hold("14", staff_id=None, ignore_booking=first.id)
    assert other.reason == "least_loaded load=0 weight=1 of=2"


async def test_the_same_slot_again_is_claimed_anew_where_the_hold_just_ended(world):
    class Ending(InMemoryStore):
        async def extend_hold(self, booking_id, owner, until, now):
            await self.release_hold(booking_id, owner, now)
            return await super().extend_hold(booking_id, owner, until, now)

    world.store = Ending(world.clock)
    world.desk = world.opened(world.calendar)
    first = await world.hold("10")
    again = await world.hold("10", ignore_booking=first.id)
    assert again.id != first.id
    assert holds(world) == ["anna 10:00"]


async def test_a_forgotten_second_hold_does_not_lock_a_customer_out(world):
    first = await world.hold("10")
    await world.hold("11")
    await world.hold("14", ignore_booking=first.id)
    assert holds(world) == ["anna 11:00", "anna 14:00"]


async def test_nobody_elses_hold_is_ignored_or_released(world):
    foreign = await world.hold("10", owner="max")
    with pytest.raises(SlotTaken):
        await world.hold("10", ignore_booking=foreign.id)
    await world.hold("14", ignore_booking=foreign.id)
    assert holds(world) == ["anna 10:00", "anna 14:00"]


async def test_a_confirmed_booking_is_no_earlier_hold(world):
    held = await world.hold("10")
    await world.confirm(held.id)
    await world.hold("14", ignore_booking=held.id)
    assert (await world.desk.booking(held.id)).state is BookingState.NOTED


async def test_an_earlier_hold_nobody_knows_changes_nothing(world):
    await world.hold("14", ignore_booking="0" * 32)
    assert holds(world) == ["anna 14:00"]


# ---- extend and release


async def test_extending_gives_five_minutes_from_now(world):
    held = await world.hold()
    world.clock.advance(minutes(4))
    extended = await world.desk.extend(held.id, "eva")
    assert extended.hold_until == NOW + minutes(9)


async def test_a_hold_that_is_over_and_not_taken_may_be_extended(world):
    held = await world.hold()
    world.clock.advance(minutes(6))
    assert (await world.desk.extend(held.id, "eva")).hold_until == NOW + minutes(11)


async def test_a_hold_that_is_over_and_too_near_now_is_ended(world):
    held = await world.hold("10")
    world.clock.now_is = at("9")
    with pytest.raises(HoldExpired):
        await world.desk.extend(held.id, "eva")
    with pytest.raises(HoldExpired):
        await world.confirm(held.id)


async def test_a_released_time_is_free_again(world):
    held = await world.hold()
    await world.desk.release(held.id, "eva")
    assert (await world.hold(owner="max")).owner == "max"


async def test_nobody_else_can_release_extend_or_confirm_a_hold(world):
    held = await world.hold()
    await world.desk.release(held.id, "max")
    with pytest.raises(UnknownBooking):
        await world.desk.extend(held.id, "max")
    with pytest.raises(UnknownBooking):
        await world.confirm(held.id, owner="max")
    assert holds(world) == ["anna 10:00"]


# ---- confirm


async def test_a_confirmed_hold_is_noted_with_the_promise_to_write_its_event(world):
    held = await world.hold()
    booking = await world.confirm(held.id)
    (promise,) = world.store.promises
    assert (booking.state, booking.details) == (BookingState.NOTED, some_details())
    assert (promise.kind, promise.key) == (JobKind.WRITE_EVENT, f"write:{held.id}:1")
    assert promise.payload == {"booking": held.id, "staff": "anna"}


async def test_confirming_looks_live_at_exactly_what_the_hold_claims():
    world = World(service=a_service(pre_buffer=minutes(10), post_buffer=minutes(5)))
    held = await world.hold()
    await world.confirm(held.id)
    assert world.calendar.asked[-1] == ((ANNA,), held.busy)


async def test_a_second_confirm_returns_the_booking_and_asks_nobody(world):
    held = await world.hold()
    first = await world.confirm(held.id)
    world.calendar.is_down = True
    assert await world.confirm(held.id) == first
    assert len(world.store.promises) == 1


async def test_a_calendar_that_filled_meanwhile_refuses_and_frees_the_hold(world):
    held = await world.hold()
    world.calendar.put(ANNA, busy("10:29-11"))
    with pytest.raises(SlotTaken):
        await world.confirm(held.id)
    assert holds(world) == []
    assert world.store.promises == []


async def test_an_entry_that_does_not_block_does_not_stop_a_confirm(world):
    held = await world.hold()
    world.calendar.put(ANNA, busy("9-17", BusyStatus.WORKING_ELSEWHERE))
    assert (await world.confirm(held.id)).state is BookingState.NOTED


async def test_a_silent_calendar_keeps_the_hold_and_books_nothing(world):
    held = await world.hold()
    world.calendar.is_down = True
    with pytest.raises(CalendarUnavailable):
        await world.confirm(held.id)
    assert holds(world) == ["anna 10:00"]
    assert world.store.promises == []


async def test_a_hold_over_and_taken_by_somebody_else_has_expired(world):
    held = await world.hold()
    world.clock.advance(minutes(6))
    await world.hold(owner="max")
    with pytest.raises(HoldExpired):
        await world.confirm(held.id)


async def test_a_hold_over_and_not_taken_may_still_be_confirmed(world):
    held = await world.hold()
    world.clock.advance(minutes(6))
    assert (await world.confirm(held.id)).state is BookingState.NOTED


async def test_a_second_click_that_sees_the_event_of_the_first_is_no_slot_taken(world):
    held = await world.hold()

    class Overtaken(FakeCalendar):
        async def free_busy(
            self, mailboxes: Sequence[str], span: TimeSpan
        ) -> Mapping[str, FreeBusy]:
            await world.confirm(held.id)
            self.put(ANNA, busy("10-10:30"))
            return await super().free_busy(mailboxes, span)

    slow_desk = world.opened(Overtaken())
    booking = await slow_desk.confirm(held.id, "eva", some_details())
    assert booking.state is BookingState.NOTED


# ---- reading


async def test_only_confirmed_bookings_of_the_owner_are_listed_by_start(world):
    for clock in ("14", "11"):
        await world.confirm((await world.hold(clock)).id)
    await world.hold("15")
    await world.confirm((await world.hold("16", owner="max")).id, owner="max")
    starts = [booking.span.start for booking in await world.desk.bookings_of("eva")]
    assert starts == [at("11"), at("14")]


async def test_an_unknown_booking_is_named_as_such(world):
    with pytest.raises(UnknownBooking):
        await world.desk.booking("0" * 32)


async def test_every_slot_offered_can_be_held():
    world = World(service=a_service(minimum_lead_time=minutes(0)), hours=daily("8-18"))
    world.calendar.put(ANNA, busy("9:10-11:20"), busy("13-16:30"))
    for number, slot in enumerate((await world.offer(staff_id="anna")).slots):
        order = HoldOrder("advice", None, slot.span.start, "anna", owner=str(number))
        assert (await world.desk.hold(order)).span == slot.span


async def test_a_booking_keeps_the_digests_of_the_wordings_agreed_to(world) -> None:
    privacy = Consent("2", LocalText(de="Datenschutz", en="Privacy"))
    world.desk = world.opened(world.calendar, privacy=privacy)
    held = await world.hold()
    agreed_to = replace(some_details(), consents={"privacy": "2"})
    booking = await world.desk.confirm(held.id, "eva", agreed_to)
    assert booking.details is not None
    assert booking.details.wordings == {"privacy": digest_of(text_of(privacy))}
