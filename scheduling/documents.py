"""Small JSON documents and logs: what conversations, pages and jobs keep, as a Protocol."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON object with the version it was read at (0 = not stored yet)."""

    body: Mapping[str, object] = field(default_factory=dict)
    version: int = 0


class DocumentStore(Protocol):
    """Small JSON documents with compare-and-set: conversations, references, seen activities."""

    def alone(self, name: str) -> AbstractAsyncContextManager[None]:
        """Be alone with this name, where the store can see to it; only a help."""
        ...

    async def read(self, kind: str, key: str) -> Document:
        """Return the document, version 0 and empty where there is none."""
        ...

    async def write(
        self, kind: str, key: str, body: Mapping[str, object], version: int, now: datetime
    ) -> Document:
        """Store it if it still has that version; raises DocumentConflict."""
        ...

    async def remove(self, kind: str, key: str) -> None:
        """Forget it."""
        ...

    async def all(self, kind: str) -> Mapping[str, Document]:
        """Return every document of a kind by its key."""
        ...

    async def forget(self, kind: str, before: datetime) -> None:
        """Forget every document of a kind that was last written before this moment."""
        ...

    async def forget_logs(self, prefix: str, before: datetime) -> None:
        """Forget each log whose name begins so and to which nothing was added since."""
        ...

    async def append(self, log: str, body: Mapping[str, object], now: datetime) -> int:
        """Add to a log and return its position there (1, 2, 3 ... without gaps)."""
        ...

    async def entries(
        self, log: str, after: int, limit: int = 200
    ) -> Sequence[tuple[int, Mapping[str, object]]]:
        """Return (position, body) of later entries in order."""
        ...

    async def last(self, log: str) -> int:
        """Return the position of the newest entry, 0 for an empty log."""
        ...

    async def trim(self, log: str, before: int) -> None:
        """Forget the entries before a position; the newest always stays, so numbers go on."""
        ...
