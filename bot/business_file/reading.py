"""Reads the file: every mistake in one list with its line, or the catalog."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bot.business_file import models
from bot.business_file.building import business_of
from bot.business_file.cross_checks import findings
from bot.business_file.parts import readable_parts
from bot.business_file.problems import BusinessFileInvalid, Finding, Problem, both, dotted
from bot.business_file.roster import Roster, read_roster, with_roster
from bot.business_file.wording import finding
from bot.business_file.yaml_tree import Tree, read_tree
from scheduling.catalog import Business, LocalText

LARGEST = 1024 * 1024


def load(path: Path) -> Business:
    """Return the business; raises BusinessFileInvalid with every mistake."""
    read = _read(path)
    problems = _problems(str(path), read)
    if read.file is None or problems:
        raise BusinessFileInvalid(problems)
    file, staff = read.file, (*read.file.staff, *read.roster.staff.values())
    return business_of(file.business, file.services, staff, file.places, file.resources)


def check(path: Path) -> list[Problem]:
    """Return every mistake of the file, in the order of its lines; then those of its roster."""
    return _problems(str(path), _read(path))


def check_text(text: str, name: str) -> list[Problem]:
    """Return every mistake of a text, but for its roster; `name` is what they call its file."""
    return _problems(name, _understood(read_tree(text), None))


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the file, for editors."""
    schema = models.BusinessFile.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


@dataclass(slots=True)
class _Read:
    tree: Tree
    file: models.BusinessFile | None = None
    roster: Roster = field(default_factory=Roster)


def _problems(name: str, read: _Read) -> list[Problem]:
    tree, roster = read.tree, read.roster
    found = [
        Problem(name, tree.line(each.place), dotted(each.place), each.reason, each.cure)
        for each in tree.findings
        if not roster.owns(each.place)
    ]
    return [*sorted(found, key=lambda problem: problem.line), *roster.problems(tree.findings)]


def _read(path: Path) -> _Read:
    text = _text(path)
    return _understood(text if isinstance(text, Tree) else read_tree(text), path.parent)


def _understood(tree: Tree, folder: Path | None) -> _Read:
    """Read what the tree says; a roster is looked for in the folder."""
    if tree.findings and tree.values is None:
        return _Read(tree)
    if not isinstance(tree.values, Mapping):
        tree.findings.append(Finding((), *_NO_FILE))
        return _Read(tree)
    read = _Read(tree, roster=read_roster(tree.values, folder))
    try:
        read.file = models.BusinessFile.model_validate(tree.values)
    except ValidationError as error:
        tree.findings += [finding(dict(each), ()) for each in error.errors() if _counts(each)]
    tree.findings += read.roster.findings
    parts = readable_parts(tree.values)
    tree.findings += findings(with_roster(parts, read.roster, tree.values))
    return read


def _counts(error: Mapping[str, Any]) -> bool:
    """Leave out "too short" where it only means that the entries themselves are wrong."""
    return error["type"] != "too_short" or not error["input"]


def _text(path: Path) -> str | Tree:
    if not path.is_file():
        return _unusable("There is no such file.", "Diese Datei gibt es nicht.")
    try:
        content = path.read_bytes()
    except OSError:
        return _unusable("It cannot be read.", "Sie ist nicht lesbar.")
    if len(content) > LARGEST:
        return _unusable("It is larger than 1 MB.", "Sie ist größer als 1 MB.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        reason = both("This line is not UTF-8 text.", "Diese Zeile ist kein UTF-8-Text.")
        cure = both("Save the file as UTF-8.", "Speichern Sie die Datei als UTF-8.")
        line = content.count(b"\n", 0, error.start) + 1
        return Tree(lines={(): line}, findings=[Finding((), reason, cure)])


def _unusable(en: str, de: str) -> Tree:
    cure = both(
        "Name a text file; start from examples/practice/business.yaml.",
        "Nennen Sie eine Textdatei; beginnen Sie mit examples/practice/business.yaml.",
    )
    return Tree(findings=[Finding((), both(en, de), cure)])


_NO_FILE: tuple[LocalText, LocalText] = (
    both("It is empty, or no business file.", "Sie ist leer oder keine Geschäftsdatei."),
    both(
        "Start from examples/practice/business.yaml: business, places, services, staff.",
        "Beginnen Sie mit examples/practice/business.yaml: business, places, services, staff.",
    ),
)
