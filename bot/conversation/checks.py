"""The customer's fields: which a service asks for, in order, and whether an answer will do."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from bot.conversation.draft import Draft
from bot.understanding.cleaning import clean, fold
from bot.understanding.lexicon import LOCATION_WORDS
from bot.understanding.reading import chosen
from scheduling import wordings
from scheduling.catalog import (
    Business,
    FieldRule,
    Location,
    LocationKind,
    QuestionKind,
    Service,
)

MAX_NAME = 120
MAX_NOTE = 1000
MAX_EMAIL = 254
MIN_PHONE = 5

consents_of = wordings.consents_of
"""The wordings to agree to, by field id."""


class Refused(ValueError):  # said like the other facts: an answer refused
    """An answer that will not do; the argument is the catalogue key of what is wrong."""

    @property
    def key(self) -> str:
        """Key of the customer's text."""
        return str(self.args[0])


def open_fields(draft: Draft, business: Business, service: Service) -> Iterator[str]:
    """Give the fields still to be asked, in the order of the form."""
    if not draft.name:
        yield "name"
    if not draft.email:
        yield "email"
    location = chosen_location(draft, service)
    if not location:
        yield "location"
    if not draft.phone and needs_phone(service, location):
        yield "phone"
    for question in service.questions:
        key = f"q_{question.id}"
        if question.id not in draft.answers and (question.required or key not in draft.asked):
            yield key
    for kind, consent in consents_of(business, service).items():
        if draft.consents.get(kind) != consent.version:
            yield kind


def chosen_location(draft: Draft, service: Service) -> Location | None:
    """Return the place of the booking: the chosen one, or the only one."""
    if len(service.locations) == 1:
        return service.locations[0]
    return next((loc for loc in service.locations if loc.id == draft.location_id), None)


def needs_phone(service: Service, location: Location | None) -> bool:
    """Tell whether the booking cannot do without a phone number."""
    by_phone = location is not None and location.kind is LocationKind.PHONE
    return service.phone is FieldRule.REQUIRED or by_phone


def filled(draft: Draft, field: str, raw: str, business: Business, service: Service) -> Draft:
    """Return the draft with a checked answer to one field; raises Refused."""
    raw = clean(raw)
    if field.startswith("q_"):
        return _with_answer(draft, field, raw, service)
    if field in {"privacy", "consent"}:
        return _with_consent(draft, field, raw, business, service)
    return _FILL[field](draft, raw, business, service)


def _name(draft: Draft, raw: str, _business: Business, _service: Service) -> Draft:
    if not re.search(r"[^\W\d_]", raw):
        raise Refused("name_missing")
    if len(raw) > MAX_NAME:
        raise Refused("name_too_long")
    return replace(draft, name=raw)


def _email(draft: Draft, raw: str, _business: Business, _service: Service) -> Draft:
    try:
        checked = validate_email(raw[:MAX_EMAIL], check_deliverability=False)
    except EmailNotValidError:
        raise Refused("mail_invalid") from None
    return replace(draft, email=checked.normalized)


def _phone(draft: Draft, raw: str, business: Business, service: Service) -> Draft:
    if not raw:
        if needs_phone(service, chosen_location(draft, service)):
            raise Refused("phone_missing")
        return replace(draft, phone="")
    try:
        number = phonenumbers.parse(raw, business.country)
    except phonenumbers.NumberParseException:
        raise Refused("phone_invalid") from None
    is_short = len(str(number.national_number)) < MIN_PHONE
    if is_short or not phonenumbers.is_possible_number(number):
        raise Refused("phone_invalid")
    spelled = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return replace(draft, phone=spelled)


def _location(draft: Draft, raw: str, _business: Business, service: Service) -> Draft:
    location = find_location(raw, service)
    if location is None:
        raise Refused("location_missing")
    return replace(draft, location_id=location.id)


def _note(draft: Draft, raw: str, _business: Business, _service: Service) -> Draft:
    if len(raw) > MAX_NOTE:
        raise Refused("text_too_long")
    return replace(draft, note=raw)


_FILL: Mapping[str, Callable[[Draft, str, Business, Service], Draft]] = {
    "name": _name,
    "email": _email,
    "phone": _phone,
    "location": _location,
    "note": _note,
}
PLAIN_FIELDS = tuple(_FILL)


def find_location(raw: str, service: Service) -> Location | None:
    """Return the location an answer names by id, words or address; the only one needs no name."""
    said = fold(raw)
    exact = [loc for loc in service.locations if fold(loc.id) == said]
    fitting = exact or [loc for loc in service.locations if _is_named(said, loc)]
    return fitting[0] if len(fitting) == 1 else None


def locations_by_way(way: str, service: Service) -> tuple[Location, ...]:
    """Return the locations of a kind: teams, phone, place; empty for any other word."""
    return tuple(location for location in service.locations if location.kind.value == way)


def _is_named(said: str, location: Location) -> bool:
    if location.place:
        names = (location.place.name.de, location.place.name.en, location.place.address)
        if said and any(fold(n) in said or said in fold(n) for n in names if n):
            return True
    return bool(re.search(LOCATION_WORDS[location.kind.value], said))


def _with_answer(draft: Draft, field: str, raw: str, service: Service) -> Draft:
    question = next((q for q in service.questions if f"q_{q.id}" == field), None)
    if question is None:
        raise Refused("answer_missing")
    draft = replace(draft, asked=tuple(dict.fromkeys((*draft.asked, field))))
    if not raw:
        if question.required:
            raise Refused("answer_missing")
        kept = {k: v for k, v in draft.answers.items() if k != question.id}
        return replace(draft, answers=kept)
    if len(raw) > question.max_length:
        raise Refused("text_too_long")
    answer: str | None = raw
    if question.kind is QuestionKind.CHOICE:
        answer = chosen(question, raw)
    if answer is None:
        raise Refused("choice_invalid")
    return replace(draft, answers={**draft.answers, question.id: answer})


def _with_consent(
    draft: Draft, field: str, raw: str, business: Business, service: Service
) -> Draft:
    consent = consents_of(business, service).get(field)
    if consent is None:
        return draft
    if raw != consent.version:
        raise Refused("consent_missing")
    return replace(draft, consents={**draft.consents, field: consent.version})
