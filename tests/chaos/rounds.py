"""Round after round: customers, nemesis, and then the checker over everything since the start."""

import asyncio
import os
import random
import shutil
import statistics
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, timedelta
from pathlib import Path

from bench.cluster import Cluster
from scheduling.clock import SystemClock
from tests.chaos.checker import Violation, Wrong, violations
from tests.chaos.customers import Customer
from tests.chaos.history import Act, History, Kind, Told
from tests.chaos.nemesis import Nemesis
from tests.chaos.town import Town

CUSTOMERS = 5
FIRST_DAY, DAYS = 4, 40
"""Days ahead on which customers book: far enough that all may still be given up."""
TAKEOVER_BAR = 2.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked for."""

    rounds: int
    database: str
    processes: int
    seed: int
    keep: Path | None = None
    bookings: int = 2
    """Of each customer in a round."""


@dataclass
class Found:
    """What came out; seconds."""

    database: str
    processes: int
    seed: int
    rounds: int = 0
    kills: int = 0
    acknowledged: int = 0
    cancelled: int = 0
    moved: int = 0
    refused: int = 0
    unknown: int = 0
    repeats: int = 0
    evils: dict[str, int] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)
    takeovers: list[float] = field(default_factory=list)
    restarts: list[float] = field(default_factory=list)
    drained: list[float] = field(default_factory=list)

    def count(self, *kinds: Wrong) -> int:
        return sum(each.wrong in kinds for each in self.violations)

    @property
    def is_sound(self) -> bool:
        return not self.violations and max(self.takeovers, default=0) <= TAKEOVER_BAR

    def as_text(self) -> str:
        lines = [
            f"{self.rounds} rounds, {self.database}, {self.processes} process(es), "
            f"seed {self.seed}, {self.kills} times kill -9",
            f"acknowledged {self.acknowledged}, cancelled {self.cancelled}, moved {self.moved}, "
            f"refused {self.refused}, answer unknown {self.unknown}",
            f"lost {self.count(Wrong.LOST)}, doubled {self.count(Wrong.DOUBLED)}, "
            f"orphaned {self.count(Wrong.ORPHANED)}, lies {self.count(Wrong.LIE)}, "
            f"overlaps {self.count(Wrong.OVERLAP, Wrong.OVER_CAPACITY)}, "
            f"elsewhere {self.count(Wrong.ELSEWHERE)}, stuck {self.count(Wrong.STUCK)}, "
            f"audit {self.count(Wrong.AUDIT)}; work begun again {self.repeats}",
            f"taken over by a living process {_spread(self.takeovers)} (bar {TAKEOVER_BAR:.0f} s)",
            f"by the next start {_spread(self.restarts)}",
            f"all work done after a round {_spread(self.drained)}",
            ", ".join(f"{evil} {count}" for evil, count in sorted(self.evils.items())),
        ]
        return "\n".join([*lines, *(f"{v.wrong}: {v.about}" for v in self.violations)])

    def as_json(self) -> dict[str, object]:
        return asdict(self) | {"is_sound": self.is_sound}


def _spread(seconds: list[float]) -> str:
    if not seconds:
        return "-"
    return f"median {statistics.median(seconds):.2f} s, worst {max(seconds):.2f} s"


async def run(plan: Plan, tell: Callable[[str], None]) -> Found:
    """Run all rounds; whatever is wrong stands in the result."""
    with ExitStack() as stack:
        folder = plan.keep or Path(tempfile.mkdtemp(prefix="terminbot-chaos-"))
        folder.mkdir(parents=True, exist_ok=True)
        if plan.keep is None:
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
        cluster = None
        if plan.database == "postgres":
            place = Path(tempfile.mkdtemp(prefix="terminbot-chaos-"))
            stack.callback(shutil.rmtree, place, ignore_errors=True)
            cluster = Cluster(place)
            cluster.start()
            stack.callback(cluster.stop)
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("TERMINBOT_")}
        history = History(folder / "history.jsonl")
        stack.callback(history.close)
        town = Town(folder, plan.processes, cluster)
        async with town.running(inherited):
            return await _rounds(plan, town, history, tell)


async def _rounds(plan: Plan, town: Town, history: History, tell: Callable[[str], None]) -> Found:
    chance = random.Random(plan.seed)
    nemesis = Nemesis(town, chance)
    found = Found(plan.database, plan.processes, plan.seed)
    evils: Counter[str] = Counter()
    for number in range(plan.rounds):
        todo = nemesis.plan(number)
        evils.update(todo)
        tell(f"round {number + 1}: {' and '.join(todo)}")
        people = _customers(number, town, history, chance)
        await asyncio.gather(nemesis.strike(todo), *(each.live(plan.bookings) for each in people))
        found.drained.append(await town.done(late=False))
        await nemesis.mend()
        later = await town.looked_for_later()
        wrong = violations(history, await town.end())
        _judge(found, [v for v in wrong if not any(each in v.about for each in later)], tell)
        found.rounds = number + 1
    await town.done(late=True)
    _judge(found, violations(history, await town.end()), tell)
    found.kills, found.evils = nemesis.kills, dict(evils)
    found.takeovers, found.restarts = nemesis.takeovers, nemesis.restarts
    found.repeats = await town.repeats()
    _count(found, history)
    return found


def _judge(found: Found, wrong: list[Violation], tell: Callable[[str], None]) -> None:
    found.violations += [each for each in wrong if each not in found.violations]
    for each in wrong:
        tell(f"  {each.wrong}: {each.about}")


def _customers(number: int, town: Town, history: History, chance: random.Random) -> list[Customer]:
    today = SystemClock().now().astimezone(UTC).date()
    days = tuple(
        (today + timedelta(days=FIRST_DAY + (2 * number + n) % DAYS)).isoformat() for n in (0, 1)
    )
    return [
        Customer(
            f"c{number}-{n}", town.url, history, town.stands, random.Random(chance.random()), days
        )
        for n in range(CUSTOMERS)
    ]


def _count(found: Found, history: History) -> None:
    told = [entry for entry in history if entry.kind is Kind.OK]
    found.acknowledged = len({e.booking for e in told if e.told in {Told.BOOKED, Told.NOTED}})
    found.cancelled = sum(e.act is Act.CANCEL for e in told)
    found.moved = sum(e.act is Act.MOVE for e in told)
    found.refused = sum(e.kind is Kind.FAIL for e in history)
    found.unknown = sum(e.kind is Kind.INFO for e in history)
