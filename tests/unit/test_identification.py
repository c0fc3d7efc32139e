"""Number and mailed code: who does not fit learns nothing, a code works once, and few are sent."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.identification import (
    KIND,
    LASTS,
    MOST_ASKED,
    MOST_SENT,
    TRIES,
    Identification,
    TooOften,
    read_number,
)
from scheduling.booking import Booking, BookingState
from scheduling.outbox import Job, JobKind, Promise
from scheduling.ports import Mail
from tests.builders import NOW, a_booking, a_business
from tests.fakes import Documents, FixedClock, InMemoryStore

NUMBER, EMAIL = "B-7K4Q-2MXR", "eva@example.test"


class World:
    """eva's booking, and a queue whose promises are kept when a test says so."""

    def __init__(self, booking: Booking | None = None) -> None:
        self.mails: list[Mail] = []
        self.promises: list[Promise] = []
        self.clock, self.documents = FixedClock(NOW), Documents()
        self.store = InMemoryStore(self.clock)
        self.booking = self.store.put(booking or a_booking())
        self.business = a_business(mail_from="office@example.test")
        self.identification = Identification(
            business=self.business,
            bookings=self.store,
            documents=self.documents,
            queue=self,
            notifier=self,
            clock=self.clock,
            key=b"k" * 32,
        )

    async def enqueue(self, promise: Promise, _: object) -> None:
        self.promises.append(promise)

    async def send(self, mail: Mail) -> None:
        self.mails.append(mail)

    async def work(self) -> None:
        """Keep all promises, as the worker does."""
        while self.promises:
            promise = self.promises.pop(0)
            job = Job(1, promise.kind, promise.key, promise.payload, 1, "worker")
            await self.identification.handlers()[promise.kind](job)

    async def ask(self, asker: str = "page:1", email: str | None = EMAIL) -> str:
        """Ask, and return the code of the mail; empty where none was sent."""
        before = len(self.mails)
        await self.identification.ask(NUMBER, asker, email=email)
        await self.work()
        if len(self.mails) == before:
            return ""
        found = re.search(r"\d{4} \d{4}", self.mails[-1].html)
        assert found
        return found[0]


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("B-7K4Q-2MXR", NUMBER),
        (" b-7k4q-2mxr ", NUMBER),
        ("7K4Q 2MXR", NUMBER),
        ("b7k4q2mxr", NUMBER),
        ("B-7K4Q-2MX", ""),
        ("B-7K4Q-2MXR-1", ""),
        ("", ""),
        ("B-0000-1111", ""),
    ],
)
def test_a_number_is_read_as_people_type_it(words: str, number: str) -> None:
    assert read_number(words) == number


async def test_a_code_goes_to_the_address_of_the_booking_and_opens_it() -> None:
    world = World()
    code = await world.ask(email=" EVA@example.test")
    (mail,) = world.mails
    assert (mail.to_email, mail.sender_mailbox) == (EMAIL, "office@example.test")
    assert NUMBER in mail.subject
    assert await world.identification.take(code, "page:1") == world.booking


class MailDown(Exception):
    """The mail cannot be sent now."""


async def test_tries_that_failed_use_up_no_code() -> None:
    world = World()

    async def fail(_: Mail) -> None:
        raise MailDown

    send, world.send = world.send, fail  # type: ignore[method-assign]
    await world.identification.ask(NUMBER, "page:1", email=EMAIL)
    promise = world.promises[0]
    for _ in range(MOST_SENT + 1):
        world.promises = [promise]
        with pytest.raises(MailDown):
            await world.work()
    world.send = send  # type: ignore[method-assign]
    world.promises = [promise]
    await world.work()
    assert len(world.mails) == 1


async def test_the_code_stands_nowhere_but_in_the_mail() -> None:
    world = World()
    await world.identification.ask(NUMBER, "page:1", email=EMAIL)
    promise = world.promises[0]
    await world.work()
    found = re.search(r"(\d{4}) (\d{4})", world.mails[0].html)
    assert found
    kept = str(world.documents.kept) + str(promise)
    assert found[1] + found[2] not in kept
    assert EMAIL not in kept
    assert NUMBER not in kept


@pytest.mark.parametrize(
    ("number", "email"),
    [("B-2222-3333", EMAIL), (NUMBER, "bob@example.test"), (NUMBER, ""), ("nonsense", EMAIL)],
)
async def test_f43_who_does_not_fit_leaves_the_same_traces_and_gets_no_mail(
    number: str, email: str
) -> None:
    right, wrong = World(), World()
    await right.identification.ask(NUMBER, "page:1", email=EMAIL)
    await wrong.identification.ask(number, "page:1", email=email)
    assert [each.kind for each in wrong.promises] == [JobKind.MAIL_CODE]
    assert set(wrong.promises[0].payload) == set(right.promises[0].payload)
    assert list(wrong.documents.kept) == list(right.documents.kept)
    await wrong.work()
    assert wrong.mails == []
    assert await wrong.identification.take("0000 0000", "page:1") is None
    assert await wrong.identification.take("", "page:1") is None


@pytest.mark.parametrize("state", [BookingState.CANCELLED, BookingState.EXPIRED])
async def test_what_does_not_stand_any_more_gets_no_code(state: BookingState) -> None:
    assert await World(replace(a_booking(), state=state)).ask() == ""


async def test_a_code_works_once() -> None:
    world = World()
    code = await world.ask()
    assert await world.identification.take(code, "page:1") is not None
    assert await world.identification.take(code, "page:1") is None


async def test_a_code_is_for_who_asked_for_it() -> None:
    world = World()
    code = await world.ask()
    assert await world.identification.take(code, "page:2") is None
    assert await world.identification.take(code, "page:1") is not None


async def test_a_code_ends_after_ten_minutes() -> None:
    world = World()
    code = await world.ask()
    world.clock.advance(LASTS)
    assert await world.identification.take(code, "page:1") is None


async def test_a_new_code_takes_the_place_of_the_old_one() -> None:
    world = World()
    first = await world.ask()
    second = await world.ask()
    assert await world.identification.take(first, "page:1") is None
    assert await world.identification.take(second, "page:1") is not None


async def test_f43_after_five_wrong_tries_the_right_code_is_of_no_use() -> None:
    world = World()
    code = await world.ask()
    wrong = "1111 1111" if code != "1111 1111" else "2222 2222"
    for _ in range(TRIES):
        assert await world.identification.take(wrong, "page:1") is None
    assert await world.identification.take(code, "page:1") is None


async def test_f43_one_visitor_asks_for_a_few_codes_only() -> None:
    world = World()
    for _ in range(MOST_ASKED):
        await world.identification.ask("B-2222-3333", "page:1", email=EMAIL)
    with pytest.raises(TooOften):
        await world.identification.ask("B-2222-3333", "page:1", email=EMAIL)
    await world.identification.ask("B-2222-3333", "page:2", email=EMAIL)


async def test_f43_one_customer_gets_a_few_codes_an_hour_whoever_asks() -> None:
    world = World()
    for each in range(MOST_SENT):
        assert await world.ask(f"page:{each}")
    assert await world.ask("page:x") == ""
    world.clock.advance(timedelta(hours=1))
    assert await world.ask("page:y")


async def test_a_promise_that_is_late_or_overtaken_sends_nothing() -> None:
    world = World()
    await world.identification.ask(NUMBER, "page:1", email=EMAIL)
    await world.identification.ask(NUMBER, "page:1", email=EMAIL)
    await world.work()
    assert len(world.mails) == 1
    await world.identification.ask(NUMBER, "page:1", email=EMAIL)
    world.clock.advance(LASTS)
    await world.work()
    assert len(world.mails) == 1


async def test_a_booking_given_up_meanwhile_is_not_opened() -> None:
    world = World()
    code = await world.ask()
    world.store.put(replace(world.booking, state=BookingState.CANCELLED))
    assert await world.identification.take(code, "page:1") is None


async def test_without_a_mail_address_the_number_is_enough_to_ask() -> None:
    world = World()
    code = await world.ask("webchat:1", None)
    assert world.mails[0].to_email == EMAIL
    assert await world.identification.take(code, "webchat:1") == world.booking
    assert {kind for kind, _ in world.documents.kept} >= {KIND}
