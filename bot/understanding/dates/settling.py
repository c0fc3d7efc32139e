"""Decides what a word means by the words beside it: *morgen*, *am*, *so*, *may*, *but*."""

import re
from dataclasses import replace

from bot.understanding.dates import words
from bot.understanding.dates.absences import ABSENT
from bot.understanding.dates.tokens import Token, cut
from bot.understanding.dates.words import Meaning

_ABBREVIATED = frozenset(
    [
        "mo",
        "di",
        "mi",
        "do",
        "fr",
        "sa",
        "so",
        "mon",
        "tue",
        "tues",
        "wed",
        "weds",
        "thu",
        "thur",
        "thurs",
        "fri",
        "sat",
        "sun",
        "jan",
        "feb",
        "mar",
        "apr",
        "jun",
        "jul",
        "aug",
        "sep",
        "sept",
        "okt",
        "oct",
        "nov",
        "dez",
        "dec",
        "ca",
        "zw",
        "gg",
        "u",
        "od",
        "vorm",
        "nachm",
        "max",
        "uhr",
        "std",
        "min",
        "st",
        "excl",
        "bzw",
        "approx",
        "h",
        "nr",
    ]
)
_BEFORE_SHORT_DAY = frozenset("GgqAaBbv&|!X/-,wW")
_AFTER_SHORT_DAY = frozenset("DOnMSpCcabAB|&/-wWe~m")
_GERMAN_DAY = ("tag", "abend", "mittag", "morgen", "woch", "frueh")
DATED_NOUNS = frozenset(
    ["appointment", "appointments", "slot", "slots", "booking", "bookings", "times"]
)
_THAN = frozenset({"als", "than", "over"})
_RATHER = frozenset(["lieber", "eher", "besser", "rather", "better", "prefer", "preferably"])
_HALVES = {"am": "morning", "pm": "afternoon"}
_HALVES_OF_DAY = {"a.m.": "morning", "a.m": "morning", "p.m.": "afternoon", "p.m": "afternoon",
                  "pm": "afternoon"}  # fmt: skip
_POINTING = frozenset(["the", "this", "that", "which", "another", "any"])
_SHORT_UNITS = {"m": words.MINUTE, "d": words.DAY, "w": words.WEEK}
_SPEAKERS = frozenset(
    ["only", "just", "also", "you", "we", "i", "to", "can", "could", "would", "they", "they'll"]
)
_FROM_TODAY = {"from today": 4, "ab heute": 2}
_PLAIN = str.maketrans(dict.fromkeys("\u00a0\u2009\u202f", " ") | dict.fromkeys("‐‑‒–—", "-"))
"""Spaces and dashes of word processors, as they are typed."""
_FOLLOWING = frozenset({words.NEXT, words.COMING, words.AFTER_NEXT})
_NIGHTS = frozenset(["nights", "naechte", "naechten", "uebernachtung", "uebernachtungen"])
_AFTER = frozenset({"after", "danach", "darauf"})
_UNITS = frozenset({words.WEEK, words.WEEKEND, words.MONTH})
_ANY = frozenset(
    [
        "any",
        "every",
        "each",
        "all",
        "anything",
        "everything",
        "jede",
        "jeder",
        "jeden",
        "jedem",
        "alle",
    ]
)


def tokenize(text: str, language: str, *, excludes_absences: bool = True) -> list[Token]:
    """Return the tokens of a text with their meanings decided."""
    text = text.translate(_PLAIN)
    tokens = cut(text)
    if not excludes_absences:
        tokens = [replace(t, tag="x") if t.value == ABSENT else t for t in tokens]
    settled: list[Token] = []
    for at, token in enumerate(tokens):
        before = settled[-1] if settled else None
        after = tokens[at + 1] if at + 1 < len(tokens) else None
        if token.text == "." and _is_abbreviated(before, token):
            continue
        if _ends_sentence(token, settled, language):
            settled.append(replace(token, tag="n"))
            settled.append(Token(".", None, token.end - 1, token.end, "."))
            continue
        if token.tag == "-" and before is not None and before.text in {"mid", "early", "late"}:
            continue
        if token.text == "past" and _is_over(before, tokens[at + 1 : at + 3]):
            settled.append(replace(token, tag="q", value=words.LAST))
            continue
        if token.text == "but" and after is not None:
            settled.append(_but(token, settled, tokens[at + 1 :]))
            continue
        if token.text in _FROM_TODAY and (before is None or before.tag not in "udwW"):
            settled += _from_today(token)
            continue
        settled.append(_settled(token, settled, after, text, language))
    return _elliptic_filled(_fractions_joined(_years_joined(_numbers_joined(settled))))


def _ends_sentence(token: Token, before: list[Token], language: str) -> bool:
    """Tell the point of a sentence: "on May 9. Please", "from 1 to 4. Thanks"."""
    if token.tag != "O" or not token.text.endswith(".") or not before:
        return False
    is_last = language == "en" and len(before) > 1 and before[-1].tag in "-tb"
    return before[-1].tag == "m" or (is_last and before[-2].tag in "nCz")


def _is_over(before: Token | None, after: list[Token]) -> bool:
    """Tell "the past week" and "past 3 days" from "half past"."""
    tags = "".join(t.tag for t in after)
    return tags == "nu" or (tags[:1] == "u" and (before is None or before.tag not in "fnu"))


def _is_abbreviated(before: Token | None, point: Token) -> bool:
    return before is not None and before.end == point.start and before.text in _ABBREVIATED


def _from_today(token: Token) -> list[Token]:
    """Part "ab heute" where no length before it counts from today."""
    middle = token.start + _FROM_TODAY[token.text]
    return [
        Token("v" if token.text.startswith("from") else "a", None, token.start, middle, "from"),
        Token("r", 0, middle, token.end, "today"),
    ]


def _but(token: Token, before: list[Token], after: list[Token]) -> Token:
    """Read "any day next week but Friday" as "except"; a verb after it makes it a contrast."""
    if not any(t.text in _ANY for t in before):
        return token
    rest = "".join(t.tag for t in after)
    is_except = re.match(r"[gGj]*[aAbBc]?[gG]*[wWrDOHpnCqm]", rest) and "E" not in rest
    return replace(token, tag="X") if is_except else token


def _settled(
    token: Token, before: list[Token], after: Token | None, text: str, language: str
) -> Token:
    if token.text in _THAN and _is_weighed(before, after):
        return replace(token, tag="X")
    if token.text == "beginning" and _is_dated(after):
        return replace(token, tag="a", value=None)
    if token.text == "one" and (_is_pointed_at(before[-1:], after) or _is_some(before, after)):
        return replace(token, tag="x")
    if token.text in {"vorm", "nachm"}:
        return _shortened(token, after, text)
    if token.text == "+" and _is_between_days(before, after):
        return replace(token, tag="&")
    return _by_neighbours(token, before[-1] if before else None, after, text, language)


def _is_weighed(before: list[Token], after: Token | None) -> bool:
    """Tell whether what follows is the worse: "lieber Dienstag als Mittwoch"."""
    is_dated = after is not None and after.tag in "wWrDOHpqGgm"
    near = before[-8:]
    is_other = any(t.tag in "wWrDOHpqm" for t in near)
    return is_dated and is_other and any(t.text in _RATHER for t in near)


def _by_neighbours(
    token: Token, before: Token | None, after: Token | None, text: str, language: str
) -> Token:
    word = token.text
    if before is not None and (meant := _after_day_or_number(token, before, after)):
        return replace(token, tag=meant[0], value=meant[1])
    if word in words.SHORT_WEEKDAYS and token.tag in "xg~wc":
        return _short_weekday(token, before, after, text)
    if word in words.SHORT_MONTHS and token.tag in "xm":
        return _short_month(token, before, after, text)
    if word == "am" and before is not None and before.tag in "nhCM43":
        return _am(token, before, after, language)
    if word == "pm" and before is not None and before.tag in "nCM4h3":
        return replace(token, tag="z", value="p")
    if word == "morgen":
        return _morgen(token, before)
    if before is not None and _counts_nights(word, before):
        return replace(token, tag="u", value=words.DAY)
    if word == "an" and after is not None and after.tag in "ud":
        return replace(token, tag="1", value=1)
    if word == "no" and after is not None and (after.tag in "wWp" or after.text in DATED_NOUNS):
        return replace(token, tag="!")
    return token


def _shortened(token: Token, after: Token | None, text: str) -> Token:
    """Tell "20.3. vorm." from "vorm 20.3."."""
    is_part = text[token.end : token.end + 1] == "." or after is None
    if token.text == "vorm":
        return replace(token, tag="p" if is_part else "B", value="forenoon")
    return replace(token, tag="p" if is_part else "A", value="afternoon")


def _is_some(before: list[Token], after: Token | None) -> bool:
    """Tell "one morning next week" from "at one in the morning"."""
    if after is None or after.tag != "p" or after.text == "night":
        return False
    return not before or before[-1].tag not in "c~vt-"


def _is_between_days(before: list[Token], after: Token | None) -> bool:
    """Tell the plus of "20.+21.3." from that of "today + 3 days"."""
    return bool(before) and before[-1].tag in "OD" and after is not None and after.tag in "OD"


def _counts_nights(word: str, before: Token) -> bool:
    """Tell "three nights" and "one night" from "Tuesday nights"."""
    is_one = word in {"night", "nacht"} and before.text in {"one", "1"}
    return is_one or (word in _NIGHTS and before.tag in "n1")


def _is_unit(token: Token, before: Token) -> bool:
    """Tell the m of "45m" and "2h30m", the d of "1d"."""
    return before.tag == "n" and before.end == token.start and before.text.isdecimal()


def _is_pointed_at(before: list[Token], after: Token | None) -> bool:
    """Tell "the one on the 12th" from "at one" and "the one hour"."""
    is_led = bool(before) and (before[0].text in _POINTING or before[0].value in _FOLLOWING)
    return is_led and (after is None or after.tag not in "uhz")


def _is_dated(after: Token | None) -> bool:
    return after is not None and (after.tag in "wrDSm" or after.text in words.SHORT_MONTHS)


def _after_day_or_number(token: Token, before: Token, after: Token | None) -> Meaning | None:
    """Return what "in the am", "Friday pm", "1930 hrs" and the end of "von morgen an" mean."""
    word = token.text
    if word in _SHORT_UNITS and _is_unit(token, before):
        return "u", _SHORT_UNITS[word]
    if word in {"werktagen", "werktage"} and before.tag in "n1":
        return "u", "business_day"
    if word in _HALVES and before.text == "the":
        return "p", _HALVES[word]
    if word == "am" and before.tag in "wr" and (after is None or after.tag in "|&.,/"):
        return "p", "morning"
    if word in _HALVES_OF_DAY and before.tag in "wr":
        return "p", _HALVES_OF_DAY[word]
    if word in {"hrs", "hours"} and before.tag == "4":
        return "h", None
    if word == "an" and before.tag in "wrDOm" and _is_end(after):
        return "a", None
    return None


def _is_end(after: Token | None) -> bool:
    return after is None or after.tag in "xE.,!"


def _short_month(token: Token, before: Token | None, after: Token | None, text: str) -> Token:
    near = before is not None and (
        before.tag in "nOqikf" or before.text in {"of", "early", "late", "during"}
    )
    near = near or (after is not None and after.tag in "nOyM")
    if token.text == "may" and text[token.start].isupper():
        beside = (before is not None and before.tag in "vtbaABF&|-/") or (
            after is not None and after.tag in "-/tb&|"
        )
        near = near or beside
    if near or (token.text != "may" and text[token.start].isupper()):
        return replace(token, tag="m", value=words.SHORT_MONTHS[token.text])
    return token


def _am(token: Token, before: Token, after: Token | None, language: str) -> Token:
    """Tell "10 am Montag" from "10 am Monday"."""
    is_german = after is not None and (after.tag in "nODM" or after.text.endswith(_GERMAN_DAY))
    is_german = (
        is_german
        or (before.tag == "h" and "clock" not in before.text)
        or (language == "de" and after is not None)
    )
    if token.start != before.end and is_german:
        return replace(token, tag="G")
    return replace(token, tag="z", value="a")


def _morgen(token: Token, before: Token | None) -> Token:
    """Tell the morning from tomorrow: "am Morgen", "heute morgen", "Dienstag morgen"."""
    is_morning = before is not None and (
        before.tag in "wGjRDO"
        or (before.tag == "r" and before.value in {0, 1, 2})
        or (before.tag == "q" and before.text.startswith("dies"))
        or (before.tag in "eh" and before.text != "uhr")
        or before.text == "den"
    )
    if is_morning:
        return replace(token, tag="p", value="morning")
    return replace(token, tag="r", value=1)


def _short_weekday(token: Token, before: Token | None, after: Token | None, text: str) -> Token:
    """Read "Di", "so.", "Sat" as days where the writing or the words beside say so."""
    is_capital = text[token.start].isupper()
    is_dotted = text[token.end : token.end + 1] == "."
    day = replace(token, tag="w", value=words.SHORT_WEEKDAYS[token.text])
    other = replace(token, tag="x") if token.tag == "w" else token
    is_beside = (before is not None and before.tag in _BEFORE_SHORT_DAY) or (
        after is not None and after.tag in _AFTER_SHORT_DAY
    )
    is_alone = before is None and (after is None or (after.tag == "." and is_dotted))
    if is_alone:
        return day if is_dotted or token.text != "so" else other
    if _is_other_word(token, before, after, text):
        return other
    if token.text == "so" and text[token.start : token.end] != "SO":
        return day if _is_sunday(before, after, is_capital=is_capital) else other
    if is_capital or (is_dotted and is_beside):
        return day
    return day if is_beside and after is not None else other


def _is_other_word(token: Token, before: Token | None, after: Token | None, text: str) -> bool:
    """Tell "Do you", "do Mondays" and "Fr. Müller" from Thursday and Friday."""
    tail = text[token.end : token.end + 9].lstrip(". ")
    if token.text == "do":
        is_verb = text[token.start : token.end] != "Do" and (
            (after is not None and after.tag in "wWpm")
            or (before is not None and (before.tag == "!" or before.text in _SPEAKERS))
        )
        return is_verb or bool(re.match(r"(?:you|i|we|they|it|u)\b", tail, re.IGNORECASE))
    if token.text != "fr" or after is None or not tail[:1].isupper():
        return False
    is_name = after.tag == "x" or (after.tag == "." and len(tail) > 1)
    return is_name and not tail.startswith(("Nachm", "Vorm", "Ab"))


def _is_sunday(before: Token | None, after: Token | None, *, is_capital: bool) -> bool:
    if after is not None and after.tag in "DOMS":
        return True
    return before is not None and before.tag in "GgX|!/" and is_capital


def _years_joined(tokens: list[Token]) -> list[Token]:
    """Join "two thousand and eighteen" to a year."""
    joined: list[Token] = []
    at = 0
    while at < len(tokens):
        here = tokens[at : at + 4]
        size = 4 if len(here) == 4 and here[2].text == "and" else 3
        if [t.text for t in here[:2]] == ["two", "thousand"] and len(here) >= size:
            years = here[size - 1].value
            if here[size - 1].tag == "n" and isinstance(years, int):
                joined.append(
                    Token("y", 2000 + years, here[0].start, here[size - 1].end, str(2000 + years))
                )
                at += size
                continue
        joined.append(tokens[at])
        at += 1
    return joined


def _numbers_joined(tokens: list[Token]) -> list[Token]:
    """Join "twenty-three" and "twenty fourth"; mark figures that count something else."""
    joined: list[Token] = []
    for token in tokens:
        before = joined[-1] if joined else None
        is_unit = token.tag == "%" and token.value is None and token.text != "#"
        if is_unit and before is not None and before.tag in "n4y3":
            joined[-1] = replace(before, tag="%")
            continue
        if before is not None and before.tag == "%" and before.text == "#" and token.tag == "n":
            joined[-1] = replace(token, tag="%")
            continue
        tens = (
            joined[-2] if before is not None and before.tag == "-" and len(joined) > 1 else before
        )
        if (
            tens is not None
            and tens.tag == "n"
            and token.tag in "nO"
            and tens.text.isalpha()
            and token.text.isalpha()
            and tens.value in {20, 30, 40, 50}
            and isinstance(token.value, int)
            and token.value < 10
        ):
            del joined[-1 if tens is before else -2 :]
            joined.append(
                Token(token.tag, int(str(tens.value)) + token.value, tens.start, token.end, "")
            )
            continue
        joined.append(token)
    return joined


def _fractions_joined(tokens: list[Token]) -> list[Token]:
    """Join the "1 1/2" of "1 1/2 Stunden"."""
    joined: list[Token] = []
    for at, token in enumerate(tokens):
        before, after = (joined[-1] if joined else None), tokens[at + 1 : at + 2]
        whole = before.value if before is not None and before.tag == "n" else None
        is_fraction = token.tag == "S" and bool(after) and after[0].tag == "u"
        if before is None or not isinstance(whole, int) or not is_fraction:
            joined.append(token)
            continue
        assert isinstance(token.value, tuple)
        one, two, *_ = token.value
        joined[-1] = Token("n", whole + one / max(two, 1), before.start, token.end, "")
    return joined


def _elliptic_filled(tokens: list[Token]) -> list[Token]:
    """Fill in what "not this Friday but the next" leaves out: the Friday."""
    filled: list[Token] = []
    for at, token in enumerate(tokens):
        filled.append(token)
        noun = _left_out(tokens, at)
        if noun is None:
            continue
        filled[-1] = replace(token, tag="q", value=_following(token, noun, tokens))
        if len(filled) > 1 and filled[-2].tag == "u":
            filled[-2] = replace(filled[-2], tag="g")
        unit = noun.value[1] if isinstance(noun.value, tuple) else noun.value
        tag = "u" if noun.tag == "U" else noun.tag
        filled.append(Token(tag, unit, token.end, token.end, noun.text))
    return filled


def _following(token: Token, noun: Token, tokens: list[Token]) -> str:
    """Return which one follows the one that was named."""
    before = tokens[max(tokens.index(noun) - 1, 0)]
    is_next = before.tag == "q" and before.value in {words.NEXT, words.COMING}
    return words.AFTER_NEXT if is_next or token.value == words.AFTER_NEXT else words.AFTER_THIS


def _left_out(tokens: list[Token], at: int) -> Token | None:
    """Return the day or unit that a "next" or "one after" with nothing behind it points to."""
    token, before = tokens[at], tokens[at - 1] if at else None
    points = token.tag == "q" and token.value in _FOLLOWING
    is_after = token.text in _AFTER and before is not None and before.tag in "gxu"
    if not points and not is_after:
        return None
    tags = "".join(t.tag for t in tokens)
    if not re.match(r"[.,!E;xcC~ab]|$", tags[at + 1 :]):
        return None
    if not re.search(r"[;,|&][gGt]*[xu]?$", tags[:at]):
        return None
    named = tokens[: at - 1] if is_after else tokens[:at]
    return next((t for t in reversed(named) if t.tag in "wU" or t.value in _UNITS), None)
