"""Phrases that name hours: clock times in figures and words, and parts of the day."""

import re

from bot.understanding.dates.calendar import shifted
from bot.understanding.dates.items import Item, Reader, Rule, rule
from bot.understanding.dates.tokens import Token
from bot.understanding.dates.words import NOONS, PARTS
from bot.understanding.wish import DateSpan

Items = list[Item] | None
NOON = 720
EVENING = 8
"""From this hour on "nachts" is the late evening: "elf Uhr nachts" is 23:00."""
_PEOPLE = frozenset(
    [
        "people",
        "persons",
        "person",
        "personen",
        "leute",
        "guests",
        "guest",
        "kinder",
        "kids",
        "adults",
    ]
)


def clock_item(found: re.Match[str], minutes: int, half: str = "", **more: bool) -> Items:
    """Return a clock time, None where there is none; `half` is a or p where it was said."""
    if not 0 <= minutes <= 1440:
        return None
    is_open = 60 <= minutes < 780
    if half and minutes < 780:
        minutes = minutes % NOON + (NOON if half == "p" else 0)
        is_open = False
    return [
        Item("C", found.start(), found.end(), minutes=minutes, is_open=is_open,
             is_near=more.get("is_near", False), is_weak=more.get("is_weak", False),
             has_half=bool(half))
    ]  # fmt: skip


def _half(reader: Reader, found: re.Match[str]) -> str:
    return str(reader.token(found, "z").value) if reader.has(found, "z") else ""


def _near(found: re.Match[str]) -> bool:
    return "~" in found[0]


def _figures(reader: Reader, found: re.Match[str]) -> Items:
    token = reader.token(found, "c")
    minutes = reader.integer(found, "c")
    items = clock_item(found, minutes, _half(reader, found), is_near=_near(found))
    if items and token.text.startswith("0") and not reader.has(found, "z"):
        # 06:30 is written by those who mean the morning
        return [Item("C", found.start(), found.end(), minutes=minutes, is_near=_near(found))]
    return items


def _hour(reader: Reader, found: re.Match[str]) -> Items:
    """Read "14 Uhr 30", "3pm", "um drei", "five ten p.m."."""
    hour = reader.integer(found, "n")
    minute = reader.integer(found, "m") if reader.has(found, "m") else 0
    if not 0 <= hour <= 24 or not 0 <= minute < 60:
        return None
    return clock_item(found, hour * 60 + minute, _half(reader, found), is_near=_near(found))


def _two_words(reader: Reader, found: re.Match[str]) -> Items:
    """Read "three twenty", "nine o nine": only where both are words, or a half of the day."""
    one, two = reader.token(found, "n"), reader.token(found, "m")
    spelled = _is_word(one) and _is_word(two)
    in_part = bool(re.match(r"[igG]*p", reader.tags[found.end() :])) and len(two.text) == 2
    led = reader.has(found, "z") or "c" in found[0] or _ends_range(reader, found)
    if not (spelled or in_part or led or _stands_alone(reader, found)):
        return None
    if reader.integer(found, "m") < 10 and "0" not in found[0] and len(two.text) != 2:
        return None
    if "-" in found[0] and not spelled:
        return None
    return _hour(reader, found)


def _spaced(reader: Reader, found: re.Match[str]) -> Items:
    """Read "15 30 Uhr" and "15,30 Uhr"."""
    hour, minute = reader.token(found, "n"), reader.token(found, "m")
    gap = 1 if hour.end < minute.start else 0
    is_minute = len(minute.text) == len("30") and minute.text.isdecimal()
    if not is_minute or minute.start - hour.end != 1 or ("," in found[0]) > gap:
        return None
    return _hour(reader, found)


def _ends_range(reader: Reader, found: re.Match[str]) -> bool:
    """Tell the 22 45 of "between 2 and 22 45"."""
    before = reader.tags[: found.start()]
    return (
        bool(re.search(r"v[nC]n?[-&tb]$|[nC][-tb]$", before)) and len(reader.text(found, "m")) == 2
    )


def _stands_alone(reader: Reader, found: re.Match[str]) -> bool:
    """Tell the 13 50 of "13 50 works" from figures that count something."""
    minute = reader.text(found, "m")
    before = reader.tags[: found.start()][-1:]
    after = reader.tags[found.end() : found.end() + 1]
    apart = reader.token(found, "m").start - reader.token(found, "n").end
    return (
        len(minute) == 2
        and minute.isdecimal()
        and reader.integer(found, "m") % 5 == 0
        and apart == 1
        and before not in {*"nOmDF#%34yCMS-/:"}
        and after not in {*"numhOM%-34yDS:/w"}
    )


def _is_word(token: Token) -> bool:
    return not any(c.isdigit() for c in token.text)


def _dotted(reader: Reader, found: re.Match[str]) -> Items:
    hour, minute = reader.value(found, "x", tuple)
    if hour > 24 or minute > 59 or len(reader.text(found, "x").partition(".")[2]) != 2:
        return None
    return clock_item(found, hour * 60 + minute, _half(reader, found), is_near=_near(found))


def _led_number(reader: Reader, found: re.Match[str]) -> Items:
    """Read "um 3", "gegen 9", "at 5": not "around 10 people"."""
    after = reader.tokens[found.end()] if found.end() < len(reader.tokens) else None
    if after is not None and after.text in _PEOPLE:
        return None
    token = reader.token(found, "n")
    if token.tag == "O" and not token.text.endswith("."):
        return None
    return _hour(reader, found)


def _first_or_last(reader: Reader, found: re.Match[str]) -> Items:
    """Read the word of "am 16.10. ersten" and "den ersten am 16.10." as a preference."""
    token = reader.token(found, "o")
    is_last = found.end() >= len(reader.tags.rstrip("."))
    day_said = any(tag in "DSMmw" for tag in reader.tags[: found.start()])
    if (is_last and not day_said) or any(c.isdigit() for c in token.text):
        return None
    if token.value not in {1, "last"}:
        return None
    text = "earliest" if token.value == 1 else "latest"
    return [Item("J", found.start(), found.end(), text=text)]


def _slashed_hours(reader: Reader, found: re.Match[str]) -> Items:
    """Read "11/12 Uhr" as between the two."""
    one, two, *more = reader.value(found, "s", tuple)
    if more or not one < two <= 24:
        return None
    return [Item("R", found.start(), found.end(), minutes=one * 60, until=two * 60,
                 is_open=one < 12, until_open=two < 13)]  # fmt: skip


def _military(reader: Reader, found: re.Match[str]) -> Items:
    hour, minute = divmod(reader.integer(found, "n"), 100)
    led = "c" in found[0] or "~" in found[0] or reader.has(found, "z") or "h" in found[0]
    if hour > 24 or minute > 59:
        return None
    return clock_item(found, hour * 60 + minute, _half(reader, found),
                      is_weak=not led, is_near=_near(found))  # fmt: skip


def _fraction(reader: Reader, found: re.Match[str]) -> Items:
    """Read "halb drei" as 2:30, "half three" as 3:30, "viertel drei" as 2:15."""
    shift = reader.token(found, "f").value
    hour = NOON if reader.has(found, "p") else reader.integer(found, "n") * 60
    if not 0 <= hour <= 1440:
        return None
    if shift in {"half", "half_past"}:
        return clock_item(found, (hour + 30) % 1440, _half(reader, found))
    assert isinstance(shift, int)
    return clock_item(found, _by_day(hour - 60 + shift), _half(reader, found))


def _by_day(minutes: int) -> int:
    """Return "halb eins" as 12:30, not as half past midnight."""
    return minutes % 1440 + (NOON if minutes % 1440 < 60 else 0)


def _minutes_from(reader: Reader, found: re.Match[str]) -> Items:
    """Read "viertel nach acht", "ten to three", "fünf vor halb drei", "15 minutes before noon"."""
    if reader.has(found, "u") and reader.value(found, "u", str) != "minute":
        return None
    shift, side = _minutes_said(reader, found), reader.token(found, "s")
    if shift is None or not 0 < shift < 60:
        return None
    if reader.has(found, "p"):
        if reader.value(found, "p", str) not in NOONS:
            return None
        hour = NOON
    elif reader.has(found, "c"):
        hour = reader.integer(found, "c")
    else:
        hour = reader.integer(found, "n") * 60
    if reader.has(found, "h"):
        half = reader.token(found, "h").value
        hour += half - 60 if isinstance(half, int) else 30
    if side.tag == "t" and not _is_minutes_to(reader, found, shift):
        return None
    minutes = hour + (shift if side.tag == "A" else -shift)
    minutes = minutes % 1440 if reader.has(found, "c") else _by_day(minutes)
    return clock_item(found, minutes, _half(reader, found))


def _minutes_said(reader: Reader, found: re.Match[str]) -> int | None:
    value = reader.token(found, "f").value
    return value if isinstance(value, int) else None


def _is_minutes_to(reader: Reader, found: re.Match[str], shift: int) -> bool:
    """Tell "20 to 8" from hours "5 to 6"."""
    if reader.token(found, "s").text != "to":
        return False
    token = reader.token(found, "f")
    if reader.has(found, "p") and reader.tags[: found.start()].endswith("v"):
        return False  # "from 10 to noon"
    if token.tag == "f" or reader.has(found, "u") or reader.has(found, "p"):
        return True
    hour = reader.integer(found, "n") if reader.has(found, "n") else 0
    return shift in {20, 25} or (shift in {5, 10, 15} and ("c" in found[0] or shift >= hour > 0))


def _minutes_spoken(reader: Reader, found: re.Match[str]) -> Items:
    """Read "ein Uhr und vierundvierzig Minuten"."""
    return _hour(reader, found) if reader.value(found, "u", str) == "minute" else None


def _part(reader: Reader, found: re.Match[str]) -> Items:
    name = reader.value(found, "p", str)
    modifier = ""
    for group in ("e", "e2"):
        if reader.has(found, group):
            said = reader.value(found, group, str)
            modifier = {"later": "late", "earlier": "early"}.get(said, said)
    whole = f"{modifier}_{name}" if modifier else name
    part = whole if whole in PARTS else name
    items = [Item("T", found.start(), found.end(), part=part)]
    if reader.has(found, "q"):
        return _on_day(reader, found, items)
    return items


def _on_day(reader: Reader, found: re.Match[str], items: list[Item]) -> Items:
    """Read "this morning" as today's, "next evening" as tomorrow's, "last night"."""
    which = reader.value(found, "q", str)
    if which == "last" and not items[0].part.endswith(("night", "evening")):
        return None
    if which not in {"this", "next", "coming", "last"}:
        return None
    day = shifted(reader.at.today, {"this": 0, "last": -1}.get(which, 1))
    today = Item("D", found.start(), found.end(), days=DateSpan(day, day), is_relative=True)
    return [today, *items]


def _hours_called(reader: Reader, found: re.Match[str]) -> Items:
    """Read "at 16 hrs"."""
    return _hour(reader, found) if reader.text(found, "u") in {"hrs", "hours"} else None


def _night_between(reader: Reader, found: re.Match[str]) -> Items:
    """Pass over the first word of "Nacht vom 11. auf den 12.": the days are what is meant."""
    is_crossed = re.match(r"v[^.,;!]*t", reader.tags[found.end() :])
    if not is_crossed or reader.text(found, "p") not in {"nacht", "night"}:
        return None
    return [Item("x", found.start(), found.end())]


def _quarter_of(reader: Reader, found: re.Match[str]) -> Items:
    """Read "quarter of three" as a quarter to it."""
    if reader.text(found, "s") != "of" or reader.value(found, "f", object) != 15:
        return None
    return clock_item(found, _by_day(reader.integer(found, "n") * 60 - 15), _half(reader, found))


def _about(reader: Reader, found: re.Match[str]) -> Items:
    """Read "3-ish"."""
    if reader.text(found, "h") != "ish":
        return None
    return clock_item(found, reader.integer(found, "n") * 60, is_near=True)


def _noon_sharp(reader: Reader, found: re.Match[str]) -> Items:
    """Read "at noon" as twelve o'clock; without "at" it is the hour from then on."""
    if reader.text(found, "p") not in {"noon", "midday"}:
        return None
    before = reader.tags[: found.start()][-1:]
    if "c" not in found[0] or before in {*"v-tb&"}:
        return None
    return clock_item(found, NOON, "p", is_near=_near(found))


RULES: tuple[Rule, ...] = (
    rule("c~f", r"[c~]*(?P<f>f)(?P<s>g)(?P<n>n)h?(?P<z>z)?", _quarter_of),
    rule("c~n", r"[c~]*(?P<n>n)-(?P<h>h)", _about),
    rule("c~gp", r"[c~]*g?(?P<p>p)(?![-tb&]|h)", _noon_sharp),
    rule("c~C", r"[c~]*(?P<c>C)h?(?P<z>z)?", _figures),
    rule("c~n1", r"[c~]*(?P<n>[n1])h(?P<m>n(?![h%uz]|[-tb&]n?h(?!n)))?(?P<z>z)?", _hour),
    rule("c~n", r"[c~]*(?P<n>n),?(?P<m>n)h", _spaced),
    rule("c~n", r"[c~]*(?P<n>n)(?P<m>)(?P<z>z)", _hour),
    rule("c~n", r"[c~]*(?P<n>[nO])(?P<z>z)", _hour),
    rule("c~O", r"[c~]*(?P<n>O)(?P<z>z)", _hour),
    rule("c~n", r"[c~]*(?P<n>n)h(?P<m>)(?P<z>z)", _hour),
    rule("c~3", r"[c~]+(?P<n>3)h?(?P<z>z)?", _military),
    rule("3", r"(?P<n>3)(?P<z>z)", _military),
    rule("c~n", r"[c~]*(?P<n>n)(?P<m>n)(?P<z>z)?", _two_words),
    rule("c~n", r"[c~]*(?P<n>n)-(?P<m>n)(?P<z>z)?", _two_words),
    rule("c~n", r"[c~]*(?P<n>n)0(?P<m>n)(?P<z>z)?", _two_words),
    rule("c", r"c(?P<n>n)(?P<u>u)", _hours_called),
    rule("p", r"(?P<p>p)(?=vg*[OwDr])", _night_between),
    rule("c~n1", r"[c~]*(?P<n>[n1])h&?(?P<m>n)(?P<u>u)", _minutes_spoken),
    rule("c~M", r"[c~]+g*(?P<x>M)h?(?P<z>z)?", _dotted),
    rule("M", r"(?P<x>M)h(?P<z>z)?", _dotted),
    rule("M", r"(?P<x>M)(?P<z>z)", _dotted),
    rule("c~", r"[c~]+g*(?P<n>[nO])(?![um%hz])", _led_number),
    rule("c~4y", r"[c~]*(?P<n>[4y])h?(?P<z>z)?", _military),
    rule("cf", r"[c~]*(?P<f>f)(?:(?P<n>[n1])h?|(?P<p>p))(?P<z>z)?", _fraction),
    rule("c~fn1", r"[c~]*g?1?(?P<f>[fn])(?P<u>u)?(?P<s>[ABt])g*(?P<h>f)?(?P<n>[n1])h?(?P<z>z)?",
         _minutes_from),
    rule("c~fn1", r"[c~]*g?1?(?P<f>[fn])(?P<u>u)?(?P<s>[ABt])g*(?:(?P<p>p)|(?P<c>C))(?P<z>z)?",
         _minutes_from),
    rule("Oq", r"(?P<o>[Oq])(?=[.]?$)", _first_or_last),
    rule("Oq", r"(?P<o>[Oq])(?=Gg*(?:[DSw]|O[./]?m))", _first_or_last),
    rule("c~S", r"[c~]*g*(?P<s>S)h", _slashed_hours),
    rule("L", r"(?P<e>L)(?P<p>p)", _part),
    rule("ep", r"(?P<e>e)?[gGi-]*(?P<p>p)(?P<e2>e(?!g*[wDOp]))?", _part),
    rule("q", r"(?P<q>q)(?P<e>e)?(?P<p>p)", _part),
    rule("e", r"(?P<e>e)(?P<q>q)(?P<p>p)", _part),
)  # fmt: skip
