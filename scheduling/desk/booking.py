"""Offer, hold, confirm: how a free time becomes a booking.

The calendar is asked first and the store last, outside of any transaction; what the calendar does
not answer is not bookable. The store decides every race.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from scheduling.assignment import least_loaded, named
from scheduling.availability import StartWindow, public_holidays, start_window, working_spans
from scheduling.booking import (
    Assignment,
    Booking,
    BookingState,
    Details,
    HoldRequest,
    Slot,
)
from scheduling.catalog import Business, BusyStatus, Service, StaffMember
from scheduling.clock import Clock
from scheduling.desk.claims import Claims
from scheduling.errors import (
    CalendarUnavailable,
    HoldExpired,
    NotOffered,
    SlotTaken,
    UnknownBooking,
    UnknownStaffMember,
)
from scheduling.outbox import JobKind, Promise
from scheduling.ports import BookingStore, Calendar, FreeBusy
from scheduling.slots import SlotShape, free_starts, shape_of
from scheduling.timespan import TimeSpan, local_week

HOLD_TIME = timedelta(minutes=5)
CONFIRMED = frozenset({BookingState.NOTED, BookingState.BOOKED})
NO_ANSWER = FreeBusy(unknown="no_answer")


@dataclass(frozen=True, slots=True)
class Search:
    """Which times are asked for: starts in `span`; the service itself may end after it.

    `duration` None = the service's first. `staff_id` None = anyone. `ignore_booking` is the
    customer's own hold, whose time counts as free.
    """

    service_id: str
    duration: timedelta | None
    staff_id: str | None
    span: TimeSpan
    excluded_staff_ids: tuple[str, ...] = ()
    ignore_booking: str | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be booked now, by start; staff members of a slot in the business file's order.

    `unknown` names who was left out because the calendar did not answer, and why (a code).
    `asked` are all whose calendar was asked; who does not work in the span is not.
    """

    slots: tuple[Slot, ...]
    unknown: Mapping[str, str]
    asked: tuple[str, ...] = ()

    @property
    def calendar_is_down(self) -> bool:
        """Whether nothing is offered because not one calendar answered."""
        return bool(self.asked) and self.unknown.keys() >= set(self.asked)


@dataclass(frozen=True, slots=True)
class HoldOrder:
    """One start to keep for `owner`; `ignore_booking` is their own earlier hold, given up."""

    service_id: str
    duration: timedelta | None
    start: datetime
    staff_id: str | None
    owner: str
    excluded_staff_ids: tuple[str, ...] = ()
    ignore_booking: str | None = None


@dataclass(frozen=True, slots=True)
class _Standing:
    """What stands in the way of each staff member who answered, and who did not answer."""

    in_the_way: Mapping[str, Sequence[TimeSpan]]
    unknown: Mapping[str, str] = field(default_factory=dict)

    def is_free(self, staff_id: str, busy: TimeSpan) -> bool:
        """Tell whether the staff member answered and nothing overlaps."""
        spans = self.in_the_way.get(staff_id)
        return spans is not None and not any(span.overlaps(busy) for span in spans)


class Desk:
    """The use cases of a booking over the ports it is given; keeps no state of its own."""

    def __init__(
        self,
        business: Business,
        calendar: Calendar,
        store: BookingStore,
        clock: Clock,
        *,
        hold_time: timedelta = HOLD_TIME,
    ) -> None:
        self._business = business
        self._calendar = calendar
        self._store = store
        self._clock = clock
        self._hold_time = hold_time
        self._claims = Claims(store, hold_time)
        if business.observe_holidays:
            # the first look-up loads the country's rules: half a second no customer should wait
            public_holidays(business.country, business.subdivision, clock.now().year)

    async def offer(self, search: Search) -> Offer:
        """Return the slots that rules, live calendars and the store leave.

        Raises UnknownService, UnknownStaffMember, or NotOffered for a foreign duration.
        """
        service, shape = self._chosen(search.service_id, search.duration)
        members = self._candidates(service, search.staff_id, search.excluded_staff_ids)
        now = self._clock.now()
        allowed = start_window(service, now)
        window = allowed.within(search.span) if allowed else None
        if window is None:
            return Offer((), {})
        working = self._working(service, members, window.served(shape.duration))
        if not working:
            return Offer((), {})
        asked = tuple(m for m in members if m.id in working)
        span = _reach(working.values(), shape)
        standing = await self._look(service, asked, span, but_not=search.ignore_booking, now=now)
        slots = _slots(working, standing, shape, window)
        return Offer(slots, standing.unknown, tuple(m.id for m in asked))

    async def hold(self, order: HoldOrder) -> Booking:
        """Keep the start for the owner, after a live look at exactly the time it needs.

        NotOffered: the rules do not allow this start. SlotTaken: they do, but it is busy.
        CalendarUnavailable: nobody who answered is free and somebody did not answer.
        TooManyHolds: the owner keeps as many times as allowed already.

        The earlier hold `ignore_booking` is given up only once the new time is claimed. Where both
        overlap for the same staff member it has to go first; if the new claim then fails, the old
        time is claimed again under a new id, named by `SlotTaken.kept_hold`. The very same slot
        again only extends the earlier hold.
        """
        service, shape = self._chosen(order.service_id, order.duration)
        now = self._clock.now()
        members = self._allowed(service, shape, order, now)
        earlier = await self._earlier_hold(order)
        standing = await self._look(
            service,
            members,
            shape.busy_at(order.start),
            but_not=earlier.id if earlier else None,
            now=now,
        )
        free = [m for m in members if standing.is_free(m.id, shape.busy_at(order.start))]
        requests = [
            self._request(order, shape, assignment, now)
            for assignment in await self._assignments(order, free, earlier, now)
        ]
        return await self._claims.first_of(requests, earlier, standing.unknown, now)

    async def extend(self, booking_id: str, owner: str) -> Booking:
        """Keep the hold for another `hold_time` from now; HoldExpired, UnknownBooking."""
        now = self._clock.now()
        self._refuse_ended(await self._own(booking_id, owner), now)
        return await self._store.extend_hold(booking_id, owner, now + self._hold_time, now)

    async def release(self, booking_id: str, owner: str) -> None:
        """Free the time of a hold; nothing happens where it is none of this owner's."""
        await self._store.release_hold(booking_id, owner, self._clock.now())

    async def confirm(self, booking_id: str, owner: str, details: Details) -> Booking:
        """Turn the hold into a booking, after a live look at exactly the time it claims.

        The store takes the booking (NOTED) and the promise to write its event in one transaction.
        A repeated confirm returns the booking as it stands and asks nobody.
        CalendarUnavailable: the hold stays. SlotTaken: the calendar filled meanwhile, the hold is
        released. HoldExpired: the time went to somebody else, was released or is too near by now.
        """
        now = self._clock.now()
        booking = await self._own(booking_id, owner)
        if booking.state in CONFIRMED:
            return booking
        self._refuse_ended(booking, now)
        if not await self._is_still_free(booking):
            return await self._give_up(booking_id, owner, now)
        promise = Promise(
            JobKind.WRITE_EVENT, key=f"write:{booking_id}:1", payload={"booking": booking_id}
        )
        return await self._store.confirm(booking_id, owner, details, [promise], now)

    async def booking(self, booking_id: str) -> Booking:
        """Return it or raise UnknownBooking."""
        return await self._store.booking(booking_id)

    async def bookings_of(self, owner: str) -> tuple[Booking, ...]:
        """Return the confirmed ones of this owner, by start."""
        return tuple(await self._store.bookings_of(owner))

    def _chosen(self, service_id: str, duration: timedelta | None) -> tuple[Service, SlotShape]:
        service = self._business.service(service_id)
        chosen = service.durations[0] if duration is None else duration
        if chosen not in service.durations:
            raise NotOffered(f"{service_id} does not take {chosen}")
        return service, shape_of(service, chosen, self._business.zone)

    def _candidates(
        self, service: Service, staff_id: str | None, excluded: Sequence[str]
    ) -> tuple[StaffMember, ...]:
        members = self._business.staff_for(service)
        if staff_id is not None:
            members = tuple(m for m in members if m.id == staff_id)
            if not members:
                raise UnknownStaffMember(staff_id)
        return tuple(m for m in members if m.id not in excluded)

    def _working(
        self, service: Service, members: Iterable[StaffMember], span: TimeSpan
    ) -> dict[str, list[TimeSpan]]:
        """Return the working spans of those who work at all in the span."""
        spans = {m.id: working_spans(self._business, service, m, span) for m in members}
        return {staff_id: found for staff_id, found in spans.items() if found}

    def _allowed(
        self, service: Service, shape: SlotShape, order: HoldOrder, now: datetime
    ) -> tuple[StaffMember, ...]:
        """Return whom the rules let begin then; NotOffered where that is nobody."""
        members = self._candidates(service, order.staff_id, order.excluded_staff_ids)
        allowed = start_window(service, now)
        if allowed is not None and order.start in allowed:
            working = self._working(service, members, shape.at(order.start))
            only = StartWindow(order.start, order.start)
            fitting = {i for i, spans in working.items() if free_starts(spans, (), shape, only)}
            members = tuple(m for m in members if m.id in fitting)
            if members:
                return members
        raise NotOffered(f"{service.id} does not begin at {order.start}")

    async def _look(
        self,
        service: Service,
        members: Sequence[StaffMember],
        span: TimeSpan,
        *,
        but_not: str | None,
        now: datetime,
    ) -> _Standing:
        mailboxes = tuple(dict.fromkeys(m.mailbox for m in members))
        answers = await self._calendar.free_busy(mailboxes, span)
        # the calendar may take seconds; the store is asked last, so that it is not out of date
        occupied = await self._store.occupied(
            tuple(m.id for m in members), span, now, but_not=but_not
        )
        unknown: dict[str, str] = {}
        in_the_way: dict[str, list[TimeSpan]] = {}
        for member in members:
            answer = answers.get(member.mailbox, NO_ANSWER)
            if answer.unknown is not None:
                unknown[member.id] = answer.unknown
            else:
                in_the_way[member.id] = [
                    *_blocking(answer, service.blocking),
                    *occupied[member.id],
                ]
        return _Standing(in_the_way, unknown)

    async def _assignments(
        self,
        order: HoldOrder,
        free: Sequence[StaffMember],
        earlier: Booking | None,
        now: datetime,
    ) -> tuple[Assignment, ...]:
        if order.staff_id is not None:
            return tuple(named(member) for member in free)
        week = local_week(order.start, self._business.zone)
        load = dict(await self._store.load(tuple(m.id for m in free), week))
        if earlier is not None and earlier.staff_id in load and _counts(earlier, week, now):
            # what is about to be given up is no work
            load[earlier.staff_id] -= 1
        return least_loaded(free, load)

    def _request(
        self, order: HoldOrder, shape: SlotShape, assignment: Assignment, now: datetime
    ) -> HoldRequest:
        return HoldRequest(
            service_id=order.service_id,
            assignment=assignment,
            span=shape.at(order.start),
            busy=shape.busy_at(order.start),
            owner=order.owner,
            until=now + self._hold_time,
        )

    async def _earlier_hold(self, order: HoldOrder) -> Booking | None:
        """Return the hold to replace; nothing that is confirmed, gone or somebody else's."""
        if order.ignore_booking is None:
            return None
        try:
            booking = await self._own(order.ignore_booking, order.owner)
        except UnknownBooking:
            return None
        return booking if booking.state is BookingState.HELD else None

    async def _own(self, booking_id: str, owner: str) -> Booking:
        """Return the owner's booking; somebody else's is as unknown as one that never was."""
        booking = await self._store.booking(booking_id)
        if booking.owner != owner:
            raise UnknownBooking
        return booking

    def _refuse_ended(self, booking: Booking, now: datetime) -> None:
        """Refuse what is no hold, and one that is over and too near for the lead time."""
        service = self._business.service(booking.service_id)
        too_near = booking.span.start < now + service.minimum_lead_time
        if booking.state is not BookingState.HELD or (_is_over(booking, now) and too_near):
            raise HoldExpired(booking.id)

    async def _is_still_free(self, booking: Booking) -> bool:
        service = self._business.service(booking.service_id)
        mailbox = self._business.staff_member(booking.staff_id).mailbox
        answers = await self._calendar.free_busy((mailbox,), booking.busy)
        answer = answers.get(mailbox, NO_ANSWER)
        if answer.unknown is not None:
            raise CalendarUnavailable(f"{booking.staff_id}: {answer.unknown}")
        spans = _blocking(answer, service.blocking)
        return not any(span.overlaps(booking.busy) for span in spans)

    async def _give_up(self, booking_id: str, owner: str, now: datetime) -> Booking:
        """Release the hold and say SlotTaken, unless a second click saw the event of the first."""
        booking = await self._own(booking_id, owner)
        if booking.state in CONFIRMED:
            return booking
        await self._store.release_hold(booking_id, owner, now)
        raise SlotTaken(booking.staff_id)


def _blocking(answer: FreeBusy, statuses: frozenset[BusyStatus]) -> list[TimeSpan]:
    return [item.span for item in answer.items if item.status in statuses]


def _reach(working: Iterable[Sequence[TimeSpan]], shape: SlotShape) -> TimeSpan:
    """Return the span in which anything could be in the way."""
    spans = list(working)
    whole = TimeSpan(min(s[0].start for s in spans), max(s[-1].end for s in spans))
    return whole.widened(shape.pre_buffer, shape.post_buffer)


def _slots(
    working: Mapping[str, Sequence[TimeSpan]],
    standing: _Standing,
    shape: SlotShape,
    window: StartWindow,
) -> tuple[Slot, ...]:
    free: dict[datetime, list[str]] = {}
    for staff_id, in_the_way in standing.in_the_way.items():
        for start in free_starts(working[staff_id], in_the_way, shape, window):
            free.setdefault(start, []).append(staff_id)
    return tuple(Slot(shape.at(start), tuple(ids)) for start, ids in sorted(free.items()))


def _is_over(booking: Booking, now: datetime) -> bool:
    return booking.hold_until is not None and booking.hold_until <= now


def _counts(hold: Booking, week: TimeSpan, now: datetime) -> bool:
    """Tell whether the store counts this hold in the load of that week."""
    return week.start <= hold.span.start < week.end and not _is_over(hold, now)
