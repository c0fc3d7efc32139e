"""Reads the file: every mistake in one list with its line, or the catalog."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from bot.business_file import models
from bot.business_file.building import business_of
from bot.business_file.cross_checks import Parts, findings
from bot.business_file.problems import (
    BusinessFileInvalid,
    Finding,
    Place,
    Problem,
    both,
    dotted,
)
from bot.business_file.values import Strict
from bot.business_file.wording import finding
from bot.business_file.yaml_tree import Tree, read_tree
from scheduling.catalog import Business, LocalText

LARGEST = 1024 * 1024
_Entry = TypeVar("_Entry", bound=Strict)
_SECTIONS = ("places", "services", "staff")


def load(path: Path) -> Business:
    """Return the business; raises BusinessFileInvalid with every mistake."""
    tree, file = _read(path)
    if file is None or tree.findings:
        raise BusinessFileInvalid(_problems(path, tree))
    return business_of(file.business, file.services, file.staff, file.places)


def check(path: Path) -> list[Problem]:
    """Return every mistake of the file, in the order of its lines."""
    return _problems(path, _read(path)[0])


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the file, for editors."""
    schema = models.BusinessFile.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _problems(path: Path, tree: Tree) -> list[Problem]:
    found = [
        Problem(str(path), tree.line(each.place), dotted(each.place), each.reason, each.cure)
        for each in tree.findings
    ]
    return sorted(found, key=lambda problem: problem.line)


def _read(path: Path) -> tuple[Tree, models.BusinessFile | None]:
    text = _text(path)
    if isinstance(text, Finding):
        return Tree(findings=[text]), None
    tree = read_tree(text)
    if tree.findings and tree.values is None:
        return tree, None
    if not isinstance(tree.values, Mapping):
        tree.findings.append(Finding((), *_NO_FILE))
        return tree, None
    try:
        file = models.BusinessFile.model_validate(tree.values)
    except ValidationError as error:
        file = None
        tree.findings += [finding(dict(each), ()) for each in error.errors()]
    tree.findings += findings(_parts(tree.values))
    return tree, file


def _text(path: Path) -> str | Finding:
    example = both(
        "Name a text file; start from examples/practice/business.yaml.",
        "Nennen Sie eine Textdatei; beginnen Sie mit examples/practice/business.yaml.",
    )
    if not path.is_file():
        return Finding((), both("There is no such file.", "Diese Datei gibt es nicht."), example)
    try:
        content = path.read_bytes()
    except OSError:
        return Finding((), both("It cannot be read.", "Sie ist nicht lesbar."), example)
    if len(content) > LARGEST:
        return Finding((), both("It is larger than 1 MB.", "Sie ist größer als 1 MB."), example)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return Finding(
            (),
            both(f"Line {line} is not UTF-8 text.", f"Zeile {line} ist kein UTF-8-Text."),
            both("Save the file as UTF-8.", "Speichern Sie die Datei als UTF-8."),
        )


_NO_FILE: tuple[LocalText, LocalText] = (
    both("It is empty, or no business file.", "Sie ist leer oder keine Geschäftsdatei."),
    both(
        "Start from examples/practice/business.yaml: business, places, services, staff.",
        "Beginnen Sie mit examples/practice/business.yaml: business, places, services, staff.",
    ),
)


def _parts(values: Mapping[str, Any]) -> Parts:
    """Return what can be read, entry by entry, without reporting anything again."""
    places = _entries(models.PlaceEntry, values.get("places"))
    services = _entries(models.ServiceEntry, values.get("services"))
    staff = _entries(models.StaffEntry, values.get("staff"))
    listed = values.get("staff")
    return Parts(
        business=_entry(models.BusinessEntry, values.get("business")),
        places=places,
        services=services,
        staff=staff,
        ids={section: _ids(values.get(section)) for section in _SECTIONS},
        all_staff_readable=isinstance(listed, Sequence) and len(staff) == len(listed),
    )


def _entries(kind: type[_Entry], listed: object) -> dict[int, _Entry]:
    if not isinstance(listed, list):
        return {}
    read = ((number, _entry(kind, each)) for number, each in enumerate(listed))
    return {number: entry for number, entry in read if entry is not None}


def _entry(kind: type[_Entry], value: object) -> _Entry | None:
    """Return the entry, without the keys that are wrong; None where the rest is not enough."""
    if not isinstance(value, Mapping):
        return None
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        wrong: set[Place] = {each["loc"][:1] for each in error.errors()}
    rest = {key: each for key, each in value.items() if (key,) not in wrong}
    try:
        return kind.model_validate(rest)
    except ValidationError:
        return None


def _ids(listed: object) -> list[str]:
    entries = listed if isinstance(listed, list) else []
    return [str(each["id"]) for each in entries if isinstance(each, Mapping) and each.get("id")]
