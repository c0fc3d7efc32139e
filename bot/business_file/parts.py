"""What can be read of a file with mistakes, so that one mistake does not hide the others.

A key that is wrong is left out; one that is demanded gets a stand-in that breaks no rule.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import ValidationError

from bot.business_file.models import BusinessEntry, PlaceEntry, ServiceEntry, StaffEntry
from bot.business_file.values import Strict

_Entry = TypeVar("_Entry", bound=Strict)
_ALWAYS = {"daily": "00:00-24:00"}


@dataclass(frozen=True, slots=True)
class Parts:
    """Readable entries by their position; `ids` are all that the file declares."""

    business: BusinessEntry | None = None
    places: Mapping[int, PlaceEntry] = field(default_factory=dict)
    services: Mapping[int, ServiceEntry] = field(default_factory=dict)
    staff: Mapping[int, StaffEntry] = field(default_factory=dict)
    ids: Mapping[str, list[str]] = field(default_factory=dict)
    knows_staff: bool = False
    """Whether the skills and hours of all staff, and the hours of the business, were readable."""


def readable_parts(values: Mapping[str, Any]) -> Parts:
    """Return what can be read, entry by entry; reports nothing."""
    business, business_doubts = _entry(BusinessEntry, values.get("business"), 0)
    staff, staff_doubts = _entries(StaffEntry, values.get("staff"))
    doubts = business_doubts | staff_doubts
    return Parts(
        business=business,
        places=_entries(PlaceEntry, values.get("places"))[0],
        services=_entries(ServiceEntry, values.get("services"))[0],
        staff=staff,
        ids={section: _ids(values.get(section)) for section in ("places", "staff")},
        knows_staff=not doubts & {"*", "zone", "hours", "breaks", "overrides", "skills", "id"},
    )


def _stand_ins(kind: type[Strict], number: int) -> dict[str, Any]:
    """Return a value for every key that an entry must have, unlike those of other entries."""
    name = f"x-{number}"
    plain: dict[str, Any] = {"id": name, "name": name, "hours": _ALWAYS}
    if kind is BusinessEntry:
        privacy = {"version": "1", "text": "x"}
        return {**plain, "zone": "UTC", "mail_from": "x@x.example", "privacy": privacy}
    if kind is StaffEntry:
        return {**plain, "mailbox": f"{name}@x.example"}
    if kind is PlaceEntry:
        return {"id": name, "name": name, "address": name}
    return {"id": name, "name": name, "description": name, "minutes": "1", "locations": ["teams"]}


def _entries(kind: type[_Entry], listed: object) -> tuple[dict[int, _Entry], set[str]]:
    if not isinstance(listed, list):
        return {}, {"*"}
    found: dict[int, _Entry] = {}
    doubts: set[str] = set()
    for number, value in enumerate(listed):
        entry, wrong = _entry(kind, value, number)
        doubts |= wrong
        if entry is not None:
            found[number] = entry
    return found, doubts


def _entry(kind: type[_Entry], value: object, number: int) -> tuple[_Entry | None, set[str]]:
    """Return the entry and the keys that were wrong in it; `*` where it is none at all."""
    if not isinstance(value, Mapping):
        return None, {"*"}
    try:
        return kind.model_validate(value), set()
    except ValidationError as error:
        wrong = {str(each["loc"][0]) for each in error.errors() if each["loc"]}
    right = {key: each for key, each in value.items() if key not in wrong}
    needed = {k: v for k, v in _stand_ins(kind, number).items() if k in wrong}
    return kind.model_validate({**right, **needed}), wrong


def _ids(listed: object) -> list[str]:
    entries = listed if isinstance(listed, list) else []
    named = [str(each["id"]) for each in entries if isinstance(each, Mapping) and each.get("id")]
    return list(dict.fromkeys(named))
