"""Reads the file, finds the line of every mistake and builds the catalog."""

import difflib
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from pydantic import ValidationError

from bot.business_file import models
from bot.business_file.cross_checks import ONLINE, findings, serving
from bot.business_file.problems import BusinessFileInvalid, Problem
from scheduling import catalog

LARGEST = 4 * 1024 * 1024
FIRST_LINE = 1


class _Loader(yaml.SafeLoader):
    """Safe YAML, in which a key that stands twice is a mistake and 09:00 stays text."""


_Loader.yaml_implicit_resolvers = {
    letter: [
        (tag, pattern)
        for tag, pattern in resolvers
        if not (tag == "tag:yaml.org,2002:int" and letter in "0123456789+-")
    ]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}

_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"^[-+]?(?:0|[1-9][0-9]*)$"), list("-+0123456789")
)


def load(path: Path) -> catalog.Business:
    """Return the business; raises BusinessFileInvalid with every mistake."""
    problems, file = _read(path)
    if file is None or problems:
        raise BusinessFileInvalid(problems)
    return _business(file)


def check(path: Path) -> list[Problem]:
    """Return every mistake of the file, in the order of its lines."""
    return _read(path)[0]


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the file, for editors."""
    schema = models.BusinessFile.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _read(path: Path) -> tuple[list[Problem], models.BusinessFile | None]:
    try:
        text = _text(path)
        node = yaml.compose(text, _Loader)
        twice = list(_doubled(node, path.name))
        content = yaml.load(text, _Loader)  # noqa: S506 - derived from SafeLoader
    except yaml.YAMLError as error:
        return [_syntax(path.name, error)], None
    except (OSError, ValueError) as error:
        return [Problem(path.name, FIRST_LINE, "", str(error), "Name a readable text file.")], None
    lines = _Lines(node, path.name)
    try:
        file = models.BusinessFile.model_validate(content)
    except ValidationError as error:
        found = [lines.problem(each["loc"], *_words(each)) for each in error.errors()]
        return sorted([*twice, *found], key=lambda p: p.line), None
    found = [lines.problem(where, reason, cure) for where, reason, cure in findings(file)]
    return sorted([*twice, *found], key=lambda p: p.line), file


def _text(path: Path) -> str:
    if not path.is_file():
        raise ValueError(f"{path} does not exist")
    if path.stat().st_size > LARGEST:
        raise ValueError(f"{path} is larger than 4 MB")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8 text") from None


def _syntax(name: str, error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None)
    line = mark.line + 1 if mark else FIRST_LINE
    reason = str(getattr(error, "problem", None) or "this is no YAML")
    cure = "Check the indentation (blanks, no tabs), colons and quotation marks of this line."
    return Problem(name, line, "", f"the file cannot be read here: {reason}", cure)


def _doubled(node: yaml.Node | None, name: str) -> Iterable[Problem]:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                line = key.start_mark.line + 1
                yield Problem(name, line, key.value, "stands here twice", "Remove one of them.")
            seen.add(key.value)
            yield from _doubled(value, name)
    elif isinstance(node, yaml.SequenceNode):
        for each in node.value:
            yield from _doubled(each, name)


class _Lines:
    """Finds the line of a path in the file."""

    def __init__(self, node: yaml.Node | None, name: str) -> None:
        self._root = node
        self._name = name

    def problem(self, where: Iterable[str | int], reason: str, cure: str) -> Problem:
        """Return the problem at the nearest node that exists."""
        node, line, path = self._root, FIRST_LINE, ""
        for part in where:
            path += f"[{part}]" if isinstance(part, int) else f".{part}"
            step = _child(node, part)
            if step is not None:
                line, node = step
        return Problem(self._name, line, path.lstrip("."), reason, cure)


def _child(node: yaml.Node | None, part: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if str(key.value) == str(part):
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        found = node.value[part]
        return found.start_mark.line + 1, found
    return None


def _words(error: Mapping[str, Any]) -> tuple[str, str]:
    kind, name = error["type"], str(error["loc"][-1]) if error["loc"] else "the file"
    if kind == "missing":
        return f"{name} is missing", f"Add {name}: ..."
    if kind == "extra_forbidden":
        return f"there is no {name!r} here", _similar(name, error["loc"])
    if kind == "model_type":
        return "this must be a list of `name: value` lines", "Indent them below this line."
    message = str(error["msg"]).removeprefix("Value error, ")
    value = repr(error.get("input"))[:60]
    if kind == "value_error":
        return message, "Correct the value."
    if kind == "string_pattern_mismatch":
        pattern = error.get("ctx", {}).get("pattern", "")
        hint = (
            "begin with https://" if "https" in pattern else "be written in lower case, like abc-1"
        )
        return (
            f"{value} is not allowed",
            f"It must {hint}."
            if "A-Z" not in pattern
            else "Use the code in capital letters, such as DE or EUR.",
        )
    return f"{message}, but it is {value}", "Correct the value."


def _similar(name: str, where: tuple[str | int, ...]) -> str:
    known = _fields(where)
    near = difflib.get_close_matches(name, known, 1, 0.5)
    if near:
        return f"Did you mean {near[0]!r}?"
    return f"Remove it. Known are: {', '.join(known)}."


_SECTIONS: dict[str, type[models.Strict]] = {
    "business": models.BusinessEntry,
    "places": models.PlaceEntry,
    "services": models.ServiceEntry,
    "staff": models.StaffEntry,
    "price": models.PriceEntry,
    "questions": models.QuestionEntry,
    "choices": models.ChoiceEntry,
    "privacy": models.Consent,
    "consent": models.Consent,
    "closures": models.Absence,
    "time_off": models.Absence,
}


def _fields(where: tuple[str | int, ...]) -> list[str]:
    for part in reversed(where[:-1]):
        if isinstance(part, str) and part in _SECTIONS:
            return list(_SECTIONS[part].model_fields)
    return list(models.BusinessFile.model_fields)


def _words_of(text: models.Text) -> catalog.LocalText:
    return catalog.LocalText(text.de, text.en)


def _week(week: Mapping[int, tuple[models.Opening, ...]]) -> catalog.WeeklyHours:
    return {day: tuple(catalog.OpenHours(*span) for span in spans) for day, spans in week.items()}


def _absence(entry: models.Absence) -> catalog.DateRange:
    name = _words_of(entry.name) if entry.name else None
    return catalog.DateRange(entry.first, entry.last, name)


def _consent(entry: models.Consent | None) -> catalog.Consent | None:
    return catalog.Consent(entry.version, _words_of(entry.text), entry.url) if entry else None


def _business(file: models.BusinessFile) -> catalog.Business:
    entry = file.business
    places = tuple(catalog.Place(p.id, _words_of(p.name), p.address) for p in file.places)
    return catalog.Business(
        id=entry.id,
        name=_words_of(entry.name),
        zone=ZoneInfo(entry.zone),
        hours=_week(entry.hours),
        services=tuple(_service(file, each, places) for each in file.services),
        staff=tuple(_staff(each, entry.zone) for each in file.staff),
        places=places,
        closures=tuple(_absence(each) for each in entry.closures),
        country=entry.country,
        subdivision=entry.state,
        observe_holidays=entry.observe_holidays,
        language=entry.language,
        phone=entry.phone,
        email=entry.email,
        website=entry.website,
        privacy=_consent(entry.privacy),
        terms_url=entry.terms_url,
        mail_from=entry.mail_from,
    )


def _service(
    file: models.BusinessFile, entry: models.ServiceEntry, places: tuple[catalog.Place, ...]
) -> catalog.Service:
    return catalog.Service(
        id=entry.id,
        name=_words_of(entry.name),
        description=_words_of(entry.description),
        durations=tuple(timedelta(minutes=m) for m in entry.minutes),
        locations=tuple(_location(name, places) for name in entry.locations),
        staff_ids=tuple(m.id for m in serving(file, entry)),
        pre_buffer=timedelta(minutes=entry.buffer_before),
        post_buffer=timedelta(minutes=entry.buffer_after),
        slot_interval=timedelta(minutes=entry.interval),
        minimum_lead_time=timedelta(hours=entry.lead_hours),
        maximum_advance=timedelta(days=entry.advance_days),
        hours=_week(entry.hours) if entry.hours is not None else None,
        price=_price(entry.price),
        phone=catalog.FieldRule(entry.phone),
        note=catalog.FieldRule(entry.note),
        questions=tuple(_question(each) for each in entry.questions),
        consent=_consent(entry.consent),
        staff_choice=entry.staff_choice,
        invite_customer=entry.invite_customer,
        cancel_until=timedelta(hours=entry.cancel_hours),
    )


def _location(name: str, places: tuple[catalog.Place, ...]) -> catalog.Location:
    if name in ONLINE:
        return catalog.Location(catalog.LocationKind(name))
    place = next(p for p in places if p.id == name)
    return catalog.Location(catalog.LocationKind.PLACE, place)


def _price(entry: models.PriceEntry) -> catalog.Price:
    return catalog.Price(
        kind=catalog.PriceKind(entry.kind),
        amount=entry.amount or catalog.Price().amount,
        currency=entry.currency,
        vat_percent=entry.vat_percent,
        unit=_words_of(entry.unit) if entry.unit else None,
    )


def _question(entry: models.QuestionEntry) -> catalog.Question:
    return catalog.Question(
        id=entry.id,
        label=_words_of(entry.label),
        kind=catalog.QuestionKind(entry.kind),
        required=entry.required,
        max_length=entry.max_length,
        choices=tuple((c.value, _words_of(c.label)) for c in entry.choices),
    )


def _staff(entry: models.StaffEntry, zone: str) -> catalog.StaffMember:
    return catalog.StaffMember(
        id=entry.id,
        name=entry.name,
        mailbox=entry.mailbox,
        zone=ZoneInfo(entry.zone or zone),
        hours=_week(entry.hours),
        breaks=_week(entry.breaks),
        overrides={
            day: tuple(catalog.OpenHours(*span) for span in spans)
            for day, spans in entry.overrides.items()
        },
        time_off=tuple(_absence(each) for each in entry.time_off),
        skills=frozenset(entry.skills),
        weight=entry.weight,
    )
