"""Workload b: places of course dates, kept as one number a date; no engine is needed for them."""

from collections import Counter

from bench import workloads
from bench.judge import open_places
from bench.plan import Plan
from bench.table import Row, cpu_medians
from bench.verdict import same
from bench.workloads import CourseDate

CUSTOMER, LEVEL = 42, 3


def row(plan: Plan) -> Row:
    """Measure the open places of a level for one customer, out of a list."""
    drawn = workloads.courses()
    dates = [one for one in drawn.dates if one.level == LEVEL]
    taken = Counter(course_date for _customer, course_date in drawn.taken)
    inside = {course_date for customer, course_date in drawn.taken if customer == CUSTOMER}

    def kept() -> dict[int, int]:
        return _open(dates, taken, inside)

    def counted() -> dict[int, int]:
        mine = {course_date for customer, course_date in drawn.taken if customer == CUSTOMER}
        return _open(dates, Counter(course_date for _, course_date in drawn.taken), mine)

    medians = cpu_medians({"kept": kept, "counted": counted}, plan.rounds)
    right = open_places(drawn, CUSTOMER, LEVEL)
    return Row(
        "open places of a level, one customer",
        f"b: {len(drawn.dates)} course dates",
        cpu_ms=medians["kept"].ms,
        ratio=medians["kept"].ms / medians["counted"].ms,
        **same(right, kept(), f"judge ({len(right)} dates)")._asdict(),
    )


def _open(dates: list[CourseDate], taken: Counter[int], inside: set[int]) -> dict[int, int]:
    return {
        one.id: one.places - taken[one.id]
        for one in dates
        if taken[one.id] < one.places and one.id not in inside
    }
