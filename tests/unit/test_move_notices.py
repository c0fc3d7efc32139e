"""What a move becomes outside the chat: the event, the mail, the notice, and what is not said."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from bot.cards import Links
from bot.events import LOOK_AGAIN_AFTER, TELL_AFTER, Done
from bot.notices import Notices
from bot.turn import mark_told
from graph.mail import ics
from scheduling.booking import Booking, BookingState, CancelledBy, Customer
from scheduling.outbox import Job, JobKind
from scheduling.ports import EventDraft, Mail
from tests.builders import NOW, a_booking, a_business, some_details, span
from tests.fakes import Documents, FakeCalendar, FixedClock, InMemoryStore

CHAT = {"channel": "webchat", "conversation": "c1"}
ANNA, BERND = "anna@example.test", "bernd@example.test"


class Outlook(FakeCalendar):
    """`meanwhile` happens while an event is being written or changed."""

    meanwhile = None

    def __init__(self) -> None:
        super().__init__()
        self.comments: list[str] = []

    async def update_event(self, event_id: str, draft: EventDraft):
        happens, self.meanwhile = self.meanwhile, None
        if happens:
            happens()
        return await super().update_event(event_id, draft)

    async def write_event(self, draft: EventDraft, *, again: bool = False):
        happens, self.meanwhile = self.meanwhile, None
        if happens:
            happens()
        event_id = f"event-{draft.mailbox}-{draft.version}"
        self.drafts.setdefault(event_id, draft)
        return self._read(event_id)

    async def find_event(self, draft: EventDraft):
        theirs = [
            event_id
            for event_id, each in self.drafts.items()
            if (each.booking_id, each.mailbox) == (draft.booking_id, draft.mailbox)
            and event_id not in self.cancelled
        ]
        return self._read(theirs[0]) if theirs else None

    async def cancel_event(self, mailbox: str, event_id: str, comment: str) -> None:
        self.comments.append(comment)
        await super().cancel_event(mailbox, event_id, comment)

    def standing(self) -> dict[str, str]:
        """Mailbox -> start of what stands there, as in Berlin."""
        return {
            f"{draft.mailbox}": f"{draft.span.start:%H:%M}"
            for event_id, draft in self.drafts.items()
            if event_id not in self.cancelled
        }


class World:
    """A booking of eva's, moved from ten to two, whose event still stands at ten."""

    def __init__(self, **changes: object) -> None:
        self.mails: list[Mail] = []
        self.chats: list[dict[str, object]] = []
        self.clock, self.documents, self.calendar = FixedClock(NOW), Documents(), Outlook()
        self.store = InMemoryStore(self.clock)
        old = a_booking(details=some_details(reply_to=CHAT), event_staff_id="anna")
        self.calendar.drafts["event-1"] = EventDraft(old.id, 1, ANNA, old.span, "UTC", "", "", "")
        moved = {
            "state": BookingState.NOTED,
            "version": 2,
            "span": span("14-14:30"),
            "busy": span("14-14:30"),
            "moved_from": old.span.start,
        }
        self.booking = self.store.put(replace(old, **moved | changes))
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

    async def keep(self, kind: str, attempts: int = 1, version: int = 2, **payload: str) -> Done:
        named = {"booking": self.booking.id, "version": str(version), **payload}
        return await self.notices.handlers()[kind](Job(1, kind, "key", named, attempts, "worker"))

    def is_now(self, **changes: object) -> Booking:
        self.booking = self.store.put(replace(self.booking, **changes))
        return self.booking


async def test_the_same_event_is_moved_and_told_of_once_it_was_read_back() -> None:
    world = World()
    done = await world.keep(JobKind.MOVE_EVENT)
    assert world.calendar.standing() == {ANNA: "13:00"}
    assert done.written is not None
    assert (done.written.event_id, done.written.version) == ("event-1", 2)
    assert done.written.span == span("14-14:30")
    assert [promise.key for promise in done.follow_ups] == [
        f"moved_mail:{world.booking.id}:2",
        f"moved_tell:{world.booking.id}:2",
    ]
    assert done.follow_ups[1].run_at == NOW + TELL_AFTER


async def test_in_another_calendar_it_is_written_anew_before_the_old_one_goes() -> None:
    world = World(staff_id="bernd")
    done = await world.keep(JobKind.MOVE_EVENT)
    assert world.calendar.standing() == {ANNA: "09:00", BERND: "13:00"}
    assert done.written is not None
    assert done.written.staff_id == "bernd"


async def test_the_old_event_of_a_booking_that_stands_is_taken_out_by_name() -> None:
    world = World(staff_id="bernd", event_id="event-2", event_staff_id="bernd")
    await world.keep(JobKind.CANCEL_EVENT, event="event-1", staff="anna")
    assert world.calendar.cancelled == {"event-1"}


@pytest.mark.parametrize(
    ("changes", "staff", "says"),
    [
        ({"staff_id": "bernd", "event_staff_id": "bernd"}, "anna", "anderen Kalender"),
        ({}, "anna", "stand doppelt"),
        ({"state": BookingState.CANCELLED}, "anna", "abgesagt"),
    ],
)
async def test_who_was_invited_hears_why_an_event_is_taken_out(changes, staff, says) -> None:
    world = World(**{"state": BookingState.BOOKED, "event_id": "event-2", **changes})
    await world.keep(JobKind.CANCEL_EVENT, event="event-1", staff=staff)
    (comment,) = world.calendar.comments
    assert says in comment
    assert world.booking.number in comment


async def test_the_event_that_stands_for_the_booking_is_never_taken_out() -> None:
    world = World()
    await world.keep(JobKind.CANCEL_EVENT, event="event-1", staff="anna")
    await world.keep(JobKind.CANCEL_EVENT)
    assert world.calendar.cancelled == set()


async def test_an_event_that_the_staff_took_out_is_written_anew_at_the_new_time() -> None:
    world = World()
    world.calendar.cancelled.add("event-1")
    done = await world.keep(JobKind.MOVE_EVENT)
    assert done.written is not None
    # another version: Outlook must not bring back the one that is gone
    assert done.written.event_id == f"event-{ANNA}-2"
    assert world.calendar.standing() == {ANNA: "13:00"}


async def test_a_booking_whose_event_was_never_written_gets_it_at_the_new_time() -> None:
    world = World(event_id=None, event_staff_id="")
    world.calendar.drafts.clear()
    done = await world.keep(JobKind.MOVE_EVENT)
    assert done.written is not None
    # the first writing, still on its way, is answered with this one
    assert done.written.event_id == f"event-{ANNA}-1"


async def test_an_event_that_nobody_recorded_is_found_and_moved() -> None:
    world = World(event_id=None, event_staff_id="")
    done = await world.keep(JobKind.MOVE_EVENT)
    assert done.written is not None
    assert done.written.event_id == "event-1"
    assert world.calendar.standing() == {ANNA: "13:00"}


async def test_a_job_of_an_earlier_move_does_nothing() -> None:
    world = World(version=3)
    assert await world.keep(JobKind.MOVE_EVENT, version=2) == Done()
    assert world.calendar.standing() == {ANNA: "09:00"}


async def test_a_job_of_an_earlier_move_that_was_begun_ends_with_the_time_of_now() -> None:
    world = World(version=3)
    done = await world.keep(JobKind.MOVE_EVENT, 2, version=2)
    assert done.written is not None
    assert done.written.version == 3
    assert world.calendar.standing() == {ANNA: "13:00"}


async def test_a_booking_moved_again_meanwhile_is_followed() -> None:
    world = World()
    new = {"version": 3, "span": span("16-16:30"), "busy": span("16-16:30")}
    world.calendar.meanwhile = lambda: world.is_now(**new)
    done = await world.keep(JobKind.MOVE_EVENT)
    assert world.calendar.standing() == {ANNA: "15:00"}
    assert done.written is not None
    assert done.written.version == 3


async def test_moved_on_to_somebody_else_meanwhile_no_event_is_left_behind() -> None:
    world = World(staff_id="bernd")
    world.calendar.meanwhile = lambda: world.is_now(version=3, staff_id="anna")
    await world.keep(JobKind.MOVE_EVENT)
    assert world.calendar.standing() == {ANNA: "13:00"}


async def test_a_booking_given_up_meanwhile_has_its_event_taken_out_at_once() -> None:
    world = World()
    gone = {"state": BookingState.CANCELLED, "cancelled_by": CancelledBy.CUSTOMER}
    world.calendar.meanwhile = lambda: world.is_now(**gone)
    done = await world.keep(JobKind.MOVE_EVENT)
    assert world.calendar.standing() == {}
    assert done.follow_ups == ()


async def test_a_booking_given_up_before_is_not_moved() -> None:
    world = World(state=BookingState.CANCELLED)
    assert await world.keep(JobKind.MOVE_EVENT) == Done()
    assert world.calendar.standing() == {ANNA: "09:00"}


async def test_the_first_writing_of_a_moved_booking_is_left_to_the_move() -> None:
    world = World(event_id=None, event_staff_id="")
    world.calendar.drafts.clear()
    assert await world.keep(JobKind.WRITE_EVENT, version=1) == Done()
    assert world.calendar.standing() == {}


async def test_what_the_first_writing_left_with_somebody_else_is_looked_for() -> None:
    world = World(staff_id="bernd", event_id=None, event_staff_id="")
    done = await world.keep(JobKind.WRITE_EVENT, 2, version=1, staff="anna")
    (promise,) = done.follow_ups
    assert promise.run_at == NOW + LOOK_AGAIN_AFTER
    await world.keep(JobKind.CANCEL_EVENT, staff="anna")
    assert world.calendar.cancelled == {"event-1"}


async def test_a_move_to_somebody_else_while_it_is_written_leaves_nothing_behind() -> None:
    world = World(version=1, event_id=None, event_staff_id="", moved_from=None)
    world.calendar.drafts.clear()
    world.calendar.meanwhile = lambda: world.is_now(version=2, staff_id="bernd")
    done = await world.keep(JobKind.WRITE_EVENT, version=1)
    assert world.calendar.standing() == {}
    assert done.follow_ups == ()


async def test_the_mail_says_from_when_to_when_and_moves_the_customers_entry() -> None:
    world = World(state=BookingState.BOOKED)
    await world.keep(JobKind.MAIL_MOVED)
    (mail,) = world.mails
    assert mail.subject.startswith("Termin verschoben: Beratung am ")
    assert "14:00" in mail.html
    assert "Bisher: Mo., 9. Nov., 10:00 Uhr" in mail.html
    (file,) = mail.attachments
    lines = file.content.decode().split("\r\n")
    assert {"METHOD:PUBLISH", "STATUS:CONFIRMED", "SEQUENCE:1"} <= set(lines)
    assert f"UID:{world.booking.id}@terminbot" in lines


async def test_the_entry_of_a_moved_booking_that_is_cancelled_counts_on() -> None:
    world = World(state=BookingState.CANCELLED)
    assert b"SEQUENCE:2" in world.notices.ics(world.booking)


async def test_the_mail_is_in_the_customers_language() -> None:
    customer = Customer("Eva", "eva@example.test", language="en")
    world = World(state=BookingState.BOOKED, details=some_details(customer=customer))
    await world.keep(JobKind.MAIL_MOVED)
    assert world.mails[0].subject.startswith("Appointment moved: Advice, ")


@pytest.mark.parametrize(
    "kind",
    [
        JobKind.MAIL_MOVED,
        JobKind.TELL_MOVED,
        JobKind.SEND_CONFIRMATION,
        JobKind.TELL_BOOKED,
    ],
)
@pytest.mark.parametrize("changes", [{"version": 3}, {"state": BookingState.CANCELLED}])
async def test_nothing_is_told_of_a_time_that_no_longer_holds(kind, changes) -> None:
    world = World(**{"state": BookingState.BOOKED, **changes})
    await world.keep(kind)
    assert (world.mails, world.chats) == ([], [])


async def test_the_chat_is_told_once_of_each_move_with_the_time_before() -> None:
    world = World(state=BookingState.BOOKED)
    await mark_told(world.documents, replace(world.booking, version=1), world.clock)
    await world.keep(JobKind.TELL_MOVED)
    await world.keep(JobKind.TELL_MOVED)
    (activity,) = world.chats
    assert "Termin verschoben" in str(activity["speak"])
    assert "Bisher: Mo., 9. Nov., 10:00 Uhr" in str(activity["speak"])


async def test_before_it_was_read_back_the_new_time_is_only_noted() -> None:
    world = World()
    await world.keep(JobKind.TELL_MOVED)
    assert "Neue Zeit vorgemerkt" in str(world.chats[0]["speak"])
    assert "verschoben" not in str(world.chats[0]["speak"])
