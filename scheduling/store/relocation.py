"""Takes everything from an SQLite file to an empty PostgreSQL database, and proves that it came.

One transaction on each side: nobody can write to the file meanwhile, and whatever ends it early
leaves the new database as empty as it was.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from sqlalchemy import Connection, Row, Table, delete, func, insert, select, text

from scheduling.errors import RelocationRefused, StoreUnavailable
from scheduling.store.databases import database_for
from scheduling.store.postgres import PostgresDatabase
from scheduling.store.schema import is_current, migrate
from scheduling.store.sqlite import SqliteDatabase
from scheduling.store.tables import claim_changes, metadata

PATIENCE = timedelta(seconds=30)
AT_ONCE = 1000
"""Rows in memory."""


@dataclass(frozen=True, slots=True)
class Content:
    """How many rows a table has, and a digest of them in whatever order they come."""

    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class Relocated:
    """What was copied and found again, by table, and the schema of both."""

    tables: dict[str, Content]
    source: str


def relocated_tables() -> list[Table]:
    """Return all tables, those first that others point to.

    The list of changed claims stays behind: it is for processes that run, and none does.
    """
    return [table for table in metadata.sorted_tables if table is not claim_changes]


async def relocate(source_url: str, target_url: str) -> Relocated:
    """Copy, compare, and only then commit; raises RelocationRefused, StoreUnavailable."""
    source, target = _source(source_url), _target(target_url)
    try:
        await _see_that_nobody_writes(source)
        await target.create()
        if not await is_current(target):
            await migrate(target)

        def copy_from(old: Connection) -> dict[str, Content]:
            # in the writer's own transaction: whoever wants to write waits, or is refused
            return target.write_here(lambda new: _copy(old, new))

        return Relocated(await source.write(copy_from), str(source.path))
    finally:
        await source.close()
        await target.close()


def _source(url: str) -> SqliteDatabase:
    database = database_for(url, PATIENCE)
    if not isinstance(database, SqliteDatabase):
        raise RelocationRefused("the data is taken from an SQLite file: this is none")
    if not database.path.exists():
        raise StoreUnavailable(f"there is no database {database.path}")
    return database


def _target(url: str) -> PostgresDatabase:
    database = database_for(url, PATIENCE)
    if not isinstance(database, PostgresDatabase):
        raise RelocationRefused("name where to: postgresql://user@host/database")
    return database


async def _see_that_nobody_writes(source: SqliteDatabase) -> None:
    if not await is_current(source):
        raise RelocationRefused("the file has the schema of an older version: start the bot once")
    await source.come_alive()
    if source.others():
        raise RelocationRefused(
            "a process still uses the file: stop the bot, and see that it stays stopped"
        )


def _copy(old: Connection, new: Connection) -> dict[str, Content]:
    _refuse_what_is_not_empty(new)
    found = {table.name: _copy_table(old, new, table) for table in relocated_tables()}
    # the triggers have listed every claim as changed
    new.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    new.execute(delete(claim_changes))
    for table in metadata.sorted_tables:
        _go_on_counting(old, new, table)
    for table in relocated_tables():
        if content_of(new, table) != found[table.name]:
            raise RelocationRefused(f"{table.name} did not arrive as it was; nothing was kept")
    return found


def _refuse_what_is_not_empty(new: Connection) -> None:
    for table in metadata.sorted_tables:
        if new.execute(select(func.count()).select_from(table)).scalar_one():
            raise RelocationRefused(f"the new database is not empty: {table.name} has rows")


def _copy_table(old: Connection, new: Connection, table: Table) -> Content:
    count = Counting()
    for batch in _batches(_rows(old, table)):
        count.add(batch)
        new.execute(insert(table), [dict(row._mapping) for row in batch])
    return count.content


def content_of(connection: Connection, table: Table) -> Content:
    """Count and digest what stands in a table."""
    count = Counting()
    for batch in _batches(_rows(connection, table)):
        count.add(batch)
    return count.content


class Counting:
    """Adds up the digests of rows: the order does not matter, every value does."""

    def __init__(self) -> None:
        self._rows = 0
        self._sum = 0

    def add(self, rows: Iterable[Row[tuple[object, ...]]]) -> None:
        """Take these rows into account."""
        for row in rows:
            told = json.dumps([_plain(value) for value in row], ensure_ascii=True).encode()
            self._sum += int.from_bytes(hashlib.sha256(told).digest())
            self._rows += 1

    @property
    def content(self) -> Content:
        """What was added so far."""
        return Content(self._rows, f"{self._sum % 2**256:064x}")


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, int | str) else str(value)


def _rows(connection: Connection, table: Table) -> Iterator[Row[tuple[object, ...]]]:
    return iter(connection.execution_options(yield_per=AT_ONCE).execute(select(table)))


def _batches(
    rows: Iterator[Row[tuple[object, ...]]],
) -> Iterator[Sequence[Row[tuple[object, ...]]]]:
    while batch := list(islice(rows, AT_ONCE)):
        yield batch


def _go_on_counting(old: Connection, new: Connection, table: Table) -> None:
    """Let numbers go on behind the highest that was ever given: one used again could mislead."""
    counted = table.autoincrement_column
    if counted is None:
        return
    highest = old.execute(select(func.max(counted))).scalar_one() or 0
    if table.dialect_options["sqlite"].get("autoincrement"):
        given = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        highest = max(highest, old.execute(given, {"name": table.name}).scalar() or 0)
    if highest:
        sequence = text("SELECT setval(pg_get_serial_sequence(:name, :counted), :highest)")
        of_table = {"name": table.name, "counted": counted.name, "highest": highest}
        new.execute(sequence, of_table)
