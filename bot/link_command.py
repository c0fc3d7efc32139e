"""`link`: makes a link that lets somebody book a service once."""

from datetime import timedelta

from bot import business_file, configured
from bot.cards import Links
from bot.slots_command import SlotsImpossible, settings_of
from scheduling.catalog import Business
from scheduling.errors import BookingError, UnknownService


async def issue(service_id: str, days: int, example: str | None) -> str:
    """Return the new link's address; raises SlotsImpossible, or BusinessFileInvalid."""
    settings = settings_of(example)
    _require_link(business_file.load(settings.business_file), service_id)
    try:
        token = await configured.invite(settings, service_id, timedelta(days=days))
    except BookingError as failure:
        raise SlotsImpossible(f"The store cannot be used: {failure}") from None
    return Links(settings.base_url).invited(token)


def _require_link(business: Business, service_id: str) -> None:
    known = ", ".join(s.id for s in business.services if s.needs_invitation)
    ways = f"By link are booked: {known}." if known else "No service has `visibility: link`."
    try:
        service = business.service(service_id)
    except UnknownService:
        raise SlotsImpossible(f"There is no service {service_id!r}. {ways}") from None
    if not service.needs_invitation:
        raise SlotsImpossible(f"{service_id!r} can be booked without a link. {ways}")
