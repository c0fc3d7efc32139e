"""jinja2 templates for pages and mails: autoescape on, an unknown name is an error."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from bot.cards.links import Links
from bot.cards.places import chosen_place
from bot.cards.standing import decide_words, standing, was_words
from bot.conversation.wording import moment_words
from bot.texts import formats, language_for, language_of, text
from scheduling.booking import Booking
from scheduling.catalog import Business
from scheduling.errors import UnknownBooking
from scheduling.timespan import TimeSpan

_ENVIRONMENT = Environment(
    loader=PackageLoader("bot.pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.globals.update(t=text, f=formats, tag=language_of)


_SUBJECTS = {
    "mail_booked": "mail_subject",
    "mail_moved": "mail_moved_subject",
    "staff_moved_title": "mail_moved_subject",
    "mail_reminder": "mail_reminder_subject",
}


def render(template_name: str, **values: Any) -> str:  # noqa: ANN401 - a template takes anything
    """Return the page; values are escaped."""
    return _ENVIRONMENT.get_template(template_name).render(**values)


def confirmation_mail(
    booking: Booking, business: Business, links: Links, manage: str
) -> tuple[str, str]:
    """Return subject and HTML of the confirmation; raises UnknownBooking for a mere hold.

    `manage` is the token of the customer's link.
    """
    return _booking_mail(booking, business, links, manage)


def moved_mail(booking: Booking, business: Business, links: Links, manage: str) -> tuple[str, str]:
    """Return subject and HTML that tell of the new time and the one before."""
    language = language_for(booking, business)
    was = was_words(booking, business.zone.key, language)
    return _booking_mail(booking, business, links, manage, was, headline="mail_moved")


def reminder_mail(
    booking: Booking, business: Business, links: Links, manage: str
) -> tuple[str, str]:
    """Return subject and HTML that remind of a booking; raises UnknownBooking for a mere hold."""
    return _booking_mail(booking, business, links, manage, headline="mail_reminder")


def staff_moved_mail(
    booking: Booking, business: Business, links: Links, manage: str
) -> tuple[str, str]:
    """Return subject and HTML that ask whether the time suits to which the staff moved it."""
    language = language_for(booking, business)
    was = was_words(booking, business.zone.key, language)
    return _booking_mail(booking, business, links, manage, was, headline="staff_moved_title")


def _booking_mail(
    booking: Booking,
    business: Business,
    links: Links,
    manage: str,
    was: str = "",
    headline: str = "mail_booked",
) -> tuple[str, str]:
    details = booking.details
    if details is None:
        raise UnknownBooking(booking.id)
    language = language_for(booking, business)
    zone = ZoneInfo(business.zone.key)
    start, end = booking.span.start.astimezone(zone), booking.span.end.astimezone(zone)
    service = business.service(booking.service_id)
    when = formats.when(start, end, language)
    name = service.name.in_language(language)
    subject = text(_SUBJECTS[headline], language, service=name, when=when)
    html = render(
        "mail_confirmation.html",
        was=was,
        headline=headline,
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
        manage=links.manage(manage),
        demo=links.demo,
    )
    return subject, html


def code_mail(booking: Booking, business: Business, code: str) -> tuple[str, str]:
    """Return subject and HTML of the mail with a one-time code."""
    details = booking.details
    if details is None:
        raise UnknownBooking(booking.id)
    language = language_for(booking, business)
    subject = text("code_subject", language, number=booking.number)
    html = render(
        "mail_code.html",
        language=language,
        subject=subject,
        booking=booking,
        business=business,
        name=details.customer.name,
        code=code,
    )
    return subject, html


def astray_mail(
    booking: Booking,
    business: Business,
    facts: Sequence[tuple[str, str]],
    *,
    why: str,
    found: TimeSpan,
    demo: bool,
) -> tuple[str, str]:
    """Return subject and HTML that ask the staff about an event that cannot be followed.

    `why` is the code, `found` where the event stands in Outlook.
    """
    language = business.language
    member = business.staff_member(booking.staff_id)
    start, end = (m.astimezone(member.zone) for m in (booking.span.start, booking.span.end))
    begins, ends = (m.astimezone(member.zone) for m in (found.start, found.end))
    service = business.service(booking.service_id).name.in_language(language)
    subject = text(
        "astray_subject", language, service=service, when=formats.when(start, end, language)
    )
    where = formats.date_full(begins, language)
    if why != "all_day":
        where = formats.when(begins, ends, language)
    html = render(
        "mail_staff_conflict.html",
        language=language,
        subject=subject,
        words=text(f"astray_{why}", language, when=where),
        business=business,
        name=member.name,
        zone=member.zone.key,
        start=start,
        end=end,
        facts=facts,
        demo=demo,
    )
    return subject, html


def service_facts(booking: Booking, business: Business, place: str) -> list[tuple[str, str]]:
    """Return what was asked for, with whom and where, in the words of the staff."""
    language = business.language
    service = business.service(booking.service_id)
    length = formats.duration(booking.span.duration, language)
    pairs = [
        ("fact_what", f"{service.name.in_language(language)} ({length})"),
        ("fact_with", business.staff_member(booking.staff_id).name),
        ("fact_where", place),
        ("fact_price", formats.price(service.price, language)),
    ]
    return [(text(key, language), words) for key, words in pairs if words]


def request_mail(
    booking: Booking,
    business: Business,
    facts: Sequence[tuple[str, str]],
    *,
    link: str,
    demo: bool,
) -> tuple[str, str]:
    """Return subject and HTML of the mail that asks the staff to decide."""
    language = business.language
    member = business.staff_member(booking.staff_id)
    start, end = (m.astimezone(member.zone) for m in (booking.span.start, booking.span.end))
    subject = text(
        "request_subject",
        language,
        service=business.service(booking.service_id).name.in_language(language),
        when=formats.when(start, end, language),
    )
    html = render(
        "mail_request.html",
        language=language,
        subject=subject,
        business=business,
        name=member.name,
        zone=member.zone.key,
        start=start,
        end=end,
        until=decide_words(booking, member.zone.key, language),
        facts=facts,
        link=link,
        demo=demo,
    )
    return subject, html


def staff_conflict_mail(
    booking: Booking, business: Business, facts: Sequence[tuple[str, str]], *, demo: bool
) -> tuple[str, str]:
    """Return subject and HTML that tell the staff member of a noted time that was taken."""
    language = business.language
    member = business.staff_member(booking.staff_id)
    start, end = (m.astimezone(member.zone) for m in (booking.span.start, booking.span.end))
    service = business.service(booking.service_id).name.in_language(language)
    when = formats.when(start, end, language)
    words = text("staff_conflict_keep", language)
    if booking.conflict_until is not None:
        until = moment_words(booking.conflict_until.astimezone(member.zone), language)
        words = text("staff_conflict_ask", language, when=until)
        if was := was_words(booking, member.zone.key, language):
            words = text("staff_conflict_moved", language, was=was, when=until)
    subject = text("staff_conflict_subject", language, service=service, when=when)
    html = render(
        "mail_staff_conflict.html",
        language=language,
        subject=subject,
        words=words,
        business=business,
        name=member.name,
        zone=member.zone.key,
        start=start,
        end=end,
        facts=facts,
        demo=demo,
    )
    return subject, html


def outcome_mail(booking: Booking, business: Business, links: Links) -> tuple[str, str]:
    """Return subject and HTML that tell the customer of a request that came to nothing."""
    details = booking.details
    if details is None:
        raise UnknownBooking(booking.id)
    language = language_for(booking, business)
    zone = business.zone
    start, end = booking.span.start.astimezone(zone), booking.span.end.astimezone(zone)
    service = business.service(booking.service_id)
    title, words = standing(booking, zone.key, language)
    subject = text(
        "outcome_subject",
        language,
        title=title,
        service=service.name.in_language(language),
        when=formats.when(start, end, language),
    )
    html = render(
        "mail_outcome.html",
        language=language,
        subject=subject,
        title=title,
        words=words,
        name=details.customer.name,
        service=service,
        booking=booking,
        business=business,
        start=start,
        end=end,
        times=links.times(service.id),
        demo=links.demo,
    )
    return subject, html
