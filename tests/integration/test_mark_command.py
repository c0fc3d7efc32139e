"""`mark` as somebody at a terminal meets it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot import mark_command
from bot.slots_command import SlotsImpossible
from scheduling.clock import SystemClock
from scheduling.outbox import Promise
from scheduling.ports import WrittenEvent
from scheduling.store import open_store
from scheduling.timespan import TimeSpan
from tests.builders import a_hold_request, some_details
from tests.integration.test_link_command import a_demo
from tests.integration.test_slots_command import bot

HOUR = timedelta(hours=1)


async def a_booking_of(data: Path, *, ended: timedelta) -> str:
    """Book in the store of a demo; return the number of a booking that ended so long ago."""
    now = SystemClock().now()
    store = await open_store(f"sqlite:///{data / 'terminbot.sqlite3'}", SystemClock())
    try:
        span = TimeSpan(now - ended - HOUR, now - ended)
        request = replace(a_hold_request(), span=span, busy=span, until=now + HOUR)
        held = await store.bookings.hold(request, now)
        await store.bookings.confirm(held.id, "eva", some_details(), [], now)
        event = WrittenEvent("event-1", held.id, span)
        await store.queue.enqueue(Promise("write_event", f"write:{held.id}:1"), now)
        (job,) = await store.queue.claim(1, HOUR, now)
        await store.queue.complete(job, now, written=event)
    finally:
        await store.close()
    return held.number


async def test_a_booking_that_is_over_is_marked_and_may_be_corrected(tmp_path: Path) -> None:
    number = await a_booking_of(a_demo(tmp_path), ended=HOUR)
    for what in ("no-show", "attended"):
        told = await bot("mark", number.lower(), what, "--example", "practice", folder=tmp_path)
        assert (told.code, told.err) == (0, "")
        assert told.out.startswith(f"{number}, ")
        assert told.out.endswith(f": {what}\n")


@pytest.mark.parametrize(
    ("what", "ended", "why"),
    [("attended", -2 * HOUR, "before the end"), ("came", HOUR, "neither of attended, no-show")],
)
async def test_what_is_not_over_or_not_a_mark_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, ended: timedelta, why: str
) -> None:
    number = await a_booking_of(a_demo(tmp_path), ended=ended)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SlotsImpossible, match=why):
        await mark_command.mark(number, what, "practice")


async def test_an_unknown_number_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_booking_of(a_demo(tmp_path), ended=HOUR)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SlotsImpossible, match="There is no booking"):
        await mark_command.mark("B-2222-2222", "attended", "practice")
