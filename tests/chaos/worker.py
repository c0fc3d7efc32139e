"""The bot as `serve` runs it, but it can be told where to die. Reads one command a line.

`arm POINT N`: kill -9 when the N-th time the point is reached; `lease SECONDS`; `clock SECONDS`
(how far its clock is off); `full 1`: the database file may not grow; `full 0`. Answers each with
`ok`. Prints `owner NAME` whenever it takes jobs under a new name.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from aiohttp import web
from sqlalchemy import event

from bot import logs
from bot.app import SHUTDOWN_SECONDS, Parts, application
from bot.settings import load_settings
from scheduling.clock import SystemClock
from scheduling.errors import StoreUnavailable

NO_LIMIT = 1_073_741_823


class Point(StrEnum):
    """Where a process may die (docs/reliability.md)."""

    BEFORE_COMMIT = "p0"
    BEFORE_TELLING = "p1"
    JOB_BEGUN = "p2"
    EVENT_WRITTEN = "p3"
    EVENT_RECORDED = "p4"
    MAIL_SENT = "p5"


DECISIONS = ("confirm", "cancel", "move")
WRITES = ("write_event", "update_event", "cancel_event")


class Trap:
    """Counts how often the armed point is reached, and then ends the process for good."""

    def __init__(self) -> None:
        self.deciding = 0
        self._point: str | None = None
        self._left = 0

    def arm(self, point: str, count: int) -> None:
        self._point, self._left = point, count

    def reached(self, point: Point) -> None:
        if point != self._point:
            return
        self._left -= 1
        if self._left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)


class ShiftedClock:
    """The present, off by as much as it is told."""

    def __init__(self) -> None:
        self.off = timedelta()

    def now(self) -> datetime:
        return SystemClock().now() + self.off


Around = Callable[[Callable], Callable]


class Wrapped:
    """A part, some of whose methods have something around them."""

    def __init__(self, inner: object, around: Mapping[str, Around]) -> None:
        self._inner, self._around = inner, around

    def __getattr__(self, name: str) -> object:
        found = getattr(self._inner, name)
        return self._around[name](found) if name in self._around else found


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


class Stage:
    """What can be done to this process from outside."""

    def __init__(self) -> None:
        self.trap = Trap()
        self.clock = ShiftedClock()
        self.lease: timedelta | None = None
        self._owner = ""
        self._parts: Parts

    def parts(self) -> type[Parts]:
        stage = self

        class Staged(Parts):
            async def open(self, stack: AsyncExitStack) -> None:
                await super().open(stack)
                stage.enter(self)

        return Staged

    def enter(self, parts: Parts) -> None:
        self._parts, store, trap = parts, parts.store, self.trap

        @event.listens_for(store.database._writer, "commit")
        def before_commit(_connection: object) -> None:
            if trap.deciding:
                trap.reached(Point.BEFORE_COMMIT)

        bookings = Wrapped(store.bookings, dict.fromkeys(DECISIONS, self._deciding))
        queue = Wrapped(
            store.queue,
            {"claim": self._claiming, "renew": self._renewing}
            | {"complete": self._points(None, Point.EVENT_RECORDED)},
        )
        parts.store = replace(store, bookings=bookings, queue=queue)
        written = self._points(Point.JOB_BEGUN, Point.EVENT_WRITTEN)
        parts.calendar = Wrapped(parts.calendar, dict.fromkeys(WRITES, written))
        parts.mail = Wrapped(parts.mail, {"send": self._points(None, Point.MAIL_SENT)})

    def _points(self, before: Point | None, after: Point) -> Around:
        def around(inner: Callable) -> Callable:
            async def call(*words: object, **named: object) -> object:
                if before is not None:
                    self.trap.reached(before)
                result = await inner(*words, **named)
                self.trap.reached(after)
                return result

            return call

        return around

    def _deciding(self, inner: Callable) -> Callable:
        async def call(*words: object, **named: object) -> object:
            self.trap.deciding += 1
            try:
                result = await inner(*words, **named)
            finally:
                self.trap.deciding -= 1
            self.trap.reached(Point.BEFORE_TELLING)
            return result

        return call

    def _claiming(self, inner: Callable) -> Callable:
        async def call(count: int, lease: timedelta, now: datetime) -> object:
            jobs = await inner(count, self.lease or lease, now)
            for job in jobs:
                if job.lease_owner != self._owner:
                    self._owner = job.lease_owner
                    say(f"owner {self._owner}")
            return jobs

        return call

    def _renewing(self, inner: Callable) -> Callable:
        async def call(job: object, lease: timedelta, now: datetime) -> object:
            return await inner(job, self.lease or lease, now)

        return call

    async def listen(self) -> None:
        lines = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(lines)
        await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
        while line := await lines.readline():
            await self.obey(*line.decode().split())
            say("ok")

    async def obey(self, word: str, *values: str) -> None:
        match word:
            case "arm":
                self.trap.arm(values[0], int(values[1]))
            case "lease":
                seconds = float(values[0])
                self.lease = timedelta(seconds=seconds) if seconds else None
            case "clock":
                self.clock.off = timedelta(seconds=float(values[0]))
            case "full":
                await self._limit_pages(full=values[0] == "1")

    async def _limit_pages(self, *, full: bool) -> None:
        while True:
            try:
                return await self._parts.store.database.write(_limit(full=full))
            except StoreUnavailable:
                # in one commit with work for which there was no room
                await asyncio.sleep(0.05)


def _limit(*, full: bool) -> Callable:
    def work(connection: object) -> None:
        used = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        pages = used if full else NO_LIMIT
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    return work


async def main() -> None:
    settings, stage = load_settings(), Stage()
    logs.configure(settings.log_level, sys.stderr)
    async with application(settings, stage.clock, stage.parts()) as app:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
        await runner.setup()
        await web.TCPSite(runner, settings.host, settings.port).start()
        say("ready")
        await stage.listen()
        await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main())
