"""Clock times in words and figures; a half-day left open is decided by the business hours."""

import re
from dataclasses import dataclass
from datetime import time

from bot.understanding.lexicon import NUMBERS
from scheduling.catalog import Business

_HOUR_WORDS = "|".join(w for w, n in NUMBERS.items() if 1 <= n <= 12 and w not in {"a", "an"})
_MINUTES = {"viertel": 15, "quarter": 15, "fuenf": 5, "zehn": 10, "zwanzig": 20, "five": 5,
            "ten": 10, "twenty": 20}  # fmt: skip
_FRACTION = "|".join(_MINUTES)
_HALF_DAY = r"(?P<half> ?[ap]\.?m\b\.?| uhr (?:morgens|frueh|abends|nachmittags|nachts)\b)?"

CLOCK = (
    # 15:30, 15.30 Uhr, 15h30, 1530 Uhr
    rf"(?P<h1>[01]?\d|2[0-4]):(?P<m1>[0-5]\d)(?: uhr\b|h\b)?{_HALF_DAY}"
    rf"|(?P<h2>[01]?\d|2[0-4])[.h](?P<m2>[0-5]\d) ?(?:uhr\b|h\b)"
    rf"|(?P<h3>[01]?\d|2[0-4]) uhr (?P<m3>[0-5]\d)\b"
    # halb drei, viertel nach acht, quarter to nine, dreiviertel neun
    rf"|(?P<halb>halb) (?P<h4>\d\d?|{_HOUR_WORDS})\b"
    rf"|half past (?P<h5>\d\d?|{_HOUR_WORDS})\b"
    rf"|dreiviertel (?P<h6>\d\d?|{_HOUR_WORDS})\b"
    rf"|(?P<part>{_FRACTION}) (?P<side>nach|past|vor|to) (?P<h7>\d\d?|{_HOUR_WORDS})\b"
    # 3pm, 15 Uhr, drei Uhr, at three
    rf"|(?P<h8>1[0-2]|0?[1-9]) ?(?P<ampm>[ap])\.?m\b\.?"
    rf"|(?P<h9>[01]?\d|2[0-4]|{_HOUR_WORDS})(?: uhr| ?o'clock|h)\b(?P<night> nachts\b)?"
)
EVENING = 8
"""From this hour on "nachts" is the late evening: "elf Uhr nachts" is 23:00."""
BARE = rf"(?P<h10>[01]?\d|2[0-4]|{_HOUR_WORDS})\b(?![.:/]\d|\.|%)"


@dataclass(frozen=True, slots=True)
class ClockTime:
    """As spoken: `is_open` = morning and afternoon are both possible."""

    minutes: int
    is_open: bool


def read_clock(found: re.Match[str]) -> ClockTime:
    """Turn a match of CLOCK or BARE into minutes of the day."""
    groups = {k: v for k, v in found.groupdict().items() if v is not None}
    hour = next(_number(v) for k, v in groups.items() if re.fullmatch(r"h\d+", k))
    minutes = hour * 60 + int(next((groups[k] for k in ("m1", "m2", "m3") if k in groups), 0))
    minutes += _shift(groups)
    letter = _half_day(groups, hour)
    if letter and hour <= 12:
        return ClockTime(minutes % 720 + (720 if letter == "p" else 0), is_open=False)
    return ClockTime(minutes % 1440, is_open=0 < hour <= 12 and minutes < 780)


def _number(word: str) -> int:
    return int(word) if word.isdigit() else NUMBERS[word]


def _shift(groups: dict[str, str]) -> int:
    if "halb" in groups:
        return -30
    if "h5" in groups:
        return 30
    if "h6" in groups:
        return -15
    if "part" in groups:
        sign = 1 if groups["side"] in {"nach", "past"} else -1
        return sign * _MINUTES[groups["part"]]
    return 0


def _half_day(groups: dict[str, str], hour: int) -> str:
    if "ampm" in groups:
        return groups["ampm"]
    half = (groups.get("half") or groups.get("night", "")).strip()
    if half.endswith("nachts"):
        return "p" if EVENING <= hour < 12 else "a"
    if not half:
        return ""
    if half.startswith("uhr"):
        return "a" if half.endswith(("morgens", "frueh")) else "p"
    return half[0]


def resolve(clock: ClockTime, business: Business, *, closing: bool = False) -> time:
    """Return the wall-clock time meant; `closing` = the end of a range, which may be closing time.

    Both halves of the day possible: the one within the business hours, the spoken one first, and
    never the middle of the night.
    """
    if not clock.is_open:
        return as_time(clock.minutes)
    opens, closes = _opening(business)
    spoken, other = clock.minutes % 720, clock.minutes % 720 + 720
    if clock.minutes >= 720:
        spoken, other = other, spoken
    for minutes in (spoken, other):
        if opens <= minutes < closes or (closing and minutes == closes):
            return as_time(minutes)
    return as_time(max(spoken, other) if spoken < 420 else spoken)


def as_time(minutes: int) -> time:
    """Return the time of day of so many minutes after midnight; 24:00 is midnight."""
    hour, minute = divmod(minutes % 1440, 60)
    return time(hour, minute)


def _opening(business: Business) -> tuple[int, int]:
    openings = [o for day in business.hours.values() for o in day]
    if not openings:
        return 8 * 60, 18 * 60
    opens = min(o.opens.hour * 60 + o.opens.minute for o in openings)
    closes = max((o.closes.hour * 60 + o.closes.minute) or 1440 for o in openings)
    return opens, closes
