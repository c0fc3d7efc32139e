"""Small JSON documents with compare-and-set, and logs whose positions have no gaps."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime

from sqlalchemy import Connection, delete, exists, func, insert, select, update

from scheduling.errors import DocumentConflict
from scheduling.ports import Document
from scheduling.store import rows
from scheduling.store.engine import Database
from scheduling.store.tables import documents, log_entries


class SqlDocuments:
    """The DocumentStore port on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def alone(self, name: str) -> AbstractAsyncContextManager[None]:
        """Be the only one with this name, where processes do not share one computer."""
        return self._database.alone(name)

    async def read(self, kind: str, key: str) -> Document:
        """Return the document, version 0 and empty where there is none."""
        statement = select(documents.c.body, documents.c.version).where(
            documents.c.kind == kind, documents.c.key == key
        )

        for found in await self._database.ask(statement):
            return Document(rows.object_of(found.body), found.version)
        return Document()

    async def write(
        self, kind: str, key: str, body: Mapping[str, object], version: int, now: datetime
    ) -> Document:
        """Store it if it still has that version; raises DocumentConflict."""
        values = {"body": rows.object_text(body), "version": version + 1, "written_at": now}
        new = self._database.insert_missing(documents).values(kind=kind, key=key, **values)
        next_ = (
            update(documents)
            .where(
                documents.c.kind == kind, documents.c.key == key, documents.c.version == version
            )
            .values(**values)
        )

        def put(connection: Connection) -> Document:
            if (connection.execute(next_ if version else new)).rowcount != 1:
                raise DocumentConflict(kind)
            return Document(dict(body), version + 1)

        return await self._database.write(put)

    async def remove(self, kind: str, key: str) -> None:
        """Forget it."""
        statement = delete(documents).where(documents.c.kind == kind, documents.c.key == key)

        def forget(connection: Connection) -> None:
            connection.execute(statement)

        await self._database.write(forget)

    async def forget(self, kind: str, before: datetime) -> None:
        """Forget every document of a kind that was last written before this moment."""
        old = delete(documents).where(documents.c.kind == kind, documents.c.written_at < before)

        def forget(connection: Connection) -> None:
            connection.execute(old)

        await self._database.write(forget)

    async def forget_logs(self, prefix: str, before: datetime) -> None:
        """Forget each log whose name begins so and to which nothing was added since.

        As a whole: what is said in it again counts from 1.
        """
        named = log_entries.c.log.startswith(prefix, autoescape=True)
        later = log_entries.alias()
        goes_on = exists().where(later.c.log == log_entries.c.log, later.c.written_at >= before)
        old = delete(log_entries).where(named, ~goes_on)

        def forget(connection: Connection) -> None:
            connection.execute(old)

        await self._database.write(forget)

    async def all(self, kind: str) -> Mapping[str, Document]:
        """Return every document of a kind by its key."""
        statement = select(documents.c.key, documents.c.body, documents.c.version).where(
            documents.c.kind == kind
        )

        found = await self._database.ask(statement)
        return {row.key: Document(rows.object_of(row.body), row.version) for row in found}

    async def append(self, log: str, body: Mapping[str, object], now: datetime) -> int:
        """Add to a log and return its position there (1, 2, 3 ... without gaps)."""
        last = select(func.coalesce(func.max(log_entries.c.position), 0)).where(
            log_entries.c.log == log
        )
        row = {"log": log, "body": rows.object_text(body), "written_at": now}

        def add(connection: Connection) -> int:
            self._database.lock(connection, [f"log:{log}"])
            position = int((connection.execute(last)).scalar_one()) + 1
            connection.execute(insert(log_entries).values(row | {"position": position}))
            return position

        return await self._database.write(add)

    async def entries(
        self, log: str, after: int, limit: int = 200
    ) -> Sequence[tuple[int, Mapping[str, object]]]:
        """Return (position, body) of later entries in order."""
        statement = (
            select(log_entries.c.position, log_entries.c.body)
            .where(log_entries.c.log == log, log_entries.c.position > after)
            .order_by(log_entries.c.position)
            .limit(limit)
        )

        found = await self._database.ask(statement)
        return [(row.position, rows.object_of(row.body)) for row in found]

    async def last(self, log: str) -> int:
        """Return the position of the newest entry, 0 for an empty log."""
        newest = select(func.max(log_entries.c.position)).where(log_entries.c.log == log)

        [found] = await self._database.ask(newest)
        return found[0] or 0

    async def trim(self, log: str, before: int) -> None:
        """Forget the entries before a position; the newest always stays, so numbers go on."""
        newest = select(func.max(log_entries.c.position)).where(log_entries.c.log == log)
        old = delete(log_entries).where(
            log_entries.c.log == log,
            log_entries.c.position < before,
            log_entries.c.position < newest.scalar_subquery(),
        )

        def forget(connection: Connection) -> None:
            connection.execute(old)

        await self._database.write(forget)
