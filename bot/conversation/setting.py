"""What the conversation is given and what it gives back; the seam to desk and turn."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.conversation.draft import Draft
from bot.conversation.replies import Frozen, Reply
from scheduling.booking import Booking, Details
from scheduling.catalog import Business
from scheduling.clock import Clock
from scheduling.desk import HoldOrder, Offer, Search
from scheduling.explain import Explanation


class DeskPort(Protocol):
    """The use cases of a booking, as docs/architecture.md describes them."""

    async def offer(self, search: Search) -> Offer:
        """Return what can be booked in a span."""
        ...

    async def hold(self, order: HoldOrder) -> Booking:
        """Reserve a start against everybody for some minutes."""
        ...

    async def explain(self, order: HoldOrder) -> Explanation:
        """Say why a start can or cannot be booked."""
        ...

    async def extend(self, booking_id: str, owner: str) -> Booking:
        """Give the hold another five minutes."""
        ...

    async def release(self, booking_id: str, owner: str) -> None:
        """Free the held time."""
        ...

    async def confirm(self, booking_id: str, owner: str, details: Details) -> Booking:
        """Turn the hold into a NOTED or REQUESTED booking, or return what it already is."""
        ...

    async def cancel(self, booking_id: str, owner: str, *, in_chat: bool = True) -> Booking:
        """Give up the owner's booking; CancelTooLate, UnknownBooking, TransitionRefused."""
        ...

    async def move(self, hold_id: str, owner: str) -> Booking:
        """Give a booking the time of the hold made for it; MoveTooLate, MoveRefused."""
        ...

    async def accept(self, booking_id: str, owner: str) -> Booking:
        """Say that the time to which the staff moved it suits; UnknownBooking."""
        ...

    async def until_written(self, booking_id: str) -> Booking:
        """Wait a few seconds for the event to be read back; BOOKED, or still NOTED."""
        ...

    async def booking(self, booking_id: str) -> Booking:
        """Return it or raise UnknownBooking; the caller compares the owner."""
        ...

    async def bookings_of(self, owner: str) -> Sequence[Booking]:
        """Return this owner's coming bookings by start."""
        ...


class IdentityPort(Protocol):
    """Shows that a booking made elsewhere is this customer's."""

    async def ask_code(self, number: str, asker: str) -> bool:
        """Have a code sent, if there is such a booking; False = asked too often."""
        ...

    async def take(self, code: str, asker: str) -> Booking | None:
        """Return the booking of the right code, None for any other."""
        ...


def _new_offer_id() -> str:
    return secrets.token_urlsafe(9)


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a message is answered: `owner` owns the holds, `reply_to` reaches them later."""

    business: Business
    owner: str
    clock: Clock
    reply_to: Mapping[str, str]
    new_offer_id: Callable[[], str] = _new_offer_id
    identity: IdentityPort | None = None
    """None = bookings made elsewhere cannot be opened here."""


@dataclass(frozen=True, slots=True)
class Advance:
    """The draft to keep, what to say, and what the pressed card becomes (None = it stays)."""

    draft: Draft
    replies: tuple[Reply, ...]
    frozen: Frozen | None = None
