"""Moments between the wire and aware UTC."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from graph.emulator.errors import Refusal, bad_request, invalid_request
from graph.emulator.zones import zone_of

NEVER = "0001-01-01T00:00:00Z"
_FRACTION = re.compile(r"\.(\d{1,6})\d*")


def parse_local(text: object) -> datetime:
    """Return a wall-clock time without offset, as `dateTimeTimeZone` carries it."""
    moment = _parse(text)
    return moment.replace(tzinfo=None) if moment.tzinfo is None else _reject_offset(moment)


def parse_instant(text: object) -> datetime:
    """Return a moment of a query parameter: offsets honoured, none means UTC."""
    moment = _parse(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _parse(text: object) -> datetime:
    if not isinstance(text, str):
        raise bad_request("A date-time must be given as a string.")
    trimmed = _FRACTION.sub(lambda m: f".{m[1]:0<6}", text.strip().replace(" ", "+"))
    try:
        moment = datetime.fromisoformat(trimmed)
    except ValueError:
        raise bad_request(f"Cannot convert the literal '{text}' to a date-time.") from None
    if not 1601 <= moment.year <= 4500:
        raise invalid_request("The date-time value is out of the range of the store.")
    return moment


def _reject_offset(moment: datetime) -> datetime:
    if moment.utcoffset() == timedelta(0):
        return moment.replace(tzinfo=None)
    raise Refusal(
        400, "ErrorInvalidRequest", "A dateTimeTimeZone carries no offset in its dateTime."
    )


def read_moment(value: object, name: str) -> tuple[datetime, str]:
    """Return a `dateTimeTimeZone` -> naive wall clock and the zone name as given."""
    if not isinstance(value, dict):
        raise bad_request(f"'{name}' must be a dateTimeTimeZone.")
    zone = value.get("timeZone") or "UTC"
    zone_of(zone)
    return parse_local(value.get("dateTime")), zone


def to_utc(wall: datetime, zone: ZoneInfo) -> datetime:
    """Wall clock to UTC; the first of two in a repeated hour."""
    return wall.replace(tzinfo=zone).astimezone(UTC)


def write_moment(moment: datetime, zone_name: str) -> dict[str, str]:
    """UTC -> `dateTimeTimeZone` in that zone, seven digits and no offset."""
    wall = moment.astimezone(zone_of(zone_name))
    return {"dateTime": f"{wall:%Y-%m-%dT%H:%M:%S}.{wall.microsecond:06}0", "timeZone": zone_name}


def write_instant(moment: datetime) -> str:
    """Return a DateTimeOffset property."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond:06}0Z"


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the start of a local day as UTC."""
    return to_utc(datetime.combine(day, time()), zone)
