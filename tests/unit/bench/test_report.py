"""The bench on tiny workloads: what it prints, and that a wrong answer is never passed over."""

import json
from dataclasses import replace

import pytest

from bench.__main__ import main
from bench.engine import Engine, answer_of_view, built
from bench.plan import Plan
from bench.table import Row

TINY = Plan(
    rounds=1, small=4, middle=6, growth=(10, 30, 60), large=30, judged=5, changes=6,
    bookings=60, looked_at=5, customers=5, memory=1_000_000,
)  # fmt: skip


def bench(capsys, *arguments, **changes):
    code = main(list(arguments), plan=TINY, **changes)
    return code, capsys.readouterr().out


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    file = tmp_path_factory.mktemp("bench") / "report.json"
    code = main(["--json", str(file)], plan=TINY)
    return code, json.loads(file.read_text(encoding="utf-8"))


def test_right_answers_end_with_zero_whatever_the_bars_say(report):
    code, found = report
    assert (code, found["is_right"]) == (0, True)


def test_every_row_that_answers_a_question_was_judged(report):
    _code, found = report
    unjudged = [row["name"].strip() for row in found["rows"] if not row["judged"]]
    assert unjudged == ["of it the rows", "of it the columns"]


def test_all_bars_of_the_step_are_there(report):
    _code, found = report
    bars = {row["bar"] for row in found["rows"] if not row["name"].startswith("growth")}
    assert bars - {None} == {3, 25, 1000, 0.5, 0.05, 0.1, 50}
    assert [row["memory_bar"] for row in found["rows"] if row["memory_bar"]] == [5]


def test_each_size_is_measured_against_the_one_before(report):
    _code, found = report
    growth = [row for row in found["rows"] if row["name"] == "growth: cold build"]
    small, middle, large = growth
    assert [row["workload"] for row in growth] == ["c: 10 staff", "c: 30 staff", "c: 60 staff"]
    assert small["bar"] is None
    assert middle["bar"] == pytest.approx(3.3 * small["cpu_ms"])
    assert large["bar"] == pytest.approx(2.2 * middle["cpu_ms"])


def test_the_factor_is_that_to_the_limit_of_this_machine(report):
    _code, found = report
    assert all(rate > 0 for rate in found["limits"].values())
    measured = [row for row in found["rows"] if row["limit_ms"]]
    assert len(measured) > 10
    assert all(row["factor"] == row["cpu_ms"] / row["limit_ms"] for row in measured)


def test_the_rush_is_on_the_clock_of_the_wall(report):
    _code, found = report
    (rush,) = [row for row in found["rows"] if row["wall_ms"] is not None]
    assert rush["name"] == "5 at once on one start (wall clock)"
    assert rush["cpu_ms"] is None
    assert rush["judged"] == "= one winner in each round"


def loses_a_start(case, view, mask):
    answer = answer_of_view(case, view, mask)
    return dict(list(answer.items())[:-1])


def offers_somebody_busy(case):
    view = built(case)
    column = next(n for n, free in enumerate(view.cols) if free != (1 << len(view.members)) - 1)
    view.cols[column] = (1 << len(view.members)) - 1
    return view


def forgets_a_change(case):
    view = built(case)
    view.refresh = lambda _resource, _standing: None
    return view


@pytest.mark.parametrize(
    "broken",
    [
        Engine(answer=loses_a_start),
        Engine(built=offers_somebody_busy),
        Engine(built=forgets_a_change),
    ],
    ids=["loses a start", "offers somebody busy", "forgets a change"],
)
def test_a_wrong_answer_ends_with_one_and_is_named(capsys, broken):
    code, text = bench(capsys, "--only", "large", engine=broken)
    assert code == 1
    assert "WRONG" in text
    assert "wrong answers: none" not in text


def test_the_table_says_which_bars_were_missed(capsys):
    _code, text = bench(capsys, "--only", "courses")
    assert "bars missed:" in text
    assert "GB per CPU second on this machine: copy memory" in text


def test_json_alone_can_be_read_by_a_program(capsys):
    _code, text = bench(capsys, "--json", "--only", "courses")
    (row,) = json.loads(text)["rows"]
    assert row["judged"] == "= judge (58 dates)"


def test_what_was_measured_by_the_wall_keeps_its_bar_by_the_wall():
    row = Row("rush", wall_ms=40, bar=50)
    assert row.met is True
    assert replace(row, wall_ms=60).met is False
