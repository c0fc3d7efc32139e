"""Parts of Adaptive Cards 1.5, in the portable subset that Teams and Web Chat both show.

All text from customers and the business file passes `literal`; only our own may carry links.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from bot.texts import language_of, text

Node = dict[str, object]

# only what Markdown reacts to: a client that shows a backslash should have few to show
_ACTIVE = re.compile(r"[\\`*_{}\[\]<>~]|&(?=#?\w+;)|^(?:#|[+-](?=[\s-])|=(?==))")
_NUMBERED = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
PER_ROW = 3
"""Four chips a row break at 320 px."""


def literal(words: str) -> str:
    """Return text that Markdown shows as it is: no link, no emphasis, no control character."""
    return _NUMBERED.sub(r"\1\\\2", _ACTIVE.sub(r"\\\g<0>", clean(words)))


def address(url: str) -> str:
    """Return an address that cannot end its Markdown link early."""
    return url.replace("(", "%28").replace(")", "%29").replace(" ", "%20")


def clean(words: str) -> str:
    """Return one line without control characters and without tricks of writing direction."""
    kept = (
        " " if unicodedata.category(c) == "Cc" else c
        for c in words
        if c not in _BIDI and unicodedata.category(c) != "Cs"
    )
    return " ".join("".join(kept).split())


def clean_lines(words: str) -> str:
    """Return `words` cleaned, with the line breaks they were written with."""
    return "\n".join(clean(each) for each in words.splitlines())


def line(words: str, **style: object) -> Node:
    """Return a TextBlock that wraps."""
    return {"type": "TextBlock", "text": words, "wrap": True, **style}


def heading(words: str) -> Node:
    """Return the card's title."""
    return line(words, style="heading", size="Large", weight="Bolder")


def subtle(words: str) -> Node:
    """Return small grey text."""
    return line(words, isSubtle=True, size="Small")


def banner(title: str, words: str, style: str) -> Node:
    """Return a coloured head with title and sentence."""
    return {
        "type": "Container",
        "style": style,
        "bleed": True,
        "items": [heading(title), line(words, spacing="None")],
    }


def facts(pairs: Sequence[tuple[str, str]]) -> Node:
    """Return titles (at most 6 letters) and values."""
    return {"type": "FactSet", "facts": [{"title": t, "value": v} for t, v in pairs if v]}


def action(
    title: str,
    verb: str,
    values: Mapping[str, object] | None = None,
    *,
    is_primary: bool = False,
    without_inputs: bool = False,
) -> Node:
    """Return a Submit button; its verb stands in the values. Channels rewrite it as they need."""
    node: Node = {
        "type": "Action.Submit",
        "title": title,
        "data": {"verb": verb, **(values or {})},
    }
    if is_primary:
        node["style"] = "positive"
    if without_inputs:
        node["associatedInputs"] = "none"
    return node


def row(*actions: Node, spacing: str = "Small") -> Node:
    """Return buttons in one row: one primary alone, or two short ones."""
    return {"type": "ActionSet", "spacing": spacing, "actions": list(actions)}


def chips(choices: Sequence[tuple[str, Node]]) -> list[Node]:
    """Return (visible text, action) as rows of three; the action's title is the full name."""
    rows: list[Node] = []
    for first in range(0, len(choices), PER_ROW):
        columns = [_chip(words, press) for words, press in choices[first : first + PER_ROW]]
        missing = PER_ROW - len(columns)
        columns += [{"type": "Column", "width": "stretch", "items": []} for _ in range(missing)]
        rows.append({"type": "ColumnSet", "spacing": "Small", "columns": columns})
    return rows


def _chip(words: str, press: Node) -> Node:
    return {
        "type": "Column",
        "width": "stretch",
        "style": "accent",
        "verticalContentAlignment": "Center",
        "spacing": "Small",
        "selectAction": press,
        "items": [line(words, horizontalAlignment="Center", weight="Bolder")],
    }


def choice_row(lines: Sequence[Node], press: Node) -> Node:
    """Return a wide row that can be clicked."""
    return {
        "type": "ColumnSet",
        "style": "emphasis",
        "spacing": "Small",
        "selectAction": press,
        "columns": [{"type": "Column", "width": "stretch", "items": list(lines)}],
    }


def card(body: Sequence[Node], *, language: str, speak: str) -> Node:
    """Return the card."""
    return {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.5",
        "lang": language_of(language),
        "fallbackText": text("card_fallback", language),
        "speak": speak,
        "body": list(body),
    }
