"""The roster: staff in a CSV file, read to the same entries as those of business.yaml.

They stand behind those in the list of staff, so the checks of the whole find their mistakes too;
only where a mistake is said to be differs: the line of the CSV file, and its column.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bot.business_file.hours import Week
from bot.business_file.models import RosterEntry, StaffEntry
from bot.business_file.parts import Parts, entry_of
from bot.business_file.problems import Finding, Place, Problem, both
from bot.business_file.roster_table import NoTable, TableUnreadable, content_of, rows_of
from bot.business_file.values import nearest
from bot.business_file.wording import finding
from scheduling.catalog import LocalText

MOST_PROBLEMS = 100
"""A wrong column is a mistake on every line; nobody reads thousands of them."""
_LISTS = ("skills", "sites")


@dataclass(slots=True)
class Roster:
    """What could be read; positions count on from those of the staff in business.yaml."""

    file: str = ""
    staff: dict[int, StaffEntry] = field(default_factory=dict)
    lines: dict[int, int] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)
    doubts: dict[Place, set[str]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    """Mistakes of single rows, and of the key `roster` itself."""
    refused: list[Problem] = field(default_factory=list)
    """Mistakes of the table as such."""

    def owns(self, place: Place) -> bool:
        """Tell whether the place is a row of the roster."""
        return place[:1] == ("staff",) and len(place) > 1 and place[1] in self.lines

    def problems(self, found: Iterable[Finding]) -> list[Problem]:
        """Return the mistakes of its rows and its own, in the order of its lines."""
        rows = [self._problem(each) for each in found if self.owns(each.place)]
        rows = sorted([*rows, *self.refused], key=lambda problem: problem.line)
        left = rows[MOST_PROBLEMS:]
        return [*rows[:MOST_PROBLEMS], *([_more(left)] if left else [])]

    def _problem(self, found: Finding) -> Problem:
        number, *keys = found.place[1:]
        key = str(keys[0]) if keys else ""
        column = "shift" if key == "hours" else key
        return Problem(self.file, self.lines[int(number)], column, found.reason, found.cure)

    def doubt_all(self) -> None:
        """Note that nobody knows who the staff are."""
        self.doubts[("staff", -1)] = {"*"}


def read_roster(values: Mapping[str, Any], folder: Path | None) -> Roster:
    """Return the roster that the file names; an empty one where it names none.

    Without a folder (a text that is no file) it cannot be looked up and nothing is said about it.
    """
    roster = Roster()
    given = values.get("roster")
    if given is None:
        return roster
    try:
        entry = RosterEntry.model_validate(given)
        if folder is not None:
            roster.file = str(folder / entry.file)
            _fill(roster, entry, content_of(entry.file, folder), values.get("staff"))
    except NoTable as none:
        roster.findings.append(none.finding)
    except ValidationError:
        # said where the whole file is validated
        pass
    if not roster.staff:
        roster.doubt_all()
    return roster


def with_roster(parts: Parts, roster: Roster, values: Mapping[str, Any]) -> Parts:
    """Return the parts with the roster's staff behind those of the file."""
    if values.get("roster") is None:
        return parts
    doubts = {**parts.doubts, **roster.doubts}
    if values.get("staff") is None:
        doubts.pop(("staff",), None)
    ids = {**parts.ids, "staff": dict.fromkeys([*parts.ids["staff"], *roster.ids])}
    return replace(parts, staff={**parts.staff, **roster.staff}, ids=ids, doubts=doubts)


def _fill(roster: Roster, entry: RosterEntry, content: bytes, above: object) -> None:
    first = len(above) if isinstance(above, list) else 0
    try:
        for number, (line, cells) in enumerate(rows_of(content), first):
            roster.lines[number] = line
            _add(roster, entry.shifts, number, cells)
    except TableUnreadable as unreadable:
        roster.doubt_all()
        roster.refused = [
            Problem(roster.file, line, "", *words) for line, *words in unreadable.found
        ]
    if not roster.lines and not roster.refused:
        roster.refused = [Problem(roster.file, 1, "", *_NOBODY)]


def _add(
    roster: Roster, shifts: Mapping[str, Week], number: int, cells: Mapping[str, str]
) -> None:
    given: dict[str, Any] = {key: cell for key, cell in cells.items() if key != "shift"}
    for key in _LISTS:
        if key in given:
            given[key] = given[key].split()
    hours = shifts.get(cells.get("shift", ""))
    if hours is not None:
        given["hours"] = {}
    try:
        member: StaffEntry | None = StaffEntry.model_validate(given)
    except ValidationError as error:
        place: Place = ("staff", number)
        roster.findings += [_finding(dict(each), place, cells, shifts) for each in error.errors()]
        member, roster.doubts[place] = entry_of(StaffEntry, given, number)
    if "id" in cells:
        roster.ids.append(cells["id"])
    if member is not None:
        # the very object: equal shifts are worked out once
        known = {} if hours is None else {"hours": hours}
        roster.staff[number] = member.model_copy(update=known)


def _finding(
    error: Mapping[str, Any], place: Place, cells: Mapping[str, str], shifts: Mapping[str, Week]
) -> Finding:
    key = str(error["loc"][0])
    column = "shift" if key == "hours" else key
    if column == "shift" and column in cells:
        return _unknown_shift(cells[column], shifts, (*place, key))
    if error["type"] == "missing":
        return Finding(
            (*place, key),
            both(f"`{column}` is empty.", f"`{column}` ist leer."),
            both("Fill the cell.", "Füllen Sie das Feld aus."),
        )
    return finding(error, place)


def _unknown_shift(name: str, shifts: Mapping[str, Week], place: Place) -> Finding:
    return Finding(
        place,
        both(f"There is no shift `{name}`.", f"Die Schicht `{name}` gibt es nicht."),
        nearest(name, shifts, both("Add it under shifts.", "Ergänzen Sie sie unter shifts.")),
    )


def _more(left: list[Problem]) -> Problem:
    first = left[0]
    return Problem(
        first.file,
        first.line,
        "",
        both(
            f"There are {len(left)} more mistakes from here on.",
            f"Ab hier gibt es {len(left)} weitere Fehler.",
        ),
        both(
            "Mend the ones above, then check again.",
            "Beheben Sie die oberen und prüfen Sie dann erneut.",
        ),
    )


_NOBODY: tuple[LocalText, LocalText] = (
    both("The roster names nobody.", "Die Liste nennt niemanden."),
    both(
        "Write one line for each member of staff below the first.",
        "Schreiben Sie unter die erste Zeile je Person eine Zeile.",
    ),
)
