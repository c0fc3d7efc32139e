"""Realistic busy times for a demo: the same for an address and a week, whenever it is run."""

import random
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from graph.emulator.busy import Busy, add_busy
from graph.emulator.tenant import Mailbox, Tenant

WEEKS = 6
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


def seed(tenant: Tenant, now: datetime) -> None:
    """Fill what is still empty of the current week and the five that follow."""
    for mailbox in tenant.mailboxes.values():
        if mailbox.kind == "user":
            _fill(mailbox, now)


def _fill(mailbox: Mailbox, now: datetime) -> None:
    zone = ZoneInfo(mailbox.zone)
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    if mailbox.seeded_until is None:
        add_busy(mailbox, _team_meeting(mailbox, monday), zone, now)
    for week in range(WEEKS):
        begin = monday + timedelta(weeks=week)
        if mailbox.seeded_until is None or begin >= mailbox.seeded_until:
            for busy in _week(mailbox.mail, begin):
                add_busy(mailbox, busy, zone, now)
    mailbox.seeded_until = monday + timedelta(weeks=WEEKS)


def _team_meeting(mailbox: Mailbox, monday: date) -> Busy:
    chance = _chance(mailbox.mail)
    day = monday + timedelta(days=chance.randrange(2))
    start = datetime.combine(day, time(9, chance.choice((0, 30))))
    pattern = {"type": "weekly", "interval": 1, "daysOfWeek": [f"{day:%A}".lower()]}
    limits = {"type": "noEnd", "startDate": day.isoformat()}
    return Busy(
        start=start,
        end=start + timedelta(minutes=30),
        subject="Teambesprechung",
        location="Besprechungsraum",
        recurrence={"pattern": pattern, "range": limits},
    )


def _week(mail: str, monday: date) -> list[Busy]:
    chance = _chance(f"{mail}/{monday.isoformat()}")
    away = monday + timedelta(days=chance.randrange(5)) if chance.random() < 0.3 else None
    found: list[Busy] = []
    for offset in range(5):
        day = monday + timedelta(days=offset)
        found += [_away(day)] if day == away else _day(chance, day)
    return found


def _away(day: date) -> Busy:
    start = datetime.combine(day, time())
    return Busy(
        start=start,
        end=start + timedelta(days=1),
        subject="Urlaub",
        show_as="oof",
        is_all_day=True,
    )


def _day(chance: random.Random, day: date) -> list[Busy]:
    lunch = _at(day, 12, chance.choice((0, 30)), 45, "Mittagspause")
    found = [lunch, *_meetings(chance, day)]
    if chance.random() < 0.15:
        found.append(_private(chance, day))
    if chance.random() < 0.15:
        tentative = _at(day, 16, 0, 60, chance.choice(_TENTATIVE))
        found.append(tentative.model_copy(update={"show_as": "tentative"}))
    if chance.random() < 0.15:
        reminder = _at(day, 10, 0, 30, "Ablage (frei)")
        found.append(reminder.model_copy(update={"show_as": "free"}))
    return found


def _meetings(chance: random.Random, day: date) -> list[Busy]:
    hours = chance.sample((10, 11, 14, 15), k=chance.randrange(1, 3))
    return [
        _at(
            day,
            hour,
            chance.choice((0, 15)),
            chance.choice((15, 30, 45) if hour in {10, 14} else (30, 45)),
            chance.choice(_MEETINGS),
        )
        for hour in hours
    ]


def _private(chance: random.Random, day: date) -> Busy:
    appointment = _at(day, 8, 0, chance.choice((60, 90)), chance.choice(_PRIVATE))
    return appointment.model_copy(update={"sensitivity": "private"})


def _at(day: date, hour: int, minute: int, length: int, subject: str) -> Busy:
    start = datetime.combine(day, time(hour, minute))
    return Busy(start=start, end=start + timedelta(minutes=length), subject=subject)


def _chance(name: str) -> random.Random:
    return random.Random(name.lower())  # noqa: S311  # a demo wants the same picture each time
