"""Times as free/busy needs them: plain numbers, so that thousands of them cost little."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from graph.emulator.event import Event
from graph.emulator.recurrence import occurrences

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = 60_000_000
DAY = 24 * 60 * MINUTE
_TICK = timedelta(microseconds=1)
# a question about next week is mostly followed by one about the week after
_WIDER = 70 * DAY


class Row(NamedTuple):
    """A time that is taken or marked; microseconds since 1970, all-day ones at UTC midnights."""

    start: int
    end: int
    status: str
    subject: str
    location: str
    sensitivity: str
    is_all_day: bool


def ticks(moment: datetime) -> int:
    """Return the microseconds since 1970."""
    return (moment - EPOCH) // _TICK


def moment_of(tick: int) -> datetime:
    """Return the moment as aware UTC."""
    return EPOCH + timedelta(microseconds=tick)


class Rows:
    """The rows of one mailbox within a window, as they were when this was made."""

    __slots__ = ("_end", "_rows", "_start")

    def __init__(self, events: Iterable[Event], start: int, end: int) -> None:
        self._start, self._end = start - _WIDER // 10, end + _WIDER
        self._rows = list(rows_between(events, self._start, self._end))

    def between(self, start: int, end: int) -> list[Row] | None:
        """Return the rows that touch [start, end]; None if the window reaches further."""
        if start < self._start or end > self._end:
            return None
        return [r for r in self._rows if r.start <= end and r.end >= start]


def rows_between(events: Iterable[Event], start: int, end: int) -> Iterator[Row]:
    """Yield a row of each event and occurrence that touches [start, end], cancelled ones not."""
    first, last = moment_of(start), moment_of(end)
    for event in events:
        if event.is_cancelled:
            continue
        if event.recurrence is not None:
            yield from map(_row, occurrences(event, first, last))
        elif event.start <= last and event.end >= first:
            yield _row(event)


def _row(event: Event) -> Row:
    facts = event.facts
    return Row(
        ticks(event.start),
        ticks(event.end),
        facts.get("showAs") or "busy",
        facts.get("subject") or "",
        (facts.get("location") or {}).get("displayName") or "",
        facts.get("sensitivity") or "normal",
        event.is_all_day,
    )
