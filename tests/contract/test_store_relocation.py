"""Everything in a file comes to PostgreSQL, is compared there, or nothing has happened."""

import pytest

from scheduling.booking import BookingState, CancelledBy
from scheduling.errors import RelocationRefused, SlotTaken, StoreUnavailable
from scheduling.outbox import Promise
from scheduling.ports import WrittenEvent
from scheduling.store import open_store, relocation
from tests import postgres
from tests.contract.store_world import (
    EVA,
    MINUTE,
    NOW,
    SetClock,
    a_request,
    beside,
    rows_of,
    url_of,
)

LEASE = 60 * MINUTE


@pytest.fixture
async def file(tmp_path):
    """A file with a booking in each stage of its life, drafts, a log, and jobs that were done."""
    store = await open_store(url_of(tmp_path), SetClock())
    bookings = store.bookings
    for n, owner in enumerate(("booked", "noted", "cancelled", "held")):
        held = await bookings.hold(a_request(120 * n, owner=owner, others=("room:blue",)), NOW)
        if owner == "held":
            continue
        promise = Promise("write_event", f"write:{owner}", {"booking_id": held.id})
        await bookings.confirm(held.id, owner, EVA, [promise], NOW)
        if owner == "booked":
            (job,) = await store.queue.claim(1, LEASE, NOW)
            event = WrittenEvent("event-1", held.id, held.span, "https://teams.example/1")
            await store.queue.complete(job, NOW, written=event)
        if owner == "cancelled":
            await bookings.cancel(held.id, owner, CancelledBy.CUSTOMER, [], NOW)
    await store.documents.write("draft", "eva \U0001f642 ' \\", {"text": 'grüße " \n'}, 0, NOW)
    await store.documents.append("chat:1", {"text": "Hallo"}, NOW)
    await store.queue.claim(1, LEASE, NOW)
    await store.close()
    return url_of(tmp_path)


@pytest.fixture
def target():
    url = postgres.a_database()
    yield url
    postgres.remove(url)


async def test_every_table_arrives_with_all_its_rows(file, target):
    done = await relocation.relocate(file, target)
    assert done.tables.keys() == {table.name for table in relocation.relocated_tables()}
    for name, content in done.tables.items():
        for url in (file, target):
            assert rows_of(url, f'SELECT count(*) FROM "{name}"') == [(content.rows,)], name
    assert done.tables["bookings"].rows == 4
    assert done.tables["ledger"].rows > 8


async def test_bookings_documents_and_jobs_read_as_before(file, target):
    old = await open_store(file, SetClock())
    ids = [row[0] for row in rows_of(file, "SELECT id FROM bookings")]
    before = [await old.bookings.booking(each) for each in ids]
    draft = await old.documents.all("draft")
    await old.close()
    await relocation.relocate(file, target)
    new = await open_store(target, SetClock())
    assert [await new.bookings.booking(each) for each in ids] == before
    assert await new.documents.all("draft") == draft
    assert await new.documents.last("chat:1") == 1
    # leased by a process that is gone
    (job,) = await new.queue.claim(1, LEASE, NOW)
    assert (job.key, job.attempts) == ("write:noted", 2)
    await new.close()


async def test_what_was_booked_blocks_and_new_bookings_are_made(file, target):
    await relocation.relocate(file, target)
    store = await open_store(target, SetClock())
    with pytest.raises(SlotTaken):
        await store.bookings.hold(a_request(0, owner="max"), NOW)
    held = await store.bookings.hold(a_request(600, owner="max"), NOW)
    noted = await store.bookings.confirm(held.id, "max", EVA, [Promise("a", "b")], NOW)
    assert noted.state is BookingState.NOTED
    await store.close()


async def test_numbers_that_were_given_are_never_given_again(file, target):
    with beside(file) as connection:
        connection.exec_driver_sql("UPDATE sqlite_sequence SET seq = 5000 WHERE name = 'outbox'")
    await relocation.relocate(file, target)
    store = await open_store(target, SetClock())
    await store.queue.enqueue(Promise("tell", "tell:new"), NOW)
    assert rows_of(target, "SELECT id FROM outbox WHERE key = 'tell:new'") == [(5001,)]
    await store.close()


async def test_a_database_that_is_not_empty_is_left_as_it_is(file, target):
    await relocation.relocate(file, target)
    with pytest.raises(RelocationRefused, match="not empty"):
        await relocation.relocate(file, target)
    assert rows_of(target, "SELECT count(*) FROM bookings") == [(4,)]


async def test_while_a_bot_has_the_file_open_nothing_is_taken(file, target):
    store = await open_store(file, SetClock())
    with pytest.raises(RelocationRefused, match="stop the bot"):
        await relocation.relocate(file, target)
    await store.close()
    await relocation.relocate(file, target)


ALTER = """
    CREATE FUNCTION alter_it() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN NEW.body := NEW.body || ' '; RETURN NEW; END $$"""


async def test_what_arrives_changed_is_refused_and_nothing_stays(file, target):
    await (await open_store(target, SetClock())).close()
    rows_of(target, ALTER)
    rows_of(
        target,
        "CREATE TRIGGER alter_it BEFORE INSERT ON documents"
        " FOR EACH ROW EXECUTE FUNCTION alter_it()",
    )
    with pytest.raises(RelocationRefused, match="documents did not arrive"):
        await relocation.relocate(file, target)
    assert rows_of(target, "SELECT count(*) FROM bookings") == [(0,)]
    rows_of(target, "DROP TRIGGER alter_it ON documents")
    await relocation.relocate(file, target)


async def test_a_connection_lost_amid_the_copy_leaves_the_database_empty(file, target):
    await (await open_store(target, SetClock())).close()
    rows_of(
        target,
        "CREATE FUNCTION break_it() RETURNS trigger LANGUAGE plpgsql AS $$"
        " BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$",
    )
    rows_of(
        target,
        "CREATE TRIGGER break_it BEFORE INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION break_it()",
    )
    with pytest.raises(StoreUnavailable):
        await relocation.relocate(file, target)
    assert rows_of(target, "SELECT count(*) FROM bookings") == [(0,)]
    rows_of(target, "DROP TRIGGER break_it ON ledger")
    await relocation.relocate(file, target)


@pytest.mark.parametrize(
    ("source", "to", "word"),
    [
        ("postgresql:///a", "postgresql:///b", "SQLite file"),
        ("sqlite:///nowhere/a.sqlite3", "postgresql:///b", "no database"),
        ("sqlite:///a.sqlite3", "sqlite:///b.sqlite3", "name where to"),
    ],
)
async def test_the_wrong_way_round_is_said_in_words(source, to, word, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.sqlite3").touch()
    with pytest.raises((RelocationRefused, StoreUnavailable), match=word):
        await relocation.relocate(source, to)
