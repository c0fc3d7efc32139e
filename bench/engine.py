"""The engine under the yardstick: a workload as the catalog's values, and three ways to answer."""

from array import array
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bench.judge import Answer
from bench.workloads import Person, Week, Workload, instant
from scheduling import availability
from scheduling.availability import StartWindow, working_spans
from scheduling.catalog import (
    Business,
    BusyStatus,
    DateRange,
    LocalText,
    Location,
    LocationKind,
    OpenHours,
    Service,
    StaffMember,
    WeeklyHours,
)
from scheduling.index import Standing, View, slot_class
from scheduling.occupancy import Claim
from scheduling.slots import free_starts, shape_of, within_caps
from scheduling.timespan import TimeSpan, from_seconds

ALL_DAY = (OpenHours(time(0), time(0)),)
SERVICE = "service"


class Case(NamedTuple):
    """One workload as the engine sees it: `window` in epoch seconds."""

    business: Business
    service: Service
    window: tuple[int, int]
    earliest: int
    standings: Mapping[str, Standing]


def case_of(workload: Workload) -> Case:
    """Translate; what is translated once (hours of a pattern) is shared, as a roster shares it."""
    second = timedelta(seconds=1)
    staff = tuple(_member(person, workload.day_cap) for person in workload.staff)
    service = Service(
        id=SERVICE,
        name=LocalText(SERVICE, SERVICE),
        description=LocalText(SERVICE, SERVICE),
        durations=(workload.duration_s * second,),
        locations=(Location(LocationKind.TEAMS),),
        staff_ids=tuple(member.id for member in staff),
        pre_buffer=workload.before_s * second,
        post_buffer=workload.after_s * second,
        slot_interval=workload.step_s * second,
        minimum_lead_time=workload.lead_s * second,
    )
    business = Business(
        id="bench",
        name=LocalText("bench", "bench"),
        zone=ZoneInfo(workload.zone),
        hours=dict.fromkeys(range(7), ALL_DAY),
        services=(service,),
        staff=staff,
        observe_holidays=False,
    )
    last = workload.first_day + timedelta(days=workload.days)
    window = (
        instant(workload.first_day, "00:00", workload.zone),
        instant(last, "00:00", workload.zone),
    )
    known: dict[int, Standing] = {}
    standings = {}
    for person in workload.staff:
        # calendars that repeat are kept once, or a large staff would not fit in memory
        if id(person.busy) not in known:
            known[id(person.busy)] = standing(person)
        standings[resource_of(person.id)] = known[id(person.busy)]
    return Case(business, service, window, workload.now + workload.lead_s, standings)


def resource_of(person_id: str) -> str:
    """Name a person among the resources."""
    return f"staff:{person_id}"


def standing(person: Person) -> Standing:
    """Return what is known of one person: calendar entries, and our own bookings as claims."""
    entries, claims = array("q"), []
    for start, end, ours in person.busy:
        if ours:
            claims.append(Claim(start, end, start, end))
        else:
            entries.append(start)
            entries.append(end)
    return Standing({BusyStatus.BUSY: entries}, tuple(claims))


def _member(person: Person, cap: int | None) -> StaffMember:
    return StaffMember(
        id=person.id,
        name=person.id,
        mailbox=person.id,
        zone=ZoneInfo(person.zone),
        hours=_hours(person.weekly),
        time_off=_days_off(person.holidays),
        max_per_day=cap,
    )


@lru_cache(maxsize=256)
def _hours(week: Week) -> WeeklyHours:
    return {
        day: tuple(OpenHours(_clock(opens), _clock(closes)) for opens, closes in rules)
        for day, rules in enumerate(week)
        if rules
    }


def _clock(text: str) -> time:
    return time(0) if text == "24:00" else time.fromisoformat(text)


@lru_cache(maxsize=256)
def _days_off(days: frozenset[date]) -> tuple[DateRange, ...]:
    return tuple(DateRange(day, day) for day in sorted(days))


def new_view(case: Case) -> View:
    """Return the empty view of a case: rules looked up, no bits yet."""
    of_class = slot_class(case.business, case.service, case.service.durations[0])
    return View(case.business, of_class, case.business.staff, case.window)


def built(case: Case) -> View:
    """Build the view from raw intervals."""
    return new_view(case).complete(case.standings.__getitem__)


def answer_of_view(case: Case, view: View, mask: int | None = None) -> Answer:
    """Return every start with who is free, out of the columns."""
    mask = view.mask(case.service.staff_ids) if mask is None else mask
    answer: Answer = {}
    for number in range(view.grid.number_from(case.earliest), len(view.cols)):
        free = view.cols[number] & mask
        if free:
            answer[view.grid.starts[number]] = {m.id for m in view.members_in(free)}
    return answer


def answer_of_sweep(
    case: Case,
    members: Iterable[StaffMember] | None = None,
    window: tuple[int, int] | None = None,
) -> Answer:
    """Return the same by the plain sweep of slots.py, one person after the other."""
    answer: Answer = {}
    for member_id, starts in sweep(case, members, window).items():
        for start in starts:
            answer.setdefault(int(start.timestamp()), set()).add(member_id)
    return dict(sorted(answer.items()))


def sweep(
    case: Case,
    members: Iterable[StaffMember] | None = None,
    window: tuple[int, int] | None = None,
) -> dict[str, list[datetime]]:
    """Run the reference for all, or for some of the members in a part of the window."""
    shape = shape_of(case.business, case.service, case.service.durations[0])
    start, end = window or case.window
    if end <= max(start, case.earliest):
        return {}
    first = datetime.fromtimestamp(max(start, case.earliest), UTC)
    last = datetime.fromtimestamp(end - 1, UTC)
    window_of_starts = StartWindow(first, last)
    span = TimeSpan(first, last + shape.duration + timedelta(seconds=1))
    found = {}
    for member in case.business.staff if members is None else members:
        known = case.standings[resource_of(member.id)]
        busy = known.busy[BusyStatus.BUSY]
        entries = [from_seconds(*pair) for pair in zip(busy[::2], busy[1::2], strict=True)]
        working = working_spans(case.business, case.service, member, span)
        starts = free_starts(working, entries, shape, window_of_starts, known.claims)
        found[member.id] = within_caps(starts, member, known.claims)
    return found


def forget_rules() -> None:
    """Drop what was expanded from rules, so that the next question finds them cold."""
    availability.spans_of.cache_clear()
    availability._spans_of_days.cache_clear()


class Engine(NamedTuple):
    """What is measured and judged, by name, so that a wrong one can be put in its place."""

    built: Callable[[Case], View] = built
    answer: Callable[[Case, View, int | None], Answer] = answer_of_view
