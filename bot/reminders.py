"""Reminders, by mail and in the chat: whether each is still right, and how many at a time."""

import time
from collections.abc import Callable, Mapping
from datetime import timedelta

import structlog

from bot import cards, pages
from bot.conversation.replies import Receipt
from bot.events import Done, Handler, NotYet, channel_of
from bot.manage_links import ManageLinks
from bot.notices import SendActivity
from bot.texts import language_for
from scheduling.booking import Booking
from scheduling.catalog import Business
from scheduling.clock import Clock
from scheduling.errors import UnknownBooking
from scheduling.outbox import Job, JobKind, version_of
from scheduling.ports import BookingStore, DocumentStore, Mail, Notifier
from scheduling.reminding import is_worth_sending

log = structlog.get_logger(__name__)

EVERY = timedelta(seconds=3)
"""A mailbox may send 30 mails a minute; confirmations are to fit in between."""
AT_ONCE = 10
_MOST_KEPT = 20_000


class Pace:
    """Gives each caller a turn: a few at once, then one at a time.

    A turn that lies ahead is kept for who asked for it. Clocks that people set do not matter.
    """

    def __init__(
        self,
        *,
        every: timedelta = EVERY,
        at_once: int = AT_ONCE,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._every = every.total_seconds()
        self._ahead = self._every * (at_once - 1)
        self._monotonic = monotonic
        self._next = 0.0
        self._kept: dict[int, float] = {}

    def take(self, job_id: int) -> None:
        """Let a job pass, or raise NotYet."""
        now = self._monotonic()
        turn = self._kept.pop(job_id, None)
        if turn is None:
            turn = max(self._next, now - self._ahead)
            self._next = turn + self._every
        if turn > now:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[job_id] = turn
            raise NotYet(timedelta(seconds=turn - now))


class Reminders:
    """Keeps the promises to remind; one that is no longer right is dropped without a word."""

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
        pace: Pace | None = None,
    ) -> None:
        self._business = business
        self._bookings = bookings
        self._manage_links = ManageLinks(documents, bookings, clock)
        self._notifier = notifier
        self._senders = senders
        self._links = links
        self._clock = clock
        self._pace = pace or Pace()

    def handlers(self) -> Mapping[str, Handler]:
        """Return one handler per kind of promise."""
        return {JobKind.MAIL_REMINDER: self._mail, JobKind.TELL_REMINDER: self._tell}

    async def _mail(self, job: Job) -> Done:
        if booking := await self._due(job):
            manage = await self._manage_links.new(booking.id)
            await self._notifier.send(self.mail(booking, manage))
            return Done(told="mail")
        return Done()

    async def _tell(self, job: Job) -> Done:
        booking = await self._due(job)
        if booking is None or booking.details is None:
            return Done()
        if send := self._senders.get(channel_of(booking)):
            receipt = Receipt(
                business=self._business,
                service=self._business.service(booking.service_id),
                staff_member=self._business.staff_member(booking.staff_id),
                booking=booking,
                zone=self._business.zone.key,
                manage=await self._manage_links.new(booking.id),
                reminds=True,
            )
            for activity in cards.render(
                (receipt,),
                language=language_for(booking, self._business),
                channel=channel_of(booking),
                links=self._links,
            ):
                await send(booking.details.reply_to, activity)
            return Done(told="chat")
        return Done()

    async def _due(self, job: Job) -> Booking | None:
        """Return the booking to remind of; None = nothing is to be said. NotYet."""
        booking = await self._bookings.booking(job.payload["booking"])
        version, name = version_of(job.payload), job.payload["reminder"]
        if not is_worth_sending(booking, self._business, version, name, self._clock.now()):
            log.info("reminder_dropped", booking=booking.id)
            return None
        self._pace.take(job.id)
        return booking

    def mail(self, booking: Booking, manage: str) -> Mail:
        """Return the mail that reminds of a booking."""
        if booking.details is None:
            raise UnknownBooking(booking.id)
        customer = booking.details.customer
        subject, html = pages.reminder_mail(booking, self._business, self._links, manage)
        member = self._business.staff_member(booking.staff_id)
        sender = self._business.mail_from or member.mailbox
        return Mail(sender, customer.name, customer.email, subject, html)
