"""Free and busy: POST /users/{id}/calendar/getSchedule."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from operator import itemgetter
from zoneinfo import ZoneInfo

from graph.emulator.call import Answer, Call
from graph.emulator.errors import Refusal, invalid_parameter
from graph.emulator.event import Event, Json
from graph.emulator.event_output import working_hours
from graph.emulator.freebusy import DAY, MINUTE, Row, moment_of, ticks
from graph.emulator.recurrence import occurrences
from graph.emulator.tenant import Mailbox
from graph.emulator.times import midnight, read_moment, to_utc, write_moment
from graph.emulator.zones import zone_of

MOST_MAILBOXES, MOST_DAYS, MOST_ITEMS = 100, 62, 1000
_MOST_TEXTS = 20_000
_OPEN = frozenset({"normal", "personal"})
_DIGITS = {"free": 0, "workingElsewhere": 0, "tentative": 1, "busy": 2, "unknown": 2, "oof": 3}


@dataclass(frozen=True, slots=True)
class BusyItem:
    """An event as free/busy sees it."""

    event: Event
    start: datetime
    end: datetime
    status: str


def items_between(mailbox: Mailbox, start: datetime, end: datetime) -> Iterator[Event]:
    """Single events, occurrences and exceptions that overlap; never a series master."""
    for event in mailbox.events.values():
        if event.recurrence is not None:
            yield from occurrences(event, start, end)
        elif event.start < end and (event.end > start or event.start == event.end >= start):
            yield event


def busy_items(mailbox: Mailbox, start: datetime, end: datetime, zone_name: str) -> list[BusyItem]:
    """List what overlaps, sorted; all-day events count from midnight in that zone."""
    margin = timedelta(days=1)
    found = (_item(e, zone_name) for e in items_between(mailbox, start - margin, end + margin))
    hits = [i for i in found if i.start < end and i.end > start and not i.event.is_cancelled]
    return sorted(hits, key=lambda i: (i.start, i.end))


def _item(event: Event, zone_name: str) -> BusyItem:
    start, end = event.start, event.end
    if event.is_all_day:
        zone = zone_of(zone_name)
        start, end = midnight(start.date(), zone), midnight(end.date(), zone)
    return BusyItem(event, start, end, event.facts.get("showAs") or "busy")


@dataclass(frozen=True, slots=True)
class _Question:
    addresses: list[str]
    start: datetime
    end: datetime
    zone: ZoneInfo
    interval: int
    texts: Callable[[int], Json]
    """Writes a moment in the zone the answer is wanted in."""
    midnights: dict[int, int] = field(default_factory=dict)

    def in_zone(self, row: Row) -> Row:
        """Move an all-day row to the midnights of the zone asked in."""
        return row._replace(start=self._midnight(row.start), end=self._midnight(row.end))

    def _midnight(self, tick: int) -> int:
        if (known := self.midnights.get(tick)) is None:
            known = ticks(midnight(moment_of(tick).date(), self.zone))
            self.midnights[tick] = known
        return known


def get_schedule(call: Call) -> Answer:
    """Answer for every address, in the order asked; one that fails does not spoil the others."""
    call.tenant.mailbox(call.params["user-id"])
    question = _read(call)
    rows = [_row(call, question, address) for address in question.addresses]
    context = call.context("Collection(microsoft.graph.scheduleInformation)")
    return Answer(body={"@odata.context": context, "value": rows})


def _read(call: Call) -> _Question:
    addresses = _addresses(call.parameter("schedules"))
    wall_start, zone_name = read_moment(call.parameter("startTime"), "startTime")
    wall_end, end_zone = read_moment(call.parameter("endTime"), "endTime")
    start, end = to_utc(wall_start, zone_of(zone_name)), to_utc(wall_end, zone_of(end_zone))
    if end <= start:
        raise invalid_parameter("The end time must be later than the start time.")
    if wall_end - wall_start > timedelta(days=MOST_DAYS):
        raise Refusal(
            400,
            "ErrorTimeIntervalTooBig",
            f"The requested time duration specified for FreeBusyViewOptions.TimeWindow is too "
            f"long. The allowed limit = {MOST_DAYS} days.",
        )
    interval = call.parameter("availabilityViewInterval")
    interval = 30 if interval is None else interval
    if type(interval) is not int or not 5 <= interval <= 1440:
        raise invalid_parameter("AvailabilityViewInterval runs from 5 to 1440 minutes.")
    texts = _texts(call.zone_name)
    return _Question(addresses, start, end, zone_of(zone_name), interval, texts)


@lru_cache(maxsize=16)
def _texts(zone_name: str) -> Callable[[int], Json]:
    # the quarter hours of some weeks come again and again, in all mailboxes
    return lru_cache(maxsize=_MOST_TEXTS)(lambda tick: write_moment(moment_of(tick), zone_name))


def _addresses(given: object) -> list[str]:
    if not isinstance(given, list) or not given:
        raise invalid_parameter("The parameter 'schedules' must name at least one address.")
    if not all(isinstance(a, str) and a for a in given):
        raise invalid_parameter("Every schedule is an address.")
    if len(given) > MOST_MAILBOXES:
        raise Refusal(
            400,
            "ErrorMailboxDataArrayTooBig",
            f"The size of the mailbox data array is too big: allowed size = {MOST_MAILBOXES}; "
            f"the actual size = {len(given)}.",
        )
    return list(given)


def _row(call: Call, question: _Question, address: str) -> Json:
    mailbox = call.tenant.find(address)
    if mailbox is None:
        return _failed(address, "5016", "Proxy web request failed.")
    found = _taken(mailbox, question)
    if len(found) > MOST_ITEMS:
        return _failed(
            address,
            "5006",
            f"The result set contains too many calendar entries. The allowed size is "
            f"{MOST_ITEMS}; the actual size is {len(found)}.",
        )
    hidden = call.tenant.options.hide_subjects
    return {
        "scheduleId": address,
        "availabilityView": _view(question, found),
        "scheduleItems": _schedule_items(question, found, hidden=hidden),
        "workingHours": working_hours(mailbox.zone),
    }


def _failed(address: str, code: str, message: str) -> Json:
    error = {"message": message, "responseCode": code}
    return {"scheduleId": address, "error": error, "scheduleItems": None}


def _taken(mailbox: Mailbox, question: _Question) -> list[Row]:
    """List what overlaps, sorted; all-day events count from midnight of the zone asked in."""
    start, end = ticks(question.start), ticks(question.end)
    rows = mailbox.shelf.rows(mailbox, start - DAY, end + DAY)
    placed = (question.in_zone(row) if row.is_all_day else row for row in rows)
    hits = [row for row in placed if row.start < end and row.end > start]
    hits.sort(key=_span)
    return hits


_span = itemgetter(0, 1)


def _schedule_items(question: _Question, found: list[Row], *, hidden: bool) -> list[Json]:
    texts = question.texts
    items: list[Json] = []
    for start, end, status, subject, location, sensitivity, _is_all_day in found:
        item: Json = {"status": status}
        if sensitivity in _OPEN and not hidden:
            item |= {"isPrivate": False, "subject": subject, "location": location}
        item["start"], item["end"] = texts(start), texts(end)
        items.append(item)
    return items


def _view(question: _Question, found: list[Row]) -> str:
    begin, step = ticks(question.start), question.interval * MINUTE
    length = -(-(ticks(question.end) - begin) // step)
    digits = bytearray(b"0" * length)
    by_level: tuple[list[Row], ...] = ([], [], [], [])
    for row in found:
        by_level[_DIGITS.get(row.status, 2)].append(row)
    for mark, rows in zip((b"1", b"2", b"3"), by_level[1:], strict=True):
        for row in rows:
            first = max((row.start - begin) // step, 0)
            last = -((begin - row.end) // step)
            digits[first:last] = mark * (last - first)
    return digits[:length].decode()
