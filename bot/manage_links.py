"""The customer's link to one booking: who holds it sees it, and may give it up.

Each mail has a link of its own; of its 256 random bits only a digest is kept. Looking changes
nothing. Every act needs the word that the page of this link shows, and that word works once: it
is derived from the link and the number of acts so far, so that a page sent again does nothing.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from pydantic import AwareDatetime, BaseModel, TypeAdapter

from bot import secret_tokens
from scheduling.booking import Booking
from scheduling.clock import Clock
from scheduling.errors import DocumentConflict, UnknownBooking
from scheduling.ports import DocumentStore

KIND = "manage"
LASTS = timedelta(days=14)
"""After the end of the booking, its links are unknown."""
MOST_LINKS = 24
"""Of one booking, the newest ones count."""
_TRIES = 5
_NOBODY = "0" * 32


class PageIsOld(Exception):
    """Something was done over this link since its page was shown."""


class _Link(BaseModel):
    digest: str
    until: AwareDatetime | None = None


class _Kept(BaseModel):
    links: list[_Link] = []
    acts: int = 0


_KEPT = TypeAdapter(_Kept)


@dataclass(frozen=True, slots=True)
class Managed:
    """What a link leads to; `once` is the word that allows one act."""

    booking: Booking
    once: str

    def require(self, once: str) -> None:
        """Refuse a word that is not this one: PageIsOld."""
        if not hmac.compare_digest(once.encode(), self.once.encode()):
            raise PageIsOld


class Bookings(Protocol):
    """What is asked about the booking of a link."""

    async def booking(self, booking_id: str) -> Booking:
        """Return it or raise UnknownBooking."""
        ...


class ManageLinks:
    """The links of all bookings."""

    def __init__(self, documents: DocumentStore, bookings: Bookings, clock: Clock) -> None:
        self._documents = documents
        self._bookings = bookings
        self._clock = clock

    async def new(self, booking_id: str, lasts: timedelta | None = None) -> str:
        """Return the token of a new link, which stands nowhere else; earlier ones go on.

        `lasts`: for a link that ends sooner than its booking.
        """
        token, digest = secret_tokens.new(booking_id)
        now = self._clock.now()
        link = _Link(digest=digest, until=now + lasts if lasts else None)
        for _ in range(_TRIES):
            kept, version = await self._kept(booking_id)
            # one that is over must not push out the one in the mail
            still_open = [each for each in kept.links if _is_open(each, now)]
            kept.links = [*still_open, link][-MOST_LINKS:]
            try:
                await self._write(booking_id, kept, version)
            except DocumentConflict:
                continue
            return token
        raise DocumentConflict(booking_id)

    async def open(self, token: str) -> Managed:
        """Return what the link leads to; UnknownBooking, after the same work, for any other."""
        managed, _, _ = await self._opened(token)
        return managed

    async def act(self, token: str, once: str) -> Booking:
        """Use up the word for one act; PageIsOld where it was used, UnknownBooking."""
        managed, kept, version = await self._opened(token)
        managed.require(once)
        kept.acts += 1
        try:
            await self._write(managed.booking.id, kept, version)
        except DocumentConflict:
            raise PageIsOld from None
        return managed.booking

    async def _opened(self, token: str) -> tuple[Managed, _Kept, int]:
        booking_id = secret_tokens.id_of(token) or _NOBODY
        (kept, version), booking = await asyncio.gather(
            self._kept(booking_id), self._booking(booking_id)
        )
        now = self._clock.now()
        is_known = _fits(token, [each.digest for each in kept.links if _is_open(each, now)])
        if not is_known or booking is None or booking.details is None:
            raise UnknownBooking
        if booking.span.end + LASTS <= now:
            raise UnknownBooking
        once = f"act:{token}:{kept.acts}:{booking.version}"
        return Managed(booking, hashlib.sha256(once.encode()).hexdigest()[:32]), kept, version

    async def _booking(self, booking_id: str) -> Booking | None:
        try:
            return await self._bookings.booking(booking_id)
        except UnknownBooking:
            return None

    async def _kept(self, booking_id: str) -> tuple[_Kept, int]:
        document = await self._documents.read(KIND, booking_id)
        body: Mapping[str, object] = document.body
        return _KEPT.validate_python(body), document.version

    async def _write(self, booking_id: str, kept: _Kept, version: int) -> None:
        body = kept.model_dump(mode="json")
        await self._documents.write(KIND, booking_id, body, version, self._clock.now())


def _is_open(link: _Link, now: datetime) -> bool:
    return link.until is None or now < link.until


def _fits(token: str, digests: list[str]) -> bool:
    """Compare with as many digests in any case, each to its end."""
    padded = [*digests, *([_NOBODY * 2] * MOST_LINKS)][:MOST_LINKS]
    return sum(secret_tokens.matches(token, digest) for digest in padded) > 0
