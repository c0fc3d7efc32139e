"""The details form of the plain page: its fields, and what is wrong with what was entered."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.cards.places import asks_phone
from bot.conversation import checks
from bot.conversation.draft import Draft
from scheduling.catalog import Business, FieldRule, QuestionKind, Service


@dataclass(frozen=True, slots=True)
class Entered:
    """The draft with all answers that will do, the others' mistakes, and the words to show again.

    `errors`: field -> key of the text.
    """

    draft: Draft
    values: Mapping[str, str]
    errors: Mapping[str, str]


def fields_of(business: Business, service: Service) -> tuple[str, ...]:
    """Return the fields of the form in order."""
    fields = ["name", "email"]
    if len(service.locations) > 1 and not business.asks_place_first(service):
        fields.append("location")
    if asks_phone(service):
        fields.append("phone")
    fields += [f"q_{question.id}" for question in service.questions]
    if service.note is not FieldRule.OFF:
        fields.append("note")
    return (*fields, *checks.consents_of(business, service))


def needs(field: str, service: Service) -> bool:
    """Tell whether the form marks the field as required whatever is chosen elsewhere."""
    if field == "phone":
        only = service.locations[0] if len(service.locations) == 1 else None
        return checks.needs_phone(service, only)
    if field == "note":
        return service.note is FieldRule.REQUIRED
    question = next((q for q in service.questions if f"q_{q.id}" == field), None)
    return question.required if question else True


def known(draft: Draft, fields: tuple[str, ...]) -> dict[str, str]:
    """Return what the draft knows already, by field."""
    values = {
        "name": draft.name,
        "email": draft.email,
        "phone": draft.phone,
        "location": draft.location_id or "",
        "note": draft.note,
        **{f"q_{key}": answer for key, answer in draft.answers.items()},
        **draft.consents,
    }
    return {field: values.get(field, "") for field in fields}


def enter(draft: Draft, form: Mapping[str, str], business: Business, service: Service) -> Entered:
    """Check every field; the draft keeps what was right."""
    fields = fields_of(business, service)
    values = {field: form.get(field, "") for field in fields}
    # a box no longer ticked is consent taken back
    draft = replace(draft, consents={})
    errors: dict[str, str] = {}
    for field in fields:
        try:
            draft = _filled(draft, field, values[field], business, service)
        except checks.Refused as refused:
            errors[field] = refused.key
    return Entered(draft, values, errors)


def _filled(draft: Draft, field: str, raw: str, business: Business, service: Service) -> Draft:
    if field == "location":
        # a radio button says an id; words that merely resemble one are the chat's business
        draft = replace(draft, location_id=None)
        if raw not in {location.id for location in service.locations}:
            raise checks.Refused("location_missing")
    filled = checks.filled(draft, field, raw, business, service)
    if field == "note" and needs("note", service) and not filled.note:
        raise checks.Refused("answer_missing")
    return filled


def is_complete(draft: Draft, business: Business, service: Service) -> bool:
    """Tell whether nothing is left to ask."""
    is_noted = bool(draft.note) or not needs("note", service)
    return is_noted and not any(checks.open_fields(draft, business, service))


def facts(draft: Draft) -> str:
    """Return a mark of all the customer saw on the overview; it changes with any of it."""
    start = draft.hold_start.isoformat() if draft.hold_start else ""
    seen = (
        *(draft.service_id, draft.duration_minutes, start, draft.hold_staff_id),
        *(draft.name, draft.email, draft.phone, draft.location_id, draft.note),
        *(sorted(draft.answers.items()), sorted(draft.consents.items())),
    )
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:32]


def answer_words(draft: Draft, service: Service, language: str) -> list[tuple[str, str]]:
    """Return (question, answer) of the own questions that were answered."""
    said: list[tuple[str, str]] = []
    for question in service.questions:
        answer = draft.answers.get(question.id, "")
        if question.kind is QuestionKind.CHOICE:
            labels = {value: label.in_language(language) for value, label in question.choices}
            answer = labels.get(answer, answer)
        if answer:
            said.append((question.label.in_language(language), answer))
    return said
