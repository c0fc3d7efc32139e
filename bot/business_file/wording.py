"""What pydantic says about a value, in words for whoever writes the file."""

import difflib
from collections.abc import Mapping
from typing import Any

from bot.business_file import models
from bot.business_file.problems import SAID, Finding, Place, both
from bot.business_file.values import Strict, Text
from scheduling.catalog import LocalText

_SECTIONS: Mapping[str, type[Strict]] = {
    "business": models.BusinessEntry,
    "places": models.PlaceEntry,
    "services": models.ServiceEntry,
    "staff": models.StaffEntry,
    "resources": models.ResourceEntry,
    "roster": models.RosterEntry,
    "waves": models.WaveEntry,
    "travel": models.TravelEntry,
    "outage": models.OutageEntry,
    "bookable": models.Period,
    "price": models.PriceEntry,
    "questions": models.QuestionEntry,
    "choices": models.ChoiceEntry,
    "privacy": models.Consent,
    "consent": models.Consent,
    "closures": models.Absence,
    "time_off": models.Absence,
}
_TEXTS = frozenset({"name", "description", "label", "text", "unit"})
_Words = tuple[LocalText, LocalText]


def finding(error: Mapping[str, Any], above: Place) -> Finding:
    """Return an error of pydantic at its place in the file, in words."""
    place = (*above, *(part for part in error["loc"] if part != "[key]"))
    context = error.get("ctx", {})
    if error["type"] == SAID:
        return Finding(place, context["reason"], context["cure"])
    return Finding(place, *_words(str(error["type"]), error.get("input"), place, context))


def _words(kind: str, value: object, place: Place, context: Mapping[str, Any]) -> _Words:
    if kind == "missing":
        return _missing(str(place[-1]) if place else "")
    if kind == "extra_forbidden":
        return _unknown_key(place)
    if value is None:
        return (
            both("Nothing stands here.", "Hier steht nichts."),
            both("Write a value, or remove the line.", "Ergänzen Sie den Wert oder löschen Sie."),
        )
    if kind == "string_pattern_mismatch":
        return _pattern(str(value), str(context.get("pattern", "")))
    shown = _shown(value)
    reason = both(f"{shown.en} is not allowed here.", f"{shown.de} ist hier nicht erlaubt.")
    return reason, _SHAPES.get(kind) or _limit(kind, context)


def _missing(key: str) -> _Words:
    return _MISSING.get(key) or (
        both(f"`{key}` is missing.", f"`{key}` fehlt."),
        both(f"Add the line `{key}: ...`.", f"Ergänzen Sie die Zeile `{key}: ...`."),
    )


def _unknown_key(place: Place) -> _Words:
    key, known = str(place[-1]), _fields(place)
    near = difflib.get_close_matches(key, known, 1, 0.5)
    reason = both(f"There is no key `{key}` here.", f"Den Schlüssel `{key}` gibt es hier nicht.")
    if near:
        return reason, both(f"Did you mean `{near[0]}`?", f"Meinten Sie `{near[0]}`?")
    listed = ", ".join(known)
    return reason, both(f"Remove it. Known are: {listed}.", f"Löschen Sie ihn. Es gibt: {listed}.")


def _fields(place: Place) -> list[str]:
    inner = [part for part in place[:-1] if isinstance(part, str)]
    if not inner:
        return _keys(models.BusinessFile)
    if inner[-1] in _TEXTS:
        return list(Text.model_fields)
    # `staff` also is a key of services, where it is a list of ids without keys of its own
    return _keys(_SECTIONS[inner[-1]]) if inner[-1] in _SECTIONS else []


def _keys(entry: type[Strict]) -> list[str]:
    return [field.alias or name for name, field in entry.model_fields.items()]


def _pattern(value: str, pattern: str) -> _Words:
    reason = both(f"`{value}` is not allowed here.", f"`{value}` ist hier nicht erlaubt.")
    if "A-Z" in pattern:
        return reason, both(
            "Write the code in capital letters, as DE or EUR.",
            "Schreiben Sie das Kürzel in Großbuchstaben, wie DE oder EUR.",
        )
    return reason, both(
        "Write small letters, digits and hyphens only, as first-consultation.",
        "Nehmen Sie nur Kleinbuchstaben, Ziffern und Bindestriche, wie erst-beratung.",
    )


_MISSING: Mapping[str, _Words] = {
    "privacy": (
        both("The privacy notice is missing.", "Der Datenschutzhinweis fehlt."),
        both(
            "Add `privacy:` with `version`, `text` and `url`; every customer agrees to it.",
            "Ergänzen Sie `privacy:` mit `version`, `text` und `url`; alle Kundinnen und "
            "Kunden stimmen ihm zu.",
        ),
    ),
    "from": (
        both("The wave has no first day.", "Der Welle fehlt ihr erster Tag."),
        both("Add it as `from: 2026-12-01`.", "Ergänzen Sie ihn als `from: 2026-12-01`."),
    ),
    "between": (
        both("The two places are missing.", "Die beiden Orte fehlen."),
        both("Add `between: [bonn, cologne]`.", "Ergänzen Sie `between: [bonn, koeln]`."),
    ),
}
_NUMBER = both("Write a whole number, as 30.", "Schreiben Sie eine ganze Zahl, wie 30.")
_AMOUNT = both(
    "Write a number with a point and at most two decimals, as 120.50.",
    "Schreiben Sie eine Zahl mit Punkt und höchstens zwei Nachkommastellen, wie 120.50.",
)
_DAY = both("Write year-month-day, as 2026-12-24.", "Schreiben Sie Jahr-Monat-Tag: 2026-12-24.")
_LIST = both(
    "Write a list: in brackets [a, b], or one per line with `- ` before it.",
    "Schreiben Sie eine Liste: in Klammern [a, b] oder je Zeile mit `- ` davor.",
)
_KEYS = both(
    "Write lines of the form `key: value`, indented below this one.",
    "Schreiben Sie darunter eingerückte Zeilen der Form `schlüssel: wert`.",
)
_TEXT = both(
    "Write a text; put it into quotes if it holds a colon or brackets.",
    "Schreiben Sie einen Text; mit Doppelpunkt oder Klammern in Anführungszeichen.",
)
_SHAPES: Mapping[str, LocalText] = {
    "int_parsing": _NUMBER,
    "int_type": _NUMBER,
    "int_from_float": _NUMBER,
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "decimal_parsing": _AMOUNT,
    "decimal_type": _AMOUNT,
    "decimal_max_places": _AMOUNT,
    "decimal_max_digits": _AMOUNT,
    "date_from_datetime_parsing": _DAY,
    "date_parsing": _DAY,
    "date_type": _DAY,
    "date_from_datetime_inexact": _DAY,
    "list_type": _LIST,
    "tuple_type": _LIST,
    "dict_type": _KEYS,
    "model_type": _KEYS,
    "model_attributes_type": _KEYS,
    "string_type": _TEXT,
    "string_too_short": _TEXT,
    "bool_parsing": both("Write true or false.", "Schreiben Sie true oder false."),
    "bool_type": both("Write true or false.", "Schreiben Sie true oder false."),
    "too_short": both("Name at least one.", "Nennen Sie mindestens einen Eintrag."),
}


def _limit(kind: str, context: Mapping[str, Any]) -> LocalText:
    for key, en, de in (
        ("expected", "Write one of: {}.", "Schreiben Sie eines von: {}."),
        ("ge", "Write {} or more.", "Schreiben Sie {} oder mehr."),
        ("gt", "Write more than {}.", "Schreiben Sie mehr als {}."),
        ("lt", "Write less than {}.", "Schreiben Sie weniger als {}."),
        ("le", "Write {} or less.", "Schreiben Sie {} oder weniger."),
        ("max_length", "Write at most {} characters.", "Schreiben Sie höchstens {} Zeichen."),
    ):
        if key in context:
            value = str(context[key]).replace("'", "").replace(" or ", ", ")
            return both(en.format(value), de.format(value))
    return both(f"Correct the value ({kind}).", f"Berichtigen Sie den Wert ({kind}).")


def _shown(value: object) -> LocalText:
    if isinstance(value, Mapping):
        return both("A group of keys", "Eine Gruppe von Schlüsseln")
    if isinstance(value, list | tuple):
        return both("A list", "Eine Liste")
    text = " ".join(str(value).split())
    short = f"`{text[:60]}…`" if len(text) > 60 else f"`{text}`"
    return both(short, short)
