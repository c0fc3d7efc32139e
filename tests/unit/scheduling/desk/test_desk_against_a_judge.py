"""Random businesses: what the desk offers against a judge that tries every minute."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.availability import public_holidays
from scheduling.booking import BookingState
from scheduling.catalog import (
    Business,
    BusyStatus,
    DateRange,
    Service,
    StaffMember,
)
from scheduling.desk import Desk, Search
from scheduling.ports import BusyItem
from scheduling.timespan import TimeSpan, local_day
from tests.builders import (
    BERLIN,
    NEW_YORK,
    a_booking,
    a_business,
    a_service,
    a_staff_member,
    by_start,
    hours,
    minutes,
    wall_span,
)
from tests.fakes import FakeCalendar, FixedClock, InMemoryStore

LONDON = ZoneInfo("Europe/London")
KOLKATA = ZoneInfo("Asia/Kolkata")
ZONES = [BERLIN, LONDON, NEW_YORK, KOLKATA]
FIRST_DAYS = [
    date(2026, 3, 28),
    date(2026, 10, 24),
    date(2026, 3, 7),
    date(2026, 6, 3),
    date(2028, 2, 28),
    date(2026, 12, 30),
]
LENGTH = timedelta(days=2)


SHIFTS = ["0-0", "6-22", "9-12 13-17", "8-20", "0-6", "22-0", "0-2:30 7:30-18:30", "1:30-3 12-0"]
BREAKS = ["12-12:30", "2-3", "0-1 18-0"]


def openings(choices: list[str] = SHIFTS):
    return st.sampled_from(choices).map(lambda words: hours(*words.split()))


def weekly(choices: list[str] = SHIFTS):
    """Any shift on any weekday, one of them perhaps free."""
    weeks = st.fixed_dictionaries(dict.fromkeys(range(7), openings(choices)))
    return st.tuples(weeks, st.none() | st.integers(0, 6)).map(
        lambda drawn: {day: shift for day, shift in drawn[0].items() if day != drawn[1]}
    )


@dataclass(frozen=True)
class Case:
    """One drawn question with all that decides its answer."""

    business: Business
    service: Service
    span: TimeSpan
    now: datetime
    entries: dict[str, list[BusyItem]]
    taken: dict[str, list[TimeSpan]]
    silent: frozenset[str]


@st.composite
def a_day_off(draw, first: date) -> tuple[DateRange, ...]:
    off = draw(st.none() | st.integers(0, 2))
    return () if off is None else (DateRange(first + timedelta(off), first + timedelta(off)),)


@st.composite
def a_case(draw) -> Case:
    first = draw(st.sampled_from(FIRST_DAYS))
    service = a_service(
        durations=(minutes(draw(st.sampled_from([15, 30, 60, 90]))),),
        slot_interval=minutes(draw(st.sampled_from([10, 15, 30, 45, 60]))),
        pre_buffer=minutes(draw(st.sampled_from([0, 10]))),
        post_buffer=minutes(draw(st.sampled_from([0, 5]))),
        minimum_lead_time=minutes(draw(st.sampled_from([0, 120]))),
        maximum_advance=timedelta(days=draw(st.sampled_from([1, 60]))),
        hours=draw(st.none() | weekly()),
    )
    business = a_business(
        zone=draw(st.sampled_from(ZONES)),
        hours=draw(weekly()),
        services=(service,),
        staff=tuple(draw(a_member(name, first)) for name in ("anna", "bernd")),
        closures=draw(a_day_off(first)),
        observe_holidays=draw(st.booleans()),
        subdivision=draw(st.sampled_from(["NW", "BE"])),
    )
    start = local_day(first, BERLIN).start + minutes(draw(st.integers(0, 600)))
    span = TimeSpan(start, start + LENGTH)
    return Case(
        business=business,
        service=service,
        span=span,
        now=start + minutes(draw(st.integers(-600, 600))),
        entries={name: draw(some_entries(span)) for name in ("anna", "bernd")},
        taken={name: draw(some_taken(span)) for name in ("anna", "bernd")},
        silent=draw(st.frozensets(st.sampled_from(["anna", "bernd"]), max_size=1)),
    )


@st.composite
def a_member(draw, name: str, first: date) -> StaffMember:
    return a_staff_member(
        name,
        zone=draw(st.sampled_from(ZONES)),
        hours=draw(weekly()),
        breaks=draw(st.just({}) | weekly(BREAKS)),
        overrides=draw(
            st.dictionaries(st.just(first + timedelta(days=1)), openings() | st.just(()))
        ),
        time_off=draw(a_day_off(first)),
    )


@st.composite
def some_spans(draw, span: TimeSpan, size: int) -> list[TimeSpan]:
    second = st.integers(0, int(LENGTH.total_seconds()))
    length = st.integers(1, 7_200)
    found = draw(st.lists(st.tuples(second, length), max_size=size))
    return [
        TimeSpan(span.start + timedelta(seconds=s), span.start + timedelta(seconds=s + n))
        for s, n in found
    ]


@st.composite
def some_entries(draw, span: TimeSpan) -> list[BusyItem]:
    spans = draw(some_spans(span, 5))
    return [BusyItem(each, draw(st.sampled_from(BusyStatus))) for each in spans]


@st.composite
def some_taken(draw, span: TimeSpan) -> list[TimeSpan]:
    free: list[TimeSpan] = []
    for each in draw(some_spans(span, 3)):
        if not any(each.overlaps(other) for other in free):
            free.append(each)
    return free


def judge(case: Case) -> dict[datetime, tuple[str, ...]]:
    """Every minute from every rule, one by one."""
    steps = int(LENGTH.total_seconds()) // 60
    found = {}
    for start in (case.span.start + minutes(n) for n in range(steps)):
        shown = start.astimezone(case.business.zone)
        if minutes(shown.hour * 60 + shown.minute) % case.service.slot_interval:
            continue
        if not lead_and_advance_allow(case, start):
            continue
        serving = tuple(m.id for m in case.business.staff if can_serve(case, m, start))
        if serving:
            found[start] = serving
    return found


def lead_and_advance_allow(case: Case, start: datetime) -> bool:
    ahead = start - case.now
    return case.service.minimum_lead_time <= ahead <= case.service.maximum_advance


def can_serve(case: Case, member: StaffMember, start: datetime) -> bool:
    if member.id in case.silent:
        return False
    served = TimeSpan(start, start + case.service.durations[0])
    kept = served.widened(case.service.pre_buffer, case.service.post_buffer)
    blocking = [i.span for i in case.entries[member.id] if i.status in case.service.blocking]
    if any(each.overlaps(kept) for each in [*blocking, *case.taken[member.id]]):
        return False
    length = int(served.duration.total_seconds()) // 60
    return all(is_at_work(case, member, start + minutes(n)) for n in range(length))


def is_at_work(case: Case, member: StaffMember, moment: datetime) -> bool:
    business, service = case.business, case.service
    if not is_in(business.hours, moment, business.zone):
        return False
    if service.hours is not None and not is_in(service.hours, moment, business.zone):
        return False
    if is_in(member.breaks, moment, member.zone):
        return False
    shifts = dict(member.hours)
    day, own_day = (moment.astimezone(zone).date() for zone in (business.zone, member.zone))
    if own_day in member.overrides:
        shifts[own_day.weekday()] = member.overrides[own_day]
    if not is_in(shifts, moment, member.zone):
        return False
    closed = any(day in each for each in business.closures)
    away = any(own_day in each for each in member.time_off)
    return not (closed or away or is_holiday(business, day))


def is_holiday(business: Business, day: date) -> bool:
    state = public_holidays(business.country, business.subdivision, day.year)
    return business.observe_holidays and day in state


def is_in(week, moment: datetime, zone: ZoneInfo) -> bool:
    day = moment.astimezone(zone).date()
    spans = (wall_span(day, h.opens, h.closes, zone) for h in week.get(day.weekday(), ()))
    return any(span is not None and span.start <= moment < span.end for span in spans)


async def offered(case: Case):
    calendar, clock = FakeCalendar(), FixedClock(case.now)
    store = InMemoryStore(clock)
    for member in case.business.staff:
        calendar.put(member.mailbox, *case.entries[member.id])
        if member.id in case.silent:
            calendar.unknown[member.mailbox] = "timeout"
        for number, span in enumerate(case.taken[member.id]):
            store.put(
                a_booking(
                    id=f"{member.id}{number}",
                    staff_id=member.id,
                    span=span,
                    busy=span,
                    state=BookingState.NOTED,
                )
            )
    desk = Desk(case.business, calendar, store, clock)
    return await desk.offer(Search("advice", None, None, case.span))


@settings(max_examples=60, deadline=None)
@given(a_case())
async def test_a_desk_offers_exactly_what_the_judge_finds(case):
    assert by_start((await offered(case)).slots) == judge(case)


@settings(max_examples=60, deadline=None)
@given(a_case())
async def test_no_slot_offered_overlaps_an_entry_or_a_booking_with_its_buffers(case):
    offer = await offered(case)
    for slot, staff_id in product(offer.slots, ("anna", "bernd")):
        if staff_id in slot.staff_ids:
            kept = slot.span.widened(case.service.pre_buffer, case.service.post_buffer)
            entries = [i.span for i in case.entries[staff_id] if i.status in case.service.blocking]
            assert not any(each.overlaps(kept) for each in [*entries, *case.taken[staff_id]])
