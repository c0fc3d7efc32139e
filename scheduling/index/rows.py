"""One person's row: bit k says that a booking may begin at the grid's start k.

The plain sweep of slots.py again, in whole seconds. Equal by test, not by hope.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from scheduling.catalog import BusyStatus, StaffMember
from scheduling.index.grid import Grid, local_days
from scheduling.index.standing import Standing
from scheduling.occupancy import Claim
from scheduling.slots import SlotShape


def cuts_of(
    standing: Standing, shape: SlotShape, blocking: Iterable[BusyStatus]
) -> list[tuple[int, int]]:
    """Return what the service itself must not touch, by start."""
    before, after, shares = shape.margins
    cuts: list[tuple[int, int]] = []
    for status in blocking:
        busy = standing.busy.get(status)
        if busy:
            pairs = zip(busy[::2], busy[1::2], strict=True)
            cuts += [(start - after, end + before) for start, end in pairs]
    if shares or shape.travel:
        cuts += [shape.kept_clear(claim) for claim in standing.claims]
    else:
        # what `kept_clear` comes to then, without half a million calls
        cuts += [(c.busy_start - after, c.busy_end + before) for c in standing.claims]
    cuts.sort()
    return cuts


def free_bits(
    spans: Iterable[tuple[int, int]],
    cuts: Sequence[tuple[int, int]],
    grid: Grid,
    duration: int,
) -> int:
    """Return the starts at which `duration` seconds fit into the spans between the cuts.

    Spans lie inside the grid's window, sorted and merged; cuts are sorted by start. Every gap sets
    a run of bits: those of all starts up to its last, less those before its first. The innermost
    loop of the index, hence no calls in it.
    """
    before, ones, origin, tick = grid.before, grid.ones, grid.origin, grid.tick
    bits = free_from = 0
    # one more cut than there are, so that the walk needs no look at the length
    following = iter((*cuts, (grid.never, 0)))
    begins, ends = next(following)
    for start, end in spans:
        if start > free_from:
            free_from = start
        while begins < end:
            if begins - free_from >= duration:
                first = before[-((origin - free_from) // tick)]
                last = before[(begins - duration - origin) // tick + 1]
                bits |= ones[last] ^ ones[first]
            if ends > free_from:
                free_from = ends
            begins, ends = next(following)
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
    starts = sorted(claim.start for claim in claims)
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
