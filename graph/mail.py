"""The Notifier port by sendMail, and the calendar file that goes with a confirmation."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vCalAddress, vText

from graph import wire
from graph.client import USER, Call, GraphClient
from scheduling.ports import IcsEvent, Mail

PRODUCT = "-//Terminbot//Terminbot//EN"
LONGEST_TEXT = 4000
MARGIN = timedelta(days=7)
AFTER_CLOCK_CHANGE = timedelta(hours=3)


class OutlookMail:
    """Sends from the business's mailbox. Accepted (202) is not delivered."""

    def __init__(self, client: GraphClient) -> None:
        self._client = client

    async def send(self, mail: Mail) -> None:
        """Hand the mail to Exchange."""
        await self._client.send(
            Call(
                "POST",
                "/users/{user%2Did}/sendMail",
                {USER: mail.sender_mailbox},
                body=wire.mail_request(mail),
            )
        )


def ics(event: IcsEvent) -> bytes:
    """Return one VEVENT with its VTIMEZONE (RFC 5545); texts end as literal text."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if event.is_cancelled else "PUBLISH")
    entry = Event()
    zone = ZoneInfo(event.zone)
    entry.add("uid", wire.one_line(event.uid))
    entry.add("sequence", event.sequence)
    entry.add("dtstamp", event.stamp)
    entry.add("dtstart", _on_the_clock(event.span.start, zone))
    entry.add("dtend", _on_the_clock(event.span.end, zone))
    entry.add("summary", _literal(wire.one_line(event.summary)))
    entry.add("description", _literal(wire.plain_text(event.description[:LONGEST_TEXT])))
    entry.add("location", _literal(wire.one_line(event.location)))
    entry.add("status", "CANCELLED" if event.is_cancelled else "CONFIRMED")
    if event.url:
        entry.add("url", "".join(wire.plain_text(event.url).split()))
    organizer = vCalAddress(f"mailto:{wire.one_line(event.organizer_email)}")
    organizer.params["CN"] = vText(wire.one_line(event.organizer_name).replace('"', "'"))
    entry.add("organizer", organizer)
    calendar.add_component(entry)
    # the zone as it is around this event: a century of clock changes is three times the rest
    day = event.span.start.date()
    calendar.add_missing_timezones(first_date=day - MARGIN, last_date=day + 2 * MARGIN)
    return bytes(calendar.to_ical())


def _literal(text: str) -> str:
    r"""Keep `\N`, as in a path, from ending as a line break: icalendar writes it as one."""
    return text.replace("\\N", "\\n")


def _on_the_clock(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return it as local time, but in UTC right after a clock change.

    There, a local time may occur twice and then means the first one (RFC 5545, 3.3.5), and not
    every reader agrees on the minute of the change.
    """
    local = moment.astimezone(zone)
    before = (moment - AFTER_CLOCK_CHANGE).astimezone(zone)
    return local if before.utcoffset() == local.utcoffset() else moment
