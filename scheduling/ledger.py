"""Facts of bookings, and the hash chains that make a change of them visible. Pure.

A fact is appended to one of LANES chains, chosen by its booking: all of a booking lie in one
chain, in order, and bookings of different chains do not wait for each other.
"""

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

LANES = 16
"""Fixed for ever: a booking's lane must not change."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Value = str | int | bool | None | Sequence["Value"] | Mapping[str, "Value"]
"""What a fact may say: JSON without fractions, whose text is not the same everywhere."""


class FactKind(StrEnum):
    """What can be recorded. A kind that a reader does not know is a fact all the same."""

    HELD = "held"
    EXTENDED = "extended"
    RELEASED = "released"
    EXPIRED = "expired"
    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    APPROVED = "approved"
    DECLINED = "declined"
    WRITTEN = "written"
    WRITTEN_TOO_LATE = "written_too_late"
    CANCELLED = "cancelled"
    CONFLICT = "conflict"
    MOVED = "moved"
    WRITTEN_FOR_EARLIER = "written_for_earlier"
    ATTENDED = "attended"
    NO_SHOW = "no_show"
    ERASED = "erased"
    SHOWN = "shown"
    TOLD = "told"
    FOLLOWED = "followed"
    ASTRAY = "astray"
    ACCEPTED = "accepted"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened to a booking at `at` (aware UTC).

    `values` hold ids, codes, moments as ISO texts and digests, never personal data: what stands in
    a chain can never be taken out of it.
    """

    kind: str
    booking_id: str
    at: datetime
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """A fact as it stands in its chain; `at` in microseconds since 1970, `values` canonical JSON.

    `digest` covers all of it and, by the digest before, all that stands before it.
    """

    lane: int
    seq: int
    at: int
    kind: str
    booking_id: str
    values: str
    digest: str


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a lane: how many entries it has, and the digest of the last."""

    lane: int
    seq: int = 0
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Flaw:
    """The first bad record of a lane: where it should stand, and a code of what is wrong."""

    lane: int
    seq: int
    what: str


CHANGED = "changed"
"""The record does not have its digest: it, or one before it, was changed."""
MISSING = "missing"
"""A record of this number is not there, though a later one or a checkpoint is."""
MISPLACED = "misplaced"
"""A record stands where it does not belong: in another lane, or before the first."""

NOT_SIGNED = "not_as_signed"
"""All fits together, but a checkpoint signed something else: the chain was worked out anew."""


def values_of(entry: Entry) -> dict[str, Any]:
    """Return what it says."""
    found: dict[str, Any] = json.loads(entry.values)
    return found


def lane_of(booking_id: str) -> int:
    """Return the chain in which a booking's facts stand."""
    return zlib.crc32(booking_id.encode()) % LANES


def canonical(values: object) -> str:
    """Return JSON of which every writer makes the same bytes; TypeError for what has none."""
    _refuse_unclear(values)
    return json.dumps(values, sort_keys=True, separators=(",", ":"), default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence):
        return list(value)
    raise TypeError(f"no {type(value).__name__} in a fact")


def _refuse_unclear(values: object) -> None:
    if values is None or isinstance(values, str | int):
        return
    if isinstance(values, float | bytes):
        raise TypeError(f"no {type(values).__name__} in a fact")
    if isinstance(values, Mapping):
        for name, value in values.items():
            if not isinstance(name, str):
                raise TypeError("names in a fact are texts")
            _refuse_unclear(value)
    elif isinstance(values, Sequence):
        for value in values:
            _refuse_unclear(value)


def content_of(entry: Entry) -> str:
    """Return the SHA-256 of every column but the digest, hexadecimal."""
    columns = (entry.lane, entry.seq, entry.at, entry.kind, entry.booking_id, entry.values)
    return _content(*columns)


def _content(*columns: str | int) -> str:
    return hashlib.sha256(json.dumps(columns, separators=(",", ":")).encode()).hexdigest()


def linked(previous: str, content: str) -> str:
    """Return the digest of a record with this content after one with the digest `previous`.

    Of content that concerns somebody else a third person needs no more than its digest.
    """
    return hashlib.sha256(f"{previous}:{content}".encode()).hexdigest()


def digest_of(previous: str, entry: Entry) -> str:
    """Return the digest that an entry must have after one with the digest `previous`."""
    return linked(previous, content_of(entry))


def microseconds(moment: datetime) -> int:
    """Count from 1970, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(count: int) -> datetime:
    """Return the moment of a count of microseconds, aware UTC."""
    return _EPOCH + count * _MICROSECOND


def chained(head: Head, facts: Iterable[Fact]) -> Iterator[Entry]:
    """Yield the entries by which facts of one lane follow its head, in this order."""
    seq, digest = head.seq, head.digest
    for fact in facts:
        seq += 1
        at, values = microseconds(fact.at), canonical(fact.values)
        # a member of an enum is written as its text
        kind = str(fact.kind)
        digest = linked(digest, _content(head.lane, seq, at, kind, fact.booking_id, values))
        yield Entry(head.lane, seq, at, kind, fact.booking_id, values, digest)


class Walk:
    """Reads one lane from its beginning and remembers the first flaw.

    `signed`: number -> digest of the records that checkpoints vouch for.
    """

    def __init__(self, lane: int, signed: Mapping[int, str] | None = None) -> None:
        self.head = Head(lane)
        self.flaw: Flaw | None = None
        self._signed = signed or {}

    def step(self, entry: Entry) -> Flaw | None:
        """Look at the entry that comes next; returns the flaw, if this is where it shows."""
        lane, expected = self.head.lane, self.head.seq + 1
        if entry.seq > expected:
            self.flaw = Flaw(lane, expected, MISSING)
        elif entry.seq < expected or lane_of(entry.booking_id) != lane:
            self.flaw = Flaw(lane, entry.seq, MISPLACED)
        elif entry.digest != digest_of(self.head.digest, entry):
            self.flaw = Flaw(lane, expected, CHANGED)
        elif self._signed.get(expected, entry.digest) != entry.digest:
            self.flaw = Flaw(lane, expected, NOT_SIGNED)
        else:
            self.head = Head(lane, expected, entry.digest)
        return self.flaw

    def end(self) -> Flaw | None:
        """Say that nothing follows; a checkpoint that has more shows that the end was cut off."""
        if self.flaw is None and max(self._signed, default=0) > self.head.seq:
            self.flaw = Flaw(self.head.lane, self.head.seq + 1, MISSING)
        return self.flaw
