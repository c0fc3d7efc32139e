"""One message to one answer: fill in everything it said, then ask the first open question.

A form, not a waterfall: no step reads another step's answer, any answer may come at any time.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from bot.conversation import (
    accepting,
    cancelling,
    checks,
    choosing,
    filling,
    hearing,
    holding,
    identifying,
    moving,
    questions,
    reasons,
    times,
    wishes,
)
from bot.conversation.asides import (
    aside,
    change_language,
    explain_wait_list,
    greet_back,
    list_bookings,
    own_up,
    repeat,
    show_contact,
    show_help,
    show_privacy,
    stay_with_bookings,
    take_leave,
    take_thanks,
)
from bot.conversation.asking import (
    Move,
    Typed,
    ask,
    ask_service,
    details,
    is_under_way,
)
from bot.conversation.confirming import confirm
from bot.conversation.draft import Draft
from bot.conversation.presses import belongs, pick_and_ask, press
from bot.conversation.replies import (
    CalendarDown,
    Contact,
    Frozen,
    Reply,
    Said,
    Welcome,
)
from bot.conversation.setting import Advance, DeskPort, Setting
from bot.conversation.wording import clock_words
from bot.understanding.cleaning import fold
from bot.understanding.facts import lacks_email
from bot.understanding.intents import PRESSED
from bot.understanding.reading import is_one_more
from bot.understanding.utterance import Intent, Utterance
from bot.understanding.wish import Wish
from scheduling.errors import BookingError, CalendarUnavailable, MoveUnavailable

__all__ = ["Advance", "DeskPort", "Setting", "advance", "greet"]

PATIENCE = 2
"""Misunderstandings in a row after which a person is offered unasked."""
SAID_BACK = 3
"""Most dates that are said back where they do not exist."""
PAYING_WORDS = frozenset({"zahlungspflichtig buchen", "book with obligation to pay"})
"""A paid booking needs words that name the obligation (§ 312j BGB); a "yes" is not enough."""


def greet(draft: Draft, setting: Setting, name: str = "") -> Advance:
    """Welcome a customer who has just arrived; a second arrival says nothing."""
    if draft.greeted:
        return Advance(draft, ())
    welcome = Welcome(setting.business, name)
    return Advance(replace(draft, greeted=True), (welcome,))


async def advance(draft: Draft, said: Utterance, desk: DeskPort, setting: Setting) -> Advance:
    """Answer one message; a refusal of the desk leaves the draft as it was."""
    draft = filling.still_offered(replace(draft, greeted=True), setting)
    try:
        done = await _taken(draft, said, desk, setting)
        left = moving.still_asked(cancelling.still_asked(done.draft, done.replies), done.replies)
        return replace(done, draft=left)
    except BookingError as refusal:
        return Advance(draft, (_refusal(refusal, setting),))


async def _taken(draft: Draft, said: Utterance, desk: DeskPort, setting: Setting) -> Advance:
    if said.press is not None:
        return await _pressed(draft, said, desk, setting)
    draft, replies = await _spoken(_in_language(draft, said), said, desk, setting)
    return Advance(draft, replies)


def _refusal(refusal: BookingError, setting: Setting) -> Reply:
    if isinstance(refusal, CalendarUnavailable):
        moves = isinstance(refusal, MoveUnavailable)
        return CalendarDown(setting.business, moves=moves)
    return Said(refusal.code)


def _in_language(draft: Draft, said: Utterance) -> Draft:
    """Follow the customer into the other language where a message is clearly written in it."""
    return replace(draft, language=said.language) if said.language else draft


async def _pressed(draft: Draft, said: Utterance, desk: DeskPort, setting: Setting) -> Advance:
    pressed = said.press
    assert pressed is not None
    if pressed.verb in cancelling.VERBS:
        done = await cancelling.press(draft, pressed, desk, setting)
        return done or await _closed(draft, desk, setting)
    if pressed.verb in accepting.VERBS:
        done = await accepting.press(draft, pressed, desk, setting)
        return done or await _closed(draft, desk, setting)
    if pressed.verb in moving.VERBS:
        done = await moving.press(draft, pressed, desk, setting)
        return done or await _closed(draft, desk, setting)
    if pressed.verb not in PRESSED:
        done = await press(draft, pressed, desk, setting)
        return done or await _closed(draft, desk, setting)
    if not belongs(draft, pressed):
        return await _closed(draft, desk, setting)
    changed, replies = await _INTENTS[said.intent](draft, said, desk, setting)
    return Advance(replace(changed, misunderstood=0), replies, _FROZEN.get(pressed.verb))


_FROZEN: Mapping[str, Frozen] = {
    "flow.cancel": Frozen("stopped_card"),
    "slot.later": Frozen("other_times_shown"),
    "slot.earlier": Frozen("other_times_shown"),
    "slot.back": Frozen("other_times_shown"),
    "slot.show": Frozen("other_times_shown"),
    "details.edit": Frozen("editing"),
    "booking.edit": Frozen("editing"),
}


async def _closed(draft: Draft, desk: DeskPort, setting: Setting) -> Advance:
    """Refuse an old or forged card in words; nothing changes."""
    draft, replies = await repeat(draft, desk, setting)
    return Advance(draft, (Said("closed_card"), *replies))


async def _spoken(draft: Draft, said: Utterance, desk: DeskPort, setting: Setting) -> Move:
    if (answered := await identifying.answer(draft, said, desk, setting)) is not None:
        return answered
    if draft.cancelling:
        answered = await cancelling.answer(draft, said, desk, setting)
        if answered is not None:
            return answered
    if draft.movable:
        answered = await moving.answer(draft, said, desk, setting)
        if answered is not None:
            return answered
    if moving.agrees(draft, said):
        return await confirm(draft, desk, setting)
    is_aside = said.intent in _ASIDES and filling.has_content(said)
    handler = None if is_aside else _INTENTS.get(said.intent)
    if handler is not None and not _is_answer(draft, said):
        draft, replies = await handler(draft, said, desk, setting)
        return replace(draft, misunderstood=0), replies or (Said("nothing_open"),)
    return await _told(draft, said, desk, setting)


# said along with something of substance, these are courtesy
_ASIDES = frozenset({Intent.GREET, Intent.THANKS, Intent.HELP, Intent.BOOK, Intent.YES, Intent.NO})


def _is_answer(draft: Draft, said: Utterance) -> bool:
    """Tell whether yes, no and the like answer the field that was asked for."""
    takes_answers = draft.step == "details" and draft.next_field != ""
    if said.intent in {Intent.LATER, Intent.EARLIER}:
        # neither a name nor an address: the time is meant
        return takes_answers and draft.next_field.startswith("q_")
    return takes_answers and said.intent in {Intent.YES, Intent.NO, Intent.GREET, Intent.THANKS}


async def _told(draft: Draft, said: Utterance, desk: DeskPort, setting: Setting) -> Move:
    """Take in what was said, answer to the open question first, then everything else."""
    if (start := choosing.chosen_start(draft, said)) is not None:
        said = replace(said, wish=Wish(), choice=None)
    said, remarks = _without_past(said, setting)
    remarks += _missing_days(said)
    before = draft
    draft = choosing.taken(draft, said, setting)
    draft, typed = _field_taken(draft, said, setting)
    filled = filling.fill(draft, said, setting)
    draft = moving.as_it_was(filled.draft, before)
    typed = Typed({**typed.errors, **filled.errors}, {**typed.values, **filled.values})
    understood = draft != before or bool(remarks) or filling.has_content(said)
    if not understood and start is None:
        return await _not_understood(before, desk, setting, typed)
    if start is not None and not draft.offered:
        # with another service or somebody else that time has to be found first
        draft, start = replace(draft, wish=times.only_at(start, draft.wish, setting)), None
    draft = told = replace(draft, misunderstood=0)
    try:
        if draft.service_id != before.service_id:
            draft = await holding.let_go(draft, desk, setting)
        if start is not None:
            draft, replies = await pick_and_ask(draft, start, desk, setting, typed)
        else:
            draft, replies = await ask(draft, desk, setting, typed)
    except BookingError as refusal:
        # what the message said is known now, whatever the desk could not do with it
        replies = (_refusal(refusal, setting),)
    said_back = hearing.heard(before, told, replies[0], setting)
    return draft, (*remarks, *filled.remarks, *said_back, *replies)


def _without_past(said: Utterance, setting: Setting) -> tuple[Utterance, tuple[Reply, ...]]:
    """Leave a wish for days that are over unheard, and say so."""
    today = times.local(setting.clock.now(), setting).date()
    lasts = [span.last for clause in said.wish.alternatives for span in clause.dates]
    if not lasts or any(last is None or last >= today for last in lasts):
        return said, ()
    return replace(said, wish=Wish()), (Said("date_passed"),)


def _missing_days(said: Utterance) -> tuple[Reply, ...]:
    """Say that no calendar has such a day."""
    days = ", ".join(said.missing_days[:SAID_BACK])
    return (Said("no_such_day", {"day": days}),) if days else ()


def _field_taken(draft: Draft, said: Utterance, setting: Setting) -> tuple[Draft, Typed]:
    """Read the message as the answer to the field asked for, unless it speaks of another."""
    key = draft.next_field
    # own words are read as nothing else, so what has content corrects something
    if draft.step != "details" or not key or filling.has_content(said):
        return draft, Typed()
    service = setting.business.service(draft.service_id or "")
    raw = "" if key == "name" else said.text
    if said.intent is Intent.NO and key.startswith("q_"):
        raw = ""
    if key in {"privacy", "consent"}:
        agreed = checks.consents_of(setting.business, service)[key].version
        raw = agreed if said.intent is Intent.YES else ""
    try:
        return checks.filled(draft, key, raw, setting.business, service), Typed()
    except checks.Refused as refused:
        is_unwilling = key == "email" and lacks_email(fold(said.text))
        return draft, Typed({key: "mail_needed" if is_unwilling else refused.key})


async def _not_understood(draft: Draft, desk: DeskPort, setting: Setting, typed: Typed) -> Move:
    """Say so at the field or in a sentence; a person is offered when it happens again."""
    draft = replace(draft, misunderstood=draft.misunderstood + 1)
    remarks: tuple[Reply, ...] = () if typed.errors else (Said("not_understood"),)
    if draft.misunderstood >= PATIENCE:
        remarks = (*remarks, Said("offer_human"), Contact(setting.business))
    if not is_under_way(draft):
        return draft, remarks
    draft, replies = await ask(draft, desk, setting, typed)
    return draft, (*remarks, *replies)


async def _book(draft: Draft, _said: Utterance, desk: DeskPort, setting: Setting) -> Move:
    return await ask(draft, desk, setting)


async def _reschedule(draft: Draft, said: Utterance, desk: DeskPort, setting: Setting) -> Move:
    """Before the booking stands, "change" means what is on the screen."""
    if draft.moving:
        return await _other_time(draft, said, desk, setting)
    if draft.step == "review" and said.wish.is_empty:
        return await _edit(draft, said, desk, setting)
    if is_under_way(draft) and not await moving.coming(desk, setting):
        # nothing stands yet: what is to be moved is the wish
        return await _told(draft, replace(said, intent=Intent.NONE), desk, setting)
    said, remarks = _without_past(said, setting)
    remarks += _missing_days(said)
    draft, replies = await moving.start(draft, said, desk, setting)
    return draft, (*remarks, *replies)


async def _stop(draft: Draft, _said: Utterance, desk: DeskPort, setting: Setting) -> Move:
    was_moving = bool(draft.moving)
    draft = await holding.let_go(draft, desk, setting)
    return _blank(draft), (Said("move_kept" if was_moving else "stopped"),)


async def _start_over(draft: Draft, _said: Utterance, desk: DeskPort, setting: Setting) -> Move:
    draft = _blank(await holding.let_go(draft, desk, setting))
    draft, replies = await ask(draft, desk, setting)
    return draft, (Said("started_over"), *replies)


def _blank(draft: Draft) -> Draft:
    return Draft(language=draft.language, greeted=True, booking_id=draft.booking_id)


async def _back(draft: Draft, said: Utterance, desk: DeskPort, setting: Setting) -> Move:
    """Go to the question before; what was answered stays."""
    if draft.moving:
        way = _other_time if draft.step == "review" else _stop
        return await way(draft, said, desk, setting)
    if draft.step == "review":
        return await _edit(draft, said, desk, setting)
    if draft.step == "details":
        return await _other_time(draft, said, desk, setting)
    if draft.step in {"slot", "staff", "duration", "location"}:
        return await _before_times(draft, said, desk, setting)
    return await repeat(draft, desk, setting)


async def _before_times(draft: Draft, said: Utterance, desk: DeskPort, setting: Setting) -> Move:
    """Go back among the questions that decide which times there are."""
    service = setting.business.service(draft.service_id or "")
    draft = replace(draft, staff_candidates=(), offered=(), offer_id="")
    if draft.step == "slot" and setting.business.asks_place_first(service):
        return await ask(replace(draft, location_id=None), desk, setting)
    if draft.step in {"slot", "location"} and len(service.durations) > 1:
        return await ask(replace(draft, duration_minutes=None), desk, setting)
    return await _other_service(draft, said, desk, setting)


async def _other_service(draft: Draft, said: Utterance, desk: DeskPort, setting: Setting) -> Move:
    if said.service_ids:
        return await _told(draft, said, desk, setting)
    draft = replace(await holding.let_go(draft, desk, setting), moving="")
    draft = replace(draft, service_id=None, duration_minutes=None, service_candidates=())
    return ask_service(draft, setting)


async def _other_time(draft: Draft, said: Utterance, desk: DeskPort, setting: Setting) -> Move:
    is_more = is_one_more(fold(said.text))
    if not is_under_way(draft) and not is_more and await moving.coming(desk, setting):
        return await moving.start(draft, said, desk, setting)
    if not said.wish.is_empty:
        return await _told(draft, said, desk, setting)
    draft = replace(
        holding.reopened(draft), wish=wishes.without_clock(draft.wish), earlier_pages=()
    )
    return await ask(draft, desk, setting)


async def _other_staff(draft: Draft, said: Utterance, desk: DeskPort, setting: Setting) -> Move:
    if said.staff_ids:
        return await _told(draft, said, desk, setting)
    unwanted = draft.hold_staff_id or draft.staff_id
    excluded = draft.excluded_staff_ids
    if unwanted:
        excluded = tuple(dict.fromkeys((*excluded, unwanted)))
    draft = replace(holding.reopened(draft), staff_id=None, excluded_staff_ids=excluded)
    return await ask(draft, desk, setting)


async def _later(draft: Draft, said: Utterance, desk: DeskPort, setting: Setting) -> Move:
    if draft.step != "slot":
        return await _other_time(draft, said, desk, setting)
    turned = await times.later(draft, desk, setting)
    return _turned(turned) or await aside(draft, (Said("no_later"),), desk, setting)


async def _earlier(draft: Draft, said: Utterance, desk: DeskPort, setting: Setting) -> Move:
    if draft.step != "slot":
        return await _other_time(draft, said, desk, setting)
    turned = await times.earlier(draft, desk, setting)
    return _turned(turned) or await aside(draft, (Said("no_earlier"),), desk, setting)


def _turned(turned: tuple[Draft, Reply] | None) -> Move | None:
    return None if turned is None else (turned[0], (turned[1],))


async def _edit(draft: Draft, said: Utterance, desk: DeskPort, setting: Setting) -> Move:
    if draft.moving:
        return await _other_time(draft, said, desk, setting)
    if draft.hold_start is None:
        return await repeat(draft, desk, setting)
    draft, reply = await holding.keep(draft, desk, setting)
    if reply is not None:
        return draft, (reply,)
    return details(draft, setting, Typed(), next_field="")


async def _extend(draft: Draft, _said: Utterance, desk: DeskPort, setting: Setting) -> Move:
    if draft.hold_start is None:
        return await repeat(draft, desk, setting)
    key = "extend_once"
    if not draft.extended:
        draft, reply = await holding.renew(draft, desk, setting)
        if reply is not None:
            return draft, (reply,)
        draft = replace(draft, extended=True)
        key = "hold_extended"
    assert draft.hold_until is not None
    until = times.local(draft.hold_until, setting).time()
    told = Said(key, {"time": clock_words(until, draft.language)})
    return await aside(draft, (told,), desk, setting)


async def _yes(draft: Draft, said: Utterance, desk: DeskPort, setting: Setting) -> Move:
    if draft.step == "review":
        service = setting.business.service(draft.service_id or "")
        is_paid = service.price.is_paid and not draft.moving
        if is_paid and said.text.strip(" .!").lower() not in PAYING_WORDS:
            return await aside(draft, (Said("say_you_pay"),), desk, setting)
        return await confirm(draft, desk, setting)
    if draft.step == "slot" and len(draft.offered) == 1:
        return await pick_and_ask(draft, draft.offered[0].start, desk, setting)
    if draft.step == "details":
        return await ask(draft, desk, setting)
    return await accepting.agree(draft, desk, setting) or await aside(
        draft, (Said("nothing_to_confirm"),), desk, setting
    )


async def _no(draft: Draft, said: Utterance, desk: DeskPort, setting: Setting) -> Move:
    if draft.moving and draft.step == "review":
        return await _stop(draft, said, desk, setting)
    if draft.step == "review":
        return await _edit(draft, said, desk, setting)
    if draft.step == "slot":
        return await _later(draft, said, desk, setting)
    if draft.step == "staff":
        return await ask(replace(draft, staff_candidates=()), desk, setting)
    remarks = () if is_under_way(draft) else (Said("nothing_to_confirm"),)
    return await aside(draft, remarks, desk, setting)


async def _rethink(draft: Draft, said: Utterance, desk: DeskPort, setting: Setting) -> Move:
    """Ask what is to be different; the open question stays open."""
    if not is_under_way(draft):
        return await _no(draft, said, desk, setting)
    return await aside(draft, (Said("what_else"),), desk, setting)


async def _question(draft: Draft, said: Utterance, desk: DeskPort, setting: Setting) -> Move:
    """Answer what is asked about an offer, and take in what else was told."""
    if (rest := questions.rest_of(said)) is not None:
        draft, replies = await _told(draft, rest, desk, setting)
        return draft, (*await questions.answer(draft, said, desk, setting), *replies)
    answered = await questions.answer(draft, said, desk, setting)
    return await aside(questions.asked_about(draft, said, setting), answered, desk, setting)


_Handler = Callable[[Draft, Utterance, DeskPort, Setting], Awaitable[Move]]
_INTENTS: Mapping[Intent, _Handler] = {
    Intent.BOOK: _book,
    Intent.WHY_NOT: reasons.explain,
    Intent.HELP: show_help,
    Intent.STOP: _stop,
    Intent.START_OVER: _start_over,
    Intent.BACK: _back,
    Intent.LIST: list_bookings,
    Intent.CANCEL_BOOKING: cancelling.start,
    Intent.RESCHEDULE: _reschedule,
    Intent.HUMAN: show_contact,
    Intent.PRIVACY: show_privacy,
    Intent.LANGUAGE: change_language,
    Intent.GREET: greet_back,
    Intent.THANKS: take_thanks,
    Intent.GOODBYE: take_leave,
    Intent.BOT_CHALLENGE: own_up,
    Intent.OUT_OF_SCOPE: stay_with_bookings,
    Intent.WAIT_LIST: explain_wait_list,
    Intent.YES: _yes,
    Intent.NO: _no,
    Intent.OTHER_SERVICE: _other_service,
    Intent.OTHER_TIME: _other_time,
    Intent.OTHER_STAFF: _other_staff,
    Intent.EARLIER: _earlier,
    Intent.LATER: _later,
    Intent.EXTEND_HOLD: _extend,
    Intent.EDIT_DETAILS: _edit,
    Intent.RETHINK: _rethink,
    **dict.fromkeys(questions.KINDS, _question),
}
