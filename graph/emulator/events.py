"""Events: create, read, change, delete, and the collection."""

import json
import uuid
from datetime import UTC, datetime, timedelta

from graph.emulator import meetings
from graph.emulator.call import Answer, Call
from graph.emulator.errors import Refusal, bad_request, invalid_request
from graph.emulator.event import Event, Json, Override, new_id
from graph.emulator.event_input import PLAIN, Times, read_event
from graph.emulator.event_output import write_event
from graph.emulator.query import (
    expanded_properties,
    filter_test,
    number,
    order,
    page,
    select,
)
from graph.emulator.recurrence import occurrences
from graph.emulator.schedule import items_between
from graph.emulator.tenant import Mailbox, Transaction
from graph.emulator.times import parse_instant

_LONGEST_VIEW = timedelta(days=1825)


def mailbox_of(call: Call) -> Mailbox:
    """Return the mailbox in the path; the calendar in the path must be its own."""
    mailbox = call.tenant.mailbox(call.params["user-id"])
    calendar = call.params.get("calendar-id")
    if calendar is not None and calendar != mailbox.calendar_id:
        raise Refusal(404, "ErrorItemNotFound", "The calendar was not found in the store.")
    return mailbox


def create(call: Call) -> Answer:
    """POST events."""
    mailbox, written = mailbox_of(call), read_event(call.body)
    known = _same_transaction(call, mailbox, written)
    if known is not None:
        return _answer(call, mailbox, known, 201, wrote=False)
    event = _new_event(call, mailbox, written)
    mailbox.add(event)
    if event.transaction_id:
        made = Transaction(event.id, _fingerprint(written), call.now)
        mailbox.transactions[event.transaction_id] = made
    meetings.invite(call.tenant, event, call.now)
    return _answer(call, mailbox, event, 201, wrote=True)


def _new_event(call: Call, mailbox: Mailbox, written: Json) -> Event:
    all_day = bool(written.get("isAllDay"))
    times = Times(written, all_day=all_day)
    uid = f"040000008200E00074C5B7101A82E008{uuid.uuid4().hex.upper()}"
    event = Event(
        id=new_id("AAMkAD"),
        immutable_id=new_id("AAkALg"),
        uid=uid,
        start=times.start,
        end=times.end,
        zone=times.zone,
        end_zone=times.end_zone,
        created=call.now,
        modified=call.now,
        facts={k: written[k] for k in PLAIN if k in written},
        organizer=mailbox.mail,
        is_all_day=all_day,
        transaction_id=written.get("transactionId"),
        recurrence=written.get("recurrence"),
        client_id=call.client_id,
    )
    _store_properties(event, written)
    if written.get("isOnlineMeeting"):
        event.online_meeting = meetings.online_meeting(call.tenant, uid)
        _append_blob(event)
    return event


def _append_blob(event: Event) -> None:
    if event.online_meeting is None:
        return
    body = event.facts.get("body") or {"contentType": "html", "content": ""}
    blob = f'<div class="me-email-text"><a href="{event.online_meeting["joinUrl"]}">Join</a></div>'
    event.facts["body"] = {"contentType": "html", "content": (body.get("content") or "") + blob}


def _store_properties(event: Event, written: Json) -> None:
    for item in written.get("singleValueExtendedProperties") or []:
        if item.get("value") is None:
            event.extended.pop(item["id"], None)
        else:
            event.extended[item["id"]] = item["value"]


def _fingerprint(written: Json) -> str:
    return json.dumps(written, sort_keys=True)


def _same_transaction(call: Call, mailbox: Mailbox, written: Json) -> Event | None:
    """Return the event an earlier POST with this transactionId made; refuse another body."""
    name, options = written.get("transactionId"), call.tenant.options
    if not name:
        return None
    boxes = [mailbox] if options.transaction_scope == "mailbox" else call.tenant.mailboxes.values()
    for box in boxes:
        made = box.transactions.get(name)
        if made is None or _is_over(call, made.at):
            continue
        event = box.events.get(made.event_id)
        if event is None and not options.transaction_outlives_event:
            continue
        if event is not None and made.fingerprint == _fingerprint(written):
            return event
        raise _duplicate(options.duplicate_transaction_status, made.event_id)
    return None


def _is_over(call: Call, at: datetime) -> bool:
    life = call.tenant.options.transaction_seconds
    return life is not None and call.now - at > timedelta(seconds=life)


def _duplicate(status: int, event_id: str) -> Refusal:
    return Refusal(
        status,
        "ErrorDuplicateTransactionId",
        "The TransactionId specified in the request has already been used to create a different "
        "event.",
        extra={"@event.existingEventId": event_id},
    )


def _answer(call: Call, mailbox: Mailbox, event: Event, status: int, *, wrote: bool) -> Answer:
    context = call.context(f"users('{mailbox.object_id}')/events/$entity")
    shown = _shown(call, mailbox, event)
    body = {"@odata.context": context, **select(call, shown)}
    return Answer(status, body, {"ETag": shown["@odata.etag"]}, wrote=wrote)


def _shown(call: Call, mailbox: Mailbox, event: Event) -> Json:
    shown = write_event(call, mailbox, event)
    wanted = expanded_properties(call.option("$expand"))
    held = [{"id": n, "value": event.extended[n]} for n in wanted if n in event.extended]
    if held:
        shown["singleValueExtendedProperties"] = held
    return shown


def read(call: Call) -> Answer:
    """GET events/{id}."""
    mailbox = mailbox_of(call)
    event = mailbox.find(call.params["event-id"])
    return _answer(call, mailbox, event, 200, wrote=False)


def listing(call: Call) -> Answer:
    """GET events: series masters and single events."""
    mailbox = mailbox_of(call)
    return _collection(call, mailbox, list(mailbox.events.values()), "events")


def view(call: Call) -> Answer:
    """GET calendarView: occurrences instead of masters."""
    mailbox = mailbox_of(call)
    start, end = window_of(call)
    found = sorted(items_between(mailbox, start, end), key=lambda e: (e.start, e.end, e.id))
    return _collection(call, mailbox, found, "calendarView")


def instances(call: Call) -> Answer:
    """GET events/{id}/instances."""
    mailbox = mailbox_of(call)
    series = mailbox.find(call.params["event-id"])
    start, end = window_of(call)
    if series.recurrence is None:
        raise invalid_request("The event is not a series.")
    return _collection(call, mailbox, list(occurrences(series, start, end)), "instances")


def window_of(call: Call) -> tuple[datetime, datetime]:
    """Return the window of a view; 400 without one, or for one that is too long."""
    given = [call.option(name) for name in ("startDateTime", "endDateTime")]
    if None in given:
        raise invalid_request(
            "This request requires a time window specified by the query string parameters "
            "StartDateTime and EndDateTime."
        )
    start, end = (parse_instant(text) for text in given)
    if end < start or end - start > _LONGEST_VIEW:
        raise invalid_request("The requested time window is not valid: at most 1825 days.")
    return start, end


def _collection(call: Call, mailbox: Mailbox, events: list[Event], name: str) -> Answer:
    number(call, "$top", 10, low=1, high=1000)
    matches, selected = filter_test(call.option("$filter")), call.option("$select") or ""
    pairs = ((_shown(call, mailbox, event), event) for event in events)
    items = order(call, [item for item, event in pairs if matches(item, event)])
    body = page(call, items, default=10)
    if name == "calendarView" and "isOnlineMeeting" not in selected:
        body["value"] = [{**item, "onlineMeeting": None} for item in body["value"]]
    body["value"] = [select(call, item) for item in body["value"]]
    context = call.context(f"users('{mailbox.object_id}')/{name}")
    return Answer(body={"@odata.context": context, **body})


def change(call: Call) -> Answer:
    """PATCH events/{id}."""
    mailbox, written = mailbox_of(call), read_event(call.body)
    event = mailbox.find(call.params["event-id"])
    check_etag(call, event)
    if written.get("transactionId") not in {None, event.transaction_id}:
        raise invalid_request("The transactionId of an event cannot be changed.")
    if event.day is not None:
        event = _change_occurrence(call, mailbox, event, written)
    else:
        _apply(call, event, written)
        event.touched(call.now)
    mailbox.changed(event)
    if event.day is None and event.is_organizer:
        meetings.invite(call.tenant, event, call.now)
    return _answer(call, mailbox, event, 200, wrote=True)


def check_etag(call: Call, event: Event) -> None:
    """412 if the item is not in the state the caller saw."""
    wanted = call.headers.get("if-match", "*").strip()
    if wanted not in {"*", f'W/"{event.change_key}"'}:
        raise Refusal(
            412,
            "ErrorIrresolvableConflict",
            "The send or update operation could not be performed because the change key passed "
            "in the request does not match the current change key for the item.",
        )


def _new_times(event: Event, written: Json, *, all_day: bool) -> tuple[Times, bool]:
    """Return the times after the change: what was not written stays as it is."""
    held = {"start": (event.start, event.zone), "end": (event.end, event.end_zone)}
    merged: Json = {
        name: written.get(name)
        or {"dateTime": moment.astimezone(UTC).replace(tzinfo=None).isoformat(), "timeZone": "UTC"}
        for name, (moment, _zone) in held.items()
    }
    return Times(merged, all_day=all_day), bool({"start", "end", "isAllDay"} & set(written))


def _apply(call: Call, event: Event, written: Json) -> None:
    all_day = bool(written.get("isAllDay", event.is_all_day))
    times, moved = _new_times(event, written, all_day=all_day)
    if moved:
        event.start, event.end, event.is_all_day = times.start, times.end, all_day
        event.zone = times.zone if written.get("start") else event.zone
        event.end_zone = times.end_zone if written.get("end") else event.end_zone
    event.facts |= {k: written[k] for k in PLAIN if k in written}
    if "recurrence" in written:
        event.recurrence = written["recurrence"]
    _store_properties(event, written)
    _apply_online(call, event, written)


def _apply_online(call: Call, event: Event, written: Json) -> None:
    meeting = event.online_meeting
    if meeting is not None and written.get("body"):
        # a new body without the meeting blob disables the meeting
        if meeting["joinUrl"] not in (written["body"].get("content") or ""):
            event.online_meeting = None
    elif meeting is None and written.get("isOnlineMeeting"):
        event.online_meeting = meetings.online_meeting(call.tenant, event.uid)
        _append_blob(event)


def _change_occurrence(call: Call, mailbox: Mailbox, view: Event, written: Json) -> Event:
    series = mailbox.events[view.id]
    day = view.day
    if day is None:
        raise bad_request("The event is no occurrence.")
    times, _moved = _new_times(view, written, all_day=view.is_all_day)
    _check_neighbours(series, view, times)
    earlier = series.exceptions.get(day)
    facts = {
        **(earlier.facts if earlier else {}),
        **{k: written[k] for k in PLAIN if k in written},
    }
    series.exceptions[day] = Override(times.start, times.end, facts)
    series.touched(call.now)
    return mailbox.find(view.shown_id(immutable=False))


def _check_neighbours(series: Event, view: Event, times: Times) -> None:
    margin = timedelta(days=1)
    others = occurrences(series, times.start - margin, times.end + margin)
    clash = any(
        o.day != view.day and (o.start < times.end and o.end > times.start) for o in others
    )
    if clash:
        raise Refusal(
            400,
            "ErrorOccurrenceCrossingBoundary",
            "Cannot modify an occurrence so that it crosses or overlaps its neighbour.",
        )


def delete(call: Call) -> Answer:
    """DELETE events/{id}: the organizer's delete also sends cancellations."""
    mailbox = mailbox_of(call)
    event = mailbox.find(call.params["event-id"])
    check_etag(call, event)
    remove(call, mailbox, event)
    return Answer(204, wrote=True)


def remove(call: Call, mailbox: Mailbox, event: Event, comment: str = "") -> None:
    """Take an item or one occurrence out of the calendar."""
    if event.day is not None:
        series = mailbox.events[event.id]
        series.removed.add(event.day)
        series.exceptions.pop(event.day, None)
        series.touched(call.now)
        mailbox.changed(series)
        return
    if event.is_organizer:
        meetings.call_off(call.tenant, event, call.now, comment)
    mailbox.take_out(event)


def cancel(call: Call) -> Answer:
    """POST cancel: the organizer only."""
    mailbox = mailbox_of(call)
    event = mailbox.find(call.params["event-id"])
    if not event.is_organizer:
        raise invalid_request(
            "Your request can't be completed. You need to be an organizer to cancel a meeting."
        )
    remove(call, mailbox, event, str(call.parameter("comment") or ""))
    return Answer(202, wrote=True)


def _respond(call: Call, response: str) -> Answer:
    mailbox = mailbox_of(call)
    event = mailbox.find(call.params["event-id"])
    if event.is_organizer:
        raise invalid_request(
            "Your request can't be completed. You can't respond to this meeting because you're "
            "the meeting organizer."
        )
    if call.parameter("proposedNewTime") and call.parameter("sendResponse") is False:
        raise Refusal(400, "ErrorInvalidParameter", "A proposed time needs a response.")
    original = mailbox.events[event.id]
    meetings.answer(call.tenant, original, response, call.now, mailbox.mail)
    if response == "declined":
        mailbox.take_out(original)
    else:
        mailbox.changed(original)
    return Answer(202, wrote=True)


def accept(call: Call) -> Answer:
    """POST accept."""
    return _respond(call, "accepted")


def tentatively_accept(call: Call) -> Answer:
    """POST tentativelyAccept."""
    return _respond(call, "tentativelyAccepted")


def decline(call: Call) -> Answer:
    """POST decline: the item goes to Deleted Items."""
    return _respond(call, "declined")
