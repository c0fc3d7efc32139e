"""A backup is whole or is refused; what is restored from it is a store like any other."""

import asyncio
import functools
import hashlib
import io
import json
import os
import sqlite3
import stat
import sys
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduling.booking import BookingState
from scheduling.errors import BackupRefused, HoldExpired, SlotTaken, StaleLease, StoreUnavailable
from scheduling.outbox import Promise
from scheduling.store import archive, backup, open_store, sealed
from scheduling.store.archive import manifest_of
from scheduling.timespan import whole_seconds
from tests.contract.store_world import EVA, MINUTE, NOW, SetClock, a_request, at, url_of
from tests.contract.test_store_migration import fill
from tests.postgres import upgrade

LEASE = timedelta(hours=1)
PHRASE = "correct horse battery staple"
CANARIES = (b"Eva", b"eva@example.org", b"+491701234567", b"Bitte leise", b"SQLite format")

key_for = functools.cache(sealed.key_by(PHRASE))
"""The key is made on purpose slowly; here once for each salt."""

# another process, through SQL alone: a booking and its claim are written together, for ever
WRITER = """
import sqlite3, sys, itertools
raw = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
row = raw.execute("SELECT * FROM bookings").fetchone()
names = [c[0] for c in raw.execute("SELECT * FROM bookings").description]
for n in itertools.count(1):
    new = dict(zip(names, row)) | {"id": f"w{n}", "number": f"W-{n}"}
    raw.execute("BEGIN IMMEDIATE")
    raw.execute(f"INSERT INTO bookings ({','.join(names)}) VALUES ({','.join('?' * len(names))})",
                list(new.values()))
    raw.execute("INSERT INTO claims (booking_id, resource, busy_start, busy_end)"
                " VALUES (?, ?, 1, 2)", (f"w{n}", f"staff:w{n}"))
    raw.execute("COMMIT")
    if n == 5:
        print("writing", flush=True)
"""


async def booked(store, minutes=0, owner="eva"):
    held = await store.bookings.hold(a_request(minutes, owner=owner), NOW)
    promise = Promise("write_event", f"write:{held.id}", {"booking": held.id})
    return await store.bookings.confirm(held.id, owner, EVA, [promise], NOW)


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
async def store(home):
    store = await open_store(url_of(home), SetClock())
    yield store
    await store.close()


@pytest.fixture
async def made(store, home, tmp_path):
    """A backup, and the booking that is in it."""
    booking = await booked(store)
    file = tmp_path / "made.zip"
    await backup.make(url_of(home), file, SetClock())
    return file, booking


@pytest.fixture
async def revived(made, tmp_path):
    done = await backup.restore(made[0], tmp_path / "new", SetClock())
    again = await open_store(f"sqlite:///{done.file}", SetClock())
    yield again
    await again.close()


def rezipped(file, **changes):
    """The file with other values in its manifest, and an honest digest."""
    with zipfile.ZipFile(file) as found:
        values = json.loads(found.read(archive.MANIFEST)) | changes
        content = found.read(archive.STORE)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as new:
        new.comment = archive.MARK + b"0" * archive.DIGEST
        new.writestr(archive.STORE, content)
        new.writestr(archive.MANIFEST, json.dumps(values))
    before = made.getvalue()[: -archive.DIGEST]
    file.write_bytes(before + hashlib.sha256(before).hexdigest().encode())


async def test_a_backup_says_what_is_in_it_and_only_its_owner_reads_it(made):
    found = await backup.verify(made[0])
    assert (found.created_at, found.rows["bookings"], found.rows["outbox"]) == (NOW, 1, 1)
    if os.name != "nt":
        assert stat.S_IMODE(made[0].stat().st_mode) == 0o600


async def test_a_backup_is_a_zip_that_every_tool_opens(made):
    with zipfile.ZipFile(made[0]) as found:
        assert found.namelist() == ["store.sqlite3", "manifest.json"]
        assert found.testzip() is None


async def test_nothing_stays_behind_beside_store_and_backup(made, store, home, tmp_path):
    await store.close()
    assert [file.name for file in home.iterdir()] == ["terminbot.sqlite3"]
    assert {file.name for file in tmp_path.iterdir()} == {"home", "made.zip"}


async def test_a_backup_never_takes_the_place_of_another(made, home):
    before = made[0].read_bytes()
    with pytest.raises(BackupRefused, match="nothing is overwritten"):
        await backup.make(url_of(home), made[0], SetClock())
    assert made[0].read_bytes() == before


async def test_where_there_is_no_store_none_is_made(tmp_path):
    with pytest.raises(StoreUnavailable, match="there is no database"):
        await backup.make(url_of(tmp_path), tmp_path / "made.zip", SetClock())
    assert list(tmp_path.iterdir()) == []


async def test_a_backup_while_another_process_writes_holds_whole_transactions(
    store, home, tmp_path
):
    await booked(store)
    program = (sys.executable, "-c", WRITER, str(store.database.path))
    writer = await asyncio.create_subprocess_exec(*program, stdout=asyncio.subprocess.PIPE)
    counts = []
    try:
        await writer.stdout.readline()
        for number in range(5):
            found = await backup.make(url_of(home), tmp_path / f"{number}.zip", SetClock())
            counts.append((found.rows["bookings"], found.rows["claims"]))
            assert writer.returncode is None
    finally:
        writer.kill()
        await writer.wait()
    assert all(bookings == claims for bookings, claims in counts)
    assert counts[0][0] > 5
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


async def test_the_bot_books_while_a_backup_is_made(made, store, home, tmp_path):
    making = asyncio.create_task(
        backup.make(url_of(home), tmp_path / "second.zip", SetClock(), key_for)
    )
    for number in range(1, 6):
        await booked(store, 60 * number, f"eva{number}")
    await making


async def test_a_damaged_store_is_not_backed_up(store, home, tmp_path):
    await booked(store)
    raw = sqlite3.connect(store.database.path)
    raw.execute("PRAGMA foreign_keys = OFF")
    raw.execute("DELETE FROM bookings")
    raw.commit()
    raw.close()
    with pytest.raises(BackupRefused, match="damaged"):
        await backup.make(url_of(home), tmp_path / "made.zip", SetClock())
    assert {file.name for file in tmp_path.iterdir()} == {"home"}


async def test_an_overlapping_time_is_refused_after_a_restore(revived):
    with pytest.raises(SlotTaken):
        await revived.bookings.hold(a_request(30, owner="max"), NOW)
    await revived.bookings.hold(a_request(60, owner="max"), NOW)


async def test_the_triggers_come_along(revived, made):
    raw = sqlite3.connect(revived.database.path)
    with pytest.raises(sqlite3.IntegrityError, match="slot_taken"):
        raw.execute(
            "INSERT INTO claims (booking_id, resource, busy_start, busy_end)"
            " VALUES (?, 'staff:anna', ?, ?)",
            (made[1].id, *whole_seconds(at(30))),
        )
    raw.close()


async def test_a_booking_reads_after_a_restore_as_before(revived, made):
    assert await revived.bookings.booking(made[1].id) == made[1]


async def test_work_that_waited_waits_again(revived, made):
    (job,) = await revived.queue.claim(5, LEASE, NOW)
    assert job.payload == {"booking": made[1].id}


async def test_a_lease_of_the_old_process_is_free_and_counts_as_an_attempt(store, home, tmp_path):
    await booked(store)
    (leased,) = await store.queue.claim(5, LEASE, NOW)
    await backup.make(url_of(home), tmp_path / "made.zip", SetClock())
    done = await backup.restore(tmp_path / "made.zip", tmp_path / "new", SetClock())
    assert done.released == 1
    # nobody's lock file has to prove anything: it may be another computer's
    raw = sqlite3.connect(done.file)
    left = raw.execute("SELECT state, lease_owner, lease_until, attempts FROM outbox").fetchall()
    raw.close()
    assert left == [("waiting", None, None, 1)]
    again = await open_store(f"sqlite:///{done.file}", SetClock())
    (job,) = await again.queue.claim(5, LEASE, NOW)
    assert (job.id, job.attempts) == (leased.id, 2)
    with pytest.raises(StaleLease):
        await again.queue.complete(leased, NOW)
    await again.close()


async def test_the_store_that_was_copied_keeps_its_leases(store, home, tmp_path):
    await booked(store)
    (leased,) = await store.queue.claim(5, LEASE, NOW)
    await backup.make(url_of(home), tmp_path / "made.zip", SetClock())
    await store.queue.complete(leased, NOW)


async def test_a_hold_that_is_over_stays_over(store, home, tmp_path):
    held = await store.bookings.hold(a_request(), NOW)
    await backup.make(url_of(home), tmp_path / "made.zip", SetClock())
    done = await backup.restore(tmp_path / "made.zip", tmp_path / "new", SetClock())
    again = await open_store(f"sqlite:///{done.file}", SetClock())
    later = NOW + 6 * MINUTE
    await again.bookings.hold(a_request(owner="max", until=later + MINUTE), later)
    with pytest.raises(HoldExpired):
        await again.bookings.confirm(held.id, "eva", EVA, [], later)
    await again.close()


@pytest.mark.parametrize("name", ["terminbot.sqlite3", "anything"])
async def test_a_restore_never_writes_where_something_is(made, tmp_path, name):
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / name).write_text("mine")
    with pytest.raises(BackupRefused, match="is not empty"):
        await backup.restore(made[0], tmp_path / "new", SetClock())
    assert [file.read_text() for file in (tmp_path / "new").iterdir()] == ["mine"]


async def test_a_refused_restore_leaves_no_folder(made, tmp_path):
    made[0].write_bytes(made[0].read_bytes()[:-1])
    with pytest.raises(BackupRefused):
        await backup.restore(made[0], tmp_path / "new", SetClock())
    assert not (tmp_path / "new").exists()


async def test_an_older_store_is_backed_up_as_it_is_and_brought_here_by_the_restore(
    home, tmp_path
):
    path = home / "terminbot.sqlite3"
    upgrade(f"sqlite:///{path}", "0001")
    fill(f"sqlite:///{path}")
    made = await backup.make(url_of(home), tmp_path / "made.zip", SetClock())
    assert made.revision == "0001"
    done = await backup.restore(tmp_path / "made.zip", tmp_path / "new", SetClock())
    raw = sqlite3.connect(done.file)
    assert raw.execute("SELECT version_num FROM alembic_version").fetchone() > ("0001",)
    raw.close()
    again = await open_store(f"sqlite:///{done.file}", SetClock())
    assert (await again.bookings.booking("1")).state is BookingState.BOOKED
    await again.close()


async def test_the_store_of_a_newer_program_is_refused_in_words(store, home, tmp_path):
    raw = sqlite3.connect(store.database.path)
    raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.commit()
    raw.close()
    with pytest.raises(BackupRefused, match="schema 9999, which this version does not know"):
        await backup.make(url_of(home), tmp_path / "made.zip", SetClock())


@pytest.mark.parametrize(
    "change", [{"rows": {"bookings": 2}}, {"revision": "0001"}, {"sha256": "0" * 64}, {"size": 1}]
)
async def test_a_manifest_that_does_not_fit_its_store_is_refused(made, change):
    rezipped(made[0], **change)
    with pytest.raises(BackupRefused):
        await backup.verify(made[0])


async def test_a_zip_of_something_else_is_no_backup(tmp_path):
    content = tmp_path / "x.zip"
    with zipfile.ZipFile(content, "w") as other:
        other.writestr("a", "b" * 100)
    for file in (content, Path(__file__), tmp_path / "empty"):
        file.touch()
        with pytest.raises(BackupRefused, match="no backup of Terminbot"):
            await backup.verify(file)


@pytest.fixture
def files(tmp_path):
    """The same small backup in plain and sealed, and a place to unpack it."""
    content = tmp_path / "content"
    content.write_bytes(os.urandom(3000) + b"a" * 3000)
    manifest = manifest_of(content, NOW, "0003", {"bookings": 1})
    archive.write(content, manifest, tmp_path / "plain", None)
    archive.write(content, manifest, tmp_path / "sealed", key_for)
    return {None: tmp_path / "plain", key_for: tmp_path / "sealed"}


@pytest.mark.parametrize("key", [None, key_for], ids=["plain", "sealed"])
@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_one_byte_changed_anywhere_is_found(files, key, place, bit):
    whole = files[key].read_bytes()
    position = int(place * len(whole))
    # another salt means another key, and each takes half a second: one test below looks at that
    if key and len(sealed.MAGIC) <= position < len(sealed.MAGIC) + sealed.SALT:
        return
    changed = bytearray(whole)
    changed[position] ^= 1 << bit
    file, store = files[key].with_name("changed"), files[key].with_name("unpacked")
    file.write_bytes(changed)
    with pytest.raises(BackupRefused):
        archive.read(file, store, key)
    assert not store.exists()


@pytest.mark.parametrize("position", [len(sealed.MAGIC), len(sealed.MAGIC) + sealed.SALT - 1])
def test_another_salt_is_found(files, tmp_path, position):
    changed = bytearray(files[key_for].read_bytes())
    changed[position] ^= 1
    (tmp_path / "changed").write_bytes(changed)
    with pytest.raises(BackupRefused, match="passphrase is wrong, or the file was changed"):
        archive.read(tmp_path / "changed", tmp_path / "unpacked", key_for)


@pytest.mark.parametrize("key", [None, key_for], ids=["plain", "sealed"])
def test_a_file_cut_off_or_with_more_behind_is_found(files, tmp_path, key):
    whole = files[key].read_bytes()
    (tmp_path / "more").write_bytes(whole + b"0")
    for length in (*range(0, len(whole), 97), len(whole) - 1):
        (tmp_path / f"cut{length}").write_bytes(whole[:length])
    for file in (tmp_path / "more", *tmp_path.glob("cut*")):
        with pytest.raises(BackupRefused):
            archive.read(file, tmp_path / "unpacked", key)


def test_chunks_cannot_change_places_or_be_left_out():
    content, target = os.urandom(3 * sealed.CHUNK + 5), io.BytesIO()
    sealing = sealed.Sealing(target, key_for)
    sealing.write(content)
    sealing.finish()
    whole, size = target.getvalue(), sealed.CHUNK + sealed.TAG
    opened = io.BytesIO()
    sealed.unseal(io.BytesIO(whole), opened, key_for)
    assert opened.getvalue() == content
    header, body = whole[: sealed.HEADER], whole[sealed.HEADER :]
    first, second, rest = body[:size], body[size : 2 * size], body[2 * size :]
    for forged in (second + first + rest, second + rest, first + second, first + first + rest):
        with pytest.raises(BackupRefused):
            sealed.unseal(io.BytesIO(header + forged), io.BytesIO(), key_for)


@pytest.mark.parametrize("length", [0, 1, sealed.CHUNK, 2 * sealed.CHUNK])
def test_every_length_can_be_sealed(length):
    content, target, opened = os.urandom(length), io.BytesIO(), io.BytesIO()
    sealing = sealed.Sealing(target, key_for)
    sealing.write(content)
    sealing.finish()
    target.seek(0)
    sealed.unseal(target, opened, key_for)
    assert opened.getvalue() == content


async def test_an_encrypted_backup_shows_nothing_of_a_customer(store, home, tmp_path):
    await booked(store)
    file = tmp_path / "made.sealed"
    await backup.make(url_of(home), file, SetClock(), key_for)
    content = file.read_bytes()
    assert [canary for canary in CANARIES if canary in content] == []
    assert (await backup.verify(file, key_for)).rows["bookings"] == 1
    assert all(canary in store.database.path.read_bytes() for canary in CANARIES)


async def test_a_wrong_passphrase_none_and_one_too_many_are_told_in_words(files):
    with pytest.raises(BackupRefused, match="passphrase is wrong"):
        await backup.verify(files[key_for], sealed.key_by("another horse"))
    with pytest.raises(BackupRefused, match="the file is encrypted"):
        await backup.verify(files[key_for])
    with pytest.raises(BackupRefused, match="the file is not encrypted"):
        await backup.verify(files[None], key_for)
