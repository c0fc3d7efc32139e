"""Links that let somebody book a service once.

An invitation names the hold that is confirmed with it. It is written down before the hold is
confirmed, and only one hold can stand there: who comes second is refused, unless that hold came to
nothing. Whether the invitation is used up is read off that booking, so that it is used up by the
very transaction that books. A process that dies between the two leaves a hold that runs out and a
link that works again; one that dies after it leaves a booking and a link that is used up.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Protocol

from pydantic import AwareDatetime, BaseModel

from bot import secret_tokens
from scheduling.booking import STANDING, Booking, BookingState, new_id
from scheduling.catalog import Service
from scheduling.clock import Clock
from scheduling.errors import DocumentConflict, UnknownService
from scheduling.ports import DocumentStore

KIND = "invitation"


class InvitationRefused(Exception):
    """Nothing can be booked with it; `code` is the key of the text, `status` that of the page."""

    code: ClassVar[str]
    status: ClassVar[int]


class InvitationUnknown(InvitationRefused):
    """No invitation has this token."""

    code = "invitation_unknown"
    status = 404


class InvitationExpired(InvitationRefused):
    """Its days are over."""

    code = "invitation_expired"
    status = 410


class InvitationUsed(InvitationRefused):
    """Something was booked with it."""

    code = "invitation_used"
    status = 410


class InvitationBusy(InvitationRefused):
    """Somebody else is booking with it at this moment."""

    code = "invitation_busy"
    status = 409


@dataclass(frozen=True, slots=True)
class Invitation:
    """One that can be used; its id is no secret."""

    id: str
    service_id: str


class HoldDesk(Protocol):
    """What is asked about the hold that an invitation names."""

    async def booking(self, booking_id: str) -> Booking:
        """Return it or raise UnknownBooking."""
        ...

    async def release(self, booking_id: str, owner: str) -> None:
        """Free the held time."""
        ...


class _Kept(BaseModel):
    digest: str
    service: str
    until: AwareDatetime
    hold: str = ""


async def invite(documents: DocumentStore, clock: Clock, service_id: str, lasts: timedelta) -> str:
    """Keep a new invitation to a service and return its token, which stands nowhere else."""
    invitation_id, now = new_id(), clock.now()
    token, digest = secret_tokens.new(invitation_id)
    kept = _Kept(digest=digest, service=service_id, until=now + lasts)
    await documents.write(KIND, invitation_id, kept.model_dump(mode="json"), 0, now)
    return token


class Invitations:
    """The invitations of the page's visitors."""

    def __init__(self, documents: DocumentStore, desk: HoldDesk, clock: Clock) -> None:
        self._documents = documents
        self._desk = desk
        self._clock = clock

    async def open(self, token: str) -> Invitation:
        """Return the invitation of a token, which is not used up by that; InvitationRefused."""
        invitation_id = secret_tokens.id_of(token)
        if invitation_id is None:
            raise InvitationUnknown
        kept, _ = await self._kept(invitation_id)
        if not secret_tokens.matches(token, kept.digest):
            raise InvitationUnknown
        await self._require_usable(kept)
        return Invitation(invitation_id, kept.service)

    async def admit(self, invitation_id: str, service_id: str, own_hold: str) -> None:
        """Let a visitor see the service: UnknownService without an invitation to it.

        InvitationRefused where it is over. Who booked with it, and was not told, may go on.
        """
        if not invitation_id:
            raise UnknownService(service_id)
        kept, _ = await self._kept(invitation_id)
        if kept.service != service_id:
            raise UnknownService(service_id)
        if not kept.hold or kept.hold != own_hold:
            await self._require_usable(kept)

    def claim_for(
        self, invitation_id: str, service: Service, owner: str
    ) -> Callable[[str], Awaitable[None]]:
        """Return what has to be done before a hold of this service is confirmed."""

        async def claim(hold_id: str) -> None:
            if not service.needs_invitation:
                return
            try:
                await self._claim(invitation_id, hold_id, owner)
            except InvitationUsed:
                await self._desk.release(hold_id, owner)
                raise

        return claim

    async def _claim(self, invitation_id: str, hold_id: str, owner: str) -> None:
        kept, version = await self._kept(invitation_id)
        if kept.hold == hold_id:
            return
        await self._require_usable(kept)
        if kept.hold:
            await self._end(kept.hold, owner)
        claimed = kept.model_copy(update={"hold": hold_id})
        body, now = claimed.model_dump(mode="json"), self._clock.now()
        try:
            await self._documents.write(KIND, invitation_id, body, version, now)
        except DocumentConflict:
            kept, _ = await self._kept(invitation_id)
            if kept.hold != hold_id:
                raise InvitationBusy from None

    async def _end(self, hold_id: str, owner: str) -> None:
        """See to it that the hold named before can never be confirmed any more."""
        held = await self._desk.booking(hold_id)
        if held.state is BookingState.HELD:
            if held.owner != owner and not _is_over(held, self._clock.now()):
                raise InvitationBusy
            await self._desk.release(hold_id, held.owner)
            held = await self._desk.booking(hold_id)
        if _was_confirmed(held):
            raise InvitationUsed

    async def _require_usable(self, kept: _Kept) -> None:
        if kept.hold and _was_confirmed(await self._desk.booking(kept.hold)):
            raise InvitationUsed
        if kept.until <= self._clock.now():
            raise InvitationExpired

    async def _kept(self, invitation_id: str) -> tuple[_Kept, int]:
        document = await self._documents.read(KIND, invitation_id)
        if not document.version:
            raise InvitationUnknown
        return _Kept.model_validate(document.body), document.version


def _was_confirmed(booking: Booking) -> bool:
    """Tell whether it ever was more than a hold; only what was confirmed has details."""
    return booking.state in STANDING or booking.details is not None


def _is_over(held: Booking, now: datetime) -> bool:
    return held.hold_until is not None and held.hold_until <= now
