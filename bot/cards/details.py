"""The form of customer fields. Errors stand above the field they belong to."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from bot.cards.elements import (
    Node,
    action,
    address,
    card,
    clean_lines,
    heading,
    line,
    literal,
    row,
    subtle,
)
from bot.cards.places import asks_phone, place_words
from bot.conversation import replies
from bot.conversation.checks import needs_phone
from bot.texts import formats, text
from scheduling.catalog import Consent, FieldRule, Question, QuestionKind

MAIL_PATTERN = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"
LONGEST = {"name": 120, "email": 254, "phone": 32, "note": 1000}


def details(reply: replies.AskDetails, language: str) -> Node:
    """Ask for what the service needs, filled with what is known."""
    until = reply.hold_until.astimezone(ZoneInfo(reply.zone))
    hint = text("details_hint", language, time=formats.time_spoken(until, language))
    return card(
        [
            heading(text("details_title", language)),
            line(literal(_about(reply, language)), spacing="None"),
            subtle(hint),
            *_fields(reply, language),
            row(
                action(text("action_continue", language), "details.submit", is_primary=True),
                spacing="Medium",
            ),
            row(
                action(text("action_other_time", language), "slot.back", without_inputs=True),
                action(text("action_stop", language), "flow.cancel", without_inputs=True),
            ),
            row(action(text("action_extend", language), "hold.extend", without_inputs=True)),
        ],
        language=language,
        speak=details_twin(reply, language),
    )


def _about(reply: replies.AskDetails, language: str) -> str:
    zone = ZoneInfo(reply.zone)
    start, end = reply.span_start.astimezone(zone), reply.span_end.astimezone(zone)
    name = reply.service.name.in_language(language)
    return (
        f"{name} · {formats.when(start, end, language)} "
        f"({formats.zone(reply.zone, start, language)})"
    )


def _fields(reply: replies.AskDetails, language: str) -> Iterator[Node]:
    service = reply.service
    yield from _field(reply, language, "name", _input("name", isRequired=True))
    mail = _input("email", isRequired=True, style="email", regex=MAIL_PATTERN)
    yield from _field(reply, language, "email", mail, error="mail_invalid")
    if asks_phone(service):
        only = service.locations[0] if len(service.locations) == 1 else None
        needed = needs_phone(service, only)
        yield from _field(
            reply, language, "phone", _input("phone", isRequired=needed, style="tel")
        )
    if len(service.locations) > 1 and reply.asks_location:
        yield from _field(reply, language, "location", _locations(reply, language))
    for question in reply.questions:
        yield from _question(reply, question, language)
    if service.note is not FieldRule.OFF:
        needed = service.note is FieldRule.REQUIRED
        note = _input("note", isRequired=needed, isMultiline=True)
        yield from _field(reply, language, "note", note)
    yield from _consent(reply, "privacy", reply.business.privacy, language)
    yield from _consent(reply, "consent", service.consent, language)


def _input(name: str, **more: object) -> Node:
    kept = {key: value for key, value in more.items() if value is not False}
    return {"type": "Input.Text", "id": name, "maxLength": LONGEST[name], **kept}


MISSING = {
    "name": "name_missing",
    "phone": "phone_missing",
    "location": "location_missing",
    "note": "answer_missing",
}


def _field(
    reply: replies.AskDetails, language: str, name: str, node: Node, *, error: str = ""
) -> Iterator[Node]:
    label = text(f"field_{name}", language)
    if not node.get("isRequired"):
        label = text("optional", language, label=label)
    yield from _error(reply, name, language)
    filled = {**node, "label": label}
    if node.get("isRequired"):
        filled["errorMessage"] = text(error or MISSING[name], language)
    if value := clean_lines(reply.values.get(name, "")):
        filled["value"] = value
    yield filled


def _error(reply: replies.AskDetails, name: str, language: str) -> Iterator[Node]:
    if name in reply.errors:
        yield line(text(reply.errors[name], language), color="Attention", weight="Bolder")


def _locations(reply: replies.AskDetails, language: str) -> Node:
    return {
        "type": "Input.ChoiceSet",
        "id": "location",
        "style": "expanded",
        "isRequired": True,
        "wrap": True,
        "choices": [
            {"title": place_words(location, language), "value": location.id}
            for location in reply.service.locations
        ],
    }


def _question(reply: replies.AskDetails, question: Question, language: str) -> Iterator[Node]:
    name = f"q_{question.id}"
    label = question.label.in_language(language)
    node: Node = {"id": name}
    if question.kind is QuestionKind.CHOICE:
        node |= {
            "type": "Input.ChoiceSet",
            "style": "compact",
            "placeholder": text("choose_topic", language),
            "choices": [
                {"title": words.in_language(language), "value": value}
                for value, words in question.choices
            ],
        }
    else:
        node |= {"type": "Input.Text", "maxLength": question.max_length}
        if question.kind is QuestionKind.MULTILINE:
            node["isMultiline"] = True
    if question.required:
        node |= {"isRequired": True, "errorMessage": text("answer_missing", language)}
        node["label"] = label
    else:
        node["label"] = text("optional", language, label=label)
    if value := clean_lines(reply.values.get(name, "")):
        node["value"] = value
    yield from _error(reply, name, language)
    yield node


def _consent(
    reply: replies.AskDetails, name: str, consent: Consent | None, language: str
) -> Iterator[Node]:
    if consent is None:
        return
    if consent.url:
        # a link inside the toggle's title is shown raw by some clients
        yield line(f"[{text(f'read_{name}', language)}]({address(consent.url)})", size="Small")
    yield from _error(reply, name, language)
    yield {
        "type": "Input.Toggle",
        "id": name,
        "label": text(f"field_{name}", language),
        "title": consent.text.in_language(language),
        "valueOn": consent.version,
        "valueOff": "",
        "value": reply.values.get(name, ""),
        "isRequired": True,
        "wrap": True,
        "errorMessage": text("consent_missing", language),
    }


def details_twin(reply: replies.AskDetails, language: str) -> str:
    """Return the next question for a customer who types."""
    until = reply.hold_until.astimezone(ZoneInfo(reply.zone))
    lines = [
        _about(reply, language),
        text("held", language, time=formats.time_spoken(until, language)),
    ]
    lines += [text(error, language) for error in reply.errors.values()]
    lines.append(_next_question(reply, language))
    return "\n".join(lines)


def _next_question(reply: replies.AskDetails, language: str) -> str:
    name = reply.next_field
    if name.startswith("q_"):
        return _asked(reply, name, language)
    if name in {"privacy", "consent"}:
        consent = reply.business.privacy if name == "privacy" else reply.service.consent
        words = consent.text.in_language(language) if consent else ""
        link = f" ({consent.url})" if consent and consent.url else ""
        return text("ask_privacy", language, text=f"{words}{link}")
    question = text(f"ask_{name}", language) if name else text("edit_hint", language)
    if name == "location":
        ways = enumerate((place_words(x, language) for x in reply.service.locations), 1)
        question += " " + " · ".join(f"{number}. {words}" for number, words in ways)
    return question


def _asked(reply: replies.AskDetails, name: str, language: str) -> str:
    question = next(q for q in reply.questions if f"q_{q.id}" == name)
    words = f"{question.label.in_language(language)}?"
    if question.choices:
        ways = enumerate((x.in_language(language) for _, x in question.choices), 1)
        words += " " + " · ".join(f"{number}. {label}" for number, label in ways)
    return words
