"""What a booking or hold keeps of one person, room or unit, and how near the next may come.

One rule for the store, the index and the plain sweep. Two bookings of a resource keep apart

- both buffers where they meet, each widened by its own; if **both** services share their buffers,
  only the larger of the two;
- and the way, where they take place at two different places: the buffers may be spent travelling.
"""

from typing import NamedTuple


class Claim(NamedTuple):
    """Whole epoch seconds, half-open: `start`-`end` the service, `busy_*` with its buffers.

    `until`: end of a hold, 0 for a booking. `place_id`: empty for online, or not known.
    `booking_id`: for whose sake; the hold by which a booking is moved names that booking.
    """

    start: int
    end: int
    busy_start: int
    busy_end: int
    shares: bool = False
    place_id: str = ""
    until: int = 0
    booking_id: str = ""


class Margins(NamedTuple):
    """Buffers of what is to be placed, in seconds, and whether it shares them."""

    before: int
    after: int
    shares: bool = False


def kept_clear(claim: Claim, margins: Margins, travel: int = 0) -> tuple[int, int]:
    """Return the span that the service of another booking of the resource must not touch."""
    if claim.shares and margins.shares:
        start = min(claim.start - margins.after, claim.busy_start)
        end = max(claim.end + margins.before, claim.busy_end)
    else:
        start, end = claim.busy_start - margins.after, claim.busy_end + margins.before
    return min(start, claim.start - travel), max(end, claim.end + travel)


def collide(one: Claim, other: Claim, travel: int = 0) -> bool:
    """Tell whether both cannot stand; it does not matter which came first."""
    margins = Margins(one.start - one.busy_start, one.busy_end - one.end, one.shares)
    start, end = kept_clear(other, margins, travel)
    return one.start < end and start < one.end
