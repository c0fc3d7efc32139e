"""Small readings that need no grammar: "egal", "jeder", consent, a time out of those on offer."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.understanding.cleaning import fold
from bot.understanding.intents import at_place, bare, position
from bot.understanding.patterns import compiled
from bot.understanding.wish import DateSpan, Wish

if TYPE_CHECKING:
    from scheduling.catalog import Question

_ANYONE = (
    r"\b(egal (bei wem|wer|zu wem|welche\w* \w+)|bei wem ist egal|any(one|body)|whoever|irgendwer"
    r"|irgendjemand\w*|any staff|jede[rn]? (kollege|kollegin|mitarbeiter\w*)|no preference)\b"
)
_DONT_CARE = (
    r"\b(egal|jederzeit|any ?time|whenever|don'?t (care|mind)|doesn'?t matter|flexibel|flexible"
    r"|irgendwann|wann (es )?ihnen passt)\b"
)
_AGREEMENT = (
    r"^(?!.*\b(nicht|not|don'?t|kein\w*)\b).*(\bstimme\b.*\bzu\b|\bakzeptier\w*|\bzugestimmt\b"
    r"|\beinverstanden\b|\b(agree|accept)\w*)"
)

_LONGER = r"\b(laengere\w*|laengste\w*|longer|longest)\b"
_SHORTER = r"\b(kuerzere\w*|kuerzeste\w*|shorter|shortest)\b"
_DENIED = r"\b(nicht|not|kein\w*|zu|too)\b"
_SUITS = (
    r"\b(?:jetzt|nun|termin|zeit)\b.*\b(?:passt|stimmt)|\bpasst.*\b(?:mir|uns)\b"
    r"|\bworks for me\b"
)
_KEEPS = r"\b(?:behalt\w*|bleib\w*|keep)\b"
_RATHER = r"\b(lieber|rather|instead)\b"
_ONE_MORE = r"\b(noch|weiter\w*|zusaetzlich\w*|buch\w*|book\w*|second|extra)\b"
_WEEKDAYS = (
    "montag|monday", "dienstag|tuesday", "mittwoch|wednesday", "donnerstag|thursday",
    "freitag|friday", "samstag|sonnabend|saturday", "sonntag|sunday",
)  # fmt: skip
_CERTAIN_DAY = (
    r"\d\.|\d/\d|\d(?:st|nd|rd|th)\b|woche|week"
    r"|\b(?:diese|naechste|kommende|letzte|vorige)[nrm]?\b|\bin \w+ (?:tagen|days)\b"
    r"|\b(?:heute|morgen|uebermorgen|this|next|coming|last|today|tomorrow)\b"
)

_ORDINAL_WORDS = 3
"""In a longer sentence "first" is no choice."""


def is_agreement(folded: str) -> bool:
    """Tell whether a whole sentence agrees to a wording: "ich stimme dem Datenschutz zu"."""
    return bool(compiled(_AGREEMENT).search(folded))


def wants_anyone(folded: str) -> bool:
    """Tell whether any staff member will do."""
    return bool(compiled(_ANYONE).search(folded))


def dont_care(folded: str) -> bool:
    """Tell whether what was asked for is left open."""
    return bool(compiled(_DONT_CARE).search(folded))


def length_meant(folded: str) -> Callable[[Iterable[int]], int] | None:
    """Return what picks the longer or the shorter of some lengths, None where neither is meant."""
    if compiled(_DENIED).search(folded):
        return None
    if compiled(_LONGER).search(folded):
        return max
    return min if compiled(_SHORTER).search(folded) else None


def says_it_suits(folded: str) -> bool:
    """Tell whether a yes is one to the time: "jetzt passt's", "works for me"."""
    return bool(compiled(_SUITS).search(folded))


def keeps(folded: str) -> bool:
    """Tell whether what is named is to stay: "den am Freitag behalten"."""
    return bool(compiled(_KEEPS).search(folded))


def is_rather(folded: str) -> bool:
    """Tell whether what is named is chosen instead of something else."""
    return bool(compiled(_RATHER).search(folded))


def is_one_more(folded: str) -> bool:
    """Tell whether "einen anderen Termin" is a further one, not another time for the first."""
    return bool(compiled(_ONE_MORE).search(folded))


def chosen(question: "Question", text: str) -> str | None:
    """Return the value of the choice that an answer names: by value, label, number or ordinal."""
    said = bare(fold(text))
    for place, (value, label) in enumerate(question.choices, 1):
        if said in {bare(fold(value)), bare(fold(label.de)), bare(fold(label.en)), str(place)}:
            return value
    number = position(said) if len(said.split()) <= _ORDINAL_WORDS else None
    choice = at_place(question.choices, number) if number is not None else None
    return choice[0] if choice else None


def with_day_on_offer(wish: Wish, folded: str, offered: tuple[datetime, ...]) -> Wish:
    """Take a weekday that is only named as that of the week shown, not of a week before.

    "Den Dienstag um neun" is that of next week, where next week was asked for and is shown.
    """
    if len(wish.alternatives) != 1 or len(wish.alternatives[0].dates) != 1 or not offered:
        return wish
    (clause,) = wish.alternatives
    day, shown = clause.dates[0].first, min(offered).date()
    monday = shown - timedelta(days=shown.weekday())
    if day != clause.dates[0].last or day >= monday or not _names_only(day.weekday(), folded):
        return wish
    day = shown + timedelta(days=(day.weekday() - shown.weekday()) % 7)
    return replace(wish, alternatives=(replace(clause, dates=(DateSpan(day, day),)),))


def _names_only(weekday: int, folded: str) -> bool:
    """Tell whether the weekday stands alone: no date, no week, no "this" or "next" before it."""
    named = compiled(rf"\b(?:{_WEEKDAYS[weekday]})(?:s|mittags?|abends?|morgens?)?\b").search(
        folded
    )
    return bool(named) and not compiled(_CERTAIN_DAY).search(folded)


def choice_by_clock(wish: Wish, offered: tuple[datetime, ...]) -> int | None:
    """Return the place of the one offered start that a clock time (and day) means, else None."""
    clauses = [c for c in wish.alternatives if any(w.is_exact for w in c.windows)]
    if len(clauses) != 1 or len(wish.alternatives) != 1:
        return None
    clause = clauses[0]
    times = {w.start for w in clause.windows if w.is_exact}
    fitting = [
        place
        for place, start in enumerate(offered, 1)
        if start.time() in times
        and (not clause.weekdays or start.weekday() in clause.weekdays)
        and (
            not clause.dates
            or any(
                d.first <= start.date() and (d.last is None or start.date() <= d.last)
                for d in clause.dates
            )
        )
    ]
    return fitting[0] if len(fitting) == 1 else None
