"""jinja2 templates for pages and mails: autoescape on, an unknown name is an error."""

from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from bot.cards.links import Links
from bot.cards.places import chosen_place
from bot.texts import formats, text
from scheduling.booking import Booking
from scheduling.catalog import Business
from scheduling.errors import UnknownBooking

_ENVIRONMENT = Environment(
    loader=PackageLoader("bot.pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.globals.update(t=text, f=formats)


def render(template_name: str, **values: Any) -> str:  # noqa: ANN401 - a template takes anything
    """Return the page; values are escaped."""
    return _ENVIRONMENT.get_template(template_name).render(**values)


def confirmation_mail(
    booking: Booking, business: Business, language: str, links: Links
) -> tuple[str, str]:
    """Return subject and HTML of the confirmation; raises UnknownBooking for a mere hold."""
    details = booking.details
    if details is None:
        raise UnknownBooking(booking.id)
    zone = ZoneInfo(business.zone.key)
    start, end = booking.span.start.astimezone(zone), booking.span.end.astimezone(zone)
    service = business.service(booking.service_id)
    when = formats.when(start, end, language)
    subject = text("mail_subject", language, service=service.name.in_language(language), when=when)
    html = render(
        "mail_confirmation.html",
        language=language,
        subject=subject,
        booking=booking,
        name=details.customer.name,
        service=service,
        member=business.staff_member(booking.staff_id),
        business=business,
        start=start,
        end=end,
        place=chosen_place(service, details.location_id, language),
        ics=links.ics(booking.id),
        demo=links.demo,
    )
    return subject, html
