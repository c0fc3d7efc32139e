"""Why a start can or cannot be booked, with the calendars asked where they are not known."""

from collections.abc import Sequence
from datetime import datetime

from scheduling.booking import staff_resource
from scheduling.catalog import AssignmentPolicy, Business, StaffMember
from scheduling.desk.looking import MOST_ASKED, Looked, Looking, Question
from scheduling.explain import (
    Case,
    Explanation,
    Reason,
    Why,
    ids_of,
    reason_against,
    rule_against,
    unit_against,
)
from scheduling.index import Standing
from scheduling.timespan import TimeSpan

MOST_EXPLAINED = 500
"""Staff members looked at one by one; beyond that nobody reads the list."""


class Explaining:
    """Asks rule by rule."""

    def __init__(self, business: Business, looking: Looking) -> None:
        self._business = business
        self._looking = looking

    async def explain(
        self,
        asked: Question,
        members: Sequence[StaffMember],
        starts: Sequence[datetime],
        now: datetime,
    ) -> tuple[Explanation, ...]:
        """Return for each start what refuses it for each of the members, or who is free."""
        serving = ids_of(self._business.staff_for(asked.service))
        cases = [
            Case(
                self._business,
                asked.service,
                asked.shape,
                start,
                now,
                asked.location_id,
                serving,
            )
            for start in starts
        ]
        members = members[:MOST_EXPLAINED]
        looked = await self._look(asked, cases, members, now)
        await self._looking.follow(now)
        return tuple(self._explained(asked, case, members, looked) for case in cases)

    async def _look(
        self,
        asked: Question,
        cases: Sequence[Case],
        members: Sequence[StaffMember],
        now: datetime,
    ) -> Looked:
        """Ask about those whom the rules allow and whose calendar is not known to the second."""
        possible = [case for case in cases if rule_against(case) is None]
        open_ones = [
            m for m in members if any(reason_against(c, m, Standing()) is None for c in possible)
        ]
        if not open_ones:
            return Looked()
        reach = TimeSpan(possible[0].span.start, possible[-1].span.end)
        reach = reach.widened(asked.shape.pre_buffer, asked.shape.post_buffer)
        stale = self._looking.stale(open_ones, now)[:MOST_ASKED]
        return await self._looking.ask(asked, stale, reach, now, trusting=True)

    def _explained(
        self, asked: Question, case: Case, members: Sequence[StaffMember], looked: Looked
    ) -> Explanation:
        if (general := rule_against(case)) is not None:
            return Explanation(case.start, (general,))
        found = {
            m.id: reason_against(
                case, m, self._looking.standing(asked, looked, staff_resource(m.id))
            )
            for m in members
        }
        reasons = tuple(reason for reason in found.values() if reason is not None)
        free = tuple(staff_id for staff_id, reason in found.items() if reason is None)
        if not found:
            return Explanation(case.start, (Reason(Why.NO_SKILL),))
        if asked.service.assignment is AssignmentPolicy.COLLECTIVE and reasons:
            return Explanation(case.start, reasons)
        if free and not self._looking.units(asked, looked, case.start):
            return Explanation(case.start, (*reasons, *self._missing(asked, case, looked)))
        return Explanation(case.start, reasons, free)

    def _missing(self, asked: Question, case: Case, looked: Looked) -> list[Reason]:
        """Return what refuses for every unit of what cannot be had: one room, all equipment."""
        rooms = self._looking.rooms(asked)
        if asked.service.rooms and not rooms:
            facts = {"place": asked.shape.place_id, "because": str(Why.PLACE)}
            return [Reason(Why.ROOM, facts=facts)]
        equipment = [self._business.resource(name) for name in asked.service.equipment]
        alternatives = [[unit for room in rooms for unit in room.unit_ids]] if rooms else []
        alternatives += [list(each.unit_ids) for each in equipment]
        missing: list[Reason] = []
        for units in alternatives:
            refused = [
                unit_against(case, unit, self._looking.standing(asked, looked, unit))
                for unit in units
            ]
            if all(refused):
                missing += [reason for reason in refused if reason is not None]
        return missing
