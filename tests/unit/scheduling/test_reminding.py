"""When reminders fall due, what the quiet hours make of them, and which say nothing any more."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.booking import Booking, BookingState
from scheduling.catalog import Business, QuietHours
from scheduling.outbox import JobKind
from scheduling.reminding import is_worth_sending, promises, reminders
from scheduling.timespan import TimeSpan
from tests.builders import BERLIN, NOW, a_booking, a_business, a_service, at, span

HOUR = timedelta(hours=1)
FRIDAY = date(2026, 11, 13)
QUIET = QuietHours(time(21), time(8))
MAIL, TELL = JobKind.MAIL_REMINDER, JobKind.TELL_REMINDER


def business(*hours: float, quiet: QuietHours | None = QUIET) -> Business:
    service = a_service(reminders=tuple(timedelta(hours=each) for each in hours))
    return a_business(services=(service,), quiet_hours=quiet)


def on_friday(clocks: str) -> Booking:
    return a_booking(span=span(clocks, FRIDAY), busy=span(clocks, FRIDAY))


def due(booking: Booking, of: Business) -> list[str]:
    return [f"{each.due.astimezone(BERLIN):%a %H:%M}" for each in reminders(booking, of)]


@pytest.mark.parametrize(
    ("clocks", "hours", "expected"),
    [
        ("10-11", (24, 2), ["Thu 10:00", "Fri 08:00"]),
        ("10:30-11", (24, 2), ["Thu 10:30", "Fri 08:30"]),
        ("9-10", (2,), ["Fri 08:00"]),
        ("8:30-9", (1,), ["Fri 08:00"]),
        # half an hour must be left, else it goes out the evening before
        ("8:29-9", (1,), ["Thu 21:00"]),
        ("7-8", (2,), ["Thu 21:00"]),
        # the night before last: its end is soon enough
        ("7-8", (24,), ["Thu 08:00"]),
        ("22-23", (24,), ["Fri 08:00"]),
        ("23-23:30", (1,), ["Fri 21:00"]),
        ("10-11", (), []),
        # two that fall on one moment are one
        ("8:10-9", (3, 1), ["Thu 21:00"]),
        ("8-9", (11,), ["Thu 21:00"]),
    ],
)
def test_a_reminder_keeps_out_of_the_quiet_hours(
    clocks: str, hours: tuple[float, ...], expected: list[str]
) -> None:
    assert due(on_friday(clocks), business(*hours)) == expected


def test_without_quiet_hours_the_offset_alone_counts() -> None:
    assert due(on_friday("7-8"), business(2, quiet=None)) == ["Fri 05:00"]


def test_quiet_hours_may_lie_within_a_day() -> None:
    noon = business(2, quiet=QuietHours(time(12), time(14)))
    assert due(on_friday("15-16"), noon) == ["Fri 14:00"]
    assert due(on_friday("14:10-15"), noon) == ["Fri 12:00"]


def test_quiet_hours_go_by_the_wall_clock_on_the_day_of_a_clock_change() -> None:
    sunday = date(2027, 3, 28)
    booking = a_booking(span=span("9-10", sunday), busy=span("9-10", sunday))
    assert due(booking, business(2)) == ["Sun 08:00"]


@given(
    st.integers(0, 2 * 366 * 24 * 60),
    st.lists(st.integers(1, 200), max_size=4),
    st.times(),
    st.times(),
)
def test_every_reminder_is_before_the_start_and_outside_the_quiet_hours(
    after: int, offsets: list[int], begins: time, ends: time
) -> None:
    begins, ends = begins.replace(second=0, microsecond=0), ends.replace(second=0, microsecond=0)
    quiet = QuietHours(begins, ends) if begins != ends else None
    moment = NOW + timedelta(minutes=after)
    booking = a_booking(span=TimeSpan(moment, moment + HOUR))
    of = business(*offsets, quiet=quiet)
    for each in reminders(booking, of):
        assert each.due < moment
        clock = each.due.astimezone(BERLIN).time()
        assert (
            quiet is None or not _inside(clock, quiet) or clock == quiet.begins or _odd(each.due)
        )


def _inside(clock: time, quiet: QuietHours) -> bool:
    if quiet.begins < quiet.ends:
        return quiet.begins < clock < quiet.ends
    return clock > quiet.begins or clock < quiet.ends


def _odd(moment: datetime) -> bool:
    """Around a clock change a wall time may be skipped or come twice."""
    near = (moment + timedelta(hours=hours) for hours in (-4, 0, 4))
    return len({each.astimezone(BERLIN).utcoffset() for each in near}) > 1


def test_what_is_promised_names_booking_version_and_offset() -> None:
    booking = replace(on_friday("10-11"), version=3)
    found = promises(booking, business(24), NOW, [MAIL, TELL])
    assert [each.key for each in found] == [
        f"reminder:{booking.id}:3:1440",
        f"reminder_tell:{booking.id}:3:1440",
    ]
    assert {each.run_at for each in found} == {at("10", date(2026, 11, 12))}
    assert found[0].payload == {"booking": booking.id, "version": "3", "reminder": "1440"}


def test_who_has_just_booked_is_not_reminded_of_it() -> None:
    booking = on_friday("10-11")
    due_at = at("10", date(2026, 11, 12))
    assert promises(booking, business(24), due_at - timedelta(minutes=59), [MAIL]) == []
    assert len(promises(booking, business(24), due_at - HOUR, [MAIL])) == 1


STATES = [state for state in BookingState if state is not BookingState.BOOKED]


@pytest.mark.parametrize("state", STATES)
def test_f42_nobody_is_reminded_of_what_is_not_booked(state: BookingState) -> None:
    booking = replace(on_friday("10-11"), state=state)
    now = at("10", date(2026, 11, 12))
    assert not is_worth_sending(booking, business(24), 1, "1440", now)


def test_f42_a_reminder_from_before_a_move_says_nothing() -> None:
    booking, now = on_friday("10-11"), at("10", date(2026, 11, 12))
    assert is_worth_sending(booking, business(24), 1, "1440", now)
    assert not is_worth_sending(replace(booking, version=2), business(24), 1, "1440", now)


def test_f42_a_late_reminder_goes_out_until_the_next_is_due_or_the_start() -> None:
    booking, of = on_friday("12-13"), business(24, 2)
    ten, noon = at("10", FRIDAY), at("12", FRIDAY)
    second = timedelta(seconds=1)
    assert is_worth_sending(booking, of, 1, "1440", ten - second)
    assert not is_worth_sending(booking, of, 1, "1440", ten)
    assert is_worth_sending(booking, of, 1, "120", ten)
    assert is_worth_sending(booking, of, 1, "120", noon - second)
    assert not is_worth_sending(booking, of, 1, "120", noon)


def test_a_reminder_that_the_business_gave_up_says_nothing() -> None:
    booking, now = on_friday("12-13"), at("10", FRIDAY)
    assert not is_worth_sending(booking, business(24), 1, "120", now)
