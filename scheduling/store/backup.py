"""Backup and restore. `_copied` and `_inspect` are SQLite's; the file around it is not.

The copy is made by SQLite's own backup in one step under one read lock: consistent whatever other
processes write. With the rollback journal their writes wait meanwhile, with WAL they do not.
"""

import asyncio
import glob
import os
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import cast

from sqlalchemy import URL, Connection, update

from scheduling.clock import Clock
from scheduling.errors import BackupRefused, StoreUnavailable
from scheduling.store import archive, open_store
from scheduling.store.archive import Manifest, manifest_of
from scheduling.store.databases import database_for
from scheduling.store.schema import is_current
from scheduling.store.sealed import KeyFor
from scheduling.store.sqlite import SqliteDatabase
from scheduling.store.tables import JobState, outbox

NAME = "terminbot.sqlite3"
PATIENCE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Restored:
    """A store that was put into an empty folder, and how many leases of its old life ended."""

    manifest: Manifest
    file: Path
    released: int
    erased_again: int = 0
    """Bookings of customers who were erased after the backup."""


async def make(url: str, out: Path, clock: Clock, key_for: KeyFor | None = None) -> Manifest:
    """Copy the store while others use it into one file; it is in place only when it was checked.

    Raises BackupRefused, StoreUnavailable, OSError. The schema is left as it is.
    """
    archive.refuse_existing(out)
    database = database_for(url, PATIENCE)
    try:
        if not isinstance(database, SqliteDatabase):
            raise BackupRefused(
                "the database is PostgreSQL: use pg_dump, as docs/howto/postgresql.md shows"
            )
        if not database.path.exists():
            raise StoreUnavailable(f"there is no database {database.path}")
        created_at = clock.now()
        async with _copied(database) as copy:
            revision, rows = await _checked(copy)
            manifest = manifest_of(copy, created_at, revision, rows)
            await asyncio.to_thread(archive.write, copy, manifest, out, key_for)
            return manifest
    finally:
        await database.close()


async def verify(file: Path, key_for: KeyFor | None = None) -> Manifest:
    """Do all that a restore checks, in a folder for temporary files; raises BackupRefused."""
    with tempfile.TemporaryDirectory() as folder:
        return await _unpacked(file, Path(folder, NAME), key_for)


async def restore(
    file: Path,
    folder: Path,
    clock: Clock,
    key_for: KeyFor | None = None,
    erased: frozenset[str] = frozenset(),
) -> Restored:
    """Put the store of a backup into a folder that is new or empty, at this version's schema.

    Those whose marks are in `erased` are erased from it before it is in place.
    What waits in its outbox waits again; leases of the processes it was taken from are ended, and
    their count of attempts goes on. Raises BackupRefused, StoreUnavailable, OSError.
    """
    with _place_in(folder) as part:
        manifest = await _unpacked(file, part, key_for)
        released, again = await _revived(part, clock, erased)
    return Restored(manifest, folder / NAME, released, again)


@contextmanager
def _place_in(folder: Path) -> Iterator[Path]:
    """Give a file that becomes the store when all went well; else the folder is as it was."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BackupRefused(f"{folder} is not empty, and nothing is overwritten")
    is_new = not folder.exists()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = folder / f"{NAME}.part"
    try:
        yield part
        with part.open("rb+") as content:
            os.fsync(content.fileno())
        part.replace(folder / NAME)
    except BaseException:
        part.unlink(missing_ok=True)
        if is_new:
            with suppress(OSError):
                folder.rmdir()
        raise
    archive.sync_folder(folder)


async def _unpacked(file: Path, store: Path, key_for: KeyFor | None) -> Manifest:
    manifest = await asyncio.to_thread(archive.read, file, store, key_for)
    if await _checked(store) != (manifest.revision, manifest.rows):
        raise BackupRefused("schema or counts of rows are not those of the manifest")
    return manifest


async def _revived(part: Path, clock: Clock, erased: frozenset[str]) -> tuple[int, int]:
    """Bring the schema here and end the leases of who may have died on another computer."""
    store = await open_store(_url(part), clock)
    try:
        released = await store.database.write(_release)
        return released, await store.erasure.erase_again(erased) if erased else 0
    finally:
        await store.close()


def _release(connection: Connection) -> int:
    waiting = {"state": JobState.WAITING, "lease_owner": None, "lease_until": None}
    leased = update(outbox).where(outbox.c.state == JobState.LEASED)
    return connection.execute(leased.values(waiting)).rowcount


def _url(file: Path) -> str:
    return URL.create("sqlite", database=str(file)).render_as_string()


@asynccontextmanager
async def _copied(database: SqliteDatabase) -> AsyncIterator[Path]:
    """Copy beside the store: there, not where backups go, personal data may stand in plain."""
    # by its lock others see that the copy is not yet a leftover
    await database.come_alive()
    await _sweep(database)
    copy = database.path.with_name(f"{database.path.name}.copy-{database.owner}")
    try:
        await database.read(lambda connection: _copy(connection, copy))
        yield copy
    finally:
        for leftover in (copy, copy.with_name(f"{copy.name}-journal")):
            leftover.unlink(missing_ok=True)


async def _sweep(database: SqliteDatabase) -> None:
    """Remove the copies of backups that were killed."""
    prefix = f"{database.path.name}.copy-"
    for copy in database.path.parent.glob(f"{glob.escape(prefix)}*"):
        owner = copy.name.removeprefix(prefix).removesuffix("-journal")
        if await database.dead([owner]):
            copy.unlink(missing_ok=True)


def _copy(connection: Connection, copy: Path) -> None:
    os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    source = cast("sqlite3.Connection", connection.connection.driver_connection)
    target = sqlite3.connect(copy)
    try:
        # whether it reaches the disk matters only of the file that is made from it
        target.execute("PRAGMA synchronous = OFF")
        source.backup(target, pages=-1, progress=_refuse_locked)
        # the mode comes along; a file in WAL would not be alone when it is read
        target.execute("PRAGMA journal_mode = DELETE")
    finally:
        target.close()


def _refuse_locked(status: int, _remaining: int, _total: int) -> None:
    if status in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        # it has waited as long as any other statement may
        raise sqlite3.OperationalError("database is locked")


async def _checked(store: Path) -> tuple[str, dict[str, int]]:
    """Return schema and counts of rows of a sound store; raises BackupRefused."""
    database = SqliteDatabase(store, PATIENCE)
    try:
        await is_current(database)
        return await database.read(_inspect)
    except StoreUnavailable as failure:
        raise BackupRefused(str(failure)) from failure
    finally:
        await database.close()


def _inspect(connection: Connection) -> tuple[str, dict[str, int]]:
    found = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
    if found != ["ok"]:
        raise BackupRefused(f"the database is damaged: {found[0]}")
    if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
        raise BackupRefused("the database is damaged: a row points to one that is not there")
    names = connection.exec_driver_sql(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%'"
        " ESCAPE '!' ORDER BY name"
    )
    tables = names.scalars().all()
    if "alembic_version" not in tables:
        raise BackupRefused("the database is no store of Terminbot")
    revision = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()
    counts = {
        # a name out of the schema, quoted as SQL wants it
        name: connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar_one()  # noqa: S608
        for name in tables
    }
    return str(revision), counts
