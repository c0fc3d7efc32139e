"""Joins hours with hours, with lengths and with the part of day beside them."""

from dataclasses import replace

from bot.understanding.dates.items import Circumstances, Item
from bot.understanding.dates.offsets import length_in_minutes
from bot.understanding.dates.windows import half_of_day
from bot.understanding.dates.words import NOONS
from bot.understanding.wish import DateSpan


def over(item: Item, group: list[Item], **changes: object) -> Item:
    """Return the item spread over all tokens of a group."""
    return replace(item, start=min(i.start for i in group), end=max(i.end for i in group),
                   **changes)  # type: ignore[arg-type]  # fmt: skip


def named(group: list[Item], tags: str) -> list[Item]:
    """Return the items with one of the tags."""
    return [i for i in group if i.tag in tags]


def number_beside(_: Circumstances, group: list[Item]) -> list[Item] | None:
    """Read the 8 of "8 tonight" and "nachmittags 5" as a clock time."""
    number = next(i for i in group if i.tag == "N")
    if not 0 < number.number <= 24 or not number.text:
        return None
    minutes = int(number.number) * 60
    clock = replace(number, tag="C", minutes=minutes, is_open=60 <= minutes < 780)
    return [clock if i is number else i for i in group if i.tag != ","]


def hours_long(_: Circumstances, group: list[Item]) -> list[Item] | None:
    """Read "for two hours from 2pm": the hours in which it lies."""
    length = named(group, "d")[0]
    start = named(group, "CN")[0]
    minutes = length_in_minutes(length.number, length.unit)
    if length.unit not in {"minute", "hour"} or not 0 < minutes < 1440:
        return None
    begin = start.minutes if start.tag == "C" else int(start.number) * 60
    is_open = start.is_open if start.tag == "C" else begin < 780
    until = (begin + minutes) % 1440
    return [over(replace(start, tag="R"), group, minutes=begin, is_open=is_open, until=until,
                  until_open=is_open)]  # fmt: skip


def hour_to_hour(_: Circumstances, group: list[Item]) -> list[Item] | None:
    """Join "9 bis 11 Uhr", "from 3:30 to 6 p.m."; am or pm said once is for both."""
    first, last = (as_clock(i) for i in named(group, "CN"))
    if first is None or last is None:
        return None
    if first.tag == last.tag == "N":
        return None
    start, begin_open = first.minutes, first.is_open
    end, end_open = last.minutes, last.is_open
    if first.is_open and last.has_half and end < 720:
        start, begin_open = start % 720, False
    elif begin_open and not end_open:
        start, begin_open = _half_before(start, end) if last.has_half else (start, False)
    elif end_open and not begin_open:
        end = next((m for m in (end, (end + 720) % 1440) if m > start), end)
        end_open = False
    elif begin_open and end_open and end <= start:
        end += 720
    return [over(replace(first, tag="R"), group, minutes=start, is_open=begin_open,
                  until=end, until_open=end_open)]  # fmt: skip


def _half_before(start: int, end: int) -> tuple[int, bool]:
    """Return the half of the day of a start whose end is known; still open where both do."""
    later = start % 720 + 720
    if end >= 780:
        if later < end and end - later <= 360:
            return later, False
        return start % 720 if start < end else start, False
    return start, False


def as_clock(item: Item) -> Item | None:
    """Return a clock time as it is, a bare number as an hour, None where it can be none."""
    if item.tag == "C":
        return item
    if not 0 <= item.number <= 24:
        return None
    minutes = int(item.number) * 60
    return replace(item, tag="C", minutes=minutes, is_open=60 <= minutes < 780)


def moment_to_moment(at: Circumstances, group: list[Item]) -> list[Item] | None:
    """Join "7 Sep 9am - 8 Sep 11pm"; on one day it is a range of hours."""
    first, last = named(group, "D")
    start, end = named(group, "C")
    assert first.days is not None
    assert last.days is not None
    if first.days == last.days:
        hours = hour_to_hour(at, [start, end])
        return [first, *hours] if hours else None
    days = DateSpan(first.days.first, last.days.first)
    if days.last is None or days.last < days.first:
        return None
    return [over(replace(first, tag="Q"), group, days=days, minutes=start.minutes,
                  until=end.minutes, weekday=None)]  # fmt: skip


def hour_in_list(_: Circumstances, group: list[Item]) -> list[Item] | None:
    """Read "um 10 oder 11", "10 oder 11 Uhr": both are hours."""
    hours = [as_clock(i) if i.tag == "N" else i for i in group]
    said = next((h for h in hours if h is not None and h.has_half), None)
    if said is not None:
        # "5 or 6 pm": the half of the day is that of both
        hours = [_in_half_of(h, said) for h in hours]
    if any(h is None for h in hours):
        return None
    return [replace(h, op=group[0].op) if h.tag == "C" else h for h in hours if h is not None]


def hours_in_part(at: Circumstances, group: list[Item]) -> list[Item] | None:
    """Read "4 or 5 in the afternoon": the part of day is that of both hours."""
    part = group[-1]
    hours = [as_clock(i) if i.tag in "CN" else i for i in group[:-1]]
    if any(h is None for h in hours):
        return None
    return [
        replace(h, minutes=half_of_day(h.minutes, [part], at.opening, is_open=h.is_open),
                is_open=False) if h.tag == "C" else h
        for h in hours
        if h is not None
    ]  # fmt: skip


def _in_half_of(hour: Item | None, said: Item) -> Item | None:
    """Return an hour in the half of the day of a later one."""
    if hour is None or hour.tag != "C" or not hour.is_open:
        return hour
    minutes = hour.minutes % 720
    if minutes > said.minutes % 720:
        return hour
    return replace(hour, minutes=minutes + said.minutes // 720 * 720, is_open=False)


def later_than_clock(_: Circumstances, group: list[Item]) -> list[Item] | None:
    """Read "15 minutes from 1pm", "an hour before noon"."""
    length, clock = group[0], group[-1]
    if length.unit not in {"minute", "hour"}:
        return None
    if clock.tag == "T":
        if clock.part not in NOONS:
            return None
        clock = replace(clock, tag="C", part="", minutes=720)
    minutes = length_in_minutes(length.number, length.unit)
    if group[1].tag == "B":
        minutes = -minutes
    return [over(clock, group, minutes=(clock.minutes + minutes) % 1440)]


def parts_of_hours(at: Circumstances, group: list[Item]) -> list[Item] | None:
    """Read "von morgens acht bis abends sechs": each hour has its own part of day."""
    hours = [as_clock(i) for i in named(group, "CN")]
    ends = [
        half_of_day(hour.minutes, [part], at.opening, is_open=hour.is_open)
        for hour, part in zip(hours, named(group, "T"), strict=True)
        if hour is not None
    ]
    if len(ends) < len(hours):
        return None
    return [over(replace(named(group, "T")[0], tag="R", part=""), group, minutes=ends[0],
                 until=ends[1])]  # fmt: skip


def clock_in_part(_: Circumstances, group: list[Item]) -> list[Item] | None:
    """Give an hour of a range its own part of day: "from 3 in the morning until 5pm"."""
    clock = as_clock(group[0])
    if clock is None:
        return None
    minutes = half_of_day(clock.minutes, [group[1]], None, is_open=clock.is_open)
    return [over(clock, group, minutes=minutes, is_open=False)]
