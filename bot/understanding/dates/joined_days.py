"""Joins days with lengths and with other days: "three days after Easter", "arriving ... until"."""

from dataclasses import replace
from datetime import date

from bot.understanding.dates import calendar
from bot.understanding.dates.items import Circumstances, Item
from bot.understanding.dates.joined_hours import named, over
from bot.understanding.dates.offsets import added
from bot.understanding.wish import DateSpan

NIGHTS = frozenset(["nights", "night", "naechte", "naechten", "uebernachtung", "uebernachtungen"])
_COMES = frozenset(
    [
        "arrive",
        "arriving",
        "arrives",
        "arrival",
        "come",
        "komme",
        "kommen",
        "coming",
        "we're coming",
        "i'm coming",
        "ankommen",
        "ankunft",
        "anreise",
        "anreisen",
        "hin",
        "hinfahrt",
        "hinflug",
        "hinreise",
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
        "rueckfahrt",
        "rueckflug",
        "zurueck",
        "checkout",
    ]
)
_CHECKS = frozenset(["check", "check - in", "checking", "checkin"])
_FROM_THEN_ON = frozenset({"ab", "starting", "beginning", "seit", "since"})
"""Words before a day that let a length begin, while "from" counts on from it."""
PLACED = "placed"
"""Text of a day that its week was said of: "Sunday next week"."""
_REACH = 4
"""Most words between "arriving" and its day."""


def is_vague(item: Item) -> bool:
    """Tell whether a day goes by its name or by today."""
    return item.weekday is not None or item.is_relative


def month_shared(at: Circumstances, group: list[Item]) -> list[Item] | None:
    """Give all of "am 5. oder 6. Mai", "5., 6. oder 7.5." the month of the last."""
    last = group[-1]
    if last.days is None or last.day_only is not None or is_vague(last):
        return None
    shared = [_in_month_of(last.days.first, i, at.today) for i in group[:-1]]
    if None in shared:
        return None
    return [*(i for i in shared if i is not None), last]


def _in_month_of(last: date, item: Item, today: date) -> Item | None:
    """Return a day in the month of a later one; marks as they are, None for other days."""
    if item.tag != "D":
        return item
    if item.day_only is None or item.weekday is not None or item.day_only >= last.day:
        return None
    day = calendar.made(last.year, last.month, item.day_only)
    if day is None or day < today:
        return None
    return replace(item, days=DateSpan(day, day), day_only=None)


def stays(items: list[Item]) -> list[Item]:
    """Join "arriving on Friday ... leaving on Monday" to the days from one to the other."""
    comes, goes = _day_of(items, leaves=False), _day_of(items, leaves=True)
    if comes is None or goes is None or comes == goes:
        return items
    first, last = items[comes], items[goes]
    assert first.days is not None
    assert last.days is not None
    end = last.days.last or last.days.first
    if last.weekday is not None and not last.is_relative and last.text != PLACED:
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
            break
        if text in _COMES or (text in _CHECKS and not _goes_out(items, i)):
            return not leaves
        if text in _GOES or (text in _CHECKS and _goes_out(items, i)):
            return leaves
    return leaves and items[at].op == "b"


def _goes_out(items: list[Item], at: int) -> bool:
    following = [i.text for i in items[at + 1 : at + 3] if i.tag != "-"]
    return following[:1] == ["out"]


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
    is_from = any(i.tag in "va" for i in group)
    if is_from and (length.text in NIGHTS or any(i.text in _FROM_THEN_ON for i in group)):
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


def days_said(at: Circumstances, group: list[Item]) -> list[Item] | None:
    """Read "30.3. für 3 Nächte", "Monday for 2 days": the days from then on."""
    length = named(group, "d")[0]
    return days_long(at, group) if length.unit in {"day", "week"} else None


def nights_there(at: Circumstances, group: list[Item]) -> list[Item] | None:
    """Read "vom 20. drei Nächte" and "3 nights, from the 20th"."""
    return days_long(at, group) if named(group, "d")[0].text in NIGHTS else None


def in_year(_: Circumstances, group: list[Item]) -> list[Item] | None:
    """Read "im April nächsten Jahres", "20th of April next year"."""
    said, year = group[0], group[-1].days
    if said.has_year:
        said, year = group[-1], group[0].days
    if said.has_year or said.days is None or said.days.last is None or year is None:
        return None
    if year != DateSpan(date(year.first.year, 1, 1), date(year.first.year, 12, 31)):
        return None
    if said.days == calendar.month(said.days.first.year, said.days.first.month):
        span: DateSpan | None = calendar.month(year.first.year, said.days.first.month)
    elif said.days.first == said.days.last and said.day_only is None:
        day = calendar.made(year.first.year, said.days.first.month, said.days.first.day)
        span = DateSpan(day, day) if day else None
    else:
        span = None
    return [over(said, group, days=span, has_year=True)] if span else None


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
    if group[0].text.startswith(("weekend", "wochenende")):
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
    offset += 7 * max(int(name.number) - 1, 0) * (1 if offset > 0 else -1)
    moved = calendar.shifted(day.days.first, offset)
    return [over(day, group, days=DateSpan(moved, moved), weekday=None, day_only=None)]
