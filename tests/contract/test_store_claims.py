"""The BookingStore port: what is claimed besides one person, and how its changes are told."""

import asyncio
from dataclasses import replace
from itertools import count

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from scheduling.booking import BookingState, Customer, Workload
from scheduling.errors import HoldExpired, LimitReached, SlotTaken
from scheduling.occupancy import Claim, collide
from scheduling.store import open_store
from scheduling.timespan import from_seconds, whole_seconds
from tests.contract.store_world import (
    DATABASES,
    EVA,
    KEEPERS,
    MINUTE,
    NOW,
    SetClock,
    a_keeper,
    a_request,
    address_of,
    at,
    rows_of,
    undone,
)

LATER = NOW + 5 * MINUTE
"""When a hold of NOW is over."""
ROOM, BEAMER = "room:blue", "equipment:beamer#1"
BERLIN_TO_POTSDAM = {"potsdam": 1800}
POTSDAM_TO_BERLIN = {"berlin": 1800}


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


def in_berlin(minutes, **changes):
    return a_request(minutes, place_id="berlin", travel=BERLIN_TO_POTSDAM, **changes)


def in_potsdam(minutes, **changes):
    return a_request(minutes, place_id="potsdam", travel=POTSDAM_TO_BERLIN, **changes)


async def claimed(store, *resources):
    """Resource -> its claimed spans."""
    found = await store.bookings.claims(resources or None, at(-600, 3000), NOW)
    return {
        name: [from_seconds(claim.busy_start, claim.busy_end) for claim in claims]
        for name, claims in found.items()
    }


async def held(store, minutes=0, **changes):
    return await store.bookings.hold(a_request(minutes, **changes), NOW)


async def booked(store, minutes=0, *, customer=EVA, limit=None, **changes):
    request = a_request(minutes, **changes)
    hold = await store.bookings.hold(request, NOW)
    return await store.bookings.confirm(hold.id, request.owner, customer, [], NOW, limit=limit)


async def is_free(store, minutes=0, **changes):
    try:
        hold = await held(store, minutes, owner="probe", **changes)
    except SlotTaken:
        return False
    await store.bookings.release_hold(hold.id, "probe", NOW)
    return True


# ---- all or nothing


async def test_a_person_a_room_and_a_unit_are_claimed_with_their_buffers(store):
    hold = await held(store, others=(ROOM, BEAMER), buffers=10)
    assert hold.resources == ("staff:anna", ROOM, BEAMER)
    assert await store.bookings.booking(hold.id) == hold
    assert await claimed(store) == {name: [at(-10, 80)] for name in hold.resources}


@pytest.mark.parametrize("taken", ["staff:anna", "staff:ben", ROOM, BEAMER])
async def test_one_thing_taken_leaves_nothing_of_the_claim_behind(store, taken):
    await held(store, owner="max", staff="cleo", others=(taken,))
    with pytest.raises(SlotTaken):
        await held(store, others=("staff:ben", ROOM, BEAMER))
    assert await claimed(store) == {"staff:cleo": [at(0)], taken: [at(0)]}


async def test_a_refused_claim_is_no_booking(database):
    await held(database, owner="max", staff="cleo", others=(ROOM,))
    with pytest.raises(SlotTaken):
        await held(database, others=(BEAMER, ROOM))
    assert rows_of(address_of(database), "SELECT owner FROM bookings") == [("max",)]


async def test_a_claim_lost_in_the_race_leaves_nothing_behind(database):
    """Both have seen the room free; the database lets one in, whole."""
    both = [held(database, owner=name, staff=name, others=(ROOM,)) for name in ("anna", "ben")]
    results = await asyncio.gather(*both, return_exceptions=True)
    (winner,) = [result for result in results if not isinstance(result, SlotTaken)]
    assert (await claimed(database)).keys() == set(winner.resources)


async def test_two_units_serve_two_at_a_time(store):
    await held(store, others=(BEAMER,))
    assert await is_free(store, staff="ben", others=("equipment:beamer#2",))


async def test_releasing_frees_everything_together(store):
    hold = await held(store, others=("staff:ben", ROOM))
    await store.bookings.release_hold(hold.id, "eva", NOW)
    assert await claimed(store) == {}


async def test_a_hold_that_is_over_gives_way_with_all_it_has(store):
    over = await held(store, others=("staff:ben", ROOM))
    late = a_request(0, owner="max", staff="cleo", others=(ROOM,), until=LATER + MINUTE)
    await store.bookings.hold(late, LATER)
    assert (await store.bookings.booking(over.id)).state is BookingState.EXPIRED
    ben = a_request(0, owner="pia", staff="ben", until=LATER + MINUTE)
    assert (await store.bookings.hold(ben, LATER)).state is BookingState.HELD


async def test_a_refused_claim_expires_nobody(store):
    over = await held(store, 0, others=(ROOM,))
    await booked(store, 0, owner="max", staff="cleo")
    with pytest.raises(SlotTaken):
        await store.bookings.hold(a_request(0, owner="pia", staff="cleo", others=(ROOM,)), LATER)
    assert (await store.bookings.booking(over.id)).state is BookingState.HELD


async def test_claims_say_what_the_request_said(store):
    request = in_berlin(0, buffers=(10, 5), shares_buffers=True)
    hold = await store.bookings.hold(request, NOW)
    (claim,) = (await store.bookings.claims(["staff:anna"], at(0), NOW))["staff:anna"]
    times = (*whole_seconds(request.span), *whole_seconds(request.busy))
    until = int(request.until.timestamp())
    assert claim == Claim(*times, shares=True, place_id="berlin", until=until, booking_id=hold.id)


# ---- shared buffers and the way


@st.composite
def claims(draw):
    """Short enough, on a grid small enough, that pairs often just touch."""
    start = draw(st.integers(0, 8))
    before, length, after = (
        draw(st.integers(0, 4)),
        draw(st.integers(1, 5)),
        draw(st.integers(0, 4)),
    )
    shares = draw(st.sampled_from([True, True, False]))
    place = draw(st.sampled_from(["", "berlin", "potsdam"]))
    end = start + length
    return Claim(start, end, start - before, end + after, shares, place)


INSERT = sa.text(
    "INSERT INTO claims (id, booking_id, resource, busy_start, busy_end, core_start, core_end,"
    " shares) VALUES (:number, :booking_id, 'staff:anna', :busy_start, :busy_end, :start, :end,"
    " :shares)"
)
MOVE = sa.text(
    "UPDATE claims SET busy_start = :busy_start, busy_end = :busy_end, core_start = :start,"
    " core_end = :end, shares = :shares WHERE id = :number"
)


def is_refused(connection, change, claim, **more):
    values = claim._asdict() | more | {"shares": int(claim.shares)}
    savepoint = connection.begin_nested()
    try:
        connection.execute(change, values)
    except IntegrityError as refusal:
        savepoint.rollback()
        return "slot_taken" in str(refusal)
    savepoint.commit()
    return False


async def test_the_triggers_refuse_exactly_what_collides(database):
    far = Claim(1000, 1001, 1000, 1001)
    booking = await held(database, 9000, staff="cleo")
    first, second, third = ({"number": n, "booking_id": booking.id} for n in (7, 8, 9))
    with undone(address_of(database)) as connection:

        @settings(max_examples=600, deadline=None)
        @given(claims(), claims())
        def agree(one, other):
            assert not is_refused(connection, INSERT, one, **first)
            inserted = is_refused(connection, INSERT, other, **second)
            connection.execute(sa.text("DELETE FROM claims WHERE id = 8"))
            assert not is_refused(connection, INSERT, far, **third)
            moved = is_refused(connection, MOVE, other, **third)
            connection.rollback()
            assert (inserted, moved) == (collide(one, other),) * 2

        agree()


def request_of(claim, staff, owner):
    ways = {"": {}, "berlin": {"potsdam": 180}, "potsdam": {"berlin": 180}}
    return a_request(
        staff=staff,
        owner=owner,
        span=at(claim.start, claim.end - claim.start),
        busy=at(claim.busy_start, claim.busy_end - claim.busy_start),
        shares_buffers=claim.shares,
        place_id=claim.place_id,
        travel=ways[claim.place_id],
    )


_FRESH = count()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(claims(), claims())
async def test_a_second_hold_is_refused_exactly_where_it_collides(store, one, other):
    staff = f"member-{next(_FRESH)}"
    await store.bookings.hold(request_of(one, staff, f"eva-{staff}"), NOW)
    way = 3 if {one.place_id, other.place_id} == {"berlin", "potsdam"} else 0
    try:
        await store.bookings.hold(request_of(other, staff, f"max-{staff}"), NOW)
    except SlotTaken:
        assert collide(one, other, way)
    else:
        assert not collide(one, other, way)


async def test_two_places_are_the_way_apart_whichever_comes_first(store):
    await store.bookings.hold(in_berlin(0), NOW)
    for minutes in (89, -89):
        with pytest.raises(SlotTaken):
            await store.bookings.hold(in_potsdam(minutes, owner="max"), NOW)
    for minutes in (90, -90):
        await store.bookings.hold(in_potsdam(minutes, owner="max"), NOW)


async def test_nobody_travels_within_a_place_or_to_a_call(store):
    await store.bookings.hold(in_berlin(0), NOW)
    await store.bookings.hold(in_berlin(60, owner="max"), NOW)
    await held(store, -60, owner="max")


async def test_each_member_of_a_team_has_the_way_to_go(store):
    await store.bookings.hold(in_berlin(0, others=("staff:ben",)), NOW)
    with pytest.raises(SlotTaken):
        await store.bookings.hold(in_potsdam(60, owner="max", staff="ben"), NOW)


async def test_a_room_does_not_travel(store):
    await store.bookings.hold(in_berlin(0, others=(ROOM,)), NOW)
    await store.bookings.hold(in_potsdam(60, owner="max", staff="ben", others=(ROOM,)), NOW)


async def test_the_way_decides_a_race_within_the_transaction(database):
    attempts = [
        database.bookings.hold(make(minutes, owner=f"{minutes}"), NOW)
        for minutes, make in (
            (0, in_berlin),
            (60, in_potsdam),
            (120, in_berlin),
            (180, in_potsdam),
        )
    ]
    results = await asyncio.gather(*attempts, return_exceptions=True)
    first, second = sorted(r.span.start for r in results if not isinstance(r, SlotTaken))
    assert second - first >= 90 * MINUTE


async def test_a_hold_over_in_another_place_gives_way_for_good(store):
    """Or it could be confirmed later, and nobody can be at both places in time."""
    over = await store.bookings.hold(in_berlin(0), NOW)
    await store.bookings.hold(in_potsdam(60, owner="max", until=LATER + MINUTE), LATER)
    with pytest.raises(HoldExpired):
        await store.bookings.confirm(over.id, "eva", EVA, [], LATER)


async def test_a_hold_over_that_is_far_enough_away_stays(store):
    over = await store.bookings.hold(in_berlin(0), NOW)
    await store.bookings.hold(in_potsdam(90, owner="max", until=LATER + MINUTE), LATER)
    assert (await store.bookings.booking(over.id)).state is BookingState.HELD


# ---- what changed


async def changes(store, position):
    return await store.bookings.changed_since(position)


async def position_now(store):
    return (await changes(store, 0)).position


async def test_nothing_changed_is_said_without_a_name(store):
    assert (await changes(store, 0)).resources == frozenset()
    await held(store)
    position = await position_now(store)
    assert await changes(store, position) == await changes(store, position)
    assert (await changes(store, position)).resources == frozenset()


async def test_a_new_hold_names_all_it_claims(store):
    await held(store, 300, owner="max", staff="cleo")
    position = await position_now(store)
    await held(store, others=(ROOM, BEAMER))
    assert (await changes(store, position)).resources == {"staff:anna", ROOM, BEAMER}


async def extend(store, hold):
    await store.bookings.extend_hold(hold.id, "eva", LATER + MINUTE, NOW)


async def release(store, hold):
    await store.bookings.release_hold(hold.id, "eva", NOW)


async def confirm(store, hold):
    await store.bookings.confirm(hold.id, "eva", EVA, [], NOW)


async def expire(store, hold):
    """Somebody else wants the room alone, once the hold is over."""
    late = a_request(0, owner="max", staff="cleo", others=(ROOM,), until=LATER + MINUTE)
    await store.bookings.hold(late, LATER)


@pytest.mark.parametrize("change", [extend, release, confirm, expire])
async def test_what_happens_to_a_hold_names_all_it_claims(store, change):
    hold = await held(store, others=("staff:ben", ROOM))
    position = await position_now(store)
    await change(store, hold)
    named = (await changes(store, position)).resources
    assert named - {"staff:cleo"} == {"staff:anna", "staff:ben", ROOM}


async def test_what_leaves_the_claims_as_they_are_names_nobody(store):
    noted = await booked(store)
    position = await position_now(store)
    await store.bookings.confirm(noted.id, "eva", EVA, [], NOW)
    await store.bookings.release_hold(noted.id, "eva", NOW)
    with pytest.raises(SlotTaken):
        await held(store, owner="max", staff="anna", others=(ROOM,))
    assert (await changes(store, position)).resources == frozenset()


async def test_two_open_stores_see_each_others_changes(database, clock):
    other = await open_store(address_of(database), clock)
    position = await position_now(other)
    hold = await held(database, others=(ROOM,))
    seen = await changes(other, position)
    assert seen.resources == {"staff:anna", ROOM}
    await other.bookings.release_hold(hold.id, "eva", NOW)
    assert (await changes(database, seen.position)).resources == {"staff:anna", ROOM}
    await other.close()


def list_change(url, number, resource):
    """Put a change on the list past the program; what follows gets later numbers."""
    statement = "INSERT INTO claim_changes (id, resource) VALUES (:number, :resource)"
    rows_of(url, statement, number=number, resource=resource)
    if url.startswith("postgresql"):
        rows_of(url, "SELECT setval('claim_changes_id_seq', :number)", number=number)


async def test_the_list_of_changes_is_kept_short(database):
    url = address_of(database)
    await held(database, others=(ROOM,))
    list_change(url, 99_999, "staff:cleo")
    assert rows_of(url, "SELECT count(*) FROM claim_changes") == [(3,)]
    await held(database, 120, others=(ROOM,))
    kept = rows_of(url, "SELECT id, resource FROM claim_changes ORDER BY id")
    assert kept == [
        (2, ROOM),
        (99_999, "staff:cleo"),
        (100_000, "staff:anna"),
        (100_001, ROOM),
    ]


async def test_who_has_missed_too_much_is_told_to_read_everything(database):
    await held(database)
    list_change(address_of(database), 200_000, "x")
    assert (await changes(database, 199_998)).resources is None
    assert await changes(database, 1) == await changes(database, 0)
    assert (await changes(database, 1)).position == 200_000
    assert (await changes(database, 199_999)).resources == {"x"}


async def test_a_position_is_never_given_twice(database):
    hold = await held(database)
    url = address_of(database)
    list_change(url, 5000, "x")
    position = await position_now(database)
    rows_of(url, "DELETE FROM claim_changes")
    await database.bookings.release_hold(hold.id, "eva", NOW)
    assert (await changes(database, position)).resources == {"staff:anna"}


# ---- work, turn and limit


async def test_the_work_of_a_team_counts_for_each_of_its_members(store):
    await booked(store, others=("staff:ben", ROOM))
    await booked(store, 120, staff="ben")
    assert await store.bookings.workload(["anna", "ben", "cleo"], at(0, 600)) == {
        "anna": Workload(1, NOW),
        "ben": Workload(2, NOW),
        "cleo": Workload(),
    }


async def test_the_own_hold_is_left_out_for_every_member(store):
    hold = await held(store, others=("staff:ben",))
    work = await store.bookings.workload(["anna", "ben"], at(0, 600), but_not=hold.id)
    assert work == {"anna": Workload(), "ben": Workload()}


async def test_the_work_of_many_is_counted_in_one_go(store):
    await booked(store, staff="m1100")
    work = await store.bookings.workload([f"m{n}" for n in range(1200)], at(0, 600))
    assert (len(work), work["m1100"], work["m3"]) == (1200, Workload(1, NOW), Workload())


async def test_work_of_long_ago_is_no_longer_known(store):
    day = 24 * 60
    await booked(store, -61 * day, staff="anna")
    await booked(store, -59 * day, staff="ben")
    work = await store.bookings.workload(["anna", "ben"], at(0, 600))
    assert work == {"anna": Workload(), "ben": Workload(0, NOW)}


async def at_moment(store, moment, minutes, **changes):
    request = a_request(minutes, until=moment + 5 * MINUTE, **changes)
    return await store.bookings.hold(request, moment)


async def test_who_served_last_is_whom_the_last_standing_booking_was_given(store, clock):
    assert await store.bookings.last_served("cut") is None
    await at_moment(store, NOW, 0, staff="anna")
    last = await at_moment(store, NOW + MINUTE, 600, staff="ben")
    await at_moment(store, NOW + 2 * MINUTE, 0, staff="cleo", service_id="call", owner="max")
    assert await store.bookings.last_served("cut") == "ben"
    await store.bookings.release_hold(last.id, "eva", NOW)
    assert await store.bookings.last_served("cut") == "anna"
    clock.moment = NOW + 5 * MINUTE
    assert await store.bookings.last_served("cut") is None


async def test_one_customer_has_no_more_coming_appointments_than_allowed(store):
    await booked(store, 0, limit=1)
    hold = await held(store, 120)
    with pytest.raises(LimitReached):
        await store.bookings.confirm(hold.id, "eva", EVA, [], NOW, limit=1)
    assert (await store.bookings.booking(hold.id)).state is BookingState.HELD
    assert (await store.bookings.confirm(hold.id, "eva", EVA, [], NOW, limit=2)).details == EVA


async def test_an_address_written_otherwise_is_the_same_customer(store):
    shouting = replace(EVA, customer=Customer("E. M.", " EVA@Example.org"))
    await booked(store, 0, customer=shouting, owner="webchat:7")
    with pytest.raises(LimitReached):
        await booked(store, 120, limit=1)


async def test_others_other_services_and_what_is_past_do_not_count(store):
    max_ = replace(EVA, customer=Customer("Max", "max@example.org"))
    await booked(store, 720, customer=max_, owner="max")
    await booked(store, 600, service_id="call")
    await booked(store, 120)
    hold = await held(store, 240)
    after = at(120).end
    noted = await store.bookings.confirm(hold.id, "eva", EVA, [], after, limit=1)
    assert noted.state is BookingState.NOTED


async def test_a_repeated_confirm_is_no_second_appointment(store):
    noted = await booked(store, limit=1)
    assert await store.bookings.confirm(noted.id, "eva", EVA, [], NOW, limit=1) == noted


async def test_of_two_confirms_of_one_customer_at_once_one_wins(database):
    owners = [f"door-{n}" for n in range(20)]
    holds = [await held(database, 60 * n, owner=owner) for n, owner in enumerate(owners)]
    results = await asyncio.gather(
        *(
            database.bookings.confirm(hold.id, owner, EVA, [], NOW, limit=1)
            for hold, owner in zip(holds, owners, strict=True)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(result, LimitReached) for result in results) == 19
    noted = rows_of(address_of(database), "SELECT count(*) FROM bookings WHERE state = 'noted'")
    assert noted == [(1,)]
