"""A wish as the one span that labelled rows of dates are compared with. For measuring only."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from bot.understanding.wish import Clause, Prefer, Window, Wish

ONE_DAY = timedelta(days=1)


def prediction(wish: Wish, today: date) -> Mapping[str, object] | None:
    """Return `{start, end, has_time, open, preference}` of the first alternative, None if empty.

    Start and end are local ISO moments or None; `open` is "start", "end" or None.
    """
    wish = wish.readings[0] if wish.readings else wish
    if not wish.alternatives:
        if wish.prefer is Prefer.NONE:
            return None
        return _row(datetime.combine(today, time(0)), None, wish, open_side=None, has_time=False)
    clause = wish.alternatives[0]
    if clause.not_before or clause.not_after:
        side = None if clause.not_before and clause.not_after else (
            "end" if clause.not_before else "start")  # fmt: skip
        return _row(clause.not_before, clause.not_after, wish, open_side=side, has_time=True)
    if clause.windows:
        return _by_clock(clause, clause.windows[0], wish, today)
    return _by_days(clause, wish, today)


def _row(
    start: datetime | None,
    end: datetime | None,
    wish: Wish,
    *,
    open_side: str | None,
    has_time: bool,
) -> Mapping[str, object]:
    return {
        "start": start.isoformat() if start else None,
        "end": end.isoformat() if end else None,
        "has_time": has_time,
        "open": open_side,
        "preference": None if wish.prefer is Prefer.NONE else str(wish.prefer),
    }


def _by_days(clause: Clause, wish: Wish, today: date) -> Mapping[str, object]:
    span = clause.dates[0] if clause.dates else None
    if span is None:
        if not clause.weekdays:
            return _row(datetime.combine(today, time(0)), None, wish, open_side="end",
                        has_time=False)  # fmt: skip
        day = next(d for d in (today + ONE_DAY * n for n in range(8))
                   if d.weekday() in clause.weekdays)  # fmt: skip
        return _row(datetime.combine(day, time(0)), None, wish, open_side=None, has_time=False)
    if span.is_until and span.last is not None:
        end = datetime.combine(span.last + ONE_DAY, time(0))
        return _row(None, end, wish, open_side="start", has_time=False)
    start = datetime.combine(span.first, time(0))
    if span.last is None:
        return _row(start, None, wish, open_side="end", has_time=False)
    end = datetime.combine(span.last, time(0)) + ONE_DAY
    return _row(start, end, wish, open_side=None, has_time=False)


def _by_clock(clause: Clause, window: Window, wish: Wish, today: date) -> Mapping[str, object]:
    first, last = today, today
    if clause.dates:
        first = max(clause.dates[0].first, date(1, 1, 2))
        last = clause.dates[0].last or first
    start = datetime.combine(first, window.start)
    if window.is_exact:
        return _row(start, None, wish, open_side=None, has_time=True)
    if window.end is None:
        return _row(start, None, wish, open_side="end", has_time=True)
    end = datetime.combine(last, window.end)
    if window.start == time(0):
        return _row(None, end, wish, open_side="start", has_time=True)
    if end <= start:
        end += ONE_DAY
    return _row(start, end, wish, open_side=None, has_time=True)
