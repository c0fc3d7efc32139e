"""A move whose event is moved late: looked at first, moved if clear, settled if it is not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.events import Done, NotYet
from bot.replays import LOOK_AGAIN_AFTER, SETTLE_EVERY
from graph.errors import Transient
from scheduling.booking import BookingState, CancelledBy
from scheduling.catalog import Business, BusyStatus, ConflictRule, OutageRules
from scheduling.desk import cancel_until, is_movable, move_until
from scheduling.outbox import Job, JobKind
from scheduling.ports import BusyItem, EventDraft
from scheduling.timespan import TimeSpan
from tests.builders import (
    MONDAY,
    NOW,
    a_booking,
    a_business,
    a_service,
    a_staff_member,
    some_details,
    span,
)
from tests.fakes import FakeCalendar
from tests.unit.replay_world import ReplayWorld
from tests.unit.scheduling.desk.desk_world import a_room

DAY = timedelta(hours=24)
THURSDAY = MONDAY + timedelta(days=3)
TEN, QUARTER_PAST = span("10-10:30", day=THURSDAY), span("10:15-10:45", day=THURSDAY)
TWO = span("14-14:30", day=THURSDAY)
LATE = NOW - timedelta(minutes=10)
ANNA, BERND, BLUE = "anna@example.test", "bernd@example.test", "blue@example.test"


class Outlook(FakeCalendar):
    """Finds an event by its booking, wherever it stands; `invited` are named on each."""

    invited: frozenset[str] = frozenset()

    def _read(self, event_id: str):
        return replace(super()._read(event_id), invited=self.invited)

    async def find_event(self, draft: EventDraft):
        self._fail()
        own = (
            event_id
            for event_id, each in self.drafts.items()
            if (each.booking_id, each.mailbox) == (draft.booking_id, draft.mailbox)
            and event_id not in self.cancelled
        )
        found = next(own, None)
        return self._read(found) if found else None


class World(ReplayWorld):
    """A booking of eva's that she moved ten minutes ago; its event still stands at ten."""

    def __init__(
        self,
        to: TimeSpan = TWO,
        *,
        rule: ConflictRule = ConflictRule.ASK,
        business: Business | None = None,
        **changes: object,
    ) -> None:
        rules = {"mail_from": "office@example.test", "outage": OutageRules(DAY, rule, DAY)}
        super().__init__(replace(business or a_business(), **rules), Outlook())
        moved = {
            "state": BookingState.NOTED,
            "version": 2,
            "span": to,
            "busy": to,
            "moved_from": TEN.start,
            "noted_at": LATE,
            "event_staff_id": "anna",
            "details": some_details(reply_to={"channel": "webchat", "conversation": "c1"}),
        }
        booking = self.store.put(replace(a_booking(), **moved | changes))
        self.id = booking.id
        self.calendar.drafts["event-1"] = EventDraft(
            booking.id, 1, ANNA, TEN, "Europe/Berlin", "", "", ""
        )

    def somebody_enters(self, at: TimeSpan, mailbox: str = ANNA) -> None:
        self.calendar.put(mailbox, BusyItem(at, BusyStatus.BUSY))

    async def keep(self, kind: str, attempts: int = 1, version: int = 2, **payload: str) -> Done:
        named = {"booking": self.id, "version": str(version), **payload}
        done = await self.handlers[kind](Job(1, kind, "key", named, attempts, "worker"))
        self.store.promises.extend(done.follow_ups)
        if done.written is not None:
            event = {"event_id": done.written.event_id, "event_staff_id": done.written.staff_id}
            self.store.put(replace(self.booking, state=BookingState.BOOKED, **event))
        return done

    def promised(self) -> set[str]:
        return {promise.kind for promise in self.store.promises}

    def stands_at(self) -> list[TimeSpan]:
        return [
            each.span
            for key, each in self.calendar.drafts.items()
            if key not in self.calendar.cancelled
        ]


async def a_conflict(**changes: object) -> World:
    world = World(**changes)
    world.somebody_enters(world.booking.span)
    await world.keep(JobKind.MOVE_EVENT)
    return world


async def test_a_late_move_to_a_time_that_is_still_free_is_written_and_told() -> None:
    world = World()
    await world.keep(JobKind.MOVE_EVENT)
    assert world.stands_at() == [TWO]
    assert world.booking.state is BookingState.BOOKED
    assert world.promised() == {JobKind.MAIL_MOVED, JobKind.TELL_MOVED}


async def test_a_late_move_is_not_written_over_what_was_entered_meanwhile() -> None:
    world = await a_conflict()
    assert world.stands_at() == [TEN]
    assert world.booking.state is BookingState.NOTED
    assert world.booking.conflict_until == NOW + DAY
    assert world.promised() == {
        JobKind.MAIL_CONFLICT,
        JobKind.MAIL_STAFF_CONFLICT,
        JobKind.SETTLE_CONFLICT,
        JobKind.TELL_CONFLICT,
    }


async def test_a_move_that_is_written_at_once_is_not_looked_at_again() -> None:
    world = World(noted_at=NOW)
    world.somebody_enters(TWO)
    await world.keep(JobKind.MOVE_EVENT)
    assert world.stands_at() == [TWO]


async def test_a_move_that_was_tried_before_is_looked_at_however_new_it_is() -> None:
    world = World(noted_at=NOW)
    world.somebody_enters(TWO)
    done = await world.keep(JobKind.MOVE_EVENT, attempts=2)
    (later,) = done.follow_ups
    assert (later.kind, later.run_at) == (JobKind.SETTLE_CONFLICT, NOW + LOOK_AGAIN_AFTER)
    assert world.stands_at() == [TEN]
    assert world.booking.conflict_until is None
    await world.keep(JobKind.SETTLE_CONFLICT)
    assert world.booking.conflict_until == NOW + DAY


async def test_its_own_event_at_the_earlier_time_is_in_nobodys_way() -> None:
    world = World(QUARTER_PAST)
    await world.keep(JobKind.MOVE_EVENT)
    assert world.stands_at() == [QUARTER_PAST]


async def test_an_entry_of_the_same_span_beside_its_own_event_is_in_the_way() -> None:
    world = World(QUARTER_PAST)
    world.somebody_enters(TEN)
    await world.keep(JobKind.MOVE_EVENT)
    assert world.stands_at() == [TEN]
    assert world.booking.conflict_until is not None


async def test_with_somebody_else_an_entry_where_its_event_was_is_in_the_way() -> None:
    world = World(QUARTER_PAST, staff_id="bernd")
    world.somebody_enters(TEN, BERND)
    await world.keep(JobKind.MOVE_EVENT)
    assert world.booking.conflict_until is not None
    assert world.stands_at() == [TEN]


async def test_what_an_earlier_attempt_moved_there_is_recorded() -> None:
    world = World()
    world.calendar.drafts["event-1"] = replace(world.calendar.drafts["event-1"], span=TWO)
    await world.keep(JobKind.MOVE_EVENT, attempts=2)
    assert world.booking.state is BookingState.BOOKED


@pytest.mark.parametrize("left_at", [QUARTER_PAST, TEN])
async def test_what_a_move_to_somebody_else_and_back_has_left_is_in_nobodys_way(
    left_at: TimeSpan,
) -> None:
    world = World(QUARTER_PAST, event_id="event-2", event_staff_id="bernd")
    left = world.calendar.drafts["event-1"]
    world.calendar.drafts["event-1"] = replace(left, span=left_at)
    world.calendar.drafts["event-2"] = replace(left, span=TWO, mailbox=BERND)
    await world.keep(JobKind.MOVE_EVENT)
    assert world.booking.conflict_until is None
    assert world.booking.state is BookingState.BOOKED


async def test_with_somebody_else_its_own_event_is_no_proof_that_the_time_is_its_own() -> None:
    world = World(event_id="event-2", event_staff_id="bernd")
    left = world.calendar.drafts.pop("event-1")
    world.calendar.drafts["event-2"] = replace(left, span=TWO, mailbox=BERND)
    world.somebody_enters(TWO)
    await world.keep(JobKind.MOVE_EVENT)
    assert world.booking.conflict_until is not None


@pytest.mark.parametrize("invited", [frozenset({BLUE}), frozenset()])
async def test_in_the_room_its_own_event_is_in_nobodys_way_a_foreign_one_is(
    invited: frozenset[str],
) -> None:
    business = a_business(
        services=(a_service(rooms=("blue",)),), resources=(a_room("blue", mailbox=BLUE),)
    )
    world = World(QUARTER_PAST, business=business, staff_id="bernd", others=("room:blue",))
    world.calendar.invited = invited
    world.somebody_enters(TEN, BLUE)
    await world.keep(JobKind.MOVE_EVENT)
    assert (world.booking.conflict_until is None) is bool(invited)


async def test_a_calendar_that_does_not_tell_where_its_own_event_is_is_waited_for() -> None:
    world = World(QUARTER_PAST)
    world.calendar.failure = Transient("timeout")
    with pytest.raises(Transient):
        await world.keep(JobKind.MOVE_EVENT)
    assert world.booking.conflict_until is None


async def test_the_customer_of_a_move_is_told_once_that_it_is_not_moved_and_what_is_free() -> None:
    world = await a_conflict()
    world.chats.clear()
    for promise in [p for p in world.store.promises if p.kind != JobKind.SETTLE_CONFLICT]:
        await world.keep(promise.kind)
    await world.keep(JobKind.TELL_CONFLICT)
    told, times = world.chats
    assert "nicht verschoben" in told
    assert "12. Nov., 10:00" in told
    assert times.count(";") == 2
    customer, staff = world.mails
    assert customer.to_email == "eva@example.test"
    assert "nicht verschoben" in customer.html
    assert "bisher" in staff.html
    assert not any("gebucht" in words for words in (told, times, customer.html))


async def test_the_earlier_time_is_offered_again_where_only_its_own_event_stands() -> None:
    world = await a_conflict(business=a_business(staff=(a_staff_member("anna"),)))
    near = await world.desk.times_near(world.booking, 99)
    assert TEN.start in {each.start for each in near}


@pytest.mark.parametrize(
    "changes", [{}, {"event_staff_id": "bernd"}, {"others": ("room:blue",)}], ids=str
)
async def test_the_earlier_time_is_not_offered_where_it_may_be_somebody_elses(
    changes: dict[str, object],
) -> None:
    world = await a_conflict(business=a_business(staff=(a_staff_member("anna"),)))
    world.store.put(replace(world.booking, **changes))
    if not changes:
        world.somebody_enters(TEN)
    near = await world.desk.times_near(world.booking, 99)
    assert TEN.start not in {each.start for each in near}


async def test_a_late_move_whose_time_becomes_free_again_is_written_by_itself() -> None:
    world = await a_conflict()
    world.calendar.entries.clear()
    world.clock.advance(SETTLE_EVERY)
    await world.keep(JobKind.SETTLE_CONFLICT)
    assert world.stands_at() == [TWO]
    assert world.booking.state is BookingState.BOOKED
    assert JobKind.MAIL_MOVED in world.promised()


async def test_a_move_without_another_choice_is_given_up_with_its_event_at_the_deadline() -> None:
    world = await a_conflict()
    world.clock.advance(DAY)
    await world.keep(JobKind.SETTLE_CONFLICT)
    assert world.booking.cancelled_by is CancelledBy.SYSTEM
    await world.keep(JobKind.CANCEL_EVENT)
    assert world.stands_at() == []
    await world.keep(JobKind.MAIL_CANCELLED)
    assert "abgesagt" in world.mails[-1].html


async def test_by_the_rule_keep_a_late_move_is_written_and_the_staff_settle_it() -> None:
    world = World(rule=ConflictRule.KEEP)
    world.somebody_enters(TWO)
    await world.keep(JobKind.MOVE_EVENT)
    assert world.stands_at() == [TWO]
    assert JobKind.MAIL_STAFF_CONFLICT in world.promised()


async def test_an_attempt_for_an_earlier_move_waits_while_the_later_one_is_settled() -> None:
    world = World(version=3)
    world.somebody_enters(TWO)
    with pytest.raises(NotYet):
        await world.keep(JobKind.MOVE_EVENT, attempts=2, version=2)
    assert world.stands_at() == [TEN]
    assert world.booking.conflict_until is None


async def test_who_is_asked_for_another_time_may_choose_and_cancel_until_it_begins() -> None:
    early = replace(a_business().services[0], move_until=DAY * 9, cancel_until=DAY * 9)
    business = replace(a_business(), services=(early,))
    before, asked = World(business=business).booking, (await a_conflict(business=business)).booking
    assert not is_movable(before, business, NOW)
    assert is_movable(asked, business, NOW)
    assert (move_until(asked, business), cancel_until(asked, business)) == (TWO.start, TWO.start)
