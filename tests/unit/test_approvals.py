"""The promises of requests: the staff are asked over a secret link, the customer is told."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.approvals import KIND, Approvals, DecisionTokens
from bot.cards import Links
from bot.notices import Notices
from scheduling.booking import Booking, BookingState, Customer
from scheduling.catalog import LocalText, Question
from scheduling.desk import Desk
from scheduling.errors import TransitionRefused, UnknownBooking
from scheduling.outbox import Job, JobKind
from scheduling.ports import Mail
from tests.builders import NOW, a_booking, a_business, a_service, some_details
from tests.fakes import Documents, FakeCalendar, FixedClock, InMemoryStore

HOUR = timedelta(hours=1)
HOSTILE = 'Eva <img src=x onerror=alert(1)> {{ 7*7 }} "Muster"'


class World:
    """One request of eva's for anna, and everything that is sent."""

    def __init__(self, **details: object) -> None:
        self.mails: list[Mail] = []
        self.chats: list[tuple[Mapping[str, str], dict[str, object]]] = []
        self.clock, self.documents = FixedClock(NOW), Documents()
        self.store = InMemoryStore(self.clock)
        service = a_service(
            approval=HOUR, questions=(Question("topic", LocalText(de="Thema", en="Topic")),)
        )
        self.business = a_business(
            services=(service,), mail_from="office@example.test", phone="+49 228 1234"
        )
        self.desk = Desk(self.business, FakeCalendar(), self.store, self.clock)
        self.tokens = DecisionTokens(self.documents, self.clock)
        links = Links("https://book.example.test")
        self.booking = self.store.put(
            replace(
                a_booking(),
                state=BookingState.REQUESTED,
                decide_until=NOW + HOUR,
                event_id=None,
                details=some_details(**details),
            )
        )
        approvals = Approvals(
            business=self.business,
            bookings=self.store,
            expire=self.desk.expire,
            tokens=self.tokens,
            notifier=self,
            links=links,
        )
        notices = Notices(
            business=self.business,
            bookings=self.store,
            documents=self.documents,
            calendar=FakeCalendar(),
            notifier=self,
            write_ics=lambda _: b"",
            senders={"webchat": self.chat},
            links=links,
            clock=self.clock,
        )
        self.handlers = {**notices.handlers(), **approvals.handlers()}

    async def send(self, mail: Mail) -> None:
        self.mails.append(mail)

    async def chat(self, reference: Mapping[str, str], activity: dict[str, object]) -> None:
        self.chats.append((reference, activity))

    async def keep(self, kind: str) -> None:
        job = Job(1, kind, "key", {"booking": self.booking.id}, 1, "worker")
        await self.handlers[kind](job)

    def is_now(self, state: BookingState) -> Booking:
        return self.store.put(replace(self.booking, state=state))

    def token(self) -> str:
        found = re.search(
            r'href="https://book.example.test/requests/([^"]+)"', self.mails[-1].html
        )
        assert found
        return found[1]


def told(**details: object) -> World:
    return World(reply_to={"channel": "webchat", "conversation": "c1"}, **details)


async def test_the_staff_member_is_asked_with_all_that_matters() -> None:
    world = World(
        customer=Customer("Eva Muster", "eva@example.test", "+49228999"),
        answers={"topic": "Rente"},
        note="Bitte leise",
    )
    await world.keep(JobKind.ASK_STAFF)
    (mail,) = world.mails
    assert (mail.to_email, mail.sender_mailbox) == ("anna@example.test", "office@example.test")
    assert mail.subject.startswith("Bitte entscheiden: Beratung am ")
    said = ("Montag, 9. November 2026", "10:00–10:30 Uhr", "Eva Muster", "eva@example.test")
    more = ("+49228999", "Rente", "Bitte leise", world.booking.number, "Mo., 9. Nov., 08:00 Uhr")
    assert [words for words in (*said, *more) if words not in mail.html] == []


async def test_what_a_customer_wrote_is_text_in_the_mail() -> None:
    world = World(customer=Customer(HOSTILE, "eva@example.test"), note=HOSTILE)
    await world.keep(JobKind.ASK_STAFF)
    assert "<img" not in world.mails[0].html
    assert "{{ 7*7 }}" in world.mails[0].html


async def test_the_link_leads_to_the_booking_and_is_kept_only_as_a_digest() -> None:
    world = World()
    await world.keep(JobKind.ASK_STAFF)
    token = world.token()
    assert await world.tokens.booking_id(token) == world.booking.id
    secret = token.removeprefix(world.booking.id)
    assert len(secret) == 43
    assert secret not in str(world.documents.kept)


async def test_a_mail_that_is_sent_again_has_a_link_that_works() -> None:
    world = World()
    await world.keep(JobKind.ASK_STAFF)
    first = world.token()
    await world.keep(JobKind.ASK_STAFF)
    assert await world.tokens.booking_id(world.token()) == world.booking.id
    with pytest.raises(UnknownBooking):
        await world.tokens.booking_id(first)
    assert [kind for kind, _ in world.documents.kept] == [KIND]


async def test_a_guessed_link_leads_nowhere() -> None:
    world = World()
    unasked = f"{world.booking.id}{'A' * 43}"
    with pytest.raises(UnknownBooking):
        await world.tokens.booking_id(unasked)
    await world.keep(JobKind.ASK_STAFF)
    for guess in ("", "x", unasked, world.token()[:-1], world.token() + "\n"):
        with pytest.raises(UnknownBooking):
            await world.tokens.booking_id(guess)


async def test_nobody_is_asked_about_what_is_decided() -> None:
    world = World()
    world.is_now(BookingState.DECLINED)
    await world.keep(JobKind.ASK_STAFF)
    assert world.mails == []


async def test_a_request_expires_when_its_time_is_over() -> None:
    world = World()
    world.clock.advance(HOUR)
    await world.keep(JobKind.EXPIRE_REQUEST)
    assert world.store.states() == [BookingState.EXPIRED]
    assert {p.kind for p in world.store.promises} == {JobKind.MAIL_OUTCOME, JobKind.TELL_OUTCOME}


async def test_a_request_that_was_answered_does_not_expire() -> None:
    world = World()
    world.is_now(BookingState.NOTED)
    world.clock.advance(HOUR)
    await world.keep(JobKind.EXPIRE_REQUEST)
    assert world.store.states() == [BookingState.NOTED]


async def test_an_answer_of_the_last_moment_wins_over_the_end() -> None:
    world = World()

    async def answered_meanwhile(_: str) -> Booking:
        raise TransitionRefused

    approvals = Approvals(
        business=world.business,
        bookings=world.store,
        expire=answered_meanwhile,
        tokens=world.tokens,
        notifier=world,
        links=Links("https://book.example.test"),
    )
    job = Job(1, JobKind.EXPIRE_REQUEST, "key", {"booking": world.booking.id}, 1, "worker")
    assert (await approvals.handlers()[JobKind.EXPIRE_REQUEST](job)).follow_ups == ()


@pytest.mark.parametrize(
    ("state", "language", "subject"),
    [
        (BookingState.DECLINED, "de", "Anfrage abgelehnt: Beratung am "),
        (BookingState.DECLINED, "en", "Request declined: Advice, "),
        (BookingState.EXPIRED, "de", "Anfrage abgelaufen: Beratung am "),
        (BookingState.EXPIRED, "en", "Request expired: Advice, "),
    ],
)
async def test_the_customer_is_mailed_the_outcome_and_where_other_times_are(
    state: BookingState, language: str, subject: str
) -> None:
    world = World(customer=Customer("Eva", "eva@example.test", language=language))
    world.is_now(state)
    await world.keep(JobKind.MAIL_OUTCOME)
    (mail,) = world.mails
    assert (mail.to_email, mail.attachments) == ("eva@example.test", ())
    assert mail.subject.startswith(subject)
    assert {"de": "Es ist nichts gebucht.", "en": "Nothing is booked."}[language] in mail.html
    assert 'href="https://book.example.test/book/advice"' in mail.html
    assert "+49 228 1234" in mail.html


async def test_the_chat_is_told_the_outcome_once() -> None:
    world = told()
    world.is_now(BookingState.DECLINED)
    await world.keep(JobKind.TELL_OUTCOME)
    await world.keep(JobKind.TELL_OUTCOME)
    ((reference, activity),) = world.chats
    assert reference["conversation"] == "c1"
    assert "Anfrage abgelehnt" in str(activity)


async def test_who_asked_on_the_page_is_told_by_mail_alone() -> None:
    world = World(reply_to={"channel": "page"})
    world.is_now(BookingState.DECLINED)
    await world.keep(JobKind.TELL_OUTCOME)
    assert world.chats == []
