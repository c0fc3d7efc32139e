"""Writes events and parts of them in the shape of Microsoft Graph."""

import html
import re
from urllib.parse import quote

from graph.emulator.call import Call
from graph.emulator.event import Event, Json
from graph.emulator.tenant import Mailbox, Tenant
from graph.emulator.times import NEVER, write_instant, write_moment
from graph.emulator.zones import windows_name

_TAG = re.compile(r"<[^>]*>")
_FLAGS: Json = {
    "reminderMinutesBeforeStart": 15,
    "isReminderOn": True,
    "responseRequested": True,
    "allowNewTimeProposals": True,
    "hideAttendees": False,
}


def write_event(call: Call, mailbox: Mailbox, event: Event) -> Json:
    """One event; navigation properties and selection come later."""
    facts, zone = event.facts, call.zone_name
    identity = event.shown_id(immutable=call.wants_immutable_ids)
    return {
        "@odata.etag": f'W/"{event.change_key}"',
        "id": identity,
        "createdDateTime": write_instant(event.created),
        "lastModifiedDateTime": write_instant(event.modified),
        "changeKey": event.change_key,
        "categories": facts.get("categories") or [],
        **({"transactionId": event.transaction_id} if event.transaction_id else {}),
        "originalStartTimeZone": event.zone,
        "originalEndTimeZone": event.end_zone,
        "iCalUId": event.uid,
        **_flags(facts),
        "hasAttachments": False,
        "subject": facts.get("subject") or "",
        **_body(call, facts),
        "importance": facts.get("importance") or "normal",
        "sensitivity": facts.get("sensitivity") or "normal",
        "isAllDay": event.is_all_day,
        "isCancelled": event.is_cancelled,
        "isDraft": False,
        "isOrganizer": event.is_organizer,
        "seriesMasterId": _master(call, event),
        "showAs": facts.get("showAs") or "busy",
        "type": event.type,
        "webLink": f"{call.origin}/events/{quote(mailbox.mail)}/{quote(identity, safe='')}",
        **_online(event),
        "recurrence": None if event.day else event.recurrence,
        "responseStatus": {
            "response": event.response,
            "time": NEVER if event.is_organizer else write_instant(event.modified),
        },
        **_span(event, zone),
        **_places(facts),
        "attendees": [_attendee(a) for a in event.attendees],
        "organizer": {"emailAddress": _person(call.tenant, event.organizer)},
    }


def _flags(facts: Json) -> Json:
    given = {name: facts[name] for name in _FLAGS if facts.get(name) is not None}
    return _FLAGS | given


def _master(call: Call, event: Event) -> str | None:
    if event.day is None:
        return None
    return event.immutable_id if call.wants_immutable_ids else event.id


def _span(event: Event, zone: str) -> Json:
    # all-day events keep their own dates, whatever zone is asked for
    start, end = write_moment(event.start, "UTC"), write_moment(event.end, "UTC")
    if event.is_all_day:
        return {"start": {**start, "timeZone": zone}, "end": {**end, "timeZone": zone}}
    return {"start": write_moment(event.start, zone), "end": write_moment(event.end, zone)}


def plain_text(content: str) -> str:
    """HTML without its tags."""
    return html.unescape(_TAG.sub("", content)).strip()


def _body(call: Call, facts: Json) -> Json:
    body = facts.get("body") or {}
    content = body.get("content") or ""
    is_text = body.get("contentType") == "text"
    preview = content if is_text else plain_text(content)
    if call.preferences.get("outlook.body-content-type") == "text":
        shown = {"contentType": "text", "content": preview}
    elif is_text:
        shown = {"contentType": "html", "content": _page(html.escape(content))}
    else:
        shown = {"contentType": "html", "content": _page(content) if content else ""}
    return {"bodyPreview": preview[:255], "body": shown}


def _page(content: str) -> str:
    if "<html" in content.lower():
        return content
    return f"<html><head></head><body>{content}</body></html>"


def _online(event: Event) -> Json:
    meeting = event.online_meeting
    return {
        "onlineMeetingUrl": None,
        "isOnlineMeeting": meeting is not None,
        "onlineMeetingProvider": "teamsForBusiness" if meeting else "unknown",
        "onlineMeeting": dict(meeting) if meeting else None,
    }


def _places(facts: Json) -> Json:
    main = facts.get("location") or (facts.get("locations") or [{}])[0]
    listed = facts.get("locations") or ([main] if main.get("displayName") else [])
    return {"location": _place(main), "locations": [_place(p) for p in listed]}


def _place(given: Json) -> Json:
    name = given.get("displayName") or ""
    place: Json = {"displayName": name, "locationType": "default", "uniqueIdType": "private"}
    return {**place, "uniqueId": name} if name else {**place, "uniqueIdType": "unknown"}


def _attendee(given: Json) -> Json:
    address = given["emailAddress"]
    return {
        "type": given.get("type") or "required",
        "status": given.get("status") or {"response": "none", "time": NEVER},
        "emailAddress": {
            "name": address.get("name") or address.get("address"),
            "address": address.get("address"),
        },
    }


def _person(tenant: Tenant, mail: str) -> Json:
    mailbox = tenant.mailboxes.get(mail.lower())
    return {"name": mailbox.name if mailbox else mail, "address": mail}


def working_hours(zone: str) -> Json:
    """Monday to Friday, eight to five."""
    return {
        "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
        "startTime": "08:00:00.0000000",
        "endTime": "17:00:00.0000000",
        "timeZone": {"name": windows_name(zone)},
    }
