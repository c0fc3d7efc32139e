"""Sorts phrases into alternatives and exclusions, and makes a Wish of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time

from bot.understanding.dates import calendar, windows
from bot.understanding.dates.items import Circumstances, Item
from bot.understanding.dates.polarity import DATED, denied_scopes, not_until
from bot.understanding.dates.words import THIS
from bot.understanding.wish import Clause, DateSpan, Prefer, Source, Window, Wish

NEAR_MINUTES = 30
"""What "gegen" and "ungefähr" allow on both sides."""
_EARLY = Window(time(0), time(9))
_LATE = Window(time(17), time(0))
_TIMES = "CRT"


@dataclass(slots=True)
class _Group:
    """The phrases of one alternative."""

    days: list[Item] = field(default_factory=list)
    times: list[Item] = field(default_factory=list)
    last: str = ""
    """Whether a day or a time came last."""

    @property
    def is_complete(self) -> bool:
        """Whether both are there."""
        return bool(self.days and self.times)


def wish_of(items: Sequence[Item], at: Circumstances) -> Wish:
    """Return the wish; where a phrase means one of several days, with all readings."""
    wish = _wish(items, at)
    asked = next((i for i in items if i.others), None)
    if asked is None:
        return wish
    readings = [wish]
    for other in asked.others:
        meant = replace(asked, days=DateSpan(other, other), others=())
        readings.append(_wish([meant if i is asked else i for i in items], at))
    return replace(wish, readings=tuple(readings))


def _wish(items: Sequence[Item], at: Circumstances) -> Wish:
    items = not_until(items)
    scopes = denied_scopes(items)
    denied = {i for scope in scopes for i in scope}
    groups = _groups(items, denied)
    clauses = [clause for group in groups if (clause := _clause(group, at)) != Clause()]
    excluded = [c for scope in scopes for c in _excluded([items[i] for i in scope], at)]
    excluded += [
        Clause(windows=(_EARLY if i.text == "early" else _LATE,)) for i in items if i.tag == "Z"
    ]
    near = any(i.is_near and n not in denied for n, i in enumerate(items))
    return Wish(
        tuple(dict.fromkeys(_inherited(clauses))),
        tuple(dict.fromkeys(excluded)),
        _preference(items),
        tolerance_minutes=NEAR_MINUTES if near else 0,
        recurrence=_recurrence(items),
    )


def _recurrence(items: Sequence[Item]) -> str:
    if any(i.is_weekly or i.tag == "=" for i in items):
        return "weekly"
    return "span" if any(i.text == "long" for i in items) else ""


def _preference(items: Sequence[Item]) -> Prefer:
    for item in items:
        if item.tag == "J":
            return Prefer.EARLIEST if item.text == "earliest" else Prefer.LATEST
    return Prefer.NONE


# ---------------------------------------------------------------- alternatives


def _groups(items: Sequence[Item], denied: set[int]) -> list[_Group]:
    groups = [_Group()]
    listed = narrows = False
    for place, item in enumerate(items):
        if item.tag in "|/" and (groups[-1].days or groups[-1].times):
            groups.append(_Group())
            listed = False
            continue
        listed = listed or item.tag in "&,"
        narrows = narrows or item.tag == ";"
        if item.tag not in DATED or place in denied:
            continue
        if _begins_another(groups[-1], item, listed=listed):
            groups.append(_Group())
        _put(groups[-1], item, narrows=narrows)
        listed = narrows = False
    return [g for g in groups if g.days or g.times]


def _begins_another(group: _Group, item: Item, *, listed: bool) -> bool:
    """Tell "Montag um 10 und Dienstag um 11" from "Montag und Dienstag um 10"."""
    if not group.is_complete or item.op or item.tag == "Q":
        return False
    if item.tag in _TIMES:
        return listed and group.last == "day"
    return group.last == "time" and listed


def _put(group: _Group, item: Item, *, narrows: bool) -> None:
    if item.tag in _TIMES:
        if item.op and narrows:
            # "nachmittags, aber nicht vor drei" keeps the end of the afternoon
            group.times = [replace(i, is_weak=True) if i.tag == "T" else i for i in group.times]
        group.times.append(item)
        group.last = "time"
        return
    group.days.append(item)
    group.last = "day"


def _clause(group: _Group, at: Circumstances) -> Clause:
    moments = next((i for i in group.days if i.tag == "Q"), None)
    if moments is not None:
        return _between_moments(moments)
    hours = windows.of_group(group.times, at)
    source = Source.DEFAULT if windows.are_parts(group.times) else Source.EXPLICIT
    bound = next((i for i in group.days if i.op), None)
    if bound is not None and len(group.days) == 1 and len(hours) == 1 and hours[0].is_exact:
        return _from_moment(bound, hours[0].start)
    weekdays = frozenset(w for i in group.days for w in i.weekdays)
    return Clause(_dates(group.days, at.today), weekdays, hours, source=source)


def _between_moments(item: Item) -> Clause:
    assert item.days is not None
    assert item.days.last is not None
    return Clause(
        not_before=datetime.combine(item.days.first, windows.as_time(item.minutes)),
        not_after=datetime.combine(item.days.last, windows.as_time(item.until)),
    )


def _from_moment(item: Item, clock: time) -> Clause:
    """Read "ab Montag 14 Uhr" as from that moment, not as a time of each day."""
    assert item.days is not None
    if item.op in "aA":
        return Clause(not_before=datetime.combine(item.days.first, clock))
    return Clause(not_after=datetime.combine(item.days.last or item.days.first, clock))


def _dates(days: Sequence[Item], today: date) -> tuple[DateSpan, ...]:
    spans = list(dict.fromkeys(i.days for i in days if i.days and not i.op))
    spans = [s for s in spans if not any(_is_inside(o, s) for o in spans if o != s)]
    bounds = [_bounded(i) for i in days if i.days and i.op]
    if not bounds:
        return tuple(dict.fromkeys(spans))
    first = max([b.first for b in bounds])
    lasts = [b.last for b in bounds if b.last is not None]
    last = min(lasts, default=None)
    is_until = first == date.min
    first = max(first, today) if is_until else first
    if last is not None and last < first:
        return tuple(dict.fromkeys(spans)) or (DateSpan(last, last),)
    return (DateSpan(first, last, is_until), *dict.fromkeys(spans))


def _is_inside(inner: DateSpan, outer: DateSpan) -> bool:
    if inner.last is None or outer.last is None:
        return False
    return outer.first <= inner.first and inner.last <= outer.last


def _bounded(item: Item) -> DateSpan:
    """Return what "ab", "nach", "bis" or "vor" makes of days."""
    assert item.days is not None
    first, last = item.days.first, item.days.last or item.days.first
    if item.op == "a":
        return DateSpan(first, None)
    if item.op == "A":
        return DateSpan(calendar.shifted(last, 1), None)
    is_whole = item.op == "b" or item.text == "end"
    return DateSpan(date.min, last if is_whole else calendar.shifted(first, -1))


def _inherited(clauses: list[Clause]) -> list[Clause]:
    """Share what is said once: "Di oder Do nachmittags", "Montag um 10 oder 11"."""
    filled: list[Clause] = []
    for index, clause in enumerate(clauses):
        before = filled[-1] if filled else None
        later = [c for c in clauses[index + 1 :] if c.windows]
        if not clause.windows and later and not (before and before.windows):
            clause = replace(clause, windows=later[0].windows, source=later[0].source)
        if before and not clause.names_day:
            clause = replace(clause, dates=before.dates, weekdays=before.weekdays)
        elif not clause.names_day:
            day = next((c for c in clauses[index + 1 :] if c.names_day), None)
            if day is not None:
                clause = replace(clause, dates=day.dates, weekdays=day.weekdays)
        filled.append(clause)
    return filled


# ---------------------------------------------------------------- exclusions


def _excluded(items: Sequence[Item], at: Circumstances) -> list[Clause]:
    """Return a clause for each day denied, with the hours denied together with it."""
    hours = windows.of_group([i for i in items if i.tag in _TIMES], at)
    days = [_day_denied(i, at.today) for i in items if i.tag not in _TIMES]
    if not days:
        return [Clause(windows=hours)] if hours else []
    return [replace(day, windows=hours) for day in days]


def _day_denied(item: Item, today: date) -> Clause:
    """Let "nicht am Freitag" mean every Friday, but "nicht diesen Freitag" that one."""
    if item.tag == "Q":
        return _between_moments(item)
    if item.text == THIS:
        return Clause(_dates([item], today))
    if item.weekday is not None and not item.is_relative and not item.op:
        return Clause(weekdays=frozenset({item.weekday}))
    return Clause(_dates([item], today), item.weekdays)
