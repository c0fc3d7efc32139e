"""`status` says which calendars do not answer and since when, without asking any of them."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import status_command
from bot.jobs.outages import OutageBook
from bot.slots_command import SlotsImpossible
from scheduling.booking import Assignment, Booking
from scheduling.clock import SystemClock
from scheduling.outage import Exchange, OutageWatch
from scheduling.outbox import Promise
from scheduling.store import open_store
from scheduling.timespan import TimeSpan
from tests.builders import a_booking, a_hold_request, some_details
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
                "mailbox_gone": False,
                "bookings": [],
            }
        ],
    }
    assert found["jobs"]["waiting"] == 0


async def test_f12_status_lists_the_coming_bookings_of_a_mailbox_that_is_gone(
    tmp_path: Path,
) -> None:
    await a_demo(tmp_path)
    clock = SystemClock()
    url = f"sqlite:///{tmp_path / 'var' / 'demo-practice' / 'terminbot.sqlite3'}"
    store = await open_store(url, clock)
    gone = {"code": "MailboxNotEnabledForRESTAPI", "since": "2026-11-09T05:00:00+00:00"}
    await store.documents.write("calendar_failure", "staff:jonas", gone, 1, clock.now())

    async def held(staff_id: str, days: int, moves: str = "") -> Booking:
        start = clock.now().replace(microsecond=0) + timedelta(days=days)
        span = TimeSpan(start, start + timedelta(minutes=30))
        request = a_hold_request(span=span, busy=span, until=start, moves=moves)
        who = Assignment(staff_id, "named")
        return await store.bookings.hold(replace(request, assignment=who), clock.now())

    async def noted(staff_id: str, days: int) -> Booking:
        hold = await held(staff_id, days)
        return await store.bookings.confirm(hold.id, "eva", some_details(), [], clock.now())

    theirs, other = await noted("jonas", 1), await noted("petra", 3)
    await held("jonas", 2, moves=theirs.id)
    await store.close()
    told = await bot("status", "--example", "practice", "--json", folder=tmp_path)
    (entry,) = json.loads(told.out)["calendars"]["not_answering"]
    assert entry["mailbox_gone"]
    assert [(each["number"], each["state"]) for each in entry["bookings"]] == [
        (theirs.number, "noted")
    ]
    in_words = (await bot("status", "--example", "practice", folder=tmp_path)).out
    assert "MAILBOX GONE" in in_words
    assert "1 coming booking to be settled" in in_words
    assert theirs.number in in_words
    assert other.number not in in_words


def test_a_long_list_of_what_a_gone_mailbox_holds_is_cut_in_words_only() -> None:
    many = tuple(a_booking(number=f"B-{n}") for n in range(25))
    failing = status_command.Failing("staff:jonas", JONAS, "ErrorInvalidUser", NOW, many)
    assert failing.as_lines()[-1].strip() == "and 5 more: --json lists them all"
    assert len(failing.as_json()["bookings"]) == 25


async def test_work_set_aside_is_tried_again_or_given_up_by_its_number(tmp_path: Path) -> None:
    await a_demo(tmp_path)
    clock = FixedClock()
    url = f"sqlite:///{tmp_path / 'var' / 'demo-practice' / 'terminbot.sqlite3'}"
    store = await open_store(url, clock)
    for key in ("one", "two"):
        asked = Promise("cancel_event", key, parked="second_event")
        await store.queue.enqueue(asked, clock.now())
    numbers = [str(job.id) for job in await store.queue.parked()]
    await store.close()
    shown = await bot("status", "--example", "practice", folder=tmp_path)
    assert "python3 run.py retry NUMBER" in shown.out
    assert "retry --all" not in shown.out
    every = await bot("retry", "--all", "--example", "practice", folder=tmp_path)
    assert every.out == "There is nothing to try again.\n"
    one = await bot("retry", numbers[0], "--example", "practice", folder=tmp_path)
    assert one.out == "1 will be tried again.\n"
    other = await bot("discard", numbers[1], "--example", "practice", folder=tmp_path)
    assert other.out == "It will not be done.\n"
    again = await bot("discard", numbers[1], "--example", "practice", folder=tmp_path)
    assert (again.code, again.err) == (1, "No such work is set aside.\n")
