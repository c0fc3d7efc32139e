"""An outage from its beginning to its end: real store, real worker, Graph's stand-in over HTTP.

Half an hour passes on our own clock only.
"""

import asyncio
from collections.abc import AsyncIterator
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
from scheduling.outbox import JobKind
from scheduling.store import Store, open_store
from scheduling.timespan import TimeSpan
from tests.contract.calendar_world import PauseNotes
from tests.fakes import FixedClock
from tests.integration.processes import ROOT
from tests.integration.test_one_slot import DETAILS, everybody

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

    async def note(self) -> Booking:
        """Offer, hold and confirm a time a few days on."""
        now = self.clock.now()
        week = TimeSpan(now + timedelta(days=3), now + timedelta(days=10))
        offer = await self.desk.offer(Search(SERVICE, None, "petra", week))
        assert offer.known_at is not None
        order = HoldOrder(SERVICE, None, offer.slots[0].span.start, "petra", "webchat:1")
        held = await self.desk.hold(order)
        return await self.desk.confirm(held.id, held.owner, DETAILS)

    async def ends(self) -> None:
        """Half an hour later Microsoft is back."""
        await self.control("DELETE", "faults")
        self.clock.advance(HALF_AN_HOUR)
        await self.book.follow()

    async def until(self, state: BookingState, mails: int) -> Booking:
        """Wait until the worker has brought the only booking there and so many mails are out."""
        async with asyncio.timeout(30):
            while True:
                booking = (await self.store.bookings.bookings_of("webchat:1") or [None])[0]
                found = booking or await self.store.bookings.booking(self.noted)
                if found.state is state and len(self.tenant.mails) == mails:
                    return found
                await asyncio.sleep(0.05)

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
    clock = FixedClock(SystemClock().now().replace(microsecond=0))
    tenant = build_tenant(everybody(business))
    server = TestServer(create_app(tenant))
    await server.start_server()
    url = str(server.make_url("")).rstrip("/")
    tokens = TokenSource(Credentials(DEMO_TENANT, DEMO_CLIENT, DEMO_SECRET), url)
    watch = OutageWatch(len(business.staff))
    client = GraphClient(tokens, clock, f"{url}/v1.0", heard=watch.heard)
    store = await open_store(f"sqlite:///{tmp_path / 'bookings.sqlite3'}", clock)
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
        write=notices.handlers()[JobKind.WRITE_EVENT],
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
    assert await house.store.queue.waiting() == 0


async def test_f15_a_time_taken_meanwhile_is_asked_about_and_given_up_at_the_deadline(
    house: House,
) -> None:
    noted = await begins(house, DOWN["all 503"])
    entry = {
        "start": noted.span.start.isoformat(),
        "end": noted.span.end.isoformat(),
        "subject": "Zahnarzt",
    }
    await house.control("POST", "events", mailbox=PETRA, events=[entry])
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
