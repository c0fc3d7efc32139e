"""Who is free: the index where it is fresh, a live look at the calendars where it is not."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice, product

from scheduling.availability import StartWindow, open_spans, working_spans
from scheduling.booking import STAFF, Slot, staff_resource
from scheduling.catalog import (
    AssignmentPolicy,
    Business,
    Resource,
    Service,
    StaffMember,
)
from scheduling.desk.known import Known
from scheduling.desk.own_event import OwnEvent
from scheduling.desk.search import NOT_ASKED, Offer
from scheduling.errors import NotOffered
from scheduling.index import Standing, View, slot_class
from scheduling.index.standing import busy_of
from scheduling.index.view import numbers_in
from scheduling.occupancy import Claim
from scheduling.outage import OutageWatch
from scheduling.ports import BusyItem, FreeBusy, FreeBusySource
from scheduling.slots import SlotShape, free_starts, within_caps
from scheduling.timespan import (
    TimeSpan,
    from_seconds,
    second_at_or_after,
    second_at_or_before,
)

NO_ANSWER = FreeBusy(unknown="no_answer")
AWAY = "outage"
"""Why nobody was asked: nothing answered a moment ago."""
OTHERS_ASKED = 5
MOST_ASKED = 100
"""Calendars asked live for one answer: five batches at once, one round trip."""
STALE_AFTER = timedelta(minutes=15)
"""Where more than that would have to be asked, calendars read this lately will do for an offer;
before anything is held, the one in question is asked in any case."""


@dataclass(frozen=True, slots=True)
class Question:
    """A search with everything looked up: who may serve, and when a booking may begin.

    `own_hold` is a booking of the asker whose time counts as free, with what it claims; where it
    is to be moved, `own_event` does so too, and `keeps` names who is tried first.
    """

    service: Service
    shape: SlotShape
    location_id: str
    members: tuple[StaffMember, ...]
    window: StartWindow
    own_hold: str = ""
    own_resources: frozenset[str] = frozenset()
    own_event: OwnEvent | None = None
    keeps: str = ""
    most_names: int | None = None


@dataclass(frozen=True, slots=True)
class Looked:
    """Live answers by resource: entries of those who answered, why others are unknown."""

    items: Mapping[str, tuple[BusyItem, ...]] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)
    known_at: datetime | None = None
    """Set where `items` are no answers but what was last known: since when."""


@dataclass(slots=True)
class _Free:
    """Who is free at one start: how many, and the names that are told."""

    count: int = 0
    names: list[str] = field(default_factory=list)
    room: str = ""


class Looking:
    """Finds free starts over the calendar port and what is known."""

    def __init__(
        self,
        business: Business,
        calendar: FreeBusySource,
        known: Known,
        watch: OutageWatch | None = None,
    ) -> None:
        self._business = business
        self._calendar = calendar
        self._known = known
        self.watch = watch or OutageWatch()

    async def offer(self, asked: Question, now: datetime) -> Offer:
        """Return the slots of all who are known or answer in time."""
        # what was known up to the end of yesterday's window is not known up to today's
        self._known.index.advance(now)
        span = asked.window.served(asked.shape.duration)
        working: dict[str, list[TimeSpan]] = {}

        def works(member: StaffMember) -> bool:
            working[member.id] = self._working(asked, member, span)
            return bool(working[member.id])

        fresh, others, unknown = self._split(asked, now, works)
        reach = _reach([working[m.id] for m in others] or [[span]], asked.shape)
        if self._stale_units(asked, now):
            # rooms follow the opening hours, not those of the people who are asked
            reach = _reach([[span]], asked.shape)
        looked = await self.ask_or_recall(asked, others, reach, now, trusting=True)
        # the calendars may take seconds; the store comes last, so that it is not out of date
        await self._known.follow(now)
        for member in others:
            if why := looked.unknown.get(staff_resource(member.id)):
                unknown[member.id] = why
        counted = {m.id for m in (*fresh, *others)} | unknown.keys()
        unknown |= {r: why for r, why in looked.unknown.items() if not r.startswith(STAFF)}
        names = tuple(m.id for m in asked.members if m.id in counted)
        slots = await self._slots(asked, fresh, looked)
        return Offer(slots, unknown, names, looked.known_at)

    def _split(
        self, asked: Question, now: datetime, matters: Callable[[StaffMember], bool]
    ) -> tuple[list[StaffMember], list[StaffMember], dict[str, str]]:
        """Return who is known, who is to be asked, and who is left out.

        `matters` sorts out those whose own rules leave no time: nobody has to be asked for them.
        """
        fresh, others = self._trusted(asked.members, now)
        if len(fresh) <= MOST_ASKED:
            fresh = [m for m in fresh if matters(m)]
        if len(others) > MOST_ASKED:
            lately = self._known.read_since(others, now - STALE_AFTER)
            taken = {m.id for m in lately}
            others = [m for m in others if m.id not in taken]
            fresh += lately
        waiting = iter(others)
        to_ask = list(islice((m for m in waiting if matters(m)), MOST_ASKED))
        standing = self._known.index.standing
        left_out = {m.id: standing(staff_resource(m.id)).unknown or NOT_ASKED for m in waiting}
        return fresh, to_ask, left_out

    def _trusted(
        self, members: Sequence[StaffMember], now: datetime
    ) -> tuple[list[StaffMember], list[StaffMember]]:
        """Return who is known, and who is to be asked: in an outage all of them.

        Nobody tells us of changes then. Only of thousands it is left to what was known before.
        """
        if self.watch.is_away and len(members) <= MOST_ASKED:
            return [], list(members)
        return self._known.split(members, now)

    def _stale_units(self, asked: Question, now: datetime) -> bool:
        return any(
            resource.mailbox and not self._known.index.is_fresh(resource.unit_ids[0], now)
            for resource in self._needed(asked)
        )

    async def ask_or_recall(
        self,
        asked: Question,
        members: Sequence[StaffMember],
        span: TimeSpan,
        now: datetime,
        *,
        trusting: bool = False,
    ) -> Looked:
        """Ask; in an outage take what was last known, if the business allows it to be so old.

        One dead mailbox is no outage: where nobody who was asked answers, others are asked before
        that is believed.
        """
        looked = await self.ask(asked, members, span, now, trusting=trusting)
        within = self._business.outage.note_within
        if not looked.unknown or looked.items or not within:
            return looked
        if not self.watch.is_away:
            await self._ask_others(looked, span)
        return self._recalled(looked, span, now - within) if self.watch.is_away else looked

    async def _ask_others(self, looked: Looked, span: TimeSpan) -> None:
        """Let the watch hear whether other calendars answer."""
        silent = {
            m.mailbox for m in self._business.staff if staff_resource(m.id) in looked.unknown
        }
        others = (m.mailbox for m in self._business.staff if m.mailbox not in silent)
        if some := tuple(islice(others, OTHERS_ASKED)):
            await self._calendar.free_busy(some, span)

    def _recalled(self, looked: Looked, span: TimeSpan, since: datetime) -> Looked:
        found = {
            resource: known
            for resource in looked.unknown
            if (known := self._known.index.last_known(resource, span.end, since))
        }
        if not found:
            return looked
        unknown = {name: why for name, why in looked.unknown.items() if name not in found}
        items = {name: entries for name, (_, entries) in found.items()}
        return Looked(items, unknown, min(read_at for read_at, _ in found.values()))

    async def ask(
        self,
        asked: Question,
        members: Iterable[StaffMember],
        span: TimeSpan,
        now: datetime,
        *,
        trusting: bool = False,
    ) -> Looked:
        """Ask the calendars of these, and of the service's rooms.

        `trusting` leaves out the rooms that are known to the second: for what is only offered.
        """
        trusting = trusting and not self.watch.is_away
        mailboxes = {staff_resource(m.id): m.mailbox for m in members}
        for resource in self._needed(asked):
            is_known = trusting and self._known.index.is_fresh(resource.unit_ids[0], now)
            if resource.mailbox and not is_known:
                mailboxes |= dict.fromkeys(resource.unit_ids, resource.mailbox)
        if not mailboxes:
            return Looked()
        if self.watch.spares(now):
            return Looked(unknown=dict.fromkeys(mailboxes, AWAY))
        answers = await self._calendar.free_busy(tuple(dict.fromkeys(mailboxes.values())), span)
        items: dict[str, tuple[BusyItem, ...]] = {}
        unknown: dict[str, str] = {}
        for resource_id, mailbox in mailboxes.items():
            answer = answers.get(mailbox, NO_ANSWER)
            self._known.index.note_answer(resource_id, answer.unknown, now)
            if answer.unknown is None:
                items[resource_id] = _others(asked, resource_id, answer.items)
                if self._known.misses(resource_id, answer.items, span):
                    self._known.index.distrust(resource_id)
            else:
                unknown[resource_id] = answer.unknown
                self._known.index.distrust(resource_id)
        return Looked(items, unknown)

    def _needed(self, asked: Question) -> Iterator[Resource]:
        for name in (*asked.service.rooms, *asked.service.equipment):
            resource = self._business.resource(name)
            if self._is_there(asked, resource):
                yield resource

    def _is_there(self, asked: Question, resource: Resource) -> bool:
        """Tell whether it can be used where the service takes place."""
        place = asked.shape.place_id
        return not place or resource.place_id in {None, place}

    async def follow(self, now: datetime) -> None:
        """Take in what the store has changed since."""
        await self._known.follow(now)

    @property
    def order(self) -> Mapping[str, int]:
        """Staff id -> place in the file."""
        return self._known.order

    def stale(self, members: Sequence[StaffMember], now: datetime) -> list[StaffMember]:
        """Return whose calendar is not known to the second."""
        return self._known.split(members, now)[1]

    async def candidates(
        self, asked: Question, start: datetime, now: datetime
    ) -> list[StaffMember]:
        """Return who may be free at a start: as the index knows, or else as the rules allow.

        NotOffered where the rules let nobody begin then, or not all of a team.
        """
        await self.follow(now)
        known, others = self._trusted(asked.members, now)
        may = {m.id for m in others if self._allows(asked, m, start)}
        if len(known) > MOST_ASKED:
            view = await self._known.view(asked.service, asked.shape.duration, asked.location_id)
            mask = view.mask(m.id for m in known)
            may |= {m.id for m in view.members_in(view.free_at(second_at_or_after(start), mask))}
            # the own hold makes its member look busy
            known = [m for m in known if staff_resource(m.id) in asked.own_resources]
        may |= {m.id for m in known if self._allows(asked, m, start)}
        everybody = asked.service.assignment is AssignmentPolicy.COLLECTIVE
        if (everybody and len(may) < len(asked.members)) or (
            not may and not any(self._allows(asked, m, start) for m in asked.members)
        ):
            raise NotOffered(f"{asked.service.id} does not begin at {start}")
        return [m for m in asked.members if m.id in may]

    def _claims_of(self, asked: Question, resource: str) -> list[Claim]:
        """Return what others keep of a resource."""
        kept = self._known.index.standing(resource).claims
        return [claim for claim in kept if claim.booking_id != asked.own_hold]

    def fits(self, asked: Question, member: StaffMember, looked: Looked, start: datetime) -> bool:
        """Tell whether everything allows this start: rules, entries, claims, caps."""
        resource = staff_resource(member.id)
        claims = self._claims_of(asked, resource)
        working = self._working(asked, member, asked.shape.at(start))
        starts = self._starts(asked, working, resource, looked, start)
        return bool(within_caps(starts, member, claims))

    def _allows(self, asked: Question, member: StaffMember, start: datetime) -> bool:
        """Tell whether the rules alone allow this start."""
        working = self._working(asked, member, asked.shape.at(start))
        return bool(free_starts(working, (), asked.shape, StartWindow(start, start)))

    def units(self, asked: Question, looked: Looked, start: datetime) -> list[tuple[str, ...]]:
        """Return each choice of a room with a unit of all equipment that is free then."""
        opened = open_spans(self._business, asked.service, asked.shape.at(start))

        def free(resource: Resource) -> list[str]:
            return [
                unit
                for unit in resource.unit_ids
                if self._starts(asked, opened, unit, looked, start)
            ]

        equipment = map(self._business.resource, asked.service.equipment)
        needed = [free(each) if self._is_there(asked, each) else [] for each in equipment]
        if asked.service.rooms:
            needed.insert(0, [unit for room in self.rooms(asked) for unit in free(room)])
        return list(product(*needed))

    def silent_units(self, asked: Question, looked: Looked) -> dict[str, str]:
        """Return the rooms and equipment whose calendar did not answer, and why."""
        units = (unit for resource in self._needed(asked) for unit in resource.unit_ids)
        return {unit: looked.unknown[unit] for unit in units if unit in looked.unknown}

    def rooms(self, asked: Question) -> list[Resource]:
        """Return the service's rooms at the place where it is to be."""
        rooms = (self._business.resource(name) for name in asked.service.rooms)
        return [room for room in rooms if self._is_there(asked, room)]

    def _starts(
        self,
        asked: Question,
        opened: Sequence[TimeSpan],
        resource: str,
        looked: Looked,
        start: datetime,
    ) -> list[datetime]:
        """Return the start, if the reference sweep finds it free for the resource."""
        standing = self.standing(asked, looked, resource)
        if standing.unknown is not None:
            return []
        entries = [
            from_seconds(*pair)
            for status in asked.service.blocking
            for pair in _pairs(standing.busy.get(status, ()))
        ]
        only = StartWindow(start, start)
        return free_starts(opened, entries, asked.shape, only, standing.claims)

    def _working(self, asked: Question, member: StaffMember, span: TimeSpan) -> list[TimeSpan]:
        return working_spans(self._business, asked.service, member, span, asked.location_id)

    def standing(self, asked: Question, looked: Looked, resource: str) -> Standing:
        """Return what counts now: the live answer where there is one, without the own hold."""
        known = self._known.index.standing(resource)
        if resource in looked.items:
            known = replace(known, busy=busy_of(looked.items[resource]), unknown=None)
        elif resource in looked.unknown:
            known = replace(known, unknown=looked.unknown[resource])
        elif asked.own_event and resource in asked.own_event.resources:
            known = replace(known, busy=asked.own_event.left_out_of(known.busy))
        if asked.own_hold and resource in asked.own_resources:
            known = replace(known, claims=tuple(self._claims_of(asked, resource)))
        if known.claims and not resource.startswith(STAFF):
            # rooms and equipment do not travel
            known = replace(known, claims=tuple(c._replace(place_id="") for c in known.claims))
        return known

    async def _slots(
        self, asked: Question, fresh: Sequence[StaffMember], looked: Looked
    ) -> tuple[Slot, ...]:
        free: dict[int, _Free] = {}
        plain = [m for m in fresh if staff_resource(m.id) not in asked.own_resources]
        if plain:
            view = await self._known.view(asked.service, asked.shape.duration, asked.location_id)
            self._gather(asked, looked, view, view.mask(m.id for m in plain), free)
        apart = {m.id for m in fresh} - {m.id for m in plain}
        single = [
            m for m in asked.members if staff_resource(m.id) in looked.items or m.id in apart
        ]
        if single:
            view = self._view_of(asked, single, looked)
            self._gather(asked, looked, view, view.mask(m.id for m in single), free)
        return tuple(self._slot(asked, at, found) for at, found in self._enough(asked, free))

    def _view_of(self, asked: Question, members: Sequence[StaffMember], looked: Looked) -> View:
        """Return a view of these members alone, in the span that is asked for."""
        shape = asked.shape
        of_class = slot_class(self._business, asked.service, shape.duration, asked.location_id)
        window = (
            second_at_or_after(asked.window.first),
            second_at_or_before(asked.window.last) + 1,
        )
        view = View(self._business, of_class, members, window)
        return view.complete(lambda resource: self.standing(asked, looked, resource))

    def _gather(
        self, asked: Question, looked: Looked, view: View, mask: int, free: dict[int, _Free]
    ) -> None:
        grid = view.grid
        first = grid.number_from(second_at_or_after(asked.window.first))
        last = grid.number_from(second_at_or_before(asked.window.last) + 1)
        rooms = [
            (room.id, view.open_row(self.standing(asked, looked, unit)))
            for room in self.rooms(asked)
            for unit in room.unit_ids
        ]
        possible = self._equipped(asked, looked, view)
        for number in range(first, last):
            bits = view.cols[number] & mask
            if not bits or not possible >> number & 1:
                continue
            room = next((name for name, row in rooms if row >> number & 1), "")
            if rooms and not room:
                continue
            found = free.setdefault(grid.starts[number], _Free(room=room))
            found.count += bits.bit_count()
            found.names += [view.members[n].id for n in islice(numbers_in(bits), asked.most_names)]

    def _equipped(self, asked: Question, looked: Looked, view: View) -> int:
        """Return the starts at which a unit of every equipment is free."""
        bits = view.grid.ones[-1]
        for name in asked.service.equipment:
            resource = self._business.resource(name)
            units = resource.unit_ids if self._is_there(asked, resource) else ()
            rows = (view.open_row(self.standing(asked, looked, unit)) for unit in units)
            any_of_them = 0
            for row in rows:
                any_of_them |= row
            bits &= any_of_them
        if asked.service.rooms and not self.rooms(asked):
            return 0
        return bits

    def _enough(self, asked: Question, free: Mapping[int, _Free]) -> Iterator[tuple[int, _Free]]:
        """Leave out the starts at which one of a team is missing."""
        everybody = asked.service.assignment is AssignmentPolicy.COLLECTIVE
        for at, found in sorted(free.items()):
            if not everybody or found.count == len(asked.members):
                yield at, found

    def _slot(self, asked: Question, at: int, found: _Free) -> Slot:
        names = found.names
        if len(names) > 1:
            order = self._known.order
            names = sorted(names, key=order.__getitem__)[: asked.most_names]
        start = from_seconds(at, at + 1).start
        return Slot(asked.shape.at(start), tuple(names), found.room)


def _reach(working: Iterable[Sequence[TimeSpan]], shape: SlotShape) -> TimeSpan:
    """Return the span in which anything could be in the way."""
    spans = list(working)
    whole = TimeSpan(min(s[0].start for s in spans), max(s[-1].end for s in spans))
    return whole.widened(shape.pre_buffer, shape.post_buffer)


def _others(asked: Question, resource: str, items: tuple[BusyItem, ...]) -> tuple[BusyItem, ...]:
    own = asked.own_event
    return own.left_out(items) if own and resource in own.resources else items


def _pairs(flat: Sequence[int]) -> Iterator[tuple[int, int]]:
    return zip(flat[::2], flat[1::2], strict=True)
