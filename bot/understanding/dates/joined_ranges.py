"""Joins a first and a last to a period: days with days, moments with moments."""

from dataclasses import replace
from datetime import date

from bot.understanding.dates import calendar
from bot.understanding.dates.items import Circumstances, Item
from bot.understanding.dates.joined_days import PLACED, is_vague
from bot.understanding.dates.joined_hours import named, over
from bot.understanding.dates.words import NOONS, PARTS
from bot.understanding.wish import DateSpan


def first_to_last(_: Circumstances, group: list[Item]) -> list[Item] | None:
    """Join "vom 22. auf den 23.", "July 13 to 15", "Dienstag bis Donnerstag" to a period."""
    first, last = named(group, "DP")
    assert first.days is not None
    assert last.days is not None
    start, end = first.days.first, last.days.last
    if end is None:
        return None
    start, end = _completed(first, last, start, end)
    if end < start and not last.has_year:
        end = calendar.made(end.year + 1, end.month, end.day) or end
    if end < start:
        return None
    return [over(replace(first, tag="P"), group, days=DateSpan(start, end), weekday=None,
                  day_only=None)]  # fmt: skip


def weekly_range(_: Circumstances, group: list[Item]) -> list[Item] | None:
    """Read "montags bis donnerstags" as all days from the one to the other."""
    first, last = named(group, "W")
    if len(first.weekdays) != 1 or len(last.weekdays) != 1:
        return None
    start = min(first.weekdays)
    length = (min(last.weekdays) - start) % 7
    return [over(first, group, weekdays=frozenset((start + n) % 7 for n in range(length + 1)))]


def _before_placed(first: Item, start: date, end: date) -> date:
    """Return the first day of "Tuesday to Thursday next week": its name is of that week too."""
    if first.weekday is None or first.is_relative or first.text:
        return start
    return calendar.shifted(end, -((end.weekday() - start.weekday()) % 7))


def _completed(first: Item, last: Item, start: date, end: date) -> tuple[date, date]:
    """Give each side what only the other one says: month, year, week."""
    if last.weekday is not None and not last.is_relative:
        if last.text == PLACED:
            return _before_placed(first, start, end), end
        return start, calendar.shifted(start, (last.weekday - start.weekday()) % 7)
    return _dates_completed(first, last, start, end)


def _dates_completed(first: Item, last: Item, start: date, end: date) -> tuple[date, date]:
    """Give a date the month or year of the other."""
    if last.day_only is not None and first.day_only is None:
        return start, calendar.next_day_of_month(start, last.day_only) or end
    if first.day_only is not None and last.day_only is None:
        begin = calendar.made(end.year, end.month, first.day_only)
        if begin is None or begin > end:
            before = calendar.month(end.year, end.month - 1).first
            begin = calendar.made(before.year, before.month, first.day_only)
        return begin or start, end
    if first.weekday is not None and last.weekday is None and start > end:
        return calendar.shifted(start, -7), end
    if last.has_year and not first.has_year:
        begin = calendar.made(end.year, start.month, start.day) or start
        if begin > end:
            begin = calendar.made(end.year - 1, start.month, start.day) or start
        return begin, end
    if first.has_year and not last.has_year and end < start:
        return start, calendar.next_date(start, end.month, end.day) or end
    if not first.has_year and not last.has_year and end < start:
        return start, calendar.next_date(start, end.month, end.day) or end
    return start, end


def from_day_of_period(_: Circumstances, group: list[Item]) -> list[Item] | None:
    """Read "kommende Woche ab Mittwoch", "next week before Thursday": the rest of the week."""
    period, bound, day = group[0], group[-2], group[-1]
    if period.days is None or period.days.last is None or day.days is None or period.op:
        return None
    first, last, said = period.days.first, period.days.last, day.days.first
    if not first <= said <= last or (bound.tag == "v" and bound.text not in {"from", "von"}):
        return None
    if bound.tag == "B":
        last = calendar.shifted(said, -1)
    else:
        first = calendar.shifted(said, 1) if bound.tag == "A" else said
    if last < first:
        return None
    return [over(period, group, days=DateSpan(first, last))]


def listed_days(at: Circumstances, group: list[Item]) -> list[Item] | None:
    """Read "14./15.10." as two days in a row; other slashes are alternatives."""
    first = named(group, "D")[0]
    if first.day_only is None or first.weekday is not None:
        return None
    return first_to_last(at, group)


def number_to_date(at: Circumstances, group: list[Item]) -> list[Item] | None:
    """Read "05-06.10.17" as two days in a row."""
    number, last = named(group, "N")[0], group[-1]
    if is_vague(last) or last.day_only is not None or not 1 <= number.number <= 31:
        return None
    first = replace(number, tag="D", day_only=int(number.number), days=last.days, has_year=False)
    return first_to_last(at, [first, last])


def moment_to_day(_: Circumstances, group: list[Item]) -> list[Item] | None:
    """Read "11.3. ab 18 Uhr bis 13.3." as from that moment to the end of that day."""
    first, last = named(group, "D")
    days = first_to_last(_, [first, last])
    if days is None or days[0].days is None or days[0].days.last == days[0].days.first:
        return None
    clock = named(group, "C")[0]
    return [over(replace(days[0], tag="Q"), group, minutes=clock.minutes, until=1439)]


def part_to_part_of_days(at: Circumstances, group: list[Item]) -> list[Item] | None:
    """Read "vom 22.4. abends bis 24.4. morgens": from the one moment to the other."""
    days = first_to_last(at, named(group, "D"))
    if days is None or days[0].days is None or days[0].days.last == days[0].days.first:
        return None
    start, end = named(group, "CT")
    first = PARTS[start.part][0] if start.tag == "T" else start.minutes
    last = PARTS[end.part][0 if end.part in NOONS else 1] if end.tag == "T" else end.minutes
    return [over(replace(days[0], tag="Q"), group, minutes=first, until=min(last, 1439))]


def part_to_day(_: Circumstances, group: list[Item]) -> list[Item] | None:
    """Read "from Friday evening until Sunday"."""
    first, last = named(group, "D")
    part = named(group, "T")[0]
    days = first_to_last(_, [first, last])
    if days is None or days[0].days is None or days[0].days.last == days[0].days.first:
        return None
    return [over(replace(days[0], tag="Q"), group, minutes=PARTS[part.part][0], until=1439)]
