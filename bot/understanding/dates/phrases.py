"""Finds the phrases in a row of tokens: at each place the longest that makes sense."""

import re
from functools import cache

from bot.understanding.dates import days, hours, offsets, periods, spans
from bot.understanding.dates.items import Build, Item, Reader
from bot.understanding.dates.tokens import Token

PASSED = frozenset("aAbBtv&|!X;,.-/FLsEZel%o=")
"""Tags that matter between phrases and stand for themselves."""
DROPPED = frozenset("gGc~ihzIKjf0k?qumOSyYU1")


@cache
def _by_first() -> dict[str, tuple[tuple[re.Pattern[str], Build], ...]]:
    """Return the compiled rules by their first tag; at the first message, not at import."""
    table: dict[str, list[tuple[re.Pattern[str], Build]]] = {}
    for each in (*days.RULES, *offsets.RULES, *periods.RULES, *spans.RULES, *hours.RULES):
        compiled = re.compile(each.pattern)
        for tag in each.first:
            table.setdefault(tag, []).append((compiled, each.build))
    return {tag: tuple(rules) for tag, rules in table.items()}


def find_phrases(reader: Reader) -> list[Item]:
    """Return the phrases and the words between them, in order."""
    items: list[Item] = []
    at, size = 0, len(reader.tags)
    while at < size:
        found = _longest(reader, at)
        if found:
            items += found
            at = max(item.end for item in found)
            continue
        items += _single(reader.tokens[at], at)
        at += 1
    return items


def _longest(reader: Reader, at: int) -> list[Item]:
    matches = []
    for order, (pattern, build) in enumerate(_by_first().get(reader.tags[at], ())):
        found = pattern.match(reader.tags, at)
        if found is not None and found.end() > at:
            matches.append((-found.end(), order, build, found))
    for _, _, build, found in sorted(matches, key=lambda m: m[:2]):
        items = build(reader, found)
        if items:
            return items
    return []


def _single(token: Token, at: int) -> list[Item]:
    tag, value = token.tag, token.value
    if tag == "n" and isinstance(value, int) and 0 <= value <= 31:
        return [Item("N", at, at + 1, number=value, text=token.text)]
    if tag == "O" and isinstance(value, int) and token.text.endswith("."):
        return [Item("N", at, at + 1, number=value, text=token.text)]
    if tag == "3":
        return [Item("%", at, at + 1, text=token.text)]
    if tag == "M":
        return [Item("M", at, at + 1, text=token.text)]
    if tag in "PZ":
        return [Item("J" if tag == "P" else "Z", at, at + 1, text=str(value))]
    if tag == "e":
        return [Item("e", at, at + 1, text=str(value))]
    if tag in PASSED:
        return [Item(tag, at, at + 1, text=token.text)]
    if tag in DROPPED:
        return []
    return [Item("x", at, at + 1, text=token.text)]
