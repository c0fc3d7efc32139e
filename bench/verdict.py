"""Whether an answer is right, in the words of the table."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import NamedTuple

from bench.engine import Case, Engine
from bench.judge import differences, judge
from bench.workloads import Person, Workload
from scheduling.index import View


class Verdict(NamedTuple):
    """What an answer was compared with and how it came out; fields of the same name in a Row."""

    judged: str
    wrong: bool = False


def equal(right: Mapping[int, set[str]], found: Mapping[int, set[str]], to: str) -> Verdict:
    """Compare two answers; `to` says whose the right one is."""
    words = differences(right, found, most=1)
    if words:
        return Verdict(f"WRONG, {to} says at {words[0]}", wrong=True)
    pairs = sum(map(len, right.values()))
    return Verdict(f"= {to}: {pairs:,} at {len(right):,} starts")


def same(right: object, found: object, to: str) -> Verdict:
    """Compare two small answers of any kind."""
    return Verdict(f"= {to}") if found == right else Verdict(f"WRONG, not {to}", wrong=True)


def both(*verdicts: Verdict) -> Verdict:
    """Join what several comparisons say; one that is wrong spoils all."""
    wrong = [verdict for verdict in verdicts if verdict.wrong]
    return wrong[0] if wrong else Verdict("; ".join(v.judged for v in verdicts))


def against_judge(engine: Engine, workload: Workload, case: Case, view: View) -> Verdict:
    """Put every answer for everybody to the judge."""
    return equal(judge(workload), engine.answer(case, view, None), "judge")


def against_judge_for_some(
    engine: Engine, workload: Workload, case: Case, view: View, people: Sequence[Person]
) -> Verdict:
    """Put every answer for some of the people to the judge, for whom all would take too long."""
    mask = view.mask(person.id for person in people)
    found = engine.answer(case, view, mask)
    return equal(judge(workload, people), found, f"judge for {len(people)}")


def some_of(staff: Sequence[Person], count: int) -> list[Person]:
    """Draw people, always the same ones."""
    return Random(17).sample(staff, min(count, len(staff)))
