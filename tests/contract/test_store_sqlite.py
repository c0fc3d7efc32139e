"""What is true of SQLite alone: settings, migrations, and everything a file can suffer."""

import asyncio
import os
import re
import sqlite3
import stat
import threading
from datetime import UTC, datetime, timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, event

from scheduling.booking import Assignment, Customer, Details, HoldRequest
from scheduling.errors import SlotTaken, StoreUnavailable
from scheduling.outbox import Promise
from scheduling.store import open_store
from scheduling.store.sqlite import journal_for
from scheduling.store.tables import metadata
from scheduling.timespan import TimeSpan

NOW = datetime(2027, 1, 1, 12, tzinfo=UTC)
SHORT = timedelta(milliseconds=100)


class SetClock:
    def now(self):
        return NOW


@pytest.fixture
def path(tmp_path):
    return tmp_path / "terminbot.sqlite3"


@pytest.fixture
def url(path):
    return f"sqlite:///{path}"


@pytest.fixture
async def store(url):
    store = await open_store(url, SetClock(), patience=SHORT)
    yield store
    await store.close()


@pytest.fixture
def raw(store, path):
    connection = sqlite3.connect(path, isolation_level=None, timeout=0)
    yield connection
    connection.close()


def a_request(hour=0, owner="eva"):
    start = NOW + timedelta(days=3, hours=hour)
    span = TimeSpan(start, start + timedelta(hours=1))
    return HoldRequest("cut", Assignment("anna", "x"), span, span, owner, NOW + timedelta(hours=1))


def pragmas_of(connection):
    names = ("busy_timeout", "foreign_keys", "synchronous", "query_only", "journal_mode")
    read = {}
    for name in (*names, "mmap_size"):
        found = connection.exec_driver_sql(f"PRAGMA {name}").first()
        read[name] = found[0] if found else 0
    return read


async def test_the_writing_connection_is_set_as_decided(url):
    store = await open_store(url, SetClock())
    assert await store.database.write(pragmas_of) == {
        "busy_timeout": 30000,
        "foreign_keys": 1,
        "synchronous": 2,
        "query_only": 0,
        "journal_mode": journal_for(sqlite3.sqlite_version_info),
        "mmap_size": 0,
    }
    await store.close()


async def test_every_reading_connection_is_set_as_decided_and_cannot_write(url):
    store = await open_store(url, SetClock())
    together = threading.Barrier(4)

    def look(connection):
        together.wait(10)
        return pragmas_of(connection)

    for read in await asyncio.gather(*(store.database.read(look) for _ in range(4))):
        assert (read["busy_timeout"], read["foreign_keys"], read["query_only"]) == (30000, 1, 1)
        assert read["journal_mode"] == store.database.journal_mode
    with pytest.raises(StoreUnavailable, match="readonly"):
        await store.database.read(lambda c: c.exec_driver_sql("DELETE FROM bookings"))
    await store.close()


async def test_a_write_takes_the_lock_before_it_reads(store, path):
    def begun(connection):
        other = sqlite3.connect(path, timeout=0, isolation_level=None)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()

    await store.database.write(begun)


async def test_the_file_is_for_its_owner_alone(store, path):
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_the_tables_are_what_the_migrations_make(store, path):
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        difference = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()
    assert difference == []


async def test_the_tables_are_written_alike_in_both_places(store, raw, tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path}/declared.sqlite3")
    metadata.create_all(engine)
    engine.dispose()
    declared = sqlite3.connect(tmp_path / "declared.sqlite3")
    assert made(raw) == made(declared)
    declared.close()


def made(connection):
    rows = connection.execute(
        "SELECT name, sql FROM sqlite_master "
        "WHERE type IN ('table', 'index') AND tbl_name <> 'alembic_version'"
    )
    # the order of columns and constraints inside one table is the only freedom
    parts = re.compile(r",\s+(?![^(]*\))|\n")
    return {
        name: sorted(part.strip(", \t") for part in parts.split(sql or "") if part.strip(", \t"))
        for name, sql in rows
    }


async def test_opening_again_finds_everything(url, store):
    held = await store.bookings.hold(a_request(), NOW)
    again = await open_store(url, SetClock())
    assert await again.bookings.booking(held.id) == held
    await again.close()


async def test_it_opens_from_any_directory(path, monkeypatch):
    monkeypatch.chdir(path.parent)
    store = await open_store("sqlite:///100%25 ours.sqlite3", SetClock())
    os.chdir("/")
    await store.bookings.hold(a_request(), NOW)
    await store.close()


async def test_many_stores_can_open_an_empty_database_at_once(url):
    stores = await asyncio.gather(*(open_store(url, SetClock()) for _ in range(4)))
    await asyncio.gather(*(store.documents.append("log", {}, NOW) for store in stores))
    for store in stores:
        await store.close()


async def test_a_newer_schema_is_refused_and_left_as_it_is(path, url, store, raw):
    raw.execute("UPDATE alembic_version SET version_num = '9999'")
    before = path.read_bytes()
    with pytest.raises(StoreUnavailable, match=r"9999.*newer version"):
        await open_store(url, SetClock())
    assert path.read_bytes() == before


async def test_a_database_of_another_program_is_refused_and_left_as_it_is(path, url):
    foreign = sqlite3.connect(path)
    foreign.execute("CREATE TABLE bookings (mine)")
    foreign.commit()
    foreign.close()
    before = path.read_bytes()
    with pytest.raises(StoreUnavailable, match="already exists"):
        await open_store(url, SetClock())
    assert path.read_bytes() == before


async def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(path, url):
    path.write_bytes(b"Liebes Tagebuch, " * 500)
    with pytest.raises(StoreUnavailable, match="not a database"):
        await open_store(url, SetClock())
    assert path.read_bytes() == b"Liebes Tagebuch, " * 500


async def test_a_directory_that_is_missing_is_named(tmp_path):
    with pytest.raises(StoreUnavailable, match=r"cannot open the database .*nowhere"):
        await open_store(f"sqlite:///{tmp_path}/nowhere/a.sqlite3", SetClock())


@pytest.mark.skipif(journal_for(sqlite3.sqlite_version_info) == "wal", reason="WAL is sound here")
async def test_a_file_left_in_wal_mode_is_switched(path, url):
    store = await open_store(url, SetClock())
    await store.close()
    other = sqlite3.connect(path)
    assert other.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",)
    other.close()
    store = await open_store(url, SetClock())
    assert (await store.database.read(pragmas_of))["journal_mode"] == "delete"
    await store.close()


async def test_a_locked_database_refuses_in_time_and_recovers(store, raw):
    raw.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked"):
        await store.bookings.hold(a_request(), NOW)
    assert not await store.bookings.ready()
    raw.execute("ROLLBACK")
    assert await store.bookings.ready()
    await store.bookings.hold(a_request(), NOW)


async def test_a_full_disk_refuses_leaves_nothing_half_written_and_recovers(store, raw):
    pages = raw.execute("PRAGMA page_count").fetchone()[0]

    def limit(connection, count=pages):
        connection.exec_driver_sql(f"PRAGMA max_page_count = {count}")

    await store.database.write(limit)
    assert not await store.bookings.ready()
    with pytest.raises(StoreUnavailable, match="full"):
        await store.documents.write("draft", "large", {"text": "x" * 99_000}, 0, NOW)
    assert raw.execute("SELECT count(*) FROM documents").fetchone() == (0,)
    assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    await store.database.write(lambda connection: limit(connection, 100_000))
    assert await store.bookings.ready()


async def test_a_full_disk_tells_nobody_of_the_same_commit_a_wrong_yes(store, raw):
    pages = raw.execute("PRAGMA page_count").fetchone()[0]

    def limit(connection):
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    await store.database.write(limit)
    results = await asyncio.gather(
        store.documents.write("draft", "small", {}, 0, NOW),
        store.documents.write("draft", "large", {"text": "x" * 99_000}, 0, NOW),
        return_exceptions=True,
    )
    stored = raw.execute("SELECT key FROM documents").fetchall()
    assert stored == []
    assert all(isinstance(result, StoreUnavailable) for result in results)


async def test_a_read_only_database_refuses(url, store):
    def forbid(connection):
        connection.exec_driver_sql("PRAGMA query_only = ON")

    await store.database.write(forbid)
    with pytest.raises(StoreUnavailable, match="readonly"):
        await store.bookings.hold(a_request(), NOW)
    assert not await store.bookings.ready()


async def test_a_refusal_undoes_only_its_own_work(store, raw):
    results = await asyncio.gather(
        store.documents.write("draft", "eva", {"n": 1}, 0, NOW),
        store.documents.write("draft", "eva", {"n": 2}, 0, NOW),
        store.documents.append("log", {}, NOW),
        store.database.write(
            lambda c: c.exec_driver_sql("INSERT INTO claims (resource) VALUES (1)")
        ),
        store.documents.append("log", {}, NOW),
        return_exceptions=True,
    )
    assert [type(result).__name__ for result in results] == [
        "Document",
        "DocumentConflict",
        "int",
        "IntegrityError",
        "int",
    ]
    assert (await store.documents.read("draft", "eva")).body == {"n": 1}


async def test_what_waits_is_committed_together(store):
    commits = []
    event.listen(store.database._writer, "commit", commits.append)
    await asyncio.gather(*(store.documents.append("log", {}, NOW) for _ in range(20)))
    assert len(commits) <= 2


async def test_the_text_of_a_refusal_holds_no_personal_data(store, raw):
    raw.execute("DROP TABLE outbox")
    held = await store.bookings.hold(a_request(), NOW)
    details = Details(Customer("Eva Geheim", "eva@example.org"), "teams")
    with pytest.raises(StoreUnavailable) as refused:
        await store.bookings.confirm(held.id, "eva", details, [Promise("a", "b")], NOW)
    chain = f"{refused.value!r} {refused.value.__cause__!r}"
    assert "no such table" in chain
    assert "Geheim" not in chain
    assert "example.org" not in chain


async def test_a_caller_who_gives_up_while_waiting_leaves_nothing(store, raw):
    started, go_on = threading.Event(), threading.Event()

    def slow(connection):
        started.set()
        go_on.wait(10)

    first = asyncio.create_task(store.database.write(slow))
    await asyncio.to_thread(started.wait, 10)
    second = asyncio.create_task(store.documents.write("draft", "eva", {}, 0, NOW))
    await asyncio.sleep(0)
    second.cancel()
    go_on.set()
    await first
    with pytest.raises(asyncio.CancelledError):
        await second
    await store.documents.write("draft", "max", {}, 0, NOW)
    assert raw.execute("SELECT key FROM documents").fetchall() == [("max",)]


async def test_a_caller_who_gives_up_amid_the_work_spoils_nothing(store):
    started, go_on = threading.Event(), threading.Event()

    def slow(connection):
        started.set()
        go_on.wait(10)

    first = asyncio.create_task(store.database.write(slow))
    await asyncio.to_thread(started.wait, 10)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    go_on.set()
    await store.bookings.hold(a_request(), NOW)


async def test_when_the_writer_is_stopped_nobody_waits_for_ever(store):
    started, go_on = threading.Event(), threading.Event()

    def lasts_long(connection):
        started.set()
        go_on.wait(10)

    amid = asyncio.create_task(store.database.write(lasts_long))
    await asyncio.to_thread(started.wait, 10)
    behind = asyncio.create_task(store.documents.write("draft", "eva", {}, 0, NOW))
    await asyncio.sleep(0)
    store.database._writing.cancel()
    for waiting in (amid, behind):
        with pytest.raises(StoreUnavailable, match="stopped"):
            await waiting
    go_on.set()
    await store.documents.write("draft", "eva", {}, 0, NOW)


async def test_a_closed_store_refuses(url):
    store = await open_store(url, SetClock())
    await store.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.bookings.hold(a_request(), NOW)
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.queue.waiting()


async def test_closing_finishes_what_was_begun(url):
    store = await open_store(url, SetClock())
    writing = asyncio.create_task(store.documents.write("draft", "eva", {}, 0, NOW))
    await asyncio.sleep(0)
    await store.close()
    await writing
    again = await open_store(url, SetClock())
    assert (await again.documents.read("draft", "eva")).version == 1
    await again.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE claims SET busy_start = busy_start - 3600, busy_end = busy_end - 3600"
        " WHERE booking_id = '{second}'",
        "UPDATE claims SET resource = resource, busy_start = busy_start - 1"
        " WHERE booking_id = '{second}'",
        "INSERT INTO claims (booking_id, resource, busy_start, busy_end)"
        " SELECT booking_id, resource, busy_start + 1, busy_end FROM claims",
    ],
)
async def test_no_statement_whatsoever_can_make_an_overlap(store, raw, statement):
    await store.bookings.hold(a_request(0), NOW)
    second = await store.bookings.hold(a_request(1), NOW)
    with pytest.raises(sqlite3.IntegrityError, match="slot_taken"):
        raw.execute(statement.format(second=second.id))


async def test_a_claim_may_be_moved_over_its_own_old_time(store, raw):
    await store.bookings.hold(a_request(0), NOW)
    raw.execute("UPDATE claims SET busy_start = busy_start + 60, busy_end = busy_end + 60")


async def test_a_freed_booking_cannot_come_back_onto_a_taken_time(store, raw):
    first = await store.bookings.hold(a_request(0), NOW)
    await store.bookings.release_hold(first.id, "eva", NOW)
    await store.bookings.hold(a_request(0, "max"), NOW)
    with pytest.raises(sqlite3.IntegrityError, match="slot_taken"):
        raw.execute("UPDATE bookings SET state = 'noted' WHERE id = ?", [first.id])


async def test_a_state_nobody_knows_occupies(store, raw):
    first = await store.bookings.hold(a_request(0), NOW)
    raw.execute("UPDATE bookings SET state = 'moved', hold_until = NULL WHERE id = ?", [first.id])
    with pytest.raises(SlotTaken):
        await store.bookings.hold(a_request(0, "max"), NOW)


@pytest.mark.parametrize(
    "change", ["state = 'noted'", "hold_until = NULL", "starts = ends", "busy_starts = starts + 1"]
)
async def test_the_tables_refuse_a_booking_that_makes_no_sense(store, raw, change):
    await store.bookings.hold(a_request(0), NOW)
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        raw.execute(f"UPDATE bookings SET {change}")


async def test_the_driver_that_a_url_names_does_not_matter(path):
    store = await open_store(f"sqlite+aiosqlite:///{path}", SetClock())
    held = await store.bookings.hold(a_request(), NOW)
    assert await store.bookings.booking(held.id) == held
    await store.close()
