"""Moving a booking as plain pages: the steps, for whoever has shown that it is theirs.

What stands in the address is enough: the booking by whoever calls, the held time by its id. The
caller renders, protects its forms and answers refusals (BookingError).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot.cards.places import chosen_place
from bot.conversation import holding, moving, times
from bot.conversation.draft import Draft
from bot.conversation.replies import AskSlot, CalendarDown, Reply
from bot.conversation.setting import DeskPort, Setting
from bot.texts import language_of, text
from bot.web import booking_times
from bot.web.receipts import facts
from scheduling.booking import Booking, BookingState
from scheduling.catalog import Business
from scheduling.clock import Clock
from scheduling.errors import (
    BookingError,
    CalendarUnavailable,
    HoldExpired,
    SlotTaken,
    UnknownBooking,
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A page to render: template, title and values; `root` is the address of the steps."""

    template: str
    title: str
    values: Mapping[str, object] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True, slots=True)
class Held:
    """The new time is held: the page of that hold comes next."""

    hold_id: str


@dataclass(frozen=True, slots=True)
class Visited:
    """A booking that the visitor may move, the address of its steps, and their language."""

    booking: Booking
    root: str
    language: str


class Moves:
    """The steps: times, hold, both times side by side, move."""

    def __init__(self, business: Business, desk: DeskPort, clock: Clock) -> None:
        self._business = business
        self._desk = desk
        self._clock = clock

    async def times(self, visited: Visited, query: Mapping[str, str]) -> Shown:
        """Show the times to which it can be moved; `date` or `before` turn the pages."""
        setting = self._setting(visited)
        draft = self._draft(visited, query.get("hold", ""))
        service = self._business.service(visited.booking.service_id)
        asked = booking_times.read_day(booking_times.Asked(draft), query, service, setting)
        page = await booking_times.page(asked, self._desk, setting)
        return self._times(visited, asked, page, date=query.get("date", ""))

    async def hold(self, visited: Visited, form: Mapping[str, str]) -> Held | Shown:
        """Hold the start that was chosen, or show what is free instead.

        MoveTooLate, MoveRefused, CalendarUnavailable, TooManyHolds.
        """
        setting = self._setting(visited)
        draft = self._draft(visited, form.get("hold", ""))
        service = self._business.service(visited.booking.service_id)
        start = booking_times.read_start(form.get("start", ""), service, setting)
        if start is None:
            page = await booking_times.page(booking_times.Asked(draft), self._desk, setting)
            page = replace(page, note="not_offered")
            return self._times(visited, booking_times.Asked(draft), page, status=422)
        draft, reply = await holding.pick(draft, start, self._desk, setting)
        if reply is not None:
            return self._instead(visited, draft, reply)
        return Held(draft.hold_id or "")

    async def review(self, visited: Visited, hold_id: str, *, problem: str = "") -> Shown | None:
        """Show the time before and the new one; None where the booking was moved there already.

        UnknownBooking: it is no hold of this booking.
        """
        hold = await self._hold_of(visited, hold_id)
        if hold.state is BookingState.MOVED:
            return None
        if hold.state is not BookingState.HELD:
            return await self._gone(visited, hold, "hold_ended")
        booking, zone = visited.booking, self._business.zone
        until = hold.hold_until or self._clock.now()
        place = booking.details.location_id if booking.details else None
        service = self._business.service(booking.service_id)
        values = {
            **facts(booking, self._business, visited.language),
            "place": chosen_place(service, place, visited.language),
            "root": visited.root,
            "hold_id": hold.id,
            "new_start": hold.span.start.astimezone(zone),
            "new_end": hold.span.end.astimezone(zone),
            "new_member": self._business.staff_member(hold.staff_id),
            "until": until.astimezone(zone),
            "problem": problem,
        }
        title = text("move_title", visited.language)
        return Shown("move_review.html", title, values, 503 if problem else 200)

    async def move(self, visited: Visited, hold_id: str) -> Booking | Shown:
        """Move it, or show what is free instead; once more returns the booking.

        MoveTooLate, MoveRefused, TransitionRefused, UnknownBooking.
        """
        hold = await self._hold_of(visited, hold_id)
        try:
            booking = await self._desk.move(hold.id, visited.booking.owner)
        except SlotTaken:
            return await self._gone(visited, hold, "slot_taken")
        except HoldExpired:
            return await self._gone(visited, hold, "hold_ended")
        except CalendarUnavailable:
            shown = await self.review(visited, hold_id, problem="move_calendar_down")
            return visited.booking if shown is None else shown
        try:
            return await self._desk.until_written(booking.id)
        except BookingError:
            # it is moved in the store; what is not known is only whether Outlook has it
            return booking

    async def _hold_of(self, visited: Visited, hold_id: str) -> Booking:
        hold = await self._desk.booking(hold_id)
        if hold.moves != visited.booking.id or hold.owner != visited.booking.owner:
            raise UnknownBooking
        return hold

    async def _gone(self, visited: Visited, hold: Booking, note: str) -> Shown:
        setting = self._setting(visited)
        draft = self._draft(visited, hold.id)
        draft, reply = await times.beside(draft, self._desk, setting, hold.span.start, note=note)
        return self._instead(visited, draft, reply)

    def _instead(self, visited: Visited, draft: Draft, reply: Reply) -> Shown:
        asked = booking_times.Asked(draft)
        if isinstance(reply, CalendarDown):
            return self._times(visited, asked, booking_times.Page(is_down=True))
        if not isinstance(reply, AskSlot):
            return self._times(visited, asked, booking_times.Page(note="slot_taken"), status=409)
        page = booking_times.page_of(reply, self._setting(visited))
        return self._times(visited, asked, page, status=409)

    def _times(
        self,
        visited: Visited,
        asked: booking_times.Asked,
        page: booking_times.Page,
        *,
        status: int = 200,
        date: str = "",
    ) -> Shown:
        setting, language = self._setting(visited), visited.language
        service = self._business.service(visited.booking.service_id)
        today = times.local(self._clock.now(), setting).date()
        values = {
            **facts(visited.booking, self._business, language),
            "root": visited.root,
            "asked": asked,
            "hold_id": asked.draft.hold_id or "",
            "page": page,
            "zones": booking_times.zone_words(page, setting, language),
            "date": date[:20],
            "today": today,
            "last": today + service.maximum_advance,
            "instant": booking_times.instant,
            "can_move": moving.can_move(visited.booking, setting),
        }
        title = text("move_when", language)
        return Shown("move_times.html", title, values, 503 if page.is_down else status)

    def _draft(self, visited: Visited, hold_id: str) -> Draft:
        draft = moving.form_of(Draft(language=language_of(visited.language)), visited.booking)
        return replace(draft, hold_id=hold_id[:64] or None)

    def _setting(self, visited: Visited) -> Setting:
        return Setting(self._business, visited.booking.owner, self._clock, {})
