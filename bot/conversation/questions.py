"""What customers ask about an offer: price, length, place, opening hours, what cancelling costs.

The answers come from the business file. A question chooses nothing while a booking is made; before
that, the service that was asked about is the one that is meant next.
"""

from dataclasses import replace
from datetime import timedelta

from bot.conversation import filling
from bot.conversation.asking import is_under_way
from bot.conversation.checks import chosen_location
from bot.conversation.draft import Draft
from bot.conversation.moving import coming
from bot.conversation.replies import Contact, Reply, Said
from bot.conversation.setting import DeskPort, Setting
from bot.conversation.wording import hours_words, join_or, place_words
from bot.texts import formats
from bot.understanding.cleaning import fold
from bot.understanding.intents import leading_position
from bot.understanding.reading import is_rather
from bot.understanding.utterance import Intent, Utterance
from scheduling.catalog import Service

KINDS = frozenset({Intent.PRICE, Intent.LENGTH, Intent.PLACE, Intent.OPENING, Intent.CANCEL_TERMS})
_ASKED_IN_PASSING = frozenset({Intent.PRICE, Intent.PLACE})
"""Along with these a wish may be told; in the others a day is part of the question.

A name or an address is told along with any.
"""
MOST = 9
"""So many services stand in an answer at most; more have their prices in the list of services."""


def rest_of(said: Utterance) -> Utterance | None:
    """Return what the message tells beside the question; None where it only asks."""
    rest = replace(said, intent=Intent.NONE, duration_minutes=None, way="", dont_care=False)
    if said.choice is not None and leading_position(fold(said.text)) is not None:
        # "the first one, how much is it?", unlike "how much is the first one?"
        return rest
    if said.intent not in _ASKED_IN_PASSING:
        told = Utterance(said.text, name=said.name, email=said.email, phone=said.phone)
        return told if filling.has_content(told) else None
    is_chosen = bool(said.service_ids) and is_rather(fold(said.text))
    return rest if is_chosen or filling.has_content(replace(rest, service_ids=())) else None


def asked_about(draft: Draft, said: Utterance, setting: Setting) -> Draft:
    """Keep the service that was asked about, as long as nothing else is being booked."""
    if is_under_way(draft) or len(said.service_ids) != 1:
        return draft
    return filling.with_service(draft, setting.business.service(said.service_ids[0]))


async def answer(
    draft: Draft, said: Utterance, desk: DeskPort, setting: Setting
) -> tuple[Reply, ...]:
    """Answer from the business file, about the service named, chosen, or booked."""
    language = draft.language
    if said.intent is Intent.OPENING:
        hours = hours_words(setting.business.hours, language)
        return (Said("open_hours", {"hours": hours}),) if hours else (Contact(setting.business),)
    services = await _services(draft, said, desk, setting)
    if said.intent is Intent.PLACE:
        return (_where(draft, services),)
    if said.intent is Intent.CANCEL_TERMS:
        limits = dict.fromkeys(service.cancel_until for service in services)
        return tuple(_terms(limit, language) for limit in limits)
    told = [f"{each.name.in_language(language)} – {_fact(each, said, draft)}" for each in services]
    key = "prices" if said.intent is Intent.PRICE else "lengths"
    return (Said(key, {"facts": "; ".join(told)}),)


async def _services(
    draft: Draft, said: Utterance, desk: DeskPort, setting: Setting
) -> tuple[Service, ...]:
    business = setting.business
    ids = list(said.service_ids) or ([draft.service_id] if draft.service_id else [])
    if not ids and not is_under_way(draft):
        ids = list(dict.fromkeys(each.service_id for each in await coming(desk, setting)))
    if ids:
        return tuple(business.service(each) for each in ids)
    return tuple(business.listed_services()[:MOST])


def _fact(service: Service, said: Utterance, draft: Draft) -> str:
    if said.intent is Intent.PRICE:
        return formats.price(service.price, draft.language)
    lengths = [formats.duration(each, draft.language) for each in service.durations]
    return join_or(lengths, draft.language)


def _where(draft: Draft, services: tuple[Service, ...]) -> Reply:
    """Say the place that is chosen, else all that come into question."""
    chosen = chosen_location(draft, services[0]) if draft.service_id else None
    found = [chosen] if chosen else [each for one in services for each in one.locations]
    words = dict.fromkeys(place_words(each, draft.language) for each in found)
    return Said("where", {"places": join_or(list(words), draft.language)})


def _terms(limit: timedelta, language: str) -> Reply:
    if limit <= timedelta(0):
        return Said("cancel_rule_start")
    return Said("cancel_rule", {"time": formats.length(limit, language)})
