"""Says back what a message told, where the question that follows does not show it."""

from bot.conversation.draft import Draft
from bot.conversation.replies import (
    AskDetails,
    AskDuration,
    AskLocation,
    AskService,
    AskSlot,
    Reply,
    Said,
)
from bot.conversation.setting import Setting
from bot.conversation.wording import place_words, wish_words

_TIMES_SHOWN = frozenset({"slot", "details", "review"})
"""Steps from which on another person is a change of what was shown."""


def heard(before: Draft, draft: Draft, reply: Reply, setting: Setting) -> tuple[Reply, ...]:
    """Return the sentence that says back what is new in the draft; nothing where all is shown.

    The form and the review show everything, a list of times the wish and with whom; before other
    questions a wrong reading would be seen only after they were answered.
    """
    facts: list[str] = []
    if _asks_before_times(reply):
        facts += _wish(before, draft, setting)
    if isinstance(reply, AskSlot) or _asks_before_times(reply):
        facts += _customer(before, draft)
    if isinstance(reply, AskDetails):
        # who only types sees of the form the next question
        facts += _staff(before, draft, setting) if before.step in _TIMES_SHOWN else []
        facts += _place(before, draft, setting) if before.next_field != "location" else []
    return (Said("heard", {"facts": "; ".join(facts)}),) if facts else ()


def _asks_before_times(reply: Reply) -> bool:
    if isinstance(reply, Said):
        return reply.key == "which_staff"
    return isinstance(reply, AskService | AskDuration | AskLocation)


def _wish(before: Draft, draft: Draft, setting: Setting) -> list[str]:
    facts = _staff(before, draft, setting)
    if draft.wish != before.wish and not draft.wish.is_empty:
        facts.append(wish_words(draft.wish, draft.language))
    return facts + _place(before, draft, setting)


def _staff(before: Draft, draft: Draft, setting: Setting) -> list[str]:
    if draft.staff_id is None or draft.staff_id == before.staff_id:
        return []
    return [setting.business.staff_member(draft.staff_id).name]


def _place(before: Draft, draft: Draft, setting: Setting) -> list[str]:
    if draft.service_id is None or draft.location_id == before.location_id:
        return []
    places = setting.business.service(draft.service_id).locations
    found = [place for place in places if place.id == draft.location_id]
    return [place_words(place, draft.language) for place in found] if len(places) > 1 else []


def _customer(before: Draft, draft: Draft) -> list[str]:
    told = ((before.name, draft.name), (before.email, draft.email), (before.phone, draft.phone))
    return [new for old, new in told if new and new != old]
