"""Graph's JSON as plain values, both ways. Pure: no call leaves this file."""

import base64
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Annotated, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
)
from pydantic.alias_generators import to_camel

from graph.errors import Transient
from graph.timezones import windows_name, zone_of
from scheduling.catalog import BusyStatus
from scheduling.ports import BusyItem, EventDraft, FreeBusy, Mail, WrittenEvent
from scheduling.timespan import TimeSpan

BOOKING_PROPERTY = "String {6f1f2b0e-5a53-4d0b-9d5a-3a1c0a7c9e11} Name TerminbotBookingId"
"""Our mark on an event: learn.microsoft.com/graph/api/singlevaluelegacyextendedproperty-get."""
CATEGORY = "Terminbot"
MAX_RETRY_AFTER = timedelta(hours=1)
LONGEST_LINE = 255
"""Of a subject; Exchange cuts or refuses a longer one."""
LONGEST_TEXT = 20_000
Shape = TypeVar("Shape", bound=BaseModel)
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z?)", re.ASCII)
_CODE = re.compile(r"[A-Za-z][\w.\-]{0,79}", re.ASCII)
_LINE_BREAKS = re.compile(r"\r\n|[\r\u2028\u2029\x85\x0b\x0c]")
_BIDI = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class _Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore")


class DateTimeTimeZone(_Model):
    """`dateTimeTimeZone`: wall clock without offset, and a zone (Windows or IANA name)."""

    date_time: str
    time_zone: str = "UTC"

    def moment(self, *, is_end: bool = False) -> datetime:
        """Return aware UTC in whole seconds, an end rounded up, a start down."""
        match = _TIME.fullmatch(self.date_time)
        if match is None:
            raise ValueError("unreadable dateTime")
        wall = datetime.fromisoformat(match[1])
        zone = UTC if match[3] else zone_of(self.time_zone)
        try:
            # an hour that a clock change repeats is taken as wide as it can be meant
            both = [wall.replace(tzinfo=zone, fold=f).astimezone(UTC) for f in (0, 1)]
        except OverflowError:
            raise ValueError("unreadable dateTime") from None
        has_fraction = bool(match[2] and match[2].strip("0"))
        if not is_end:
            return min(both)
        return max(both) + timedelta(seconds=1) if has_fraction else max(both)


def _status(value: object) -> BusyStatus:
    """Read a status; whatever is new or odd counts as unknown, which blocks."""
    for status in BusyStatus:
        if isinstance(value, str) and value.lower() == status.value.lower():
            return status
    return BusyStatus.UNKNOWN


Status = Annotated[BusyStatus, BeforeValidator(_status)]


class ScheduleItem(_Model):
    """One busy time; subject and location are not read, nobody needs them here."""

    status: Status = BusyStatus.UNKNOWN
    start: DateTimeTimeZone
    end: DateTimeTimeZone


class ScheduleError(_Model):
    """Why one mailbox has no answer inside a 200."""

    response_code: str | int = "unknown"


class Schedule(_Model):
    """`scheduleInformation` of one mailbox."""

    schedule_id: str
    schedule_items: list[ScheduleItem] | None = None
    error: ScheduleError | None = None


class Schedules(_Model):
    """The answer of getSchedule; each entry is read on its own, an odd one spoils no other."""

    value: list[dict[str, object]]


class OnlineMeeting(_Model):
    """The meeting of an event."""

    join_url: str | None = None


class ExtendedProperty(_Model):
    """One single-value extended property."""

    id: str
    value: str = ""


class EventBody(_Model):
    """An event as far as bookings read it."""

    id: str
    start: DateTimeTimeZone
    end: DateTimeTimeZone
    is_cancelled: bool = False
    is_all_day: bool = False
    is_online_meeting: bool = False
    online_meeting: OnlineMeeting | None = None
    attendees: list[dict[str, object]] = Field(default_factory=list)
    single_value_extended_properties: list[ExtendedProperty] = Field(default_factory=list)
    etag: str = Field(default="", alias="@odata.etag")

    @field_validator("attendees", "single_value_extended_properties", mode="before")
    @classmethod
    def _null_is_empty(cls, value: object) -> object:
        return [] if value is None else value

    @property
    def join_url(self) -> str | None:
        """The link of the online meeting, once there is one."""
        return self.online_meeting.join_url if self.online_meeting else None

    def written(self) -> WrittenEvent:
        """Return it as the booking's event; raises Transient where it cannot be read."""
        marks = {p.id.lower(): p.value for p in self.single_value_extended_properties}
        try:
            span = TimeSpan(self.start.moment(), self.end.moment(is_end=True))
        except ValueError:
            raise Transient("unreadable_event", status=200) from None
        return WrittenEvent(
            event_id=self.id,
            booking_id=marks.get(BOOKING_PROPERTY.lower(), ""),
            span=span,
            join_url=self.join_url,
            is_cancelled=self.is_cancelled,
            is_all_day=self.is_all_day,
            invited=frozenset(map(_address, self.attendees)) - {""},
        )


def _address(attendee: dict[str, object]) -> str:
    named = attendee.get("emailAddress")
    return str(named.get("address") or "").lower() if isinstance(named, dict) else ""


class Events(_Model):
    """A page of events."""

    value: list[EventBody]
    next_link: str = Field(default="", alias="@odata.nextLink")


def read(shape: type[Shape], body: bytes) -> Shape:
    """Parse an answer; raises Transient where it is cut, HTML, empty or of another shape."""
    try:
        return shape.model_validate_json(body or b"")
    except ValidationError:
        raise Transient("unreadable_answer", status=200) from None


MISSING = FreeBusy(unknown="missing")


def schedule_request(mailboxes: Sequence[str], span: TimeSpan, zone: str = "UTC") -> bytes:
    """Return the body of getSchedule; its coarse view is not used, only the exact items.

    All-day items come as midnight of the zone asked in, so that has to be the mailboxes' own.
    """
    if zone != "UTC":
        # wall clock cannot tell the two 02:30 of a clock change apart: an hour more on each side
        span = span.widened(timedelta(hours=1), timedelta(hours=1))
    has_fraction = bool(span.end.microsecond)
    end = span.end + timedelta(seconds=1) if has_fraction else span.end
    return _bytes(
        {
            "schedules": list(mailboxes),
            "startTime": _wall(span.start, zone),
            "endTime": _wall(end, zone),
            "availabilityViewInterval": 60,
        }
    )


def free_busy(schedules: Schedules, mailboxes: Sequence[str]) -> dict[str, FreeBusy]:
    """Return one answer per mailbox asked for; what is missing, odd or there twice is unknown."""
    names = [_name(entry) for entry in schedules.value]
    often = Counter(names)
    answers = {
        name: FreeBusy(unknown="ambiguous") if often[name] > 1 else _one(entry)
        for name, entry in zip(names, schedules.value, strict=True)
    }
    return {mailbox: answers.get(mailbox.lower(), MISSING) for mailbox in mailboxes}


def _name(entry: Mapping[str, object]) -> str:
    return str(entry.get("scheduleId", "")).lower()


def _one(entry: Mapping[str, object]) -> FreeBusy:
    try:
        schedule = Schedule.model_validate(entry)
        if schedule.error is not None:
            return FreeBusy(unknown=f"error_{_code(str(schedule.error.response_code))}")
        if schedule.schedule_items is None:
            return FreeBusy(unknown="no_items")
        read_items = [_item(item) for item in schedule.schedule_items]
    except ValueError:
        return FreeBusy(unknown="unreadable_item")
    return FreeBusy(tuple(item for item in read_items if item is not None))


def _item(item: ScheduleItem) -> BusyItem | None:
    """Return the entry, or None for one of no length, which blocks nothing."""
    start, end = item.start.moment(), item.end.moment(is_end=True)
    return None if start == end else BusyItem(TimeSpan(start, end), item.status)


def _code(text: str) -> str:
    """Return a code that is one; anything else could be a sentence with a name in it."""
    return text if _CODE.fullmatch(text) or (text.isdigit() and len(text) < 10) else "unknown"


def event_request(draft: EventDraft) -> bytes:
    """Return the body of POST events: byte for byte the same for the same draft."""
    event = event_fields(draft) | {
        "transactionId": f"{draft.booking_id}:{draft.version}",
        "allowNewTimeProposals": False,
        "categories": [CATEGORY],
        "showAs": "busy",
        "singleValueExtendedProperties": [{"id": BOOKING_PROPERTY, "value": draft.booking_id}],
    }
    if draft.online_meeting:
        event |= {"isOnlineMeeting": True, "onlineMeetingProvider": "teamsForBusiness"}
    return _bytes(event)


def event_fields(draft: EventDraft) -> dict[str, object]:
    """Return what both a new event and a change say."""
    event: dict[str, object] = {
        "subject": one_line(draft.subject),
        "start": _utc(draft.span.start),
        "end": _utc(draft.span.end),
        "location": {"displayName": one_line(draft.location)},
        "body": {"contentType": "text", "content": plain_text(draft.body_text)},
    }
    attendees = [
        _attendee(each.name, each.email, "resource" if each.is_resource else "required")
        for each in draft.invitees
    ]
    if draft.attendee_email:
        attendees.append(_attendee(draft.attendee_name, draft.attendee_email, "required"))
    if attendees:
        event["attendees"] = attendees
    return event


def _attendee(name: str, email: str, kind: str) -> dict[str, object]:
    address = {"address": one_line(email), "name": one_line(name)}
    return {"type": kind, "emailAddress": address}


def event_change(draft: EventDraft, standing: EventBody) -> bytes:
    """Return the body of PATCH for the event that stands there.

    A new text would disable an online meeting, and attendees named again would be mailed again.
    """
    fields = event_fields(draft)
    changed = ["subject", "start", "end", "location"]
    if draft.is_erased or not standing.is_online_meeting:
        changed.append("body")
    change = {key: fields[key] for key in changed}
    if standing.is_all_day:
        # made so by the staff: Outlook takes no time of the day for it
        change["isAllDay"] = False
    return _bytes(change | {"attendees": []} if draft.is_erased else change)


def booking_filter(booking_id: str) -> str:
    """Return the $filter that finds a booking's event by our mark."""
    wanted = booking_id.replace("'", "''")
    return (
        "singleValueExtendedProperties/Any(ep: "
        f"ep/id eq '{BOOKING_PROPERTY}' and ep/value eq '{wanted}')"
    )


def view_query(span: TimeSpan) -> dict[str, str]:
    """Return the query of a calendarView."""
    moments = {"startDateTime": span.start, "endDateTime": span.end}
    return {name: _utc(moment)["dateTime"] + "Z" for name, moment in moments.items()}


def booking_expand() -> str:
    """Return the $expand that brings our mark."""
    return f"singleValueExtendedProperties($filter=id eq '{BOOKING_PROPERTY}')"


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is kept of an error body: never its message, which may name people."""

    code: str = ""
    existing_event_id: str = ""


def refusal(body: bytes) -> Refusal:
    """Return the deepest known code; nothing where the body is of unknown shape."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return Refusal()
    error = found.get("error") if isinstance(found, Mapping) else None
    existing = error.get("@event.existingEventId") if isinstance(error, Mapping) else None
    code = ""
    while isinstance(error, Mapping):
        deeper = error.get("code")
        if isinstance(deeper, str) and _CODE.fullmatch(deeper):
            code = deeper
        error = error.get("innerError") or error.get("innererror")
    return Refusal(code, existing if isinstance(existing, str) else "")


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Read Retry-After: seconds or a date; None where it is missing, negative or garbage."""
    if not value:
        return None
    try:
        wait = timedelta(seconds=float(value))
    except (ValueError, OverflowError):
        try:
            date = parsedate_to_datetime(value)
        except (TypeError, ValueError):
            return None
        # "-0000" gives a date without zone, which is UTC
        wait = (date if date.tzinfo else date.replace(tzinfo=UTC)) - now
    return min(wait, MAX_RETRY_AFTER) if wait >= timedelta(0) else None


def _utc(moment: datetime) -> dict[str, str]:
    wall = moment.astimezone(UTC).replace(tzinfo=None)
    return {"dateTime": wall.isoformat(timespec="seconds"), "timeZone": "UTC"}


def _wall(moment: datetime, zone: str) -> dict[str, str]:
    """Return it in the zone, or in UTC where Exchange has no name for the zone."""
    name = windows_name(zone)
    if name is None:
        return _utc(moment)
    wall = moment.astimezone(zone_of(zone)).replace(tzinfo=None)
    return {"dateTime": wall.isoformat(timespec="seconds"), "timeZone": name}


def _bytes(body: Mapping[str, object]) -> bytes:
    return json.dumps(body, ensure_ascii=False, sort_keys=True).encode()


def comment(text: str) -> bytes:
    """Return the body of `cancel`; action parameters are PascalCase, as the SDK sends them."""
    return _bytes({"Comment": plain_text(text)})


def mail_request(mail: Mail) -> bytes:
    """Return the body of sendMail."""
    message = {
        "subject": one_line(mail.subject),
        "body": {"contentType": "html", "content": _readable(mail.html)},
        "toRecipients": [
            {
                "emailAddress": {
                    "name": one_line(mail.to_name),
                    "address": one_line(mail.to_email),
                }
            }
        ],
        "attachments": [
            {
                "@odata.type": "#microsoft.graph.fileAttachment",
                "name": one_line(each.name),
                "contentType": each.content_type,
                "contentBytes": base64.b64encode(each.content).decode(),
            }
            for each in mail.attachments
        ],
    }
    return _bytes({"Message": message, "SaveToSentItems": True})


def plain_text(text: str) -> str:
    r"""Return the text without control characters, line breaks as \\n, of bounded length."""
    return _readable(_LINE_BREAKS.sub("\n", text[:LONGEST_TEXT]))


def one_line(text: str) -> str:
    """Return the text as one line of bounded length, without tricks of direction."""
    words = _readable(_LINE_BREAKS.sub("\n", text[:LONGEST_TEXT])).split()
    return "".join(c for c in " ".join(words) if c not in _BIDI)[:LONGEST_LINE]


def _readable(text: str) -> str:
    # half a surrogate pair could not be encoded at all
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs"})
