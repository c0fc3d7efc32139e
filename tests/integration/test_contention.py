"""Many want one time: inside one process, in two processes, and with the lock taken away."""

import asyncio
import contextlib
import json
import signal
import sys
from dataclasses import replace
from itertools import combinations

import pytest

from scheduling.booking import Booking, BookingState
from scheduling.errors import HoldExpired, SlotTaken
from scheduling.outbox import Promise
from scheduling.store import open_store
from tests.contract.store_world import DATABASES, a_url_to_spoil, is_file, rows_of
from tests.integration import contention_worker as scene
from tests.integration.processes import ROOT

NOW = scene.NOW
TRIGGERS = ("claims_no_overlap_insert", "claims_no_overlap_update")


@pytest.fixture(params=DATABASES)
def url(request, tmp_path):
    with a_url_to_spoil(request.param, tmp_path) as url:
        yield url


def only(*kinds):
    return pytest.mark.parametrize("url", kinds, indirect=True)


class Stopwatch:
    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def stopwatch():
    return Stopwatch()


@pytest.fixture
async def store(url, stopwatch):
    store = await open_store(url, scene.SetClock(), monotonic=stopwatch)
    yield store
    await store.close()


class Process:
    """One worker process; killed for sure at the end."""

    def __init__(self, child):
        self._child = child

    async def do(self, *words):
        self._child.stdin.write((" ".join(words) + "\n").encode())
        return await self.answer()

    async def answer(self):
        line = await asyncio.wait_for(self._child.stdout.readline(), 60)
        assert line, "the worker has died"
        return json.loads(line)

    def send(self, how):
        self._child.send_signal(how)

    async def kill(self):
        with contextlib.suppress(ProcessLookupError):
            self._child.kill()
        await self._child.wait()

    async def end(self):
        self._child.stdin.close()
        return await asyncio.wait_for(self._child.wait(), 60)


@pytest.fixture
async def start(url):
    started = []

    async def start(count):
        children = [
            await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.integration.contention_worker",
                url,
                cwd=ROOT,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
            for _ in range(count)
        ]
        processes = [Process(child) for child in children]
        started.extend(processes)
        assert [await process.answer() for process in processes] == ["ready"] * count
        return processes

    yield start
    for process in started:
        await process.kill()


def without(url, *triggers):
    """Take the last line of defence away: the triggers, and what stands behind them."""
    if is_file(url):
        statements = [f"DROP TRIGGER {trigger}" for trigger in triggers]
    else:
        statements = [f"DROP TRIGGER {trigger} ON claims" for trigger in triggers]
        statements += [
            f"ALTER TABLE claims DROP CONSTRAINT {name}"
            for name in ("slot_taken_busy", "slot_taken_core")
        ]
    for statement in statements:
        rows_of(url, statement)


def overlaps(url):
    """Compare every two bookings that occupy, from their own rows, not from the claims."""
    occupying = rows_of(
        url,
        "SELECT staff_id, busy_starts, busy_ends FROM bookings "
        "WHERE state NOT IN ('cancelled', 'expired', 'moved')",
    )
    return sum(a[0] == b[0] and a[1] < b[2] and b[1] < a[2] for a, b in combinations(occupying, 2))


def holds(store, requests):
    return [store.bookings.hold(request, NOW) for request in requests]


def winners(results):
    won = [result for result in results if isinstance(result, Booking)]
    lost = [result for result in results if isinstance(result, SlotTaken)]
    assert len(won) + len(lost) == len(results)
    return won


async def test_200_holds_on_one_slot_have_one_winner(store, url):
    results = await scene.at_once(store, holds(store, scene.one_slot(200, "a")))
    assert len(winners(results)) == 1
    assert overlaps(url) == 0


async def test_200_holds_on_two_services_of_one_person_have_one_winner(store, url):
    results = await scene.at_once(store, holds(store, scene.two_services(200, "a")))
    assert len(winners(results)) == 1
    assert overlaps(url) == 0


async def test_200_overlapping_wishes_of_a_day_leave_no_overlap(store, url):
    results = await scene.at_once(store, holds(store, scene.mixed(200, "a")))
    assert len(winners(results)) > 5
    assert overlaps(url) == 0


async def test_200_takers_of_a_hold_that_is_over_have_one_winner(store, url):
    first = await store.bookings.hold(scene.a_request(0, 60, owner="eva"), NOW)
    late = NOW + 5 * scene.MINUTE
    takers = [
        store.bookings.hold(replace(request, until=late + scene.MINUTE), late)
        for request in scene.one_slot(200, "a")
    ]
    assert len(winners(await scene.at_once(store, takers))) == 1
    assert (await store.bookings.booking(first.id)).state is BookingState.EXPIRED
    assert overlaps(url) == 0


async def test_200_confirms_of_one_hold_make_one_booking_and_one_promise(store, url):
    held = await store.bookings.hold(scene.a_request(0, 60, owner="eva"), NOW)
    results = await asyncio.gather(
        *(
            store.bookings.confirm(
                held.id, "eva", scene.EVA, [Promise("write_event", f"write:{number}")], NOW
            )
            for number in range(200)
        )
    )
    assert len(set(map(repr, results))) == 1
    assert rows_of(url, "SELECT state FROM bookings") == [("noted",)]
    assert rows_of(url, "SELECT count(*) FROM outbox") == [(1,)]


async def test_confirm_and_next_taker_of_a_hold_that_is_over_never_both_win(store, url):
    late = NOW + 5 * scene.MINUTE
    for minutes in range(0, 1200, 60):
        owner = f"eva-{minutes}"
        held = await store.bookings.hold(scene.a_request(minutes, 60, owner=owner), NOW)
        taker = scene.a_request(minutes, 60, owner=f"max-{minutes}")
        taken, confirmed = await asyncio.gather(
            store.bookings.hold(replace(taker, until=late + scene.MINUTE), late),
            store.bookings.confirm(held.id, owner, scene.EVA, [], late),
            return_exceptions=True,
        )
        assert isinstance(taken, SlotTaken) != isinstance(confirmed, HoldExpired)
    assert overlaps(url) == 0


async def test_release_and_confirm_never_both_win(store, url):
    for minutes in range(0, 1200, 60):
        owner = f"eva-{minutes}"
        held = await store.bookings.hold(scene.a_request(minutes, 60, owner=owner), NOW)
        promise = Promise("write_event", f"write:{held.id}")
        await asyncio.gather(
            store.bookings.release_hold(held.id, owner, NOW),
            store.bookings.confirm(held.id, owner, scene.EVA, [promise], NOW),
            return_exceptions=True,
        )
    noted = rows_of(url, "SELECT count(*) FROM bookings WHERE state = 'noted'")
    assert rows_of(url, "SELECT count(*) FROM outbox") == noted


@pytest.mark.parametrize("wish", ["one_slot", "two_services"])
async def test_two_processes_with_100_holds_each_have_one_winner(start, url, wish):
    processes = await start(2)
    tallies = await asyncio.gather(
        *(process.do("holds", wish, f"p{n}") for n, process in enumerate(processes))
    )
    assert sum(tally.get("Booking", 0) for tally in tallies) == 1
    assert sum(tally.get("SlotTaken", 0) for tally in tallies) == 199
    assert overlaps(url) == 0


async def test_two_processes_with_a_day_of_wishes_leave_no_overlap(start, url):
    processes = await start(2)
    tallies = await asyncio.gather(
        *(process.do("holds", "mixed", f"p{n}") for n, process in enumerate(processes))
    )
    assert all(set(tally) <= {"Booking", "SlotTaken"} for tally in tallies)
    assert overlaps(url) == 0


async def test_two_processes_with_100_confirms_each_make_one_booking(start, store, url):
    held = await store.bookings.hold(scene.a_request(0, 60, owner="eva"), NOW)
    processes = await start(2)
    tallies = await asyncio.gather(*(process.do("confirms", held.id) for process in processes))
    assert tallies == [{"Booking": 100}, {"Booking": 100}]
    assert rows_of(url, "SELECT state FROM bookings") == [("noted",)]
    assert rows_of(url, "SELECT count(*) FROM outbox") == [(1,)]


@only("sqlite", "empty postgres")
async def test_two_processes_can_open_an_empty_database_at_once(start, url):
    for process in await start(2):
        assert await process.end() == 0
    newest = max(
        file.name[:4] for file in (ROOT / "scheduling/store/migrations/versions").glob("0*.py")
    )
    assert rows_of(url, "SELECT version_num FROM alembic_version") == [(newest,)]


async def test_without_the_triggers_the_same_attempts_do_overlap(store, url):
    without(url, *TRIGGERS)
    results = await scene.at_once(store, holds(store, scene.one_slot(200, "a")))
    assert len(winners(results)) == 200
    assert overlaps(url) == 200 * 199 / 2


async def test_without_the_triggers_two_services_of_one_person_do_overlap(store, url):
    without(url, *TRIGGERS)
    await scene.at_once(store, holds(store, scene.two_services(200, "a")))
    assert overlaps(url) > 0


async def test_without_the_triggers_two_processes_do_overlap(start, store, url):
    without(url, *TRIGGERS)
    processes = await start(2)
    await asyncio.gather(
        *(process.do("holds", "one_slot", f"p{n}") for n, process in enumerate(processes))
    )
    assert overlaps(url) > 0


async def test_with_a_trigger_on_insert_alone_a_move_does_overlap(store, url):
    without(url, "claims_no_overlap_update")
    for minutes in (0, 60):
        await store.bookings.hold(scene.a_request(minutes, 60, owner="eva"), NOW)
    rows_of(url, "UPDATE claims SET busy_start = 0, busy_end = 9999999999")
    rows_of(url, "UPDATE bookings SET busy_starts = 0, busy_ends = 9999999999000000")
    assert overlaps(url) == 1


async def test_a_killed_processes_job_is_taken_over_at_once(start, store):
    await store.queue.enqueue(Promise("tell", "tell:1"), NOW)
    (process,) = await start(1)
    assert await process.do("claim") == "tell:1"
    assert await store.queue.claim(8, scene.LEASE, NOW) == ()
    await process.kill()
    async with asyncio.timeout(20):
        # the server of a database learns of the death a moment later
        while not (taken := await store.queue.claim(8, scene.LEASE, NOW)):
            pass
    (job,) = taken
    assert (job.key, job.attempts) == ("tell:1", 2)
    await store.queue.complete(job, NOW)


@only("sqlite")
async def test_the_lock_file_of_a_killed_process_goes_with_its_job(start, store, tmp_path):
    await store.queue.enqueue(Promise("tell", "tell:1"), NOW)
    (process,) = await start(1)
    await process.do("claim")
    await process.kill()
    await store.queue.claim(8, scene.LEASE, NOW)
    assert len(list(tmp_path.glob("*.lock"))) == 1


@only("sqlite")
async def test_the_lock_files_of_killed_processes_are_swept_at_the_next_start(
    start, url, tmp_path
):
    (process,) = await start(1)
    await process.kill()
    assert len(list(tmp_path.glob("*.lock"))) == 1
    store = await open_store(url, scene.SetClock())
    assert [file.name for file in tmp_path.glob("*.lock")] == [
        f"terminbot.sqlite3.worker-{store.database.owner}.lock"
    ]
    await store.close()
    assert list(tmp_path.glob("*.lock")) == []


async def test_a_frozen_process_loses_its_job_by_the_lease_and_wakes_too_late(
    start, store, stopwatch
):
    await store.queue.enqueue(Promise("tell", "tell:1"), NOW)
    (process,) = await start(1)
    await process.do("claim")
    process.send(signal.SIGSTOP)
    assert await store.queue.claim(8, scene.LEASE, NOW + scene.LEASE) == ()
    stopwatch.seconds += 60
    (job,) = await store.queue.claim(8, scene.LEASE, NOW + scene.LEASE)
    process.send(signal.SIGCONT)
    assert await process.do("complete") == {"StaleLease": 1}
    await store.queue.complete(job, NOW)


async def test_a_process_killed_amid_a_write_leaves_nothing_half_written(start, store):
    (process,) = await start(1)
    assert await process.do("die") == "written"
    await process.kill()
    assert (await store.documents.read("half", "1")).version == 0
    await store.documents.write("half", "1", {}, 0, NOW)
