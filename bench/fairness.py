"""Who serves when anybody may: thousands of bookings handed out one after the other.

Each customer wants one start. Free is who the index says is free, caps included, with all that was
handed out before; who of them serves is left to a policy. What came of it is judged in shares.py.
"""

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import accumulate
from random import Random
from typing import NamedTuple

from bench import workloads
from bench.engine import Case, case_of, new_view, resource_of
from bench.workloads import Workload, instant
from scheduling.assignment import in_turn, least_loaded
from scheduling.booking import Workload as Work
from scheduling.catalog import StaffMember
from scheduling.index import Standing, View
from scheduling.occupancy import Claim

WEEKS = 26
KEPT_S = 15 * 24 * 3600
"""Claims older than that count for no cap any more."""


class Given(NamedTuple):
    """One booking: when, who serves, and who was free to serve."""

    start: int
    staff_id: str
    free: tuple[str, ...]


Policy = Callable[[Sequence[StaffMember], Mapping[str, Work], str | None], str]
"""Who is free, what each has to do this week, who served last -> who serves."""


@dataclass(frozen=True, slots=True)
class Crew:
    """Who may serve, as the engine knows them; `workload` is what the judge knows."""

    workload: Workload
    case: Case
    members: tuple[StaffMember, ...]
    weeks: int


def crew_of(weeks: int = WEEKS, seed: int = 7) -> Crew:
    """Draw forty people: weights of 1 to 3, and caps a day and a week for most of them."""
    workload, random = workloads.crew(weeks=weeks, seed=seed), Random(seed)
    case = case_of(workload)
    members = tuple(
        replace(
            member,
            weight=random.choice((1, 2, 3)),
            max_per_day=random.choice((4, 5, 6, None)),
            max_per_week=random.choice((12, 15, 20, None)),
        )
        for member in case.business.staff
    )
    case = case._replace(business=replace(case.business, staff=members))
    return Crew(workload, case, members, weeks)


def by_load(free: Sequence[StaffMember], work: Mapping[str, Work], _last: str | None) -> str:
    """Choose as a service does whose assignment is `any`."""
    return least_loaded(free, work)[0].staff_id


def in_the_order_of(members: Sequence[StaffMember]) -> Policy:
    """Choose as a service does whose assignment is `in_turn`."""
    order = {member.id: place for place, member in enumerate(members)}

    def turn(free: Sequence[StaffMember], _work: Mapping[str, Work], last: str | None) -> str:
        return in_turn(free, last, order)[0].staff_id

    return turn


def at_random(seed: int = 1) -> Policy:
    """Choose by lot, by weight: what fairness is to be compared with."""
    random = Random(seed)

    def lot(free: Sequence[StaffMember], _work: Mapping[str, Work], _last: str | None) -> str:
        return random.choices(free, [member.weight for member in free])[0].id

    return lot


def simulate(
    crew: Crew, bookings: int, policy: Policy, *, load_weeks: int = 4, seed: int = 1
) -> list[Given]:
    """Hand out so many bookings, spread evenly over the weeks of the crew.

    `load_weeks`: over how many weeks the work counts that a policy is told.
    """
    desk, random = _Desk(crew, policy, load_weeks), Random(seed)
    for week in range(crew.weeks):
        wanted = bookings * (week + 1) // crew.weeks - bookings * week // crew.weeks
        desk.open(week)
        starts = desk.view.grid.starts
        # most is asked for when most people work
        sums = list(accumulate(column.bit_count() for column in desk.view.cols))
        for _ in range(wanted):
            # who finds nobody free asks for another time
            while not desk.serve(random.choices(starts, cum_weights=sums)[0]):
                pass
    return desk.given


class _Desk:
    """What was handed out so far, and the bits of the running week."""

    view: View

    def __init__(self, crew: Crew, policy: Policy, load_weeks: int) -> None:
        self._crew, self._policy = crew, policy
        self._loads: deque[Counter[str]] = deque(maxlen=load_weeks)
        self._standings = dict(crew.case.standings)
        self._last_given: dict[str, datetime] = {}
        self.given: list[Given] = []

    def open(self, week: int) -> None:
        """Begin a week with what still counts of those before."""
        workload = self._crew.workload
        monday = workload.first_day + timedelta(weeks=week)
        days = (monday, monday + timedelta(weeks=1))
        start, end = (instant(day, "00:00", workload.zone) for day in days)
        for resource, known in self._standings.items():
            counting = tuple(claim for claim in known.claims if claim.start > start - KEPT_S)
            self._standings[resource] = replace(known, claims=counting)
        self._loads.append(Counter())
        self.view = new_view(self._crew.case._replace(window=(start, end)))
        self.view.complete(self._standings.__getitem__)

    def serve(self, start: int) -> bool:
        """Give a start to one of those who are free, if anybody is."""
        everybody = (1 << len(self.view.members)) - 1
        free = list(self.view.members_in(self.view.free_at(start, everybody)))
        if not free:
            return False
        work = {m.id: Work(self._work(m.id), self._last_given.get(m.id)) for m in free}
        chosen = self._policy(free, work, self.given[-1].staff_id if self.given else None)
        self._loads[-1][chosen] += 1
        # one customer a minute
        self._last_given[chosen] = datetime.fromtimestamp(60 * len(self.given), UTC)
        self.given.append(Given(start, chosen, tuple(member.id for member in free)))
        self._claim(chosen, start)
        return True

    def _work(self, staff_id: str) -> int:
        return sum(week[staff_id] for week in self._loads)

    def _claim(self, staff_id: str, start: int) -> None:
        end, resource = start + self._crew.workload.duration_s, resource_of(staff_id)
        known: Standing = self._standings[resource]
        claims = tuple(sorted((*known.claims, Claim(start, end, start, end))))
        self._standings[resource] = replace(known, claims=claims)
        self.view.refresh(resource, self._standings[resource])


def digest(given: Sequence[Given]) -> str:
    """Return a short fingerprint of who served when, in order."""
    lines = "".join(f"{each.start} {each.staff_id}\n" for each in given)
    return sha256(lines.encode()).hexdigest()[:16]
