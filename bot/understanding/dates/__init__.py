"""Dates and hours of a message as a Wish: constraints in wall-clock time, never instants.

Tokens become phrases, phrases are joined, and what is joined is sorted into what is wished and
what is excluded. Everything here is a function of the text and of the Circumstances.
"""

from dataclasses import replace
from typing import NamedTuple

from bot.understanding.cleaning import fold
from bot.understanding.dates.clauses import wish_of
from bot.understanding.dates.combine import combine
from bot.understanding.dates.items import Circumstances, Item, Opening, Reader
from bot.understanding.dates.phrases import find_phrases
from bot.understanding.dates.polarity import denied_scopes
from bot.understanding.dates.settling import tokenize
from bot.understanding.patterns import compiled
from bot.understanding.wish import Span, Wish

__all__ = ["Circumstances", "DateReading", "Opening", "read_dates"]

_KINDS = {"D": "day", "P": "day", "W": "day", "Q": "day", "C": "clock", "R": "clock",
          "T": "part_of_day", "J": "preference", "Z": "exclusion"}  # fmt: skip
_READABLE = range(1900, 2190)
"""Years of speaking; the calendar ends not far beyond."""
_ADDS = r"(?i)\s*(?:oder|or)\b"


class DateReading(NamedTuple):
    """The wish, the folded text without its words, and whether it starts with "oder"."""

    wish: Wish
    rest: str
    adds: bool


def read_dates(text: str, at: Circumstances) -> DateReading:
    """Read a text as the customer wrote it; never raises, whatever it is."""
    if not _READABLE.start <= at.now.year < _READABLE.stop:
        return DateReading(Wish(), fold(text).strip(), adds=False)
    tokens = tokenize(text, at.language, excludes_absences=at.excludes_absences)
    reader = Reader(tokens, at)
    items = combine(find_phrases(reader), at)
    wish = wish_of(items, at)
    spans = tuple(_spans(items, reader))
    adds = bool(compiled(_ADDS).match(text)) and bool(wish.alternatives)
    return DateReading(replace(wish, spans=spans), _rest(text, spans), adds)


def _spans(items: list[Item], reader: Reader) -> list[Span]:
    denied = {i for scope in denied_scopes(items) for i in scope}
    found = []
    for place, item in enumerate(items):
        if item.tag in _KINDS and item.end > item.start:
            what = "exclusion" if place in denied else _KINDS[item.tag]
            start, end = reader.tokens[item.start].start, reader.tokens[item.end - 1].end
            found.append(Span(start, end, what))
    return found


def _rest(text: str, spans: tuple[Span, ...]) -> str:
    for span in spans:
        if span.what != "preference":
            text = text[: span.start] + " " * (span.end - span.start) + text[span.end :]
    return fold(text).strip()
