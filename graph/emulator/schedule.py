"""Free and busy: POST /users/{id}/calendar/getSchedule."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from graph.emulator.call import Answer, Call
from graph.emulator.errors import Refusal, invalid_parameter
from graph.emulator.event import Event, Json
from graph.emulator.event_output import working_hours
from graph.emulator.recurrence import occurrences
from graph.emulator.tenant import Mailbox
from graph.emulator.times import midnight, read_moment, to_utc, write_moment
from graph.emulator.zones import zone_of

MOST_MAILBOXES, MOST_DAYS, MOST_ITEMS = 100, 62, 1000
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
    zone_name: str
    interval: int


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
    return _Question(addresses, start, end, zone_name, interval)


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
    found = busy_items(mailbox, question.start, question.end, question.zone_name)
    if len(found) > MOST_ITEMS:
        return _failed(
            address,
            "5006",
            f"The result set contains too many calendar entries. The allowed size is "
            f"{MOST_ITEMS}; the actual size is {len(found)}.",
        )
    return {
        "scheduleId": address,
        "availabilityView": _view(question, found),
        "scheduleItems": [_schedule_item(call, item) for item in found],
        "workingHours": working_hours(mailbox.zone),
    }


def _failed(address: str, code: str, message: str) -> Json:
    error = {"message": message, "responseCode": code}
    return {"scheduleId": address, "error": error, "scheduleItems": None}


def _schedule_item(call: Call, item: BusyItem) -> Json:
    facts = item.event.facts
    shown: Json = {"status": item.status}
    open_to_all = (facts.get("sensitivity") or "normal") in {"normal", "personal"}
    if open_to_all and not call.tenant.options.hide_subjects:
        location = (facts.get("location") or {}).get("displayName") or ""
        shown |= {
            "isPrivate": False,
            "subject": facts.get("subject") or "",
            "location": location,
        }
    shown["start"] = write_moment(item.start, call.zone_name)
    shown["end"] = write_moment(item.end, call.zone_name)
    return shown


def _view(question: _Question, found: list[BusyItem]) -> str:
    digits: list[str] = []
    begin, step = question.start, timedelta(minutes=question.interval)
    while begin < question.end:
        stop = min(begin + step, question.end)
        levels = (_DIGITS.get(i.status, 2) for i in found if i.start < stop and i.end > begin)
        digits.append(str(max(levels, default=0)))
        begin += step
    return "".join(digits)
