"""The list of the erased, outside the database: a restored store is erased by it once more.

A line is JSON: when, and digests of random ids. It names nobody, and nobody can be found by it
who is not in the store.
"""

import json
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

ERASED = "erased-customers.jsonl"


def note(folder: Path, marks: Sequence[str], now: datetime) -> None:
    """Put a line on disk; OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    line = json.dumps({"at": now.isoformat(), "marks": list(marks)}, separators=(",", ":"))
    handle = os.open(folder / ERASED, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    with open(handle, "ab") as file:
        # a line that a killed process began ends here
        file.write(f"\n{line}\n".encode())
        file.flush()
        os.fsync(file.fileno())


def marks_in(file: Path) -> frozenset[str]:
    """Return all marks of a list; a line that is none is left out. OSError."""
    found: set[str] = set()
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            read = json.loads(line)
        except ValueError:
            continue
        if isinstance(read, dict) and isinstance(marks := read.get("marks"), list):
            found |= {each for each in marks if isinstance(each, str)}
    return frozenset(found)
