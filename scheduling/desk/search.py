"""What the use cases are asked and what they answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from scheduling.booking import Slot
from scheduling.timespan import TimeSpan


@dataclass(frozen=True, slots=True)
class Search:
    """Which times are asked for: starts in `span`; the service itself may end after it.

    `duration` None = the service's first. `staff_id` None = anyone. `location_id` empty = in any
    way the service is offered. `ignore_booking` is the customer's own hold, whose time counts as
    free. `most_names`: how many staff members of a slot are named, None = all. `moves`: the
    customer's booking that is to get another time; its own time and event are not in the way.
    """

    service_id: str
    duration: timedelta | None
    staff_id: str | None
    span: TimeSpan
    excluded_staff_ids: tuple[str, ...] = ()
    ignore_booking: str | None = None
    location_id: str = ""
    most_names: int | None = None
    moves: str | None = None


NOT_ASKED = "not_asked"
"""Why somebody is left out: the calendar is too old, and enough others are known."""
NOT_LOADED = "not_loaded"
_LEFT_OUT = frozenset({NOT_ASKED, NOT_LOADED})


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be booked now, by start; staff members of a slot in the business file's order.

    `unknown` names who was left out because the calendar is not known, and why (a code).
    `asked` are all whose calendar counts for the answer; who does not work in the span does not.
    """

    slots: tuple[Slot, ...]
    unknown: Mapping[str, str]
    asked: tuple[str, ...] = ()
    known_at: datetime | None = None
    """Set in an outage: how old what is offered on is; None = the calendars answered."""

    @property
    def is_incomplete(self) -> bool:
        """Whether there may be more: a calendar did not answer, or nobody known is free."""
        failed = any(why not in _LEFT_OUT for why in self.unknown.values())
        return failed or (bool(self.unknown) and not self.slots)

    @property
    def calendar_is_down(self) -> bool:
        """Whether nothing is offered because not one calendar answered."""
        return bool(self.asked) and self.unknown.keys() >= set(self.asked)


@dataclass(frozen=True, slots=True)
class HoldOrder:
    """One start to keep for `owner`; `ignore_booking` is their own earlier hold, given up.

    `moves`: the owner's booking for which it is the new time.
    """

    service_id: str
    duration: timedelta | None
    start: datetime
    staff_id: str | None
    owner: str
    excluded_staff_ids: tuple[str, ...] = ()
    ignore_booking: str | None = None
    location_id: str = ""
    offer_id: str = ""
    offered: tuple[datetime, ...] = ()
    """The starts that were shown when this one was chosen; recorded with the hold."""
    moves: str | None = None
