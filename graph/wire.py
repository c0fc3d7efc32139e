"""Graph's JSON as plain values, both ways. Pure: no call leaves this file."""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
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
Shape = TypeVar("Shape", bound=BaseModel)
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z?)")


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
        zone = UTC if match[3] else zone_of(self.time_zone)
        moment = datetime.fromisoformat(match[1]).replace(tzinfo=zone).astimezone(UTC)
        has_fraction = bool(match[2] and match[2].strip("0"))
        return moment + timedelta(seconds=1) if is_end and has_fraction else moment


def _status(value: object) -> BusyStatus:
    """Read a status; whatever is new or odd counts as unknown, which blocks."""
    for status in BusyStatus:
        if isinstance(value, str) and value.lower() == status.value.lower():
            return status
    return BusyStatus.UNKNOWN


class ScheduleItem(_Model):
    """One busy time; subject and location are not read, nobody needs them here."""

    status: Annotated[BusyStatus, BeforeValidator(_status)] = BusyStatus.UNKNOWN
    start: DateTimeTimeZone
    end: DateTimeTimeZone


class ScheduleError(_Model):
    """Why one mailbox has no answer inside a 200."""

    response_code: str = "unknown"


class Schedule(_Model):
    """`scheduleInformation` of one mailbox."""

    schedule_id: str
    schedule_items: list[ScheduleItem] | None = None
    error: ScheduleError | None = None


class Schedules(_Model):
    """The answer of getSchedule."""

    value: list[Schedule]


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
    is_online_meeting: bool = False
    online_meeting: OnlineMeeting | None = None
    attendees: list[dict[str, object]] = Field(default_factory=list)
    single_value_extended_properties: list[ExtendedProperty] = Field(default_factory=list)
    etag: str = Field(default="", alias="@odata.etag")

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
            join_url=self.online_meeting.join_url if self.online_meeting else None,
            is_cancelled=self.is_cancelled,
        )


class Events(_Model):
    """A page of events."""

    value: list[EventBody]


def read(shape: type[Shape], body: bytes) -> Shape:
    """Parse an answer; raises Transient where it is cut, HTML, empty or of another shape."""
    try:
        return shape.model_validate_json(body or b"")
    except ValidationError:
        raise Transient("unreadable_answer", status=200) from None


def schedule_request(mailboxes: Sequence[str], span: TimeSpan, zone: str = "UTC") -> bytes:
    """Return the body of getSchedule; its coarse view is not used, only the exact items.

    All-day items come as midnight of the zone asked in, so that has to be the mailboxes' own.
    """
    if zone != "UTC":
        # wall clock cannot tell the two 02:30 of a clock change apart: an hour more on each side
        span = span.widened(timedelta(hours=1), timedelta(hours=1))
    return _bytes(
        {
            "schedules": list(mailboxes),
            "startTime": _wall(span.start, zone),
            "endTime": _wall(span.end, zone),
            "availabilityViewInterval": 60,
        }
    )


def free_busy(schedules: Schedules, mailboxes: Sequence[str]) -> dict[str, FreeBusy]:
    """Return one answer per mailbox asked for; what is missing or odd is unknown."""
    answers = {s.schedule_id.lower(): s for s in schedules.value}
    return {mailbox: _one(answers.get(mailbox.lower())) for mailbox in mailboxes}


def _one(schedule: Schedule | None) -> FreeBusy:
    if schedule is None:
        return FreeBusy(unknown="missing")
    if schedule.error is not None:
        return FreeBusy(unknown=f"error_{schedule.error.response_code[:40]}")
    if schedule.schedule_items is None:
        return FreeBusy(unknown="no_items")
    try:
        return FreeBusy(tuple(_item(item) for item in schedule.schedule_items if _lasts(item)))
    except ValueError:
        return FreeBusy(unknown="unreadable_item")


def _lasts(item: ScheduleItem) -> bool:
    """Leave out entries of no length: they block nothing."""
    return item.start.moment() < item.end.moment(is_end=True)


def _item(item: ScheduleItem) -> BusyItem:
    return BusyItem(TimeSpan(item.start.moment(), item.end.moment(is_end=True)), item.status)


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
    """Return what a change may touch. No body: a new one would disable the online meeting."""
    event: dict[str, object] = {
        "subject": draft.subject,
        "start": _utc(draft.span.start),
        "end": _utc(draft.span.end),
        "location": {"displayName": draft.location},
        "body": {"contentType": "text", "content": draft.body_text},
    }
    if draft.attendee_email:
        event["attendees"] = [
            {
                "type": "required",
                "emailAddress": {"address": draft.attendee_email, "name": draft.attendee_name},
            }
        ]
    return event


def event_change(draft: EventDraft) -> bytes:
    """Return the body of PATCH: times, subject and place, never the body text."""
    fields = event_fields(draft)
    return _bytes({key: fields[key] for key in ("subject", "start", "end", "location")})


def booking_filter(booking_id: str) -> str:
    """Return the $filter that finds a booking's event by our mark."""
    wanted = booking_id.replace("'", "''")
    return (
        "singleValueExtendedProperties/Any(ep: "
        f"ep/id eq '{BOOKING_PROPERTY}' and ep/value eq '{wanted}')"
    )


def booking_expand() -> str:
    """Return the $expand that brings our mark."""
    return f"singleValueExtendedProperties($filter=id eq '{BOOKING_PROPERTY}')"


def error_code(body: bytes) -> str:
    """Return the deepest known code of an error body; nothing where it is of unknown shape."""
    try:
        found = json.loads(body)
    except ValueError:
        return ""
    error = found.get("error") if isinstance(found, Mapping) else None
    code = ""
    while isinstance(error, Mapping):
        deeper = error.get("code")
        if isinstance(deeper, str) and deeper and not deeper.isdigit():
            code = deeper
        error = error.get("innerError") or error.get("innererror")
    return code[:80]


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Read Retry-After: seconds or a date; None where it is missing, negative or garbage."""
    if not value:
        return None
    try:
        wait = timedelta(seconds=float(value))
    except (ValueError, OverflowError):
        try:
            wait = parsedate_to_datetime(value).astimezone(UTC) - now
        except (TypeError, ValueError):
            return None
    return min(wait, MAX_RETRY_AFTER) if wait >= timedelta(0) else None


def _utc(moment: datetime) -> dict[str, str]:
    return _wall(moment, "UTC")


def _wall(moment: datetime, zone: str) -> dict[str, str]:
    wall = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return {"dateTime": wall.isoformat(timespec="seconds"), "timeZone": windows_name(zone)}


def _bytes(body: Mapping[str, object]) -> bytes:
    return json.dumps(body, ensure_ascii=False, sort_keys=True).encode()


def comment(text: str) -> bytes:
    """Return the body of `cancel`; action parameters are PascalCase, as the SDK sends them."""
    return _bytes({"Comment": text})


def mail_request(mail: Mail) -> bytes:
    """Return the body of sendMail."""
    message = {
        "subject": mail.subject,
        "body": {"contentType": "html", "content": mail.html},
        "toRecipients": [{"emailAddress": {"name": mail.to_name, "address": mail.to_email}}],
        "attachments": [
            {
                "@odata.type": "#microsoft.graph.fileAttachment",
                "name": each.name,
                "contentType": each.content_type,
                "contentBytes": base64.b64encode(each.content).decode(),
            }
            for each in mail.attachments
        ],
    }
    return _bytes({"Message": message, "SaveToSentItems": True})
