"""Our own training sentences, written as patterns: `(one|other|)` is one of these, or nothing."""

import random
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

_CHOICE = re.compile(r"\(([^()]*)\)")
MOST = 30
"""Sentences drawn from one pattern: else the long ones would outweigh all others."""


@dataclass(frozen=True, slots=True)
class Example:
    """One sentence and what it wants."""

    text: str
    label: str


def sentences(pattern: str, most: int = MOST) -> list[str]:
    """Draw different sentences from a pattern; the same ones each time."""
    parts = _CHOICE.split(pattern)
    choices = [part.split("|") for part in parts[1::2]]
    count = min(most, _product(len(each) for each in choices))
    # no secret: drawn by the pattern itself, so that every machine draws the same
    drawn = random.Random(zlib.crc32(pattern.encode()))  # noqa: S311
    found: dict[str, None] = {}
    for _ in range(4 * count):
        words = "".join(
            part if at % 2 == 0 else drawn.choice(choices[at // 2])
            for at, part in enumerate(parts)
        )
        found[" ".join(words.replace(" ?", "").split())] = None
        if len(found) == count:
            break
    return list(found)


def examples(text: str) -> Iterator[Example]:
    """Yield the sentences of a file of patterns: `[label]`, then one pattern a line."""
    label = ""
    for line in text.splitlines():
        if line.startswith("["):
            label = line.strip("[]")
        elif line and not line.startswith("#"):
            for sentence in sentences(line):
                yield Example(sentence, label)


def _product(numbers: Iterator[int]) -> int:
    total = 1
    for number in numbers:
        total *= number
    return total
