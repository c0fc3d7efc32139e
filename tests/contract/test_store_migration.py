"""A database of the last release, with bookings in it, is brought here without losing any."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from scheduling.booking import BookingState
from scheduling.errors import LimitReached, SlotTaken
from scheduling.occupancy import Claim
from scheduling.store import open_store, rows
from scheduling.timespan import second_at_or_before, whole_seconds
from tests.contract.store_world import (
    EVA,
    MINUTE,
    NOW,
    SetClock,
    a_request,
    a_url_to_spoil,
    address_of,
    at,
    beside,
)
from tests.postgres import upgrade

EARLY = at(0).widened(10 * MINUTE, 5 * MINUTE)
"""What the booking of 9 to 10 keeps, its buffers included."""
LATE = at(240)


def microseconds(moment):
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond


def a_row(number, state, span, busy, *, staff="anna", until=None, details=None, ends=0):
    """A row of `bookings` as 0001 has it; `ends`: microseconds after the span's end."""
    moments = (span.start, span.end, busy.start, busy.end)
    starts, end, busy_starts, busy_ends = map(microseconds, moments)
    end, busy_ends = end + ends, max(busy_ends, end + ends)
    created, until = microseconds(NOW), until and microseconds(until)
    told = details and rows.details_text(details)
    return (
        *(str(number), f"B-{number}", state, "cut", staff, "named"),
        *(starts, end, busy_starts, busy_ends, f"eva-{number}", created, until, told, 1),
    )


BOOKINGS = [
    a_row(1, "booked", at(0), EARLY, details=EVA),
    a_row(2, "held", LATE, LATE, until=NOW + 5 * MINUTE),
    a_row(3, "cancelled", at(0), at(0)),
    a_row(4, "noted", at(0), at(0), staff="ben", ends=1),
]
CLAIMS = [
    ("1", "staff:anna", *whole_seconds(EARLY), 1),
    ("2", "staff:anna", *whole_seconds(LATE), 1),
    ("3", "staff:anna", *whole_seconds(at(0)), 0),
    ("4", "staff:ben", second_at_or_before(at(0).start), second_at_or_before(at(0).end) + 1, 1),
]


def fill(url):
    named = (
        "id, number, state, service_id, staff_id, reason, starts, ends, busy_starts, busy_ends,"
        " owner, created_at, hold_until, details, version"
    )
    put(url, "bookings", named, BOOKINGS)
    put(url, "claims", "booking_id, resource, busy_start, busy_end, occupying", CLAIMS)


def put(url, table, named, values):
    names = named.split(", ")
    row = sa.text(f"INSERT INTO {table} ({named}) VALUES ({', '.join(f':{n}' for n in names)})")
    with beside(url) as connection:
        connection.execute(row, [dict(zip(names, each, strict=True)) for each in values])


@pytest.fixture(params=["sqlite", "empty postgres"])
async def store(request, tmp_path):
    with a_url_to_spoil(request.param, tmp_path) as url:
        upgrade(url, "0001")
        fill(url)
        store = await open_store(url, SetClock())
        yield store
        await store.close()


async def test_old_claims_learn_their_service_time_and_share_nothing(store):
    found = await store.bookings.claims(["staff:anna"], at(-60, 600), NOW)
    until = second_at_or_before(NOW + 5 * MINUTE)
    assert found["staff:anna"] == [
        Claim(*whole_seconds(at(0)), *whole_seconds(EARLY), booking_id="1"),
        Claim(*whole_seconds(LATE), *whole_seconds(LATE), until=until, booking_id="2"),
    ]


async def test_fractions_of_a_second_are_rounded_outward(store):
    (claim,) = (await store.bookings.claims(["staff:ben"], at(0), NOW))["staff:ben"]
    start, end = whole_seconds(at(0))
    assert (claim.start, claim.end) == (start, end + 1)


async def test_old_bookings_read_as_they_were(store):
    booking = await store.bookings.booking("1")
    assert (booking.state, booking.span, booking.busy) == (BookingState.BOOKED, at(0), EARLY)
    assert (booking.resources, booking.place_id, booking.details) == (("staff:anna",), "", EVA)


@pytest.mark.parametrize("minutes", [-9, 64, 180, 299])
async def test_old_bookings_and_holds_still_block(store, minutes):
    length = 61 if minutes == 180 else 1
    request = a_request(minutes, length=length, shares_buffers=True, owner="max")
    with pytest.raises(SlotTaken):
        await store.bookings.hold(request, NOW)


async def test_the_trigger_blocks_as_well_as_the_look_before(store):
    with pytest.raises(IntegrityError, match="slot_taken"):
        put(
            address_of(store),
            "claims",
            "booking_id, resource, busy_start, busy_end",
            [("3", "staff:anna", *whole_seconds(at(0)))],
        )


async def test_what_was_free_is_free(store):
    await store.bookings.hold(a_request(65, owner="max"), NOW)
    await store.bookings.hold(a_request(300, owner="max"), NOW)


async def test_an_old_hold_can_be_confirmed_and_its_change_is_told(store):
    before = (await store.bookings.changed_since(0)).position
    noted = await store.bookings.confirm("2", "eva-2", EVA, [], NOW)
    assert noted.state is BookingState.NOTED
    assert (await store.bookings.changed_since(before)).resources == {"staff:anna"}


async def test_old_appointments_count_for_the_customers_limit(store):
    with pytest.raises(LimitReached):
        await store.bookings.confirm("2", "eva-2", EVA, [], NOW, limit=1)
