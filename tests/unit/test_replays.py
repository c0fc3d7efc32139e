"""What was noted in an outage: looked at first, written if clear, settled if it is not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.events import Done
from bot.replays import LOOK_AGAIN_AFTER, SETTLE_EVERY
from graph.errors import Transient
from scheduling.booking import Booking, BookingState, CancelledBy
from scheduling.catalog import BusyStatus, ConflictRule, OutageRules
from scheduling.errors import CalendarUnavailable, OutageGoesOn
from scheduling.outage import Exchange
from scheduling.outbox import Job, JobKind
from scheduling.ports import BusyItem
from tests.builders import MONDAY, NOW, a_booking, a_business, a_hold_request, some_details, span
from tests.fakes import FakeCalendar
from tests.unit.replay_world import ReplayWorld

DAY = timedelta(hours=24)
TEN = span("10-10:30", day=MONDAY + timedelta(days=3))
HALF_PAST = span("10:30-11", day=MONDAY + timedelta(days=3))
CHAT = {"channel": "webchat", "conversation": "c1"}
ANNA = "anna@example.test"


class World(ReplayWorld):
    """A booking of eva's, noted blind ten minutes ago, and everything that is sent."""

    def __init__(self, rule: ConflictRule = ConflictRule.ASK, **changes: object) -> None:
        rules = OutageRules(DAY, rule, DAY)
        super().__init__(a_business(mail_from="office@example.test", outage=rules), FakeCalendar())
        noted = {
            "state": BookingState.NOTED,
            "event_id": None,
            "span": TEN,
            "busy": TEN,
            "known_at": NOW - timedelta(minutes=20),
            "noted_at": NOW - timedelta(minutes=10),
            "details": some_details(reply_to=CHAT),
        }
        self.id = self.store.put(replace(a_booking(), **noted | changes)).id

    def somebody_enters(self, *, at: Booking | None = None) -> None:
        span = (at or self.booking).span
        self.calendar.put(ANNA, BusyItem(span, BusyStatus.BUSY))

    async def keep(self, kind: str, attempts: int = 1, **payload: str) -> Done:
        job = Job(1, kind, "key", {"booking": self.id, **payload}, attempts, "worker")
        done = await self.handlers[kind](job)
        self.store.promises.extend(done.follow_ups)
        if done.written is not None:
            event_id = done.written.event_id
            self.store.put(replace(self.booking, state=BookingState.BOOKED, event_id=event_id))
        return done

    def promised(self) -> dict[str, int]:
        kinds = [promise.kind for promise in self.store.promises]
        return {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}


async def a_conflict(**changes: object) -> World:
    world = World(**changes)
    world.somebody_enters()
    await world.keep(JobKind.WRITE_EVENT)
    return world


async def test_f15_a_time_that_is_still_free_is_written_and_told() -> None:
    world = World()
    await world.keep(JobKind.WRITE_EVENT)
    assert world.booking.state is BookingState.BOOKED
    assert list(world.calendar.drafts) == [f"event-{world.id}"]
    assert world.promised() == {JobKind.SEND_CONFIRMATION: 1, JobKind.TELL_BOOKED: 1}


async def test_f15_a_time_that_passed_in_the_outage_is_written_and_told_nobody() -> None:
    world = World()
    world.clock.now_is = world.booking.span.end
    await world.keep(JobKind.WRITE_EVENT)
    assert world.booking.state is BookingState.BOOKED
    assert world.promised() == {}


async def test_f15_a_time_that_was_taken_meanwhile_is_not_written_over() -> None:
    world = await a_conflict()
    assert world.calendar.drafts == {}
    assert world.booking.state is BookingState.NOTED
    assert world.booking.conflict_until == NOW + DAY
    assert set(world.promised()) == {
        JobKind.MAIL_CONFLICT,
        JobKind.MAIL_STAFF_CONFLICT,
        JobKind.SETTLE_CONFLICT,
        JobKind.TELL_CONFLICT,
    }


async def test_our_own_bookings_beside_it_are_no_conflict() -> None:
    world = World()
    beside = await world.store.hold(a_hold_request(span=HALF_PAST, busy=HALF_PAST), NOW)
    before = world.booking
    world.store.put(replace(before, busy=before.busy.widened(timedelta(), timedelta(minutes=5))))
    world.somebody_enters(at=beside)
    await world.keep(JobKind.WRITE_EVENT)
    assert world.booking.state is BookingState.BOOKED


async def test_the_customer_is_told_once_with_other_times_and_the_staff_as_well() -> None:
    world = await a_conflict()
    promised = [p for p in world.store.promises if p.kind != JobKind.SETTLE_CONFLICT]
    for promise in (*promised, promised[-1]):
        await world.keep(promise.kind, version=promise.payload["version"])
    told, times = world.chats
    assert "etwas anderes" in told
    assert world.booking.number in told
    assert times.count(";") == 2
    customer, staff = world.mails
    assert customer.to_email == "eva@example.test"
    assert customer.subject.startswith("Vorgemerkte Zeit ist vergeben")
    assert staff.to_email == ANNA
    assert "nicht eingetragen" in staff.html
    assert not any("gebucht" in words for words in (told, times, customer.html))


async def test_who_was_granted_one_time_alone_is_not_asked_to_move_it() -> None:
    world = await a_conflict(decide_until=NOW)
    await world.keep(JobKind.TELL_CONFLICT, version="1")
    (told,) = world.chats
    assert "fragen Sie eine andere Zeit an" in told


async def test_the_same_conflict_found_again_tells_nobody_again() -> None:
    world = await a_conflict()
    before = world.promised()
    await world.keep(JobKind.WRITE_EVENT)
    assert world.promised() == before


async def test_a_time_that_becomes_free_again_is_written_by_itself() -> None:
    world = await a_conflict()
    world.calendar.entries.clear()
    world.clock.advance(SETTLE_EVERY)
    await world.keep(JobKind.SETTLE_CONFLICT)
    assert world.booking.state is BookingState.BOOKED


async def test_it_is_looked_at_every_half_hour_until_the_deadline() -> None:
    world = await a_conflict()
    world.clock.advance(SETTLE_EVERY)
    done = await world.keep(JobKind.SETTLE_CONFLICT, count="1")
    (again,) = done.follow_ups
    assert again.key.endswith(":2")
    assert again.run_at == NOW + 2 * SETTLE_EVERY


async def test_f15_after_the_deadline_it_is_given_up_and_the_time_is_free() -> None:
    world = await a_conflict()
    world.clock.advance(DAY)
    world.store.promises.clear()
    await world.keep(JobKind.SETTLE_CONFLICT)
    assert world.booking.state is BookingState.CANCELLED
    assert world.booking.cancelled_by is CancelledBy.SYSTEM
    assert {JobKind.MAIL_CANCELLED, JobKind.TELL_CANCELLED} <= set(world.promised())
    await world.keep(JobKind.MAIL_CANCELLED)
    assert world.mails[-1].subject.startswith("Vormerkung gelöst")


async def test_what_the_customer_moves_while_the_calendar_is_asked_is_not_given_up() -> None:
    world = await a_conflict()
    world.clock.advance(DAY)
    world.store.promises.clear()
    moved = replace(world.booking, version=2, conflict_until=None)
    world.calendar.meanwhile = lambda: world.store.put(moved)
    await world.keep(JobKind.SETTLE_CONFLICT)
    assert world.booking == moved
    assert world.promised() == {}


async def test_the_deadline_is_never_after_the_time_itself() -> None:
    world = World()
    span = world.booking.span
    world.clock.now_is = span.start - timedelta(hours=1)
    world.somebody_enters()
    await world.keep(JobKind.WRITE_EVENT)
    assert world.booking.conflict_until == span.start


@pytest.mark.parametrize("state", [BookingState.CANCELLED, BookingState.BOOKED])
async def test_what_was_settled_otherwise_is_left_alone(state: BookingState) -> None:
    world = await a_conflict()
    world.store.put(replace(world.booking, state=state))
    world.clock.advance(DAY)
    world.store.promises.clear()
    for kind in (JobKind.SETTLE_CONFLICT, JobKind.TELL_CONFLICT, JobKind.MAIL_CONFLICT):
        await world.keep(kind)
    assert (world.promised(), world.chats, world.mails) == ({}, [], [])


async def test_a_moved_booking_is_left_to_its_move() -> None:
    world = await a_conflict()
    world.store.put(replace(world.booking, version=2, conflict_until=None))
    assert (await world.keep(JobKind.SETTLE_CONFLICT, version="1")).written is None
    assert world.calendar.drafts == {}


async def test_by_the_rule_keep_it_is_written_and_the_staff_settle_it() -> None:
    world = World(ConflictRule.KEEP)
    world.somebody_enters()
    await world.keep(JobKind.WRITE_EVENT)
    assert world.booking.state is BookingState.BOOKED
    assert JobKind.MAIL_STAFF_CONFLICT in world.promised()
    await world.keep(JobKind.MAIL_STAFF_CONFLICT)
    assert "trotzdem eingetragen" in world.mails[-1].html


async def test_f3_what_an_earlier_attempt_wrote_is_no_conflict() -> None:
    world = World()
    await world.keep(JobKind.WRITE_EVENT)
    world.store.put(replace(world.booking, state=BookingState.NOTED, event_id=None))
    await world.keep(JobKind.WRITE_EVENT, attempts=2)
    assert world.booking.state is BookingState.BOOKED
    assert world.booking.conflict_until is None


async def test_f3_what_may_be_an_earlier_attempts_own_is_looked_at_again_before_it_is_told() -> (
    None
):
    world = World()
    world.somebody_enters()
    done = await world.keep(JobKind.WRITE_EVENT, attempts=2)
    (later,) = done.follow_ups
    assert (later.kind, later.run_at) == (JobKind.SETTLE_CONFLICT, NOW + LOOK_AGAIN_AFTER)
    assert world.booking.conflict_until is None
    await world.keep(JobKind.SETTLE_CONFLICT)
    assert world.booking.conflict_until is not None


async def test_a_write_that_comes_late_is_looked_at_as_well() -> None:
    world = await a_conflict(known_at=None)
    assert world.booking.conflict_until is not None


async def test_one_that_comes_at_once_is_not() -> None:
    world = World(known_at=None, noted_at=NOW)
    world.somebody_enters()
    await world.keep(JobKind.WRITE_EVENT)
    assert world.booking.state is BookingState.BOOKED


async def test_a_calendar_that_does_not_answer_is_waited_for() -> None:
    world = World()
    world.calendar.is_down = True
    with pytest.raises(CalendarUnavailable):
        await world.keep(JobKind.WRITE_EVENT)


async def test_while_the_outage_goes_on_nobody_is_asked() -> None:
    world = World()
    for _ in range(3):
        world.watch.heard(Exchange(ANNA, NOW, 503, "ServiceUnavailable"))
    with pytest.raises(OutageGoesOn):
        await world.keep(JobKind.WRITE_EVENT)
    assert world.calendar.asked == []


async def test_times_that_are_not_known_now_are_left_out_of_the_message() -> None:
    world = await a_conflict()
    world.calendar.is_down = True
    await world.keep(JobKind.TELL_CONFLICT)
    (told,) = world.chats
    assert "etwas anderes" in told


async def test_a_message_that_was_not_sent_is_sent_later() -> None:
    world = await a_conflict()
    world.documents.failure = Transient("timeout")
    with pytest.raises(Transient):
        await world.keep(JobKind.TELL_CONFLICT)
    world.documents.failure = None
    await world.keep(JobKind.TELL_CONFLICT)
    assert len(world.chats) == 2
