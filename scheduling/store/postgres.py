"""PostgreSQL: works side by side, each in a transaction of its own, queued by advisory locks.

READ COMMITTED for writes: what is looked at after a lock was waited for is what its last holder
left. A deadlock or a serialization failure is no answer: the work is done again.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import TypeVar

import psycopg
from sqlalchemy import (
    URL,
    BigInteger,
    Connection,
    Engine,
    Executable,
    Insert,
    Table,
    bindparam,
    create_engine,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.engine.interfaces import IsolationLevel
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.types import Text

from scheduling.errors import StoreUnavailable
from scheduling.store.engine import Answer, Question, Values, Work
from scheduling.store.listening import Listener
from scheduling.store.standing_locks import StandingLocks

T = TypeVar("T")

WRITERS = 6
READERS = 4
"""Connections of one process, besides the one that listens and the one with standing locks."""
TRIES = 8
AGAIN = frozenset({"40P01", "40001"})
"""Deadlock, serialization failure (postgresql.org/docs/current/errcodes-appendix.html)."""
IDLE = timedelta(seconds=15)
"""A frozen process keeps its locks no longer: a piece of work is a handful of statements."""
CONNECT_SECONDS = 5
ASK_AGAIN_SECONDS = 0.05
"""How often a lock that another process has is asked for."""

_REFUSED = (DBAPIError, PoolTimeout, psycopg.Error)

# sorted by number: two names that share one only wait for each other
# one statement to lock and look (migration 0011): each costs a way to the server and back
LANE_END = text("SELECT seq, digest FROM lane_end(:of_lane)").columns(seq=BigInteger, digest=Text)
LOCKS = text(
    "SELECT pg_advisory_xact_lock(one.number) FROM ("
    "SELECT DISTINCT hashtextextended(name, 0) AS number FROM unnest(:names) AS name ORDER BY 1"
    ") AS one"
).bindparams(bindparam("names", type_=ARRAY(Text)))
DEAD = text(
    "SELECT name FROM unnest(:names) AS name "
    "WHERE pg_try_advisory_xact_lock_shared(hashtextextended('worker:' || name, 0))"
).bindparams(bindparam("names", type_=ARRAY(Text)))
IN_ORDER = text("SELECT pg_advisory_xact_lock(hashtextextended('claim_changes', 0))")
"""Who commits a change holds it shared (migration 0002)."""


class PostgresDatabase:
    """A database on a server, shared by the processes of any number of computers."""

    def __init__(self, url: URL, patience: timedelta) -> None:
        self.url = url
        self._patience = patience
        self._writer = self._engine("READ COMMITTED", WRITERS)
        # several statements of one reading must see one state
        reader = self._engine("REPEATABLE READ", READERS)
        self._reader = reader.execution_options(postgresql_readonly=True)
        # the same connections; BEGIN and ROLLBACK around one question are two ways to the server
        self._asker = reader.execution_options(isolation_level="AUTOCOMMIT")
        self._writer_threads = ThreadPoolExecutor(WRITERS, "store-writer")
        self._reader_threads = ThreadPoolExecutor(READERS, "store-reader")
        self._listener = Listener(self._connect)
        self._locks = StandingLocks(self._connect)
        self._lock_thread = ThreadPoolExecutor(1, "store-locks")
        self._closed = False

    def _engine(self, isolation: IsolationLevel, connections: int) -> Engine:
        return create_engine(
            self.url,
            connect_args=self._connect_args(),
            isolation_level=isolation,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=self._patience.total_seconds(),
            hide_parameters=True,
        )

    @property
    def owner(self) -> str:
        """Names this open store in the leases of its jobs; StoreUnavailable while unproved."""
        return self._listener.owner

    def _connect_args(self) -> dict[str, object]:
        limits = {
            "lock_timeout": self._patience,
            "idle_in_transaction_session_timeout": IDLE,
        }
        settings = {name: int(limit / timedelta(milliseconds=1)) for name, limit in limits.items()}
        # a computer that vanished is noticed by the server within half a minute
        settings |= {"tcp_keepalives_idle": 10, "tcp_keepalives_interval": 5}
        settings |= {"tcp_keepalives_count": 3}
        return {
            "connect_timeout": CONNECT_SECONDS,
            "application_name": "terminbot",
            "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
        }

    def _connect(self) -> "psycopg.Connection[tuple[object, ...]]":
        plain = self.url.set(drivername="postgresql").render_as_string(hide_password=False)
        return psycopg.connect(plain, autocommit=True, **self._connect_args())  # type: ignore[arg-type]

    async def create(self) -> None:
        """See that the server answers; the database itself is made by who runs the server."""
        await self.read(lambda connection: connection.exec_driver_sql("SELECT 1").scalar_one())

    async def settle(self) -> None:
        """Nothing to do: what is needed is set for each connection."""

    async def come_alive(self) -> None:
        """Take the lock by which other processes see that this one lives."""
        try:
            await asyncio.to_thread(self._listener.start)
        except psycopg.Error as failure:
            raise _unavailable(failure) from None

    @asynccontextmanager
    async def alone(self, name: str) -> AsyncIterator[None]:
        """Be the only one of all processes with this name, over more than one transaction."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._patience.total_seconds()
        while not await self._take(name):
            if loop.time() > end:
                raise StoreUnavailable("another process is at it for too long")
            await asyncio.sleep(ASK_AGAIN_SECONDS)
        try:
            yield
        finally:
            self._free(name)

    async def _take(self, name: str) -> bool:
        taking = asyncio.ensure_future(
            self._in(self._lock_thread, partial(self._locks.take, name))
        )
        try:
            return await asyncio.shield(taking)
        except asyncio.CancelledError:
            # the thread may have it by now, and nobody would give it back
            taking.add_done_callback(partial(self._give_back, name))
            raise

    def _give_back(self, name: str, taking: asyncio.Future[bool]) -> None:
        if not taking.cancelled() and taking.exception() is None and taking.result():
            self._free(name)

    def _free(self, name: str) -> None:
        with suppress(RuntimeError):
            # where the store was closed, the lock went with its connection
            self._lock_thread.submit(self._locks.free, name)

    def listen(self, heard: Callable[[], None]) -> None:
        """Call `heard` in the event loop when work was promised, by any process; only a hint."""
        self._listener.tell(partial(_call_in, asyncio.get_running_loop(), heard))

    async def write(self, work: Work[T]) -> T:
        """Do all of the work or nothing; returns or raises what it did once that is on disk."""
        return await self._in(self._writer_threads, partial(self._commit, work))

    def write_here(self, work: Work[T]) -> T:
        """Write in this thread, for who is in one already; raises what `write` raises."""
        try:
            return self._commit(work)
        except IntegrityError as failure:
            raise _without_rows(failure) from None
        except _REFUSED as failure:
            raise _unavailable(failure) from None

    def _commit(self, work: Work[T]) -> T:
        tries = 0
        while True:
            tries += 1
            asked_to_commit = False
            try:
                with self._writer.connect() as connection, connection.begin() as transaction:
                    done = work(connection)
                    asked_to_commit = True
                    transaction.commit()
                    return done
            except DBAPIError as failure:
                if tries == TRIES or not _is_undone(failure, asked_to_commit=asked_to_commit):
                    raise
            time.sleep(random.uniform(0.001, 0.005) * 2**tries)  # noqa: S311 - jitter, no secret

    async def read(self, work: Work[T]) -> T:
        """Look at one consistent state of the database."""
        return await self._in(self._reader_threads, partial(_look, self._reader, work))

    async def ask(self, question: Question, values: Values | None = None) -> Sequence[Answer]:
        """Ask one thing, for which no transaction is needed: one statement sees one state."""

        def look(connection: Connection) -> Sequence[Answer]:
            return connection.execute(question, values).all()

        return await self._in(self._reader_threads, partial(_look, self._asker, look))

    async def read_in_order(self, work: Work[T]) -> T:
        """Look at a list of changes with nobody amid a commit."""
        return await self._in(self._writer_threads, partial(self._look_in_order, work))

    def _look_in_order(self, work: Work[T]) -> T:
        with self._writer.begin() as connection:
            connection.execute(IN_ORDER)
            return work(connection)

    async def _in(self, threads: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        if self._closed:
            raise StoreUnavailable("the store is closed")
        try:
            return await asyncio.get_running_loop().run_in_executor(threads, work)
        except IntegrityError as failure:
            raise _without_rows(failure) from None
        except _REFUSED as failure:
            raise _unavailable(failure) from None

    def lock(self, connection: Connection, names: Iterable[str]) -> None:
        """Be alone with these names until the end of the transaction; call it once, and first."""
        connection.execute(LOCKS, {"names": list(names)})

    @property
    def lane_end(self) -> Executable:
        """Asks for the last entry of a lane, to which nobody else appends until the commit."""
        return LANE_END

    def insert_missing(self, table: Table) -> Insert:
        """Begin an INSERT that does nothing where a unique key already stands."""
        # or the driver does not say whether there was one
        return insert(table).on_conflict_do_nothing().execution_options(preserve_rowcount=True)

    async def dead(self, owners: Iterable[str]) -> frozenset[str]:
        """Return those whose process is proved to have ended."""
        names = list(owners)
        if not names:
            return frozenset()
        return await self.read(
            lambda connection: frozenset(connection.execute(DEAD, {"names": names}).scalars())
        )

    async def close(self) -> None:
        """Finish what was begun and give everything back."""
        self._closed = True
        for threads, engine in (
            (self._writer_threads, self._writer),
            (self._reader_threads, self._reader),
        ):
            await asyncio.to_thread(threads.shutdown)
            engine.dispose()
        await asyncio.to_thread(self._lock_thread.shutdown)
        self._locks.close()
        await asyncio.to_thread(self._listener.stop)


def _look(engine: Engine, work: Work[T]) -> T:
    try:
        with engine.connect() as connection:
            return work(connection)
    except DBAPIError as failure:
        if not failure.connection_invalidated:
            raise
    # the pool let go of all that it had: this one is new
    with engine.connect() as connection:
        return work(connection)


def _call_in(loop: asyncio.AbstractEventLoop, heard: Callable[[], None]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(heard)


def _is_undone(failure: DBAPIError, *, asked_to_commit: bool) -> bool:
    """Tell whether nothing of the work can have stayed, so that it may be done again."""
    if isinstance(failure.orig, psycopg.Error) and failure.orig.sqlstate in AGAIN:
        return True
    # a server that was started again costs nobody an answer; what it did with a commit whose
    # answer was lost nobody knows
    return failure.connection_invalidated and not asked_to_commit


def _primary(failure: BaseException | None) -> str:
    """Return the first line: those after it can show a whole row."""
    found = failure.diag.message_primary if isinstance(failure, psycopg.Error) else None
    return found or str(failure).partition("\n")[0]


def _unavailable(failure: Exception) -> StoreUnavailable:
    cause = failure.orig if isinstance(failure, DBAPIError) else failure
    return StoreUnavailable(f"the database refused: {_primary(cause)}")


def _without_rows(failure: IntegrityError) -> IntegrityError:
    told = psycopg.IntegrityError(_primary(failure.orig))
    return IntegrityError(failure.statement, None, told, hide_parameters=True)
