"""Decides what bare figures are: a day, an hour, or the number of something else."""

import re
from dataclasses import replace
from datetime import date

from bot.understanding.dates import calendar
from bot.understanding.dates.items import Circumstances, Item
from bot.understanding.wish import DateSpan

_NUMBERED = frozenset(
    ["building", "room", "floor", "gate", "table", "platform", "suite", "apartment", "unit",
     "door", "desk", "level", "track", "terminal", "gebaeude", "raum", "zimmer", "tisch", "gleis",
     "etage", "platz", "stockwerk", "tuer", "halle", "hausnummer", "option", "nummer", "number"]
)  # fmt: skip
"""What has a number that is no hour."""


def settled_figures(items: list[Item], at: Circumstances) -> list[Item]:
    """Return the items without figures that count something, "10.10" as a day or as an hour."""
    if any(i.tag == "C" for i in items):
        items = _without_party_size(items)
    return _dotted(_without_stray_figures(_without_counted(items)), at)


def _without_counted(items: list[Item]) -> list[Item]:
    """Drop the 4 of "building 4 this afternoon"."""
    before = [None, *items]
    return [
        item
        for previous, item in zip(before, items, strict=False)
        if item.tag != "N" or previous is None or previous.text not in _NUMBERED
    ]


def _without_party_size(items: list[Item]) -> list[Item]:
    """Drop the 4 of "a table for 4 on Friday at 7": the clock time is said."""
    before = [None, *items]
    return [
        item
        for previous, item in zip(before, items, strict=False)
        if item.tag != "N" or previous is None or previous.tag != "F"
    ]


def _without_stray_figures(items: list[Item]) -> list[Item]:
    """Drop a bare "1530" that stands neither beside a day nor in a range."""
    return [
        item
        for place, item in enumerate(items)
        if not item.is_weak
        or any(i.tag in "DPM-tb" for i in items[max(place - 2, 0) : place + 2] if not i.is_weak)
    ]


def _dotted(items: list[Item], at: Circumstances) -> list[Item]:
    """Decide of each "10.10" whether it is a day or a clock time: by what else is said."""
    settled: list[Item] = []
    for index, item in enumerate(items):
        if item.tag != "M":
            settled.append(item)
            continue
        others = [*settled, *items[index + 1 :]]
        settled.append(_day_or_clock(item, others, settled, items[index + 1 :], at))
    return settled


def _day_or_clock(
    item: Item, others: list[Item], before: list[Item], after: list[Item], at: Circumstances
) -> Item:
    one, two = (int(n) for n in item.text.split("."))
    day = calendar.next_date(at.today, two, one)
    as_clock = one <= 24 and two < 60 and len(item.text.partition(".")[2]) == 2
    clock = replace(item, tag="C", minutes=one * 60 + two, is_open=60 <= one * 60 + two < 780)
    said = any(
        (i.tag == "D" and i.weekday is None and not i.is_relative and i.day_only is None)
        for i in others
    )
    if day is not None and _is_named(before, day):
        return replace(item, tag="D", days=DateSpan(day, day), has_year=False)
    ranged = _beside(before, after, "CR")
    if as_clock and (day is None or ranged or (said and not _beside(before, after, "D"))):
        return clock
    if day is None and at.language == "en":
        day = calendar.next_date(at.today, one, two)
    if day is None:
        return replace(item, tag="x")
    return replace(item, tag="D", days=DateSpan(day, day), has_year=False)


def _is_named(before: list[Item], day: date) -> bool:
    """Tell whether the name of the weekday just before is that of the day."""
    name = next((i for i in reversed(before) if i.tag != ","), None)
    return name is not None and name.tag == "D" and name.weekday == day.weekday()


def _beside(before: list[Item], after: list[Item], tags: str) -> bool:
    """Tell whether a dash joins it to an item with one of the tags."""
    around = "".join(i.tag for i in before[-2:]) + "M" + "".join(i.tag for i in after[:2])
    return bool(re.search(rf"M[-bt][{tags}]|[{tags}][-bt]M", around))
