"""Each write of the store leaves its fact in the same transaction; facts cannot be changed."""

import asyncio
import json

import pytest
from sqlalchemy.exc import IntegrityError

from scheduling.booking import BookingEvent, CancelledBy
from scheduling.errors import SlotTaken
from scheduling.ledger import Entry, FactKind, Walk
from scheduling.outbox import Promise
from scheduling.ports import WrittenEvent
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
)

LATER = NOW + 60 * MINUTE
WRITE = Promise("write_event", "write:1")


@pytest.fixture(params=DATABASES)
async def store(request, tmp_path):
    async with a_keeper(request.param, tmp_path, SetClock()) as store:
        yield store


def entries_of(store, booking_id=None):
    rows = rows_of(
        address_of(store),
        'SELECT lane, seq, at, kind, booking_id, "values", digest FROM ledger ORDER BY lane, seq',
    )
    entries = [Entry(*row) for row in rows]
    return [each for each in entries if booking_id in (None, each.booking_id)]


def kinds_of(store, booking):
    return [entry.kind for entry in entries_of(store, booking.id)]


def said(store, booking, kind):
    (entry,) = (each for each in entries_of(store, booking.id) if each.kind == kind)
    return json.loads(entry.values)


async def confirmed(store, *, request=None, decide_until=None):
    held = await store.bookings.hold(request or a_request(), NOW)
    promises = () if decide_until else (WRITE,)
    return await store.bookings.confirm(
        held.id, held.owner, EVA, promises, NOW, decide_until=decide_until
    )


async def written(store, booking):
    (job,) = await store.queue.claim(1, MINUTE, NOW)
    event = WrittenEvent("event-1", booking.id, booking.span, "https://teams.example/1")
    await store.queue.complete(job, NOW, written=event)


async def test_a_booking_leaves_the_facts_of_its_life_in_order(store):
    booking = await confirmed(store)
    await written(store, booking)
    await store.bookings.cancel(booking.id, "eva", CancelledBy.CUSTOMER, (), LATER)
    assert kinds_of(store, booking) == ["held", "confirmed", "written", "cancelled"]


async def test_a_confirmation_names_the_wordings_agreed_to(store):
    booking = await confirmed(store)
    assert said(store, booking, "confirmed")["consents"] == {"privacy": "2"}


async def test_a_cancelled_booking_names_by_whom(store):
    booking = await confirmed(store)
    await store.bookings.cancel(booking.id, "eva", CancelledBy.CUSTOMER, (), LATER)
    assert said(store, booking, "cancelled")["by"] == "customer"


async def test_the_answer_of_the_calendar_stands_as_a_digest_of_the_event(store):
    booking = await confirmed(store)
    await written(store, booking)
    answer = said(store, booking, "written")
    assert (len(answer["event"]), answer["start"]) == (64, booking.span.start.isoformat())


async def test_an_event_written_after_the_cancelling_is_a_fact_of_its_own(store):
    booking = await confirmed(store)
    await store.bookings.cancel(booking.id, "eva", CancelledBy.CUSTOMER, (), NOW)
    await written(store, booking)
    assert kinds_of(store, booking)[-1] == FactKind.WRITTEN_TOO_LATE


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (BookingEvent.APPROVE, "approved"),
        (BookingEvent.DECLINE, "declined"),
        (BookingEvent.EXPIRE, "expired"),
    ],
)
async def test_a_request_and_its_answer_are_facts(store, answer, kind):
    request = await confirmed(store, decide_until=LATER)
    await store.bookings.decide(request.id, answer, (), LATER)
    assert kinds_of(store, request) == ["held", "requested", kind]


async def test_holds_extended_released_and_replaced_are_facts(store):
    first = await store.bookings.hold(a_request(), NOW)
    await store.bookings.extend_hold(first.id, "eva", LATER, NOW)
    second = await store.bookings.hold(a_request(120, replaces=first.id), NOW)
    await store.bookings.release_hold(second.id, "eva", NOW)
    assert kinds_of(store, first) == ["held", "extended", "released"]
    assert kinds_of(store, second) == ["held", "released"]


@pytest.mark.parametrize("changes", [{}, {"travel": {"": 0}}])
async def test_a_hold_that_gave_way_is_a_fact(store, changes):
    over = await store.bookings.hold(a_request(), NOW)
    await store.bookings.hold(a_request(owner="ben", until=LATER + MINUTE, **changes), LATER)
    assert kinds_of(store, over) == ["held", "expired"]


async def test_what_was_done_twice_is_one_fact(store):
    booking = await confirmed(store)
    await store.bookings.confirm(booking.id, "eva", EVA, (WRITE,), NOW)
    for _ in range(2):
        await store.bookings.cancel(booking.id, "eva", CancelledBy.CUSTOMER, (), LATER)
    assert kinds_of(store, booking) == ["held", "confirmed", "cancelled"]


async def test_what_was_refused_leaves_no_fact(store):
    await store.bookings.hold(a_request(), NOW)
    before = entries_of(store)
    with pytest.raises(SlotTaken):
        await store.bookings.hold(a_request(owner="ben"), NOW)
    assert entries_of(store) == before


async def test_writes_that_are_committed_together_leave_whole_chains(store):
    requests = [a_request(staff=f"s{n}", owner=f"o{n}") for n in range(100)]
    await asyncio.gather(*(confirmed(store, request=each) for each in requests))
    walks = {}
    for entry in entries_of(store):
        walks.setdefault(entry.lane, Walk(entry.lane)).step(entry)
    assert sum(walk.head.seq for walk in walks.values()) == 200
    assert [walk.flaw for walk in walks.values() if walk.flaw] == []


async def test_no_fact_holds_what_the_customer_said(store):
    booking = await confirmed(store)
    await written(store, booking)
    told = "".join(f"{entry}" for entry in entries_of(store))
    customer = EVA.customer
    for word in (customer.name, customer.email, customer.phone, EVA.note, "Eva", "eva@"):
        assert word not in told


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger SET kind = 'x'",
        "DELETE FROM ledger",
        {
            "sqlite": "INSERT OR REPLACE INTO ledger SELECT * FROM ledger",
            "postgresql": "TRUNCATE ledger",
        },
    ],
)
async def test_the_database_refuses_to_change_a_fact(store, statement):
    await confirmed(store)
    before = entries_of(store)
    url = address_of(store)
    if not isinstance(statement, str):
        statement = statement["sqlite" if url.startswith("sqlite") else "postgresql"]
    with pytest.raises(IntegrityError, match="append_only"):
        rows_of(url, statement)
    assert entries_of(store) == before


async def test_that_the_customer_was_told_is_a_fact_of_the_finished_job(store):
    booking = await confirmed(store)
    payload = {"booking": booking.id, "version": "1"}
    await store.queue.enqueue(Promise("send_confirmation", "mail:1", payload), NOW)
    for job in await store.queue.claim(9, MINUTE, NOW):
        told = "mail" if job.kind == "send_confirmation" else ""
        await store.queue.complete(job, NOW, told=told)
    assert kinds_of(store, booking) == ["held", "confirmed", "told"]
    assert said(store, booking, "told") == {
        "how": "mail",
        "version": 1,
        "what": "send_confirmation",
    }


async def test_work_that_a_person_gave_up_is_a_fact(store):
    booking = await confirmed(store)
    (job,) = await store.queue.claim(1, MINUTE, NOW)
    await store.queue.park(job, "http_404", NOW)
    await store.bookings.cancel(booking.id, "eva", CancelledBy.CUSTOMER, (), LATER)
    gone = Promise("cancel_event", "gone", {"booking": booking.id}, parked="http_404")
    await store.queue.enqueue(gone, NOW)
    (_, aside) = await store.queue.parked()
    await store.queue.discard(aside.id, LATER)
    assert said(store, booking, "discarded") == {"what": "cancel_event", "why": "http_404"}
