"""SQLite: how a write begins, who writes, what is fatal.

One connection writes, in a thread of its own, and whatever waits is committed together, each piece
of work in a SAVEPOINT of its own (one fsync for many bookings). Readers have threads and
connections of their own that cannot write. A piece of work runs in its thread from end to end: to
come back to the event loop after every statement would cost more than the statements.
"""

import asyncio
import os
import secrets
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, Executable, Insert, Table, create_engine, event
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from scheduling.errors import StoreUnavailable
from scheduling.store.engine import Answer, Question, Values, Work
from scheduling.store.liveness import WorkerLock
from scheduling.store.statements import LANE_END

T = TypeVar("T")

WAL_IS_SOUND_FROM = (3, 51, 3)
"""Older versions can corrupt the file or lose commits (sqlite.org/wal.html#walresetbug)."""

TOGETHER = 64
"""Most pieces of work in one commit."""

READERS = 4

_REFUSED = (DBAPIError, PoolTimeout, sqlite3.Error)
"""Locked, full, read-only, corrupt, gone. IntegrityError is caught before: it has a meaning."""


def journal_for(version: tuple[int, ...]) -> str:
    """Choose the journal mode that this version of SQLite keeps safe."""
    return "wal" if version >= WAL_IS_SOUND_FROM else "delete"


@dataclass(slots=True)
class _Unit:
    """One piece of work that waits for the writer."""

    work: Work[Any]
    outcome: asyncio.Future[Any]


class SqliteDatabase:
    """A file on the local disk, shared by the processes of one computer."""

    def __init__(self, path: Path, patience: timedelta) -> None:
        self.path = path
        self.owner = secrets.token_hex(8)
        self.journal_mode = journal_for(sqlite3.sqlite_version_info)
        self._patience = patience
        self._writer = self._engine("BEGIN IMMEDIATE", connections=1)
        self._reader = self._engine("BEGIN", connections=READERS)
        self._writer_thread = ThreadPoolExecutor(1, "store-writer")
        self._reader_threads = ThreadPoolExecutor(READERS, "store-reader")
        self._life = WorkerLock(path, self.owner)
        self._units: list[_Unit] = []
        self._writing: asyncio.Task[None] | None = None
        self._closed = False

    def _engine(self, begin: str, *, connections: int) -> Engine:
        engine = create_engine(
            URL.create("sqlite+pysqlite", database=str(self.path)),
            # a thread keeps no connection for itself; the pool hands each to one at a time
            connect_args={"check_same_thread": False},
            pool_size=connections,
            max_overflow=0,
            pool_timeout=self._patience.total_seconds(),
            hide_parameters=True,
        )
        writes = begin == "BEGIN IMMEDIATE"

        @event.listens_for(engine, "connect")
        def prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 - a driver's object
            # the driver would begin by itself, too late and deferred
            connection.isolation_level = None
            cursor = connection.cursor()
            for pragma in self._pragmas(writes=writes):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

        @event.listens_for(engine, "begin")
        def start(connection: Connection) -> None:
            connection.exec_driver_sql(begin)

        return engine

    def _pragmas(self, *, writes: bool) -> Sequence[str]:
        # busy_timeout first: what follows may already have to wait for another process
        shared = (
            f"busy_timeout = {int(self._patience / timedelta(milliseconds=1))}",
            "foreign_keys = ON",
            "synchronous = FULL",
        )
        return (
            (*shared, f"journal_mode = {self.journal_mode}")
            if writes
            else (
                *shared,
                "query_only = ON",
            )
        )

    async def create(self) -> None:
        """Make the file, readable by this user alone; SQLite gives its journal the same rights."""
        try:
            os.close(os.open(self.path, os.O_CREAT | os.O_RDONLY, 0o600))
        except OSError as failure:
            raise StoreUnavailable(
                f"cannot open the database {self.path}: {failure.strerror}"
            ) from failure

    async def settle(self) -> None:
        """Switch the file to the journal mode of this version, and see that it is so."""
        # leaving WAL needs the file alone, and an idle reader would be company
        self._reader.dispose()

        def look(connection: Connection) -> str:
            return str(connection.exec_driver_sql("PRAGMA journal_mode").scalar_one())

        mode = await self.write(look)
        if mode != self.journal_mode:
            raise StoreUnavailable(f"the database stays in journal mode {mode}")

    async def come_alive(self) -> None:
        """Take the lock by which other processes see that this one lives."""
        try:
            self._life.take()
            self._life.sweep()
        except OSError as failure:
            raise StoreUnavailable(
                f"cannot write beside the database {self.path}: {failure.strerror}"
            ) from failure

    def others(self) -> bool:
        """Tell whether another living process has the file open; ask once alive."""
        return self._life.others()

    async def write(self, work: Work[T]) -> T:
        """Do all of the work or nothing; returns or raises what it did once that is on disk."""
        if self._closed:
            raise StoreUnavailable("the store is closed")
        outcome: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._units.append(_Unit(work, outcome))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())
        return await outcome

    async def _write_all(self) -> None:
        while self._units:
            batch = [unit for unit in self._units[:TOGETHER] if not unit.outcome.done()]
            del self._units[:TOGETHER]
            try:
                settled = await self._in(self._writer_thread, partial(self._commit, batch))
            except _REFUSED as failure:
                # nobody is told anything that rests on what was just rolled back
                settled = [partial(_fail, unit, _unavailable(failure)) for unit in batch]
            except Exception as failure:  # noqa: BLE001 - told to all who wait
                settled = [partial(_fail, unit, failure) for unit in batch]
            except BaseException:
                # the program is being stopped: nobody may be left waiting for an answer
                for unit in (*batch, *self._units):
                    _fail(unit, StoreUnavailable("the store was stopped"))
                self._units.clear()
                raise
            for tell in settled:
                tell()

    async def _in(self, threads: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(threads, work)

    def _commit(self, batch: Sequence[_Unit]) -> list[Callable[[], None]]:
        with self._writer.begin() as connection:
            return [_attempt(connection, unit) for unit in batch]

    async def read(self, work: Work[T]) -> T:
        """Look at one consistent state of the database."""
        if self._closed:
            raise StoreUnavailable("the store is closed")
        try:
            return await self._in(self._reader_threads, partial(self._look, work))
        except _REFUSED as failure:
            raise _unavailable(failure) from failure

    def _look(self, work: Work[T]) -> T:
        with self._reader.begin() as connection:
            return work(connection)

    async def ask(self, question: Question, values: Values | None = None) -> Sequence[Answer]:
        """Ask one thing."""
        return await self.read(lambda connection: connection.execute(question, values).all())

    async def read_in_order(self, work: Work[T]) -> T:
        """Look, with nobody amid a commit: there is one writer, so nobody ever is."""
        return await self.read(work)

    @asynccontextmanager
    async def alone(self, name: str) -> AsyncIterator[None]:  # noqa: ARG002 - the protocol's
        """Nothing to do: what two processes do at once, compare-and-set finds out."""
        yield

    def lock(self, connection: Connection, names: Iterable[str]) -> None:
        """Nothing to do: who writes is alone."""

    @property
    def lane_end(self) -> Executable:
        """Asks for the last entry of a lane; there is one writer at a time."""
        return LANE_END

    def listen(self, heard: Callable[[], None]) -> None:
        """Nothing to do: a file tells nobody of a write; who waits looks again."""

    def insert_missing(self, table: Table) -> Insert:
        """Begin an INSERT that does nothing where a unique key already stands."""
        return insert(table).on_conflict_do_nothing()

    async def dead(self, owners: Iterable[str]) -> frozenset[str]:
        """Return those whose process is proved to have ended."""
        return frozenset(owner for owner in owners if self._life.is_dead(owner))

    async def close(self) -> None:
        """Finish what was begun and give everything back."""
        self._closed = True
        if self._writing is not None:
            await asyncio.wait([self._writing])
        for threads, engine in (
            (self._writer_thread, self._writer),
            (self._reader_threads, self._reader),
        ):
            await asyncio.to_thread(threads.shutdown)
            engine.dispose()
        self._life.release()


def _attempt(connection: Connection, unit: _Unit) -> Callable[[], None]:
    """Do one piece of work; what it refuses undoes only itself."""
    savepoint = connection.begin_nested()
    refusal: Exception
    try:
        result = unit.work(connection)
    except IntegrityError as failure:
        refusal = failure
    except _REFUSED:
        # full, locked, read-only: SQLite may have undone more than this piece, so all goes
        raise
    except Exception as failure:  # noqa: BLE001 - told to who gave the work
        refusal = failure
    else:
        savepoint.commit()
        return partial(_succeed, unit, result)
    savepoint.rollback()
    return partial(_fail, unit, refusal)


def _succeed(unit: _Unit, result: object) -> None:
    if not unit.outcome.done():
        unit.outcome.set_result(result)


def _fail(unit: _Unit, failure: Exception) -> None:
    if not unit.outcome.done():
        unit.outcome.set_exception(failure)


def _unavailable(failure: Exception) -> StoreUnavailable:
    # the statement and its values stay out of the text: they are personal data
    cause = failure.orig if isinstance(failure, DBAPIError) else failure
    return StoreUnavailable(f"the database refused: {cause}")
