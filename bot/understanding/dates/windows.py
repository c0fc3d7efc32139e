"""Hours of phrases as windows; the half of the day left open is decided here.

A part of day said with it decides first, then the opening hours, never the middle of the night.
"""

from collections.abc import Sequence
from datetime import time

from bot.understanding.dates.items import Circumstances, Item, Opening
from bot.understanding.dates.words import NOONS, PARTS
from bot.understanding.wish import Window

NOON = 720
DAY = 1440
_NIGHT_ENDS = 420
_EVENING_HOUR = 7 * 60
_MORNINGS = frozenset(["early_morning", "morning", "late_morning", "forenoon", "before_work"])


def as_time(minutes: int) -> time:
    """Return the time of day of so many minutes after midnight; 24:00 is midnight."""
    hour, minute = divmod(minutes % DAY, 60)
    return time(hour, minute)


def are_parts(times: Sequence[Item]) -> bool:
    """Tell whether the hours come from a part of day alone."""
    return bool(times) and all(i.tag == "T" for i in times)


def of_group(times: Sequence[Item], at: Circumstances) -> tuple[Window, ...]:
    """Return the hours of one alternative: exact times, else bounds, else parts of day."""
    parts = [i for i in times if i.tag == "T" and not i.op]
    exact: list[Window] = []
    bounds: list[Window] = []
    for item in times:
        if item.tag == "C":
            moment = as_time(half_of_day(item.minutes, parts, at.opening, is_open=item.is_open,
                                         closes=item.op in {"b", "B"}))  # fmt: skip
            (bounds if item.op else exact).append(_bounded(item.op, moment))
        elif item.tag == "R":
            (bounds if item.op else exact).append(_range(item, parts, at.opening))
        elif item.op:
            bounds.append(_part_bound(item))
    if exact:
        return tuple(dict.fromkeys(exact))
    if not bounds:
        return tuple(dict.fromkeys(Window(*map(as_time, PARTS[i.part])) for i in parts))
    return _narrowed(bounds, parts)


def _bounded(op: str, moment: time) -> Window:
    if not op:
        return Window(moment, moment)
    return Window(moment, None) if op in "aA" else Window(time(0), moment)


def _part_bound(item: Item) -> Window:
    start, end = PARTS[item.part]
    if item.op == "a":
        return Window(as_time(start), None)
    if item.op == "A":
        return Window(as_time(start + 60 if item.part in NOONS else end), None)
    if item.op == "b" and item.part not in NOONS:
        return Window(time(0), as_time(end))
    return Window(time(0), as_time(start))


def _range(item: Item, parts: Sequence[Item], opening: Opening | None) -> Window:
    start = half_of_day(item.minutes, parts, opening, is_open=item.is_open)
    end = item.until
    if item.until_open:
        end = half_of_day(item.until, parts, opening, is_open=True, closes=True)
        if end <= start or (end - start > NOON and end - NOON > start):
            end = next((m for m in (end % NOON, end % NOON + NOON) if m > start), end)
    window = Window(as_time(start), as_time(end))
    return Window(window.start, None) if window.is_exact else window


def _narrowed(bounds: Sequence[Window], parts: Sequence[Item]) -> tuple[Window, ...]:
    start = max(w.start for w in bounds)
    ends = [
        w.end for w in bounds if w.end is not None and (w.end != time(0) or w.start == time(0))
    ]
    end = min((e for e in ends if e != time(0)), default=time(0) if ends else None)
    whole = Window(start, end)
    if parts and all(p.is_weak for p in parts):
        met = [m for p in parts if (m := _meet(Window(*map(as_time, PARTS[p.part])), whole))]
        return tuple(met) or (whole,)
    if end is not None and end != time(0) and end <= start and start != time(0):
        return (Window(start, None), Window(time(0), end))
    return (whole,)


def _meet(one: Window, other: Window) -> Window | None:
    start = max(one.start, other.start)
    ends = [e for e in (one.end, other.end) if e]
    end = min(ends) if ends else None
    return Window(start, end) if end is None or start < end else None


def half_of_day(
    minutes: int,
    parts: Sequence[Item],
    opening: Opening | None,
    *,
    is_open: bool,
    closes: bool = False,
) -> int:
    """Return the minute of the day meant by an hour that may be of the morning or afternoon."""
    if not is_open:
        return _at_night(minutes, parts)
    if parts:
        return _within_part(minutes, parts[0].part)
    if opening is None:
        return minutes
    spoken, other = minutes % NOON, minutes % NOON + NOON
    if minutes >= NOON:
        spoken, other = other, spoken
    for candidate in (spoken, other):
        if opening.opens <= candidate < opening.closes or (closes and candidate == opening.closes):
            return candidate
    return max(spoken, other) if spoken < _NIGHT_ENDS else spoken


def _at_night(minutes: int, parts: Sequence[Item]) -> int:
    if parts and parts[0].part.endswith("night") and minutes == NOON:
        return 0
    return minutes


def _within_part(minutes: int, part: str) -> int:
    early, late = minutes % NOON, minutes % NOON + NOON
    if part in _MORNINGS:
        return NOON if minutes >= NOON and part == "late_morning" else early
    if part.endswith("night"):
        return late if early >= _EVENING_HOUR else early
    if part in {*NOONS, "before_noon"}:
        return early if early >= 600 else late
    return late
