"""The judge: tries every start of the grid against every interval, and is too simple to be wrong.

It shares nothing with the application. Rules of the question:
- A start is on the grid when the clock of the business shows a multiple of the step since 00:00.
- The service itself lies inside the working time; its buffers may reach beyond.
- What is busy is widened to `[start - after, end + before)`; ends are exclusive everywhere.
- A person whose own items that begin on a local day (the person's zone) reach the cap has no
  start on that day.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from math import gcd
from zoneinfo import ZoneInfo

from bench.workloads import Courses, Person, Workload, instant

Answer = dict[int, set[str]]
"""Start in epoch seconds -> ids of those who are free then; starts with nobody are left out."""
Span = tuple[int, int]


def judge(workload: Workload, people: Iterable[Person] | None = None) -> Answer:
    """Return every feasible start with everybody who can serve it, of these people or of all."""
    grid, answer = grid_starts(workload), Answer()
    for person in workload.staff if people is None else people:
        for start in starts_of(person, workload, grid):
            answer.setdefault(start, set()).add(person.id)
    return dict(sorted(answer.items()))


def grid_starts(workload: Workload) -> list[int]:
    """Return every start that may be asked for: on the grid, in the horizon, not too soon."""
    zone, step = ZoneInfo(workload.zone), workload.step_s
    end = workload.first_day + timedelta(days=workload.days)
    first, last = (instant(day, "00:00", workload.zone) for day in (workload.first_day, end))
    earliest = workload.now + workload.lead_s
    # offsets of all zones are whole minutes: no start lies between these seconds
    return [
        second
        for second in range(first, last, gcd(step, 60))
        if second >= earliest and _since_midnight(second, zone) % step == 0
    ]


def _since_midnight(second: int, zone: ZoneInfo) -> int:
    clock = datetime.fromtimestamp(second, zone)
    return clock.hour * 3600 + clock.minute * 60 + clock.second


def starts_of(person: Person, workload: Workload, grid: list[int]) -> list[int]:
    """Return the starts of the grid at which this person is free."""
    working = working_time(person, workload)
    blocked = [
        (start - workload.after_s, end + workload.before_s) for start, end, _ours in person.busy
    ]
    full, zone = full_days(person, workload.day_cap), ZoneInfo(person.zone)
    return [
        start
        for start in grid
        if any(
            opens <= start and start + workload.duration_s <= closes for opens, closes in working
        )
        and not any(begin < start + workload.duration_s and start < end for begin, end in blocked)
        and (not full or datetime.fromtimestamp(start, zone).date() not in full)
    ]


def working_time(person: Person, workload: Workload) -> list[Span]:
    """Return the rules of each day of the horizon as spans; parts that touch are one."""
    spans: list[Span] = []
    for offset in range(-2, workload.days + 2):
        day = workload.first_day + timedelta(days=offset)
        if day not in person.holidays:
            for opens, closes in person.weekly[day.weekday()]:
                span = (instant(day, opens, person.zone), instant(day, closes, person.zone))
                # a clock change may leave nothing of a rule
                if span[0] < span[1]:
                    spans.append(span)
    return _joined(spans)


def _joined(spans: list[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def full_days(person: Person, cap: int | None) -> set[date]:
    """Return the local days on which the person's own items reach the cap."""
    if cap is None:
        return set()
    zone = ZoneInfo(person.zone)
    days = Counter(
        datetime.fromtimestamp(start, zone).date() for start, _end, ours in person.busy if ours
    )
    return {day for day, items in days.items() if items >= cap}


def common_starts(answer: Mapping[int, set[str]], ids: Iterable[str]) -> list[int]:
    """Return the starts at which all of these are free."""
    all_of_them = set(ids)
    return [start for start, free in answer.items() if all_of_them <= free]


def open_places(courses: Courses, customer: int, level: int) -> dict[int, int]:
    """Return the course dates of a level with places left that the customer is not in yet."""
    found = {}
    for one in courses.dates:
        inside = [who for who, course_date in courses.taken if course_date == one.id]
        if one.level == level and customer not in inside and len(inside) < one.places:
            found[one.id] = one.places - len(inside)
    return found


def differences(
    judged: Mapping[int, set[str]], found: Mapping[int, set[str]], most: int = 5
) -> list[str]:
    """Return in words where an answer departs from the judged one; empty when it never does."""
    words = []
    for start in sorted(judged.keys() | found.keys()):
        right, wrong = judged.get(start, set()), found.get(start, set())
        if right != wrong:
            missing, extra = sorted(right - wrong)[:3], sorted(wrong - right)[:3]
            words.append(f"{start}: missing {missing}, not free {extra}")
        if len(words) == most:
            break
    return words
