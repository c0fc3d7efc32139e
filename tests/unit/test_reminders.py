"""Reminders as the worker keeps them: by mail, in the chat, dropped, or later."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.cards import Links
from bot.events import Events, NotYet
from bot.manage_links import ManageLinks
from bot.reminders import Pace, Reminders
from scheduling.booking import Booking, BookingState, Customer
from scheduling.outbox import Job, JobKind
from scheduling.ports import Mail
from tests.builders import NOW, a_booking, a_business, a_service, some_details
from tests.fakes import Documents, FakeCalendar, FixedClock, InMemoryStore

DAY = timedelta(days=1)
CHAT = {"channel": "webchat", "conversation": "c1"}
LINK = r"https://book\.example\.test/manage/([A-Za-z0-9_-]+)"


class World:
    """A booking of eva's for Monday at ten, of which she is reminded a day before."""

    def __init__(self, **changes: object) -> None:
        self.mails: list[Mail] = []
        self.chats: list[dict[str, object]] = []
        self.seconds = 1_000.0
        self.documents = Documents()
        self.booking = replace(a_booking(details=some_details(reply_to=CHAT)), **changes)
        self.clock = FixedClock(self.booking.span.start - DAY)
        self.store = InMemoryStore(self.clock)
        self.store.put(self.booking)
        self.business = a_business(
            services=(a_service(reminders=(DAY, timedelta(hours=2))),),
            mail_from="office@example.test",
        )
        self.pace = Pace(every=timedelta(seconds=3), at_once=2, monotonic=lambda: self.seconds)
        self.reminders = Reminders(
            business=self.business,
            bookings=self.store,
            documents=self.documents,
            notifier=self,
            senders={"webchat": self.chat},
            links=Links("https://book.example.test"),
            clock=self.clock,
            pace=self.pace,
        )

    async def send(self, mail: Mail) -> None:
        self.mails.append(mail)

    async def chat(self, _: Mapping[str, str], activity: dict[str, object]) -> None:
        self.chats.append(activity)

    async def keep(self, kind: str, *, version: int = 1, name: str = "1440", job: int = 1) -> None:
        payload = {"booking": self.booking.id, "version": str(version), "reminder": name}
        await self.reminders.handlers()[kind](Job(job, kind, "key", payload, 1, "worker"))

    def is_now(self, **changes: object) -> Booking:
        self.booking = self.store.put(replace(self.booking, **changes))
        return self.booking

    async def promised(self) -> list[str]:
        """Return the keys of what follows once the event is written."""
        self.is_now(state=BookingState.NOTED, event_id=None)
        self.clock.now_is = NOW - 3 * DAY
        events = Events(
            self.business,
            self.store,
            Documents(),
            FakeCalendar(),
            self.clock,
            frozenset({"webchat"}),
        )
        job = Job(1, JobKind.WRITE_EVENT, "key", {"booking": self.booking.id}, 1, "worker")
        done = await events.handlers()[JobKind.WRITE_EVENT](job)
        return [each.key for each in done.follow_ups if each.key.startswith("reminder")]


async def test_the_customer_is_mailed_when_what_and_with_whom() -> None:
    world = World()
    await world.keep(JobKind.MAIL_REMINDER)
    (mail,) = world.mails
    assert (mail.to_email, mail.sender_mailbox) == ("eva@example.test", "office@example.test")
    assert mail.subject.startswith("Erinnerung: Beratung am ")
    said = ("Erinnerung an Ihren Termin", "10:00–10:30 Uhr", "Anna", world.booking.number)
    assert [words for words in said if words not in mail.html] == []
    assert mail.attachments == ()


async def test_a_reminder_speaks_the_customers_language() -> None:
    customer = Customer("Eva", "eva@example.test", language="en")
    world = World(details=some_details(customer=customer, reply_to=CHAT))
    await world.keep(JobKind.MAIL_REMINDER)
    await world.keep(JobKind.TELL_REMINDER, job=2)
    assert world.mails[0].subject.startswith("Reminder: ")
    assert "A reminder of your booking" in str(world.chats)


async def test_mail_and_chat_lead_to_the_booking() -> None:
    world = World()
    await world.keep(JobKind.MAIL_REMINDER)
    await world.keep(JobKind.TELL_REMINDER, job=2)
    links = ManageLinks(world.documents, world.store, world.clock)
    for words in (world.mails[0].html, str(world.chats)):
        found = re.search(LINK, words)
        assert found
        assert (await links.open(found[1])).booking == world.booking
    assert "Erinnerung an Ihren Termin" in str(world.chats)
    assert "gebucht" not in str(world.chats)


@pytest.mark.parametrize("kind", [JobKind.MAIL_REMINDER, JobKind.TELL_REMINDER])
@pytest.mark.parametrize(
    "changes",
    [
        {"state": BookingState.CANCELLED},
        {"state": BookingState.NOTED},
        {"version": 2},
        {"version": 2, "state": BookingState.NOTED},
    ],
    ids=str,
)
async def test_f42_a_reminder_of_what_was_moved_or_cancelled_is_dropped(
    kind: JobKind, changes: dict[str, object]
) -> None:
    world = World()
    world.is_now(**changes)
    await world.keep(kind)
    assert (world.mails, world.chats) == ([], [])


async def test_f42_after_two_days_away_only_what_is_still_of_use_is_sent() -> None:
    world = World()
    world.clock.now_is = world.booking.span.start - timedelta(minutes=30)
    await world.keep(JobKind.MAIL_REMINDER, name="1440")
    assert world.mails == []
    await world.keep(JobKind.MAIL_REMINDER, name="120", job=2)
    assert len(world.mails) == 1
    world.clock.now_is = world.booking.span.start
    await world.keep(JobKind.MAIL_REMINDER, name="120", job=3)
    assert len(world.mails) == 1


async def test_reminders_are_promised_with_the_event_that_makes_it_booked() -> None:
    world = World()
    assert await world.promised() == [
        f"reminder:{world.booking.id}:1:1440",
        f"reminder_tell:{world.booking.id}:1:1440",
        f"reminder:{world.booking.id}:1:120",
        f"reminder_tell:{world.booking.id}:1:120",
    ]


async def test_who_cannot_be_written_to_is_reminded_by_mail_alone() -> None:
    world = World(details=some_details(reply_to={"channel": "page"}))
    keys = await world.promised()
    assert {key.partition(":")[0] for key in keys} == {"reminder"}


async def test_f42_very_many_overdue_reminders_go_out_at_the_set_pace() -> None:
    world = World()
    for job in (1, 2):
        await world.keep(JobKind.MAIL_REMINDER, job=job)
    delays = []
    for job in (3, 4, 5):
        with pytest.raises(NotYet) as refused:
            await world.keep(JobKind.MAIL_REMINDER, job=job)
        delays.append(refused.value.delay.total_seconds())
    assert delays == [3, 6, 9]
    world.seconds += 6
    for job in (4, 3):
        await world.keep(JobKind.MAIL_REMINDER, job=job)
    with pytest.raises(NotYet):
        await world.keep(JobKind.MAIL_REMINDER, job=5)
    assert len(world.mails) == 4


async def test_a_reminder_that_is_no_longer_right_takes_nobodys_turn() -> None:
    world = World()
    for job in range(10):
        await world.keep(JobKind.MAIL_REMINDER, version=7, job=job)
    await world.keep(JobKind.MAIL_REMINDER, job=11)
    assert len(world.mails) == 1
