"""The engine under the yardstick: a workload as the catalog's values, and three ways to answer."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bench.judge import Answer
from bench.workloads import Person, Week, Workload, instant
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
from scheduling.index.standing import flat
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
    standings = {f"staff:{person.id}": standing(person) for person in workload.staff}
    return Case(business, service, window, workload.now + workload.lead_s, standings)


def standing(person: Person) -> Standing:
    """Return what is known of one person: calendar entries, and our own bookings as claims."""
    entries = flat((start, end) for start, end, ours in person.busy if not ours)
    claims = tuple(Claim(start, end, start, end) for start, end, ours in person.busy if ours)
    return Standing({BusyStatus.BUSY: entries}, claims)


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
    mask = view.mask_of(case.service) if mask is None else mask
    answer: Answer = {}
    for number in range(view.grid.number_from(case.earliest), len(view.cols)):
        free = view.cols[number] & mask
        if free:
            answer[view.grid.starts[number]] = {m.id for m in view.members_in(free)}
    return answer


def answer_of_sweep(case: Case) -> Answer:
    """Return the same by the plain sweep of slots.py, one person after the other."""
    answer: Answer = {}
    for member_id, starts in sweep(case).items():
        for start in starts:
            answer.setdefault(int(start.timestamp()), set()).add(member_id)
    return dict(sorted(answer.items()))


def sweep(case: Case) -> dict[str, list[datetime]]:
    """Run the reference over the whole window."""
    shape = shape_of(case.business, case.service, case.service.durations[0])
    first = datetime.fromtimestamp(max(case.window[0], case.earliest), UTC)
    last = datetime.fromtimestamp(case.window[1] - 1, UTC)
    window = StartWindow(first, last)
    span = TimeSpan(first, last + shape.duration + timedelta(seconds=1))
    found = {}
    for member in case.business.staff:
        known = case.standings[f"staff:{member.id}"]
        busy = known.busy[BusyStatus.BUSY]
        entries = [from_seconds(*pair) for pair in zip(busy[::2], busy[1::2], strict=True)]
        working = working_spans(case.business, case.service, member, span)
        starts = free_starts(working, entries, shape, window, known.claims)
        found[member.id] = within_caps(starts, member, known.claims)
    return found
