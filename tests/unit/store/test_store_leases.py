from datetime import UTC, datetime, timedelta

from scheduling.store.outbox import Lease, LeaseWatch

NOW = datetime(2027, 1, 4, 9, tzinfo=UTC)
LENGTH = timedelta(seconds=60)


class Stopwatch:
    def __init__(self):
        self.seconds = 100.0

    def __call__(self):
        return self.seconds


def a_lease(**changes):
    return Lease(**{"id": 1, "owner": "a", "attempts": 1, "until": NOW + LENGTH} | changes)


def test_a_lease_seen_unrenewed_for_its_whole_length_is_over():
    stopwatch = Stopwatch()
    watch = LeaseWatch(stopwatch)
    assert watch.over([a_lease()], LENGTH, NOW) == []
    stopwatch.seconds += 60
    assert watch.over([a_lease()], LENGTH, NOW + LENGTH) == [a_lease()]


def test_a_clock_set_an_hour_ahead_ends_no_lease():
    stopwatch = Stopwatch()
    watch = LeaseWatch(stopwatch)
    watch.over([a_lease()], LENGTH, NOW)
    stopwatch.seconds += 1
    assert watch.over([a_lease()], LENGTH, NOW + timedelta(hours=1)) == []


def test_a_renewed_lease_begins_anew():
    stopwatch = Stopwatch()
    watch = LeaseWatch(stopwatch)
    watch.over([a_lease()], LENGTH, NOW)
    stopwatch.seconds += 60
    renewed = a_lease(until=NOW + 2 * LENGTH)
    assert watch.over([renewed], LENGTH, NOW + timedelta(hours=1)) == []


def test_what_is_no_longer_leased_is_forgotten():
    stopwatch = Stopwatch()
    watch = LeaseWatch(stopwatch)
    watch.over([a_lease()], LENGTH, NOW)
    watch.over([], LENGTH, NOW)
    stopwatch.seconds += 60
    assert watch.over([a_lease()], LENGTH, NOW + LENGTH) == []
