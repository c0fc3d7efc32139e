"""Wishes against starts, in the wall clock of the business: fitting, merging, loosening. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from bot.understanding.wish import Clause, DateSpan, Prefer, Window, Wish


def fits(wish: Wish, start: datetime) -> bool:
    """Tell whether a local start is wished: any alternative (or none said), and no exclusion."""
    if is_excluded(wish, start):
        return False
    about = timedelta(minutes=wish.tolerance_minutes)
    return not wish.alternatives or any(_in_clause(c, start, about) for c in wish.alternatives)


def is_excluded(wish: Wish, start: datetime) -> bool:
    """Tell whether the customer ruled this local start out."""
    return any(_in_clause(clause, start) for clause in wish.exclude)


def _in_clause(clause: Clause, start: datetime, about: timedelta = timedelta()) -> bool:
    return (
        (not clause.dates or any(_in_span(d, start.date()) for d in clause.dates))
        and (not clause.weekdays or start.weekday() in clause.weekdays)
        and (not clause.windows or any(_in_window(w, start, about) for w in clause.windows))
        and (clause.not_before is None or start >= clause.not_before)
        and (clause.not_after is None or start <= clause.not_after)
    )


def _in_span(span: DateSpan, day: date) -> bool:
    return span.first <= day and (span.last is None or day <= span.last)


def _in_window(window: Window, start: datetime, about: timedelta) -> bool:
    at = start.time()
    if window.is_exact:
        return abs(start - datetime.combine(start.date(), window.start)) <= about
    # midnight as an end is the end of the day
    return window.start <= at and (window.end in {None, time(0)} or at < window.end)


def is_exact(wish: Wish) -> bool:
    """Tell whether every alternative names a clock time."""
    return bool(wish.alternatives) and all(
        clause.windows and all(w.is_exact for w in clause.windows) for clause in wish.alternatives
    )


def merge(old: Wish, new: Wish, *, adds: bool) -> Wish:
    """Let a new turn replace only the dimension it names; "oder" adds, exclusions add up."""
    if new.is_empty:
        return old
    alternatives = old.alternatives
    if new.alternatives:
        alternatives = (
            (*old.alternatives, *new.alternatives)
            if adds
            else tuple(_completed(clause, old) for clause in new.alternatives)
        )
    kept = tuple(e for e in old.exclude if not _revoked(e, new))
    exclude = (*kept, *(e for e in new.exclude if e not in kept))
    # an exclusion wins over everything, also over what the same customer wished before
    return Wish(
        alternatives if new.alternatives else _possible(alternatives, new.exclude),
        exclude,
        old.prefer if new.prefer is Prefer.NONE else new.prefer,
        tolerance_minutes=new.tolerance_minutes if _names_hours(new) else old.tolerance_minutes,
        recurrence=new.recurrence or ("" if _names_days(new) else old.recurrence),
    )


def _possible(
    alternatives: tuple[Clause, ...], excluded: tuple[Clause, ...]
) -> tuple[Clause, ...]:
    """Take back what is ruled out of a wish as a whole; of the last day, the hours stay wished."""
    days = [e for e in excluded if not (e.windows or e.not_before or e.not_after)]
    left = tuple(c for c in alternatives if not _is_one_of(c, days))
    if left:
        return left
    kept = (replace(c, dates=()) for c in alternatives)
    return tuple(c for c in kept if c != Clause())


def _is_one_of(clause: Clause, days: Sequence[Clause]) -> bool:
    single = [span.first for span in clause.dates if span.first == span.last]
    noons = [datetime.combine(day, time(12)) for day in single]
    return (
        bool(noons)
        and len(noons) == len(clause.dates)
        and all(any(_in_clause(day, noon) for day in days) for noon in noons)
    )


def _names_days(wish: Wish) -> bool:
    return any(clause.names_day for clause in wish.alternatives)


def _names_hours(wish: Wish) -> bool:
    return any(clause.windows for clause in wish.alternatives)


def _completed(clause: Clause, old: Wish) -> Clause:
    if len(old.alternatives) != 1:
        return clause
    before = old.alternatives[0]
    if clause.names_day and not clause.windows:
        return replace(clause, windows=before.windows, source=before.source)
    if clause.windows and not clause.names_day:
        return replace(clause, dates=before.dates, weekdays=before.weekdays)
    return clause


def _revoked(excluded: Clause, new: Wish) -> bool:
    """Tell whether the customer now wishes the very days excluded before."""
    days = {w for clause in new.alternatives for w in clause.weekdays} | {
        span.first.weekday()
        for clause in new.alternatives
        for span in clause.dates
        if span.first == span.last
    }
    spans = {span for clause in new.alternatives for span in clause.dates}
    return bool(excluded.weekdays & days) or bool(spans & set(excluded.dates))


def on_day(day: date, clock: Window) -> Clause:
    """Return a clause of one day and one clock time."""
    return Clause(dates=(DateSpan(day, day),), windows=(clock,))


def same_day(wish: Wish, day: date) -> Wish:
    """Return the wish with that day where only clock times were said."""
    if not is_exact(wish) or wish.recurrence or any(c.names_day for c in wish.alternatives):
        return wish
    only = (DateSpan(day, day),)
    return replace(wish, alternatives=tuple(replace(c, dates=only) for c in wish.alternatives))


def without_clock(wish: Wish) -> Wish:
    """Keep the days, drop clock times: "another time" must not mean the same one again."""
    clauses = tuple(
        replace(c, windows=tuple(w for w in c.windows if not w.is_exact))
        for c in wish.alternatives
    )
    return replace(wish, alternatives=tuple(c for c in clauses if c != Clause()))


def without_days(wish: Wish) -> Wish:
    """Drop the dates, keep weekdays, hours and exclusions: for paging beyond the days wished."""
    clauses = tuple(
        replace(c, dates=(), not_before=None, not_after=None) for c in wish.alternatives
    )
    if any(c == Clause() for c in clauses):
        clauses = ()
    return replace(wish, alternatives=clauses)


def without_hours(wish: Wish) -> Wish:
    """Drop the hours, keep days and exclusions: for other times of the same days."""
    clauses = tuple(replace(c, windows=()) for c in wish.alternatives)
    return replace(wish, alternatives=() if any(c == Clause() for c in clauses) else clauses)


def given_up(wish: Wish, starts: Sequence[datetime]) -> str:
    """Return what none of the local starts keeps of a wish: day, hours or both; "" if neither."""
    if any(fits(wish, start) for start in starts) or not wish.alternatives:
        return ""
    if any(fits(without_hours(wish), start) for start in starts):
        return "hours"
    hours = any(clause.windows for clause in wish.alternatives)
    return "day" if hours and any(fits(without_days(wish), s) for s in starts) else "both"


def reading_meant(readings: Sequence[Wish], said: Wish, choice: int | None) -> Wish | None:
    """Return the reading an answer picks: by its place, or by what it says; else None."""
    if choice is not None:
        place = choice - 1 if choice > 0 else len(readings) + choice
        return readings[place] if 0 <= place < len(readings) else None
    days = {span.first for clause in said.alternatives for span in clause.dates}
    weekdays = {day.weekday() for day in days} | {
        w for clause in said.alternatives for w in clause.weekdays
    }
    firsts = [_first_days(reading) for reading in readings]
    same = [r for r, first in zip(readings, firsts, strict=True) if first & days]
    alike = [
        r
        for r, first in zip(readings, firsts, strict=True)
        if {d.weekday() for d in first} & weekdays
    ]
    found = same or alike
    return found[0] if len(found) == 1 else None


def _first_days(wish: Wish) -> set[date]:
    return {span.first for clause in wish.alternatives for span in clause.dates}


def only_exclusions(wish: Wish) -> Wish:
    """Keep what is never offered; for the nearest times when nothing fits."""
    return Wish(exclude=wish.exclude)


def first_day(wish: Wish, today: date) -> date:
    """Return the first day that can fit."""
    firsts = [_first(c, today) for c in wish.alternatives]
    return max(today, min(firsts, default=today))


def last_day(wish: Wish) -> date | None:
    """Return the last day that can fit, None where the wish is open to the end."""
    lasts: list[date] = []
    for clause in wish.alternatives:
        ends = [d.last for d in clause.dates]
        if clause.not_after is not None:
            ends = [clause.not_after.date()]
        if not ends or None in ends:
            return None
        lasts += [e for e in ends if e is not None]
    return max(lasts, default=None)


def target(wish: Wish, today: date) -> datetime:
    """Return the local moment that comes closest to the wish, for "nearest times"."""
    starts = sorted({w.start for c in wish.alternatives for w in c.windows if w.start != time(0)})
    day = first_day(wish, today)
    weekdays = {w for c in wish.alternatives for w in c.weekdays}
    while weekdays and day.weekday() not in weekdays:
        day += timedelta(days=1)
    return datetime.combine(day, starts[0] if starts else time(12))


def _first(clause: Clause, today: date) -> date:
    if clause.not_before is not None:
        return clause.not_before.date()
    return min((d.first for d in clause.dates), default=today)
