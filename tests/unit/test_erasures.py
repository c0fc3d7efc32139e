"""The event of an erased customer keeps its time and loses whose it was."""

from dataclasses import replace

import pytest

from bot.calendar_entries import event_draft
from bot.erasures import Erasures
from scheduling.booking import BookingState
from scheduling.outbox import Job, erasing_event
from tests.builders import NOW, a_booking, a_business, a_service, some_details
from tests.fakes import FakeCalendar, FixedClock, InMemoryStore

JOB = Job(1, "erase_event", "erase_event:b", {"booking": "b"}, 1, "worker")


class World:
    def __init__(self):
        self.business = a_business(services=(a_service(),))
        self.store = InMemoryStore(FixedClock(NOW))
        self.calendar = FakeCalendar()
        self.worker = Erasures(self.business, self.store, self.calendar)
        self.booking = replace(
            a_booking(), id="b", state=BookingState.BOOKED, details=some_details(), event_id=None
        )

    async def written(self, *, erased=True):
        event = await self.calendar.write_event(event_draft(self.booking, self.business))
        details = None if erased else self.booking.details
        self.booking = replace(self.booking, event_id=event.event_id, details=details)
        self.store.put(self.booking)
        return event.event_id

    async def work(self):
        return await self.worker.handlers()[erasing_event("b").kind](JOB)


@pytest.fixture
def world():
    return World()


async def test_nothing_of_the_customer_is_left_in_the_event(world):
    event_id = await world.written()
    await world.work()
    draft = world.calendar.drafts[event_id]
    told = f"{draft}"
    customer = some_details().customer
    assert customer.name not in told
    assert customer.email not in told
    assert (draft.span, draft.is_erased) == (world.booking.span, True)
    assert world.booking.number in draft.body_text


async def test_an_event_that_is_gone_is_left_alone(world):
    await world.written()
    world.calendar.drafts.clear()
    await world.work()
    assert world.calendar.drafts == {}


async def test_a_booking_that_was_never_written_needs_nothing(world):
    world.store.put(replace(world.booking, details=None))
    await world.work()
    assert world.calendar.drafts == {}


async def test_a_booking_that_still_has_its_customer_is_not_emptied(world):
    event_id = await world.written(erased=False)
    before = world.calendar.drafts[event_id]
    await world.work()
    assert world.calendar.drafts[event_id] == before
