"""Calendars and courses drawn from fixed seeds, as plain values that belong to no engine.

Times are epoch seconds (UTC). A rule is written on the clock of its person, `'HH:MM'`, and `24:00`
is the midnight that ends the day. Nothing of the application may be imported here.
"""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from random import Random
from zoneinfo import ZoneInfo

Item = tuple[int, int, bool]
"""Start, end, and whether it is a booking of ours (only those count for the day cap)."""
Week = tuple[tuple[tuple[str, str], ...], ...]
"""The rules of Monday to Sunday, each (opens, closes)."""

BERLIN, LONDON, NEW_YORK = "Europe/Berlin", "Europe/London", "America/New_York"
MINUTE = 60
SKILLS, SKILLS_EACH = 40, 6

MINUTES = tuple(
    minutes
    for minutes, percent in zip(
        (15, 20, 25, 30, 45, 50, 60, 90), (20, 10, 15, 25, 10, 5, 12, 3), strict=True
    )
    for _ in range(percent)
)
"""A hundred lengths of entries in their shares."""
GRIDS = (15,) * 12 + (5,) * 5 + (1,) * 3
"""Where entries begin: 60 % on quarters, 25 % on five minutes, 15 % on any minute."""
HOLIDAYS = (
    frozenset[date](),
    frozenset({date(2026, 10, 26)}),
    frozenset({date(2026, 10, 30)}),
    frozenset({date(2026, 10, 28), date(2026, 10, 30)}),
)


class Busy:
    """The items of one calendar, sorted; kept in arrays, for there are millions of them."""

    __slots__ = ("ends", "ours", "starts")

    def __init__(self, items: Iterable[Item] = ()) -> None:
        ordered = sorted(items)
        self.starts = array("q", [item[0] for item in ordered])
        self.ends = array("q", [item[1] for item in ordered])
        self.ours = bytes([item[2] for item in ordered])

    def __len__(self) -> int:
        return len(self.starts)

    def __iter__(self) -> Iterator[Item]:
        return zip(self.starts, self.ends, map(bool, self.ours), strict=True)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Busy):
            return NotImplemented
        mine, theirs = (self.starts, self.ends), (other.starts, other.ends)
        return mine == theirs and self.ours == other.ours

    def __hash__(self) -> int:
        return hash((tuple(self.starts), tuple(self.ends)))


@dataclass(frozen=True, slots=True)
class Person:
    """One calendar with its rules; `skills` is a bit mask of the 40 skills."""

    id: str
    zone: str
    weekly: Week
    holidays: frozenset[date]
    busy: Busy
    skills: int = 0

    def has(self, skill: int) -> bool:
        """Tell whether the person has skill number 0 to 39."""
        return bool(self.skills >> skill & 1)


@dataclass(frozen=True, slots=True)
class Workload:
    """A service, a horizon, and who serves.

    Asked for are the starts in `[midnight of first_day, midnight of first_day + days)` on the
    clock of `zone`, not before `now + lead_s`.
    """

    zone: str
    first_day: date
    days: int
    duration_s: int
    step_s: int
    before_s: int
    after_s: int
    lead_s: int
    day_cap: int | None
    now: int
    staff: list[Person]


@lru_cache(maxsize=65_536)
def instant(day: date, clock: str, zone: str) -> int:
    """Return when the clock shows this there: each wall time turned to UTC by itself, fold=0."""
    hour, minute = map(int, clock.split(":"))
    if hour == 24:
        day, hour = day + timedelta(days=1), 0
    there = datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(zone))
    return int(there.astimezone(UTC).timestamp())


def _week(text: str) -> Week:
    """Read a week like `Mo-Fr 9:00-12:30 13:00-17:00; Sa 10:00-14:00`."""
    names = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
    days: list[tuple[tuple[str, str], ...]] = [()] * 7
    for part in text.split("; "):
        which, *hours = part.split(" ")
        first, last = (names.index(name) for name in (which[:2], which[-2:]))
        rules = [span.split("-") for span in hours]
        days[first : last + 1] = [tuple((o, c) for o, c in rules)] * (last + 1 - first)
    return tuple(days)


PATTERNS = tuple(
    _week(text)
    for text in (
        "Mo-Fr 09:00-12:30 13:00-17:00",
        "Mo-Fr 08:00-12:00 12:30-16:30",
        "Mo-Fr 07:00-11:30 12:00-16:00",
        "Tu-Sa 10:00-14:00 14:45-19:00",
        "Mo-Th 08:30-12:30 13:15-17:30; Fr 08:00-13:00",
        "Mo-Fr 08:00-12:00 13:00-18:00; Tu 12:00-16:00 16:30-20:00; Th 12:00-16:00 16:30-20:00",
        "Mo-Fr 06:00-10:00 10:30-14:30",
        "Mo-Fr 13:00-17:00 17:30-21:30",
    )
)


@dataclass(frozen=True, slots=True)
class _Habits:
    """How full calendars are drawn: items a working day, and how often a whole day is off."""

    least: int
    most: int
    off: float = 0.02
    seconds: bool = False


def _busy(
    random: Random, person: tuple[str, Week, frozenset[date]], days: list[date], habits: _Habits
) -> Busy:
    zone, weekly, holidays = person
    items: list[Item] = []
    for day in days:
        rules = weekly[day.weekday()]
        if not rules or day in holidays:
            continue
        if random.random() < habits.off:
            items.append((instant(day, "00:00", zone), instant(day, "24:00", zone), False))
            continue
        opens, closes = instant(day, rules[0][0], zone), instant(day, rules[-1][1], zone)
        items.extend(_day(random, opens - 20 * MINUTE, closes, habits))
    return Busy(items)


def _day(random: Random, earliest: int, latest: int, habits: _Habits) -> Iterator[Item]:
    draw, span = random.random, latest - earliest
    for _ in range(habits.least + int(draw() * (habits.most - habits.least + 1))):
        grid = GRIDS[int(draw() * 20)] * MINUTE
        start = (earliest + int(draw() * span)) // grid * grid
        end = start + MINUTES[int(draw() * 100)] * MINUTE
        if habits.seconds:
            start, end = start + int(draw() * 60), end + int(draw() * 60)
        yield start, end, draw() < 0.4


def _dates(first_day: date, days: int) -> list[date]:
    return [first_day + timedelta(days=n) for n in range(days)]


def _skills(random: Random) -> int:
    return sum(1 << skill for skill in random.sample(range(SKILLS), SKILLS_EACH))


def _person(random: Random, number: int, zone: str, days: list[date], habits: _Habits) -> Person:
    weekly, holidays = random.choice(PATTERNS), random.choice(HOLIDAYS)
    skills = _skills(random)
    busy = _busy(random, (zone, weekly, holidays), days, habits)
    return Person(f"s{number:06d}", zone, weekly, holidays, busy, skills)


def four_weeks(seed: int = 1) -> Workload:
    """Workload a: 5 staff, 28 days with the end of summer time inside, no buffers."""
    random, first_day, days = Random(seed), date(2026, 10, 12), 28
    dates, habits = _dates(first_day, days), _Habits(6, 10)
    staff = [_person(random, n, BERLIN, dates, habits) for n in range(5)]
    return Workload(
        zone=BERLIN, first_day=first_day, days=days, duration_s=1800, step_s=900, before_s=0,
        after_s=0, lead_s=7200, day_cap=5, now=instant(first_day, "08:00", BERLIN), staff=staff,
    )  # fmt: skip


def many(n: int, seed: int = 3, *, drawn: int = 16_000) -> Workload:
    """Workload c: n staff in three zones, 14 days with all clock changes, buffers, cap, skills.

    Beyond `drawn` the calendars repeat, under new ids and with skills of their own: what is
    measured there is growth, and drawing millions of items would take longer than measuring.
    """
    random, first_day, days = Random(seed), date(2026, 10, 19), 14
    dates, habits = _dates(first_day, days), _Habits(6, 10)
    zones = (BERLIN,) * 8 + (LONDON, NEW_YORK)
    staff = [
        _person(random, number, random.choice(zones), dates, habits)
        for number in range(min(n, drawn))
    ]
    staff.extend(
        replace(staff[number % drawn], id=f"s{number:06d}", skills=_skills(random))
        for number in range(drawn, n)
    )
    return Workload(
        zone=BERLIN, first_day=first_day, days=days, duration_s=1800, step_s=900, before_s=600,
        after_s=600, lead_s=7200, day_cap=5, now=instant(first_day, "08:00", BERLIN), staff=staff,
    )  # fmt: skip


def together(seed: int = 11) -> Workload:
    """Workload d: 5 staff in three zones, all of whom must be free, 60 days.

    The seed was chosen: most others leave no more than three starts in common, or none, and an
    empty answer checks nothing.
    """
    random, first_day, days = Random(seed), date(2026, 9, 21), 60
    dates, habits = _dates(first_day, days), _Habits(3, 6)
    zones = (BERLIN, BERLIN, BERLIN, LONDON, NEW_YORK)
    staff = [_person(random, n, zone, dates, habits) for n, zone in enumerate(zones)]
    return Workload(
        zone=BERLIN, first_day=first_day, days=days, duration_s=1800, step_s=900, before_s=600,
        after_s=600, lead_s=7200, day_cap=5, now=instant(first_day, "08:00", BERLIN), staff=staff,
    )  # fmt: skip


def crew(n: int = 40, weeks: int = 26, seed: int = 7) -> Workload:
    """Workload for the fairness of assignment: half a year, no booking of ours yet.

    Calendars are half empty, one working day in twenty is off; who takes part is told by id, caps
    and weights are left to whoever asks.
    """
    random, first_day, days = Random(seed), date(2026, 9, 7), 7 * weeks
    dates, habits = _dates(first_day, days), _Habits(1, 4, off=0.05)
    zones = (BERLIN,) * 8 + (LONDON, NEW_YORK)
    staff = [_person(random, number, random.choice(zones), dates, habits) for number in range(n)]
    foreign = [
        replace(person, busy=Busy((start, end, False) for start, end, _ours in person.busy))
        for person in staff
    ]
    return Workload(
        zone=BERLIN, first_day=first_day, days=days, duration_s=1800, step_s=900, before_s=600,
        after_s=600, lead_s=0, day_cap=None, now=instant(first_day, "00:00", BERLIN),
        staff=foreign,
    )  # fmt: skip


def changes(workload: Workload, count: int, seed: int = 5) -> list[Person]:
    """Workload e: people of the workload, each as it is after one event was added."""
    random, changed = Random(seed), []
    for person in random.choices(workload.staff, k=count):
        day = workload.first_day + timedelta(days=random.randrange(workload.days))
        start = instant(day, f"{random.randrange(7, 20):02d}:00", person.zone)
        event = (start, start + random.choice(MINUTES) * MINUTE, False)
        changed.append(replace(person, busy=Busy([*person.busy, event])))
    return changed


@dataclass(frozen=True, slots=True)
class CourseDate:
    """One evening of a course."""

    id: int
    course: int
    level: int
    start: int
    places: int


@dataclass(frozen=True, slots=True)
class Courses:
    """Course dates, and who takes part: (customer, course date), each pair once."""

    dates: list[CourseDate]
    taken: list[tuple[int, int]]


def courses(seed: int = 2) -> Courses:
    """Workload b: 54 weekly courses of 12 weeks, 14 places each, 650 customers, 9 levels."""
    random, monday = Random(seed), date(2026, 9, 7)
    dates: list[CourseDate] = []
    taken: list[tuple[int, int]] = []
    for course in range(54):
        level, clock = course % 9, f"{random.randrange(15, 21)}:00"
        weekday, regulars = random.randrange(5), random.sample(range(650), 14)
        for week in range(12):
            day = monday + timedelta(days=weekday, weeks=week)
            one = CourseDate(len(dates), course, level, instant(day, clock, BERLIN), 14)
            dates.append(one)
            taken.extend((customer, one.id) for customer in regulars if random.random() < 0.9)
    return Courses(dates, taken)


@dataclass(frozen=True, slots=True)
class Rush:
    """Workload f: many customers at once on one start of one person, which is free."""

    workload: Workload
    start: int
    customers: tuple[str, ...]


def rush(customers: int = 200) -> Rush:
    """Workload f: an empty Monday, and everybody wants ten o'clock."""
    monday = date(2026, 10, 19)
    nobody_busy = Person("s000000", BERLIN, PATTERNS[0], HOLIDAYS[0], Busy())
    workload = Workload(
        zone=BERLIN, first_day=monday, days=1, duration_s=1800, step_s=900, before_s=0, after_s=0,
        lead_s=0, day_cap=None, now=instant(monday, "08:00", BERLIN), staff=[nobody_busy],
    )  # fmt: skip
    names = tuple(f"c{number:03d}" for number in range(customers))
    return Rush(workload, instant(monday, "10:00", BERLIN), names)


TINY_WEEKS = (
    *PATTERNS,
    _week("Mo-Su 00:00-06:00 22:00-24:00"),
    _week("Mo-Su 09:00-12:00 12:00-15:20"),
    _week("Mo-Su 01:30-02:30 02:45-05:10; We 08:00-08:20"),
)
"""The usual weeks, and some that touch midnight, each other, or the hours of a clock change."""
TINY_ZONES = (BERLIN, BERLIN, LONDON, NEW_YORK, "Asia/Kolkata")


def tiny(seed: int, *, seconds: bool = False) -> Workload:
    """Draw a small odd set: 12 staff, 3 days anywhere in 2026, 0-9 items a day.

    With `seconds`, items begin and end at any second.
    """
    random = Random(f"{seed} {seconds}")
    first_day = date(2026, 1, 2) + timedelta(days=random.randrange(360))
    zone, dates = random.choice(TINY_ZONES), _dates(first_day - timedelta(days=1), 5)
    staff = [_tiny_person(random, number, dates, seconds) for number in range(12)]
    return Workload(
        zone=zone,
        first_day=first_day,
        days=3,
        duration_s=random.randrange(15, 61, 5) * MINUTE,
        step_s=random.choice((5, 10, 15, 20, 25, 30)) * MINUTE,
        before_s=random.choice((0, 5, 10, 15)) * MINUTE,
        after_s=random.choice((0, 5, 10, 15)) * MINUTE,
        lead_s=random.choice((0, 60, 120)) * MINUTE,
        day_cap=random.choice((None, 1, 3, 5)),
        now=instant(first_day, "00:00", zone) + random.randrange(36_000),
        staff=staff,
    )


def _tiny_person(random: Random, number: int, dates: list[date], seconds: bool) -> Person:
    zone, weekly = random.choice(TINY_ZONES), random.choice(TINY_WEEKS)
    holidays = frozenset({random.choice(dates)}) if random.random() < 0.2 else frozenset[date]()
    habits = _Habits(0, 9, off=0.05, seconds=seconds)
    busy = _busy(random, (zone, weekly, holidays), dates, habits)
    return Person(f"s{number:06d}", zone, weekly, holidays, busy, _skills(random))


CLOCK_CHANGES = (
    (date(2026, 3, 29), BERLIN),
    (date(2026, 10, 25), BERLIN),
    (date(2026, 3, 8), NEW_YORK),
)
NIGHTS = (
    _week("Mo-Su 00:00-06:00"),
    _week("Mo-Su 01:15-02:30 02:30-03:15"),
    _week("Mo-Su 02:45-04:00 22:00-24:00"),
)


def night(
    day: date, zone: str, *, weekly: Week = NIGHTS[0], busy: Iterable[Item] = ()
) -> Workload:
    """One person on one day, 30 min on quarters, nothing else in the way; asked long before."""
    person = Person("s000000", zone, weekly, HOLIDAYS[0], Busy(busy))
    return Workload(
        zone=zone, first_day=day, days=1, duration_s=1800, step_s=900, before_s=0, after_s=0,
        lead_s=0, day_cap=None, now=instant(day, "00:00", zone) - 864_000, staff=[person],
    )  # fmt: skip


def clock_changes() -> list[Workload]:
    """Return nine sets on the three days: bare night hours, with items, and rules in the gap."""
    sets = []
    for day, zone in CLOCK_CHANGES:
        random, habits = Random(f"{day} {zone}"), _Habits(4, 4, off=0, seconds=True)
        items = _busy(random, (zone, NIGHTS[0], HOLIDAYS[0]), [day], habits)
        sets.append(night(day, zone))
        sets.append(night(day, zone, busy=items))
        sets.append(_both_gap_rules(day, zone))
    return sets


def _both_gap_rules(day: date, zone: str) -> Workload:
    bare = night(day, zone)
    staff = [
        replace(bare.staff[0], id=f"s{number:06d}", weekly=weekly)
        for number, weekly in enumerate(NIGHTS)
    ]
    return replace(bare, staff=staff)
