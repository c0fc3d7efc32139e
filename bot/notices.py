"""What a booking becomes outside the chat: the Outlook event, the mail, a late notice."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from bot import cards, pages
from bot.calendar_entries import event_draft, ics_event
from bot.conversation.replies import Receipt
from bot.turn import mark_told
from scheduling.booking import Booking
from scheduling.catalog import Business
from scheduling.clock import Clock
from scheduling.errors import UnknownBooking
from scheduling.outbox import Job, JobKind, Promise
from scheduling.ports import (
    Attachment,
    BookingStore,
    Calendar,
    DocumentStore,
    IcsEvent,
    Mail,
    Notifier,
    WrittenEvent,
)

log = structlog.get_logger(__name__)

TELL_AFTER = timedelta(seconds=10)
"""Longer than a turn waits for Outlook: normally the turn itself has told the customer by then."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a kept promise leaves: the event as read back, and what follows from it."""

    written: WrittenEvent | None = None
    follow_ups: Sequence[Promise] = ()


Handler = Callable[[Job], Awaitable[Done]]

SendActivity = Callable[[Mapping[str, str], dict[str, object]], Awaitable[None]]
"""Writes one activity to a stored reference."""
WriteIcs = Callable[[IcsEvent], bytes]


class Notices:
    """Keeps the promises of the outbox. Each may run twice; its effect must not."""

    def __init__(  # noqa: PLR0913 - one argument a port, all by name
        self,
        *,
        business: Business,
        bookings: BookingStore,
        documents: DocumentStore,
        calendar: Calendar,
        notifier: Notifier,
        write_ics: WriteIcs,
        senders: Mapping[str, SendActivity],
        links: cards.Links,
        clock: Clock,
    ) -> None:
        self._business = business
        self._bookings = bookings
        self._documents = documents
        self._calendar = calendar
        self._notifier = notifier
        self._write_ics = write_ics
        self._senders = senders
        self._links = links
        self._clock = clock

    def handlers(self) -> Mapping[str, Handler]:
        """Return one handler per kind of promise."""
        return {
            JobKind.WRITE_EVENT: self._write_event,
            JobKind.SEND_CONFIRMATION: self._send_confirmation,
            JobKind.TELL_BOOKED: self._tell,
            JobKind.TELL_OUTCOME: self._tell,
        }

    async def _write_event(self, job: Job) -> Done:
        booking = await self._bookings.booking(job.payload["booking"])
        draft = event_draft(booking, self._business)
        written = await self._calendar.write_event(draft, again=job.attempts > 1)
        payload = {"booking": booking.id}
        follow_ups = [Promise(JobKind.SEND_CONFIRMATION, f"mail:{booking.id}:1", payload)]
        if _channel(booking) in self._senders:
            tell_at = self._clock.now() + TELL_AFTER
            follow_ups.append(
                Promise(JobKind.TELL_BOOKED, f"tell:{booking.id}:1", payload, tell_at)
            )
        return Done(written, follow_ups)

    async def _send_confirmation(self, job: Job) -> Done:
        booking = await self._bookings.booking(job.payload["booking"])
        await self._notifier.send(self.confirmation(booking))
        return Done()

    async def _tell(self, job: Job) -> Done:
        """Write to the conversation what became of the booking, unless it was told."""
        booking = await self._bookings.booking(job.payload["booking"])
        if (await self._documents.read("told", booking.id)).version:
            return Done()
        send = self._senders.get(_channel(booking))
        if send is None or booking.details is None:
            return Done()
        for activity in cards.render(
            (self.receipt(booking),),
            language=booking.details.customer.language,
            channel=_channel(booking),
            links=self._links,
        ):
            await send(booking.details.reply_to, activity)
        await mark_told(self._documents, booking, self._clock)
        return Done()

    def receipt(self, booking: Booking) -> Receipt:
        """Return what the customer is shown of a booking."""
        return Receipt(
            business=self._business,
            service=self._business.service(booking.service_id),
            staff_member=self._business.staff_member(booking.staff_id),
            booking=booking,
            zone=self._business.zone.key,
        )

    def confirmation(self, booking: Booking) -> Mail:
        """Return the confirmation mail with its .ics."""
        details = booking.details
        if details is None:
            raise UnknownBooking(booking.id)
        language = details.customer.language
        subject, html = pages.confirmation_mail(booking, self._business, language, self._links)
        return Mail(
            sender_mailbox=self._business.mail_from
            or self._business.staff_member(booking.staff_id).mailbox,
            to_name=details.customer.name,
            to_email=details.customer.email,
            subject=subject,
            html=html,
            attachments=(Attachment("termin.ics", "text/calendar", self.ics(booking)),),
        )

    def ics(self, booking: Booking) -> bytes:
        """Return the calendar file of a booking."""
        return self._write_ics(ics_event(booking, self._business))


def _channel(booking: Booking) -> str:
    return booking.details.reply_to.get("channel", "") if booking.details else ""
