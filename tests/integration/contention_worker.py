"""A process of its own on the store: reads one command a line, answers one JSON line.

`python -m tests.integration.contention_worker URL`
"""

import asyncio
import itertools
import json
import sys
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

from sqlalchemy import event, insert

from scheduling.booking import Assignment, Customer, Details, HoldRequest
from scheduling.outbox import Promise
from scheduling.store import open_store
from scheduling.store.postgres import WRITERS
from scheduling.store.sqlite import SqliteDatabase
from scheduling.store.tables import documents
from scheduling.timespan import TimeSpan

NOW = datetime(2027, 1, 1, 12, tzinfo=UTC)
NINE = datetime(2027, 1, 4, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LEASE = timedelta(seconds=60)
EVA = Details(Customer("Eva", "eva@example.org"), "teams")


class SetClock:
    def now(self):
        return NOW


def a_request(minutes, length, *, owner, buffers=0, service="cut"):
    span = TimeSpan(NINE + minutes * MINUTE, NINE + (minutes + length) * MINUTE)
    busy = span.widened(buffers * MINUTE, buffers * MINUTE)
    until = NOW + 5 * MINUTE
    return HoldRequest(service, Assignment("anna", "chosen"), span, busy, owner, until)


def one_slot(count, name):
    return [a_request(0, 60, owner=f"{name}-{number}") for number in range(count)]


def two_services(count, name):
    """09:00-09:45 with 15 minutes around it, and 09:50-10:20 without: only the buffers meet."""
    return [
        a_request(0, 45, owner=f"{name}-{number}", buffers=15)
        if number % 2
        else a_request(50, 30, owner=f"{name}-{number}", service="call")
        for number in range(count)
    ]


def mixed(count, name):
    """A day full of overlapping wishes of 15 to 60 minutes."""
    return [
        a_request(
            number * 7 % 480,
            15 * (1 + number % 4),
            owner=f"{name}-{number}",
            buffers=number % 3 * 5,
        )
        for number in range(count)
    ]


SCENES = {"one_slot": one_slot, "two_services": two_services, "mixed": mixed}


async def at_once(store, attempts):
    """Run all attempts so that every one has found its time free before the first one writes."""
    looked = itertools.count(1)
    all_looked = threading.Event()

    def count(*_statement):
        if next(looked) == len(attempts):
            all_looked.set()

    def gate(_connection):
        assert all_looked.wait(30), "not every attempt looked: nothing was tried at once"

    looks = looking_at(store.database)
    event.listen(looks, "after_cursor_execute", count)
    try:
        # as many as there may be writers
        gates = [store.database.write(gate) for _ in range(WRITERS)]
        results = await asyncio.gather(*gates, *attempts, return_exceptions=True)
    finally:
        event.remove(looks, "after_cursor_execute", count)
    assert results[:WRITERS] == [None] * WRITERS
    return results[WRITERS:]


def looking_at(database):
    """The engine that asks whether a time is free: one statement for each attempt."""
    return database._reader if isinstance(database, SqliteDatabase) else database._asker


def say(answer):
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def tally(results):
    return dict(Counter(type(result).__name__ for result in results))


async def holds(store, scene, name):
    requests = SCENES[scene](100, name)
    return tally(await at_once(store, [store.bookings.hold(each, NOW) for each in requests]))


async def confirms(store, booking_id):
    return tally(
        await asyncio.gather(
            *(
                store.bookings.confirm(
                    booking_id, "eva", EVA, [Promise("write_event", f"write:{id(store)}:{n}")], NOW
                )
                for n in range(100)
            ),
            return_exceptions=True,
        )
    )


async def die_amid_a_write(store):
    def never_ends(connection):
        row = {"kind": "half", "key": "1", "body": "{}" * 9999, "version": 1, "written_at": NOW}
        connection.execute(insert(documents).values(row))
        say("written")
        threading.Event().wait()

    await store.database.write(never_ends)


class Worker:
    def __init__(self, store):
        self.store = store
        self.job = None

    async def claim(self):
        (self.job,) = await self.store.queue.claim(1, LEASE, NOW)
        return self.job.key

    async def complete(self):
        return tally(
            await asyncio.gather(self.store.queue.complete(self.job, NOW), return_exceptions=True)
        )

    async def do(self, verb, *arguments):
        own = {"claim": self.claim, "complete": self.complete}
        if verb in own:
            return await own[verb]()
        others = {"holds": holds, "confirms": confirms, "die": die_amid_a_write}
        return await others[verb](self.store, *arguments)


async def main(url):
    store = await open_store(url, SetClock())
    worker = Worker(store)
    say("ready")
    while line := await asyncio.to_thread(sys.stdin.readline):
        say(await worker.do(*line.split()))
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
