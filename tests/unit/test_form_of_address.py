"""A business that says du says it in every mail and every message it sends by itself."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from bot import pages
from bot.calendar_entries import event_draft
from bot.cards import Links
from bot.notices import Notices
from bot.reminders import Pace, Reminders
from bot.replays import Replays
from bot.staff_changes import StaffChanges
from graph.mail import ics
from scheduling.booking import Booking, BookingState, CancelledBy, Customer
from scheduling.catalog import FormOfAddress
from scheduling.outbox import Job, JobKind
from scheduling.ports import Mail
from scheduling.timespan import TimeSpan
from tests.address import INFORMAL, formal_in
from tests.builders import NOW, a_booking, a_business, a_service, some_details, span
from tests.fakes import Documents, FakeCalendar, FixedClock, InMemoryStore

DAY = timedelta(days=1)
CHAT = {"channel": "webchat", "conversation": "c1"}
MOVED = {"version": 2, "moved_from": span("9-9:30").start}
ASKED = MOVED | {"asked_version": 2}
GIVEN_UP = {
    "state": BookingState.CANCELLED,
    "cancelled_by": CancelledBy.STAFF,
    "cancelled_at": NOW,
}
CONFLICT = {"state": BookingState.NOTED, "event_id": None, "conflict_until": NOW}
DECLINED = {"state": BookingState.DECLINED, "event_id": None}
TOLD: list[tuple[JobKind, dict[str, object], str]] = [
    (JobKind.SEND_CONFIRMATION, {}, "Dein Termin ist gebucht."),
    (JobKind.TELL_BOOKED, {}, "Zum Absagen schreib"),
    (JobKind.MAIL_MOVED, MOVED, "Dein Termin ist verschoben."),
    (JobKind.TELL_MOVED, MOVED, "Zum Absagen schreib"),
    (JobKind.MAIL_CANCELLED, GIVEN_UP, "Leider mussten wir deinen Termin absagen."),
    (JobKind.TELL_CANCELLED, GIVEN_UP, "Leider mussten wir deinen Termin absagen."),
    (JobKind.TELL_OUTCOME, DECLINED, "Gern kannst du eine andere Zeit wählen."),
    (JobKind.MAIL_REMINDER, {}, "Erinnerung an deinen Termin"),
    (JobKind.TELL_REMINDER, {}, "Wir freuen uns auf dich."),
    (JobKind.MAIL_STAFF_MOVED, ASKED, "Passt dir die neue Zeit?"),
    (JobKind.TELL_STAFF_MOVED, ASKED, "Passt dir das?"),
    (JobKind.MAIL_CONFLICT, CONFLICT, "Bitte wähle bis"),
    (JobKind.MAIL_CONFLICT, CONFLICT | MOVED, "deshalb ist dein Termin nicht verschoben"),
    (JobKind.TELL_CONFLICT, CONFLICT, "Dein vorgemerkter Termin"),
]
each_kind = pytest.mark.parametrize(
    ("kind", "changes", "words"), TOLD, ids=[kind for kind, _, _ in TOLD]
)


async def _clear(_: Booking, __: object) -> bool:
    return True


async def _two_others(_: Booking) -> list[TimeSpan]:
    return [span("15-15:30"), span("16-16:30")]


class World:
    """A booking of eva's with a business that says du, and everything that is sent of it."""

    def __init__(self, language: str = "de", **changes: object) -> None:
        self.mails: list[Mail] = []
        self.chats: list[dict[str, object]] = []
        self.business = a_business(
            services=(a_service(reminders=(DAY,)),),
            mail_from="office@example.test",
            form_of_address=FormOfAddress.INFORMAL,
        )
        customer = Customer("Eva Muster", "eva@example.test", language=language)
        details = some_details(customer=customer, reply_to=CHAT)
        self.booking = replace(a_booking(details=details), **changes)
        clock = FixedClock(self.booking.span.start - DAY)
        store = InMemoryStore(clock)
        store.put(self.booking)
        told = {
            "business": self.business,
            "bookings": store,
            "documents": Documents(),
            "notifier": self,
            "senders": {"webchat": self.chat},
            "links": Links("https://book.example.test"),
            "clock": clock,
        }
        calendar = FakeCalendar()
        notices = Notices(**told, calendar=calendar, write_ics=ics)
        handlers = notices.handlers()
        looks = {"calendar": calendar, "is_clear": _clear, "times_near": _two_others}
        self.handlers = {
            **handlers,
            **Reminders(**told, pace=Pace()).handlers(),
            **StaffChanges(**told, ics=notices.ics).handlers(),
            **Replays(**told, **looks, events=handlers).handlers(),
        }

    async def send(self, mail: Mail) -> None:
        self.mails.append(mail)

    async def chat(self, _: Mapping[str, str], activity: dict[str, object]) -> None:
        self.chats.append(activity)

    async def told(self, kind: JobKind, **payload: str) -> str:
        """Keep the promise, and return all that was sent for it."""
        named = {"booking": self.booking.id, "version": str(self.booking.version)}
        payload = {**named, "reminder": "1440", **payload}
        await self.handlers[kind](Job(1, kind, "key", payload, 1, "worker"))
        mails = [f"{mail.subject} {mail.html}" for mail in self.mails]
        assert self.mails or self.chats
        return " ".join([*mails, *map(str, self.chats)])


@each_kind
async def test_whoever_is_addressed_as_du_reads_no_sie(
    kind: JobKind, changes: dict[str, object], words: str
) -> None:
    said = await World(**changes).told(kind)
    assert words in said
    assert formal_in(said) == []


@each_kind
async def test_english_customers_of_such_a_business_are_told_in_english(
    kind: JobKind, changes: dict[str, object], words: str
) -> None:
    said = await World("en", **changes).told(kind)
    assert words not in said
    assert INFORMAL.search(said) is None


async def test_a_mail_says_du_and_is_plain_german_for_readers_of_screens() -> None:
    said = await World().told(JobKind.SEND_CONFIRMATION)
    assert '<html lang="de">' in said
    assert "Hallo Eva Muster," in said
    assert "Viele Grüße" in said


async def test_a_conflict_names_other_times_with_the_words_to_write() -> None:
    said = await World(**CONFLICT).told(JobKind.TELL_CONFLICT)
    assert "Schreib „verschiebe meinen Termin auf“ und die Zeit, die dir passt." in said


def test_the_mail_with_a_code_says_du() -> None:
    world = World()
    subject, html = pages.code_mail(world.booking, world.business, "1234 5678")
    assert subject.startswith("Dein Code")
    assert "mit diesem Code zeigst du" in html
    assert formal_in(html) == []


def test_the_mail_about_a_declined_request_says_du() -> None:
    world = World(**DECLINED)
    _, html = pages.outcome_mail(world.booking, world.business, Links("https://b.example.test"))
    assert "Gern kannst du eine andere Zeit wählen." in html
    assert formal_in(html) == []


async def test_the_staff_of_such_a_business_are_addressed_formally() -> None:
    start, end = "2026-11-09T13:00:00+00:00", "2026-11-09T14:00:00+00:00"
    world = World(**MOVED, astray=f"past {start}")
    said = await world.told(JobKind.MAIL_ASTRAY, why="past", start=start, end=end)
    assert "Sie haben diesen Termin in Outlook" in said
    assert "Guten Tag" in said
    assert INFORMAL.search(said) is None


def test_the_event_of_the_staff_is_the_same_in_both_forms() -> None:
    world = World()
    formal = replace(world.business, form_of_address=FormOfAddress.FORMAL)
    assert event_draft(world.booking, world.business) == event_draft(world.booking, formal)
