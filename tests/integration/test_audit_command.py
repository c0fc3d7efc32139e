"""`verify-audit` on the store of a demo, in a process of its own."""

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scheduling.ledger import Fact, lane_of
from scheduling.store import open_store
from scheduling.store.checkpoints import CHECKPOINTS, CheckpointFile
from tests.fakes import FixedClock
from tests.integration.test_slots_command import bot

NOON = datetime(2027, 1, 1, 12, tzinfo=UTC)
DEMO = ("--example", "practice")


@pytest.fixture
async def data(tmp_path: Path) -> Path:
    """The folder of a demo in which two facts were signed."""
    folder = tmp_path / "var" / "demo-practice"
    folder.mkdir(parents=True)
    (folder / ".terminbot-demo").touch()
    store = await open_store(f"sqlite:///{folder / 'terminbot.sqlite3'}", FixedClock(NOON))
    for n in range(2):
        await store.ledger.note(Fact("held", "b1", NOON, {"n": n}))
    CheckpointFile(folder / "audit").append(await store.ledger.heads(), NOON)
    await store.close()
    return folder


async def test_a_sound_ledger_is_said_to_be_sound(tmp_path: Path, data: Path) -> None:
    told = await bot("verify-audit", *DEMO, folder=tmp_path)
    assert (told.code, told.err) == (0, "")
    assert told.out.splitlines()[0] == "2 records in 1 lanes, 1 checkpoints."
    assert told.out.splitlines()[-1] == "Sound."
    assert CheckpointFile(data / "audit").key() in told.out


async def test_the_first_bad_record_is_named_and_the_exit_code_says_so(
    tmp_path: Path, data: Path
) -> None:
    raw = sqlite3.connect(data / "terminbot.sqlite3")
    raw.execute("DROP TRIGGER ledger_not_changed")
    raw.execute("UPDATE ledger SET at = at + 1 WHERE seq = 2")
    raw.commit()
    raw.close()
    told = await bot("verify-audit", *DEMO, folder=tmp_path)
    assert told.code == 1
    assert f"FIRST BAD RECORD: lane {lane_of('b1')}, number 2" in told.out
    told = await bot("verify-audit", "--json", *DEMO, folder=tmp_path)
    found = json.loads(told.out)
    flaw = {"lane": lane_of("b1"), "seq": 2, "what": "changed"}
    assert (found["sound"], found["flaws"]) == (False, [flaw])


async def test_changed_checkpoints_are_not_sound(tmp_path: Path, data: Path) -> None:
    file = data / "audit" / CHECKPOINTS
    file.write_text(file.read_text().replace('"seq":2', '"seq":1'))
    told = await bot("verify-audit", *DEMO, folder=tmp_path)
    assert told.code == 1
    assert "CHECKPOINTS WRONG: line 1: its signature does not fit." in told.out


async def test_a_copy_kept_elsewhere_must_exist(tmp_path: Path, data: Path) -> None:
    told = await bot("verify-audit", *DEMO, "--checkpoints", "gone.jsonl", folder=tmp_path)
    assert told.code == 1
    assert "There is no file gone.jsonl" in told.err
    told = await bot(
        "verify-audit", *DEMO, "--checkpoints", str(data / "audit" / CHECKPOINTS), folder=tmp_path
    )
    assert told.code == 0
