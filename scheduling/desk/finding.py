"""What is free, and why other times are not: the questions that change nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from scheduling.availability import (
    StartWindow,
    is_bookable,
    open_spans,
    places_of,
    public_holidays,
    start_window,
    weekdays_at,
)
from scheduling.booking import Booking, BookingState
from scheduling.catalog import AssignmentPolicy, Business, Service, StaffMember
from scheduling.clock import Clock
from scheduling.desk.explaining import MOST_EXPLAINED, Explaining
from scheduling.desk.known import Known, Pause, no_pause
from scheduling.desk.looking import AWAY, Looking, Question
from scheduling.desk.own_event import OwnEvent
from scheduling.desk.search import HoldOrder, Offer, Search
from scheduling.errors import NotOffered, UnknownBooking, UnknownStaffMember
from scheduling.explain import Explanation
from scheduling.index import AvailabilityIndex, Failure
from scheduling.outage import OutageWatch
from scheduling.ports import ClaimSource, FreeBusySource
from scheduling.slots import SlotShape, free_starts, shape_of
from scheduling.timespan import TimeSpan


class Finder:
    """Looks for slots over calendars and claims."""

    def __init__(  # noqa: PLR0913 - its ports
        self,
        business: Business,
        calendar: FreeBusySource,
        claims: ClaimSource,
        clock: Clock,
        index: AvailabilityIndex,
        pause: Pause = no_pause,
        *,
        watch: OutageWatch | None = None,
    ) -> None:
        self._business = business
        self._claims = claims
        self._clock = clock
        self._index = index
        self.looking = Looking(business, calendar, Known(index, claims, business, pause), watch)
        self._explaining = Explaining(business, self.looking)
        self._today: date | None = None
        self._known_bookable: dict[tuple[str, str], frozenset[str]] = {}
        if business.observe_holidays:
            # the first look-up loads the country's rules: half a second no customer should wait
            public_holidays(business.country, business.subdivision, clock.now().year)

    async def offer(self, search: Search) -> Offer:
        """Return the slots that rules, calendars and the store leave.

        Raises UnknownService, UnknownStaffMember, or NotOffered for a foreign duration.
        """
        now = self._clock.now()
        service, shape = self.chosen(search.service_id, search.duration, search.location_id)
        members = self.candidates(
            service, search.staff_id, search.excluded_staff_ids, search.location_id
        )
        allowed = start_window(service, now, self._business.zone)
        window = allowed.within(search.span) if allowed else None
        if window is None or not members:
            return Offer((), {})
        asked = Question(
            service, shape, search.location_id, members, window, most_names=search.most_names
        )
        asked = await self._without_own(asked, search)
        offer = await self.looking.offer(asked, now)
        if search.moves is not None and offer.known_at is not None:
            # a time that is booked is not given up for one that nobody has looked at
            offer = Offer((), dict.fromkeys(offer.asked, AWAY), offer.asked)
        if offer.calendar_is_down:
            self.looking.watch.refuse()
        moved = await self._found(search.moves)
        # the time that it has is none to move it to
        slots = [s for s in offer.slots if moved is None or s.span.start != moved.span.start]
        return replace(offer, slots=tuple(slots))

    @property
    def failures(self) -> Mapping[str, Failure]:
        """Resource -> why its calendar does not answer, and since when."""
        return self._index.failures

    async def explain(self, order: HoldOrder) -> Explanation:
        """Say why a start can or cannot be booked; for one staff member, or for all who serve.

        Raises UnknownService, NotOffered for a foreign duration or location, and
        UnknownStaffMember for somebody who is not on the staff at all.
        """
        search = Search(
            order.service_id,
            order.duration,
            order.staff_id,
            TimeSpan(order.start, order.start + timedelta.resolution),
            order.excluded_staff_ids,
            ignore_booking=order.ignore_booking,
            location_id=order.location_id,
            moves=order.moves,
        )
        (explanation,) = await self._explain(search, [order.start])
        return explanation

    async def explain_all(self, search: Search) -> tuple[Explanation, ...]:
        """Say the same of every start of the grid in opening hours inside the span."""
        service, shape = self.chosen(search.service_id, search.duration, search.location_id)
        span = search.span
        window = StartWindow(span.start, span.end - timedelta.resolution)
        opened = open_spans(self._business, service, window.served(shape.duration))
        return await self._explain(search, free_starts(opened, (), shape, window))

    async def _explain(
        self, search: Search, starts: Sequence[datetime]
    ) -> tuple[Explanation, ...]:
        service, shape = self.chosen(search.service_id, search.duration, search.location_id)
        members = self._asked_about(service, search)
        if not starts:
            return ()
        window = StartWindow(starts[0], starts[-1])
        asked = Question(service, shape, search.location_id, members, window)
        asked = await self._without_own(asked, search)
        found = await self._explaining.explain(asked, members, starts, self._clock.now())
        if len(members) <= MOST_EXPLAINED:
            return found
        # not all were looked at one by one; an offer knows of all
        offer = await self.offer(search)
        free = {slot.span.start: slot.staff_ids for slot in offer.slots}
        return tuple(replace(each, free=free.get(each.start, each.free)) for each in found)

    def _asked_about(self, service: Service, search: Search) -> tuple[StaffMember, ...]:
        """Return whose reasons are told; a team stands or falls together, whoever is named."""
        named = None
        if search.staff_id is not None:
            named = self._business.staff_member(search.staff_id)
        members = self._business.staff_for(service)
        if service.assignment is AssignmentPolicy.COLLECTIVE:
            return members
        if named is not None:
            return (named,)
        return tuple(m for m in members if m.id not in search.excluded_staff_ids)

    def chosen(
        self, service_id: str, duration: timedelta | None, location_id: str
    ) -> tuple[Service, SlotShape]:
        """Return what is asked for; UnknownService, or NotOffered for what it does not have."""
        service = self._business.service(service_id)
        chosen = service.durations[0] if duration is None else duration
        if chosen not in service.durations:
            raise NotOffered(f"{service_id} does not take {chosen}")
        if location_id and location_id not in {each.id for each in service.locations}:
            raise NotOffered(f"{service_id} does not take place at {location_id}")
        return service, shape_of(self._business, service, chosen, location_id)

    def candidates(
        self, service: Service, staff_id: str | None, excluded: Sequence[str], location_id: str
    ) -> tuple[StaffMember, ...]:
        """Return who may be asked for; for a team it is all or nobody."""
        serving = self._business.staff_for(service)
        if service.assignment is AssignmentPolicy.COLLECTIVE:
            staff_id, excluded = None, ()
        if staff_id is not None:
            serving = tuple(m for m in serving if m.id == staff_id)
            if not serving:
                raise UnknownStaffMember(staff_id)
        bookable = self._bookable(service, location_id)
        members = tuple(m for m in serving if m.id in bookable and m.id not in excluded)
        if service.assignment is AssignmentPolicy.COLLECTIVE and len(members) < len(serving):
            return ()
        return members

    def _bookable(self, service: Service, location_id: str) -> frozenset[str]:
        """Return who serves there and may be booked by today; looked up once a day."""
        now = self._clock.now()
        today = now.astimezone(self._business.zone).date()
        if today != self._today:
            self._today, self._known_bookable = today, {}
        key = (service.id, location_id)
        if key not in self._known_bookable:
            places = places_of(service, location_id)
            self._known_bookable[key] = frozenset(
                m.id
                for m in self._business.staff_for(service)
                if is_bookable(self._business, m, now) and weekdays_at(m, places)
            )
        return self._known_bookable[key]

    async def _without_own(self, asked: Question, search: Search) -> Question:
        """Count the asker's own hold as free, and the booking that is to be moved."""
        hold = await self._found(search.ignore_booking)
        if hold is not None and hold.state is not BookingState.HELD:
            hold = None
        moved = await self._found(search.moves)
        return without(asked, hold, moved, None if moved is None else stands_at(moved))

    async def _found(self, booking_id: str | None) -> Booking | None:
        try:
            return None if booking_id is None else await self._claims.booking(booking_id)
        except UnknownBooking:
            return None


def without(
    asked: Question, hold: Booking | None, moved: Booking | None, event: TimeSpan | None
) -> Question:
    """Count the asker's own hold as free; with `moved`, that booking and its event as well."""
    own = [each for each in (hold, moved) if each is not None]
    if not own:
        return asked
    asked = replace(
        asked,
        own_hold=own[-1].id,
        own_resources=frozenset(resource for each in own for resource in each.resources),
    )
    if moved is None:
        return asked
    own_event = None if event is None else OwnEvent(event, frozenset(moved.resources))
    return replace(asked, own_event=own_event, keeps=moved.staff_id)


def stands_at(booking: Booking) -> TimeSpan | None:
    """Return where the booking's event was last read; None where none is known to stand.

    While a move waits to be written it stands at the earlier time. Which rooms and colleagues it
    names there is not known any more: then it counts as in the way.
    """
    if not booking.event_id:
        return None
    if booking.state is BookingState.BOOKED:
        return booking.span
    is_left = booking.state is BookingState.NOTED and booking.event_staff_id == booking.staff_id
    if not is_left or booking.moved_from is None or booking.others:
        return None
    return TimeSpan(booking.moved_from, booking.moved_from + booking.span.duration)
