"""The one act that books or moves.

Nothing else in the conversation may call `desk.confirm` or `desk.move`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.conversation import holding
from bot.conversation.asking import Move
from bot.conversation.checks import chosen_location
from bot.conversation.draft import Draft
from bot.conversation.replies import CalendarDown, Contact, Receipt, Reply, Said
from bot.conversation.setting import DeskPort, Setting
from scheduling.booking import STANDING, Booking, BookingState, Customer, Details
from scheduling.errors import (
    BookingError,
    CalendarUnavailable,
    HoldExpired,
    MoveRefused,
    MoveTooLate,
    SlotTaken,
    TransitionRefused,
    UnknownBooking,
)

Claim = Callable[[str], Awaitable[None]]
"""Told the id of the hold that is about to be confirmed; what it raises stops that."""


async def _unclaimed(_hold_id: str) -> None:
    pass


async def confirm(
    draft: Draft, desk: DeskPort, setting: Setting, claim: Claim = _unclaimed
) -> Move:
    """Book the held time, or move a booking there: the customer agreed to exactly these facts."""
    try:
        booking = await _confirmed(draft, desk, setting, claim)
    except HoldExpired:
        draft, reply = await holding.renew(draft, desk, setting)
        if reply is not None:
            return draft, (reply,)
        return await _once_more(draft, desk, setting, claim)
    except SlotTaken:
        return await _slot_taken(draft, desk, setting)
    except CalendarUnavailable:
        return draft, (CalendarDown(setting.business, moves=bool(draft.moving)),)
    except (MoveTooLate, MoveRefused, TransitionRefused) as refusal:
        draft = await holding.let_go(draft, desk, setting)
        return _fresh(draft), (Said(refusal.code), Contact(setting.business))
    return await _done(draft, booking, desk, setting)


async def _once_more(draft: Draft, desk: DeskPort, setting: Setting, claim: Claim) -> Move:
    try:
        booking = await _confirmed(draft, desk, setting, claim)
    except (HoldExpired, SlotTaken):
        return await _slot_taken(draft, desk, setting)
    except CalendarUnavailable:
        return draft, (CalendarDown(setting.business, moves=bool(draft.moving)),)
    return await _done(draft, booking, desk, setting)


async def _slot_taken(draft: Draft, desk: DeskPort, setting: Setting) -> Move:
    draft, reply = await holding.lost(draft, desk, setting, note="slot_taken")
    return draft, (reply,)


async def _confirmed(draft: Draft, desk: DeskPort, setting: Setting, claim: Claim) -> Booking:
    if draft.moving:
        return await desk.move(draft.hold_id or "", setting.owner)
    service = setting.business.service(draft.service_id or "")
    location = chosen_location(draft, service)
    details = Details(
        customer=Customer(draft.name, draft.email, draft.phone, draft.language),
        location_id=location.id if location else "",
        note=draft.note,
        answers=draft.answers,
        consents=draft.consents,
        reply_to=setting.reply_to,
    )
    await claim(draft.hold_id or "")
    return await desk.confirm(draft.hold_id or "", setting.owner, details)


async def _done(draft: Draft, booking: Booking, desk: DeskPort, setting: Setting) -> Move:
    try:
        # a request has nothing to be written until somebody approves it; in an outage there is
        # nothing to wait for
        if booking.state is not BookingState.REQUESTED and booking.known_at is None:
            booking = await desk.until_written(booking.id)
    except BookingError:
        # the booking is committed; what is not known is only whether Outlook has it: say "noted"
        booking = replace(booking, state=BookingState.NOTED)
    return finished(draft, booking), (receipt(booking, setting),)


def finished(draft: Draft, booking: Booking) -> Draft:
    """Return a fresh form that remembers who the customer is, but no consent."""
    return replace(_fresh(draft), booking_id=booking.id)


def _fresh(draft: Draft) -> Draft:
    return Draft(
        language=draft.language,
        step="done",
        name=draft.name,
        email=draft.email,
        phone=draft.phone,
        booking_id=draft.booking_id,
        greeted=True,
    )


def receipt(booking: Booking, setting: Setting) -> Reply:
    """Return the booking as the store has it."""
    return Receipt(
        business=setting.business,
        service=setting.business.service(booking.service_id),
        staff_member=setting.business.staff_member(booking.staff_id),
        booking=booking,
        zone=setting.business.zone.key,
    )


async def confirmed_before(booking_id: str, desk: DeskPort, setting: Setting) -> Booking | None:
    """Return this owner's booking behind a confirm button pressed again, None for any other."""
    try:
        booking = await desk.booking(booking_id)
        if booking.state is BookingState.MOVED:
            booking = await desk.booking(booking.moves)
    except UnknownBooking:
        return None
    is_own = booking.owner == setting.owner and booking.state in STANDING
    return booking if is_own else None
