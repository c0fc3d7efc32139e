"""What a booking becomes outside the chat: the event (bot/events.py), the mail, a late notice."""

from collections.abc import Awaitable, Callable, Mapping

import structlog

from bot import cards, pages
from bot.calendar_entries import ics_event
from bot.conversation.replies import Receipt
from bot.events import Done, Events, Handler, channel_of
from bot.manage_links import ManageLinks
from bot.texts import language_for
from bot.turn import mark_told, was_told
from scheduling.booking import FREEING, Booking, Customer
from scheduling.catalog import Business
from scheduling.clock import Clock
from scheduling.errors import UnknownBooking
from scheduling.outbox import Job, JobKind, version_of
from scheduling.ports import (
    Attachment,
    BookingStore,
    Calendar,
    DocumentStore,
    IcsEvent,
    Mail,
    Notifier,
)

log = structlog.get_logger(__name__)

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
        self._events = Events(business, bookings, documents, calendar, clock, frozenset(senders))
        self._notifier = notifier
        self._write_ics = write_ics
        self._senders = senders
        self._links = links
        self._manage_links = ManageLinks(documents, bookings, clock)
        self._clock = clock

    def handlers(self) -> Mapping[str, Handler]:
        """Return one handler per kind of promise."""
        return {
            **self._events.handlers(),
            JobKind.SEND_CONFIRMATION: self._send_confirmation,
            JobKind.TELL_BOOKED: self._tell_booked,
            JobKind.TELL_OUTCOME: self._tell,
            JobKind.MAIL_CANCELLED: self._mail_cancelled,
            JobKind.TELL_CANCELLED: self._tell,
            JobKind.MAIL_MOVED: self._mail_moved,
            JobKind.TELL_MOVED: self._tell_booked,
        }

    async def _send_confirmation(self, job: Job) -> Done:
        booking = await self._bookings.booking(job.payload["booking"])
        if _is_as_promised(booking, job):
            await self._notifier.send(self.confirmation(booking, await self._manage(booking)))
            return Done(told="mail")
        return Done()

    async def _mail_moved(self, job: Job) -> Done:
        booking = await self._bookings.booking(job.payload["booking"])
        if _is_as_promised(booking, job):
            await self._notifier.send(self.moved(booking, await self._manage(booking)))
            return Done(told="mail")
        return Done()

    async def _mail_cancelled(self, job: Job) -> Done:
        booking = await self._bookings.booking(job.payload["booking"])
        await self._notifier.send(self.cancellation(booking))
        return Done(told="mail")

    async def _tell_booked(self, job: Job) -> Done:
        booking = await self._bookings.booking(job.payload["booking"])
        return await self._tell(job) if _is_as_promised(booking, job) else Done()

    async def _tell(self, job: Job) -> Done:
        """Write to the conversation what became of the booking, unless it was told."""
        booking = await self._bookings.booking(job.payload["booking"])
        if await was_told(self._documents, booking):
            return Done()
        send = self._senders.get(channel_of(booking))
        if send is None or booking.details is None:
            return Done()
        for activity in cards.render(
            (self.receipt(booking, await self._manage(booking)),),
            language=language_for(booking, self._business),
            channel=channel_of(booking),
            links=self._links,
        ):
            await send(booking.details.reply_to, activity)
        await mark_told(self._documents, booking, self._clock)
        return Done(told="chat")

    async def _manage(self, booking: Booking) -> str:
        """Return the token of a new link, empty for a booking given up."""
        if booking.state in FREEING:
            return ""
        return await self._manage_links.new(booking.id)

    def receipt(self, booking: Booking, manage: str = "") -> Receipt:
        """Return what the customer is shown of a booking."""
        return Receipt(
            business=self._business,
            service=self._business.service(booking.service_id),
            staff_member=self._business.staff_member(booking.staff_id),
            booking=booking,
            zone=self._business.zone.key,
            manage=manage,
        )

    def confirmation(self, booking: Booking, manage: str) -> Mail:
        """Return the confirmation mail with its .ics, and the link of this token in both."""
        customer = _customer(booking)
        subject, html = pages.confirmation_mail(booking, self._business, self._links, manage)
        return self._mail(booking, customer, subject, html, (self._file(booking, manage),))

    def moved(self, booking: Booking, manage: str) -> Mail:
        """Return the mail that says from when to when it was moved; its .ics does it there too."""
        customer = _customer(booking)
        subject, html = pages.moved_mail(booking, self._business, self._links, manage)
        return self._mail(booking, customer, subject, html, (self._file(booking, manage),))

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

    def _file(self, booking: Booking, manage: str = "") -> Attachment:
        return Attachment("termin.ics", "text/calendar", self.ics(booking, manage))

    def ics(self, booking: Booking, manage: str = "") -> bytes:
        """Return the calendar file of a booking, with the link of this token if there is one."""
        link = self._links.manage(manage) if manage else ""
        return self._write_ics(ics_event(booking, self._business, link))


def _is_as_promised(booking: Booking, job: Job) -> bool:
    """Tell whether it still stands, and was not moved after this was promised."""
    return booking.state not in FREEING and booking.version == version_of(job.payload)


def _customer(booking: Booking) -> Customer:
    if booking.details is None:
        raise UnknownBooking(booking.id)
    return booking.details.customer
