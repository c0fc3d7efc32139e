"""Which staff member serves, and why: the reason is stored with the booking."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from scheduling.booking import Assignment
from scheduling.catalog import StaffMember

NAMED = "named"
LEAST_LOADED = "least_loaded"


def named(member: StaffMember) -> Assignment:
    """Assign the one the customer asked for."""
    return Assignment(member.id, NAMED)


def least_loaded(
    members: Sequence[StaffMember], load: Mapping[str, int]
) -> tuple[Assignment, ...]:
    """Order the free staff members by bookings per weight, then bookings, then the given order.

    The first is to be tried first; each reason states that member's figures and how many there
    were still to choose from.
    """
    ranked = sorted(members, key=lambda m: (Fraction(load[m.id], m.weight), load[m.id]))
    return tuple(
        Assignment(member.id, _reason(member, load[member.id], len(ranked) - tried))
        for tried, member in enumerate(ranked)
    )


def _reason(member: StaffMember, load: int, choices: int) -> str:
    return f"{LEAST_LOADED} load={load} weight={member.weight} of={choices}"
