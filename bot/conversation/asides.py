"""Digressions: answered at any time, then the open question is asked again."""

from dataclasses import replace

from bot.conversation.asking import Move, ask, is_under_way
from bot.conversation.draft import Draft
from bot.conversation.replies import BookingList, Contact, Help, Reply, Said, Welcome
from bot.conversation.setting import DeskPort, Setting
from bot.understanding.utterance import Utterance
from scheduling.desk import cancel_until, is_movable

LISTED = 5
"""A list shows so many bookings at most."""


async def repeat(draft: Draft, desk: DeskPort, setting: Setting) -> Move:
    """Ask the open question again, as it was; nothing where no booking is under way."""
    if not is_under_way(draft):
        return draft, ()
    return await ask(draft, desk, setting)


async def show_help(draft: Draft, _said: Utterance, desk: DeskPort, setting: Setting) -> Move:
    """Say what can be written."""
    return await aside(draft, (Help(setting.business),), desk, setting)


async def show_contact(draft: Draft, _said: Utterance, desk: DeskPort, setting: Setting) -> Move:
    """Say how to reach a person."""
    return await aside(draft, (Contact(setting.business),), desk, setting)


async def show_privacy(draft: Draft, _said: Utterance, desk: DeskPort, setting: Setting) -> Move:
    """Point to the privacy notice, or to a person where there is none."""
    privacy = setting.business.privacy
    if privacy and privacy.url:
        return await aside(draft, (Said("privacy", {"url": privacy.url}),), desk, setting)
    replies = (Said("privacy_by_contact"), Contact(setting.business))
    return await aside(draft, replies, desk, setting)


async def change_language(draft: Draft, said: Utterance, desk: DeskPort, setting: Setting) -> Move:
    """Go on in the language named, or in the other one."""
    other = "en" if draft.language == "de" else "de"
    draft = replace(draft, language=said.language or other)
    return await aside(draft, (Said("language_changed"),), desk, setting)


async def take_thanks(draft: Draft, _said: Utterance, desk: DeskPort, setting: Setting) -> Move:
    """Answer thanks."""
    return await aside(draft, (Said("thanks"),), desk, setting)


async def take_leave(draft: Draft, _said: Utterance, desk: DeskPort, setting: Setting) -> Move:
    """Say goodbye; what is open stays open."""
    return await aside(draft, (Said("goodbye"),), desk, setting)


async def own_up(draft: Draft, _said: Utterance, desk: DeskPort, setting: Setting) -> Move:
    """Say that a bot writes here, and how to reach a person."""
    return await aside(draft, (Said("bot_challenge"), Contact(setting.business)), desk, setting)


async def stay_with_bookings(
    draft: Draft, _said: Utterance, desk: DeskPort, setting: Setting
) -> Move:
    """Say what this is for, where something else was asked."""
    return await aside(draft, (Said("out_of_scope"),), desk, setting)


async def explain_wait_list(
    draft: Draft, _said: Utterance, desk: DeskPort, setting: Setting
) -> Move:
    """Say that there is no waiting list, and how a time that becomes free is found."""
    return await aside(draft, (Said("no_wait_list"), Contact(setting.business)), desk, setting)


async def greet_back(draft: Draft, _said: Utterance, desk: DeskPort, setting: Setting) -> Move:
    """Greet, unless a question is open: then that is asked again."""
    if is_under_way(draft):
        return await repeat(draft, desk, setting)
    return draft, (Welcome(setting.business, draft.name),)


async def list_bookings(draft: Draft, _said: Utterance, desk: DeskPort, setting: Setting) -> Move:
    """Show this conversation's coming bookings."""
    bookings = [
        booking
        for booking in await desk.bookings_of(setting.owner)
        if booking.span.end > setting.clock.now()
    ]
    reply: Reply = Said("no_bookings")
    if bookings:
        now, business = setting.clock.now(), setting.business
        can_go = {each.id for each in bookings if now <= cancel_until(each, business)}
        listed = tuple(bookings[:LISTED])
        movable = frozenset(each.id for each in bookings if is_movable(each, business, now))
        reply = BookingList(business, listed, business.zone.key, frozenset(can_go), movable)
    return await aside(draft, (reply,), desk, setting)


async def aside(
    draft: Draft, replies: tuple[Reply, ...], desk: DeskPort, setting: Setting
) -> Move:
    """Answer a digression, then ask the open question again."""
    draft, question = await repeat(draft, desk, setting)
    return draft, (*replies, *question)
