"""Joins phrases: weekday with date, first with last, clock with part of day, day with length."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from bot.understanding.dates import calendar
from bot.understanding.dates.days import nearest_weekday
from bot.understanding.dates.figures import settled_figures
from bot.understanding.dates.items import Circumstances, Item
from bot.understanding.dates.joined_days import (
    PLACED,
    after_length,
    days_long,
    days_said,
    in_year,
    is_vague,
    later_than_day,
    month_shared,
    nights_there,
    stays,
    week_of,
    weekday_beside_day,
)
from bot.understanding.dates.joined_hours import (
    as_clock,
    clock_in_part,
    hour_in_list,
    hour_to_hour,
    hours_in_part,
    hours_long,
    later_than_clock,
    moment_to_moment,
    named,
    number_beside,
    over,
    parts_of_hours,
)
from bot.understanding.dates.joined_ranges import (
    first_to_last,
    from_day_of_period,
    listed_days,
    moment_to_day,
    number_to_date,
    part_to_day,
    part_to_part_of_days,
    weekly_range,
)
from bot.understanding.dates.windows import half_of_day
from bot.understanding.dates.words import NOONS, PARTS
from bot.understanding.patterns import compiled
from bot.understanding.wish import DateSpan

Join = Callable[[Circumstances, list[Item]], "list[Item] | None"]


class Joining(NamedTuple):
    """A pattern over the tags of items, and what becomes of what it finds."""

    pattern: str
    join: Join


def combine(items: list[Item], at: Circumstances) -> list[Item]:
    """Return the items joined as far as they belong together."""
    items = settled_figures(items, at)
    for each in JOININGS[:_PLACED]:
        items = _rewritten(items, each, at)
    items = _weekdays_in_period(items)
    for each in JOININGS[_PLACED:]:
        items = _rewritten(items, each, at)
    return stays(items)


def _rewritten(items: list[Item], joining: Joining, at: Circumstances) -> list[Item]:
    tags = "".join(i.tag for i in items)
    start = 0
    pattern = compiled(joining.pattern)
    while found := pattern.search(tags, start):
        joined = joining.join(at, items[found.start() : found.end()])
        if joined is None:
            start = found.start() + 1
            continue
        items = [*items[: found.start()], *joined, *items[found.end() :]]
        tags = "".join(i.tag for i in items)
        start = found.start() + (0 if len(joined) < found.end() - found.start() else len(joined))
    return items


# ---------------------------------------------------------------- days with days


def _weekday_with_date(at: Circumstances, group: list[Item]) -> list[Item] | None:
    """Let "Montag, 1.12." be one day; ask where the two disagree."""
    one, two = named(group, "D")
    name, explicit = (one, two) if is_vague(one) else (two, one)
    if not is_vague(name) or is_vague(explicit):
        return None
    assert explicit.days is not None
    assert name.days is not None
    day = explicit.days.first
    if name.weekday is None:
        fits = name.days.first == day or explicit.day_only is not None
        return [over(explicit, group, others=() if fits else (name.days.first,))]
    if day.weekday() == name.weekday:
        return [over(explicit, group)]
    if explicit.day_only is not None:
        match = calendar.next_day_of_month(at.today, explicit.day_only, name.weekday)
        if match is not None:
            return [over(explicit, group, days=DateSpan(match, match),
                          others=(day, nearest_weekday(day, name.weekday, at.today)))]  # fmt: skip
    if day < at.today:
        return [over(explicit, group)]
    return [over(explicit, group, others=(nearest_weekday(day, name.weekday, at.today),))]


def _weekday_of_week(_: Circumstances, group: list[Item]) -> list[Item] | None:
    """Let "Tuesday next week" be the Tuesday of that week."""
    day, period = named(group, "D")[0], named(group, "P")[0]
    placed = _placed(day, period)
    return [over(placed, group)] if placed else None


def _numbered_in_month(day: Item, period: Item) -> Item | None:
    """Return the day of "the 5th next month"; only whole months have numbered days."""
    span = period.days
    if span is None or day.day_only is None or period.op or day.op:
        return None
    if span != calendar.month(span.first.year, span.first.month):
        return None
    found = calendar.made(span.first.year, span.first.month, day.day_only)
    return replace(day, days=DateSpan(found, found), day_only=None) if found else None


def _placed(day: Item, period: Item) -> Item | None:
    if day.day_only is not None:
        return _numbered_in_month(day, period)
    if day.weekday is None or period.days is None or period.days.last is None:
        return None
    length = (period.days.last - period.days.first).days
    if not 3 <= length <= 7:
        return None
    inside = [d for d in calendar.days_of(period.days) if d.weekday() == day.weekday]
    if len(inside) != 1:
        return None
    # the name stays known: "not on Friday" of that week means every Friday
    return replace(day, days=DateSpan(inside[0], inside[0]), others=(), is_relative=False,
                   text=PLACED)  # fmt: skip


def _weekdays_in_period(items: list[Item]) -> list[Item]:
    """Let names of days said apart from "next week" or "in December" lie within it."""
    periods = [i for i in items if i.tag == "P" and i.days and i.days.last and not i.op]
    if len(periods) != 1:
        return items
    period = periods[0]
    assert period.days is not None
    assert period.days.last is not None
    if (period.days.last - period.days.first).days < 3:
        return items
    inside: list[Item] = []
    for item in items:
        if item.tag != "D" or item.weekday is None:
            inside.append(item)
            continue
        placed = _placed(item, period)
        inside.append(
            placed or replace(item, tag="W", days=None, weekdays=frozenset({item.weekday}))
        )
    return inside


# ---------------------------------------------------------------- bounds


_EARLIER = frozenset({"earlier", "sooner", "frueher", "davor", "vorher"})
_TRAILING = ("frueh", "spaet", "at", "onward", "and later")


def _trailing_bound(_: Circumstances, group: list[Item]) -> list[Item] | None:
    """Read "14 Uhr frühestens" and "18 Uhr oder später"."""
    clock = as_clock(group[0])
    if clock is None:
        return None
    word = group[-1]
    if word.tag in "ab" and not word.text.startswith(_TRAILING):
        return None
    op = {"a": "a", "b": "b", "A": "a", "B": "b"}.get(word.tag)
    op = op or ("b" if word.text in _EARLIER else "a")
    return [over(clock, group, op=op)]


def _onwards(_: Circumstances, group: list[Item]) -> list[Item] | None:
    """Read "Tuesday onwards", "Tuesday or earlier" and "von Montag an" as bounds."""
    last, day = group[-1], named(group, "D")[0]
    if last.tag in "ab" and last.text.startswith(("at the", "fruehest", "spaetest", "allers")):
        return [over(day, group, op=last.tag)]
    if len(group) > 2 and group[-2].tag == "|":
        return [over(day, group, op="b" if last.tag == "B" or last.text in _EARLIER else "a")]
    if last.text not in {"onwards", "onward", "later", "spaeter", "and later", "an"}:
        return None
    return [over(day, group, op="a")]


def _with_bound(_: Circumstances, group: list[Item]) -> list[Item] | None:
    """Give a phrase the "ab", "bis", "nach" or "vor" before it; the last one counts."""
    phrase = group[-1]
    if phrase.op:
        return None
    if phrase.tag == "N":
        clock = as_clock(phrase)
        if clock is None or phrase.number == 0:
            return None
        phrase = clock
    return [over(phrase, group, op=group[-2].tag)]


def _starting(_: Circumstances, group: list[Item]) -> list[Item] | None:
    """Read "von morgen an", "from Monday on", "from 3" as an open start."""
    phrase = group[-1]
    if phrase.tag == "N":
        clock = as_clock(phrase)
        if clock is None or phrase.number == 0:
            return None
        phrase = clock
    if phrase.text == "range":
        return [phrase]
    if phrase.tag in "DP" and group[0].text != "from":
        return None
    if phrase.tag == "C" and group[0].text not in {"from", "von"}:
        return None
    return [over(phrase, group, op="a")]


def _weekday_and_time_with_date(at: Circumstances, group: list[Item]) -> list[Item] | None:
    """Join the day of "Samstag Nachmittag 27.5."."""
    first, between, last = group[0], group[1], group[-1]
    if first.weekday is None or is_vague(last):
        return None
    joined = _weekday_with_date(at, [first, last])
    return [*joined, between] if joined else None


def _ordinal_as_hour(_: Circumstances, group: list[Item]) -> list[Item] | None:
    """Read the end of "from 1:30 p.m. to 4." as an hour, the point as that of the sentence."""
    item = group[0]
    if item.day_only is None or not 0 < item.day_only <= 24 or item.weekday is not None:
        return None
    return [replace(item, tag="N", number=item.day_only, days=None, day_only=None, text="4")]


def _part_to_part(_: Circumstances, group: list[Item]) -> list[Item] | None:
    """Read "9am to noon", "mittags bis 15 Uhr"; noon is twelve there."""
    first, last = named(group, "CT")
    if first.tag == last.tag == "C":
        return None
    if group[-2].tag == "b" and first.tag == "T" and first.part not in NOONS:
        return None
    start = first.minutes if first.tag == "C" else PARTS[first.part][0]
    hours = (last.minutes, last.minutes) if last.tag == "C" else PARTS[last.part]
    end = hours[0 if last.part in NOONS else 1]
    if last.tag == "C" and last.is_open and end <= start:
        end += 720
    is_open = first.tag == "C" and first.is_open and start < 420
    return [over(replace(first, tag="R"), group, minutes=start, until=end % 1440,
                 is_open=is_open)]  # fmt: skip


def _noon_to_hour(_: Circumstances, group: list[Item]) -> list[Item] | None:
    """Read "noon to 3" and "between noon and 2"."""
    noon, end = named(group, "T")[0], as_clock(group[-1])
    if noon.part not in NOONS or end is None or end.minutes == 0:
        return None
    until = end.minutes + (720 if end.is_open and end.minutes <= 720 else 0)
    return [over(replace(noon, tag="R", part=""), group, minutes=720, until=until % 1440)]


def _late_on_day(_: Circumstances, group: list[Item]) -> list[Item] | None:
    """Read "late Friday afternoon"."""
    word, day, part = group
    whole = f"{word.text}_{part.part}"
    return [day, over(part, [part, word], part=whole)] if whole in PARTS else None


def _bound_in_day(_: Circumstances, group: list[Item]) -> list[Item] | None:
    """Read "bis morgen Mittag", "from Friday afternoon" as up to or from that moment."""
    day, part = group[-2], group[-1]
    op = next(i.tag for i in reversed(group) if i.tag in "aAbB")
    if day.op or part.op or day.days is None:
        return None
    start, end = PARTS[part.part]
    is_noon = part.part in NOONS
    late = start if is_noon else end
    minutes = {"a": start, "A": start + 60 if is_noon else end, "B": start}.get(op, late)
    clock = replace(part, tag="C", part="", minutes=min(minutes, 1439))
    return [over(day, group[:-1], op=op), clock]


def _from_part_of_day(at: Circumstances, group: list[Item]) -> list[Item] | None:
    """Read "from tomorrow afternoon" as from that moment."""
    if group[0].text not in {"from", "von"}:
        return None
    return _bound_in_day(at, [replace(group[0], tag="a"), *group[1:]])


def _hour_to_hour_in_part(_: Circumstances, group: list[Item]) -> list[Item] | None:
    """Read "2 to 4 in the afternoon": the part of day is that of both hours."""
    first, last = (as_clock(i) for i in named(group, "CN"))
    if first is None or last is None:
        return None
    end = half_of_day(last.minutes, [group[-1]], None, is_open=last.is_open)
    start = first.minutes
    if first.is_open:
        start = next((m for m in (start % 720 + 720, start % 720) if m < end), start)
    return [over(replace(first, tag="R"), group, minutes=start, is_open=False, until=end,
                 until_open=False)]  # fmt: skip


def _hour_to_noon(_: Circumstances, group: list[Item]) -> list[Item] | None:
    """Read "between ten and noon"."""
    start = as_clock(named(group, "CN")[0])
    if start is None or group[-1].part not in NOONS or not 0 < start.minutes < 720:
        return None
    return [over(replace(start, tag="R"), group, is_open=False, until=720)]


def _bare_hours(at: Circumstances, group: list[Item]) -> list[Item] | None:
    """Read a whole message "9-5" or "8 bis 10" as hours."""
    return hour_to_hour(at, [i for i in group if i.tag != "."])


def _hours_on_day(at: Circumstances, group: list[Item]) -> list[Item] | None:
    """Read "between Friday 9am and 11am"."""
    hours = hour_to_hour(at, group[2:])
    return [group[1], *hours] if hours else None


def _early_or_late(_: Circumstances, group: list[Item]) -> list[Item] | None:
    """Read "am 2.9. früh" and "Friday late"."""
    word = named(group, "e")[0]
    part = "early_morning" if word.text == "early" else "late_evening"
    return [replace(i, tag="T", part=part) if i is word else i for i in group]


def _joining(pattern: str, join: Join) -> Joining:
    return Joining(pattern, join)


_PLACED = 6
"""After so many joinings names of days are placed in the week or month said."""

JOININGS: tuple[Joining, ...] = (
    _joining(r"[DP],?P|P,?D", in_year),
    _joining(r"D[,]?D(?![-b]D)|D(?=[,]?D)[,]?D", _weekday_with_date),
    _joining(r"P[,]?D", _weekday_of_week),
    _joining(r"D[,]?P", _weekday_of_week),
    _joining(r"[lo]D", week_of),
    _joining(r"D[TC],?D(?!,?[TC])", _weekday_and_time_with_date),
    _joining(r"Fd,?a?v?D|[av]D,?Fd", days_long),
    _joining(r"D[AB]D", weekday_beside_day),
    _joining(r"eDT", _late_on_day),
    _joining(r"v?T[CN][-tb]v?T[CN]", parts_of_hours),
    _joining(r"CT(?=[-tb])|(?<=v)NT(?=[-tb])", clock_in_part),
    _joining(r"v?[CN][-tb]v?[CN]T", _hour_to_hour_in_part),
    _joining(r"v[CN][-&tb]v?[CN]T", _hour_to_hour_in_part),
    _joining(r"v?T[-tb]N(?![xd%DPM])|vT&[CN]", _noon_to_hour),
    _joining(r"v?D,?[CT][-tb]v?D,?T|v?D,?T[-tb]v?D,?C", part_to_part_of_days),
    _joining(r"(?<![DP])[aAbB]+DT(?![-tbCNR])", _bound_in_day),
    _joining(r"v?DT[-tb]v?D(?![TC])", part_to_day),
    _joining(r"vDT(?![-tb&CNR])", _from_part_of_day),
    _joining(r"v?[CT][-tb][CT]", _part_to_part),
    _joining(r"v[CN][&tb-]T", _hour_to_noon),
    _joining(r"Ad", after_length),
    _joining(r"(?<!F)d[vAB][CT]", later_than_clock),
    _joining(r"CT(?=[-tb])|(?<=[-tb])[CN]T", clock_in_part),
    _joining(r"v?N-D", number_to_date),
    _joining(r"(?<=[CN][-tb])D$|(?<=[CN][-tb])D(?=[.])", _ordinal_as_hour),
    _joining(r"d[vAaB]D", later_than_day),
    _joining(r"P,?D", _weekday_of_week),
    _joining(r"[va]?[CN]F?d|Fd[va][CN]|Fdv?C", hours_long),
    _joining(r"P,?[aAB]D(?!,?[-tb])|P,?vD(?!,?[-tb&])", from_day_of_period),
    _joining(r"[va]?[DP],?[-tb]v?[DP]", first_to_last),
    _joining(r"v[DP]&[DP]", first_to_last),
    _joining(r"v?W[-tb]W", weekly_range),
    _joining(r"v?D,?d(?!v)|d,?[va]D", nights_there),
    _joining(r"D,?Fd|aD,?d", days_said),
    _joining(r"D(?:,D)*[|&]D|D(?:,D)*,P", month_shared),
    _joining(r"D/D", listed_days),
    _joining(r"v?D,?a?C,?[-tb]v?D,?C|v?CDT?[-tb]v?CDT?", moment_to_moment),
    _joining(r"v?D,?[av]?C,?[-tb]v?D(?!,?[TCN])", moment_to_day),
    _joining(r"[CN](?:,[CN])*[|&][CN]T", hours_in_part),
    _joining(r"[CN](?:,[CN])+[|&]C", hour_in_list),
    _joining(r"C[|&,]N(?![xd%])|N[|&]C", hour_in_list),
    _joining(r"[vab]?C[-tb]v?[CN]|[vab]?N[-tb]v?C|v[CN][-&tb/][CN]|C/C", hour_to_hour),
    _joining(r"^N[-tb]N[.]?$", _bare_hours),
    _joining(r"(?<=[DPTR])N[-tb]N|(?<=[DP],)N[-t]N|N[-tb]N(?=[DPT])", hour_to_hour),
    _joining(r"N,?(?=[DT])[DT]|T,?N|DN", number_beside),
    _joining(r"N[|]C|C[|]N(?![xd%])", hour_in_list),
    _joining(r"vDC&C", _hours_on_day),
    _joining(r"[CN][|][AB](?![DPCNTRM])|N[ab](?![CDNTRMPx])", _trailing_bound),
    _joining(r"C[|]?L|N[|]L|C[ab](?![CDNTRMP])|C[,]?[ab]$", _trailing_bound),
    _joining(r"v?D(?:[|]L|[|][AB]|[ab])(?![CDNTRMPx~d])", _onwards),
    _joining(r"[aAbB]+v?[aAbB]?(?<=[aAbB])[DPCNTR]", _with_bound),
    _joining(r"v[DPCNT]", _starting),
    _joining(r"D[,E]?e|eD", _early_or_late),
)  # fmt: skip
