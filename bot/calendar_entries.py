"""What a booking becomes in calendars: the staff member's event, the customer's .ics entry."""

from collections.abc import Iterator

from bot import texts
from bot.cards.places import chosen_place
from scheduling.assignment import COLLECTIVE, IN_TURN, KEPT, LEAST_LOADED, NAMED
from scheduling.booking import Booking, BookingState, Details
from scheduling.catalog import Business, LocationKind, Resource
from scheduling.errors import UnknownBooking
from scheduling.ports import EventDraft, IcsEvent, Invitee

_ASSIGNED = frozenset({NAMED, LEAST_LOADED, IN_TURN, COLLECTIVE, KEPT})


def event_draft(booking: Booking, business: Business) -> EventDraft:
    """Return what stands in the staff member's calendar: the same for every attempt.

    Others who serve, and rooms with a calendar of their own, are invited; Exchange enters the
    event there.
    """
    details = booking.details
    if details is None:
        raise UnknownBooking(booking.id)
    service = business.service(booking.service_id)
    member = business.staff_member(booking.staff_id)
    language = business.language
    customer = details.customer
    invited = service.invite_customer
    return EventDraft(
        booking_id=booking.id,
        version=booking.staff_since,
        mailbox=member.mailbox,
        span=booking.span,
        zone=member.zone.key,
        subject=f"{service.name.in_language(language)} – {customer.name}",
        body_text="\n".join(f"{label}: {said}" for label, said in facts(booking, business)),
        location=where(booking, details, business, language),
        online_meeting=details.location_id == LocationKind.TEAMS,
        attendee_name=customer.name if invited else "",
        attendee_email=customer.email if invited else "",
        invitees=tuple(_invitees(booking, business, language)),
    )


def facts(booking: Booking, business: Business) -> Iterator[tuple[str, str]]:
    """Yield what the staff are to know beside time and place, as labels and words."""
    details = booking.details
    if details is None:
        raise UnknownBooking(booking.id)
    language = business.language
    service, customer = business.service(booking.service_id), details.customer

    def labelled(key: str, value: str) -> tuple[str, str]:
        return texts.text(key, language), value

    yield labelled("event_customer", customer.name)
    yield labelled("event_email", customer.email)
    if customer.phone:
        yield labelled("event_phone", customer.phone)
    for question in service.questions:
        if answer := details.answers.get(question.id):
            labels = {value: label.in_language(language) for value, label in question.choices}
            yield question.label.in_language(language), labels.get(answer, answer)
    if details.note:
        yield labelled("event_note", details.note)
    team = [business.staff_member(staff_id).name for staff_id in booking.staff_ids[1:]]
    if team:
        yield labelled("event_team", ", ".join(team))
    if used := [r.name.in_language(language) for r in resources_of(booking, business)]:
        yield labelled("event_resources", ", ".join(used))
    # an invited customer reads the event as well
    if not service.invite_customer and (reason := reason_words(booking.reason, language)):
        yield labelled("event_assigned", reason)
    yield labelled("event_number", booking.number)


def resources_of(booking: Booking, business: Business) -> list[Resource]:
    """Return the rooms and the equipment that the booking takes, in the order of the file."""
    taken = set(booking.others)
    return [r for r in business.resources if taken & set(r.unit_ids)]


def reason_words(reason: str, language: str) -> str:
    """Return why this staff member serves, in words for the staff; nothing for old reasons."""
    kind, _, figures = reason.partition(" ")
    if kind not in _ASSIGNED:
        return ""
    values = dict(figure.split("=", 1) for figure in figures.split() if "=" in figure)
    try:
        return texts.text(f"assigned_{kind}", language, **values)
    except KeyError:
        # a reason with other figures: the event must be written all the same
        return ""


def _invitees(booking: Booking, business: Business, language: str) -> Iterator[Invitee]:
    for staff_id in booking.staff_ids[1:]:
        member = business.staff_member(staff_id)
        yield Invitee(member.name, member.mailbox)
    for resource in resources_of(booking, business):
        if resource.mailbox:
            name = resource.name.in_language(language)
            yield Invitee(name, resource.mailbox, is_resource=True)


def where(booking: Booking, details: Details, business: Business, language: str) -> str:
    """Return the place and the rooms of a booking."""
    service = business.service(booking.service_id)
    place = chosen_place(service, details.location_id, language)
    rooms = [
        r.name.in_language(language)
        for r in resources_of(booking, business)
        if r.id in service.rooms
    ]
    return ", ".join(part for part in (place, *rooms) if part)


def ics_event(booking: Booking, business: Business, manage: str = "") -> IcsEvent:
    """Return the customer's calendar entry; of a cancelled booking, what takes it out again.

    `manage` is the address at which the customer sees it and gives it up.
    """
    is_cancelled = booking.state is BookingState.CANCELLED
    details = booking.details
    language = texts.language_for(booking, business)
    service = business.service(booking.service_id)
    member = business.staff_member(booking.staff_id)
    place = chosen_place(service, details.location_id if details else None, language)
    if details:
        place = where(booking, details, business, language)
    return IcsEvent(
        uid=f"{booking.id}@terminbot",
        sequence=booking.version - 1 + is_cancelled,
        span=booking.span,
        zone=business.zone.key,
        summary=f"{service.name.in_language(language)} – {business.name.in_language(language)}",
        description="\n".join(
            part
            for part in (
                f"{member.name}, {place}",
                f"{texts.text('event_number', language)}: {booking.number}",
                booking.join_url or "",
                f"{texts.text('mail_manage', language)}: {manage}" if manage else "",
            )
            if part
        ),
        location=place,
        organizer_name=business.name.in_language(language),
        organizer_email=business.mail_from or member.mailbox,
        stamp=booking.cancelled_at or booking.created_at,
        url=manage or booking.join_url,
        is_cancelled=is_cancelled,
    )
