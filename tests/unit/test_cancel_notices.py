"""What a cancellation becomes outside the chat, and what is no longer said after it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.cards import Links
from bot.events import LOOK_AGAIN_AFTER, Done
from bot.notices import Notices
from bot.turn import mark_told
from graph.mail import ics
from scheduling.booking import Booking, BookingState, CancelledBy, Customer
from scheduling.outbox import Job, JobKind
from scheduling.ports import Mail
from tests.builders import NOW, a_booking, a_business, some_details
from tests.fakes import Documents, FakeCalendar, FixedClock, InMemoryStore

CHAT = {"channel": "webchat", "conversation": "c1"}


class World:
    """A booking of eva's that she gave up, and everything that is sent."""

    def __init__(self, **changes: object) -> None:
        self.mails: list[Mail] = []
        self.chats: list[dict[str, object]] = []
        self.clock, self.documents, self.calendar = FixedClock(NOW), Documents(), FakeCalendar()
        self.store = InMemoryStore(self.clock)
        given_up = {
            "state": BookingState.CANCELLED,
            "cancelled_by": CancelledBy.CUSTOMER,
            "cancelled_at": NOW + timedelta(minutes=1),
            "details": some_details(reply_to=CHAT),
        }
        self.booking = self.store.put(replace(a_booking(), **given_up | changes))
        self.notices = Notices(
            business=a_business(mail_from="office@example.test"),
            bookings=self.store,
            documents=self.documents,
            calendar=self.calendar,
            notifier=self,
            write_ics=ics,
            senders={"webchat": self.chat},
            links=Links("https://book.example.test"),
            clock=self.clock,
        )

    async def send(self, mail: Mail) -> None:
        self.mails.append(mail)

    async def chat(self, _: Mapping[str, str], activity: dict[str, object]) -> None:
        self.chats.append(activity)

    async def keep(self, kind: str, attempts: int = 1, **payload: str) -> Done:
        job = Job(1, kind, "key", {"booking": self.booking.id, **payload}, attempts, "worker")
        return await self.notices.handlers()[kind](job)

    def is_now(self, **changes: object) -> Booking:
        self.booking = self.store.put(replace(self.booking, **changes))
        return self.booking


async def test_the_customer_is_mailed_and_the_entry_leaves_their_calendar() -> None:
    world = World()
    await world.keep(JobKind.MAIL_CANCELLED)
    (mail,) = world.mails
    assert mail.to_email == "eva@example.test"
    assert mail.subject.startswith("Termin abgesagt: Beratung am ")
    assert 'href="https://book.example.test/book/advice"' in mail.html
    (file,) = mail.attachments
    lines = file.content.decode().split("\r\n")
    assert {"METHOD:CANCEL", "STATUS:CANCELLED", "SEQUENCE:1"} <= set(lines)
    assert f"UID:{world.booking.id}@terminbot" in lines
    assert "DTSTAMP:20261109T060100Z" in lines


async def test_a_booking_still_standing_has_the_first_calendar_file() -> None:
    world = World()
    world.is_now(state=BookingState.BOOKED)
    text = world.notices.ics(world.booking).decode()
    assert {"METHOD:PUBLISH", "STATUS:CONFIRMED", "SEQUENCE:0"} <= set(text.split("\r\n"))


async def test_the_mail_is_in_the_customers_language() -> None:
    customer = Customer("Eva", "eva@example.test", language="en")
    world = World(details=some_details(customer=customer))
    await world.keep(JobKind.MAIL_CANCELLED)
    assert world.mails[0].subject.startswith("Appointment cancelled: Advice, ")


async def test_what_was_never_confirmed_has_no_entry_to_take_out() -> None:
    world = World(event_id=None)
    await world.keep(JobKind.MAIL_CANCELLED)
    assert world.mails[0].attachments == ()


async def test_the_event_is_taken_out_and_one_gone_already_is_no_error() -> None:
    world = World()
    await world.keep(JobKind.CANCEL_EVENT)
    await world.keep(JobKind.CANCEL_EVENT)
    assert world.calendar.cancelled == {"event-1"}


async def test_an_event_nobody_recorded_is_found_and_taken_out() -> None:
    world = World(event_id=None)
    await world.keep(JobKind.CANCEL_EVENT)
    assert world.calendar.cancelled == set()
    world.is_now(state=BookingState.NOTED)
    written = (await world.keep(JobKind.WRITE_EVENT)).written
    world.is_now(state=BookingState.CANCELLED)
    await world.keep(JobKind.CANCEL_EVENT)
    assert written
    assert world.calendar.cancelled == {written.event_id}


async def test_the_event_of_a_booking_that_stands_is_never_taken_out() -> None:
    world = World(state=BookingState.BOOKED)
    await world.keep(JobKind.CANCEL_EVENT, event="event-1")
    assert world.calendar.cancelled == set()


async def test_no_event_is_written_for_a_booking_given_up() -> None:
    world = World(event_id=None)
    done = await world.keep(JobKind.WRITE_EVENT)
    assert (done.written, done.follow_ups, world.calendar.drafts) == (None, (), {})


async def test_an_event_an_earlier_attempt_wrote_is_recorded_to_be_taken_out() -> None:
    world = World(event_id=None, state=BookingState.NOTED)
    first = await world.keep(JobKind.WRITE_EVENT)
    world.is_now(state=BookingState.CANCELLED)
    again = await world.keep(JobKind.WRITE_EVENT, attempts=2)
    assert again.written == first.written
    assert again.follow_ups == ()


async def test_what_an_earlier_attempt_sent_may_still_arrive_and_is_looked_for() -> None:
    world = World(event_id=None)
    done = await world.keep(JobKind.WRITE_EVENT, attempts=2)
    (later,) = done.follow_ups
    assert done.written is None
    assert (later.kind, later.run_at) == (JobKind.CANCEL_EVENT, NOW + LOOK_AGAIN_AFTER)


async def test_what_two_jobs_sent_elsewhere_is_looked_for_in_both_places() -> None:
    world = World(event_id=None)
    keys = set()
    for number in (1, 2):
        job = Job(number, JobKind.WRITE_EVENT, "key", {"booking": world.booking.id}, 2, "worker")
        (later,) = (await world.notices.handlers()[JobKind.WRITE_EVENT](job)).follow_ups
        keys.add(later.key)
    assert len(keys) == 2


@pytest.mark.parametrize("kind", [JobKind.SEND_CONFIRMATION, JobKind.TELL_BOOKED])
async def test_what_still_waited_to_be_said_of_the_booking_is_not_said(kind: str) -> None:
    world = World()
    await world.keep(kind)
    assert (world.mails, world.chats) == ([], [])


async def test_the_chat_is_told_once_also_when_it_had_been_told_booked() -> None:
    world = World()
    await mark_told(
        world.documents, replace(world.booking, state=BookingState.BOOKED), FixedClock(NOW)
    )
    await world.keep(JobKind.TELL_CANCELLED)
    await world.keep(JobKind.TELL_CANCELLED)
    (activity,) = world.chats
    assert "Termin abgesagt" in str(activity)


async def test_what_the_turn_said_the_notice_does_not_say_again() -> None:
    world = World()
    await mark_told(world.documents, world.booking, FixedClock(NOW))
    await world.keep(JobKind.TELL_CANCELLED)
    assert world.chats == []
