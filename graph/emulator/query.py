"""$select, $filter, $expand, $orderby and paging over ready-made items."""

import operator
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from graph.emulator.call import Call
from graph.emulator.errors import bad_request, invalid_request
from graph.emulator.event import Event, Json

_ANY = re.compile(
    r"singleValueExtendedProperties/any\(\s*(\w+)\s*:\s*\1/id\s+eq\s+'((?:[^']|'')*)'"
    r"(?:\s+and\s+\1/value\s+eq\s+'((?:[^']|'')*)')?\s*\)",
    re.IGNORECASE,
)
_COMPARE = re.compile(
    r"\s*([\w/]+)\s+(eq|ne|ge|gt|le|lt)\s+('(?:[^']|'')*'|[\w.:+\-]+)\s*", re.IGNORECASE
)
_STARTS = re.compile(r"\s*startswith\(\s*([\w/]+)\s*,\s*'((?:[^']|'')*)'\s*\)\s*", re.IGNORECASE)
_EXPAND = re.compile(
    r"singleValueExtendedProperties\s*\(\s*\$filter\s*=\s*id\s+eq\s+'((?:[^']|'')*)'\s*\)",
    re.IGNORECASE,
)
_AND = re.compile(r"\s+and\s+(?=(?:[^']*'[^']*')*[^']*$)", re.IGNORECASE)
_Literal = str | int | bool | None
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "ge": operator.ge,
    "gt": operator.gt,
    "le": operator.le,
    "lt": operator.lt,
}
Test = Callable[[Json, Event | None], bool]


def filter_test(text: str | None) -> Test:
    """Return the test of a $filter: comparisons and `Any` on properties joined by `and`."""
    if not text:
        return lambda _item, _event: True
    tests = [
        _has_property(_unquote(match[2]), match[3] and _unquote(match[3]))
        for match in _ANY.finditer(text)
    ]
    # what stood for an Any clause is a comparison that is always true
    rest = _ANY.sub(" true eq true ", text) if tests else text
    clauses = (clause.strip() for clause in _AND.split(rest))
    tests += [_clause(clause) for clause in clauses if clause != "true eq true"]
    return lambda item, event: all(test(item, event) for test in tests)


def _unquote(text: str) -> str:
    return text.replace("''", "'")


def _has_property(name: str, value: str | None) -> Test:
    # names are compared with their letter case, values without
    def test(_item: Json, event: Event | None) -> bool:
        held = event.extended.get(name) if event else None
        return held is not None and (value is None or held.lower() == value.lower())

    return test


def _clause(text: str) -> Test:
    if match := _STARTS.fullmatch(text):
        path, prefix = match[1], _unquote(match[2]).lower()
        return lambda item, _event: str(_at(item, path) or "").lower().startswith(prefix)
    match = _COMPARE.fullmatch(text)
    if match is None:
        raise bad_request(f"Invalid filter clause: {text[:200]}")
    path, name, literal = match[1], match[2].lower(), _literal(match[3])
    return lambda item, _event: _compare(_at(item, path), name, literal)


def _literal(text: str) -> _Literal:
    if text.startswith("'"):
        return _unquote(text[1:-1])
    known = {"true": True, "false": False, "null": None}
    if text.lower() in known:
        return known[text.lower()]
    return int(text) if text.lstrip("-").isdigit() else text


def _compare(held: object, name: str, wanted: _Literal) -> bool:
    if isinstance(held, str) and isinstance(wanted, str):
        held, wanted = held.lower(), wanted.lower()
    if name in {"eq", "ne"}:
        return bool(held == wanted) is (name == "eq")
    if isinstance(held, str) and isinstance(wanted, str):
        return _ORDERS[name](held, wanted)
    if isinstance(held, int) and isinstance(wanted, int):
        return _ORDERS[name](held, wanted)
    return False


def _at(item: Json, path: str) -> object:
    value: object = item
    for part in path.split("/"):
        if not isinstance(value, dict):
            return None
        value = value.get(part)
    return value


def expanded_properties(text: str | None) -> list[str]:
    """Return the ids of extended properties wanted by $expand."""
    return [_unquote(name) for name in _EXPAND.findall(text or "")]


def select(call: Call, item: Json) -> Json:
    """Only the wanted properties, with id and annotations."""
    wanted = call.option("$select")
    if not wanted:
        return item
    names = {n.strip() for n in wanted.split(",")} | {"id"}
    return {k: v for k, v in item.items() if k in names or "@" in k}


def order(call: Call, items: list[Json]) -> list[Json]:
    """Sorted by $orderby, one property with asc or desc."""
    text = call.option("$orderby")
    if not text:
        return items
    path, _, direction = text.split(",")[0].strip().partition(" ")
    return sorted(
        items, key=lambda i: str(_at(i, path) or ""), reverse=direction.strip().lower() == "desc"
    )


def number(call: Call, name: str, default: int, *, low: int, high: int) -> int:
    """Return a whole-number query option within its limits."""
    text = call.option(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or not low <= int(text[:9]) <= high:
        raise invalid_request(f"The value of {name} is not valid: it runs from {low} to {high}.")
    return int(text[:9])


def page(call: Call, items: list[Json], *, default: int, largest: int = 1000) -> Json:
    """One page of a collection, with an absolute nextLink if there is more."""
    top = number(call, "$top", preferred_size(call, default), low=1, high=largest)
    skip = number(call, "$skip", 0, low=0, high=999_999_999)
    answer: Json = {"value": items[skip : skip + top]}
    if skip + top < len(items):
        answer["@odata.nextLink"] = _next_link(call, skip + top)
    return answer


def preferred_size(call: Call, default: int) -> int:
    """Return the page size of the Prefer header."""
    wanted = call.preferences.get("odata.maxpagesize", "")
    return min(max(int(wanted[:4]), 1), 1000) if wanted.isdigit() else default


def _next_link(call: Call, skip: int) -> str:
    kept = [(k, v) for k, v in call.query.items() if k.lower() not in {"$skip", "skip"}]
    query = "&".join(
        f"{quote(k, safe='$')}={quote(v, safe='')}" for k, v in [*kept, ("$skip", str(skip))]
    )
    path = "/".join(quote(s, safe="") for s in call.segments)
    return f"{call.origin}/v1.0/{path}?{query}"
