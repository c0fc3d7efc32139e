"""The staff moved a booking in Outlook: whether the new time suits the customer.

The question is put unasked, so it may be answered at any later time, as long as the booking still
stands where the staff put it. Another time, or none, are asked for in moving and cancelling.
"""

from bot.conversation.asides import aside
from bot.conversation.asking import Move, is_under_way
from bot.conversation.draft import Draft
from bot.conversation.moving import own_of
from bot.conversation.replies import Frozen, Said
from bot.conversation.setting import Advance, DeskPort, Setting
from bot.conversation.wording import moment_words
from bot.understanding.utterance import Press
from scheduling.booking import Booking

VERBS = frozenset({"booking.accept"})


async def agree(draft: Draft, desk: DeskPort, setting: Setting) -> Move | None:
    """Take a yes where nothing else is asked; None where it is not clear to what."""
    own = await desk.bookings_of(setting.owner)
    asked = [each for each in own if each.awaits_answer]
    if is_under_way(draft) or len(asked) != 1:
        return None
    return await _accepted(draft, asked[0], desk, setting)


async def press(draft: Draft, pressed: Press, desk: DeskPort, setting: Setting) -> Advance | None:
    """Take the yes of a button; None = it was moved, cancelled or answered since."""
    booking = await own_of(pressed.values, desk, setting)
    if booking is None or str(booking.version) != str(pressed.values.get("version")):
        return None
    if not booking.awaits_answer:
        return None
    draft, replies = await _accepted(draft, booking, desk, setting)
    when = {"when": _when(booking, draft, setting)}
    return Advance(draft, replies, Frozen("staff_move_accepted", when))


async def _accepted(draft: Draft, booking: Booking, desk: DeskPort, setting: Setting) -> Move:
    await desk.accept(booking.id, setting.owner)
    said = Said("staff_move_accepted", {"when": _when(booking, draft, setting)})
    return await aside(draft, (said,), desk, setting)


def _when(booking: Booking, draft: Draft, setting: Setting) -> str:
    return moment_words(booking.span.start.astimezone(setting.business.zone), draft.language)
