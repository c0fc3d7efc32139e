"""The starts that a service class can have at all, numbered from 0: the columns of its bitsets.

Only starts at which somebody works have a number, so the bitsets hold no dead hours. A table over
the greatest common step answers "how many starts lie before this second" without a search, for
grids that a clock change or an odd interval makes irregular as well.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import accumulate, pairwise
from math import gcd
from zoneinfo import ZoneInfo

from scheduling.intervals import merge
from scheduling.slots import SlotShape
from scheduling.timespan import stretches, wall_seconds


class Grid:
    """Starts in epoch seconds, ascending; `end` bounds them, exclusive."""

    def __init__(self, starts: Sequence[int], start: int, end: int) -> None:
        self.starts = tuple(starts)
        self.start, self.end = start, end
        self.numbers = {second: number for number, second in enumerate(self.starts)}
        self.tick = _tick(self.starts)
        first = self.starts[0] if self.starts else start
        # the table begins at the window, in step with the starts
        self.origin = first - -(-(first - start) // self.tick) * self.tick
        self.before = _before(self.starts, self.origin, self.tick, end)
        self.never = end + _FAR
        self.ones = [(1 << count) - 1 for count in range(len(self.starts) + 1)]

    def number_from(self, second: int) -> int:
        """Return the number of the first start at or after a second; the count where none is."""
        return bisect_left(self.starts, second)

    def between(self, start: int, end: int) -> int:
        """Return the bits of the starts in `[start, end)`."""
        return self.ones[self.number_from(end)] ^ self.ones[self.number_from(start)]

    def joined(self, later: "Grid", start: int) -> "Grid":
        """Return the grid from `start` on, followed by a later one."""
        return Grid(self.starts[self.number_from(start) :] + later.starts, start, later.end)


def _tick(starts: Sequence[int]) -> int:
    step = gcd(*{b - a for a, b in pairwise(starts)})
    return step or 60


def _before(starts: Sequence[int], origin: int, tick: int, end: int) -> list[int]:
    """Return, for each tick, how many starts lie before it; up to two ticks beyond the end."""
    begins = bytearray((end - origin) // tick + 2)
    for start in starts:
        begins[(start - origin) // tick] = 1
    return list(accumulate(begins, initial=0))


def grid_of(
    shape: SlotShape, open_spans: Iterable[Iterable[tuple[int, int]]], start: int, end: int
) -> Grid:
    """Return the grid of a shape in `[start, end)`, where anybody's span leaves room for it."""
    duration = shape.duration // timedelta(seconds=1)
    spans = merge(pair for pairs in open_spans for pair in pairs)
    candidates = _all_starts(shape, start, end)
    found: list[int] = []
    for opens, closes in spans:
        first = bisect_left(candidates, opens)
        last = bisect_left(candidates, closes - duration + 1)
        found += candidates[first:last]
    return Grid(found, start, end)


def _all_starts(shape: SlotShape, start: int, end: int) -> list[int]:
    step, offset = (value // timedelta(seconds=1) for value in (shape.interval, shape.offset))
    day = datetime.fromtimestamp(start, shape.zone).date()
    last = datetime.fromtimestamp(end, shape.zone).date()
    found: list[int] = []
    while day <= last:
        for stretch in stretches(day, shape.zone):
            origin = int(stretch.midnight.timestamp()) + offset
            opens = max(start, int(stretch.span.start.timestamp()))
            closes = min(end, int(stretch.span.end.timestamp()))
            found += range(origin - (origin - opens) // step * step, closes, step)
        day += timedelta(days=1)
    return found


@lru_cache(maxsize=256)
def local_days(zone: ZoneInfo, start: int, end: int) -> tuple[int, ...]:
    """Return the midnights around `[start, end)` there: from the Monday at or before its start."""
    day = datetime.fromtimestamp(start, zone).date()
    day -= timedelta(days=day.weekday())
    last = datetime.fromtimestamp(end, zone).date() + timedelta(days=8)
    midnights: list[int] = []
    while day <= last:
        midnights.append(wall_seconds(day, _MIDNIGHT, _MIDNIGHT, zone)[0])
        day += timedelta(days=1)
    return tuple(midnights)


_MIDNIGHT = datetime.min.time()
_FAR = 100 * 366 * 24 * 3600
"""Seconds by which nothing of a window can be exceeded."""
