"""The event of a booking that is to be moved: in nobody's way but others'."""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass

from scheduling.booking import STAFF, Booking
from scheduling.catalog import Business, BusyStatus
from scheduling.index.standing import flat
from scheduling.ports import BusyItem, WrittenEvent
from scheduling.timespan import TimeSpan, whole_seconds


@dataclass(frozen=True, slots=True)
class OwnEvent:
    """Where it stands, in the calendars of all that the booking claims.

    Free/busy names no events: one entry of exactly this span is left out, never more.
    """

    span: TimeSpan
    resources: frozenset[str]

    def left_out(self, items: tuple[BusyItem, ...]) -> tuple[BusyItem, ...]:
        """Return the other entries of a calendar."""
        own = (
            place
            for place, item in enumerate(items)
            if item.span == self.span and item.status is BusyStatus.BUSY
        )
        at = next(own, len(items))
        return (*items[:at], *items[at + 1 :])

    def left_out_of(
        self, busy: Mapping[BusyStatus, "array[int]"]
    ) -> dict[BusyStatus, "array[int]"]:
        """Return the other entries of what is known of a calendar; see Standing."""
        known = busy.get(BusyStatus.BUSY, ())
        pairs = list(zip(known[::2], known[1::2], strict=True))
        if whole_seconds(self.span) in pairs:
            pairs.remove(whole_seconds(self.span))
        return {**busy, BusyStatus.BUSY: flat(pairs)}


def own_event(booking: Booking, event: WrittenEvent, business: Business) -> OwnEvent:
    """Return the booking's event as it was read, in the calendars in which it stands."""
    staff_id = event.staff_id or booking.event_staff_id or booking.staff_id
    organizer = business.staff_member(staff_id).mailbox
    there = event.invited | {organizer.lower()}
    resources = (r for r in booking.resources if _mailbox(r, business).lower() in there)
    return OwnEvent(event.span, frozenset(resources))


def _mailbox(resource: str, business: Business) -> str:
    if resource.startswith(STAFF):
        return business.staff_member(resource.removeprefix(STAFF)).mailbox
    units = (each for each in business.resources if resource in each.unit_ids)
    return next((each.mailbox or "" for each in units), "")
