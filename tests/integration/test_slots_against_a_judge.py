"""`slots` over random weeks of the practice example, against a judge with rules of its own."""

import random
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.integration.test_slots_command import NOTHING, Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


BERLIN, LONDON, NEW_YORK = map(ZoneInfo, ("Europe/Berlin", "Europe/London", "America/New_York"))
SHIFTS = {
    # (weekdays from Monday, opens, closes) on the clock of the zone, as in the example's file
    "petra": (BERLIN, [((0, 1, 2, 3), "08:00", "12:00"), ((0, 1, 2, 3), "13:00", "17:00"),
                       ((4,), "08:00", "13:00")]),
    "jonas": (BERLIN, [((0, 1, 2, 3, 4), "09:00", "12:30"), ((0, 1, 2, 3, 4), "13:15", "17:30")]),
    "miriam": (BERLIN, [((1, 3), "10:00", "19:00")]),
    "amara": (LONDON, [((0, 1, 2, 3, 4), "09:00", "17:00")]),
    "luis": (NEW_YORK, [((0, 1, 2, 3, 4), "07:00", "15:00")]),
}  # fmt: skip
SERVICES = {
    # length, step, before, after, who, own hours
    "first-consultation": (30, 30, 0, 0, ("petra", "jonas", "amara"), ("00:00", "23:59")),
    "consultation": (45, 15, 0, 15, ("petra", "jonas", "miriam", "amara"), ("00:00", "23:59")),
    "follow-up": (15, 15, 5, 5, ("petra", "jonas", "miriam", "amara"), ("00:00", "23:59")),
    "workshop-call": (30, 30, 0, 0, ("amara", "luis"), ("12:00", "19:00")),
}
MAILBOXES = dict(zip(("petra", "jonas", "miriam", "amara", "luis"), NOTHING, strict=True))
BLOCKS = {"busy", "tentative", "oof", "unknown", "strange"}
MONDAYS = ["2026-10-19", "2026-10-26", "2026-11-09", "2027-03-08", "2027-03-15"]
"""Weeks in which the clocks of Berlin, London and New York are apart as usual, and as not."""


def a_random_week(rolls: random.Random, monday: date) -> dict[str, object]:
    found: dict[str, object] = {}
    for mailbox in NOTHING:
        if rolls.random() < 0.1:
            found[mailbox] = rolls.choice([None, {"error": "timeout"}])
            continue
        entries = []
        for _ in range(rolls.randrange(25)):
            start = datetime.combine(monday, time(), tzinfo=UTC) + timedelta(
                seconds=rolls.choice([1, 60, 300, 900]) * rolls.randrange(7 * 96)
            )
            start += timedelta(hours=rolls.randrange(7 * 24))
            length = rolls.choice([1, 59, 450, 900, 1800, 3600, 86400 * rolls.randrange(1, 3)])
            status = rolls.choice(["busy", "busy", "tentative", "oof", "free", "strange",
                                   "workingElsewhere", "unknown"])  # fmt: skip
            ends = start + timedelta(seconds=length)
            entries.append({"start": start.isoformat(), "end": ends.isoformat(), "status": status})
        found[mailbox] = entries
    return found


def is_inside(shifts: list, zone: ZoneInfo, start: datetime, end: datetime) -> bool:
    """Working day and night hours never meet in the example: each shift stands by itself."""
    day = start.astimezone(zone).date()
    return any(
        day.weekday() in weekdays
        and datetime.combine(day, time.fromisoformat(opens), tzinfo=zone) <= start
        and end <= datetime.combine(day, time.fromisoformat(closes), tzinfo=zone)
        for weekdays, opens, closes in shifts
    )


def judge(week: Mapping[str, object], service: str, monday: date, now: datetime) -> dict:
    length, step, before, after, who, (opens, closes) = SERVICES[service]
    house = [((0, 1, 2, 3, 4), "08:00", "19:00")]
    own = [((0, 1, 2, 3, 4), opens, closes)]
    slots: dict[str, list[str]] = {}
    minute = datetime.combine(monday, time(), tzinfo=BERLIN).astimezone(UTC)
    last = datetime.combine(monday + timedelta(days=7), time(), tzinfo=BERLIN)
    while minute < last:
        start, end = minute, minute + timedelta(minutes=length)
        minute += timedelta(minutes=5)
        clock = start.astimezone(BERLIN)
        if (clock.hour * 60 + clock.minute) % step or start < now + timedelta(hours=2):
            continue
        if not (is_inside(house, BERLIN, start, end) and is_inside(own, BERLIN, start, end)):
            continue
        free = [
            name
            for name in who
            if is_free(week[MAILBOXES[name]], start, end, before, after)
            and is_inside(SHIFTS[name][1], SHIFTS[name][0], start, end)
        ]
        if free:
            slots[f"{start:%Y-%m-%dT%H:%M:%SZ}"] = free
    return slots


def is_free(entries: object, start: datetime, end: datetime, before: int, after: int) -> bool:
    if not isinstance(entries, list):
        return False
    return not any(
        entry["status"] in BLOCKS
        and datetime.fromisoformat(entry["start"]) < end + timedelta(minutes=after)
        and start - timedelta(minutes=before) < datetime.fromisoformat(entry["end"])
        for entry in entries
    )


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("seed", range(5))
async def test_random_weeks_are_answered_as_the_judge_does(
    desk: Desk, service: str, seed: int
) -> None:
    rolls = random.Random(f"{service} {seed}")
    monday = date.fromisoformat(MONDAYS[seed])
    week = a_random_week(rolls, monday)
    now = datetime.combine(monday, time(), tzinfo=UTC) + timedelta(
        seconds=rolls.randrange(-86400, 86400)
    )
    found = await desk.json(week, service=service, first=str(monday), days=7, now=now.isoformat())
    assert found["slots"]
    assert {each["start"]: each["staff"] for each in found["slots"]} == judge(
        week, service, monday, now
    )
