"""CPU medians of interleaved rounds, memory, and both written as a table and as JSON."""

import gc
import json
import os
import platform
import tracemalloc
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from sys import getsizeof
from time import process_time_ns
from typing import TypeVar

T = TypeVar("T")
LONG_ENOUGH = 10_000_000
"""Nanoseconds that one round takes at least, by calling again, so that the clock's own cost and
step do not show."""


@dataclass(frozen=True, slots=True)
class Median:
    """CPU ms of one call: median, least and most of the rounds; calls per round."""

    ms: float
    least: float
    most: float
    calls: int


def cpu_median(work: Callable[[], object], rounds: int = 5) -> Median:
    """Measure one piece of work; see `cpu_medians`."""
    return cpu_medians({"": work}, rounds)[""]


def cpu_medians(works: Mapping[str, Callable[[], object]], rounds: int = 5) -> dict[str, Median]:
    """Measure pieces of work in turn, round by round, so that a noisy minute hits them all.

    CPU time of this process, without the collector of garbage. Short work is called many times a
    round. The calls that find out how many are the warm-up; what takes long enough at the first
    call is its own first round.
    """
    enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        plans = {name: _calls(work) for name, work in works.items()}
        times = {name: [first] if calls == 1 else [] for name, (calls, first) in plans.items()}
        for _ in range(rounds):
            for name, work in works.items():
                if len(times[name]) < rounds:
                    calls = plans[name][0]
                    times[name].append(_spent(work, calls) / calls)
    finally:
        if enabled:
            gc.enable()
    return {name: _median(times[name], plans[name][0]) for name in works}


def _calls(work: Callable[[], object]) -> tuple[int, float]:
    calls, spent = 1, _spent(work, 1)
    first = float(spent)
    while spent < LONG_ENOUGH:
        calls = min(calls * 10, int(calls * LONG_ENOUGH * 1.2 / max(spent, 1)) + 1)
        spent = _spent(work, calls)
    return calls, first


def _spent(work: Callable[[], object], calls: int) -> int:
    turns = range(calls)
    begun = process_time_ns()
    for _ in turns:
        work()
    return process_time_ns() - begun


def _median(times: Sequence[float], calls: int) -> Median:
    million = 1_000_000
    return Median(median(times) / million, min(times) / million, max(times) / million, calls)


def traced(build: Callable[[], T]) -> tuple[T, float]:
    """Build something; return it and the megabytes (10^6) it keeps. No time is measured so."""
    gc.collect()
    tracemalloc.start()
    try:
        built = build()
        gc.collect()
        kept, _peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return built, kept / 1_000_000


def megabytes(numbers: Iterable[object]) -> float:
    """Return the megabytes (10^6) of these objects themselves, without what they refer to."""
    return sum(map(getsizeof, numbers)) / 1_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the report; what was not measured stays None.

    `ratio`: times the CPU of the plain sweep on the same workload. `bar`, `memory_bar`: ms and
    megabytes that may not be exceeded. `limit_ms`: the least time for touching the same bytes.
    `wall_ms`: on the clock of the wall instead, where waiting is what counts; noisy.
    `judged`: what the answer was compared with, and how it came out; `wrong` fails the row.
    """

    name: str
    workload: str = ""
    cpu_ms: float | None = None
    ratio: float | None = None
    bar: float | None = None
    memory_mb: float | None = None
    memory_bar: float | None = None
    limit_ms: float | None = None
    judged: str = ""
    wrong: bool = False
    wall_ms: float | None = None

    @property
    def factor(self) -> float | None:
        """How many times the physical limit was taken."""
        if self.cpu_ms is None or not self.limit_ms:
            return None
        return self.cpu_ms / self.limit_ms

    @property
    def met(self) -> bool | None:
        """Whether the answer is right and every bar is kept; None where there is none."""
        spent = self.cpu_ms if self.wall_ms is None else self.wall_ms
        pairs = ((spent, self.bar), (self.memory_mb, self.memory_bar))
        kept = [
            value is not None and value <= highest
            for value, highest in pairs
            if highest is not None
        ]
        if self.wrong:
            return False
        return all(kept) if kept else None


HEADINGS = (
    "what", "on", "CPU ms", "ratio", "bar", "MB", "bar", "limit ms", "factor", "met", "judge",
)  # fmt: skip


def as_table(rows: Iterable[Row]) -> str:
    """Return the rows as aligned plain text; numbers to the right, words to the left."""
    lines = [HEADINGS, *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    words = {0, 1, 9, 10}
    return "\n".join(
        "  ".join(
            cell.ljust(width) if n in words else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _cells(row: Row) -> tuple[str, ...]:
    numbers = (
        row.ratio, row.bar, row.memory_mb, row.memory_bar, row.limit_ms, row.factor,
    )  # fmt: skip
    spent = number(row.cpu_ms) if row.wall_ms is None else f"wall {number(row.wall_ms)}"
    met = {None: "", True: "yes", False: "NO"}[row.met]
    return (row.name, row.workload, spent, *map(number, numbers), met, row.judged)


def number(value: float | None) -> str:
    """Write three significant digits without an exponent; nothing for None."""
    if value is None:
        return ""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    written = f"{value:.6f}" if abs(value) < 0.0001 else f"{float(f'{value:.3g}'):.6f}"
    return written.rstrip("0").rstrip(".")


def as_json(rows: Iterable[Row], **more: object) -> str:
    """Return `{"machine": ..., "rows": [{"name", "cpu_ms", "ratio", "bar", "met", ...}], ...}`."""
    listed = [asdict(row) | {"factor": row.factor, "met": row.met} for row in rows]
    return json.dumps({"machine": machine(), "rows": listed, **more}, indent=2)


def machine() -> dict[str, object]:
    """Say on what this was measured, without names."""
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "architecture": platform.machine(),
        "processors": os.cpu_count(),
    }
