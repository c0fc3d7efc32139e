"""What the statements of this package need from a database; `sqlite.py` and `postgres.py` give it.

Those two, with the migrations, are the only modules that know which database it is.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Executable, Insert, Row, Select, Table

T = TypeVar("T")
Work = Callable[[Connection], T]
"""Runs in a thread, perhaps more than once: nothing outside the database may be touched in it."""
Question = Select[*tuple[Any, ...]]
Values = Mapping[str, object]
Answer = Row[*tuple[Any, ...]]


class Database(Protocol):
    """One open database."""

    @property
    def owner(self) -> str:
        """Names this open store in the leases of its jobs; random, never used twice.

        Raises StoreUnavailable while others could not see that this process lives.
        """
        ...

    async def create(self) -> None:
        """See that there is a database, at least an empty one; raises StoreUnavailable."""
        ...

    async def settle(self) -> None:
        """Set what outlives this process; the schema is known to be none of a newer program."""
        ...

    async def come_alive(self) -> None:
        """Let other processes see that this one lives."""
        ...

    async def write(self, work: Work[T]) -> T:
        """Do all of the work or nothing; returns or raises what it did once that is on disk.

        Other work may run at the same time: see `lock`.
        """
        ...

    async def read(self, work: Work[T]) -> T:
        """Look at one consistent state of the database."""
        ...

    async def ask(self, question: Question, values: Values | None = None) -> Sequence[Answer]:
        """Ask one thing, for which no transaction is needed: one statement sees one state."""
        ...

    async def read_in_order(self, work: Work[T]) -> T:
        """Look at a list of changes with nobody amid a commit.

        Whatever has a lower number than something that is seen is seen as well.
        """
        ...

    def alone(self, name: str) -> AbstractAsyncContextManager[None]:
        """Be the only one of all processes with this name, over more than one transaction.

        A process that dies lets go of it. Only a help: what must not happen is refused by what is
        written. Raises StoreUnavailable where it cannot be had.
        """
        ...

    def lock(self, connection: Connection, names: Iterable[str]) -> None:
        """Be alone with these names until the end of the transaction; call it once, and first.

        Who counts before it writes locks what it counts. A name is a resource, or says its kind.
        """
        ...

    def listen(self, heard: Callable[[], None]) -> None:
        """Call `heard` in the event loop when work was promised, by any process; only a hint."""
        ...

    def insert_missing(self, table: Table) -> Insert:
        """Begin an INSERT that does nothing where a unique key already stands."""
        ...

    @property
    def lane_end(self) -> Executable:
        """Asks for `seq` and `digest` of the last entry of the lane `of_lane` of the ledger.

        From then on nobody else appends to that lane until the transaction ends.
        """
        ...

    async def dead(self, owners: Iterable[str]) -> frozenset[str]:
        """Return those whose process is proved to have ended."""
        ...

    async def close(self) -> None:
        """Finish what was begun and give everything back."""
        ...
