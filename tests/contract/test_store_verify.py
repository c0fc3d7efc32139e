"""Whatever is changed in the ledger behind the program's back is found and named."""

import random
import sqlite3
from dataclasses import replace

import pytest

from scheduling.ledger import (
    CHANGED,
    MISPLACED,
    MISSING,
    NOT_SIGNED,
    Entry,
    Fact,
    Flaw,
    canonical,
    digest_of,
    lane_of,
)
from scheduling.store import open_store
from scheduling.store.audit import UNREADABLE
from scheduling.store.checkpoints import CheckpointFile
from tests.contract.store_world import NOW, SetClock, a_keeper, url_of

BOOKING = "b1"
LANE = lane_of(BOOKING)
OTHER = next(f"b{n}" for n in range(99) if lane_of(f"b{n}") != LANE)
FACTS = 5
COLUMNS = ("lane", "seq", "at", "kind", "booking_id", '"values"', "digest")
ROWS = f"SELECT {', '.join(COLUMNS)} FROM ledger ORDER BY lane, seq"


@pytest.fixture
async def written(tmp_path):
    """A ledger whose first four facts are signed; returns where, and the checkpoint."""
    async with a_keeper("sqlite", tmp_path, SetClock()) as store:
        for n in range(FACTS):
            await store.ledger.note(Fact("held", BOOKING, NOW, {"n": n}))
            await store.ledger.note(Fact("held", OTHER, NOW, {"n": n}))
            if n == FACTS - 2:
                file = CheckpointFile(tmp_path / "audit")
                signed = file.append(await store.ledger.heads(), NOW)
    return tmp_path, signed


def tampered(path, *statements):
    """Change the file as somebody can who owns it: without the triggers."""
    raw = sqlite3.connect(path / "terminbot.sqlite3")
    for name in ("changed", "deleted", "replaced"):
        raw.execute(f"DROP TRIGGER ledger_not_{name}")
    for statement in statements:
        raw.execute(*statement) if isinstance(statement, tuple) else raw.execute(statement)
    raw.commit()
    raw.close()


async def looked(path, *checkpoints):
    store = await open_store(url_of(path), SetClock())
    try:
        return await store.ledger.verify(checkpoints)
    finally:
        await store.close()


async def test_an_untouched_ledger_is_sound_and_says_what_nobody_signed(written):
    path, signed = written
    verdict = await looked(path, signed)
    assert (verdict.records, verdict.flaws, verdict.unsigned) == (2 * FACTS, (), 2)


@pytest.mark.parametrize("column", COLUMNS)
async def test_a_changed_value_of_any_column_is_found(written, column):
    path, signed = written
    value = 77 if column in {"lane", "seq", "at"} else "x"
    tampered(
        path,
        (f"UPDATE ledger SET {column} = ? WHERE lane = ? AND seq = 2", (value, LANE)),
    )
    what = {"lane": MISSING, "seq": MISSING, "booking_id": MISPLACED}.get(column, CHANGED)
    assert Flaw(LANE, 2, what) in (await looked(path, signed)).flaws


async def test_a_deleted_record_is_found(written):
    path, signed = written
    tampered(path, f"DELETE FROM ledger WHERE lane = {LANE} AND seq = 3")
    assert (await looked(path, signed)).flaws == (Flaw(LANE, 3, MISSING),)


async def test_a_tail_cut_off_is_found_as_far_as_it_was_signed(written):
    path, signed = written
    tampered(path, f"DELETE FROM ledger WHERE lane = {LANE} AND seq > 2")
    assert (await looked(path, signed)).flaws == (Flaw(LANE, 3, MISSING),)


async def test_a_whole_lane_taken_away_is_found(written):
    path, signed = written
    tampered(path, f"DELETE FROM ledger WHERE lane = {LANE}")
    assert (await looked(path, signed)).flaws == (Flaw(LANE, 1, MISSING),)


async def test_records_that_changed_places_are_found(written):
    path, signed = written
    tampered(
        path,
        f"UPDATE ledger SET seq = 100 WHERE lane = {LANE} AND seq = 2",
        f"UPDATE ledger SET seq = 2 WHERE lane = {LANE} AND seq = 3",
        f"UPDATE ledger SET seq = 3 WHERE lane = {LANE} AND seq = 100",
    )
    assert (await looked(path, signed)).flaws == (Flaw(LANE, 2, CHANGED),)


async def test_a_chain_worked_out_anew_is_found_by_the_checkpoint_alone(written):
    path, signed = written
    raw = sqlite3.connect(path / "terminbot.sqlite3")
    entries = [Entry(*row) for row in raw.execute(ROWS) if row[0] == LANE]
    raw.close()
    previous, changes = "", []
    for entry in entries:
        forged = replace(entry, values=canonical({"n": 99}))
        previous = digest_of(previous, forged)
        changes.append((forged.values, previous, forged.seq))
    statement = f'UPDATE ledger SET "values" = ?, digest = ? WHERE lane = {LANE} AND seq = ?'
    tampered(path, *((statement, change) for change in changes))
    assert (await looked(path)).flaws == ()
    assert (await looked(path, signed)).flaws == (Flaw(LANE, FACTS - 1, NOT_SIGNED),)


async def test_a_record_put_before_the_first_is_found(written):
    path, signed = written
    tampered(
        path,
        f'INSERT INTO ledger SELECT lane, 0, at, kind, booking_id, "values", digest'
        f" FROM ledger WHERE lane = {LANE} AND seq = 1",
    )
    assert Flaw(LANE, 0, MISPLACED) in (await looked(path, signed)).flaws


async def test_a_record_that_the_database_cannot_give_back_is_named(written):
    path, signed = written
    tampered(
        path,
        f"UPDATE ledger SET kind = CAST(X'FF' AS TEXT) WHERE lane = {LANE} AND seq = 4",
    )
    assert (await looked(path, signed)).flaws == (Flaw(LANE, 4, UNREADABLE),)


async def test_any_bit_of_any_record_in_the_file_is_found(written):
    """Every digest is 64 characters that stand in the file; the rest of a row stands before it."""
    path, signed = written
    file = path / "terminbot.sqlite3"
    sound = file.read_bytes()
    raw = sqlite3.connect(file)
    rows = raw.execute(ROWS).fetchall()
    raw.close()
    dice = random.Random(4)
    missed = []
    for row in rows:
        # kind, booking, values and digest lie one after the other
        told = "".join(row[3:]).encode()
        begins = sound.index(told)
        assert sound.find(told, begins + 1) == -1
        for at in dice.sample(range(begins, begins + len(told)), 12):
            changed = bytearray(sound)
            changed[at] ^= 1 << dice.randrange(8)
            file.write_bytes(changed)
            if not (await looked(path, signed)).flaws:
                missed.append((row[:2], at - begins))
    assert missed == []
