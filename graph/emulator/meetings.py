"""What a write on the organizer's event does to others: copies, answers of rooms, mails."""

from datetime import datetime
from urllib.parse import quote

from graph.emulator.event import Event, Json, new_id
from graph.emulator.schedule import busy_items
from graph.emulator.tenant import Mail, Mailbox, Tenant
from graph.emulator.times import write_instant
from graph.emulator.zones import windows_name

_SHARED = {"attendees", "reminderMinutesBeforeStart", "showAs", "isReminderOn", "categories"}


def online_meeting(tenant: Tenant, uid: str) -> Json | None:
    """Return a joinable meeting, None in a tenant without Teams."""
    if not tenant.options.online_meetings:
        return None
    thread = quote(f"19:meeting_{uid[-32:]}@thread.v2", safe="")
    return {
        "joinUrl": f"https://teams.microsoft.com/l/meetup-join/{thread}/0?context=%7b%22Tid%22"
        f"%3a%22{tenant.id}%22%7d",
        "conferenceId": str(int(uid[-8:], 16) % 10**9).zfill(9),
        "tollNumber": "+49 30 0000000",
    }


def invite(tenant: Tenant, event: Event, now: datetime) -> None:
    """Bring every attendee's copy up to date; Exchange does this without being asked."""
    if not event.attendees:
        return
    for attendee in event.attendees:
        address = attendee["emailAddress"].get("address") or ""
        mailbox = tenant.find(address)
        if mailbox is not None and mailbox.mail.lower() != event.organizer.lower():
            response = _deliver(mailbox, event, now)
            attendee["status"] = {"response": response, "time": write_instant(now)}
    _mail(tenant, event, now, "invitation")


def _deliver(mailbox: Mailbox, event: Event, now: datetime) -> str:
    copy = mailbox.by_uid(event.uid)
    is_new = copy is None
    if copy is None:
        copy = _copy(event, now)
    if (copy.start, copy.end) != (event.start, event.end):
        copy.response = "notResponded"
    copy.start, copy.end, copy.is_all_day = event.start, event.end, event.is_all_day
    copy.recurrence, copy.online_meeting = event.recurrence, event.online_meeting
    own = {k: v for k, v in copy.facts.items() if k in _SHARED}
    copy.facts = {**event.facts, **own, "attendees": event.attendees}
    if mailbox.kind == "room":
        copy.response = _answer_of_room(mailbox, copy)
    if copy.response == "notResponded":
        copy.facts["showAs"] = "tentative"
    copy.touched(now)
    if is_new:
        mailbox.add(copy)
    else:
        mailbox.changed(copy)
    return copy.response if copy.response != "notResponded" else "none"


def _copy(event: Event, now: datetime) -> Event:
    return Event(
        id=new_id("AAMkAD"),
        immutable_id=new_id("AAkALg"),
        uid=event.uid,
        start=event.start,
        end=event.end,
        zone=event.zone,
        end_zone=event.end_zone,
        created=now,
        modified=now,
        facts=dict(event.facts),
        organizer=event.organizer,
        is_organizer=False,
        response="notResponded",
    )


def _answer_of_room(room: Mailbox, copy: Event) -> str:
    taken = any(
        item.event.uid != copy.uid and item.status not in {"free", "workingElsewhere"}
        for item in busy_items(room, copy.start, copy.end, windows_name(room.zone))
    )
    copy.facts["showAs"] = "free" if taken else "busy"
    return "declined" if taken else "accepted"


def call_off(tenant: Tenant, event: Event, now: datetime, comment: str = "") -> None:
    """Call a meeting off: every copy stays, cancelled and free."""
    for mailbox, copy in tenant.copies(event):
        copy.is_cancelled = True
        copy.facts["subject"] = f"Canceled: {copy.facts.get('subject') or ''}"
        copy.facts["showAs"] = "free"
        copy.touched(now)
        mailbox.changed(copy)
    if event.attendees:
        _mail(tenant, event, now, "cancellation", comment)


def answer(tenant: Tenant, event: Event, response: str, now: datetime, mail: str) -> None:
    """Let an attendee's reply reach the organizer's item."""
    event.response = response
    shown = {"accepted": "busy", "tentativelyAccepted": "tentative", "declined": "free"}
    event.facts["showAs"] = shown[response]
    event.touched(now)
    organizer = tenant.find(event.organizer)
    original = organizer.by_uid(event.uid) if organizer else None
    if organizer is None or original is None:
        return
    for attendee in original.attendees:
        if (attendee["emailAddress"].get("address") or "").lower() == mail.lower():
            attendee["status"] = {"response": response, "time": write_instant(now)}
    original.touched(now)
    organizer.changed(original)


def _mail(tenant: Tenant, event: Event, now: datetime, kind: str, comment: str = "") -> None:
    subject = event.facts.get("subject") or ""
    content = event.facts.get("body") or {}
    message: Json = {
        "subject": f"Canceled: {subject}" if kind == "cancellation" else subject,
        "body": {"contentType": "text", "content": comment} if comment else content,
        "toRecipients": [{"emailAddress": a["emailAddress"]} for a in event.attendees],
    }
    sent = Mail(new_id("AAMkAM"), event.organizer, now, message, saved=False, kind=kind)
    tenant.mails.append(sent)
