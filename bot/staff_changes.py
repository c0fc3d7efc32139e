"""What is told after the staff changed an event in Outlook: the customer is asked, or the staff.

Bookings that were cancelled there are told of in bot/notices.py, as all that are cancelled.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

import structlog

from bot import cards, pages
from bot.approvals import request_facts
from bot.conversation.replies import StaffMoved
from bot.events import Done, Handler, channel_of
from bot.manage_links import ManageLinks
from bot.notices import SendActivity
from bot.texts import language_for
from scheduling.booking import Booking
from scheduling.catalog import Business
from scheduling.clock import Clock
from scheduling.errors import DocumentConflict, UnknownBooking
from scheduling.outbox import Job, JobKind, version_of
from scheduling.ports import Attachment, BookingStore, DocumentStore, Mail, Notifier
from scheduling.timespan import TimeSpan

log = structlog.get_logger(__name__)

TOLD = "told"

WriteFile = Callable[[Booking, str], bytes]
"""The .ics of a booking, with the link of this token."""


class StaffChanges:
    """Keeps these promises; each may run twice, and is dropped once it is no longer so."""

    def __init__(  # noqa: PLR0913 - one argument a port, all by name
        self,
        *,
        business: Business,
        bookings: BookingStore,
        documents: DocumentStore,
        notifier: Notifier,
        senders: Mapping[str, SendActivity],
        links: cards.Links,
        clock: Clock,
        ics: WriteFile,
    ) -> None:
        self._business = business
        self._bookings = bookings
        self._documents = documents
        self._notifier = notifier
        self._senders = senders
        self._links = links
        self._clock = clock
        self._ics = ics
        self._manage_links = ManageLinks(documents, bookings, clock)

    def handlers(self) -> Mapping[str, Handler]:
        """Return one handler per kind of promise."""
        return {
            JobKind.MAIL_STAFF_MOVED: self._mail_customer,
            JobKind.TELL_STAFF_MOVED: self._tell,
            JobKind.MAIL_ASTRAY: self._mail_staff,
        }

    async def _mail_customer(self, job: Job) -> Done:
        booking = await self._asked(job)
        if booking is not None and booking.details is not None:
            customer = booking.details.customer
            manage = await self._manage_links.new(booking.id)
            subject, html = pages.staff_moved_mail(booking, self._business, self._links, manage)
            file = Attachment("termin.ics", "text/calendar", self._ics(booking, manage))
            sender = self._sender(booking)
            mail = Mail(sender, customer.name, customer.email, subject, html, (file,))
            await self._notifier.send(mail)
        return Done()

    async def _tell(self, job: Job) -> Done:
        """Ask in the conversation, once."""
        booking = await self._asked(job)
        send = self._senders.get(channel_of(booking)) if booking else None
        if booking is None or send is None or booking.details is None:
            return Done()
        key = f"{booking.id}:staff_moved:{booking.version}"
        if (await self._documents.read(TOLD, key)).version:
            return Done()
        asking = StaffMoved(
            self._business,
            self._business.service(booking.service_id),
            self._business.staff_member(booking.staff_id),
            booking,
            self._business.zone.key,
        )
        for activity in cards.render(
            (asking,),
            language=language_for(booking, self._business),
            channel=channel_of(booking),
            links=self._links,
        ):
            await send(booking.details.reply_to, activity)
        try:
            told = {"state": "staff_moved"}
            await self._documents.write(TOLD, key, told, 0, self._clock.now())
        except DocumentConflict:
            log.debug("told_already_noted")
        return Done()

    async def _asked(self, job: Job) -> Booking | None:
        """Return the booking if it still stands where the staff put it, and nobody answered."""
        booking = await self._bookings.booking(job.payload["booking"])
        is_open = booking.awaits_answer and booking.version == version_of(job.payload)
        return booking if is_open else None

    async def _mail_staff(self, job: Job) -> Done:
        booking = await self._bookings.booking(job.payload["booking"])
        said = f"{job.payload['why']} {job.payload['start']}"
        if booking.version != version_of(job.payload) or booking.astray != said:
            return Done()
        if booking.details is None:
            raise UnknownBooking(booking.id)
        start, end = (datetime.fromisoformat(job.payload[name]) for name in ("start", "end"))
        member = self._business.staff_member(booking.staff_id)
        subject, html = pages.astray_mail(
            booking,
            self._business,
            request_facts(booking, self._business),
            why=job.payload["why"],
            found=TimeSpan(start, end),
            demo=self._links.demo,
        )
        mail = Mail(self._sender(booking), member.name, member.mailbox, subject, html)
        await self._notifier.send(mail)
        return Done()

    def _sender(self, booking: Booking) -> str:
        return self._business.mail_from or self._business.staff_member(booking.staff_id).mailbox
