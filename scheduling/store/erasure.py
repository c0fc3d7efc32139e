"""The use of erasing over an open store: look, list, erase, and leave no bytes behind."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from scheduling.clock import Clock
from scheduling.store import erase_list, erasing
from scheduling.store.engine import Database
from scheduling.store.erasing import Found
from scheduling.store.ledger import record


class Erasure:
    """Erases customers from one open store."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def find(self, who: str) -> Found:
        """Return what is kept of who has this address or booking number; changes nothing."""
        return await self._database.read(lambda connection: erasing.find(connection, who))

    async def erase(self, who: str, folder: Path) -> Found:
        """Erase it all for good, and note that in the list in `folder`.

        Raises ErasureRefused while a booking is to come or Outlook has to be told, OSError.
        """
        now = self._clock.now()

        def look(connection: Connection) -> Found:
            found = erasing.find(connection, who)
            erasing.refuse_too_early(connection, found, now)
            return found

        found = await self._database.read(look)
        if not found.is_nothing:
            # first: what is erased must never come back, even if this process dies now
            await asyncio.to_thread(erase_list.note, folder, found.marks(), now)
            found = await self._database.write(lambda connection: self._erased(connection, who))
        await self.scrub()
        return found

    def _erased(self, connection: Connection, who: str) -> Found:
        now = self._clock.now()
        found = erasing.find(connection, who)
        erasing.refuse_too_early(connection, found, now)
        erasing.erase(connection, self._database, found, now)
        return found

    async def erase_again(self, marks: frozenset[str]) -> int:
        """Erase what a restored store has again of those in the list; return how many bookings."""
        now = self._clock.now()

        def again(connection: Connection) -> int:
            found = erasing.find_marked(connection, marks)
            if found.is_nothing and not found.pseudonyms:
                return 0
            given_up = list(erasing.give_up_coming(connection, found, now))
            erasing.erase(connection, self._database, found, now)
            record(connection, self._database, given_up)
            return len(found.bookings)

        count = await self._database.write(again)
        await self.scrub()
        return count

    async def scrub(self) -> None:
        """Leave nothing of what was deleted in the files of the database."""
        engine = await self._database.write(lambda connection: connection.engine)
        await asyncio.to_thread(_scrub, engine)


def _scrub(engine: Engine) -> None:
    # outside of any transaction, which an Engine would begin
    raw = engine.raw_connection()
    try:
        _SCRUB[engine.dialect.name](raw.driver_connection)
    finally:
        raw.invalidate()


def _scrub_sqlite(connection: Any) -> None:  # noqa: ANN401 - a driver's object
    connection.execute("VACUUM")
    # with WAL, older pages stand in it until then
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _scrub_postgresql(connection: Any) -> None:  # noqa: ANN401 - a driver's object
    connection.rollback()
    connection.autocommit = True
    for table in ("bookings", "outbox", "documents", "log_entries", "customer_keys"):
        connection.execute(f"VACUUM (FULL) {table}")


_SCRUB: Mapping[str, Callable[[Any], None]] = {
    "sqlite": _scrub_sqlite,
    "postgresql": _scrub_postgresql,
}
"""By dialect."""
