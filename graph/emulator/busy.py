"""Busy time put in directly: by the mailbox file, the control path and the seed."""

import uuid
from datetime import UTC, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from graph.emulator.event import Event, new_id, uid_of
from graph.emulator.tenant import Mailbox
from graph.emulator.zones import windows_name


class Busy(BaseModel):
    """A time in a calendar; without an offset it is wall clock of the mailbox."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)

    start: datetime
    end: datetime
    subject: str = ""
    show_as: Literal["free", "tentative", "busy", "oof", "workingElsewhere"] = "busy"
    sensitivity: Literal["normal", "personal", "private", "confidential"] = "normal"
    is_all_day: bool = False
    location: str = Field("", max_length=500)
    recurrence: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "Busy":
        if self.start.replace(tzinfo=None) >= self.end.replace(tzinfo=None):
            raise ValueError("end must be after start")
        return self


def add_busy(mailbox: Mailbox, busy: Busy, zone: ZoneInfo, now: datetime) -> Event:
    """Put it into the calendar as an event without attendees."""
    zone_name = windows_name(str(zone))
    event = Event(
        id=new_id("AAMkAD"),
        immutable_id=new_id("AAkALg"),
        uid=uid_of(uuid.uuid4().bytes),
        start=_instant(busy.start, zone, all_day=busy.is_all_day),
        end=_instant(busy.end, zone, all_day=busy.is_all_day),
        zone=zone_name,
        end_zone=zone_name,
        created=now,
        modified=now,
        facts={
            "subject": busy.subject,
            "showAs": busy.show_as,
            "sensitivity": busy.sensitivity,
            "location": {"displayName": busy.location},
        },
        organizer=mailbox.mail,
        is_all_day=busy.is_all_day,
        recurrence=busy.recurrence,
    )
    mailbox.add(event)
    return event


def _instant(moment: datetime, zone: ZoneInfo, *, all_day: bool) -> datetime:
    if all_day:
        return moment.replace(tzinfo=UTC)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
