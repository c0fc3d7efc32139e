"""Cuts a message into tagged tokens: shapes of numbers, words of both languages, marks.

A shape is read with its spaces ("14. 10." is one date, "14 .10" is not), so that the grammar above
need not think of them.
"""

import re
from dataclasses import dataclass
from functools import cache

from bot.understanding.dates import sayings, words
from bot.understanding.dates.absences import ABSENCES
from bot.understanding.dates.words import UMLAUTS, Meaning

LONGEST = 20
"""Characters of the longest shape of a date; longer figures are something else."""
MOST_TOKENS = 400
"""What is longer than any message is not read to its end."""

_SHAPES = (
    r"(?P<iso>(?<!\d)\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?!\d))"
    r"|(?P<dmy>\d{1,2}\.\s?\d{1,2}\.{1,2}(?:\s?(?:19|20)\d\d(?!\d)|\d\d(?![\d:])))"
    r"|(?P<dm>\d{1,2}\.\s?\d{1,2}\.(?!\d))"
    r"|(?P<ratio>\d+:\d(?!\d))"
    r"|(?P<clock>\d{1,2}:\d\d(?::\d\d)?(?!\d))"
    r"|(?P<hclock>\d{1,2}[hH]\d\d(?![\dm]))"
    r"|(?P<quarter>(?<!\w)[qQ][1-4](?!\w))"
    r"|(?P<short_year>(?<![^\W\d_])['’´]\d\d(?![\d:.]))"
    r"|(?P<my>\d{1,2}\s?[/-]\s?(?:19|20)\d\d(?![\d:]))"
    r"|(?P<ym>(?:19|20)\d\d\s?[-/]\s?(?:1[0-2]|0?[1-9])(?![\d:.hH]|\s*[a-z]{3}))"
    r"|(?P<dash>\d{1,2}-\d{1,2}-(?:\d{4}|\d\d)(?!\d))"
    r"|(?P<slash>\d{1,2}\s?/\s?\d{1,2}(?:\s?/\s?(?:\d{4}|\d\d))?(?![\d:]))"
    r"|(?P<dec>\d{1,3},\d(?!\d))"
    r"|(?P<dd>\d{1,2}\.\d{1,2}(?!\d))"
    r"|(?P<ord>\d{1,2}(?:st|nd|rd|th|ter|tes|ten|te|er)\b)"
    r"|(?P<dot>\d{1,2}\.(?=\W|$)(?!\.))"
    r"|(?P<int>\d+)"
    r"|(?P<half>(?<=\d)\s?[ap]\.?\s?m(?:\b\.?|(?=mon|tue|wed|thu|fri|sat|sun))|(?<=\d)[ap]\b\.?|(?<!\w)[ap]\.\s?m\b\.?"
    r"|(?<!\w)[ap] m\b)"
    r"|(?P<word>[^\W\d_]+(?:['’´`][^\W\d_]+)*)"
    r"|(?P<mark>[.,;:!?/@&+~%€$£#–—-])"
)


@dataclass(frozen=True, slots=True)
class Token:
    """One word, number or mark; `tag` is its letter in the grammar, `value` what it says."""

    tag: str
    value: object
    start: int
    end: int
    text: str
    """Folded as in messages: lower case, ae for ä."""


@cache
def _shapes() -> re.Pattern[str]:
    return re.compile(_SHAPES, re.IGNORECASE)


@cache
def _lexicon() -> dict[str, Meaning]:
    known: dict[str, Meaning] = {}
    for word, meaning in words.single_words():
        known.update(dict.fromkeys(words.spellings(word), meaning))
    return known


@cache
def _phrases() -> dict[str, tuple[tuple[tuple[str, ...], Meaning], ...]]:
    """Give by its first word every phrase, longest first."""
    by_first: dict[str, list[tuple[tuple[str, ...], Meaning]]] = {}
    for phrase, meaning in (*sayings.PHRASES.items(), *ABSENCES.items()):
        for spelled in words.spellings(phrase):
            first, *rest = re.findall(r"[a-z']+|[/.-]", spelled)
            by_first.setdefault(first, []).append((tuple(rest), meaning))
    return {
        first: tuple(sorted(set(found), key=lambda f: -len(f[0])))
        for first, found in by_first.items()
    }


@cache
def _near_names() -> dict[str, Meaning]:
    """Give names of days and months with one letter left out, for typing mistakes."""
    near: dict[str, Meaning] = {}
    for word, meaning in _lexicon().items():
        if meaning[0] in "wmr" and len(word) >= 6:
            for at in range(1, len(word) - 1):
                near.setdefault(word[:at] + word[at + 1 :], meaning)
    return near


def _mistyped(word: str) -> Meaning | None:
    """Return the day or month meant, where one letter in the middle is wrong, missing or more."""
    near = _near_names()
    if len(word) > LONGEST:
        return None
    if word in near:
        return near[word]
    for at in range(1, len(word) - 1):
        shorter = word[:at] + word[at + 1 :]
        if shorter in near or shorter in _lexicon():
            meaning = near.get(shorter) or _lexicon()[shorter]
            if meaning[0] in "wmr" and len(shorter) >= 5:
                return meaning
    return None


def fold_word(word: str) -> str:
    """Return a word in lower case, ae for ä."""
    lowered = word.lower()
    return lowered if lowered.isascii() else lowered.translate(UMLAUTS).replace("’", "'")


def cut(text: str) -> list[Token]:
    """Return the tokens of a text as its words are listed, at most MOST_TOKENS."""
    raw: list[Token] = []
    for found in _shapes().finditer(text):
        kind = found.lastgroup or ""
        raw += _read(kind, found)
        if len(raw) >= MOST_TOKENS:
            break
    return _with_phrases(raw)


def _read(kind: str, found: re.Match[str]) -> list[Token]:
    start, end, text = found.start(), found.end(), found[0]
    if kind == "word":
        return _word(text, start)
    if kind == "mark":
        tag = {"–": "-", "—": "-", "@": "c", "!": ".", "?": ".", "+": "g", "$": "%", "€": "%",
               "£": "%", "#": "%"}.get(text, text)  # fmt: skip
        return [Token(tag, None, start, end, text)]
    if kind == "half":
        bare = text.strip()
        return [Token("z", bare[0].lower(), end - len(bare), end, bare.lower())]
    tag, value = _number(kind, text)
    return [Token(tag, value, start, end, text.lower())]


_PAIRS = {"slash": "S", "dash": "Y", "dd": "M"}


def _number(kind: str, text: str) -> Meaning:
    if kind == "ratio":
        return "%", text
    if kind == "dec":
        return "n", float(text.replace(",", "."))
    if len(text) > LONGEST:
        return "%", None
    numbers = [int(n) for n in re.findall(r"\d+", text)]
    if kind == "iso":
        return "D", tuple(numbers)
    if kind in {"quarter", "short_year"}:
        return ("Q", numbers[0]) if kind == "quarter" else ("y", _century(numbers[0]))
    if kind in {"dmy", "dm"}:
        day, month, *year = numbers
        return "D", (_century(year[0]) if year else None, month, day)
    if kind in {"clock", "hclock"}:
        fits = numbers[0] <= 24 and numbers[1] < 60
        return ("C", numbers[0] * 60 + numbers[1]) if fits else ("x", None)
    if kind in {"my", "ym"}:
        return "V", (max(numbers), min(numbers))
    if kind in _PAIRS:
        return _PAIRS[kind], tuple(numbers)
    return ("O", numbers[0]) if kind in {"ord", "dot"} else _whole_number(text, numbers[0])


def _whole_number(text: str, number: int) -> Meaning:
    if len(text) == 4 and int(text[2:]) < 60 and int(text[:2]) < 24:
        return ("y" if 1990 <= number < 2100 else "4"), number
    if len(text) == 3 and int(text[1:]) < 60 and number >= 100:
        return "3", number
    if len(text) == 8 and text.startswith("20"):
        return "D", (int(text[:4]), int(text[4:6]), int(text[6:]))
    return ("n", number) if len(text) <= 2 else ("%", number)


def _century(year: int) -> int:
    return year + 2000 if year < 100 else year


def _word(text: str, start: int) -> list[Token]:
    folded = fold_word(text)
    end = start + len(text)
    meaning = _lexicon().get(folded)
    if meaning is None and len(folded) > 5:
        parts = _compound(folded, text, start)
        if parts:
            return parts
        meaning = _mistyped(folded) if len(folded) > 6 else None
    if meaning is None:
        meaning = ("x", None)
    return [Token(meaning[0], meaning[1], start, end, folded)]


_HEADS = (
    *(w for group in words.WEEKDAYS for w in group.split() if len(w) > 5),
    *(w for group in words.MONTHS for w in group.split() if len(w) > 2),
)
_TAILS = {"frueh": ("p", "early_morning"), "morgen": ("p", "morning"), "woche": ("u", "week"),
          "haelfte": ("u", "half"),
          "anfang": ("k", "begin"), "ende": ("k", "end"), "mitte": ("k", "mid")}  # fmt: skip


def _compound(folded: str, text: str, start: int) -> list[Token]:
    """Part "Dienstagmorgen" and "Juliwoche" into their two words."""
    for head in _HEADS:
        spelled = head.translate(UMLAUTS)
        tail = folded[len(spelled) :]
        if len(tail) < 4 or not folded.startswith(spelled):
            continue
        meaning = _TAILS.get(tail) or _lexicon().get(tail)
        if meaning is not None and meaning[0] in "pukW":
            middle = start + len(head)
            first = _lexicon()[spelled]
            return [
                Token(first[0], first[1], start, middle, spelled),
                Token(meaning[0], meaning[1], middle, start + len(text), tail),
            ]
    if folded.endswith("ish") and _lexicon().get(folded[:-3], "x")[0] == "n":
        number = _lexicon()[folded[:-3]]
        return [
            Token("~", None, start, start, "about"),
            Token(number[0], number[1], start, start + len(text), folded[:-3]),
        ]
    for tail in ("sterminen", "stermine", "stermin", "termine", "termin"):
        meaning = _lexicon().get(folded.removesuffix(tail))
        if folded.endswith(tail) and meaning is not None and meaning[0] in "pw":
            return [Token(meaning[0], meaning[1], start, start + len(text), folded)]
    return _led_compound(folded, text, start)


_LEADS = (("spaet", "e", "late"), ("frueh", "e", "early"), ("oster", "H", "easter"),
          ("kar", "H", "easter"),
          ("pfingst", "H", "pentecost"), ("weihnachts", "H", "christmas"))  # fmt: skip


def _led_compound(folded: str, text: str, start: int) -> list[Token]:
    """Part "Spätnachmittag" and "Osterwochenende" into their two words."""
    for head, tag, value in _LEADS:
        tail = folded[len(head) :]
        meaning = _lexicon().get(tail) if folded.startswith(head) else None
        if meaning is not None and meaning[0] == {"e": "p", "H": "u"}[tag]:
            end = start + len(text)
            middle = max(end - len(tail), start + 1)
            return [
                Token(tag, value, start, middle, head),
                Token(meaning[0], meaning[1], middle, end, tail),
            ]
    return []


def _with_phrases(raw: list[Token]) -> list[Token]:
    """Make one token of what several words say together, longest first."""
    phrases = _phrases()
    tokens: list[Token] = []
    at = 0
    while at < len(raw):
        token = raw[at]
        for rest, meaning in phrases.get(token.text, ()):
            following = raw[at + 1 : at + 1 + len(rest)]
            if tuple(t.text for t in following) == rest:
                last = following[-1] if following else token
                said = " ".join((token.text, *rest))
                tokens.append(Token(meaning[0], meaning[1], token.start, last.end, said))
                at += 1 + len(rest)
                break
        else:
            tokens.append(token)
            at += 1
    return tokens
