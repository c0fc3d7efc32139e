"""Giving up a booking: which one, whether really, and only then the act.

Nothing else in the conversation may call `desk.cancel`. A question of this module is answered by
the very next message, or it is no longer open: a later "yes" must not cancel anything.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from bot.conversation import filling, questions, times, wishes
from bot.conversation.asides import aside
from bot.conversation.asking import Move, is_under_way
from bot.conversation.draft import Draft
from bot.conversation.replies import (
    ConfirmCancel,
    Contact,
    Frozen,
    Receipt,
    Reply,
    Said,
    WhichToCancel,
)
from bot.conversation.setting import Advance, DeskPort, Setting
from bot.conversation.wording import moment_words
from bot.understanding.cleaning import MAX_CHARACTERS, fold
from bot.understanding.intents import at_place, bare, position
from bot.understanding.opinion import cannot_come
from bot.understanding.reading import keeps, says_it_suits
from bot.understanding.utterance import Intent, Press, Utterance
from bot.understanding.wish import Wish
from scheduling.booking import STANDING, Booking, BookingState
from scheduling.desk import cancel_until
from scheduling.errors import CancelTooLate, TransitionRefused, UnknownBooking

LISTED = 9
AGREED = frozenset(
    {"ja absagen", "ja termin absagen", "ja stornieren", "yes cancel", "yes cancel it"}
)
"""A yes here, but none to any other question."""
_KEPT = frozenset({Intent.NO, Intent.STOP, Intent.BACK, Intent.RETHINK})


def can_cancel(booking: Booking, setting: Setting) -> bool:
    """Tell whether the customer may still cancel it."""
    return setting.clock.now() <= cancel_until(booking, setting.business)


async def start(draft: Draft, said: Utterance, desk: DeskPort, setting: Setting) -> Move:
    """Ask what is needed to cancel: which booking, or whether really."""
    coming = [
        booking
        for booking in await desk.bookings_of(setting.owner)
        if booking.span.end > setting.clock.now()
    ]
    if not coming:
        key = "nothing_booked_yet" if is_under_way(draft) else "no_bookings"
        return await aside(draft, (Said(key),), desk, setting)
    meant = _meant([each for each in coming if can_cancel(each, setting)], said, setting)
    if not meant:
        return await _too_late(draft, desk, setting)
    return _ask(draft, meant, setting)


def _meant(bookings: list[Booking], said: Utterance, setting: Setting) -> list[Booking]:
    """Return those of the services and the day named, or all where that leaves none."""
    named = [each for each in bookings if each.service_id in said.service_ids] or bookings
    return (_on_day(named, said, setting) or named)[:LISTED]


def _on_day(bookings: list[Booking], said: Utterance, setting: Setting) -> list[Booking]:
    """Return those on the day that is named: to be cancelled, or on which they cannot come."""
    clauses = said.wish.alternatives
    if not clauses and cannot_come(fold(said.text)):
        clauses = said.wish.exclude
    named = Wish(tuple(clause for clause in clauses if clause.names_day))
    if named.is_empty:
        return []
    return [each for each in bookings if wishes.fits(named, times.local(each.span.start, setting))]


def _ask(draft: Draft, bookings: list[Booking], setting: Setting) -> Move:
    draft = replace(draft, cancelling=tuple(each.id for each in bookings))
    if len(bookings) == 1:
        return draft, (_facts(bookings[0], setting),)
    which = WhichToCancel(setting.business, tuple(bookings), setting.business.zone.key)
    return draft, (which,)


def _facts(booking: Booking, setting: Setting) -> Reply:
    return ConfirmCancel(
        business=setting.business,
        service=setting.business.service(booking.service_id),
        staff_member=setting.business.staff_member(booking.staff_id),
        booking=booking,
        zone=setting.business.zone.key,
    )


async def answer(draft: Draft, said: Utterance, desk: DeskPort, setting: Setting) -> Move | None:
    """Take the answer to the open question; None for a message about something else."""
    asked = draft.cancelling
    if len(asked) > 1 and (number := position(fold(said.text))) is not None:
        chosen = at_place(asked, number)
        return await _again(draft, (chosen,) if chosen else asked, desk, setting)
    if len(asked) > 1 and (by_day := await _asked_by_day(draft, said, desk, setting)):
        return await _again(draft, by_day, desk, setting)
    if said.intent in _KEPT or _spares(said):
        return await aside(_closed(draft), (Said("cancel_kept"),), desk, setting)
    if _agrees(said):
        if len(asked) == 1:
            return await _cancelled(draft, asked[0], desk, setting)
        return await _again(draft, asked, desk, setting)
    if said.intent in {Intent.PRICE, Intent.CANCEL_TERMS}:
        return await _priced(draft, said, desk, setting)
    if said.intent is Intent.NONE and not filling.has_content(said):
        draft, question = await _again(draft, asked, desk, setting)
        return draft, (Said("cancel_not_understood"), *question)
    return None


async def _asked_by_day(
    draft: Draft, said: Utterance, desk: DeskPort, setting: Setting
) -> tuple[str, ...]:
    """Return the ones asked about that "the one on Friday" means, or all but those to be kept."""
    if said.intent not in {Intent.NONE, Intent.CANCEL_BOOKING} or said.service_ids:
        return ()
    own = await _asked_about(draft, desk, setting)
    named = tuple(each.id for each in _on_day(own, said, setting))
    if named and keeps(fold(said.text)):
        return tuple(each for each in draft.cancelling if each not in named)
    return named


async def _asked_about(draft: Draft, desk: DeskPort, setting: Setting) -> list[Booking]:
    own = await desk.bookings_of(setting.owner)
    return [each for each in own if each.id in draft.cancelling]


async def _priced(draft: Draft, said: Utterance, desk: DeskPort, setting: Setting) -> Move:
    """Say what cancelling costs, and ask again."""
    services = tuple(each.service_id for each in await _asked_about(draft, desk, setting))
    about = replace(said, intent=Intent.CANCEL_TERMS, service_ids=services)
    terms = await questions.answer(draft, about, desk, setting)
    draft, question = await _again(draft, draft.cancelling, desk, setting)
    return draft, (*terms, *question)


def _spares(said: Utterance) -> bool:
    """Tell whether it says what is not meant, "nicht den am Freitag", or that the time suits."""
    if said.intent is Intent.YES and says_it_suits(fold(said.text)):
        return True
    is_spared = bool(said.wish.exclude) and not said.wish.alternatives and not said.service_ids
    # "am Freitag kann ich nicht" is why it is cancelled
    is_reason = said.intent is Intent.CANCEL_BOOKING or cannot_come(fold(said.text))
    return is_spared and not is_reason


def _agrees(said: Utterance) -> bool:
    """Tell whether it is a yes to this: "book now" means another card."""
    folded = fold(said.text)
    is_yes = said.intent is Intent.YES and not re.search(r"buch|book", folded)
    return is_yes or bare(folded) in AGREED


def still_asked(draft: Draft, replies: tuple[Reply, ...]) -> Draft:
    """Close a question that was not put again: it is answered by the next message or never."""
    if any(isinstance(reply, ConfirmCancel | WhichToCancel) for reply in replies):
        return draft
    return _closed(draft)


def _closed(draft: Draft) -> Draft:
    return replace(draft, cancelling=()) if draft.cancelling else draft


async def _again(draft: Draft, asked: tuple[str, ...], desk: DeskPort, setting: Setting) -> Move:
    """Put the question about these, as far as they still stand."""
    own = await desk.bookings_of(setting.owner)
    bookings = [each for each in own if each.id in asked and can_cancel(each, setting)]
    if not bookings:
        return await _too_late(draft, desk, setting)
    return _ask(draft, bookings, setting)


async def _too_late(draft: Draft, desk: DeskPort, setting: Setting) -> Move:
    replies = (Said(CancelTooLate.code), Contact(setting.business))
    return await aside(_closed(draft), replies, desk, setting)


async def _cancelled(draft: Draft, booking_id: str, desk: DeskPort, setting: Setting) -> Move:
    """Cancel: the customer has just agreed to exactly these facts."""
    try:
        booking = await desk.cancel(booking_id, setting.owner)
    except CancelTooLate:
        return await _too_late(draft, desk, setting)
    except (TransitionRefused, UnknownBooking) as refusal:
        return await aside(_closed(draft), (Said(refusal.code),), desk, setting)
    return await aside(_closed(draft), (_receipt(booking, setting),), desk, setting)


def _receipt(booking: Booking, setting: Setting) -> Receipt:
    return Receipt(
        business=setting.business,
        service=setting.business.service(booking.service_id),
        staff_member=setting.business.staff_member(booking.staff_id),
        booking=booking,
        zone=setting.business.zone.key,
    )


async def press(draft: Draft, pressed: Press, desk: DeskPort, setting: Setting) -> Advance | None:
    """Do what a button about cancelling asks for; None = closed card.

    Only the button of the question that is open cancels; an older one of the same booking asks.
    """
    booking = await _own(pressed.values, desk, setting)
    if booking is None:
        return None
    if booking.state is BookingState.CANCELLED:
        return Advance(draft, (_receipt(booking, setting),))
    if booking.state not in STANDING:
        return None
    if pressed.verb == "booking.keep":
        if draft.cancelling != (booking.id,):
            return None
        draft, replies = await aside(_closed(draft), (Said("cancel_kept"),), desk, setting)
        return Advance(draft, replies, Frozen("cancel_kept_card"))
    if pressed.verb == "booking.cancel" and draft.cancelling == (booking.id,):
        return await _pressed(draft, booking, desk, setting)
    draft, replies = await _again(draft, (booking.id,), desk, setting)
    return Advance(draft, replies)


async def _pressed(draft: Draft, booking: Booking, desk: DeskPort, setting: Setting) -> Advance:
    language = draft.language
    draft, replies = await _cancelled(draft, booking.id, desk, setting)
    if not isinstance(replies[0], Receipt):
        return Advance(draft, replies)
    start = booking.span.start.astimezone(setting.business.zone)
    return Advance(
        draft, replies, Frozen("cancelled_card", {"when": moment_words(start, language)})
    )


async def _own(values: Mapping[str, object], desk: DeskPort, setting: Setting) -> Booking | None:
    """Return this owner's booking that a button names; a hold is none."""
    booking_id = values.get("booking")
    if not isinstance(booking_id, str) or not 0 < len(booking_id) <= MAX_CHARACTERS:
        return None
    try:
        booking = await desk.booking(booking_id)
    except UnknownBooking:
        return None
    is_own = booking.owner == setting.owner and booking.details is not None
    return booking if is_own else None


VERBS = frozenset({"booking.ask_cancel", "booking.cancel", "booking.keep"})
