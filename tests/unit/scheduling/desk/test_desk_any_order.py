"""Whatever happens in whatever order: a desk with a fresh index says what a live look says, what
it offers can be held, and nothing that stands is in the way of anything else.
"""

from contextlib import suppress
from datetime import timedelta
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.booking import FREEING
from scheduling.catalog import AssignmentPolicy
from scheduling.desk import HoldOrder, Search
from scheduling.errors import BookingError, TooManyHolds
from scheduling.timespan import TimeSpan
from tests.builders import NOW, a_service, a_staff_member, at, busy, minutes, some_details
from tests.unit.scheduling.desk.desk_world import (
    FAR,
    MITTE,
    ONLINE,
    POTSDAM,
    World,
    a_room,
    box,
    on_site,
    some_equipment,
)

MORNING = TimeSpan(at("9"), at("13"))
NAMES = ("anna", "bernd", "cleo")
RESOURCES = (
    a_room("blue", place_id="mitte"),
    a_room("red", mailbox=box("red")),
    some_equipment("beamer", units=2),
)
MAILBOXES = {"staff:anna": box("anna"), "staff:bernd": box("bernd"), "room:red": box("red")}


@st.composite
def services(draw, service_id):
    return a_service(
        id=service_id,
        durations=(minutes(draw(st.sampled_from([30, 45]))),),
        staff_ids=draw(st.sampled_from([NAMES, ("anna",), ("anna", "bernd")])),
        assignment=draw(st.sampled_from(AssignmentPolicy)),
        rooms=draw(st.sampled_from([(), ("blue",), ("blue", "red")])),
        equipment=draw(st.sampled_from([(), ("beamer",)])),
        pre_buffer=minutes(draw(st.sampled_from([0, 15]))),
        post_buffer=minutes(draw(st.sampled_from([0, 30]))),
        shared_buffers=draw(st.booleans()),
        slot_interval=minutes(draw(st.sampled_from([15, 30]))),
        locations=draw(st.sampled_from([on_site(MITTE), on_site(POTSDAM), (ONLINE,)])),
    )


@st.composite
def worlds(draw):
    staff = tuple(
        a_staff_member(
            name,
            max_per_day=draw(st.sampled_from([None, None, 2])),
            sites=frozenset(draw(st.sampled_from([(), (), ("mitte",)]))),
        )
        for name in NAMES
    )
    both = draw(services("one")), draw(services("two"))
    way = minutes(draw(st.sampled_from([0, 45])))
    rest = {"places": (MITTE, POTSDAM), "default_travel": way, "resources": RESOURCES}
    world = World(*both, staff=staff, **rest)
    for name in NAMES:
        tell(world, f"staff:{name}", ())
    tell(world, "room:red", ())
    return world


def tell(world, resource, items):
    """Outlook has these entries, and the index was told."""
    world.calendar.entries[MAILBOXES.get(resource, box("cleo"))] = list(items)
    now = world.clock.now()
    world.index.put_calendar(resource, items, now, NOW + FAR, NOW + FAR)


ACTIONS = st.tuples(
    st.sampled_from(["hold", "hold", "hold", "confirm", "release", "move", "wait", "busy"]),
    st.integers(0, 99),
)


async def act(world, action, number):
    service = ("one", "two")[number % 2]
    if action == "wait":
        world.clock.advance(minutes(number % 4))
    elif action == "busy":
        resource = list(MAILBOXES)[number % 3]
        items = (busy("10-10:20"), busy("11:45-12"))[: number % 3]
        tell(world, resource, items)
    elif action in {"hold", "move"}:
        await hold(world, service, number, moves=action == "move")
    else:
        await settle(world, action, number)


def of_customers(world):
    return [b for b in world.store.bookings.values() if b.state not in FREEING]


async def settle(world, action, number):
    if standing := of_customers(world):
        booking = standing[number % len(standing)]
        if action == "confirm":
            await world.desk.confirm(booking.id, booking.owner, some_details())
        else:
            await world.desk.release(booking.id, booking.owner)


async def hold(world, service, number, *, moves):
    standing = of_customers(world)
    own = standing[number % len(standing)] if moves and standing else None
    ignored = own.id if own else None
    search = Search(service, None, None, MORNING, ignore_booking=ignored)
    slots = (await world.desk.offer(search)).slots
    if slots:
        start = slots[number % len(slots)].span.start
        owner = own.owner if own else f"customer-{len(world.store.bookings)}"
        await world.desk.hold(HoldOrder(service, None, start, None, owner, (), ignored))


async def fresh_and_live(world, service):
    search = Search(service, None, None, MORNING)
    asked = len(world.calendar.asked)
    fresh = await world.desk.offer(search)
    assert len(world.calendar.asked) == asked
    return fresh.slots, (await world.more().offer(search)).slots


def in_the_way(world):
    """Pairs that may not both stand, from the bookings alone."""
    shares = {s.id: s.shared_buffers for s in world.business.services}
    for one, other in combinations(of_customers(world), 2):
        both = set(one.resources) & set(other.resources)
        if not both:
            continue
        shared = shares[one.service_id] and shares[other.service_id]
        met = one.busy.overlaps(other.busy)
        if shared:
            met = one.busy.overlaps(other.span) or one.span.overlaps(other.busy)
        way = world.business.travel_between(one.place_id, other.place_id)
        is_person = any(name.startswith("staff:") for name in both)
        if met or (is_person and way and one.span.widened(way, way).overlaps(other.span)):
            yield one, other


@settings(max_examples=80, deadline=None)
@given(worlds(), st.lists(ACTIONS, min_size=4, max_size=12))
async def test_fresh_says_what_live_says_and_nothing_stands_in_the_way(world, actions):
    for action, number in actions:
        # what was offered a moment ago can be held: nobody else is here
        tolerated = (TooManyHolds,) if action == "hold" else (BookingError,)
        with suppress(*tolerated):
            await act(world, action, number)
    for service in ("one", "two"):
        fresh, live = await fresh_and_live(world, service)
        assert fresh == live
    assert list(in_the_way(world)) == []
    assert world.clock.now() < NOW + timedelta(hours=1)
