"""A customer is erased: no plain byte of them is left, and the chain of facts is whole."""

import json
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from scheduling.booking import BookingState, CancelledBy, Customer
from scheduling.errors import ErasureRefused
from scheduling.outbox import JobKind, Promise
from scheduling.ports import WrittenEvent
from scheduling.store import backup, open_store
from scheduling.store.erase_list import ERASED, marks_in, note
from tests.contract.store_world import (
    DATABASES,
    EVA,
    MINUTE,
    NOW,
    SetClock,
    a_keeper,
    a_request,
    address_of,
    rows_of,
    url_of,
)
from tests.contract.test_store_ledger import entries_of

LATER = NOW + timedelta(days=30)
"""After all bookings of these tests."""
CHAT = "19:canary-conversation@thread"
USER = "29:canary-user-of-teams"
CANARY = replace(
    EVA,
    customer=Customer("Kanari Vogel", "kanari@vogel.example", "+4930555777"),
    note="canary in the note",
    answers={"size": "canary in an answer"},
    reply_to={"channel": "msteams", "conversation": CHAT, "user_id": USER},
)
PLANTED = (
    *("Kanari", "kanari@vogel", "4930555777", "canary", CHAT, USER, "Vogel"),
    # the same as JSON may write it
    "Kan\\u0061ri",
)
TABLES = ("bookings", "claims", "outbox", "documents", "log_entries", "ledger", "customer_keys")
BEN = replace(
    EVA,
    customer=Customer("Ben Roth", "ben@example.org", "+493011111"),
    reply_to={"channel": "webchat", "conversation": "chat-of-ben"},
)
OWNER, BENS = f"msteams:{CHAT}", "webchat:chat-of-ben"


class World:
    def __init__(self, store, path, clock):
        self.store, self.path, self.clock = store, path, clock
        self.folder = path / "audit"

    async def booked(self, details, owner, minutes):
        held = await self.store.bookings.hold(a_request(minutes, owner=owner), NOW)
        promise = Promise(JobKind.WRITE_EVENT, f"write:{held.id}", {"booking": held.id})
        booking = await self.store.bookings.confirm(held.id, owner, details, [promise], NOW)
        (job,) = await self.store.queue.claim(1, MINUTE, NOW)
        event = WrittenEvent(f"event-{held.id}", held.id, held.span, f"https://teams/{owner}")
        await self.store.queue.complete(job, NOW, written=event)
        return booking

    async def owes_a_mail(self, booking):
        payload = {"booking": booking.id}
        promise = Promise(JobKind.SEND_CONFIRMATION, f"mail:{booking.id}", payload)
        await self.store.queue.enqueue(promise, NOW)

    async def told(self, kind, key, body):
        await self.store.documents.write(kind, key, body, 0, NOW)

    async def erase(self, who="kanari@vogel.example"):
        return await self.store.erasure.erase(who, self.folder)

    def rows(self, statement):
        return [tuple(row) for row in rows_of(address_of(self.store), statement)]

    def left(self):
        """Every planted word that stands in any file of this store, or in any row on a server."""
        if not hasattr(self.store.database, "path"):
            told = "".join(f"{row}" for table in TABLES for row in self.rows(f"TABLE {table}"))
            return {word for word in PLANTED if word.lower() in told.lower()}
        files = [file for file in self.path.rglob("*") if file.is_file()]
        return {
            (word, file.name)
            for file in files
            for word in PLANTED
            for wanted in (word.encode(), word.encode("utf-16-le"))
            if wanted.lower() in file.read_bytes().lower()
        }


@pytest.fixture
async def in_a_file(tmp_path):
    async with two_customers("sqlite", tmp_path) as world:
        yield world


@pytest.fixture(params=DATABASES)
async def world(request, tmp_path):
    async with two_customers(request.param, tmp_path) as world:
        yield world


@asynccontextmanager
async def two_customers(kind, tmp_path):
    """Two customers whose bookings are over, with all that they left."""
    clock = SetClock()
    async with a_keeper(kind, tmp_path, clock) as store:
        world = World(store, tmp_path, clock)
        if kind == "sqlite":
            # some builds of SQLite write zeros over what is deleted, most do not
            off = "PRAGMA secure_delete = OFF"
            await store.database.write(lambda c: c.exec_driver_sql(off).scalar())
        await store.bookings.hold(a_request(600, owner=OWNER), NOW)
        for booking in (await world.booked(BEN, BENS, 60), await world.booked(CANARY, OWNER, 0)):
            await world.owes_a_mail(booking)
        for n in range(3):
            body = {"name": "Kanari Vogel", "email": "kanari@vogel.example", "note": f"canary {n}"}
            await store.documents.write("draft", OWNER, body, n, NOW)
        await world.told("draft", BENS, {"name": "Ben Roth", "email": "ben@example.org"})
        await world.told("inbox", "a" * 64, {"answer": ["Danke, Kanari Vogel!"]})
        await world.told("reference", OWNER, {"conversation": CHAT, "user_id": USER})
        await world.told("chat", CHAT, {"user": USER})
        await world.told("outage", "1", {"seen": ["kanari@vogel.example", "another"]})
        await store.documents.append(f"chat:{CHAT}", {"text": "I am Kanari, a canary"}, NOW)
        await store.documents.append("chat:chat-of-ben", {"text": "I am Ben"}, NOW)
        code = Promise("mail_code", "code:1", {"to": "kanari@vogel.example"})
        await store.queue.enqueue(code, NOW)
        clock.moment = LATER
        await store.bookings.release_hold("unknown", OWNER, LATER)
        yield world


async def gone(world):
    """Let the hold of the canary be over, as any next booking would."""
    await world.store.bookings.hold(a_request(600, owner=BENS, until=LATER + MINUTE), LATER)


async def test_not_one_plain_byte_is_left_in_any_file(world):
    await gone(world)
    assert world.left()
    await world.erase()
    assert world.left() == set()


async def test_the_chain_is_whole_and_says_that_something_was_erased(world):
    (booking,) = (await world.store.erasure.find("kanari@vogel.example")).bookings
    await world.erase()
    assert (await world.store.ledger.verify(())).flaws == ()
    assert [e.kind for e in entries_of(world.store, booking.id)][-1] == "erased"


async def test_the_key_to_what_the_chain_keeps_is_gone(world):
    assert len(world.rows("SELECT 1 FROM customer_keys")) == 2
    await world.erase()
    assert len(world.rows("SELECT 1 FROM customer_keys")) == 1


async def test_others_keep_what_is_theirs(world):
    await world.erase()
    ben = await world.store.erasure.find("ben@example.org")
    assert [b.details for b in ben.bookings] == [BEN]
    assert (ben.documents, ben.logs) == ((("draft", BENS),), ("chat:chat-of-ben",))
    assert len(ben.pseudonyms) == 1


async def test_whose_address_ends_like_theirs_keeps_what_is_their_own(in_a_file):
    world = in_a_file
    documents, jobs = world.store.documents, "SELECT state FROM outbox WHERE key = 'code:2'"
    await world.told("draft", "webchat:b", {"email": "okanari@vogel.example"})
    await documents.append("chat:b", {"text": "okanari@vogel.example"}, NOW)
    theirs = Promise("mail_code", "code:2", {"to": "okanari@vogel.example"})
    await world.store.queue.enqueue(theirs, NOW)
    await world.erase()
    assert (await documents.read("draft", "webchat:b")).version
    assert await documents.last("chat:b")
    assert world.rows(jobs) == [("waiting",)]


async def test_another_chat_in_which_they_asked_for_the_booking_goes_too(in_a_file):
    world = in_a_file
    documents = world.store.documents
    (booking,) = (await world.store.erasure.find("kanari@vogel.example")).bookings
    asked = f"Please move {booking.number.lower()}, my knee hurts"
    await documents.append("chat:d", {"text": asked}, NOW)
    await world.told("inbox", "b" * 64, {"answer": [asked]})
    await world.told("code", "c" * 64, {"booking": booking.id})
    await world.told("outage", "2", {"booking": booking.id})
    await world.erase()
    assert not await documents.last("chat:d")
    assert not (await documents.read("inbox", "b" * 64)).version
    assert not (await documents.read("code", "c" * 64)).version
    assert (await documents.read("outage", "2")).body == {"booking": booking.id}


async def test_an_address_after_a_line_break_is_found(in_a_file):
    world = in_a_file
    await world.store.documents.append("chat:c", {"text": "an:\nkanari@vogel.example"}, NOW)
    await world.erase()
    assert not await world.store.documents.last("chat:c")


async def test_the_booking_itself_stays_with_its_time_and_number(world):
    (before,) = (await world.store.erasure.find("kanari@vogel.example")).bookings
    await world.erase()
    after = await world.store.bookings.booking_by_number(before.number)
    assert (after.span, after.state, after.details) == (before.span, BookingState.BOOKED, None)


async def test_what_only_mentions_them_keeps_the_rest(world):
    await world.erase()
    kept = await world.store.documents.read("outage", "1")
    assert kept.body == {"seen": ["", "another"]}


async def test_the_event_of_a_past_booking_is_emptied_by_a_promise(world):
    await world.erase()
    kinds = world.rows("SELECT kind, state FROM outbox WHERE state = 'waiting'")
    assert sorted(kinds) == [("erase_event", "waiting"), ("send_confirmation", "waiting")]


async def test_a_number_finds_the_same_person_as_the_address(world):
    by_address = await world.store.erasure.find(" KANARI@vogel.example ")
    by_number = await world.store.erasure.find(by_address.bookings[0].number.lower())
    assert by_number.marks() == by_address.marks()


async def test_looking_changes_nothing(in_a_file):
    world = in_a_file
    before = world.store.database.path.read_bytes()
    await world.store.erasure.find("kanari@vogel.example")
    assert world.store.database.path.read_bytes() == before


async def test_what_is_to_come_must_be_cancelled_first(world):
    world.clock.moment = NOW
    (booking,) = (await world.store.erasure.find("kanari@vogel.example")).bookings
    with pytest.raises(ErasureRefused, match=booking.number):
        await world.erase()
    assert not (world.folder / ERASED).exists()
    assert (await world.store.bookings.booking(booking.id)).details == CANARY


async def test_outlook_must_be_told_of_the_cancelling_first(world):
    world.clock.moment = NOW
    (booking,) = (await world.store.erasure.find("kanari@vogel.example")).bookings
    taking_out = Promise(JobKind.CANCEL_EVENT, "cancel:1", {"booking": booking.id})
    by = CancelledBy.CUSTOMER
    await world.store.bookings.cancel(booking.id, OWNER, by, [taking_out], NOW)
    with pytest.raises(ErasureRefused, match="cancel_event"):
        await world.erase()
    jobs = await world.store.queue.claim(9, MINUTE, NOW)
    (job,) = (job for job in jobs if job.kind == JobKind.CANCEL_EVENT)
    await world.store.queue.complete(job, NOW)
    assert (await world.erase()).bookings


async def test_erasing_twice_finds_nothing(world):
    await gone(world)
    await world.erase()
    assert (await world.erase()).is_nothing


async def test_a_restored_backup_is_erased_again(in_a_file, tmp_path):
    world = in_a_file
    await gone(world)
    file, folder = tmp_path.with_name("backup.zip"), tmp_path.with_name("restored")
    await backup.make(url_of(tmp_path), file, world.clock)
    (booking,) = [b for b in (await world.erase()).bookings if b.details]
    done = await backup.restore(file, folder, world.clock, erased=marks_in(world.folder / ERASED))
    assert done.erased_again >= 1
    again = await open_store(f"sqlite:///{done.file}", world.clock)
    try:
        assert (await again.bookings.booking(booking.id)).details is None
        assert (await again.ledger.verify(())).flaws == ()
        assert World(again, folder, world.clock).left() == set()
        assert len((await again.erasure.find("ben@example.org")).bookings) == 1
    finally:
        await again.close()


async def test_what_a_restored_backup_has_as_to_come_is_given_up(in_a_file, tmp_path):
    world = in_a_file
    world.clock.moment = NOW
    file, folder = tmp_path.with_name("early.zip"), tmp_path.with_name("early")
    await backup.make(url_of(tmp_path), file, world.clock)
    (booking,) = (await world.store.erasure.find("kanari@vogel.example")).bookings
    by = CancelledBy.CUSTOMER
    await world.store.bookings.cancel(booking.id, OWNER, by, (), NOW)
    await world.erase()
    done = await backup.restore(file, folder, world.clock, erased=marks_in(world.folder / ERASED))
    again = await open_store(f"sqlite:///{done.file}", world.clock)
    restored = await again.bookings.booking(booking.id)
    await again.close()
    assert (restored.state, restored.cancelled_by) == (BookingState.CANCELLED, "system")


async def test_the_list_of_the_erased_names_nobody(world):
    await world.erase()
    file = world.folder / ERASED
    assert file.stat().st_mode & 0o777 == 0o600
    marks = json.loads(file.read_text())["marks"]
    assert all(len(mark) == 64 for mark in marks)


def test_a_torn_line_of_the_list_hides_no_other(tmp_path):
    note(tmp_path, ["a"], NOW)
    with (tmp_path / ERASED).open("a") as torn:
        torn.write('{"at":"20')
    note(tmp_path, ["b"], NOW)
    assert marks_in(tmp_path / ERASED) == {"a", "b"}
