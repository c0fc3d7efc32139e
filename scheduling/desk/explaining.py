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
    reason_against,
    rule_against,
    unit_against,
)
from scheduling.index import Standing

MOST_EXPLAINED = 500
"""Staff members looked at one by one; beyond that nobody reads the list."""


class Explaining:
    """Asks rule by rule."""

    def __init__(self, business: Business, looking: Looking) -> None:
        self._business = business
        self._looking = looking

    async def explain(
        self, asked: Question, members: Sequence[StaffMember], start: datetime, now: datetime
    ) -> Explanation:
        """Return what refuses the start for each of the members, or who is free."""
        case = Case(self._business, asked.service, asked.shape, start, now, asked.location_id)
        if (general := rule_against(case)) is not None:
            return Explanation(start, (general,))
        members = members[:MOST_EXPLAINED]
        looked = await self._look(asked, case, members, now)
        await self._looking.follow(now)
        found = {
            m.id: reason_against(
                case, m, self._looking.standing(asked, looked, staff_resource(m.id))
            )
            for m in members
        }
        reasons = tuple(reason for reason in found.values() if reason is not None)
        free = tuple(staff_id for staff_id, reason in found.items() if reason is None)
        if asked.service.assignment is AssignmentPolicy.COLLECTIVE and reasons:
            return Explanation(start, reasons)
        if free and not self._looking.units(asked, looked, start):
            return Explanation(start, (*reasons, *self._missing(asked, case, looked)))
        return Explanation(start, reasons, free)

    async def _look(
        self, asked: Question, case: Case, members: Sequence[StaffMember], now: datetime
    ) -> Looked:
        """Ask about those whom the rules allow and whose calendar is not known to the second."""
        open_ones = [m for m in members if reason_against(case, m, Standing()) is None]
        stale = self._looking.stale(open_ones, now)[:MOST_ASKED]
        return await self._looking.ask(asked.service, stale, asked.shape.busy_at(case.start), now)

    def _missing(self, asked: Question, case: Case, looked: Looked) -> list[Reason]:
        names = (*asked.service.rooms, *asked.service.equipment)
        units = [unit for name in names for unit in self._business.resource(name).unit_ids]
        found = (
            unit_against(case, unit, self._looking.standing(asked, looked, unit)) for unit in units
        )
        return [reason for reason in found if reason is not None]
