"""What can be read of a file with mistakes, so that one mistake does not hide the others.

A key that is wrong is left out; one that is demanded gets a stand-in that breaks no rule.
"""

from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import ValidationError

from bot.business_file.models import (
    BusinessEntry,
    PlaceEntry,
    ResourceEntry,
    ServiceEntry,
    StaffEntry,
    TravelEntry,
    WaveEntry,
)
from bot.business_file.problems import Place
from bot.business_file.values import Strict

_Entry = TypeVar("_Entry", bound=Strict)
ALWAYS = {"daily": "00:00-24:00"}
"""Hours that stand in for those that could not be read."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Readable entries by their position; `ids` are all that the file declares."""

    business: BusinessEntry | None = None
    waves: Mapping[int, WaveEntry] = field(default_factory=dict)
    travel: Mapping[int, TravelEntry] = field(default_factory=dict)
    places: Mapping[int, PlaceEntry] = field(default_factory=dict)
    resources: Mapping[int, ResourceEntry] = field(default_factory=dict)
    services: Mapping[int, ServiceEntry] = field(default_factory=dict)
    staff: Mapping[int, StaffEntry] = field(default_factory=dict)
    ids: Mapping[str, Collection[str]] = field(default_factory=dict)
    """Of places, staff, resources and waves."""
    doubts: Mapping[Place, Set[str]] = field(default_factory=dict)
    """Entry -> its keys that were wrong, and so hold a default or a stand-in."""

    @property
    def knows_staff(self) -> bool:
        """Whether the skills and hours of all staff, and those of the business, were readable."""
        return not any(
            keys & _OF_STAFF
            for where, keys in self.doubts.items()
            if where[0] in {"business", "staff"}
        )

    def knows(self, where: Place, *keys: str) -> bool:
        """Tell whether all these keys of the entry hold what the file says."""
        return self.doubts.get(where, frozenset()).isdisjoint(keys)


_OF_STAFF = frozenset({"*", "zone", "hours", "breaks", "overrides", "skills", "id"})


def readable_parts(values: Mapping[str, Any]) -> Parts:
    """Return what can be read, entry by entry; reports nothing."""
    given = values.get("business")
    business, wrong = entry_of(BusinessEntry, given, 0)
    doubts: dict[Place, set[str]] = {("business",): wrong}
    # read one by one: a mistake in one must not take away the others
    within = given if isinstance(given, Mapping) else {}
    lists = {**values, "waves": within.get("waves"), "travel": within.get("travel")}
    named = ("places", "resources", "staff", "waves")
    return Parts(
        business=business,
        waves=_entries(WaveEntry, "waves", lists, doubts),
        travel=_entries(TravelEntry, "travel", lists, doubts),
        places=_entries(PlaceEntry, "places", lists, doubts),
        resources=_entries(ResourceEntry, "resources", lists, doubts),
        services=_entries(ServiceEntry, "services", lists, doubts),
        staff=_entries(StaffEntry, "staff", lists, doubts),
        ids={section: _ids(lists.get(section)) for section in named},
        doubts=doubts,
    )


def _stand_ins(kind: type[Strict], number: int) -> dict[str, Any]:
    """Return a value for every key that an entry must have, unlike those of other entries."""
    name = f"x-{number}"
    plain: dict[str, Any] = {"id": name, "name": name, "hours": ALWAYS}
    if kind is BusinessEntry:
        privacy = {"version": "1", "text": "x"}
        return {**plain, "zone": "UTC", "mail_from": "x@x.example", "privacy": privacy}
    if kind is StaffEntry:
        return {**plain, "mailbox": f"{name}@x.example"}
    if kind is PlaceEntry:
        return {"id": name, "name": name, "address": name}
    if kind is WaveEntry:
        return {"id": name, "from": "2026-01-01"}
    if kind is TravelEntry:
        return {"between": [name, name], "minutes": "0"}
    if kind is ResourceEntry:
        return {"id": name, "name": name, "kind": "room"}
    return {"id": name, "name": name, "description": name, "minutes": "1", "locations": ["teams"]}


def _entries(
    kind: type[_Entry], section: str, values: Mapping[str, Any], doubts: dict[Place, set[str]]
) -> dict[int, _Entry]:
    """Return the entries of a section; adds to `doubts` what was wrong in each."""
    listed = values.get(section)
    if not isinstance(listed, list):
        doubts[(section,)] = {"*"}
        return {}
    found: dict[int, _Entry] = {}
    for number, value in enumerate(listed):
        entry, wrong = entry_of(kind, value, number)
        if wrong:
            doubts[(section, number)] = wrong
        if entry is not None:
            found[number] = entry
    return found


def entry_of(kind: type[_Entry], value: object, number: int) -> tuple[_Entry | None, set[str]]:
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


def _ids(listed: object) -> Collection[str]:
    """Return the ids in their order; looking one up takes no walk."""
    entries = listed if isinstance(listed, list) else []
    named = [str(each["id"]) for each in entries if isinstance(each, Mapping) and each.get("id")]
    return dict.fromkeys(named)
