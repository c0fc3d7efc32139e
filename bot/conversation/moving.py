"""Giving a booking another time: which one, and from then on the form of its new time.

The booking keeps its time until the customer confirms the new one (confirming.py).
The question which one is answered by the very next message, or it is no longer open.
"""

from collections.abc import Mapping
from dataclasses import replace

from bot.conversation import holding, wishes
from bot.conversation.asides import aside
from bot.conversation.asking import Move, ask
from bot.conversation.draft import Draft
from bot.conversation.replies import Contact, Reply, Said, WhichToMove
from bot.conversation.setting import Advance, DeskPort, Setting
from bot.conversation.wording import moment_words
from bot.understanding import Context
from bot.understanding.cleaning import MAX_CHARACTERS, fold
from bot.understanding.intents import at_place, bare, position
from bot.understanding.utterance import Intent, Press, Utterance
from bot.understanding.when import read_wish
from bot.understanding.wish import Wish
from scheduling.assignment import NAMED
from scheduling.booking import Booking
from scheduling.desk import is_movable
from scheduling.errors import MoveRefused, MoveTooLate, UnknownBooking

LISTED = 9
VERBS = frozenset({"booking.ask_move"})
AGREED = frozenset(
    {
        *("ja verschieben", "jetzt verschieben", "ja jetzt verschieben", "verschieben"),
        *("yes move it", "move it", "move it now", "yes move", "move", "move now"),
    }
)
"""A yes to the facts of a move, but none to any other question."""


def agrees(draft: Draft, said: Utterance) -> bool:
    """Tell whether it is a yes in the words of the button."""
    is_asked = draft.step == "review" and draft.moving
    return bool(is_asked) and bare(fold(said.text)) in AGREED


async def coming(desk: DeskPort, setting: Setting) -> list[Booking]:
    """Return what the customer has that is not over."""
    now = setting.clock.now()
    return [each for each in await desk.bookings_of(setting.owner) if each.span.end > now]


async def start(draft: Draft, said: Utterance, desk: DeskPort, setting: Setting) -> Move:
    """Ask what is needed to move a booking: which one, or to when."""
    now = setting.clock.now()
    standing = await coming(desk, setting)
    if not standing:
        return await aside(draft, (Said("no_bookings"),), desk, setting)
    movable = [each for each in standing if is_movable(each, setting.business, now)]
    if not movable:
        return await _refused(draft, standing[0], desk, setting)
    meant = _meant(movable, said)
    if len(meant) > 1:
        asked = tuple(each.id for each in meant)
        draft = replace(draft, movable=asked, move_said=said.text, wish=said.wish)
        return draft, (_which(meant, setting),)
    draft = replace(draft, move_said=said.text, wish=said.wish)
    return await _begin(draft, meant[0], said, desk, setting)


def _meant(bookings: list[Booking], said: Utterance) -> list[Booking]:
    """Return those of the services or people named, or all where that leaves none."""
    named = [each for each in bookings if each.service_id in said.service_ids] or bookings
    with_them = [each for each in named if each.staff_id in said.staff_ids]
    return (with_them or named)[:LISTED]


def _which(bookings: list[Booking], setting: Setting) -> Reply:
    return WhichToMove(setting.business, tuple(bookings), setting.business.zone.key)


async def answer(draft: Draft, said: Utterance, desk: DeskPort, setting: Setting) -> Move | None:
    """Take the answer to the question which booking; None for a message about something else."""
    asked = draft.movable
    number = position(fold(said.text))
    if number is None:
        if said.intent in {Intent.NO, Intent.STOP, Intent.BACK, Intent.RETHINK}:
            return await aside(closed(draft), (Said("move_kept"),), desk, setting)
        return None
    own = {each.id: each for each in await desk.bookings_of(setting.owner)}
    chosen = own.get(at_place(asked, number) or "")
    if chosen is None:
        left = [own[each] for each in asked if each in own]
        return draft, (_which(left, setting),)
    return await _begin(draft, chosen, said, desk, setting)


def still_asked(draft: Draft, replies: tuple[Reply, ...]) -> Draft:
    """Close a question that was not put again."""
    return draft if any(isinstance(each, WhichToMove) for each in replies) else closed(draft)


def closed(draft: Draft) -> Draft:
    """Return the draft without a question which booking is meant."""
    return replace(draft, movable=(), move_said="") if draft.movable else draft


async def _begin(
    draft: Draft, booking: Booking, said: Utterance, desk: DeskPort, setting: Setting
) -> Move:
    """Open the question of the new time; what else was being booked is given up."""
    if not can_move(booking, setting):
        return await _refused(draft, booking, desk, setting)
    draft = await holding.let_go(draft, desk, setting)
    others = [each for each in said.staff_ids if each != booking.staff_id]
    wish = _wish(draft, booking, setting)
    draft = form_of(draft, booking, wanted=others[0] if len(others) == 1 else None)
    draft = replace(draft, wish=wish)
    was = moment_words(booking.span.start.astimezone(setting.business.zone), draft.language)
    draft, replies = await ask(draft, desk, setting)
    return draft, (Said("move_stays", {"when": was}), *replies)


def _wish(draft: Draft, booking: Booking, setting: Setting) -> Wish:
    """Return the wish for the new time: "two hours later" and "to 11" go by the time it has."""
    if draft.wish.is_empty or not draft.move_said:
        return draft.wish
    starts = booking.span.start.astimezone(setting.business.zone).replace(tzinfo=None)
    known = Context(setting.business, setting.clock.now(), draft.language, anchor=starts)
    return wishes.same_day(read_wish(draft.move_said, known), starts.date())


async def _refused(draft: Draft, booking: Booking, desk: DeskPort, setting: Setting) -> Move:
    service = setting.business.service(booking.service_id)
    error = MoveTooLate if service.approval is None else MoveRefused
    return await aside(closed(draft), (Said(error.code), Contact(setting.business)), desk, setting)


def can_move(booking: Booking, setting: Setting) -> bool:
    """Tell whether the customer may still move it."""
    return is_movable(booking, setting.business, setting.clock.now())


def form_of(draft: Draft, booking: Booking, *, wanted: str | None = None) -> Draft:
    """Return the form of a booking's new time; all else stands.

    Whoever was chosen by name serves again, or who is `wanted` instead; else anybody may.
    """
    is_named = booking.reason.partition(" ")[0] == NAMED
    return Draft(
        language=draft.language,
        step="slot",
        greeted=True,
        name=draft.name,
        email=draft.email,
        phone=draft.phone,
        booking_id=draft.booking_id,
        service_id=booking.service_id,
        duration_minutes=int(booking.span.duration.total_seconds()) // 60,
        location_id=booking.details.location_id if booking.details else None,
        staff_id=wanted or (booking.staff_id if is_named else None),
        wish=draft.wish,
        moving=booking.id,
        moving_from=booking.span.start,
        moving_staff_id=booking.staff_id,
    )


def as_it_was(draft: Draft, before: Draft) -> Draft:
    """Keep what a move does not change; another service is another booking."""
    if not draft.moving:
        return draft
    return replace(draft, duration_minutes=before.duration_minutes, location_id=before.location_id)


async def press(draft: Draft, pressed: Press, desk: DeskPort, setting: Setting) -> Advance | None:
    """Begin to move the booking that a button names; None = closed card."""
    booking = await own_of(pressed.values, desk, setting)
    if booking is None:
        return None
    nothing_said = Utterance(text="")
    draft, replies = await _begin(
        replace(draft, wish=nothing_said.wish), booking, nothing_said, desk, setting
    )
    return Advance(draft, replies)


async def own_of(values: Mapping[str, object], desk: DeskPort, setting: Setting) -> Booking | None:
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
