"""Many want one room, one unit or one member of a team, each with somebody else: one gets it."""

import json
from dataclasses import replace
from itertools import combinations

import pytest

from scheduling.booking import Assignment, Booking
from scheduling.errors import SlotTaken
from scheduling.store import open_store
from tests.contract.store_world import DATABASES, a_url_to_spoil, rows_of
from tests.integration import contention_worker as scene
from tests.integration.test_contention import TRIGGERS, without

NOW = scene.NOW
COUNT = 200
ROOM, BEAMER = "room:blue", "equipment:beamer"


@pytest.fixture(params=DATABASES)
def url(request, tmp_path):
    with a_url_to_spoil(request.param, tmp_path) as url:
        yield url


@pytest.fixture
async def store(url):
    store = await open_store(url, scene.SetClock())
    yield store
    await store.close()


def a_request(number, staff, *others, minutes=0, length=60, service="cut"):
    plain = scene.a_request(minutes, length, owner=f"customer-{number}", service=service)
    return replace(plain, assignment=Assignment(staff, "chosen"), others=others)


def one_room():
    return [a_request(n, f"member-{n}", ROOM) for n in range(COUNT)]


def one_unit_of_two_services():
    """09:00-10:00 and 09:50-10:20, each with a room and a person of its own."""
    return [
        a_request(n, f"member-{n}", f"room:{n}", BEAMER)
        if n % 2
        else a_request(
            n, f"member-{n}", f"room:{n}", BEAMER, minutes=50, length=30, service="call"
        )
        for n in range(COUNT)
    ]


def teams_and_singles():
    """anna as the first of a team, as the last of one, and alone."""
    shapes = [("anna", "staff:ben"), ("cleo-{}", "staff:anna"), ("anna",)]
    return [
        a_request(n, *(name.format(n) for name in shapes[n % len(shapes)])) for n in range(COUNT)
    ]


def standing(url):
    """What each booking that occupies says of itself, not what stands in the claims."""
    found = rows_of(
        url,
        "SELECT staff_id, resources, busy_starts, busy_ends FROM bookings "
        "WHERE state NOT IN ('cancelled', 'expired')",
    )
    return [
        ({f"staff:{staff}", *json.loads(others)}, start, end)
        for staff, others, start, end in found
    ]


def overlaps(url):
    return sum(
        bool(a[0] & b[0]) and a[1] < b[2] and b[1] < a[2]
        for a, b in combinations(standing(url), 2)
    )


async def rush(store, requests):
    attempts = [store.bookings.hold(request, NOW) for request in requests]
    results = await scene.at_once(store, attempts)
    winners = [result for result in results if isinstance(result, Booking)]
    assert len(winners) + sum(isinstance(each, SlotTaken) for each in results) == len(requests)
    return winners


SCENES = [one_room, one_unit_of_two_services, teams_and_singles]


@pytest.mark.parametrize("wishes", SCENES)
async def test_of_200_at_once_one_gets_it_and_leaves_no_trace_of_the_others(store, url, wishes):
    (winner,) = await rush(store, wishes())
    assert standing(url) == [
        (set(winner.resources), *(moment * 10**6 for moment in seconds_of(winner)))
    ]
    claims = await store.bookings.claims(None, winner.busy, NOW)
    assert claims.keys() == set(winner.resources)


def seconds_of(booking):
    return int(booking.busy.start.timestamp()), int(booking.busy.end.timestamp())


async def test_two_units_have_two_winners(store, url):
    requests = [a_request(n, f"member-{n}", f"{BEAMER}#{1 + n % 2}") for n in range(COUNT)]
    winners = await rush(store, requests)
    assert sorted(winner.others for winner in winners) == [(f"{BEAMER}#1",), (f"{BEAMER}#2",)]
    assert overlaps(url) == 0


@pytest.mark.parametrize("wishes", SCENES)
async def test_without_the_triggers_the_same_rush_overlaps(store, url, wishes):
    without(url, *TRIGGERS)
    await rush(store, wishes())
    assert overlaps(url) > 0
