"""What is true of PostgreSQL alone: its schema, its locks, and what a server can suffer."""

import asyncio
import threading

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.exc import IntegrityError

from scheduling.booking import BookingState, CancelledBy
from scheduling.errors import SlotTaken, StoreUnavailable
from scheduling.outbox import Promise
from scheduling.store import open_store
from scheduling.store.tables import bookings, documents, metadata
from tests import postgres
from tests.contract.store_world import EVA, MINUTE, NOW, SetClock, a_request, at, beside, rows_of

CONNECTED = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND application_name = 'terminbot'"
)


@pytest.fixture
def url():
    with postgres.borrowed() as url:
        yield url


@pytest.fixture
def empty_url():
    url = postgres.a_database()
    yield url
    postgres.remove(url)


@pytest.fixture
async def store(url):
    store = await open_store(url, SetClock())
    yield store
    await store.close()


def end_connections(url, like):
    """Let the server end them, as a restart or a firewall would; return how many those were."""
    return len(
        postgres.rows(
            url,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND datname = current_database() AND query LIKE %s",
            [like],
        )
    )


async def until(condition):
    async with asyncio.timeout(20):
        while not await asyncio.to_thread(condition):
            pass


# ---- schema


async def test_the_tables_are_what_the_migrations_make(url):
    engine = sa.create_engine(postgres.driven(url))
    with engine.connect() as connection:
        difference = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()
    assert [each for each in difference if "slot_taken" not in str(each)] == []


async def test_the_columns_and_checks_are_written_alike_in_both_places(url, empty_url):
    engine = sa.create_engine(postgres.driven(empty_url))
    metadata.create_all(engine)
    engine.dispose()
    assert made(url) == made(empty_url)


REVISIONS = sorted(file.name[:4] for file in postgres.MIGRATIONS.glob("versions/0*.py"))


@pytest.mark.parametrize("revision", REVISIONS[:-1])
async def test_every_earlier_schema_is_brought_to_the_newest(url, empty_url, revision):
    postgres.upgrade(empty_url, revision)
    await (await open_store(empty_url, SetClock())).close()
    assert made(empty_url) == made(url)


def made(url):
    columns = postgres.rows(
        url,
        "SELECT table_name, column_name, data_type, is_nullable, column_default"
        " FROM information_schema.columns WHERE table_schema = 'public'"
        " AND table_name <> 'alembic_version' ORDER BY 1, 2",
    )
    checks = postgres.rows(
        url,
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype IN ('c', 'f', 'p', 'u') AND conrelid::regclass::text <> 'alembic_version'"
        " AND connamespace = 'public'::regnamespace ORDER BY 1, 2",
    )
    indexes = postgres.rows(
        url,
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"
        " AND tablename <> 'alembic_version' AND indexname NOT LIKE 'slot_taken%' ORDER BY 1",
    )
    return columns, checks, indexes


async def test_two_who_start_at_once_on_an_empty_database_migrate_it_once(empty_url):
    stores = await asyncio.gather(*(open_store(empty_url, SetClock()) for _ in range(4)))
    await asyncio.gather(*(store.documents.append("log", {}, NOW) for store in stores))
    for store in stores:
        await store.close()
    assert len(postgres.rows(empty_url, "SELECT * FROM alembic_version")) == 1


async def test_a_newer_schema_is_refused_in_words(url, store):
    rows_of(url, "UPDATE alembic_version SET version_num = version_num || '-new'")
    try:
        with pytest.raises(StoreUnavailable, match=r"-new.*newer version"):
            await open_store(url, SetClock())
    finally:
        rows_of(url, "UPDATE alembic_version SET version_num = split_part(version_num, '-', 1)")


async def test_a_server_that_is_not_there_is_named_in_words(tmp_path):
    with pytest.raises(StoreUnavailable, match="the database refused: connection"):
        await open_store(f"postgresql://bot:secret@/bookings?host={tmp_path}", SetClock())


async def test_a_refusal_does_not_tell_the_password(tmp_path):
    with pytest.raises(StoreUnavailable) as refused:
        await open_store(f"postgresql://bot:secret@/bookings?host={tmp_path}", SetClock())
    assert "secret" not in f"{refused.value!r} {refused.value.__cause__!r}"


# ---- the last line


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE claims SET busy_start = busy_start - 3600, busy_end = busy_end - 3600"
        " WHERE booking_id = :second",
        "UPDATE claims SET resource = resource, busy_start = busy_start - 1"
        " WHERE booking_id = :second",
        "INSERT INTO claims (booking_id, resource, busy_start, busy_end)"
        " SELECT booking_id, resource, busy_start + 1, busy_end FROM claims"
        " WHERE booking_id = :second",
    ],
)
async def test_no_statement_whatsoever_can_make_an_overlap(store, url, statement):
    await store.bookings.hold(a_request(0), NOW)
    second = await store.bookings.hold(a_request(60), NOW)
    with pytest.raises(IntegrityError, match="slot_taken"):
        rows_of(url, statement, second=second.id)


@pytest.mark.parametrize(
    "overlapping", [{"minutes": 5, "buffers": 0}, {"minutes": 55, "buffers": 10}]
)
async def test_the_constraints_alone_refuse_what_shares_nothing(store, url, overlapping):
    await store.bookings.hold(a_request(0), NOW)
    with beside(url) as connection:
        connection.execute(sa.text("ALTER TABLE claims DISABLE TRIGGER claims_no_overlap_insert"))
        try:
            with pytest.raises(SlotTaken):
                # past the look before, which would say it as well
                await _written_at_once(store, a_request(owner="max", **overlapping))
        finally:
            connection.execute(
                sa.text("ALTER TABLE claims ENABLE TRIGGER claims_no_overlap_insert")
            )


async def _written_at_once(store, request):
    """Hold without the look before: as when it was free then."""
    bookings = store.bookings
    free = type(bookings)(_Blind(store.database), SetClock())
    return await free.hold(request, NOW)


class _Blind:
    """A database in which nobody sees anything before they write."""

    def __init__(self, database):
        self._database = database

    async def read(self, _work):
        return []

    def __getattr__(self, name):
        return getattr(self._database, name)


async def test_a_freed_booking_cannot_come_back_onto_a_taken_time(store, url):
    first = await store.bookings.hold(a_request(0), NOW)
    await store.bookings.release_hold(first.id, "eva", NOW)
    await store.bookings.hold(a_request(0, owner="max"), NOW)
    with pytest.raises(IntegrityError, match="slot_taken"):
        rows_of(url, "UPDATE bookings SET state = 'noted' WHERE id = :id", id=first.id)


async def test_a_state_nobody_knows_occupies(store, url):
    first = await store.bookings.hold(a_request(0), NOW)
    rows_of(
        url,
        "UPDATE bookings SET state = 'moved', hold_until = NULL WHERE id = :id",
        id=first.id,
    )
    with pytest.raises(SlotTaken):
        await store.bookings.hold(a_request(0, owner="max"), NOW)


# ---- side by side


async def test_works_run_side_by_side(store):
    together = threading.Barrier(2)
    await asyncio.gather(*(store.database.write(lambda _: together.wait(20)) for _ in range(2)))


async def test_a_deadlock_is_done_again_and_told_to_nobody(store, url):
    for key in ("a", "b"):
        await store.documents.write("x", key, {}, 0, NOW)
    both_hold_one = threading.Barrier(2)
    tries = []

    def crossing(first, second):
        def work(connection):
            tries.append(first)
            for key in (first, second):
                row = documents.c.key == key
                connection.execute(sa.update(documents).where(row).values(body="{}"))
                if len(tries) <= 2 and key == first:
                    both_hold_one.wait(20)
            return first

        return store.database.write(work)

    assert await asyncio.gather(crossing("a", "b"), crossing("b", "a")) == ["a", "b"]
    assert len(tries) == 3


async def test_a_move_waits_for_the_time_before_it_locks_a_row(store, url):
    held = await store.bookings.hold(a_request(), NOW)
    booking = await store.bookings.confirm(held.id, "eva", EVA, [], NOW)
    hold = await store.bookings.hold(a_request(120, moves=booking.id), NOW)
    moving = store.bookings.move(booking.id, "eva", hold.id, [], NOW, version=1)
    await _waits_without_rows(store, url, moving, [booking.id, hold.id])
    assert (await store.bookings.booking(booking.id)).version == 2


async def test_who_gives_up_and_keeps_back_waits_for_the_time_before_it_locks_a_row(store, url):
    held = await store.bookings.hold(a_request(), NOW)
    booking = await store.bookings.confirm(held.id, "eva", EVA, [], NOW)
    mine = (booking.id, "eva", CancelledBy.CUSTOMER, [], NOW)
    cancelling = store.bookings.cancel(*mine, freed_at=NOW + MINUTE)
    await _waits_without_rows(store, url, cancelling, [booking.id])
    assert (await store.bookings.booking(booking.id)).state is BookingState.CANCELLED


async def _waits_without_rows(store, url, change, booking_ids):
    """Be alone with the time, as who holds or follows is; the rows must be free to lock."""
    other = sa.create_engine(postgres.driven(url), poolclass=sa.NullPool)
    rows = sa.select(bookings.c.id).where(bookings.c.id.in_(booking_ids))
    with other.connect() as connection:
        store.database.lock(connection, ["staff:anna"])
        changing = asyncio.create_task(change)
        await until(lambda: waits_for_a_lock(url))
        found = connection.execute(rows.with_for_update(nowait=True)).all()
        connection.commit()
    await changing
    assert len(found) == len(booking_ids)


async def test_a_change_that_is_on_its_way_is_not_passed_over(store, url):
    await store.bookings.hold(a_request(0), NOW)
    slow = sa.create_engine(postgres.driven(url), poolclass=sa.NullPool)
    with slow.connect() as connection:
        late = a_claim_beside(connection, "staff:late")
        # its number is given out, its commit is not over
        connection.execute(sa.text("SET CONSTRAINTS ALL IMMEDIATE"))
        await store.bookings.hold(a_request(0, staff="ben", owner="max"), NOW)
        looking = asyncio.create_task(store.bookings.changed_since(0))
        await until(lambda: waits_for_a_lock(url))
        connection.commit()
    assert (await looking).resources == {"staff:anna", "staff:ben", late}


def a_claim_beside(connection, resource):
    connection.execute(
        sa.text(
            "INSERT INTO claims (booking_id, resource, busy_start, busy_end)"
            " SELECT id, :resource, 1, 2 FROM bookings LIMIT 1"
        ),
        {"resource": resource},
    )
    return resource


def waits_for_a_lock(url):
    return postgres.rows(
        url,
        "SELECT 1 FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'",
    )


async def test_a_frozen_process_keeps_others_waiting_no_longer_than_a_server_allows(store, url):
    def look(connection):
        return connection.exec_driver_sql("SHOW idle_in_transaction_session_timeout").scalar_one()

    assert await store.database.write(look) == "15s"


# ---- the connection that listens


async def test_work_that_is_promised_wakes_the_other_process(store, url):
    other = await open_store(url, SetClock())
    heard = asyncio.Event()
    other.queue.listen(heard.set)
    held = await store.bookings.hold(a_request(), NOW)
    assert not heard.is_set()
    await store.bookings.confirm(held.id, "eva", EVA, [Promise("write_event", "w:1")], NOW)
    await asyncio.wait_for(heard.wait(), 20)
    await other.close()


async def test_work_for_later_wakes_nobody(store, url):
    heard = asyncio.Event()
    store.queue.listen(heard.set)
    await store.queue.enqueue(Promise("remind", "r:1", run_at=NOW + MINUTE), NOW)
    await store.queue.enqueue(Promise("tell", "t:1"), NOW)
    await asyncio.wait_for(heard.wait(), 20)
    notified = postgres.rows(url, "SELECT count(*) FROM outbox")
    assert notified == [(2,)]


async def test_who_lost_the_connection_that_proves_life_comes_back_under_a_new_name(store, url):
    first = store.database.owner
    assert end_connections(url, "LISTEN%") == 1
    await until(lambda: _owner(store) not in {None, first})
    assert await store.database.dead([first, store.database.owner]) == {first}


def _owner(store):
    try:
        return store.database.owner
    except StoreUnavailable:
        return None


async def test_the_jobs_of_a_lost_connection_are_free_for_others(store, url):
    await store.queue.enqueue(Promise("tell", "t:1"), NOW)
    (job,) = await store.queue.claim(1, MINUTE, NOW)
    other = await open_store(url, SetClock())
    assert await other.queue.claim(1, MINUTE, NOW) == ()
    store.database._listener.stop()
    (again,) = await other.queue.claim(1, MINUTE, NOW)
    assert (again.id, again.attempts) == (job.id, 2)
    await other.close()


async def test_without_the_connection_that_proves_life_nothing_is_claimed(store):
    await store.queue.enqueue(Promise("tell", "t:1"), NOW)
    store.database._listener.stop()
    with pytest.raises(StoreUnavailable, match="lost"):
        await store.queue.claim(1, MINUTE, NOW)


# ---- alone with a name


async def test_another_process_waits_until_a_name_is_free(store, url):
    other = await open_store(url, SetClock())
    order, taken = [], asyncio.Event()

    async def first():
        async with store.documents.alone("conversation:eva"):
            taken.set()
            order.append("first begins")
            await until(lambda: other.database._locks._connection is not None)
            order.append("first ends")

    async def second():
        await taken.wait()
        async with other.documents.alone("conversation:eva"):
            order.append("second")

    await asyncio.gather(first(), second())
    assert order == ["first begins", "first ends", "second"]
    await other.close()


async def test_the_same_process_waits_too_and_other_names_do_not(store):
    async with store.documents.alone("conversation:eva"):
        async with store.documents.alone("conversation:max"):
            pass
        assert store.database._locks.take("conversation:eva") is False


async def test_a_name_of_a_process_that_ended_is_free(store, url):
    other = await open_store(url, SetClock())
    assert other.database._locks.take("conversation:eva")
    await other.close()
    async with asyncio.timeout(20), store.documents.alone("conversation:eva"):
        pass


async def test_who_gives_up_while_taking_a_name_leaves_it_free(store):
    busy = threading.Event()
    store.database._lock_thread.submit(busy.wait, 20)

    async def never_gets_it():
        async with store.documents.alone("conversation:eva"):
            raise AssertionError

    waiting = asyncio.create_task(never_gets_it())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    busy.set()
    async with asyncio.timeout(20), store.documents.alone("conversation:eva"):
        pass


async def test_a_lost_connection_frees_the_names_and_is_made_anew(store, url):
    async with store.documents.alone("conversation:eva"):
        assert end_connections(url, "SELECT pg_try_advisory_lock%") == 1
    async with store.documents.alone("conversation:eva"):
        pass


# ---- what a server can suffer


async def test_a_server_that_ended_all_connections_costs_nobody_an_answer(store, url):
    held = await store.bookings.hold(a_request(), NOW)
    assert end_connections(url, "%") >= 2
    noted = await store.bookings.confirm(held.id, "eva", EVA, [], NOW)
    assert noted.state is BookingState.NOTED


async def test_a_database_that_takes_no_writes_refuses_and_is_not_ready(store, url):
    forbid = "ALTER DATABASE {} SET default_transaction_read_only = {}"
    name = sa.make_url(url).database
    rows_of(url, forbid.format(name, "on"))
    try:
        end_connections(url, "%")
        with pytest.raises(StoreUnavailable, match="read-only"):
            await store.bookings.hold(a_request(), NOW)
        assert not await store.bookings.ready()
    finally:
        postgres.order(postgres.server(), forbid.format(name, "off"))
    end_connections(url, "%")
    assert await store.bookings.ready()


async def test_a_reader_cannot_write(store):
    with pytest.raises(StoreUnavailable, match="read-only"):
        await store.database.read(lambda c: c.exec_driver_sql("DELETE FROM documents"))


async def test_several_statements_of_one_reading_see_one_state(store):
    first_look, written = threading.Event(), threading.Event()

    def look(connection):
        count = sa.select(sa.func.count()).select_from(documents)
        before = connection.execute(count).scalar_one()
        first_look.set()
        assert written.wait(20)
        return before, connection.execute(count).scalar_one()

    looking = asyncio.create_task(store.database.read(look))
    await asyncio.to_thread(first_look.wait, 20)
    await store.documents.write("x", "1", {}, 0, NOW)
    written.set()
    assert await looking == (0, 0)


async def test_an_unexpected_violation_shows_no_row(store, url):
    held = await store.bookings.hold(a_request(), NOW)
    await store.bookings.confirm(held.id, "eva", EVA, [], NOW)

    def spoil(connection):
        connection.exec_driver_sql("UPDATE bookings SET starts = ends")

    with pytest.raises(IntegrityError, match="busy_encloses_span") as refused:
        await store.database.write(spoil)
    chain = f"{refused.value!r} {refused.value} {refused.value.__cause__!r}"
    assert "Eva" not in chain
    assert "example.org" not in chain


async def test_a_closed_store_refuses(url):
    store = await open_store(url, SetClock())
    await store.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.bookings.hold(a_request(), NOW)


async def test_closing_gives_every_connection_back(url):
    store = await open_store(url, SetClock())
    await store.bookings.claims(None, at(0), NOW)
    await store.close()
    await until(lambda: postgres.rows(url, CONNECTED) == [(0,)])
