"""Who a booking belongs to, shown by its number and a code sent to its address.

Whoever asks hears the same whether there is such a booking or not, after the same work: a promise
is written in any case, and only the worker looks whether it has anything to send. It also makes
the code, so that this stands nowhere but in the mail; the store has a keyed digest of it.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from datetime import timedelta

import structlog
from pydantic import AwareDatetime, BaseModel, TypeAdapter

from bot import pages
from bot.attempts import Attempts
from bot.events import Done, Handler
from scheduling.booking import NUMBER_ALPHABET, STANDING, Booking, new_id
from scheduling.catalog import Business
from scheduling.clock import Clock
from scheduling.errors import DocumentConflict, UnknownBooking
from scheduling.outbox import Job, JobKind, Promise
from scheduling.ports import BookingStore, Document, DocumentStore, DurableQueue, Mail, Notifier

log = structlog.get_logger(__name__)

KIND, SENT = "code", "codes_sent"
LASTS = timedelta(minutes=10)
TRIES = 5
"""Of one code; then a new one is needed."""
ASKED_WITHIN, MOST_ASKED = timedelta(minutes=10), 5
"""How many codes one conversation or visitor may ask for."""
SENT_WITHIN, MOST_SENT = timedelta(hours=1), 5
"""How many codes go to the customer of one booking, whoever asks."""
DIGITS = 8
_NUMBER = re.compile(rf"B?[ -]?([{NUMBER_ALPHABET}]{{4}})[ -]?([{NUMBER_ALPHABET}]{{4}})")


class TooOften(Exception):
    """One conversation or visitor asked for too many codes."""


class _Asked(BaseModel):
    """`booking` is empty where nothing fits; nobody outside can tell."""

    challenge: str
    booking: str
    until: AwareDatetime
    digest: str = ""
    tries: int = 0


class _Sent(BaseModel):
    at: list[AwareDatetime] = []


_ASKED, _SENT = TypeAdapter(_Asked), TypeAdapter(_Sent)


def read_number(words: str) -> str:
    """Return a booking number as it is kept, however it was typed; empty for anything else."""
    found = _NUMBER.fullmatch(words.strip().upper())
    return f"B-{found[1]}-{found[2]}" if found else ""


class Identification:
    """Asks for codes and takes them; one is open for each conversation or visitor (`asker`)."""

    def __init__(  # noqa: PLR0913 - one argument a port, all by name
        self,
        *,
        business: Business,
        bookings: BookingStore,
        documents: DocumentStore,
        queue: DurableQueue,
        notifier: Notifier,
        clock: Clock,
        key: bytes,
    ) -> None:
        """`key`: a secret of this business, the same in all processes."""
        self._business = business
        self._bookings = bookings
        self._documents = documents
        self._queue = queue
        self._notifier = notifier
        self._clock = clock
        self._key = hmac.digest(key, b"identification", "sha256")
        self._asked = Attempts(documents, clock, "code", most=MOST_ASKED, within=ASKED_WITHIN)

    def handlers(self) -> Mapping[str, Handler]:
        """Return the handler of the promise to send a code."""
        return {JobKind.MAIL_CODE: self._send}

    async def ask(self, number: str, asker: str, *, email: str | None = None) -> None:
        """Have a code sent to the customer of the booking, if it is one, and theirs.

        `email`: the address it must have; None = not asked for. TooOften. Says nothing else.
        """
        if await self._asked.take(asker):
            raise TooOften
        booking = await self._found(read_number(number))
        fits = booking is not None and self._fits(booking, email)
        key, challenge = _key(asker), new_id()
        asked = _Asked(
            challenge=challenge,
            booking=booking.id if fits and booking else "",
            until=self._clock.now() + LASTS,
        )
        document = await self._documents.read(KIND, key)
        await self._write(key, asked, document.version)
        payload = {"asker": key, "challenge": challenge}
        promise = Promise(JobKind.MAIL_CODE, f"code:{challenge}", payload)
        await self._queue.enqueue(promise, self._clock.now())

    async def ask_code(self, number: str, asker: str) -> bool:
        """Ask by the number alone, from a conversation; False = too often."""
        try:
            await self.ask(number, asker)
        except TooOften:
            return False
        return True

    async def take(self, code: str, asker: str) -> Booking | None:
        """Return the booking if this is the code last sent; None for wrong, late and none alike.

        A code works once. Each try counts before it is looked at.
        """
        key, now = _key(asker), self._clock.now()
        document = await self._documents.read(KIND, key)
        asked = _read(document)
        if asked is None or asked.until <= now or asked.tries >= TRIES:
            return None
        asked.tries += 1
        is_right = hmac.compare_digest(
            self._digest(asked.challenge, re.sub(r"\D", "", code[:40])), asked.digest
        )
        if is_right:
            asked.tries = TRIES
        try:
            await self._write(key, asked, document.version)
        except DocumentConflict:
            return None
        if not is_right:
            log.info("code_refused", tries=asked.tries)
            return None
        booking = await self._bookings.booking(asked.booking)
        return booking if self._fits(booking, None) else None

    async def _send(self, job: Job) -> Done:
        key = job.payload["asker"]
        document = await self._documents.read(KIND, key)
        asked, now = _read(document), self._clock.now()
        if asked is None or asked.challenge != job.payload["challenge"] or asked.until <= now:
            return Done()
        booking = await self._bookings.booking(asked.booking) if asked.booking else None
        # one that is tried again after a failure was counted before: else an outage of the mail
        # would use up what the customer may ask for
        if booking is None or not (asked.digest or await self._may_send(booking)):
            return Done()
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        asked.digest, asked.until = self._digest(asked.challenge, code), now + LASTS
        await self._write(key, asked, document.version)
        await self._notifier.send(self.mail(booking, code))
        return Done()

    async def _may_send(self, booking: Booking) -> bool:
        """Count one more code for this booking, or tell that there were too many."""
        document, now = await self._documents.read(SENT, booking.id), self._clock.now()
        sent = _SENT.validate_python(document.body)
        sent.at = [at for at in sent.at if now - SENT_WITHIN < at <= now]
        if len(sent.at) >= MOST_SENT:
            log.warning("too_many_codes", booking=booking.id)
            return False
        sent.at.append(now)
        body = sent.model_dump(mode="json")
        await self._documents.write(SENT, booking.id, body, document.version, now)
        return True

    def mail(self, booking: Booking, code: str) -> Mail:
        """Return the mail with the code, in two groups for the eye."""
        if booking.details is None:
            raise UnknownBooking(booking.id)
        customer = booking.details.customer
        half = DIGITS // 2
        words = f"{code[:half]} {code[half:]}"
        subject, html = pages.code_mail(booking, self._business, words)
        member = self._business.staff_member(booking.staff_id)
        sender = self._business.mail_from or member.mailbox
        return Mail(sender, customer.name, customer.email, subject, html)

    async def _found(self, number: str) -> Booking | None:
        try:
            return await self._bookings.booking_by_number(number)
        except UnknownBooking:
            return None

    def _fits(self, booking: Booking, email: str | None) -> bool:
        if booking.details is None or booking.state not in STANDING:
            return False
        if booking.span.end <= self._clock.now():
            return False
        theirs = booking.details.customer.email
        return email is None or hmac.compare_digest(_folded(email), _folded(theirs))

    def _digest(self, challenge: str, code: str) -> str:
        return hmac.digest(self._key, f"{challenge}:{code}".encode(), "sha256").hex()

    async def _write(self, key: str, asked: _Asked, version: int) -> None:
        body = asked.model_dump(mode="json")
        await self._documents.write(KIND, key, body, version, self._clock.now())


def _read(document: Document) -> _Asked | None:
    return _ASKED.validate_python(document.body) if document.version else None


def _key(asker: str) -> str:
    return hashlib.sha256(asker.encode()).hexdigest()


def _folded(email: str) -> bytes:
    return email.strip().lower().encode()
