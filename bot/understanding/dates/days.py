"""Phrases that name days: dates, weekdays, holidays, and days counted from today."""

import re
from datetime import date

from bot.understanding.dates import calendar, feasts
from bot.understanding.dates.items import Item, Reader, Rule, day_item, rule, span_item
from bot.understanding.dates.offsets import coming, steps
from bot.understanding.dates.words import (
    AFTER_THIS,
    BEFORE_LAST,
    COMING,
    DAY,
    LAST,
    MONTH,
    NEXT,
    THIS,
    YEAR,
)
from bot.understanding.wish import DateSpan

Items = list[Item] | None
_PAST_YEARS = 1
_HOURS = 12
_LAST_HOUR = 24
_LIKELY_PLACES = 12
"""Up to here "the fifth" is rather a place in the list on offer."""
_WHICHEVER = frozenset({"any", "jeder", "jede", "immer"})
"""Words of "any Tuesday will do": no series is asked for."""
_PERIODS = frozenset({"week", "month", "fortnight", "quarter", "year"})
_COUNTED = frozenset(
    [
        "one",
        "option",
        "slot",
        "time",
        "appointment",
        "choice",
        "termin",
        "zeit",
        "vorschlag",
        "option",
        "moeglichkeit",
        "person",
        "floor",
        "stock",
        "etage",
        "reihe",
        "mal",
        "times",
        "name",
        "dates",
        "wahl",
        "platz",
        "grade",
        "class",
        "zeile",
        "line",
        "street",
    ]
)


def _full_date(reader: Reader, found: re.Match[str]) -> Items:
    year, month, day = reader.value(found, "d", tuple)
    if year is not None:
        return day_item(found, calendar.made(year, month, day))
    return day_item(found, calendar.next_date(reader.at.today, month, day), has_year=False)


def _date_and_hour(reader: Reader, found: re.Match[str]) -> Items:
    """Read "18.3.10 Uhr", where the last figure is no year."""
    year, month, day = reader.value(found, "d", tuple)
    today = reader.at.today
    if year is None or year >= today.year - 1 or year % 100 > _LAST_HOUR:
        return None
    date_said = day_item(found, calendar.next_date(today, month, day), has_year=False)
    if date_said is None:
        return None
    minutes = year % 100 * 60
    is_open = 60 <= minutes < (_HOURS + 1) * 60
    return [*date_said, Item("C", found.start(), found.end(), minutes=minutes, is_open=is_open)]


def _date_and_year(reader: Reader, found: re.Match[str]) -> Items:
    """Read "6.4.'26"."""
    year, month, day = reader.value(found, "d", tuple)
    if year is not None or reader.text(found, "y")[:1].isdigit():
        return None
    return day_item(found, calendar.made(reader.integer(found, "y"), month, day))


def _named_again(_: Reader, found: re.Match[str]) -> Items:
    """Pass over the names of "Fr-So 20.-22.3.": the figures say the same."""
    return [Item(",", found.start(), found.end())]


def _ordered(reader: Reader, one: int, two: int) -> tuple[int, int]:
    """Return month and day of "3/12"; what cannot be a month is the day."""
    if one > 12:
        return two, one
    if two > 12 or reader.at.month_first:
        return one, two
    return two, one


def _fitting(reader: Reader, found: re.Match[str], ordered: tuple[int, int]) -> tuple[int, int]:
    """Return month and day the other way round where only so the weekday beside them fits."""
    beside = re.search(r"w[,g]*$", reader.tags[: found.start()])
    weekday = reader.tokens[beside.start()].value if beside else None
    month, day = ordered
    for one, two in (ordered, (day, month)):
        meant = calendar.next_date(reader.at.today, one, two)
        if meant is not None and meant.weekday() == weekday:
            return one, two
    return ordered


def _slashed(reader: Reader, found: re.Match[str]) -> Items:
    one, two, *year = reader.value(found, "s", tuple)
    month, day = _fitting(reader, found, _ordered(reader, one, two))
    if year:
        full = year[0] + 2000 if year[0] < 100 else year[0]
        return day_item(found, calendar.made(full, month, day))
    return day_item(found, calendar.next_date(reader.at.today, month, day), has_year=False)


def _dashed(reader: Reader, found: re.Match[str]) -> Items:
    one, two, three = reader.value(found, "y", tuple)
    if three < 13 and one < two and two > 12:
        last = calendar.next_date(reader.at.today, three, two)
        first = last and calendar.made(last.year, last.month, one)
        return span_item(found, DateSpan(first, last) if first and last else None)
    month, day = _ordered(reader, one, two)
    return day_item(found, calendar.made(three + 2000 if three < 100 else three, month, day))


def _month_day(reader: Reader, found: re.Match[str]) -> Items:
    """Read "3. Dezember", "December 3rd", "15th of February 2027"."""
    group = "d" if reader.has(found, "d") else "o"
    day, month = reader.integer(found, group), reader.integer(found, "m")
    if reader.has(found, "y"):
        year = _year(reader, found)
        return day_item(found, calendar.made(year, month, day)) if year else None
    return day_item(found, calendar.next_date(reader.at.today, month, day), has_year=False)


def _spaced_date(reader: Reader, found: re.Match[str]) -> Items:
    """Read "20 3 2026"."""
    one, two = reader.integer(found, "d"), reader.integer(found, "n")
    year = _year(reader, found)
    month, day = _ordered(reader, one, two)
    return day_item(found, calendar.made(year, month, day)) if year else None


def _year(reader: Reader, found: re.Match[str]) -> int | None:
    """Return the year said, None where the figures are more likely a clock time."""
    token = reader.token(found, "y")
    value = reader.integer(found, "y")
    this = reader.at.today.year
    if token.tag == "y" and this - _PAST_YEARS < value <= this + 20:
        return value
    if token.tag == "n" and value in {this % 100, this % 100 + 1} and token.text.isdigit():
        return 2000 + value
    return None


def _ordinal_pair(reader: Reader, found: re.Match[str]) -> Items:
    day, month = reader.integer(found, "d"), reader.integer(found, "m")
    return day_item(found, calendar.next_date(reader.at.today, month, day), has_year=False)


def _day_of_month(reader: Reader, found: re.Match[str]) -> Items:
    """Read "am 15.", "on the first", "the 25th": the coming one."""
    token = reader.token(found, "d")
    day = reader.integer(found, "d")
    before = reader.tokens[found.start() - 1] if found.start() else None
    after = reader.tokens[found.end()] if found.end() < len(reader.tokens) else None
    if after is not None and after.tag == "p" and token.text.endswith("."):
        return day_item(found, calendar.next_day_of_month(reader.at.today, day), has_year=False)
    led = "G" in found[0] or (before is not None and before.tag in "vtbBaAq-&/")
    if after is not None and (after.text in _COUNTED or (not led and after.tag == "P")):
        return None
    if not led:
        is_word = token.text.isalpha() and (found[0][0] != "g" or day <= _LIKELY_PLACES)
        if token.tag == "n" or is_word or not (token.text[:1].isdigit() or token.text.isalpha()):
            return None
        if token.text.endswith(".") and not (
            found[0][0] == "g" or _list_follows(reader, found) or _is_listed(reader, found)
        ):
            return None
    day_found = calendar.next_day_of_month(reader.at.today, day)
    return day_item(found, day_found, day_only=day, has_year=False)


def _list_follows(reader: Reader, found: re.Match[str]) -> bool:
    return bool(re.match(r"g*[-tb/&|]g*[ODMn]", reader.tags[found.end() :]))


def _is_listed(reader: Reader, found: re.Match[str]) -> bool:
    """Tell whether it is of a list whose last day has a month: "11., 12. oder 13.3."."""
    return bool(re.match(r"(?:,g*O)*[|&]g*(?:D|O[./]?m)", reader.tags[found.end() :]))


def _weekday_and_number(reader: Reader, found: re.Match[str]) -> Items:
    """Read "Tuesday the 19th": the coming 19th that is a Tuesday; other days are asked about."""
    weekday, day = reader.integer(found, "w"), reader.integer(found, "d")
    today = reader.at.today
    plain = calendar.next_day_of_month(today, day)
    if plain is None:
        return None
    matching = calendar.next_day_of_month(today, day, weekday)
    token = reader.token(found, "d")
    if token.tag == "n" and _tells_clock(reader, found, day):
        return None
    if token.tag == "n" and day <= 12 and (matching is None or matching != plain):
        return None
    if matching == plain:
        return day_item(found, plain, day_only=day, has_year=False)
    others = [plain, nearest_weekday(plain, weekday, today)]
    best = matching or plain
    return day_item(found, best, day_only=day, has_year=False,
                    others=tuple(dict.fromkeys(d for d in others if d != best)))  # fmt: skip


def _tells_clock(reader: Reader, found: re.Match[str], number: int) -> bool:
    """Tell the 20 of "Friday 20 past 4", the 15 of "Freitag 15,30 Uhr" from days of a month."""
    if reader.tags.startswith(",nh", found.end()):
        comma = reader.tokens[found.end()]
        return reader.tokens[found.end() + 1].start == comma.end
    after = re.match(r"u?[ABt]g*(?:n(?!h)|f)", reader.tags[found.end() :])
    if after is None or number not in {5, 10, 20, 25}:
        return False
    hour = reader.tokens[found.end() + after.end() - 1].value
    return not isinstance(hour, int) or hour <= _HOURS


def nearest_weekday(day: date, weekday: int, today: date) -> date:
    """Return the such weekday closest to a day, not before today."""
    around = [calendar.shifted(day, n) for n in (0, -1, 1, -2, 2, -3, 3, -4, 4)]
    return next((d for d in around if d.weekday() == weekday and d >= today), day)


def _weekday(reader: Reader, found: re.Match[str]) -> Items:
    weekday = reader.integer(found, "w")
    today = reader.at.today
    which = reader.value(found, "q", str) if reader.has(found, "q") else ""
    if which == THIS or not which:
        # who means today says so; "this Tuesday" may still be it
        near = (
            calendar.shifted(today, (weekday - today.weekday()) % 7)
            if which
            else coming(today, weekday)
        )
        return day_item(found, near, weekday=weekday, text=which)
    if which == AFTER_THIS:
        near = calendar.shifted(today, (weekday - today.weekday()) % 7)
        return day_item(found, calendar.shifted(near, 7), is_relative=True)
    if which in {LAST, BEFORE_LAST}:
        back = (7 if weekday != today.weekday() else 14) + (7 if which == BEFORE_LAST else 0)
        return day_item(found, calendar.shifted(coming(today, weekday), -back))
    following_day = coming(today, weekday)
    if which == COMING:
        return day_item(found, following_day, weekday=weekday, is_relative=True)
    following = calendar.shifted(calendar.monday(today), 7 + weekday)
    if which == NEXT:
        unclear = (following_day - today).days > 2 and following_day != following
        return day_item(found, following, weekday=weekday, is_relative=True,
                        others=(following_day,) if unclear else ())  # fmt: skip
    return day_item(found, calendar.shifted(following_day, 7))


def _weekday_after_next(reader: Reader, found: re.Match[str]) -> Items:
    near = coming(reader.at.today, reader.integer(found, "w"))
    return day_item(found, calendar.shifted(near, 7))


def _weekly(reader: Reader, found: re.Match[str]) -> Items:
    token = reader.token(found, "w")
    days = frozenset({token.value}) if isinstance(token.value, int) else token.value
    assert isinstance(days, frozenset)
    is_weekly = reader.has(found, "j") and reader.text(found, "j") not in _WHICHEVER
    return [Item("W", found.start(), found.end(), weekdays=days, is_weekly=is_weekly)]


def _series(reader: Reader, found: re.Match[str]) -> Items:
    """Read "jede Woche", "every two weeks": a series, whatever its days."""
    if reader.text(found, "j") in _WHICHEVER or reader.value(found, "u", str) not in _PERIODS:
        return None
    return [Item("=", found.start(), found.end())]


def _dotted_day(reader: Reader, found: re.Match[str]) -> Items:
    """Read "am 10.10" and "on 4.22" as days."""
    one, two = reader.value(found, "x", tuple)
    month, day = (one, two) if two > 12 else (two, one)
    return day_item(found, calendar.next_date(reader.at.today, month, day), has_year=False)


def _dotted_with_year(reader: Reader, found: re.Match[str]) -> Items:
    """Read "24.11 2017"."""
    day, month = reader.value(found, "x", tuple)
    year = _year(reader, found)
    return day_item(found, calendar.made(year, month, day)) if year else None


def _last_day_of(reader: Reader, found: re.Match[str]) -> Items:
    """Read "last day of October", "der letzte Tag im Monat"."""
    month = month_said(reader, found)
    if month is None or month.last is None or reader.value(found, "t", str) != DAY:
        return None
    which = {LAST: 0, BEFORE_LAST: 1}.get(reader.value(found, "n", str))
    if which is None:
        return None
    back = reader.integer(found, "o") - 1 if reader.has(found, "o") else which
    return day_item(found, calendar.shifted(month.last, -back))


def _holiday(reader: Reader, found: re.Match[str]) -> Items:
    name = reader.value(found, "h", str)
    which = reader.integer(found, "n") if reader.has(found, "n") else 1
    if name == "christmas" and which == 2:
        name, which = "boxing_day", 1
    at = reader.at
    if name == "public_holiday":
        return day_item(found, feasts.next_public_holiday(at.today, at.state))
    if name == "bridge_day":
        return day_item(found, feasts.next_bridge_day(at.today, at.state))
    if reader.has(found, "u"):
        if reader.value(found, "u", str) != YEAR:
            return None
        year = at.today.year + steps(reader.value(found, "q", str))
        return day_item(found, feasts.feast(name, year, which))
    if reader.has(found, "y"):
        year = reader.integer(found, "y")
        return day_item(found, feasts.feast(name, year, which) if 1990 < year < 2100 else None)
    return day_item(found, feasts.next_feast(name, at.today, which), has_year=False)


def _numbered_of_month(reader: Reader, found: re.Match[str]) -> Items:
    """Read "the 20th of next month", "the 1st of this month", "dritter Tag im Oktober"."""
    day = reader.integer(found, "d")
    month = month_said(reader, found)
    if month is None or not 1 <= day <= 31:
        return None
    if reader.has(found, "t") and reader.value(found, "t", str) != DAY:
        return None
    if reader.token(found, "d").tag == "n" and reader.text(found, "u").endswith(("s", "e", "en")):
        return None
    return day_item(found, calendar.made(month.first.year, month.first.month, day))


def month_said(reader: Reader, found: re.Match[str]) -> DateSpan | None:
    """Return the month of group m (with year y), or of q and u; None where u is no month."""
    today = reader.at.today
    if reader.has(found, "m"):
        number = reader.integer(found, "m")
        if reader.has(found, "y"):
            year = reader.integer(found, "y")
            return calendar.month(year, number) if 1990 < year < 2100 else None
        return calendar.next_month_named(today, number)
    if reader.value(found, "u", str) != MONTH:
        return None
    which = reader.value(found, "q", str) if reader.has(found, "q") else THIS
    return calendar.month(today.year, today.month + steps(which))


def numbered(reader: Reader, found: re.Match[str]) -> int | None:
    """Return 2 for "zweiter", -1 for "letzter", -2 for "vorletzter", None for other words."""
    token = reader.token(found, "n")
    if token.tag == "q":
        return {LAST: -1, BEFORE_LAST: -2}.get(str(token.value))
    return reader.integer(found, "n")


def _nth_weekday_of(reader: Reader, found: re.Match[str]) -> Items:
    """Read "first Monday of next month", "letzter Freitag im Oktober"."""
    month = month_said(reader, found)
    if month is None:
        return None
    number = numbered(reader, found)
    if number is None:
        return None
    weekday = reader.integer(found, "w")
    day = calendar.nth_weekday(month, weekday, number)
    if day is not None and day < reader.at.today and reader.has(found, "m"):
        later = calendar.month(month.first.year + 1, month.first.month)
        day = day if reader.has(found, "y") else calendar.nth_weekday(later, weekday, number)
    items = day_item(found, day)
    if items and reader.has(found, "p"):
        part = str(reader.value(found, "p", str))
        items.append(Item("T", found.start("p"), found.end("p"), part=part))
    return items


_NO_CLOCK = r"(?![hz4%u0CM]|g*m|[-tb&]g*(?:n[hz]|f|C)|n|-n)"

RULES: tuple[Rule, ...] = (
    rule("D", r"(?P<d>D)", _full_date),
    rule("D", r"(?P<d>D)h", _date_and_hour),
    rule("D", r"(?P<d>D)(?P<y>y)(?![hz])", _date_and_year),
    rule("w", r"w[-tb/]w(?=[,g]*(?:O[-tb/&]|n-n|D[-tb]))", _named_again),
    rule("S", r"(?P<s>S)(?![uh])", _slashed),
    rule("Y", r"(?P<y>Y)", _dashed),
    rule("On", r"(?P<d>[On])[g,/.-]*(?P<m>m)[,g/.-]*(?P<y>y(?![hz%])|n(?![hz:%u-]|[,g]*m))",
         _month_day),
    rule("On", r"(?P<d>[On])[g,/.-]*(?P<m>m)(?P<y>)", _month_day),
    rule("m", r"(?P<m>m)[-/.g]*(?P<d>[On])[,g]*(?P<y>y(?![hz%])|n(?![hz:%u-]))", _month_day),
    rule("m", r"(?P<m>m)(?:[-/.g]*(?P<d>O|n(?![hz%u]))|,(?P<o>O))(?P<y>)", _month_day),
    rule("n", r"(?P<d>n),?(?P<n>n),?(?P<y>y)(?![hz:%u-])", _spaced_date),
    rule("y", r"(?P<y>y)[/-](?P<m>m)[/-](?P<d>[nO])", _month_day),
    rule("GgO", r"G?g*(?P<d>O)/?g*(?P<m>O)(?!g*[muwH])", _ordinal_pair),
    rule("GgO", r"(?:Gg*)?g*(?P<d>O)(?!g*[uwHmK]|f(?![nO1])|n[hz])", _day_of_month),
    rule("G", r"Gg*(?P<d>n)" + _NO_CLOCK, _day_of_month),
    rule("w", r"(?P<w>w)[,g]*G?g*(?P<d>O)(?!g*[muO]|/O)", _weekday_and_number),
    rule("w", r"(?P<w>w)g*(?P<d>n)" + _NO_CLOCK + r"(?![-p]|[iIgG]+p)", _weekday_and_number),
    rule("w", r"(?P<w>w)(?P<q>)", _weekday),
    rule("q", r"(?P<q>q)g*(?P<w>w)", _weekday),
    rule("w", r"(?P<w>w)Ag*q", _weekday_after_next),
    rule("W", r"(?P<w>W)", _weekly),
    rule("j", r"(?P<j>j)O?(?P<w>[wW])", _weekly),
    rule("j", r"(?P<j>j)(?P<n>[nO1])?(?P<u>u)", _series),
    rule("Gi", r"[Gi](?P<x>M)", _dotted_day),
    rule("M", r"(?P<x>M)[.]?(?P<y>y)", _dotted_with_year),
    rule("OH", r"(?:(?P<n>O)g*)?(?P<h>H)(?:[,g]*(?P<y>y)|g*(?P<q>q)g*(?P<u>u))?", _holiday),
    rule("q", r"q(?P<n>)(?P<h>H)(?P<y>)", _holiday),
    rule("gqO", r"g*(?P<o>O)?(?P<n>q)g*(?P<t>u)[ig]+(?:(?:(?P<q>q)g*)?(?P<u>u)|(?P<m>m)"
               r"(?:[,g]*(?P<y>y))?)", _last_day_of),
    rule("On", r"(?P<d>[On])(?P<t>u(?=g*q?g*[um]))?g*(?:(?P<q>q)g*)?(?P<u>u)(?P<m>)(?P<y>)",
         _numbered_of_month),
    rule("O", r"(?P<d>O)(?P<t>u)[ig]*(?P<m>m)(?P<y>)", _numbered_of_month),
    rule("Oq", r"(?P<n>[Oq])g*(?P<w>w)(?P<p>p)?[ig]+(?:(?P<q>q)g*)?(?:(?P<m>m)|(?P<u>u))"
               r"(?:[,g]*(?P<y>y))?", _nth_weekday_of),
)  # fmt: skip
