"""Says what is wrong with the end of a run. Knows neither how bookings are made nor how stored."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tests.chaos.history import Act, Entry, Kind, Told

FREE = frozenset({"cancelled", "declined", "expired", "moved"})
"""Every other state occupies, so that one nobody thought of does."""
DONE = "booked"


class Wrong(StrEnum):
    LOST = "lost"
    DOUBLED = "doubled"
    ORPHANED = "orphaned"
    LIE = "lie"
    OVERLAP = "overlap"
    OVER_CAPACITY = "over_capacity"
    ELSEWHERE = "elsewhere"
    STUCK = "stuck"
    AUDIT = "audit"


@dataclass(frozen=True, slots=True)
class Violation:
    wrong: Wrong
    about: str


@dataclass(frozen=True, slots=True)
class Row:
    """A booking as the database has it; times in microseconds."""

    id: str
    state: str
    staff: str
    busy: tuple[int, int]
    start: int
    party: str = ""
    """The booking for whose sake it is; only with its own may it overlap."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A unit of a room, a piece of equipment or a person, occupied by a booking."""

    resource: str
    booking: str
    busy: tuple[int, int]
    party: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """An event in a calendar that carries the mark of a booking."""

    event: str
    booking: str
    staff: str
    start: int


@dataclass(frozen=True, slots=True)
class End:
    """Store, calendars and ledger when all work is done."""

    rows: Sequence[Row] = ()
    taken: Sequence[Taken] = ()
    events: Sequence[Standing] = ()
    open_jobs: Sequence[str] = ()
    audit: str = ""
    """The first bad record, "" = sound."""


def violations(history: Iterable[Entry], end: End) -> list[Violation]:
    """Return everything that is wrong."""
    told = list(history)
    return [
        *_lies(told, end),
        *_lost(told, end),
        *_moves(told, end),
        *_events(end),
        *_overlaps(end),
        *_capacity(end),
        *(Violation(Wrong.STUCK, job) for job in end.open_jobs),
        *((Violation(Wrong.AUDIT, end.audit),) if end.audit else ()),
    ]


def _lies(told: Sequence[Entry], end: End) -> Iterator[Violation]:
    """Who reads "booked" has an event; who read "cancelled" has none in the end."""
    for entry in told:
        if entry.told is Told.BOOKED and entry.stood is False:
            yield Violation(Wrong.LIE, f"{entry.booking} told booked, no event")
    cancelled = {entry.booking for entry in told if entry.told is Told.CANCELLED}
    state = {row.id: row.state for row in end.rows}
    for booking in sorted(cancelled):
        if state.get(booking) != "cancelled":
            yield Violation(Wrong.LIE, f"{booking} told cancelled, is {state.get(booking)}")
    for event in end.events:
        if event.booking in cancelled:
            yield Violation(Wrong.LIE, f"{event.booking} told cancelled, event stands")


def _lost(told: Sequence[Entry], end: End) -> Iterator[Violation]:
    """Whatever was acknowledged is there, unless its customer gave it up or perhaps did."""
    acknowledged = {e.booking for e in told if e.told in {Told.BOOKED, Told.NOTED}}
    perhaps = {e.booking for e in told if e.act is Act.CANCEL and e.kind is not Kind.FAIL}
    state = {row.id: row.state for row in end.rows}
    there = {event.booking for event in end.events}
    for booking in sorted(acknowledged):
        now = state.get(booking)
        given_up = now == "cancelled" and booking in perhaps
        if not given_up and (now != DONE or booking not in there):
            yield Violation(Wrong.LOST, f"{booking} is {now}, event {booking in there}")


def _moves(told: Sequence[Entry], end: End) -> Iterator[Violation]:
    """The last time that a customer was told is the one that stands."""
    last: dict[str, int] = {}
    for entry in told:
        if entry.kind is Kind.INFO:
            last.pop(entry.booking, None)
        elif entry.start:
            last[entry.booking] = entry.start
    for row in end.rows:
        if row.state == DONE and last.get(row.id, row.start) != row.start:
            yield Violation(Wrong.LOST, f"{row.id} stands at {row.start}, told {last[row.id]}")


def _events(end: End) -> Iterator[Violation]:
    """Each booking that stands has one event, where and when it says, and no other has any."""
    rows = {row.id: row for row in end.rows}
    for booking, count in Counter(event.booking for event in end.events).items():
        if count > 1:
            yield Violation(Wrong.DOUBLED, f"{booking} has {count} events")
    for event in end.events:
        row = rows.get(event.booking)
        if row is None or row.state in FREE:
            yield Violation(Wrong.ORPHANED, f"event of {event.booking}")
        elif (row.staff, row.start) != (event.staff, event.start):
            yield Violation(Wrong.ELSEWHERE, f"{row.id} {row.staff} {row.start} {event}")
    there = {event.booking for event in end.events}
    for row in end.rows:
        if row.state not in FREE | {"held"} and (row.state != DONE or row.id not in there):
            yield Violation(Wrong.ORPHANED, f"{row.id} is {row.state} without an event")


def _overlaps(end: End) -> Iterator[Violation]:
    by_staff = defaultdict(list)
    for row in end.rows:
        if row.state not in FREE:
            by_staff[row.staff].append((row.busy, row.party or row.id, row.id))
    yield from _crossing(by_staff, Wrong.OVERLAP)


def _capacity(end: End) -> Iterator[Violation]:
    by_resource = defaultdict(list)
    free = {row.id for row in end.rows if row.state in FREE}
    for taken in end.taken:
        there = (taken.busy, taken.party or taken.booking, taken.booking)
        by_resource[taken.resource].append(there)
        if taken.booking in free:
            yield Violation(Wrong.ORPHANED, f"{taken.booking} is over and keeps {taken.resource}")
    yield from _crossing(by_resource, Wrong.OVER_CAPACITY)


def _crossing(
    among: Mapping[str, Sequence[tuple[tuple[int, int], str, str]]], wrong: Wrong
) -> Iterator[Violation]:
    for name, spans in among.items():
        open_ones: list[tuple[int, str, str]] = []
        for (start, end), party, booking in sorted(spans):
            open_ones = [each for each in open_ones if each[0] > start]
            for _, other, earlier in open_ones:
                if other != party:
                    yield Violation(wrong, f"{name}: {earlier} and {booking}")
            open_ones.append((end, party, booking))
