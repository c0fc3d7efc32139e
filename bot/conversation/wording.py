"""The absolute reading of days, hours and wishes in one line of either language.

Said back to the customer, so that a wrong reading is seen before anything is booked.
"""

from collections.abc import Sequence
from datetime import date, datetime, time

from bot.texts import formats, text
from bot.texts.catalogue import language_of
from bot.understanding.wish import Clause, DateSpan, Prefer, Window, Wish
from scheduling.catalog import Location, OpenHours, WeeklyHours

_EACH = {
    "de": ("montags", "dienstags", "mittwochs", "donnerstags", "freitags", "samstags", "sonntags"),
    "en": ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays"),
}
_WORDS = {
    "de": {"from": "ab", "until": "bis", "or": " oder ", "not": "nicht", "at": "um",
           Prefer.EARLIEST: "so früh wie möglich", Prefer.LATEST: "so spät wie möglich"},
    "en": {"from": "from", "until": "until", "or": " or ", "not": "not", "at": "at",
           Prefer.EARLIEST: "as early as possible", Prefer.LATEST: "as late as possible"},
}  # fmt: skip


def day_words(day: date, language: str) -> str:
    """Return "Di., 2. Dez." or "Tue, Dec 2"."""
    return formats.date_short(datetime.combine(day, time(0)), language)


def clock_words(at: time, language: str) -> str:
    """Return "14:30 Uhr" or "2:30 PM"."""
    return formats.time_spoken(datetime.combine(date.min, at), language)


def moment_words(local: datetime, language: str) -> str:
    """Return day and clock time of a local moment."""
    return f"{day_words(local.date(), language)}, {clock_words(local.time(), language)}"


def wish_words(wish: Wish, language: str) -> str:
    """Return the wish as read, "" where nothing was said."""
    words = _WORDS[language_of(language)]
    parts = []
    wished = [w for w in (_clause(c, language) for c in wish.alternatives) if w]
    if wished:
        parts.append(words["or"].join(wished))
    if wish.prefer is not Prefer.NONE:
        parts.append(words[wish.prefer])
    excluded = [w for w in (_clause(c, language) for c in wish.exclude) if w]
    parts += [f"{words['not']} {w}" for w in excluded]
    return "; ".join(parts)


def join_or(words: Sequence[str], language: str) -> str:
    """Return "a, b oder c"."""
    *first, last = words
    return (_WORDS[language_of(language)]["or"].join([", ".join(first), last])) if first else last


def hours_words(hours: WeeklyHours, language: str) -> str:
    """Return "Mo.–Fr. 08:00–18:00 Uhr; Sa. 10:00–14:00 Uhr", "" where none are known."""
    runs: list[tuple[int, int]] = []
    for day in sorted(day for day in hours if hours[day]):
        if runs and runs[-1][1] == day - 1 and hours[day] == hours[day - 1]:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return "; ".join(
        f"{_days(first, last, language)} {_openings(hours[first], language)}"
        for first, last in runs
    )


def _days(first: int, last: int, language: str) -> str:
    names = [formats.weekday(day, language) for day in dict.fromkeys((first, last))]
    return "–".join(names)


def _openings(openings: Sequence[OpenHours], language: str) -> str:
    def at(clock: time) -> datetime:
        return datetime.combine(date.min, clock)

    return ", ".join(formats.interval(at(o.opens), at(o.closes), language) for o in openings)


def place_words(location: Location, language: str) -> str:
    """Return the way of meeting, with the address of a place."""
    if location.place is None:
        return text(f"location_{location.kind.value}", language)
    return f"{location.place.name.in_language(language)}, {location.place.address}"


def _clause(clause: Clause, language: str) -> str:
    each = _EACH[language_of(language)]
    words = _WORDS[language_of(language)]
    parts = [_span(d, language) for d in clause.dates]
    if clause.not_before:
        parts.append(f"{words['from']} {moment_words(clause.not_before, language)}")
    if clause.not_after:
        parts.append(f"{words['until']} {moment_words(clause.not_after, language)}")
    if clause.weekdays:
        parts.append(", ".join(each[w] for w in sorted(clause.weekdays)))
    parts += [_window(w, language) for w in clause.windows]
    return ", ".join(parts)


def _span(span: DateSpan, language: str) -> str:
    words = _WORDS[language_of(language)]
    if span.last is None:
        return f"{words['from']} {day_words(span.first, language)}"
    if span.is_until:
        return f"{words['until']} {day_words(span.last, language)}"
    if span.first == span.last:
        return day_words(span.first, language)
    return f"{day_words(span.first, language)} – {day_words(span.last, language)}"


def _window(window: Window, language: str) -> str:
    words = _WORDS[language_of(language)]
    if window.is_exact:
        return clock_words(window.start, language)
    if window.end is None:
        return f"{words['from']} {clock_words(window.start, language)}"
    if window.start == time(0):
        return f"{words['until']} {clock_words(window.end, language)}"
    first = clock_words(window.start, language).removesuffix(" Uhr")
    return f"{first} – {clock_words(window.end, language)}"
