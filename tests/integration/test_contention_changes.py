"""Many change what stands at once: one answer counts, one move gets the time, nobody deadlocks."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from scheduling.booking import Assignment, Booking, BookingEvent, BookingState
from scheduling.errors import SlotTaken, TransitionRefused
from scheduling.outbox import Promise
from scheduling.store import open_store
from scheduling.store.bookings import SqlBookings
from scheduling.store.postgres import WRITERS
from tests import postgres
from tests.contract.store_world import DATABASES, a_url_to_spoil, rows_of
from tests.integration import contention_worker as scene
from tests.integration.test_contention import TRIGGERS, overlaps

NOW = scene.NOW
COUNT = 200
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


@pytest.fixture(params=DATABASES)
def url(request, tmp_path):
    with a_url_to_spoil(request.param, tmp_path) as url:
        yield url


@pytest.fixture
async def store(url):
    store = await open_store(url, scene.SetClock())
    yield store
    await store.close()


def only_postgres(test):
    return pytest.mark.parametrize("url", ["postgres"], indirect=True)(test)


async def noted(store, minutes, owner):
    held = await store.bookings.hold(scene.a_request(minutes, 5, owner=owner), NOW)
    return await store.bookings.confirm(held.id, owner, scene.EVA, [], NOW)


async def test_of_200_answers_to_one_request_one_counts(store, url):
    held = await store.bookings.hold(scene.a_request(0, 60, owner="eva"), NOW)
    until = NOW + 60 * scene.MINUTE
    asked = await store.bookings.confirm(held.id, "eva", scene.EVA, [], NOW, decide_until=until)
    events = [BookingEvent.APPROVE, BookingEvent.DECLINE, BookingEvent.EXPIRE]
    answers = await asyncio.gather(
        *(
            store.bookings.decide(
                asked.id, events[n % 3], [Promise("tell", f"{events[n % 3]}:{n}")], NOW
            )
            for n in range(COUNT)
        ),
        return_exceptions=True,
    )
    (state,) = {answer.state for answer in answers if isinstance(answer, Booking)}
    assert state is (await store.bookings.booking(asked.id)).state
    assert {type(answer) for answer in answers} == {Booking, TransitionRefused}
    assert rows_of(url, "SELECT count(*) FROM outbox") == [(1,)]


async def test_of_200_who_move_onto_one_slot_one_gets_it_and_the_others_keep_theirs(store, url):
    theirs = [await noted(store, 5 * n, f"customer-{n}") for n in range(COUNT)]
    target = scene.a_request(2000, 60, owner="nobody")
    wishes = [replace(target, owner=each.owner, moves=each.id) for each in theirs]
    results = await scene.at_once(store, [store.bookings.hold(wish, NOW) for wish in wishes])
    (hold,) = (result for result in results if isinstance(result, Booking))
    assert Counter(map(type, results)) == {Booking: 1, SlotTaken: COUNT - 1}
    moved = await store.bookings.move(hold.moves, hold.owner, hold.id, [], NOW, version=1)
    assert (moved.span, moved.version) == (target.span, 2)
    assert rows_of(url, "SELECT count(*) FROM bookings WHERE state = 'noted'") == [(COUNT,)]
    assert overlaps(url) == 0


async def test_of_200_moves_by_one_hold_one_is_made(store):
    booking = await noted(store, 0, "eva")
    wish = replace(scene.a_request(600, 5, owner="eva"), moves=booking.id)
    hold = await store.bookings.hold(wish, NOW)
    results = await asyncio.gather(
        *(
            store.bookings.move(booking.id, "eva", hold.id, [], NOW, version=1)
            for _ in range(COUNT)
        )
    )
    assert {(result.version, result.state) for result in results} == {(2, BookingState.NOTED)}


def crossing_teams(count, minutes=0):
    """anna with ben and ben with anna: one taken after the other, each waits for the other."""
    return [
        replace(
            scene.a_request(minutes, 60, owner=f"customer-{minutes}-{number}"),
            assignment=Assignment(first, "chosen"),
            others=(f"staff:{second}",),
        )
        for number in range(count)
        for first, second in [[("anna", "ben"), ("ben", "anna")][number % 2]]
    ]


def linger_between_two_claims(url):
    """Give each transaction time to take its first claim before any takes its second."""
    rows_of(
        url,
        "CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN PERFORM pg_sleep(0.1); RETURN NEW; END'",
    )
    # by name the last of those that fire before
    rows_of(
        url,
        "CREATE TRIGGER zz_linger BEFORE INSERT ON claims FOR EACH ROW EXECUTE FUNCTION linger()",
    )


class Watched:
    """The database, and whose work was begun how often: what deadlocks is begun again."""

    def __init__(self, database):
        self._database = database
        self.owners = []

    def lock(self, connection, names):
        names = list(names)
        self.owners += [name for name in names if name.startswith("owner:")]
        self._take(connection, names)

    def _take(self, connection, names):
        self._database.lock(connection, names)

    def __getattr__(self, name):
        return getattr(self._database, name)


class Unlocked(Watched):
    """The database without the locks that are taken in order."""

    def _take(self, connection, names):
        pass


@only_postgres
async def test_teams_that_cross_never_deadlock(url):
    linger_between_two_claims(url)
    store = await open_store(url, scene.SetClock())
    watched = Watched(store.database)
    bookings = SqlBookings(watched, scene.SetClock())
    wishes = crossing_teams(COUNT)
    results = await scene.at_once(store, [bookings.hold(wish, NOW) for wish in wishes])
    await store.close()
    assert Counter(map(type, results)) == {Booking: 1, SlotTaken: COUNT - 1}
    assert set(Counter(watched.owners).values()) == {1}
    assert postgres.rows(url, DEADLOCKS) == [(0,)]


@only_postgres
@pytest.mark.parametrize("last_line", ["constraints alone", "locks in no order"])
async def test_without_the_ordered_locks_the_same_teams_deadlock(url, last_line):
    if last_line == "constraints alone":
        for trigger in TRIGGERS:
            rows_of(url, f"DROP TRIGGER {trigger} ON claims")
    linger_between_two_claims(url)
    store = await open_store(url, scene.SetClock())
    unlocked = Unlocked(store.database)
    bookings = SqlBookings(unlocked, scene.SetClock())
    rounds = 0
    while len(unlocked.owners) == rounds * WRITERS:
        wishes = crossing_teams(WRITERS, 60 * rounds)
        results = await scene.at_once(store, [bookings.hold(wish, NOW) for wish in wishes])
        # a deadlock is done again, for so long; it never makes two winners
        assert sum(isinstance(result, Booking) for result in results) <= 1
        rounds += 1
    await store.close()
    await until_deadlocks_are_counted(url)


async def until_deadlocks_are_counted(url):
    async with asyncio.timeout(20):
        while await asyncio.to_thread(postgres.rows, url, DEADLOCKS) == [(0,)]:
            pass
