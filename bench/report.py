"""All measurements in one run: rows with their bars, as a table or as JSON."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from bench import cold, courses, growth, handing, limits, rush, warm
from bench.engine import Engine
from bench.large import Large, built
from bench.limits import Limits
from bench.plan import Plan
from bench.table import Row, as_json, as_table, number

PARTS = ("small", "large", "growth", "courses", "rush", "assignment")
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured, and what this machine can do at best."""

    rows: tuple[Row, ...]
    limits: Limits | None = None

    @property
    def is_right(self) -> bool:
        """Whether no answer was wrong; a bar that was missed is no wrong answer."""
        return not any(row.wrong for row in self.rows)


def everything(plan: Plan, engine: Engine, tell: Tell, parts: Sequence[str] = PARTS) -> Report:
    """Measure the machine, then each part; say what is next."""
    tell("limits of this machine ...")
    machine = limits.measure(plan.rounds, in_memory=plan.memory)
    large = Large(engine, plan, machine)
    measures: Mapping[str, Callable[[], Iterable[Row]]] = {
        "small": lambda: cold.rows(engine, plan, machine),
        "large": lambda: (*built(large), *warm.asked(large), *warm.changed(large)),
        "growth": lambda: growth.rows(engine, plan, machine, large),
        "courses": lambda: [courses.row(plan)],
        "rush": lambda: [rush.row(plan)],
        "assignment": lambda: [handing.row(plan)],
    }
    rows: list[Row] = []
    for part in parts:
        tell(f"{part} ...")
        rows += measures[part]()
    return Report(tuple(rows), machine)


def as_text(report: Report) -> str:
    """Return the table and what its columns mean."""
    missed = [_named(row) for row in report.rows if row.met is False and not row.wrong]
    wrong = [_named(row) for row in report.rows if row.wrong]
    lines = [as_table(report.rows), ""]
    if report.limits is not None:
        rates = ", ".join(
            f"{name.replace('_', ' ')} {number(rate)}"
            for name, rate in asdict(report.limits).items()
        )
        lines.append(f"GB per CPU second on this machine: {rates}")
    lines += [
        "CPU ms: median of interleaved rounds. ratio: to the plain sweep for the same question.",
        "limit ms: the least time in which this machine can touch the same bytes once.",
        "bar of growth: as much more as there are more staff, and a tenth for noise.",
        f"wrong answers: {'; '.join(wrong) or 'none'}",
        f"bars missed: {'; '.join(missed) or 'none'}",
    ]
    return "\n".join(lines)


def _named(row: Row) -> str:
    return f"{row.name.strip()} ({row.workload})"


def as_json_text(report: Report, plan: Plan) -> str:
    """Return the rows, the machine's limits and how much was measured."""
    return as_json(
        report.rows,
        is_right=report.is_right,
        limits=report.limits and asdict(report.limits),
        plan=asdict(plan),
    )
