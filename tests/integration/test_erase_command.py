"""`erase-customer` as an operator meets it, on the store of a demo."""

from datetime import timedelta
from pathlib import Path

import pytest

from scheduling.desk import HoldOrder
from scheduling.store.erase_list import ERASED
from tests.builders import NOW, at
from tests.integration.test_backup_command import DEMO, EVA, desk_over, home_in, open_in
from tests.integration.test_slots_command import bot


@pytest.fixture
async def number(tmp_path: Path) -> str:
    """The number of a booking that was over long ago, in the store of a demo."""
    home = home_in(tmp_path)
    home.mkdir(parents=True)
    (home / ".terminbot-demo").touch()
    store = await open_in(home)
    desk = desk_over(store)
    held = await desk.hold(HoldOrder("advice", None, at("10"), "anna", owner="webchat:eva-chat"))
    booking = await desk.confirm(held.id, "webchat:eva-chat", EVA)
    (job,) = await store.queue.claim(1, timedelta(minutes=1), NOW)
    await store.queue.complete(job, NOW)
    await store.close()
    return booking.number


async def test_without_yes_it_lists_and_changes_nothing(tmp_path: Path, number: str) -> None:
    told = await bot("erase-customer", "eva@canary.example", *DEMO, folder=tmp_path)
    assert (told.code, told.err) == (0, "")
    assert number in told.out
    assert "Nothing was changed" in told.out
    assert b"eva@canary" in (home_in(tmp_path) / "terminbot.sqlite3").read_bytes()


async def test_with_yes_it_is_gone_and_on_the_list_and_the_chain_is_sound(
    tmp_path: Path, number: str
) -> None:
    told = await bot("erase-customer", number, "--yes", *DEMO, folder=tmp_path)
    assert (told.code, told.err) == (0, "")
    home = home_in(tmp_path)
    for file in (file for file in home.rglob("*") if file.is_file()):
        assert b"canary" not in file.read_bytes().lower(), file
    assert (home / "audit" / ERASED).exists()
    assert (await bot("verify-audit", *DEMO, folder=tmp_path)).code == 0
    again = await bot("erase-customer", number, *DEMO, folder=tmp_path)
    assert again.out.startswith("Nothing is kept of this customer.")


async def test_a_restore_says_whom_it_erased_again_or_that_there_is_no_list(
    tmp_path: Path, number: str
) -> None:
    await bot("backup", "--out", "made.zip", *DEMO, folder=tmp_path)
    told = await bot("restore", "made.zip", "--to", "plain", folder=tmp_path)
    assert "NO LIST OF ERASED CUSTOMERS" in told.out
    await bot("erase-customer", number, "--yes", *DEMO, folder=tmp_path)
    listed = str(home_in(tmp_path) / "audit" / ERASED)
    told = await bot("restore", "made.zip", "--to", "new", "--erased", listed, folder=tmp_path)
    assert (told.code, told.err) == (0, "")
    assert "Bookings erased again" in told.out
    assert b"canary" not in (tmp_path / "new" / "terminbot.sqlite3").read_bytes()
