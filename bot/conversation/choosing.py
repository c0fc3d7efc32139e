"""Which of the things on the list an answer chooses: a time, a service, a length, a place."""

from dataclasses import replace
from datetime import datetime

from bot.conversation import checks, filling
from bot.conversation.asking import ask_service
from bot.conversation.draft import Draft
from bot.conversation.setting import Setting
from bot.understanding.utterance import Utterance


def chosen_start(draft: Draft, said: Utterance) -> datetime | None:
    """Return the offered start that "the second one" or "the one at three" means."""
    if draft.step != "slot" or said.choice is None or not draft.offered:
        return None
    place = said.choice - 1 if said.choice > 0 else len(draft.offered) + said.choice
    return draft.offered[place].start if 0 <= place < len(draft.offered) else None


def taken(draft: Draft, said: Utterance, setting: Setting) -> Draft:
    """Take a position in the list of services or durations."""
    if draft.step == "location":
        return _with_location(draft, said, setting)
    if said.choice is None or draft.step not in {"service", "duration"}:
        return draft
    place = said.choice - 1 if said.choice > 0 else said.choice
    try:
        if draft.step == "service":
            _, (question, *_) = ask_service(draft, setting)
            return filling.with_service(draft, question.services[place])  # type: ignore[union-attr]
        service = setting.business.service(draft.service_id or "")
        minutes = int(service.durations[place].total_seconds()) // 60
    except IndexError:
        return draft
    return replace(draft, duration_minutes=minutes)


def _with_location(draft: Draft, said: Utterance, setting: Setting) -> Draft:
    """Take the place asked for, by its number in the list or by its words."""
    locations = setting.business.service(draft.service_id or "").locations
    if said.choice is not None:
        place = said.choice - 1 if said.choice > 0 else len(locations) + said.choice
        found = locations[place] if 0 <= place < len(locations) else None
    else:
        service = setting.business.service(draft.service_id or "")
        found = checks.find_location(said.text, service)
    return replace(draft, location_id=found.id) if found else draft
