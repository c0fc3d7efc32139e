"""Joins days with lengths and with other days: "three days after Easter", "arriving ... until"."""

from dataclasses import replace
from datetime import date

from bot.understanding.dates import calendar
from bot.understanding.dates.items import Circumstances, Item
from bot.understanding.dates.joined_hours import named, over
from bot.understanding.dates.offsets import added
from bot.understanding.wish import DateSpan

NIGHTS = frozenset({"nights", "night", "naechte", "naechten"})
_COMES = frozenset(
    [
        "arrive",
        "arriving",
        "arrives",
        "arrival",
        "come",
        "coming",
        "ankommen",
        "ankunft",
        "anreise",
        "anreisen",
    ]
)
_GOES = frozenset(
    [
        "leave",
        "leaving",
        "leaves",
        "departing",
        "depart",
        "departure",
        "abreise",
        "abreisen",
        "abfahren",
        "rueckreise",
        "checkout",
    ]
)
_CHECKS = frozenset(["check", "checking", "checkin"])
_REACH = 4
"""Most words between "arriving" and its day."""


def is_vague(item: Item) -> bool:
    """Tell whether a day goes by its name or by today."""
    return item.weekday is not None or item.is_relative


def month_shared(at: Circumstances, group: list[Item]) -> list[Item] | None:
    """Give the first of "am 5. oder 6. Mai" the month of the last."""
    first, last = group[0], group[-1]
    if first.day_only is None or first.weekday is not None or is_vague(last):
        return None
    if last.day_only is not None or last.days is None or first.day_only >= last.days.first.day:
        return None
    day = calendar.made(last.days.first.year, last.days.first.month, first.day_only)
    if day is None or day < at.today:
        return None
    return [replace(first, days=DateSpan(day, day), day_only=None), *group[1:]]


def stays(items: list[Item]) -> list[Item]:
    """Join "arriving on Friday ... leaving on Monday" to the days from one to the other."""
    comes, goes = _day_of(items, leaves=False), _day_of(items, leaves=True)
    if comes is None or goes is None or comes == goes:
        return items
    first, last = items[comes], items[goes]
    assert first.days is not None
    assert last.days is not None
    end = last.days.last or last.days.first
    if last.weekday is not None and not last.is_relative:
        end = calendar.shifted(first.days.first, (last.weekday - first.days.first.weekday()) % 7)
    elif last.day_only is not None:
        end = calendar.next_day_of_month(first.days.first, last.day_only) or end
    if end < first.days.first:
        return items
    joined = replace(first, tag="P", days=DateSpan(first.days.first, end), weekday=None,
                     day_only=None, op="")  # fmt: skip
    place = min(comes, goes)
    return [
        joined if i == place else item
        for i, item in enumerate(items)
        if i in {place} or i not in {comes, goes}
    ]


def _day_of(items: list[Item], *, leaves: bool) -> int | None:
    """Return the place of the one day said with a word of coming or going."""
    places = []
    for at, item in enumerate(items):
        if item.tag not in "DP" or item.days is None:
            continue
        if _moves(items, at, leaves=leaves):
            places.append(at)
    return places[0] if len(places) == 1 else None


def _moves(items: list[Item], at: int, *, leaves: bool) -> bool:
    for i in range(at - 1, max(at - 1 - _REACH, -1), -1):
        text = items[i].text
        if items[i].tag in "DP":
            return False
        if text in _COMES or (text in _CHECKS and not _goes_out(items, i)):
            return not leaves
        if text in _GOES or (text in _CHECKS and _goes_out(items, i)):
            return leaves
    return leaves and items[at].op == "b"


def _goes_out(items: list[Item], at: int) -> bool:
    return at + 1 < len(items) and items[at + 1].text == "out"


def _whole_unit_beside(group: list[Item], length: Item, day: date) -> list[Item] | None:
    """Return the calendar week or weekend just before or after a day."""
    weeks = -1 if any(i.tag == "B" for i in group) else 1
    if length.unit == "weekend":
        saturday = calendar.shifted(calendar.monday(day), 5)
        if weeks < 0 and saturday >= calendar.shifted(day, -1):
            saturday = calendar.shifted(saturday, -7)
        if weeks > 0 and saturday <= day:
            saturday = calendar.shifted(saturday, 7)
        span = DateSpan(saturday, calendar.shifted(saturday, 1))
    else:
        span = calendar.week(day, weeks)
    return [over(replace(named(group, "D")[0], tag="P"), group, days=span, weekday=None,
                 day_only=None)]  # fmt: skip


def later_than_day(_: Circumstances, group: list[Item]) -> list[Item] | None:
    """Read "three days after Easter", "two weeks from Tuesday"."""
    length, day = named(group, "d")[0], named(group, "D")[0]
    assert day.days is not None
    if length.text == "whole":
        return _whole_unit_beside(group, length, day.days.first)
    if length.text in NIGHTS and any(i.tag in "va" for i in group):
        return days_long(_, group)
    sign = -1 if any(i.tag == "B" for i in group) else 1
    if sign < 0:
        if length.unit not in {"day", "week"}:
            return None
        days = int(length.number * (7 if length.unit == "week" else 1))
        moved: date | None = calendar.shifted(day.days.first, -days)
    else:
        moved = added(day.days.first, length.number, length.unit)
    if moved is None:
        return None
    return [over(day, group, days=DateSpan(moved, moved), weekday=None, day_only=None)]


def days_long(_: Circumstances, group: list[Item]) -> list[Item] | None:
    """Read "for 10 days from 18 December"."""
    length, day = named(group, "d")[0], named(group, "D")[0]
    assert day.days is not None
    after = added(day.days.first, length.number, length.unit)
    if after is None:
        return None
    last = max(calendar.shifted(after, -1), day.days.first)
    said = "long" if last > day.days.first else ""
    return [over(replace(day, tag="P"), group, days=DateSpan(day.days.first, last),
                  weekday=None, day_only=None, text=said)]  # fmt: skip


def after_length(at: Circumstances, group: list[Item]) -> list[Item] | None:
    """Read "after 5 days" as from then on."""
    day = added(at.today, group[1].number, group[1].unit)
    if day is None:
        return None
    return [Item("D", group[0].start, group[1].end, days=DateSpan(day, day), op="a")]


def week_of(_: Circumstances, group: list[Item]) -> list[Item] | None:
    """Read "week of September 16th" and "month of"."""
    day = group[-1]
    assert day.days is not None
    first = day.days.first
    span = calendar.month(first.year, first.month) if group[0].tag == "o" else calendar.week(first)
    if group[0].text == "weekend":
        # that of a Monday or Tuesday is the one just before
        saturday = calendar.shifted(calendar.monday(first), 5 if first.weekday() > 1 else -2)
        span = DateSpan(saturday, calendar.shifted(saturday, 1))
    return [over(replace(day, tag="P"), group, days=span, weekday=None, day_only=None)]


def weekday_beside_day(_: Circumstances, group: list[Item]) -> list[Item] | None:
    """Read "the Monday after Easter", "Freitag vor Weihnachten"."""
    name, day = group[0], group[-1]
    if name.weekday is None or name.is_relative or is_vague(day) or day.days is None:
        return None
    after = (name.weekday - day.days.first.weekday() - 1) % 7 + 1
    offset = after if group[1].tag == "A" else (after - 7 or -7)
    moved = calendar.shifted(day.days.first, offset)
    return [over(day, group, days=DateSpan(moved, moved), weekday=None, day_only=None)]
