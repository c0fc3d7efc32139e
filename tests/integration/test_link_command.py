"""`link` as somebody at a terminal meets it."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot import link_command
from bot.invitations import InvitationExpired, Invitations
from bot.slots_command import SlotsImpossible
from scheduling.clock import SystemClock
from scheduling.desk import Desk
from scheduling.store import open_store
from tests.builders import a_business
from tests.fakes import FakeCalendar, FixedClock
from tests.integration.test_slots_command import ROOT, bot

FIRST = "  - id: consultation\n"


def a_demo(folder: Path, *, by_link: bool = True) -> Path:
    """What a demo leaves: its folder, here with a business file of its own."""
    data = folder / "var" / "demo-practice"
    data.mkdir(parents=True)
    (data / ".terminbot-demo").touch()
    text = (ROOT / "examples/practice/business.yaml").read_text(encoding="utf-8")
    assert FIRST in text
    if by_link:
        text = text.replace(FIRST, f"{FIRST}    visibility: link\n")
    (data / "business.yaml").write_text(text, encoding="utf-8")
    return data


async def test_a_link_is_printed_and_works_for_the_bot_that_runs(tmp_path: Path) -> None:
    data = a_demo(tmp_path)
    told = await bot(
        "link", "consultation", "--days", "3", "--example", "practice", folder=tmp_path
    )
    assert (told.code, told.err) == (0, "")
    before, token = told.out.removesuffix("\n").split("/book/invited/")
    assert before == "http://127.0.0.1:3978"
    store = await open_store(f"sqlite+aiosqlite:///{data / 'terminbot.sqlite3'}", SystemClock())
    try:
        for days, works in ((2.99, True), (3.01, False)):
            clock = FixedClock(SystemClock().now() + timedelta(days=days))
            desk = Desk(a_business(), FakeCalendar(), store.bookings, clock)
            invitations = Invitations(store.documents, desk, clock)
            if works:
                assert (await invitations.open(token)).service_id == "consultation"
            else:
                with pytest.raises(InvitationExpired):
                    await invitations.open(token)
    finally:
        await store.close()


async def test_an_unknown_service_is_refused_with_those_there_are(tmp_path: Path) -> None:
    a_demo(tmp_path)
    told = await bot("link", "consultatoin", "--example", "practice", folder=tmp_path)
    assert (told.code, told.out) == (1, "")
    assert told.err == ("There is no service 'consultatoin'. By link are booked: consultation.\n")


async def test_a_service_that_needs_no_link_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_demo(tmp_path, by_link=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SlotsImpossible) as refused:
        await link_command.issue("consultation", 14, "practice")
    assert str(refused.value) == (
        "'consultation' can be booked without a link. No service has `visibility: link`."
    )


async def test_without_a_demo_it_is_said_how_to_start_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SlotsImpossible) as refused:
        await link_command.issue("consultation", 14, "practice")
    assert str(refused.value) == "Start it first: python3 run.py demo --example practice"


async def test_no_link_is_valid_for_no_day(tmp_path: Path) -> None:
    told = await bot("link", "consultation", "--days", "0", folder=tmp_path)
    assert told.code == 2
    assert told.out == ""
