"""The largest staff with its bits kept: what each question costs then, and each change."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import cycle
from typing import NamedTuple

from bench import workloads
from bench.cold import BYTES_OF_AN_ITEM
from bench.engine import case_of, resource_of, standing, sweep
from bench.large import Large, Window
from bench.table import Row, cpu_medians
from bench.verdict import Verdict, against_judge_for_some, both, same, some_of
from bench.workloads import Person
from scheduling.assignment import in_turn
from scheduling.catalog import StaffMember


class Question(NamedTuple):
    """One question: `window` are the starts it is about."""

    name: str
    ask: Callable[[], object]
    window: Window
    verdict: Verdict
    bar: float | None = None


def asked(large: Large) -> Iterator[Row]:
    """Yield a row for each question about those who have the skill."""
    questions = (
        _counts(large, "counts, with a skill", large.two_weeks, 3),
        _counts(large, "counts of one day, with a skill", large.one_day, 0.5),
        *_one_start(large),
    )
    windows = {question.window for question in questions}
    sweeps = {str(window): partial(sweep, large.case, large.skilled, window) for window in windows}
    swept = cpu_medians(sweeps, 1)
    medians = cpu_medians({each.name: each.ask for each in questions}, large.plan.rounds)
    for question in questions:
        ms = medians[question.name].ms
        yield Row(
            question.name,
            f"c: {len(large.workload.staff):,} staff",
            cpu_ms=ms,
            ratio=ms / swept[str(question.window)].ms,
            bar=question.bar,
            limit_ms=large.ms_for(question.window),
            **question.verdict._asdict(),
        )


def _counts(large: Large, name: str, window: Window, bar: float) -> Question:
    right = {at: len(free) for at, free in large.swept.items() if window[0] <= at < window[1]}
    first = large.view.grid.number_from(window[0])
    counts = enumerate(large.counts(window), first)
    found = {large.view.grid.starts[number]: count for number, count in counts if count}
    verdict = same(right, found, f"sweep of the skilled ({len(right)} starts)")
    return Question(name, lambda: large.counts(window), window, verdict, bar)


def _one_start(large: Large) -> Iterator[Question]:
    window, view = large.one_start, large.view
    order = {member.id: place for place, member in enumerate(large.case.business.staff)}
    last = large.skilled[len(large.skilled) // 2].id

    def free() -> int:
        return view.free_at(window[0], large.mask)

    def names() -> list[StaffMember]:
        return list(view.members_in(free()))

    def turn() -> str:
        return in_turn(names(), last, order)[0].staff_id

    right = sorted(large.swept.get(window[0], ()), key=order.__getitem__)
    later = [name for name in right if order[name] > order[last]]
    found = same(right, [m.id for m in names()], f"sweep ({len(right)} people)")
    yield Question("who is free at one start", free, window, found, 0.05)
    yield Question("  with their names", names, window, found)
    verdict = same((later + right)[:1], [turn()], "first after the last one")
    yield Question("  and who of them is next in turn", turn, window, verdict)


def changed(large: Large) -> Iterator[Row]:
    """Yield the rows of e: one calendar changes, and then the next question."""
    drawn = workloads.changes(large.workload, large.plan.changes)
    before = {person.id: person for person in large.workload.staff}
    each = cycle([state for person in drawn for state in (person, before[person.id])])

    def change() -> None:
        _take_in(large, next(each))

    def change_and_ask() -> None:
        change()
        large.counts(large.two_weeks)

    medians = cpu_medians({"change": change, "ask": change_and_ask}, large.plan.rounds)
    verdict = _after_changes(large, drawn)
    on = f"e: {len(large.workload.staff):,} staff"
    items = sum(len(person.busy) for person in drawn) // len(drawn)
    limit = large.limits.ms_for(items * BYTES_OF_AN_ITEM)
    change_ms, ask_ms = medians["change"].ms, medians["ask"].ms
    one = [large.case.business.staff[large.view.numbers[drawn[0].id]]]
    swept = cpu_medians({"": partial(sweep, large.case, one)}, large.plan.rounds)[""].ms
    fields = verdict._asdict()
    yield Row(
        "one event more, in both views", on, change_ms, change_ms / swept, 0.1,
        limit_ms=limit, **fields,
    )  # fmt: skip
    yield Row("  and the next counts", on, ask_ms, **fields)


def _take_in(large: Large, person: Person) -> None:
    large.view.refresh(resource_of(person.id), standing(person))


def _after_changes(large: Large, drawn: list[Person]) -> Verdict:
    """Compare the view as changed with one built anew, and some who changed with the judge."""
    latest = {person.id: person for person in drawn}
    for person in latest.values():
        _take_in(large, person)
    staff = [latest.get(person.id, person) for person in large.workload.staff]
    workload, view = replace(large.workload, staff=staff), large.view
    anew = large.engine.built(case_of(workload))
    rebuilt = same((anew.rows, anew.cols), (view.rows, view.cols), "built anew")
    people = some_of(list(latest.values()), large.plan.judged)
    judged = against_judge_for_some(large.engine, workload, large.case, view, people)
    for person in large.workload.staff:
        if person.id in latest:
            _take_in(large, person)
    return both(rebuilt, judged)
