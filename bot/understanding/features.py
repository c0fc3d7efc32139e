"""What the intent model looks at: pieces of words, words, and pairs of words.

Numbers, weekdays and months are made alike: what is wanted does not hang on the day.
"""

import re
from itertools import pairwise

_NAMED = (
    (re.compile(r"\d+"), "0"),
    (
        re.compile(
            r"\b(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag"
            r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day)s?\b"
        ),
        "dday",
    ),
    (
        re.compile(
            r"\b(?:januar|februar|maerz|april|mai|juni|juli|august|september|oktober|november"
            r"|dezember|january|february|march|june|july|october|december)\b"
        ),
        "mmon",
    ),
    (re.compile(r"\b(?:olly|pda|ai|alexa|siri|google)\b"), "botname"),
)
_TOKEN = re.compile(r"[\w']+|[^\w\s]")
_LENGTHS = (2, 3, 4, 5)
MOST_WORDS = 60
"""A longer message is judged by its beginning: nobody writes their wish after an essay."""


def features(folded: str) -> frozenset[str]:
    """Return the features of a folded text (bot.understanding.cleaning.fold)."""
    text = folded
    for pattern, name in _NAMED:
        text = pattern.sub(name, text)
    tokens = [found[0] for found in _TOKEN.finditer(text)][:MOST_WORDS]
    found = {
        f"c{padded[at : at + length]}"
        for padded in (f" {token[:40]} " for token in tokens)
        for length in _LENGTHS
        for at in range(len(padded) - length + 1)
    }
    words = [token[:40] for token in tokens if token[0].isalnum()]
    found |= {f"w{word}" for word in words}
    bounded = ["<", *words, ">"]
    found |= {f"b{one} {next_one}" for one, next_one in pairwise(bounded)}
    return frozenset(found)
