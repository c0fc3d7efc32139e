"""What customers did and were told, as it happened: invoke, ok, fail, info."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path


class Act(StrEnum):
    BOOK = "book"
    CANCEL = "cancel"
    MOVE = "move"


class Kind(StrEnum):
    INVOKE = "invoke"
    OK = "ok"
    FAIL = "fail"
    """Surely not done."""
    INFO = "info"
    """Nobody knows: the answer was lost."""


class Told(StrEnum):
    """What a customer read."""

    BOOKED = "booked"
    NOTED = "noted"
    CANCELLED = "cancelled"
    NOTHING = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line; `at` in seconds of the clock of the run."""

    at: float
    customer: str
    act: Act
    kind: Kind
    booking: str = ""
    told: Told = Told.NOTHING
    start: int = 0
    """Of the booking as it was told, microseconds; 0 = not told."""
    stood: bool | None = None
    """Whether the event stood in the calendar right after it was told; None = not looked."""


class History:
    """All of a run, in memory and as JSON lines."""

    def __init__(self, file: Path) -> None:
        self.entries: list[Entry] = []
        self._file = file.open("a", encoding="utf-8")

    def add(self, entry: Entry) -> None:
        self.entries.append(entry)
        self._file.write(json.dumps(asdict(entry)) + "\n")
        self._file.flush()

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def close(self) -> None:
        self._file.close()
