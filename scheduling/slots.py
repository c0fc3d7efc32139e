"""The plain exact sweep: working spans minus what is in the way, cut to the grid.

It is the reference for every faster way of finding slots. Nothing is rounded: spans are compared
as they are, to the second and below.

Rules. A working span bounds the service itself, its buffers may reach beyond it. A candidate is
widened by its own buffers and must then touch nothing that is in the way: calendar entries as they
stand, bookings and holds of the store with the buffers *they* were made with. Where two bookings
meet, both buffers count. Ends are exclusive: a booking may begin in the second another ends.

Grid. A start is on the grid when the clock of the business shows a multiple of the interval since
00:00. On the day of a clock change that holds before and after the change, so the repeated hour
has its starts twice and the skipped one has none; an interval that does not divide the day begins
anew at each midnight.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from scheduling.availability import StartWindow
from scheduling.catalog import Service
from scheduling.timespan import TimeSpan, merge, stretches

EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SlotShape:
    """All of a service that decides where its slots lie; services of equal shape share them."""

    duration: timedelta
    pre_buffer: timedelta
    post_buffer: timedelta
    interval: timedelta
    zone: ZoneInfo

    def at(self, start: datetime) -> TimeSpan:
        """Return the service itself when it begins then."""
        return TimeSpan(start, start + self.duration)

    def busy_at(self, start: datetime) -> TimeSpan:
        """Return what must be free, and is claimed, when it begins then: buffers included."""
        return self.at(start).widened(self.pre_buffer, self.post_buffer)


def shape_of(service: Service, duration: timedelta, zone: ZoneInfo) -> SlotShape:
    """Return the shape of a service in one of its durations; `zone` is that of the business."""
    return SlotShape(
        duration, service.pre_buffer, service.post_buffer, service.slot_interval, zone
    )


def free_starts(
    working: Iterable[TimeSpan],
    in_the_way: Iterable[TimeSpan],
    shape: SlotShape,
    window: StartWindow,
) -> list[datetime]:
    """Return every start in the window at which the service fits, in order."""
    starts: list[datetime] = []
    for opens, closes in _gaps(working, in_the_way, shape):
        first, last = max(opens, window.first), min(closes - shape.duration, window.last)
        if first <= last:
            starts.extend(_grid(first, last, shape))
    return starts


def _gaps(
    working: Iterable[TimeSpan], in_the_way: Iterable[TimeSpan], shape: SlotShape
) -> Iterator[tuple[datetime, datetime]]:
    """Walk once over both, sorted; `free_from` is the greatest end of what was passed so far."""
    cuts = sorted((s.start - shape.post_buffer, s.end + shape.pre_buffer) for s in in_the_way)
    passed = 0
    free_from = EVER
    for span in merge(working):
        free_from = max(free_from, span.start)
        while passed < len(cuts) and cuts[passed][0] < span.end:
            begins, ends = cuts[passed]
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
            earliest = max(first, stretch.span.start)
            # rounded up: floor division of the negated difference
            start = (
                stretch.midnight - (stretch.midnight - earliest) // shape.interval * shape.interval
            )
            while start <= last and start < stretch.span.end:
                yield start
                start += shape.interval
        day += timedelta(days=1)
