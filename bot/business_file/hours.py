"""The words for opening hours: `09:00-12:00, 13:00-17:00`, and `mon-fri` before them."""

import itertools
import re
from collections.abc import Mapping
from datetime import time
from typing import TYPE_CHECKING, Annotated, TypeVar

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from bot.business_file.problems import both, refusal

Opening = tuple[time, time]
Week = Mapping[int, tuple[Opening, ...]]
_Each = TypeVar("_Each")

_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAYS = tuple(name[:3] for name in _NAMES)
_GERMAN_DAYS = ("mo", "di", "mi", "do", "fr", "sa", "so")
_OPENING = re.compile(r"(\d{1,2})(?::(\d\d))?\s*[-–]\s*(\d{1,2})(?::(\d\d))?")
_MIDNIGHT = 24 * 60


def minutes_of(opening: Opening) -> tuple[int, int]:
    """Return begin and end as minutes of the day; the end of the day is 1440."""
    opens, closes = (clock.hour * 60 + clock.minute for clock in opening)
    return opens, closes or _MIDNIGHT


def openings(value: object) -> tuple[Opening, ...]:
    """Read one day; refuses what is no time, ends before it begins, or overlaps."""
    if isinstance(value, tuple):
        return value
    text = str(value if value is not None else "").strip()
    if text.lower() == "closed":
        return ()
    found = sorted(_opening(part.strip()) for part in text.split(","))
    for earlier, later in itertools.pairwise(found):
        if later[0] < earlier[1]:
            pair = f"{_written(earlier)}, {_written(later)}"
            raise refusal(
                both(f"These hours overlap: {pair}.", f"Diese Zeiten überschneiden sich: {pair}."),
                both("Join the two, or move one.", "Fassen Sie beide zusammen."),
            )
    return tuple((_clock(opens), _clock(closes)) for opens, closes in found)


def _opening(text: str) -> tuple[int, int]:
    found = _OPENING.fullmatch(text)
    numbers = [int(number or 0) for number in found.groups()] if found else []
    if not numbers or max(numbers[1::2]) > 59:
        raise _no_opening(text)
    opens, closes = numbers[0] * 60 + numbers[1], numbers[2] * 60 + numbers[3] or _MIDNIGHT
    if max(opens, closes) > _MIDNIGHT:
        raise _no_opening(text)
    if closes <= opens:
        raise refusal(
            both(f"{text} ends before it begins.", f"{text} endet, bevor es beginnt."),
            both(
                "Exchange the two times; what goes past midnight belongs on two days.",
                "Vertauschen Sie die Zeiten; was über Mitternacht geht, gehört in zwei Tage.",
            ),
        )
    return opens, closes


def _no_opening(text: str) -> PydanticCustomError:
    return refusal(
        both(f"`{text}` is no time from-to.", f"`{text}` ist keine Zeit von-bis."),
        both(
            "Write for example 09:00-12:00, 13:00-17:00, or closed.",
            "Schreiben Sie zum Beispiel 09:00-12:00, 13:00-17:00, oder closed.",
        ),
    )


def _clock(minutes: int) -> time:
    return time(minutes // 60 % 24, minutes % 60)


def _written(span: tuple[int, int]) -> str:
    return "-".join(f"{minutes // 60:02}:{minutes % 60:02}" for minutes in span)


def _days(key: str) -> tuple[int, ...]:
    if key.strip().lower() == "daily":
        return tuple(range(7))
    found: list[int] = []
    for part in key.split(","):
        first, _, last = part.partition("-")
        start = _weekday(first)
        end = _weekday(last) if last else start
        found += [(start + offset) % 7 for offset in range((end - start) % 7 + 1)]
    return tuple(found)


def _weekday(word: str) -> int:
    short = word.strip().lower()
    for number, name in enumerate(_NAMES):
        if len(short) >= 3 and name.startswith(short):
            return number
    german = short.rstrip(".")[:2]
    cure = both(
        "Write mon, tue, wed, thu, fri, sat, sun, a range such as mon-fri, or daily.",
        "Schreiben Sie mon, tue, wed, thu, fri, sat, sun, eine Spanne wie mon-fri, oder daily.",
    )
    if german in _GERMAN_DAYS:
        day = DAYS[_GERMAN_DAYS.index(german)]
        cure = both(f"Write {day}.", f"Schreiben Sie {day}.")
    name = word.strip()
    raise refusal(both(f"`{name}` is no weekday.", f"`{name}` ist hier kein Wochentag."), cure)


def by_day(value: Mapping[str, _Each]) -> dict[int, _Each]:
    """Return weekday -> value of `mon`, `tue, wed`, `mon-fri`; refuses a day that comes twice."""
    week: dict[int, _Each] = {}
    for key, each in value.items():
        for day in _days(key):
            if day in week:
                raise refusal(
                    both(f"{DAYS[day]} has two entries.", f"{DAYS[day]} hat zwei Einträge."),
                    both(
                        f"Keep one line for {DAYS[day]}; several times stand behind each other.",
                        f"Behalten Sie eine Zeile für {DAYS[day]}, mehrere Zeiten hintereinander.",
                    ),
                )
            week[day] = each
    return dict(sorted(week.items(), key=lambda item: item[0]))


def _week(value: Mapping[str, tuple[Opening, ...]]) -> Week:
    return {day: spans for day, spans in by_day(value).items() if spans}


def quiet(value: object) -> Opening | None:
    """Read one span of the clock that may go past midnight, as 21:00-08:00; none = no such."""
    if value is None or isinstance(value, tuple):
        return value
    text = str(value).strip()
    if text.lower() == "none":
        return None
    found = _OPENING.fullmatch(text)
    numbers = [int(number or 0) for number in found.groups()] if found else []
    if not numbers or max(numbers[1::2]) > 59 or max(numbers[::2]) > 24:
        raise _no_quiet(text)
    begins, ends = (numbers[at] * 60 + numbers[at + 1] for at in (0, 2))
    if max(begins, ends) > _MIDNIGHT or begins % _MIDNIGHT == ends % _MIDNIGHT:
        raise _no_quiet(text)
    return _clock(begins), _clock(ends)


def _no_quiet(text: str) -> PydanticCustomError:
    return refusal(
        both(f"`{text}` is no time from-to.", f"`{text}` ist keine Zeit von-bis."),
        both("Write for example 21:00-08:00, or none.", "Schreiben Sie 21:00-08:00 oder none."),
    )


_EXAMPLES = ["09:00-12:00, 13:00-17:00", "closed"]
Quiet = Annotated[
    Opening | None,
    BeforeValidator(quiet),
    WithJsonSchema({"type": "string", "examples": ["21:00-08:00", "none"]}),
]
DayHours = Annotated[
    tuple[Opening, ...],
    BeforeValidator(openings),
    WithJsonSchema({"type": "string", "examples": _EXAMPLES}),
]
if TYPE_CHECKING:
    # what fields of this type hold once they are read
    WeekHours = Week
    WeekPlaces = Mapping[int, str]
else:
    WeekHours = Annotated[
        dict[str, DayHours],
        AfterValidator(_week),
        WithJsonSchema(
            {
                "type": "object",
                "additionalProperties": {"type": "string"},
                "examples": [{"mon-thu": _EXAMPLES[0], "fri": "09:00-15:00"}],
            }
        ),
    ]
    """Days -> openings as written; once read: weekday -> openings, without closed days."""
    WeekPlaces = Annotated[
        dict[str, str],
        AfterValidator(by_day),
        WithJsonSchema(
            {
                "type": "object",
                "additionalProperties": {"type": "string"},
                "examples": [{"mon": "bonn", "tue, wed": "home"}],
            }
        ),
    ]
    """Days -> a word as written; once read: weekday -> word."""
