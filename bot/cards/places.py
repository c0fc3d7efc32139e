"""Where a booking takes place, in words."""

from bot.texts import text
from scheduling.catalog import FieldRule, Location, LocationKind, Service


def place_words(location: Location, language: str) -> str:
    """Return the way of meeting, with the address of a place."""
    if location.place is None:
        return text(f"location_{location.kind.value}", language)
    return f"{location.place.name.in_language(language)}, {location.place.address}"


def asks_phone(service: Service) -> bool:
    """Tell whether a number may be needed, be it only for one of the ways of meeting."""
    by_phone = any(location.kind is LocationKind.PHONE for location in service.locations)
    return service.phone is not FieldRule.OFF or by_phone


def chosen_place(service: Service, location_id: str | None, language: str) -> str:
    """Return the words of the chosen location, nothing where it is unknown."""
    for location in service.locations:
        if location.id == location_id:
            return place_words(location, language)
    return ""
