"""Which of the things on the list an answer chooses: a time, a service, a length, a place."""

import re
from dataclasses import replace
from datetime import datetime

from bot.conversation import checks, filling
from bot.conversation.asking import ask_service
from bot.conversation.draft import Draft
from bot.conversation.setting import Setting
from bot.understanding.cleaning import fold
from bot.understanding.utterance import Utterance

_LONG = r"\b(laengere\w*|laengste\w*|longer|longest)\b"
_SHORT = r"\b(kuerzere\w*|kuerzeste\w*|shorter|shortest)\b"


def chosen_start(draft: Draft, said: Utterance) -> datetime | None:
    """Return the offered start that "the second one" or "the one at three" means."""
    if draft.step != "slot" or said.choice is None or not draft.offered:
        return None
    place = said.choice - 1 if said.choice > 0 else len(draft.offered) + said.choice
    return draft.offered[place].start if 0 <= place < len(draft.offered) else None


def taken(draft: Draft, said: Utterance, setting: Setting) -> Draft:
    """Take what an answer chooses among services, lengths or places."""
    if draft.step == "location":
        return _with_location(draft, said, setting)
    if draft.step == "duration":
        return _with_duration(draft, said, setting)
    if said.choice is None or draft.step != "service":
        return draft
    place = said.choice - 1 if said.choice > 0 else said.choice
    _, (question, *_) = ask_service(draft, setting)
    try:
        return filling.with_service(draft, question.services[place])  # type: ignore[union-attr]
    except IndexError:
        return draft


def _with_duration(draft: Draft, said: Utterance, setting: Setting) -> Draft:
    """Take a length by its place, its minutes, or as the longer or shorter one."""
    service = setting.business.service(draft.service_id or "")
    lengths = [int(each.total_seconds()) // 60 for each in service.durations]
    folded = fold(said.text)
    if said.choice in lengths:
        return replace(draft, duration_minutes=said.choice)
    if said.choice is not None:
        place = said.choice - 1 if said.choice > 0 else len(lengths) + said.choice
        chosen = lengths[place] if 0 <= place < len(lengths) else None
        return replace(draft, duration_minutes=chosen)
    if re.search(r"\b(nicht|not|kein\w*|zu|too)\b", folded):
        return draft
    if re.search(_LONG, folded):
        return replace(draft, duration_minutes=max(lengths))
    return replace(draft, duration_minutes=min(lengths)) if re.search(_SHORT, folded) else draft


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
