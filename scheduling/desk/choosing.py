"""Who serves a start that is to be held, with which room and equipment, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from scheduling.assignment import collective, in_turn, kept_first, least_loaded, named
from scheduling.booking import Assignment, staff_resource
from scheduling.catalog import AssignmentPolicy, Business, StaffMember
from scheduling.desk.looking import Looked, Looking, Question
from scheduling.desk.search import NOT_ASKED, HoldOrder
from scheduling.ports import BookingStore
from scheduling.timespan import TimeSpan, local_week

ASKED_TOGETHER = 20
"""Calendars of one getSchedule: asked in the order in which they would be chosen."""
LOAD_BEFORE = timedelta(weeks=3)
"""Work counts in the week of the start and so long before it."""
MOST_TRIED = 100
"""Calendars asked before the customer is told that it cannot be said now."""
MOST_UNITS = 5
"""Rooms and units tried for one staff member when others are faster."""

Picked = tuple[Assignment, tuple[str, ...]]
"""Who serves, and what else is claimed."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What to claim, best first, and whose calendar did not answer."""

    picked: Sequence[Picked] = ()
    unknown: Mapping[str, str] = field(default_factory=dict)
    known_at: datetime | None = None
    """Set in an outage: how old what was chosen on is."""


class Choosing:
    """Ranks who may serve, and asks only those calendars that can matter."""

    def __init__(self, business: Business, looking: Looking, store: BookingStore) -> None:
        self._business = business
        self._looking = looking
        self._store = store

    async def choose(self, asked: Question, order: HoldOrder, now: datetime) -> Choice:
        """Return what to claim; NotOffered where the rules let nobody begin then."""
        candidates = await self._looking.candidates(asked, order.start, now)
        if asked.service.assignment is AssignmentPolicy.COLLECTIVE:
            return await self._together(asked, order.start, now)
        ranked = kept_first(await self._ranked(asked, candidates, order), asked.keeps)
        unknown: dict[str, str] = {}
        for at in range(0, len(ranked), ASKED_TOGETHER):
            if at >= MOST_TRIED:
                return Choice((), unknown | {each.staff_id: NOT_ASKED for each in ranked[at:]})
            batch = ranked[at : at + ASKED_TOGETHER]
            members = [self._business.staff_member(each.staff_id) for each in batch]
            looked = await self._look(asked, members, order.start, now)
            unknown |= _unknown(members, looked)
            free = {m.id for m in members if self._looking.fits(asked, m, looked, order.start)}
            serving = [each for each in batch if each.staff_id in free]
            units = self._looking.units(asked, looked, order.start)[:MOST_UNITS]
            if not units:
                # whoever serves, the room is taken
                return Choice((), unknown | self._looking.silent_units(asked, looked))
            if serving:
                picked = [(who, chosen) for chosen in units for who in serving]
                return Choice(picked, unknown, looked.known_at)
        return Choice((), unknown)

    async def _together(self, asked: Question, start: datetime, now: datetime) -> Choice:
        looked = await self._look(asked, asked.members, start, now)
        if not all(self._looking.fits(asked, m, looked, start) for m in asked.members):
            return Choice((), _unknown(asked.members, looked))
        others = tuple(staff_resource(m.id) for m in asked.members[1:])
        units = self._looking.units(asked, looked, start)[:MOST_UNITS]
        who = collective(asked.members)
        picked = [(who, (*others, *chosen)) for chosen in units]
        return Choice(picked, self._looking.silent_units(asked, looked), looked.known_at)

    async def _look(
        self, asked: Question, members: Sequence[StaffMember], start: datetime, now: datetime
    ) -> Looked:
        busy = asked.shape.busy_at(start)
        looked = await self._looking.ask_or_recall(asked, members, busy, now)
        # the calendars may take seconds; the store comes last, so that it is not out of date
        await self._looking.follow(now)
        return looked

    async def _ranked(
        self,
        asked: Question,
        candidates: Sequence[StaffMember],
        order: HoldOrder,
    ) -> tuple[Assignment, ...]:
        if order.staff_id is not None:
            return tuple(named(member) for member in candidates)
        if asked.service.assignment is AssignmentPolicy.IN_TURN:
            last = await self._store.last_served(asked.service.id, but_not=asked.own_hold)
            return in_turn(candidates, last, self._looking.order)
        week = local_week(order.start, self._business.zone)
        # several weeks: with one alone each Monday would start from nothing, which favours those
        # who are to serve less
        lately = TimeSpan(week.start - LOAD_BEFORE, week.end)
        names = tuple(m.id for m in candidates)
        # what is about to be given up is no work
        work = await self._store.workload(names, lately, but_not=asked.own_hold)
        return least_loaded(candidates, work)


def _unknown(members: Sequence[StaffMember], looked: Looked) -> dict[str, str]:
    names = {m.id: looked.unknown.get(staff_resource(m.id)) for m in members}
    return {staff_id: why for staff_id, why in names.items() if why is not None}
