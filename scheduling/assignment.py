"""Which staff member serves, and why: the reason is stored with the booking."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from fractions import Fraction

from scheduling.booking import Assignment, Workload
from scheduling.catalog import StaffMember

NAMED = "named"
LEAST_LOADED = "least_loaded"
IN_TURN = "in_turn"
COLLECTIVE = "collective"
KEPT = "kept"

NEVER = datetime.min.replace(tzinfo=UTC)


def named(member: StaffMember) -> Assignment:
    """Assign the one the customer asked for."""
    return Assignment(member.id, NAMED)


def least_loaded(
    members: Sequence[StaffMember], work: Mapping[str, Workload]
) -> tuple[Assignment, ...]:
    """Order the free staff members: least work by weight, then longest waiting, then as given.

    The first is to be tried first; each reason states that member's figures and how many there
    were still to choose from.
    """

    def rank(member: StaffMember) -> tuple[Fraction, int, datetime]:
        given = work[member.id]
        return Fraction(given.count, member.weight), given.count, given.last_given or NEVER

    ranked = sorted(members, key=rank)
    return tuple(
        Assignment(member.id, _reason(member, work[member.id], len(ranked) - tried))
        for tried, member in enumerate(ranked)
    )


def in_turn(
    members: Sequence[StaffMember], last: str | None, order: Mapping[str, int]
) -> tuple[Assignment, ...]:
    """Order the free ones by the file, beginning after the one who served last.

    `order`: staff id -> place in the file, of the last one too.
    """
    after = order.get(last or "", -1)
    ranked = sorted(members, key=lambda m: (order[m.id] <= after, order[m.id]))
    return tuple(
        Assignment(member.id, f"{IN_TURN} after={last or '-'} of={len(ranked) - tried}")
        for tried, member in enumerate(ranked)
    )


def collective(members: Sequence[StaffMember]) -> Assignment:
    """Assign all together; the event stands in the calendar of the first."""
    return Assignment(members[0].id, f"{COLLECTIVE} of={len(members)}")


def kept_first(ranked: Sequence[Assignment], staff_id: str) -> tuple[Assignment, ...]:
    """Try who has served so far before all others; a choice by name stays one."""
    first = [each for each in ranked if each.staff_id == staff_id]
    kept = [each if each.reason == NAMED else Assignment(staff_id, KEPT) for each in first]
    return (*kept, *(each for each in ranked if each.staff_id != staff_id))


def _reason(member: StaffMember, work: Workload, choices: int) -> str:
    figures = f"{LEAST_LOADED} load={work.count} weight={member.weight} of={choices}"
    return f"{figures} since={work.last_given:%Y-%m-%dT%H:%MZ}" if work.last_given else figures
