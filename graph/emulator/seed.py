"""Realistic busy times for a demo: the same for an address and a week, whenever it is run.

Nothing is kept here: a mailbox's times are made out of its address each time they are wanted,
and its events get the same ids each time.
"""

import hashlib
import random
from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from graph.emulator.event import Event, change_key_of, id_of, uid_of
from graph.emulator.freebusy import DAY, MINUTE, Row, moment_of, ticks
from graph.emulator.times import to_utc
from graph.emulator.zones import windows_name, zone_of

if TYPE_CHECKING:
    from graph.emulator.tenant import Tenant

Density = Literal["none", "light", "normal"]
WEEKS = 6
_WEEK = timedelta(weeks=1)
_MEETINGS = (
    "Kundengespräch",
    "Projektstand",
    "Abstimmung Einkauf",
    "Rückfragen Angebot",
    "Einarbeitung",
    "Review",
    "Telefonat Steuerberatung",
    "Qualitätszirkel",
)
_PRIVATE = ("Zahnarzt", "Elternabend", "Physiotherapie")
_TENTATIVE = ("Messebesuch (unter Vorbehalt)", "Workshop Datenschutz", "Lieferant vor Ort")
_SEEDED = "AAMkADSeed"
_TEAM, _TEAM_ROOM, _TEAM_MINUTES = "Teambesprechung", "Besprechungsraum", 30


@dataclass(frozen=True, slots=True)
class Seeding:
    """How calendars of people are filled: from the week of `since` to the fifth after `now`."""

    since: datetime
    now: datetime
    density: Density = "normal"

    def mondays(self, zone: ZoneInfo) -> list[date]:
        """Return the weeks of a mailbox in that zone."""
        first, last = _monday(self.since, zone), _monday(self.now, zone)
        return [first + _WEEK * n for n in range((last - first) // _WEEK + WEEKS)]


def seed(tenant: "Tenant", now: datetime, density: Density = "normal") -> None:
    """Fill the current week and the five that follow; weeks filled before stay as they are."""
    known = tenant.shelf.seeding
    since = known.since if known else now
    tenant.shelf.seeding = None if density == "none" else Seeding(since, now, density)


def seeded_events(mail: str, zone: ZoneInfo, seeding: Seeding) -> Iterator[Event]:
    """Make the events of a mailbox."""
    make = _Maker(mail, windows_name(str(zone)), seeding.since)
    mondays = seeding.mondays(zone)
    yield make.team_meeting(*_team_meeting(mail, mondays[0]), zone)
    for monday in mondays:
        for number, row in enumerate(_week(mail, monday, zone, seeding.density)):
            yield make.event(row, _name(mail, monday, number))


def seeded_rows(
    mail: str, zone: ZoneInfo, seeding: Seeding, window: tuple[int, int], without: Set[str]
) -> list[Row]:
    """Return the same as free/busy sees it, for weeks that touch the window.

    `without` are ids of seeded events that were changed or deleted.
    """
    mondays = seeding.mondays(zone)
    team, start = _team_meeting(mail, mondays[0])
    found: list[Row] = []
    if not without or _ids(_name(mail, team, "team"))[0] not in without:
        found += _team_rows(team, start, zone, window)
    for monday in mondays:
        begin = ticks(datetime.combine(monday, time(), zone))
        if begin - DAY > window[1] or begin + 8 * DAY < window[0]:
            continue
        rows = _week(mail, monday, zone, seeding.density)
        found += [
            row
            for number, row in enumerate(rows)
            if not without or _ids(_name(mail, monday, number))[0] not in without
        ]
    return found


def _monday(moment: datetime, zone: ZoneInfo) -> date:
    today = moment.astimezone(zone).date()
    return today - timedelta(days=today.weekday())


def _name(mail: str, day: date, part: int | str) -> str:
    return f"{mail.lower()}/{day.isoformat()}/{part}"


def _ids(name: str) -> tuple[str, bytes]:
    material = hashlib.shake_256(name.encode()).digest(102 + 102 + 16 + 18)
    return id_of(_SEEDED, material[:102]), material[102:]


def is_seeded(event_id: str) -> bool:
    """Whether the seed gave that event."""
    return event_id.startswith(f"{_SEEDED}-")


def _team_meeting(mail: str, monday: date) -> tuple[date, time]:
    chance = _chance(mail)
    day = monday + timedelta(days=chance.randrange(2))
    return day, time(9, chance.choice((0, 30)))


def _team_rows(first: date, start: time, zone: ZoneInfo, window: tuple[int, int]) -> Iterator[Row]:
    begin = to_utc(datetime.combine(first, start), zone)
    # an event keeps the clock of its own zone's name in Outlook, which may be another's
    held = zone_of(windows_name(str(zone)))
    wall = begin.astimezone(held).time()
    weeks = max((moment_of(window[0]).date() - first) // _WEEK, 0)
    day = first + _WEEK * weeks
    length = _TEAM_MINUTES * MINUTE
    while (tick := ticks(to_utc(datetime.combine(day, wall), held))) <= window[1]:
        yield Row(tick, tick + length, "busy", _TEAM, _TEAM_ROOM, "normal", is_all_day=False)
        day += _WEEK


class _Maker:
    def __init__(self, mail: str, zone_name: str, now: datetime) -> None:
        self._mail, self._zone_name, self._now = mail, zone_name, now

    def team_meeting(self, day: date, start: time, zone: ZoneInfo) -> Event:
        begin = ticks(to_utc(datetime.combine(day, start), zone))
        end = begin + _TEAM_MINUTES * MINUTE
        row = Row(begin, end, "busy", _TEAM, _TEAM_ROOM, "normal", is_all_day=False)
        event = self.event(row, _name(self._mail, day, "team"))
        pattern = {"type": "weekly", "interval": 1, "daysOfWeek": [f"{day:%A}".lower()]}
        limits = {"type": "noEnd", "startDate": day.isoformat()}
        event.recurrence = {"pattern": pattern, "range": limits}
        return event

    def event(self, row: Row, name: str) -> Event:
        identity, rest = _ids(name)
        return Event(
            id=identity,
            immutable_id=id_of("AAkALg", rest[:102]),
            uid=uid_of(rest[102:118]),
            change_key=change_key_of(rest[118:]),
            start=moment_of(row.start),
            end=moment_of(row.end),
            zone=self._zone_name,
            end_zone=self._zone_name,
            created=self._now,
            modified=self._now,
            facts={
                "subject": row.subject,
                "showAs": row.status,
                "sensitivity": row.sensitivity,
                "location": {"displayName": row.location},
            },
            organizer=self._mail,
            is_all_day=row.is_all_day,
        )


# the same calendars are mostly asked for again, and a week of one is made in no time
@lru_cache(maxsize=4096)
def _week(mail: str, monday: date, zone: ZoneInfo, density: Density) -> tuple[Row, ...]:
    chance = _chance(f"{mail}/{monday.isoformat()}")
    away = chance.randrange(5) if chance.random() < 0.3 else None
    found: list[Row] = []
    for offset in range(5):
        day = monday + timedelta(days=offset)
        if offset == away:
            found.append(_away(day))
            continue
        # seeded times lie between eight and half past five, where no clock is put forward
        noon = ticks(datetime.combine(day, time(12), zone))
        rows = _day(chance, noon - 12 * 60 * MINUTE)
        found += rows[1:2] if density == "light" else rows
    return tuple(found)


def _away(day: date) -> Row:
    start = (day - date(1970, 1, 1)).days * DAY
    return Row(start, start + DAY, "oof", "Urlaub", "", "normal", is_all_day=True)


def _day(chance: random.Random, midnight: int) -> list[Row]:
    found = [_at(midnight, 12 * 60 + chance.choice((0, 30)), 45, "Mittagspause")]
    found += _meetings(chance, midnight)
    if chance.random() < 0.15:
        length = chance.choice((60, 90))
        row = _at(midnight, 8 * 60, length, chance.choice(_PRIVATE))
        found.append(row._replace(sensitivity="private"))
    if chance.random() < 0.15:
        row = _at(midnight, 16 * 60, 60, chance.choice(_TENTATIVE))
        found.append(row._replace(status="tentative"))
    if chance.random() < 0.15:
        found.append(_at(midnight, 10 * 60, 30, "Ablage (frei)")._replace(status="free"))
    return found


def _meetings(chance: random.Random, midnight: int) -> list[Row]:
    hours = chance.sample((10, 11, 14, 15), k=chance.randrange(1, 3))
    return [
        _at(
            midnight,
            hour * 60 + chance.choice((0, 15)),
            chance.choice((15, 30, 45) if hour in {10, 14} else (30, 45)),
            chance.choice(_MEETINGS),
        )
        for hour in hours
    ]


def _at(midnight: int, minute: int, length: int, subject: str) -> Row:
    start = midnight + minute * MINUTE
    return Row(start, start + length * MINUTE, "busy", subject, "", "normal", is_all_day=False)


def _chance(name: str) -> random.Random:
    return random.Random(name.lower())  # noqa: S311  # a demo wants the same picture each time
