"""In which calendars a booking's own event is left out."""

import pytest

from scheduling.desk.own_event import own_event
from scheduling.ports import WrittenEvent
from tests.builders import a_booking, a_business
from tests.unit.scheduling.desk.desk_world import a_room

BLUE = a_room("blue", mailbox="Blue@example.test")
GREEN = a_room("green", mailbox=None)


@pytest.mark.parametrize(
    ("invited", "others", "left_out"),
    [
        ((), (), {"staff:anna"}),
        (("blue@example.test",), ("room:blue",), {"staff:anna", "room:blue"}),
        ((), ("room:blue",), {"staff:anna"}),
        (("bernd@example.test",), ("staff:bernd",), {"staff:anna", "staff:bernd"}),
        ((), ("room:green",), {"staff:anna"}),
    ],
)
def test_it_is_left_out_where_it_stands_and_nowhere_else(
    invited: tuple[str, ...], others: tuple[str, ...], left_out: set[str]
) -> None:
    booking = a_booking(others=others, event_staff_id="anna")
    event = WrittenEvent("event-1", booking.id, booking.span, invited=frozenset(invited))
    own = own_event(booking, event, a_business(resources=(BLUE, GREEN)))
    assert (own.span, own.resources) == (booking.span, left_out)


def test_in_another_calendar_than_of_who_serves_now_it_is_left_out_of_none() -> None:
    booking = a_booking(event_staff_id="bernd")
    event = WrittenEvent("event-1", booking.id, booking.span)
    assert own_event(booking, event, a_business()).resources == frozenset()
