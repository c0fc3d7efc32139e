"""Turns one message into an Utterance. Pure: no clock, no network, no memory of earlier turns."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from bot.understanding.agreement import is_yes
from bot.understanding.cleaning import clean, fold
from bot.understanding.facts import (
    lacks_email,
    looks_like_name,
    name_before_email,
    read_facts,
    without_article,
)
from bot.understanding.intents import (
    PRESSED,
    answer,
    asked_language,
    asks_which_language,
    duration,
    leading_position,
    phrase,
    position,
    reserved,
    spoken_language,
    without_positions,
)
from bot.understanding.missing_days import missing_days
from bot.understanding.names import find_names, find_places
from bot.understanding.opinion import cannot_come, corrected, heard
from bot.understanding.people import people
from bot.understanding.reading import (
    choice_by_clock,
    chosen,
    dont_care,
    is_agreement,
    wants_anyone,
    with_day_on_offer,
)
from bot.understanding.utterance import Intent, Press, Utterance
from bot.understanding.ways import way_of_meeting
from bot.understanding.wish import DateSpan

if TYPE_CHECKING:
    from bot.understanding.dates import DateReading
    from bot.understanding.wish import Wish
    from scheduling.catalog import Business

__all__ = ["Context", "clean", "understand", "warm_up"]

# answers to these are the customer's own words: nothing in them is a date, a name or a service
_FREE_TEXT = ("q_", "note")
_OUTSIDE = frozenset({"start", "done"})
_CHOOSING = frozenset({"service", "duration", "staff", "location"})
_BESIDE_NO_EMAIL = frozenset({Intent.NONE, Intent.NO, Intent.WHY_NOT, Intent.PRIVACY})
MIN_PHONE_DIGITS = 5
_FIRST = {
    "de": "Guten Tag, haben Sie morgen um drei etwas frei?",
    "en": "Good morning, have you got anything tomorrow at three?",
}


@dataclass(frozen=True, slots=True)
class Context:
    """What the conversation knows that changes the meaning of words."""

    business: "Business"
    now: datetime
    language: str = "de"
    step: str = "start"
    """What was asked last, as in Draft.step."""
    offered: tuple[datetime, ...] = ()
    """Offered starts in local wall clock, in the order shown."""
    next_field: str = ""
    anchor: datetime | None = None
    """Local moment held or last wished: "an hour later" and "the same day" go by it."""


def understand(text: str, press: Press | None, context: Context) -> Utterance:
    """Read everything a message says; never raises, whatever the text."""
    if press is not None:
        return Utterance(press=press, intent=PRESSED.get(press.verb, Intent.NONE))
    text = clean(text)
    folded = fold(text)
    intent = reserved(folded, context.step)
    if intent is not Intent.NONE:
        return Utterance(text, intent=intent, language=asked_language(folded))
    if _is_own_words(text, context):
        return Utterance(text, intent=answer(folded))
    if context.next_field in {"privacy", "consent"} and is_agreement(folded):
        return Utterance(text, intent=Intent.YES)
    if contact := _contact_field(text, context):
        return contact
    said = _read(text, context)
    if context.next_field == "email" and _is_no_email(said, context):
        return Utterance(text)
    said = _second_opinion(said, context)
    if said.email and not said.name and _is_name_open(said, context):
        said = _with_name(said, context)
    if context.next_field == "name" and not said.name:
        # "Ina Roth, ina@roth.de": what is left beside address and number
        rest = without_article(read_facts(text, context.business.country).rest)
        if _is_name_only(rest, said, context):
            name = rest.strip(" .,!")
            return Utterance(text, name=name, email=said.email, phone=said.phone)
    return said


def _with_name(said: Utterance, context: Context) -> Utterance:
    """Take the name that stands before the address, unless it names something of the business."""
    name = name_before_email(said.text)
    named = find_names(fold(name), context.business)
    is_known = named.service_ids or named.staff_ids or not _dates(name, context).wish.is_empty
    return said if is_known else replace(said, name=name)


def _is_name_open(said: Utterance, context: Context) -> bool:
    """Tell whether the name may still be missing: "Alles klar, ina@roth.de" must change none."""
    is_later = context.step == "review" or context.next_field not in {"", "name"}
    return not is_later and said.intent not in {Intent.YES, Intent.NO}


def _is_no_email(said: Utterance, context: Context) -> bool:
    """Tell whether it says that there is no address, or asks what for, and nothing else."""
    today = context.now.astimezone(context.business.zone).date()
    # "heute habe ich keine Mail dabei" wishes for no day
    wished = [
        c for c in said.wish.alternatives if c.windows or c.dates != (DateSpan(today, today),)
    ]
    is_more = bool(said.email or said.name or said.phone or wished)
    return not is_more and said.intent in _BESIDE_NO_EMAIL and lacks_email(fold(said.text))


def _is_own_words(text: str, context: Context) -> bool:
    """Tell whether a message answers an open question in the customer's own words.

    To a question with choices only a choice is an answer; all else is read as at any moment.
    """
    field = context.next_field
    asked = [q for s in context.business.services for q in s.questions if f"q_{q.id}" == field]
    if asked and all(question.choices for question in asked):
        return any(chosen(question, text) is not None for question in asked)
    return field.startswith(_FREE_TEXT)


def warm_up(business: "Business", now: datetime) -> None:
    """Read a message of each language: the first customer does not wait for words and weights.

    Takes up to half a second of CPU; `now` is any aware moment.
    """
    for language, text in _FIRST.items():
        understand(text, None, Context(business, now, language))


def _read(text: str, context: Context) -> Utterance:
    facts = read_facts(text, context.business.country)
    rest = _hour_beyond_list(facts.rest, context)
    folded = fold(rest)
    dates = _dates(rest, context)
    is_choosing_time = context.step == "slot" and bool(context.offered)
    unnamed = without_positions(dates.rest) if is_choosing_time else dates.rest
    named = find_names(unnamed, context.business)
    intent = _answered(folded, context.step)
    if intent is Intent.NONE:
        intent = phrase(folded)
    if intent is Intent.LANGUAGE and (named.service_ids or asks_which_language(folded)):
        # "auf Englisch" may be part of a service's name
        intent = Intent.NONE
    said = Utterance(
        text,
        intent=intent,
        # e-mail, phone and name were cut out before: places in what is left are none in the text
        wish=replace(_wish(dates.wish, folded, context), spans=()),
        service_ids=named.service_ids,
        staff_ids=named.staff_ids,
        excluded_staff_ids=named.excluded_staff_ids,
        any_staff=wants_anyone(folded),
        location_ids=find_places(folded, context.business),
        way=_way(folded, context),
        name=facts.name,
        email=facts.email,
        phone=facts.phone,
        language=_language(intent, fold(facts.rest)),
        duration_minutes=duration(folded),
        people=people(folded),
        dont_care=dont_care(folded) and not wants_anyone(folded),
        adds=dates.adds,
        missing_days=missing_days(facts.rest),
    )
    if (
        context.step in {"slot", "service", "duration", "staff", "location"}
        or context.next_field == "location"
    ):
        said = replace(
            said,
            choice=position(folded)
            or leading_position(folded)
            or choice_by_clock(said.wish, context.offered),
        )
    return said


def _language(intent: Intent, folded: str) -> str | None:
    """Return the language asked for, or the one a message is written in."""
    return asked_language(folded) if intent is Intent.LANGUAGE else spoken_language(folded)


def _wish(wish: "Wish", folded: str, context: Context) -> "Wish":
    return with_day_on_offer(wish, folded, context.offered) if context.step == "slot" else wish


def _way(folded: str, context: Context) -> str:
    """Return how they want to meet; the answer to that very question is read by its own rules."""
    if context.step == "location" or context.next_field == "location":
        return ""
    return way_of_meeting(folded)


def _answered(folded: str, step: str) -> Intent:
    """Return the intent of a short answer; a yes may be said in many words."""
    if is_yes(folded, at_review=step == "review"):
        return Intent.YES
    return answer(folded)


def _second_opinion(said: Utterance, context: Context) -> Utterance:
    """Ask the model where the rules found nothing, and whether a booking word means a booking.

    Not about an answer: somebody's name, or a choice, says nothing of what they want.
    """
    folded = fold(said.text)
    language = said.language or context.language
    is_outside = context.step in _OUTSIDE
    if said.intent is Intent.NONE and is_outside and cannot_come(folded):
        return replace(said, intent=Intent.CANCEL_BOOKING)
    if said.intent is Intent.NONE and replace(said, language=None) == Utterance(said.text):
        is_answer = context.step in _CHOOSING or (context.next_field and "?" not in said.text)
        return said if is_answer else replace(said, intent=heard(folded, language))
    if said.intent is Intent.BOOK or is_outside:
        return replace(said, intent=corrected(said.intent, folded, language))
    return said


def _contact_field(text: str, context: Context) -> Utterance | None:
    """Read digits asked for as a phone number, not as dates; a word with @ as the e-mail."""
    if context.next_field == "phone" and sum(c.isdigit() for c in text) >= MIN_PHONE_DIGITS:
        return Utterance(text, phone=text)
    if context.next_field == "email" and "@" in text and " " not in text:
        return Utterance(text, email=text)
    return None


def _dates(text: str, context: Context) -> "DateReading":
    """Read days and hours; the grammar is imported at the first message."""
    from bot.understanding.when import read_when

    return read_when(text, context)


def _hour_beyond_list(text: str, context: Context) -> str:
    """Read a bare "15" as three o'clock where the list on offer is not that long."""
    word = text.strip(" .")
    if context.step == "slot" and word.isdecimal() and len(context.offered) < int(word) <= 24:
        return f"um {word} uhr"
    return text


def _is_name_only(text: str, said: Utterance, context: Context) -> bool:
    """Tell whether the answer to "your name?" is a name, also for Ms Freitag and Mr May."""
    if not looks_like_name(text) or said.service_ids or said.people:
        return False
    if said.intent is not Intent.NONE:
        return False
    if said.wish.is_empty or _names_month(said, text):
        return True
    # "no, Tuesday" is a day, "Anna Freitag" a name
    return looks_like_name(_dates(text, context).rest)


def _names_month(said: Utterance, text: str) -> bool:
    """Tell whether a month without a day was read, as in the name of Ms April."""
    spans = [d for c in said.wish.alternatives for d in c.dates]
    months = [d for d in spans if d.last is not None and (d.last - d.first).days > 26]
    return bool(months) and not any(c.isdigit() for c in text)
