"""Reads the body of a POST or PATCH on events; refuses what Outlook would refuse."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from graph.emulator.errors import Refusal, bad_request, invalid_request
from graph.emulator.event import Json
from graph.emulator.recurrence import check as check_recurrence
from graph.emulator.times import read_moment, to_utc
from graph.emulator.zones import zone_of

_FREE_BUSY = "free tentative busy oof workingElsewhere unknown"
_OTHERS = "text html required optional resource normal personal private confidential low high"
_PROVIDERS = "teamsForBusiness skypeForBusiness skypeForConsumer"
_CHOICES = {
    name.lower(): name for words in (_FREE_BUSY, _OTHERS, _PROVIDERS) for name in words.split()
}


def _any_case(value: object) -> object:
    return _CHOICES.get(value.lower(), value) if isinstance(value, str) else value


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True, alias_generator=to_camel)


class _Address(_Part):
    address: str | None = Field(None, max_length=1000)
    name: str | None = None


class _Attendee(_Part):
    email_address: _Address
    type: Annotated[
        Literal["required", "optional", "resource"] | None, BeforeValidator(_any_case)
    ] = None


class ItemBody(_Part):
    """The text of an event or a message."""

    content_type: Annotated[Literal["text", "html"] | None, BeforeValidator(_any_case)] = None
    content: str | None = Field(None, max_length=1_000_000)


class _Location(_Part):
    display_name: str | None = None


class _Property(_Part):
    id: str = Field(max_length=500)
    value: str | None = None


class EventBody(BaseModel):
    """The properties of an event that a client may write."""

    model_config = ConfigDict(extra="ignore", strict=True, alias_generator=to_camel)

    subject: str | None = Field(None, max_length=10_000)
    body: ItemBody | None = None
    start: dict[str, Any] | None = None
    end: dict[str, Any] | None = None
    is_all_day: bool | None = None
    location: _Location | None = None
    locations: list[_Location] | None = None
    attendees: list[_Attendee] | None = Field(None, max_length=500)
    categories: list[str] | None = None
    show_as: Annotated[
        Literal["free", "tentative", "busy", "oof", "workingElsewhere", "unknown"] | None,
        BeforeValidator(_any_case),
    ] = None
    sensitivity: Annotated[
        Literal["normal", "personal", "private", "confidential"] | None, BeforeValidator(_any_case)
    ] = None
    importance: Annotated[Literal["low", "normal", "high"] | None, BeforeValidator(_any_case)] = (
        None
    )
    is_reminder_on: bool | None = None
    reminder_minutes_before_start: int | None = None
    response_requested: bool | None = None
    allow_new_time_proposals: bool | None = None
    hide_attendees: bool | None = None
    is_online_meeting: bool | None = None
    online_meeting_provider: Annotated[
        Literal["unknown", "teamsForBusiness", "skypeForBusiness", "skypeForConsumer"] | None,
        BeforeValidator(_any_case),
    ] = None
    recurrence: dict[str, Any] | None = None
    transaction_id: str | None = Field(None, max_length=500)
    single_value_extended_properties: list[_Property] | None = None


PLAIN = [
    "subject",
    "body",
    "location",
    "locations",
    "attendees",
    "categories",
    "showAs",
    "sensitivity",
    "importance",
    "isReminderOn",
    "reminderMinutesBeforeStart",
    "responseRequested",
    "allowNewTimeProposals",
    "hideAttendees",
]


def read_event(body: object) -> Json:
    """Return the written properties only, checked; `@` keys are ignored."""
    if not isinstance(body, dict) or not body:
        raise bad_request("Unable to read JSON request payload.")
    given = {k: v for k, v in body.items() if isinstance(k, str) and "@" not in k}
    try:
        read = EventBody.model_validate(given)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise bad_request(
            f"Cannot read the value of the property '{place}'.", "RequestBodyRead"
        ) from None
    if read.recurrence is not None:
        check_recurrence(read.recurrence)
    return read.model_dump(exclude_unset=True, by_alias=True, mode="json")


class Times:
    """Start and end of a written event, in the form the store keeps them."""

    def __init__(self, written: Json, *, all_day: bool) -> None:
        wall_start, self.zone = read_moment(written.get("start"), "start")
        wall_end, self.end_zone = read_moment(written.get("end"), "end")
        if all_day:
            _check_all_day(wall_start, wall_end, same_zone=self.zone == self.end_zone)
            self.start, self.end = wall_start.replace(tzinfo=UTC), wall_end.replace(tzinfo=UTC)
        else:
            self.start = to_utc(wall_start, zone_of(self.zone))
            self.end = to_utc(wall_end, zone_of(self.end_zone))
        if self.end < self.start:
            raise Refusal(
                400,
                "ErrorPropertyValidation",
                "The End Date is earlier than the Start Date.",
            )


def _check_all_day(start: datetime, end: datetime, *, same_zone: bool) -> None:
    whole = all(m.time() == datetime.min.time() for m in (start, end))
    if not whole or not same_zone or end - start < timedelta(days=1):
        raise invalid_request(
            "An all-day event starts and ends at midnight of the same zone and lasts a day."
        )
