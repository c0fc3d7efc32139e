"""The roster as a table: which file, its columns, its rows as they are written."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bot.business_file.problems import Finding, both
from bot.business_file.values import suggestion
from scheduling.catalog import LocalText

NEEDED = ("id", "name", "mailbox", "shift")
COLUMNS = (
    *NEEDED,
    *("zone", "skills", "sites", "weight", "per_day", "per_week", "wave", "declaration", "state"),
)
LARGEST = 64 * 1024 * 1024
_Words = tuple[LocalText, LocalText]
Row = tuple[int, Mapping[str, str]]
"""Line, and column -> what stands there; empty cells are left out."""


class TableUnreadable(Exception):
    """No row can be read; the mistakes by the lines of the CSV file."""

    def __init__(self, *found: tuple[int, LocalText, LocalText]) -> None:
        self.found = found
        super().__init__(found[0][1].en)


class NoTable(Exception):
    """The file that business.yaml names cannot be used at all."""

    def __init__(self, reason: LocalText, cure: LocalText) -> None:
        self.finding = Finding(("roster", "file"), reason, cure)
        super().__init__(reason.en)


def content_of(name: str, folder: Path) -> bytes:
    """Return what the named file holds; NoTable where it is none of this folder's."""
    try:
        file = (folder / name).resolve()
        if not file.is_relative_to(folder.resolve()):
            raise NoTable(*_outside(name))
        if file.stat().st_size > LARGEST:
            raise NoTable(*_too_large(name))
        return file.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError):
        raise NoTable(*_absent_file(name, folder)) from None
    except (OSError, RuntimeError):
        raise NoTable(*_unreadable(name)) from None


def rows_of(content: bytes) -> Iterator[Row]:
    """Yield the rows below the header; TableUnreadable before the first, or at a broken one."""
    text = _text(content)
    lines = _lines(text)
    columns = _columns(next(lines, (1, []))[1])
    for line, cells in lines:
        if any(cell.strip() for cell in cells[len(columns) :]):
            raise TableUnreadable((line, *_too_many(len(cells), len(columns))))
        row = {
            column: cell.strip()
            for column, cell in zip(columns, cells, strict=False)
            if cell and not cell.isspace()
        }
        if row:
            yield line, row


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        reason = both("This line is not UTF-8 text.", "Diese Zeile ist kein UTF-8-Text.")
        cure = both(
            "Save the file as UTF-8; spreadsheets call it CSV UTF-8.",
            "Speichern Sie die Datei als UTF-8; Tabellenprogramme nennen es CSV UTF-8.",
        )
        raise TableUnreadable((line, reason, cure)) from None


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with the line on which it begins."""
    header = text.partition("\n")[0]
    # spreadsheets in German write semicolons
    mark = ";" if header.count(";") > header.count(",") else ","
    table = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    before = 0
    try:
        for cells in table:
            yield before + 1, cells
            before = table.line_num
    except csv.Error:
        raise TableUnreadable(
            (
                before + 1,
                both(
                    "The quotes of this line do not match.",
                    "Die Anführungszeichen dieser Zeile passen nicht zusammen.",
                ),
                both(
                    "Close each quote; write a quote inside a text twice.",
                    "Schließen Sie jedes; im Text selbst schreiben Sie es doppelt.",
                ),
            )
        ) from None


def _columns(header: Sequence[str]) -> list[str]:
    names = [name.strip() for name in header]
    while names and not names[-1]:
        names.pop()
    if not set(names) & set(COLUMNS):
        what = both("The first line names no columns.", "Die erste Zeile nennt keine Spalten.")
        if not names:
            what = both("The file has no first line.", "Die Datei hat keine erste Zeile.")
        raise TableUnreadable((1, what, _all_columns()))
    found = [*_unknown(names), *_again(names), *_missing(names)]
    if found:
        raise TableUnreadable(*((1, *words) for words in found))
    return names


def _all_columns() -> LocalText:
    named = ",".join(COLUMNS)
    return both(
        f"Write as the first line, leaving out what you do not need after shift: {named}",
        f"Schreiben Sie als erste Zeile, hinter shift nur das Nötige: {named}",
    )


def _unknown(names: Sequence[str]) -> Iterator[_Words]:
    known = ", ".join(COLUMNS)
    otherwise = both(f"Known are: {known}.", f"Es gibt: {known}.")
    for name in names:
        if name not in COLUMNS:
            reason = both(f"There is no column `{name}`.", f"Eine Spalte `{name}` gibt es nicht.")
            yield reason, suggestion(name, COLUMNS, otherwise)


def _again(names: Sequence[str]) -> Iterator[_Words]:
    for name in dict.fromkeys(n for n in names if n in COLUMNS and names.count(n) > 1):
        yield (
            both(f"The column `{name}` is there twice.", f"Die Spalte `{name}` gibt es zweimal."),
            both("Remove one of the two.", "Löschen Sie eine der beiden."),
        )


def _missing(names: Sequence[str]) -> Iterator[_Words]:
    for name in NEEDED:
        if name not in names:
            yield (
                both(f"The column `{name}` is missing.", f"Die Spalte `{name}` fehlt."),
                both(
                    "Add it; every member of staff needs a value there.",
                    "Ergänzen Sie sie; alle brauchen dort einen Wert.",
                ),
            )


def _too_many(cells: int, columns: int) -> _Words:
    return (
        both(
            f"This line has {cells} cells, but there are {columns} columns.",
            f"Diese Zeile hat {cells} Felder, es gibt aber {columns} Spalten.",
        ),
        both(
            "Put a text that holds a comma into quotes.",
            "Setzen Sie einen Text mit Komma in Anführungszeichen.",
        ),
    )


def _outside(name: str) -> _Words:
    return (
        both(f"`{name}` lies outside the folder.", f"`{name}` liegt außerhalb des Ordners."),
        both(
            "Put the file beside business.yaml, or in a folder below.",
            "Legen Sie die Datei neben business.yaml oder in einen Ordner darunter.",
        ),
    )


def _absent_file(name: str, folder: Path) -> _Words:
    return (
        both(f"There is no file `{name}`.", f"Eine Datei `{name}` gibt es nicht."),
        both(
            f"Put it into {folder}, or correct the name.",
            f"Legen Sie sie in {folder} oder berichtigen Sie den Namen.",
        ),
    )


def _too_large(name: str) -> _Words:
    return (
        both(f"`{name}` is larger than 64 MB.", f"`{name}` ist größer als 64 MB."),
        both("Name a CSV file of staff.", "Nennen Sie eine CSV-Datei mit Personen."),
    )


def _unreadable(name: str) -> _Words:
    return (
        both(f"`{name}` cannot be read.", f"`{name}` ist nicht lesbar."),
        both(
            "Allow the account that runs Terminbot to read it.",
            "Erlauben Sie dem Konto, unter dem Terminbot läuft, sie zu lesen.",
        ),
    )
