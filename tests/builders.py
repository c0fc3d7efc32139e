"""Values with defaults that read well: name only what the test is about."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from scheduling.booking import (
    Assignment,
    Booking,
    BookingState,
    Customer,
    Details,
    HoldRequest,
)
from scheduling.catalog import (
    Business,
    BusyStatus,
    LocalText,
    Location,
    LocationKind,
    OpenHours,
    Service,
    StaffMember,
    WeeklyHours,
)
from scheduling.index.standing import Standing, busy_of
from scheduling.occupancy import Claim
from scheduling.ports import BusyItem
from scheduling.timespan import TimeSpan

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")

MONDAY = date(2026, 11, 9)
"""An ordinary Monday without holidays around."""
NOW = datetime(2026, 11, 9, 6, 0, tzinfo=UTC)
"""07:00 of that Monday in Berlin, two hours before the doors open."""


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def clock_time(text: str) -> time:
    """`9` or `9:30` -> time."""
    hour, _, minute = text.partition(":")
    return time(int(hour), int(minute or 0))


def hours(*openings: str) -> tuple[OpenHours, ...]:
    """`9-12`, `13:30-17`, `18-0` (0 closes at midnight)."""
    pairs = (opening.split("-") for opening in openings)
    return tuple(OpenHours(clock_time(opens), clock_time(closes)) for opens, closes in pairs)


def daily(*openings: str) -> WeeklyHours:
    """The same openings on all seven days."""
    return dict.fromkeys(range(7), hours(*openings))


def weekdays(*openings: str) -> WeeklyHours:
    """The same openings from Monday to Friday."""
    return dict.fromkeys(range(5), hours(*openings))


def at(clock: str, day: date = MONDAY, zone: ZoneInfo = BERLIN) -> datetime:
    """A wall-clock time there as UTC."""
    return datetime.combine(day, clock_time(clock), tzinfo=zone).astimezone(UTC)


def span(clocks: str, day: date = MONDAY, zone: ZoneInfo = BERLIN) -> TimeSpan:
    """`9-10:30` of a day there as a span; `-0` ends at midnight."""
    start, end = clocks.split("-")
    last = day + timedelta(days=1) if clock_time(end) == time(0) else day
    return TimeSpan(at(start, day, zone), at(end, last, zone))


def utc(text: str) -> datetime:
    """`2026-03-28 23:00` read as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def busy(clocks: str, status: BusyStatus = BusyStatus.BUSY, day: date = MONDAY) -> BusyItem:
    return BusyItem(span(clocks, day), status)


def standing_of(items: Iterable[BusyItem], claims: Iterable[Claim] = ()) -> Standing:
    """Return the standing of somebody whose calendar has just been read."""
    return Standing(busy_of(items), tuple(sorted(claims)))


def a_text(words: str) -> LocalText:
    return LocalText(de=words, en=words)


def a_service(**changes: Any) -> Service:
    """30 minutes with anna or bernd, every half hour, from two hours to sixty days ahead."""
    service = Service(
        id="advice",
        name=LocalText(de="Beratung", en="Advice"),
        description=LocalText(de="Ein Gespräch", en="A talk"),
        durations=(minutes(30),),
        locations=(Location(LocationKind.TEAMS),),
        staff_ids=("anna", "bernd"),
    )
    return replace(service, **changes)


def a_staff_member(staff_id: str = "anna", **changes: Any) -> StaffMember:
    """Works 9 to 17 from Monday to Friday in Berlin."""
    member = StaffMember(
        id=staff_id,
        name=staff_id.title(),
        mailbox=f"{staff_id}@example.test",
        zone=BERLIN,
        hours=weekdays("9-17"),
    )
    return replace(member, **changes)


def a_business(**changes: Any) -> Business:
    """Open all around the clock in Berlin, no holidays: the staff's hours decide."""
    business = Business(
        id="practice",
        name=LocalText(de="Praxis", en="Practice"),
        zone=BERLIN,
        hours=daily("0-0"),
        services=(a_service(),),
        staff=(a_staff_member("anna"), a_staff_member("bernd")),
        observe_holidays=False,
    )
    return replace(business, **changes)


def some_details(**changes: Any) -> Details:
    details = Details(Customer("Eva Muster", "eva@example.test"), location_id="teams")
    return replace(details, **changes)


def a_hold_request(clocks: str = "10-10:30", **changes: Any) -> HoldRequest:
    """anna's time for the conversation `eva`, for five minutes from NOW."""
    request = HoldRequest(
        service_id="advice",
        assignment=Assignment("anna", "named"),
        span=span(clocks),
        busy=span(clocks),
        owner="eva",
        until=NOW + minutes(5),
    )
    return replace(request, **changes)


def a_booking(clocks: str = "10-10:30", **changes: Any) -> Booking:
    """A booked time of anna's."""
    booking = Booking(
        id="b" * 32,
        number="B-7K4Q-2MXR",
        state=BookingState.BOOKED,
        service_id="advice",
        staff_id="anna",
        reason="named",
        span=span(clocks),
        busy=span(clocks),
        owner="eva",
        created_at=NOW,
        details=some_details(),
        event_id="event-1",
    )
    return replace(booking, **changes)


def by_start(slots: Any) -> Mapping[datetime, tuple[str, ...]]:
    """Slots as start -> staff ids."""
    return {slot.span.start: slot.staff_ids for slot in slots}


def wall_span(day: date, opens: time, closes: time, zone: ZoneInfo) -> TimeSpan | None:
    """Opening hours of one day as a span, each wall time turned to UTC by itself."""
    last = day + timedelta(days=1) if closes == time(0) else day
    start = datetime.combine(day, opens, tzinfo=zone).astimezone(UTC)
    end = datetime.combine(last, closes, tzinfo=zone).astimezone(UTC)
    return TimeSpan(start, end) if start < end else None
