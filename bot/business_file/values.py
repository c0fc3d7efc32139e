"""Field types of the business file that are no hours: texts, zones, addresses, ids."""

import difflib
import re
from collections.abc import Collection, Iterable
from functools import cache, lru_cache
from itertools import islice
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from email_validator import EmailNotValidError, validate_email
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
)
from tzlocal.windows_tz import win_tz

from bot.business_file.problems import both, refusal
from scheduling.catalog import LocalText


class Strict(BaseModel):
    """No unknown keys: a misspelt one must not be ignored."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, use_attribute_docstrings=True
    )


class Text(Strict):
    """A text in both languages."""

    de: str = Field(min_length=1, max_length=2000)
    en: str = Field(min_length=1, max_length=2000)


def _both(value: object) -> object:
    return {"de": value, "en": value} if isinstance(value, str) else value


_PLAIN: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 2000}
_PAIR: dict[str, Any] = {
    "type": "object",
    "properties": {"de": _PLAIN, "en": _PLAIN},
    "required": ["de", "en"],
    "additionalProperties": False,
}
BothTexts = Annotated[
    Text, BeforeValidator(_both), WithJsonSchema({"anyOf": [_PLAIN, _PAIR]}, mode="validation")
]
Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]


def _pair(value: tuple[str, ...]) -> tuple[str, ...]:
    if len(value) != 2:
        raise refusal(
            both("Two places belong here.", "Hierher gehören zwei Orte."),
            both(
                "Write for example between: [bonn, cologne].",
                "Schreiben Sie zum Beispiel between: [bonn, koeln].",
            ),
        )
    return value


_PLACE_ID = {"type": "string"}
Pair = Annotated[
    tuple[Id, ...],
    AfterValidator(_pair),
    WithJsonSchema({"type": "array", "items": _PLACE_ID, "minItems": 2, "maxItems": 2}),
]


_MOST_COMPARED = 500
_MOST_LISTED = 12


def suggestion(word: str, known: Iterable[str], otherwise: LocalText) -> LocalText:
    """Return "did you mean", or the other words where nothing is near."""
    names = list(known)
    if len(names) > _MOST_COMPARED:
        # a comparison takes microseconds, but rosters hold thousands and errors come in heaps
        names = [name for name in names if name[:1] == word[:1]]
    near = difflib.get_close_matches(word, names, 1, 0.5)
    return both(f"Did you mean {near[0]}?", f"Meinten Sie {near[0]}?") if near else otherwise


def nearest(word: str, known: Collection[str], otherwise: LocalText) -> LocalText:
    """Return "did you mean", else what there is; the other words where there is nothing at all."""
    listed = ", ".join(islice(known, _MOST_LISTED)) + ("…" if len(known) > _MOST_LISTED else "")
    there_is = both(f"Known are: {listed}.", f"Es gibt: {listed}.")
    return suggestion(word, known, there_is if known else otherwise)


def _zone(value: object) -> str:
    name = _written(value)
    if name in _zones():
        return name
    near = _near_zone(name)
    example = both("Write for example Europe/Berlin.", "Schreiben Sie zum Beispiel Europe/Berlin.")
    raise refusal(
        both(f"There is no time zone `{name}`.", f"Die Zeitzone `{name}` gibt es nicht."),
        both(f"Did you mean {near}?", f"Meinten Sie {near}?") if near else example,
    )


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _near_zone(name: str) -> str | None:
    if name in win_tz:
        return str(win_tz[name])
    wanted = name.replace(" ", "_").lower()
    lowered = {zone.lower(): zone for zone in sorted(_zones()) if "/" in zone}
    cities = [zone for low, zone in lowered.items() if low.rpartition("/")[2] == wanted]
    near = difflib.get_close_matches(wanted, lowered, n=1, cutoff=0.7)
    return next(iter([*cities, *(lowered[low] for low in near)]), None)


Zone = Annotated[
    str,
    BeforeValidator(_zone),
    WithJsonSchema({"type": "string", "examples": ["Europe/Berlin", "America/New_York"]}),
]


# letters and digits that need no look at Unicode
_PLAIN_LOCAL = re.compile(r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*")
_LONGEST_LOCAL, _LONGEST_MAIL = 64, 254


def _mail(value: object) -> str:
    text = _written(value)
    local, _, domain = text.rpartition("@")
    try:
        if (
            len(local) <= _LONGEST_LOCAL
            and len(text) <= _LONGEST_MAIL
            and _PLAIN_LOCAL.fullmatch(local)
        ):
            return f"{local}@{_domain(domain)}"
        return validate_email(text, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        raise refusal(
            both(f"`{text}` is no mail address.", f"`{text}` ist keine E-Mail-Adresse."),
            both(
                "Write the full address, for example anna@example.com.",
                "Schreiben Sie die ganze Adresse, zum Beispiel anna@example.com.",
            ),
        ) from None


@lru_cache(maxsize=256)
def _domain(name: str) -> str:
    """Return it normalized; a roster has thousands of addresses in few domains."""
    checked = validate_email(f"x@{name}", check_deliverability=False, test_environment=True)
    return checked.domain


Mail = Annotated[str, BeforeValidator(_mail), WithJsonSchema({"type": "string"})]


def _url(value: object) -> str:
    text = _written(value)
    try:
        parts = urlsplit(text)
        is_right = parts.scheme == "https" and bool(parts.hostname) and " " not in text
    except ValueError:
        is_right = False
    if not is_right:
        raise refusal(
            both(f"`{text}` is no https address.", f"`{text}` ist keine https-Adresse."),
            both(
                "Write it in full, for example https://www.example.com/privacy.",
                "Schreiben Sie sie ganz, zum Beispiel https://www.example.com/datenschutz.",
            ),
        )
    return text


Url = Annotated[str, BeforeValidator(_url), WithJsonSchema({"type": "string", "format": "uri"})]


def _written(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
