"""From a tenth to ten times the large staff: does the cost grow with it, or faster?"""

from collections.abc import Iterator
from random import Random

from bench.cold import least_ms
from bench.engine import Engine, answer_of_sweep
from bench.large import Large
from bench.limits import Limits
from bench.plan import Plan
from bench.table import Row, cpu_medians
from bench.verdict import Verdict, against_judge_for_some, both, equal, same, some_of
from scheduling.index import View

SWEPT_UP_TO = 2_000
"""Staff for whom the plain sweep is run as well."""
COLUMNS_LOOKED_AT = 20
NOISE = 1.1
"""Two runs of the same differ by as much."""


def rows(engine: Engine, plan: Plan, limits: Limits, drawn: Large) -> Iterator[Row]:
    """Yield two rows for each size; the bar is linear growth from the size before, and some noise.

    `drawn` is the large staff as it is there already.
    """
    earlier: dict[str, tuple[int, float]] = {}
    for size in plan.growth:
        large = drawn if size == plan.large else Large(engine, plan, limits, size)
        for name, ms, limit, verdict in _measured(large):
            bar, words = None, verdict.judged
            if name in earlier:
                less, before = earlier[name]
                bar = before * size / less * NOISE
                words = f"x{ms / before:.1f} for x{size / less:.0f}; {words}"
            earlier[name] = (size, ms)
            yield Row(
                f"growth: {name}",
                f"c: {size:,} staff",
                cpu_ms=ms,
                bar=bar,
                limit_ms=limit,
                judged=words,
                wrong=verdict.wrong,
            )


def _measured(large: Large) -> Iterator[tuple[str, float, float, Verdict]]:
    case, size = large.case, len(large.workload.staff)
    rounds = large.plan.rounds if size <= large.plan.large else 1
    cold = cpu_medians({"": lambda: large.engine.built(case)}, rounds)[""].ms
    verdict = _verdict(large)
    yield "cold build", cold, least_ms(large.limits, large.workload), verdict
    counts = cpu_medians({"": lambda: large.counts(large.two_weeks)}, large.plan.rounds)[""].ms
    yield "counts, with a skill", counts, large.ms_for(large.two_weeks), verdict


def _verdict(large: Large) -> Verdict:
    engine, case, view, workload = large.engine, large.case, large.view, large.workload
    people = some_of(workload.staff, large.plan.judged)
    judged = against_judge_for_some(engine, workload, case, view, people)
    if len(workload.staff) > SWEPT_UP_TO:
        return both(judged, _columns_like_rows(view))
    return both(judged, equal(answer_of_sweep(case), engine.answer(case, view, None), "sweep"))


def _columns_like_rows(view: View) -> Verdict:
    """Compare some columns, bit by bit, with the rows."""
    columns = Random(19).sample(range(len(view.cols)), min(COLUMNS_LOOKED_AT, len(view.cols)))
    right = [[row >> column & 1 for row in view.rows] for column in columns]
    people = range(len(view.rows))
    found = [[view.cols[column] >> number & 1 for number in people] for column in columns]
    return same(right, found, "its rows")
