"""Erases a customer: their key, what they said, their conversations. The chain of facts stays."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select, update

from scheduling.booking import FREEING, STANDING, Booking, BookingState, CancelledBy
from scheduling.errors import ErasureRefused
from scheduling.ledger import Fact, FactKind
from scheduling.outbox import erasing_event
from scheduling.store import rows
from scheduling.store.engine import Database
from scheduling.store.ledger import record
from scheduling.store.outbox import OPEN, enqueue
from scheduling.store.tables import (
    JobState,
    bookings,
    customer_keys,
    documents,
    log_entries,
    outbox,
)
from scheduling.store.traces import OF_CONVERSATIONS, Traces, texts_in, traces_of

OF_EVENTS = "_event"
"""Ends the kinds of jobs that work on Outlook."""
NOBODY = "erased:"
_BLANK = (
    update(bookings)
    .where(bookings.c.id == bindparam("of_booking"))
    .values(details=None, customer=None, join_url=None, owner=bindparam("nobody"))
)
_GIVE_UP = (
    update(bookings)
    .where(bookings.c.id == bindparam("of_booking"))
    .values(
        state=BookingState.CANCELLED,
        hold_until=None,
        cancelled_by=CancelledBy.SYSTEM,
        cancelled_at=bindparam("present", type_=bookings.c.cancelled_at.type),
    )
)


@dataclass(frozen=True, slots=True)
class Found:
    """All that is kept of one person; `marks` name it without saying what it is."""

    bookings: tuple[Booking, ...] = ()
    pseudonyms: tuple[str, ...] = ()
    documents: tuple[tuple[str, str], ...] = ()
    logs: tuple[str, ...] = ()
    jobs: tuple[int, ...] = ()
    mentions: tuple[tuple[str, str], ...] = ()
    """Documents of the bot itself in which only the texts that lead to the person are emptied."""
    traces: Traces = field(default_factory=lambda: Traces(frozenset()))

    @property
    def is_nothing(self) -> bool:
        """Whether nothing is kept."""
        return not any((self.bookings, self.documents, self.logs, self.jobs, self.mentions))

    def marks(self) -> list[str]:
        """Return digests by which the same rows are found in an older copy of the store."""
        named = [
            *(f"booking:{booking.id}" for booking in self.bookings),
            *(f"customer:{pseudonym}" for pseudonym in self.pseudonyms),
            *(f"document:{kind}:{key}" for kind, key in self.documents),
            *(f"log:{name}" for name in self.logs),
        ]
        return sorted(mark(name) for name in named)


def mark(name: str) -> str:
    """Return the digest that stands in the list of the erased."""
    return hashlib.sha256(name.encode()).hexdigest()


def find(connection: Connection, who: str) -> Found:
    """Look for all that is kept of who has this address or this booking number."""
    wanted = who.strip()
    digests = {rows.address_digest(wanted)} if "@" in wanted else set[str]()
    named = list(connection.execute(select(bookings).where(bookings.c.number == wanted.upper())))
    digests |= {row.customer for row in named if row.customer}
    theirs = connection.execute(select(bookings).where(bookings.c.customer.in_(digests)))
    by_id = {row.id: rows.booking(row) for row in (*named, *theirs)}
    found = tuple(booking for booking in by_id.values() if not booking.owner.startswith(NOBODY))
    traces = traces_of(found, wanted if "@" in wanted else "")
    return _all(connection, found, digests, traces)


def find_marked(connection: Connection, marks: frozenset[str]) -> Found:
    """Look in an older copy for what was erased since."""
    keys = {
        row.pseudonym: row.customer
        for row in connection.execute(select(customer_keys))
        if mark(f"customer:{row.pseudonym}") in marks
    }
    of_bookings = select(bookings.c.id, bookings.c.customer, bookings.c.details)
    seen = [
        row
        for row in connection.execute(of_bookings)
        if mark(f"booking:{row.id}") in marks and row.details is not None
    ]
    digests = {*keys.values(), *(row.customer for row in seen if row.customer)}
    ids = [row.id for row in seen]
    either = bookings.c.customer.in_(digests) | bookings.c.id.in_(ids)
    found = tuple(rows.booking(row) for row in connection.execute(select(bookings).where(either)))
    everything = _all(connection, found, digests, traces_of(found))
    kept = connection.execute(select(documents.c.kind, documents.c.key))
    marked = {(r.kind, r.key) for r in kept if mark(f"document:{r.kind}:{r.key}") in marks}
    named = connection.execute(select(log_entries.c.log).distinct()).scalars()
    logs = {name for name in named if mark(f"log:{name}") in marks}
    return Found(
        everything.bookings,
        everything.pseudonyms,
        tuple(sorted({*everything.documents, *marked})),
        tuple(sorted({*everything.logs, *logs})),
        everything.jobs,
        everything.mentions,
        everything.traces,
    )


def _all(
    connection: Connection, found: Sequence[Booking], digests: Iterable[str], traces: Traces
) -> Found:
    keys = select(customer_keys.c.pseudonym).where(customer_keys.c.customer.in_(list(digests)))
    kept = [
        (row.kind, row.key, rows.object_of(row.body))
        for row in connection.execute(select(documents.c.kind, documents.c.key, documents.c.body))
    ]
    theirs = [each for each in kept if traces.is_theirs(*each)]
    whole = {(kind, key) for kind, key, _ in theirs if kind in OF_CONVERSATIONS}
    # links to a booking, and notes about it
    whole |= {(kind, key) for kind, key, _ in kept if key in {b.id for b in found}}
    mentioned = {(kind, key) for kind, key, _ in theirs} - whole
    logs = set[str]()
    for row in connection.execute(select(log_entries.c.log, log_entries.c.body)):
        if row.log not in logs and traces.is_of_conversation(_told(row.log, row.body)):
            logs.add(row.log)
    found = [*found, *_holds_of(connection, found)]
    ids = {booking.id for booking in found}
    jobs = [
        row.id
        for row in connection.execute(select(outbox.c.id, outbox.c.payload, outbox.c.key))
        if traces.leads_to(_told(row.key, row.payload))
        or rows.texts_of(row.payload).get("booking") in ids
    ]
    return Found(
        tuple(found),
        tuple(connection.execute(keys).scalars()),
        tuple(sorted(whole)),
        tuple(sorted(logs)),
        tuple(jobs),
        tuple(sorted(mentioned)),
        traces,
    )


def _told(name: str, body: str) -> str:
    return "\0".join((name, *texts_in(rows.object_of(body))))


def _holds_of(connection: Connection, found: Sequence[Booking]) -> list[Booking]:
    """Return what the same conversations held and gave up: its owner is the conversation."""
    owners = {booking.owner for booking in found}
    given_up = select(bookings).where(
        bookings.c.owner.in_(owners),
        bookings.c.customer.is_(None),
        bookings.c.state.in_(FREEING),
        bookings.c.id.not_in([booking.id for booking in found]),
    )
    return [rows.booking(row) for row in connection.execute(given_up)]


def refuse_too_early(connection: Connection, found: Found, now: datetime) -> None:
    """Raise ErasureRefused while a booking is to come, or Outlook has still to be told."""
    coming = [b.number for b in found.bookings if b.state in STANDING and b.span.end > now]
    if coming:
        raise ErasureRefused(f"still to come: {', '.join(sorted(coming))}; cancel first")
    asked = select(outbox.c.kind, outbox.c.id).where(
        outbox.c.id.in_(found.jobs), outbox.c.state.in_((*OPEN, JobState.PARKED))
    )
    waiting = [r for r in connection.execute(asked) if r.kind.endswith(OF_EVENTS)]
    if waiting:
        told = ", ".join(f"{row.id} {row.kind}" for row in waiting)
        raise ErasureRefused(f"Outlook has still to be told (job {told}); wait, or see `status`")


def erase(connection: Connection, database: Database, found: Found, now: datetime) -> None:
    """Erase it inside the caller's transaction, and promise to empty the events that stand."""
    facts = [
        Fact(FactKind.ERASED, booking.id, now, {"documents": len(found.documents)})
        for booking in found.bookings
    ]
    for booking in found.bookings:
        is_over = booking.state not in FREEING and booking.span.end <= now
        if booking.event_id is not None and is_over:
            enqueue(connection, database, erasing_event(booking.id), now)
        blank = {"of_booking": booking.id, "nobody": f"{NOBODY}{booking.id}"}
        connection.execute(_BLANK, blank)
    _end_jobs(connection, found)
    for kind, key in found.documents:
        connection.execute(
            delete(documents).where(documents.c.kind == kind, documents.c.key == key)
        )
    for kind, key in found.mentions:
        _empty(connection, found.traces, kind, key)
    for name in found.logs:
        connection.execute(delete(log_entries).where(log_entries.c.log == name))
    theirs = customer_keys.c.pseudonym.in_(found.pseudonyms)
    connection.execute(delete(customer_keys).where(theirs))
    record(connection, database, facts)


def give_up_coming(connection: Connection, found: Found, now: datetime) -> Iterator[Fact]:
    """Cancel what an older copy has as still to come: it was cancelled before it was erased."""
    for booking in found.bookings:
        if booking.state in {*STANDING, BookingState.HELD} and booking.span.end > now:
            connection.execute(_GIVE_UP, {"of_booking": booking.id, "present": now})
            yield Fact(FactKind.CANCELLED, booking.id, now, {"by": CancelledBy.SYSTEM})


def _end_jobs(connection: Connection, found: Found) -> None:
    for job in connection.execute(select(outbox).where(outbox.c.id.in_(found.jobs))).all():
        booking = rows.texts_of(job.payload).get("booking")
        values: dict[str, object] = {
            "payload": rows.object_text({"booking": booking} if booking else {})
        }
        if not job.kind.endswith(OF_EVENTS):
            # nobody is told anything any more
            values |= {
                "state": JobState.DONE,
                "lease_owner": None,
                "lease_until": None,
                "last_reason": None,
            }
        connection.execute(update(outbox).where(outbox.c.id == job.id).values(**values))


def _empty(connection: Connection, traces: Traces, kind: str, key: str) -> None:
    this = (documents.c.kind == kind, documents.c.key == key)
    body = connection.execute(select(documents.c.body).where(*this)).scalar_one()
    emptied = traces.without(rows.object_of(body))
    assert isinstance(emptied, dict)
    values = {"body": rows.object_text(emptied), "version": documents.c.version + 1}
    connection.execute(update(documents).where(*this).values(values))
