"""What services have in common whose slots can share their bits."""

from dataclasses import dataclass
from datetime import timedelta

from scheduling.availability import Rules, opening_rules, places_of, weekdays_at
from scheduling.catalog import Business, BusyStatus, Service, StaffMember
from scheduling.slots import SlotShape, shape_of


@dataclass(frozen=True, slots=True)
class SlotClass:
    """Equal classes have equal slots for the same person."""

    shape: SlotShape
    blocking: frozenset[BusyStatus]
    opening: tuple[Rules, ...]
    places: frozenset[str] | None = None


def slot_class(
    business: Business, service: Service, duration: timedelta, location_id: str = ""
) -> SlotClass:
    """Return the class of a service in one of its durations, at one of its locations."""
    return SlotClass(
        shape_of(business, service, duration, location_id),
        service.blocking,
        opening_rules(business, service),
        places_of(service, location_id),
    )


def serving_at(
    business: Business, service: Service, places: frozenset[str] | None
) -> tuple[StaffMember, ...]:
    """Return who serves it at one of the places on some day of the week."""
    return tuple(m for m in business.staff_for(service) if weekdays_at(m, places))
