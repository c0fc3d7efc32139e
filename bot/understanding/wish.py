"""When a customer would like to come: constraints in wall-clock time, never instants.

Merging turns and searching slots work on these; turning them into UTC is scheduling's task.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class DateSpan:
    """Whole days, both inclusive; `last` None = open."""

    first: date
    last: date | None


@dataclass(frozen=True, slots=True)
class Window:
    """Wall-clock hours `[start, end)`; `end` None = open, `end == start` = at that time."""

    start: time
    end: time | None

    @property
    def is_exact(self) -> bool:
        """Whether one clock time was said."""
        return self.end == self.start


class Prefer(StrEnum):
    """Order among what fits."""

    NONE = "none"
    EARLIEST = "earliest"
    LATEST = "latest"


@dataclass(frozen=True, slots=True)
class Clause:
    """One alternative: a start fits when it fits every dimension that is set (empty = any)."""

    dates: tuple[DateSpan, ...] = ()
    weekdays: frozenset[int] = frozenset()
    windows: tuple[Window, ...] = ()
    not_before: datetime | None = None
    """Local, naive on purpose: wall clock of the business."""
    not_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """`alternatives` is an OR; nothing in `exclude` is ever offered."""

    alternatives: tuple[Clause, ...] = ()
    exclude: tuple[Clause, ...] = ()
    prefer: Prefer = Prefer.NONE
    readings: tuple["Wish", ...] = field(default=())
    """More than one = ask back with absolute dates."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was said about time."""
        return not (self.alternatives or self.exclude or self.prefer is not Prefer.NONE)
