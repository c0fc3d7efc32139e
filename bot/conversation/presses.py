"""Pressed buttons and submitted forms that carry values. Every value is forged until checked.

A handler returns None for anything that does not belong to the card on the table: then the card is
closed and nothing changes.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from bot.conversation import checks, filling, holding, times
from bot.conversation.asking import Typed, ask, is_under_way
from bot.conversation.confirming import confirm, confirmed_before, finished, receipt
from bot.conversation.draft import Draft
from bot.conversation.replies import Frozen, Receipt, Reply, Said
from bot.conversation.setting import Advance, DeskPort, Setting
from bot.conversation.wording import moment_words
from bot.understanding.cleaning import MAX_CHARACTERS, clean
from bot.understanding.utterance import Press
from bot.understanding.wish import Clause, DateSpan, Window, Wish
from scheduling.booking import BookingState
from scheduling.errors import UnknownService

DAY_PARTS: Mapping[str, tuple[Window, ...]] = {
    "": (),
    "any": (),
    "morning": (Window(time(0), time(12)),),
    "afternoon": (Window(time(12), time(17)),),
    "evening": (Window(time(17), None),),
}
_CARD_LEFT: Mapping[BookingState, str] = {
    BookingState.REQUESTED: "requested_card",
    # by the same customer, elsewhere, in this very moment
    BookingState.CANCELLED: "cancelled_card",
}
_HELD_STEPS = frozenset({"details", "review"})


async def press(draft: Draft, pressed: Press, desk: DeskPort, setting: Setting) -> Advance | None:
    """Do what a button with values asks for; None = closed card."""
    handler = _HANDLERS.get(pressed.verb)
    if handler is None:
        return None
    return await handler(draft, pressed.values, desk, setting)


def belongs(draft: Draft, pressed: Press) -> bool:
    """Tell whether a button without values of its own comes from a card that is still open.

    Cards may carry the offer or the hold they were made for; a different one is an old card.
    """
    values = pressed.values
    if "offer" in values and values["offer"] != draft.offer_id:
        return False
    if "hold" in values and values["hold"] != draft.hold_id:
        return False
    needs = _NEEDS.get(pressed.verb)
    return needs is None or needs(draft)


def _has_offer(draft: Draft) -> bool:
    return draft.step == "slot"


def _has_hold(draft: Draft) -> bool:
    return draft.hold_start is not None and draft.step in _HELD_STEPS


def _has_time(draft: Draft) -> bool:
    return _has_offer(draft) or _has_hold(draft)


_NEEDS: Mapping[str, Callable[[Draft], bool]] = {
    "flow.cancel": is_under_way,
    "slot.later": _has_offer,
    "slot.earlier": _has_offer,
    "slot.back": _has_time,
    "slot.show": _has_time,
    "hold.extend": _has_hold,
    "details.edit": _has_hold,
    "booking.edit": _has_hold,
}


def when(start: datetime, draft: Draft, setting: Setting) -> str:
    """Return the words of a UTC start in the business's wall clock."""
    return moment_words(times.local(start, setting), draft.language)


def _text(values: Mapping[str, object], key: str) -> str | None:
    value = values.get(key)
    return value if isinstance(value, str) and len(value) <= MAX_CHARACTERS else None


async def _pick_service(
    draft: Draft, values: Mapping[str, object], desk: DeskPort, setting: Setting
) -> Advance | None:
    try:
        service = setting.business.service(_text(values, "service") or "")
    except UnknownService:
        return None
    if service.needs_invitation:
        return None
    if draft.hold_start is not None and draft.step in _HELD_STEPS:
        return None
    if draft.service_id != service.id:
        draft = replace(await holding.let_go(draft, desk, setting), earlier_pages=())
    draft, remarks = filling.without_unfit_staff(filling.with_service(draft, service), setting)
    draft, replies = await ask(draft, desk, setting)
    name = service.name.in_language(draft.language)
    return Advance(draft, (*remarks, *replies), Frozen("picked_service", {"service": name}))


async def _pick_duration(
    draft: Draft, values: Mapping[str, object], desk: DeskPort, setting: Setting
) -> Advance | None:
    raw = values.get("minutes")
    minutes = str(raw) if isinstance(raw, int | str) and not isinstance(raw, bool) else ""
    if draft.service_id is None or draft.step != "duration" or not minutes.isdecimal():
        return None
    lengths = setting.business.service(draft.service_id).durations
    if len(minutes) > 4 or timedelta(minutes=int(minutes)) not in lengths:
        return None
    draft = replace(draft, duration_minutes=int(minutes))
    draft, replies = await ask(draft, desk, setting)
    return Advance(draft, replies, Frozen("picked_duration", {"minutes": str(int(minutes))}))


async def _pick_location(
    draft: Draft, values: Mapping[str, object], desk: DeskPort, setting: Setting
) -> Advance | None:
    if draft.service_id is None or draft.step != "location":
        return None
    service = setting.business.service(draft.service_id)
    wanted = _text(values, "location")
    chosen = next((each for each in service.locations if each.id == wanted), None)
    if chosen is None:
        return None
    draft, replies = await ask(replace(draft, location_id=chosen.id), desk, setting)
    return Advance(draft, replies, Frozen("picked_location"))


async def _pick_slot(
    draft: Draft, values: Mapping[str, object], desk: DeskPort, setting: Setting
) -> Advance | None:
    start = _moment(_text(values, "slot") or "")
    if start is None or draft.step != "slot" or not draft.offer_id:
        return None
    if _text(values, "offer") != draft.offer_id:
        return None
    if start not in {offered.start for offered in draft.offered}:
        return None
    words = {"when": when(start, draft, setting)}
    draft, replies = await pick_and_ask(draft, start, desk, setting)
    is_held = draft.hold_start == start
    return Advance(
        draft, replies, Frozen("picked_slot", words) if is_held else Frozen("other_times_shown")
    )


async def pick_and_ask(
    draft: Draft,
    start: datetime,
    desk: DeskPort,
    setting: Setting,
    typed: Typed | None = None,
) -> tuple[Draft, tuple[Reply, ...]]:
    """Hold an offered start and go on with what is open."""
    draft, reply = await holding.pick(draft, start, desk, setting)
    return (draft, (reply,)) if reply is not None else await ask(draft, desk, setting, typed)


def _moment(raw: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(raw)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


async def _other_day(
    draft: Draft, values: Mapping[str, object], desk: DeskPort, setting: Setting
) -> Advance | None:
    part = values.get("daypart", "")
    windows = DAY_PARTS.get(part) if isinstance(part, str) else None
    raw = values.get("date", "")
    if windows is None or not isinstance(raw, str) or not _has_time(draft):
        return None
    if values.get("offer", draft.offer_id) != draft.offer_id:
        return None
    try:
        day = date.fromisoformat(raw) if raw else None
    except ValueError:
        return None
    if day and day < times.local(setting.clock.now(), setting).date():
        draft, replies = await ask(draft, desk, setting)
        return Advance(draft, (Said("date_passed"), *replies))
    dates = (DateSpan(day, day),) if day else ()
    clauses = (Clause(dates=dates, windows=windows),) if dates or windows else ()
    draft = replace(
        holding.reopened(draft),
        wish=Wish(clauses, draft.wish.exclude),
        earlier_pages=(),
    )
    draft, replies = await ask(draft, desk, setting)
    return Advance(draft, replies, Frozen("other_times_shown"))


async def _submit_details(
    draft: Draft, values: Mapping[str, object], desk: DeskPort, setting: Setting
) -> Advance | None:
    if not _has_hold(draft) or values.get("hold", draft.hold_id) != draft.hold_id:
        return None
    service = setting.business.service(draft.service_id or "")
    decided = set() if _asks_location(draft, setting) else {"location"}
    fields = [
        *(key for key in checks.PLAIN_FIELDS if key not in decided),
        *(f"q_{question.id}" for question in service.questions),
        *checks.consents_of(setting.business, service),
    ]
    # clients leave out what stayed empty; the form has put every question all the same
    unanswered = {f"q_{question.id}": "" for question in service.questions}
    given = unanswered | {key: values[key] for key in fields if key in values}
    texts = {key: raw for key, raw in given.items() if isinstance(raw, str)}
    if len(texts) != len(given):
        return None
    draft, typed = _filled(draft, texts, setting)
    draft, replies = await ask(draft, desk, setting, typed)
    return Advance(draft, replies, None if typed.errors else Frozen("details_given"))


def _asks_location(draft: Draft, setting: Setting) -> bool:
    """Tell whether the form may change the place; where it decides who is free, it may not."""
    service = setting.business.service(draft.service_id or "")
    return not setting.business.asks_place_first(service)


def _filled(draft: Draft, texts: Mapping[str, str], setting: Setting) -> tuple[Draft, Typed]:
    """Take each field that will do; the others come back as written, with what is wrong."""
    service = setting.business.service(draft.service_id or "")
    errors: dict[str, str] = {}
    written: dict[str, str] = {}
    # the place decides whether a phone number is needed: it comes first
    for key in sorted(texts, key=lambda k: k != "location"):
        if key == "location" and not texts[key] and len(service.locations) == 1:
            continue
        try:
            draft = checks.filled(draft, key, texts[key], setting.business, service)
        except checks.Refused as refused:
            errors[key] = refused.key
            written[key] = clean(texts[key])
            draft = _without(draft, key)
    return draft, Typed(errors, written)


def _without(draft: Draft, key: str) -> Draft:
    """Drop an answer that was replaced by one that will not do."""
    if key == "name":
        return replace(draft, name="")
    if key == "email":
        return replace(draft, email="")
    if key == "phone":
        return replace(draft, phone="")
    if key in {"privacy", "consent"}:
        return replace(draft, consents={k: v for k, v in draft.consents.items() if k != key})
    return draft


async def _confirm(
    draft: Draft, values: Mapping[str, object], desk: DeskPort, setting: Setting
) -> Advance | None:
    hold = _text(values, "hold")
    if not hold:
        return None
    if draft.step == "review" and hold == draft.hold_id and draft.hold_start is not None:
        start = draft.hold_start
        draft, replies = await confirm(draft, desk, setting)
        done = next((reply for reply in replies if isinstance(reply, Receipt)), None)
        if done is None:
            return Advance(draft, replies)
        key = _CARD_LEFT.get(done.booking.state, "confirmed")
        if done.booking.moved_from and done.booking.state is BookingState.BOOKED:
            key = "moved_card"
        return Advance(draft, replies, Frozen(key, {"when": when(start, draft, setting)}))
    booking = await confirmed_before(hold, desk, setting)
    if booking is None:
        return None
    if hold == draft.hold_id:
        # confirmed in the store by a turn whose draft was lost: the draft catches up
        draft = finished(draft, booking)
    return Advance(draft, (receipt(booking, setting),))


_Handler = Callable[[Draft, Mapping[str, object], DeskPort, Setting], Awaitable[Advance | None]]
_HANDLERS: Mapping[str, _Handler] = {
    "service.pick": _pick_service,
    "duration.pick": _pick_duration,
    "location.pick": _pick_location,
    "slot.pick": _pick_slot,
    "slot.other": _other_day,
    "details.submit": _submit_details,
    "booking.confirm": _confirm,
}
