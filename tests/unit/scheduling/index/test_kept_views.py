"""Which views there are, who is in them, and what is known of whom."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from scheduling.booking import staff_resource
from scheduling.catalog import (
    Business,
    BusyStatus,
    DateRange,
    Resource,
    ResourceKind,
)
from scheduling.index import AvailabilityIndex, Standing, View, slot_class
from scheduling.occupancy import Claim
from scheduling.timespan import TimeSpan
from tests.builders import (
    NEW_YORK,
    a_business,
    a_service,
    a_staff_member,
    a_text,
    daily,
    minutes,
)
from tests.unit.scheduling.index.a_world import (
    AT_NORTH,
    AT_SOUTH,
    FRIDAY,
    NORTH,
    NOW,
    SOUTH,
    TEAMS,
    Fate,
    a_practice,
    local,
    seconds,
)


def named(count: int) -> Business:
    """Services of as many classes, all with the same staff."""
    services = tuple(
        a_service(id=f"service{n}", durations=(minutes(5 * n + 5),)) for n in range(count)
    )
    return a_business(services=services)


def view_of(index: AvailabilityIndex, business: Business, number: int) -> View:
    service = business.services[number]
    return index.view(service, service.durations[0])


def test_the_view_least_recently_used_is_dropped():
    business = named(4)
    index = AvailabilityIndex(business, NOW, most_views=3)
    first, second, third = (view_of(index, business, n) for n in range(3))
    assert view_of(index, business, 0) is first
    view_of(index, business, 3)
    assert view_of(index, business, 2) is third
    assert view_of(index, business, 0) is first
    assert view_of(index, business, 1) is not second


def test_the_oldest_views_are_dropped_when_all_take_too_many_bytes():
    business = named(4)
    roomy = AvailabilityIndex(business, NOW)
    for each in business.staff:
        roomy.put_calendar(staff_resource(each.id), [], NOW, NOW + timedelta(days=90))
    size = view_of(roomy, business, 0).complete(roomy.standing).bytes_held()
    assert size > 100 * 28 * 2
    index = AvailabilityIndex(business, NOW, most_bytes=size * 5 // 2)
    first, second, third = (view_of(index, business, n).complete(roomy.standing) for n in range(3))
    assert view_of(index, business, 0) is first
    view_of(index, business, 3)
    assert view_of(index, business, 2) is third
    assert view_of(index, business, 0) is first
    assert view_of(index, business, 1) is not second


def test_the_last_view_is_kept_however_large():
    business = named(2)
    index = AvailabilityIndex(business, NOW, most_bytes=0)
    first = view_of(index, business, 0).complete(index.standing)
    assert view_of(index, business, 0) is first
    second = view_of(index, business, 1).complete(index.standing)
    assert view_of(index, business, 1) is second
    assert view_of(index, business, 0) is not first


def test_a_dropped_view_is_made_anew_with_what_happened_meanwhile():
    business = named(2)
    index = AvailabilityIndex(business, NOW, most_views=1)
    far = NOW + timedelta(days=90)
    index.put_calendar("staff:anna", [], NOW, far)
    before = view_of(index, business, 0).complete(index.standing)
    view_of(index, business, 1)
    start = before.grid.starts[0]
    index.put_claims({"staff:anna": [Claim(start, start + 60, start, start + 60)]})
    after = view_of(index, business, 0).complete(index.standing)
    assert before.rows[0] & 1
    assert not after.rows[0] & 1


def test_equal_services_share_a_view_of_all_who_serve_either():
    one = a_service(staff_ids=("bernd",), maximum_advance=timedelta(days=9))
    other = a_service(id="other", staff_ids=("anna",), durations=(minutes(60), minutes(30)))
    index = AvailabilityIndex(a_business(services=(one, other)), NOW)
    view = index.view(one, minutes(30))
    assert index.view(other, minutes(30)) is view
    assert [member.id for member in view.members] == ["anna", "bernd"]
    assert [m.id for m in view.members_in(view.mask(one.staff_ids))] == ["bernd"]
    assert [m.id for m in view.members_in(view.mask(other.staff_ids))] == ["anna"]
    assert [m.id for m in index.view(other, minutes(60)).members] == ["anna"]


@pytest.mark.parametrize(
    "changes",
    [
        {"durations": (minutes(45),)},
        {"pre_buffer": minutes(5)},
        {"post_buffer": minutes(5)},
        {"slot_interval": minutes(20)},
        {"slot_offset": minutes(5)},
        {"shared_buffers": True},
        {"blocking": frozenset({BusyStatus.OOF})},
        {"hours": daily("9-12")},
        {"locations": (AT_NORTH,)},
        {"locations": (AT_NORTH, AT_SOUTH)},
    ],
)
def test_services_that_differ_in_what_decides_do_not_share(changes):
    one, other = a_service(), a_service(id="other", **changes)
    index = AvailabilityIndex(a_business(services=(one, other), places=(NORTH, SOUTH)), NOW)
    assert index.view(other, other.durations[0]) is not index.view(one, minutes(30))


def test_each_place_has_a_view_with_those_who_are_there_on_some_day():
    visit = a_service(locations=(AT_NORTH, AT_SOUTH))
    staff = (
        a_staff_member("anna", sites=frozenset({"north"})),
        a_staff_member("bernd", work_places=dict.fromkeys(range(7), "south")),
    )
    index = AvailabilityIndex(
        a_business(services=(visit,), staff=staff, places=(NORTH, SOUTH)), NOW
    )
    at_north, at_south, anywhere = (
        index.view(visit, minutes(30), place) for place in ("north", "south", "")
    )
    assert at_north is not at_south
    assert [m.id for m in at_north.members] == ["anna"]
    assert [m.id for m in at_south.members] == ["bernd"]
    assert [m.id for m in anywhere.members] == ["anna", "bernd"]


def test_a_room_without_a_calendar_is_known_to_be_free_and_another_is_not():
    room, beamers = (
        Resource("blue", a_text("Blau"), ResourceKind.ROOM, mailbox="blue@example.test"),
        Resource("beamer", a_text("Beamer"), ResourceKind.EQUIPMENT, units=2),
    )
    index = AvailabilityIndex(a_practice(resources=(room, beamers)), NOW)
    assert index.standing("room:blue").unknown is not None
    assert index.standing("equipment:beamer#2") == Standing()
    index.put_calendar("room:blue", [], NOW, NOW + timedelta(days=60))
    assert index.standing("room:blue").unknown is None
    assert index.standing("staff:s1").unknown is not None


@pytest.mark.parametrize("number", range(3))
def test_a_room_is_free_like_somebody_who_works_whenever_the_business_is_open(number):
    always = a_staff_member("s0", hours=daily("0-0"))
    business = a_practice(1, staff=(always,), hours=daily("0-2", "8-19:20"))
    service = business.services[number]
    service = replace(service, staff_ids=("s0",), locations=(TEAMS,))
    index = AvailabilityIndex(replace(business, services=(service,)), NOW)
    fate = Fate(number, business, index)
    view = index.view(service, service.durations[0]).complete(index.standing)
    for _ in range(20):
        fate.happen(5)
        known = index.standing("staff:s0")
        if known.unknown is None:
            assert view.open_row(known) == view.rows[0]
    assert view.open_row(Standing(unknown="timeout")) == 0
    assert view.open_row(Standing()) == view.grid.ones[-1] != 0


@pytest.mark.parametrize(
    "changes",
    [
        {"zone": NEW_YORK},
        {"subdivision": "ST"},
        {"time_off": (DateRange(FRIDAY, FRIDAY),)},
        {"work_places": {4: "south"}},
        {"work_places": {4: "south"}, "overrides": {FRIDAY: daily("9-17")[4]}},
        {"sites": frozenset({"south"})},
        {"breaks": daily("10-11")},
        {"overrides": {FRIDAY: ()}},
    ],
)
def test_who_shares_the_hours_of_a_shift_does_not_share_what_is_their_own(changes):
    shift = daily("9-17")
    staff = (a_staff_member("anna", hours=shift), a_staff_member("bernd", hours=shift, **changes))
    service = a_service(locations=(AT_NORTH,))
    business = a_business(services=(service,), staff=staff, places=(NORTH, SOUTH))
    # over Reformationstag, which is a holiday in Sachsen-Anhalt
    window = seconds(TimeSpan(local(FRIDAY, time(0)), local(date(2026, 11, 2), time(0))))
    of_class = slot_class(business, service, minutes(30))

    def rows(members) -> list[int]:
        return View(business, of_class, members, window).complete(lambda _: Standing()).rows

    both, first = View(business, of_class, staff, window), rows(staff[:1])
    both.complete(lambda _: Standing())
    assert both.rows[0] != both.rows[1]
    assert rows(staff[::-1]) == both.rows[::-1]
    assert both.rows[0].bit_count() == first[0].bit_count()
