"""The DurableQueue port: every promise is kept once, a late result changes nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from scheduling.booking import (
    Assignment,
    BookingState,
    CancelledBy,
    Customer,
    Details,
    HoldRequest,
)
from scheduling.errors import StaleLease, TransitionRefused
from scheduling.outbox import Promise
from scheduling.ports import WrittenEvent
from scheduling.store import open_store
from scheduling.timespan import TimeSpan
from tests.builders import a_hold_request, some_details
from tests.contract.store_world import DATABASES, a_url

NOW = datetime(2027, 1, 1, 12, tzinfo=UTC)
LEASE = timedelta(seconds=60)
SPAN = TimeSpan(NOW + timedelta(days=3), NOW + timedelta(days=3, hours=1))


class SetClock:
    def now(self):
        return NOW


class Stopwatch:
    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def stopwatch():
    return Stopwatch()


@pytest.fixture(params=DATABASES)
def url(request, tmp_path):
    with a_url(request.param, tmp_path) as url:
        yield url


@pytest.fixture
async def store(url, stopwatch):
    store = await open_store(url, SetClock(), monotonic=stopwatch)
    yield store
    await store.close()


@pytest.fixture
async def other(url, store, stopwatch):
    other = await open_store(url, SetClock(), monotonic=stopwatch)
    yield other
    await other.close()


async def claimed(store, now=NOW):
    (job,) = await store.queue.claim(1, LEASE, now)
    return job


async def noted(store):
    request = HoldRequest(
        "cut", Assignment("anna", "chosen"), SPAN, SPAN, "eva", NOW + timedelta(minutes=5)
    )
    held = await store.bookings.hold(request, NOW)
    details = Details(Customer("Eva", "eva@example.org"), "teams")
    promise = Promise("write_event", f"write:{held.id}", {"booking_id": held.id})
    return await store.bookings.confirm(held.id, "eva", details, [promise], NOW)


async def test_a_promise_is_claimed_once_as_it_was_given(store):
    await store.queue.enqueue(Promise("tell", "tell:1", {"booking_id": "1"}), NOW)
    job = await claimed(store)
    assert (job.kind, job.key, job.payload, job.attempts) == (
        "tell",
        "tell:1",
        {"booking_id": "1"},
        1,
    )
    assert await store.queue.claim(8, LEASE, NOW) == ()


async def test_the_same_key_twice_is_one_job(store):
    for _ in range(2):
        await store.queue.enqueue(Promise("tell", "tell:1"), NOW)
    assert await store.queue.waiting() == 1


async def test_what_is_promised_for_later_waits_once_it_is_due_or_was_tried(store):
    await store.queue.enqueue(Promise("tell", "tell:1"), NOW)
    job = await claimed(store)
    await store.queue.retry(job, timedelta(minutes=5), "timeout", NOW)
    later = NOW + timedelta(hours=1)
    await store.queue.enqueue(Promise("remind", "remind:1", run_at=later), NOW)
    waiting = [await store.queue.waiting(due_by) for due_by in (NOW, later, None)]
    assert waiting == [1, 2, 2]


async def test_jobs_come_in_order_and_no_more_than_asked_for(store):
    for number in range(3):
        await store.queue.enqueue(Promise("tell", f"tell:{number}"), NOW)
    jobs = await store.queue.claim(2, LEASE, NOW)
    assert [job.key for job in jobs] == ["tell:0", "tell:1"]


async def test_a_later_promise_waits_for_its_time(store):
    later = NOW + timedelta(hours=1)
    await store.queue.enqueue(Promise("remind", "remind:1", run_at=later), NOW)
    assert await store.queue.claim(8, LEASE, later - timedelta(microseconds=1)) == ()
    assert (await claimed(store, later)).key == "remind:1"


async def test_a_promise_at_once_does_not_wait_for_a_clock_set_back(store):
    await store.queue.enqueue(Promise("tell", "tell:1"), NOW)
    assert (await claimed(store, NOW - timedelta(hours=1))).key == "tell:1"


async def test_a_written_event_books_and_enqueues_what_follows(store):
    booking = await noted(store)
    job = await claimed(store)
    written = WrittenEvent("event-1", booking.id, SPAN, "https://teams.example/1")
    await store.queue.complete(
        job, NOW, written=written, follow_ups=[Promise("tell_booked", "tell:1")]
    )
    after = await store.bookings.booking(booking.id)
    assert (after.state, after.event_id, after.join_url, after.version) == (
        BookingState.BOOKED,
        "event-1",
        "https://teams.example/1",
        1,
    )
    assert (await claimed(store)).kind == "tell_booked"


async def test_the_same_event_told_twice_changes_nothing(store):
    booking = await noted(store)
    written = WrittenEvent("event-1", booking.id, SPAN)
    await store.queue.complete(await claimed(store), NOW, written=written)
    await store.queue.enqueue(Promise("write_event", "write:again"), NOW)
    await store.queue.complete(await claimed(store), NOW, written=written)
    assert (await store.bookings.booking(booking.id)).event_id == "event-1"


async def test_another_event_for_a_booked_booking_is_refused_whole(store):
    booking = await noted(store)
    await store.queue.complete(
        await claimed(store), NOW, written=WrittenEvent("event-1", booking.id, SPAN)
    )
    await store.queue.enqueue(Promise("write_event", "write:again"), NOW)
    job = await claimed(store)
    second = WrittenEvent("event-2", booking.id, SPAN)
    with pytest.raises(TransitionRefused):
        await store.queue.complete(job, NOW, written=second, follow_ups=[Promise("a", "b")])
    assert (await store.bookings.booking(booking.id)).event_id == "event-1"
    await store.queue.park(job, "second event", NOW)
    assert await store.queue.waiting() == 0


async def test_a_completed_job_is_not_done_again(store):
    await store.queue.enqueue(Promise("tell", "tell:1"), NOW)
    job = await claimed(store)
    await store.queue.complete(job, NOW)
    assert await store.queue.claim(8, LEASE, NOW + timedelta(days=1)) == ()
    with pytest.raises(StaleLease):
        await store.queue.complete(job, NOW)


async def test_a_retried_job_waits_and_counts_its_attempts(store):
    await store.queue.enqueue(Promise("tell", "tell:1"), NOW)
    await store.queue.retry(await claimed(store), timedelta(seconds=9), "http_503", NOW)
    assert await store.queue.claim(8, LEASE, NOW + timedelta(seconds=8)) == ()
    assert (await claimed(store, NOW + timedelta(seconds=9))).attempts == 2


async def test_a_parked_job_waits_for_a_person(store):
    await store.queue.enqueue(Promise("tell", "tell:1"), NOW)
    await store.queue.park(await claimed(store), "unknown_kind " + "x" * 900, NOW)
    assert await store.queue.waiting() == 0
    assert await store.queue.claim(8, LEASE, NOW + timedelta(days=9)) == ()


async def test_a_living_workers_job_is_not_taken(store, other, stopwatch):
    await store.queue.enqueue(Promise("tell", "tell:1"), NOW)
    await claimed(store)
    assert await other.queue.claim(8, LEASE, NOW + timedelta(hours=1)) == ()


async def test_a_frozen_workers_job_is_taken_and_its_late_result_thrown_away(
    store, other, stopwatch
):
    await store.queue.enqueue(Promise("tell", "tell:1"), NOW)
    frozen = await claimed(store)
    assert await other.queue.claim(8, LEASE, NOW) == ()
    stopwatch.seconds += 60
    taken = await claimed(other, NOW + LEASE)
    assert (taken.attempts, taken.lease_owner != frozen.lease_owner) == (2, True)
    for late in (
        store.queue.complete(frozen, NOW, follow_ups=[Promise("late", "late")]),
        store.queue.retry(frozen, LEASE, "late", NOW),
        store.queue.park(frozen, "late", NOW),
        store.queue.renew(frozen, LEASE, NOW),
    ):
        with pytest.raises(StaleLease):
            await late
    await other.queue.complete(taken, NOW)
    assert await store.queue.waiting() == 0


async def test_a_worker_that_takes_its_own_job_again_is_fenced_by_the_attempt(store, stopwatch):
    await store.queue.enqueue(Promise("tell", "tell:1"), NOW)
    first = await claimed(store)
    assert await store.queue.claim(8, LEASE, NOW) == ()
    stopwatch.seconds += 60
    second = await claimed(store, NOW + LEASE)
    with pytest.raises(StaleLease):
        await store.queue.complete(first, NOW)
    await store.queue.complete(second, NOW)


@pytest.mark.parametrize("change", [{"lease_owner": "x"}, {"attempts": 2}, {"id": 2}])
async def test_the_fence_asks_for_job_owner_and_attempt(store, change):
    await store.queue.enqueue(Promise("tell", "tell:1"), NOW)
    job = await claimed(store)
    with pytest.raises(StaleLease):
        await store.queue.complete(replace(job, **change), NOW)
    await store.queue.complete(job, NOW)


async def test_a_renewed_job_stays_with_its_worker(store, other, stopwatch):
    await store.queue.enqueue(Promise("tell", "tell:1"), NOW)
    job = await claimed(store)
    await other.queue.claim(8, LEASE, NOW)
    for _ in range(8):
        stopwatch.seconds += 15
        now = NOW + timedelta(seconds=stopwatch.seconds)
        await store.queue.renew(job, LEASE, now)
        assert await other.queue.claim(8, LEASE, now) == ()
    await store.queue.complete(job, NOW)


async def test_a_closed_stores_jobs_are_free_at_once(url, store):
    other = await open_store(url, SetClock())
    await store.queue.enqueue(Promise("tell", "tell:1"), NOW)
    await claimed(other)
    assert await store.queue.claim(8, LEASE, NOW) == ()
    await other.close()
    assert (await claimed(store)).attempts == 2


async def parked(store, key, reason="http_404"):
    await store.queue.enqueue(Promise("write_event", key, {"booking": key}), NOW)
    job = await claimed(store)
    await store.queue.park(job, reason, NOW)
    return job


async def test_what_was_set_aside_is_listed_with_its_reason(store):
    job = await parked(store, "one")
    (aside,) = await store.queue.parked()
    assert (aside.id, aside.kind, aside.payload) == (job.id, "write_event", {"booking": "one"})
    assert (aside.reason, aside.attempts, aside.promised_at) == ("http_404", 1, NOW)


async def test_a_job_set_aside_is_taken_up_again_and_counts_on(store):
    job = await parked(store, "one")
    assert await store.queue.take_up_again(job.id) == 1
    assert await store.queue.parked() == []
    again = await claimed(store)
    assert (again.id, again.attempts) == (job.id, 2)


async def test_one_job_taken_up_again_leaves_the_others_aside(store):
    first, second = await parked(store, "one"), await parked(store, "two")
    assert await store.queue.take_up_again(second.id) == 1
    assert [job.id for job in await store.queue.parked()] == [first.id]


async def test_all_that_was_set_aside_is_taken_up_again_at_once(store):
    await parked(store, "one")
    await parked(store, "two")
    assert await store.queue.take_up_again() == 2
    assert await store.queue.take_up_again() == 0


async def test_a_job_that_is_not_set_aside_cannot_be_taken_up_again(store):
    await store.queue.enqueue(Promise("write_event", "one"), NOW)
    job = await claimed(store)
    assert await store.queue.take_up_again(job.id) == 0
    await store.queue.complete(job, NOW)
    assert await store.queue.take_up_again() == 0


async def test_f38_a_clock_set_forward_and_back_runs_a_dated_promise_once(store):
    later = Promise("mail_reminder", "reminder:b:1:1440", {}, NOW + timedelta(days=1))
    await store.queue.enqueue(later, NOW)
    ahead = NOW + timedelta(days=2)
    await store.queue.complete(await claimed(store, ahead), ahead)
    await store.queue.enqueue(later, NOW)
    assert not await store.queue.claim(1, LEASE, NOW + timedelta(days=1))


async def test_what_waits_for_a_decision_is_not_taken_up_with_all_that_failed(store):
    failed = await parked(store, "one")
    asked = Promise("cancel_event", "second", {"booking": "two"}, parked="second_event")
    await store.queue.enqueue(asked, NOW)
    assert await store.queue.take_up_again() == 1
    (left,) = await store.queue.parked()
    assert (left.reason, left.awaits_decision) == ("second_event", True)
    assert (await claimed(store)).id == failed.id


async def test_what_was_set_aside_is_given_up_for_good_and_that_is_a_fact(store):
    job = await parked(store, "one")
    assert await store.queue.discard(job.id, NOW)
    assert await store.queue.parked() == []
    assert await store.queue.take_up_again(job.id) == 0
    assert not await store.queue.discard(job.id, NOW)


async def test_only_what_is_set_aside_is_given_up(store):
    await store.queue.enqueue(Promise("write_event", "one"), NOW)
    job = await claimed(store)
    assert not await store.queue.discard(job.id, NOW)
    await store.queue.complete(job, NOW)


async def test_work_for_which_a_booking_waits_is_not_given_up(store):
    hold = await store.bookings.hold(a_hold_request(), NOW)
    writing = Promise("write_event", f"write:{hold.id}", {"booking": hold.id})
    await store.bookings.confirm(hold.id, hold.owner, some_details(), [writing], NOW)
    job = await claimed(store)
    await store.queue.park(job, "ErrorQuotaExceeded", NOW)
    with pytest.raises(TransitionRefused):
        await store.queue.discard(job.id, NOW)
    await store.bookings.cancel(hold.id, hold.owner, CancelledBy.CUSTOMER, [], NOW)
    assert await store.queue.discard(job.id, NOW)
