"""Requests that wait for the staff: the mail that asks them, its secret link, and the outcome."""

from collections.abc import Awaitable, Callable, Mapping

import structlog

from bot import cards, pages, secret_tokens
from bot.calendar_entries import facts, where
from bot.events import Done, Handler
from scheduling.booking import Booking, BookingState
from scheduling.catalog import Business
from scheduling.clock import Clock
from scheduling.errors import TransitionRefused, UnknownBooking
from scheduling.outbox import Job, JobKind
from scheduling.ports import BookingStore, DocumentStore, Mail, Notifier

log = structlog.get_logger(__name__)

KIND = "decision"


class DecisionTokens:
    """Who holds the token of a request may decide on it; only its digest is stored.

    A token is the booking's id and 256 random bits. There is one a booking: a new one, for a mail
    that is sent again, takes the place of the old one.
    """

    def __init__(self, documents: DocumentStore, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock

    async def new(self, booking_id: str) -> str:
        """Return a token, valid from now on; DocumentConflict where another was made meanwhile."""
        token, digest = secret_tokens.new(booking_id)
        document = await self._documents.read(KIND, booking_id)
        body = {"digest": digest}
        await self._documents.write(KIND, booking_id, body, document.version, self._clock.now())
        return token

    async def booking_id(self, token: str) -> str:
        """Return the booking a token belongs to; UnknownBooking for any other words."""
        booking_id = secret_tokens.id_of(token)
        if booking_id is None:
            raise UnknownBooking
        kept = (await self._documents.read(KIND, booking_id)).body.get("digest", "")
        if not secret_tokens.matches(token, str(kept)):
            raise UnknownBooking
        return booking_id


class Approvals:
    """Keeps the promises of requests. Each may run twice; its effect must not."""

    def __init__(
        self,
        *,
        business: Business,
        bookings: BookingStore,
        expire: Callable[[str], Awaitable[Booking]],
        tokens: DecisionTokens,
        notifier: Notifier,
        links: cards.Links,
    ) -> None:
        self._business = business
        self._bookings = bookings
        self._expire = expire
        self._tokens = tokens
        self._notifier = notifier
        self._links = links

    def handlers(self) -> Mapping[str, Handler]:
        """Return one handler per kind of promise."""
        return {
            JobKind.ASK_STAFF: self._ask_staff,
            JobKind.EXPIRE_REQUEST: self._expire_request,
            JobKind.MAIL_OUTCOME: self._mail_outcome,
        }

    async def _ask_staff(self, job: Job) -> Done:
        booking = await self._bookings.booking(job.payload["booking"])
        if booking.state is BookingState.REQUESTED:
            token = await self._tokens.new(booking.id)
            await self._notifier.send(self.question(booking, token))
        return Done()

    async def _expire_request(self, job: Job) -> Done:
        try:
            await self._expire(job.payload["booking"])
        except TransitionRefused:
            log.info("request_answered_at_the_last_moment", booking=job.payload["booking"])
        return Done()

    async def _mail_outcome(self, job: Job) -> Done:
        booking = await self._bookings.booking(job.payload["booking"])
        await self._notifier.send(self.outcome(booking))
        return Done(told="mail")

    def question(self, booking: Booking, token: str) -> Mail:
        """Return the mail that asks the staff member."""
        member = self._business.staff_member(booking.staff_id)
        subject, html = pages.request_mail(
            booking,
            self._business,
            request_facts(booking, self._business),
            link=self._links.request(token),
            demo=self._links.demo,
        )
        return Mail(self._sender(booking), member.name, member.mailbox, subject, html)

    def outcome(self, booking: Booking) -> Mail:
        """Return the mail that tells the customer of a request that came to nothing."""
        if booking.details is None:
            raise UnknownBooking(booking.id)
        customer = booking.details.customer
        subject, html = pages.outcome_mail(booking, self._business, self._links)
        return Mail(self._sender(booking), customer.name, customer.email, subject, html)

    def _sender(self, booking: Booking) -> str:
        return self._business.mail_from or self._business.staff_member(booking.staff_id).mailbox


def request_facts(booking: Booking, business: Business) -> list[tuple[str, str]]:
    """Return all that the staff are to know of a request besides its time."""
    if booking.details is None:
        raise UnknownBooking(booking.id)
    place = where(booking, booking.details, business, business.language)
    return [*pages.service_facts(booking, business, place), *facts(booking, business)]
