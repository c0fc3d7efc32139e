"""Where a booking takes place, in words."""

from bot.conversation.wording import place_words
from scheduling.catalog import FieldRule, LocationKind, Service

__all__ = ["asks_phone", "chosen_place", "place_words"]


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
