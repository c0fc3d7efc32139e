"""The plain exact sweep: working spans minus what is in the way, cut to the grid.

It is the reference for every faster way of finding slots. Nothing is rounded: spans are compared
as they are, to the second and below.

Rules. A working span bounds the service itself, its buffers may reach beyond it. A candidate is
widened by its own buffers and must then touch no calendar entry; how near it may come to bookings
and holds of the store says occupancy.py. Ends are exclusive: a booking may begin in the second
another ends. A staff member whose cap is reached has no more starts on that local day, or week.

Grid. A start is on the grid when the clock of the business shows the service's offset after a
multiple of its interval since 00:00. On the day of a clock change that holds before and after the
change, so the repeated hour has its starts twice and the skipped one has none; an interval that
does not divide the day begins anew at each midnight.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from scheduling.availability import StartWindow
from scheduling.booking import Cap, staff_resource
from scheduling.catalog import Business, Service, StaffMember
from scheduling.occupancy import Claim, Margins, kept_clear
from scheduling.timespan import TimeSpan, from_seconds, local_day, local_week, merge, stretches

EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SlotShape:
    """All of a service that decides where its slots lie; services of equal shape share them.

    `place_id`: where it takes place, empty for online or not yet chosen; `travel`: seconds from
    there to other places.
    """

    duration: timedelta
    pre_buffer: timedelta
    post_buffer: timedelta
    interval: timedelta
    zone: ZoneInfo
    offset: timedelta = timedelta(0)
    shares_buffers: bool = False
    place_id: str = ""
    travel: Mapping[str, int] = field(default_factory=dict, compare=False, hash=False)

    def at(self, start: datetime) -> TimeSpan:
        """Return the service itself when it begins then."""
        return TimeSpan(start, start + self.duration)

    def busy_at(self, start: datetime) -> TimeSpan:
        """Return what must be free, and is claimed, when it begins then: buffers included."""
        return self.at(start).widened(self.pre_buffer, self.post_buffer)

    @property
    def margins(self) -> Margins:
        """Its buffers in whole seconds."""
        second = timedelta(seconds=1)
        return Margins(
            -(-self.pre_buffer // second), -(-self.post_buffer // second), self.shares_buffers
        )

    def kept_clear(self, claim: Claim) -> tuple[int, int]:
        """Return the epoch seconds that the service itself must not touch because of a claim."""
        return kept_clear(claim, self.margins, self.travel.get(claim.place_id, 0))


def shape_of(
    business: Business, service: Service, duration: timedelta, location_id: str = ""
) -> SlotShape:
    """Return the shape of a service in one of its durations, at one of its locations."""
    place_id = place_of(service, location_id)
    ways = {p.id: business.travel_between(place_id, p.id) for p in business.places}
    return SlotShape(
        duration,
        service.pre_buffer,
        service.post_buffer,
        service.slot_interval,
        business.zone,
        service.slot_offset,
        service.shared_buffers,
        place_id,
        {place: way // timedelta(seconds=1) for place, way in ways.items() if way},
    )


def place_of(service: Service, location_id: str) -> str:
    """Return the id of the place where it is to be, empty where it is online or still open."""
    if not location_id and len(service.locations) == 1:
        location_id = service.locations[0].id
    chosen = (location for location in service.locations if location.id == location_id)
    return next((location.place.id for location in chosen if location.place), "")


def free_starts(
    working: Iterable[TimeSpan],
    in_the_way: Iterable[TimeSpan],
    shape: SlotShape,
    window: StartWindow,
    claims: Iterable[Claim] = (),
) -> list[datetime]:
    """Return every start in the window at which the service fits, in order.

    `in_the_way` are blocking calendar entries, `claims` the bookings and holds of the same person.
    """
    cuts = [TimeSpan(s.start - shape.post_buffer, s.end + shape.pre_buffer) for s in in_the_way]
    cuts += [from_seconds(*shape.kept_clear(claim)) for claim in claims]
    starts: list[datetime] = []
    for opens, closes in _gaps(working, cuts):
        first, last = max(opens, window.first), min(closes - shape.duration, window.last)
        if first <= last:
            starts.extend(_grid(first, last, shape))
    return starts


def within_caps(
    starts: Sequence[datetime], member: StaffMember, claims: Iterable[Claim]
) -> list[datetime]:
    """Leave out the days and weeks, in the member's zone, on which a cap is reached."""
    by_day: dict[date, int] = {}
    by_week: dict[date, int] = {}
    for claim in claims:
        day = datetime.fromtimestamp(claim.start, member.zone).date()
        by_day[day] = by_day.get(day, 0) + 1
        by_week[_monday(day)] = by_week.get(_monday(day), 0) + 1
    left: list[datetime] = []
    for start in starts:
        day = start.astimezone(member.zone).date()
        day_full = _is_reached(member.max_per_day, by_day.get(day, 0))
        if not (day_full or _is_reached(member.max_per_week, by_week.get(_monday(day), 0))):
            left.append(start)
    return left


def caps_at(member: StaffMember, start: datetime) -> tuple[Cap, ...]:
    """Return the caps that a booking of the member beginning then would count against."""
    spans = (
        (local_day(start.astimezone(member.zone).date(), member.zone), member.max_per_day),
        (local_week(start, member.zone), member.max_per_week),
    )
    resource = staff_resource(member.id)
    return tuple(Cap(resource, span, most) for span, most in spans if most is not None)


def _is_reached(cap: int | None, count: int) -> bool:
    return cap is not None and count >= cap


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _gaps(
    working: Iterable[TimeSpan], cuts: Iterable[TimeSpan]
) -> Iterator[tuple[datetime, datetime]]:
    """Walk once over both, sorted; `free_from` is the greatest end of what was passed so far."""
    ordered = sorted((cut.start, cut.end) for cut in cuts)
    passed = 0
    free_from = EVER
    for span in merge(working):
        free_from = max(free_from, span.start)
        while passed < len(ordered) and ordered[passed][0] < span.end:
            begins, ends = ordered[passed]
            if begins > free_from:
                yield free_from, begins
            free_from = max(free_from, ends)
            passed += 1
        if free_from < span.end:
            yield free_from, span.end


def _grid(first: datetime, last: datetime, shape: SlotShape) -> Iterator[datetime]:
    day, last_day = (moment.astimezone(shape.zone).date() for moment in (first, last))
    while day <= last_day:
        for stretch in stretches(day, shape.zone):
            origin = stretch.midnight + shape.offset
            earliest = max(first, stretch.span.start)
            # rounded up: floor division of the negated difference
            start = origin - (origin - earliest) // shape.interval * shape.interval
            while start <= last and start < stretch.span.end:
                yield start
                start += shape.interval
        day += timedelta(days=1)
