"""Addresses that cards and mails lead to."""

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from scheduling.catalog import Business, Service
from scheduling.timespan import TimeSpan


@dataclass(frozen=True, slots=True)
class Links:
    """`base_url` is our public address, without a slash at its end."""

    base_url: str
    demo: bool = False

    def ics(self, booking_id: str) -> str:
        """Return the address of the calendar file; the unguessable id is its key."""
        return f"{self.base_url}/b/{booking_id}.ics"

    def times(self, service_id: str) -> str:
        """Return the address where free times of a service are shown."""
        return f"{self.base_url}/book/{quote(service_id)}"

    def request(self, token: str) -> str:
        """Return the address where the staff decide on a request."""
        return f"{self.base_url}/requests/{token}"

    def manage(self, token: str) -> str:
        """Return the address at which the customer sees their booking and gives it up."""
        return f"{self.base_url}/manage/{token}"

    def invited(self, token: str) -> str:
        """Return the address at which an invitation is taken up."""
        return f"{self.base_url}/book/invited/{token}"


def calendar_subject(service: Service, business: Business, language: str) -> str:
    """Return the title of the customer's own calendar entry."""
    return f"{service.name.in_language(language)} – {business.name.in_language(language)}"


def outlook_link(span: TimeSpan, subject: str, place: str) -> str:
    """Return a link that opens a new event in Outlook on the web."""
    query = {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": subject,
        "startdt": _iso(span.start),
        "enddt": _iso(span.end),
        "location": place,
    }
    return f"https://outlook.office.com/calendar/0/deeplink/compose?{urlencode(query)}"


def google_link(span: TimeSpan, subject: str, place: str) -> str:
    """Return a link that opens a new event in Google Calendar."""
    dates = "/".join(f"{m.astimezone(UTC):%Y%m%dT%H%M%SZ}" for m in (span.start, span.end))
    query = {"action": "TEMPLATE", "text": subject, "dates": dates, "location": place}
    return f"https://calendar.google.com/calendar/render?{urlencode(query)}"


def _iso(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
