"""One person's row: bit k says that a booking may begin at the grid's start k.

The plain sweep of slots.py again, in whole seconds. Equal by test, not by hope.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from operator import itemgetter

from scheduling.catalog import BusyStatus, StaffMember
from scheduling.index.grid import Grid, local_days
from scheduling.index.standing import Standing
from scheduling.occupancy import Claim
from scheduling.slots import SlotShape

_BEGIN, _BUSY = itemgetter(0), itemgetter(2, 3)
"""Of a pair or claim its start; of a claim what it keeps busy. By place: names cost more."""


def cuts_of(
    standing: Standing, shape: SlotShape, blocking: Iterable[BusyStatus]
) -> list[tuple[int, int]]:
    """Return what is in the way, by start, still without the buffers that `free_bits` adds.

    Adding them here would make half a million pairs twice.
    """
    cuts: list[tuple[int, int]] = []
    for status in blocking:
        if busy := standing.busy.get(status):
            seconds = busy.tolist()
            cuts += zip(seconds[::2], seconds[1::2], strict=True)
    if shape.shares_buffers or shape.travel:
        before, after, _ = shape.margins
        kept = map(shape.kept_clear, standing.claims)
        cuts += [(start + after, end - before) for start, end in kept]
    else:
        # what `kept_clear` comes to then
        cuts += map(_BUSY, standing.claims)
    cuts.sort(key=_BEGIN)
    return cuts


def free_bits(
    spans: Iterable[tuple[int, int]],
    cuts: Sequence[tuple[int, int]],
    grid: Grid,
    duration: int,
    buffers: tuple[int, int] = (0, 0),
) -> int:
    """Return the starts at which `duration` seconds fit into the spans between the cuts.

    Spans lie inside the grid's window, sorted and merged; cuts are sorted by start, and the
    service keeps its buffers, before and after it, clear of them. Every gap sets a run of bits:
    those of all starts up to its last, less those before its first. The innermost loop of the
    index, hence no calls in it.
    """
    before, ones, origin, tick = grid.before, grid.ones, grid.origin, grid.tick
    lead, trail = buffers
    bits = free_from = 0
    # one more cut than there are, so that the walk needs no look at the length
    following = iter((*cuts, (grid.never, 0)))
    begins, ends = next(following)
    begins -= trail
    for start, end in spans:
        if start > free_from:
            free_from = start
        while begins < end:
            if begins - free_from >= duration:
                first = before[-((origin - free_from) // tick)]
                last = before[(begins - duration - origin) // tick + 1]
                bits |= ones[last] ^ ones[first]
            ends += lead
            if ends > free_from:
                free_from = ends
            begins, ends = next(following)
            begins -= trail
        if end - free_from >= duration:
            first = before[-((origin - free_from) // tick)]
            last = before[(end - duration - origin) // tick + 1]
            bits |= ones[last] ^ ones[first]
    return bits


def full_days(member: StaffMember, claims: Sequence[Claim], grid: Grid) -> int:
    """Return the bits of the days and weeks on which the member's cap is reached."""
    if not claims or (member.max_per_day is None and member.max_per_week is None):
        return 0
    midnights = local_days(member.zone, grid.start, grid.end)
    starts = sorted(map(_BEGIN, claims))
    until = [bisect_left(starts, midnight) for midnight in midnights]
    bits = 0
    for days, cap in ((1, member.max_per_day), (7, member.max_per_week)):
        if cap is None or len(starts) < cap:
            continue
        # midnights begin with a Monday
        for first in range(0, len(midnights) - days, days):
            if until[first + days] - until[first] >= cap:
                bits |= grid.between(midnights[first], midnights[first + days])
    return bits
