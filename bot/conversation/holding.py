"""Holding a time: picking, keeping it alive, giving it back, and what to say when it is gone."""

from dataclasses import replace
from datetime import datetime

from bot.conversation import times
from bot.conversation.draft import Draft
from bot.conversation.replies import Reply
from bot.conversation.setting import DeskPort, Setting
from scheduling.booking import Booking
from scheduling.desk import HoldOrder
from scheduling.errors import HoldExpired, NotOffered, SlotTaken


async def pick(
    draft: Draft, start: datetime, desk: DeskPort, setting: Setting
) -> tuple[Draft, Reply | None]:
    """Hold a start; a reply comes back only where that failed, with other times in it."""
    try:
        held = await _hold(draft, start, draft.staff_id, desk, setting)
    except SlotTaken:
        return await _lost(draft, start, desk, setting, note="slot_taken")
    except NotOffered:
        return await _lost(draft, start, desk, setting, note="not_offered")
    return with_hold(draft, held), None


async def keep(draft: Draft, desk: DeskPort, setting: Setting) -> tuple[Draft, Reply | None]:
    """Renew a hold that ran out while the customer was writing, the same time and person."""
    if draft.hold_until is None or setting.clock.now() < draft.hold_until:
        return draft, None
    return await renew(draft, desk, setting)


async def renew(draft: Draft, desk: DeskPort, setting: Setting) -> tuple[Draft, Reply | None]:
    """Extend the hold, or hold the same time again where it is over; else offer other times."""
    assert draft.hold_id is not None
    assert draft.hold_start is not None
    try:
        try:
            held = await desk.extend(draft.hold_id, setting.owner)
        except HoldExpired:
            # the same facts were on the screen: only the same person will do
            held = await _hold(draft, draft.hold_start, draft.hold_staff_id, desk, setting)
    except (SlotTaken, NotOffered):
        return await _lost(draft, draft.hold_start, desk, setting, note="slot_taken")
    return with_hold(draft, held), None


async def lost(
    draft: Draft, desk: DeskPort, setting: Setting, *, note: str
) -> tuple[Draft, Reply]:
    """Take back the held time that is gone; all details stay."""
    assert draft.hold_start is not None
    return await _lost(draft, draft.hold_start, desk, setting, note=note)


async def let_go(draft: Draft, desk: DeskPort, setting: Setting) -> Draft:
    """Release the hold, if there is one."""
    if draft.hold_id is not None:
        await desk.release(draft.hold_id, setting.owner)
    return replace(reopened(draft), hold_id=None)


def reopened(draft: Draft) -> Draft:
    """Open the question of the time again; the hold stays until the next pick replaces it."""
    return replace(
        draft, hold_start=None, hold_until=None, hold_staff_id=None, offered=(), offer_id=""
    )


def with_hold(draft: Draft, held: Booking) -> Draft:
    """Return the draft with a held time."""
    return replace(
        draft,
        hold_id=held.id,
        hold_start=held.span.start,
        hold_until=held.hold_until,
        hold_staff_id=held.staff_id,
        extended=draft.extended and held.id == draft.hold_id,
        offered=(),
        offer_id="",
        note_key="",
        known_at=held.known_at,
    )


async def _hold(
    draft: Draft, start: datetime, staff_id: str | None, desk: DeskPort, setting: Setting
) -> Booking:
    service = setting.business.service(draft.service_id or "")
    return await desk.hold(
        HoldOrder(
            service_id=service.id,
            duration=times.chosen_duration(draft, service),
            start=start,
            staff_id=staff_id,
            owner=setting.owner,
            excluded_staff_ids=draft.excluded_staff_ids,
            ignore_booking=draft.hold_id,
            location_id=times.location_of(draft, service, setting),
            moves=draft.moving or None,
            offer_id=draft.offer_id,
            offered=tuple(each.start for each in draft.offered),
        )
    )


async def _lost(
    draft: Draft, start: datetime, desk: DeskPort, setting: Setting, *, note: str
) -> tuple[Draft, Reply]:
    return await times.beside(reopened(draft), desk, setting, start, note=note)
