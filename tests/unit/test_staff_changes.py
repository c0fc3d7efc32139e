"""What is told after the staff changed an event in Outlook, in both languages."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from bot.cards import Links
from bot.notices import Notices
from bot.staff_changes import StaffChanges
from graph.mail import ics
from scheduling.booking import Booking, BookingState, CancelledBy, Customer
from scheduling.outbox import Job, JobKind
from scheduling.ports import Mail
from tests.builders import NOW, a_booking, a_business, some_details, span
from tests.fakes import Documents, FakeCalendar, FixedClock, InMemoryStore

CHAT = {"channel": "webchat", "conversation": "c1"}
WHERE = "2026-11-09T13:00:00+00:00"


class World:
    """A booking of eva's that the staff moved from ten to two."""

    def __init__(self, language: str = "de", **changes: object) -> None:
        self.mails: list[Mail] = []
        self.chats: list[dict[str, object]] = []
        self.store = InMemoryStore(FixedClock(NOW))
        customer = Customer("Eva Muster", "eva@example.test", language=language)
        old = a_booking(
            details=some_details(customer=customer, reply_to=CHAT), event_staff_id="anna"
        )
        moved = {
            "version": 2,
            "asked_version": 2,
            "span": span("14-14:30"),
            "busy": span("14-14:30"),
            "moved_from": old.span.start,
        }
        self.booking = self.store.put(replace(old, **moved | changes))
        shared = {
            "business": a_business(mail_from="office@example.test", language=language),
            "bookings": self.store,
            "documents": Documents(),
            "notifier": self,
            "senders": {"webchat": self.chat},
            "links": Links("https://book.example.test"),
            "clock": FixedClock(NOW),
        }
        notices = Notices(**shared, calendar=FakeCalendar(), write_ics=ics)
        changes_told = StaffChanges(**shared, ics=notices.ics)
        self.handlers = {**notices.handlers(), **changes_told.handlers()}

    async def send(self, mail: Mail) -> None:
        self.mails.append(mail)

    async def chat(self, reference: Mapping[str, str], activity: dict[str, object]) -> None:
        assert reference == CHAT
        self.chats.append(activity)

    async def keep(self, kind: JobKind, version: int = 2, **payload: str) -> None:
        payload = {"booking": self.booking.id, "version": str(version), **payload}
        await self.handlers[kind](Job(1, kind, "key", payload, 1, "me"))

    def put(self, **changes: object) -> Booking:
        return self.store.put(replace(self.booking, **changes))

    def card(self) -> str:
        (activity,) = self.chats
        return str(activity["attachments"])


@pytest.mark.parametrize(
    ("language", "title", "was", "new", "question"),
    [
        ("de", "Ihr Termin wurde verschoben", "10:00", "14:00", "Passt Ihnen das?"),
        ("en", "Your appointment was moved", "10:00", "2:00", "Does that suit you?"),
    ],
)
async def test_the_chat_asks_whether_the_new_time_suits(language, title, was, new, question):
    world = World(language)
    for _ in range(2):
        await world.keep(JobKind.TELL_STAFF_MOVED)
    card = world.card()
    for words in (title, was, new, question, world.booking.number):
        assert words in card
    verbs = ["booking.accept", "booking.ask_move", "booking.ask_cancel"]
    places = [card.index(f"'{verb}'") for verb in verbs]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("language", "title", "ask"),
    [
        ("de", "Ihr Termin wurde verschoben", "Passt Ihnen die neue Zeit?"),
        ("en", "Your appointment was moved", "Does the new time suit you?"),
    ],
)
async def test_the_mail_says_both_times_and_leads_to_the_booking(language, title, ask):
    world = World(language)
    await world.keep(JobKind.MAIL_STAFF_MOVED)
    (mail,) = world.mails
    assert mail.to_email == "eva@example.test"
    for words in (title, ask, "10:00", "https://book.example.test/manage"):
        assert words in mail.html
    (file,) = mail.attachments
    assert b"SEQUENCE:1" in file.content
    assert b"20261109T1" in file.content


@pytest.mark.parametrize(
    "changes",
    [
        {"asked_version": 0},
        {"version": 3},
        {"state": BookingState.CANCELLED, "cancelled_by": CancelledBy.CUSTOMER},
    ],
    ids=["answered", "moved again", "cancelled"],
)
async def test_what_is_no_longer_so_is_not_asked(changes):
    world = World()
    world.put(**changes)
    await world.keep(JobKind.TELL_STAFF_MOVED)
    await world.keep(JobKind.MAIL_STAFF_MOVED)
    assert (world.chats, world.mails) == ([], [])


@pytest.mark.parametrize("why", ["all_day", "overlap", "past", "too_long"])
@pytest.mark.parametrize("language", ["de", "en"])
async def test_the_staff_are_asked_about_what_cannot_be_followed(language, why):
    world = World(language, astray=f"{why} {WHERE}")
    end = "2026-11-09T14:00:00+00:00"
    await world.keep(JobKind.MAIL_ASTRAY, why=why, start=WHERE, end=end)
    (mail,) = world.mails
    assert mail.to_email == "anna@example.test"
    for words in ("Outlook", "Eva Muster", world.booking.number):
        assert words in mail.html
    assert world.chats == []


async def test_the_staff_are_not_asked_about_what_they_put_right():
    world = World(astray="")
    end = "2026-11-09T14:00:00+00:00"
    await world.keep(JobKind.MAIL_ASTRAY, why="past", start=WHERE, end=end)
    assert world.mails == []


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", "Leider mussten wir Ihren Termin absagen"),
        ("en", "we had to cancel your appointment"),
    ],
)
async def test_a_cancellation_by_the_staff_says_so_and_offers_other_times(language, words):
    world = World(language)
    world.put(state=BookingState.CANCELLED, cancelled_by=CancelledBy.STAFF, cancelled_at=NOW)
    await world.keep(JobKind.MAIL_CANCELLED)
    await world.keep(JobKind.TELL_CANCELLED)
    assert words in world.mails[0].html
    assert "https://book.example.test/book/advice" in world.mails[0].html
    assert words in world.card()
    assert "flow.book" in world.card()
