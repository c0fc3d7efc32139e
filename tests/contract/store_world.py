"""Both keepers of bookings, a database file and the fake in memory, and what is asked of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from scheduling.booking import Assignment, Customer, Details, HoldRequest
from scheduling.store import open_store
from scheduling.timespan import TimeSpan
from tests.fakes import InMemoryStore

KEEPERS = ("sqlite", "memory")
NINE = datetime(2027, 1, 4, 9, tzinfo=UTC)
NOW = datetime(2027, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
EVA = Details(
    Customer("Eva Müller", "eva@example.org", "+491701234567"),
    "teams",
    "Bitte leise \U0001f642",
    {"size": "L"},
    {"privacy": "2"},
    {"channel": "webchat"},
)


class SetClock:
    def __init__(self):
        self.moment = NOW

    def now(self):
        return self.moment


class MemoryKeeper:
    """The fake, with as much around it as the open database has."""

    def __init__(self, clock):
        self.bookings = InMemoryStore(clock)
        self.queue = self

    async def waiting(self):
        return len(self.bookings.promises)


def url_of(path):
    return f"sqlite:///{path}/terminbot.sqlite3"


@asynccontextmanager
async def a_keeper(kind, path, clock) -> AsyncIterator:
    if kind == "memory":
        yield MemoryKeeper(clock)
        return
    store = await open_store(url_of(path), clock)
    yield store
    await store.close()


def at(minutes, length=60):
    return TimeSpan(NINE + minutes * MINUTE, NINE + (minutes + length) * MINUTE)


def a_request(minutes=0, *, owner="eva", staff="anna", length=60, buffers=0, **changes):
    """`buffers`: minutes on both sides, or a pair of them."""
    span = at(minutes, length)
    before, after = buffers if isinstance(buffers, tuple) else (buffers, buffers)
    values = {
        "service_id": "cut",
        "assignment": Assignment(staff, "least load: 0"),
        "span": span,
        "busy": span.widened(before * MINUTE, after * MINUTE),
        "owner": owner,
        "until": NOW + 5 * MINUTE,
    }
    return HoldRequest(**values | changes)
