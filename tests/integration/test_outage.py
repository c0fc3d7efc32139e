"""An outage from its beginning to its end: real store, real worker, Graph's stand-in over HTTP.

Half an hour passes on our own clock only.
"""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from bot import business_file
from bot.app import judge
from bot.cards import Links
from bot.jobs.feed import CalendarFeeder
from bot.jobs.outages import OutageBook, outages
from bot.jobs.outbox import OutboxRunner
from bot.notices import Notices
from bot.replays import Replays
from graph.auth import Credentials, TokenSource
from graph.calendar import OutlookCalendar
from graph.client import GraphClient
from graph.emulator.app import create_app
from graph.emulator.tenant import Tenant
from graph.emulator.tenant_file import DEMO_CLIENT, DEMO_SECRET, DEMO_TENANT, build_tenant
from graph.mail import OutlookMail, ics
from scheduling.booking import Booking, BookingState, CancelledBy
from scheduling.catalog import Business
from scheduling.clock import SystemClock
from scheduling.desk import Desk, HoldOrder, Search
from scheduling.index import AvailabilityIndex
from scheduling.outage import Outage, OutageWatch
from scheduling.store import Store, open_store
from scheduling.timespan import TimeSpan
from tests.contract.calendar_world import PauseNotes
from tests.fakes import FixedClock
from tests.integration.processes import ROOT
from tests.integration.test_one_slot import DETAILS, everybody
from tests.integration.test_slots_command import bot

PETRA = "petra.lenz@praxis.example"
SERVICE = "first-consultation"
HALF_AN_HOUR = timedelta(minutes=30)


@dataclass
class House:
    """Everything of one bot that an outage touches."""

    business: Business
    clock: FixedClock
    tenant: Tenant
    url: str
    store: Store
    calendar: OutlookCalendar
    desk: Desk
    feeder: CalendarFeeder
    watch: OutageWatch
    book: OutageBook
    noted: str = ""

    async def control(self, method: str, what: str, **body: object) -> None:
        url = f"{self.url}/control/{what}"
        async with aiohttp.ClientSession() as http, http.request(method, url, json=body) as done:
            assert done.status < 300, await done.text()

    async def note(self, owner: str = "webchat:1") -> Booking:
        """Offer, hold and confirm a time a few days on."""
        now = self.clock.now()
        week = TimeSpan(now + timedelta(days=3), now + timedelta(days=10))
        offer = await self.desk.offer(Search(SERVICE, None, "petra", week))
        assert offer.known_at is not None
        order = HoldOrder(SERVICE, None, offer.slots[0].span.start, "petra", owner)
        held = await self.desk.hold(order)
        return await self.desk.confirm(held.id, held.owner, DETAILS)

    async def enter(self, span: TimeSpan) -> None:
        """Petra enters something in her calendar."""
        entry = {"start": span.start.isoformat(), "end": span.end.isoformat(), "subject": "x"}
        await self.control("POST", "events", mailbox=PETRA, events=[entry])

    async def ends(self) -> None:
        """Half an hour later Microsoft is back."""
        await self.control("DELETE", "faults")
        self.clock.advance(HALF_AN_HOUR)
        await self.book.follow()

    async def until(self, state: BookingState, mails: int) -> Booking:
        """Wait until the worker has brought the first booking there and so many mails are out."""
        async with asyncio.timeout(30):
            while True:
                booking = (await self.store.bookings.bookings_of("webchat:1") or [None])[0]
                found = booking or await self.store.bookings.booking(self.noted)
                if found.state is state and len(self.tenant.mails) == mails:
                    return found
                await asyncio.sleep(0.05)
                # what is to be looked at again in two minutes
                self.clock.advance(timedelta(seconds=5))

    def events(self) -> int:
        """How many events with our mark stand in the calendar."""
        mailbox = self.tenant.mailbox(PETRA)
        return sum("BookingId" in str(event) for event in mailbox.events.values())

    async def record(self) -> Outage:
        """Return the only outage there was."""
        (outage,) = await outages(self.store.documents)
        return outage


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    business = business_file.load(ROOT / "examples/practice/business.yaml")
    # days ago: all of it is over when the report is made, by the real clock
    clock = FixedClock(SystemClock().now().replace(microsecond=0) - timedelta(days=3))
    tenant = build_tenant(everybody(business))
    server = TestServer(create_app(tenant))
    await server.start_server()
    url = str(server.make_url("")).rstrip("/")
    tokens = TokenSource(Credentials(DEMO_TENANT, DEMO_CLIENT, DEMO_SECRET), url)
    watch = OutageWatch(len(business.staff))
    client = GraphClient(tokens, clock, f"{url}/v1.0", heard=watch.heard)
    # where the commands look for a demo
    folder = tmp_path / "var/demo-practice"
    folder.mkdir(parents=True)
    (folder / ".terminbot-demo").touch()
    store = await open_store(f"sqlite:///{folder / 'terminbot.sqlite3'}", clock)
    calendar = OutlookCalendar(client, pace=PauseNotes().pace())
    index = AvailabilityIndex(business, clock.now())
    desk = Desk(business, calendar, store.bookings, clock, index=index, watch=watch)
    ports = {
        "business": business,
        "bookings": store.bookings,
        "documents": store.documents,
        "calendar": calendar,
        "notifier": OutlookMail(client),
        "senders": {},
        "links": Links(url),
        "clock": clock,
    }
    notices = Notices(write_ics=ics, **ports)
    replays = Replays(
        events=notices.handlers(),
        is_clear=desk.is_clear,
        times_near=desk.times_near,
        **ports,
    )
    runner = OutboxRunner(
        queue=store.queue,
        bookings=store.bookings,
        handlers={**notices.handlers(), **replays.handlers()},
        judge=judge,
        clock=clock,
    )
    feeder = CalendarFeeder(
        business=business,
        index=index,
        feed=None,
        calendar=calendar,
        documents=store.documents,
        code_of=lambda _: None,
        clock=clock,
    )

    async def ask() -> None:
        await calendar.free_busy([PETRA], TimeSpan(clock.now(), clock.now() + HALF_AN_HOUR))

    book = OutageBook(store.documents, watch, clock, ask)
    worker = asyncio.create_task(runner.run())
    yield House(business, clock, tenant, url, store, calendar, desk, feeder, watch, book)
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    await store.close()
    await client.close()
    tokens.close()
    await server.close()


def to(message: dict[str, Any]) -> str:
    """Whom a mail was sent to."""
    (recipient,) = message["toRecipients"]
    return recipient["emailAddress"]["address"]


DOWN = {
    "all 503": [{"kind": "status", "status": 503}],
    "all 500": [{"kind": "status", "status": 500}],
    "pages of a gateway": [{"kind": "html"}],
    "no tokens": [{"kind": "status", "route": "token", "status": 500}],
}


async def begins(house: House, switches: list[dict[str, object]]) -> Booking:
    """All calendars were read, then nothing answers, and one time is noted."""
    await house.feeder.load()
    house.clock.advance(timedelta(minutes=5))
    for switch in switches:
        await house.control("POST", "faults", **switch)
    await house.control("POST", "revoke_tokens")
    for _ in range(2):
        await house.calendar.free_busy([m.mailbox for m in house.business.staff], soon(house))
    noted = await house.note()
    house.noted = noted.id
    await house.book.follow()
    return noted


def soon(house: House) -> TimeSpan:
    return TimeSpan(house.clock.now(), house.clock.now() + HALF_AN_HOUR)


@pytest.mark.parametrize("switches", DOWN.values(), ids=DOWN.keys())
async def test_f2_f15_half_an_hour_away_ends_in_one_event_one_mail_and_one_record(
    house: House, switches: list[dict[str, object]]
) -> None:
    noted = await begins(house, switches)
    assert noted.state is BookingState.NOTED
    assert house.clock.now() - noted.known_at == timedelta(minutes=5)
    assert house.events() == 0
    await house.ends()
    booked = await house.until(BookingState.BOOKED, mails=1)
    assert booked.id == noted.id
    assert house.events() == 1
    outage = await house.record()
    assert outage.until - outage.since == HALF_AN_HOUR
    assert outage.failed >= 3


async def test_f15_a_time_taken_meanwhile_is_asked_about_and_given_up_at_the_deadline(
    house: House,
) -> None:
    noted = await begins(house, DOWN["all 503"])
    await house.enter(noted.span)
    await house.ends()
    conflict = await house.until(BookingState.NOTED, mails=2)
    assert conflict.conflict_until is not None
    assert house.events() == 0
    assert {to(mail.message) for mail in house.tenant.mails} == {"alex@example.org", PETRA}
    house.clock.now_is = conflict.conflict_until
    gone = await house.until(BookingState.CANCELLED, mails=3)
    assert gone.cancelled_by is CancelledBy.SYSTEM
    claims = await house.store.bookings.claims(gone.resources, gone.busy, house.clock.now())
    assert not any(claims.values())


async def test_f15_a_moves_new_time_taken_before_its_event_was_moved_is_asked_about(
    house: House,
) -> None:
    await begins(house, DOWN["all 503"])
    await house.ends()
    before = await house.until(BookingState.BOOKED, mails=1)
    # free/busy goes on answering, events do not
    await house.control("POST", "faults", kind="status", status=503, route="events")
    start = before.span.start + timedelta(hours=24)
    order = HoldOrder(SERVICE, None, start, "petra", before.owner, moves=before.id)
    held = await house.desk.hold(order)
    moved = await house.desk.move(held.id, before.owner)
    await house.enter(moved.span)
    house.clock.advance(timedelta(minutes=5))
    await house.control("DELETE", "faults")
    asked = await house.until(BookingState.NOTED, mails=3)
    assert (asked.version, asked.span, asked.event_id) == (2, held.span, before.event_id)
    assert asked.conflict_until is not None
    assert (await house.calendar.read_event(PETRA, before.event_id)).span == before.span


async def conflict_given_up(house: House) -> None:
    """One booking is written, one given up after a conflict, one cancelled by its customer."""
    lost = await begins(house, DOWN["all 503"])
    gone, kept = await house.note("webchat:2"), await house.note("webchat:3")
    house.watch.refuse()
    await house.enter(lost.span)
    house.clock.advance(timedelta(minutes=5))
    await house.desk.cancel(gone.id, gone.owner)
    await house.ends()
    # its confirmation, the conflict told to two, the cancellation
    conflict = await house.until(BookingState.NOTED, mails=4)
    assert (await house.store.bookings.booking(kept.id)).state is BookingState.BOOKED
    house.clock.now_is = conflict.conflict_until
    await house.until(BookingState.CANCELLED, mails=5)


async def test_the_report_adds_up_with_the_store(house: House, tmp_path: Path) -> None:
    await conflict_given_up(house)
    await house.book.follow()
    told = await bot("outage-report", "--example", "practice", "--json", folder=tmp_path)
    assert (told.code, told.err) == (0, "")
    (outage,) = json.loads(told.out)["outages"]
    with closing(sqlite3.connect(tmp_path / "var/demo-practice/terminbot.sqlite3")) as store:
        rows = store.execute(
            "SELECT number, state, known_at, noted_at, ends - starts, cancelled_by FROM bookings"
            " WHERE noted_at IS NOT NULL"
        ).fetchall()
        facts = dict(store.execute("SELECT kind, count(*) FROM ledger GROUP BY kind").fetchall())
        written = store.execute("SELECT at FROM ledger WHERE kind = 'written'").fetchall()
    assert outage["bookings"]["affected"] == len(rows) == 3
    assert outage["bookings"]["noted_blind"] == sum(row[2] is not None for row in rows) == 3
    assert {each["number"] for each in outage["bookings"]["each"]} == {row[0] for row in rows}
    lost = [row for row in rows if row[1] == "cancelled"]
    assert outage["lost"]["bookings"] == len(lost) == facts["cancelled"] == 2
    assert outage["lost"]["work_seconds"] == sum(row[4] for row in lost) // 10**6
    assert outage["conflicts"] == {"found": facts["conflict"], "ended": {"given_up": 1}}
    (booked,) = [row for row in rows if row[1] == "booked"]
    delay = round((written[0][0] - booked[3]) / 10**6)
    assert outage["delays"] == dict.fromkeys(("median", "p95", "worst"), delay)
    assert outage["refused_questions"] == 1
    assert outage["seconds"] == 35 * 60
    evidence = outage["evidence"]
    assert evidence["failed_calls"] == sum(evidence["outcomes"].values())
    assert evidence["outcomes"] == {"503": evidence["failed_calls"]}
    assert evidence["ended_by"]["outcome"] == "200"


async def test_the_report_is_written_as_a_page_and_as_json_without_names(
    house: House, tmp_path: Path
) -> None:
    await conflict_given_up(house)
    out = tmp_path / "out"
    for lang, names in (("de", False), ("en", True)):
        flags = ["--names"] if names else []
        told = await bot(
            "outage-report", "--example", "practice", "--out", str(out), "--lang", lang, *flags,
            folder=tmp_path,
        )  # fmt: skip
        assert (told.code, told.err) == (0, "")
        page = (out / "outage-report.html").read_text(encoding="utf-8")
        assert {"de": "verlorene Buchungen", "en": "bookings lost"}[lang] in page
        assert ("Alex" in page) is names
        assert "alex@example.org" not in page
        found = json.loads((out / "outage-report.json").read_text(encoding="utf-8"))
        assert ("customer" in found["outages"][0]["bookings"]["each"][0]) is names


async def test_a_day_that_is_none_is_refused(house: House, tmp_path: Path) -> None:
    told = await bot(
        "outage-report", "--example", "practice", "--from", "gestern", folder=tmp_path
    )
    assert told.code == 1
    assert "write it as 2026-12-01" in told.err
