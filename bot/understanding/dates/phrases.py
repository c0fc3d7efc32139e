"""Finds the phrases in a row of tokens: at each place the longest that makes sense."""

from bot.understanding.dates import days, hours, offsets, periods
from bot.understanding.dates.items import Item, Reader, Rule
from bot.understanding.dates.tokens import Token

PASSED = frozenset("aAbBtv&|!X;,.-/FLsEZel%o")
"""Tags that matter between phrases and stand for themselves."""
DROPPED = frozenset("gGc~ihzIKjf0k?qumOSyYU1")


def _by_first() -> dict[str, tuple[Rule, ...]]:
    table: dict[str, list[Rule]] = {}
    for each in (*days.RULES, *offsets.RULES, *periods.RULES, *hours.RULES):
        for tag in each.first:
            table.setdefault(tag, []).append(each)
    return {tag: tuple(rules) for tag, rules in table.items()}


_RULES = _by_first()


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
    for order, each in enumerate(_RULES.get(reader.tags[at], ())):
        found = each.pattern.match(reader.tags, at)
        if found is not None and found.end() > at:
            matches.append((-found.end(), order, each, found))
    for _, _, each, found in sorted(matches, key=lambda m: m[:2]):
        items = each.build(reader, found)
        if items:
            return items
    return []


def _single(token: Token, at: int) -> list[Item]:
    tag, value = token.tag, token.value
    if tag == "n" and isinstance(value, int) and 0 <= value <= 31:
        return [Item("N", at, at + 1, number=value, text=token.text)]
    if tag == "O" and isinstance(value, int) and token.text.endswith("."):
        return [Item("N", at, at + 1, number=value, text=token.text)]
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
