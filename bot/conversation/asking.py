"""The first open question of a draft, as a reply. The order of the whole form stands here."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot.conversation import holding, times, wishes
from bot.conversation.checks import chosen_location, open_fields
from bot.conversation.draft import Draft
from bot.conversation.replies import (
    AskDetails,
    AskDuration,
    AskLocation,
    AskService,
    ConfirmMove,
    Reply,
    Review,
    Said,
)
from bot.conversation.setting import DeskPort, Setting
from bot.conversation.wording import join_or, wish_words
from scheduling.catalog import Service

Move = tuple[Draft, tuple[Reply, ...]]
"""The draft after a message, and what to say."""


@dataclass(frozen=True, slots=True)
class Typed:
    """Answers just given: what is wrong with them, and how they were written."""

    errors: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)


def is_under_way(draft: Draft) -> bool:
    """Tell whether a booking is being made."""
    return draft.step not in {"start", "done"}


async def ask(draft: Draft, desk: DeskPort, setting: Setting, typed: Typed | None = None) -> Move:
    """Ask the first open question; with all known, ask for the confirmation."""
    draft = _with_the_only_service(draft, setting)
    if draft.service_id is None:
        return ask_service(draft, setting)
    service = setting.business.service(draft.service_id)
    if len(service.durations) > 1 and draft.duration_minutes is None:
        return replace(draft, step="duration", next_field=""), (AskDuration(service),)
    if setting.business.asks_place_first(service) and chosen_location(draft, service) is None:
        return replace(draft, step="location", next_field=""), (AskLocation(service),)
    if draft.staff_candidates:
        return _ask_staff(draft, setting)
    if draft.hold_start is None:
        draft, reply = await _ask_time(draft, desk, setting)
    else:
        draft, reply = await holding.keep(draft, desk, setting)
    if reply is not None:
        return replace(draft, next_field=""), (reply,)
    if draft.moving:
        return _confirm_move(draft, setting, service)
    return details_or_review(draft, setting, service, typed or Typed())


def ask_service(draft: Draft, setting: Setting) -> Move:
    """Ask which service: the close ones, those of the staff member named, or all."""
    services = setting.business.listed_services()
    close = tuple(s for s in setting.business.services if s.id in draft.service_candidates)
    if not close and draft.staff_id:
        close = tuple(s for s in services if draft.staff_id in s.staff_ids)
    reply = AskService(close or services, setting.business)
    return replace(draft, step="service", next_field=""), (reply,)


def _with_the_only_service(draft: Draft, setting: Setting) -> Draft:
    services = setting.business.listed_services()
    if draft.service_id is None and len(services) == 1:
        return replace(draft, service_id=services[0].id)
    return draft


def _ask_staff(draft: Draft, setting: Setting) -> Move:
    names = [setting.business.staff_member(i).name for i in draft.staff_candidates]
    reply = Said("which_staff", {"names": ", ".join(names)})
    return replace(draft, step="staff", next_field=""), (reply,)


async def _ask_time(draft: Draft, desk: DeskPort, setting: Setting) -> tuple[Draft, Reply | None]:
    """Offer times, or hold the one that is exactly what was wished."""
    if draft.readings:
        words = [wish_words(reading, draft.language) for reading in draft.readings]
        draft = replace(draft, step="slot", offered=(), offer_id="")
        return draft, Said("which_reading", {"readings": join_or(words, draft.language)})
    if question := times.again(draft, setting):
        return replace(draft, step="slot"), question
    found = await times.find(draft, desk, setting, draft.wish)
    if len(found.slots) == 1 and wishes.is_exact(draft.wish) and not draft.wish.recurrence:
        return await holding.pick(draft, found.slots[0].span.start, desk, setting)
    return await times.shown(draft, desk, setting, found)


def details_or_review(draft: Draft, setting: Setting, service: Service, typed: Typed) -> Move:
    """Ask for the first open field, or show all facts of a held time."""
    open_field = next(open_fields(draft, setting.business, service), "")
    if open_field or typed.errors:
        return details(draft, setting, typed, next_field=open_field or next(iter(typed.errors)))
    return _review(draft, setting, service)


def details(draft: Draft, setting: Setting, typed: Typed, *, next_field: str) -> Move:
    """Show the form of customer fields with what is known."""
    service = setting.business.service(draft.service_id or "")
    assert draft.hold_start is not None
    assert draft.hold_until is not None
    reply = AskDetails(
        business=setting.business,
        service=service,
        staff_member=setting.business.staff_member(draft.hold_staff_id or ""),
        span_start=draft.hold_start,
        span_end=draft.hold_start + times.chosen_duration(draft, service),
        zone=setting.business.zone.key,
        hold_until=draft.hold_until,
        values={**known_values(draft), **typed.values},
        questions=service.questions,
        asks_location=not setting.business.asks_place_first(service),
        next_field=next_field,
        errors=typed.errors,
    )
    return replace(draft, step="details", next_field=next_field), (reply,)


def known_values(draft: Draft) -> dict[str, str]:
    """Return what is known, by field id."""
    values = {
        "name": draft.name,
        "email": draft.email,
        "phone": draft.phone,
        "location": draft.location_id or "",
        "note": draft.note,
        **{f"q_{key}": answer for key, answer in draft.answers.items()},
        **draft.consents,
    }
    return {key: value for key, value in values.items() if value}


def _confirm_move(draft: Draft, setting: Setting, service: Service) -> Move:
    assert draft.hold_id is not None
    assert draft.hold_start is not None
    assert draft.hold_until is not None
    assert draft.moving_from is not None
    reply = ConfirmMove(
        business=setting.business,
        service=service,
        staff_member=setting.business.staff_member(draft.hold_staff_id or ""),
        was_staff_member=setting.business.staff_member(draft.moving_staff_id),
        was_start=draft.moving_from,
        span_start=draft.hold_start,
        span_end=draft.hold_start + times.chosen_duration(draft, service),
        zone=setting.business.zone.key,
        hold_id=draft.hold_id,
        hold_until=draft.hold_until,
        location_id=draft.location_id or "",
    )
    return replace(draft, step="review", next_field=""), (reply,)


def _review(draft: Draft, setting: Setting, service: Service) -> Move:
    assert draft.hold_id is not None
    assert draft.hold_start is not None
    assert draft.hold_until is not None
    location = chosen_location(draft, service)
    reply = Review(
        business=setting.business,
        service=service,
        staff_member=setting.business.staff_member(draft.hold_staff_id or ""),
        span_start=draft.hold_start,
        span_end=draft.hold_start + times.chosen_duration(draft, service),
        zone=setting.business.zone.key,
        hold_id=draft.hold_id,
        hold_until=draft.hold_until,
        name=draft.name,
        email=draft.email,
        phone=draft.phone,
        location_id=location.id if location else "",
        note=draft.note,
        answers=draft.answers,
        known_at=draft.known_at,
    )
    return replace(draft, step="review", next_field=""), (reply,)
