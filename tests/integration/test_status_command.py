"""`status` says which calendars do not answer and since when, without asking any of them."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import status_command
from bot.jobs.outages import OutageBook
from bot.slots_command import SlotsImpossible
from scheduling.outage import Exchange, OutageWatch
from scheduling.store import open_store
from tests.integration.test_slots_command import JONAS, NOW, bot


class FixedClock:
    def now(self) -> datetime:
        return datetime(2026, 11, 9, 6, tzinfo=UTC)


async def a_demo(folder: Path) -> None:
    """What a demo leaves: its folder, and a store that knows of calendars that failed."""
    data = folder / "var" / "demo-practice"
    data.mkdir(parents=True)
    (data / ".terminbot-demo").touch()
    clock = FixedClock()
    store = await open_store(f"sqlite:///{data / 'terminbot.sqlite3'}", clock)
    for resource, code in (("staff:jonas", "http_404"), ("staff:gone", "timeout")):
        failure = {"code": code, "since": "2026-11-09T05:00:00+00:00"}
        await store.documents.write("calendar_failure", resource, failure, 0, clock.now())
    await store.close()


async def test_status_without_a_demo_says_how_to_start_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SlotsImpossible) as refused:
        await status_command.look("practice")
    assert str(refused.value) == "Start it first: python3 run.py demo --example practice"


def test_status_in_words_names_the_calendar_and_since_when() -> None:
    failing = status_command.Failing("staff:jonas", JONAS, "http_404", NOW)
    lines = status_command.Status(5, (failing,), 2).as_text().splitlines()
    assert lines[:2] == [
        "Calendars: 5, of which 1 do not answer.",
        "  staff:jonas (jonas.weber@praxis.example): http_404, since 2026-11-09T06:00:00Z",
    ]
    assert lines[2].startswith("Jobs waiting: 2")


async def test_status_names_the_outage_that_goes_on(tmp_path: Path) -> None:
    await a_demo(tmp_path)
    clock = FixedClock()
    url = f"sqlite:///{tmp_path / 'var' / 'demo-practice' / 'terminbot.sqlite3'}"
    store = await open_store(url, clock)
    watch = OutageWatch(5)
    for box in ("anna", "bernd", "anna"):
        watch.heard(Exchange(box, clock.now(), 503, "ServiceUnavailable", "request-1"))

    async def ask() -> None:
        pass

    await OutageBook(store.documents, watch, clock, ask).follow()
    await store.close()
    told = await bot("status", "--example", "practice", "--json", folder=tmp_path)
    assert json.loads(told.out)["outage"] == {
        "kind": "graph",
        "since": "2026-11-09T06:00:00Z",
        "failed_calls": 3,
        "outcomes": {"503": 3},
    }
    in_words = await bot("status", "--example", "practice", folder=tmp_path)
    assert "OUTAGE: Microsoft Graph does not answer, since 2026-11-09T06:00:00Z" in in_words.out


async def test_status_names_calendars_that_do_not_answer_and_since_when(tmp_path: Path) -> None:
    await a_demo(tmp_path)
    told = await bot("status", "--example", "practice", "--json", folder=tmp_path)
    assert (told.code, told.err) == (0, "")
    found = json.loads(told.out)
    assert found["calendars"] == {
        "all": 5,
        "not_answering": [
            {
                "resource": "staff:jonas",
                "mailbox": JONAS,
                "why": "http_404",
                "since": "2026-11-09T05:00:00Z",
            }
        ],
    }
    assert found["jobs"]["waiting"] == 0
