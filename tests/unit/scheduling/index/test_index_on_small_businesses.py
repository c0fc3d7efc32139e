"""Index, plain sweep and a judge of their own agree on every rule, however odd the business."""

from datetime import timedelta

from hypothesis import given, settings

from scheduling.availability import start_window, working_spans
from scheduling.booking import staff_resource
from scheduling.index import AvailabilityIndex, View
from scheduling.slots import free_starts, shape_of, within_caps
from scheduling.timespan import second_at_or_after, second_at_or_before
from tests.unit.scheduling.index.own_judge import judge, living_claims
from tests.unit.scheduling.index.small_businesses import Case, a_case, a_crowded_case

EARLIER = timedelta(days=1)


def by_sweep(case: Case) -> dict[str, list[int]]:
    """Return each member's starts by slots.py."""
    business, service = case.business, case.service
    window = start_window(service, case.now, business.zone)
    found: dict[str, list[int]] = {member.id: [] for member in business.staff}
    if window is None:
        return found
    shape = shape_of(business, service, case.duration, case.location_id)
    for member in business.staff:
        span = window.served(case.duration)
        working = working_spans(business, service, member, span, case.location_id)
        entries = [i.span for i in case.entries[member.id] if i.status in service.blocking]
        claims = living_claims(case, member)
        starts = free_starts(working, entries, shape, window, claims)
        found[member.id] = [int(s.timestamp()) for s in within_caps(starts, member, claims)]
    return found


def fed(case: Case) -> AvailabilityIndex:
    """An index that was made the day before, fed, and has reached `now`."""
    index = AvailabilityIndex(case.business, case.now - EARLIER)
    far = case.now + timedelta(days=30)
    for member in case.business.staff:
        name = staff_resource(member.id)
        index.put_calendar(name, case.entries[member.id], case.now - EARLIER, covers_until=far)
        index.put_claims({name: case.claims[member.id]})
    return index


def by_index(case: Case, view: View) -> dict[str, list[int]]:
    """Return each member's starts out of the columns, within what lead and advance allow."""
    found: dict[str, list[int]] = {member.id: [] for member in case.business.staff}
    window = start_window(case.service, case.now, case.business.zone)
    if window is None:
        return found
    first, last = second_at_or_after(window.first), second_at_or_before(window.last)
    for column, second in enumerate(view.grid.starts):
        if first <= second <= last:
            for member in view.members_in(view.cols[column]):
                found[member.id].append(second)
    return found


def the_view(case: Case, index: AvailabilityIndex) -> View:
    view = index.view(case.service, case.duration, case.location_id)
    return view.complete(index.standing)


def assert_all_agree(case: Case) -> None:
    right, index = judge(case), fed(case)
    assert by_sweep(case) == right
    of_yesterday = the_view(case, index)
    index.advance(case.now)
    assert the_view(case, index) is of_yesterday
    assert by_index(case, of_yesterday) == right
    later = fed(case)
    later.advance(case.now)
    assert by_index(case, the_view(case, later)) == right


@settings(max_examples=100, deadline=None)
@given(a_case())
def test_index_and_sweep_find_what_the_judge_finds(case):
    assert_all_agree(case)


@settings(max_examples=35, deadline=None)
@given(a_crowded_case())
def test_all_keep_the_same_distance_from_bookings_and_holds(case):
    assert_all_agree(case)
