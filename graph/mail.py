"""The Notifier port by sendMail, and the calendar file that goes with a confirmation."""

import re
import unicodedata
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vCalAddress, vText

from graph import wire
from graph.client import Call, GraphClient
from scheduling.ports import IcsEvent, Mail

PRODUCT = "-//Terminbot//Terminbot//EN"
LONGEST_TEXT = 4000
_LINE_BREAKS = re.compile(r"\r\n|\r|\u2028|\u2029|\x85|\x0b|\x0c")


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
                {"user%2Did": mail.sender_mailbox},
                body=wire.mail_request(mail),
            )
        )


def ics(event: IcsEvent, method: str = "PUBLISH") -> bytes:
    """Return one VEVENT with its VTIMEZONE (RFC 5545); texts end as literal text."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", method)
    entry = Event()
    zone = ZoneInfo(event.zone)
    entry.add("uid", _one_line(event.uid))
    entry.add("sequence", event.sequence)
    entry.add("dtstamp", event.stamp)
    entry.add("dtstart", event.span.start.astimezone(zone))
    entry.add("dtend", event.span.end.astimezone(zone))
    entry.add("summary", _one_line(event.summary))
    entry.add("description", _clean(event.description))
    entry.add("location", _one_line(event.location))
    entry.add("status", "CONFIRMED")
    if event.url:
        entry.add("url", _one_line(event.url))
    organizer = vCalAddress(f"mailto:{_one_line(event.organizer_email)}")
    organizer.params["CN"] = vText(_one_line(event.organizer_name).replace('"', "'"))
    entry.add("organizer", organizer)
    calendar.add_component(entry)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def _clean(text: str) -> str:
    r"""Return the text without control characters, line breaks as \\n, of bounded length."""
    lines = _LINE_BREAKS.sub("\n", text[:LONGEST_TEXT])
    return "".join(c for c in lines if c == "\n" or unicodedata.category(c) not in {"Cc", "Cs"})


def _one_line(text: str) -> str:
    return " ".join(_clean(text).split())
