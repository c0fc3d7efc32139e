"""The durable queue. Every change of a leased job is fenced by id, owner and attempt."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, func, or_, select, update

from scheduling.booking import BookingState
from scheduling.errors import StaleLease, TransitionRefused
from scheduling.ledger import Fact, FactKind, Value
from scheduling.outbox import TO_BE_BOOKED, Job, ParkedJob, Promise, version_of
from scheduling.ports import WrittenEvent
from scheduling.store import rows
from scheduling.store.engine import Database
from scheduling.store.events import note_event
from scheduling.store.ledger import record
from scheduling.store.tables import JobState, bookings, outbox
from scheduling.timespan import TimeSpan

REASON_LENGTH = 200
OPEN = (JobState.WAITING, JobState.LEASED)

UNDER_THE_FENCE = update(outbox).where(
    outbox.c.id == bindparam("job"),
    outbox.c.state == JobState.LEASED,
    outbox.c.lease_owner == bindparam("leased_by"),
    outbox.c.attempts == bindparam("attempt"),
)


def enqueue(connection: Connection, database: Database, promise: Promise, now: datetime) -> None:
    """Add work inside the caller's transaction; a key that stands already is left as it is."""
    connection.execute(database.insert_missing(outbox), rows.job_row(promise, now))


@dataclass(frozen=True, slots=True)
class Lease:
    """One claim of one job as it stands now; renewing it changes `until`."""

    id: int
    owner: str
    attempts: int
    until: datetime


class LeaseWatch:
    """Sees which leases were not renewed for their whole length on a clock that nobody can set.

    A wall clock that jumps forward would otherwise end every lease at once.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._since: dict[Lease, float] = {}

    def over(self, leases: Sequence[Lease], length: timedelta, now: datetime) -> Sequence[Lease]:
        """Return those that are over by both clocks."""
        moment = self._monotonic()
        self._since = {lease: self._since.get(lease, moment) for lease in leases}
        return [
            lease
            for lease, since in self._since.items()
            if lease.until <= now and moment - since >= length.total_seconds()
        ]


class SqlQueue:
    """The DurableQueue port on a database."""

    def __init__(
        self, database: Database, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._watch = LeaseWatch(monotonic)

    def listen(self, heard: Callable[[], None]) -> None:
        """Have `heard` called when work was promised, where the database can tell."""
        self._database.listen(heard)

    async def enqueue(self, promise: Promise, now: datetime) -> None:
        """Add work of its own transaction; the same key twice is one job."""
        await self._database.write(
            lambda connection: enqueue(connection, self._database, promise, now)
        )

    async def claim(self, count: int, lease: timedelta, now: datetime) -> Sequence[Job]:
        """Take due jobs for this process, and those of a process that died or froze."""

        def look(connection: Connection) -> tuple[bool, list[Lease]]:
            due = connection.execute(select(outbox.c.id).where(_is_due(now)).limit(1))
            return due.first() is not None, _leases(connection)

        is_due, leases = await self._database.read(look)
        dead = await self._database.dead({each.owner for each in leases})
        free = [each for each in leases if each.owner in dead]
        free += self._watch.over([each for each in leases if each not in free], lease, now)
        if not is_due and not free:
            return ()
        chosen = (
            select(outbox.c.id)
            .where(or_(_is_due(now), *(_is_still(each) for each in free)))
            .order_by(func.coalesce(outbox.c.run_at, 0), outbox.c.id)
            .limit(count)
            # two who look at once take different ones
            .with_for_update(skip_locked=True)
            .cte("chosen")
        )
        values = {
            "state": JobState.LEASED,
            "attempts": outbox.c.attempts + 1,
            "lease_owner": self._database.owner,
            "lease_until": now + lease,
        }
        taken_ids = select(chosen.c.id)
        statement = update(outbox).where(outbox.c.id.in_(taken_ids)).values(values)

        def take(connection: Connection) -> Sequence[Row[*tuple[Any, ...]]]:
            return (connection.execute(statement.returning(*outbox.c))).all()

        taken = await self._database.write(take)
        return [rows.job(row) for row in sorted(taken, key=lambda row: row.id)]

    async def renew(self, job: Job, lease: timedelta, now: datetime) -> None:
        """Keep a job that takes longer; raises StaleLease."""
        await self._change(job, {"lease_until": now + lease})

    async def complete(
        self,
        job: Job,
        now: datetime,
        *,
        written: WrittenEvent | None = None,
        follow_ups: Sequence[Promise] = (),
        told: str = "",
    ) -> None:
        """Finish the job, set its booking BOOKED and enqueue what follows, in one transaction.

        Fenced by id, owner and attempts; raises StaleLease. The event of a booking that was given
        up meanwhile is recorded with the promise to take it out again. Where the booking was moved
        after the event's `version`, nothing follows, and what stands in the wrong place is put
        right by promises of its own. `told`: how the customer was told, recorded as a fact.
        """

        def finish(connection: Connection) -> None:
            _fenced(connection, job, _ended(JobState.DONE) | {"done_at": now})
            following, facts = [*follow_ups], _telling(job, told, now)
            if written is not None:
                noted = note_event(connection, written, f"{job.id}.{job.attempts}", now)
                following = [*(following if noted.is_current else ()), *noted.promises]
                facts += noted.facts
            for promise in following:
                enqueue(connection, self._database, promise, now)
            record(connection, self._database, facts)

        await self._database.write(finish)

    async def retry(self, job: Job, delay: timedelta, reason: str, now: datetime) -> None:
        """Give the job back for later; raises StaleLease."""
        await self._change(job, _ended(JobState.WAITING, reason) | {"run_at": now + delay})

    async def park(self, job: Job, reason: str, now: datetime) -> None:  # noqa: ARG002 - the port's
        """Set the job aside for a person; raises StaleLease."""
        await self._change(job, _ended(JobState.PARKED, reason))

    async def waiting(self, due_by: datetime | None = None) -> int:
        """Return how many jobs are neither done nor parked.

        With `due_by` without those that were promised for later, and so were never tried.
        """
        jobs = select(func.count()).select_from(outbox).where(outbox.c.state.in_(OPEN))
        if due_by is not None:
            tried = outbox.c.attempts > 0
            jobs = jobs.where(or_(tried, outbox.c.run_at.is_(None), outbox.c.run_at <= due_by))
        return await self._database.read(lambda connection: connection.execute(jobs).scalar_one())

    async def held_up(self, kinds: Collection[str], span: TimeSpan) -> int:
        """Return how many jobs of these kinds were tried in vain in the span, and done later."""
        tried = select(func.count()).where(
            outbox.c.kind.in_(list(kinds)),
            outbox.c.attempts > 1,
            outbox.c.created_at < span.end,
            or_(outbox.c.done_at.is_(None), outbox.c.done_at > span.start),
        )
        return await self._database.read(lambda connection: connection.execute(tried).scalar_one())

    async def parked(self) -> Sequence[ParkedJob]:
        """Return the jobs set aside, the oldest first."""
        aside = select(outbox).where(outbox.c.state == JobState.PARKED).order_by(outbox.c.id)

        def look(connection: Connection) -> list[ParkedJob]:
            return [rows.parked_job(row) for row in connection.execute(aside)]

        return await self._database.read(look)

    async def take_up_again(self, job_id: int | None = None) -> int:
        """Let a parked job be tried again, or all that failed; return how many those are.

        What was never tried waits for somebody's decision: that is taken by its number alone. The
        count of attempts goes on: it fences whoever still works on an earlier one.
        """
        which = outbox.c.attempts > 0 if job_id is None else outbox.c.id == job_id
        statement = (
            update(outbox)
            .where(outbox.c.state == JobState.PARKED, which)
            .values(state=JobState.WAITING, run_at=None)
        )

        def again(connection: Connection) -> int:
            return (connection.execute(statement)).rowcount

        return await self._database.write(again)

    async def discard(self, job_id: int, now: datetime) -> bool:
        """Give a parked job up for good, as a person decided; False where none is parked so.

        TransitionRefused: its booking stands and waits for it.
        """
        mine = (outbox.c.id == job_id, outbox.c.state == JobState.PARKED)
        aside = select(outbox).where(*mine).with_for_update()

        def discard(connection: Connection) -> bool:
            found = connection.execute(aside).first()
            if found is None:
                return False
            job = rows.parked_job(found)
            booking_id = job.payload.get("booking", "")
            if job.kind in TO_BE_BOOKED and _is_waiting(connection, booking_id):
                raise TransitionRefused(f"job {job_id}: its booking waits for it")
            connection.execute(
                update(outbox).where(*mine).values(state=JobState.DONE, done_at=now)
            )
            if booking_id:
                values: dict[str, Value] = {"what": job.kind, "why": job.reason}
                fact = Fact(FactKind.DISCARDED, booking_id, now, values)
                record(connection, self._database, [fact])
            return True

        return await self._database.write(discard)

    async def _change(self, job: Job, values: Mapping[str, object]) -> None:
        await self._database.write(lambda connection: _fenced(connection, job, values))


def _is_due(now: datetime) -> ColumnElement[bool]:
    return and_(
        outbox.c.state == JobState.WAITING,
        or_(outbox.c.run_at.is_(None), outbox.c.run_at <= now),
    )


def _is_still(lease: Lease) -> ColumnElement[bool]:
    return and_(
        outbox.c.id == lease.id,
        outbox.c.lease_owner == lease.owner,
        outbox.c.attempts == lease.attempts,
        outbox.c.lease_until == lease.until,
    )


def _leases(connection: Connection) -> list[Lease]:
    leased = select(
        outbox.c.id, outbox.c.lease_owner, outbox.c.attempts, outbox.c.lease_until
    ).where(outbox.c.state == JobState.LEASED)
    return [Lease(*row) for row in connection.execute(leased)]


def _ended(state: JobState, reason: str = "") -> dict[str, object]:
    left = {"state": state, "lease_owner": None, "lease_until": None}
    return left | ({"last_reason": reason[:REASON_LENGTH]} if reason else {})


def _fenced(connection: Connection, job: Job, values: Mapping[str, object]) -> None:
    fence = {"job": job.id, "leased_by": job.lease_owner, "attempt": job.attempts}
    changed = connection.execute(UNDER_THE_FENCE.values(values), fence)
    if changed.rowcount != 1:
        raise StaleLease(f"job {job.id}")


def _is_waiting(connection: Connection, booking_id: str) -> bool:
    waits = bookings.c.state.in_((BookingState.REQUESTED, BookingState.NOTED))
    # kept as it is until the end of the transaction
    mine = select(bookings.c.id).where(bookings.c.id == booking_id, waits).with_for_update()
    return connection.execute(mine).first() is not None


def _telling(job: Job, told: str, now: datetime) -> list[Fact]:
    if not told or "booking" not in job.payload:
        return []
    values: dict[str, Value] = {"how": told, "what": job.kind, "version": version_of(job.payload)}
    return [Fact(FactKind.TOLD, job.payload["booking"], now, values)]
