"""What the customer wants to do: reserved words, then phrases; pressed verbs decide alone."""

import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

from bot.understanding.lexicon import (
    ANSWERS,
    ENGLISH,
    GERMAN,
    NUMBERS,
    ORDINALS,
    PHRASES,
    POLITE,
    RESERVED,
    TARGET_LANGUAGE,
)
from bot.understanding.patterns import compiled
from bot.understanding.utterance import Intent

T = TypeVar("T")

PRESSED: Mapping[str, Intent] = {
    "flow.book": Intent.BOOK,
    "flow.mine": Intent.LIST,
    "flow.human": Intent.HUMAN,
    "flow.help": Intent.HELP,
    "flow.cancel": Intent.STOP,
    "slot.later": Intent.LATER,
    "slot.earlier": Intent.EARLIER,
    "slot.back": Intent.OTHER_TIME,
    "slot.show": Intent.OTHER_TIME,
    "hold.extend": Intent.EXTEND_HOLD,
    "details.edit": Intent.EDIT_DETAILS,
    "booking.edit": Intent.EDIT_DETAILS,
}
"""Verbs that say all by themselves; those with values are checked by the conversation."""

_OUTSIDE = frozenset({"start", "done"})
_ORDINAL = (
    r"\b(?:der|die|das|den|dem|the|nummer|number|nr\.?|no\.?|#|option)? ?"
    rf"(?P<word>{'|'.join(sorted(ORDINALS, key=len, reverse=True))})[nrsm]?\b"
    # "letzten Freitag" and "first of December" are days
    r"(?! (?:of )?(?:\w+tag|(?:mon|tues|wednes|thurs|fri|satur|sun)day|mittwoch|sonnabend"
    r"|woche|week|jan|feb|maerz|mar|apr|mai|may|jun|jul|aug|sep|okt|oct|nov|dez|dec))"
)
_EARLIEST = (
    r"(?:(?:ok|okay|dann|then|gut|i'?ll take|ich nehme) )*(?:the|den|der|die) "
    r"(?:earliest|frueheste[nr]?)(?: (?:one|time|slot|termin|zeit|nehme ich))*"
)
_POSITION = r"(?:#|nr\.? ?|nummer |number |option |no\.? )?(?P<n>\d{1,2})[.)]?"
_ORDINAL_WORDS = 5
"""In a longer message "first" is no choice."""
_DENIED = r"\b(?:nicht|not|ausser|except) *$"
_LEADING = (
    r"(?:(?:ok|okay|gut|ja|yes|dann|then|lieber|ich nehme|i'?ll take|take|the|den|der|die|das) )*"
    rf"(?:{_ORDINAL}|{_POSITION}|{_EARLIEST})(?: (?:one|time|slot|termin|zeit|nehme ich))*"
)
"""Nothing else may stand there: "it is my first visit, ...", "not the first, ..."."""
_DURATION = (
    r"\b(?P<n>\d{1,3}|ne|"
    + "|".join(NUMBERS)
    + r")[ -]?(?P<unit>min\w*|stunden?|std\.?|hours?|hour)\b"
)


def bare(folded: str) -> str:
    """Return a folded message without punctuation and words of politeness."""
    text = re.sub(r"[.,!;:\"„“()]+", " ", folded)
    text = re.sub(r"\b(bitte|please)\b", " ", text)
    return re.sub(r" +", " ", text).strip()


def reserved(folded: str, step: str) -> Intent:
    """Return the intent of a message that is one of the reserved words and nothing else."""
    words = bare(folded)
    for intent, known in RESERVED.items():
        if words in known:
            if words == "cancel" and step in _OUTSIDE:
                return Intent.CANCEL_BOOKING
            return intent
    return Intent.NONE


def answer(folded: str) -> Intent:
    """Return the intent of a message that is a short answer and nothing else."""
    words = bare(folded)
    for intent, known in ANSWERS.items():
        if words in known or re.sub(POLITE, "", words).strip() in known:
            return intent
    return Intent.NONE


def phrase(folded: str) -> Intent:
    """Return the first intent whose phrase stands in the message."""
    for intent, pattern in PHRASES:
        if re.search(pattern, folded):
            return intent
    return Intent.NONE


def asked_language(folded: str) -> str | None:
    """Return the language a message asks for by name."""
    return next((code for word, code in TARGET_LANGUAGE.items() if word in folded), None)


def asks_which_language(folded: str) -> bool:
    """Tell whether both are named to choose from: "is this in German or English?"."""
    return len({code for word, code in TARGET_LANGUAGE.items() if word in folded}) > 1 and bool(
        re.search(r"\b(or|oder)\b", folded)
    )


def spoken_language(folded: str) -> str | None:
    """Return the language the words belong to, where they clearly do."""
    words = re.findall(r"[a-z']+", folded)
    german = sum(w in GERMAN for w in words)
    english = sum(w in ENGLISH for w in words)
    if german >= english + 2:
        return "de"
    return "en" if english >= german + 2 else None


def position(folded: str) -> int | None:
    """Return the place in an offered list: "der zweite", "#3", "die letzte"."""
    words = bare(folded)
    if found := compiled(_POSITION).fullmatch(words):
        return int(found["n"]) or None
    if compiled(_EARLIEST).fullmatch(words):
        return 1
    if len(words.split()) > _ORDINAL_WORDS:
        return None
    for found in compiled(_ORDINAL).finditer(words):
        if not compiled(_DENIED).search(words[: found.start()]):
            return ORDINALS[found["word"]]
    return None


def at_place(items: Sequence[T], place: int) -> T | None:
    """Return the item at a place as `position` tells it: 1 the first, -1 the last."""
    index = place - 1 if place > 0 else len(items) + place
    return items[index] if 0 <= index < len(items) else None


def without_positions(folded: str) -> str:
    """Return the message without "the first": in a list of times it is part of no name."""
    return compiled(_ORDINAL).sub(" ", folded)


def leading_position(folded: str) -> int | None:
    """Return the place that a message begins with: "the first, there are three of us"."""
    first, *rest = re.split(r", | (?:aber|but) ", folded, maxsplit=1)
    is_choice = compiled(_LEADING).fullmatch(bare(first))
    is_corrected = rest and (re.search(r"\d", rest[0]) or compiled(_ORDINAL).search(rest[0]))
    return position(first) if rest and is_choice and not is_corrected else None


def _is_shift(rest: str) -> bool:
    """Tell whether a length moves a time: "eine Stunde später"."""
    return bool(re.match(r" ?(?:spaeter|frueher|later|earlier)\b", rest))


def duration(folded: str) -> int | None:
    """Return a length in minutes; "in 30 Minuten" and "in einer Stunde" are none."""
    if found := re.search(r"\b(eine |ne )?(halbe stunde|half an hour|half hour)\b", folded):
        return 30
    found = compiled(_DURATION).search(folded)
    if not found or folded[: found.start()].endswith("in ") or _is_shift(folded[found.end() :]):
        return None
    number = int(found["n"]) if found["n"].isdigit() else NUMBERS.get(found["n"], 1)
    return number if found["unit"].startswith("min") else number * 60
