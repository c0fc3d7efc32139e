"""Half-open spans of aware UTC time, and the one function that turns wall-clock time into UTC."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo


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
    merged: list[TimeSpan] = []
    for span in sorted(spans):
        if merged and span.start <= merged[-1].end:
            if span.end > merged[-1].end:
                merged[-1] = TimeSpan(merged[-1].start, span.end)
        else:
            merged.append(span)
    return merged


def subtract(spans: Iterable[TimeSpan], holes: Iterable[TimeSpan]) -> list[TimeSpan]:
    """Return what is left of the union of `spans` once every hole is cut out."""
    left: list[TimeSpan] = []
    cuts = merge(holes)
    i = 0
    for span in merge(spans):
        start = span.start
        while i < len(cuts) and cuts[i].start < span.end:
            if cuts[i].start > start:
                left.append(TimeSpan(start, cuts[i].start))
            start = max(start, cuts[i].end)
            if cuts[i].end > span.end:
                # it may reach into the next span as well
                break
            i += 1
        if start < span.end:
            left.append(TimeSpan(start, span.end))
    return left


def intersect(ours: Iterable[TimeSpan], theirs: Iterable[TimeSpan]) -> list[TimeSpan]:
    """Return the instants that lie in both unions."""
    a, b = merge(ours), merge(theirs)
    shared: list[TimeSpan] = []
    i = j = 0
    while i < len(a) and j < len(b):
        start, end = max(a[i].start, b[j].start), min(a[i].end, b[j].end)
        if start < end:
            shared.append(TimeSpan(start, end))
        if a[i].end < b[j].end:
            i += 1
        else:
            j += 1
    return shared


def wall_time(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Turn a wall-clock time into UTC; one in the gap moves forward, a repeated one is the first.

    The zone's offset on that day is asked for each time separately: adding hours to midnight would
    be an hour off on the days of a clock change.
    """
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def wall_span(day: date, opens: time, closes: time, zone: ZoneInfo) -> TimeSpan | None:
    """Turn opening hours of one day into a span; `closes == 00:00` means the end of that day.

    Returns None where a clock change leaves nothing of it (02:00-03:00 on the day it is skipped).
    """
    last = day + timedelta(days=1) if closes == time(0) else day
    start, end = wall_time(day, opens, zone), wall_time(last, closes, zone)
    return TimeSpan(start, end) if start < end else None


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
