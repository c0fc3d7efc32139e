"""The truth about one resource: its calendar's entries and what the store keeps of it."""

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from scheduling.catalog import BusyStatus
from scheduling.occupancy import Claim
from scheduling.ports import BusyItem
from scheduling.timespan import whole_seconds


@dataclass(frozen=True, slots=True)
class Standing:
    """`busy`: status -> start, end, start, end ... in epoch seconds, by start, rounded outward.

    `unknown`: why the calendar's entries are not known (then nothing is free), None = known.
    `synced_at` is when they were read, up to `covers_until`; until `fresh_until` a notification
    would have told of any change. `read_at` is the same as `synced_at`, and stays where that is
    distrusted: how old the entries are. All in epoch seconds, 0 = never.
    """

    busy: Mapping[BusyStatus, "array[int]"] = field(default_factory=dict)
    claims: tuple[Claim, ...] = ()
    unknown: str | None = None
    synced_at: int = 0
    covers_until: int = 0
    fresh_until: int = 0
    read_at: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a calendar does not answer (a code), and since when."""

    code: str
    since: datetime


def busy_of(items: Iterable[BusyItem]) -> dict[BusyStatus, "array[int]"]:
    """Sort entries by status and start."""
    found: dict[BusyStatus, list[tuple[int, int]]] = {}
    for item in items:
        found.setdefault(item.status, []).append(whole_seconds(item.span))
    return {status: flat(sorted(pairs)) for status, pairs in found.items()}


def flat(pairs: Iterable[tuple[int, int]]) -> "array[int]":
    """Pack pairs that are in order already: 16 bytes each."""
    return array("q", [second for pair in pairs for second in pair])
