"""Small staffs, each answer from rules and calendars anew: nothing is kept from before."""

from collections.abc import Iterator
from dataclasses import replace

from bench import workloads
from bench.engine import Case, Engine, case_of, forget_rules, sweep
from bench.judge import common_starts, judge
from bench.limits import Limits
from bench.plan import Plan
from bench.table import Row, cpu_medians
from bench.verdict import against_judge, both, same
from bench.workloads import Workload
from scheduling.index import View

BYTES_OF_AN_ITEM = 16
"""Start and end: less cannot be read of an item."""


def rows(engine: Engine, plan: Plan, limits: Limits) -> Iterator[Row]:
    """Yield the rows of a, of a hundred and some hundreds of c, and of d."""
    a = _row(engine, workloads.four_weeks(), plan, limits)
    yield replace(a, name="cold from rules, 4 weeks", workload="a: 5 staff", bar=3)
    small = _row(engine, workloads.many(plan.small), plan, limits)
    name = f"c: {plan.small:,} staff"
    yield replace(small, name="cold from rules, 2 weeks", workload=name, bar=25)
    middle = _row(engine, workloads.many(plan.middle), plan, limits)
    name = f"c: {plan.middle:,} staff"
    yield replace(middle, name="cold from rules, 2 weeks", workload=name)
    yield _together(engine, plan, limits)


def counted(engine: Engine, case: Case) -> list[int]:
    """Answer how many are free at each start, from rules and intervals."""
    forget_rules()
    view = engine.built(case)
    first = view.grid.number_from(case.earliest)
    return view.counts(view.mask(case.service.staff_ids), first, len(view.cols))


def least_ms(limits: Limits, workload: Workload) -> float:
    """Return the time in which every item can be touched once."""
    return limits.ms_for(BYTES_OF_AN_ITEM * sum(len(person.busy) for person in workload.staff))


def _row(engine: Engine, workload: Workload, plan: Plan, limits: Limits) -> Row:
    case = case_of(workload)
    works = {"index": lambda: counted(engine, case), "sweep": lambda: _swept(case)}
    medians = cpu_medians(works, plan.rounds)
    verdict = against_judge(engine, workload, case, engine.built(case))
    return Row(
        "",
        cpu_ms=medians["index"].ms,
        ratio=medians["index"].ms / medians["sweep"].ms,
        limit_ms=least_ms(limits, workload),
        **verdict._asdict(),
    )


def _swept(case: Case) -> object:
    forget_rules()
    return sweep(case)


def _together(engine: Engine, plan: Plan, limits: Limits) -> Row:
    workload = workloads.together()
    case = case_of(workload)
    view, names = engine.built(case), [person.id for person in workload.staff]
    numbers = [view.numbers[name] for name in names]
    works = {"index": lambda: view.together(numbers), "sweep": lambda: sweep(case)}
    medians = cpu_medians(works, plan.rounds)
    right = common_starts(judge(workload), names)
    found = _starts(view, view.together(numbers), case.earliest)
    verdict = both(
        same(right, found, f"judge ({len(right):,} starts)"),
        against_judge(engine, workload, case, view),
    )
    return Row(
        "all must be free, 60 days, warm",
        "d: 5 staff",
        cpu_ms=medians["index"].ms,
        ratio=medians["index"].ms / medians["sweep"].ms,
        bar=0.1,
        limit_ms=limits.ms_for(len(numbers) * len(view.grid.starts) // 8),
        **verdict._asdict(),
    )


def _starts(view: View, bits: int, earliest: int) -> list[int]:
    starts = enumerate(view.grid.starts)
    return [at for number, at in starts if bits >> number & 1 and at >= earliest]
