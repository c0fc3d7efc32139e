"""The worker: takes promises from the outbox, keeps them, and survives whatever they raise."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import structlog

from bot.events import Handler
from scheduling.booking import Booking, BookingState
from scheduling.clock import Clock
from scheduling.errors import BookingError, StaleLease, StoreUnavailable
from scheduling.outbox import Job
from scheduling.ports import BookingStore, DurableQueue

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
RENEW_AFTER_SECONDS = 15.0
CALL_SECONDS = 25.0
"""A call must end well before its lease does."""
POLL_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 5.0
"""Between two tries to record what was done, while the store is away."""
AT_ONCE = 8
PARK_AFTER = 8
"""Attempts of a job that fails for a reason nobody knows."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a failure means: try again (after `delay`, None = backoff) or set aside.

    `is_moot`: it can never be done and nobody has to do anything about it.
    """

    reason: str
    delay: timedelta | None = None
    is_final: bool = False
    is_moot: bool = False


Judge = Callable[[Exception], Verdict | None]
"""Reads an adapter's failure; None = not one it knows."""


def backoff(attempts: int) -> timedelta:
    """Return the pause before the next attempt: doubling from 1 s to 5 min, jittered."""
    seconds = min(300.0, 2.0 ** min(attempts - 1, 12))
    return timedelta(seconds=seconds * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, no secret


class OutboxRunner:
    """Claims jobs and runs them, a few at once."""

    def __init__(
        self,
        *,
        queue: DurableQueue,
        bookings: BookingStore,
        handlers: Mapping[str, Handler],
        judge: Judge,
        clock: Clock,
    ) -> None:
        self._queue = queue
        self._bookings = bookings
        self._handlers = handlers
        self._judge = judge
        self._clock = clock
        self._wake = asyncio.Event()
        self._finished = asyncio.Condition()
        self._running: set[asyncio.Task[None]] = set()

    def kick(self) -> None:
        """Look for work now instead of at the next poll."""
        self._wake.set()

    async def until_written(self, booking_id: str, seconds: float = 6.0) -> Booking:
        """Return the booking once Outlook has it, or as it stands when the time is over."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        self.kick()
        while True:
            booking = await self._bookings.booking(booking_id)
            left = deadline - loop.time()
            if booking.state is not BookingState.NOTED or left <= 0:
                return booking
            await self._pause(min(left, POLL_SECONDS))

    async def _pause(self, seconds: float) -> None:
        async with self._finished:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._finished.wait()

    async def run(self) -> None:
        """Work until cancelled; jobs under way are given up and found again by their lease."""
        try:
            while True:
                await self._step()
        finally:
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    async def _step(self) -> None:
        self._wake.clear()
        free = AT_ONCE - len(self._running)
        jobs: Sequence[Job] = ()
        try:
            if free > 0:
                jobs = await self._queue.claim(free, LEASE, self._clock.now())
        except BookingError as failure:
            log.warning("outbox_unreachable", code=failure.code)
        for job in jobs:
            task = asyncio.create_task(self._keep(job))
            self._running.add(task)
            task.add_done_callback(self._ended)
        if not jobs:
            # not wait_for: it forgets to be cancelled where work comes in that very moment
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._wake.wait()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._wake.set()

    async def _keep(self, job: Job) -> None:
        renewal = asyncio.create_task(self._renew(job))
        try:
            await self._attempt(job)
        except StaleLease:
            log.warning("result_thrown_away", kind=job.kind, job=job.id)
        except BookingError as failure:
            # the lease ends and the job is claimed again
            log.warning("outbox_unreachable", code=failure.code, job=job.id)
        finally:
            renewal.cancel()
            async with self._finished:
                self._finished.notify_all()

    async def _attempt(self, job: Job) -> None:
        handler = self._handlers.get(job.kind)
        if handler is None:
            unknown = partial(self._queue.park, job, "unknown_kind", self._clock.now())
            await self._record(job, unknown)
            log.error("job_parked", kind=job.kind, job=job.id, reason="unknown_kind")
            return
        try:
            done = await asyncio.wait_for(handler(job), CALL_SECONDS)
        except Exception as failure:  # noqa: BLE001 - whatever a job raises must not stop the queue
            await self._failed(job, failure)
            return

        def finish() -> Awaitable[None]:
            return self._queue.complete(
                job,
                self._clock.now(),
                written=done.written,
                follow_ups=done.follow_ups,
                told=done.told,
            )

        try:
            await self._record(job, finish)
        except StaleLease:
            raise
        except Exception as failure:  # noqa: BLE001 - nothing of it was recorded
            await self._failed(job, failure)

    async def _record(self, job: Job, record: Callable[[], Awaitable[None]]) -> None:
        """Record what came out, however long the store is away; StaleLease.

        To do the work once more instead would have to wait for the end of the lease.
        """
        pause = 0.1
        while True:
            try:
                return await record()
            except StoreUnavailable as failure:
                log.warning("outbox_unreachable", code=failure.code, job=job.id)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def _failed(self, job: Job, failure: Exception) -> None:
        verdict = self._judge(failure)
        if verdict is None and isinstance(failure, TimeoutError):
            verdict = Verdict("timeout")
        if verdict is None:
            log.exception("job_failed", kind=job.kind, job=job.id, exc_info=failure)
            verdict = Verdict(type(failure).__name__, is_final=job.attempts >= PARK_AFTER)
        now = self._clock.now()
        if verdict.is_moot:
            log.info("job_moot", kind=job.kind, job=job.id, reason=verdict.reason)
            await self._record(job, partial(self._queue.complete, job, now))
            return
        if verdict.is_final:
            log.error("job_parked", kind=job.kind, job=job.id, reason=verdict.reason)
            await self._record(job, partial(self._queue.park, job, verdict.reason, now))
            return
        delay = verdict.delay if verdict.delay is not None else backoff(job.attempts)
        log.warning("job_retried", kind=job.kind, job=job.id, reason=verdict.reason)
        again = partial(self._queue.retry, job, delay, verdict.reason, now)
        await self._record(job, again)

    async def _renew(self, job: Job) -> None:
        while True:
            await asyncio.sleep(RENEW_AFTER_SECONDS)
            try:
                await self._queue.renew(job, LEASE, self._clock.now())
            except BookingError as failure:
                log.warning("lease_not_renewed", job=job.id, code=failure.code)
