"""Wishes against starts, in the wall clock of the business: fitting, merging, loosening. Pure."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from bot.understanding.wish import Clause, DateSpan, Prefer, Window, Wish


def fits(wish: Wish, start: datetime) -> bool:
    """Tell whether a local start is wished: any alternative (or none said), and no exclusion."""
    if is_excluded(wish, start):
        return False
    return not wish.alternatives or any(_in_clause(c, start) for c in wish.alternatives)


def is_excluded(wish: Wish, start: datetime) -> bool:
    """Tell whether the customer ruled this local start out."""
    return any(_in_clause(clause, start) for clause in wish.exclude)


def _in_clause(clause: Clause, start: datetime) -> bool:
    return (
        (not clause.dates or any(_in_span(d, start.date()) for d in clause.dates))
        and (not clause.weekdays or start.weekday() in clause.weekdays)
        and (not clause.windows or any(_in_window(w, start.time()) for w in clause.windows))
        and (clause.not_before is None or start >= clause.not_before)
        and (clause.not_after is None or start <= clause.not_after)
    )


def _in_span(span: DateSpan, day: date) -> bool:
    return span.first <= day and (span.last is None or day <= span.last)


def _in_window(window: Window, at: time) -> bool:
    if window.is_exact:
        return at == window.start
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
    return Wish(alternatives, exclude, old.prefer if new.prefer is Prefer.NONE else new.prefer)


def _completed(clause: Clause, old: Wish) -> Clause:
    if len(old.alternatives) != 1:
        return clause
    before = old.alternatives[0]
    names_day = bool(clause.dates or clause.weekdays)
    if names_day and not clause.windows:
        return replace(clause, windows=before.windows)
    if clause.windows and not names_day:
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


def without_clock(wish: Wish) -> Wish:
    """Keep the days, drop clock times: "another time" must not mean the same one again."""
    clauses = tuple(
        replace(c, windows=tuple(w for w in c.windows if not w.is_exact))
        for c in wish.alternatives
    )
    return replace(wish, alternatives=tuple(c for c in clauses if c != Clause()))


def without_days(wish: Wish) -> Wish:
    """Drop the dates, keep weekdays, hours and exclusions: for paging beyond the days wished."""
    clauses = tuple(replace(c, dates=()) for c in wish.alternatives)
    if any(c == Clause() for c in clauses):
        clauses = ()
    return replace(wish, alternatives=clauses)


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
    return min((d.first for d in clause.dates), default=today)
