"""Offer, hold, confirm: how a free time becomes a booking.

The calendar is asked first and the store last, outside of any transaction; what the calendar does
not answer is not bookable. The store decides every race.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from scheduling.availability import StartWindow, start_window
from scheduling.booking import (
    STAFF,
    STANDING,
    Assignment,
    Booking,
    BookingEvent,
    BookingState,
    Details,
    HoldRequest,
)
from scheduling.catalog import Business, StaffMember
from scheduling.clock import Clock
from scheduling.desk.approving import Approving, asking, writing
from scheduling.desk.attending import mark
from scheduling.desk.cancelling import Cancelling
from scheduling.desk.choosing import Choosing
from scheduling.desk.claims import Claims
from scheduling.desk.finding import Finder, without
from scheduling.desk.known import Pause, no_pause
from scheduling.desk.looking import Looked, Question
from scheduling.desk.moving import Moving
from scheduling.desk.own_event import own_event
from scheduling.desk.search import HoldOrder, Offer, Search
from scheduling.errors import (
    CalendarUnavailable,
    HoldExpired,
    MoveUnavailable,
    NotOffered,
    OutageGoesOn,
    SlotTaken,
    UnknownBooking,
)
from scheduling.explain import Explanation
from scheduling.index import AvailabilityIndex
from scheduling.outage import OutageWatch
from scheduling.ports import BookingStore, LiveCalendar, WrittenEvent
from scheduling.slots import SlotShape, caps_at
from scheduling.timespan import TimeSpan, whole_seconds
from scheduling.wordings import agreed

HOLD_TIME = timedelta(minutes=5)


class Desk:
    """The use cases of a booking over the ports it is given; keeps no state of its own."""

    def __init__(  # noqa: PLR0913 - its ports
        self,
        business: Business,
        calendar: LiveCalendar,
        store: BookingStore,
        clock: Clock,
        *,
        index: AvailabilityIndex | None = None,
        hold_time: timedelta = HOLD_TIME,
        pause: Pause = no_pause,
        watch: OutageWatch | None = None,
    ) -> None:
        """`index` is shared with whoever feeds it; without one every look is live.

        `watch` knows of outages; without one there are none, only calendars that do not answer.
        """
        self._business = business
        self._store = store
        self._clock = clock
        self._hold_time = hold_time
        index = index or AvailabilityIndex(business, clock.now())
        self._finder = Finder(business, calendar, store, clock, index, pause, watch=watch)
        self._choosing = Choosing(business, self._finder.looking, store)
        self._claims = Claims(store)
        self._approving = Approving(business, store, clock, self.is_still_free)
        self._cancelling = Cancelling(business, store, clock)
        self._moving = Moving(business, calendar, store, clock, self.is_still_free)

    async def offer(self, search: Search) -> Offer:
        """Return the slots that rules, calendars and the store leave; see Finder."""
        return await self._finder.offer(search)

    async def explain(self, order: HoldOrder) -> Explanation:
        """Say why a start can or cannot be booked; see Finder."""
        return await self._finder.explain(order)

    async def hold(self, order: HoldOrder) -> Booking:
        """Keep the start for the owner, after a live look at exactly the time it needs.

        NotOffered: the rules do not allow this start. SlotTaken: they do, but it is busy.
        CalendarUnavailable: nobody who answered is free and somebody did not answer.
        TooManyHolds: the owner keeps as many times as allowed already.

        The earlier hold `ignore_booking` is given up in the same step as the new time is claimed,
        and stays where that fails. The very same slot again only extends it.

        With `moves`, the owner's booking keeps its time until `move`; its service and how it takes
        place are the order's. MoveTooLate, MoveRefused, UnknownBooking: of that booking.
        """
        now = self._clock.now()
        service, shape = self._finder.chosen(order.service_id, order.duration, order.location_id)
        members = self._finder.candidates(
            service, order.staff_id, order.excluded_staff_ids, order.location_id
        )
        allowed = start_window(service, now, self._business.zone)
        if allowed is None or order.start not in allowed or not members:
            raise NotOffered(f"{service.id} does not begin at {order.start}")
        earlier = await self._earlier_hold(order)
        asked = Question(
            service,
            shape,
            order.location_id,
            members,
            StartWindow(order.start, order.start),
        )
        asked = await self._without_own(asked, order, earlier, shape.busy_at(order.start))
        try:
            return await self._held(asked, order, shape, earlier, now)
        except CalendarUnavailable as failure:
            self._finder.looking.watch.refuse()
            if order.moves is not None:
                raise MoveUnavailable(order.moves) from failure
            raise

    async def _held(
        self,
        asked: Question,
        order: HoldOrder,
        shape: SlotShape,
        earlier: Booking | None,
        now: datetime,
    ) -> Booking:
        choice = await self._choosing.choose(asked, order, now)
        replaced = earlier.id if earlier else ""
        requests = [
            replace(self._request(order, shape, *each, now, replaced), known_at=choice.known_at)
            for each in choice.picked
        ]
        if order.moves is not None and choice.known_at is not None:
            # a time that is booked is not given up for one that nobody has looked at
            raise CalendarUnavailable(order.moves)
        return await self._claims.first_of(requests, earlier, choice.unknown, now)

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

        The store takes the booking (NOTED) and the promise to write its event in one transaction;
        where the staff decide, the request (REQUESTED) and the promise to ask them.
        A repeated confirm returns the booking as it stands and asks nobody.
        In an outage it is noted on what was last known, if that is not too old (`known_at`).
        CalendarUnavailable: the hold stays. SlotTaken: the calendar filled meanwhile, the hold is
        released. HoldExpired: the time went to somebody else, was released or is too near by now.
        """
        now = self._clock.now()
        booking = await self._own(booking_id, owner)
        if booking.state in STANDING:
            return booking
        if booking.moves:
            raise HoldExpired(booking_id)
        self._refuse_ended(booking, now)
        looked = await self._looked_again(booking, now)
        try:
            is_free = self._is_free(booking, looked)
        except CalendarUnavailable:
            self._finder.looking.watch.refuse()
            raise
        if not is_free:
            return await self._give_up(booking_id, owner, now)
        service = self._business.service(booking.service_id)
        wordings = agreed(self._business, service, details.consents)
        until = self._approving.decide_until(booking, now)
        promises = [writing(booking)] if until is None else asking(booking_id, until)
        return await self._store.confirm(
            booking_id,
            owner,
            replace(details, wordings=wordings),
            promises,
            now,
            limit=service.customer_limit,
            decide_until=until,
            known_at=looked.known_at,
        )

    async def move(self, hold_id: str, owner: str) -> Booking:
        """Give a booking the time of the hold that was made to move it; see Moving."""
        return await self._moving.move(hold_id, owner)

    async def accept(self, booking_id: str, owner: str) -> Booking:
        """Say that the time to which the staff moved the owner's booking suits; UnknownBooking."""
        return await self._store.accept(booking_id, owner, self._clock.now())

    async def decide(self, booking_id: str, *, approve: bool) -> Booking:
        """Answer a request; see Approving."""
        return await self._approving.decide(booking_id, approve=approve)

    async def expire(self, booking_id: str) -> Booking:
        """End a request that nobody answered in time; see Approving."""
        return await self._approving.expire(booking_id)

    async def cancel(self, booking_id: str, owner: str, *, in_chat: bool = True) -> Booking:
        """Give up the owner's booking or request; see Cancelling."""
        return await self._cancelling.cancel(booking_id, owner, in_chat=in_chat)

    async def mark(self, booking_id: str, event: BookingEvent) -> Booking:
        """Say after the end whether the customer came; see attending."""
        return await mark(self._store, self._clock, booking_id, event)

    async def booking(self, booking_id: str) -> Booking:
        """Return it or raise UnknownBooking."""
        return await self._store.booking(booking_id)

    async def bookings_of(self, owner: str) -> tuple[Booking, ...]:
        """Return the requested and confirmed ones of this owner, by start."""
        return tuple(await self._store.bookings_of(owner))

    def _request(
        self,
        order: HoldOrder,
        shape: SlotShape,
        assignment: Assignment,
        others: tuple[str, ...],
        now: datetime,
        replaces: str,
    ) -> HoldRequest:
        team = (assignment.staff_id, *(o.removeprefix(STAFF) for o in others if STAFF in o))
        return HoldRequest(
            service_id=order.service_id,
            assignment=assignment,
            span=shape.at(order.start),
            busy=shape.busy_at(order.start),
            owner=order.owner,
            until=now + self._hold_time,
            others=others,
            shares_buffers=shape.shares_buffers,
            place_id=shape.place_id,
            travel=shape.travel,
            caps=tuple(
                cap
                for staff_id in team
                for cap in caps_at(self._business.staff_member(staff_id), order.start)
            ),
            offer_id=order.offer_id,
            offered=order.offered,
            replaces=replaces,
            moves=order.moves or "",
        )

    async def _without_own(
        self, asked: Question, order: HoldOrder, earlier: Booking | None, busy: TimeSpan
    ) -> Question:
        """Count the earlier hold as free, and the booking that is to be moved."""
        if order.moves is None:
            return without(asked, earlier, None, None)
        moved = await self._moving.movable(order.moves, order.owner, order.start)
        event = await self._moving.event_near(moved, busy)
        return without(asked, earlier, moved, event)

    async def _earlier_hold(self, order: HoldOrder) -> Booking | None:
        """Return the hold to replace; nothing that is confirmed, gone or somebody else's."""
        if order.ignore_booking is None:
            return None
        try:
            booking = await self._own(order.ignore_booking, order.owner)
        except UnknownBooking:
            return None
        is_alike = booking.moves == (order.moves or "")
        return booking if booking.state is BookingState.HELD and is_alike else None

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

    async def is_still_free(self, booking: Booking, now: datetime) -> bool:
        """Ask the calendars of all who serve, and of the rooms, about exactly this time.

        CalendarUnavailable where one of them does not answer.
        """
        asked, members = self._question(booking)
        if booking.moves:
            moved = await self._store.booking(booking.moves)
            event = await self._moving.event_near(moved, booking.busy)
            asked = without(asked, booking, moved, event)
        looked = await self._finder.looking.ask(asked, members, booking.busy, now)
        return self._is_free(booking, looked)

    async def is_clear(self, booking: Booking, event: WrittenEvent | None = None) -> bool:
        """Tell whether nothing but our own bookings stands in its time in the calendars.

        `event`: its own, as it was just read elsewhere, is in nobody's way. CalendarUnavailable;
        OutageGoesOn: nobody was asked.
        """
        now, looking = self._clock.now(), self._finder.looking
        if looking.watch.spares(now):
            raise OutageGoesOn(booking.id)
        asked, members = self._question(booking)
        if event is not None:
            asked = replace(asked, own_event=own_event(booking, event, self._business))
        looked = await looking.ask(asked, members, booking.busy, now)
        kept = await self._store.claims(booking.resources, booking.busy, now)
        ours = {
            (claim.start, claim.end)
            for claims in kept.values()
            for claim in claims
            if claim.booking_id != booking.id
        }
        items = {
            resource: tuple(i for i in entries if whole_seconds(i.span) not in ours)
            for resource, entries in looked.items.items()
        }
        return self._is_free(booking, Looked(items, looked.unknown))

    async def times_near(self, booking: Booking, most: int = 3) -> tuple[TimeSpan, ...]:
        """Return other times for the same service that are nearest to the booking's."""
        now = self._clock.now()
        around = timedelta(days=7)
        span = TimeSpan(max(now, booking.span.start - around), booking.span.end + around)
        duration, place = booking.span.duration, booking.place_id
        moves = None if booking.moved_from is None else booking.id
        search = Search(booking.service_id, duration, None, span, location_id=place, moves=moves)
        offer = await self.offer(search)
        start = booking.span.start
        others = [s.span for s in offer.slots if s.span.start != start]
        near = sorted(others, key=lambda s: abs(s.start - start))[:most]
        return tuple(sorted(near, key=lambda s: s.start))

    async def _looked_again(self, booking: Booking, now: datetime) -> Looked:
        """Look before it is confirmed; in an outage at what was last known.

        That may be the look before it was held.
        """
        looking = self._finder.looking
        asked, members = self._question(booking)
        looked = await looking.ask_or_recall(asked, members, booking.busy, now)
        is_answered = not looked.unknown and looked.known_at is None
        if is_answered or not looking.watch.is_away or booking.known_at is not None:
            return looked
        seen = booking.created_at
        is_newer = bool(looked.unknown) or looked.known_at is None or seen > looked.known_at
        if is_newer and now - seen <= self._business.outage.note_within:
            return Looked(dict.fromkeys(booking.resources, ()), known_at=seen)
        return looked

    def _question(self, booking: Booking) -> tuple[Question, tuple[StaffMember, ...]]:
        service, shape = self._finder.chosen(
            booking.service_id, booking.span.duration, booking.place_id
        )
        members = tuple(self._business.staff_member(staff_id) for staff_id in booking.staff_ids)
        only = StartWindow(booking.span.start, booking.span.start)
        return Question(service, shape, booking.place_id, members, only), members

    def _is_free(self, booking: Booking, looked: Looked) -> bool:
        for resource in booking.resources:
            if resource in looked.unknown:
                raise CalendarUnavailable(f"{resource}: {looked.unknown[resource]}")
        blocking = self._business.service(booking.service_id).blocking
        return not any(
            item.span.overlaps(booking.busy)
            for resource in booking.resources
            for item in looked.items.get(resource, ())
            if item.status in blocking
        )

    async def _give_up(self, booking_id: str, owner: str, now: datetime) -> Booking:
        """Release the hold and say SlotTaken, unless a second click saw the event of the first."""
        booking = await self._own(booking_id, owner)
        if booking.state in STANDING:
            return booking
        await self._store.release_hold(booking_id, owner, now)
        raise SlotTaken(booking.staff_id)


def _is_over(booking: Booking, now: datetime) -> bool:
    return booking.hold_until is not None and booking.hold_until <= now
