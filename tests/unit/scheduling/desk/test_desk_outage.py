"""While no calendar answers, times are noted on what was last known, and on nothing older."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from scheduling.booking import BookingState
from scheduling.catalog import OutageRules
from scheduling.errors import CalendarUnavailable, MoveUnavailable, SlotTaken
from scheduling.outage import Exchange
from scheduling.ports import FreeBusy
from scheduling.timespan import TimeSpan
from tests.builders import NOW, a_service, at, busy, span
from tests.fakes import FakeCalendar
from tests.unit.scheduling.desk.desk_world import MITTE, World, a_room, box, on_site

FOUR_HOURS = OutageRules(note_within=timedelta(hours=4))
MINUTE = timedelta(minutes=1)


class HeardCalendar(FakeCalendar):
    """Every question is one exchange with Microsoft, as the door hears it."""

    world: "Outage"

    async def free_busy(self, mailboxes: Sequence[str], span: TimeSpan) -> Mapping[str, FreeBusy]:
        found = await super().free_busy(mailboxes, span)
        is_dead = all(answer.unknown for answer in found.values())
        for _ in range(2 if is_dead else 1):
            code, status = ("timeout", 0) if is_dead else ("", 200)
            exchange = Exchange(mailboxes[0], self.world.clock.now(), status, code)
            self.world.watch.heard(exchange)
        return found


class Outage(World):
    """A business that notes on a state of at most four hours."""

    def __init__(self, *services, rules: OutageRules = FOUR_HOURS, **changes) -> None:
        super().__init__(*services, outage=rules, **changes)
        self.calendar = HeardCalendar()
        self.calendar.world = self
        self.desk = self.more(self.index)

    def read(self, *names: str, items=(), ago=timedelta(0)) -> None:
        for name in names:
            self.known(f"staff:{name}", items, ago=ago)

    def goes_away(self) -> None:
        self.calendar.is_down = True
        for name in ("anna", "bernd", "anna"):
            self.watch.heard(Exchange(box(name), self.clock.now(), 503, "ServiceUnavailable"))

    def later(self, minutes: float) -> None:
        self.clock.advance(minutes * MINUTE)


@pytest.fixture
def world() -> Outage:
    outage = Outage()
    outage.read("anna", items=(busy("9-16:30"),))
    outage.read("bernd")
    outage.later(10)
    return outage


async def test_f15_what_was_last_known_is_offered_with_its_age(world):
    world.goes_away()
    offer = await world.offer(span("16-17"))
    assert offer.known_at == NOW
    assert not offer.calendar_is_down
    assert await world.starts(span("16-17")) == {
        at("16"): ("bernd",),
        at("16:30"): ("anna", "bernd"),
    }


async def test_the_oldest_of_the_calendars_is_the_age_of_the_offer(world):
    world.read("bernd")
    world.goes_away()
    assert (await world.offer()).known_at == NOW


async def test_f15_a_state_past_its_hours_is_refused_and_the_question_counted(world):
    world.goes_away()
    world.later(4 * 60)
    offer = await world.offer()
    assert offer.calendar_is_down
    assert world.watch.take_news().refused == 1


async def test_of_those_too_old_nobody_is_offered_beside_others(world):
    world.later(4 * 60 - 15)
    world.read("anna")
    world.goes_away()
    world.later(30)
    assert set((await world.starts()).values()) == {("anna",)}


async def test_f15_where_nothing_is_to_be_noted_it_is_a_refusal():
    world = Outage(rules=OutageRules())
    world.read("anna", "bernd")
    world.goes_away()
    assert (await world.offer()).calendar_is_down
    with pytest.raises(CalendarUnavailable):
        await world.hold()


async def test_calendars_never_read_are_not_offered():
    world = Outage()
    world.goes_away()
    assert (await world.offer()).calendar_is_down


async def test_fresh_ones_have_an_age_too_once_it_is_known_that_nobody_tells_of_changes(world):
    world.fresh("anna", "bernd")
    assert (await world.offer()).known_at is None
    world.goes_away()
    assert (await world.offer()).known_at == world.clock.now()


async def test_f14_one_dead_mailbox_is_not_noted_for_others_are_asked_first(world):
    world.calendar.unknown[box("anna")] = "timeout"
    offer = await world.offer(staff_id="anna")
    assert offer.calendar_is_down
    assert world.asked()[-1] == (box("bernd"),)
    with pytest.raises(CalendarUnavailable):
        await world.hold("16:30", staff_id="anna")


async def test_the_first_customer_in_an_outage_need_not_wait_for_the_second(world):
    world.calendar.is_down = True
    offer = await world.offer(staff_id="anna")
    assert offer.known_at == NOW
    assert world.watch.is_away


async def test_nobody_is_asked_again_at_once(world):
    world.goes_away()
    await world.offer()
    assert world.asked() == []
    world.later(1)
    await world.offer()
    assert world.asked() == [(box("anna"), box("bernd"))]


async def test_when_they_answer_again_everything_is_live(world):
    world.goes_away()
    await world.offer()
    world.later(1)
    world.calendar.is_down = False
    assert (await world.offer()).known_at is None
    assert not world.watch.is_away


async def test_f15_it_is_held_and_noted_on_that_state_never_booked(world):
    world.goes_away()
    held = await world.hold("10")
    assert (held.known_at, held.staff_id) == (NOW, "bernd")
    noted = await world.confirm(held)
    assert (noted.state, noted.known_at, noted.noted_at) == (
        BookingState.NOTED,
        NOW,
        world.clock.now(),
    )


async def test_f15_our_own_store_guards_the_time_meanwhile(world):
    world.goes_away()
    await world.hold("10", staff_id="bernd")
    with pytest.raises(SlotTaken):
        await world.hold("10", staff_id="bernd", owner="rival")


async def test_what_was_busy_then_is_not_held(world):
    world.goes_away()
    with pytest.raises(SlotTaken):
        await world.hold("10", staff_id="anna")


async def test_a_hold_of_before_is_noted_on_the_look_that_it_was_made_on(world):
    held = await world.hold("10", staff_id="anna")
    assert held.known_at is None
    world.goes_away()
    world.later(3)
    assert (await world.confirm(held)).known_at == held.created_at


async def test_a_hold_of_before_needs_no_state_that_was_read_ahead():
    world = Outage()
    held = await world.hold("10")
    world.goes_away()
    assert (await world.confirm(held)).known_at == held.created_at


async def test_a_hold_made_blind_is_looked_at_live_once_they_answer(world):
    world.goes_away()
    held = await world.hold("10")
    world.calendar.is_down = False
    world.later(1)
    assert (await world.confirm(held)).known_at is None


async def test_a_state_too_old_at_the_confirmation_keeps_the_hold(world):
    world.goes_away()
    held = await world.hold("16")
    world.later(4 * 60)
    held = await world.desk.extend(held.id, "eva")
    with pytest.raises(CalendarUnavailable):
        await world.confirm(held)
    assert (await world.desk.booking(held.id)).state is BookingState.HELD
    assert world.watch.take_news().refused == 1


async def test_an_approval_never_trusts_an_old_state(world):
    world = Outage(a_service(approval=timedelta(hours=6)))
    world.read("anna", "bernd")
    world.goes_away()
    asked = await world.confirm(await world.hold("16"))
    assert (asked.state, asked.known_at) == (BookingState.REQUESTED, NOW)
    with pytest.raises(CalendarUnavailable):
        await world.desk.decide(asked.id, approve=True)


async def test_a_room_whose_calendar_was_never_read_is_not_noted():
    room = replace(a_room(place_id="mitte"), mailbox="blue@example.test")
    service = a_service(rooms=("blue",), locations=on_site(MITTE))
    world = Outage(service, resources=(room,), places=(MITTE,))
    world.read("anna", "bernd")
    world.goes_away()
    assert (await world.offer()).slots == ()
    world.known("room:blue")
    assert (await world.offer()).slots


async def test_f15_nothing_booked_is_given_up_for_a_time_that_nobody_has_looked_at():
    world = Outage(a_service(move_until=timedelta(0)))
    world.read("anna", "bernd")
    booked = await world.confirm(await world.hold("16", "bernd"))
    world.store.put(replace(booked, state=BookingState.BOOKED))
    world.goes_away()
    assert (await world.offer(span("10-17"))).known_at is not None
    assert (await world.offer(span("10-17"), moves=booked.id)).calendar_is_down
    with pytest.raises(MoveUnavailable):
        await world.hold("10", "bernd", moves=booked.id)
    assert world.store.states() == [BookingState.BOOKED]
    assert world.watch.take_news().refused == 2
