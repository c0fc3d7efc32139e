"""Where bookings are kept: `open_store(url, clock)`. The only I/O of scheduling."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from scheduling.clock import Clock
from scheduling.ports import BookingStore, DocumentStore, DurableQueue
from scheduling.store.audit import SqlLedger
from scheduling.store.bookings import SqlBookings
from scheduling.store.documents import SqlDocuments
from scheduling.store.engine import SqliteDatabase, database_for
from scheduling.store.outbox import SqlQueue
from scheduling.store.schema import is_current, migrate

__all__ = ["Store", "open_store"]

PATIENCE = timedelta(seconds=30)
"""How long a write waits for another process before it is refused."""


@dataclass(frozen=True, slots=True)
class Store:
    """The open database behind its ports; close it when the process ends."""

    bookings: BookingStore
    queue: DurableQueue
    documents: DocumentStore
    ledger: SqlLedger
    database: SqliteDatabase

    @property
    def journal_mode(self) -> str:
        """`wal` or `delete`, chosen by the version of SQLite."""
        return self.database.journal_mode

    async def close(self) -> None:
        """Finish what was begun; jobs still leased are free for others at once."""
        await self.database.close()


async def open_store(
    url: str,
    clock: Clock,
    *,
    patience: timedelta = PATIENCE,
    monotonic: Callable[[], float] = time.monotonic,
) -> Store:
    """Open the database, and create or migrate it where needed; raises StoreUnavailable.

    Any number of processes of one computer may do so at the same time. The directory must exist.
    """
    database = database_for(url, patience)
    try:
        database.create_file()
        # the look comes first: a newer database must stay untouched
        current = await is_current(database)
        await database.use_journal()
        if not current:
            await migrate(database)
        database.come_alive()
    except BaseException:
        await database.close()
        raise
    return Store(
        SqlBookings(database, clock),
        SqlQueue(database, monotonic),
        SqlDocuments(database),
        SqlLedger(database),
        database,
    )
