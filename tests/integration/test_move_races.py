"""Moving against the workers that write and move the event, on a real store.

Wherever a further move falls, and wherever kill -9 ends the worker: one event stands, where the
booking is, and nobody is told of a time that no longer holds.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.cards import Links
from bot.events import LOOK_AGAIN_AFTER, NotYet
from bot.notices import Notices
from scheduling.booking import Booking, BookingState
from scheduling.desk import Desk, HoldOrder
from scheduling.errors import StaleLease
from scheduling.outbox import Job, JobKind
from scheduling.ports import Document, EventDraft, Mail, WrittenEvent
from scheduling.store import Store, open_store
from scheduling.timespan import TimeSpan
from tests.builders import NOW, a_business, a_service, at, some_details
from tests.fakes import FakeCalendar, FixedClock

LEASE = timedelta(seconds=60)
STEPS = ("claimed", "read", "sending", "sent", "read again", "completed")
KILLED = ("read", "sent", "never")
TAKING_OUT = ("claimed", "read", "marked", "read again", "taking out", "taken out", "completed")
Hook = Callable[[str], Awaitable[None]]


class Killed(BaseException):
    """kill -9: nothing of the worker goes on."""


class Differs(Exception):
    """What was read back is not what was to be written: the job is tried again."""


async def _nothing(_: str) -> None:
    pass


class Outlook(FakeCalendar):
    """Knows events by transaction, as Outlook does: mailbox, booking and version."""

    def __init__(self) -> None:
        super().__init__()
        self.hook: Hook = _nothing

    async def write_event(self, draft: EventDraft, *, again: bool = False) -> WrittenEvent:
        await self.hook("sending")
        event_id = f"{draft.mailbox}:{draft.version}"
        self.drafts.setdefault(event_id, draft)
        await self.hook("sent")
        written = self._read(event_id)
        if written.span != draft.span or written.is_cancelled:
            raise Differs
        return written

    async def update_event(self, event_id: str, draft: EventDraft) -> WrittenEvent:
        await self.hook("sending")
        self.drafts[event_id] = draft
        await self.hook("sent")
        return self._read(event_id)

    async def find_event(self, draft: EventDraft) -> WrittenEvent | None:
        theirs = (
            event_id
            for event_id, each in self.drafts.items()
            if each.mailbox == draft.mailbox and event_id not in self.cancelled
        )
        found = next(theirs, None)
        return self._read(found) if found else None

    async def cancel_event(self, mailbox: str, event_id: str, comment: str) -> None:
        await self.hook("taking out")
        await super().cancel_event(mailbox, event_id, comment)
        await self.hook("taken out")

    def standing(self) -> list[tuple[str, str]]:
        """Mailbox and start, in Berlin, of all that stands."""
        return [
            (draft.mailbox.split("@")[0], f"{draft.span.start.hour + 1}:00")
            for event_id, draft in self.drafts.items()
            if event_id not in self.cancelled
        ]


class SteppedBookings:
    """The store's bookings as a worker reads them; stops after its first two looks."""

    def __init__(self, store: Store, hook: Hook) -> None:
        self._store, self._hook, self._looks = store, hook, 0

    async def booking(self, booking_id: str) -> Booking:
        found = await self._store.bookings.booking(booking_id)
        self._looks += 1
        if self._looks <= 2:
            await self._hook("read" if self._looks == 1 else "read again")
        return found


class SteppedDocuments:
    """The store's documents; stops after each that is written."""

    def __init__(self, store: Store, hook: Hook) -> None:
        self._documents, self._hook = store.documents, hook

    def __getattr__(self, name: str) -> object:
        return getattr(self._documents, name)

    async def write(self, kind: str, *rest: Any) -> Document:
        written = await self._documents.write(kind, *rest)
        await self._hook("marked")
        return written


class World:
    """A confirmed booking of anna's at ten, its calendars, and all that is said."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.clock, self.calendar = FixedClock(NOW), Outlook()
        self.seconds = 0.0
        self.mails: list[str] = []
        self.chats: list[str] = []
        service = a_service(move_until=timedelta(0), cancel_until=timedelta(0))
        self.business = a_business(services=(service,))
        self.store: Store
        self.booking: Booking
        self.moves: list[tuple[str, str]] = []

    async def open(self) -> Store:
        return await open_store(self.url, self.clock, monotonic=lambda: self.seconds)

    async def book(self) -> None:
        self.store = await self.open()
        held = await self.desk().hold(HoldOrder("advice", None, at("10"), "anna", "eva"))
        details = some_details(reply_to={"channel": "webchat"})
        self.booking = await self.desk().confirm(held.id, "eva", details)

    def desk(self) -> Desk:
        return Desk(self.business, self.calendar, self.store.bookings, self.clock)

    async def move(self, clock: str, staff_id: str) -> None:
        order = HoldOrder("advice", None, at(clock), staff_id, "eva", moves=self.booking.id)
        hold = await self.desk().hold(order)
        self.booking = await self.desk().move(hold.id, "eva")

    async def send(self, mail: Mail) -> None:
        self.mails.append(mail.subject)

    async def chat(self, _: Mapping[str, str], activity: dict[str, object]) -> None:
        self.chats.append(str(activity["speak"]))

    async def keep(self, store: Store, job: Job, hook: Hook = _nothing) -> None:
        notices = Notices(
            business=self.business,
            bookings=SteppedBookings(store, hook),  # type: ignore[arg-type]
            documents=SteppedDocuments(store, hook),  # type: ignore[arg-type]
            calendar=self.calendar,
            notifier=self,
            write_ics=lambda _: b"",
            senders={"webchat": self.chat},
            links=Links("https://book.example.test"),
            clock=self.clock,
        )
        try:
            done = await notices.handlers()[job.kind](job)
        except (Differs, NotYet):
            later = timedelta(seconds=1)
            await store.queue.retry(job, later, "differs", self.clock.now())
            return
        await store.queue.complete(
            job, self.clock.now(), written=done.written, follow_ups=done.follow_ups
        )

    async def claim(self, store: Store) -> list[Job]:
        return list(await store.queue.claim(1, LEASE, self.clock.now()))

    async def next_of(self, kind: JobKind) -> Job:
        """Claim the next job of a kind; what is due before it is kept."""
        while jobs := await self.claim(self.store):
            if jobs[0].kind == kind:
                return jobs[0]
            await self.keep(self.store, jobs[0])
        raise AssertionError(kind)

    async def keep_what_is_due(self, store: Store) -> None:
        while jobs := await self.claim(store):
            await self.keep(store, jobs[0])

    async def drain(self) -> None:
        for _ in range(6):
            await self.keep_what_is_due(self.store)
            self.clock.advance(LOOK_AGAIN_AFTER)
        assert await self.store.queue.waiting() == 0

    async def take_out(self, move_at: str, killed_at: str) -> None:
        """Take out what a move to bernd left with anna, while the customer moves back to her."""

        async def hook(step: str) -> None:
            if step == move_at and self.booking.staff_id != "anna":
                self.calendar.hook = _nothing
                await self.move("15", "anna")
                await self.keep(self.store, await self.next_of(JobKind.MOVE_EVENT))
                self.calendar.hook = hook
            if step == killed_at:
                raise Killed

        job = await self.next_of(JobKind.CANCEL_EVENT)
        self.calendar.hook = hook
        await hook("claimed")
        await self.keep(self.store, job, hook)
        await hook("completed")

    async def work(self, move_at: str, staff_id: str, killed_at: str) -> None:
        """Keep the next promise; the customer moves on, and the worker dies, at these steps."""

        async def hook(step: str) -> None:
            if step == move_at and self.booking.span.start != at("15"):
                self.calendar.hook = _nothing
                await self.move("15", staff_id)
                # what it promises is kept at once: nothing is left that could mend the rest
                await self.keep_what_is_due(self.store)
                self.calendar.hook = hook
            if step == killed_at:
                raise Killed

        self.calendar.hook = hook
        (job,) = await self.claim(self.store)
        assert job.kind in {JobKind.WRITE_EVENT, JobKind.MOVE_EVENT}
        await hook("claimed")
        await self.keep(self.store, job, hook)
        await hook("completed")

    async def ends_well(self, staff_id: str, clock: str = "15:00") -> None:
        booking = await self.store.bookings.booking(self.booking.id)
        assert (booking.state, booking.staff_id) == (BookingState.BOOKED, staff_id)
        assert booking.event_staff_id == staff_id
        assert self.calendar.standing() == [(staff_id, clock)]
        assert clock.removesuffix(":00") in self.mails[-1]
        assert f"{clock}–" in self.chats[-1]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(f"sqlite+aiosqlite:///{tmp_path / 'b.sqlite3'}")
    await world.book()
    yield world
    await world.store.close()


async def play(world: World, move_at: str, staff_id: str, killed_at: str) -> None:
    try:
        await world.work(move_at, staff_id, killed_at)
    except Killed:
        await world.store.close()
        world.store = await world.open()
    world.calendar.hook = _nothing
    if world.booking.span.start != at("15"):
        await world.move("15", staff_id)
    await world.drain()
    await world.ends_well(staff_id)


@pytest.mark.parametrize("killed_at", KILLED)
@pytest.mark.parametrize("move_at", [*STEPS, "later"])
@pytest.mark.parametrize("staff_id", ["anna", "bernd"])
async def test_moved_while_its_event_is_written_one_event_stands_at_the_new_time(
    world: World, staff_id: str, move_at: str, killed_at: str
) -> None:
    await play(world, move_at, staff_id, killed_at)


@pytest.mark.parametrize("killed_at", KILLED)
@pytest.mark.parametrize("move_at", [*STEPS, "later"])
@pytest.mark.parametrize(
    ("first", "staff_id"),
    [("anna", "bernd"), ("bernd", "bernd"), ("bernd", "anna")],
)
async def test_moved_again_while_its_event_is_moved_one_event_stands_at_the_last_time(
    world: World, first: str, staff_id: str, move_at: str, killed_at: str
) -> None:
    await world.drain()
    await world.move("14", first)
    await play(world, move_at, staff_id, killed_at)


async def by_the_staff(world: World, clock: str) -> None:
    """Let a worker die after Outlook has the event, and the staff move that to another time."""

    async def dies(step: str) -> None:
        if step == "sent":
            raise Killed

    world.calendar.hook = dies
    (job,) = await world.claim(world.store)
    with pytest.raises(Killed):
        await world.keep(world.store, job)
    world.calendar.hook = _nothing
    await world.store.close()
    world.store = await world.open()
    for event_id, draft in world.calendar.drafts.items():
        length = timedelta(minutes=30)
        moved = TimeSpan(at(clock), at(clock) + length)
        world.calendar.drafts[event_id] = replace(draft, span=moved)


async def test_an_event_moved_before_it_was_known_as_written_is_booked_where_it_was_confirmed(
    world: World,
) -> None:
    await by_the_staff(world, "16")
    await world.drain()
    await world.ends_well("anna", "10:00")
    assert [mail.split(":")[0] for mail in world.mails] == ["Termin gebucht"]


@pytest.mark.parametrize("killed_at", KILLED)
@pytest.mark.parametrize("move_at", [*STEPS, "later"])
@pytest.mark.parametrize("staff_id", ["anna", "bernd"])
async def test_moved_by_the_staff_and_the_customer_while_it_is_written_the_customers_time_stands(
    world: World, staff_id: str, move_at: str, killed_at: str
) -> None:
    await by_the_staff(world, "16")
    await play(world, move_at, staff_id, killed_at)


async def test_a_worker_that_wakes_up_late_brings_the_event_to_the_time_of_now(
    world: World,
) -> None:
    await world.drain()
    await world.move("14", "anna")

    async def asleep(step: str) -> None:
        if step == "sending":
            world.calendar.hook = _nothing
            await world.move("15", "anna")
            other = await world.open()
            await world.keep_what_is_due(other)
            world.seconds += LEASE.total_seconds() + 1
            world.clock.advance(LEASE + timedelta(seconds=1))
            await world.keep_what_is_due(other)
            await other.close()
            assert world.calendar.standing() == [("anna", "15:00")]

    world.calendar.hook = asleep
    (job,) = await world.claim(world.store)
    with pytest.raises(StaleLease):
        await world.keep(world.store, job)
    await world.ends_well("anna")


async def test_each_time_that_was_reached_is_told_once(world: World) -> None:
    await world.drain()
    await world.move("14", "anna")
    await world.drain()
    await world.move("15", "bernd")
    await world.drain()
    titles = [subject.split(":")[0] for subject in world.mails]
    assert titles == ["Termin gebucht", "Termin verschoben", "Termin verschoben"]
    assert ["Termin verschoben" in each for each in world.chats] == [False, True, True]


async def test_a_moved_booking_that_is_cancelled_leaves_no_event(world: World) -> None:
    await world.drain()
    await world.move("14", "bernd")
    await world.desk().cancel(world.booking.id, "eva")
    await world.drain()
    assert world.calendar.standing() == []
    assert not [subject for subject in world.mails if "verschoben" in subject]


@pytest.mark.parametrize("killed_at", ["marked", "taken out", "never"])
@pytest.mark.parametrize("move_at", [*TAKING_OUT, "later"])
async def test_moved_back_while_what_was_left_is_taken_out_one_event_stands_for_good(
    world: World, move_at: str, killed_at: str
) -> None:
    await world.drain()
    await world.move("14", "bernd")
    await world.keep(world.store, await world.next_of(JobKind.MOVE_EVENT))
    try:
        await world.take_out(move_at, killed_at)
    except Killed:
        await world.store.close()
        world.store = await world.open()
    world.calendar.hook = _nothing
    if world.booking.staff_id != "anna":
        await world.move("15", "anna")
    await world.drain()
    await world.ends_well("anna")
    booking = await world.store.bookings.booking(world.booking.id)
    assert booking.event_id not in world.calendar.cancelled


@pytest.mark.parametrize("taken_out_at", STEPS)
async def test_what_was_left_waits_while_the_booking_is_on_its_way_back(
    world: World, taken_out_at: str
) -> None:
    await world.drain()
    await world.move("14", "bernd")
    await world.keep(world.store, await world.next_of(JobKind.MOVE_EVENT))
    taking_out = [await world.next_of(JobKind.CANCEL_EVENT)]
    await world.move("15", "anna")
    moving = await world.next_of(JobKind.MOVE_EVENT)

    async def hook(step: str) -> None:
        if step == taken_out_at and taking_out:
            await world.keep(world.store, taking_out.pop())

    world.calendar.hook = hook
    await hook("claimed")
    await world.keep(world.store, moving, hook)
    await hook("completed")
    assert taking_out == []
    world.calendar.hook = _nothing
    await world.drain()
    await world.ends_well("anna")
    booking = await world.store.bookings.booking(world.booking.id)
    assert booking.event_id not in world.calendar.cancelled
