"""The same as `store`, on PostgreSQL with two processes: bookings a second that are on disk.

Each process books with callers of its own; the clock runs from the first to the last of all. A
database of its own is made on the server and dropped at the end.
`python -m bench.store_postgres URL FIRST CALLERS BOOKINGS` is one of the processes.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from urllib.parse import urlsplit, urlunsplit

import psycopg

from bench.cluster import a_server, order
from bench.rush import StandingClock
from bench.store import NOW, Rate, book, rate_of
from scheduling.booking import BookingState
from scheduling.store import open_store

PROCESSES = 2
CALLERS = (2, 8, 64)
BAR = 300
"""Bookings a second, of two processes together."""


def rates(bookings: int, url: str = "") -> list[Rate]:
    """Measure each number of callers on a new database of this server, or of one of our own."""
    with _server(url) as server:
        return [_rate(server, callers, bookings) for callers in CALLERS]


@contextmanager
def _server(url: str) -> Iterator[str]:
    if url:
        yield url
        return
    # as an operator sets it up: what is answered is on disk
    with a_server("fsync=on", "synchronous_commit=on") as own:
        yield own


def _rate(server: str, callers: int, bookings: int) -> Rate:
    name = f"terminbot_bench_{os.getpid()}_{callers}"
    order(server, f"CREATE DATABASE {name}")
    url = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    try:
        asyncio.run(_migrated(url))
        each, of_one = max(1, bookings // callers), callers // PROCESSES
        processes = [_start(url, n * of_one, of_one, each) for n in range(PROCESSES)]
        for process in processes:
            _line(process)
        begun = perf_counter()
        for process in processes:
            _go(process)
        took = [ms for process in processes for ms in json.loads(_line(process))]
        spent = perf_counter() - begun
        for process in processes:
            process.communicate()
        return rate_of(callers, took, spent, _wrong(url, len(took)), BAR, PROCESSES)
    finally:
        order(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


async def _migrated(url: str) -> None:
    await (await open_store(url, StandingClock(NOW))).close()


def _start(url: str, first: int, callers: int, bookings: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "bench.store_postgres", url, *map(str, (first, callers, bookings))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _line(process: "subprocess.Popen[str]") -> str:
    return "" if process.stdout is None else process.stdout.readline()


def _go(process: "subprocess.Popen[str]") -> None:
    if process.stdin is not None:
        process.stdin.write("go\n")
        process.stdin.flush()


def _wrong(url: str, count: int) -> str:
    """Look into the database itself: as many bookings, claims and promises as were answered."""
    asked = (
        "SELECT count(*) FROM bookings WHERE state = %(noted)s",
        "SELECT count(*) FROM claims WHERE occupying = 1",
        "SELECT count(*) FROM outbox",
    )
    noted = {"noted": str(BookingState.NOTED)}
    with psycopg.connect(url) as connection:
        found = [row[0] for each in asked for row in connection.execute(each, noted)]
    return "" if found == [count] * 3 else f"{count} answered, {found} in the database"


async def _process(url: str, first: int, callers: int, bookings: int) -> None:
    store = await open_store(url, StandingClock(NOW))
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    took = await asyncio.gather(*(book(store, first + n, bookings) for n in range(callers)))
    print(json.dumps([ms for caller in took for ms in caller]), flush=True)
    await store.close()


if __name__ == "__main__":
    asyncio.run(_process(sys.argv[1], *map(int, sys.argv[2:])))
