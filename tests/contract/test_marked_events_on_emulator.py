"""Which events carry our mark, over HTTP."""

from dataclasses import replace
from datetime import timedelta

from tests.contract.calendar_world import ANNA, DAY, DRAFT, emulated


async def test_all_events_with_our_mark_are_found_and_no_others() -> None:
    async with emulated() as tenant:
        await tenant.busy(ANNA, start="2030-05-06T09:00:00Z", end="2030-05-06T10:00:00Z")
        first = await tenant.calendar.write_event(DRAFT)
        second = await tenant.calendar.write_event(replace(DRAFT, booking_id="b2"))
        found = await tenant.calendar.marked_events(ANNA, DAY)
        assert {each.event_id for each in found} == {first.event_id, second.event_id}
        assert {each.booking_id for each in found} == {"b1", "b2"}


async def test_events_of_other_days_are_left_out() -> None:
    async with emulated() as tenant:
        await tenant.calendar.write_event(DRAFT)
        later = type(DAY)(DAY.end + timedelta(days=1), DAY.end + timedelta(days=2))
        assert await tenant.calendar.marked_events(ANNA, later) == []


async def test_more_events_than_a_page_are_all_found() -> None:
    async with emulated() as tenant:
        for number in range(53):
            await tenant.calendar.write_event(replace(DRAFT, booking_id=f"b{number}"))
        assert len(await tenant.calendar.marked_events(ANNA, DAY)) == 53
