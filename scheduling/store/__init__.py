"""Where bookings are kept: `open_store(url, clock)`. The only I/O of scheduling."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from scheduling.clock import Clock
from scheduling.following import FollowedBookings
from scheduling.ports import BookingStore, DocumentStore, DurableQueue
from scheduling.store.audit import SqlLedger
from scheduling.store.bookings import SqlBookings
from scheduling.store.databases import database_for
from scheduling.store.documents import SqlDocuments
from scheduling.store.engine import Database
from scheduling.store.erasure import Erasure
from scheduling.store.following import SqlFollowing
from scheduling.store.outbox import SqlQueue
from scheduling.store.schema import is_current, migrate

__all__ = ["Store", "open_store"]

PATIENCE = timedelta(seconds=30)
"""How long a write waits for another process before it is refused."""


@dataclass(frozen=True, slots=True)
class Store:
    """The open database behind its ports; close it when the process ends."""

    bookings: BookingStore
    following: FollowedBookings
    queue: DurableQueue
    documents: DocumentStore
    ledger: SqlLedger
    erasure: Erasure
    database: Database

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

    Any number of processes may do so at the same time. The directory of a file must exist, and so
    must a database on a server.
    """
    database = database_for(url, patience)
    try:
        await database.create()
        # the look comes first: a newer database must stay untouched
        current = await is_current(database)
        await database.settle()
        if not current:
            await migrate(database)
        await database.come_alive()
    except BaseException:
        await database.close()
        raise
    return Store(
        SqlBookings(database, clock),
        SqlFollowing(database),
        SqlQueue(database, monotonic),
        SqlDocuments(database),
        SqlLedger(database),
        Erasure(database, clock),
        database,
    )
