"""Workloads are the same on every run, and have the shape the bench promises."""

import pytest

from bench import workloads
from bench.judge import common_starts, judge
from bench.workloads import Busy


@pytest.mark.parametrize(
    "draw",
    [
        workloads.four_weeks,
        workloads.together,
        workloads.courses,
        workloads.rush,
        lambda: workloads.many(100),
        lambda: workloads.tiny(3, seconds=True),
        workloads.clock_changes,
    ],
)
def test_a_workload_is_the_same_each_time_it_is_drawn(draw):
    assert draw() == draw()


def test_another_seed_draws_other_calendars():
    assert workloads.many(20, seed=1).staff != workloads.many(20, seed=2).staff


def test_a_smaller_staff_is_the_beginning_of_a_larger_one():
    assert workloads.many(50).staff == workloads.many(100).staff[:50]


def test_entries_of_a_calendar_are_sorted_and_have_a_length():
    for person in workloads.many(100).staff:
        items = list(person.busy)
        assert items == sorted(items)
        assert all(start < end for start, end, _ours in items)


def test_busy_items_come_sorted_however_they_were_given():
    assert list(Busy([(30, 40, False), (10, 20, True)])) == [(10, 20, True), (30, 40, False)]


def test_equal_times_of_different_owners_are_not_the_same_calendar():
    assert Busy([(10, 20, True)]) != Busy([(10, 20, False)])


def test_large_staffs_have_the_drawn_shares():
    staff = workloads.many(2000).staff
    items = [item for person in staff for item in person.busy]
    assert 66 < len(items) / len(staff) < 76
    assert 0.38 < sum(ours for _start, _end, ours in items) / len(items) < 0.42
    assert 0.76 < sum(person.zone == workloads.BERLIN for person in staff) / len(staff) < 0.84
    assert len({(person.zone, person.weekly, person.holidays) for person in staff}) > 90


def test_everybody_has_six_of_forty_skills():
    for person in workloads.many(50).staff:
        assert sum(person.has(skill) for skill in range(workloads.SKILLS)) == 6


def test_beyond_what_is_drawn_calendars_repeat_under_ids_of_their_own():
    staff = workloads.many(50, drawn=20).staff
    assert len({person.id for person in staff}) == 50
    assert staff[45].busy is staff[5].busy
    assert [person.skills for person in staff[20:40]] != [person.skills for person in staff[:20]]


def test_only_sets_with_seconds_leave_the_minute():
    assert all(item[0] % 60 == 0 for p in workloads.tiny(1).staff for item in p.busy)
    assert any(item[0] % 60 for p in workloads.tiny(1, seconds=True).staff for item in p.busy)


def test_five_in_three_zones_find_times_for_all_of_them():
    workload = workloads.together()
    assert len({person.zone for person in workload.staff}) == 3
    assert len(common_starts(judge(workload), [p.id for p in workload.staff])) > 20


def test_a_change_adds_one_event_to_one_calendar():
    workload = workloads.many(20)
    before = {person.id: person for person in workload.staff}
    for changed in workloads.changes(workload, 10):
        assert len(changed.busy) == len(before[changed.id].busy) + 1
        assert set(before[changed.id].busy) <= set(changed.busy)


def test_courses_are_never_overfull_and_nobody_takes_two_places():
    drawn = workloads.courses()
    assert len(drawn.dates) == 648
    assert len(drawn.taken) == len(set(drawn.taken))
    inside = [sum(date == one.id for _who, date in drawn.taken) for one in drawn.dates[:50]]
    assert all(count <= 14 for count in inside)


def test_the_slot_of_the_rush_is_free():
    rush = workloads.rush()
    assert len(set(rush.customers)) == 200
    assert rush.start in judge(rush.workload)
