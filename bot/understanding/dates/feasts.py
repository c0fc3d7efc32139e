"""Days with a name: public days of Germany by federal state, feasts, and those of the US."""

from collections.abc import Callable
from datetime import date

from bot.understanding.dates.calendar import DAY, month, nth_weekday

ALL_STATES = frozenset(
    [
        "BW",
        "BY",
        "BE",
        "BB",
        "HB",
        "HH",
        "HE",
        "MV",
        "NI",
        "NW",
        "RP",
        "SL",
        "SN",
        "ST",
        "SH",
        "TH",
    ]
)
_FIXED = {
    "new_year": (1, 1), "epiphany": (1, 6), "valentine": (2, 14), "groundhog": (2, 2),
    "patrick": (3, 17), "april_fools": (4, 1), "earth_day": (4, 22), "labour_day": (5, 1),
    "flag_day": (6, 14), "juneteenth": (6, 19), "independence": (7, 4), "assumption": (8, 15),
    "womens_day": (3, 8), "childrens_day": (9, 20), "unity": (10, 3), "reformation": (10, 31),
    "halloween": (10, 31), "all_saints": (11, 1), "all_souls": (11, 2), "martin": (11, 11),
    "veterans": (11, 11), "nicholas": (12, 6), "immaculate": (12, 8), "christmas_eve": (12, 24),
    "christmas": (12, 25), "boxing_day": (12, 26), "new_years_eve": (12, 31),
}  # fmt: skip
_FROM_EASTER = {
    "weiberfastnacht": -52, "carnival_saturday": -50, "carnival_sunday": -49, "rose_monday": -48,
    "shrove_tuesday": -47, "ash_wednesday": -46, "palm_sunday": -7, "maundy_thursday": -3,
    "good_friday": -2, "holy_saturday": -1, "easter": 0, "easter_monday": 1, "ascension": 39,
    "fathers_day": 39, "pentecost": 49, "whit_monday": 50, "corpus_christi": 60,
}  # fmt: skip
# month, weekday, which one
_NTH = {
    "mlk": (1, 0, 3), "presidents": (2, 0, 3), "mothers_day": (5, 6, 2), "memorial": (5, 0, -1),
    "us_fathers_day": (6, 6, 3), "us_labor_day": (9, 0, 1), "columbus": (10, 0, 2),
    "thanksgiving": (11, 3, 4),
}  # fmt: skip
_AFTER_THANKSGIVING = {"black_friday": 1, "cyber_monday": 4}
# public holidays of Germany, with the states that have them
_PUBLIC = {
    "new_year": ALL_STATES, "good_friday": ALL_STATES, "easter_monday": ALL_STATES,
    "labour_day": ALL_STATES, "ascension": ALL_STATES, "whit_monday": ALL_STATES,
    "unity": ALL_STATES, "christmas": ALL_STATES, "boxing_day": ALL_STATES,
    "epiphany": frozenset(["BW", "BY", "ST"]),
    "womens_day": frozenset(["BE", "MV"]),
    "corpus_christi": frozenset(["BW", "BY", "HE", "NW", "RP", "SL"]),
    "assumption": frozenset(["BY", "SL"]),
    "childrens_day": frozenset(["TH"]),
    "reformation": frozenset(["BB", "HB", "HH", "MV", "NI", "SN", "ST", "SH", "TH"]),
    "all_saints": frozenset(["BW", "BY", "NW", "RP", "SL"]),
    "repentance": frozenset(["SN"]),
}  # fmt: skip


def easter(year: int) -> date:
    """Return Easter Sunday (Gauss, in the form of Butcher)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    number, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, number, day + 1)


def _advent(year: int, which: int) -> date:
    """Return the nth Sunday of Advent; the fourth is the last Sunday before Christmas."""
    christmas = date(year, 12, 25)
    fourth = christmas - DAY * (christmas.weekday() + 1)
    return fourth - DAY * 7 * (4 - which)


def feast(name: str, year: int, which: int = 1) -> date | None:
    """Return the day of that name in a year; `which` counts Sundays of Advent."""
    if name in _FIXED:
        return date(year, *_FIXED[name])
    if name in _FROM_EASTER:
        return easter(year) + DAY * _FROM_EASTER[name]
    if name in _NTH:
        number, weekday, nth = _NTH[name]
        return nth_weekday(month(year, number), weekday, nth)
    if name in _AFTER_THANKSGIVING:
        number, weekday, nth = _NTH["thanksgiving"]
        found = nth_weekday(month(year, number), weekday, nth)
        return found + DAY * _AFTER_THANKSGIVING[name] if found else None
    others: dict[str, Callable[[], date]] = {
        "advent": lambda: _advent(year, min(which, 4)),
        "dead_sunday": lambda: _advent(year, 1) - DAY * 7,
        "repentance": lambda: _advent(year, 1) - DAY * 11,
    }
    return others[name]() if name in others else None


def next_feast(name: str, today: date, which: int = 1) -> date | None:
    """Return the coming day of that name, today included."""
    for year in (today.year, today.year + 1):
        found = feast(name, year, which)
        if found is not None and found >= today:
            return found
    return None


def public_holidays(year: int, state: str) -> set[date]:
    """Return the public holidays of a German state; those of all states where it is unknown."""
    wanted = state.removeprefix("DE-").upper()
    return {
        found
        for name, states in _PUBLIC.items()
        if (wanted in states or states == ALL_STATES)
        if (found := feast(name, year)) is not None
    }


def next_public_holiday(today: date, state: str) -> date | None:
    """Return the coming public holiday, today included."""
    days = public_holidays(today.year, state) | public_holidays(today.year + 1, state)
    return min((d for d in days if d >= today), default=None)


def next_bridge_day(today: date, state: str) -> date | None:
    """Return the coming Friday or Monday between a public holiday and the weekend."""
    days = public_holidays(today.year, state) | public_holidays(today.year + 1, state)
    bridges = {d + DAY for d in days if d.weekday() == 3} | {
        d - DAY for d in days if d.weekday() == 1
    }
    return min((d for d in bridges - days if d >= today), default=None)
