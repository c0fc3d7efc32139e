"""The BookingStore port: the same rules on every database, and in the fake."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from scheduling.booking import (
    Assignment,
    BookingState,
    Customer,
    Details,
    HoldRequest,
    Workload,
)
from scheduling.errors import HoldExpired, SlotTaken, TooManyHolds, UnknownBooking
from scheduling.outbox import Promise
from scheduling.store.bookings import SqlBookings
from scheduling.timespan import TimeSpan, from_seconds, second_at_or_after
from tests.contract.store_world import (
    DATABASES,
    EVA,
    KEEPERS,
    MINUTE,
    NOW,
    SetClock,
    a_keeper,
    a_request,
    at,
)


@pytest.fixture
def clock():
    return SetClock()


@pytest.fixture(params=KEEPERS)
async def store(request, tmp_path, clock):
    async with a_keeper(request.param, tmp_path, clock) as store:
        yield store


@pytest.fixture(params=DATABASES)
async def database(request, tmp_path, clock):
    async with a_keeper(request.param, tmp_path, clock) as store:
        yield store


def promise_of(booking):
    return Promise("write_event", f"write:{booking.id}", {"booking_id": booking.id})


async def booked(store, minutes=0, **changes):
    request = a_request(minutes, **changes)
    held = await store.bookings.hold(request, NOW)
    return await store.bookings.confirm(held.id, request.owner, EVA, [promise_of(held)], NOW)


async def test_a_hold_is_kept_as_asked(store):
    request = a_request(buffers=10)
    held = await store.bookings.hold(request, NOW)
    assert (held.state, held.span, held.busy) == (BookingState.HELD, request.span, request.busy)
    assert (held.staff_id, held.reason, held.created_at) == ("anna", "least load: 0", NOW)
    assert await store.bookings.booking(held.id) == held
    assert await store.bookings.booking_by_number(held.number) == held


async def test_an_overlapping_time_is_taken_whatever_the_service(store):
    await store.bookings.hold(a_request(0), NOW)
    with pytest.raises(SlotTaken):
        await store.bookings.hold(a_request(59, owner="max"), NOW)


async def test_touching_times_do_not_overlap(store):
    await store.bookings.hold(a_request(0), NOW)
    await store.bookings.hold(a_request(60, owner="max"), NOW)


async def test_buffers_are_kept_free(store):
    await store.bookings.hold(a_request(0), NOW)
    with pytest.raises(SlotTaken):
        await store.bookings.hold(a_request(60, owner="max", buffers=1), NOW)


async def test_seconds_are_rounded_to_the_safe_side(store):
    await store.bookings.hold(a_request(0), NOW)
    late = timedelta(microseconds=-1)
    span = TimeSpan(at(60).start + late, at(60).end)
    request = HoldRequest("cut", Assignment("anna", "x"), span, span, "max", NOW + MINUTE)
    with pytest.raises(SlotTaken):
        await store.bookings.hold(request, NOW)


async def test_two_staff_members_have_their_own_time(store):
    await store.bookings.hold(a_request(0), NOW)
    await store.bookings.hold(a_request(0, staff="ben"), NOW)


async def test_a_third_open_hold_of_one_owner_is_refused(store):
    await store.bookings.hold(a_request(0), NOW)
    await store.bookings.hold(a_request(60), NOW)
    with pytest.raises(TooManyHolds):
        await store.bookings.hold(a_request(120), NOW)


async def test_holds_that_are_over_do_not_count_against_their_owner(store):
    await store.bookings.hold(a_request(0), NOW)
    await store.bookings.hold(a_request(60), NOW)
    await store.bookings.hold(a_request(120), NOW + 5 * MINUTE)


async def test_a_hold_that_is_over_gives_way_and_cannot_come_back(store):
    first = await store.bookings.hold(a_request(0), NOW)
    second = await store.bookings.hold(a_request(0, owner="max"), NOW + 5 * MINUTE)
    assert second.state is BookingState.HELD
    assert (await store.bookings.booking(first.id)).state is BookingState.EXPIRED
    with pytest.raises(HoldExpired):
        await store.bookings.confirm(first.id, "eva", EVA, [], NOW + 5 * MINUTE)
    with pytest.raises(HoldExpired):
        await store.bookings.extend_hold(first.id, "eva", NOW + 9 * MINUTE, NOW + 5 * MINUTE)


async def test_a_hold_gives_way_only_from_its_last_moment_on(store):
    await store.bookings.hold(a_request(0), NOW)
    with pytest.raises(SlotTaken):
        await store.bookings.hold(
            a_request(0, owner="max"), NOW + 5 * MINUTE - timedelta(microseconds=1)
        )


async def test_only_the_holds_in_the_way_expire(store):
    elsewhere = await store.bookings.hold(a_request(120), NOW)
    await store.bookings.hold(a_request(0), NOW)
    await store.bookings.hold(a_request(0, owner="max"), NOW + 5 * MINUTE)
    assert (await store.bookings.booking(elsewhere.id)).state is BookingState.HELD


async def test_a_booking_does_not_expire(store):
    await booked(store)
    with pytest.raises(SlotTaken):
        await store.bookings.hold(a_request(0, owner="max"), NOW + timedelta(days=1))


async def test_a_hold_that_is_over_but_not_taken_can_still_be_confirmed(store):
    held = await store.bookings.hold(a_request(0), NOW)
    noted = await store.bookings.confirm(held.id, "eva", EVA, [], NOW + 60 * MINUTE)
    assert noted.state is BookingState.NOTED


async def test_a_confirmed_hold_is_noted_with_all_that_was_said(store):
    noted = await booked(store)
    assert (noted.state, noted.hold_until, noted.details) == (BookingState.NOTED, None, EVA)
    assert await store.bookings.booking(noted.id) == noted
    assert await store.queue.waiting() == 1


async def test_a_second_confirm_changes_nothing(store):
    noted = await booked(store)
    other = Details(Customer("Max", "max@example.org"), "phone")
    again = Promise("write_event", "another", {})
    assert await store.bookings.confirm(noted.id, "eva", other, [again], NOW) == noted
    assert await store.queue.waiting() == 1


async def test_a_refused_confirm_leaves_no_promise(store):
    held = await store.bookings.hold(a_request(0), NOW)
    await store.bookings.release_hold(held.id, "eva", NOW)
    with pytest.raises(HoldExpired):
        await store.bookings.confirm(held.id, "eva", EVA, [promise_of(held)], NOW)
    assert await store.queue.waiting() == 0


async def test_a_promise_that_cannot_be_kept_leaves_the_hold_unconfirmed(database):
    held = await database.bookings.hold(a_request(0), NOW)
    broken = Promise(None, "key")
    with pytest.raises(IntegrityError):
        await database.bookings.confirm(held.id, "eva", EVA, [promise_of(held), broken], NOW)
    assert (await database.bookings.booking(held.id)).state is BookingState.HELD
    assert await database.queue.waiting() == 0


async def test_a_strangers_hold_is_as_unknown_as_none(store):
    held = await store.bookings.hold(a_request(0), NOW)
    with pytest.raises(UnknownBooking):
        await store.bookings.confirm(held.id, "max", EVA, [], NOW)
    with pytest.raises(UnknownBooking):
        await store.bookings.extend_hold(held.id, "max", NOW + 9 * MINUTE, NOW)
    await store.bookings.release_hold(held.id, "max", NOW)
    assert await store.bookings.booking(held.id) == held


async def test_a_released_hold_frees_the_time(store):
    held = await store.bookings.hold(a_request(0), NOW)
    await store.bookings.release_hold(held.id, "eva", NOW)
    await store.bookings.hold(a_request(0, owner="max"), NOW)
    assert (await store.bookings.booking(held.id)).state is BookingState.CANCELLED


async def test_releasing_a_booking_does_nothing(store):
    noted = await booked(store)
    await store.bookings.release_hold(noted.id, "eva", NOW)
    assert await store.bookings.booking(noted.id) == noted


async def test_an_extended_hold_stands_until_its_new_end(store):
    held = await store.bookings.hold(a_request(0), NOW)
    until = NOW + 10 * MINUTE
    extended = await store.bookings.extend_hold(held.id, "eva", until, NOW + 6 * MINUTE)
    assert extended.hold_until == until
    with pytest.raises(SlotTaken):
        await store.bookings.hold(a_request(0, owner="max"), NOW + 9 * MINUTE)


async def test_extending_cannot_bring_back_a_third_hold(store):
    over = await store.bookings.hold(a_request(0), NOW)
    later = NOW + 5 * MINUTE
    for minutes in (60, 120):
        held = await store.bookings.hold(a_request(minutes), later)
        await store.bookings.extend_hold(held.id, "eva", later + 5 * MINUTE, later)
    with pytest.raises(TooManyHolds):
        await store.bookings.extend_hold(over.id, "eva", later + 5 * MINUTE, later)


async def test_an_unknown_booking_is_said_so(store):
    with pytest.raises(UnknownBooking):
        await store.bookings.booking("none")
    with pytest.raises(UnknownBooking):
        await store.bookings.booking_by_number("B-2222-2222")


async def test_the_bookings_of_an_owner_come_by_start_and_without_holds(store):
    late = await booked(store, 120)
    early = await booked(store, 0)
    await booked(store, 240, owner="max")
    await store.bookings.hold(a_request(360), NOW)
    assert await store.bookings.bookings_of("eva") == [early, late]


def busy_of(claims) -> list[TimeSpan]:
    return [from_seconds(claim.busy_start, claim.busy_end) for claim in claims]


async def test_claims_are_those_of_bookings_and_living_holds_with_their_buffers(store):
    await booked(store, 0, buffers=10)
    await store.bookings.hold(a_request(120), NOW)
    await store.bookings.hold(a_request(0, staff="ben", owner="max"), NOW)
    found = await store.bookings.claims(["staff:anna", "staff:cleo"], at(0, 600), NOW)
    assert busy_of(found["staff:anna"]) == [at(-10, 80), at(120)]
    assert found["staff:cleo"] == []
    later = await store.bookings.claims(["staff:anna"], at(0, 600), NOW + 5 * MINUTE)
    assert busy_of(later["staff:anna"]) == [at(-10, 80)]


async def test_claims_are_looked_for_only_in_the_span_asked_for(store):
    await booked(store, 0)
    assert await store.bookings.claims(["staff:anna"], at(60), NOW) == {"staff:anna": []}
    found = await store.bookings.claims(["staff:anna"], at(59), NOW)
    assert busy_of(found["staff:anna"]) == [at(0)]


async def test_claims_of_everybody_are_read_at_once(store):
    await booked(store, 0)
    await store.bookings.hold(a_request(0, staff="ben", owner="max"), NOW)
    assert (await store.bookings.claims(None, at(0), NOW)).keys() == {"staff:anna", "staff:ben"}


async def test_a_claim_says_when_its_hold_ends_and_a_booking_has_no_end(store):
    held = await store.bookings.hold(a_request(0), NOW)
    await booked(store, 120)
    hold, booking = (await store.bookings.claims(["staff:anna"], at(0, 600), NOW))["staff:anna"]
    assert hold.until == second_at_or_after(held.hold_until)
    assert (hold.booking_id, booking.until) == (held.id, 0)


async def test_the_work_of_a_span_counts_what_starts_in_it(store, clock):
    await booked(store, 0)
    await booked(store, 60)
    await booked(store, 600)
    held = await store.bookings.hold(a_request(120), NOW)
    work = await store.bookings.workload(["anna", "ben"], at(0, 600))
    assert work == {"anna": Workload(3, NOW), "ben": Workload()}
    without = await store.bookings.workload(["anna"], at(0, 600), but_not=held.id)
    assert without["anna"].count == 2
    clock.moment = NOW + 5 * MINUTE
    assert (await store.bookings.workload(["anna"], at(0, 600)))["anna"].count == 2


async def test_a_number_in_use_is_not_given_again(database, clock):
    numbers = iter(["B-AAAA-AAAA", "B-AAAA-AAAA", "B-BBBB-BBBB"])
    bookings = SqlBookings(database.database, clock, lambda: next(numbers))
    await bookings.hold(a_request(0), NOW)
    assert (await bookings.hold(a_request(60), NOW)).number == "B-BBBB-BBBB"


async def test_a_store_that_can_be_written_is_ready(database):
    assert await database.bookings.ready()
    assert await database.documents.entries("ready", 0) == []


async def test_busy_must_enclose_the_span(database):
    request = HoldRequest("cut", Assignment("anna", "x"), at(0), at(10), "eva", NOW + MINUTE)
    with pytest.raises(IntegrityError):
        await database.bookings.hold(request, NOW)
    assert await database.bookings.claims(None, at(0), NOW) == {}
