"""YAML text -> plain values, and the line of each of them.

Every scalar stays the text that was written (an empty one is None): YAML's own guesses would turn
`off` into a falsehood, 12:30 into 750 and a phone number into a calculation.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from bot.business_file.problems import Finding, Place, both
from scheduling.catalog import LocalText

MOST_NODES = 50_000
MOST_DEPTH = 12
_EMPTY = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(slots=True)
class Tree:
    """The values as written, and where each place begins."""

    values: object = None
    lines: dict[Place, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def line(self, place: Place) -> int:
        """Return the line of the place, or of the nearest thing around it."""
        for length in range(len(place), 0, -1):
            if (line := self.lines.get(place[:length])) is not None:
                return line
        return self.lines.get((), 1)


class _TooMuch(Exception):
    """The file holds more than any business: aliases of aliases, or a heap of brackets."""


def read_tree(text: str) -> Tree:
    """Return values and lines; a mistake of YAML itself is the only finding then."""
    tree = Tree()
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        if root is not None:
            tree.values = _Reader(tree).value(root, ())
    except yaml.YAMLError as error:
        return _unreadable(error)
    except (_TooMuch, RecursionError):
        reason = both("The file is nested too deeply.", "Die Datei ist zu tief verschachtelt.")
        cure = both(
            "Start from the file of an example and keep its layout.",
            "Beginnen Sie mit der Datei eines Beispiels und behalten Sie deren Aufbau bei.",
        )
        return Tree(findings=[Finding((), reason, cure)])
    return tree


class _Reader:
    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._count = 0

    def value(self, node: Node, place: Place) -> object:
        self._count += 1
        if self._count > MOST_NODES or len(place) > MOST_DEPTH:
            raise _TooMuch
        self._tree.lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, MappingNode):
            return {
                key: self.value(child, (*place, key)) for key, child in self._pairs(node, place)
            }
        if isinstance(node, SequenceNode):
            return [self.value(child, (*place, i)) for i, child in enumerate(node.value)]
        is_plain = isinstance(node, ScalarNode) and node.style is None
        text: str = node.value
        return None if is_plain and text in _EMPTY else text

    def _pairs(self, node: MappingNode, place: Place) -> Iterator[tuple[str, Node]]:
        seen: dict[str, int] = {}
        for key_node, child in node.value:
            key = str(key_node.value) if isinstance(key_node, ScalarNode) else "?"
            line = key_node.start_mark.line + 1
            if key in seen:
                self._tree.findings.append(_twice((*place, key), seen[key], line))
                continue
            seen[key] = line
            self._tree.lines[(*place, key)] = line
            yield key, child


def _twice(place: Place, first: int, second: int) -> Finding:
    reason = both(
        f"`{place[-1]}` is written twice, in line {first} and in line {second}.",
        f"`{place[-1]}` steht zweimal da, in Zeile {first} und in Zeile {second}.",
    )
    return Finding(place, reason, both("Remove one of the two.", "Löschen Sie eine der beiden."))


def _unreadable(error: yaml.YAMLError) -> Tree:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    tree = Tree()
    tree.lines[()] = mark.line + 1 if mark is not None else 1
    if isinstance(error, yaml.reader.ReaderError):
        tree.findings.append(Finding((), *_CONTROL))
        return tree
    said = f"{getattr(error, 'context', '')} {getattr(error, 'problem', '')}"
    words = next((w for sign, w in _SIGNS if sign in said), _LAYOUT)
    tree.findings.append(Finding((), *words))
    return tree


_Words = tuple[LocalText, LocalText]

_CONTROL: _Words = (
    both("The file holds invisible control characters.", "Die Datei enthält Steuerzeichen."),
    both(
        "Type the line anew in a plain text editor.",
        "Schreiben Sie die Zeile in einem einfachen Texteditor neu.",
    ),
)
_LAYOUT: _Words = (
    both(
        "The layout breaks here, or in the line before.",
        "Hier oder in der Zeile davor stimmt der Aufbau nicht.",
    ),
    both(
        "Check that entries of one list begin in the same column, and that brackets and quotes "
        "are closed.",
        "Prüfen Sie, ob Einträge derselben Liste in derselben Spalte beginnen und ob Klammern und "
        "Anführungszeichen geschlossen sind.",
    ),
)
_SIGNS: tuple[tuple[str, _Words], ...] = (
    (
        "'\\t'",
        (
            both("The line begins with a tab.", "Die Zeile beginnt mit einem Tabulator."),
            both("Use blanks instead of the tab.", "Nehmen Sie Leerzeichen statt des Tabulators."),
        ),
    ),
    (
        "mapping values are not allowed",
        (
            both(
                "There is a colon where none can be, or the line is indented wrongly.",
                "Hier steht ein Doppelpunkt zu viel, oder die Zeile ist falsch eingerückt.",
            ),
            both(
                'Put a text that contains a colon into quotes: "Room: blue".',
                'Setzen Sie Texte mit Doppelpunkt in Anführungszeichen: "Raum: blau".',
            ),
        ),
    ),
    (
        "could not find expected ':'",
        (
            both("A colon is missing after a key.", "Nach einem Schlüssel fehlt der Doppelpunkt."),
            both("Write `key: value`.", "Schreiben Sie `schlüssel: wert`."),
        ),
    ),
    (
        "expected a single document",
        (
            both(
                "A second document begins (`---`).", "Hier beginnt ein zweites Dokument (`---`)."
            ),
            both("Remove the line `---`.", "Löschen Sie die Zeile `---`."),
        ),
    ),
)
