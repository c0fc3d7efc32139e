"""A booking made elsewhere: its number is named, a code goes to its address, the code opens it.

What is answered to a number is the same whether there is such a booking or not.
"""

import re
from dataclasses import replace

from bot.conversation.asides import aside
from bot.conversation.asking import Move
from bot.conversation.draft import Draft
from bot.conversation.replies import Receipt, Said
from bot.conversation.setting import DeskPort, Setting
from bot.understanding.utterance import Utterance

_NUMBER = re.compile(r"\bB[- ]?[2-9A-HJKMNP-Z]{4}[- ]?[2-9A-HJKMNP-Z]{4}\b", re.IGNORECASE)
_CODE = re.compile(r"\D{0,40}(\d{4}[ -]?\d{4})\D{0,10}")


async def answer(draft: Draft, said: Utterance, desk: DeskPort, setting: Setting) -> Move | None:
    """Take a booking number, or the code that was asked for; None for any other message."""
    if setting.identity is None or said.press is not None:
        return None
    if found := _NUMBER.search(said.text[:200]):
        if any(
            each.number == _written(found[0]) for each in await desk.bookings_of(setting.owner)
        ):
            return None
        is_sent = await setting.identity.ask_code(found[0], setting.owner)
        told = Said("code_asked" if is_sent else "page_too_many")
        return replace(draft, identifying=is_sent), (told,)
    code = _CODE.fullmatch(said.text[:60]) if draft.identifying else None
    if code is None:
        return None
    booking = await setting.identity.take(code[1], setting.owner)
    if booking is None:
        return draft, (Said("code_wrong"),)
    receipt = Receipt(
        business=setting.business,
        service=setting.business.service(booking.service_id),
        staff_member=setting.business.staff_member(booking.staff_id),
        booking=booking,
        zone=setting.business.zone.key,
        is_found=True,
    )
    return await aside(replace(draft, identifying=False), (receipt,), desk, setting)


def _written(words: str) -> str:
    letters = re.sub(r"[- ]", "", words).upper()[1:]
    return f"B-{letters[:4]}-{letters[4:]}"
