"""Further spans of days: quarters, halves of months, years, and what lies behind us."""

import re

from bot.understanding.dates import calendar, feasts
from bot.understanding.dates.days import month_said, numbered
from bot.understanding.dates.items import Item, Reader, Rule, day_item, rule, span_item
from bot.understanding.dates.offsets import amount, coming, steps
from bot.understanding.dates.periods import unit_span
from bot.understanding.dates.words import (
    COMING,
    DAY,
    LAST,
    MONTH,
    NEXT,
    QUARTER,
    THIS,
    WEEK,
    WEEKEND,
    YEAR,
)
from bot.understanding.wish import DateSpan

Items = list[Item] | None
_SATURDAY = 5
_MOST_BACK = 400
"""Units of "the last N days": more is no wish."""


def _quarter(reader: Reader, found: re.Match[str]) -> Items:
    """Read "Q3 2026", "third quarter of next year", "drittes Quartal": the coming one."""
    number, today = reader.integer(found, "n"), reader.at.today
    if reader.has(found, "f") and reader.text(found, "f") not in {"quarter", "a quarter"}:
        return None
    if reader.has(found, "u") and reader.value(found, "u", str) != QUARTER:
        return None
    if not 1 <= number <= 4:
        return None
    if reader.has(found, "y"):
        year = reader.integer(found, "y")
    elif reader.has(found, "q") and reader.value(found, "u2", str) != YEAR:
        return None
    elif reader.has(found, "q"):
        year = today.year + steps(reader.value(found, "q", str))
    else:
        year = today.year + (number * 3 < today.month)
    first = calendar.month(year, number * 3 - 2).first
    return span_item(found, DateSpan(first, calendar.month(year, number * 3).last))


def _half_of_month(reader: Reader, found: re.Match[str]) -> Items:
    """Read "die zweite Maihälfte"."""
    number, month = reader.integer(found, "n"), month_said(reader, found)
    if reader.value(found, "u2", str) != "half" or month is None or number not in {1, 2}:
        return None
    return span_item(
        found, calendar.part_of(month, "early" if number == 1 else "late", reader.at.today)
    )


def _year(reader: Reader, found: re.Match[str]) -> Items:
    """Read "in 2027"."""
    year = reader.integer(found, "y")
    if reader.text(found, "i") not in {"in", "during", "im jahr"} or year < reader.at.today.year:
        return None
    first = calendar.month(year, 1).first
    return span_item(found, DateSpan(first, calendar.month(year, 12).last))


def _past_units(reader: Reader, found: re.Match[str]) -> Items:
    """Read "the last 3 days", "die letzten zwei Wochen": up to yesterday, weeks as whole ones."""
    if reader.value(found, "q", object) != LAST:
        return None
    unit, count = reader.value(found, "u", str), int(amount(reader, found, "n"))
    today = reader.at.today
    if not 0 < count < _MOST_BACK:
        return None
    if unit == DAY:
        return span_item(found, DateSpan(calendar.shifted(today, -count),
                                         calendar.shifted(today, -1)))  # fmt: skip
    if unit == WEEK:
        monday = calendar.monday(today)
        return span_item(found, DateSpan(calendar.shifted(monday, -7 * count),
                                         calendar.shifted(monday, -1)))  # fmt: skip
    if unit == MONTH:
        first = calendar.month(today.year, today.month - count).first
        return span_item(found, DateSpan(first, calendar.month(today.year, today.month - 1).last))
    return None


def _units_beside(reader: Reader, found: re.Match[str]) -> Items:
    """Read the beginning of "the week before Christmas": whole weeks and weekends."""
    if reader.text(found, "u") not in {"week", "weekend", "woche", "wochenende", "week end"}:
        return None
    side = found.start("s")
    return [
        Item("d", found.start(), side, number=1, unit=reader.value(found, "u", str), text="whole"),
        Item(reader.token(found, "s").tag, side, side + 1),
    ]


def _week_from(reader: Reader, found: re.Match[str]) -> Items:
    """Read the beginning of "week beginning March 16"; "a week starting tomorrow" is a length."""
    if reader.text(found, "u") not in {"week", "woche"}:
        return None
    return [Item("l", found.start(), found.end(), text=WEEK)]


def _nth_day_beside(reader: Reader, found: re.Match[str]) -> Items:
    """Read the beginning of "am zweiten Tag nach Ostern"."""
    number, unit = reader.integer(found, "n"), reader.value(found, "u", str)
    if unit not in {DAY, WEEK} or number < 1:
        return None
    return [Item("d", found.start(), found.end(), number=number, unit=unit)]


def _this_or_next(reader: Reader, found: re.Match[str]) -> Items:
    """Read "diese oder nächste Woche"."""
    unit, today = reader.value(found, "u", str), reader.at.today
    first = unit_span(today, reader.value(found, "q", str), unit)
    second = unit_span(today, reader.value(found, "q2", str), unit)
    if first is None or second is None:
        return None
    middle = found.start("s")
    return [
        Item("P", found.start(), middle, days=first),
        Item(reader.token(found, "s").tag, middle, middle + 1),
        Item("P", middle + 1, found.end(), days=second),
    ]


def _nth_business_day(reader: Reader, found: re.Match[str]) -> Items:
    """Read "first working day of next month", "letzter Werktag im April"."""
    month, number = month_said(reader, found), numbered(reader, found)
    if reader.value(found, "t", str) != "business_day" or month is None or number is None:
        return None
    days = [day for day in calendar.days_of(month) if day.weekday() < _SATURDAY]
    place = number - 1 if number > 0 else number
    return day_item(found, days[place]) if -len(days) <= place < len(days) else None


def _half_said_apart(reader: Reader, found: re.Match[str]) -> Items:
    """Read "later in May", "early in the week", "late in the month of May"."""
    said, today = reader.value(found, "k", str), reader.at.today
    if reader.has(found, "m"):
        whole = month_said(reader, found)
    else:
        unit = reader.value(found, "w", str)
        whole = unit_span(today, THIS, unit) if unit in {WEEK, MONTH} else None
    is_other = reader.has(found, "m") and reader.has(found, "w")
    if whole is None or (is_other and reader.value(found, "w", str) != MONTH):
        return None
    which = {"later": "late", "earlier": "early"}.get(said, said)
    if not reader.has(found, "m") and which == "early" and said == "early":
        which = "begin"
    return span_item(found, calendar.part_of(whole, which, today))


def _month_of(reader: Reader, found: re.Match[str]) -> Items:
    """Read "the month of May"."""
    if reader.value(found, "w", str) != MONTH:
        return None
    return span_item(found, month_said(reader, found))


def _end_of_day(reader: Reader, found: re.Match[str]) -> Items:
    """Read the beginning of "end of Friday"."""
    if not reader.text(found, "k").startswith("end"):
        return None
    return [Item("T", found.start(), found.end(), part="late_afternoon")]


def _week_of_feast(reader: Reader, found: re.Match[str]) -> Items:
    """Read "Easter weekend", "Christmas week"."""
    name, unit = reader.value(found, "h", str), reader.value(found, "u", str)
    day = feasts.next_feast(name, reader.at.today, 1)
    if day is None or unit not in {WEEK, WEEKEND}:
        return None
    monday = calendar.monday(day)
    if unit == WEEKEND and day == monday:
        # the long one, of which the Monday is a part
        return span_item(found, DateSpan(calendar.shifted(day, -2), day))
    first = calendar.shifted(monday, _SATURDAY) if unit == WEEKEND else monday
    return span_item(found, DateSpan(first, calendar.shifted(monday, 6)))


def _weekday_before_last(reader: Reader, found: re.Match[str]) -> Items:
    """Read "the Saturday before last"."""
    if reader.value(found, "q", object) != LAST:
        return None
    weekday, today = reader.integer(found, "w"), reader.at.today
    return day_item(found, calendar.shifted(today, -((today.weekday() - weekday - 1) % 7 + 8)))


def _nth_weekday_beside(reader: Reader, found: re.Match[str]) -> Items:
    """Read the beginning of "the last Monday before Easter", "the second Friday after May 1"."""
    side = reader.token(found, "s")
    number = numbered(reader, found)
    if number is None:
        is_next = reader.value(found, "n", object) in {NEXT, COMING} and side.tag == "A"
        number = 1 if is_next else 0
    number = -number if number < 0 and side.tag == "B" else number
    weekday = reader.integer(found, "w")
    if number < 1:
        return None
    day = coming(reader.at.today, weekday)
    return [
        Item("D", found.start(), found.start("s"), days=DateSpan(day, day), weekday=weekday,
             number=number),
        Item(side.tag, found.start("s"), found.end()),
    ]  # fmt: skip


_OF_YEAR = r"(?:[,/g-]*(?P<y>y)|g*(?P<q>q)g*(?P<u2>u))?"

RULES: tuple[Rule, ...] = (
    rule("Q", r"(?P<n>Q)" + _OF_YEAR, _quarter),
    rule("O", r"(?P<n>O)(?P<f>f)" + _OF_YEAR + r"(?![nA])", _quarter),
    rule("O", r"(?P<n>O)(?P<u>u)" + _OF_YEAR, _quarter),
    rule("O", r"(?P<n>O)(?P<m>m)(?P<u2>u)(?P<y>)", _half_of_month),
    rule("i", r"(?P<i>i)(?P<y>y)(?![hz%u/-])", _year),
    rule("qg", r"g*(?P<q>q)g*(?P<n>[n1])(?P<u>u)", _past_units),
    rule("n", r"(?P<n>n)(?P<q>q)(?P<u>u)", _past_units),
    rule("u", r"(?<![1n])(?P<u>u)(?:a|k)G?(?=g*[mOnDS])", _week_from),
    rule("gO", r"g*(?P<n>O)(?P<u>u)(?=[AB]g*[HDOSm])", _nth_day_beside),
    rule(
        "gOq",
        r"g*(?P<n>[Oq])g*(?P<t>u)[ig]+(?:(?:(?P<q>q)g*)?(?P<u>u)|(?P<m>m)"
        r"(?:[,g]*(?P<y>y))?)",
        _nth_business_day,
    ),
    rule("Le", r"(?P<k>[Le])ig*(?:(?P<w>u)(?:g(?P<m>m)(?:g*(?P<y>y))?)?)", _half_said_apart),
    rule("Le", r"(?P<k>[Le])ig*(?P<m>m)(?:g*(?P<y>y))?", _half_said_apart),
    rule("gu", r"g*(?P<w>u)g(?P<m>m)(?:[,g]*(?P<y>y))?(?![nO])", _month_of),
    rule("k", r"(?P<k>k)g*(?=[wrDO])", _end_of_day),
    rule("H", r"(?P<h>H)(?P<u>u)", _week_of_feast),
    rule("w", r"(?P<w>w)Bg*(?P<q>q)(?![uwm])", _weekday_before_last),
    rule(
        "gOq",
        r"g*(?P<n>[Oq])g*(?P<w>w)(?P<s>[AB])(?=g*(?:[HDS]|[On][g./]*m|O(?![hz])|m))",
        _nth_weekday_beside,
    ),
    rule("q", r"(?P<q>q)(?P<s>[|&])g*(?P<q2>q)(?P<u>u)", _this_or_next),
    rule("u", r"(?P<u>u)(?P<s>[AB])(?=g*[HwDrqnOSm])", _units_beside),
)
