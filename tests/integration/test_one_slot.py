"""200 customers, one staff member's time: one booking and one event in Outlook."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from bot import business_file
from bot.app import judge
from bot.cards import Links
from bot.jobs.outbox import OutboxRunner
from bot.notices import Notices
from graph.auth import Credentials, TokenSource
from graph.calendar import OutlookCalendar
from graph.client import GraphClient
from graph.emulator.app import create_app
from graph.emulator.tenant_file import (
    DEMO_CLIENT,
    DEMO_SECRET,
    DEMO_TENANT,
    ClientEntry,
    MailboxEntry,
    TenantFile,
    build_tenant,
)
from graph.mail import OutlookMail, ics
from scheduling.booking import BookingState, Customer, Details
from scheduling.catalog import Business, BusyStatus
from scheduling.clock import SystemClock
from scheduling.desk import Desk, HoldOrder, Search
from scheduling.errors import BookingError
from scheduling.store import Store, open_store
from scheduling.timespan import TimeSpan
from tests.integration.processes import ROOT

CUSTOMERS = 200
DETAILS = Details(Customer("Alex", "alex@example.org"), "phone")


@dataclass
class House:
    desk: Desk
    store: Store
    calendar: OutlookCalendar
    runner: OutboxRunner
    file: Path

    async def offer(self, service: str) -> tuple[TimeSpan, ...]:
        now = SystemClock().now()
        found = await self.desk.offer(
            Search(service, None, "petra", TimeSpan(now, now + timedelta(days=14)))
        )
        return tuple(slot.span for slot in found.slots)

    async def book(self, service: str, span: TimeSpan, number: int) -> str | None:
        order = HoldOrder(service, None, span.start, "petra", f"webchat:{number}")
        try:
            held = await self.desk.hold(order)
            return (await self.desk.confirm(held.id, held.owner, DETAILS)).id
        except BookingError:
            return None

    async def written(self) -> None:
        worker = asyncio.create_task(self.runner.run())
        async with asyncio.timeout(60):
            while await self.store.queue.waiting():  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)

    async def events(self, day: TimeSpan) -> int:
        answer = (await self.calendar.free_busy(["petra.lenz@praxis.example"], day)).popitem()[1]
        assert answer.unknown is None
        return sum(item.status is BusyStatus.BUSY for item in answer.items)


def everybody(business: Business) -> TenantFile:
    boxes = [MailboxEntry(mail=m.mailbox, display_name=m.name) for m in business.staff]
    boxes.append(MailboxEntry(mail=business.mail_from, display_name="Empfang", kind="shared"))
    client = ClientEntry(client_id=DEMO_CLIENT, client_secret=DEMO_SECRET)
    return TenantFile(tenant=DEMO_TENANT, clients=[client], mailboxes=boxes)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    business = business_file.load(ROOT / "examples/practice/business.yaml")
    clock = SystemClock()
    server = TestServer(create_app(build_tenant(everybody(business))))
    await server.start_server()
    url = str(server.make_url("")).rstrip("/")
    tokens = TokenSource(Credentials(DEMO_TENANT, DEMO_CLIENT, DEMO_SECRET), url)
    client = GraphClient(tokens, clock, f"{url}/v1.0")
    file = tmp_path / "bookings.sqlite3"
    store = await open_store(f"sqlite:///{file}", clock)
    calendar = OutlookCalendar(client)
    notices = Notices(
        business=business,
        bookings=store.bookings,
        documents=store.documents,
        calendar=calendar,
        notifier=OutlookMail(client),
        write_ics=ics,
        senders={},
        links=Links(url),
        clock=clock,
    )
    runner = OutboxRunner(
        queue=store.queue,
        bookings=store.bookings,
        handlers=notices.handlers(),
        judge=judge,
        clock=clock,
    )
    yield House(Desk(business, calendar, store.bookings, clock), store, calendar, runner, file)
    await store.close()
    await client.close()
    tokens.close()
    await server.close()


def day_around(span: TimeSpan) -> TimeSpan:
    return span.widened(timedelta(hours=2), timedelta(hours=2))


async def test_of_200_customers_of_one_slot_one_is_booked_and_one_event_stands(
    house: House,
) -> None:
    span = (await house.offer("first-consultation"))[3]
    tries = (house.book("first-consultation", span, n) for n in range(CUSTOMERS))
    winners = [booked for booked in await asyncio.gather(*tries) if booked]
    assert len(winners) == 1
    await house.written()
    assert (await house.store.bookings.booking(winners[0])).state is BookingState.BOOKED
    assert await house.events(day_around(span)) == 1


async def test_two_overlapping_services_of_one_person_share_one_time(house: House) -> None:
    first = (await house.offer("first-consultation"))[4]
    other = next(s for s in await house.offer("consultation") if s.overlaps(first))
    tries = [
        house.book(*(("consultation", other) if n % 2 else ("first-consultation", first)), n)
        for n in range(CUSTOMERS)
    ]
    winners = [booked for booked in await asyncio.gather(*tries) if booked]
    assert len(winners) == 1
    await house.written()
    assert await house.events(day_around(first)) == 1


async def test_without_the_database_lock_the_same_race_books_twice(house: House) -> None:
    with sqlite3.connect(house.file) as database:
        for trigger in ("claims_no_overlap_insert", "claims_no_overlap_update"):
            database.execute(f"DROP TRIGGER {trigger}")
    most = 0
    # a race may by chance end well; of twelve in a row, not all do
    for round_, span in enumerate((await house.offer("first-consultation"))[3:15]):
        tries = (house.book("first-consultation", span, 1000 * round_ + n) for n in range(50))
        winners = [booked for booked in await asyncio.gather(*tries) if booked]
        most = max(most, len(winners))
    assert most > 1


async def test_a_second_confirm_of_the_same_hold_is_the_same_booking(house: House) -> None:
    span = (await house.offer("first-consultation"))[3]
    held = await house.desk.hold(
        HoldOrder("first-consultation", None, span.start, "petra", "webchat:1")
    )
    other = replace(DETAILS, note="zweiter Klick")
    confirms = [
        house.desk.confirm(held.id, held.owner, DETAILS if n else other) for n in range(CUSTOMERS)
    ]
    assert {(await each).id for each in asyncio.as_completed(confirms)} == {held.id}
    await house.written()
    assert await house.events(day_around(span)) == 1
