"""The same drawn calendars put to the judge, to the plain sweep and to the index."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bench import workloads
from bench.engine import answer_of_sweep, answer_of_view, built, case_of
from bench.judge import Answer, common_starts, differences, judge
from bench.workloads import BERLIN, NEW_YORK, Workload, night
from scheduling.availability import working_spans
from scheduling.timespan import from_seconds

CHANGE_INSIDE = [
    *((seed, False) for seed in (7, 12, 75, 212, 259, 264, 271, 278, 410)),
    *((seed, True) for seed in (100, 277, 294, 422, 468, 483, 516, 577, 585)),
]
"""Seeds of `tiny` whose three days hold a clock change: grids of 5 to 30 minutes, three zones."""


def assert_all_agree(workload: Workload) -> Answer:
    right, case = judge(workload), case_of(workload)
    assert differences(right, answer_of_sweep(case)) == []
    assert differences(right, answer_of_view(case, built(case))) == []
    return right


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize("draw", [workloads.four_weeks, lambda: workloads.many(100)])
def test_all_agree_on_large_sets(draw):
    assert len(assert_all_agree(draw())) > 400


def test_starts_in_common_are_those_of_the_judge():
    workload = workloads.together()
    everybody = [person.id for person in workload.staff]
    right = common_starts(assert_all_agree(workload), everybody)
    view = built(case_of(workload))
    bits = view.together(view.numbers[each] for each in everybody)
    earliest = workload.now + workload.lead_s
    found = [s for n, s in enumerate(view.grid.starts) if bits >> n & 1 and s >= earliest]
    assert found == right != []


@pytest.mark.parametrize("number", range(9))
def test_all_agree_on_the_days_of_a_clock_change(number):
    assert assert_all_agree(workloads.clock_changes()[number])


@pytest.mark.parametrize("seconds", [False, True])
@pytest.mark.parametrize("seed", range(24))
def test_all_agree_on_small_odd_sets(seed, seconds):
    assert_all_agree(workloads.tiny(seed, seconds=seconds))


@pytest.mark.parametrize(("seed", "seconds"), CHANGE_INSIDE)
def test_all_agree_on_small_odd_sets_with_a_clock_change_inside(seed, seconds):
    workload = workloads.tiny(seed, seconds=seconds)
    zone, days = ZoneInfo(workload.zone), timedelta(workload.days)
    first = datetime.combine(workload.first_day, time(), tzinfo=zone)
    assert first.utcoffset() != (first + days).utcoffset()
    assert assert_all_agree(workload)


@pytest.mark.parametrize(
    ("day", "zone", "opens", "closes", "hours", "starts"),
    [
        (date(2026, 3, 29), BERLIN, "2026-03-28 23:00", "2026-03-29 04:00", 5, 19),
        (date(2026, 10, 25), BERLIN, "2026-10-24 22:00", "2026-10-25 05:00", 7, 27),
        (date(2026, 3, 8), NEW_YORK, "2026-03-08 05:00", "2026-03-08 10:00", 5, 19),
    ],
)
def test_night_hours_are_as_long_as_the_clock_change_makes_them(
    day, zone, opens, closes, hours, starts
):
    case = case_of(night(day, zone))
    whole_day = from_seconds(*case.window)
    (member,) = case.business.staff
    span = from_seconds(at(opens), at(closes))
    assert working_spans(case.business, case.service, member, whole_day) == [span]
    assert span.duration == timedelta(hours=hours)
    found = list(answer_of_view(case, built(case)))
    assert found == list(answer_of_sweep(case)) == list(range(at(opens), at(closes) - 1799, 900))
    assert len(found) == starts
