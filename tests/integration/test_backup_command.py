"""`backup`, `verify-backup` and `restore` as an operator, a full disk and a kill -9 meet them."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot import backup_command
from scheduling.booking import Booking, BookingState, Customer, Details
from scheduling.desk import Desk, HoldOrder
from scheduling.errors import BookingError
from scheduling.store import Store, open_store
from tests.builders import NOW, a_business, at
from tests.fakes import FakeCalendar, FixedClock
from tests.integration.test_slots_command import ROOT, bot

EVA = Details(Customer("Eva Kanari", "eva@canary.example"), "teams")
DEMO = ("--example", "practice")
PHRASE = "correct horse battery staple\n"

# ends itself as kill -9 would, when Python is about to do the named thing with the named file
KILLED = """
import os, signal, sys
event, word = sys.argv.pop(1), sys.argv.pop(1)
def hook(name, arguments):
    if name == event and word in str(arguments[0]):
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
from bot.cli import main
main()
"""
# may write files of so many bytes and no more
FULL = """
import resource, sys
size = int(sys.argv.pop(1))
from bot.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
main()
"""


def home_in(folder: Path) -> Path:
    return folder / "var" / "demo-practice"


async def open_in(folder: Path) -> Store:
    return await open_store(f"sqlite:///{folder / 'terminbot.sqlite3'}", FixedClock(NOW))


def desk_over(store: Store) -> Desk:
    return Desk(a_business(), FakeCalendar(), store.bookings, FixedClock(NOW))


async def book(store: Store, clock: str, owner: str = "eva") -> Booking:
    desk = desk_over(store)
    held = await desk.hold(HoldOrder("advice", None, at(clock), "anna", owner))
    return await desk.confirm(held.id, owner, EVA)


@pytest.fixture
async def booked(tmp_path: Path) -> AsyncIterator[Booking]:
    """A demo's folder in which somebody booked; the store stays open, as the bot keeps it."""
    home = home_in(tmp_path)
    home.mkdir(parents=True)
    (home / ".terminbot-demo").touch()
    (tmp_path / "phrase").write_text(PHRASE)
    store = await open_in(home)
    yield await book(store, "10")
    await store.close()


async def python(code: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *arguments]
    return await asyncio.to_thread(
        subprocess.run,
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=40,
    )


def left(folder: Path, word: str) -> list[Path]:
    return [file for file in folder.rglob("*") if word in file.name]


async def test_what_was_booked_is_restored_and_can_be_booked_around(
    booked: Booking, tmp_path: Path
) -> None:
    key = ("--passphrase-file", "phrase")
    made = await bot("backup", *DEMO, "--out", "made", *key, folder=tmp_path)
    assert (made.code, made.err) == (0, "")
    assert re.fullmatch(
        r"made: bookings 1, jobs 1, schema \d{4}, checked, encrypted\.\n", made.out
    )
    assert b"canary" not in (tmp_path / "made").read_bytes()
    looked = await bot("verify-backup", "made", *key, folder=tmp_path)
    assert looked.code == 0
    assert looked.out.startswith("made: sound, made 20")
    done = await bot("restore", "made", "--to", "new", *key, folder=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert "must be stopped for good" in done.out
    assert f"TERMINBOT_DATA_DIR={tmp_path / 'new'} python3 run.py serve" in done.out
    store = await open_in(tmp_path / "new")
    assert await store.bookings.booking(booked.id) == booked
    with pytest.raises(BookingError):
        await book(store, "10", "max")
    assert (await book(store, "11", "max")).state is BookingState.NOTED
    assert await store.queue.waiting() == 2
    await store.close()


async def test_what_is_refused_is_told_in_words_with_code_1(
    booked: Booking, tmp_path: Path
) -> None:
    (tmp_path / "short").write_text("short")
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "wrong").write_text("another horse\n")
    key = ("--passphrase-file", "phrase")
    assert (await bot("backup", *DEMO, "--out", "made", *key, folder=tmp_path)).code == 0
    for arguments, words in (
        (("verify-backup", "made", "--passphrase-file", "wrong"), "the passphrase is wrong"),
        (("restore", "made", "--to", "new"), "the file is encrypted"),
        (("restore", "made", "--to", "var", *key), "is not empty"),
        (("backup", *DEMO, "--out", "made"), "nothing is overwritten"),
        (("backup", *DEMO, "--passphrase-file", "short"), "shorter than 12 characters"),
        (("verify-backup", "made", "--passphrase-file", "empty"), "is empty"),
        (("backup", "--example", "nothing"), "There is no example"),
    ):
        told = await bot(*arguments, folder=tmp_path)
        assert (told.code, told.out) == (1, "")
        assert words in told.err
    assert not (tmp_path / "new").exists()


async def test_a_file_that_is_not_there_is_told_with_code_2(tmp_path: Path) -> None:
    told = await bot("verify-backup", "nothing", folder=tmp_path)
    assert (told.code, told.err) == (
        2,
        "It cannot be done here: nothing: No such file or directory.\n",
    )


@pytest.mark.parametrize(
    ("event", "word"),
    [("sqlite3.connect", ".copy-"), ("open", ".part"), ("os.rename", ".part")],
    ids=["amid the copy", "before the file", "before it is in place"],
)
async def test_a_killed_backup_leaves_no_half_file_in_place_and_the_next_one_tidies_up(
    booked: Booking, tmp_path: Path, event: str, word: str
) -> None:
    killed = await python(KILLED, event, word, "backup", *DEMO, "--out", "made", folder=tmp_path)
    assert killed.returncode == -signal.SIGKILL
    assert not (tmp_path / "made").exists()
    assert len(left(home_in(tmp_path), ".copy-")) == 1
    again = await bot("backup", *DEMO, "--out", "made", folder=tmp_path)
    assert again.code == 0
    assert left(home_in(tmp_path), ".copy-") == []


async def test_a_killed_restore_leaves_no_store_in_place(booked: Booking, tmp_path: Path) -> None:
    await bot("backup", *DEMO, "--out", "made", folder=tmp_path)
    killed = await python(
        KILLED, "os.rename", ".part", "restore", "made", "--to", "new", folder=tmp_path
    )
    assert killed.returncode == -signal.SIGKILL
    assert left(tmp_path / "new", "terminbot.sqlite3") == [
        tmp_path / "new" / "terminbot.sqlite3.part"
    ]


@pytest.mark.skipif(os.name == "nt", reason="no limit on the size of files")
async def test_a_full_disk_is_told_and_leaves_nothing(booked: Booking, tmp_path: Path) -> None:
    told = await python(FULL, "20000", "backup", *DEMO, "--out", "made", folder=tmp_path)
    assert (told.returncode, told.stdout) == (1, "")
    assert "There is no new backup" in told.stderr
    assert left(tmp_path, "made") + left(tmp_path, ".copy-") == []


@pytest.mark.skipif(os.name == "nt", reason="no limit on the size of files")
async def test_a_disk_too_full_for_a_restore_is_told_and_leaves_nothing(
    booked: Booking, tmp_path: Path
) -> None:
    await bot("backup", *DEMO, "--out", "made", folder=tmp_path)
    told = await python(FULL, "20000", "restore", "made", "--to", "new", folder=tmp_path)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr == "It cannot be done here: File too large.\n"
    assert not (tmp_path / "new").exists()


async def test_a_passphrase_file_written_on_windows_means_the_same(
    booked: Booking, tmp_path: Path
) -> None:
    await bot("backup", *DEMO, "--out", "made", "--passphrase-file", "phrase", folder=tmp_path)
    (tmp_path / "windows").write_bytes(PHRASE.replace("\n", "\r\n").encode())
    told = await backup_command.verify(tmp_path / "made", tmp_path / "windows")
    assert "sound" in told


async def test_a_hold_that_ended_before_the_restore_does_not_come_back(
    booked: Booking, tmp_path: Path
) -> None:
    store = await open_in(home_in(tmp_path))
    await desk_over(store).hold(HoldOrder("advice", None, at("14"), "anna", "eva"))
    await store.close()
    await bot("backup", *DEMO, "--out", "made", folder=tmp_path)
    await bot("restore", "made", "--to", "new", folder=tmp_path)
    clock = FixedClock(NOW)
    clock.advance(timedelta(minutes=6))
    again = await open_store(f"sqlite:///{tmp_path / 'new' / 'terminbot.sqlite3'}", clock)
    desk = Desk(a_business(), FakeCalendar(), again.bookings, clock)
    held = await desk.hold(HoldOrder("advice", None, at("14"), "anna", "max"))
    assert held.owner == "max"
    await again.close()
