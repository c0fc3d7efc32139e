"""Why a start is not offered: the first rule, entry or claim that refuses it.

The sweep and the index only know that, not why. Here every rule is asked by itself, in the order
in which people think of them; that nobody refuses exactly when the sweep finds the start free is
a property test. Staff see the reason as it is; what a customer may hear is its `Public` side,
which never tells a calendar's contents or why somebody is away.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from scheduling.availability import (
    StartWindow,
    days_span,
    is_bookable,
    member_rules,
    opening_rules,
    places_of,
    public_holidays,
    spans_of,
    weekdays_at,
)
from scheduling.catalog import Business, DateRange, OpenHours, Service, StaffMember
from scheduling.index.standing import Standing
from scheduling.occupancy import Claim
from scheduling.slots import SlotShape, free_starts, within_caps
from scheduling.timespan import TimeSpan, from_seconds, wall_seconds, whole_seconds


class Why(StrEnum):
    """What refuses a start."""

    PAST = "past"
    LEAD = "lead"
    ADVANCE = "advance"
    SEASON = "season"
    HOLIDAY = "holiday"
    CLOSURE = "closure"
    CLOSED = "closed"
    SERVICE_HOURS = "service_hours"
    GRID = "grid"
    NO_SKILL = "no_skill"
    WAVE = "wave"
    DECLARATION = "declaration"
    PLACE = "place"
    TIME_OFF = "time_off"
    BREAK = "break"
    NOT_WORKING = "not_working"
    UNKNOWN = "calendar_unknown"
    BUSY = "busy"
    BOOKED = "booked"
    HELD = "held"
    BUFFER = "buffer"
    TRAVEL = "travel"
    CAP_DAY = "cap_day"
    CAP_WEEK = "cap_week"
    ROOM = "room_taken"
    EQUIPMENT = "equipment_taken"


class Public(StrEnum):
    """What customers hear."""

    PAST = "past"
    LEAD = "lead"
    ADVANCE = "advance"
    SEASON = "season"
    HOLIDAY = "holiday"
    CLOSED = "closed"
    GRID = "grid"
    NOT_SERVED = "not_served"
    NOT_THERE = "not_there"
    TAKEN = "taken"
    UNKNOWN = "unknown"


_SAID: Mapping[Why, Public] = {
    Why.PAST: Public.PAST,
    Why.LEAD: Public.LEAD,
    Why.ADVANCE: Public.ADVANCE,
    Why.SEASON: Public.SEASON,
    Why.HOLIDAY: Public.HOLIDAY,
    Why.CLOSURE: Public.CLOSED,
    Why.CLOSED: Public.CLOSED,
    Why.SERVICE_HOURS: Public.CLOSED,
    Why.GRID: Public.GRID,
    Why.NO_SKILL: Public.NOT_SERVED,
    Why.PLACE: Public.NOT_THERE,
    Why.UNKNOWN: Public.UNKNOWN,
}
"""Everything else is "taken": an absence, a break and a full day look alike from outside."""


@dataclass(frozen=True, slots=True)
class Reason:
    """What refuses, for whom (empty = for all), and the facts of it, as staff may read them."""

    why: Why
    staff_id: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def public(self) -> Public:
        """What a customer may hear of it."""
        if self.staff_id and self.why is Why.HOLIDAY:
            # theirs alone: the house is open, and where they live is nobody's business
            return Public.TAKEN
        return _SAID.get(self.why, Public.TAKEN)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a start is not offered; no reasons = it is."""

    start: datetime
    reasons: tuple[Reason, ...] = ()
    free: tuple[str, ...] = ()
    """Ids of those who are free then."""

    @property
    def public(self) -> Public | None:
        """The one thing to tell a customer; None where the start can be booked."""
        if self.free or not self.reasons:
            return None
        said = [reason.public for reason in self.reasons]
        # of several persons: that a time is taken says more than that one of them is elsewhere
        order = (Public.TAKEN, Public.UNKNOWN)
        return next((each for each in order if each in said), said[0])


@dataclass(frozen=True, slots=True)
class Case:
    """What is asked about: one service at one start."""

    business: Business
    service: Service
    shape: SlotShape
    start: datetime
    now: datetime
    location_id: str = ""
    serving: frozenset[str] | None = None
    """Ids of all who serve it; None = looked up, which with thousands takes its time."""

    @property
    def span(self) -> TimeSpan:
        """The service itself."""
        return self.shape.at(self.start)

    @property
    def day(self) -> date:
        """The day in the zone of the business."""
        return self.start.astimezone(self.business.zone).date()


def rule_against(case: Case) -> Reason | None:
    """Return the first rule of business and service that refuses, whoever serves."""
    return next(_general(case), None)


def reason_against(case: Case, member: StaffMember, standing: Standing) -> Reason | None:
    """Return the first thing that refuses for one staff member, the rules for all left aside."""
    return next(_personal(case, member, standing), None)


def unit_against(case: Case, unit: str, standing: Standing) -> Reason | None:
    """Return what refuses for a room or a unit of equipment."""
    if standing.unknown is not None:
        return Reason(Why.UNKNOWN, facts={"resource": unit, "code": standing.unknown})
    found = next(_occupied(case, "", standing), None)
    if found is None:
        return None
    kind = Why.ROOM if unit.startswith("room:") else Why.EQUIPMENT
    return Reason(kind, facts={"resource": unit, "because": found.why, **found.facts})


def ids_of(members: Iterable[StaffMember]) -> frozenset[str]:
    """Return their ids."""
    return frozenset(member.id for member in members)


def _general(case: Case) -> Iterator[Reason]:
    service, start = case.service, case.start
    if start < case.now:
        yield Reason(Why.PAST)
    earliest, latest = case.now + service.minimum_lead_time, case.now + service.maximum_advance
    if start < earliest:
        yield Reason(Why.LEAD, facts={"earliest": _written(earliest)})
    if start > latest:
        yield Reason(Why.ADVANCE, facts={"latest": _written(latest)})
    if service.bookable and not _in_days(service.bookable, case):
        days = service.bookable
        yield Reason(Why.SEASON, facts={"first": str(days.first), "last": str(days.last)})
    yield from _closed_days(case)
    yield from _closed_hours(case)
    whole_day = [TimeSpan(start, start + case.shape.duration)]
    if not free_starts(whole_day, (), case.shape, StartWindow(start, start)):
        minutes = case.shape.interval // timedelta(minutes=1)
        yield Reason(Why.GRID, facts={"minutes": str(minutes)})


def _in_days(days: DateRange, case: Case) -> bool:
    span = days_span(days, case.business.zone)
    return span.start <= case.start < span.end


def _closed_days(case: Case) -> Iterator[Reason]:
    business = case.business
    if business.observe_holidays:
        known = public_holidays(business.country, business.subdivision, case.day.year)
        if case.day in known and not _is_open(case, 0):
            yield Reason(Why.HOLIDAY, facts={"name": known[case.day]})
    closed = next((days for days in business.closures if case.day in days), None)
    if closed is not None and not _is_open(case, 0):
        name = closed.name.in_language(business.language) if closed.name else ""
        yield Reason(Why.CLOSURE, facts={"name": name})


def _closed_hours(case: Case) -> Iterator[Reason]:
    kinds = (Why.CLOSED, Why.SERVICE_HOURS)
    for number, _ in enumerate(opening_rules(case.business, case.service)):
        if not _is_open(case, number):
            hours = case.business.hours if number == 0 else case.service.hours or {}
            opened = _hours(hours.get(case.day.weekday(), ()))
            yield Reason(kinds[number], facts={"hours": opened})


def _is_open(case: Case, number: int) -> bool:
    rules = opening_rules(case.business, case.service)
    return _covers(spans_of((rules[number],), *whole_seconds(case.span)), case.span)


def _personal(case: Case, member: StaffMember, standing: Standing) -> Iterator[Reason]:
    yield from _not_serving(case, member)
    yield from _absent(case, member)
    if standing.unknown is not None:
        since = _written(from_seconds(standing.synced_at, standing.synced_at + 1).start)
        facts = {"code": standing.unknown} | ({"read": since} if standing.synced_at else {})
        yield Reason(Why.UNKNOWN, member.id, facts)
    yield from _occupied(case, member.id, standing)
    if not within_caps([case.start], member, standing.claims):
        only_days = replace(member, max_per_week=None)
        is_day = not within_caps([case.start], only_days, standing.claims)
        cap = member.max_per_day if is_day else member.max_per_week
        yield Reason(Why.CAP_DAY if is_day else Why.CAP_WEEK, member.id, {"cap": str(cap)})


def _not_serving(case: Case, member: StaffMember) -> Iterator[Reason]:
    serving = case.serving
    if serving is None:
        serving = ids_of(case.business.staff_for(case.service))
    if member.id not in serving:
        yield Reason(Why.NO_SKILL, member.id)
    if not is_bookable(case.business, member, case.now):
        wanted = case.business.declaration_version
        if wanted is not None and member.declaration != wanted:
            yield Reason(Why.DECLARATION, member.id, {"version": wanted})
        else:
            yield Reason(Why.WAVE, member.id, {"from": str(member.bookable_from)})
    places = places_of(case.service, case.location_id)
    day = case.start.astimezone(member.zone).date()
    if day.weekday() not in weekdays_at(member, places):
        here = member.work_places.get(day.weekday()) or " ".join(sorted(member.sites))
        yield Reason(Why.PLACE, member.id, {"works_at": here})


def _absent(case: Case, member: StaffMember) -> Iterator[Reason]:
    """Yield the reasons of the member's own hours, the most particular one first."""
    rules = member_rules(
        case.business, member, weekdays_at(member, places_of(case.service, case.location_id))
    )
    start, end = whole_seconds(case.span)
    if _covers(spans_of((rules,), start, end), case.span):
        return
    day = case.start.astimezone(member.zone).date()
    if any(day in away for away in member.time_off):
        yield Reason(Why.TIME_OFF, member.id)
    if member.subdivision:
        known = public_holidays(case.business.country, member.subdivision, day.year)
        if day in known:
            yield Reason(Why.HOLIDAY, member.id, {"name": known[day]})
    for pause in member.breaks.get(day.weekday(), ()):
        # from two to three is no time at all in the night the clocks go forward
        begins, ends = wall_seconds(day, pause.opens, pause.closes, member.zone)
        if max(begins, start) < min(ends, end):
            yield Reason(Why.BREAK, member.id, {"hours": _hours((pause,))})
    hours = member.overrides.get(day, member.hours.get(day.weekday(), ()))
    yield Reason(Why.NOT_WORKING, member.id, {"hours": _hours(hours)})


def _occupied(case: Case, staff_id: str, standing: Standing) -> Iterator[Reason]:
    span, shape = case.span, case.shape
    widened = span.widened(shape.pre_buffer, shape.post_buffer)
    near: list[Reason] = []
    for status in sorted(case.service.blocking):
        busy = standing.busy.get(status, ())
        for pair in zip(busy[::2], busy[1::2], strict=True):
            entry = from_seconds(*pair)
            facts = {
                "status": str(status),
                "from": _written(entry.start),
                "to": _written(entry.end),
            }
            if entry.overlaps(span):
                yield Reason(Why.BUSY, staff_id, facts)
            elif entry.overlaps(widened):
                near.append(Reason(Why.BUFFER, staff_id, facts))
    yield from _claimed(case, staff_id, standing.claims)
    yield from near


def _claimed(case: Case, staff_id: str, claims: Iterable[Claim]) -> Iterator[Reason]:
    span, shape = case.span, case.shape
    for claim in claims:
        if not from_seconds(*shape.kept_clear(claim)).overlaps(span):
            continue
        itself = from_seconds(claim.start, claim.end)
        facts = {
            "booking": claim.booking_id,
            "from": _written(itself.start),
            "to": _written(itself.end),
        }
        if itself.overlaps(span):
            yield Reason(Why.HELD if claim.until else Why.BOOKED, staff_id, facts)
        else:
            kept = from_seconds(*_without_travel(shape, claim))
            yield Reason(Why.BUFFER if kept.overlaps(span) else Why.TRAVEL, staff_id, facts)


def _without_travel(shape: SlotShape, claim: Claim) -> tuple[int, int]:
    return shape.kept_clear(claim._replace(place_id=""))


def _covers(spans: Sequence[tuple[int, int]], span: TimeSpan) -> bool:
    start, end = whole_seconds(span)
    return any(opens <= start and end <= closes for opens, closes in spans)


def _hours(hours: Iterable[OpenHours]) -> str:
    return ", ".join(f"{each.opens:%H:%M}-{_closing(each.closes)}" for each in hours)


def _closing(at: time) -> str:
    return "24:00" if at == time(0) else f"{at:%H:%M}"


def _written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
