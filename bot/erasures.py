"""Takes out of a past Outlook event whose it was, once the customer is erased."""

from collections.abc import Mapping

from bot.events import Done, Handler
from bot.texts import text
from scheduling.booking import Booking
from scheduling.catalog import Business
from scheduling.outbox import Job, JobKind
from scheduling.ports import BookingStore, Calendar, EventDraft


class Erasures:
    """Keeps the promise to empty an event; doing it twice changes nothing."""

    def __init__(self, business: Business, bookings: BookingStore, calendar: Calendar) -> None:
        self._business = business
        self._bookings = bookings
        self._calendar = calendar

    def handlers(self) -> Mapping[str, Handler]:
        """Return the handler of the one kind of promise."""
        return {JobKind.ERASE_EVENT: self._empty}

    async def _empty(self, job: Job) -> Done:
        booking = await self._bookings.booking(job.payload["booking"])
        draft = self.draft(booking)
        if booking.event_id is None or booking.details is not None:
            return Done()
        if await self._calendar.read_event(draft.mailbox, booking.event_id) is not None:
            await self._calendar.update_event(booking.event_id, draft)
        return Done()

    def draft(self, booking: Booking) -> EventDraft:
        """Return what is left of the event: when it was, and its number."""
        member = self._business.staff_member(booking.event_staff_id or booking.staff_id)
        language = self._business.language
        return EventDraft(
            booking_id=booking.id,
            version=booking.version,
            mailbox=member.mailbox,
            span=booking.span,
            zone=member.zone.key,
            subject=text("event_erased_subject", language),
            body_text=text("event_erased", language, number=booking.number),
            location="",
            is_erased=True,
        )
