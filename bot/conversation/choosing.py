"""Which of the things on the list an answer chooses: a time, a service, a length, a place."""

from dataclasses import replace
from datetime import datetime

from bot.conversation import checks, filling
from bot.conversation.asking import ask_service
from bot.conversation.draft import Draft
from bot.conversation.replies import AskService
from bot.conversation.setting import Setting
from bot.understanding.cleaning import fold
from bot.understanding.intents import at_place
from bot.understanding.reading import length_meant
from bot.understanding.utterance import Utterance


def chosen_start(draft: Draft, said: Utterance) -> datetime | None:
    """Return the offered start that "the second one" or "the one at three" means."""
    if draft.step != "slot" or said.choice is None:
        return None
    offered = at_place(draft.offered, said.choice)
    return offered.start if offered else None


def taken(draft: Draft, said: Utterance, setting: Setting) -> Draft:
    """Take what an answer chooses among services, lengths or places."""
    if draft.step == "location":
        return _with_location(draft, said, setting)
    if draft.step == "duration":
        return _with_duration(draft, said, setting)
    if said.choice is None or draft.step != "service":
        return draft
    _, (question, *_) = ask_service(draft, setting)
    assert isinstance(question, AskService)
    service = at_place(question.services, said.choice)
    return filling.with_service(draft, service) if service else draft


def _with_duration(draft: Draft, said: Utterance, setting: Setting) -> Draft:
    """Take a length by its place, its minutes, or as the longer or shorter one."""
    service = setting.business.service(draft.service_id or "")
    lengths = [int(each.total_seconds()) // 60 for each in service.durations]
    if said.choice in lengths:
        return replace(draft, duration_minutes=said.choice)
    if said.choice is not None:
        return replace(draft, duration_minutes=at_place(lengths, said.choice))
    extreme = length_meant(fold(said.text))
    return replace(draft, duration_minutes=extreme(lengths)) if extreme else draft


def _with_location(draft: Draft, said: Utterance, setting: Setting) -> Draft:
    """Take the place asked for, by its number in the list or by its words."""
    service = setting.business.service(draft.service_id or "")
    if said.choice is not None:
        found = at_place(service.locations, said.choice)
    else:
        found = checks.find_location(said.text, service)
    return replace(draft, location_id=found.id) if found else draft
