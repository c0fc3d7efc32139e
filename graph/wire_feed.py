"""The changes of a calendar, and subscriptions, as Graph tells them. Pure, as graph/wire.py.

In calendarView/delta an occurrence comes bare: id, start, end and the id of its series, which
tells the rest. A series that changed comes whole, and nothing says which of its former occurrences
are no more (microsoftgraph/microsoft-graph-docs, issue 7632 and pull request 4501).
"""

import json
import re
import zlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from graph.errors import Transient
from graph.wire import DateTimeTimeZone, Status
from scheduling.catalog import BusyStatus
from scheduling.ports import CalendarChanges, CalendarItem, Subscription
from scheduling.timespan import TimeSpan

MARGIN = timedelta(days=1)
"""Asked for on both sides: Graph matches an all-day event by the days of UTC."""
SERIES_FIELDS = "id,type,showAs,isAllDay,isCancelled"
CHANGES = "created,updated,deleted"
_EVENTS_OF = re.compile(r"/?users/([^/]+)/events/?", re.IGNORECASE)
_MIDNIGHT = re.compile(r"\d{4}-\d\d-\d\dT00:00:00(?:\.0*)?Z?", re.ASCII)


class _Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore")


class Entry(_Model):
    """One event of a page, as far as it says when somebody is busy; None = not told."""

    id: str = Field(min_length=1)
    removed: object = Field(default=None, alias="@removed")
    type: str | None = None
    series_master_id: str | None = None
    show_as: Status | None = None
    is_all_day: bool | None = None
    is_cancelled: bool | None = None
    start: DateTimeTimeZone | None = None
    end: DateTimeTimeZone | None = None

    @property
    def is_series(self) -> bool:
        """Tell whether it is the series itself: its times are those of the first occurrence."""
        return self.type == "seriesMaster"

    @property
    def lacks(self) -> str:
        """The id of the series that knows the rest; empty where it is told here."""
        is_told = self.show_as is not None or self.removed is not None
        return "" if is_told else self.series_master_id or ""

    def within(self, series: "Entry | None") -> "Entry":
        """Return it with what only its series tells."""
        if series is None:
            return self
        names = ("show_as", "is_all_day", "is_cancelled")
        missing = [name for name in names if getattr(self, name) is None]
        return self.model_copy(update={name: getattr(series, name) for name in missing})


class Page(_Model):
    """One page of a round."""

    value: list[Entry]
    next_link: str = Field(default="", alias="@odata.nextLink")
    delta_link: str = Field(default="", alias="@odata.deltaLink")


class SubscriptionBody(_Model):
    """A subscription as far as it is read."""

    id: str = Field(min_length=1)
    resource: str = ""
    notification_url: str | None = None
    expiration_date_time: AwareDatetime

    @property
    def mailbox(self) -> str:
        """Whose events it is about; empty where it is about something else."""
        match = _EVENTS_OF.fullmatch(self.resource)
        return unquote(match[1]) if match else ""

    def promised(self, mailbox: str) -> Subscription:
        """Return it as what was promised for this mailbox."""
        return Subscription(self.id, mailbox, self.expiration_date_time.astimezone(UTC))


class SubscriptionPage(_Model):
    """A page of subscriptions."""

    value: list[SubscriptionBody]
    next_link: str = Field(default="", alias="@odata.nextLink")


def window_query(window: TimeSpan) -> dict[str, str]:
    """Return the query of a first request."""
    asked = window.widened(MARGIN, MARGIN)
    return {"startDateTime": _instant(asked.start), "endDateTime": _instant(asked.end)}


def is_about_series(entries: Iterable[Entry], known: frozenset[str]) -> bool:
    """Tell whether a series changed: then only the whole window says what became of it.

    Of one that was deleted nothing may come but its id: `known` are the marks of all there were.
    """
    return any(e.is_series or e.series_master_id or _mark(e.id) in known for e in entries)


def series_marks(entries: Iterable[Entry]) -> frozenset[str]:
    """Return short marks of the series behind the entries."""
    series = {e.id if e.is_series else e.series_master_id or "" for e in entries}
    return frozenset(_mark(each) for each in series - {""})


def marked(link: str, series: frozenset[str]) -> str:
    """Return the link with these marks in its fragment, which is never sent."""
    return f"{link}#{','.join(sorted(series))}" if series else link


def marks(link: str) -> frozenset[str]:
    """Return what `marked` has put there."""
    return frozenset(link.partition("#")[2].split(",")) - {""}


def _mark(event_id: str) -> str:
    # short: an accidental match costs one look at the whole window
    return f"{zlib.crc32(event_id.encode()):08x}"


def items(entries: Iterable[Entry], window: TimeSpan, zone: str) -> dict[str, CalendarItem | None]:
    """Return what takes time in the window by event id, None for what does not (any more).

    Raises Transient where one entry cannot be read: what it says might be "busy".
    """
    try:
        return {e.id: _item(e, window, zone) for e in entries if not e.is_series}
    except (ValueError, OverflowError):
        raise Transient("unreadable_event", status=200) from None


def changes(
    found: Mapping[str, CalendarItem | None], link: str, *, is_whole: bool
) -> CalendarChanges:
    """Return the outcome of a round."""
    gone = () if is_whole else tuple(key for key, item in found.items() if item is None)
    return CalendarChanges(
        tuple(item for item in found.values() if item is not None), gone, link, is_whole
    )


def _item(entry: Entry, window: TimeSpan, zone: str) -> CalendarItem | None:
    if entry.removed is not None or entry.is_cancelled:
        return None
    start, end = _times(entry, zone)
    if start == end:
        return None
    span = TimeSpan(start, end)
    if not span.overlaps(window):
        return None
    return CalendarItem(entry.id, span, entry.show_as or BusyStatus.UNKNOWN)


def _times(entry: Entry, zone: str) -> tuple[datetime, datetime]:
    """Return start and end in UTC, rounded outward.

    An all-day event comes as midnight to midnight of no zone: it means the mailbox's days. Where
    it is not told whether it is one, both readings count.
    """
    if entry.start is None or entry.end is None:
        raise ValueError("an event without times")
    told = entry.start.moment(), entry.end.moment(is_end=True)
    floating = all(_MIDNIGHT.fullmatch(each.date_time) for each in (entry.start, entry.end))
    if entry.is_all_day is False or not floating:
        return told
    local = (
        _in_zone(entry.start, zone).moment(),
        _in_zone(entry.end, zone).moment(is_end=True),
    )
    return local if entry.is_all_day else (min(told[0], local[0]), max(told[1], local[1]))


def _in_zone(day: DateTimeTimeZone, zone: str) -> DateTimeTimeZone:
    return DateTimeTimeZone(date_time=day.date_time.removesuffix("Z"), time_zone=zone)


def new_subscription(mailbox: str, secret: str, url: str, until: datetime) -> bytes:
    """Return the body of POST subscriptions; news of its own life come to the same address."""
    return _bytes(
        {
            "changeType": CHANGES,
            "resource": f"users/{quote(mailbox, safe='@')}/events",
            "notificationUrl": url,
            "lifecycleNotificationUrl": url,
            "clientState": secret,
            "expirationDateTime": _instant(until),
        }
    )


def longer_subscription(until: datetime) -> bytes:
    """Return the body of PATCH."""
    return _bytes({"expirationDateTime": _instant(until)})


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _bytes(body: Mapping[str, object]) -> bytes:
    return json.dumps(body, sort_keys=True).encode()
