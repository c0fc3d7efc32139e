"""What proves the facts of one booking to somebody who has nothing but this. Pure.

Of other bookings in the same lane it holds the digests of their records alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scheduling.ledger import Entry, Head, Value, content_of

FORMAT = "terminbot evidence 1"


@dataclass(frozen=True, slots=True)
class Opened:
    """What a sealed fact holds: by salt and details its commitment can be checked."""

    seq: int
    salt: str
    details: str


@dataclass(frozen=True, slots=True)
class Chain:
    """A piece of one lane, from the first fact of `booking_id` on; `before`: the digest there."""

    booking_id: str
    lane: int
    before: str
    entries: Sequence[Entry]
    opened: Sequence[Opened] = ()
    """Empty where the key of the customer is gone."""

    @property
    def own(self) -> list[Entry]:
        """The facts of the booking itself."""
        return [entry for entry in self.entries if entry.booking_id == self.booking_id]

    def as_json(self) -> dict[str, Value]:
        """Return the chain with nothing of others but digests."""
        return {
            "booking": self.booking_id,
            "lane": self.lane,
            "before": self.before,
            "links": [self._link(entry) for entry in self.entries],
            "opened": [
                {"seq": each.seq, "salt": each.salt, "details": each.details}
                for each in self.opened
            ],
        }

    def _link(self, entry: Entry) -> dict[str, Value]:
        if entry.booking_id != self.booking_id:
            return {"seq": entry.seq, "content": content_of(entry)}
        return {
            "seq": entry.seq,
            "at": entry.at,
            "kind": entry.kind,
            "booking": entry.booking_id,
            "values": entry.values,
        }


def covering(signed: Sequence[Sequence[Head]], lane: int, seq: int) -> int | None:
    """Return which of these checkpoints is the first to vouch for a record; None = none does."""
    for index, heads in enumerate(signed):
        if any(head.lane == lane and head.seq >= seq for head in heads):
            return index
    return None


def needed(signed: Sequence[Sequence[Head]], chains: Sequence[Chain]) -> list[int]:
    """Return which checkpoints are needed so that each fact has the first that vouches for it."""
    found = {
        index
        for chain in chains
        for entry in chain.own
        if (index := covering(signed, chain.lane, entry.seq)) is not None
    }
    return sorted(found)


def held_by(entries: Sequence[Entry], values: Sequence[Mapping[str, object]]) -> list[str]:
    """Return the holds whose times were moved to: what was offered then stands at them."""
    return [
        str(told["hold"])
        for entry, told in zip(entries, values, strict=True)
        if entry.kind == "moved" and told.get("hold")
    ]
