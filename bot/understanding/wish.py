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
    is_until: bool = field(default=False, compare=False)
    """Only the end was said ("bis Freitag"); `first` is then the day of speaking."""


@dataclass(frozen=True, slots=True)
class Window:
    """Wall-clock hours `[start, end)`; `end` None = open, `end == start` = at that time.

    An `end` of 00:00 is midnight: the end of the day.
    """

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


class Source(StrEnum):
    """Where the hours of a clause come from: said by the clock, or those of a part of day."""

    EXPLICIT = "explicit"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Clause:
    """One alternative: a start fits when it fits every dimension that is set (empty = any)."""

    dates: tuple[DateSpan, ...] = ()
    weekdays: frozenset[int] = frozenset()
    windows: tuple[Window, ...] = ()
    not_before: datetime | None = None
    """Local, naive on purpose: wall clock of the business."""
    not_after: datetime | None = None
    source: Source = field(default=Source.EXPLICIT, compare=False)

    @property
    def names_day(self) -> bool:
        """Whether it says anything about the day."""
        return bool(self.dates or self.weekdays or self.not_before or self.not_after)


@dataclass(frozen=True, slots=True)
class Span:
    """Where in the message something was read: `[start, end)` in characters, and as what."""

    start: int
    end: int
    what: str
    """day, clock, part_of_day, exclusion or preference."""


@dataclass(frozen=True, slots=True)
class Wish:
    """`alternatives` is an OR; nothing in `exclude` is ever offered."""

    alternatives: tuple[Clause, ...] = ()
    exclude: tuple[Clause, ...] = ()
    prefer: Prefer = Prefer.NONE
    readings: tuple["Wish", ...] = field(default=())
    """More than one = ask back with absolute dates."""
    near: datetime | None = None
    """Local; what is nearest to it comes first. The day counts only where no day is wished."""
    tolerance_minutes: int = 0
    """How far from a clock time still fits: "gegen", "ungefähr"."""
    recurrence: str = ""
    """`weekly` where a series was asked for ("jeden Dienstag"), `span` where several days on end
    were ("for three days from Monday"): only one date is booked at a time."""
    spans: tuple[Span, ...] = field(default=(), compare=False)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was said about time."""
        return not (self.alternatives or self.exclude or self.prefer is not Prefer.NONE
                    or self.recurrence)  # fmt: skip
