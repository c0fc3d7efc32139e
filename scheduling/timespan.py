"""Half-open spans of aware UTC time, and the one function that turns wall-clock time into UTC."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from scheduling import intervals

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_DAY = 24 * 3600


@dataclass(frozen=True, slots=True, order=True)
class TimeSpan:
    """`[start, end)`, both aware UTC, start before end."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        for moment in (self.start, self.end):
            # identity first: spans are made by the thousand
            if moment.tzinfo is not UTC and moment.utcoffset() != timedelta(0):
                raise ValueError(f"a time span needs aware UTC times, not {moment!r}")
        if self.start >= self.end:
            raise ValueError(f"a time span needs start < end, not {self.start} - {self.end}")

    @property
    def duration(self) -> timedelta:
        """Elapsed time."""
        return self.end - self.start

    def overlaps(self, other: "TimeSpan") -> bool:
        """Tell whether both share an instant; touching ends do not."""
        return self.start < other.end and other.start < self.end

    def contains(self, other: "TimeSpan") -> bool:
        """Tell whether `other` lies wholly inside."""
        return self.start <= other.start and other.end <= self.end

    def widened(self, before: timedelta, after: timedelta) -> "TimeSpan":
        """Return the span with buffers added on both sides."""
        return TimeSpan(self.start - before, self.end + after)


def merge(spans: Iterable[TimeSpan]) -> list[TimeSpan]:
    """Return the union as sorted, disjoint spans; touching ones become one."""
    return _spans(intervals.merge(_pairs(spans)))


def subtract(spans: Iterable[TimeSpan], holes: Iterable[TimeSpan]) -> list[TimeSpan]:
    """Return what is left of the union of `spans` once every hole is cut out."""
    return _spans(intervals.subtract(_pairs(spans), _pairs(holes)))


def intersect(ours: Iterable[TimeSpan], theirs: Iterable[TimeSpan]) -> list[TimeSpan]:
    """Return the instants that lie in both unions."""
    return _spans(intervals.intersect(_pairs(ours), _pairs(theirs)))


def _pairs(spans: Iterable[TimeSpan]) -> list[tuple[datetime, datetime]]:
    return [(span.start, span.end) for span in spans]


def _spans(pairs: Iterable[tuple[datetime, datetime]]) -> list[TimeSpan]:
    return [TimeSpan(start, end) for start, end in pairs]


def whole_seconds(span: TimeSpan) -> tuple[int, int]:
    """Return epoch seconds, rounded outward: what is kept never covers less than it should."""
    return second_at_or_before(span.start), second_at_or_after(span.end)


def second_at_or_after(moment: datetime) -> int:
    """Return the first whole epoch second that is not before a moment."""
    return -((EPOCH - moment) // _SECOND)


def second_at_or_before(moment: datetime) -> int:
    """Return the last whole epoch second that is not after a moment."""
    return (moment - EPOCH) // _SECOND


def from_seconds(start: int, end: int) -> TimeSpan:
    """Return the span between two epoch seconds."""
    return TimeSpan(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC))


def wall_time(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Turn a wall-clock time into UTC; one in the gap moves forward, a repeated one is the first.

    The zone's offset on that day is asked for each time separately: adding hours to midnight would
    be an hour off on the days of a clock change.
    """
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def wall_seconds(day: date, opens: time, closes: time, zone: ZoneInfo) -> tuple[int, int]:
    """Turn opening hours of one day into epoch seconds; `closes == 00:00` is the end of that day.

    Start and end are equal or the wrong way round where a clock change leaves nothing of them
    (02:00-03:00 on the day it is skipped). Wall times to the whole second.
    """
    midnight = _steady_midnight(day, zone)
    if midnight is not None:
        # no clock change: the day is as long as its clock says
        return midnight + _clock_seconds(opens), midnight + (_clock_seconds(closes) or _DAY)
    last = day + timedelta(days=1) if closes == time(0) else day
    return (
        int(datetime.combine(day, opens, tzinfo=zone).timestamp()),
        int(datetime.combine(last, closes, tzinfo=zone).timestamp()),
    )


def _clock_seconds(at: time) -> int:
    return at.hour * 3600 + at.minute * 60 + at.second


@lru_cache(maxsize=4096)
def _steady_midnight(day: date, zone: ZoneInfo) -> int | None:
    """Return the midnight of a day of 24 hours under one offset; None where a change touches it.

    A change may also fall on midnight itself, which then does not exist.
    """
    first, *others = stretches(day, zone)
    is_steady = first.span == TimeSpan(first.midnight, first.midnight + timedelta(days=1))
    return int(first.midnight.timestamp()) if is_steady and not others else None


def local_day(day: date, zone: ZoneInfo) -> TimeSpan:
    """Return midnight to the next midnight there: 23, 24 or 25 hours."""
    return TimeSpan(
        wall_time(day, time(0), zone), wall_time(day + timedelta(days=1), time(0), zone)
    )


def local_week(moment: datetime, zone: ZoneInfo) -> TimeSpan:
    """Return Monday 00:00 to the next Monday 00:00 there, around a moment."""
    day = moment.astimezone(zone).date()
    monday = day - timedelta(days=day.weekday())
    return TimeSpan(
        wall_time(monday, time(0), zone), wall_time(monday + timedelta(days=7), time(0), zone)
    )


@dataclass(frozen=True, slots=True)
class Stretch:
    """The part of a local day that lies under one UTC offset.

    `midnight` is the instant at which the clock of this stretch shows, or would have shown, 00:00;
    `instant - midnight` therefore is the wall-clock time of every instant in `span`.
    """

    span: TimeSpan
    midnight: datetime


@lru_cache(maxsize=4096)
def stretches(day: date, zone: ZoneInfo) -> tuple[Stretch, ...]:
    """Return the stretches of a local day in order: one, or two on the day of a clock change."""
    whole = local_day(day, zone)
    change = _clock_change(whole, zone)
    parts = (
        (whole,)
        if change is None
        else (TimeSpan(whole.start, change), TimeSpan(change, whole.end))
    )
    midnight = datetime.combine(day, time(0), tzinfo=UTC)
    return tuple(Stretch(part, midnight - _offset(part.start, zone)) for part in parts)


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta(0)


def _clock_change(span: TimeSpan, zone: ZoneInfo) -> datetime | None:
    """Find the second at which the offset changes, by halving; None where it stays."""
    second = timedelta(seconds=1)
    before, after = span.start, span.end - second
    offset = _offset(before, zone)
    if _offset(after, zone) == offset:
        return None
    while after - before > second:
        middle = before + (after - before) // second // 2 * second
        if _offset(middle, zone) == offset:
            before = middle
        else:
            after = middle
    return after
