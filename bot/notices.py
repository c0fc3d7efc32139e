"""What a booking becomes outside the chat: the Outlook event, the mail, a late notice."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from bot import cards, pages
from bot.calendar_entries import event_draft, ics_event
from bot.conversation.replies import Receipt
from bot.texts import text
from bot.turn import mark_told, was_told
from scheduling.booking import FREEING, Booking, Customer
from scheduling.catalog import Business
from scheduling.clock import Clock
from scheduling.errors import UnknownBooking
from scheduling.outbox import Job, JobKind, Promise, cancelling_event
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
LOOK_AGAIN_AFTER = timedelta(minutes=2)
"""Longer than a lease and a call together: nothing sent before is still on its way then."""


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
            JobKind.TELL_BOOKED: self._tell_booked,
            JobKind.TELL_OUTCOME: self._tell,
            JobKind.CANCEL_EVENT: self._cancel_event,
            JobKind.MAIL_CANCELLED: self._mail_cancelled,
            JobKind.TELL_CANCELLED: self._tell,
        }

    async def _write_event(self, job: Job) -> Done:
        booking = await self._bookings.booking(job.payload["booking"])
        if booking.state in FREEING:
            return await self._write_nothing(job, booking)
        draft = event_draft(booking, self._business)
        written = await self._calendar.write_event(draft, again=job.attempts > 1)
        if (await self._bookings.booking(booking.id)).state in FREEING:
            # at once, as this worker may have lost its lease: then nobody records the event
            await self._take_out(booking, written.event_id)
            return Done(written)
        payload = {"booking": booking.id}
        follow_ups = [Promise(JobKind.SEND_CONFIRMATION, f"mail:{booking.id}:1", payload)]
        if _channel(booking) in self._senders:
            tell_at = self._clock.now() + TELL_AFTER
            follow_ups.append(
                Promise(JobKind.TELL_BOOKED, f"tell:{booking.id}:1", payload, tell_at)
            )
        return Done(written, follow_ups)

    async def _write_nothing(self, job: Job, booking: Booking) -> Done:
        """Keep out the event of a booking given up; an earlier attempt may have written it."""
        if job.attempts == 1:
            return Done()
        if found := await self._calendar.find_event(event_draft(booking, self._business)):
            return Done(found)
        # what the earlier attempt sent may still arrive
        later = self._clock.now() + LOOK_AGAIN_AFTER
        return Done(follow_ups=[cancelling_event(booking.id, "late", later)])

    async def _cancel_event(self, job: Job) -> Done:
        booking = await self._bookings.booking(job.payload["booking"])
        if booking.state not in FREEING:
            return Done()
        event_id = job.payload.get("event") or booking.event_id
        if not event_id:
            found = await self._calendar.find_event(event_draft(booking, self._business))
            event_id = found.event_id if found else ""
        if event_id:
            await self._take_out(booking, event_id)
        return Done()

    async def _take_out(self, booking: Booking, event_id: str) -> None:
        mailbox = self._business.staff_member(booking.staff_id).mailbox
        number = booking.number
        comment = text("event_cancelled", self._business.language, number=number)
        await self._calendar.cancel_event(mailbox, event_id, comment)

    async def _send_confirmation(self, job: Job) -> Done:
        booking = await self._bookings.booking(job.payload["booking"])
        if booking.state not in FREEING:
            await self._notifier.send(self.confirmation(booking))
        return Done()

    async def _mail_cancelled(self, job: Job) -> Done:
        booking = await self._bookings.booking(job.payload["booking"])
        await self._notifier.send(self.cancellation(booking))
        return Done()

    async def _tell_booked(self, job: Job) -> Done:
        booking = await self._bookings.booking(job.payload["booking"])
        return Done() if booking.state in FREEING else await self._tell(job)

    async def _tell(self, job: Job) -> Done:
        """Write to the conversation what became of the booking, unless it was told."""
        booking = await self._bookings.booking(job.payload["booking"])
        if await was_told(self._documents, booking):
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
        customer = _customer(booking)
        subject, html = pages.confirmation_mail(
            booking, self._business, customer.language, self._links
        )
        return self._mail(booking, customer, subject, html, (self._file(booking),))

    def cancellation(self, booking: Booking) -> Mail:
        """Return the mail that says it is cancelled; its .ics takes out what was confirmed."""
        customer = _customer(booking)
        subject, html = pages.outcome_mail(booking, self._business, self._links)
        files = (self._file(booking),) if booking.event_id else ()
        return self._mail(booking, customer, subject, html, files)

    def _mail(
        self,
        booking: Booking,
        customer: Customer,
        subject: str,
        html: str,
        files: tuple[Attachment, ...],
    ) -> Mail:
        return Mail(
            sender_mailbox=self._business.mail_from
            or self._business.staff_member(booking.staff_id).mailbox,
            to_name=customer.name,
            to_email=customer.email,
            subject=subject,
            html=html,
            attachments=files,
        )

    def _file(self, booking: Booking) -> Attachment:
        return Attachment("termin.ics", "text/calendar", self.ics(booking))

    def ics(self, booking: Booking) -> bytes:
        """Return the calendar file of a booking."""
        return self._write_ics(ics_event(booking, self._business))


def _customer(booking: Booking) -> Customer:
    if booking.details is None:
        raise UnknownBooking(booking.id)
    return booking.details.customer


def _channel(booking: Booking) -> str:
    return booking.details.reply_to.get("channel", "") if booking.details else ""
