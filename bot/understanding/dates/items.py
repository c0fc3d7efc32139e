"""What the grammar has made of some tokens, and the place where both are kept while reading."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import NamedTuple, TypeVar

from bot.understanding.dates.tokens import Token
from bot.understanding.wish import DateSpan

Kind = TypeVar("Kind")


class Opening(NamedTuple):
    """Hours in which somebody can come, in minutes of the day; they decide 3 or 15 o'clock."""

    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a reading depends on besides its words."""

    now: datetime
    """Local wall clock."""
    language: str = "de"
    month_first: bool = False
    """Whether 3/12 is the 12th of March."""
    opening: Opening | None = None
    state: str = ""
    """Federal state, for public holidays without a name."""
    excludes_absences: bool = True
    """Whether days of absence ("I'm out from Monday to Friday") are ruled out or only read."""
    anchor: datetime | None = None
    """Local moment that "an hour later" and "the same day" go by: held, offered or wished."""

    @property
    def today(self) -> date:
        """Return the day of speaking."""
        return self.now.date()


@dataclass(frozen=True, slots=True)
class Item:
    """A phrase that was read.

    Tags: D day, P period, W weekly days, Q from moment to moment, C clock, R clock range, T part
    of day, d length, = series, N bare number, M bare "10.10", J preference; else that of its
    token.
    """

    tag: str
    start: int
    """First token, and the one after the last."""
    end: int
    days: DateSpan | None = None
    weekdays: frozenset[int] = frozenset()
    weekday: int | None = None
    """Set where only the name of the day was said."""
    day_only: int | None = None
    """Set where month and year were left out."""
    has_year: bool = True
    is_relative: bool = False
    minutes: int = 0
    is_open: bool = False
    """Whether both halves of the day are possible."""
    until: int = 0
    """End of a clock range in minutes."""
    until_open: bool = False
    part: str = ""
    number: float = 0
    unit: str = ""
    op: str = ""
    """a from, A after, b until, B before."""
    text: str = ""
    others: tuple[date, ...] = ()
    """Other days that may be meant: ask."""
    is_near: bool = False
    is_weekly: bool = False
    has_half: bool = False
    """Whether am or pm was said."""
    is_weak: bool = False


@dataclass(slots=True)
class Reader:
    """The tokens of one message and their tags as a string for patterns."""

    tokens: Sequence[Token]
    at: Circumstances
    tags: str = field(init=False)

    def __post_init__(self) -> None:
        self.tags = "".join(t.tag for t in self.tokens)

    def token(self, found: re.Match[str], group: str) -> Token:
        """Return the token a group of a pattern matched."""
        return self.tokens[found.start(group)]

    def has(self, found: re.Match[str], group: str) -> bool:
        """Tell whether an optional group matched a token."""
        return group in found.re.groupindex and found.end(group) > found.start(group) >= 0

    def value(self, found: re.Match[str], group: str, kind: type[Kind]) -> Kind:
        """Return the value of the token a group matched."""
        value = self.token(found, group).value
        if not isinstance(value, kind):
            raise TypeError(f"{group} is no {kind.__name__}: {value!r}")
        return value

    def integer(self, found: re.Match[str], group: str) -> int:
        """Return a whole number, -1 where it is none."""
        value = self.token(found, group).value
        return value if isinstance(value, int) else -1

    def text(self, found: re.Match[str], group: str) -> str:
        """Return the folded word a group matched, "" where it did not."""
        return self.token(found, group).text if self.has(found, group) else ""


Build = Callable[[Reader, re.Match[str]], "list[Item] | None"]


class Rule(NamedTuple):
    """A pattern over tags and what to make of its tokens; `build` gives None to refuse."""

    first: str
    """Tags it can begin with."""
    pattern: str
    build: Build


def rule(first: str, pattern: str, build: Build) -> Rule:
    """Make a rule of a table."""
    return Rule(first, pattern, build)


def day_item(found: re.Match[str], day: date | None, **more: object) -> list[Item] | None:
    """Return one day, or None where there is no such day."""
    if day is None:
        return None
    return [_with(Item("D", found.start(), found.end(), days=DateSpan(day, day)), more)]


def span_item(found: re.Match[str], span: DateSpan | None, **more: object) -> list[Item] | None:
    """Return a period, or None where there is none or it would end before it begins."""
    if span is None or (span.last is not None and span.last < span.first):
        return None
    return [_with(Item("P", found.start(), found.end(), days=span), more)]


def _with(item: Item, more: dict[str, object]) -> Item:
    return replace(item, **more)  # type: ignore[arg-type]
