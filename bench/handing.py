"""The fairness of each policy side by side, and as one row of the large table."""

from dataclasses import dataclass, replace
from functools import partial
from time import process_time

from bench.fairness import (
    Crew,
    Policy,
    at_random,
    by_load,
    crew_of,
    digest,
    in_the_order_of,
    simulate,
)
from bench.plan import Plan
from bench.shares import Caps, Fairness, fairness, misjudged
from bench.table import Row


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one policy; `wrong` says in words what must never be."""

    name: str
    bookings: int
    off: Fairness
    caps_broken: int
    digest: str
    ms_each: float
    wrong: tuple[str, ...]


def row(plan: Plan) -> Row:
    """Measure `any`, as the desk assigns it, and compare it with a lot by the same weights."""
    crew = crew_of()
    mine = outcome("any", crew, plan, by_load)
    lot = outcome("lot", crew, plan, at_random())
    words = f"caps kept, same again; off by {_words(mine.off)}; by lot {_words(lot.off)}"
    return Row(
        "assignment: anyone, one booking",
        f"{len(crew.members)} staff, {plan.bookings:,} bookings",
        cpu_ms=mine.ms_each,
        judged=f"WRONG, {', '.join(mine.wrong)}" if mine.wrong else words,
        wrong=bool(mine.wrong),
    )


def outcomes(plan: Plan, seed: int = 1) -> list[Outcome]:
    """Hand out the same bookings by each policy."""
    crew = crew_of()
    in_turn = in_the_order_of(crew.members)
    return [
        outcome("any: least load of four weeks by weight", crew, plan, by_load, seed=seed),
        outcome("the same, load of one week", crew, plan, by_load, seed=seed, load_weeks=1),
        outcome("in turn (weights do not count)", crew, plan, in_turn, seed=seed, even=True),
        outcome("for scale: by lot, by weight", crew, plan, at_random(seed), seed=seed),
    ]


def outcome(  # noqa: PLR0913 - one simulation with all that can be varied
    name: str,
    crew: Crew,
    plan: Plan,
    policy: Policy,
    *,
    seed: int = 1,
    load_weeks: int = 4,
    even: bool = False,
) -> Outcome:
    """Hand out bookings twice and judge what came of it; `even`: shares without weights."""
    hand_out = partial(simulate, crew, plan.bookings, policy, load_weeks=load_weeks, seed=seed)
    begun = process_time()
    given = hand_out()
    spent = (process_time() - begun) * 1000
    found = misjudged(given, crew, plan.looked_at)
    again = hand_out() if policy is by_load else given
    members = [replace(member, weight=1) for member in crew.members] if even else crew.members
    broken = Caps(given, {member.id: member for member in crew.members}).broken()
    return Outcome(
        name,
        len(given),
        fairness(given, members),
        broken,
        digest(given),
        spent / max(1, len(given)),
        _wrong(broken, found, is_same=digest(again) == digest(given)),
    )


def _wrong(broken: int, misjudged: int, *, is_same: bool) -> tuple[str, ...]:
    words = {
        f"{broken} caps broken": broken > 0,
        f"at {misjudged} bookings others were free than the judge says": misjudged > 0,
        "another order the second time": not is_same,
    }
    return tuple(said for said, is_so in words.items() if is_so)


def _words(off: Fairness) -> str:
    return f"{off.bookings:.1f} ({off.percent:.1f} %)"


def as_text(found: list[Outcome]) -> str:
    """Return the outcomes as a table with what its columns mean."""
    head = ("who serves", "bookings", "off", "percent", "in a week", "caps broken", "sequence")
    lines: list[tuple[str, ...]] = [head]
    for each in found:
        off = (f"{n:.1f}" for n in (each.off.bookings, each.off.percent, each.off.in_a_week))
        lines.append((each.name, f"{each.bookings:,}", *off, str(each.caps_broken), each.digest))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = [
        "  ".join(
            cell.rjust(width) if 0 < n < len(head) - 1 else cell.ljust(width)
            for n, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    wrong = [f"{each.name}: {said}" for each in found for said in each.wrong]
    return "\n".join([*text, "", *MEANING, f"wrong: {'; '.join(wrong) or 'nothing'}"])


MEANING = (
    "off: the largest distance of anybody from their weighted share among those who were free,",
    "in bookings over half a year; percent of that share; in a week: the worst of a single week.",
    "sequence: fingerprint of who served when; the same on every run.",
)
