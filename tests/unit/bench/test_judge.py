"""The judge is judged by hand-written cases: everything else is compared with it."""

import ast
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bench import judge as judge_module
from bench import workloads
from bench.judge import common_starts, differences, grid_starts, judge, open_places, working_time
from bench.workloads import BERLIN, NEW_YORK, Busy, CourseDate, Courses, Workload, night

PLAIN_DAY = date(2026, 6, 10)
MORNING = ((("09:00", "11:00"),),) * 7


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def morning(*busy: tuple[str, str, bool], **changes: object) -> Workload:
    """09:00-11:00 in Berlin on 10 June, which is 07:00-09:00 UTC; 30 min on quarters."""
    items = [(at(f"2026-06-10 {s}"), at(f"2026-06-10 {e}"), ours) for s, e, ours in busy]
    return replace(night(PLAIN_DAY, BERLIN, weekly=MORNING, busy=items), **changes)


def clock(workload: Workload) -> list[str]:
    return [datetime.fromtimestamp(start, UTC).strftime("%H:%M") for start in judge(workload)]


ALL_MORNING = ["07:00", "07:15", "07:30", "07:45", "08:00", "08:15", "08:30"]


@pytest.mark.parametrize(
    ("day", "zone", "opens", "closes", "hours", "starts"),
    [
        (date(2026, 3, 29), BERLIN, "2026-03-28 23:00", "2026-03-29 04:00", 5, 19),
        (date(2026, 10, 25), BERLIN, "2026-10-24 22:00", "2026-10-25 05:00", 7, 27),
        (date(2026, 3, 8), NEW_YORK, "2026-03-08 05:00", "2026-03-08 10:00", 5, 19),
    ],
)
def test_night_hours_on_the_day_of_a_clock_change(day, zone, opens, closes, hours, starts):
    workload = night(day, zone)
    assert (at(opens), at(closes)) in working_time(workload.staff[0], workload)
    assert at(closes) - at(opens) == hours * 3600
    found = list(judge(workload))
    assert len(found) == starts
    assert (found[0], found[-1]) == (at(opens), at(closes) - 1800)


def test_a_time_that_the_clock_skips_is_moved_forward():
    workload = night(date(2026, 3, 29), BERLIN, weekly=((("02:30", "05:00"),),) * 7)
    assert clock(workload)[0] == "01:30"


def test_a_rule_of_which_the_clock_change_leaves_nothing_has_no_starts():
    workload = night(date(2026, 3, 29), BERLIN, weekly=((("02:15", "03:00"),),) * 7)
    assert judge(workload) == {}
    assert all(start < end for start, end in working_time(workload.staff[0], workload))


def test_a_repeated_time_is_the_first_of_both():
    workload = night(date(2026, 10, 25), BERLIN, weekly=((("02:00", "04:00"),),) * 7)
    assert clock(workload)[0] == "00:00"
    assert len(clock(workload)) == 11


def test_a_free_morning_has_all_its_starts():
    assert clock(morning()) == ALL_MORNING


def test_the_last_start_ends_with_the_working_time_to_the_second():
    assert clock(morning(duration_s=3600))[-1] == "08:00"
    assert clock(morning(duration_s=3601))[-1] == "07:45"


def test_a_booking_may_begin_in_the_second_another_ends():
    assert clock(morning(("07:00", "08:30", False))) == ["08:30"]


def test_one_second_too_long_takes_the_start_after_it():
    assert clock(morning(("07:00", "08:15:01", False))) == ["08:30"]


def test_one_second_too_early_takes_the_start_before_it():
    assert clock(morning(("07:29:59", "09:00", False))) == []
    assert clock(morning(("07:30", "09:00", False))) == ["07:00"]


def test_time_before_the_service_is_kept_free_after_what_is_busy():
    assert clock(morning(("07:00", "07:30", False), before_s=600))[0] == "07:45"


def test_time_after_the_service_is_kept_free_before_what_is_busy():
    assert clock(morning(("08:30", "09:00", False), after_s=600))[-1] == "07:45"


def test_buffers_may_reach_beyond_the_working_time():
    assert clock(morning(before_s=900, after_s=900)) == ALL_MORNING


def test_a_long_item_under_a_short_one_still_blocks():
    assert clock(morning(("07:00", "08:30", False), ("07:10", "07:20", False))) == ["08:30"]


def test_own_items_up_to_the_cap_close_the_day():
    own = ("07:00", "07:15", True)
    assert clock(morning(own, day_cap=2)) == ALL_MORNING[1:]
    assert clock(morning(own, ("07:15", "07:30", True), day_cap=2)) == []


def test_items_of_others_do_not_count_for_the_cap():
    assert clock(morning(("07:00", "07:15", False), day_cap=1)) == ALL_MORNING[1:]


def test_the_cap_counts_days_on_the_clock_of_the_person():
    # 03:00 UTC on 10 June is the evening of the 9th in New York
    evening = ("03:00", "03:30", True)
    assert clock(morning(evening, day_cap=1)) == []
    workload = morning(evening, day_cap=1)
    person = replace(workload.staff[0], zone=NEW_YORK, weekly=((("03:00", "05:00"),),) * 7)
    assert clock(replace(workload, staff=[person])) == ALL_MORNING


def test_a_day_that_is_full_there_is_full_though_it_is_the_next_one_here():
    own = [(at("2026-06-10 15:00"), at("2026-06-10 15:15"), True)]
    there = night(date(2026, 6, 11), "Asia/Kolkata", weekly=MORNING, busy=own)
    person = replace(there.staff[0], zone=NEW_YORK, weekly=((("17:00", "18:00"),),) * 7)
    there = replace(there, staff=[person])
    assert clock(there) == ["21:00", "21:15", "21:30"]
    assert clock(replace(there, day_cap=1)) == []


def test_nothing_begins_before_the_lead_time_is_over():
    workload = morning(now=at("2026-06-10 06:00"), lead_s=7200 + 1)
    assert clock(workload) == ["08:15", "08:30"]


def test_the_end_of_the_lead_time_may_be_booked():
    assert clock(morning(now=at("2026-06-10 06:00"), lead_s=7200)) == ["08:00", "08:15", "08:30"]


def test_nothing_begins_outside_the_horizon():
    workload = morning()
    west = replace(workload.staff[0], zone=NEW_YORK, weekly=((("17:00", "19:00"),),) * 7)
    # 17:00 in New York is 23:00 in Berlin: one evening reaches in, of the other an hour is left
    early, late = ["22:00", "22:15", "22:30"], ["21:00", "21:15", "21:30", "21:45"]
    assert clock(replace(workload, staff=[west])) == early + late


def test_holidays_have_no_starts():
    workload = morning()
    person = replace(workload.staff[0], holidays=frozenset({PLAIN_DAY}))
    assert judge(replace(workload, staff=[person])) == {}


def test_rules_that_touch_are_one_span():
    week = ((("09:00", "10:00"), ("10:00", "11:00")),) * 7
    assert clock(morning(staff=night(PLAIN_DAY, BERLIN, weekly=week).staff)) == ALL_MORNING


def test_a_rule_inside_another_takes_nothing_away():
    week = ((("09:00", "11:00"), ("09:30", "10:00")),) * 7
    assert clock(morning(staff=night(PLAIN_DAY, BERLIN, weekly=week).staff)) == ALL_MORNING


def test_rules_that_touch_at_midnight_are_one_span():
    week = ((("00:00", "01:00"), ("23:00", "24:00")),) * 7
    workload = night(PLAIN_DAY, BERLIN, weekly=week)
    assert "21:45" in clock(workload)


def test_the_grid_begins_anew_at_each_midnight():
    workload = replace(night(PLAIN_DAY, BERLIN), step_s=25 * 60, days=2)
    midnight = at("2026-06-10 22:00")
    around = [s - midnight for s in grid_starts(workload) if abs(s - midnight) <= 1500]
    assert around == [-900, 0, 1500]


def test_the_grid_follows_the_clock_of_the_business():
    workload = replace(night(PLAIN_DAY, "Asia/Kolkata"), step_s=3600)
    assert {start % 3600 for start in grid_starts(workload)} == {1800}


def test_people_are_named_at_each_start_and_can_be_chosen():
    workload = morning()
    busy = replace(
        workload.staff[0],
        id="late",
        busy=Busy([(at("2026-06-10 07:00"), at("2026-06-10 08:30"), False)]),
    )
    workload = replace(workload, staff=[workload.staff[0], busy])
    answer = judge(workload)
    assert answer[at("2026-06-10 08:30")] == {"s000000", "late"}
    assert common_starts(answer, ["s000000", "late"]) == [at("2026-06-10 08:30")]
    assert list(judge(workload, [busy])) == [at("2026-06-10 08:30")]


def test_full_courses_and_own_ones_are_not_open():
    dates = [
        CourseDate(0, 0, 1, 0, 2),
        CourseDate(1, 1, 1, 0, 2),
        CourseDate(2, 2, 1, 0, 2),
        CourseDate(3, 3, 2, 0, 2),
    ]
    taken = [(7, 0), (8, 1), (9, 1), (8, 2)]
    assert open_places(Courses(dates, taken), customer=7, level=1) == {2: 1}


def test_a_difference_is_said_in_words_and_equality_with_none():
    assert differences({5: {"a"}}, {5: {"a"}}) == []
    assert differences({5: {"a", "b"}}, {5: {"a", "c"}}) == ["5: missing ['b'], not free ['c']"]
    assert differences({}, {5: {"a"}}) == ["5: missing [], not free ['a']"]


@pytest.mark.parametrize("module", [judge_module, workloads])
def test_the_yardstick_imports_nothing_of_the_application(module):
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    names = [
        node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert {name.split(".")[0] for name in names}.isdisjoint({"scheduling", "bot", "graph"})
