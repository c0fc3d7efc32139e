"""Cancelling against the worker that writes the event, on a real store.

Wherever the cancellation falls, and wherever kill -9 ends the worker: the booking is cancelled, no
event stands, and nobody is told "booked" afterwards.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from bot.cards import Links
from bot.events import LOOK_AGAIN_AFTER
from bot.notices import Notices
from scheduling.booking import Booking, BookingState
from scheduling.desk import Desk, HoldOrder
from scheduling.errors import HoldExpired, StaleLease
from scheduling.outbox import Job, JobKind
from scheduling.ports import EventDraft, Mail, WrittenEvent
from scheduling.store import Store, open_store
from tests.builders import NOW, a_business, a_service, at, some_details
from tests.fakes import FakeCalendar, FixedClock

LEASE = timedelta(seconds=60)
STEPS = ("claimed", "read", "sent", "read again", "completed")
Hook = Callable[[str], Awaitable[None]]


class Killed(BaseException):
    """kill -9: nothing of the worker goes on."""


class SteppedCalendar(FakeCalendar):
    """Stops after an event was sent, before anybody hears of it."""

    hook: Hook | None = None
    before: Hook | None = None

    async def write_event(self, draft: EventDraft, *, again: bool = False) -> WrittenEvent:
        if self.before:
            await self.before("sending")
        written = await super().write_event(draft, again=again)
        if self.hook:
            await self.hook("sent")
        return written

    def standing(self) -> set[str]:
        return set(self.drafts) - self.cancelled


class SteppedBookings:
    """The store's bookings as a worker reads them; stops after each look."""

    def __init__(self, store: Store, hook: Hook | None) -> None:
        self._store, self._hook, self._looks = store, hook, 0

    async def booking(self, booking_id: str) -> Booking:
        found = await self._store.bookings.booking(booking_id)
        self._looks += 1
        if self._hook and self._looks <= 2:
            await self._hook("read" if self._looks == 1 else "read again")
        return found


class World:
    """One confirmed booking, its calendar, and all that is said."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.clock, self.calendar = FixedClock(NOW), SteppedCalendar()
        self.seconds = 0.0
        self.mails: list[str] = []
        self.chats: list[str] = []
        self.business = a_business(services=(a_service(cancel_until=timedelta(0)),))
        self.store: Store
        self.booking: Booking
        self.is_cancelled = False

    async def open(self) -> Store:
        return await open_store(self.url, self.clock, monotonic=lambda: self.seconds)

    async def book(self) -> None:
        self.store = await self.open()
        held = await self.desk().hold(HoldOrder("advice", None, at("10"), "anna", "eva"))
        details = some_details(reply_to={"channel": "webchat"})
        self.booking = await self.desk().confirm(held.id, "eva", details)

    def desk(self) -> Desk:
        return Desk(self.business, self.calendar, self.store.bookings, self.clock)

    async def cancel(self) -> None:
        gone = await self.desk().cancel(self.booking.id, "eva", in_chat=False)
        assert gone.state is BookingState.CANCELLED
        self.is_cancelled = True

    async def send(self, mail: Mail) -> None:
        self.mails.append(mail.subject.split(":")[0])

    async def chat(self, _: Mapping[str, str], activity: dict[str, object]) -> None:
        self.chats.append(str(activity["summary"]))

    def notices(self, store: Store, hook: Hook | None = None) -> Notices:
        return Notices(
            business=self.business,
            bookings=SteppedBookings(store, hook),  # type: ignore[arg-type]
            documents=store.documents,
            calendar=self.calendar,
            notifier=self,
            write_ics=lambda _: b"",
            senders={"webchat": self.chat},
            links=Links("https://book.example.test"),
            clock=self.clock,
        )

    async def claim(self, store: Store, count: int = 1) -> list[Job]:
        return list(await store.queue.claim(count, LEASE, self.clock.now()))

    async def keep(self, store: Store, job: Job, hook: Hook | None = None) -> None:
        done = await self.notices(store, hook).handlers()[job.kind](job)
        await store.queue.complete(
            job, self.clock.now(), written=done.written, follow_ups=done.follow_ups
        )

    async def drain(self) -> None:
        """Keep every promise, whenever it is due."""
        for _ in range(10):
            while jobs := await self.claim(self.store):
                await self.keep(self.store, jobs[0])
            self.clock.advance(LOOK_AGAIN_AFTER)
        assert await self.store.queue.waiting() == 0

    async def write(self, cancel_at: str, killed_at: str) -> None:
        """Work on the event; the customer cancels, and the worker dies, at these steps."""

        async def hook(step: str) -> None:
            if step == cancel_at:
                await self.cancel()
                # what it promises is kept at once: nothing is left that could mend the rest
                while jobs := await self.claim(self.store):
                    await self.keep(self.store, jobs[0])
            if step == killed_at:
                raise Killed

        self.calendar.hook = hook
        (job,) = await self.claim(self.store)
        assert job.kind == JobKind.WRITE_EVENT
        await hook("claimed")
        await self.keep(self.store, job, hook)
        await hook("completed")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(f"sqlite+aiosqlite:///{tmp_path / 'b.sqlite3'}")
    await world.book()
    yield world
    await world.store.close()


@pytest.mark.parametrize("killed_at", [*STEPS, "never"])
@pytest.mark.parametrize("cancel_at", [*STEPS, "later"])
async def test_a_cancelled_booking_leaves_no_event_wherever_the_worker_dies(
    world: World, cancel_at: str, killed_at: str
) -> None:
    try:
        await world.write(cancel_at, killed_at)
    except Killed:
        await world.store.close()
        world.store = await world.open()
    world.calendar.hook = None
    if not world.is_cancelled:
        await world.cancel()
    await world.drain()
    assert (await world.store.bookings.booking(world.booking.id)).state is BookingState.CANCELLED
    assert world.calendar.standing() == set()
    assert world.mails == ["Termin abgesagt"]
    assert world.chats == ["Termin abgesagt"]


async def test_a_cancellation_before_the_write_never_reaches_the_calendar(world: World) -> None:
    await world.cancel()
    await world.drain()
    assert world.calendar.drafts == {}


async def frozen(world: World, goes_on: Hook) -> None:
    """A worker stands still with its event unsent, loses its lease, and wakes up."""

    async def asleep(_: str) -> None:
        world.calendar.before = None
        await world.cancel()
        await take_over(world)
        await goes_on("awake")

    world.calendar.before = asleep
    (job,) = await world.claim(world.store)
    await world.keep(world.store, job)


async def take_over(world: World) -> None:
    """Another process, after the lease is over, does all that is due by then."""
    other = await world.open()
    while jobs := await world.claim(other):
        await world.keep(other, jobs[0])
    world.seconds += LEASE.total_seconds() + 1
    world.clock.advance(LEASE + timedelta(seconds=1))
    while jobs := await world.claim(other):
        await world.keep(other, jobs[0])
    await other.close()


async def test_a_worker_that_wakes_up_late_takes_its_own_event_out(world: World) -> None:
    async def goes_on(_: str) -> None:
        assert world.calendar.drafts == {}

    with pytest.raises(StaleLease):
        await frozen(world, goes_on)
    assert world.calendar.drafts != {}
    assert world.calendar.standing() == set()


async def test_what_a_worker_sent_late_before_it_died_is_found_and_taken_out(world: World) -> None:
    async def dies(_: str) -> None:
        raise Killed

    async def goes_on(_: str) -> None:
        world.calendar.hook = dies

    with pytest.raises(Killed):
        await frozen(world, goes_on)
    world.calendar.hook = None
    assert world.calendar.standing() != set()
    await world.drain()
    assert world.calendar.standing() == set()


async def test_a_cancelled_booking_cannot_be_confirmed_back(world: World) -> None:
    await world.cancel()
    with pytest.raises(HoldExpired):
        await world.desk().confirm(world.booking.id, "eva", some_details())
    await world.drain()
    assert world.calendar.drafts == {}


async def test_a_double_cancel_says_so_once(world: World) -> None:
    await world.cancel()
    await world.cancel()
    await world.drain()
    assert (world.mails, world.chats) == (["Termin abgesagt"], ["Termin abgesagt"])


async def test_the_time_is_offered_to_the_next_once_the_event_is_gone(world: World) -> None:
    await world.write("never", "never")
    await world.cancel()
    await world.drain()
    held = await world.desk().hold(HoldOrder("advice", None, at("10"), "anna", "max"))
    assert held.span.start == at("10")
