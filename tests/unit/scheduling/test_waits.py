"""How long bookings waited for their event, out of their facts."""

from datetime import timedelta

from scheduling.ledger import Fact, FactKind, Head, chained
from scheduling.timespan import TimeSpan
from scheduling.waits import End, Wait, waits_of
from tests.builders import NOW

MINUTE = timedelta(minutes=1)
TEN = {"start": "2026-11-10T09:00:00+00:00", "end": "2026-11-10T09:30:00+00:00"}
BLIND = {"noted_blind": {"known_at": "2026-11-09T05:00:00+00:00", "age_seconds": 3600}}


def waits(*facts: tuple[str, int, dict] | tuple[str, int]) -> list[Wait]:
    told = [Fact(kind, "b1", NOW + minute * MINUTE, *values) for kind, minute, *values in facts]
    return waits_of(chained(Head(1), told))


def confirmed(minute: int = 0, **values: object) -> tuple[str, int, dict]:
    return (FactKind.CONFIRMED, minute, {**TEN, **values})


def test_a_wait_lasts_from_the_confirmation_until_the_event_was_read_back() -> None:
    (wait,) = waits(confirmed(), (FactKind.WRITTEN, 30))
    assert (wait.since, wait.until, wait.end) == (NOW, NOW + 30 * MINUTE, End.BOOKED)
    assert not wait.is_blind
    assert not wait.is_lost


def test_what_was_noted_on_a_known_state_says_since_when_that_was_known() -> None:
    (wait,) = waits(confirmed(**BLIND))
    assert wait.known_at == NOW - 60 * MINUTE
    assert (wait.until, wait.end) == (None, End.WAITING)


def test_a_request_waits_from_when_it_was_approved() -> None:
    (wait,) = waits((FactKind.REQUESTED, 0), (FactKind.APPROVED, 9), (FactKind.WRITTEN, 10))
    assert wait.since == NOW + 9 * MINUTE


def test_one_given_up_while_it_waited_is_lost_and_says_by_whom() -> None:
    (wait,) = waits(confirmed(), (FactKind.CONFLICT, 5), (FactKind.CANCELLED, 9, {"by": "system"}))
    assert (wait.is_lost, wait.by, wait.conflict_at) == (True, "system", NOW + 5 * MINUTE)


def test_one_cancelled_after_it_was_booked_is_not_lost() -> None:
    (wait,) = waits(confirmed(), (FactKind.WRITTEN, 1), (FactKind.CANCELLED, 9))
    assert wait.end is End.BOOKED


def test_one_moved_while_it_waits_goes_on_waiting_and_keeps_its_first_time() -> None:
    (wait,) = waits(confirmed(), (FactKind.MOVED, 5, {}), (FactKind.WRITTEN, 9))
    assert (wait.since, wait.until, wait.was_moved) == (NOW, NOW + 9 * MINUTE, True)
    assert wait.span is not None
    assert wait.span.start.isoformat() == TEN["start"]


def test_one_moved_once_it_was_booked_waits_anew() -> None:
    first, second = waits(confirmed(), (FactKind.WRITTEN, 1), (FactKind.MOVED, 60))
    assert (first.end, second.end) == (End.BOOKED, End.WAITING)


def test_a_wait_that_ends_as_the_outage_begins_was_not_touched_by_it() -> None:
    (wait,) = waits(confirmed(), (FactKind.WRITTEN, 5))
    assert not wait.overlaps(TimeSpan(NOW + 5 * MINUTE, NOW + 9 * MINUTE))
    assert wait.overlaps(TimeSpan(NOW + 4 * MINUTE, NOW + 9 * MINUTE))


def test_a_wait_that_begins_as_it_ends_was_not_either() -> None:
    (wait,) = waits(confirmed(5))
    assert not wait.overlaps(TimeSpan(NOW, NOW + 5 * MINUTE))
