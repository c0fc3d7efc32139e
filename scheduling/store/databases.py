"""Chooses the database by its URL."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from scheduling.errors import StoreUnavailable
from scheduling.store.postgres import PostgresDatabase
from scheduling.store.sqlite import SqliteDatabase

POSTGRES = frozenset({"postgresql", "postgres"})


def database_for(url: str, patience: timedelta) -> SqliteDatabase | PostgresDatabase:
    """Choose the database; raises StoreUnavailable for a URL that cannot be used.

    `patience`: how long a write waits for another process before it is refused.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as failure:
        raise StoreUnavailable("the database URL cannot be read") from failure
    kind = parsed.drivername.partition("+")[0]
    if kind in POSTGRES:
        return _postgres(parsed, patience)
    if kind != "sqlite":
        raise StoreUnavailable(
            f"{kind} is not supported: use sqlite:///path/to/file.sqlite3, "
            "or postgresql://user:password@host/database"
        )
    if not parsed.database or parsed.database == ":memory:" or parsed.query:
        raise StoreUnavailable("bookings need a file: use sqlite:///path/to/file.sqlite3")
    return SqliteDatabase(Path(parsed.database).absolute(), patience)


def _postgres(parsed: URL, patience: timedelta) -> PostgresDatabase:
    if not parsed.database:
        raise StoreUnavailable("name the database: use postgresql://user:password@host/database")
    return PostgresDatabase(parsed.set(drivername="postgresql+psycopg"), patience)
