"""What came of handing out bookings, judged from the list alone: caps, and everybody's share.

The share. Each booking could have gone to whoever was free for it. Spread over those, in fractions
and, week by week, as evenly by weight as caps allow, all bookings make the share. A policy hands
out whole bookings and does not know what comes: how far it stays from the share is its fairness.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from bench.fairness import Crew, Given
from bench.judge import starts_of
from bench.workloads import Busy, Person
from scheduling.catalog import StaffMember

MOST_PASSES, STILL = 200, 0.01
"""Passes over the bookings of a week, at most; less than that moved by one of them ends it."""

Members = Mapping[str, StaffMember]


@dataclass(frozen=True, slots=True)
class Fairness:
    """The largest distance from the share: over the whole time, and in the worst single week."""

    bookings: float
    percent: float
    in_a_week: float


class Caps:
    """Bookings by person and day, and by person and week, on the clock of each."""

    def __init__(self, given: Sequence[Given], members: Members) -> None:
        self._members = members
        days = [(each.staff_id, day_of(each, members[each.staff_id])) for each in given]
        self._days = Counter(days)
        self._weeks = Counter((name, _monday(day)) for name, day in days)

    def are_reached(self, each: Given, name: str) -> bool:
        """Tell whether somebody may have no more on the day of a booking, or in its week."""
        member = self._members[name]
        day = day_of(each, member)
        per_day, per_week = member.max_per_day, member.max_per_week
        return (per_day is not None and self._days[name, day] >= per_day) or (
            per_week is not None and self._weeks[name, _monday(day)] >= per_week
        )

    def broken(self) -> int:
        """Return how many days and weeks hold more than they may."""
        counts = [(self._members[n].max_per_day, c) for (n, _), c in self._days.items()]
        counts += [(self._members[n].max_per_week, c) for (n, _), c in self._weeks.items()]
        return sum(cap is not None and count > cap for cap, count in counts)


def day_of(each: Given, member: StaffMember) -> date:
    """Return the date of a booking on somebody's clock."""
    return datetime.fromtimestamp(each.start, member.zone).date()


def fairness(given: Sequence[Given], staff: Sequence[StaffMember]) -> Fairness:
    """Compare what everybody got with their share."""
    members = {member.id: member for member in staff}
    off = dict.fromkeys(members, 0.0)
    shares = dict.fromkeys(members, 0.0)
    worst = 0.0
    for week in _weeks(given, staff[0].zone):
        counts, share = Counter(each.staff_id for each in week), _shares(week, members)
        for name in members:
            distance = counts[name] - share[name]
            off[name] += distance
            shares[name] += share[name]
            worst = max(worst, abs(distance))
    percent = [100 * abs(off[name]) / share for name, share in shares.items() if share]
    return Fairness(max(map(abs, off.values())), max(percent), worst)


def _weeks(given: Sequence[Given], zone: ZoneInfo) -> Iterator[list[Given]]:
    weeks: dict[date, list[Given]] = {}
    for each in given:
        day = datetime.fromtimestamp(each.start, zone).date()
        weeks.setdefault(_monday(day), []).append(each)
    yield from weeks.values()


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _shares(week: Sequence[Given], members: Members) -> dict[str, float]:
    spreading = _Spreading(week, members)
    for _ in range(MOST_PASSES):
        if spreading.once() < STILL:
            break
    return spreading.loads


class _Spreading:
    """The bookings of one week in fractions, at first as they were handed out."""

    def __init__(self, week: Sequence[Given], members: Members) -> None:
        self.loads = dict.fromkeys(members, 0.0)
        self._members = members
        self._by_day: dict[tuple[str, date], float] = {}
        self._days = [{name: day_of(each, members[name]) for name in each.free} for each in week]
        self._parts = [{each.staff_id: 1.0} for each in week]
        for number in range(len(week)):
            self._put(number, self._parts[number], 1)

    def once(self) -> float:
        """Take back each booking in turn and pour it out again; return how much that moved."""
        moved = 0.0
        for number, part in enumerate(self._parts):
            self._put(number, part, -1)
            poured = self._poured(number)
            self._put(number, poured, 1)
            self._parts[number] = poured
            moved += sum(abs(amount - part.get(name, 0.0)) for name, amount in poured.items())
        return moved

    def _put(self, number: int, part: Mapping[str, float], sign: int) -> None:
        for name, amount in part.items():
            day = name, self._days[number][name]
            self.loads[name] += sign * amount
            self._by_day[day] = self._by_day.get(day, 0.0) + sign * amount

    def _poured(self, number: int) -> dict[str, float]:
        """Spread one booking over the least loaded, up to one level or to their caps."""
        room = {name: self._room(name, day) for name, day in self._days[number].items()}
        full: dict[str, float] = {}
        while True:
            open_ones = [name for name in room if name not in full]
            poured = self._level(open_ones, 1 - sum(full.values()))
            beyond = [name for name, amount in poured.items() if amount > room[name]]
            if not beyond:
                return full | poured
            full |= {name: room[name] for name in beyond}

    def _room(self, name: str, day: date) -> float:
        member = self._members[name]
        per_day = member.max_per_day or len(self._parts)
        per_week = member.max_per_week or len(self._parts)
        left = min(per_week - self.loads[name], per_day - self._by_day.get((name, day), 0.0))
        return max(0.0, left)

    def _level(self, names: Sequence[str], amount: float) -> dict[str, float]:
        loads, weights = self.loads, {name: self._members[name].weight for name in names}
        chosen: list[str] = []
        load, weight = amount, 0
        for level, name in sorted((loads[name] / weights[name], name) for name in names):
            if weight and load <= level * weight:
                break
            chosen.append(name)
            load, weight = load + loads[name], weight + weights[name]
        return {name: load / weight * weights[name] - loads[name] for name in chosen}


def misjudged(given: Sequence[Given], crew: Crew, looked_at: int, seed: int = 23) -> int:
    """Return at how many of some drawn bookings others were free than the judge finds.

    The judge gets the calendars with all that was handed out before that booking.
    """
    members = {member.id: member for member in crew.members}
    wrong = 0
    for number in Random(seed).sample(range(len(given)), min(looked_at, len(given))):
        each, before = given[number], given[:number]
        caps = Caps(before, members)
        right = {
            person.id
            for person in crew.workload.staff
            if not caps.are_reached(each, person.id) and _is_free(person, each, before, crew)
        }
        wrong += right != set(each.free)
    return wrong


def _is_free(person: Person, each: Given, before: Sequence[Given], crew: Crew) -> bool:
    length, day = crew.workload.duration_s, timedelta(days=1)
    own = [(b.start, b.start + length, True) for b in before if b.staff_id == person.id]
    near = [
        item
        for item in (*person.busy, *own)
        if abs(item[0] - each.start) < 2 * day.total_seconds()
    ]
    first_day = datetime.fromtimestamp(each.start, ZoneInfo(crew.workload.zone)).date()
    workload = replace(crew.workload, first_day=first_day, days=1)
    return bool(starts_of(replace(person, busy=Busy(near)), workload, [each.start]))
