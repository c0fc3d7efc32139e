"""The keepers of bookings, two databases and the fake in memory, and what is asked of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from scheduling.booking import Assignment, Customer, Details, HoldRequest
from scheduling.store import open_store
from scheduling.timespan import TimeSpan
from tests import postgres
from tests.fakes import InMemoryStore

DATABASES = ("sqlite", "postgres")
KEEPERS = (*DATABASES, "memory")
NINE = datetime(2027, 1, 4, 9, tzinfo=UTC)
NOW = datetime(2027, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
EVA = Details(
    Customer("Eva Müller", "eva@example.org", "+491701234567"),
    "teams",
    "Bitte leise \U0001f642",
    {"size": "L"},
    {"privacy": "2"},
    {"channel": "webchat"},
)


class SetClock:
    def __init__(self):
        self.moment = NOW

    def now(self):
        return self.moment


class MemoryKeeper:
    """The fake, with as much around it as the open database has."""

    def __init__(self, clock):
        self.bookings = InMemoryStore(clock)
        self.queue = self

    async def waiting(self):
        return len(self.bookings.promises)


def url_of(path):
    return f"sqlite:///{path}/terminbot.sqlite3"


@contextmanager
def a_url(kind, path):
    """Name a database that is empty, or not there yet."""
    if kind == "sqlite":
        yield url_of(path)
        return
    with postgres.borrowed() as url:
        yield url


@contextmanager
def a_url_to_spoil(kind, path):
    """Name a database whose schema may be broken; `empty postgres` has none yet."""
    if kind == "sqlite":
        yield url_of(path)
        return
    url = postgres.a_database("" if kind == "empty postgres" else postgres.migrated())
    yield url
    postgres.remove(url)


def is_file(url):
    return url.startswith("sqlite")


@asynccontextmanager
async def a_keeper(kind, path, clock) -> AsyncIterator:
    if kind == "memory":
        yield MemoryKeeper(clock)
        return
    with a_url(kind, path) as url:
        store = await open_store(url, clock)
        yield store
        await store.close()


def address_of(store):
    """Return the URL of an open database."""
    path = getattr(store.database, "path", None)
    if path is not None:
        return f"sqlite:///{path}"
    return store.database.url.render_as_string(hide_password=False)


@contextmanager
def beside(url):
    """Connect past the program; each statement is committed by itself."""
    engine = sa.create_engine(
        postgres.driven(url), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool
    )
    with engine.connect() as connection:
        yield connection


@contextmanager
def undone(url):
    """Connect past the program, for work in savepoints that is undone by `rollback`."""
    engine = sa.create_engine(postgres.driven(url))
    if is_file(url):

        @sa.event.listens_for(engine, "connect")
        def prepare(connection, _record):
            # the driver would begin by itself, and too late
            connection.isolation_level = None

        @sa.event.listens_for(engine, "begin")
        def begin(connection):
            connection.exec_driver_sql("BEGIN")

    with engine.connect() as connection:
        yield connection
    engine.dispose()


def rows_of(url, statement, **parameters):
    """Do one statement past the program and return its rows, if it has any."""
    with beside(url) as connection:
        found = connection.execute(sa.text(statement), parameters)
        return [tuple(row) for row in found] if found.returns_rows else []


def at(minutes, length=60):
    return TimeSpan(NINE + minutes * MINUTE, NINE + (minutes + length) * MINUTE)


def a_request(minutes=0, *, owner="eva", staff="anna", length=60, buffers=0, **changes):
    """`buffers`: minutes on both sides, or a pair of them."""
    span = at(minutes, length)
    before, after = buffers if isinstance(buffers, tuple) else (buffers, buffers)
    values = {
        "service_id": "cut",
        "assignment": Assignment(staff, "least load: 0"),
        "span": span,
        "busy": span.widened(before * MINUTE, after * MINUTE),
        "owner": owner,
        "until": NOW + 5 * MINUTE,
    }
    return HoldRequest(**values | changes)
