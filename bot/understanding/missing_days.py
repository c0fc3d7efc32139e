"""Days that no calendar has, as the 30th of February: said back, and never read as something else.

What is left of such a date would be a whole month, or any day at that hour.
"""

import re

from bot.understanding.patterns import compiled

_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_FEBRUARY = 2
_NAMES = (
    "januar|jaenner|jänner|january|jan", "februar|feber|february|feb", "märz|maerz|march|mar|mrz",
    "april|apr", "mai|may", "juni|june|jun", "juli|july|jul", "august|aug",
    "september|sept|sep", "oktober|october|okt|oct", "november|nov", "dezember|december|dez|dec",
)  # fmt: skip
_MONTH = r"(?:" + "|".join(f"(?P<m{n}>{names})" for n, names in enumerate(_NAMES, 1)) + r")\b\.?"
_YEAR = r"(?:,? ?(?P<year>(?:19|20)\d\d)\b)?"
_BEFORE = r"\b(?:am|den|dem|der|vom|zum|on|the)"
_PATTERNS = (
    r"\b(?P<day>\d{1,2})(?:\.|st|nd|rd|th)? ?(?:of )?" + _MONTH + _YEAR,
    # "may 45" is no date where "may" is a verb; with these digits no hour follows either
    r"\b" + _MONTH + r" (?P<day>\d{1,2})(?:st|nd|rd|th)?\b(?![:.,]?\d| ?(?:uhr|[ap]\.?m|h\b))"
    + _YEAR,
    r"\b(?P<day>\d{1,2})\. ?(?P<month>0?[1-9]|1[0-2])\.(?:(?P<year>(?:19|20)\d\d|\d\d)\b)?",
    _BEFORE + r" (?P<day>\d{1,2})\. ?(?P<month>\d{1,2})\b(?! ?uhr)\.?"
    r"(?:(?P<year>(?:19|20)\d\d)\b)?",
    r"\b(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)-(?P<day>\d\d)\b",
)  # fmt: skip


def missing_days(text: str) -> tuple[str, ...]:
    """Return the dates in a message that no calendar has, as they were written."""
    return tuple(re.sub(_BEFORE + r" ", "", m[0], flags=re.IGNORECASE) for m in _missing(text))


def without_missing_days(text: str) -> str:
    """Return the message without them."""
    for found in reversed(_missing(text)):
        text = f"{text[: found.start()]} {text[found.end() :]}"
    return text


def _missing(text: str) -> list[re.Match[str]]:
    found: list[re.Match[str]] = []
    for pattern in _PATTERNS:
        for match in compiled("(?i)" + pattern).finditer(text):
            apart = all(match.end() <= f.start() or f.end() <= match.start() for f in found)
            if apart and not _is_in_a_calendar(match):
                found.append(match)
    return sorted(found, key=lambda match: match.start())


def _is_in_a_calendar(match: re.Match[str]) -> bool:
    groups = match.groupdict()
    day, year = int(match["day"]), int(groups["year"] or 0)
    if groups.get("month"):
        month = int(groups["month"])
        # "4.22", as it is written elsewhere
        return _exists(day, month, year) or _exists(month, day, year)
    return _exists(day, next(n for n in range(1, 13) if groups[f"m{n}"]), year)


def _exists(day: int, month: int, year: int) -> bool:
    if not 1 <= month <= len(_LONGEST) or not 1 <= day <= _LONGEST[month - 1]:
        return False
    if month != _FEBRUARY or day < _LONGEST[_FEBRUARY - 1] or not year:
        return True
    year += 2000 if year < 100 else 0
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
