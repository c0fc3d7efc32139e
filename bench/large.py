"""The largest staff: what it costs to build the bits of a class, and what they occupy."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property

from bench.cold import least_ms
from bench.engine import Case, Engine, answer_of_sweep, case_of, forget_rules, new_view
from bench.judge import Answer
from bench.limits import Limits
from bench.plan import Plan
from bench.table import Median, Row, cpu_median, cpu_medians, traced
from bench.verdict import Verdict, against_judge_for_some, both, equal, some_of
from bench.workloads import Workload, instant, many
from scheduling.catalog import Service, StaffMember
from scheduling.index import View

SKILL = 7
DAY, CLOCK = 2, "10:00"
"""The day that is asked for alone, counted from the first, and the start on it."""
Window = tuple[int, int]


@dataclass
class Large:
    """One large staff with its bits, and those of them who have a skill."""

    engine: Engine
    plan: Plan
    limits: Limits
    size: int = 0
    """How many; 0 = as many as the plan says."""

    @cached_property
    def workload(self) -> Workload:
        """Their calendars."""
        return many(self.size or self.plan.large, drawn=self.plan.large)

    @cached_property
    def case(self) -> Case:
        """The staff as the engine sees it."""
        return case_of(self.workload)

    @cached_property
    def view(self) -> View:
        """The bits of everybody."""
        return self.engine.built(self.case)

    @cached_property
    def skilled(self) -> tuple[StaffMember, ...]:
        """Those who have the skill."""
        has = {person.id for person in self.workload.staff if person.has(SKILL)}
        return tuple(m for m in self.case.business.staff if m.id in has)

    @cached_property
    def service(self) -> Service:
        """What only they can serve."""
        names = tuple(member.id for member in self.skilled)
        return replace(self.case.service, id="skilled", staff_ids=names)

    @cached_property
    def mask(self) -> int:
        """Their bits in a column."""
        return self.view.mask(self.service.staff_ids)

    @cached_property
    def swept(self) -> Answer:
        """What the plain sweep finds for them."""
        return answer_of_sweep(self.case, self.skilled)

    @property
    def two_weeks(self) -> Window:
        """All that may be booked."""
        return max(self.case.window[0], self.case.earliest), self.case.window[1]

    @property
    def one_day(self) -> Window:
        """One day of it."""
        zone, day = self.workload.zone, self.workload.first_day + timedelta(days=DAY)
        return instant(day, "00:00", zone), instant(day, "24:00", zone)

    @property
    def one_start(self) -> Window:
        """One start on that day."""
        day = self.workload.first_day + timedelta(days=DAY)
        start = instant(day, CLOCK, self.workload.zone)
        return start, start + 1

    def counts(self, window: Window) -> list[int]:
        """Answer how many of the skilled are free at each start."""
        first, last = map(self.view.grid.number_from, window)
        return self.view.counts(self.mask, first, last)

    def ms_for(self, window: Window) -> float:
        """Return the least time in which the columns of these starts can be touched."""
        first, last = map(self.view.grid.number_from, window)
        return self.limits.ms_for((last - first) * -(-len(self.view.members) // 8))


def built(large: Large) -> Iterator[Row]:
    """Yield the rows about building the bits and keeping them."""
    on = f"c: {len(large.workload.staff):,} staff"
    for row in (*_building(large), *_memory(large)):
        yield replace(row, workload=on)


def _building(large: Large) -> Iterator[Row]:
    case, least = large.case, least_ms(large.limits, large.workload)
    works = {
        "all": lambda: large.engine.built(case),
        "rows": lambda: _rows(case),
        "columns": lambda: _columns(large.view, case),
    }
    medians = cpu_medians(works, min(3, large.plan.rounds))
    verdict, sweep = _whole(large)
    yield Row(
        "cold build from raw intervals",
        cpu_ms=medians["all"].ms,
        ratio=medians["all"].ms / sweep.ms if sweep else None,
        bar=1000,
        limit_ms=least,
        **verdict._asdict(),
    )
    yield Row("  of it the rows", cpu_ms=medians["rows"].ms, limit_ms=least)
    touched = large.ms_for(case.window)
    yield Row("  of it the columns", cpu_ms=medians["columns"].ms, limit_ms=touched)


def _rows(case: Case) -> View:
    view = new_view(case)
    while len(view.rows) < len(view.members):
        view.step(case.standings.__getitem__)
    return view


def _columns(view: View, case: Case) -> None:
    view.cols = []
    view.complete(case.standings.__getitem__)


def _whole(large: Large) -> tuple[Verdict, Median | None]:
    """Compare every bit with the plain sweep, and those of some people with the judge."""
    engine, case, view = large.engine, large.case, large.view
    people = some_of(large.workload.staff, large.plan.judged)
    judged = against_judge_for_some(engine, large.workload, case, view, people)
    if not large.plan.thorough:
        skilled = engine.answer(case, view, large.mask)
        return both(judged, equal(large.swept, skilled, "sweep of the skilled")), None
    found: list[Answer] = []

    def swept() -> None:
        forget_rules()
        found.append(answer_of_sweep(case))

    median = cpu_median(swept, 1)
    return both(judged, equal(found[-1], engine.answer(case, view, None), "sweep of all")), median


def _memory(large: Large) -> Iterator[Row]:
    held = large.view.bytes_held() / 1_000_000
    row = Row("memory of a class: its bits", memory_mb=held, memory_bar=5)
    if not large.plan.thorough:
        yield row
        return
    # hours that are not kept yet would count as memory of the first
    new_view(large.case)
    _view, allocated = traced(lambda: large.engine.built(large.case))
    _empty, besides = traced(lambda: new_view(large.case))
    bits = allocated - besides
    # what is looked up meanwhile may stay in caches
    agrees = abs(held - bits) <= 0.05 * bits + 0.2
    words = f"allocated for them: {bits:.2f} MB"
    yield replace(row, judged=words if agrees else f"WRONG, {words}", wrong=not agrees)
    yield Row("  with its grid, hours and names", memory_mb=allocated, judged="as allocated")
