"""What is measured is written down as it is."""

import json

import pytest

from bench.limits import Limits, measure
from bench.table import Row, as_json, as_table, cpu_median, cpu_medians, megabytes, number, traced


class Calls:
    def __init__(self) -> None:
        self.made: list[str] = []

    def __call__(self, name: str, work: int) -> None:
        self.made.append(name)
        sum(range(work))


def test_short_work_is_called_until_it_can_be_measured():
    measured = cpu_median(lambda: None, rounds=3)
    assert measured.calls > 1000
    assert 0 < measured.least <= measured.ms <= measured.most


def test_long_work_is_called_once_a_round():
    calls = Calls()
    assert cpu_median(lambda: calls("long", 2_000_000), rounds=3).calls == 1
    assert len(calls.made) == 3


def test_rounds_of_several_are_interleaved():
    calls, slow = Calls(), 2_000_000
    cpu_medians({name: lambda name=name: calls(name, slow) for name in "ab"}, rounds=3)
    assert calls.made == ["a", "b"] * 3


def test_memory_is_what_is_kept_and_not_what_was_thrown_away():
    kept, size = traced(lambda: bytes(len(bytes(3_000_000)) // 3))
    assert len(kept) == 1_000_000
    assert size == pytest.approx(1, rel=0.01)
    assert megabytes([kept]) == pytest.approx(1, rel=0.01)


@pytest.mark.parametrize(
    ("row", "met"),
    [
        (Row("no bar", cpu_ms=5), None),
        (Row("at the bar", cpu_ms=3, bar=3), True),
        (Row("over it", cpu_ms=3.01, bar=3), False),
        (Row("fast but fat", cpu_ms=1, bar=3, memory_mb=6, memory_bar=5), False),
        (Row("never measured", bar=3), False),
        (Row("fast but wrong", cpu_ms=1, bar=3, wrong=True), False),
        (Row("wrong without a bar", wrong=True), False),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_a_bar_is_met_by_right_answers_at_or_below_it(row, met):
    assert row.met is met


def test_the_factor_is_taken_from_the_limit():
    assert Row("x", cpu_ms=6, limit_ms=0.5).factor == 12
    assert Row("x", cpu_ms=6).factor is None


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, ""),
        (0, "0"),
        (12345.6, "12,346"),
        (1.6149, "1.61"),
        (0.0104, "0.0104"),
        (20.0, "20"),
    ],
)
def test_numbers_are_written_with_three_digits(value, written):
    assert number(value) == written


def test_columns_of_the_table_are_aligned():
    rows = [Row("a", cpu_ms=1, bar=3), Row("something longer", cpu_ms=1234, bar=3)]
    head, first, second = as_table(rows).splitlines()
    assert first.index("yes") == second.index("NO") == head.index("met")
    assert first.index("1 ") + 1 == second.index("1,234") + len("1,234")


def test_the_report_carries_every_row_with_its_verdict():
    report = json.loads(as_json([Row("a", cpu_ms=2, ratio=0.5, bar=3)], seed=1))
    (row,) = report["rows"]
    assert (row["name"], row["cpu_ms"], row["ratio"], row["bar"], row["met"]) == (
        "a", 2, 0.5, 3, True,
    )  # fmt: skip
    assert report["seed"] == 1
    assert report["machine"]["processors"] >= 1


def test_limits_take_the_faster_way_of_touching_bytes():
    limits = Limits(copy_memory=10, copy_cache=30, or_memory=8, or_cache=40)
    assert limits.ms_for(100_000_000) == pytest.approx(10)
    assert limits.ms_for(40_000) == pytest.approx(0.001)


def test_limits_are_measured_on_this_machine():
    limits = measure(rounds=1, in_memory=4_000_000)
    rates = (limits.copy_memory, limits.copy_cache, limits.or_memory, limits.or_cache)
    assert all(0.01 < rate < 10_000 for rate in rates)
